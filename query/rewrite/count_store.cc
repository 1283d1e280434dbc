// count_store: count(*) or count(n) straight over a scan of a label, or over one directed hop
// between unconstrained nodes, is the store's own count, which is exact for the viewer.
#include <algorithm>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using plan::Node;
using plan::NodeKind;

// count(*), or count of a slot that `node` fills and that is never null.
bool CountsRows(const Node& aggregate, const std::vector<plan::Slot>& filled) {
  return std::all_of(
      aggregate.aggregates.begin(), aggregate.aggregates.end(), [&filled](const auto& item) {
        const bind::Expr& call = *item.call;
        if (call.function->name != "count" || call.distinct) return false;
        if (call.args.empty()) return true;
        return call.args[0]->kind == bind::ExprKind::kSlot &&
               std::find(filled.begin(), filled.end(), call.args[0]->slot) != filled.end();
      });
}

bool IsRoot(const Node& node) {
  return node.kind == NodeKind::kArgument && node.partition == plan::kNoSlot;
}

}  // namespace

absl::Status CountStore(plan::Plan* plan, const plan::PlanOptions& /*options*/) {
  // A statement that writes may have changed what it counts.
  if (plan->writes) return absl::OkStatus();
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) {
    Node& node = **at;
    if (node.kind != NodeKind::kAggregate || !node.keys.empty() || node.aggregates.size() != 1 ||
        node.partition != plan::kNoSlot) {
      return;
    }
    Node& below = *node.children[0];
    auto count = std::make_unique<Node>(NodeKind::kCountStore);
    count->to = node.aggregates[0].slot;
    if (below.kind == NodeKind::kScanNodes && IsRoot(*below.children[0]) &&
        CountsRows(node, {below.to})) {
      count->label = below.label;
      count->children.push_back(std::move(below.children[0]));
      *at = std::move(count);
      return;
    }
    // ()-[r:T]->(): every link has both its ends.
    if (below.kind == NodeKind::kExpand && below.direction != bind::LinkDirection::kBoth &&
        below.distinct_links.empty() && below.time_bounds.empty() &&
        below.children[0]->kind == NodeKind::kScanNodes && below.children[0]->label.empty() &&
        IsRoot(*below.children[0]->children[0]) &&
        CountsRows(node, {below.link, below.to, below.from})) {
      count->link = below.link;
      count->types = below.types;
      count->children.push_back(std::move(below.children[0]->children[0]));
      *at = std::move(count);
    }
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
