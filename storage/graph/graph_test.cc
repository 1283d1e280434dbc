// The graph's contract on a memory store: what tests/model does not state plainly.
#include "storage/graph/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "storage/base/status.h"
#include "storage/keys/layout.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/twins.h"

namespace skein {
namespace {

#define ASSERT_OK(expr)                              \
  do {                                               \
    const auto& status_ = (expr);                    \
    ASSERT_TRUE(status_.ok()) << status_.ToString(); \
  } while (false)

class GraphTest : public testing::Test {
 protected:
  GraphTest() : store_(MakeMemoryStore()) { Open(); }

  void Open(Executor* executor = nullptr) {
    graph_ = nullptr;
    GraphOptions options;
    options.executor = executor;
    options.recent_bytes = recent_bytes_;
    auto graph = Graph::Open(*store_, options);
    SKEIN_CHECK(graph.ok());
    graph_ = *std::move(graph);
    person_ = *graph_->catalog().InternLabel("Person");
    knows_ = *graph_->catalog().InternLinkType("KNOWS");
    name_ = *graph_->catalog().InternKey("name");
  }

  std::unique_ptr<Transaction> Begin(const Viewer& viewer = Viewer::All(),
                                     const WriteContext& context = {}) {
    auto transaction = graph_->Begin(viewer, context);
    SKEIN_CHECK(transaction.ok());
    return *std::move(transaction);
  }
  std::shared_ptr<const Snapshot> Latest() {
    auto snapshot = graph_->Latest();
    SKEIN_CHECK(snapshot.ok());
    return *std::move(snapshot);
  }
  NodeId Person(Transaction& t, std::string name, std::optional<PolicyId> policy = std::nullopt) {
    NewNode node;
    node.labels = {person_};
    node.properties = {{name_, Value::String(std::move(name))}};
    node.policy = policy;
    return *t.CreateNode(node);
  }
  LinkId Link(Transaction& t, NodeId from, NodeId to, ValidTime valid = {}) {
    NewLink link;
    link.type = knows_;
    link.from = from;
    link.to = to;
    link.valid = valid;
    return *t.CreateLink(link);
  }
  static std::vector<NodeId> Neighbours(const Reader& reader, NodeId of,
                                        const ExpandOptions& options = {},
                                        const Viewer& viewer = Viewer::All()) {
    Budget budget;
    auto cursor = reader.Expand(viewer, {&of, 1}, options, budget);
    SKEIN_CHECK(cursor.ok());
    std::vector<NodeId> out;
    ExpandBatch batch;
    while (*(*cursor)->Next(&batch)) {
      out.insert(out.end(), batch.neighbour.begin(), batch.neighbour.end());
    }
    return out;
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  size_t recent_bytes_ = GraphOptions().recent_bytes;
  LabelId person_{};
  LinkTypeId knows_{};
  KeyId name_{};
};

TEST_F(GraphTest, CommittedDataIsThereAfterReopening) {
  auto t = Begin();
  const NodeId a = Person(*t, "Ada"), b = Person(*t, "Bob");
  const LinkId ab = Link(*t, a, b), loop = Link(*t, a, a);
  EXPECT_EQ(Neighbours(*t, a), (std::vector<NodeId>{b, a}));  // own writes
  EXPECT_TRUE(Neighbours(*Latest(), a).empty());              // nobody else's
  ASSERT_OK(t->Commit().status());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Neighbours(*Latest(), a), (std::vector<NodeId>{b, a}));
    std::vector<LinkEnds> ends;
    const LinkId ids[] = {ab, loop, LinkId{77}};
    ASSERT_OK(Latest()->GetLinkEnds(Viewer::All(), ids, &ends));
    EXPECT_EQ(ends[0].to, b);
    EXPECT_EQ(ends[1].to, a);
    EXPECT_EQ(ends[2].from, kNoNode);
    EXPECT_EQ(*Latest()->CountNodes(Viewer::All(), person_), 2u);
    EXPECT_EQ(*Latest()->CountLinks(Viewer::All(), knows_), 2u);
    Open();
  }
  auto later = Begin();
  EXPECT_GT(Person(*later, "Cyd"), b);
}

TEST_F(GraphTest, HubLinksDoNotConflictButDeletionDoes) {
  auto setup = Begin();
  const NodeId hub = Person(*setup, "hub"), a = Person(*setup, "a"), b = Person(*setup, "b");
  ASSERT_OK(setup->Commit().status());
  auto t1 = Begin(), t2 = Begin(), t3 = Begin(), t4 = Begin();
  Link(*t1, hub, a);
  Link(*t2, hub, b);
  ASSERT_OK(t3->SetNodeProperty(hub, name_, Value::String("renamed")));
  ASSERT_OK(t4->DeleteNode(hub));
  ASSERT_OK(t1->Commit().status());
  ASSERT_OK(t2->Commit().status());
  ASSERT_OK(t3->Commit().status());
  EXPECT_EQ(t4->Commit().status().code(), absl::StatusCode::kAborted);
  auto t5 = Begin(), t6 = Begin();
  const NodeId lone = Person(*t5, "lone");
  ASSERT_OK(t5->Commit().status());
  t5 = Begin();
  t6 = Begin();
  ASSERT_OK(t5->DeleteNode(lone));
  Link(*t6, lone, a);
  ASSERT_OK(t5->Commit().status());
  EXPECT_EQ(t6->Commit().status().code(), absl::StatusCode::kAborted);
}

TEST_F(GraphTest, DeletedNodeMustHaveNoLinks) {
  auto t = Begin();
  const NodeId a = Person(*t, "a"), b = Person(*t, "b");
  const LinkId ab = Link(*t, a, b);
  ASSERT_OK(t->DeleteNode(a));
  EXPECT_EQ(t->Commit().status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_OK(t->DeleteLink(ab));
  ASSERT_OK(t->Commit().status());
  EXPECT_EQ(*Latest()->CountNodes(Viewer::All(), std::nullopt), 1u);
}

TEST_F(GraphTest, FailedStatementLeavesNoTrace) {
  auto t = Begin();
  const NodeId a = Person(*t, "a");
  t->MarkStatement();
  const NodeId b = Person(*t, "b");
  Link(*t, a, b);
  ASSERT_OK(t->SetNodeProperty(a, name_, Value::String("changed")));
  ASSERT_OK(t->RollbackStatement());
  EXPECT_TRUE(Neighbours(*t, a).empty());
  ASSERT_OK(t->Commit().status());
  EXPECT_EQ(*Latest()->CountNodes(Viewer::All(), person_), 1u);
  std::vector<Value> names;
  ASSERT_OK(Latest()->GetNodeProperty(Viewer::All(), {&a, 1}, name_, &names));
  EXPECT_EQ(names[0].string(), "a");
}

TEST_F(GraphTest, UniqueConstraintHoldsWithinAndAcrossTransactions) {
  auto setup = Begin();
  Person(*setup, "Ada");
  ASSERT_OK(setup->Commit().status());
  const IndexInfo wanted{0, "person_name", IndexKind::kUnique, person_, {name_}, false};
  auto index = graph_->CreateIndex(wanted);
  ASSERT_OK(index.status());
  auto t = Begin();
  NewNode again;
  again.labels = {person_};
  again.properties = {{name_, Value::String("Ada")}};
  EXPECT_EQ(t->CreateNode(again).status().code(), absl::StatusCode::kFailedPrecondition);
  auto u = Begin();
  Person(*t, "Bob");
  Person(*u, "Bob");
  ASSERT_OK(t->Commit().status());
  EXPECT_EQ(u->Commit().status().code(), absl::StatusCode::kAborted);
  Budget budget;
  const Value bob = Value::String("Bob");
  auto cursor = Latest()->SeekIndex(Viewer::All(), *index, {&bob, 1}, budget);
  ASSERT_OK(cursor.status());
}

TEST_F(GraphTest, TextSearchFindsChineseByCharacterAndPinyin) {
  auto t = Begin();
  const NodeId zhang = Person(*t, "张伟"), plate = Person(*t, "沪A·12345");
  Person(*t, "Zoe");
  Budget budget;
  for (const bool committed : {false, true}) {
    const auto find = [&](std::string_view text) {
      auto hits = committed ? Latest()->SearchText(Viewer::All(), text, person_, 10, budget)
                            : t->SearchText(Viewer::All(), text, person_, 10, budget);
      SKEIN_CHECK(hits.ok());
      std::vector<NodeId> ids;
      for (const TextHit& hit : *hits) ids.push_back(hit.node);
      return ids;
    };
    for (const char* text : {"张伟", "张", "伟", "zhangwei", "Zhang Wei", "ZW", "zhangw"}) {
      EXPECT_EQ(find(text), std::vector<NodeId>{zhang}) << text;
    }
    for (const char* text : {"沪A12345", "A12345", "沪A1", "12345", "123", "沪a·12"}) {
      EXPECT_EQ(find(text), std::vector<NodeId>{plate}) << text;
    }
    EXPECT_TRUE(find("王").empty());
    if (!committed) {
      ASSERT_OK(t->Commit().status());
    }
  }
}

TEST_F(GraphTest, WholeFrontierIsOneRoundTripAndNoneOnceWarm) {
  auto t = Begin();
  std::vector<NodeId> people;
  people.reserve(500);
  for (int i = 0; i < 500; ++i) people.push_back(Person(*t, "p" + std::to_string(i)));
  for (int i = 0; i < 500; ++i) Link(*t, people[static_cast<size_t>(i)], people[0]);
  ASSERT_OK(t->Commit().status());
  int trips = 0;
  auto slow = MakeSlowStore(std::move(store_), [&trips] { ++trips; });
  auto cold = *Graph::Open(*slow, {});
  auto snapshot = *cold->Latest();
  const auto expand = [&] {
    Budget budget;
    const Viewer all = Viewer::All();  // the cursor borrows it
    auto cursor = *snapshot->Expand(all, people, {}, budget);
    ExpandBatch batch;
    size_t rows = 0;
    while (*cursor->Next(&batch)) rows += batch.size();
    return rows;
  };
  trips = 0;
  EXPECT_EQ(expand(), 999u);
  EXPECT_LE(trips, 1);
  trips = 0;
  EXPECT_EQ(expand(), 999u);
  EXPECT_EQ(trips, 0);
  std::vector<Value> names;
  ASSERT_OK(snapshot->GetNodeProperty(Viewer::All(), people, name_, &names));
  EXPECT_LE(trips, 1);
  snapshot = nullptr;
  cold = nullptr;
  graph_ = nullptr;
  store_ = std::move(slow);
}

TEST_F(GraphTest, BudgetsEndReads) {
  auto t = Begin();
  const NodeId hub = Person(*t, "hub");
  for (int i = 0; i < 50; ++i) Link(*t, hub, hub);
  ASSERT_OK(t->Commit().status());
  auto snapshot = Latest();
  ExpandBatch batch;
  ExpandOptions options;
  options.rows_per_batch = 10;
  Budget rows;
  rows.rows_left = 25;
  const Viewer all = Viewer::All();
  auto cursor = *snapshot->Expand(all, {&hub, 1}, options, rows);
  EXPECT_TRUE(*cursor->Next(&batch));
  EXPECT_TRUE(*cursor->Next(&batch));
  EXPECT_EQ(cursor->Next(&batch).status().code(), absl::StatusCode::kResourceExhausted);
  Budget stopped;
  stopped.cancelled = true;
  std::vector<uint64_t> ids;
  EXPECT_EQ((*snapshot->ScanNodes(all, person_, stopped))->Next(5, &ids).status().code(),
            absl::StatusCode::kCancelled);
  Budget late;
  late.expired = true;
  EXPECT_EQ((*snapshot->ScanLinks(all, {}, late))->Next(5, &ids).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(GraphTest, SightingsAreASet) {
  ASSERT_OK(graph_->catalog().DeclareSightingType(knows_));
  auto t = Begin();
  const NodeId car = Person(*t, "car"), sensor = Person(*t, "sensor");
  const LinkId first = Link(*t, car, sensor, {10, 11});
  EXPECT_EQ(Link(*t, car, sensor, {10, 11}), first);
  EXPECT_NE(Link(*t, car, sensor, {20, 21}), first);
  ASSERT_OK(t->Commit().status());
  t = Begin();
  EXPECT_EQ(Link(*t, car, sensor, {10, 11}), first);
  ASSERT_OK(t->DeleteLink(first));
  const LinkId again = Link(*t, car, sensor, {10, 11});
  EXPECT_NE(again, first);
  ASSERT_OK(t->Commit().status());
  auto u = Begin(), v = Begin();
  Link(*u, car, sensor, {30, 31});
  Link(*v, car, sensor, {30, 31});
  ASSERT_OK(u->Commit().status());
  EXPECT_EQ(v->Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(graph_->Stats()->sightings, 3u);
}

TEST_F(GraphTest, ImportedRowsAreRememberedWithTheirElements) {
  const std::string one(16, '1'), two(16, '2');
  Batch batch;
  batch.source = "cameras";
  batch.file = "a.csv";
  const BatchId id = *graph_->OpenBatch(batch);
  std::vector<std::optional<uint64_t>> found;
  auto t = Begin(Viewer::All(), {kOpenPolicy, id});
  const NodeId node = Person(*t, "Ada");
  ASSERT_OK(graph_->RememberImported(*t, one, Raw(node)));
  ASSERT_OK(graph_->FindImported(std::vector<std::string>{one}, &found));
  EXPECT_EQ(found[0], std::nullopt);  // not before the commit
  ASSERT_OK(t->Commit().status());
  ASSERT_OK(graph_->CloseBatch(id, 1));
  Open();
  ASSERT_OK(graph_->FindImported(std::vector<std::string>{two, one}, &found));
  EXPECT_EQ(found[0], std::nullopt);
  EXPECT_EQ(found[1], Raw(node));
  const Batch stored = *graph_->catalog().GetBatch(id);
  EXPECT_EQ(stored.file, "a.csv");
  EXPECT_TRUE(stored.published);
  EXPECT_EQ(graph_->RememberImported(*Begin(), "short", 1).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(GraphTest, ElementIdsDecodeOnlyWhatCanBe) {
  auto t = Begin();
  const NodeId node = Person(*t, "Ada");
  const LinkId link = Link(*t, node, node);
  ASSERT_OK(t->Commit().status());
  const int64_t outside = graph_->EncodeElementId(node);
  EXPECT_GE(outside, 0);
  EXPECT_EQ(*graph_->DecodeNodeId(outside), node);
  EXPECT_EQ(*graph_->DecodeLinkId(graph_->EncodeElementId(link)), link);
  EXPECT_NE(graph_->EncodeElementId(LinkId{Raw(node)}), outside);
  EXPECT_EQ(graph_->DecodeNodeId(-1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(graph_->DecodeNodeId(outside ^ 1).status().code(), absl::StatusCode::kInvalidArgument);
  const int64_t before = outside;
  Open();
  EXPECT_EQ(graph_->EncodeElementId(node), before);
}

TEST_F(GraphTest, SpacesOfOneStoreDoNotMeet) {
  auto t = Begin();
  Person(*t, "Ada");
  ASSERT_OK(t->Commit().status());
  GraphOptions options;
  options.space = GraphSpace::kSystem;
  auto system = *Graph::Open(*store_, options);
  EXPECT_EQ(system->catalog().label_count(), 0u);
  EXPECT_EQ(*(*system->Latest())->CountNodes(Viewer::All(), std::nullopt), 0u);
}

TEST_F(GraphTest, LargeTransactionsAreRefusedByName) {
  GraphOptions options;
  options.transaction_bytes_max = 1 << 20;
  auto small = *Graph::Open(*store_, options);
  auto t = *small->Begin(Viewer::All(), {});
  absl::Status status = absl::OkStatus();
  for (int i = 0; i < 100'000 && status.ok(); ++i) status = t->CreateNode({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(Message(status).find("1 MiB"), std::string_view::npos);
}

// Writers keep "the hub's number is its degree"; whoever reads, at whatever version, finds it so.
TEST_F(GraphTest, ReadersNeverSeeHalfACommit) {
  auto setup = Begin();
  std::vector<NodeId> hubs;
  for (int i = 0; i < 3; ++i) {
    hubs.push_back(Person(*setup, "hub"));
    ASSERT_OK(setup->SetNodeProperty(hubs.back(), name_, Value::Integer(0)));
  }
  ASSERT_OK(setup->Commit().status());
  std::atomic<int> running{2};
  const auto consistent = [&](const Reader& reader, NodeId hub) {
    Budget budget;
    std::vector<uint64_t> degrees;
    std::vector<Value> numbers;
    ExpandOptions out;
    out.direction = Direction::kOut;
    const Viewer all = Viewer::All();
    SKEIN_CHECK(reader.Degrees(all, {&hub, 1}, out, budget, &degrees).ok());
    SKEIN_CHECK(reader.GetNodeProperty(all, {&hub, 1}, name_, &numbers).ok());
    return static_cast<int64_t>(degrees[0]) == numbers[0].integer();
  };
  const auto write = [&](unsigned seed) {
    for (int done = 0; done < 150;) {
      const NodeId hub = hubs[seed++ % hubs.size()];
      auto t = Begin();
      std::vector<Value> numbers;
      SKEIN_CHECK(t->GetNodeProperty(Viewer::All(), {&hub, 1}, name_, &numbers).ok());
      Link(*t, hub, hubs[0]);
      SKEIN_CHECK(t->SetNodeProperty(hub, name_, Value::Integer(numbers[0].integer() + 1)).ok());
      SKEIN_CHECK(consistent(*t, hub));
      if (t->Commit().ok()) ++done;
    }
    --running;
  };
  const auto read = [&](unsigned seed) {
    std::vector<std::shared_ptr<const Snapshot>> kept(4, Latest());
    while (running > 0) {
      kept[seed % kept.size()] = Latest();
      for (const auto& snapshot : kept) SKEIN_CHECK(consistent(*snapshot, hubs[seed % 3]));
      ++seed;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 2; ++i) threads.emplace_back(write, i);
  for (unsigned i = 0; i < 2; ++i) threads.emplace_back(read, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*Latest()->CountLinks(Viewer::All(), knows_), 300u);
}

// What a look-up found is kept; what changes the index must not be answered from it.
TEST_F(GraphTest, LookupsFollowEveryChangeOfTheIndex) {
  IndexInfo index;
  index.kind = IndexKind::kRange;
  index.label = person_;
  index.keys = {name_};
  const uint32_t id = *graph_->CreateIndex(index);
  Budget budget;
  const auto find = [&](const Reader& reader, const char* name) {
    const Value value = Value::String(name);
    auto cursor = *reader.SeekIndex(Viewer::All(), id, {&value, 1}, budget);
    std::vector<uint64_t> all, ids;
    while (*cursor->Next(10, &ids)) all.insert(all.end(), ids.begin(), ids.end());
    return all.size();
  };
  const auto before = Latest();
  EXPECT_EQ(find(*before, "a"), 0u);
  EXPECT_EQ(find(*before, "a"), 0u);
  auto first = Begin();
  const NodeId a = Person(*first, "a");
  EXPECT_EQ(find(*first, "a"), 1u);
  EXPECT_EQ(find(*Latest(), "a"), 0u);
  ASSERT_OK(first->Commit().status());
  EXPECT_EQ(find(*before, "a"), 0u);
  const auto with_a = Latest();
  EXPECT_EQ(find(*with_a, "a"), 1u);
  EXPECT_EQ(find(*before, "a"), 0u);
  auto second = Begin();
  ASSERT_OK(second->SetNodeProperty(a, name_, Value::String("b")));
  ASSERT_OK(second->Commit().status());
  EXPECT_EQ(find(*Latest(), "a"), 0u);
  EXPECT_EQ(find(*Latest(), "b"), 1u);
  EXPECT_EQ(find(*with_a, "a"), 1u);
  EXPECT_EQ(find(*with_a, "b"), 0u);
  auto third = Begin();
  ASSERT_OK(third->DeleteNode(a));
  ASSERT_OK(third->Commit().status());
  EXPECT_EQ(find(*Latest(), "b"), 0u);
}

TEST_F(GraphTest, TimeKeyHoldsUntilAWriteBreaksIt) {
  const KeyId ts = *graph_->catalog().InternKey("ts");
  ASSERT_OK(graph_->DeclareTimeKey(knows_, ts, TimeUnit::kSeconds));
  ASSERT_TRUE(graph_->catalog().GetTimeKey(knows_).has_value());
  NewLink link;
  link.type = knows_;
  {
    auto t = Begin();
    link.from = Person(*t, "a");
    link.to = Person(*t, "b");
    link.properties = {{ts, Value::Integer(-7)}};
    link.valid = {-7'000'000, kTimeMax};
    ASSERT_OK(t->CreateLink(link).status());
    link.properties.clear();
    link.valid = {};
    ASSERT_OK(t->CreateLink(link).status());
    ASSERT_OK(t->Commit().status());
  }
  const auto kept = graph_->catalog().GetTimeKey(knows_);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept.value_or(TimeKey{}).key, ts);
  Open();
  EXPECT_EQ(graph_->catalog().GetTimeKey(knows_), kept);
  const uint64_t epoch = graph_->catalog().time_key_epoch();
  link.properties = {{ts, Value::Integer(5)}};
  link.valid = {5'000'001, 5'000'001};
  {
    auto rolled_back = Begin();
    ASSERT_OK(rolled_back->CreateLink(link).status());
  }
  EXPECT_TRUE(graph_->catalog().GetTimeKey(knows_).has_value());
  auto t = Begin();
  ASSERT_OK(t->CreateLink(link).status());
  ASSERT_OK(t->Commit().status());
  EXPECT_FALSE(graph_->catalog().GetTimeKey(knows_).has_value());
  EXPECT_NE(graph_->catalog().time_key_epoch(), epoch);
  // For ever, also where no link is left.
  ASSERT_OK(graph_->DeclareTimeKey(knows_, ts, TimeUnit::kSeconds));
  Open();
  EXPECT_FALSE(graph_->catalog().GetTimeKey(knows_).has_value());
}

TEST_F(GraphTest, TimeKeyIsNotDeclaredOverLinks) {
  const KeyId ts = *graph_->catalog().InternKey("ts");
  auto t = Begin();
  Link(*t, Person(*t, "a"), Person(*t, "b"));
  ASSERT_OK(t->Commit().status());
  ASSERT_OK(graph_->DeclareTimeKey(knows_, ts, TimeUnit::kMicros));
  EXPECT_FALSE(graph_->catalog().GetTimeKey(knows_).has_value());
}

TEST_F(GraphTest, TimeKeySpellsDateTimesAndMillis) {
  const KeyId ts = *graph_->catalog().InternKey("ts");
  const LinkTypeId local = *graph_->catalog().InternLinkType("LOCAL");
  const LinkTypeId millis = *graph_->catalog().InternLinkType("MILLIS");
  ASSERT_OK(graph_->DeclareTimeKey(local, ts, TimeUnit::kLocalDateTime));
  ASSERT_OK(graph_->DeclareTimeKey(millis, ts, TimeUnit::kMillis));
  auto t = Begin();
  NewLink link;
  link.from = Person(*t, "a");
  link.to = Person(*t, "b");
  link.type = local;
  link.properties = {{ts, Value::Of(LocalDateTime{-2, 999'999'000})}};
  link.valid = {-1'000'001, -1'000'001};
  ASSERT_OK(t->CreateLink(link).status());
  link.type = millis;
  link.properties = {{ts, Value::Integer(-1001)}};
  link.valid = {-1'001'000, kTimeMax};
  ASSERT_OK(t->CreateLink(link).status());
  ASSERT_OK(t->Commit().status());
  EXPECT_TRUE(graph_->catalog().GetTimeKey(local).has_value());
  EXPECT_TRUE(graph_->catalog().GetTimeKey(millis).has_value());
  auto other = Begin();
  link.valid = {-1'001'001, kTimeMax};
  ASSERT_OK(other->CreateLink(link).status());
  ASSERT_OK(other->Commit().status());
  EXPECT_FALSE(graph_->catalog().GetTimeKey(millis).has_value());
}

TEST_F(GraphTest, ListsThatManyCommitsAddToAreFolded) {
  recent_bytes_ = 1;
  Open();
  NodeId hub{};
  {
    auto t = Begin();
    hub = Person(*t, "hub");
    ASSERT_OK(t->Commit().status());
  }
  std::vector<LinkId> links;
  const auto before = Latest();
  for (int i = 0; i < 200; ++i) {
    auto t = Begin();
    links.push_back(Link(*t, hub, Person(*t, "other")));
    if (i % 10 == 9) ASSERT_OK(t->DeleteLink(links[static_cast<size_t>(i - 5)]));
    ASSERT_OK(t->Commit().status());
  }
  const auto view = *store_->Latest();
  for (const Table table : {Table::kAdjacency, Table::kLinks}) {
    EXPECT_LT((*ScanPrefix(*store_, *view, table, "")).size(), 110U) << TableName(table);
  }
  EXPECT_EQ(Neighbours(*Latest(), hub).size(), 180U);
  EXPECT_EQ(Neighbours(*before, hub).size(), 0U);
  Open();
  EXPECT_EQ(Neighbours(*Latest(), hub).size(), 180U);
  EXPECT_EQ(*Latest()->CountLinks(Viewer::All(), knows_), 180U);
}

TEST_F(GraphTest, ALinkMadeAndDeletedIsBackInItsListsAfterARollback) {
  auto t = Begin();
  const NodeId a = Person(*t, "a"), b = Person(*t, "b");
  const LinkId link = Link(*t, a, b);
  t->MarkStatement();
  ASSERT_OK(t->DeleteLink(link));
  EXPECT_TRUE(Neighbours(*t, a).empty());  // lists are asked for now
  ASSERT_OK(t->RollbackStatement());
  EXPECT_EQ(Neighbours(*t, a), (std::vector<NodeId>{b}));
  EXPECT_EQ(Neighbours(*t, b).size(), 1U);
}

// A hub of which base, folds and single commits speak: however it is read, it is one list.
TEST_F(GraphTest, AHubIsReadAsOneListWhileItGrowsAndChanges) {
  recent_bytes_ = 1000;
  Open();
  NodeId hub{};
  std::vector<LinkId> links;
  {
    auto t = Begin();
    hub = Person(*t, "hub");
    for (int i = 0; i < 3000; ++i) {
      links.push_back(Link(*t, hub, Person(*t, "other"), {i * 10, kTimeMax}));
    }
    ASSERT_OK(t->Commit().status());
  }
  std::set<LinkId> alive(links.begin(), links.end());
  std::map<LinkId, TimeUs> from;
  for (size_t i = 0; i < links.size(); ++i) from[links[i]] = static_cast<TimeUs>(i) * 10;
  const auto past = Latest();
  for (int i = 0; i < 300; ++i) {
    auto t = Begin();
    const TimeUs at = i * 97 % 30'000;
    const LinkId added = Link(*t, hub, Person(*t, "late"), {at, kTimeMax});
    links.push_back(added);
    alive.insert(added);
    from[added] = at;
    const LinkId any = links[static_cast<size_t>(i) * 7919 % links.size()];
    if (alive.contains(any) && any != added) {
      if (i % 3 == 0) {
        ASSERT_OK(t->DeleteLink(any));
        alive.erase(any);
      } else if (i % 3 == 1) {
        ASSERT_OK(t->SetLinkValid(any, {at + 5, kTimeMax}));
        from[any] = at + 5;
      }
    }
    ASSERT_OK(t->Commit().status());
    if (i % 50 == 49) Open();
    if (i % 10 != 9) continue;
    const auto now = Latest();
    Budget budget;
    for (const ValidTime window : {ValidTime{}, ValidTime{5000, 5300}, ValidTime{0, 1}}) {
      ExpandOptions options;
      options.by_start = true;
      options.window = window;
      options.links = true;
      const auto cursor = now->Expand(Viewer::All(), {&hub, 1}, options, budget);
      ASSERT_OK(cursor.status());
      std::vector<std::pair<TimeUs, LinkId>> wanted, got;
      for (const LinkId link : alive) {
        const TimeUs f = from[link];
        if (f >= window.from && f < window.to) wanted.emplace_back(f, link);
      }
      std::sort(wanted.begin(), wanted.end());
      ExpandBatch batch;
      while (*(*cursor)->Next(&batch)) {
        for (const LinkId link : batch.link) got.emplace_back(from[link], link);
      }
      ASSERT_EQ(got, wanted) << i;
      std::vector<uint64_t> degree;
      ASSERT_OK(now->Degrees(Viewer::All(), {&hub, 1}, options, budget, &degree));
      ASSERT_EQ(degree[0], wanted.size());
    }
  }
  EXPECT_EQ(Neighbours(*past, hub).size(), 3000U);
  // Its list was not written anew for a few links: the first chunk is there still.
  const auto view = *store_->Latest();
  const auto rows = *ScanPrefix(*store_, *view, Table::kAdjacency,
                                Layout(SpaceId::kUsers).Adjacency(Raw(hub) / 64));
  EXPECT_GT(rows.size(), 1U);
  EXPECT_LT(rows.size(), 50U);
}

// Each opening sees a few commits only, as the program's command line makes them.
TEST_F(GraphTest, ChunksOfManyOpeningsAreFoldedToo) {
  recent_bytes_ = 1;
  Open();
  NodeId hub{};
  {
    auto t = Begin();
    hub = Person(*t, "hub");
    for (int i = 0; i < 500; ++i) Link(*t, hub, Person(*t, "other"), {i, kTimeMax});
    ASSERT_OK(t->Commit().status());
  }
  for (int i = 0; i < 200; ++i) {
    const auto executor = MakeSeededExecutor(1);
    Open(executor.get());
    auto t = Begin();
    Link(*t, hub, Person(*t, "late"), {i, kTimeMax});
    ASSERT_OK(t->Commit().status());
    ASSERT_EQ(Neighbours(*Latest(), hub).size(), 501U + static_cast<size_t>(i));
    executor->Drain();
    ASSERT_EQ(Neighbours(*Latest(), hub).size(), 501U + static_cast<size_t>(i));
    graph_ = nullptr;
  }
  const auto view = *store_->Latest();
  const auto rows = *ScanPrefix(*store_, *view, Table::kAdjacency,
                                Layout(SpaceId::kUsers).Adjacency(Raw(hub) / 64));
  EXPECT_LT(rows.size(), 80U);
}

}  // namespace
}  // namespace skein
