// Rewrites on against off, over random graphs and statements; see README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "query/rewrite/rewrite.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

using Dice = std::mt19937_64;

uint64_t Below(Dice& dice, uint64_t n) { return dice() % n; }
bool Chance(Dice& dice, int percent) { return Below(dice, 100) < static_cast<uint64_t>(percent); }
std::string OneOf(Dice& dice, std::initializer_list<const char*> texts) {
  return *(texts.begin() + Below(dice, texts.size()));
}

constexpr int64_t kTimes = 12;  // of links, in seconds
constexpr int64_t kMicros = 1'000'000;

// Types T and U keep their time key (moments and open ends), V has none, W's is broken by a write.
class World {
 public:
  explicit World(uint64_t seed) : dice_(seed), store_(MakeMemoryStore()) {
    users_ = *Graph::Open(*store_, {.space = GraphSpace::kUsers});
    system_ = *Graph::Open(*store_, {.space = GraphSpace::kSystem});
    Catalog& catalog = users_->catalog();
    for (const char* name : {"A", "B"}) labels_.push_back(*catalog.InternLabel(name));
    for (const char* name : {"T", "U", "V", "W"}) types_.push_back(*catalog.InternLinkType(name));
    i_ = *catalog.InternKey("i");
    ts_ = *catalog.InternKey("ts");
    hidden_ = *catalog.InternPolicy({.owner_unit = "x", .compartment = "", .handling_code = ""});
    SKEIN_CHECK(users_->DeclareTimeKey(types_[0], ts_, TimeUnit::kSeconds).ok());
    SKEIN_CHECK(users_->DeclareTimeKey(types_[1], ts_, TimeUnit::kSeconds).ok());
    SKEIN_CHECK(users_->DeclareTimeKey(types_[3], ts_, TimeUnit::kSeconds).ok());
    Fill();
    for (const LabelId label : labels_) {
      IndexInfo index;
      index.kind = IndexKind::kRange;
      index.label = label;
      index.keys = {i_};
      SKEIN_CHECK(users_->CreateIndex(index).ok());
    }
    engine_ = *Engine::Create(*users_, *system_, {});
  }

  Dice& dice() { return dice_; }
  int64_t nodes() const { return nodes_; }
  Graph& graph() { return *users_; }

  // Rows as sorted texts, or the error's code and message.
  std::vector<std::string> Rows(const std::string& text, const ValueMap& parameters,
                                std::vector<std::string> off, uint32_t batch_rows, bool sees_all) {
    ConnectionOptions options;
    options.sandbox = true;
    options.rewrites_off = std::move(off);
    options.batch_rows = batch_rows;
    options.limits.rows_read = 200'000;  // trails explode
    if (!sees_all) options.viewer = Viewer::Of({});
    auto connection = *engine_->Connect(options);
    auto cursor = connection->Run(text, parameters);
    if (!cursor.ok()) return {"error " + std::string(Message(cursor.status()))};
    std::vector<std::string> out;
    std::vector<std::vector<Value>> rows;
    for (;;) {
      const auto more = (*cursor)->Next(100, &rows);
      if (!more.ok()) return {"error " + std::string(Message(more.status()))};
      if (!*more) break;
      for (const auto& row : rows) {
        std::string line;
        for (const Value& v : row) line += ToLiteral(v) + " | ";
        out.push_back(std::move(line));
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  void Fill() {
    auto t = *users_->Begin(Viewer::All(), {});
    nodes_ = 2 + static_cast<int64_t>(Below(dice_, 9));
    std::vector<NodeId> ids;
    for (int64_t n = 0; n < nodes_; ++n) {
      NewNode node;
      for (const LabelId label : labels_) {
        if (Chance(dice_, 60)) node.labels.push_back(label);
      }
      node.properties = {{i_, Value::Integer(n)}};
      if (Chance(dice_, 10)) node.policy = hidden_;
      ids.push_back(*t->CreateNode(node));
    }
    for (uint64_t n = Below(dice_, 20); n > 0; --n) {
      NewLink link;
      const uint64_t type = Below(dice_, types_.size());
      link.type = types_[type];
      link.from = ids[Below(dice_, ids.size())];
      link.to = ids[Below(dice_, ids.size())];
      if (Chance(dice_, 10)) link.policy = hidden_;
      if (!Chance(dice_, 10)) {
        const int64_t time = static_cast<int64_t>(Below(dice_, kTimes));
        link.properties = {{ts_, Value::Integer(time)}};
        link.valid = {time * kMicros, type == 0 ? time * kMicros : kTimeMax};
        if (type == 2) link.valid = {};
        if (type == 3) link.valid.from += 1;
      }
      SKEIN_CHECK(t->CreateLink(link).ok());
    }
    SKEIN_CHECK(t->Commit().ok());
  }

  Dice dice_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  std::vector<LabelId> labels_;
  std::vector<LinkTypeId> types_;
  KeyId i_{}, ts_{};
  PolicyId hidden_{};
  int64_t nodes_ = 0;
};

std::string Types(Dice& dice) {
  return OneOf(dice, {":T", ":U", ":T|U", ":T|U", ":V", ":T|V", ":W", "", ":T|U|W"});
}

std::string Hops(Dice& dice) {
  return OneOf(dice, {"*..5", "*1..2", "*1..3", "*0..2", "*2..3", "*..4", "*0..0", "*1"});
}

std::string Between(Dice& dice, const std::string& link) {
  switch (Below(dice, 6)) {
    case 0:
      return link + ".ts >= $x AND " + link + ".ts < $y";
    case 1:
      return "$x < " + link + ".ts <= $y";
    case 2:
      return link + ".ts = $x";
    case 3:
      return link + ".ts > $y OR " + link + ".ts < $x";
    case 4:
      return link + ".ts < $y";
    default:
      return link + ".ts >= $x AND " + link + ".ts <> $y";
  }
}

// (left)-[inside]-(right) in some direction.
std::string Link(Dice& dice, const std::string& left, const std::string& inside,
                 const std::string& right) {
  const uint64_t way = Below(dice, 4);
  return "(" + left + ")" + (way == 0 ? "<-[" : "-[") + inside + (way == 1 ? "]->(" : "]-(") +
         right + ")";
}

std::string Start(Dice& dice) {
  return OneOf(dice, {"a {i: $i}", "a:A {i: $i}", "a:A|B {i: $i}", "a:A|B {i: $i}", "a", "a:B"});
}

std::string Walk(Dice& dice) {
  std::string inside = "r" + Types(dice) + Hops(dice);
  if (Chance(dice, 30)) inside += " WHERE " + Between(dice, "r");
  std::string text = "MATCH " + Link(dice, Start(dice), inside, "b");
  std::string where;
  const auto add = [&where](const std::string& e) { where += (where.empty() ? "" : " AND ") + e; };
  if (Chance(dice, 40)) add("b <> a");
  if (Chance(dice, 20)) add("b:A");
  if (Chance(dice, 30)) {
    add(OneOf(dice, {"all", "none"}) + "(l IN r WHERE " + Between(dice, "l") + ")");
  }
  if (!where.empty()) text += " WHERE " + where;
  return text + OneOf(dice, {" RETURN count(DISTINCT b)", " RETURN count(DISTINCT b)",
                             " RETURN DISTINCT b.i", " RETURN a.i, count(DISTINCT b)",
                             " RETURN count(*)", " RETURN count(DISTINCT a), count(DISTINCT b)"});
}

std::string PathPredicate(Dice& dice) {
  return "MATCH p = " + Link(dice, Start(dice), Types(dice) + Hops(dice), "b") +
         " WHERE all(l IN " + "relationships(p) WHERE " + Between(dice, "l") +
         ") RETURN count(*), count(DISTINCT b)";
}

std::string Hop(Dice& dice) {
  std::string text = "MATCH " + Link(dice, Start(dice), "r" + Types(dice), "b");
  if (Chance(dice, 70)) text += " WHERE " + Between(dice, "r");
  return text +
         OneOf(dice, {" RETURN a.i, b.i, r.ts", " RETURN count(r)", " RETURN count(*)",
                      " RETURN a.i, count(b)", " RETURN max(r.ts), count(r.ts)",
                      " WITH DISTINCT r RETURN r.ts", " RETURN b.i, sum(r.ts)",
                      " OPTIONAL MATCH (b)-[q:U]->(c) WHERE q.ts > r.ts RETURN b.i, c.i, q.ts"});
}

std::string Degree(Dice& dice) {
  return "MATCH " + Link(dice, Start(dice), "r" + Types(dice), "b") +
         OneOf(dice, {" RETURN count(r)", " RETURN count(*) AS n, count(b) AS m",
                      " RETURN a.i, count(*)", " RETURN a, count(r) ORDER BY a.i",
                      " WITH a, count(*) AS n WHERE n > 1 RETURN count(a)"});
}

std::string Meeting(Dice& dice) {
  return "MATCH (a)-[r" + Types(dice) + "]->(m)<-[s" + Types(dice) +
         "]-(b) WHERE s.ts >= r.ts - $d AND s.ts <= r.ts + $d" +
         OneOf(dice, {"", " AND a <> b", " AND r.ts >= $x"}) +
         OneOf(dice, {" RETURN a.i, b.i, count(DISTINCT m), min(s.ts)",
                      " WITH b, count(DISTINCT m) AS n WHERE n >= 2 RETURN count(*)"});
}

std::string Shortest(Dice& dice) {
  std::string inside = Types(dice) + OneOf(dice, {"*", "*..2", "*0..3", "*1..4"});
  if (Chance(dice, 30)) inside = "r" + inside + " WHERE " + Between(dice, "r");
  std::string text = "MATCH (a {i: $i}), (b {i: $j}) MATCH p = " +
                     OneOf(dice, {"shortestPath(", "shortestPath(", "allShortestPaths("}) +
                     Link(dice, "a", inside, "b") + ")";
  if (Chance(dice, 30))
    text += " WHERE all(l IN relationships(p) WHERE " + Between(dice, "l") + ")";
  return text + " RETURN length(p), [l IN relationships(p) | l.ts]";
}

std::string Count(Dice& dice) {
  return "MATCH ()-[r" + Types(dice) + "]->()" + OneOf(dice, {"", " WHERE r.ts >= $x"}) +
         " RETURN count(r)";
}

std::string Cycle(Dice& dice) {
  const std::string hop = Types(dice);
  std::string text = "MATCH " + Link(dice, Start(dice), "r" + hop, "b") + ", " +
                     Link(dice, "b", "s" + Types(dice), "c") + ", " +
                     Link(dice, "a", "t" + hop, "c");
  if (Chance(dice, 40)) text += ", " + Link(dice, "c", Types(dice), "d") + ", (a)--(d)";
  if (Chance(dice, 30)) text += " WHERE c:A";
  return text +
         OneOf(dice, {" RETURN count(*)", " RETURN a.i, b.i, c.i", " RETURN r.ts, s.ts, t.ts",
                      " RETURN a.i, count(DISTINCT c)", " RETURN DISTINCT b.i, c.i"});
}

std::string Late(Dice& dice) {
  return OneOf(dice, {"MATCH (a)-[r]->(b) WITH a, b, r WHERE a.i = $i RETURN b.i, r.ts",
                      "MATCH (a) WITH a WHERE a:A AND a.i >= $i RETURN a.i",
                      "MATCH (a:A) MATCH (a)--(b) WHERE a.i = $i RETURN b.i",
                      "MATCH (a) OPTIONAL MATCH (a)-->(b) WITH a, b WHERE a.i = $j RETURN a.i, b.i",
                      "MATCH (a) UNWIND [1, 2] AS x WITH a, x WHERE a.i IN [0, 1, 2] RETURN a.i, x",
                      "MATCH (a)-[r]->(b) RETURN a.i AS i, b.i AS j, r.ts AS t, labels(b) AS l "
                      "ORDER BY i, j, t LIMIT 3",
                      "MATCH (a) WHERE EXISTS { (a)-[:T]->() } RETURN a.i",
                      "MATCH (a) WHERE NOT (a)<-[:T|V]-() OR (a)--() RETURN a.i",
                      "MATCH (a) RETURN a.i, COUNT { (a)-[:T|U]-() } AS n ORDER BY n, a.i LIMIT 3",
                      "MATCH (a:A) WITH a, size([(a)-[:T]->(b)<-[:U]-(c) | c.i]) AS n WHERE n > 0 "
                      "RETURN a.i, n",
                      "MATCH (a) WITH a, [(a)-->(b) | b.i] AS l RETURN size(l), sum(size([(a)--(b) "
                      "WHERE b.i > $i | 1]))",
                      "MATCH (a) WHERE EXISTS { (a)-[:T]->(:A {i: $i}) } RETURN a.i",
                      "MATCH (a:A) WHERE EXISTS { (a)-[r:T|U]-(b:B) WHERE r.ts >= $x } RETURN a.i",
                      "MATCH (a:A)-[r]->(b) WHERE NOT EXISTS { (b)-->()-->(c) WHERE c.i = $j } "
                      "RETURN a.i, r.ts",
                      "OPTIONAL MATCH (a {i: $i})-->(b) WITH b WHERE NOT EXISTS { (b)--(:A) } "
                      "RETURN b.i",
                      "MATCH (a)-->(b) WHERE EXISTS { (a)-[:T*1..2]->(b)-->(:B) } RETURN a.i, b.i",
                      "MATCH (a:A) CALL (a) { MATCH (a)--(b) WHERE EXISTS { (b)-->(:B {i: $j}) } "
                      "RETURN count(b) AS n } RETURN a.i, n",
                      "MATCH (a:A)-->(b)-->(c)-->(d:B) RETURN a.i, d.i",
                      "MATCH (a {i: $i})-->(b)--(c)<--(d {i: $j}) RETURN b.i, c.i"});
}

std::string AnyStatement(Dice& dice) {
  switch (Below(dice, 13)) {
    case 0:
    case 1:
    case 2:
      return Walk(dice);
    case 3:
      return PathPredicate(dice);
    case 4:
      return Hop(dice);
    case 5:
      return Degree(dice);
    case 6:
      return Meeting(dice);
    case 7:
      return Shortest(dice);
    case 8:
    case 9:
      return Cycle(dice);
    case 10:
    case 11:
      return Late(dice);
    default:
      return Count(dice);
  }
}

Value AnyTime(Dice& dice) {
  const auto time = static_cast<int64_t>(Below(dice, kTimes + 2)) - 1;
  switch (Below(dice, 12)) {
    case 0:
      return Value::Float(static_cast<double>(time) + 0.5);
    case 1:
      return Value::Float(static_cast<double>(time));
    case 2:
      return Value();
    case 3:
      return Chance(dice, 50) ? Value::String("3") : Value::Integer(INT64_MAX);
    case 4:
      return Chance(dice, 50) ? Value::Float(1e300) : Value::Integer(INT64_MIN);
    default:
      return Value::Integer(time);
  }
}

void RunSeed(uint64_t seed) {
  World world(seed);
  Dice& dice = world.dice();
  for (int n = 0; n < 12; ++n) {
    const std::string text = AnyStatement(dice);
    ValueMap parameters;
    parameters.emplace_back("d", Value::Integer(static_cast<int64_t>(Below(dice, 4))));
    parameters.emplace_back(
        "i",
        Value::Integer(static_cast<int64_t>(Below(dice, static_cast<uint64_t>(world.nodes())))));
    parameters.emplace_back(
        "j",
        Value::Integer(static_cast<int64_t>(Below(dice, static_cast<uint64_t>(world.nodes())))));
    parameters.emplace_back("x", AnyTime(dice));
    parameters.emplace_back("y", AnyTime(dice));
    const bool sees_all = Chance(dice, 70);
    const auto expected = world.Rows(text, parameters, {"*"}, 2048, sees_all);
    if (!expected.empty() && expected[0].find("rows") != std::string::npos) continue;  // the limit
    std::vector<std::vector<std::string>> offs = {{}};
    for (const rewrite::Pass& pass : rewrite::All()) offs.push_back({std::string(pass.name)});
    for (const std::string_view name : rewrite::PlannerSwitches()) {
      offs.push_back({std::string(name)});
    }
    for (const auto& off : offs) {
      for (const uint32_t batch_rows : {1u, 2048u}) {
        const auto got = world.Rows(text, parameters, off, batch_rows, sees_all);
        if (!got.empty() && got[0].find("budget is spent") != std::string::npos) continue;
        std::string given;
        for (const auto& [name, value] : parameters) given += name + "=" + ToLiteral(value) + " ";
        ASSERT_EQ(got, expected) << "SKEIN_REWRITES_SEED=" << seed << "\n"
                                 << text << "\n"
                                 << given << "\noff: " << (off.empty() ? "none" : off[0])
                                 << "; batches of " << batch_rows;
      }
    }
  }
}

// A plan that rests on a time key is not used once a write has broken it, in a transaction that has
// written neither; one that was open before the key was declared does not use it at all.
TEST(Rewrites, PlansEndWithTheTimeKeyTheyRestOn) {
  const auto store = MakeMemoryStore();
  const auto users = *Graph::Open(*store, {.space = GraphSpace::kUsers});
  const auto system = *Graph::Open(*store, {.space = GraphSpace::kSystem});
  const LinkTypeId type = *users->catalog().InternLinkType("T");
  const KeyId ts = *users->catalog().InternKey("ts");
  const auto engine = *Engine::Create(*users, *system, {});
  ConnectionOptions options;
  options.sandbox = true;
  const auto connection = *engine->Connect(options);
  const auto count = [&] {
    auto cursor =
        *connection->Run("MATCH ()-[r:T]->() WHERE r.ts >= 5 RETURN count(r.ts) AS n", ValueMap{});
    std::vector<std::vector<Value>> rows;
    EXPECT_TRUE(cursor->Next(10, &rows).ok());
    return rows.at(0).at(0).integer();
  };
  const auto add = [&](int64_t time, TimeUs from) {
    auto t = *users->Begin(Viewer::All(), {});
    NewLink link;
    link.type = type;
    link.from = *t->CreateNode({});
    link.to = *t->CreateNode({});
    link.properties = {{ts, Value::Integer(time)}};
    link.valid = {from, kTimeMax};
    EXPECT_TRUE(t->CreateLink(link).ok());
    EXPECT_TRUE(t->Commit().ok());
  };
  ASSERT_TRUE(connection->Begin().ok());
  EXPECT_EQ(count(), 0);
  ASSERT_TRUE(users->DeclareTimeKey(type, ts, TimeUnit::kSeconds).ok());
  ASSERT_TRUE(connection->Run("CREATE ()-[:T {ts: 9}]->()", {}).ok());
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(connection->Rollback().ok());
  add(7, 7 * kMicros);
  add(3, 3 * kMicros);
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(connection->Begin().ok());
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(connection->Run("CREATE ()-[:T {ts: 9}]->()", {}).ok());
  EXPECT_EQ(count(), 2);
  ASSERT_TRUE(connection->Rollback().ok());
  EXPECT_EQ(count(), 1);
  add(8, 0);
  EXPECT_EQ(count(), 2);
}

TEST(Rewrites, GiveTheRowsOfPlansWithoutThem) {
  if (const char* seed = std::getenv("SKEIN_REWRITES_SEED"); seed != nullptr) {
    return RunSeed(std::strtoull(seed, nullptr, 10));
  }
  const uint64_t worlds = std::getenv("SKEIN_NIGHTLY") != nullptr ? 30'000 : 300;
  for (uint64_t seed = 1; seed <= worlds && !testing::Test::HasFatalFailure(); ++seed)
    RunSeed(seed);
}

}  // namespace
}  // namespace skein
