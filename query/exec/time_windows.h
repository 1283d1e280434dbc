// TimeWindows: the bounds of a plan node (plan::TimeBound) as windows of an expansion.
//
// Use       Reset() for each input batch, then Apply() for each frontier made of its rows.
// Values    INTEGER bounds are exact. LOCAL DATETIME and DATETIME are widened to microseconds: the
//           filter above decides. A bound that does not compare (null, another kind) lets nothing
//           pass. A link whose property is missing never passes.
// Threads   One. Lifetime: borrows the node and the context; what Apply sets, until the next call.
#pragma once

#include <span>
#include <vector>

#include "query/exec/evaluator.h"
#include "query/plan/node.h"
#include "storage/graph/reader.h"

namespace skein::exec {

class TimeWindows {
 public:
  absl::Status Compile(const plan::Node& node, Context& context);
  bool empty() const { return values_.empty(); }
  // Computes the window of every row.
  absl::Status Reset(const Batch& batch);
  // rows[i] is the input row that frontier position i belongs to.
  void Apply(std::span<const uint32_t> rows, ExpandOptions* options);
  // All positions belong to one row.
  void Apply(uint32_t row, ExpandOptions* options) const;

 private:
  const ValidTime& At(uint32_t row) const { return windows_[windows_.size() == 1 ? 0 : row]; }

  const plan::Node* node_ = nullptr;
  std::vector<EvaluatorPtr> values_;
  std::vector<ValidTime> windows_;  // one, or one a row
  std::vector<ValidTime> applied_;
};

// The time in `unit` that valid-from spells; false: missing.
bool TimeInUnit(TimeUs from, TimeUnit unit, int64_t* out);

}  // namespace skein::exec
