// Slots of finished plans, for rewrites.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "query/plan/node.h"

namespace skein::plan {

// Slots that the rows of `node` have; of an Argument those that its `live` names.
std::set<Slot> AvailableSlots(const Node& node);

// A slot that no other node of the plan uses. Cost: none.
inline Slot AddSlot(Plan* plan, std::string name) {
  plan->slot_names.resize(plan->slots);
  plan->slot_names.push_back(std::move(name));
  return plan->slots++;
}

}  // namespace skein::plan
