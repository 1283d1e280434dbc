#include "query/engine/elements.h"

#include <utility>

#include "storage/base/status.h"

namespace skein {

absl::Status Elements::Load(Cursor& cursor, std::span<const std::vector<Value>> rows) {
  node_ids_.clear();
  link_ids_.clear();
  nodes_.clear();
  links_.clear();
  for (const auto& row : rows) {
    for (const Value& value : row) Collect(value);
  }
  std::vector<NodeView> nodes;
  std::vector<LinkView> links;
  if (!node_ids_.empty()) SKEIN_RETURN_IF_ERROR(cursor.Describe(node_ids_, &nodes));
  if (!link_ids_.empty()) SKEIN_RETURN_IF_ERROR(cursor.Describe(link_ids_, &links));
  if (nodes.size() != node_ids_.size() || links.size() != link_ids_.size()) {
    return Internal("elements of a row are missing");
  }
  for (size_t i = 0; i < nodes.size(); ++i) nodes_[node_ids_[i]] = std::move(nodes[i]);
  for (size_t i = 0; i < links.size(); ++i) links_[link_ids_[i]] = std::move(links[i]);
  return absl::OkStatus();
}

// The depth of a value is bounded where values are made: by the parser, by decoders.
void Elements::Collect(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNode:
      return Add(value.node());
    case ValueKind::kLink:
      return Add(value.link());
    case ValueKind::kPath:
      for (NodeId id : value.path().nodes) Add(id);
      for (LinkId id : value.path().links) Add(id);
      return;
    case ValueKind::kList:
      for (const Value& item : value.list()) Collect(item);
      return;
    case ValueKind::kMap:
      for (const auto& [key, item] : value.map()) Collect(item);
      return;
    default:
      return;
  }
}

void Elements::Add(NodeId id) {
  if (nodes_.try_emplace(id).second) node_ids_.push_back(id);
}

void Elements::Add(LinkId id) {
  if (links_.try_emplace(id).second) link_ids_.push_back(id);
}

}  // namespace skein
