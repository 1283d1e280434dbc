// first_match: of what only has to exist one match is enough: an expansion below EXISTS { } passes
// over the links of a vertex whose outer row has had its match, so that a hub costs no more than
// the way to its first.
//
// Right     when each row of the subquery comes of one outer row and of nothing else, from the
//           expansion up: then the rows that are not made are rows of an outer row that is settled.
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprKind;
using plan::Node;
using plan::NodeKind;

// Looks at one row at a time; children[0] leads on to the outer rows.
bool IsRowByRow(const Node& node) {
  switch (node.kind) {
    case NodeKind::kFilter:
    case NodeKind::kProject:
    case NodeKind::kExpand:
    case NodeKind::kExpandInto:
    case NodeKind::kLinkEnds:
    case NodeKind::kVarExpand:
    case NodeKind::kDegree:
    case NodeKind::kUnwind:
    case NodeKind::kJoin:
      return true;
    default:
      return false;
  }
}

void Mark(const bind::Subquery& subquery) {
  if (subquery.kind != syntax::SubqueryKind::kExists || subquery.plan == nullptr) return;
  const Node* leaf = subquery.plan.get();
  while (IsRowByRow(*leaf)) leaf = leaf->children[0].get();
  if (leaf->kind != NodeKind::kArgument || leaf->partition != subquery.partition) return;
  for (Node* node = subquery.plan.get(); node != leaf; node = node->children[0].get()) {
    if (node->kind == NodeKind::kExpand) node->first_of = subquery.partition;
  }
}

}  // namespace

absl::Status FirstMatch(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) {
    for (const plan::ExprRef& e : plan::ExprsOf(**at)) {
      bind::Walk(e, [](const bind::Expr& expr) {
        if (expr.kind == ExprKind::kSubquery) Mark(*expr.subquery);
        return true;
      });
    }
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
