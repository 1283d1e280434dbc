#include "importers/core/known_nodes.h"

#include <cstring>

#include "storage/base/status.h"

namespace skein {

KnownNodes::Key KnownNodes::KeyOf(const Identity& identity) {
  Key key;
  std::memcpy(&key.first, identity.data(), sizeof(key.first));
  std::memcpy(&key.second, identity.data() + sizeof(key.first), sizeof(key.second));
  return key;
}

void KnownNodes::Add(const Identity& identity, NodeId id) {
  if (known_.size() < kKnownMax) {
    known_[KeyOf(identity)] = id;
  } else {
    complete_ = false;
  }
}

absl::Status KnownNodes::Find(const Reader& reader, std::span<const std::string> identities,
                              std::vector<std::optional<NodeId>>* ids) {
  ids->assign(identities.size(), std::nullopt);
  std::vector<std::string> unknown;
  std::vector<size_t> places;
  for (size_t i = 0; i < identities.size(); ++i) {
    const auto found = known_.find(KeyOf(identities[i]));
    if (found != known_.end()) {
      (*ids)[i] = found->second;
    } else if (!complete_) {
      unknown.push_back(identities[i]);
      places.push_back(i);
    }
  }
  if (unknown.empty()) return absl::OkStatus();
  std::vector<std::optional<uint64_t>> stored;
  SKEIN_RETURN_IF_ERROR(graph_.FindImported(unknown, &stored));
  std::vector<NodeId> nodes;
  std::vector<size_t> of;
  for (size_t k = 0; k < stored.size(); ++k) {
    if (!stored[k]) continue;
    nodes.push_back(NodeId{*stored[k]});
    of.push_back(places[k]);
  }
  // What somebody deleted since is made again: the identity alone is not the entity.
  std::vector<uint8_t> exists;
  SKEIN_RETURN_IF_ERROR(reader.FilterLabels(Viewer::All(), nodes, {}, &exists));
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (exists[i] == 0) continue;
    (*ids)[of[i]] = nodes[i];
    Add(identities[of[i]], nodes[i]);
  }
  return absl::OkStatus();
}

}  // namespace skein
