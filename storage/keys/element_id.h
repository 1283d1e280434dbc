// Element ids outside the engine: a keyed permutation of 63-bit numbers.
//
// XTEA (64-bit blocks, 32 cycles) under the store's own key, repeated until the result is not
// negative ("cycle walking": twice on average), so that ids are stable, unique, and say nothing of
// order or gaps. Nodes and links have keys of their own.
//
// Cost      ~0.3 µs a call. Threads: immutable, safe from any thread.
// Source    Needham & Wheeler, "Tea extensions" (1997); Black & Rogaway, "Ciphers with arbitrary
//           finite domains" (2002), section 4, for the walk.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skein {

class ElementIdCipher {
 public:
  // 16 bytes.
  explicit ElementIdCipher(std::string_view key);

  // `id` < 2^63; so is the result.
  int64_t Encode(uint64_t id) const;
  // Inverse of Encode; `code` ≥ 0.
  uint64_t Decode(int64_t code) const;

  // One block, for the published test vectors.
  uint64_t EncryptBlock(uint64_t block) const;
  uint64_t DecryptBlock(uint64_t block) const;

 private:
  std::array<uint32_t, 4> key_;
};

}  // namespace skein
