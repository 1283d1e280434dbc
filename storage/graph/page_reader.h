// PageReader: the adjacency of one snapshot for one cursor: pages in memory, and what had to be
// read. Internal to storage/graph.
//
// Threads   One. Lifetime: borrows the snapshot's source.
#pragma once

#include <span>

#include "absl/container/flat_hash_map.h"
#include "storage/graph/page_table.h"
#include "storage/graph/snapshot_source.h"

namespace skein {

class PageReader {
 public:
  explicit PageReader(const SnapshotSource& source);

  // A vertex's page, good for that vertex, or nullptr: call Load first. To be used under the
  // EpochGuard it was found under.
  const AdjacencyPage* Find(NodeId vertex) const {
    const AdjacencyPage* found = table_.Find(vertex, at_);
    if (found != nullptr || loaded_.empty()) return found;
    const auto it = loaded_.find(AdjacencyPageOf(vertex));
    return it == loaded_.end() ? nullptr : it->second.get();
  }
  // Reads the pages of these vertices that Find does not have, in one round trip where they are
  // small; what was loaded before is forgotten.
  absl::Status Load(std::span<const NodeId> vertices);

  const PageTable& table() const { return table_; }

 private:
  const SnapshotSource& source_;
  const PageTable& table_;
  const Version at_;
  absl::flat_hash_map<uint64_t, AdjacencyPagePtr> loaded_;
};

// All links of each of some vertices at the source's state; for few vertices, not for traversal.
absl::Status ReadLists(const Source& source, std::span<const NodeId> ids,
                       std::vector<AdjacencyList>* out);

}  // namespace skein
