// top_k: Limit over (Skip over) Sort becomes Top. Not inside an Apply, where limits are per row.
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

absl::Status TopK(plan::Plan* plan, const plan::PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [](plan::NodePtr* node) {
    using plan::NodeKind;
    if ((*node)->kind != NodeKind::kLimit || (*node)->partition != plan::kNoSlot) return;
    plan::Node* below = (*node)->children[0].get();
    plan::ExprRef skip;
    if (below->kind == NodeKind::kSkip) {
      skip = below->skip;
      below = below->children[0].get();
    }
    if (below->kind != NodeKind::kSort) return;
    plan::NodePtr sort = skip == nullptr ? std::move((*node)->children[0])
                                         : std::move((*node)->children[0]->children[0]);
    sort->kind = NodeKind::kTop;
    sort->limit = (*node)->limit;
    sort->skip = std::move(skip);
    sort->estimated_rows = (*node)->estimated_rows;
    *node = std::move(sort);
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
