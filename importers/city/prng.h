// Dice: the city's own random numbers, the same on every machine and library.
//
// Shape     SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
// 2014):
//           64 bits of state, one multiply-xor chain a draw. Not for secrets.
// Streams   Dice(seed, purpose, a, b) is an independent stream, so that adding a draw in one place
//           changes nothing elsewhere, and a day can be generated without those before it.
// Errors    none; Below(0) is a broken invariant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/base/status.h"

namespace skein::city {

class Dice {
 public:
  Dice(uint64_t seed, std::string_view purpose, uint64_t a = 0, uint64_t b = 0);

  uint64_t Next();
  // Uniform in [0, n).
  uint32_t Below(uint32_t n);
  // Uniform in [low, high], both included.
  int32_t Between(int32_t low, int32_t high);
  bool Chance(uint32_t per_mille) { return Below(1000) < per_mille; }
  // An index into something of this size.
  int32_t Index(size_t size) { return static_cast<int32_t>(Below(static_cast<uint32_t>(size))); }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    SKEIN_CHECK(!from.empty());
    return from[Below(static_cast<uint32_t>(from.size()))];
  }

 private:
  uint64_t state_;
};

}  // namespace skein::city
