// algo.wcc, algo.scc: weakly and strongly connected components.
//
// Source    wcc: union to the lower root by compare-and-swap (Sutton, Ben-Nun, Barak 2018,
//           "Afforest", without its sampling); the root of a component is its lowest vertex on any
//           number of threads. scc: Tarjan 1972, with a stack of its own instead of recursion.
#include <algorithm>
#include <atomic>

#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

using Parents = std::vector<std::atomic<Vertex>>;

void Union(Parents& parent, Vertex a, Vertex b) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Vertex x = parent[a].load(kRelaxed);
  Vertex y = parent[b].load(kRelaxed);
  while (x != y) {
    const Vertex high = std::max(x, y);
    const Vertex low = std::min(x, y);
    Vertex above = parent[high].load(kRelaxed);
    if (above == low) return;
    if (above == high && parent[high].compare_exchange_strong(above, low, kRelaxed)) return;
    x = parent[parent[high].load(kRelaxed)].load(kRelaxed);
    y = parent[low].load(kRelaxed);
  }
}

absl::Status Wcc(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({.fixed_direction = true}));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * 3 * sizeof(Vertex)));
  Parents parent(s.size());
  for (size_t v = 0; v < s.size(); ++v) parent[v].store(static_cast<Vertex>(v));
  SKEIN_RETURN_IF_ERROR(s.workers.For(s.size(), 4096, [&](size_t begin, size_t end) {
    for (size_t v = begin; v < end && !s.spending.stopped(); ++v) {
      for (const Vertex u : s.graph.out.Of(static_cast<Vertex>(v))) {
        Union(parent, static_cast<Vertex>(v), u);
      }
    }
  }));
  // Parents point to lower vertices: in ascending order each one's parent is a root already.
  std::vector<Vertex> group(s.size());
  for (size_t v = 0; v < s.size(); ++v) {
    const Vertex p = parent[v].load(std::memory_order_relaxed);
    group[v] = p == v ? p : group[p];
  }
  NumberGroups(&group);
  return s.EmitNodes(out, [&group](Vertex v) { return Value::Integer(group[v]); });
}

class Tarjan {
 public:
  Tarjan(const Adjacency& links, size_t n)
      : links_(links), index_(n, 0), low_(n, 0), group_(n, kNoVertex) {}

  absl::Status Run(Spending& spending) {
    for (size_t v = 0; v < index_.size(); ++v) {
      if (index_[v] == 0) SKEIN_RETURN_IF_ERROR(Visit(static_cast<Vertex>(v), spending));
    }
    return absl::OkStatus();
  }
  std::vector<Vertex>& group() { return group_; }

 private:
  struct Frame {
    Vertex vertex;
    uint64_t next;
  };

  void Enter(Vertex v) {
    index_[v] = low_[v] = ++count_;
    open_.push_back(v);
    calls_.push_back({v, links_.start[v]});
  }

  absl::Status Visit(Vertex root, Spending& spending) {
    Enter(root);
    while (!calls_.empty()) {
      SKEIN_RETURN_IF_ERROR(spending.Step());
      Frame& frame = calls_.back();
      const Vertex v = frame.vertex;
      if (frame.next < links_.start[v + 1]) {
        const Vertex u = links_.to[frame.next++];
        if (index_[u] == 0) {
          Enter(u);
        } else if (group_[u] == kNoVertex) {
          low_[v] = std::min(low_[v], index_[u]);
        }
        continue;
      }
      calls_.pop_back();
      if (!calls_.empty()) {
        Vertex& above = low_[calls_.back().vertex];
        above = std::min(above, low_[v]);
      }
      if (low_[v] != index_[v]) continue;
      Vertex member = kNoVertex;
      while (member != v) {
        member = open_.back();
        open_.pop_back();
        group_[member] = v;
      }
    }
    return absl::OkStatus();
  }

  const Adjacency& links_;
  std::vector<Vertex> index_;  // order of the first visit, from 1; 0: not visited
  std::vector<Vertex> low_;
  std::vector<Vertex> group_;  // a vertex of the finished component
  std::vector<Vertex> open_;
  std::vector<Frame> calls_;
  Vertex count_ = 0;
};

absl::Status Scc(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({.fixed_direction = true}));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * (5 * sizeof(Vertex) + 16)));
  Tarjan tarjan(s.graph.out, s.size());
  SKEIN_RETURN_IF_ERROR(tarjan.Run(s.spending));
  std::vector<Vertex>& group = tarjan.group();
  NumberGroups(&group);
  return s.EmitNodes(out, [&group](Vertex v) { return Value::Integer(group[v]); });
}

}  // namespace

void AddComponents(ProcedureRegistry& out) {
  out.Add({.name = "algo.wcc",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"component", Type::kInteger}},
           .doc = "Weakly connected components: nodes that links join, whatever their direction. "
                  "Components are numbered from 0. Options: those of a projection but "
                  "`direction`.",
           .example = "CALL algo.wcc({types: 'CALLED', labels: 'Phone'}) YIELD node, component "
                      "RETURN component, count(*) AS nodes",
           .eval = &Wcc});
  out.Add({.name = "algo.scc",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"component", Type::kInteger}},
           .doc = "Strongly connected components: nodes that reach each other along the links. "
                  "Components are numbered from 0. Options: those of a projection but "
                  "`direction`.",
           .example = "CALL algo.scc({types: 'CALLED', labels: 'Phone'}) YIELD node, component "
                      "RETURN component, count(*) AS nodes",
           .eval = &Scc});
}

}  // namespace skein::procedures
