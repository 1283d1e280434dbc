// algo.degree: number of links, or the sum of their weights.
#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

absl::Status Degree(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  Session s(context, args[0]);
  SKEIN_RETURN_IF_ERROR(s.Open({.direction = "both"}));
  const Adjacency& links = s.graph.out;
  return s.EmitNodes(out, [&](Vertex v) {
    if (!s.graph.weighted) return Value::Integer(static_cast<int64_t>(links.degree(v)));
    double sum = 0;
    for (uint64_t p = links.start[v]; p < links.start[v + 1]; ++p) sum += links.weight[p];
    return Value::Float(sum);
  });
}

}  // namespace

void AddDegree(ProcedureRegistry& out) {
  out.Add({.name = "algo.degree",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"degree", Type::kNumber}},
           .doc = "Number of links of every node, or with `weight` the sum of their weights. "
                  "Options: those of a projection; `direction` is 'both' unless given, and a loop "
                  "counts once.",
           .example = "CALL algo.degree({types: 'CALLED', labels: 'Phone'}) YIELD node, degree "
                      "RETURN node.number, degree",
           .eval = &Degree});
}

}  // namespace skein::procedures
