// The yardstick through Skein's query language, the store opened in this process.
//
//   skein_bench_yardstick --data DIR --store DIR --out FILE.json [--only CLASS]... [--cap MS]
//   [--explain] [--query TEXT [--threads N]]
//
// The store is one that `skein import --mapping importers/mappings/yardstick.yaml` loaded.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/workload/yardstick.h"
#include "bench/workload/yardstick_queries.h"
#include "query/engine/engine.h"
#include "storage/base/status.h"
#include "storage/kv/open.h"

namespace skein::bench {

namespace {

struct Flags {
  std::string data, store, out;
  std::vector<std::string> off;
  YardstickOptions run;
  bool explain = false;
  std::string query;
  int threads = 0;
};

absl::Status Explain(Connection& connection) {
  for (const auto& [name, query] : YardstickQueries()) {
    ValueMap parameters;
    for (const char* parameter : query.parameters) {
      parameters.emplace_back(parameter, Value::Integer(0));
    }
    SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                           connection.Run(std::string("EXPLAIN ") + query.text, parameters));
    std::printf("%s\n%s\n\n%s\n", name.c_str(), query.text, cursor->summary().plan.c_str());
  }
  return absl::OkStatus();
}

// One query of the caller's, five times after one that warms; its rows are the same every time.
absl::Status TimeQuery(Connection& connection, const std::string& text) {
  std::vector<double> times;
  std::string first;
  for (int round = 0; round < 6; ++round) {
    const double before = NowMs();
    SKEIN_ASSIGN_OR_RETURN(const auto cursor, connection.Run(text, {}));
    std::vector<std::vector<Value>> rows;
    std::string answer;
    size_t n = 0;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
      if (!more) break;
      n += rows.size();
      for (const auto& row : rows) {
        for (const Value& v : row) answer += ToLiteral(v) + " ";
      }
    }
    const double took = NowMs() - before;
    if (round == 0) {
      first = answer;
      continue;
    }
    if (answer != first) return Internal("rounds differ");
    times.push_back(took);
    if (round == 1) std::printf("%zu rows, the first values: %.60s\n", n, answer.c_str());
  }
  std::sort(times.begin(), times.end());
  std::printf("median %.1f ms (%.1f .. %.1f)\n", times[times.size() / 2], times[0], times.back());
  return absl::OkStatus();
}

absl::Status Main(const Flags& flags) {
  const double before = NowMs();
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(flags.store, {}));
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Graph> users,
                         Graph::Open(*opened.store, {.space = GraphSpace::kUsers}));
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Graph> system,
                         Graph::Open(*opened.store, {.space = GraphSpace::kSystem}));
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                         Engine::Create(*users, *system, {.threads = flags.threads}));
  ConnectionOptions options;
  options.sandbox = true;
  options.read_only = true;
  options.rewrites_off = flags.off;
  options.limits.time = absl::Seconds(600);
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, engine->Connect(options));
  Subject subject;
  subject.name = "skein";
  subject.version = "0.1.0";
  subject.open_ms = NowMs() - before;
  subject.answer = [&connection](std::string_view name, const Seed& seed) {
    return AnswerYardstick(*connection, name, seed);
  };
  if (flags.explain) return Explain(*connection);
  if (!flags.query.empty()) return TimeQuery(*connection, flags.query);
  SKEIN_ASSIGN_OR_RETURN(const Seeds seeds, ReadSeeds(flags.data));
  SKEIN_ASSIGN_OR_RETURN(const std::string json, RunYardstick(subject, seeds, flags.run));
  return WriteFile(flags.out, json);
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  // As server/main/main.cc.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  skein::bench::Flags flags;
  CLI::App app("The yardstick's queries through Skein's query language");
  app.add_option("--data", flags.data, "Folder of the generator's files, with queries.json")
      ->required();
  app.add_option("--store", flags.store, "A store loaded by importers/mappings/yardstick.yaml")
      ->required();
  app.add_option("--out", flags.out, "JSON of the shape of ../shared/bench/peers")
      ->default_val("/dev/stdout");
  app.add_option("--only", flags.run.only, "Only these classes");
  app.add_option("--off", flags.off, "Rewrite passes to leave out");
  app.add_option("--warm", flags.run.warm_passes, "Passes before the measured one")
      ->capture_default_str();
  app.add_option("--first", flags.run.first, "Queries of a class, at most");
  app.add_option("--cap", flags.run.cap_ms, "Milliseconds a class may take")->capture_default_str();
  app.add_flag("--explain", flags.explain, "Print the plans and end");
  app.add_option("--query", flags.query, "Time this query instead");
  app.add_option("--threads", flags.threads, "Threads of one query; 0: one per core")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::bench::Main(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "skein_bench_yardstick: %s\n", std::string(skein::Message(status)).c_str());
  return 1;
}
