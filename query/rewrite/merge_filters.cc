// merge_filters: Filter over Filter is one Filter; the lower one's predicates come first.
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

absl::Status MergeFilters(plan::Plan* plan, const plan::PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [](plan::NodePtr* node) {
    using plan::NodeKind;
    while ((*node)->kind == NodeKind::kFilter && (*node)->children[0]->kind == NodeKind::kFilter) {
      plan::NodePtr lower = std::move((*node)->children[0]);
      lower->exprs.insert(lower->exprs.end(), (*node)->exprs.begin(), (*node)->exprs.end());
      lower->distinct_pairs.insert(lower->distinct_pairs.end(), (*node)->distinct_pairs.begin(),
                                   (*node)->distinct_pairs.end());
      lower->estimated_rows = (*node)->estimated_rows;
      *node = std::move(lower);
    }
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
