// Graphs that queries explode on, in memory: a clique (:C {i}) of links K, a star
// (:Hub)-[:S]->(:Leaf {i}), and nodes
// (:N {i}) without any, for products. `links` are loaded in bulk.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"

namespace skein::abuse {

struct Sizes {
  int64_t clique = 0;
  int64_t star = 0;
  int64_t loose = 0;
};

class HostileGraph {
 public:
  static absl::StatusOr<std::unique_ptr<HostileGraph>> Make(const Sizes& sizes) {
    auto out = std::unique_ptr<HostileGraph>(new HostileGraph);
    out->store_ = MakeMemoryStore();
    SKEIN_ASSIGN_OR_RETURN(out->users_, Graph::Open(*out->store_, {.space = GraphSpace::kUsers}));
    SKEIN_ASSIGN_OR_RETURN(out->system_, Graph::Open(*out->store_, {.space = GraphSpace::kSystem}));
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> clique, out->Nodes("C", sizes.clique));
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> hub, out->Nodes("Hub", 1));
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> leaves, out->Nodes("Leaf", sizes.star));
    SKEIN_RETURN_IF_ERROR(out->Nodes("N", sizes.loose).status());
    WriteContext context;
    Batch batch;
    batch.source = "abuse";
    SKEIN_ASSIGN_OR_RETURN(context.batch, out->users_->OpenBatch(batch));
    SKEIN_ASSIGN_OR_RETURN(const auto bulk, out->users_->BeginBulk(context));
    SKEIN_ASSIGN_OR_RETURN(const LinkTypeId k, out->users_->catalog().InternLinkType("K"));
    SKEIN_ASSIGN_OR_RETURN(const LinkTypeId s, out->users_->catalog().InternLinkType("S"));
    for (size_t i = 0; i < clique.size(); ++i) {
      for (size_t j = i + 1; j < clique.size(); ++j) {
        NewLink link;
        link.type = k;
        link.from = clique[i];
        link.to = clique[j];
        SKEIN_RETURN_IF_ERROR(bulk->Add(link, ""));
      }
    }
    for (const NodeId leaf : leaves) {
      NewLink link;
      link.type = s;
      link.from = hub[0];
      link.to = leaf;
      SKEIN_RETURN_IF_ERROR(bulk->Add(link, ""));
    }
    SKEIN_RETURN_IF_ERROR(bulk->Commit().status());
    SKEIN_ASSIGN_OR_RETURN(const LabelId label, out->users_->catalog().InternLabel("C"));
    SKEIN_ASSIGN_OR_RETURN(const KeyId key, out->users_->catalog().InternKey("i"));
    IndexInfo index;
    index.label = label;
    index.keys = {key};
    SKEIN_RETURN_IF_ERROR(out->users_->CreateIndex(index).status());
    SKEIN_ASSIGN_OR_RETURN(out->engine_, Engine::Create(*out->users_, *out->system_, {}));
    return out;
  }

  Engine& engine() { return *engine_; }

 private:
  HostileGraph() = default;

  absl::StatusOr<std::vector<NodeId>> Nodes(const std::string& name, int64_t count) {
    constexpr int64_t kBatch = 50'000;
    SKEIN_ASSIGN_OR_RETURN(const LabelId label, users_->catalog().InternLabel(name));
    SKEIN_ASSIGN_OR_RETURN(const KeyId key, users_->catalog().InternKey("i"));
    std::vector<NodeId> out;
    for (int64_t first = 0; first < count; first += kBatch) {
      SKEIN_ASSIGN_OR_RETURN(const auto t, users_->Begin(Viewer::All(), {}));
      for (int64_t i = first; i < std::min(count, first + kBatch); ++i) {
        NewNode node;
        node.labels = {label};
        node.properties = {{key, Value::Integer(i)}};
        SKEIN_ASSIGN_OR_RETURN(const NodeId id, t->CreateNode(node));
        out.push_back(id);
      }
      SKEIN_RETURN_IF_ERROR(t->Commit().status());
    }
    return out;
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
};

// All rows drawn and dropped; how many.
inline absl::StatusOr<uint64_t> Drain(Engine& engine, const std::string& text,
                                      const ConnectionOptions& options,
                                      const ValueMap& parameters = {}) {
  SKEIN_ASSIGN_OR_RETURN(const auto connection, engine.Connect(options));
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, connection->Run(text, parameters));
  uint64_t count = 0;
  std::vector<std::vector<Value>> rows;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
    if (!more) return count;
    count += rows.size();
  }
}

// Statements that never end by themselves on such a graph, one for every operator, function and
// procedure that loops: what a cancelled query is measured with.
inline const std::vector<std::pair<std::string, std::string>>& EndlessStatements() {
  static const std::vector<std::pair<std::string, std::string>> kAll = {
      {"walk", "MATCH (a:C {i: 0})-[:K*1..30]-(b) RETURN count(*)"},
      {"walk to a bound end",
       "MATCH (a:C {i: 0}), (b:C {i: 1}) MATCH (a)-[:K*1..30]-(b) RETURN count(*)"},
      {"quantified path",
       "MATCH (a:C {i: 0}) ((x)-[:K]-(y) WHERE x.i >= 0){1,30} (b) RETURN count(*)"},
      {"acyclic path", "MATCH ACYCLIC (a:C {i: 0})-[:K]-{1,30}(b) RETURN count(*)"},
      {"all shortest of a selector",
       "MATCH ALL TRAIL (a:C {i: 0})-[:K]-{5,30}(b:C {i: 1}) RETURN count(*)"},
      {"k shortest paths",
       "MATCH p = SHORTEST 1000000 (a:C {i: 0})-[:K]-{3,9}(b:C {i: 1}) RETURN count(*)"},
      {"shortest path with a predicate",
       "MATCH (a:C {i: 0}), (b:C {i: 1}) MATCH p = allShortestPaths((a)-[:K*1..9]-(b)) RETURN "
       "count(p)"},
      {"product", "MATCH (a:N), (b:N), (c:N), (d:N) RETURN count(*)"},
      {"triangles", "MATCH (a:C)--(b:C)--(c:C)--(a), (c)--(d:C)--(a) RETURN count(*)"},
      {"expand into", "MATCH (a:C)-->(b:C)-->(c:C)-->(d:C), (a)-->(d) RETURN count(*)"},
      {"hash join", "MATCH (a:N), (b:N) WHERE a.i % 2 = b.i % 2 RETURN count(*)"},
      {"sort", "MATCH (a:N), (b:N) RETURN a.i * b.i AS x ORDER BY x"},
      {"group", "MATCH (a:N), (b:N) RETURN a.i * 100000 + b.i AS x, count(*)"},
      {"distinct", "MATCH (a:N), (b:N) RETURN DISTINCT a.i * 100000 + b.i AS x"},
      {"unwind", "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN count(*)"},
      {"subquery", "MATCH (a:N) RETURN sum(COUNT { MATCH (b:N), (c:N) WHERE b.i + c.i = a.i })"},
      {"exists", "MATCH (a:N) WHERE EXISTS { MATCH (b:N), (c:N) WHERE b.i + c.i < 0 } RETURN a"},
      {"call", "MATCH (a:N) CALL { WITH a MATCH (b:N), (c:N) RETURN count(*) AS n } RETURN sum(n)"},
      {"comprehension",
       "RETURN size([x IN range(1, 1000000) WHERE any(y IN range(1, 100000) WHERE y < 0)])"},
      {"reduce",
       "RETURN reduce(s = 0, x IN range(1, 1000000) | s + size([y IN range(1, 10000) WHERE y = "
       "x]))"},
      {"betweenness", "CALL algo.betweenness() YIELD node, score RETURN sum(score)"},
      {"closeness", "CALL algo.closeness({direction: 'both'}) YIELD node, score RETURN sum(score)"},
      {"page rank",
       "CALL algo.pageRank({iterations: 1000000}) YIELD node, score RETURN sum(score)"},
      {"eigenvector",
       "CALL algo.eigenvector({iterations: 1000000, tolerance: 0.0}) YIELD node, score RETURN "
       "sum(score)"},
      {"k shortest, weighted",
       "MATCH (a:C {i: 0}), (b:C {i: 1}) CALL algo.kShortestPaths(a, b, 100000, {direction: "
       "'both'}) YIELD rank RETURN count(*)"},
      {"all shortest, weighted",
       "MATCH (a:C {i: 0}), (b:Hub) CALL algo.betweenness({direction: 'both'}) YIELD score RETURN "
       "count(*)"},
      {"paths in time",
       "MATCH (a:C {i: 0}), (b:C {i: 1}) CALL trace.paths(a, b, {direction: 'both', depth: 30, "
       "limit: 1000000000}) YIELD path RETURN count(*)"},
      {"write", "MATCH (a:N), (b:N) CREATE (:Made {x: a.i, y: b.i})"},
      {"foreach", "FOREACH (x IN range(1, 100000000) | CREATE (:Made {x: x}))"},
  };
  return kAll;
}

}  // namespace skein::abuse
