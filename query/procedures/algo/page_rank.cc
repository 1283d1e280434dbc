// algo.pageRank: the share of time that a random walker spends at each node.
//
// Source    Brin, Page 1998, as LDBC Graphalytics 1.0.5 section 2.3.3 defines it: the rank of nodes
//           without out-links is spread over all nodes. With `sources` the walker restarts there
//           (personalised, Haveliwala 2002) and dangling rank goes there too.
// Order     Each vertex pulls along its in-links in order; sums have fixed chunks: equal on any
//           number of threads.
#include <cmath>

#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

class PageRank {
 public:
  PageRank(Session& s, double damping) : s_(s), damping_(damping) {}

  absl::Status Start(const std::vector<NodeId>& sources) {
    const size_t n = s_.size();
    SKEIN_RETURN_IF_ERROR(s_.spending.Take(5 * n * sizeof(double)));
    restart_.assign(n, sources.empty() ? 1.0 / static_cast<double>(n) : 0.0);
    for (const NodeId node : sources) {
      SKEIN_ASSIGN_OR_RETURN(const Vertex v, FindOrFail(s_.graph, Value::Node(node), "sources"));
      restart_[v] += 1.0 / static_cast<double>(sources.size());
    }
    rank_ = restart_;
    next_.resize(n);
    share_.resize(n);
    out_.resize(n);
    return s_.workers.For(n, kGrain, [this](size_t begin, size_t end) {
      const Adjacency& links = s_.graph.out;
      for (size_t v = begin; v < end; ++v) {
        double sum = 0;
        for (uint64_t p = links.start[v]; p < links.start[v + 1]; ++p) sum += links.WeightAt(p);
        out_[v] = sum;
      }
    });
  }

  // One round; the sum of absolute changes.
  absl::StatusOr<double> Round() {
    SKEIN_ASSIGN_OR_RETURN(const double dangling, s_.Sum([this](Vertex v) {
      share_[v] = out_[v] > 0 ? rank_[v] / out_[v] : 0.0;
      return out_[v] > 0 ? 0.0 : rank_[v];
    }));
    const double restart = 1 - damping_ + damping_ * dangling;
    const Adjacency& links = s_.graph.backward();
    SKEIN_RETURN_IF_ERROR(s_.workers.For(s_.size(), kGrain, [&](size_t begin, size_t end) {
      for (size_t v = begin; v < end; ++v) {
        double sum = 0;
        for (uint64_t p = links.start[v]; p < links.start[v + 1]; ++p) {
          sum += share_[links.to[p]] * links.WeightAt(p);
        }
        next_[v] = restart * restart_[v] + damping_ * sum;
      }
    }));
    std::swap(rank_, next_);
    return s_.Sum([this](Vertex v) { return std::abs(rank_[v] - next_[v]); });
  }

  double rank(Vertex v) const { return rank_[v]; }

 private:
  static constexpr size_t kGrain = 4096;
  Session& s_;
  const double damping_;
  std::vector<double> restart_, rank_, next_, share_, out_;
};

absl::Status Eval(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  const double damping = s.options.Float("damping", 0.85, 0, 1);
  const int64_t iterations = s.options.Integer("iterations", 20, 1, 1'000'000);
  const double tolerance = s.options.Float("tolerance", 1e-7, 0, 1);
  const std::vector<NodeId> sources = s.options.Nodes("sources");
  SKEIN_RETURN_IF_ERROR(s.Open({.in = true}));
  for (const double w : s.graph.out.weight) {
    if (w < 0) {
      return ArgumentOutOfRange(
          internal::Join("`algo.pageRank` needs weights of 0 or more, found ", w));
    }
  }
  if (s.size() == 0) return absl::OkStatus();
  PageRank rank(s, damping);
  SKEIN_RETURN_IF_ERROR(rank.Start(sources));
  for (int64_t i = 0; i < iterations; ++i) {
    SKEIN_ASSIGN_OR_RETURN(const double change, rank.Round());
    if (change < tolerance) break;
  }
  return s.EmitNodes(out, [&rank](Vertex v) { return Value::Float(rank.rank(v)); });
}

}  // namespace

void AddPageRank(ProcedureRegistry& out) {
  out.Add({.name = "algo.pageRank",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"score", Type::kFloat}},
           .doc = "PageRank; the scores add up to 1. Options: `damping` (0.85), `iterations` at "
                  "most (20), `tolerance` (1e-7, sum of changes at which it stops; 0: never), "
                  "`sources` (nodes where the walk restarts instead of anywhere) and those of a "
                  "projection.",
           .example = "CALL algo.pageRank({labels: 'Person', types: 'KNOWS'}) YIELD node, score "
                      "RETURN node.name, round(score, 4) AS score ORDER BY score DESC",
           .eval = &Eval});
}

}  // namespace skein::procedures
