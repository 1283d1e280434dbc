// algo.bfs: how many links every node is from one node.
//
// Method    Level by level; a level's vertices are shared out, and each new vertex is claimed once
//           by compare-and-swap. Which thread claims it does not show: levels are sets.
#include <algorithm>
#include <atomic>

#include "absl/synchronization/mutex.h"
#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

constexpr uint32_t kFar = UINT32_MAX;

absl::Status Levels(Session& s, Vertex source, uint64_t depth_max,
                    std::vector<std::atomic<uint32_t>>* level) {
  for (auto& l : *level) l.store(kFar, std::memory_order_relaxed);
  (*level)[source].store(0, std::memory_order_relaxed);
  std::vector<Vertex> frontier = {source};
  absl::Mutex mu;
  for (uint32_t depth = 1; !frontier.empty() && depth <= depth_max; ++depth) {
    std::vector<Vertex> next;
    SKEIN_RETURN_IF_ERROR(s.workers.For(frontier.size(), 1024, [&](size_t begin, size_t end) {
      std::vector<Vertex> mine;
      for (size_t i = begin; i < end && !s.spending.stopped(); ++i) {
        for (const Vertex u : s.graph.out.Of(frontier[i])) {
          uint32_t expected = kFar;
          if ((*level)[u].load(std::memory_order_relaxed) == kFar &&
              (*level)[u].compare_exchange_strong(expected, depth, std::memory_order_relaxed)) {
            mine.push_back(u);
          }
        }
      }
      absl::MutexLock lock(&mu);
      next.insert(next.end(), mine.begin(), mine.end());
    }));
    frontier = std::move(next);
  }
  return absl::OkStatus();
}

absl::Status Bfs(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  Session s(context, args[1]);
  const int64_t depth = s.options.Integer("depth", UINT32_MAX - 1, 0, UINT32_MAX - 1);
  SKEIN_RETURN_IF_ERROR(s.Open({}));
  SKEIN_ASSIGN_OR_RETURN(const Vertex source, FindOrFail(s.graph, args[0], "source"));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * 3 * sizeof(uint32_t)));
  std::vector<std::atomic<uint32_t>> level(s.size());
  SKEIN_RETURN_IF_ERROR(Levels(s, source, static_cast<uint64_t>(depth), &level));
  return s.EmitNodes(out, [&level](Vertex v) {
    const uint32_t l = level[v].load(std::memory_order_relaxed);
    return l == kFar ? Value::Null() : Value::Integer(l);
  });
}

}  // namespace

void AddBfs(ProcedureRegistry& out) {
  out.Add({.name = "algo.bfs",
           .args = {{"source", Type::kNode}, {"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode}, {"distance", Type::kInteger}},
           .doc = "How many links every node is from `source`; nodes that cannot be reached have "
                  "no row. Options: `depth` (links at most) and those of a projection.",
           .example = "MATCH (a:Person {name: 'Ann'}) CALL algo.bfs(a, {types: 'KNOWS'}) "
                      "YIELD node, distance RETURN node.name, distance",
           .eval = &Bfs});
}

}  // namespace skein::procedures
