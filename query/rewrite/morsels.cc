// morsels: what an aggregation or a sort takes in from a scan may be made by several threads, each
// with a part of the scan; rows go up in the order of the scan (query/exec/parallel).
//
// Right     All of the input is taken in before the first row of output, so nothing is made that
//           nobody asks for. The chain from the scan up holds only operators that look at one row
//           at a time, and nothing volatile.
#include <algorithm>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprKind;
using plan::Node;
using plan::NodeKind;

bool TakesAll(const Node& node) {
  return node.partition == plan::kNoSlot &&
         (node.kind == NodeKind::kAggregate || node.kind == NodeKind::kSort ||
          node.kind == NodeKind::kTop);
}

bool IsRowByRow(const Node& node) {
  switch (node.kind) {
    case NodeKind::kFilter:
    case NodeKind::kProject:
    case NodeKind::kExpand:
    case NodeKind::kDegree:
      break;
    default:
      return false;
  }
  const std::vector<bind::ExprRef> exprs = plan::ExprsOf(node);
  return std::none_of(exprs.begin(), exprs.end(), [](const bind::ExprRef& e) {
    bool subquery = false;
    bind::Walk(e, [&subquery](const bind::Expr& part) {
      subquery |= part.kind == ExprKind::kSubquery;
      return !subquery;
    });
    return subquery || bind::IsVolatile(e);
  });
}

}  // namespace

absl::Status Morsels(Plan* plan, const PlanOptions& /*options*/) {
  if (plan->writes) return absl::OkStatus();
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) {
    if (!TakesAll(**at)) return;
    Node* const top = (*at)->children[0].get();
    const Node* below = top;
    while (IsRowByRow(*below)) below = below->children[0].get();
    if (below == top || below->kind != NodeKind::kScanNodes) return;
    const Node& start = *below->children[0];
    if (start.kind != NodeKind::kArgument || start.partition != plan::kNoSlot) return;
    top->morsel_rows = std::max(1.0, below->estimated_rows);
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
