// skein_random_queries [--count N] [--seed S]: random queries over random graphs must give the rows
// of a naive interpreter, with every rewrite on, with all off, one by one off, and in batches of
// one.
//
// Prints the graph and the query of the first difference, and the seed that repeats it. The last
// line is `N queries, N differences`; exit status 1 where there is one.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "query/rewrite/rewrite.h"
#include "storage/base/status.h"
#include "storage/kv/memory_store.h"
#include "tests/random/random_query.h"

namespace skein::random_test {
namespace {

constexpr int kQueriesPerWorld = 20;
constexpr int kCount = 2000;
constexpr int kCountNightly = 100'000;

struct Mode {
  std::string name;
  std::vector<std::string> off;
  uint32_t batch_rows = 2048;
  double parallel_from = 20'000;
};

std::vector<Mode> Modes() {
  std::vector<Mode> out = {{"default", {}},
                           {"no-rewrites", {"*"}},
                           {"batch-of-1", {}, 1},
                           {"morsels", {}, 2, 0},
                           {"morsels of a few", {}, 1, 0}};
  for (const rewrite::Pass& pass : rewrite::All()) {
    out.push_back({"without " + std::string(pass.name), {std::string(pass.name)}});
  }
  for (const std::string_view name : rewrite::PlannerSwitches()) {
    out.push_back({"without " + std::string(name), {std::string(name)}});
  }
  return out;
}

struct Bench {
  std::unique_ptr<Store> store;
  std::unique_ptr<Graph> users, system;
  std::unique_ptr<Engine> engine;
};

absl::StatusOr<Bench> MakeBench() {
  Bench out;
  out.store = MakeMemoryStore();
  SKEIN_ASSIGN_OR_RETURN(out.users, Graph::Open(*out.store, {.space = GraphSpace::kUsers}));
  SKEIN_ASSIGN_OR_RETURN(out.system, Graph::Open(*out.store, {.space = GraphSpace::kSystem}));
  SKEIN_ASSIGN_OR_RETURN(out.engine, Engine::Create(*out.users, *out.system, {}));
  return out;
}

absl::StatusOr<std::vector<std::string>> Rows(Engine& engine, const Mode& mode,
                                              const std::string& text) {
  ConnectionOptions options;
  options.sandbox = true;
  options.rewrites_off = mode.off;
  options.batch_rows = mode.batch_rows;
  options.parallel_from = mode.parallel_from;
  SKEIN_ASSIGN_OR_RETURN(const auto connection, engine.Connect(options));
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, connection->Run(text, {}));
  std::vector<std::string> out;
  std::vector<std::vector<Value>> rows;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
    if (!more) break;
    for (const auto& row : rows) {
      std::string line;
      for (const Value& v : row) line += (line.empty() ? "" : "|") + ToLiteral(v);
      out.push_back(std::move(line));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

void Print(const char* title, const std::vector<std::string>& rows) {
  std::printf("%s (%zu rows)\n", title, rows.size());
  for (size_t i = 0; i < rows.size() && i < 20; ++i) std::printf("  %s\n", rows[i].c_str());
}

// Of one world; how many queries differ.
absl::StatusOr<int> RunWorld(uint64_t seed, const std::vector<Mode>& modes) {
  std::mt19937_64 dice(seed);
  const World world = MakeWorld(dice);
  SKEIN_ASSIGN_OR_RETURN(const Bench bench, MakeBench());
  SKEIN_RETURN_IF_ERROR(Rows(*bench.engine, modes[0], CreateText(world)).status());
  int differences = 0;
  for (int i = 0; i < kQueriesPerWorld; ++i) {
    const Query query = MakeQuery(dice);
    const std::string text = QueryText(query);
    const std::vector<std::string> expected = NaiveRows(world, query);
    for (const Mode& mode : modes) {
      absl::StatusOr<std::vector<std::string>> rows = Rows(*bench.engine, mode, text);
      if (rows.ok() && *rows == expected) continue;
      ++differences;
      std::printf("seed %llu, %s\n  %s\n  %s\n", static_cast<unsigned long long>(seed),
                  mode.name.c_str(), CreateText(world).c_str(), text.c_str());
      if (!rows.ok()) {
        std::printf("  failed: %s\n", rows.status().ToString().c_str());
      } else {
        Print("rows", *rows);
        Print("expected", expected);
      }
      break;
    }
  }
  return differences;
}

int Main(int argc, char** argv) {
  const bool nightly = std::getenv("SKEIN_NIGHTLY") != nullptr;
  int count = nightly ? kCountNightly : kCount;
  uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--count") count = std::atoi(argv[i + 1]);
    if (std::string(argv[i]) == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  const std::vector<Mode> modes = Modes();
  int queries = 0;
  int differences = 0;
  for (; queries < count && differences < 5; queries += kQueriesPerWorld, ++seed) {
    const absl::StatusOr<int> found = RunWorld(seed, modes);
    if (!found.ok()) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  found.status().ToString().c_str());
      return 1;
    }
    differences += *found;
  }
  std::printf("%d queries, %d differences\n", queries, differences);
  return differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace skein::random_test

int main(int argc, char** argv) { return skein::random_test::Main(argc, argv); }
