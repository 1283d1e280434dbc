// Keys that make assertions: nodes with one document number are the same person.
//
// Rule      Nodes with any of the labels and equal values of the property are said to be the same:
//           each with the next one by id, at the rule's grade, on the basis "key Label.property".
//           Null, empty and blank texts match nobody. A value that more than `most` nodes have is
//           no key (0000, "unknown"): nothing is said, and it is counted.
// Again     An assertion's id follows from the property, the value and the two nodes: saying it
//           again changes nothing, and what people retracted stays so.
// Errors    As Transaction's; ABORTED is tried again a few times.
// Cost      One scan of the labels; 16 bytes a node with the property.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/graph/graph.h"

namespace skein {

struct KeyRule {
  std::vector<std::string> labels;  // in use or not
  std::string property;
  double grade = 1.0;
  size_t most = 50;
};

struct KeyMatches {
  uint64_t asserted = 0;    // new assertions
  uint64_t unchanged = 0;   // made before, retracted or not
  uint64_t too_common = 0;  // values that more than `most` nodes have
};

absl::StatusOr<KeyMatches> AssertByKey(Graph& graph, const KeyRule& rule,
                                       const WriteContext& context, TimeUs now_us);

}  // namespace skein
