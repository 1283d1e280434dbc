// Scans that several threads share give what one thread gives: rows, their order, errors of the
// budget, within the memory that one needs.
#include <gtest/gtest.h>

#include "query/engine/engine.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

class ParallelTest : public ::testing::Test {
 protected:
  ParallelTest() {
    store_ = MakeMemoryStore();
    users_ = *Graph::Open(*store_, {.space = GraphSpace::kUsers});
    system_ = *Graph::Open(*store_, {.space = GraphSpace::kSystem});
    engine_ = *Engine::Create(*users_, *system_, {.threads = 4});
    options_.sandbox = true;
    options_.batch_rows = 16;
    EXPECT_TRUE(Run("UNWIND range(0, 2999) AS i CREATE (:N {i: i})").ok());
    EXPECT_TRUE(Run("MATCH (a:N), (b:N {i: 7}) WHERE a.i % 3 <> 1 CREATE (a)-[:L]->(b)").ok());
  }

  absl::StatusOr<std::string> Run(const std::string& text) {
    const auto connection = engine_->Connect(options_);
    if (!connection.ok()) return connection.status();
    const auto cursor = (*connection)->Run(text, {});
    if (!cursor.ok()) return cursor.status();
    std::string out;
    std::vector<std::vector<Value>> rows;
    for (;;) {
      const absl::StatusOr<bool> more = (*cursor)->Next(100, &rows);
      if (!more.ok()) return more.status();
      if (!*more) return out;
      for (const auto& row : rows) {
        for (const Value& v : row) out += ToLiteral(v) + " ";
        out += "\n";
      }
    }
  }
  absl::StatusOr<std::string> RunOn(bool parallel, const std::string& text) {
    options_.parallel_from = parallel ? 0 : 1e18;
    return Run(text);
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  ConnectionOptions options_;
};

TEST_F(ParallelTest, RowsComeInTheOrderOfTheScan) {
  for (const char* text :
       {"MATCH (n:N) WHERE n.i % 7 = 3 RETURN collect(n.i)",
        "MATCH (n:N) RETURN n.i % 10 AS k, count(*), sum(n.i), collect(n.i)[3]",
        "MATCH (n:N)-[:L]-(m) RETURN collect([n.i, m.i])",
        "MATCH (n) RETURN n.i % 5 ORDER BY n.i % 5", "MATCH (n:N) WHERE n.i > 5000 RETURN count(n)",
        // Grouped by each thread, and merged.
        "MATCH (n:N) RETURN sum(0.1 * n.i), avg(n.i / 7.0), stDev(n.i), min(n.i), max(n.i)",
        "MATCH (n:N) RETURN sum(DISTINCT n.i % 9), count(DISTINCT n.i % 100)",
        "MATCH (n:N) RETURN collect(DISTINCT n.i * 37 % 101), count(*)",
        "MATCH (n:N) WITH n.i * 31 % 1000 AS k, n RETURN k, count(*), "
        "sum(1.0 / (n.i + 1)), max(toString(n.i)), count(DISTINCT n.i % 3)",
        "MATCH (n:N)-[:L]-(m) WITH m, count(DISTINCT n) AS d, min(n.i) AS l "
        "RETURN m.i, d, l",
        "MATCH (n:N) WHERE n.i > 5000 RETURN sum(n.i), min(n.i), avg(n.i)",
        "MATCH (n:N) RETURN n.i / 2 AS k, count(n.nothing), max(n.i)"}) {
    const auto one = RunOn(false, text);
    const auto many = RunOn(true, text);
    ASSERT_TRUE(one.ok()) << one.status();
    ASSERT_TRUE(many.ok()) << many.status();
    EXPECT_EQ(*one, *many) << text;
  }
}

TEST_F(ParallelTest, TheMemoryThatOneThreadNeedsSuffices) {
  for (const char* text :
       {"MATCH (n:N)-[:L]-(m)-[:L]-(k) RETURN count(k.i)",
        "MATCH (n:N) RETURN count(DISTINCT n.i), count(DISTINCT n.i + 1)",
        "MATCH (n:N) WITH n.i AS k, sum(n.i) AS s, max(n.i) AS m RETURN count(*)"}) {
    options_.limits.bytes = 15'000;
    auto one = RunOn(false, text);
    while (!one.ok() && options_.limits.bytes < 10'000'000) {
      options_.limits.bytes += options_.limits.bytes / 16;
      one = RunOn(false, text);
    }
    const auto many = RunOn(true, text);
    ASSERT_TRUE(one.ok()) << one.status();
    ASSERT_TRUE(many.ok()) << many.status();
    EXPECT_EQ(*one, *many);
  }
}

TEST_F(ParallelTest, AnErrorOfOneThreadIsTheQuerys) {
  options_.limits.rows_read = 2'000;
  const auto many = RunOn(true, "MATCH (n:N) RETURN sum(n.i)");
  EXPECT_EQ(many.status().code(), absl::StatusCode::kResourceExhausted) << many.status();
  options_.limits.rows_read = 1'000'000;
  for (const char* text :
       {"MATCH (n:N) RETURN sum(1000 / (n.i - 2500))",
        "MATCH (n:N) RETURN sum(CASE WHEN n.i > 1000 THEN duration('P1D') ELSE n.i END)"}) {
    const auto one = RunOn(false, text);
    ASSERT_FALSE(one.ok());
    EXPECT_EQ(one.status(), RunOn(true, text).status());
  }
}

TEST_F(ParallelTest, AQueryThatTookSeveralThreadsEndsWhenItIsCancelled) {
  options_.parallel_from = 0;
  const auto connection = engine_->Connect(options_);
  ASSERT_TRUE(connection.ok());
  const auto cursor =
      (*connection)->Run("MATCH (n:N)-[:L]-(m)-[:L]-(k)-[:L]-(j) RETURN count(j.i)", {});
  ASSERT_TRUE(cursor.ok());
  (*cursor)->Cancel();
  std::vector<std::vector<Value>> rows;
  EXPECT_EQ((*cursor)->Next(1, &rows).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace skein
