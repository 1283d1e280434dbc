// KnownNodes: which entities the run has met, by identity, so that the store is asked once.
//
// Bounds    kKnownMax entities are kept (about 50 bytes each); beyond, the store is asked again.
// Stale     An entity may have been deleted since: who links to it learns so when the link is
//           written.
// Threads   One.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "importers/core/identity.h"
#include "storage/graph/graph.h"

namespace skein {

class KnownNodes {
 public:
  explicit KnownNodes(Graph& graph) : graph_(graph) {}

  // The entities of these identities that an import has made and that exist; nullopt: none.
  absl::Status Find(const Reader& reader, std::span<const std::string> identities,
                    std::vector<std::optional<NodeId>>* ids);
  void Add(const Identity& identity, NodeId id);
  // Whether n more will be kept.
  bool HasRoom(size_t n) const { return known_.size() + n <= kKnownMax; }
  void Clear() {
    known_.clear();
    complete_ = false;
  }
  // The store holds no entity yet: whatever is not kept is not there.
  void BeginEmpty() { complete_ = true; }

 private:
  static constexpr size_t kKnownMax = 16 << 20;
  using Key = std::pair<uint64_t, uint64_t>;
  static Key KeyOf(const Identity& identity);

  Graph& graph_;
  absl::flat_hash_map<Key, NodeId> known_;
  bool complete_ = false;
};

}  // namespace skein
