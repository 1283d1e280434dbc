// What fusion.* functions ask of the context that evaluates them.
//
// Use       An EvalContext that is also a FusionContext answers them; to any other one every node
//           stands for itself and nothing is known of it.
// Errors    As EvalContext's element calls. Threads: as the context.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/ids.h"
#include "storage/base/value.h"

namespace skein::functions {

class FusionContext {
 public:
  virtual ~FusionContext() = default;
  // The nodes that are one entity with `node`, as the viewer can tell, itself included, ascending.
  virtual absl::StatusOr<std::vector<NodeId>> ClusterOf(NodeId node) = 0;
  // Each of them by itself: maps of id, labels, properties, and where it comes from: source, file,
  // row, person, received.
  virtual absl::StatusOr<ValueList> RecordsOf(NodeId node) = 0;
  // What each says of a property, where it says something: maps of id, value, and where it comes
  // from; the value that the entity shows first.
  virtual absl::StatusOr<ValueList> ValuesOf(NodeId node, std::string_view property) = 0;
};

}  // namespace skein::functions
