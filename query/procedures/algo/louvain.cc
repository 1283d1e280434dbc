// algo.louvain: communities that have more links inside than chance would give them.
//
// Source    Blondel, Guillaume, Lambiotte, Lefebvre 2008; resolution: Reichardt, Bornholdt 2006.
// Order     Vertices move one after the other, by number; of equally good communities the lowest
//           wins, and staying wins over moving: deterministic. One thread: each move depends on
//           those before it.
#include <algorithm>
#include <cmath>

#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

// One level: an undirected graph whose vertices may have links to themselves.
struct Level {
  Adjacency links;             // without loops; each link at both ends
  std::vector<double> loop;    // twice the weight of what lies within the vertex
  std::vector<double> degree;  // sum of the links' weights and the loop
  double total = 0;            // sum of degrees
  size_t size() const { return loop.size(); }
};

class Louvain {
 public:
  Louvain(Session& s, double resolution) : s_(s), resolution_(resolution) {}

  absl::StatusOr<std::vector<Vertex>> Run(int64_t levels_max) {
    SKEIN_RETURN_IF_ERROR(First());
    std::vector<Vertex> community(level_.size());
    for (size_t v = 0; v < community.size(); ++v) community[v] = static_cast<Vertex>(v);
    for (int64_t i = 0; i < levels_max && level_.total > 0; ++i) {
      std::vector<Vertex> group;
      SKEIN_ASSIGN_OR_RETURN(const bool moved, Move(&group));
      if (!moved) break;
      NumberGroups(&group);
      for (Vertex& c : community) c = group[c];
      SKEIN_RETURN_IF_ERROR(Merge(group));
    }
    return community;
  }

 private:
  absl::Status First() {
    const size_t n = s_.size();
    const Adjacency& all = s_.graph.out;
    SKEIN_RETURN_IF_ERROR(s_.spending.Take(6 * (n + 1) * sizeof(double) +
                                           2 * all.to.size() * (sizeof(Vertex) + sizeof(double))));
    level_.loop.assign(n, 0.0);
    level_.degree.assign(n, 0.0);
    for (size_t v = 0; v < n; ++v) {
      for (uint64_t p = all.start[v]; p < all.start[v + 1]; ++p) {
        SKEIN_RETURN_IF_ERROR(s_.spending.Step());
        if (all.to[p] == v) {
          level_.loop[v] += 2 * all.WeightAt(p);
        } else {
          level_.links.to.push_back(all.to[p]);
          level_.links.weight.push_back(all.WeightAt(p));
          level_.degree[v] += all.WeightAt(p);
        }
      }
      level_.links.start.push_back(level_.links.to.size());
      level_.degree[v] += level_.loop[v];
      level_.total += level_.degree[v];
    }
    return absl::OkStatus();
  }

  // Moves vertices while that makes the partition better. False: none moved.
  absl::StatusOr<bool> Move(std::vector<Vertex>* group) {
    constexpr int kRoundsMax = 100;
    // A gain below this share of all links is rounding, not structure.
    constexpr double kGainMin = 1e-12;
    const size_t n = level_.size();
    group->resize(n);
    for (size_t v = 0; v < n; ++v) (*group)[v] = static_cast<Vertex>(v);
    std::vector<double> degrees = level_.degree;  // of each community
    std::vector<double> towards(n, 0.0);          // weight from the vertex to each community
    std::vector<Vertex> near;
    bool any = false;
    bool moved = true;
    for (int round = 0; moved && round < kRoundsMax; ++round) {
      moved = false;
      for (size_t v = 0; v < n; ++v) {
        const Vertex own = (*group)[v];
        near.assign(1, own);
        for (uint64_t p = level_.links.start[v]; p < level_.links.start[v + 1]; ++p) {
          SKEIN_RETURN_IF_ERROR(s_.spending.Step());
          const Vertex c = (*group)[level_.links.to[p]];
          if (towards[c] == 0.0 && c != own) near.push_back(c);
          towards[c] += level_.links.weight[p];
        }
        degrees[own] -= level_.degree[v];
        const auto gain = [&](Vertex c) {
          return towards[c] - resolution_ * degrees[c] * level_.degree[v] / level_.total;
        };
        Vertex best = own;
        double best_gain = gain(own) + kGainMin * level_.total;
        std::sort(near.begin() + 1, near.end());
        for (const Vertex c : near) {
          if (gain(c) > best_gain) {
            best = c;
            best_gain = gain(c);
          }
        }
        degrees[best] += level_.degree[v];
        (*group)[v] = best;
        moved = moved || best != own;
        for (const Vertex c : near) towards[c] = 0.0;
      }
      any = any || moved;
    }
    return any;
  }

  // The communities (numbered from 0) become the vertices of the next level.
  absl::Status Merge(const std::vector<Vertex>& group) {
    const size_t count = static_cast<size_t>(*std::max_element(group.begin(), group.end())) + 1;
    std::vector<std::vector<Vertex>> members(count);
    for (size_t v = 0; v < group.size(); ++v) members[group[v]].push_back(static_cast<Vertex>(v));
    Level next;
    next.total = level_.total;
    next.loop.assign(count, 0.0);
    next.degree.assign(count, 0.0);
    std::vector<double> towards(count, 0.0);
    std::vector<Vertex> near;
    for (size_t c = 0; c < count; ++c) {
      near.clear();
      for (const Vertex v : members[c]) {
        next.loop[c] += level_.loop[v];
        next.degree[c] += level_.degree[v];
        for (uint64_t p = level_.links.start[v]; p < level_.links.start[v + 1]; ++p) {
          SKEIN_RETURN_IF_ERROR(s_.spending.Step());
          const Vertex d = group[level_.links.to[p]];
          if (towards[d] == 0.0) near.push_back(d);
          towards[d] += level_.links.weight[p];
        }
      }
      std::sort(near.begin(), near.end());
      near.erase(std::unique(near.begin(), near.end()), near.end());
      for (const Vertex d : near) {
        if (d == c) {
          next.loop[c] += towards[d];
        } else {
          next.links.to.push_back(d);
          next.links.weight.push_back(towards[d]);
        }
        towards[d] = 0.0;
      }
      next.links.start.push_back(next.links.to.size());
    }
    level_ = std::move(next);
    return s_.spending.Check();
  }

  Session& s_;
  const double resolution_;
  Level level_;
};

absl::Status Eval(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  const double resolution = s.options.Float("resolution", 1.0, 0, 1e6);
  const int64_t levels = s.options.Integer("levels", 20, 1, 1000);
  SKEIN_RETURN_IF_ERROR(s.Open({.direction = "both", .fixed_direction = true}));
  for (const double w : s.graph.out.weight) {
    if (w < 0 || std::isinf(w)) {
      return ArgumentOutOfRange(
          internal::Join("`algo.louvain` needs finite weights of 0 or more, found ", w));
    }
  }
  SKEIN_ASSIGN_OR_RETURN(std::vector<Vertex> community, Louvain(s, resolution).Run(levels));
  NumberGroups(&community);
  return s.EmitNodes(out, [&community](Vertex v) { return Value::Integer(community[v]); });
}

}  // namespace

void AddLouvain(ProcedureRegistry& out) {
  out.Add({.name = "algo.louvain",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"community", Type::kInteger}},
           .doc = "Communities by modularity (Louvain), numbered from 0. Options: `resolution` "
                  "(1.0; more: smaller communities), `levels` at most (20) and those of a "
                  "projection but `direction`.",
           .example = "CALL algo.louvain() YIELD node, community "
                      "RETURN community, count(*) AS nodes ORDER BY community",
           .eval = &Eval});
}

}  // namespace skein::procedures
