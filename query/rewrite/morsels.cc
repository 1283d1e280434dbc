// morsels: what an aggregation or a sort takes in from a scan may be made by several threads, each
// with a part of the scan; rows go up in the order of the scan (query/exec/parallel).
//
// Right     All of the input is taken in before the first row of output, so nothing is made that
//           nobody asks for. The chain from the scan up holds only operators that look at one row
//           at a time, and nothing volatile.
// Groups    Where an aggregation can be merged, threads group what they find themselves. Those that
//           keep every value (collect, percentiles) gain nothing from it and would hold each twice.
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

bool IsPlain(const Node& node) {
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

bool IsRowByRow(const Node& node) {
  switch (node.kind) {
    case NodeKind::kFilter:
    case NodeKind::kProject:
    case NodeKind::kExpand:
    case NodeKind::kDegree:
      return IsPlain(node);
    default:
      return false;
  }
}

bool Merges(const Node& aggregate) {
  static constexpr std::string_view kSmall[] = {"count", "sum",   "avg",   "min",
                                                "max",   "stDev", "stDevP"};
  return aggregate.kind == NodeKind::kAggregate && IsPlain(aggregate) &&
         std::all_of(aggregate.aggregates.begin(), aggregate.aggregates.end(),
                     [](const bind::AggregateItem& item) {
                       return item.call->distinct ||
                              std::find(std::begin(kSmall), std::end(kSmall),
                                        item.call->function->name) != std::end(kSmall);
                     });
}

// Whether the aggregation has more to do with a row than to count it.
bool Computes(const Node& aggregate) {
  return std::any_of(
      aggregate.aggregates.begin(), aggregate.aggregates.end(),
      [](const bind::AggregateItem& item) {
        return item.call->distinct ||
               std::any_of(item.call->args.begin(), item.call->args.end(),
                           [](const bind::ExprRef& arg) { return arg->kind != ExprKind::kSlot; });
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
    const bool merges = Merges(**at);
    if (below->kind != NodeKind::kScanNodes) return;
    if (below == top && !(merges && Computes(**at))) return;
    const Node& start = *below->children[0];
    if (start.kind != NodeKind::kArgument || start.partition != plan::kNoSlot) return;
    (merges ? at->get() : top)->morsel_rows = std::max(1.0, below->estimated_rows);
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
