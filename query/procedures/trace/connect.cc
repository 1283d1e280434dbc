// trace.connect: a small network that joins n entities.
//
// Source    Mehlhorn 1988, "A faster approximation algorithm for the Steiner problem in graphs": a
//           search from all entities at once gives every node its nearest entity; links between the
//           regions are candidate joints; the lightest that join everything are kept. At most twice
//           as many links as the smallest network has.
// Order     Regions grow by whole levels in the order of Expand; of equally long joints the one
//           found first is kept: deterministic.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "query/procedures/trace/walk.h"

namespace skein::procedures {
namespace {

class Connector {
 public:
  // Nodes with more than `hubs` links join nothing.
  Connector(Walk& walk, Spending& spending, int64_t hubs)
      : walk_(walk), spending_(spending), hubs_(hubs) {}

  absl::Status Run(const std::vector<NodeId>& entities, size_t depth) {
    for (const NodeId node : entities) {
      if (!seen_.try_emplace(node, Seen{static_cast<uint32_t>(parent_.size()), 0, kNoNode, kNoLink})
               .second) {
        continue;
      }
      parent_.push_back(static_cast<uint32_t>(parent_.size()));
      frontier_.push_back(node);
      walk_.AlwaysExpand(node);
    }
    apart_ = parent_.size();
    // After level L every joint of length ≤ 2 L + 1 is known: what is left to find is longer.
    for (uint32_t level = 0; 2 * level < depth && !frontier_.empty() && apart_ > 1; ++level) {
      SKEIN_RETURN_IF_ERROR(Grow(level));
      UseJoints(2 * level + 1);
    }
    UseJoints(depth);
    return absl::OkStatus();
  }

  // One row a group of joined entities.
  absl::Status Emit(RowSink& out) {
    std::vector<std::vector<NodeId>> entities(parent_.size());
    std::vector<std::vector<NodeId>> nodes(parent_.size());
    std::vector<std::vector<LinkId>> links(parent_.size());
    for (const auto& [node, seen] : seen_) {
      if (seen.distance == 0) {
        entities[Root(seen.region)].push_back(node);
        nodes[Root(seen.region)].push_back(node);
      }
    }
    for (const auto& [node, region] : kept_nodes_) nodes[Root(region)].push_back(node);
    for (const auto& [link, region] : kept_links_) links[Root(region)].push_back(link);
    std::vector<size_t> order;
    for (size_t i = 0; i < parent_.size(); ++i) {
      if (!entities[i].empty()) order.push_back(i);
      for (auto* list : {&entities[i], &nodes[i]}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
      }
      std::sort(links[i].begin(), links[i].end());
      links[i].erase(std::unique(links[i].begin(), links[i].end()), links[i].end());
    }
    // Most entities first, then by the lowest.
    std::sort(order.begin(), order.end(), [&entities](size_t a, size_t b) {
      return entities[a].size() != entities[b].size() ? entities[a].size() > entities[b].size()
                                                      : entities[a][0] < entities[b][0];
    });
    for (const size_t i : order) {
      const Value row[] = {NodeList(entities[i]), NodeList(nodes[i]), LinkList(links[i])};
      SKEIN_RETURN_IF_ERROR(out.Emit(row));
    }
    return absl::OkStatus();
  }

 private:
  struct Seen {
    uint32_t region = 0;    // number of the nearest entity
    uint32_t distance = 0;  // in links
    NodeId before{};        // towards that entity
    LinkId link{};
  };
  struct Joint {
    uint32_t length = 0;  // from entity to entity
    NodeId a{}, b{};
    LinkId link{};
  };

  // Shortest first, up to `length`.
  void UseJoints(size_t length) {
    std::stable_sort(joints_.begin(), joints_.end(),
                     [](const Joint& a, const Joint& b) { return a.length < b.length; });
    size_t used = 0;
    for (; used < joints_.size() && joints_[used].length <= length; ++used) {
      if (Join(joints_[used])) Keep(joints_[used]);
    }
    joints_.erase(joints_.begin(), joints_.begin() + static_cast<ptrdiff_t>(used));
  }

  absl::Status Grow(uint32_t level) {
    std::vector<WalkStep> steps;
    SKEIN_RETURN_IF_ERROR(walk_.Expand(frontier_, false, false, &steps));
    std::vector<NodeId> next;
    const std::vector<NodeId> frontier = std::exchange(frontier_, {});
    for (const WalkStep& step : steps) {
      SKEIN_RETURN_IF_ERROR(spending_.Step());
      const NodeId from = frontier[step.source];
      const uint32_t region = seen_.at(from).region;
      const auto [it, added] = seen_.try_emplace(step.to, Seen{region, level + 1, from, step.link});
      if (added) {
        SKEIN_RETURN_IF_ERROR(spending_.Take(sizeof(Seen) + 24));
        next.push_back(step.to);
      } else if (it->second.region != region) {
        SKEIN_RETURN_IF_ERROR(spending_.Take(sizeof(Joint)));
        joints_.push_back({level + 1 + it->second.distance, from, step.to, step.link});
      }
    }
    std::vector<uint8_t> hub;
    SKEIN_RETURN_IF_ERROR(walk_.FindHubs(next, hubs_, &hub));
    for (size_t i = 0; i < next.size(); ++i) {
      if (hub[i] != 0) {
        hub_nodes_.insert(next[i]);
      } else {
        frontier_.push_back(next[i]);
      }
    }
    std::erase_if(joints_, [this](const Joint& joint) { return hub_nodes_.contains(joint.b); });
    return absl::OkStatus();
  }

  uint32_t Root(uint32_t region) {
    while (parent_[region] != region) region = parent_[region] = parent_[parent_[region]];
    return region;
  }
  bool Join(const Joint& joint) {
    const uint32_t a = Root(seen_.at(joint.a).region);
    const uint32_t b = Root(seen_.at(joint.b).region);
    if (a == b) return false;
    parent_[std::max(a, b)] = std::min(a, b);
    --apart_;
    return true;
  }
  void Keep(const Joint& joint) {
    kept_links_.emplace_back(joint.link, seen_.at(joint.a).region);
    for (NodeId node : {joint.a, joint.b}) {
      for (;;) {
        const Seen& seen = seen_.at(node);
        kept_nodes_.emplace_back(node, seen.region);
        if (seen.distance == 0) break;
        kept_links_.emplace_back(seen.link, seen.region);
        node = seen.before;
      }
    }
  }

  static Value NodeList(const std::vector<NodeId>& ids) {
    ValueList list;
    for (const NodeId id : ids) list.push_back(Value::Node(id));
    return Value::List(std::move(list));
  }
  static Value LinkList(const std::vector<LinkId>& ids) {
    ValueList list;
    for (const LinkId id : ids) list.push_back(Value::Link(id));
    return Value::List(std::move(list));
  }

  Walk& walk_;
  Spending& spending_;
  const int64_t hubs_;
  absl::flat_hash_map<NodeId, Seen> seen_;
  absl::flat_hash_set<NodeId> hub_nodes_;
  std::vector<NodeId> frontier_;
  std::vector<uint32_t> parent_;  // of the regions that are joined so far
  size_t apart_ = 0;
  std::vector<Joint> joints_;
  std::vector<std::pair<NodeId, uint32_t>> kept_nodes_;
  std::vector<std::pair<LinkId, uint32_t>> kept_links_;
};

absl::Status Connect(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  constexpr size_t kEntitiesMax = 10'000;
  std::vector<NodeId> given;
  for (const Value& v : args[0].list()) {
    if (v.is_null()) continue;
    if (v.kind() != ValueKind::kNode) {
      return BadArgument("`nodes` is a list of nodes, found " + ToLiteral(v));
    }
    given.push_back(v.node());
  }
  if (given.size() > kEntitiesMax) {
    return ArgumentOutOfRange(
        internal::Join("`nodes` has ", given.size(), " entries, at most ", kEntitiesMax));
  }
  Options options(args[1]);
  WalkOptions walk_options;
  walk_options.direction = Direction::kBoth;
  walk_options.types = options.Texts("types");
  walk_options.hubs = INT64_MAX;  // the connector looks at them itself
  const int64_t hubs = options.Integer("hubs", 1000, 0, INT64_MAX);
  const int64_t depth = options.Integer("depth", 6, 1, 100);
  SKEIN_RETURN_IF_ERROR(options.Finish());
  std::vector<uint8_t> visible;
  SKEIN_RETURN_IF_ERROR(context.reader.FilterLabels(context.viewer, given, {}, &visible));
  std::vector<NodeId> entities;
  for (size_t i = 0; i < given.size(); ++i) {
    if (visible[i] != 0) entities.push_back(given[i]);
  }
  std::sort(entities.begin(), entities.end());
  Spending spending(context);
  Walk walk(context, spending, std::move(walk_options));
  Connector connector(walk, spending, hubs);
  SKEIN_RETURN_IF_ERROR(connector.Run(entities, static_cast<size_t>(depth)));
  return connector.Emit(out);
}

}  // namespace

void AddTraceConnect(ProcedureRegistry& out) {
  out.Add({.name = "trace.connect",
           .args = {{"nodes", Type::kList}, {"options", Type::kMap, Value::Map({})}},
           .columns = {{"entities", Type::kList}, {"nodes", Type::kList}, {"links", Type::kList}},
           .doc = "A small network that joins the given entities, at most twice as many links as "
                  "the smallest there is; a row for every group that cannot be joined to the "
                  "others. Options: `types`, `depth` (6: links between two entities at most), "
                  "`hubs` (1000: nodes with more links are not passed through).",
           .example = "MATCH (p:Person) WHERE p.name IN ['Ann', 'Cem', 'Dee'] "
                      "WITH collect(p) AS people CALL trace.connect(people) YIELD nodes, links "
                      "RETURN size(nodes) AS nodes, size(links) AS links",
           .eval = &Connect});
}

}  // namespace skein::procedures
