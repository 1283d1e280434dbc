// algo.triangles, algo.clustering: how closely a node's neighbours know each other.
//
// Source    triangles: each is found once, from its corner of least degree (Chiba, Nishizeki 1985).
//           clustering: LDBC Graphalytics 1.0.5, section 2.3.6: links between neighbours over
//           d (d − 1), where d counts the nodes linked to or from; a pair linked both ways is two.
#include <algorithm>
#include <atomic>

#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

// How many values two ascending lists share: walks the short one, jumps through the long one.
template <typename Visit>
void Intersect(std::span<const Vertex> a, std::span<const Vertex> b, const Visit& visit) {
  if (a.size() > b.size()) std::swap(a, b);
  auto at = b.begin();
  for (const Vertex v : a) {
    if (b.size() > 16 * a.size()) {
      at = std::lower_bound(at, b.end(), v);
    } else {
      while (at != b.end() && *at < v) ++at;
    }
    if (at == b.end()) return;
    if (*at == v) visit(v);
  }
}

absl::Status Triangles(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({.direction = "both", .fixed_direction = true}));
  SKEIN_ASSIGN_OR_RETURN(const Adjacency links,
                         SimpleNeighbours(s.graph, false, s.workers, s.spending));
  const size_t n = s.size();
  const auto before = [&links](Vertex a, Vertex b) {
    return links.degree(a) != links.degree(b) ? links.degree(a) < links.degree(b) : a < b;
  };
  // Each link only at its corner that comes before: lists stay short at hubs.
  SKEIN_RETURN_IF_ERROR(s.spending.Take((n + 1) * 16 + links.to.size() / 2 * sizeof(Vertex)));
  Adjacency up;
  for (size_t v = 0; v < n; ++v) {
    for (const Vertex u : links.Of(static_cast<Vertex>(v))) {
      SKEIN_RETURN_IF_ERROR(s.spending.Step());
      if (before(static_cast<Vertex>(v), u)) up.to.push_back(u);
    }
    up.start.push_back(up.to.size());
  }
  std::vector<std::atomic<uint64_t>> count(n);
  SKEIN_RETURN_IF_ERROR(s.workers.For(n, 256, [&](size_t begin, size_t end) {
    for (size_t v = begin; v < end; ++v) {
      for (const Vertex u : up.Of(static_cast<Vertex>(v))) {
        if (s.spending.stopped()) return;
        Intersect(up.Of(static_cast<Vertex>(v)), up.Of(u), [&](Vertex w) {
          for (const size_t corner : {v, static_cast<size_t>(u), static_cast<size_t>(w)}) {
            count[corner].fetch_add(1, std::memory_order_relaxed);
          }
        });
      }
    }
  }));
  return s.EmitNodes(out, [&count](Vertex v) {
    return Value::Integer(static_cast<int64_t>(count[v].load(std::memory_order_relaxed)));
  });
}

absl::Status Clustering(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({.in = true}));
  SKEIN_ASSIGN_OR_RETURN(const Adjacency out_links,
                         SimpleNeighbours(s.graph, false, s.workers, s.spending));
  Adjacency all_links;
  if (!s.graph.both) {
    SKEIN_ASSIGN_OR_RETURN(all_links, SimpleNeighbours(s.graph, true, s.workers, s.spending));
  }
  const Adjacency& around = s.graph.both ? out_links : all_links;
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * sizeof(double)));
  std::vector<double> coefficient(s.size(), 0.0);
  SKEIN_RETURN_IF_ERROR(s.workers.For(s.size(), 256, [&](size_t begin, size_t end) {
    for (size_t v = begin; v < end; ++v) {
      const std::span<const Vertex> near = around.Of(static_cast<Vertex>(v));
      if (near.size() < 2) continue;
      uint64_t links = 0;
      for (const Vertex u : near) {
        if (s.spending.stopped()) return;
        Intersect(near, out_links.Of(u), [&links](Vertex) { ++links; });
      }
      const auto d = static_cast<double>(near.size());
      coefficient[v] = static_cast<double>(links) / (d * (d - 1));
    }
  }));
  return s.EmitNodes(out, [&](Vertex v) { return Value::Float(coefficient[v]); });
}

}  // namespace

void AddTriangles(ProcedureRegistry& out) {
  out.Add({.name = "algo.triangles",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"triangles", Type::kInteger}},
           .doc = "Number of triangles that a node is a corner of. Directions, loops and parallel "
                  "links do not matter. Options: those of a projection but `direction`.",
           .example = "CALL algo.triangles({labels: 'Person'}) YIELD node, triangles "
                      "RETURN node.name, triangles",
           .eval = &Triangles});
  out.Add({.name = "algo.clustering",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"coefficient", Type::kFloat}},
           .doc = "Local clustering coefficient: the share of a node's ordered pairs of "
                  "neighbours (linked to or from it) that are linked. Options: those of a "
                  "projection; with direction 'both' a link counts both ways.",
           .example = "CALL algo.clustering({labels: 'Person', direction: 'both'}) "
                      "YIELD node, coefficient RETURN node.name, coefficient",
           .eval = &Clustering});
}

}  // namespace skein::procedures
