#include "storage/keys/element_id.h"

#include "storage/base/status.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

constexpr uint32_t kDelta = 0x9e3779b9;
constexpr int kCycles = 32;
constexpr uint64_t kSign = uint64_t{1} << 63;

constexpr uint32_t Mix(uint32_t v) { return ((v << 4) ^ (v >> 5)) + v; }

}  // namespace

ElementIdCipher::ElementIdCipher(std::string_view key) : key_{} {
  SKEIN_CHECK(key.size() == 16);
  ByteReader in(key);
  for (uint32_t& word : key_) word = in.Be32();
}

uint64_t ElementIdCipher::EncryptBlock(uint64_t block) const {
  auto a = static_cast<uint32_t>(block >> 32);
  auto b = static_cast<uint32_t>(block);
  uint32_t sum = 0;
  for (int i = 0; i < kCycles; ++i) {
    a += Mix(b) ^ (sum + key_[sum & 3]);
    sum += kDelta;
    b += Mix(a) ^ (sum + key_[sum >> 11 & 3]);
  }
  return static_cast<uint64_t>(a) << 32 | b;
}

uint64_t ElementIdCipher::DecryptBlock(uint64_t block) const {
  auto a = static_cast<uint32_t>(block >> 32);
  auto b = static_cast<uint32_t>(block);
  uint32_t sum = kDelta * kCycles;
  for (int i = 0; i < kCycles; ++i) {
    b -= Mix(a) ^ (sum + key_[sum >> 11 & 3]);
    sum -= kDelta;
    a -= Mix(b) ^ (sum + key_[sum & 3]);
  }
  return static_cast<uint64_t>(a) << 32 | b;
}

int64_t ElementIdCipher::Encode(uint64_t id) const {
  SKEIN_CHECK(id < kSign);
  uint64_t code = id;
  // The walk follows the cycle of the permutation that holds `id`, so it returns below 2^63.
  do {
    code = EncryptBlock(code);
  } while ((code & kSign) != 0);
  return static_cast<int64_t>(code);
}

uint64_t ElementIdCipher::Decode(int64_t code) const {
  SKEIN_CHECK(code >= 0);
  auto id = static_cast<uint64_t>(code);
  do {
    id = DecryptBlock(id);
  } while ((id & kSign) != 0);
  return id;
}

}  // namespace skein
