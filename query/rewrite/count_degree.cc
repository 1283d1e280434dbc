// count_degree: count(*), or a count of what a single hop finds, over that hop is a sum of degrees,
// which no list is enumerated for where storage knows them.
//
// Right     when nothing else is asked of the hop: no predicate, no other reader of its link or
// end,
//           no link that it must differ from. Without grouping keys a vertex without links adds 0;
//           with keys it has no group, so degrees of 0 are filtered out.
#include <algorithm>
#include <utility>

#include "query/plan/slots.h"
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using plan::Node;
using plan::NodeKind;

bool CountsRows(const Node& aggregate, const Node& hop) {
  return !aggregate.aggregates.empty() &&
         std::all_of(aggregate.aggregates.begin(), aggregate.aggregates.end(),
                     [&hop](const auto& item) {
                       const bind::Expr& call = *item.call;
                       if (call.function->name != "count" || call.distinct) return false;
                       if (call.args.empty()) return true;
                       const bind::Expr& arg = *call.args[0];
                       return arg.kind == bind::ExprKind::kSlot &&
                              (arg.slot == hop.link || arg.slot == hop.to || arg.slot == hop.from);
                     });
}

bool ReadsHop(const std::vector<plan::Slot>& slots, const Node& hop) {
  return std::any_of(slots.begin(), slots.end(), [&hop](plan::Slot slot) {
    return slot == hop.link || slot == hop.to || slot == hop.time;
  });
}

}  // namespace

absl::Status CountDegree(Plan* plan, const PlanOptions& /*options*/) {
  const functions::FunctionDef* sum = functions::AllFunctions().Find("sum");
  if (sum == nullptr) return absl::OkStatus();
  plan::VisitPlan(&plan->root, [plan, sum](plan::NodePtr* at) {
    Node& node = **at;
    if (node.kind != NodeKind::kAggregate) return;
    plan::NodePtr* below = &node.children[0];
    std::vector<plan::Slot> read = node.keys;
    while ((*below)->kind == NodeKind::kProject) {
      const std::vector<plan::Slot> more = plan::ReadSlots(**below);
      read.insert(read.end(), more.begin(), more.end());
      below = &(*below)->children[0];
    }
    Node& hop = **below;
    if (hop.kind != NodeKind::kExpand || !hop.distinct_links.empty()) return;
    if (!CountsRows(node, hop) || ReadsHop(read, hop)) return;
    hop.kind = NodeKind::kDegree;
    hop.link = hop.time = plan::kNoSlot;
    hop.to = plan::AddSlot(plan, "#degree");
    hop.estimated_rows = hop.children[0]->estimated_rows;
    const bind::ExprRef degree = bind::MakeSlot(hop.to, bind::Type::Of(bind::Kinds::kInteger));
    for (auto& item : node.aggregates) {
      auto call = std::make_shared<bind::Expr>(*item.call);
      call->function = sum;
      call->args = {degree};
      item.call = std::move(call);
    }
    if (node.keys.empty()) return;
    auto some = std::make_unique<Node>(NodeKind::kFilter);
    some->estimated_rows = hop.estimated_rows;
    some->exprs = {bind::MakeComparison(degree, syntax::ComparisonOp::kGreater,
                                        bind::MakeLiteral(Value::Integer(0)))};
    some->children.push_back(std::move(*below));
    *below = std::move(some);
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
