// algo.distances, algo.shortestPath, algo.allShortestPaths: by weight, or by number of links.
#include "query/procedures/algo/dijkstra.h"
#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

absl::Status Distances(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  Session s(context, args[1]);
  SKEIN_RETURN_IF_ERROR(s.Open({}));
  SKEIN_ASSIGN_OR_RETURN(const Vertex source, FindOrFail(s.graph, args[0], "source"));
  SKEIN_RETURN_IF_ERROR(RefuseNegativeWeights(s.graph.out, "algo.distances"));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * Dijkstra::kBytesPerVertex));
  Dijkstra search(s.graph.out, s.size());
  SKEIN_RETURN_IF_ERROR(search.Run(source, s.spending));
  return s.EmitNodes(out, [&search](Vertex v) {
    return search.distance(v) == kUnreached ? Value::Null() : Value::Float(search.distance(v));
  });
}

absl::Status ShortestPath(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null() || args[1].is_null()) return absl::OkStatus();
  Session s(context, args[2]);
  SKEIN_RETURN_IF_ERROR(s.Open({.links = true}));
  SKEIN_ASSIGN_OR_RETURN(const Vertex source, FindOrFail(s.graph, args[0], "source"));
  SKEIN_ASSIGN_OR_RETURN(const Vertex target, FindOrFail(s.graph, args[1], "target"));
  SKEIN_RETURN_IF_ERROR(RefuseNegativeWeights(s.graph.out, "algo.shortestPath"));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * Dijkstra::kBytesPerVertex));
  Dijkstra search(s.graph.out, s.size());
  Dijkstra::Limits limits;
  limits.target = target;
  SKEIN_RETURN_IF_ERROR(search.Run(source, limits, s.spending));
  if (search.distance(target) == kUnreached) return absl::OkStatus();
  const Value row[] = {PathOf(s.graph, source, search.Trail(source, target)),
                       Value::Float(search.distance(target))};
  return out.Emit(row);
}

// Every path whose links are all tight: distance(from) + weight = distance(to). Walked from the
// target back, so that no walk is in vain; links of weight 0 may form circles, hence on_path.
class AllShortest {
 public:
  AllShortest(Session& s, const Dijkstra& search, Vertex source, Vertex target)
      : s_(s), search_(search), source_(source), target_(target), on_path_(s.size(), 0) {}

  absl::Status Run(RowSink& out) {
    const Adjacency& back = s_.graph.backward();
    stack_.push_back({target_, back.start[target_], kNoLink});
    on_path_[target_] = 1;
    while (!stack_.empty()) {
      SKEIN_RETURN_IF_ERROR(s_.spending.Step());
      Level& top = stack_.back();
      if (top.vertex == source_) {
        SKEIN_RETURN_IF_ERROR(Emit(out));
        Pop();
        continue;
      }
      if (top.next == back.start[top.vertex + 1]) {
        Pop();
        continue;
      }
      const uint64_t place = top.next++;
      const Vertex from = back.to[place];
      if (on_path_[from] != 0 || search_.distance(from) == kUnreached ||
          search_.distance(from) + back.WeightAt(place) != search_.distance(top.vertex)) {
        continue;
      }
      on_path_[from] = 1;
      stack_.push_back({from, back.start[from], back.link[place]});
    }
    return absl::OkStatus();
  }

 private:
  struct Level {
    Vertex vertex;
    uint64_t next;
    LinkId link;  // from this vertex towards the target
  };
  void Pop() {
    on_path_[stack_.back().vertex] = 0;
    stack_.pop_back();
  }
  absl::Status Emit(RowSink& out) const {
    PathValue path;
    for (auto it = stack_.rbegin(); it != stack_.rend(); ++it) {
      path.nodes.push_back(s_.graph.nodes[it->vertex]);
      if (it->link != kNoLink) path.links.push_back(it->link);
    }
    const Value row[] = {Value::Path(std::move(path)), Value::Float(search_.distance(target_))};
    return out.Emit(row);
  }

  Session& s_;
  const Dijkstra& search_;
  const Vertex source_;
  const Vertex target_;
  std::vector<Level> stack_;
  std::vector<uint8_t> on_path_;
};

absl::Status AllShortestPaths(std::span<const Value> args, ProcedureContext& context,
                              RowSink& out) {
  if (args[0].is_null() || args[1].is_null()) return absl::OkStatus();
  Session s(context, args[2]);
  SKEIN_RETURN_IF_ERROR(s.Open({.in = true, .links = true}));
  SKEIN_ASSIGN_OR_RETURN(const Vertex source, FindOrFail(s.graph, args[0], "source"));
  SKEIN_ASSIGN_OR_RETURN(const Vertex target, FindOrFail(s.graph, args[1], "target"));
  SKEIN_RETURN_IF_ERROR(RefuseNegativeWeights(s.graph.out, "algo.allShortestPaths"));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * (Dijkstra::kBytesPerVertex + 1)));
  Dijkstra search(s.graph.out, s.size());
  SKEIN_RETURN_IF_ERROR(search.Run(source, s.spending));
  if (search.distance(target) == kUnreached) return absl::OkStatus();
  return AllShortest(s, search, source, target).Run(out);
}

}  // namespace

void AddPaths(ProcedureRegistry& out) {
  out.Add({.name = "algo.distances",
           .args = {{"source", Type::kNode}, {"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"distance", Type::kFloat}},
           .doc = "The least sum of weights from `source` to every node that can be reached "
                  "(single-source shortest paths). Options: those of a projection; without "
                  "`weight` every link weighs 1.",
           .example = "MATCH (p:Phone {number: '555001'}) CALL algo.distances(p, "
                      "{types: 'CALLED', weight: 'length'}) YIELD node, distance "
                      "RETURN node.number, distance",
           .eval = &Distances});
  out.Add({.name = "algo.shortestPath",
           .args = {{"source", Type::kNode},
                    {"target", Type::kNode},
                    {"options", Type::kMap, Value::Map({})}},
           .columns = {{"path", Type::kPath}, {"cost", Type::kFloat}},
           .doc = "One path of the least sum of weights; no row where there is none. Options: "
                  "those of a projection.",
           .example = "MATCH (a:Person {name: 'Ann'}), (d:Person {name: 'Dee'}) "
                      "CALL algo.shortestPath(a, d, {direction: 'both'}) YIELD path, cost "
                      "RETURN length(path), cost",
           .eval = &ShortestPath});
  out.Add({.name = "algo.allShortestPaths",
           .args = {{"source", Type::kNode},
                    {"target", Type::kNode},
                    {"options", Type::kMap, Value::Map({})}},
           .columns = {{"path", Type::kPath}, {"cost", Type::kFloat}},
           .doc = "Every path of the least sum of weights. Options: those of a projection.",
           .example = "MATCH (a:Person {name: 'Ann'}), (d:Person {name: 'Dee'}) "
                      "CALL algo.allShortestPaths(a, d, {direction: 'both'}) YIELD path "
                      "RETURN length(path)",
           .eval = &AllShortestPaths});
}

}  // namespace skein::procedures
