// algo.closeness: how near a node is to all that it reaches.
//
// Source    Wasserman, Faust 1994, eq. 5.22 (closeness for graphs in several parts); harmonic:
//           Marchiori, Latora 2000. Without weights 64 sources go at once, a bit each: Then et al.,
//           "The More the Merrier", VLDB 2014.
// Order     A source's sums are of whole numbers, or in the order of settling: deterministic.
#include <algorithm>
#include <bit>

#include "query/procedures/algo/dijkstra.h"
#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

struct Nearness {
  double sum = 0;       // of distances
  double harmonic = 0;  // of 1 / distance
  uint64_t reached = 0;
};

// Vertices first … last − 1 (64 at most) as sources.
void ManySources(const Adjacency& links, size_t n, size_t first, size_t last, Spending& spending,
                 std::vector<Nearness>* all) {
  std::vector<uint64_t> seen(n, 0);
  std::vector<uint64_t> visit(n, 0);
  std::vector<uint64_t> next(n, 0);
  for (size_t v = first; v < last; ++v) seen[v] = visit[v] = uint64_t{1} << (v - first);
  bool more = true;
  for (double level = 1; more; ++level) {
    more = false;
    for (size_t v = 0; v < n; ++v) {
      if (v % 4096 == 0 && spending.stopped()) return;
      if (visit[v] == 0) continue;
      for (const Vertex u : links.Of(static_cast<Vertex>(v))) next[u] |= visit[v];
    }
    for (size_t v = 0; v < n; ++v) {
      visit[v] = next[v] & ~seen[v];
      next[v] = 0;
      seen[v] |= visit[v];
      more = more || visit[v] != 0;
      for (uint64_t bits = visit[v]; bits != 0; bits &= bits - 1) {
        Nearness& one = (*all)[first + static_cast<size_t>(std::countr_zero(bits))];
        one.sum += level;
        one.harmonic += 1 / level;
        ++one.reached;
      }
    }
    if (!spending.Check().ok()) return;
  }
}

absl::Status ByWeight(Session& s, std::vector<Nearness>* all) {
  constexpr size_t kGrain = 16;
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.workers.width() * s.size() * Dijkstra::kBytesPerVertex));
  return s.workers.For(s.size(), kGrain, [&](size_t begin, size_t end) {
    Dijkstra search(s.graph.out, s.size());
    for (size_t v = begin; v < end; ++v) {
      if (!search.Run(static_cast<Vertex>(v), s.spending).ok()) return;
      for (const Vertex u : search.settled()) {
        if (u == v || search.distance(u) <= 0) continue;
        (*all)[v].sum += search.distance(u);
        (*all)[v].harmonic += 1 / search.distance(u);
        ++(*all)[v].reached;
      }
    }
  });
}

absl::Status Closeness(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({}));
  SKEIN_RETURN_IF_ERROR(RefuseNegativeWeights(s.graph.out, "algo.closeness"));
  const size_t n = s.size();
  SKEIN_RETURN_IF_ERROR(s.spending.Take(n * sizeof(Nearness)));
  std::vector<Nearness> all(n);
  if (s.graph.weighted) {
    SKEIN_RETURN_IF_ERROR(ByWeight(s, &all));
  } else {
    SKEIN_RETURN_IF_ERROR(s.spending.Take(s.workers.width() * n * 24));
    SKEIN_RETURN_IF_ERROR(s.workers.For(n, 64, [&](size_t begin, size_t end) {
      ManySources(s.graph.out, n, begin, end, s.spending, &all);
    }));
  }
  const double others = n > 1 ? static_cast<double>(n - 1) : 1.0;
  for (size_t v = 0; v < n; ++v) {
    SKEIN_RETURN_IF_ERROR(s.spending.Step());
    const auto reached = static_cast<double>(all[v].reached);
    const double score = all[v].sum > 0 ? reached / all[v].sum * (reached / others) : 0.0;
    const Value row[] = {Value::Node(s.graph.nodes[v]), Value::Float(score),
                         Value::Float(all[v].harmonic / others),
                         Value::Integer(static_cast<int64_t>(all[v].reached))};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

}  // namespace

void AddCloseness(ProcedureRegistry& out) {
  out.Add({.name = "algo.closeness",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode},
                       {"score", Type::kFloat},
                       {"harmonic", Type::kFloat},
                       {"reached", Type::kInteger}},
           .doc = "Closeness centrality by the distances from a node to those it reaches: `score` "
                  "is (reached / sum of distances) × (reached / other nodes), `harmonic` the sum "
                  "of 1 / distance over the other nodes' number. Options: those of a projection.",
           .example = "CALL algo.closeness({labels: 'Person', types: 'KNOWS', "
                      "direction: 'both'}) YIELD node, score, reached "
                      "RETURN node.name, round(score, 4) AS score, reached",
           .eval = &Closeness});
}

}  // namespace skein::procedures
