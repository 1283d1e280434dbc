// ExactSum: the sum of floats, rounded once; internal to query/functions.
//
// Why       An answer must not depend on the order in which rows or morsels arrive, and (a + b) + c
// is
//           not a + (b + c) of floats. The running sum is kept as a few doubles that do not overlap
//           and whose exact sum is the exact sum of everything added.
// Cost      A handful of additions per float; 1 to 3 doubles of state in practice, 40 at most.
// Limit     A sum that leaves the range of floats on the way is infinite.
// Source    J. Shewchuk, "Adaptive Precision Floating-Point Arithmetic" (1997), GROW-EXPANSION; the
//           final rounding as in CPython's math.fsum.
#pragma once

#include <vector>

namespace skein::functions {

class ExactSum {
 public:
  void Add(double v);
  // The exact product of two floats, as its rounding and its error.
  void AddProduct(double a, double b);
  void Add(const ExactSum& other);
  void AddInteger(__int128 v);

  double Result() const;
  // Non-overlapping parts of growing magnitude; meaningless where Result() is not finite.
  const std::vector<double>& parts() const { return parts_; }

 private:
  std::vector<double> parts_;
  double special_ = 0;  // sum of infinities and NaNs; 0: there were none
};

}  // namespace skein::functions
