#include "storage/fusion/cluster.h"

#include <algorithm>
#include <map>

#include "storage/base/status.h"
#include "storage/fusion/assertion.h"

namespace skein {
namespace {

using Pair = std::pair<NodeId, NodeId>;  // ascending

// The surest assertion of each sign; 0: none.
struct Verdict {
  double same = 0;
  double apart = 0;
  bool joins() const { return same > apart; }
};

// Nodes that hang together by pairs that are the same, and all that is said among them.
struct Component {
  std::vector<NodeId> nodes;
  std::map<Pair, Verdict> pairs;
  bool partial = false;  // some rows name nodes that are not visible
};

absl::Status Explore(const Reader& reader, const Viewer& viewer, NodeId seed,
                     absl::flat_hash_set<NodeId>* seen, Component* out) {
  std::vector<NodeId> frontier = {seed};
  seen->insert(seed);
  while (!frontier.empty()) {
    out->nodes.insert(out->nodes.end(), frontier.begin(), frontier.end());
    if (out->nodes.size() > kClusterNodesMax) {
      return ResourceExhausted("more than ", kClusterNodesMax,
                               " nodes are said to be the same as one another");
    }
    std::vector<std::vector<Assertion>> said;
    SKEIN_RETURN_IF_ERROR(AssertionsOf(reader, viewer, frontier, &said, &out->partial));
    std::vector<NodeId> next;
    for (size_t i = 0; i < frontier.size(); ++i) {
      // Sorted by the other node: one pair after the other.
      for (size_t begin = 0; begin < said[i].size();) {
        const Pair pair(said[i][begin].a, said[i][begin].b);
        Verdict verdict;
        size_t end = begin;
        for (; end < said[i].size() && Pair(said[i][end].a, said[i][end].b) == pair; ++end) {
          if (said[i][end].retracted) continue;
          double& surest = said[i][end].same ? verdict.same : verdict.apart;
          surest = std::max(surest, said[i][end].grade);
        }
        begin = end;
        out->pairs[pair] = verdict;
        const NodeId other = pair.first == frontier[i] ? pair.second : pair.first;
        if (verdict.joins() && seen->insert(other).second) next.push_back(other);
      }
    }
    frontier = std::move(next);
  }
  return absl::OkStatus();
}

// Joins the surest pairs first, as far as nobody is kept apart.
class Joiner {
 public:
  explicit Joiner(const Component& component) {
    for (const NodeId node : component.nodes) groups_[node] = {node, {node}, {}};
    std::vector<std::pair<double, Pair>> same;
    for (const auto& [pair, verdict] : component.pairs) {
      if (verdict.joins()) {
        same.emplace_back(-verdict.same, pair);
      } else if (verdict.apart > 0 && groups_.contains(pair.first) &&
                 groups_.contains(pair.second)) {
        groups_.at(pair.first).apart.push_back(pair.second);
        groups_.at(pair.second).apart.push_back(pair.first);
      }
    }
    std::sort(same.begin(), same.end());
    for (const auto& [grade, pair] : same) Join(Root(pair.first), Root(pair.second));
  }

  void Clusters(absl::flat_hash_map<NodeId, ClusterPtr>* out) {
    for (auto& [node, group] : groups_) {
      if (group.root != node) continue;
      std::sort(group.members.begin(), group.members.end());
      const auto cluster = std::make_shared<const std::vector<NodeId>>(std::move(group.members));
      for (const NodeId member : *cluster) (*out)[member] = cluster;
    }
  }

 private:
  struct Group {
    NodeId root{};
    std::vector<NodeId> members;
    std::vector<NodeId> apart;  // nodes that may not join
  };

  NodeId Root(NodeId node) {
    while (groups_.at(node).root != node) {
      Group& group = groups_.at(node);
      group.root = groups_.at(group.root).root;
      node = group.root;
    }
    return node;
  }

  void Join(NodeId a, NodeId b) {
    if (a == b) return;
    if (groups_.at(a).members.size() < groups_.at(b).members.size()) std::swap(a, b);
    Group& large = groups_.at(a);
    Group& small = groups_.at(b);
    for (const NodeId other : small.apart) {
      if (Root(other) == a) return;
    }
    small.root = a;
    large.members.insert(large.members.end(), small.members.begin(), small.members.end());
    large.apart.insert(large.apart.end(), small.apart.begin(), small.apart.end());
    small = {a, {}, {}};
  }

  absl::flat_hash_map<NodeId, Group> groups_;
};

// Drops remembered clusters of which a member is not there: nodes come and go without a new token.
absl::Status DropStale(const Reader& reader, const Viewer& viewer,
                       absl::flat_hash_set<ClusterPtr>* clusters) {
  std::vector<NodeId> members;
  for (const ClusterPtr& cluster : *clusters) {
    members.insert(members.end(), cluster->begin(), cluster->end());
  }
  std::vector<uint8_t> visible;
  SKEIN_RETURN_IF_ERROR(reader.FilterLabels(viewer, members, {}, &visible));
  size_t at = 0;
  std::vector<ClusterPtr> stale;
  for (const ClusterPtr& cluster : *clusters) {
    const auto begin = visible.begin() + static_cast<ptrdiff_t>(at);
    at += cluster->size();
    const auto end = visible.begin() + static_cast<ptrdiff_t>(at);
    if (std::find(begin, end, 0) != end) stale.push_back(cluster);
  }
  for (const ClusterPtr& cluster : stale) clusters->erase(cluster);
  return absl::OkStatus();
}

}  // namespace

absl::Status ComputeClusters(const Reader& reader, const Viewer& viewer,
                             std::span<const NodeId> nodes,
                             absl::flat_hash_map<NodeId, ClusterPtr>* out,
                             absl::flat_hash_set<NodeId>* partial) {
  absl::flat_hash_set<NodeId> seen;
  for (const NodeId node : nodes) {
    if (seen.contains(node)) continue;
    Component component;
    SKEIN_RETURN_IF_ERROR(Explore(reader, viewer, node, &seen, &component));
    Joiner(component).Clusters(out);
    if (component.partial && partial != nullptr) {
      partial->insert(component.nodes.begin(), component.nodes.end());
    }
  }
  return absl::OkStatus();
}

absl::Status ClustersOf(const Reader& reader, const Viewer& viewer, std::span<const NodeId> nodes,
                        std::vector<ClusterPtr>* out) {
  out->assign(nodes.size(), nullptr);
  FusedNodes& fused = FusionOf(reader).fused_nodes();
  if (fused.none()) return absl::OkStatus();
  std::vector<uint8_t> may;
  fused.Get(nodes, &may);
  if (std::find(may.begin(), may.end(), 1) == may.end()) return absl::OkStatus();
  std::string token;
  if (viewer.sees_all()) {
    SKEIN_ASSIGN_OR_RETURN(token, FusionOf(reader).FusionToken());
  }
  absl::flat_hash_map<NodeId, ClusterPtr> known;
  absl::flat_hash_set<ClusterPtr> remembered;
  for (size_t i = 0; i < nodes.size() && !token.empty(); ++i) {
    if (may[i] == 0) continue;
    ClusterPtr cluster = fused.FindCluster(token, nodes[i]);
    if (cluster != nullptr) remembered.insert(std::move(cluster));
  }
  SKEIN_RETURN_IF_ERROR(DropStale(reader, viewer, &remembered));
  for (const ClusterPtr& cluster : remembered) {
    for (const NodeId member : *cluster) known[member] = cluster;
  }
  std::vector<NodeId> unknown;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (may[i] != 0 && !known.contains(nodes[i])) unknown.push_back(nodes[i]);
  }
  if (!unknown.empty()) {
    absl::flat_hash_map<NodeId, ClusterPtr> computed;
    absl::flat_hash_set<NodeId> partial;
    SKEIN_RETURN_IF_ERROR(ComputeClusters(reader, viewer, unknown, &computed, &partial));
    for (auto& [node, cluster] : computed) {
      // A node that is gone here may be there at an older version with the same token.
      if (!token.empty() && !partial.contains(node)) fused.RememberCluster(token, node, cluster);
      known[node] = std::move(cluster);
    }
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto it = known.find(nodes[i]);
    if (it != known.end() && it->second->size() > 1) (*out)[i] = it->second;
  }
  return absl::OkStatus();
}

}  // namespace skein
