// A graph in memory with an engine over it, and small random graphs, for tests of procedures.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "storage/base/status.h"
#include "storage/kv/memory_store.h"

namespace skein {

using Rows = std::vector<std::vector<Value>>;

class World {
 public:
  World() {
    store_ = MakeMemoryStore();
    auto users = Graph::Open(*store_, {.space = GraphSpace::kUsers});
    auto system = Graph::Open(*store_, {.space = GraphSpace::kSystem});
    SKEIN_CHECK(users.ok() && system.ok());
    users_ = *std::move(users);
    system_ = *std::move(system);
    auto engine = Engine::Create(*users_, *system_, {});
    SKEIN_CHECK(engine.ok());
    engine_ = *std::move(engine);
    Connect({});
  }
  ~World() { connection_.reset(); }

  // Replaces the connection: other eyes, other limits.
  void Connect(ConnectionOptions options) {
    options.sandbox = true;
    auto connection = engine_->Connect(options);
    SKEIN_CHECK(connection.ok());
    connection_ = *std::move(connection);
  }

  absl::StatusOr<Rows> Try(const std::string& query, const ValueMap& parameters = {}) {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, connection_->Run(query, parameters));
    Rows all;
    Rows some;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &some));
      if (!more) return all;
      for (auto& row : some) all.push_back(std::move(row));
    }
  }
  Rows Run(const std::string& query, const ValueMap& parameters = {}) {
    absl::StatusOr<Rows> rows = Try(query, parameters);
    EXPECT_TRUE(rows.ok()) << query << "\n" << rows.status();
    return rows.ok() ? *std::move(rows) : Rows();
  }

  Graph& graph() { return *users_; }
  Connection& connection() { return *connection_; }

 private:
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

// A small graph known to the test: vertices 0 … n − 1 as (:V {i}), links [:E {w, t}].
struct SmallGraph {
  struct Edge {
    int from, to, weight, time;
  };
  int n = 0;
  std::vector<Edge> edges;

  // Loops and parallel links included; weights 1 … 5, times 0 … 9.
  static SmallGraph Random(uint64_t seed) {
    std::mt19937_64 dice(seed);
    SmallGraph g;
    g.n = 2 + static_cast<int>(dice() % 9);
    const int m = static_cast<int>(dice() % static_cast<uint64_t>(3 * g.n));
    const auto vertex = [&] { return static_cast<int>(dice() % static_cast<uint64_t>(g.n)); };
    for (int i = 0; i < m; ++i) {
      g.edges.push_back(
          {vertex(), vertex(), 1 + static_cast<int>(dice() % 5), static_cast<int>(dice() % 10)});
    }
    return g;
  }

  void Load(World& world) const {
    world.Run("UNWIND range(0, " + std::to_string(n - 1) + ") AS i CREATE (:V {i: i})");
    for (const Edge& e : edges) {
      world.Run("MATCH (a:V {i: " + std::to_string(e.from) + "}), (b:V {i: " +
                std::to_string(e.to) + "}) CREATE (a)-[:E {w: " + std::to_string(e.weight) +
                ", t: " + std::to_string(e.time) + "}]->(b)");
    }
  }

  // Links as an algorithm with this direction walks them: (from, to, weight, edge).
  struct Step {
    int from, to;
    double weight;
    int edge;
  };
  std::vector<Step> Steps(const std::string& direction) const {
    std::vector<Step> steps;
    for (size_t i = 0; i < edges.size(); ++i) {
      const Edge& e = edges[i];
      const auto id = static_cast<int>(i);
      const auto w = static_cast<double>(e.weight);
      if (direction != "in") steps.push_back({e.from, e.to, w, id});
      if (direction == "in" || (direction == "both" && e.from != e.to)) {
        steps.push_back({e.to, e.from, w, id});
      }
    }
    return steps;
  }
  // Distinct neighbours, loops left out.
  std::vector<std::set<int>> Neighbours(const std::string& direction) const {
    std::vector<std::set<int>> out(static_cast<size_t>(n));
    for (const Step& s : Steps(direction)) {
      if (s.from != s.to) out[static_cast<size_t>(s.from)].insert(s.to);
    }
    return out;
  }
};

// `CALL proc(…) YIELD node, column` as a vector over i; nodes without a row have `missing`.
inline std::vector<double> PerNode(World& world, const SmallGraph& g, const std::string& call,
                                   const std::string& column, double missing = -1) {
  std::vector<double> out(static_cast<size_t>(g.n), missing);
  for (const auto& row :
       world.Run(call + " YIELD node, " + column + " RETURN node.i AS i, " + column)) {
    out[static_cast<size_t>(row[0].integer())] = row[1].number();
  }
  return out;
}

}  // namespace skein
