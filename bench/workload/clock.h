// What the programs of bench/ time with.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace skein::bench {

// Of a clock that nobody sets.
inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// 0 of nothing.
inline double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace skein::bench
