// Queries and texts that are meant to hurt: each ends, and says which limit ended it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "query/syntax/error.h"
#include "tests/abuse/hostile_graph.h"

namespace skein::abuse {
namespace {

class AbuseTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    graph_ = HostileGraph::Make({.clique = 120, .star = 20'000, .loose = 2000})->release();
  }
  static void TearDownTestSuite() { delete graph_; }

  static ConnectionOptions Options() {
    ConnectionOptions options;
    options.sandbox = true;
    options.limits.time = absl::Seconds(60);
    options.limits.rows_read = 300'000;
    options.limits.bytes = int64_t{32} << 20;
    return options;
  }

  static absl::Status Ends(const std::string& text, const ConnectionOptions& options = Options(),
                           const ValueMap& parameters = {}) {
    return Drain(graph_->engine(), text, options, parameters).status();
  }
  static std::string Words(const absl::Status& status) {
    const auto error = QueryErrorOf(status);
    return error.has_value() ? error->message : std::string(Message(status));
  }

  static HostileGraph* graph_;
};

HostileGraph* AbuseTest::graph_ = nullptr;

TEST_F(AbuseTest, WhatReadsTooMuchNamesTheRowBudget) {
  for (const char* text :
       {"MATCH (a:C {i: 0})-[:K*1..30]-(b) RETURN count(*)",
        "MATCH (a:C {i: 0}), (b:C {i: 1}) MATCH (a)-[:K*1..30]-(b) RETURN count(*)",
        "MATCH (a:C)--(b:C)--(c:C)--(d:C)--(a) RETURN count(DISTINCT d)"}) {
    const absl::Status status = Ends(text);
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << text << "\n" << status;
    EXPECT_NE(Words(status).find("300000"), std::string::npos) << text << "\n" << status;
  }
}

TEST_F(AbuseTest, WhatHoldsTooMuchNamesTheMemoryBudget) {
  for (const char* text :
       {"MATCH (a:N), (b:N) RETURN a.i * b.i AS x ORDER BY x",
        "MATCH (a:N), (b:N) RETURN a.i * 100000 + b.i AS x, count(*)",
        "MATCH (a:N), (b:N) RETURN DISTINCT a.i * 100000 + b.i AS x",
        "MATCH (a:N), (b:N) RETURN collect(a.i * 100000 + b.i)",
        "RETURN reduce(s = 'x', i IN range(1, 100) | s + s)", "RETURN range(1, 1000000000000)",
        "UNWIND range(1, 1000000000) AS x RETURN collect(x)"}) {
    const absl::Status status = Ends(text);
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << text << "\n" << status;
    EXPECT_NE(Words(status).find("memory"), std::string::npos) << text << "\n" << status;
    EXPECT_NE(Words(status).find("33554432"), std::string::npos) << text << "\n" << status;
  }
}

TEST_F(AbuseTest, WhatOnlyTakesTimeNamesTheTime) {
  ConnectionOptions options = Options();
  options.limits.time = absl::Milliseconds(200);
  options.limits.rows_read = INT64_MAX;
  for (const char* text :
       {"MATCH (a:N), (b:N), (c:N), (d:N) RETURN count(*)",
        "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN count(*)",
        "MATCH (a:N) RETURN sum(COUNT { MATCH (b:N), (c:N) WHERE b.i + c.i = a.i })",
        "CALL algo.betweenness({direction: 'both'}) YIELD score RETURN sum(score)"}) {
    const absl::Status status = Ends(text, options);
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << text << "\n" << status;
    EXPECT_NE(Words(status).find("time"), std::string::npos) << text << "\n" << status;
    EXPECT_NE(Words(status).find("200ms"), std::string::npos) << text << "\n" << status;
  }
}

TEST_F(AbuseTest, HubsAndHostileExpressionsAreAnswered) {
  EXPECT_TRUE(Ends("MATCH (h:Hub)-[:S]->(l) RETURN count(l)").ok());
  EXPECT_TRUE(Ends("MATCH (l:Leaf {i: 5})<-[:S]-(h) WHERE (h)-[:S]->() RETURN h").ok());
  EXPECT_TRUE(Ends("RETURN '" + std::string(100'000, 'a') + "!' =~ '(a+)+$'").ok());
  EXPECT_TRUE(Ends("RETURN '" + std::string(100'000, 'a') + "!' =~ '(a|aa)*b'").ok());
}

std::string Repeated(const std::string& part, size_t times, const std::string& between = "") {
  std::string out;
  out.reserve(times * (part.size() + between.size()));
  for (size_t i = 0; i < times; ++i) {
    if (i > 0) out += between;
    out += part;
  }
  return out;
}

TEST_F(AbuseTest, HostileTextsAreRefusedByName) {
  ConnectionOptions large = Options();
  large.limits.text_bytes = size_t{16} << 20;
  const auto refused = [](const std::string& text, const ConnectionOptions& options,
                          const std::string& word) {
    const absl::Status status = Ends(text, options);
    EXPECT_FALSE(status.ok()) << text.substr(0, 60);
    EXPECT_NE(Words(status).find(word), std::string::npos) << text.substr(0, 60) << "\n" << status;
  };
  refused("RETURN '" + std::string(10'000'000, 'x') + "'", Options(), "1048576");
  for (const char* bracket : {"(", "[", "{a:", "NOT ", "-", "CASE WHEN "}) {
    refused("RETURN " + Repeated(bracket, 1'000'000), large, "");
    refused("RETURN " + Repeated(bracket, 1000) + "1", large, "nest");
  }
  refused(Repeated("RETURN 1 AS x", 100'000, " UNION "), large, "operators");
  refused("RETURN " + Repeated("1", 100'000, " + "), large, "");
  std::string matches;
  for (int i = 0; i < 100'000; ++i) matches += "MATCH (n" + std::to_string(i) + ") ";
  refused(matches + "RETURN 1", large, "clauses");
}

TEST_F(AbuseTest, TenThousandParametersAreAnswered) {
  ValueMap parameters;
  std::string list;
  for (int i = 0; i < 10'000; ++i) {
    parameters.emplace_back("p" + std::to_string(i), Value::Integer(i));
    list += (i > 0 ? ", $p" : "$p") + std::to_string(i);
  }
  std::sort(parameters.begin(), parameters.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  EXPECT_TRUE(Ends("RETURN size([" + list + "])", Options(), parameters).ok());
}

// Whatever loops ends when it is told to; ctest's own timeout is the only clock.
TEST_F(AbuseTest, WhateverLoopsCanBeCancelled) {
  for (const auto& [name, text] : EndlessStatements()) {
    SCOPED_TRACE(name);
    ConnectionOptions options = Options();
    options.limits.rows_read = INT64_MAX;
    options.limits.bytes = int64_t{1} << 30;
    options.limits.time = absl::InfiniteDuration();
    auto connection = *graph_->engine().Connect(options);
    absl::Status status;
    std::thread runner([&connection, &text = text, &status] {
      const auto cursor = connection->Run(text, {});
      status = cursor.status();
      std::vector<std::vector<Value>> rows;
      while (status.ok()) {
        const auto more = (*cursor)->Next(1000, &rows);
        status = more.status();
        if (more.ok() && !*more) break;
      }
    });
    std::this_thread::yield();
    connection->Cancel();
    runner.join();
    // Few are so quick, or hold so much, that they end before.
    EXPECT_TRUE(status.ok() || absl::IsCancelled(status) || absl::IsResourceExhausted(status))
        << status;
  }
}

}  // namespace
}  // namespace skein::abuse
