// Compares every public read of a Reader with the reference, for one viewer.
#pragma once

#include <random>
#include <string>

#include "tests/support/reference_graph.h"

namespace skein {

using Dice = std::mt19937_64;

// Names of the little world the model tests play in.
struct World {
  std::vector<LabelId> labels;
  std::vector<LinkTypeId> types;
  std::vector<KeyId> keys;
  std::vector<PolicyId> policies;
  std::vector<BatchId> batches;
};

// Empty: all alike. Else what differs. `dice` draws frontiers, windows, page sizes and ranges.
std::string Difference(const Reader& reader, const ReferenceGraph& reference, const Viewer& viewer,
                       const World& world, Dice& dice);

// A value a property may hold, from a small pool so that values meet again.
Value AnyValue(Dice& dice);
ValidTime AnyValid(Dice& dice);

}  // namespace skein
