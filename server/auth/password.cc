#include "server/auth/password.h"

#include <argon2.h>

#include <algorithm>
#include <chrono>

#include "storage/base/clock.h"
#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr auto kWait = std::chrono::seconds(10);

}  // namespace

absl::Status PasswordHasher::Enter() {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, kWait, [this] { return free_ > 0; })) {
    return Unavailable("too many sign-ins at once; try again in a moment");
  }
  --free_;
  return absl::OkStatus();
}

void PasswordHasher::Leave() {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
  }
  freed_.notify_one();
}

absl::StatusOr<std::string> PasswordHasher::Hash(std::string_view password) {
  SKEIN_RETURN_IF_ERROR(Enter());
  const std::string salt = SecureRandomBytes(kSaltBytes);
  const size_t length =
      argon2_encodedlen(cost_.passes, cost_.memory_kib, 1, kSaltBytes, kHashBytes, Argon2_id);
  std::string encoded(length, '\0');
  const int error =
      argon2id_hash_encoded(cost_.passes, cost_.memory_kib, 1, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  Leave();
  if (error != ARGON2_OK) return Unavailable("password hash: ", argon2_error_message(error));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

absl::StatusOr<bool> PasswordHasher::Verify(std::string_view password, const std::string& encoded) {
  std::string against = encoded;
  if (against.empty()) {
    {
      const std::lock_guard lock(mutex_);
      against = dummy_;
    }
    if (against.empty()) {
      SKEIN_ASSIGN_OR_RETURN(against, Hash(SecureRandomBytes(kHashBytes)));
      const std::lock_guard lock(mutex_);
      dummy_ = against;
    }
  }
  SKEIN_RETURN_IF_ERROR(Enter());
  const int error = argon2id_verify(against.c_str(), password.data(), password.size());
  Leave();
  if (error == ARGON2_OK) return !encoded.empty();
  if (error == ARGON2_VERIFY_MISMATCH) return false;
  return DataLoss("a stored password hash does not verify: ", argon2_error_message(error));
}

absl::Status PasswordHasher::CheckStrength(std::string_view password) {
  const auto characters =
      std::count_if(password.begin(), password.end(), [](char c) { return (c & 0xC0) != 0x80; });
  if (characters < 12) {
    return InvalidArgument("a password has at least 12 characters, this one has ", characters);
  }
  if (password.size() > 1024) return InvalidArgument("a password has at most 1,024 bytes");
  return absl::OkStatus();
}

std::string PasswordHasher::Generate() {
  // 57 characters without 0 O 1 l I; bytes that would favour some of them are thrown away.
  constexpr std::string_view kAlphabet =
      "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  constexpr unsigned kFair = 256 / kAlphabet.size() * kAlphabet.size();
  std::string password;
  while (password.size() < 20) {
    for (const char byte : SecureRandomBytes(32)) {
      const auto v = static_cast<unsigned char>(byte);
      if (v < kFair && password.size() < 20) password.push_back(kAlphabet[v % kAlphabet.size()]);
    }
  }
  return password;
}

}  // namespace skein::auth
