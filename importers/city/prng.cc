#include "importers/city/prng.h"

namespace skein::city {
namespace {

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15ULL;

}  // namespace

Dice::Dice(uint64_t seed, std::string_view purpose, uint64_t a, uint64_t b)
    : state_(Mix(seed + kGolden)) {
  for (const char c : purpose) state_ = Mix(state_ ^ static_cast<unsigned char>(c)) + kGolden;
  state_ = Mix(state_ ^ a) + kGolden;
  state_ = Mix(state_ ^ b) + kGolden;
}

uint64_t Dice::Next() {
  state_ += kGolden;
  return Mix(state_);
}

uint32_t Dice::Below(uint32_t n) {
  SKEIN_CHECK(n > 0);
  // Lemire 2019, "Fast random integer generation in an interval", without the rejection step: the
  // bias is below n / 2^32, which no distribution here can show.
  return static_cast<uint32_t>(((Next() >> 32) * n) >> 32);
}

int32_t Dice::Between(int32_t low, int32_t high) {
  SKEIN_CHECK(low <= high);
  return low + static_cast<int32_t>(Below(static_cast<uint32_t>(high - low + 1)));
}

}  // namespace skein::city
