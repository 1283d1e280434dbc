// MakePlan(): bound statement to plan, before rewrites.
//
// Order     Clauses in the order of the text; within a MATCH, by estimated rows (see patterns.h).
// Barriers  Whatever writes stands between kEager nodes where it could meet reads of the same
//           statement: no clause sees what a later one writes.
// Errors    RESOURCE_EXHAUSTED  more than kNodesMax operators
// Threads   Pure but for the statistics that it asks of the Reader.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/bind/query.h"
#include "query/plan/node.h"
#include "storage/graph/reader.h"

namespace skein::plan {

// Operators of one plan at most: plans are walked recursively.
inline constexpr size_t kNodesMax = 2000;

struct PlanOptions {
  const Reader* reader = nullptr;  // statistics and indexes; null: none are known
  const Viewer* viewer = nullptr;
  bool by_cost = true;     // off: patterns are walked in the order of the text
  bool join_order = true;  // off: greedily, one step at a time
  bool indexes = true;     // off: no index is used
  bool hash_joins = true;
  bool semi_joins = true;        // off: EXISTS is asked for each row
  bool join_costs = true;        // off: joins are taken wherever they can be, for tests
  bool carry_predicates = true;  // off: each clause asks its own
};

absl::StatusOr<Plan> MakePlan(const bind::BoundStatement& statement, const PlanOptions& options);

}  // namespace skein::plan
