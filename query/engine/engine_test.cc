// The engine where text cases cannot go: budgets, cancellation, running queries, notices, windows
// of valid time, PROFILE.
#include "query/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "query/syntax/error.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

using ::testing::HasSubstr;

// A clock that goes on by a step whenever somebody looks at it, so that time limits end queries
// after a number of looks and not after some time; and that may cancel a cursor at a given look.
class SteppingClock final : public Clock {
 public:
  absl::Time Now() override {
    const int64_t look = ++looks_;
    if (look == cancel_at_.load() && cursor_ != nullptr) cursor_->Cancel();
    return absl::UnixEpoch() + look * step_;
  }
  void CancelAt(int64_t looks_from_now, Cursor* cursor) {
    cursor_ = cursor;
    cancel_at_ = looks_ + looks_from_now;
  }
  int64_t looks() const { return looks_; }

 private:
  std::atomic<int64_t> looks_{0};
  std::atomic<int64_t> cancel_at_{0};
  Cursor* cursor_ = nullptr;
  absl::Duration step_ = absl::Milliseconds(1);
};

bool Nightly() { return std::getenv("SKEIN_NIGHTLY") != nullptr; }

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    store_ = MakeMemoryStore();
    users_ = *Graph::Open(*store_, {.space = GraphSpace::kUsers});
    system_ = *Graph::Open(*store_, {.space = GraphSpace::kSystem});
    engine_ = *Engine::Create(*users_, *system_, {.clock = &clock_});
    options_.sandbox = true;
    options_.limits.time = absl::InfiniteDuration();
  }

  absl::StatusOr<std::unique_ptr<Connection>> Connect() { return engine_->Connect(options_); }

  // Runs to the end; the rows, or how it failed.
  absl::StatusOr<std::vector<std::vector<Value>>> Run(const std::string& text) {
    absl::StatusOr<std::unique_ptr<Connection>> connection = Connect();
    if (!connection.ok()) return connection.status();
    absl::StatusOr<std::unique_ptr<Cursor>> cursor = (*connection)->Run(text, {});
    if (!cursor.ok()) return cursor.status();
    std::vector<std::vector<Value>> all;
    std::vector<std::vector<Value>> rows;
    for (;;) {
      const absl::StatusOr<bool> more = (*cursor)->Next(1000, &rows);
      if (!more.ok()) return more.status();
      if (!*more) break;
      all.insert(all.end(), rows.begin(), rows.end());
    }
    summary_ = (*cursor)->summary();
    return all;
  }
  int64_t Count(const std::string& text) {
    const auto rows = Run(text);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() && rows->size() == 1 ? (*rows)[0][0].integer() : -1;
  }

  void ExpectOutOfTime(const std::string& text) {
    options_.limits.time = absl::Milliseconds(300);
    const auto rows = Run(text);
    EXPECT_EQ(rows.status().code(), absl::StatusCode::kDeadlineExceeded)
        << text << ": " << rows.status();
    EXPECT_THAT(std::string(rows.status().message()), HasSubstr("time"));
    options_.limits.time = absl::InfiniteDuration();
  }
  void ExpectOutOfMemory(const std::string& text, int64_t bytes) {
    options_.limits.bytes = bytes;
    const auto rows = Run(text);
    EXPECT_EQ(rows.status().code(), absl::StatusCode::kResourceExhausted)
        << text << ": " << rows.status();
    EXPECT_THAT(std::string(rows.status().message()), HasSubstr("memory budget"));
    options_.limits.bytes = int64_t{1} << 30;
  }

  SteppingClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  ConnectionOptions options_;
  QuerySummary summary_;
};

TEST_F(EngineTest, AProductOfTenToTheTwelveEndsInTime) {
  ASSERT_TRUE(Run("UNWIND range(1, 1000) AS i CREATE (:N {i: i})").ok());
  ExpectOutOfTime("MATCH (a), (b), (c), (d) RETURN count(*)");
  ExpectOutOfTime("UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)");
  ExpectOutOfTime("MATCH (a), (b), (c), (d) WHERE a.i + b.i = c.i + d.i + 0.5 RETURN a.i LIMIT 1");
}

TEST_F(EngineTest, AProductOfTenToTheTwelveEndsInMemory) {
  ASSERT_TRUE(Run("UNWIND range(1, 1000) AS i CREATE (:N {i: i})").ok());
  constexpr int64_t kBytes = 4 << 20;
  const std::string product = "MATCH (a), (b), (c), (d) ";
  ExpectOutOfMemory(product + "RETURN a.i AS x ORDER BY x DESC, b.i", kBytes);
  ExpectOutOfMemory(product + "RETURN collect(a.i)", kBytes);
  ExpectOutOfMemory(product + "RETURN count(DISTINCT [a.i, b.i, c.i, d.i])", kBytes);
  ExpectOutOfMemory(product + "RETURN a.i, b.i, c.i, d.i, count(*)", kBytes);
  ExpectOutOfMemory(product + "WITH DISTINCT a, b, c, d RETURN count(*)", kBytes);
  ExpectOutOfMemory(product + "WITH a, b, c, d ORDER BY rand() RETURN count(*)", kBytes);
  ExpectOutOfMemory(product + "CREATE (:M) RETURN 1", kBytes);
  ExpectOutOfMemory("RETURN range(1, 100000000)", kBytes);
  ExpectOutOfMemory("RETURN reduce(s = 'aaaaaaaa', i IN range(1, 60) | s + s)", kBytes);
  ExpectOutOfMemory("RETURN COLLECT { UNWIND range(1, 10000000) AS i RETURN i }", kBytes);
}

TEST_F(EngineTest, ACliqueEndsInItsBudget) {
  const int n = Nightly() ? 2000 : 120;
  ASSERT_TRUE(Run("UNWIND range(1, " + std::to_string(n) + ") AS i CREATE (:N {i: i})").ok());
  ASSERT_TRUE(Run("MATCH (a:N), (b:N) WHERE a.i < b.i CREATE (a)-[:T]->(b)").ok());
  EXPECT_EQ(Count("MATCH (a:N {i: 1})-[:T]->(b) RETURN count(b)"), n - 1);
  ExpectOutOfTime("MATCH (a {i: 1})-[*1..30]-(b) RETURN count(*)");
  ExpectOutOfTime("MATCH (a {i: 1})-[:T]-{1,30}(b) RETURN count(*)");
  ExpectOutOfTime("MATCH (a {i: 1}) ((x)-[:T]-(y)){1,30} (b) RETURN count(*)");
  ExpectOutOfTime("MATCH ACYCLIC (a {i: 1})-[:T]-{1,30}(b) RETURN count(*)");
  ExpectOutOfTime("MATCH (a)--(b)--(c)--(d)--(e)--(f)--(g)--(h) RETURN count(*)");
  // Shortest paths and distinct ends need no enumeration.
  EXPECT_EQ(Count("MATCH p = shortestPath((a {i: 1})-[*]-(b {i: 50})) RETURN length(p)"), 1);
  EXPECT_EQ(Count("MATCH (a {i: 1})-[:T*1..30]->(b) RETURN count(DISTINCT b)"), n - 1);
  // Rows read of the store are a budget of their own.
  options_.limits.rows_read = 1000;
  const auto rows = Run("MATCH (a)--(b) RETURN sum(a.i + b.i)");
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kResourceExhausted) << rows.status();
  EXPECT_THAT(std::string(rows.status().message()), HasSubstr("row budget"));
}

TEST_F(EngineTest, AStarEndsInItsBudget) {
  const int n = Nightly() ? 1'000'000 : 5000;
  ASSERT_TRUE(Run("CREATE (:Hub)").ok());
  ASSERT_TRUE(
      Run("MATCH (h:Hub) UNWIND range(1, " + std::to_string(n) + ") AS i CREATE (:Leaf)-[:T]->(h)")
          .ok());
  EXPECT_EQ(Count("MATCH (:Leaf)-[:T]->(h) RETURN count(*)"), n);
  ExpectOutOfTime("MATCH (a:Leaf)-->(h)<--(b:Leaf)-->(i)<--(c:Leaf) RETURN count(*)");
  ExpectOutOfMemory("MATCH (a:Leaf)-->(h)<--(b:Leaf) RETURN collect([a, b])", 4 << 20);
  EXPECT_EQ(Count("MATCH (a:Leaf) WITH a LIMIT 1 MATCH (a)-[:T*1..2]-(b) RETURN count(DISTINCT b)"),
            n);
}

TEST_F(EngineTest, AWriteThatRunsOutLeavesNothing) {
  options_.limits.time = absl::Milliseconds(50);
  EXPECT_EQ(Run("UNWIND range(1, 10000000) AS i CREATE (:N {i: i})").status().code(),
            absl::StatusCode::kDeadlineExceeded);
  options_.limits.time = absl::InfiniteDuration();
  EXPECT_EQ(Count("MATCH (n) RETURN count(n)"), 0);
}

TEST_F(EngineTest, ACancelledQueryEndsAtItsNextLook) {
  // Without a limit nobody looks at the clock.
  options_.limits.time = absl::Hours(10);
  ASSERT_TRUE(Run("UNWIND range(1, 300) AS i CREATE (:N {i: i})-[:T]->(:M)").ok());
  for (const std::string text :
       {"MATCH (a), (b), (c), (d) RETURN count(*)", "MATCH (a), (b), (c) RETURN a.i ORDER BY b.i",
        "MATCH (a), (b), (c) RETURN DISTINCT a.i + b.i + c.i AS x ORDER BY x",
        "UNWIND range(1, 3000000) AS x RETURN x ORDER BY -x",
        "MATCH (a), (b), (c) WHERE EXISTS { (a)-[:T]->(c) } RETURN count(*)"}) {
    const auto connection = Connect();
    ASSERT_TRUE(connection.ok());
    const auto cursor = (*connection)->Run(text, {});
    ASSERT_TRUE(cursor.ok()) << text << cursor.status();
    clock_.CancelAt(20, cursor->get());
    const int64_t before = clock_.looks();
    std::vector<std::vector<Value>> rows;
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = (*cursor)->Next(1000, &rows);
    EXPECT_EQ(more.status().code(), absl::StatusCode::kCancelled) << text << more.status();
    EXPECT_LT(clock_.looks(), before + 40) << text;
  }
}

TEST_F(EngineTest, LongAndDeepTextsAreRefused) {
  options_.limits.text_bytes = 1 << 20;
  const auto detail = [this](const std::string& text) {
    const absl::Status status = Run(text).status();
    const std::optional<QueryError> error = QueryErrorOf(status);
    return error.has_value() ? std::string(ErrorDetailName(error->detail)) : status.ToString();
  };
  EXPECT_EQ(detail("RETURN '" + std::string(10 << 20, 'a') + "'"), "QueryTooLong");
  options_.limits.text_bytes = 16 << 20;
  EXPECT_EQ(detail("RETURN " + std::string(1'000'000, '[') + std::string(1'000'000, ']')),
            "NestingTooDeep");
  EXPECT_EQ(detail("RETURN " + std::string(1'000'000, '(') + "1" + std::string(1'000'000, ')')),
            "NestingTooDeep");
  EXPECT_EQ(detail("MATCH " + std::string(1'000'000, '(') + std::string(1'000'000, ')')),
            "NestingTooDeep");
  // A text of 10 MB that may be read is read in one go.
  EXPECT_EQ(Count("RETURN size('" + std::string(10 << 20, 'a') + "')"), 10 << 20);
}

TEST_F(EngineTest, RunningQueriesAreListedAndKilled) {
  ASSERT_TRUE(Run("UNWIND range(1, 100) AS i CREATE (:N {i: i})").ok());
  const auto connection = Connect();
  const auto cursor = (*connection)->Run("MATCH (a), (b), (c), (d) RETURN count(*)", {});
  ASSERT_TRUE(cursor.ok());
  const auto listed =
      Run("SHOW QUERIES YIELD queryId, query WHERE query CONTAINS '(d)' RETURN queryId");
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->size(), 2u);  // SHOW QUERIES lists itself, and names (d) too
  const std::string id = (*listed)[0][0].string();
  ASSERT_TRUE(Run("KILL '" + id + "'").ok());
  std::vector<std::vector<Value>> rows;
  EXPECT_EQ((*cursor)->Next(1, &rows).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Run("KILL 'query-999999'").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(EngineTest, OthersQueriesAreNeitherListedNorKilled) {
  options_.sandbox = false;
  options_.purpose = Purpose{"C-1", "law", "reason"};
  options_.person = "ann";
  options_.unit = "north";
  const auto connection = Connect();
  ASSERT_TRUE(connection.ok()) << connection.status();
  const auto cursor = (*connection)->Run("UNWIND range(1, 10) AS x RETURN x", {});
  ASSERT_TRUE(cursor.ok());
  EXPECT_EQ(Count("SHOW QUERIES YIELD queryId RETURN count(*)"), 2);
  options_.person = "bo";
  EXPECT_EQ(Count("SHOW QUERIES YIELD queryId RETURN count(*)"), 1);
  EXPECT_EQ(Run("KILL 'query-1'").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(EngineTest, OlderFormsAreNoticedAndMeanWhatTheyMeant) {
  ASSERT_TRUE(Run("CREATE (:A {k: 1})-[:T]->(:B)").ok());
  const auto rows =
      Run("MATCH (a:A)-[:T|:T]->(b) WHERE exists(a.k) CALL { WITH a RETURN id(a) AS i } "
          "RETURN i = id(a), elementId(b) IS NOT NULL");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_TRUE((*rows)[0][0].boolean());
  std::vector<std::pair<std::string, uint32_t>> told;
  for (const Notice& notice : summary_.notices) {
    if (notice.code == "Deprecated") told.emplace_back(notice.text, notice.column);
  }
  ASSERT_EQ(told.size(), 5u);
  EXPECT_EQ(told[0], std::pair(std::string(":A|:B is an older form; :A|B takes its place"), 17u));
  EXPECT_THAT(told[1].first, HasSubstr("exists()"));
  EXPECT_THAT(told[2].first, HasSubstr("CALL (names) { }"));
  EXPECT_EQ(told[3].first, "id() is an older form; elementId() takes its place");
  EXPECT_EQ(told[4].second, 89u);
}

TEST_F(EngineTest, UnknownNamesAreNoticedWithTheNearestOne) {
  ASSERT_TRUE(Run("CREATE (:Person {name: 'Ann'})-[:OWNS]->(:Vehicle)").ok());
  ASSERT_TRUE(Run("MATCH (p:Preson)-[:OWN]->(v) WHERE p.nmae = 'x' RETURN p").ok());
  ASSERT_EQ(summary_.notices.size(), 3u);
  EXPECT_THAT(summary_.notices[0].text, HasSubstr("`OWN`; did you mean `OWNS`?"));
  EXPECT_THAT(summary_.notices[1].text, HasSubstr("`Preson`; did you mean `Person`?"));
  EXPECT_EQ(summary_.notices[1].column, 10u);
  EXPECT_THAT(summary_.notices[2].text, HasSubstr("`nmae`; did you mean `name`?"));
  ASSERT_TRUE(Run("MATCH (p:Person)-[:OWNS]->(v) WHERE p.name = 'x' RETURN p").ok());
  EXPECT_TRUE(summary_.notices.empty());
  const absl::Status status = Run("RETURN toUper('a')").status();
  EXPECT_THAT(std::string(QueryErrorOf(status)->message), HasSubstr("did you mean `toUpper`?"));
}

TEST_F(EngineTest, ProfileSaysWhatEachOperatorSpent) {
  ASSERT_TRUE(Run("UNWIND range(1, 100) AS i CREATE (:N {i: i})").ok());
  ASSERT_TRUE(Run("PROFILE MATCH (n:N) RETURN n.i AS i ORDER BY i").ok());
  EXPECT_THAT(summary_.plan, HasSubstr("100 rows"));
  EXPECT_THAT(summary_.plan, HasSubstr("bytes"));
  EXPECT_THAT(summary_.plan_json, HasSubstr("\"storageCalls\":"));
  EXPECT_THAT(summary_.plan_json, HasSubstr("\"memoryBytes\":"));
  EXPECT_GT(summary_.estimated_work, 0);
  ASSERT_TRUE(Run("EXPLAIN MATCH (a:N), (b:N), (c:N) RETURN count(*)").ok());
  EXPECT_GT(summary_.estimated_work, 1e5);
}

TEST_F(EngineTest, WhatAPlanForetellsIsSaidBeforeItRuns) {
  ASSERT_TRUE(Run("UNWIND range(1, 300) AS i CREATE (:N {i: i})").ok());
  ASSERT_TRUE(Run("EXPLAIN MATCH (a:N), (b:N), (c:N) RETURN count(*)").ok());
  ASSERT_EQ(summary_.notices.size(), 2u);
  EXPECT_EQ(summary_.notices[0].code, "CartesianProduct");
  EXPECT_EQ(summary_.notices[1].code, "EstimatedCost");
  ASSERT_TRUE(Run("EXPLAIN MATCH (a:N)--*(b) RETURN count(*)").ok());
  ASSERT_GE(summary_.notices.size(), 1u);
  EXPECT_EQ(summary_.notices[0].code, "UnboundedPath");
  EXPECT_TRUE(Run("EXPLAIN MATCH (a:N), (b:N) WHERE a.i = b.i RETURN count(*)").ok());
  EXPECT_TRUE(summary_.notices.empty());
}

// Links that held in 2020, from 2021 on, and at one instant.
TEST_F(EngineTest, ValidTimeCutsWhatIsWalked) {
  ASSERT_TRUE(Run("CREATE (:A)-[:T {k: 1}]->(:B), (:C)").ok());
  ASSERT_TRUE(Run("MATCH (a:A), (b:B) CREATE (a)-[:T {k: 2}]->(b), (a)-[:T {k: 3}]->(b)").ok());
  const auto at = [](int year, int month) {
    return absl::ToUnixMicros(absl::FromCivil(absl::CivilDay(year, month, 1), absl::UTCTimeZone()));
  };
  {
    const auto connection = Connect();
    const auto cursor = (*connection)->Run("MATCH ()-[r:T]->() RETURN r ORDER BY r.k", {});
    std::vector<std::vector<Value>> rows;
    ASSERT_TRUE((*cursor)->Next(10, &rows).ok());
    ASSERT_EQ(rows.size(), 3u);
    auto transaction = *users_->Begin(Viewer::All(), WriteContext());
    ASSERT_TRUE(transaction->SetLinkValid(rows[0][0].link(), {at(2020, 1), at(2021, 1)}).ok());
    ASSERT_TRUE(transaction->SetLinkValid(rows[1][0].link(), {at(2021, 1), kTimeMax}).ok());
    ASSERT_TRUE(transaction->SetLinkValid(rows[2][0].link(), {at(2022, 6), at(2022, 6)}).ok());
    ASSERT_TRUE(transaction->Commit().ok());
  }
  const auto sum = [this](const std::string& when) {
    return Count("MATCH (a:A)-[r:T]->(b:B) FOR VALID_TIME " + when + " RETURN sum(r.k)");
  };
  EXPECT_EQ(sum("AS OF date('2020-05-05')"), 1);
  EXPECT_EQ(sum("AS OF date('2021-01-01')"), 2);
  EXPECT_EQ(sum("AS OF datetime('2020-12-31T23:59:59Z')"), 1);
  EXPECT_EQ(sum("AS OF date('2019-12-31')"), 0);
  EXPECT_EQ(sum("AS OF date('2022-06-01')"), 5);
  EXPECT_EQ(sum("BETWEEN date('2020-06-01') AND date('2021-06-01')"), 3);
  EXPECT_EQ(sum("BETWEEN date('2022-01-01') AND date('2022-12-31')"), 5);
  EXPECT_EQ(sum("BETWEEN date('2022-01-01') AND date('2021-12-31')"), 0);
  // Counts, walks, shortest paths, quantified paths, bound links.
  EXPECT_EQ(Count("MATCH (a:A)-[:T]->(b) FOR VALID_TIME AS OF date('2020-05-05') RETURN count(*)"),
            1);
  EXPECT_EQ(
      Count("MATCH (a:A)-[:T*1..2]->(b) FOR VALID_TIME AS OF date('2021-05-05') RETURN count(*)"),
      1);
  EXPECT_EQ(Count("MATCH (a:A) ((x)-[:T]->(y))+ (b) FOR VALID_TIME AS OF date('2020-05-05') RETURN "
                  "count(*)"),
            1);
  EXPECT_EQ(
      Count("MATCH p = shortestPath((a:A)-[:T*]->(b:B)) FOR VALID_TIME AS OF date('2019-05-05') "
            "RETURN count(p)"),
      0);
  EXPECT_EQ(Count("MATCH (a:A)-[r]->() MATCH (x)-[r]->(y) FOR VALID_TIME AS OF date('2020-05-05') "
                  "RETURN count(*)"),
            1);
  EXPECT_EQ(Count("MATCH ()-[r:T {k: 1}]->() RETURN validTo(r).year"), 2021);
  EXPECT_EQ(Count("MATCH ()-[r:T]->() WHERE isValid(r, date('2020-05-05')) RETURN count(*)"), 1);
  const absl::Status wrong = Run("MATCH (a)-->(b) FOR VALID_TIME AS OF a.x RETURN a").status();
  EXPECT_EQ(QueryErrorOf(wrong)->detail, ErrorDetail::kUndefinedVariable);
}

TEST_F(EngineTest, AsOfReadsThePast) {
  const auto version = [this](const std::string& text) {
    EXPECT_TRUE(Run(text).ok()) << text;
    return std::to_string(Raw(summary_.version));
  };
  const std::string two =
      version("CREATE (a:P {name: 'Ann', n: 1})-[:KNOWS]->(b:P {name: 'Bo', n: 2})");
  ASSERT_TRUE(Run("CREATE INDEX FOR (p:P) ON (p.n)").ok());
  const std::string indexed = version("MATCH (p:P) RETURN p");
  const std::string renamed =
      version("MATCH (a:P {n: 1}) SET a.name = 'Anna', a.n = 5 REMOVE a:P SET a:Q");
  const std::string alone = version("MATCH (:Q)-[r:KNOWS]->() DELETE r");
  const std::string none = version("MATCH (x) DETACH DELETE x");
  EXPECT_EQ(Count("MATCH (x) RETURN count(x)"), 0);
  EXPECT_EQ(Count("AS OF " + none + " MATCH (x) RETURN count(x)"), 0);
  EXPECT_EQ(Count("AS OF " + alone + " MATCH (x) RETURN count(x)"), 2);
  EXPECT_EQ(Count("AS OF " + alone + " MATCH ()-[r]->() RETURN count(r)"), 0);
  EXPECT_EQ(Count("AS OF " + renamed + " MATCH (a:Q {name: 'Anna'})-[:KNOWS]->(b) RETURN b.n"), 2);
  EXPECT_EQ(Count("AS OF " + renamed + " MATCH (a:P) RETURN count(a)"), 1);
  for (const std::string& then : {two, indexed}) {
    EXPECT_EQ(Count("AS OF " + then + " MATCH (a:P)-[:KNOWS]->(b:P {n: 2}) RETURN a.n"), 1);
    EXPECT_EQ(Count("AS OF " + then + " MATCH (a:P {n: 1}) RETURN size(a.name)"), 3);
    EXPECT_EQ(Count("AS OF " + then + " MATCH (b:P {n: 2})<--{1,3}(a) RETURN count(a)"), 1);
  }
  EXPECT_EQ(std::to_string(Raw(summary_.version)), indexed);
  EXPECT_EQ(Count("AS OF 1 MATCH (x) RETURN count(x)"), 0);
  // A time is the last version until then; versions are microseconds since 1970.
  const auto seconds = std::to_string(std::stoull(two) / 1'000'000);
  const auto micros = std::to_string(std::stoull(two) % 1'000'000);
  EXPECT_EQ(Count("AS OF datetime({epochSeconds: " + seconds + ", microsecond: " + micros +
                  "}) MATCH (a:P) RETURN count(a)"),
            2);
  EXPECT_EQ(Count("AS OF date('1999-01-01') MATCH (a) RETURN count(a)"), 0);
  ASSERT_TRUE(Run("EXPLAIN AS OF " + two + " MATCH (a:P) RETURN a").ok());
  EXPECT_THAT(summary_.plan, HasSubstr("AsOf  " + two));
}

TEST_F(EngineTest, AsOfIsRefusedWhereItMeansNothing) {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"AS OF 5 CREATE (a)", "cannot be written"},
           {"AS OF 9223372036854775807 MATCH (a) RETURN a", "lies in the future"},
           {"AS OF -1 MATCH (a) RETURN a", "before 1970"},
           {"AS OF 'yesterday' MATCH (a) RETURN a", "needs a version"},
           {"AS OF a.n MATCH (a) RETURN a", "not defined"},
           {"AS OF MATCH (a) RETURN a", ""}}) {
    const auto rows = Run(text);
    EXPECT_FALSE(rows.ok()) << text;
    EXPECT_THAT(std::string(rows.status().message()), HasSubstr(why));
  }
}

TEST_F(EngineTest, ATimeKeyPromisesNothingOfThePast) {
  ASSERT_TRUE(Run("CREATE (:A)-[:T {ts: 100}]->(:B)").ok());
  const std::string then = std::to_string(Raw(summary_.version));
  ASSERT_TRUE(Run("MATCH ()-[r:T]->() DELETE r").ok());
  const LinkTypeId type = *users_->catalog().FindLinkType("T");
  ASSERT_TRUE(
      users_->DeclareTimeKey(type, *users_->catalog().FindKey("ts"), TimeUnit::kSeconds).ok());
  EXPECT_EQ(Count("AS OF " + then +
                  " MATCH (:A)-[r:T]->() WHERE r.ts >= 50 AND r.ts < 200 RETURN count(r)"),
            1);
}

}  // namespace
}  // namespace skein
