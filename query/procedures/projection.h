// Projection: the part of the graph that an algorithm runs on, in memory, as compressed rows.
//
// Chosen by the options that every algo.* procedure shares:
//   labels     one or more labels: nodes with any of them; without it all nodes
//   types      one or more link types; without it all types
//   during     [from, to): links whose valid time overlaps it; either end may be null
//   nodes      instead of labels: a query whose first column is a node, or a list of nodes
//   links      instead of types: a query or a list. A row is a link, or a link and its weight, or
//              (first node, second node), or those and a weight. Without `nodes` the nodes are the
//              links' ends
//   direction  'out' (links as they point), 'in' (against), 'both' (no direction: each link can be
//              walked both ways; a loop is walked once)
//   weight     a link property; links without it, or where it is no number, have `missing` (1.0)
// A link is in it iff it is visible and both its ends are in it: hidden elements never enter, and a
// store without them gives the same projection but for the ids.
//
// Shape     Vertex v is nodes[v], ascending by id; the links of v are [start[v], start[v+1]).
// Order     Out-links as Expand gives them, in-links by (source, that order): deterministic.
// Errors    Of the reader, of the options, of the inner query; RESOURCE_EXHAUSTED.
// Cost      One batched Expand per 16,384 nodes; 4 bytes a link and direction, 8 more each for a
//           weight and a link id, charged to the budget.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/procedures/options.h"
#include "query/procedures/procedure.h"
#include "query/procedures/work.h"

namespace skein::procedures {

using Vertex = uint32_t;
inline constexpr Vertex kNoVertex = UINT32_MAX;

// Links of every vertex in one direction; weight and link are empty where nobody asked.
struct Adjacency {
  std::vector<uint64_t> start = {0};  // one more than there are vertices
  std::vector<Vertex> to;
  std::vector<double> weight;
  std::vector<LinkId> link;

  uint64_t degree(Vertex v) const { return start[v + 1] - start[v]; }
  std::span<const Vertex> Of(Vertex v) const { return {to.data() + start[v], degree(v)}; }
  double WeightAt(uint64_t place) const { return weight.empty() ? 1.0 : weight[place]; }
};

// What an algorithm needs of a projection.
struct ProjectionNeeds {
  std::string_view direction = "out";  // where the options do not say
  bool fixed_direction = false;        // the algorithm knows no other
  bool in = false;                     // `in` is wanted beside `out`
  bool links = false;                  // link ids are wanted
};

struct Projection {
  std::vector<NodeId> nodes;
  Adjacency out;  // along the direction; with 'both' every link at both its ends
  Adjacency in;   // against it; empty where not asked for, and with 'both' (then `out` is both)
  bool both = false;
  bool weighted = false;

  size_t size() const { return nodes.size(); }
  const Adjacency& backward() const { return both ? out : in; }
  // kNoVertex: not in the projection.
  Vertex Find(NodeId node) const;
};

// What the shared options say; read before the projection is built, so that a wrong option costs
// nothing.
struct ProjectionSpec {
  std::vector<std::string> labels, types;
  std::string direction;
  std::string weight;
  double missing = 1.0;
  ValidTime during;
  const Value* nodes = nullptr;  // borrowed from the options
  const Value* links = nullptr;
};
ProjectionSpec ReadSpec(Options& options, const ProjectionNeeds& needs);

absl::StatusOr<Projection> Project(const ProjectionSpec& spec, const ProjectionNeeds& needs,
                                   ProcedureContext& context, Spending& spending);

// The vertex of a node that a caller names: ArgumentError where the projection has none.
absl::StatusOr<Vertex> FindOrFail(const Projection& graph, const Value& node,
                                  std::string_view name);

// The neighbours of every vertex without repeats and without itself, ascending.
absl::StatusOr<Adjacency> SimpleNeighbours(const Projection& graph, bool both_ways,
                                           Workers& workers, Spending& spending);

}  // namespace skein::procedures
