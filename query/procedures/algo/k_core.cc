// algo.kCore: the largest k such that a node belongs to a part in which all have k neighbours.
//
// Source    Batagelj, Zaveršnik 2003: peel the vertex of least degree, buckets kept by swapping.
#include <algorithm>

#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

// Vertices in a row sorted by degree; `first[d]` is where those of degree d begin.
absl::Status Peel(const Adjacency& links, size_t n, Spending& spending, std::vector<Vertex>* core) {
  std::vector<Vertex>& degree = *core;
  Vertex most = 0;
  for (size_t v = 0; v < n; ++v) {
    degree[v] = static_cast<Vertex>(links.degree(static_cast<Vertex>(v)));
    most = std::max(most, degree[v]);
  }
  std::vector<uint64_t> first(static_cast<size_t>(most) + 2, 0);
  for (size_t v = 0; v < n; ++v) ++first[degree[v] + 1];
  for (size_t d = 0; d <= most; ++d) first[d + 1] += first[d];
  std::vector<Vertex> row(n);
  std::vector<Vertex> place(n);
  {
    std::vector<uint64_t> next(first.begin(), first.end() - 1);
    for (size_t v = 0; v < n; ++v) {
      place[v] = static_cast<Vertex>(next[degree[v]]++);
      row[place[v]] = static_cast<Vertex>(v);
    }
  }
  for (size_t i = 0; i < n; ++i) {
    const Vertex v = row[i];
    for (const Vertex u : links.Of(v)) {
      SKEIN_RETURN_IF_ERROR(spending.Step());
      if (degree[u] <= degree[v]) continue;
      // u moves to the front of its bucket, and the bucket's front past it.
      const uint64_t front = first[degree[u]]++;
      const Vertex w = row[front];
      std::swap(row[place[u]], row[front]);
      place[w] = place[u];
      place[u] = static_cast<Vertex>(front);
      --degree[u];
    }
  }
  return absl::OkStatus();
}

absl::Status KCore(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({.direction = "both", .fixed_direction = true}));
  SKEIN_ASSIGN_OR_RETURN(const Adjacency links,
                         SimpleNeighbours(s.graph, false, s.workers, s.spending));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * (3 * sizeof(Vertex) + 16)));
  std::vector<Vertex> core(s.size());
  SKEIN_RETURN_IF_ERROR(Peel(links, s.size(), s.spending, &core));
  return s.EmitNodes(out, [&core](Vertex v) { return Value::Integer(core[v]); });
}

}  // namespace

void AddKCore(ProcedureRegistry& out) {
  out.Add({.name = "algo.kCore",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"core", Type::kInteger}},
           .doc = "Core number: the largest k such that the node is in a part of the graph where "
                  "every node has at least k neighbours. Directions, loops and parallel links do "
                  "not matter. Options: those of a projection but `direction`.",
           .example = "CALL algo.kCore({labels: 'Person', types: 'KNOWS'}) YIELD node, core "
                      "RETURN node.name, core",
           .eval = &KCore});
}

}  // namespace skein::procedures
