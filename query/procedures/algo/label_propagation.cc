// algo.labelPropagation: nodes take the label that most of their neighbours have.
//
// Source    LDBC Graphalytics 1.0.5, section 2.3.5 (CDLP): all nodes at once, the lowest of the
//           most frequent labels; a neighbour linked both ways votes twice. Raghavan et al. 2007.
#include <algorithm>

#include "query/procedures/algo/session.h"
#include "query/procedures/visible_names.h"

namespace skein::procedures {
namespace {

// The lowest of the most frequent values; sorts them.
int64_t MostFrequent(std::vector<int64_t>& labels) {
  std::sort(labels.begin(), labels.end());
  int64_t best = labels[0];
  size_t most = 0;
  for (size_t i = 0; i < labels.size();) {
    size_t j = i;
    while (j < labels.size() && labels[j] == labels[i]) ++j;
    if (j - i > most) {
      most = j - i;
      best = labels[i];
    }
    i = j;
  }
  return best;
}

// Labels to begin with: the property of every node, or its place.
absl::Status FirstLabels(Session& s, const std::string& property, std::vector<int64_t>* labels) {
  for (size_t v = 0; v < s.size(); ++v) (*labels)[v] = static_cast<int64_t>(v);
  if (property.empty()) return absl::OkStatus();
  const auto key = FindKeyFor(s.context.reader, s.context.viewer, property);
  constexpr size_t kBatch = 16'384;
  for (size_t first = 0; first < s.size(); first += kBatch) {
    const std::span<const NodeId> ids(s.graph.nodes.data() + first,
                                      std::min(kBatch, s.size() - first));
    std::vector<Value> values(ids.size());
    if (key.has_value()) {
      SKEIN_RETURN_IF_ERROR(s.context.reader.GetNodeProperty(s.context.viewer, ids, *key, &values));
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      if (values[i].kind() != ValueKind::kInteger) {
        return BadArgument("option `label`: `" + property +
                           "` is an INTEGER on every node, found " + ToLiteral(values[i]));
      }
      (*labels)[first + i] = values[i].integer();
    }
    SKEIN_RETURN_IF_ERROR(s.spending.Check());
  }
  return absl::OkStatus();
}

absl::Status LabelPropagation(std::span<const Value> args, ProcedureContext& context,
                              RowSink& out) {
  Session s(context, args[0]);
  const int64_t iterations = s.options.Integer("iterations", 10, 0, 1'000'000);
  const std::string property = s.options.Text("label");
  // Both directions vote, so a link is two votes, one at each end.
  SKEIN_RETURN_IF_ERROR(s.Open({.direction = "both", .fixed_direction = true}));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * 2 * sizeof(int64_t)));
  std::vector<int64_t> label(s.size());
  SKEIN_RETURN_IF_ERROR(FirstLabels(s, property, &label));
  std::vector<int64_t> next = label;
  for (int64_t i = 0; i < iterations; ++i) {
    std::atomic<bool> changed{false};
    SKEIN_RETURN_IF_ERROR(s.workers.For(s.size(), 1024, [&](size_t begin, size_t end) {
      std::vector<int64_t> near;
      for (size_t v = begin; v < end && !s.spending.stopped(); ++v) {
        near.clear();
        for (const Vertex u : s.graph.out.Of(static_cast<Vertex>(v))) near.push_back(label[u]);
        next[v] = near.empty() ? label[v] : MostFrequent(near);
        if (next[v] != label[v]) changed.store(true, std::memory_order_relaxed);
      }
    }));
    std::swap(label, next);
    if (!changed.load(std::memory_order_relaxed)) break;
  }
  return s.EmitNodes(out, [&label](Vertex v) { return Value::Integer(label[v]); });
}

}  // namespace

void AddLabelPropagation(ProcedureRegistry& out) {
  out.Add({.name = "algo.labelPropagation",
           .args = {{"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"community", Type::kInteger}},
           .doc = "Communities by label propagation: in each round every node takes the label "
                  "that most of its links lead to, the lowest of several. Options: `iterations` at "
                  "most (10), `label` (an INTEGER property to begin with; else the nodes are "
                  "numbered) and those of a projection but `direction`.",
           .example = "CALL algo.labelPropagation({types: 'CALLED', iterations: 2}) "
                      "YIELD node, community RETURN count(DISTINCT community) AS communities",
           .eval = &LabelPropagation});
}

}  // namespace skein::procedures
