#include "query/plan/slots.h"

namespace skein::plan {

std::set<Slot> AvailableSlots(const Node& node) {
  std::set<Slot> out;
  if (node.kind == NodeKind::kArgument) return {node.live.begin(), node.live.end()};
  const bool resets = node.kind == NodeKind::kAggregate || node.kind == NodeKind::kUnion;
  if (resets) {
    out.insert(node.keys.begin(), node.keys.end());
    out.insert(node.carried.begin(), node.carried.end());
  } else {
    out = AvailableSlots(*node.children[0]);
    if (node.kind == NodeKind::kJoin) out.merge(AvailableSlots(*node.children[1]));
  }
  for (const Slot slot : AddedSlots(node)) out.insert(slot);
  if (node.partition != kNoSlot && resets) out.insert(node.partition);
  return out;
}

}  // namespace skein::plan
