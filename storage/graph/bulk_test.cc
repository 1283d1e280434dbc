// Bulk loads: the same graph as by transactions, all of it or none.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/twins.h"

namespace skein {
namespace {

using Row = std::tuple<uint32_t, uint64_t, uint64_t, bool, int64_t, int64_t>;

// One graph with n people, two types of links and one of sightings.
struct World {
  explicit World(uint64_t n, std::shared_ptr<FaultPlan> plan = nullptr) : store(MakeMemoryStore()) {
    if (plan != nullptr) store = MakeFaultyStore(std::move(store), plan);
    Open();
    knows = *graph->catalog().InternLinkType("KNOWS");
    seen = *graph->catalog().InternLinkType("SEEN_AT");
    SKEIN_CHECK(graph->catalog().DeclareSightingType(seen).ok());
    weight = *graph->catalog().InternKey("w");
    Batch batch;
    batch.source = "test";
    batch.file = "links.csv";
    context.batch = *graph->OpenBatch(batch);
    auto t = *graph->Begin(Viewer::All(), context);
    NewNode node;
    node.labels = {*graph->catalog().InternLabel("Person")};
    for (uint64_t i = 0; i < n; ++i) nodes.push_back(*t->CreateNode(node));
    SKEIN_CHECK(t->Commit().ok());
  }
  void Open() {
    graph = nullptr;
    auto opened = Graph::Open(*store, {});
    SKEIN_CHECK(opened.ok());
    graph = *std::move(opened);
  }

  // Everything an expansion says of all people; links by rank, as their ids may differ.
  std::vector<Row> All(const ExpandOptions& wanted = {}) const {
    ExpandOptions options = wanted;
    options.links = options.type = options.outgoing = options.valid = true;
    auto snapshot = *graph->Latest();
    Budget budget;
    const Viewer viewer = Viewer::All();
    auto cursor = *snapshot->Expand(viewer, nodes, options, budget);
    std::vector<Row> rows;
    ExpandBatch batch;
    while (*cursor->Next(&batch)) {
      std::vector<Value> weights;
      SKEIN_CHECK(snapshot->GetLinkProperty(viewer, batch.link, weight, &weights).ok());
      for (size_t i = 0; i < batch.size(); ++i) {
        rows.emplace_back(batch.source[i], Raw(batch.neighbour[i]), Raw(batch.type[i]),
                          batch.outgoing[i] != 0, batch.valid[i].from,
                          weights[i].is_null() ? -1 : weights[i].integer());
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  uint64_t Count() const { return *(*graph->Latest())->CountLinks(Viewer::All(), std::nullopt); }

  std::unique_ptr<Store> store;
  std::unique_ptr<Graph> graph;
  WriteContext context;
  std::vector<NodeId> nodes;
  LinkTypeId knows{}, seen{};
  KeyId weight{};
};

// Links among n people, hubs and loops and equal sightings among them.
std::vector<NewLink> AnyLinks(const World& world, uint64_t seed, size_t n) {
  std::mt19937_64 dice(seed);
  std::vector<NewLink> links;
  for (size_t i = 0; i < n; ++i) {
    NewLink link;
    link.type = dice() % 3 == 0 ? world.seen : world.knows;
    link.from = world.nodes[dice() % 4 == 0 ? 0 : dice() % world.nodes.size()];
    link.to = world.nodes[dice() % world.nodes.size()];
    const auto at = static_cast<TimeUs>(dice() % 50) * 1'000'000;
    link.valid = {at, link.type == world.seen ? at : kTimeMax};
    if (dice() % 5 != 0) {
      link.properties = {{world.weight, Value::Integer(static_cast<int64_t>(dice() % 3))}};
    }
    link.row = static_cast<uint32_t>(i + 1);
    links.push_back(std::move(link));
  }
  return links;
}

void LoadOneByOne(World* world, const std::vector<NewLink>& links) {
  auto t = *world->graph->Begin(Viewer::All(), world->context);
  for (const NewLink& link : links) SKEIN_CHECK(t->CreateLink(link).ok());
  SKEIN_CHECK(t->Commit().ok());
}

TEST(BulkTest, MakesWhatTransactionsMake) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    World one(100), bulk(100);
    auto load = *bulk.graph->BeginBulk(bulk.context);
    uint64_t links = 0, sightings = 0, unchanged = 0, n = 0;
    for (uint64_t part = 0; part < 3; ++part) {
      const std::vector<NewLink> some = AnyLinks(one, seed * 10 + part, 3000);
      n += some.size();
      LoadOneByOne(&one, some);
      for (const NewLink& link : some) ASSERT_TRUE(load->Add(link, {}).ok());
      const auto result = load->Commit();
      ASSERT_TRUE(result.ok()) << Message(result.status());
      links += result->links;
      sightings += result->sightings;
      unchanged += result->sightings_unchanged;
      EXPECT_EQ(load->size(), 0U);
    }
    EXPECT_EQ(links + sightings + unchanged, n);
    EXPECT_GT(unchanged, 0U);
    EXPECT_EQ(one.Count(), bulk.Count());
    EXPECT_EQ(bulk.Count(), links + sightings);
    ASSERT_EQ(one.All(), bulk.All()) << "seed " << seed;
    ASSERT_TRUE(bulk.graph->Compact().ok());
    bulk.Open();
    ASSERT_EQ(one.All(), bulk.All()) << "folded, seed " << seed;
    ExpandOptions window;
    window.window = {10'000'000, 20'000'000};
    window.types = {one.seen};
    ASSERT_EQ(one.All(window), bulk.All(window));
    window.by_start = true;
    window.types = {one.knows};
    ASSERT_EQ(one.All(window), bulk.All(window));
    ASSERT_FALSE(bulk.All(window).empty());
  }
}

TEST(BulkTest, TransactionsSeeSightingsOfABulkLoad) {
  World world(4);
  NewLink link;
  link.type = world.seen;
  link.from = world.nodes[0];
  link.to = world.nodes[1];
  link.valid = {5'000'000, 5'000'000};
  auto load = *world.graph->BeginBulk(world.context);
  ASSERT_TRUE(load->Add(link, {}).ok());
  ASSERT_TRUE(load->Commit().ok());
  auto t = *world.graph->Begin(Viewer::All(), world.context);
  bool existed = false;
  ASSERT_TRUE(t->CreateLink(link, &existed).ok());
  EXPECT_TRUE(existed);
  link.valid = {6'000'000, 6'000'000};
  ASSERT_TRUE(t->CreateLink(link, &existed).ok());
  EXPECT_FALSE(existed);
  ASSERT_TRUE(t->CreateLink(link, &existed).ok());
  EXPECT_TRUE(existed);
  ASSERT_TRUE(t->Commit().ok());
  EXPECT_EQ(world.Count(), 2U);
}

TEST(BulkTest, IdentitiesAreKnownAfterwards) {
  World world(10);
  auto load = *world.graph->BeginBulk(world.context);
  std::mt19937_64 dice(3);
  std::vector<std::string> identities;
  for (const NewLink& link : AnyLinks(world, 1, 2000)) {
    std::string identity;
    for (int k = 0; k < 16; ++k) identity.push_back(static_cast<char>(dice()));
    ASSERT_TRUE(load->Add(link, identity).ok());
    identities.push_back(identity);
  }
  std::vector<uint8_t> found;
  ASSERT_TRUE(world.graph->FindLoadedInBulk(identities, &found).ok());
  EXPECT_EQ(found[0], 0);
  ASSERT_TRUE(load->Commit().ok());
  identities.emplace_back("never loaded yet");
  world.Open();
  ASSERT_TRUE(world.graph->FindLoadedInBulk(identities, &found).ok());
  for (size_t i = 0; i + 1 < found.size(); ++i) ASSERT_EQ(found[i], 1) << i;
  EXPECT_EQ(found.back(), 0);
}

TEST(BulkTest, AnEndThatIsNoMoreStoresNothing) {
  World world(10);
  auto load = *world.graph->BeginBulk(world.context);
  for (const NewLink& link : AnyLinks(world, 1, 100)) ASSERT_TRUE(load->Add(link, {}).ok());
  auto t = *world.graph->Begin(Viewer::All(), world.context);
  ASSERT_TRUE(t->DeleteNode(world.nodes[0]).ok());
  ASSERT_TRUE(t->Commit().ok());
  EXPECT_EQ(load->Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(world.Count(), 0U);
}

TEST(BulkTest, AFailedStoreStoresNothing) {
  auto plan = std::make_shared<FaultPlan>();
  World world(10, plan);
  auto load = *world.graph->BeginBulk(world.context);
  for (const NewLink& link : AnyLinks(world, 1, 100)) ASSERT_TRUE(load->Add(link, {}).ok());
  plan->kind = FaultPlan::Kind::kNoSpace;
  plan->fail_at = plan->calls.load();
  plan->sticky = true;
  EXPECT_FALSE(load->Commit().ok());
  plan->fail_at = -1;
  EXPECT_EQ(world.Count(), 0U);
  EXPECT_TRUE(world.All().empty());
}

}  // namespace
}  // namespace skein
