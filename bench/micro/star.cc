// A star of many links, a tenth of them added one commit at a time: its degree, a window of its
// links, and whether a link leads to one of its leaves, through the query language, warm.
//
//   skein_bench_star --dir EMPTY_DIR [--links 1000000] [--rounds 201]
//
// Prints the median and the 99th percentile of each in microseconds; every answer is checked.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "query/engine/engine.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

constexpr int64_t kFirstSecond = 1'700'000'000;
constexpr uint64_t kPerTransaction = 10'000;

struct Star {
  std::unique_ptr<Graph> users, system;
  std::vector<NodeId> leaves;
  NodeId hub{};
};

absl::Status AddNodes(Star* star, uint64_t n) {
  Graph& graph = *star->users;
  SKEIN_ASSIGN_OR_RETURN(const LabelId hub, graph.catalog().InternLabel("Hub"));
  SKEIN_ASSIGN_OR_RETURN(const LabelId leaf, graph.catalog().InternLabel("Leaf"));
  SKEIN_ASSIGN_OR_RETURN(const KeyId id, graph.catalog().InternKey("id"));
  for (const LabelId label : {hub, leaf}) {
    IndexInfo index;
    index.name = label == hub ? "hubs" : "leaves";
    index.label = label;
    index.keys = {id};
    SKEIN_RETURN_IF_ERROR(graph.CreateIndex(index).status());
  }
  for (uint64_t i = 0; i <= n;) {
    SKEIN_ASSIGN_OR_RETURN(const auto t, graph.Begin(Viewer::All(), {}));
    for (const uint64_t end = std::min(n + 1, i + kPerTransaction); i < end; ++i) {
      NewNode node;
      node.labels = {i == 0 ? hub : leaf};
      node.properties = {{id, Value::Integer(static_cast<int64_t>(i))}};
      SKEIN_ASSIGN_OR_RETURN(const NodeId made, t->CreateNode(node));
      if (i == 0) {
        star->hub = made;
      } else {
        star->leaves.push_back(made);
      }
    }
    SKEIN_RETURN_IF_ERROR(t->Commit().status());
  }
  return absl::OkStatus();
}

// The i-th link holds from the i-th second on, for no time.
NewLink LinkTo(const Star& star, LinkTypeId type, uint64_t i) {
  NewLink link;
  link.type = type;
  link.from = star.hub;
  link.to = star.leaves[i];
  link.valid.from = link.valid.to = (kFirstSecond + static_cast<int64_t>(i)) * 1'000'000;
  return link;
}

// Nine tenths at once, then every tenth by itself.
absl::Status AddLinks(const Star& star) {
  Graph& graph = *star.users;
  SKEIN_ASSIGN_OR_RETURN(const LinkTypeId type, graph.catalog().InternLinkType("CALLED"));
  SKEIN_ASSIGN_OR_RETURN(const BatchId batch, graph.OpenBatch({}));
  WriteContext context;
  context.batch = batch;
  SKEIN_ASSIGN_OR_RETURN(const auto bulk, graph.BeginBulk(context));
  for (uint64_t i = 0; i < star.leaves.size(); ++i) {
    if (i % 10 != 9) SKEIN_RETURN_IF_ERROR(bulk->Add(LinkTo(star, type, i), {}));
  }
  SKEIN_RETURN_IF_ERROR(bulk->Commit().status());
  for (uint64_t i = 9; i < star.leaves.size(); i += 10) {
    SKEIN_ASSIGN_OR_RETURN(const auto t, graph.Begin(Viewer::All(), context));
    SKEIN_RETURN_IF_ERROR(t->CreateLink(LinkTo(star, type, i)).status());
    SKEIN_RETURN_IF_ERROR(t->Commit().status());
  }
  return absl::OkStatus();
}

absl::Status Measure(Connection& connection, const char* name, const std::string& text,
                     const ValueMap& parameters, int64_t wanted, int rounds) {
  std::vector<double> micros;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    SKEIN_ASSIGN_OR_RETURN(const auto cursor, connection.Run(text, parameters));
    std::vector<std::vector<Value>> rows;
    SKEIN_ASSIGN_OR_RETURN(const bool any, cursor->Next(10, &rows));
    if (!any || rows[0][0].integer() != wanted) {
      return absl::InternalError(std::string(name) + ": a wrong answer");
    }
    micros.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::sort(micros.begin(), micros.end());
  std::printf("%-12s median %8.1f us, p99 %8.1f us\n", name, micros[micros.size() / 2],
              micros[micros.size() * 99 / 100]);
  return absl::OkStatus();
}

absl::Status Main(const std::string& dir, uint64_t links, int rounds) {
  OpenStoreOptions open;
  open.create = open.sandbox = true;
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(dir, open));
  Store* const store = opened.store.get();
  Star star;
  SKEIN_ASSIGN_OR_RETURN(star.users, Graph::Open(*store, {.space = GraphSpace::kUsers}));
  SKEIN_ASSIGN_OR_RETURN(star.system, Graph::Open(*store, {.space = GraphSpace::kSystem}));
  SKEIN_RETURN_IF_ERROR(AddNodes(&star, links));
  SKEIN_RETURN_IF_ERROR(AddLinks(star));
  SKEIN_ASSIGN_OR_RETURN(const auto engine, Engine::Create(*star.users, *star.system, {}));
  ConnectionOptions options;
  options.sandbox = true;
  SKEIN_ASSIGN_OR_RETURN(const auto connection, engine->Connect(options));
  const auto n = static_cast<int64_t>(links);
  const ValueMap window = {{"a", Value::Integer(kFirstSecond + n / 2)},
                           {"b", Value::Integer(kFirstSecond + n / 2 + 99)}};
  const ValueMap leaf = {{"leaf", Value::Integer(n / 2)}};
  SKEIN_RETURN_IF_ERROR(Measure(*connection, "degree",
                                "MATCH (h:Hub {id: 0})-[r:CALLED]->() RETURN count(r)", {}, n,
                                rounds));
  SKEIN_RETURN_IF_ERROR(
      Measure(*connection, "window",
              "MATCH (h:Hub {id: 0})-[r:CALLED]->() FOR VALID_TIME BETWEEN "
              "datetime({epochSeconds: $a}) AND datetime({epochSeconds: $b}) RETURN count(r)",
              window, 100, rounds));
  return Measure(*connection, "expand-into",
                 "MATCH (h:Hub {id: 0}), (l:Leaf {id: $leaf}) MATCH (h)-[r:CALLED]->(l) "
                 "RETURN count(r)",
                 leaf, 1, rounds);
}

}  // namespace
}  // namespace skein

int main(int argc, char** argv) {
  CLI::App app("A star of many links, a tenth of them in the delta.");
  std::string dir;
  uint64_t links = 1'000'000;
  int rounds = 201;
  app.add_option("--dir", dir, "where to make the store")->required();
  app.add_option("--links", links);
  app.add_option("--rounds", rounds)->check(CLI::Range(1, 100'000));
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::Main(dir, links, rounds);
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(skein::Message(status)).c_str());
  return status.ok() ? 0 : 1;
}
