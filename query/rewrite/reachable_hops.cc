// reachable_hops: a walk of variable length (or a hop from one vertex) of which only the distinct
// ends matter becomes a search by frontiers (plan::NodeKind::kReachable), which touches every
// vertex once.
//
// Right     when what is above asks for a set: it reaches, through operators that treat every row
//           by itself, a Distinct or an aggregation that does not count duplicates; nobody reads
//           the list of links; the minimum is 0 or 1 (see exec/reachable.cc).
#include <algorithm>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using plan::Node;
using plan::NodeKind;

bool IgnoresDuplicates(const Node& node) {
  if (node.kind == NodeKind::kDistinct) return true;
  if (node.kind != NodeKind::kAggregate) return false;
  return std::all_of(node.aggregates.begin(), node.aggregates.end(), [](const auto& item) {
    const std::string_view name = item.call->function->name;
    return item.call->distinct || name == "min" || name == "max";
  });
}

// One output row for each input row or each of its matches, whatever the other rows are.
bool RowByRow(const Node& node) {
  switch (node.kind) {
    case NodeKind::kFilter:
    case NodeKind::kProject:
    case NodeKind::kUnwind:
    case NodeKind::kExpand:
    case NodeKind::kExpandInto:
    case NodeKind::kVarExpand:
    case NodeKind::kReachable:
    case NodeKind::kDegree:
    case NodeKind::kSeekIds:
    case NodeKind::kSeekIndex:
    case NodeKind::kScanNodes:
    case NodeKind::kJoin:
    case NodeKind::kSort:
      break;
    case NodeKind::kApply:
      return !node.passes_through && !node.row_at_a_time;
    default:
      return false;
  }
  const std::vector<plan::ExprRef> exprs = plan::ExprsOf(node);
  return std::none_of(exprs.begin(), exprs.end(), bind::IsVolatile);
}

bool IsLive(const Node& node, plan::Slot slot) {
  return slot != plan::kNoSlot && std::binary_search(node.live.begin(), node.live.end(), slot);
}

bool MayBeSearch(const Node& node) {
  if (!node.distinct_links.empty() || IsLive(node, node.link)) return false;
  // The search finds ends of trails: not of walks that repeat links, nor of paths that repeat no
  // node.
  if (node.walk || node.restrictor == syntax::PathRestrictor::kAcyclic ||
      node.restrictor == syntax::PathRestrictor::kSimple) {
    return false;
  }
  if (node.kind == NodeKind::kVarExpand) return !node.to_bound && node.min <= 1;
  // One hop from many vertices is one call; a search is one for each.
  return node.kind == NodeKind::kExpand && !IsLive(node, node.time) &&
         node.children[0]->estimated_rows <= 1;
}

void Visit(Node* node, bool set_wanted) {
  const bool below = IgnoresDuplicates(*node) || (set_wanted && RowByRow(*node));
  if (set_wanted && MayBeSearch(*node)) {
    if (node->kind == NodeKind::kExpand) node->min = node->max = 1;
    node->kind = NodeKind::kReachable;
    node->link = node->time = plan::kNoSlot;
  }
  for (plan::NodePtr& child : node->children) Visit(child.get(), below);
}

}  // namespace

absl::Status ReachableHops(plan::Plan* plan, const plan::PlanOptions& /*options*/) {
  Visit(plan->root.get(), false);
  return absl::OkStatus();
}

}  // namespace skein::rewrite
