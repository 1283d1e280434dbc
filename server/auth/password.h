// Passwords: Argon2id with 64 MiB and three passes, a few at a time.
//
// Limits    At most `concurrent` hashes run at once (64 MiB each); others wait up to 10 s and then
//           get UNAVAILABLE, so that signing in cannot exhaust memory.
// Threads   Safe from any thread. Cost: ~0.2 s each.
// Source    RFC 9106; OWASP Password Storage Cheat Sheet.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace skein::auth {

struct PasswordCost {
  uint32_t memory_kib = 64 * 1024;
  uint32_t passes = 3;
};

class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordCost cost = {}, int concurrent = 2)
      : cost_(cost), free_(concurrent) {}

  // The encoded hash ($argon2id$v=19$m=…), with a salt of its own.
  absl::StatusOr<std::string> Hash(std::string_view password);
  // True iff it is the password of `encoded`. An empty `encoded` (no such person) takes as long and
  // is false.
  absl::StatusOr<bool> Verify(std::string_view password, const std::string& encoded);

  // INVALID_ARGUMENT: shorter than 12 characters, or longer than 1,024 bytes.
  static absl::Status CheckStrength(std::string_view password);
  // 20 characters without look-alikes, more than 110 bits.
  static std::string Generate();

 private:
  absl::Status Enter();
  void Leave();

  const PasswordCost cost_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int free_;
  std::string dummy_;  // verified against for unknown people; made at first use
};

}  // namespace skein::auth
