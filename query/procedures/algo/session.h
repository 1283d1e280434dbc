// Session: what every algo.* procedure starts with: its options, its projection, its helpers.
//
// Use       Read the options of the algorithm, then Open(), which reads the shared ones, refuses
//           those nobody knows and builds the projection.
// Order     Rows leave by vertex, that is by node id.
// Threads   One. Lifetime: borrows the context and the options.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/procedures/groups.h"
#include "query/procedures/projection.h"
#include "storage/base/status.h"

namespace skein::procedures {

using functions::Type;

struct Session {
  Session(ProcedureContext& c, const Value& map)
      : context(c), options(map), spending(c), workers(spending) {}

  absl::Status Open(const ProjectionNeeds& needs) {
    const ProjectionSpec spec = ReadSpec(options, needs);
    SKEIN_RETURN_IF_ERROR(options.Finish());
    SKEIN_ASSIGN_OR_RETURN(graph, Project(spec, needs, context, spending));
    return absl::OkStatus();
  }
  size_t size() const { return graph.size(); }

  // One row a vertex: the node and what `value` says of it; none where that is null.
  absl::Status EmitNodes(RowSink& out, const std::function<Value(Vertex)>& value) {
    for (size_t v = 0; v < graph.size(); ++v) {
      SKEIN_RETURN_IF_ERROR(spending.Step());
      const Value row[] = {Value::Node(graph.nodes[v]), value(static_cast<Vertex>(v))};
      if (!row[1].is_null()) SKEIN_RETURN_IF_ERROR(out.Emit(row));
    }
    return absl::OkStatus();
  }

  // The sum of `term` over the vertices, in a fixed order: equal on any number of threads.
  absl::StatusOr<double> Sum(const std::function<double(Vertex)>& term) {
    constexpr size_t kGrain = 8192;
    std::vector<double> parts(graph.size() / kGrain + 1, 0.0);
    SKEIN_RETURN_IF_ERROR(workers.For(graph.size(), kGrain, [&](size_t begin, size_t end) {
      double sum = 0;
      for (size_t v = begin; v < end; ++v) sum += term(static_cast<Vertex>(v));
      parts[begin / kGrain] = sum;
    }));
    double sum = 0;
    for (const double part : parts) sum += part;
    return sum;
  }

  ProcedureContext& context;
  Options options;
  Spending spending;
  Workers workers;
  Projection graph;
};

// Replaces group ids (any vertex numbers) by 0, 1, … in the order of each group's first vertex.
inline void NumberGroups(std::vector<Vertex>* group) {
  std::vector<Vertex> number(group->size(), kNoVertex);
  Vertex next = 0;
  for (Vertex& g : *group) {
    if (number[g] == kNoVertex) number[g] = next++;
    g = number[g];
  }
}

}  // namespace skein::procedures
