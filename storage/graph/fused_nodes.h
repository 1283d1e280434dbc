// FusedNodes: which nodes have fusion rows, a bit each, and the clusters that were computed lately.
//
// Bits      Set for every node that has rows in any version, and for some that have none: a clear
//           bit says that nobody need look. Set before the rows are written, never cleared.
// Clusters  For viewers who see everything, and for one state of the rows at a time, which its
// token
//           names; another token empties it. What a cluster is, storage/fusion says.
// Threads   Safe from any thread.
// Cost      A bit: a shared lock for a whole batch. At most kClustersMax nodes are remembered.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/base/ids.h"

namespace skein {

// Nodes that are one entity, ascending: the first one names it.
using ClusterPtr = std::shared_ptr<const std::vector<NodeId>>;

class FusedNodes {
 public:
  static constexpr size_t kClustersMax = 1 << 20;

  // No node has rows.
  bool none() const { return !any_.load(std::memory_order_acquire); }
  void Set(NodeId node);
  // out[i] = 1: ids[i] may have rows.
  void Get(std::span<const NodeId> ids, std::vector<uint8_t>* out) const;
  bool Get(NodeId node) const;
  // Every node whose bit is set, ascending.
  std::vector<NodeId> All() const;

  // nullptr: not known.
  ClusterPtr FindCluster(const std::string& token, NodeId node) const;
  void RememberCluster(const std::string& token, NodeId node, ClusterPtr cluster);

 private:
  bool Test(uint64_t id) const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return id / 64 < words_.size() && (words_[id / 64] >> (id % 64) & 1) != 0;
  }

  std::atomic<bool> any_{false};
  mutable absl::Mutex mu_;
  std::vector<uint64_t> words_ ABSL_GUARDED_BY(mu_);
  mutable absl::Mutex clusters_mu_;
  std::string token_ ABSL_GUARDED_BY(clusters_mu_);
  absl::flat_hash_map<NodeId, ClusterPtr> clusters_ ABSL_GUARDED_BY(clusters_mu_);
};

}  // namespace skein
