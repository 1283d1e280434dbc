// trace.paths, trace.earliestArrival: ways along which something can have travelled: no link is
// earlier than the one before it.
//
// Method    paths: first backwards from the target, how late a node may be left and still reach it
//           in so many links; then forwards over partial paths, only where that leaves time.
//           earliestArrival: rounds of one Expand; round k knows the earliest arrival by k links.
// Source    Wu, Cheng, Huang, Ke, Lu, Xu, "Path problems in temporal graphs", VLDB 2014.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "query/procedures/trace/walk.h"

namespace skein::procedures {
namespace {

constexpr int64_t kDepthMax = 1000;

// With `wait` an earlier arrival is not always the better one, so each state of the search keeps
// every arrival that no other one replaces.
class TimedPaths {
 public:
  TimedPaths(Walk& walk, Spending& spending, NodeId source, NodeId target, size_t depth)
      : walk_(walk), spending_(spending), source_(source), target_(target), depth_(depth) {}

  // Fewest links first; among those earliest arrival, then in the order of finding.
  absl::Status Run(int64_t limit, RowSink& out) {
    SKEIN_RETURN_IF_ERROR(LookBack());
    std::vector<Partial> level = {{source_, kNoLink, 0, 0}};
    std::vector<WalkStep> steps;
    for (size_t hop = 1; hop <= depth_ && limit > 0 && !level.empty(); ++hop) {
      std::vector<NodeId> frontier;
      frontier.reserve(level.size());
      for (const Partial& p : level) frontier.push_back(p.node);
      levels_.push_back(std::move(level));
      level.clear();
      SKEIN_RETURN_IF_ERROR(walk_.Expand(frontier, false, true, &steps));
      std::vector<Partial> arrived;
      for (const WalkStep& step : steps) {
        SKEIN_RETURN_IF_ERROR(spending_.Step());
        const Partial& from = levels_.back()[step.source];
        if (hop > 1 && !walk_.Follows(from.time, step.time)) continue;
        if (step.to == target_) {
          if (!Uses(hop, step.source, step.link)) {
            arrived.push_back({step.to, step.link, step.time, step.source});
          }
        } else if (CanReach(step.to, step.time, depth_ - hop) &&
                   !Visits(hop, step.source, step.to)) {
          SKEIN_RETURN_IF_ERROR(spending_.Take(sizeof(Partial)));
          level.push_back({step.to, step.link, step.time, step.source});
        }
      }
      std::stable_sort(arrived.begin(), arrived.end(),
                       [](const Partial& a, const Partial& b) { return a.time < b.time; });
      for (const Partial& last : arrived) {
        if (limit-- == 0) return absl::OkStatus();
        SKEIN_RETURN_IF_ERROR(Emit(hop, last, out));
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Partial {
    NodeId node{};
    LinkId link{};
    double time = 0;      // of the link
    uint32_t before = 0;  // in the level before
  };

  // latest_[k][v]: the latest time at which a link may reach v so that k more links lead from
  // there to the target.
  absl::Status LookBack() {
    latest_.resize(depth_);
    std::vector<NodeId> frontier = {target_};
    std::vector<WalkStep> steps;
    for (size_t k = 1; k < depth_ && !frontier.empty(); ++k) {
      SKEIN_RETURN_IF_ERROR(walk_.Expand(frontier, true, true, &steps));
      auto& latest = latest_[k];
      for (const WalkStep& step : steps) {
        SKEIN_RETURN_IF_ERROR(spending_.Step());
        // A link at step.time into the frontier helps if a path from there is left in time.
        if (k > 1 && latest_[k - 1].at(frontier[step.source]) < step.time) continue;
        const auto [it, added] = latest.try_emplace(step.to, step.time);
        if (added) SKEIN_RETURN_IF_ERROR(spending_.Take(32));
        it->second = std::max(it->second, step.time);
      }
      frontier.clear();
      for (const auto& [node, time] : latest) frontier.push_back(node);
      std::sort(frontier.begin(), frontier.end());
    }
    return absl::OkStatus();
  }

  bool CanReach(NodeId node, double time, size_t links) const {
    for (size_t k = 1; k <= links; ++k) {
      const auto it = latest_[k].find(node);
      if (it != latest_[k].end() && it->second >= time) return true;
    }
    return false;
  }
  bool Visits(size_t hop, uint32_t at, NodeId node) const {
    for (size_t level = hop; level-- > 0; at = levels_[level][at].before) {
      if (levels_[level][at].node == node) return true;
    }
    return false;
  }
  bool Uses(size_t hop, uint32_t at, LinkId link) const {
    for (size_t level = hop; level-- > 1; at = levels_[level][at].before) {
      if (levels_[level][at].link == link) return true;
    }
    return false;
  }

  absl::Status Emit(size_t hop, const Partial& last, RowSink& out) const {
    PathValue path;
    path.nodes = {last.node};
    path.links = {last.link};
    double departs = last.time;
    uint32_t at = last.before;
    for (size_t level = hop; level-- > 0;) {
      const Partial& p = levels_[level][at];
      path.nodes.push_back(p.node);
      if (level > 0) {
        path.links.push_back(p.link);
        departs = p.time;
      }
      at = p.before;
    }
    std::reverse(path.nodes.begin(), path.nodes.end());
    std::reverse(path.links.begin(), path.links.end());
    const Value row[] = {Value::Path(std::move(path)), walk_.TimeValue(departs),
                         walk_.TimeValue(last.time)};
    return out.Emit(row);
  }

  Walk& walk_;
  Spending& spending_;
  const NodeId source_;
  const NodeId target_;
  const size_t depth_;
  std::vector<absl::flat_hash_map<NodeId, double>> latest_;
  std::vector<std::vector<Partial>> levels_;
};

absl::Status Paths(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null() || args[1].is_null()) return absl::OkStatus();
  Options options(args[2]);
  WalkOptions walk_options = ReadWalk(options, Direction::kOut);
  const int64_t depth = options.Integer("depth", 6, 1, kDepthMax);
  const int64_t limit = options.Integer("limit", 1000, 0, INT64_MAX);
  SKEIN_RETURN_IF_ERROR(options.Finish());
  Spending spending(context);
  Walk walk(context, spending, std::move(walk_options));
  walk.AlwaysExpand(args[0].node());
  walk.AlwaysExpand(args[1].node());
  return TimedPaths(walk, spending, args[0].node(), args[1].node(), static_cast<size_t>(depth))
      .Run(limit, out);
}

absl::Status EarliestArrival(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  Options options(args[1]);
  WalkOptions walk_options = ReadWalk(options, Direction::kOut);
  const int64_t depth = options.Integer("depth", 6, 1, kDepthMax);
  if (walk_options.wait < 1e300) {
    options.Fail(BadArgument("option `wait` is of trace.paths: the earliest arrival waits"));
  }
  SKEIN_RETURN_IF_ERROR(options.Finish());
  Spending spending(context);
  Walk walk(context, spending, std::move(walk_options));
  const NodeId source = args[0].node();
  walk.AlwaysExpand(source);
  struct Arrival {
    double time;
    int64_t links;
  };
  absl::flat_hash_map<NodeId, Arrival> arrivals;
  std::vector<NodeId> frontier = {source};
  std::vector<double> reached = {-1e300};
  std::vector<WalkStep> steps;
  for (int64_t hop = 1; hop <= depth && !frontier.empty(); ++hop) {
    SKEIN_RETURN_IF_ERROR(walk.Expand(frontier, false, true, &steps));
    std::vector<NodeId> next;
    for (const WalkStep& step : steps) {
      SKEIN_RETURN_IF_ERROR(spending.Step());
      if (step.to == source || (hop > 1 && !walk.Follows(reached[step.source], step.time))) {
        continue;
      }
      const auto [it, added] = arrivals.try_emplace(step.to, Arrival{step.time, hop});
      if (added) SKEIN_RETURN_IF_ERROR(spending.Take(64));
      if (!added && it->second.time <= step.time) continue;
      it->second = {step.time, hop};
      next.push_back(step.to);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    frontier = std::move(next);
    reached.clear();
    for (const NodeId node : frontier) reached.push_back(arrivals.at(node).time);
  }
  std::vector<std::pair<NodeId, Arrival>> all(arrivals.begin(), arrivals.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second.time != b.second.time ? a.second.time < b.second.time : a.first < b.first;
  });
  for (const auto& [node, arrival] : all) {
    const Value row[] = {Value::Node(node), walk.TimeValue(arrival.time),
                         Value::Integer(arrival.links)};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

}  // namespace

void AddTracePaths(ProcedureRegistry& out) {
  out.Add({.name = "trace.paths",
           .args = {{"source", Type::kNode},
                    {"target", Type::kNode},
                    {"options", Type::kMap, Value::Map({})}},
           .columns = {{"path", Type::kPath}, {"departs", Type::kAny}, {"arrives", Type::kAny}},
           .doc = "Paths on which each link is no earlier than the one before: ways that money, "
                  "goods or a message can have gone. Fewest links first, then earliest arrival; no "
                  "node twice, but source and target may be one. Options: `types`, `direction`, "
                  "`time` (the property that says when; else valid time), `from`, `until`, "
                  "`strict` (each link later), `wait` (longest pause: a DURATION, or a number in "
                  "the property's unit), `depth` (6 links at most), "
                  "`limit` (1000 paths), `hubs` (10000: nodes with more links are not passed).",
           .example = "MATCH (p:Phone {number: '555001'}) "
                      "CALL trace.paths(p, p, {types: 'CALLED', time: 'at'}) "
                      "YIELD path, departs, arrives RETURN length(path), departs, arrives",
           .eval = &Paths});
  out.Add({.name = "trace.earliestArrival",
           .args = {{"source", Type::kNode}, {"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"arrives", Type::kAny}, {"links", Type::kInteger}},
           .doc = "The earliest moment at which every node can have been reached from `source` "
                  "along links that follow each other in time, earliest first; `links` is how many "
                  "links that takes. Options: those of trace.paths but `wait` and `limit`.",
           .example = "MATCH (p:Phone {number: '555001'}) "
                      "CALL trace.earliestArrival(p, {types: 'CALLED', time: 'at'}) "
                      "YIELD node, arrives RETURN node.number, arrives",
           .eval = &EarliestArrival});
}

}  // namespace skein::procedures
