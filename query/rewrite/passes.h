// The passes, one file each; private to query/rewrite.
#pragma once

#include "query/plan/node.h"

namespace skein::rewrite {

absl::Status CountStore(plan::Plan* plan);     // count_store.cc
absl::Status TopK(plan::Plan* plan);           // top_k.cc
absl::Status ReachableHops(plan::Plan* plan);  // reachable_hops.cc
absl::Status MergeFilters(plan::Plan* plan);   // merge_filters.cc

}  // namespace skein::rewrite
