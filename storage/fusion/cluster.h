// Clusters: the nodes that are one entity, as far as a viewer can tell.
//
// Pairs     Two nodes are the same if, of the viewer's assertions about them that stand, the surest
//           "same" is surer than the surest "not the same"; the other way round, and at a tie, they
//           are kept apart.
// Clusters  Pairs that are the same join their clusters, the surest first, of equally sure ones the
//           lowest first; a pair does not join two clusters of which two members are kept apart.
//           So chains join, a denial always holds, and the order of making does not matter: a
//           cluster is a function of the assertions and members that the viewer sees.
// Order     Members ascend by id; the first one names the cluster.
// Errors    RESOURCE_EXHAUSTED  more than kClusterNodesMax nodes hang together; else of the reader
// Threads   As the reader. Cost: one bit for nodes that nobody spoke of; else one batched read a
//           level of the chain. For viewers who see everything the result is remembered.
#pragma once

#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "storage/graph/fused_nodes.h"
#include "storage/graph/reader.h"

namespace skein {

inline constexpr size_t kClusterNodesMax = 100'000;

// out is parallel to nodes: the cluster, or nullptr where the node is alone (or not visible).
absl::Status ClustersOf(const Reader& reader, const Viewer& viewer, std::span<const NodeId> nodes,
                        std::vector<ClusterPtr>* out);

// The same without what is remembered: the clusters of the nodes and of all that hang together with
// them, a node alone included. `partial` gets those of which a node that is not visible is said to
// be the same.
absl::Status ComputeClusters(const Reader& reader, const Viewer& viewer,
                             std::span<const NodeId> nodes,
                             absl::flat_hash_map<NodeId, ClusterPtr>* out,
                             absl::flat_hash_set<NodeId>* partial = nullptr);

}  // namespace skein
