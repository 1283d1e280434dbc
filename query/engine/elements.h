// Elements: the nodes, links and paths that some rows of a cursor name, looked up in one batch.
//
// Shape     Values nest: elements inside lists, maps and paths are found too.
// Errors    What Cursor::Describe returns.
// Threads   One at a time. Lifetime: owns what it returns, until the next Load().
// Cost      Two batched look-ups a Load, however many rows.
#pragma once

#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "query/engine/engine.h"

namespace skein {

// Loaded for one batch of rows at a time; what a row does not name is not there.
class Elements {
 public:
  // Forgets what was loaded before.
  // OK: every element that the rows name can be asked for below.
  absl::Status Load(Cursor& cursor, std::span<const std::vector<Value>> rows);

  // The id must occur in the rows loaded (checked).
  const NodeView& node(NodeId id) const { return nodes_.at(id); }
  const LinkView& link(LinkId id) const { return links_.at(id); }

 private:
  void Collect(const Value& value);
  void Add(NodeId id);
  void Add(LinkId id);

  std::vector<NodeId> node_ids_;
  std::vector<LinkId> link_ids_;
  absl::flat_hash_map<NodeId, NodeView> nodes_;
  absl::flat_hash_map<LinkId, LinkView> links_;
};

}  // namespace skein
