// What the fused view is made of: which entity a node belongs to, and cursors that give entities.
// Internal to storage/fusion.
//
// Threads   As the reader below; Entities may be asked by several threads at once.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/graph/fused_nodes.h"
#include "storage/graph/fusion_access.h"
#include "storage/graph/reader.h"

namespace skein {

// Nodes taken apart into members: members[i] belongs to the node at position owner[i].
struct MemberRows {
  bool fused = false;  // some node has more than one member
  std::vector<NodeId> members;
  std::vector<uint32_t> owner;     // ascending
  std::vector<uint8_t> is_entity;  // by position: more than one member
};

class Entities {
 public:
  Entities(const Reader& below, Viewer viewer) : below_(below), viewer_(std::move(viewer)) {}

  const Reader& below() const { return below_; }
  FusedNodes& fused_nodes() const { return FusionOf(below_).fused_nodes(); }
  const Viewer& viewer() const { return viewer_; }
  // Nobody said anything about any node.
  bool none() const { return fused_nodes().none(); }

  // Replaces every node by the name of its entity.
  absl::Status Name(std::vector<NodeId>* nodes) const;
  absl::Status Members(NodeId node, std::vector<NodeId>* out) const;
  absl::Status Spread(std::span<const NodeId> nodes, MemberRows* out) const;
  // How many visible nodes (with the label) there are more than entities.
  absl::StatusOr<uint64_t> Surplus(std::optional<LabelId> label) const;

 private:
  const Reader& below_;
  const Viewer viewer_;
};

// As Reader::Expand, over entities.
absl::StatusOr<std::unique_ptr<ExpandCursor>> OpenFusedExpand(const Entities& entities,
                                                              const Viewer& viewer,
                                                              std::span<const NodeId> frontier,
                                                              const ExpandOptions& options,
                                                              Budget& budget);
// Each entity once, where its first node comes.
std::unique_ptr<IdCursor> OpenEntityCursor(const Entities& entities,
                                           std::unique_ptr<IdCursor> nodes);

}  // namespace skein
