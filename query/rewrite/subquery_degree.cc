// subquery_degree: COUNT { (a)-[:T]->() }, wherever it stands, is a's degree; of a longer pattern
// the degrees of the vertices before its last hop, added up. No last link is enumerated.
//
// Right     when nothing is asked of the last hop: no predicate, no time, no link that its own must
//           differ from, and nothing above it but projections that nobody reads.
#include <utility>

#include "query/plan/slots.h"
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprKind;
using plan::Node;
using plan::NodeKind;

bool AsksNothing(const Node& hop) {
  return hop.kind == NodeKind::kExpand && hop.distinct_links.empty() && hop.time_bounds.empty() &&
         hop.valid_from == nullptr && hop.element_predicates.empty();
}

void Change(Plan* plan, bind::Subquery* subquery) {
  if (subquery->kind != syntax::SubqueryKind::kCount || subquery->plan == nullptr ||
      subquery->result != bind::kNoSlot) {
    return;
  }
  Node* hop = subquery->plan.get();
  while (hop->kind == NodeKind::kProject && hop->items.empty()) hop = hop->children[0].get();
  if (!AsksNothing(*hop)) return;
  Node degree(NodeKind::kDegree);
  degree.from = hop->from;
  degree.direction = hop->direction;
  degree.types = hop->types;
  degree.to = plan::AddSlot(plan, "#degree");
  degree.estimated_rows = hop->children[0]->estimated_rows;
  degree.children.push_back(std::move(hop->children[0]));
  subquery->result = degree.to;
  *subquery->plan = std::move(degree);
}

}  // namespace

absl::Status SubqueryDegree(Plan* plan, const PlanOptions& /*options*/) {
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
