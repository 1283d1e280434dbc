// exists_degree: EXISTS { (a)-[:T]->() } and the pattern (a)-[:T]->() as a predicate are a look at
// a's degree: no link is enumerated, and a hub answers as fast as any vertex.
//
// Right     when the subquery is a single hop from a vertex of the outer row to any vertex, with
//           nothing asked of link or end. Then it has a row iff the degree is above 0.
#include <utility>

#include "query/plan/slots.h"
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprKind;
using plan::Node;
using plan::NodeKind;

bool IsBareHop(const Node& hop) {
  return hop.kind == NodeKind::kExpand && hop.children[0]->kind == NodeKind::kArgument &&
         hop.distinct_links.empty() && hop.time_bounds.empty() && hop.valid_from == nullptr &&
         hop.element_predicates.empty();
}

void Change(Plan* plan, bind::Subquery* subquery) {
  if (subquery->kind != syntax::SubqueryKind::kExists || subquery->plan == nullptr) return;
  Node* hop = subquery->plan.get();
  // What a path or a projection would be made of nobody reads: pruned before.
  while (hop->kind == NodeKind::kProject && hop->items.empty()) hop = hop->children[0].get();
  if (!IsBareHop(*hop)) return;
  auto degree = std::make_unique<Node>(NodeKind::kDegree);
  degree->from = hop->from;
  degree->direction = hop->direction;
  degree->types = hop->types;
  degree->to = plan::AddSlot(plan, "#degree");
  degree->estimated_rows = hop->children[0]->estimated_rows;
  degree->children.push_back(std::move(hop->children[0]));
  Node some(NodeKind::kFilter);
  some.estimated_rows = degree->estimated_rows;
  some.exprs = {
      bind::MakeComparison(bind::MakeSlot(degree->to, bind::Type::Of(bind::Kinds::kInteger)),
                           syntax::ComparisonOp::kGreater, bind::MakeLiteral(Value::Integer(0)))};
  some.children.push_back(std::move(degree));
  *subquery->plan = std::move(some);
}

}  // namespace

absl::Status ExistsDegree(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [plan](plan::NodePtr* at) {
    for (const plan::ExprRef& e : plan::ExprsOf(**at)) {
      bind::Walk(e, [plan](const bind::Expr& expr) {
        if (expr.kind == ExprKind::kSubquery) Change(plan, expr.subquery.get());
        return true;
      });
    }
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
