// Dijkstra: least distances from one vertex over links with weights that are not negative.
//
// Order     Of equally near vertices the lowest is settled first, and the first link that reaches a
//           vertex at its distance is kept: deterministic.
// Errors    As Spending::Check.
// Threads   One object a thread. Cost: O((n + m) log n), memory 28 bytes a vertex, reused.
// Source    Dijkstra 1959; with a lower bound of the rest: Hart, Nilsson, Raphael 1968 (A*).
#pragma once

#include <functional>
#include <limits>
#include <vector>

#include "query/procedures/projection.h"

namespace skein::procedures {

inline constexpr double kUnreached = std::numeric_limits<double>::infinity();

// ArgumentError where a link's weight is negative.
absl::Status RefuseNegativeWeights(const Adjacency& links, std::string_view procedure);

class Dijkstra {
 public:
  static constexpr size_t kBytesPerVertex = 28;

  Dijkstra(const Adjacency& links, size_t vertices);

  struct Limits {
    Vertex target = kNoVertex;  // stop when it is settled
    // A lower bound of the distance from a vertex to the target; infinite: do not go there.
    const std::vector<double>* rest = nullptr;
    // False: the link at `place` from `from` may not be taken.
    std::function<bool(Vertex from, uint64_t place)> allow;
  };
  absl::Status Run(Vertex source, const Limits& limits, Spending& spending);
  absl::Status Run(Vertex source, Spending& spending) { return Run(source, Limits(), spending); }

  double distance(Vertex v) const { return stamp_[v] == run_ ? distance_[v] : kUnreached; }
  // The link by which v was reached and where it comes from; of reached vertices but the source.
  uint64_t place(Vertex v) const { return place_[v]; }
  Vertex parent(Vertex v) const { return parent_[v]; }
  // Vertices in the order in which they were settled.
  const std::vector<Vertex>& settled() const { return settled_; }

  // Places of the links from the source to v, in order.
  std::vector<uint64_t> Trail(Vertex source, Vertex v) const;

 private:
  const Adjacency& links_;
  uint32_t run_ = 0;
  std::vector<double> distance_;
  std::vector<uint64_t> place_;
  std::vector<Vertex> parent_;
  std::vector<uint32_t> stamp_;  // run in which the vertex was reached last
  std::vector<uint32_t> done_;   // run in which it was settled last
  std::vector<Vertex> settled_;
};

// The path from `source` over the links at `places`.
Value PathOf(const Projection& graph, Vertex source, const std::vector<uint64_t>& places);

}  // namespace skein::procedures
