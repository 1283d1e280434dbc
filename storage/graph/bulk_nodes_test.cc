// Bulk loads of nodes: row by row what transactions write, all of it or none.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/graph/records.h"
#include "storage/keys/layout.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/twins.h"

namespace skein {
namespace {

// A graph with unique, range and text indexes, and some nodes of its own.
struct World {
  explicit World(std::shared_ptr<FaultPlan> plan = nullptr) : store(MakeMemoryStore()) {
    if (plan != nullptr) store = MakeFaultyStore(std::move(store), plan);
    graph = *Graph::Open(*store, {});
    Catalog& catalog = graph->catalog();
    for (const char* name : {"Person", "Suspect", "Place"}) {
      labels.push_back(*catalog.InternLabel(name));
    }
    for (const char* name : {"id", "name", "alias", "age"}) {
      keys.push_back(*catalog.InternKey(name));
    }
    policies = {kOpenPolicy, *catalog.InternPolicy({"unit1", "", ""}),
                *catalog.InternPolicy({"unit2", "", "secret"})};
    Batch batch;
    batch.source = "test";
    batch.file = "people.csv";
    context.batch = *graph->OpenBatch(batch);
    Declare(IndexKind::kUnique, {keys[0]});
    Declare(IndexKind::kRange, {keys[1], keys[3]});
    Declare(IndexKind::kText, {keys[1]});
  }
  void Declare(IndexKind kind, std::vector<KeyId> of) {
    IndexInfo index;
    index.name = "index" + std::to_string(graph->catalog().Indexes().size());
    index.kind = kind;
    index.label = labels[0];
    index.keys = std::move(of);
    SKEIN_CHECK(graph->CreateIndex(index).ok());
  }
  NewNode Person(int64_t id) const {
    NewNode node;
    node.labels = {labels[0]};
    node.properties = {{keys[0], Value::Integer(id)}};
    node.row = static_cast<uint32_t>(id) + 1;
    return node;
  }
  // With all kinds of values, absent ones, and texts in common.
  NewNode Any(int64_t id, std::mt19937_64* dice) const {
    const char* names[] = {"Ann Lee", "李雷", "Zoë", "沪A·12345", "ann"};
    NewNode node = Person(id);
    if ((*dice)() % 3 == 0) node.labels.push_back(labels[(*dice)() % 3]);
    if ((*dice)() % 9 == 0) node.labels = {labels[2]};
    if ((*dice)() % 4 != 0) {
      node.properties.emplace_back(keys[1], Value::String(names[(*dice)() % 5]));
    }
    if ((*dice)() % 5 == 0) {
      node.properties.emplace_back(
          keys[2], Value::List({Value::String(names[(*dice)() % 5]), Value::String("ann lee")}));
    }
    if ((*dice)() % 3 == 0) {
      node.properties.emplace_back(keys[3],
                                   Value::Integer(static_cast<int64_t>((*dice)() % 3 * 6000)));
    }
    if ((*dice)() % 4 == 0) node.properties.emplace_back(keys[1], Value());
    if ((*dice)() % 3 == 0) node.policy = policies[(*dice)() % policies.size()];
    if ((*dice)() % 6 == 0) node.valid = {5, 9};
    return node;
  }

  // All rows of what is derived, and the records without their stamps; of texts the folded rows.
  std::string Rows() {
    SKEIN_CHECK(graph->Compact().ok());
    const auto view = *store->Latest();
    std::string all;
    for (const Table table : {Table::kNodes, Table::kLabels, Table::kIndex, Table::kText,
                              Table::kImports, Table::kStats}) {
      const auto rows = ScanPrefix(*store, *view, table, Layout(SpaceId::kUsers).Space());
      SKEIN_CHECK(rows.ok());
      for (auto [key, value] : *rows) {
        if (table == Table::kNodes) value.erase(kStampAt, 8);
        if (table == Table::kText) key.resize(key.size() - 8);  // without the chunk
        all += internal::Join(TableName(table), " ", key, " = ", value, "\n");
      }
    }
    return all;
  }
  uint64_t Count() const { return *(*graph->Latest())->CountNodes(Viewer::All(), std::nullopt); }

  std::unique_ptr<Store> store;
  std::unique_ptr<Graph> graph;
  WriteContext context;
  std::vector<LabelId> labels;
  std::vector<KeyId> keys;
  std::vector<PolicyId> policies;
};

std::string IdentityOf(int64_t id) {
  std::string text = std::to_string(id * 7919);
  text.resize(16, 'x');
  return text;
}

TEST(BulkNodesTest, WritesWhatTransactionsWrite) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    World one, bulk;
    std::mt19937_64 dice(seed), same(seed);
    auto load = *bulk.graph->BeginBulkNodes(bulk.context);
    int64_t id = 0;
    for (int part = 0; part < 3; ++part) {
      auto t = *one.graph->Begin(Viewer::All(), one.context);
      for (const int64_t end = id + 400; id < end; ++id) {
        const auto made = t->CreateNode(one.Any(id, &dice));
        ASSERT_TRUE(made.ok()) << Message(made.status());
        const auto added =
            load->Add(bulk.Any(id, &same), id % 10 == 0 ? std::string() : IdentityOf(id));
        ASSERT_TRUE(added.ok());
        ASSERT_EQ(*added, *made);
        if (id % 10 != 0) {
          ASSERT_TRUE(one.graph->RememberImported(*t, IdentityOf(id), Raw(*made)).ok());
        }
        // What is changed while it waits.
        const NodeId before{Raw(*made) - Raw(*made) % 400 / 2};
        if (id % 7 != 0 || !load->Has(before)) continue;
        NodeChange change;
        change.source = {bulk.context.batch, 77};
        change.labels = {one.labels[1]};
        change.properties = {
            {one.keys[1], Value::String("a longer name than it had " + std::to_string(id))},
            {one.keys[3], Value()}};
        change.valid = ValidTime{1, id + 2};
        ASSERT_TRUE(load->Change(before, change).ok());
        t->SetProvenanceRow(77);
        ASSERT_TRUE(t->AddLabel(before, one.labels[1]).ok());
        for (const auto& [key, value] : change.properties) {
          ASSERT_TRUE(t->SetNodeProperty(before, key, value).ok());
        }
        ASSERT_TRUE(t->SetNodeValid(before, *change.valid).ok());
      }
      ASSERT_TRUE(t->Commit().ok());
      const absl::Status committed = load->Commit();
      ASSERT_TRUE(committed.ok()) << Message(committed);
      EXPECT_EQ(load->size(), 0u);
    }
    ASSERT_EQ(bulk.Rows(), one.Rows()) << "seed " << seed;
  }
}

TEST(BulkNodesTest, FindsOnlyWhatWaits) {
  World world;
  auto load = *world.graph->BeginBulkNodes(world.context);
  const NodeId first = *load->Add(world.Person(1), {});
  auto t = *world.graph->Begin(Viewer::All(), world.context);
  const NodeId other = *t->CreateNode(world.Person(2));
  const NodeId second = *load->Add(world.Person(3), {});
  EXPECT_TRUE(load->Has(first));
  EXPECT_FALSE(load->Has(other));
  EXPECT_EQ(load->Get(second).properties[0].value.integer(), 3);
  EXPECT_EQ(world.Count(), 0u);
  ASSERT_TRUE(load->Commit().ok());
  EXPECT_FALSE(load->Has(first));
  EXPECT_EQ(world.Count(), 2u);
}

TEST(BulkNodesTest, AKeyIsTakenOnceAUnit) {
  World world;
  const auto load_two = [&world](int64_t a, int64_t b, PolicyId policy_b) {
    auto load = *world.graph->BeginBulkNodes(world.context);
    NewNode second = world.Person(b);
    second.policy = policy_b;
    SKEIN_CHECK(load->Add(world.Person(a), {}).ok() && load->Add(second, {}).ok());
    return load->Commit();
  };
  EXPECT_EQ(load_two(1, 1, kOpenPolicy).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(world.Count(), 0u);
  EXPECT_TRUE(load_two(1, 1, world.policies[1]).ok());
  const absl::Status taken = load_two(2, 1, kOpenPolicy);
  EXPECT_EQ(taken.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(Message(taken)).find("{id: 1}"), std::string::npos) << Message(taken);
  EXPECT_TRUE(load_two(2, 1, world.policies[2]).ok());
  EXPECT_EQ(world.Count(), 4u);
}

TEST(BulkNodesTest, WhoLookedBeforeTriesAgain) {
  World world;
  auto merge = *world.graph->Begin(Viewer::All(), world.context);
  ASSERT_TRUE(merge->CreateNode(world.Person(1)).ok());
  auto link_maker = *world.graph->Begin(Viewer::All(), world.context);
  auto load = *world.graph->BeginBulkNodes(world.context);
  ASSERT_TRUE(load->Add(world.Person(1), {}).ok());
  ASSERT_TRUE(load->Commit().ok());
  EXPECT_EQ(merge->Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(link_maker->Commit().ok());
  auto again = *world.graph->Begin(Viewer::All(), world.context);
  EXPECT_EQ(again->CreateNode(world.Person(1)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(BulkNodesTest, LookUpsSeeWhatCame) {
  World world;
  const auto find = [&world] {
    const auto snapshot = *world.graph->Latest();
    const Value one[] = {Value::Integer(1)};
    Budget budget;
    std::vector<uint64_t> ids;
    const auto cursor =
        *snapshot->SeekIndex(Viewer::All(), world.graph->catalog().Indexes()[0].id, one, budget);
    SKEIN_CHECK(cursor->Next(10, &ids).ok());
    return ids.size();
  };
  const Version before = (*world.graph->Latest())->version();
  EXPECT_EQ(find(), 0u);
  auto load = *world.graph->BeginBulkNodes(world.context);
  ASSERT_TRUE(load->Add(world.Person(1), {}).ok());
  EXPECT_EQ(find(), 0u);
  ASSERT_TRUE(load->Commit().ok());
  EXPECT_EQ(find(), 1u);
  // And the past does not.
  const auto past = *world.graph->AsOf(before);
  Budget budget;
  std::vector<uint64_t> ids;
  ASSERT_TRUE((*past->ScanNodes(Viewer::All(), std::nullopt, budget))->Next(10, &ids).ok());
  EXPECT_TRUE(ids.empty());
}

TEST(BulkNodesTest, AFailedStoreStoresNothing) {
  auto plan = std::make_shared<FaultPlan>();
  World world(plan);
  auto load = *world.graph->BeginBulkNodes(world.context);
  for (int64_t id = 0; id < 100; ++id) ASSERT_TRUE(load->Add(world.Person(id), {}).ok());
  plan->kind = FaultPlan::Kind::kNoSpace;
  plan->fail_at = plan->calls.load();
  plan->sticky = true;
  EXPECT_FALSE(load->Commit().ok());
  plan->fail_at = -1;
  EXPECT_EQ(world.Count(), 0u);
  EXPECT_EQ(load->size(), 100u);
  EXPECT_TRUE(load->Commit().ok());
  EXPECT_EQ(world.Count(), 100u);
}

}  // namespace
}  // namespace skein
