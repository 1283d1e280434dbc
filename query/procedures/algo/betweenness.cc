// algo.betweenness: on how many shortest paths between other nodes a node lies.
//
// Source    Brandes 2001; sources drawn at random: Brandes, Pich 2007.
// Order     A round runs as many sources as there are threads, each with its own arrays; their
//           results are added in the order of the sources: equal on any number of threads.
// Cost      O(n m) time without weights; 28 bytes a vertex and thread.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "query/procedures/algo/dijkstra.h"
#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

// One source's dependencies.
class Brandes {
 public:
  Brandes(const Adjacency& links, size_t n, bool weighted)
      : links_(links), weighted_(weighted), distance_(n), paths_(n), dependency_(n) {
    if (weighted_) search_ = std::make_unique<Dijkstra>(links, n);
    order_.reserve(n);
  }

  // dependency(v): sum over targets of the share of shortest source-target paths through v.
  void Run(Vertex source, Spending& spending) {
    std::fill(dependency_.begin(), dependency_.end(), 0.0);
    std::fill(paths_.begin(), paths_.end(), 0.0);
    std::fill(distance_.begin(), distance_.end(), kUnreached);
    order_.clear();
    paths_[source] = 1;
    distance_[source] = 0;
    if (weighted_) {
      if (!search_->Run(source, spending).ok()) return;
      for (const Vertex v : search_->settled()) distance_[v] = search_->distance(v);
      order_ = search_->settled();
      for (const Vertex v : order_) CountPaths(v);
    } else {
      order_.push_back(source);
      for (size_t i = 0; i < order_.size() && !spending.stopped(); ++i) {
        const Vertex v = order_[i];
        for (const Vertex u : links_.Of(v)) {
          if (distance_[u] == kUnreached) {
            distance_[u] = distance_[v] + 1;
            order_.push_back(u);
          }
        }
        CountPaths(v);
      }
    }
    for (size_t i = order_.size(); i-- > 0 && !spending.stopped();) {
      const Vertex v = order_[i];
      for (uint64_t p = links_.start[v]; p < links_.start[v + 1]; ++p) {
        const Vertex u = links_.to[p];
        if (Tight(v, u, p)) dependency_[v] += paths_[v] / paths_[u] * (1 + dependency_[u]);
      }
    }
    dependency_[source] = 0;
  }
  double dependency(Vertex v) const { return dependency_[v]; }

 private:
  // A link of weight 0 between equally near vertices has no direction of its own: it is left out.
  bool Tight(Vertex v, Vertex u, uint64_t place) const {
    return distance_[u] > distance_[v] &&
           distance_[v] + (weighted_ ? links_.WeightAt(place) : 1.0) == distance_[u];
  }
  void CountPaths(Vertex v) {
    for (uint64_t p = links_.start[v]; p < links_.start[v + 1]; ++p) {
      if (Tight(v, links_.to[p], p)) paths_[links_.to[p]] += paths_[v];
    }
  }

  const Adjacency& links_;
  const bool weighted_;
  std::unique_ptr<Dijkstra> search_;
  std::vector<double> distance_, paths_, dependency_;
  std::vector<Vertex> order_;
};

// All vertices, or `samples` of them drawn with `seed`, ascending.
std::vector<Vertex> Sources(size_t n, int64_t samples, int64_t seed) {
  std::vector<Vertex> all(n);
  std::iota(all.begin(), all.end(), 0);
  if (samples <= 0 || static_cast<size_t>(samples) >= n) return all;
  std::mt19937_64 dice(static_cast<uint64_t>(seed));
  for (size_t i = 0; i < static_cast<size_t>(samples); ++i) {
    std::swap(all[i], all[i + dice() % (n - i)]);
  }
  all.resize(static_cast<size_t>(samples));
  std::sort(all.begin(), all.end());
  return all;
}

absl::Status Betweenness(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  const int64_t samples = s.options.Integer("samples", 0, 0, INT64_MAX);
  const int64_t seed = s.options.Integer("seed", 1, INT64_MIN, INT64_MAX);
  const bool normalized = s.options.Boolean("normalized", false);
  SKEIN_RETURN_IF_ERROR(s.Open({}));
  SKEIN_RETURN_IF_ERROR(RefuseNegativeWeights(s.graph.out, "algo.betweenness"));
  const size_t n = s.size();
  Adjacency simple;
  if (!s.graph.weighted) {
    SKEIN_ASSIGN_OR_RETURN(simple, SimpleNeighbours(s.graph, false, s.workers, s.spending));
  }
  const Adjacency& links = s.graph.weighted ? s.graph.out : simple;
  const size_t width = std::min(s.workers.width(), std::max<size_t>(1, n));
  SKEIN_RETURN_IF_ERROR(
      s.spending.Take(n * (sizeof(double) + sizeof(Vertex) +
                           width * (28 + (s.graph.weighted ? Dijkstra::kBytesPerVertex : 0)))));
  std::vector<std::unique_ptr<Brandes>> runs(width);
  for (auto& run : runs) run = std::make_unique<Brandes>(links, n, s.graph.weighted);
  std::vector<double> score(n, 0.0);
  const std::vector<Vertex> sources = Sources(n, samples, seed);
  for (size_t first = 0; first < sources.size(); first += width) {
    const size_t count = std::min(width, sources.size() - first);
    SKEIN_RETURN_IF_ERROR(s.workers.For(count, 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) runs[i]->Run(sources[first + i], s.spending);
    }));
    SKEIN_RETURN_IF_ERROR(s.workers.For(n, 16'384, [&](size_t begin, size_t end) {
      for (size_t i = 0; i < count; ++i) {
        for (size_t v = begin; v < end; ++v)
          score[v] += runs[i]->dependency(static_cast<Vertex>(v));
      }
    }));
  }
  double scale = s.graph.both ? 0.5 : 1.0;
  const auto m = static_cast<double>(n);
  if (sources.size() < n) scale *= m / static_cast<double>(sources.size());
  if (normalized && n > 2) scale /= (m - 1) * (m - 2) * (s.graph.both ? 0.5 : 1.0);
  return s.EmitNodes(out, [&](Vertex v) { return Value::Float(score[v] * scale); });
}

}  // namespace

void AddBetweenness(ProcedureRegistry& out) {
  out.Add({.name = "algo.betweenness",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"score", Type::kFloat}},
           .doc = "Betweenness centrality: over all pairs of other nodes, the share of their "
                  "shortest paths that a node lies on. With direction 'both' a pair counts once. "
                  "Parallel links count as one unless there are weights. Options: `normalized` "
                  "(false), `samples` (sources drawn at random and scaled up; all), `seed` (1) "
                  "and those of a projection.",
           .example = "CALL algo.betweenness({labels: 'Person', types: 'KNOWS', "
                      "direction: 'both'}) YIELD node, score RETURN node.name, score",
           .eval = &Betweenness});
}

}  // namespace skein::procedures
