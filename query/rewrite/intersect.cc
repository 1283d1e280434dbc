// intersect: a hop whose end must be linked to other vertices as well (a triangle, a clique) is one
// step that meets the vertices' lists, in place of all hops and then the check of each.
//
//   ExpandInto (c)-(a)                    Intersect  (b)-(c), (a)-(c)
//     Filter …                     →        …
//       Expand (b)-(c)                  Filter … above it
//
// Right     every hop and check is of single links of no window of time; filters between ask of
//           rows, which are the same rows afterwards.
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using plan::Leg;
using plan::Node;
using plan::NodeKind;
using plan::NodePtr;

bool IsPlain(const Node& node) {
  return node.valid_from == nullptr && node.time_bounds.empty() && node.time == plan::kNoSlot &&
         node.element_predicates.empty();
}

bind::LinkDirection Turned(bind::LinkDirection d) {
  if (d == bind::LinkDirection::kRight) return bind::LinkDirection::kLeft;
  if (d == bind::LinkDirection::kLeft) return bind::LinkDirection::kRight;
  return d;
}

Leg LegOf(const Node& hop, plan::Slot end) {
  Leg leg;
  const bool forward = hop.to == end;
  leg.from = forward ? hop.from : hop.to;
  leg.direction = forward ? hop.direction : Turned(hop.direction);
  leg.link = hop.link;
  leg.types = hop.types;
  leg.distinct_links = hop.distinct_links;
  return leg;
}

void Visit(NodePtr* at) {
  Node& check = **at;
  if (check.kind != NodeKind::kExpandInto || !IsPlain(check) || check.from == check.to) return;
  // The hop, below filters.
  NodePtr* below = &check.children[0];
  while ((*below)->kind == NodeKind::kFilter) below = &(*below)->children[0];
  Node& hop = **below;
  const bool meets = hop.to == check.from || hop.to == check.to;
  if (!meets || !IsPlain(hop)) return;
  if (hop.kind == NodeKind::kExpand) {
    const Leg leg = LegOf(hop, hop.to);
    hop.kind = NodeKind::kIntersect;
    hop.legs = {leg};
    hop.from = hop.link = plan::kNoSlot;
    hop.types.clear();
    hop.distinct_links.clear();
  } else if (hop.kind != NodeKind::kIntersect) {
    return;
  }
  hop.legs.push_back(LegOf(check, hop.to));
  hop.estimated_rows = check.estimated_rows;
  for (Node* filter = check.children[0].get(); filter != &hop; filter = filter->children[0].get()) {
    filter->estimated_rows = check.estimated_rows;
  }
  *at = std::move(check.children[0]);
}

}  // namespace

absl::Status Intersect(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, Visit);
  return absl::OkStatus();
}

}  // namespace skein::rewrite
