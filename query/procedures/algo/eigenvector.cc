// algo.eigenvector: a node is central if central nodes link to it.
//
// Source    Bonacich 1972, by power iteration on A + I, which converges where A alone swings
//           between two sides (bipartite graphs). Scores have length 1 (L2).
// Order     In-links in order, sums in fixed chunks: equal on any number of threads.
#include <cmath>

#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

absl::Status Eigenvector(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  const int64_t iterations = s.options.Integer("iterations", 100, 1, 1'000'000);
  const double tolerance = s.options.Float("tolerance", 1e-9, 0, 1);
  SKEIN_RETURN_IF_ERROR(s.Open({.in = true}));
  const size_t n = s.size();
  for (const double w : s.graph.out.weight) {
    if (w < 0) {
      return ArgumentOutOfRange(
          internal::Join("`algo.eigenvector` needs weights of 0 or more, found ", w));
    }
  }
  if (n == 0) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(s.spending.Take(2 * n * sizeof(double)));
  std::vector<double> score(n, 1.0 / std::sqrt(static_cast<double>(n)));
  std::vector<double> next(n);
  const Adjacency& links = s.graph.backward();
  for (int64_t i = 0; i < iterations; ++i) {
    SKEIN_RETURN_IF_ERROR(s.workers.For(n, 4096, [&](size_t begin, size_t end) {
      for (size_t v = begin; v < end; ++v) {
        double sum = score[v];
        for (uint64_t p = links.start[v]; p < links.start[v + 1]; ++p) {
          sum += score[links.to[p]] * links.WeightAt(p);
        }
        next[v] = sum;
      }
    }));
    SKEIN_ASSIGN_OR_RETURN(const double square, s.Sum([&](Vertex v) { return next[v] * next[v]; }));
    const double scale = 1 / std::sqrt(square);
    SKEIN_ASSIGN_OR_RETURN(const double change, s.Sum([&](Vertex v) {
      next[v] *= scale;
      return std::abs(next[v] - score[v]);
    }));
    std::swap(score, next);
    if (change < tolerance) break;
  }
  return s.EmitNodes(out, [&score](Vertex v) { return Value::Float(score[v]); });
}

}  // namespace

void AddEigenvector(ProcedureRegistry& out) {
  out.Add({.name = "algo.eigenvector",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"score", Type::kFloat}},
           .doc = "Eigenvector centrality: a node's score is in proportion to those of the nodes "
                  "that link to it. Options: `iterations` at most (100), `tolerance` (1e-9, sum of "
                  "changes at which it stops) and those of a projection.",
           .example = "CALL algo.eigenvector({labels: 'Person', types: 'KNOWS', "
                      "direction: 'both'}) YIELD node, score "
                      "RETURN node.name, round(score, 4) AS score",
           .eval = &Eigenvector});
}

}  // namespace skein::procedures
