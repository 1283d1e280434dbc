// Projections, hidden elements, budgets: what every algorithm shares.
#include <algorithm>
#include <atomic>

#include "query/procedures/work.h"
#include "tests/procedures/world.h"

namespace skein {
namespace {

const char* const kPerNode[] = {
    "bfs(v, {direction: 'both'}) YIELD node, distance AS x",
    "distances(v, {weight: 'w'}) YIELD node, distance AS x",
    "wcc() YIELD node, component AS x",
    "scc() YIELD node, component AS x",
    "pageRank() YIELD node, score AS x",
    "degree() YIELD node, degree AS x",
    "betweenness() YIELD node, score AS x",
    "closeness() YIELD node, score AS x",
    "eigenvector() YIELD node, score AS x",
    "kCore() YIELD node, core AS x",
    "triangles() YIELD node, triangles AS x",
    "clustering() YIELD node, coefficient AS x",
    "labelPropagation() YIELD node, community AS x",
    "louvain() YIELD node, community AS x",
};

std::string Call(const std::string& call) {
  return "MATCH (v:V {i: 0}) CALL algo." + call + " RETURN node.i AS i, x ORDER BY i";
}

std::string Text(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) {
    for (const Value& v : row) out += ToLiteral(v) + " ";
    out += "\n";
  }
  return out;
}

ConnectionOptions As(const std::string& unit, const Viewer& viewer) {
  ConnectionOptions options;
  options.unit = unit;
  options.viewer = viewer;
  return options;
}

TEST(LimitsTest, HiddenElementsNeverEnter) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const SmallGraph g = SmallGraph::Random(seed);
    World plain;
    g.Load(plain);
    World mixed;
    mixed.Connect(As("secret", Viewer::All()));
    mixed.Run("UNWIND range(100, 104) AS i CREATE (:V {i: i})");
    mixed.Connect(As("", Viewer::All()));
    g.Load(mixed);
    mixed.Connect(As("secret", Viewer::All()));
    mixed.Run("MATCH (a:V), (b:V) WHERE (a.i * 7 + b.i * 3) % 4 = 0 CREATE (a)-[:E {w: 1}]->(b)");
    ASSERT_GE(mixed.Run("MATCH (v:V) RETURN v").size(), static_cast<size_t>(g.n) + 5);
    mixed.Connect(As("", Viewer::Of({})));
    for (const char* const call : kPerNode) {
      EXPECT_EQ(Text(mixed.Run(Call(call))), Text(plain.Run(Call(call)))) << call;
    }
  }
}

TEST(LimitsTest, ProjectionsByQueryByListAndByName) {
  World world;
  world.Run(
      "CREATE (a:P {i: 0}), (b:P {i: 1}), (c:P {i: 2}), (d:Q {i: 3}), "
      "(a)-[:E {w: 2}]->(b), (b)-[:F]->(c), (c)-[:E]->(d), (a)-[:E]->(d)");
  const auto components = [&](const std::string& options) {
    return Text(world.Run("CALL algo.wcc(" + options +
                          ") YIELD node, component RETURN node.i, component ORDER BY node.i"));
  };
  const std::string joined = "0 0 \n1 0 \n2 1 \n3 0 \n";
  EXPECT_EQ(components("{nodes: 'MATCH (n) RETURN n', links: \"MATCH (x)-[r:E]->(y) WHERE x.i = 0 "
                       "RETURN r\"}"),
            joined);
  EXPECT_EQ(components("{nodes: 'MATCH (n) RETURN n', links: \"MATCH (x)-[r:E]->(y) WHERE x.i = 0 "
                       "RETURN x, y\"}"),
            joined);
  EXPECT_EQ(components("{links: 'MATCH (x)-[r:F]->(y) RETURN x, y, 3'}"), "1 0 \n2 0 \n");
  EXPECT_EQ(components("{labels: 'P', types: ['E', 'F']}"), "0 0 \n1 0 \n2 0 \n");
  EXPECT_EQ(components("{labels: ['P', 'Q'], types: 'F'}"), "0 0 \n1 1 \n2 1 \n3 2 \n");
  EXPECT_EQ(components("{labels: 'Nobody'}"), "");
  EXPECT_EQ(components("{types: 'NONE'}"), "0 0 \n1 1 \n2 2 \n3 3 \n");
  EXPECT_EQ(Text(world.Run("MATCH (n:P) WITH collect(n) AS ns MATCH (:P)-[r]->(:P) "
                           "WITH ns, collect(r) AS rs CALL algo.degree({nodes: ns, links: rs}) "
                           "YIELD node, degree RETURN node.i, degree ORDER BY node.i")),
            "0 1 \n1 2 \n2 1 \n");
  // Parameters of the statement are those of the inner one.
  EXPECT_EQ(Text(world.Run("CALL algo.degree({nodes: 'MATCH (n) WHERE n.i < $top RETURN n'}) "
                           "YIELD node, degree RETURN node.i, degree ORDER BY node.i",
                           {{"top", Value::Integer(2)}})),
            "0 1 \n1 1 \n");
}

TEST(LimitsTest, LinksAreTakenByValidTime) {
  World world;
  auto type = world.graph().catalog().InternLinkType("E");
  ASSERT_TRUE(type.ok());
  world.Run("CREATE (:V {i: 0}), (:V {i: 1})");
  const Rows nodes = world.Run("MATCH (v:V) RETURN v ORDER BY v.i");
  Batch batch;
  batch.source = "test";
  const auto batch_id = world.graph().OpenBatch(batch);
  ASSERT_TRUE(batch_id.ok());
  auto transaction = world.graph().Begin(Viewer::All(), {.batch = *batch_id});
  ASSERT_TRUE(transaction.ok());
  NewLink link;
  link.type = *type;
  link.from = nodes[0][0].node();
  link.to = nodes[1][0].node();
  link.valid = {1'000'000, 2'000'000};
  ASSERT_TRUE((*transaction)->CreateLink(link).ok());
  ASSERT_TRUE((*transaction)->Commit().ok());
  const auto sum = [&](const std::string& during) {
    return world.Run("CALL algo.degree({during: " + during + "}) YIELD degree RETURN sum(degree)")
        .at(0)
        .at(0)
        .integer();
  };
  EXPECT_EQ(sum("[0, 1000000]"), 0);
  EXPECT_EQ(sum("[0, 1000001]"), 2);
  EXPECT_EQ(sum("[datetime({epochSeconds: 1}), null]"), 2);
  EXPECT_EQ(sum("[2000000, null]"), 0);
}

TEST(LimitsTest, WrongOptionsAreNamed) {
  World world;
  world.Run("CREATE (:V {i: 0})-[:E]->(:V {i: 1})");
  const auto fails = [&](const std::string& call, const std::string& word) {
    const auto rows = world.Try("MATCH (v:V {i: 0}) CALL algo." + call + " RETURN 1");
    EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument) << call;
    EXPECT_NE(std::string(rows.status().message()).find(word), std::string::npos)
        << call << ": " << rows.status();
  };
  fails("pageRank({dampin: 0.5}) YIELD node", "there is no option `dampin`");
  fails("pageRank({damping: 1.5}) YIELD node", "`damping` is 1.5");
  fails("pageRank({damping: 'x'}) YIELD node", "`damping` is a number");
  fails("wcc({direction: 'out'}) YIELD node", "there is no option `direction`");
  fails("degree({direction: 'up'}) YIELD node", "'out', 'in' or 'both'");
  fails("degree({labels: 'V', nodes: 'MATCH (n) RETURN n'}) YIELD node", "not both");
  fails("degree({nodes: 'CREATE (n) RETURN n'}) YIELD node", "reads and returns");
  fails("degree({nodes: 'MATCH (n RETURN n'}) YIELD node", "UnexpectedSyntax");
  fails("degree({nodes: 'RETURN 1'}) YIELD node", "first column is a node");
  fails("bfs(v, {labels: 'Nobody'}) YIELD node", "not among the nodes");
  fails("shortestPath(v, v, {links: 'MATCH (a)-->(b) RETURN a, b'}) YIELD path", "not two nodes");
  // A query within a query within … is refused at some depth, not followed for ever.
  std::string nested = "MATCH (n) RETURN n";
  for (int i = 0; i < 5; ++i) {
    std::string quoted;
    for (const char c : nested)
      quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    nested = "CALL algo.wcc({nodes: '" + quoted + "'}) YIELD node RETURN node";
  }
  const auto rows = world.Try(nested);
  EXPECT_NE(std::string(rows.status().message()).find("nested too deep"), std::string::npos)
      << rows.status();
}

TEST(LimitsTest, MemoryAndRowsAreTheQuerys) {
  World world;
  world.Run("UNWIND range(1, 3000) AS i CREATE (:V {i: i})");
  world.Run("MATCH (v:V) WITH v MATCH (u:V {i: v.i % 100 + 1}) CREATE (v)-[:E]->(u)");
  for (const char* const call : kPerNode) {
    if (std::string(call).find("(v,") != std::string::npos) continue;
    ConnectionOptions options;
    options.limits.bytes = 30'000;
    world.Connect(options);
    const std::string text = "CALL algo." + std::string(call) + " RETURN count(*)";
    EXPECT_EQ(world.Try(text).status().code(), absl::StatusCode::kResourceExhausted) << call;
    options = {};
    options.limits.rows_read = 1000;
    world.Connect(options);
    EXPECT_EQ(world.Try(text).status().code(), absl::StatusCode::kResourceExhausted) << call;
    world.Connect({});
    EXPECT_EQ(world.Run(text).at(0).at(0).integer(), 3000) << call;
  }
}

// Every look at this clock takes a millisecond.
class TickingClock final : public Clock {
 public:
  absl::Time Now() override {
    return absl::FromUnixMillis(ticks_.fetch_add(1, std::memory_order_relaxed));
  }

 private:
  std::atomic<int64_t> ticks_{0};
};

class BareContext final : public functions::EvalContext {
 public:
  explicit BareContext(Clock& clock) : clock_(clock) {}
  absl::StatusOr<std::vector<std::string>> LabelsOf(NodeId) override { return Internal("no"); }
  absl::StatusOr<std::string> TypeNameOf(LinkId) override { return Internal("no"); }
  absl::StatusOr<Ends> EndsOf(LinkId) override { return Internal("no"); }
  absl::StatusOr<ValueMap> PropertiesOf(NodeId) override { return Internal("no"); }
  absl::StatusOr<ValueMap> PropertiesOf(LinkId) override { return Internal("no"); }
  absl::StatusOr<Value> PropertyOf(NodeId, std::string_view) override { return Internal("no"); }
  absl::StatusOr<Value> PropertyOf(LinkId, std::string_view) override { return Internal("no"); }
  absl::StatusOr<int64_t> DegreeOf(NodeId, Ways, std::string_view) override {
    return Internal("no");
  }
  absl::StatusOr<int64_t> PublicIdOf(NodeId) override { return Internal("no"); }
  absl::StatusOr<int64_t> PublicIdOf(LinkId) override { return Internal("no"); }
  absl::Time StatementTime() override { return clock_.Now(); }
  absl::Time TransactionTime() override { return clock_.Now(); }
  absl::Time RealTime() override { return clock_.Now(); }
  double Random() override { return 0; }
  absl::Status Charge(uint64_t) override { return absl::OkStatus(); }

 private:
  Clock& clock_;
};

class WorkersTest : public ::testing::Test {
 protected:
  WorkersTest() : snapshot_(world_.graph().Latest()), eval_(clock_) { SKEIN_CHECK(snapshot_.ok()); }
  procedures::ProcedureContext Context() { return {**snapshot_, viewer_, budget_, eval_}; }

  World world_;
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot_;
  Viewer viewer_ = Viewer::All();
  Budget budget_;
  TickingClock clock_;
  BareContext eval_;
};

TEST_F(WorkersTest, EveryPlaceOnceAndAlwaysInTheSameChunks) {
  procedures::ProcedureContext context = Context();
  procedures::Spending spending(context);
  procedures::Workers workers(spending);
  for (const size_t n : {0u, 1u, 99u, 100u, 101u, 10'000u}) {
    std::vector<std::atomic<int>> hits(n);
    std::atomic<bool> odd{false};
    ASSERT_TRUE(workers
                    .For(n, 100,
                         [&](size_t begin, size_t end) {
                           if (begin % 100 != 0 || (end % 100 != 0 && end != n)) odd = true;
                           for (size_t i = begin; i < end; ++i) ++hits[i];
                         })
                    .ok());
    EXPECT_FALSE(odd);
    EXPECT_TRUE(std::all_of(hits.begin(), hits.end(), [](const auto& h) { return h == 1; }));
  }
}

TEST_F(WorkersTest, StopsWhenCancelledOrOutOfTime) {
  procedures::ProcedureContext context = Context();
  procedures::Spending spending(context);
  procedures::Workers workers(spending);
  std::atomic<int> chunks{0};
  budget_.deadline = absl::FromUnixMillis(50);
  EXPECT_EQ(workers.For(1'000'000, 1, [&](size_t, size_t) { ++chunks; }).code(),
            absl::StatusCode::kDeadlineExceeded);
  budget_.deadline = absl::InfiniteFuture();
  budget_.expired = false;
  chunks = 0;
  EXPECT_EQ(workers
                .For(1'000'000, 1,
                     [&](size_t, size_t) {
                       if (++chunks == 10) budget_.cancelled = true;
                     })
                .code(),
            absl::StatusCode::kCancelled);
  EXPECT_LT(chunks, 10 + 100);
}

TEST_F(WorkersTest, BytesComeBack) {
  budget_.bytes_left = 1000;
  {
    procedures::ProcedureContext context = Context();
    procedures::Spending spending(context);
    EXPECT_TRUE(spending.Take(900).ok());
    EXPECT_EQ(spending.Take(200).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(budget_.bytes_left, 100);
  }
  EXPECT_EQ(budget_.bytes_left, 1000);
}

}  // namespace
}  // namespace skein
