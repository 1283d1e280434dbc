// The passes, one file each; private to query/rewrite.
#pragma once

#include "query/plan/node.h"
#include "query/plan/planner.h"

namespace skein::rewrite {

using plan::Plan;
using plan::PlanOptions;

absl::Status MergeFilters(Plan* plan, const PlanOptions& options);     // merge_filters.cc
absl::Status WalkPredicates(Plan* plan, const PlanOptions& options);   // walk_predicates.cc
absl::Status TimeWindow(Plan* plan, const PlanOptions& options);       // time_window.cc
absl::Status Intersect(Plan* plan, const PlanOptions& options);        // intersect.cc
absl::Status ExistsDegree(Plan* plan, const PlanOptions& options);     // exists_degree.cc
absl::Status SizeCount(Plan* plan, const PlanOptions& options);        // size_count.cc
absl::Status SubqueryDegree(Plan* plan, const PlanOptions& options);   // subquery_degree.cc
absl::Status SemiStart(Plan* plan, const PlanOptions& options);        // semi_start.cc
absl::Status FirstMatch(Plan* plan, const PlanOptions& options);       // first_match.cc
absl::Status LateProjection(Plan* plan, const PlanOptions& options);   // late_projection.cc
absl::Status DistinctEnds(Plan* plan, const PlanOptions& options);     // distinct_ends.cc
absl::Status PathLength(Plan* plan, const PlanOptions& options);       // path_length.cc
absl::Status CountStore(Plan* plan, const PlanOptions& options);       // count_store.cc
absl::Status CountDegree(Plan* plan, const PlanOptions& options);      // count_degree.cc
absl::Status ReachableHops(Plan* plan, const PlanOptions& options);    // reachable_hops.cc
absl::Status UniqueReachable(Plan* plan, const PlanOptions& options);  // unique_reachable.cc
absl::Status Morsels(Plan* plan, const PlanOptions& options);          // morsels.cc
absl::Status TopK(Plan* plan, const PlanOptions& options);             // top_k.cc

// Whether a predicate says `a <> b`, either way round.
bool SaysDifferent(const plan::ExprRef& e, plan::Slot a, plan::Slot b);

}  // namespace skein::rewrite
