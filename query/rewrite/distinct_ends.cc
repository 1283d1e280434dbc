// distinct_ends: of two links (a)-[r]-(b)-[s]-(c) with a <> c, nobody need ask whether s is r: then
// neither is read.
//
//   (v)-[s1]->(l)<-[s2]-(o) WHERE o <> v     s2 is compared with s1 no more
//
// Right     A link that both hops walked would join b with both a and c, so a would be c. The
//           comparison of the ends comes first in the filter, as the one of the links did, so what
//           follows it is asked of the same rows.
#include <algorithm>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprRef;
using plan::Node;
using plan::NodeKind;
using plan::Slot;

// The hop below `hop` that found `link`, if nothing but hops and filters lies between.
const Node* HopOf(const Node& hop, Slot link) {
  const Node* at = hop.children[0].get();
  while (at->kind == NodeKind::kExpand || at->kind == NodeKind::kFilter) {
    if (at->kind == NodeKind::kExpand && at->link == link) return at;
    at = at->children[0].get();
  }
  return nullptr;
}

void Relax(Node* filter) {
  Node& hop = *filter->children[0];
  if (hop.kind != NodeKind::kExpand) return;
  std::erase_if(hop.distinct_links, [&](Slot link) {
    const Node* before = HopOf(hop, link);
    if (before == nullptr || before->to != hop.from) return false;
    const auto at = std::find_if(filter->exprs.begin(), filter->exprs.end(), [&](const ExprRef& e) {
      return SaysDifferent(e, before->from, hop.to);
    });
    if (at == filter->exprs.end()) return false;
    std::rotate(filter->exprs.begin(), at, at + 1);
    return true;
  });
}

}  // namespace

absl::Status DistinctEnds(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) {
    if ((*at)->kind == NodeKind::kFilter) Relax(at->get());
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
