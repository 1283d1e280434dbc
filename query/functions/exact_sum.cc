#include "query/functions/exact_sum.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace skein::functions {

void ExactSum::Add(double v) {
  if (!std::isfinite(v)) {
    special_ += v;
    return;
  }
  size_t kept = 0;
  for (double part : parts_) {
    if (std::fabs(v) < std::fabs(part)) std::swap(v, part);
    const double high = v + part;
    const double low = part - (high - v);
    if (low != 0) parts_[kept++] = low;
    v = high;
  }
  parts_.resize(kept);
  if (!std::isfinite(v)) {
    special_ += v;
    parts_.clear();
    return;
  }
  parts_.push_back(v);
}

void ExactSum::AddProduct(double a, double b) {
  const double product = a * b;
  Add(product);
  if (std::isfinite(product)) Add(std::fma(a, b, -product));
}

void ExactSum::Add(const ExactSum& other) {
  special_ += other.special_;
  for (const double part : std::vector<double>(other.parts_)) Add(part);
}

void ExactSum::AddInteger(__int128 v) {
  // Chunks of 32 bits convert exactly; the highest carries the sign.
  for (double scale = 1; v != 0; scale *= 4294967296.0) {
    const auto chunk = static_cast<int64_t>(v & 0xffffffff);
    v >>= 32;
    if (v == -1) {
      Add(static_cast<double>(chunk - (int64_t{1} << 32)) * scale);
      return;
    }
    Add(static_cast<double>(chunk) * scale);
  }
}

double ExactSum::Result() const {
  if (special_ != 0 || std::isnan(special_)) return special_;
  if (parts_.empty()) return 0;
  size_t i = parts_.size() - 1;
  double high = parts_[i];
  double low = 0;
  while (i > 0) {
    const double before = high;
    const double part = parts_[--i];
    high = before + part;
    low = part - (high - before);
    if (low != 0) break;
  }
  // Half-way cases round to even only if nothing lies beyond the half.
  if (i > 0 && ((low < 0 && parts_[i - 1] < 0) || (low > 0 && parts_[i - 1] > 0))) {
    const double doubled = low * 2;
    const double rounded = high + doubled;
    if (rounded - high == doubled) high = rounded;
  }
  return high;
}

}  // namespace skein::functions
