// Every kind of damage is planted through the Store, seen, and, where it is derived, repaired.
#include "storage/care/verify.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "storage/base/status.h"
#include "storage/care/digest.h"
#include "storage/fusion/assertion.h"
#include "storage/graph/adjacency_page.h"
#include "storage/graph/graph.h"
#include "storage/graph/link_page.h"
#include "storage/graph/recent/link_run.h"
#include "storage/history/history_log.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

constexpr int kPeople = 150;  // three pages of adjacency

class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() : store_(MakeMemoryStore()) { Fill(); }

  void Refill(size_t recent_bytes) {
    recent_bytes_ = recent_bytes;
    store_ = MakeMemoryStore();
    nodes_.clear();
    links_.clear();
    Fill();
    sound_ = *GraphDigest(*store_);
  }
  void Fill() {
    GraphOptions options;
    options.recent_bytes = recent_bytes_;
    auto graph = *Graph::Open(*store_, options);
    auto system = *Graph::Open(*store_, {.space = GraphSpace::kSystem});
    Catalog& catalog = graph->catalog();
    person_ = *catalog.InternLabel("Person");
    knows_ = *catalog.InternLinkType("KNOWS");
    seen_ = *catalog.InternLinkType("SEEN_AT");
    ASSERT_TRUE(catalog.DeclareSightingType(seen_).ok());
    name_ = *catalog.InternKey("name");
    number_ = *catalog.InternKey("number");
    at_ = *catalog.InternKey("at");
    unit_ = *catalog.InternPolicy({"unit1", "", ""});
    ASSERT_TRUE(graph->DeclareTimeKey(seen_, at_, TimeUnit::kSeconds).ok());
    Batch batch;
    batch.source = "test";
    const BatchId id = *graph->OpenBatch(batch);
    IndexInfo unique{0, "numbers", IndexKind::kUnique, person_, {number_}, false};
    unique_ = *graph->CreateIndex(unique);
    IndexInfo range{0, "names", IndexKind::kRange, person_, {name_, number_}, false};
    range_ = *graph->CreateIndex(range);
    auto t = *graph->Begin(Viewer::All(), {kOpenPolicy, id});
    for (int i = 0; i < kPeople; ++i) {
      NewNode node;
      node.labels = {person_};
      node.properties = {{name_, Value::String("Ada " + std::to_string(i))},
                         {number_, Value::Integer(10'000 + i)}};
      if (i % 5 == 0) node.policy = unit_;
      nodes_.push_back(*t->CreateNode(node));
      ASSERT_TRUE(graph->RememberImported(*t, Identity(i), Raw(nodes_.back())).ok());
    }
    for (int i = 0; i < 4 * kPeople; ++i) {
      NewLink link;
      link.type = i % 4 == 0 ? seen_ : knows_;
      link.from = nodes_[static_cast<size_t>(i * 7 % kPeople)];
      link.to = nodes_[static_cast<size_t>(i * 31 % kPeople)];
      link.valid.from = int64_t{i} * 1'000'000;
      link.valid.to = i % 4 == 0 ? link.valid.from : kTimeMax;
      link.properties = {{at_, Value::Integer(i)}};
      links_.push_back(*t->CreateLink(link));
    }
    const auto asserted =
        Assert(*t, Viewer::All(), {.a = nodes_[0], .b = nodes_[1], .basis = "test"}, 1);
    ASSERT_TRUE(asserted.ok());
    ASSERT_TRUE(t->Commit().ok());
    auto bulk = *graph->BeginBulk({kOpenPolicy, id});
    NewLink loaded;
    loaded.type = knows_;
    loaded.from = nodes_[2];
    loaded.to = nodes_[3];
    ASSERT_TRUE(bulk->Add(loaded, Identity(9999)).ok());
    ASSERT_TRUE(bulk->Commit().ok());
    auto log = *HistoryLog::Open(*store_, "audit");
    for (const char* entry : {"one", "two", "three"}) ASSERT_TRUE(log->Append(entry).ok());
  }
  static std::string Identity(int i) {
    std::string identity = "identity" + std::to_string(100'000'00 + i);
    identity.resize(16, '.');
    return identity;
  }

  // All rows of a table of the users' graph, or of the store.
  std::vector<std::pair<std::string, std::string>> Rows(Table table, const std::string& prefix) {
    return *ScanPrefix(*store_, **store_->Latest(), table, prefix);
  }
  std::string Get(Table table, const std::string& key) {
    return **GetOne(*store_, **store_->Latest(), table, key);
  }
  void Change(const std::function<void(WriteBatch*)>& change) {
    WriteBatch batch((*store_->Latest())->version());
    change(&batch);
    ASSERT_TRUE(store_->Commit(batch).ok());
  }
  void Put(Table table, const std::string& key, const std::string& value) {
    Change([&](WriteBatch* batch) { batch->PutUnguarded(table, key, value); });
  }
  void Delete(Table table, const std::string& key) {
    Change([&](WriteBatch* batch) { batch->DeleteUnguarded(table, key); });
  }
  VerifyReport Verify() {
    lines_.clear();
    VerifyOptions options;
    options.show = [this](const Finding& finding) { lines_.push_back(FindingText(finding)); };
    options.memory_bytes = memory_bytes_;
    auto report = VerifyStore(*store_, options);
    SKEIN_CHECK(report.ok());
    return *report;
  }
  std::string Lines() const {
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }
  // Seen as `kind`, and gone after a repair that leaves the graph as it was before the damage.
  void ExpectRepaired(FindingKind kind) {
    const VerifyReport report = Verify();
    EXPECT_GT(report.found.count(kind), 0U) << FindingName(kind) << "\n" << Lines();
    EXPECT_EQ(report.found.record_damage(), 0U) << Lines();
    VerifyOptions options;
    options.memory_bytes = memory_bytes_;
    const auto repaired = RepairStore(*store_, options);
    ASSERT_TRUE(repaired.ok()) << repaired.status();
    EXPECT_FALSE(repaired->refused);
    EXPECT_GT(repaired->pages + repaired->rows + repaired->counters, 0U);
    EXPECT_TRUE(repaired->after.clean());
    EXPECT_TRUE(Verify().clean()) << Lines();
    EXPECT_EQ(*GraphDigest(*store_), sound_);
  }
  // Seen as `kind`; a repair leaves everything as it is.
  void ExpectRecordDamage(FindingKind kind) {
    const VerifyReport report = Verify();
    EXPECT_GT(report.found.count(kind), 0U) << FindingName(kind) << "\n" << Lines();
    EXPECT_GT(report.found.record_damage(), 0U);
    const std::string before = *StoreDigest(*store_);
    const auto repaired = RepairStore(*store_, {});
    ASSERT_TRUE(repaired.ok()) << repaired.status();
    EXPECT_TRUE(repaired->refused);
    EXPECT_EQ(*StoreDigest(*store_), before);
  }
  void SetUp() override {
    sound_ = *GraphDigest(*store_);
    ASSERT_TRUE(Verify().clean()) << Lines();
  }

  const Layout users_{SpaceId::kUsers};
  size_t recent_bytes_ = 1;  // into pages with every commit
  std::unique_ptr<Store> store_;
  size_t memory_bytes_ = size_t{1} << 20;
  LabelId person_{};
  LinkTypeId knows_{}, seen_{};
  KeyId name_{}, number_{}, at_{};
  PolicyId unit_{};
  uint32_t unique_ = 0, range_ = 0;
  std::vector<NodeId> nodes_;
  std::vector<LinkId> links_;
  std::vector<std::string> lines_;
  std::string sound_;
};

TEST_F(VerifyTest, CountsWhatItLookedAt) {
  const VerifyReport report = Verify();
  EXPECT_EQ(report.checked.nodes, uint64_t{kPeople});
  EXPECT_EQ(report.checked.links, uint64_t{4 * kPeople + 1});
  EXPECT_EQ(report.checked.sightings, uint64_t{kPeople});
  EXPECT_EQ(report.checked.adjacency_entries, uint64_t{8 * kPeople + 2});
  EXPECT_EQ(report.checked.adjacency_pages, 3U);
  EXPECT_EQ(report.checked.labels, uint64_t{kPeople});
  EXPECT_EQ(report.checked.index_entries, uint64_t{2 * kPeople});
  EXPECT_GT(report.checked.postings, uint64_t{2 * kPeople});
  EXPECT_EQ(report.checked.identities, uint64_t{kPeople + 1});
  EXPECT_EQ(report.checked.assertions, 1U);
  EXPECT_EQ(report.checked.log_entries, 3U);
  EXPECT_TRUE(report.complete);
}

TEST_F(VerifyTest, AdjacencyChunkGoneIsSeenAndRebuilt) {
  Delete(Table::kAdjacency, Rows(Table::kAdjacency, users_.Adjacency(1))[0].first);
  ExpectRepaired(FindingKind::kAdjacency);
}

TEST_F(VerifyTest, AdjacencyThatDoesNotDecodeIsSeenAndRebuilt) {
  const auto row = Rows(Table::kAdjacency, users_.Adjacency(0))[0];
  Put(Table::kAdjacency, row.first, row.second.substr(0, row.second.size() / 2));
  ExpectRepaired(FindingKind::kAdjacency);
}

TEST_F(VerifyTest, AdjacencyThatSaysSomethingElseIsSeenAndRebuilt) {
  const auto row = Rows(Table::kAdjacency, users_.Adjacency(0))[0];
  VertexEntries vertex{nodes_[7], kOpenPolicy, {}};
  AdjacencyChunk::Read(row.second)->AllEntries(nodes_[7], &vertex.entries);
  ASSERT_FALSE(vertex.entries.empty());
  const AdjacencyEntry sound = vertex.entries[0];
  const std::vector<std::function<void(AdjacencyEntry*)>> wrongs = {
      [](AdjacencyEntry* e) { e->valid.from = 5; },
      [](AdjacencyEntry* e) { e->valid.to = 1'000'000'000'000; },
      [](AdjacencyEntry* e) { e->neighbour = NodeId{Raw(e->neighbour) + 1}; },
      [](AdjacencyEntry* e) { e->type = LinkTypeId{Raw(e->type) == 0 ? 1U : 0U}; },
      [this](AdjacencyEntry* e) { e->policy = unit_; },
      [this](AdjacencyEntry* e) {
        e->neighbour_policy = e->neighbour_policy == unit_ ? kOpenPolicy : unit_;
      },
      [](AdjacencyEntry* e) { e->gone = true; },
  };
  for (const auto& wrong : wrongs) {
    vertex.entries = {sound};
    wrong(&vertex.entries[0]);
    Put(Table::kAdjacency, users_.Adjacency(0, 900), EncodeAdjacencyChunk({&vertex, 1}, 0));
    ExpectRepaired(FindingKind::kAdjacency);
  }
  // The policy of the vertex itself, for the visibility of its links.
  vertex.policy = unit_;
  vertex.entries = {sound};
  Put(Table::kAdjacency, users_.Adjacency(0, 900), EncodeAdjacencyChunk({&vertex, 1}, 0));
  ExpectRepaired(FindingKind::kAdjacency);
}

TEST_F(VerifyTest, AdjacencyOfALinkThatIsNotThereIsSeenAndDropped) {
  VertexEntries vertex{nodes_[7], kOpenPolicy, {}};
  AdjacencyEntry entry;
  entry.link = LinkId{Raw(links_[0]) + 100'000};
  entry.neighbour = nodes_[8];
  entry.outgoing = true;
  vertex.entries = {entry};
  Put(Table::kAdjacency, users_.Adjacency(0, 900), EncodeAdjacencyChunk({&vertex, 1}, 0));
  ExpectRepaired(FindingKind::kAdjacency);
  // Of a vertex far beyond all others: a window of its own.
  vertex.vertex = NodeId{uint64_t{1} << 40};
  Put(Table::kAdjacency, users_.Adjacency(AdjacencyPageOf(vertex.vertex), 900),
      EncodeAdjacencyChunk({&vertex, 1}, 0));
  ExpectRepaired(FindingKind::kAdjacency);
}

// What commits said of links and no page has yet.
TEST_F(VerifyTest, RunsAreCheckedWithThePagesTheyBelongTo) {
  Refill(GraphOptions().recent_bytes);
  const auto runs = Rows(Table::kAdjacency, users_.Runs());
  ASSERT_FALSE(runs.empty());
  EXPECT_TRUE(Rows(Table::kAdjacency, users_.Adjacency(1)).size() <= 1);  // the bulk load's
  EXPECT_TRUE(VerifyStore(*store_, {})->clean());
  Put(Table::kAdjacency, runs[0].first, runs[0].second.substr(0, runs[0].second.size() / 2));
  ExpectRepaired(FindingKind::kAdjacency);
  EXPECT_TRUE(Rows(Table::kAdjacency, users_.Runs()).empty());  // in pages, all of it
}

TEST_F(VerifyTest, ARunGoneIsSeenAndRebuilt) {
  Refill(GraphOptions().recent_bytes);
  Delete(Table::kAdjacency, Rows(Table::kAdjacency, users_.Runs())[0].first);
  ExpectRepaired(FindingKind::kAdjacency);
}

TEST_F(VerifyTest, ARunThatSaysSomethingElseIsSeenAndRebuilt) {
  Refill(GraphOptions().recent_bytes);
  const auto row = Rows(Table::kAdjacency, users_.Runs())[0];
  std::optional<LinkRun> run = DecodeRun(TrailingId(row.first), row.second);
  ASSERT_TRUE(run);
  ++run->links[0].valid.from;
  // Of a vertex far beyond all others: a window of its own.
  run->links[1].to = NodeId{uint64_t{1} << 40};
  Put(Table::kAdjacency, row.first, EncodeRun(run->links, Raw(run->at)));
  ExpectRepaired(FindingKind::kAdjacency);
}

// As a crash in the midst of folding leaves it.
TEST_F(VerifyTest, RunsThatAreFoldedInPartAreRight) {
  Refill(GraphOptions().recent_bytes);
  const auto view = *store_->Latest();
  const StoredRuns stored = *ReadRuns(*store_, *view, users_);
  ASSERT_EQ(stored.runs.size(), 1U);
  const auto halves = stored.Halves();
  ASSERT_GT(halves.size(), 2U);
  Put(Table::kAdjacency, users_.Adjacency(0, stored.runs[0].number),
      ChunkOfHalves(0, halves.at(0)));
  Put(Table::kAdjacency, users_.RunsFolded(), EncodeRunsFolded({1, {stored.runs[0].number}}));
  EXPECT_TRUE(VerifyStore(*store_, {})->clean());
  const std::string before = *GraphDigest(*store_);
  const auto graph = *Graph::Open(*store_, {});
  ASSERT_TRUE(graph->Compact().ok());
  EXPECT_TRUE(VerifyStore(*store_, {})->clean());
  EXPECT_EQ(*GraphDigest(*store_), before);
}

TEST_F(VerifyTest, StrangeKeysOfDerivedTablesAreSeenAndDropped) {
  Put(Table::kAdjacency, users_.Space() + "abc", "x");
  ExpectRepaired(FindingKind::kAdjacency);
  Put(Table::kLabels, users_.Space() + "abc", "x");
  ExpectRepaired(FindingKind::kLabel);
  Put(Table::kIndex, users_.Index(range_) + "abc", "x");
  ExpectRepaired(FindingKind::kIndex);
  Put(Table::kText, users_.Space() + "x", "x");
  ExpectRepaired(FindingKind::kText);
  Put(Table::kStats, users_.Space() + "zz", EncodeCounter(1));
  ExpectRepaired(FindingKind::kCounter);
}

TEST_F(VerifyTest, LabelsAreSeenAndRepaired) {
  Delete(Table::kLabels, users_.Label(person_, nodes_[70]));
  ExpectRepaired(FindingKind::kLabel);
  Put(Table::kLabels, users_.Label(person_, NodeId{777}), std::string(1, '\0'));
  ExpectRepaired(FindingKind::kLabel);
  Put(Table::kLabels, users_.Label(person_, nodes_[70]), std::string(1, '\0'));
  ExpectRepaired(FindingKind::kLabel);
}

TEST_F(VerifyTest, IndexEntriesAreSeenAndRepaired) {
  for (const uint32_t index : {unique_, range_}) {
    const auto rows = Rows(Table::kIndex, users_.Index(index));
    Delete(Table::kIndex, rows[3].first);
    ExpectRepaired(FindingKind::kIndex);
    std::string superfluous = rows[3].first;
    superfluous[superfluous.size() - 9] ^= 1;
    Put(Table::kIndex, superfluous, rows[3].second);
    ExpectRepaired(FindingKind::kIndex);
    Put(Table::kIndex, rows[3].first, std::string(1, rows[3].second[0] == 0 ? '\1' : '\0'));
    ExpectRepaired(FindingKind::kIndex);
  }
}

TEST_F(VerifyTest, EntriesOfADroppedIndexAreALeftoverThatARepairRemoves) {
  Put(Table::kIndex, users_.Index(77) + "abcdefghi", "x");
  const VerifyReport report = Verify();
  EXPECT_TRUE(report.clean()) << Lines();
  EXPECT_EQ(report.found.count(FindingKind::kLeftover), 1U);
  EXPECT_EQ(RepairStore(*store_, {})->rows, 1U);
  EXPECT_EQ(Verify().found.count(FindingKind::kLeftover), 0U);
}

TEST_F(VerifyTest, TextIsSeenAndRepaired) {
  const auto rows = Rows(Table::kText, users_.Space());
  Delete(Table::kText, rows[rows.size() / 2].first);
  ExpectRepaired(FindingKind::kText);
  const auto again = Rows(Table::kText, users_.Space());
  Put(Table::kText, again[again.size() / 3].first, "\x09junk");
  ExpectRepaired(FindingKind::kText);
  memory_bytes_ = 4096;  // several parts
  for (size_t i = 0; i < again.size(); i += 3) Delete(Table::kText, again[i].first);
  ExpectRepaired(FindingKind::kText);
}

TEST_F(VerifyTest, PostingsThatNoLongerHoldAreNoDamage) {
  {
    auto graph = *Graph::Open(*store_, {});
    auto t = *graph->Begin(Viewer::All(), {});
    ASSERT_TRUE(t->SetNodeProperty(nodes_[4], name_, Value::String("Grace")).ok());
    ASSERT_TRUE(t->Commit().ok());
  }
  const VerifyReport report = Verify();
  EXPECT_TRUE(report.clean()) << Lines();
  EXPECT_GT(report.found.count(FindingKind::kStalePosting), 0U);
}

TEST_F(VerifyTest, CountersAreSeenAndRepaired) {
  for (const auto& [key, value] : Rows(Table::kStats, users_.Space())) {
    Change([&](WriteBatch* batch) { batch->Add(Table::kStats, key, -3); });
    ExpectRepaired(FindingKind::kCounter);
  }
  Change(
      [&](WriteBatch* batch) { batch->Add(Table::kStats, users_.NodeCount(44, kOpenPolicy), 1); });
  ExpectRepaired(FindingKind::kCounter);
}

TEST_F(VerifyTest, MarksBehindTheIdsInUseAreSeenAndRaised) {
  Put(Table::kMeta, users_.Meta("next_node"), EncodeCounter(kPeople - 1));
  ExpectRepaired(FindingKind::kMark);
  Put(Table::kMeta, users_.Meta("next_chunk"), EncodeCounter(1));
  ExpectRepaired(FindingKind::kMark);
  std::string row = users_.Meta("next_row");
  AppendBe32(&row, static_cast<uint32_t>(Raw(links_[0]) >> 32));
  Put(Table::kMeta, row, EncodeCounter(5));
  ExpectRepaired(FindingKind::kMark);
}

TEST_F(VerifyTest, SmallMemoryTakesWindowsAndSeesTheSame) {
  memory_bytes_ = 1024;  // one page of nodes a window
  EXPECT_TRUE(Verify().clean()) << Lines();
  Delete(Table::kAdjacency, Rows(Table::kAdjacency, users_.Adjacency(2))[0].first);
  Delete(Table::kLabels, users_.Label(person_, nodes_[1]));
  ExpectRepaired(FindingKind::kAdjacency);
}

TEST_F(VerifyTest, LinesAreBoundedAndAllIsCounted) {
  Delete(Table::kAdjacency, Rows(Table::kAdjacency, users_.Adjacency(0))[0].first);
  VerifyOptions options;
  options.lines_max = 3;
  int lines = 0;
  options.show = [&lines](const Finding&) { ++lines; };
  const auto report = VerifyStore(*store_, options);
  EXPECT_EQ(lines, 3);
  EXPECT_GT(report->found.damage(), 100U);
}

TEST_F(VerifyTest, CancelEndsIt) {
  VerifyOptions options;
  options.cancelled = [] { return true; };
  EXPECT_EQ(VerifyStore(*store_, options).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(VerifyTest, NodesThatDoNotDecodeOrNameWhatIsNotThereAreRecordDamage) {
  const std::string key = users_.Node(nodes_[9]);
  const std::string sound = Get(Table::kNodes, key);
  NodeRecord node = *DecodeNode(nodes_[9], sound);
  Put(Table::kNodes, key, sound.substr(0, 5));
  ExpectRecordDamage(FindingKind::kNode);
  const std::vector<std::function<void(NodeRecord*)>> wrongs = {
      [](NodeRecord* n) { n->labels.push_back(LabelId{99}); },
      [](NodeRecord* n) { n->policy = PolicyId{99}; },
      [](NodeRecord* n) { n->source.batch = BatchId{99}; },
      [](NodeRecord* n) { n->properties[0].key = KeyId{99}; },
      [](NodeRecord* n) {
        n->valid = {5, 4};
      },
  };
  for (const auto& wrong : wrongs) {
    NodeRecord changed = node;
    wrong(&changed);
    Put(Table::kNodes, key, EncodeNode(changed, 0));
    ExpectRecordDamage(FindingKind::kNode);
  }
}

TEST_F(VerifyTest, LinksWithoutAnEndAreRecordDamage) {
  Delete(Table::kNodes, users_.Node(nodes_[9]));
  ExpectRecordDamage(FindingKind::kLinkEnd);
}

TEST_F(VerifyTest, LinksThatDoNotDecodeAreRecordDamage) {
  const auto row = Rows(Table::kLinks, users_.Space())[0];
  Put(Table::kLinks, row.first, row.second.substr(0, row.second.size() - 9));
  ExpectRecordDamage(FindingKind::kLink);
}

TEST_F(VerifyTest, ALostLinkIsRecordDamageAndItsEndsKeepWhatTheyHave) {
  Delete(Table::kLinks, Rows(Table::kLinks, users_.Space())[0].first);
  ExpectRecordDamage(FindingKind::kLink);
}

TEST_F(VerifyTest, LinksThatNameWhatIsNotThereAreRecordDamage) {
  const auto row = Rows(Table::kLinks, users_.Space())[0];
  const uint64_t page = TrailingId(row.first.substr(0, row.first.size() - 8));
  LinkPageView view;
  view.chunks.push_back(LinkChunk::Read(page, row.second));
  const StoredLink sound = view.All(page)[3];  // no sighting
  const auto plant = [&](const std::function<void(StoredLink*)>& wrong, FindingKind kind) {
    StoredLink link = sound;
    wrong(&link);
    std::string key = row.first.substr(0, row.first.size() - 8);
    AppendBe64(&key, 900);
    Put(Table::kLinks, key, EncodeLinkChunk({{link.record.id, &link}}));
    ExpectRecordDamage(kind);
  };
  plant([](StoredLink* l) { l->record.type = LinkTypeId{99}; }, FindingKind::kLink);
  plant([](StoredLink* l) { l->record.policy = PolicyId{99}; }, FindingKind::kLink);
  plant([](StoredLink* l) { l->record.source.batch = BatchId{99}; }, FindingKind::kLink);
  plant([](StoredLink* l) { l->record.properties[0].key = KeyId{99}; }, FindingKind::kLink);
  plant([](StoredLink* l) { l->record.valid = {5, 3}; }, FindingKind::kLink);
  plant([](StoredLink* l) { l->record.to = NodeId{5000}; }, FindingKind::kLinkEnd);
  plant([this](StoredLink* l) { l->to_policy = l->to_policy == unit_ ? kOpenPolicy : unit_; },
        FindingKind::kLinkEnd);
  plant([this](StoredLink* l) { l->record.type = seen_, l->record.valid.from = 77; },
        FindingKind::kTimeKey);
}

TEST_F(VerifyTest, IdentitiesThatDoNotDecodeOrNameWhatWasNeverMadeAreRecordDamage) {
  const std::string key = users_.Import(Identity(3));
  Put(Table::kImports, key, "");
  ExpectRecordDamage(FindingKind::kIdentity);
  std::string never;
  AppendVarint(&never, uint64_t{1} << 45);
  Put(Table::kImports, key, never);
  ExpectRecordDamage(FindingKind::kIdentity);
}

TEST_F(VerifyTest, IdentitiesOfBulkLoadsAreChecked) {
  const auto row = Rows(Table::kImports, users_.BulkIdentities())[0];
  Put(Table::kImports, row.first, std::string("\5\0x", 3));  // five numbers, and bits for four
  ExpectRecordDamage(FindingKind::kIdentity);
}

TEST_F(VerifyTest, AssertionsLieAtBothNodesAlike) {
  const auto rows = Rows(Table::kFusion, users_.Space());
  ASSERT_EQ(rows.size(), 2U);
  Delete(Table::kFusion, rows[1].first);
  ExpectRecordDamage(FindingKind::kFusion);
  std::string other = rows[1].second;
  other.back() ^= 1;
  Put(Table::kFusion, rows[1].first, other);
  ExpectRecordDamage(FindingKind::kFusion);
  Put(Table::kFusion, rows[0].first, "junk");
  Put(Table::kFusion, rows[1].first, "junk");
  ExpectRecordDamage(FindingKind::kFusion);
}

TEST_F(VerifyTest, ThePastIsCheckedAndChainedByItsStamps) {
  {
    auto graph = *Graph::Open(*store_, {});
    for (const char* name : {"Grace", "Edsger", "Barbara"}) {
      auto t = *graph->Begin(Viewer::All(), {});
      ASSERT_TRUE(t->SetNodeProperty(nodes_[4], name_, Value::String(name)).ok());
      ASSERT_TRUE(t->SetLinkProperty(links_[1], name_, Value::String(name)).ok());
      ASSERT_TRUE(t->Commit().ok());
    }
  }
  ASSERT_TRUE(Verify().clean()) << Lines();
  EXPECT_GE(Verify().checked.past_versions, 6U);
  for (const char kind : {'n', 'l'}) {
    const auto rows = Rows(Table::kVersions, users_.Was(kind));
    ASSERT_EQ(rows.size(), 3U);
    Put(Table::kVersions, rows[1].first, "junk");
    ExpectRecordDamage(FindingKind::kVersion);
    Put(Table::kVersions, rows[1].first, rows[2].second);  // the stamp of another
    ExpectRecordDamage(FindingKind::kVersion);
    Put(Table::kVersions, rows[1].first, rows[1].second);
  }
  ASSERT_TRUE(Verify().clean()) << Lines();
  Put(Table::kVersions, users_.Space() + "q", "x");
  ExpectRecordDamage(FindingKind::kKey);
}

TEST_F(VerifyTest, StampsOfNoCommitAreRecordDamage) {
  NodeRecord node = *DecodeNode(nodes_[1], Get(Table::kNodes, users_.Node(nodes_[1])));
  for (const Stamp stamp : {kAnyTime, LoadStamp(12'345)}) {
    Put(Table::kNodes, users_.Node(nodes_[1]), EncodeNode(node, stamp));
    ExpectRecordDamage(FindingKind::kVersion);
  }
}

TEST_F(VerifyTest, AnIndexBuiltWhileOthersWriteIsWhole) {
  auto graph = *Graph::Open(*store_, {});
  const auto write = [&](uint64_t seed) {
    std::mt19937_64 dice(seed);
    for (int i = 0; i < 40; ++i) {
      auto t = *graph->Begin(Viewer::All(), {});
      const NodeId node = nodes_[dice() % nodes_.size()];
      const Value value = Value::Integer(static_cast<int64_t>(dice() % 50));
      absl::Status status = absl::OkStatus();
      switch (dice() % 4) {
        case 0: {
          NewNode fresh;
          fresh.labels = {person_};
          fresh.properties = {{name_, value}};
          status = t->CreateNode(fresh).status();
          break;
        }
        case 1:
          status = t->SetNodeProperty(node, name_, dice() % 4 == 0 ? Value() : value);
          break;
        case 2:
          status = t->AddLabel(node, person_);
          break;
        default:
          status = t->RemoveLabel(node, person_);
      }
      // Two may have changed one node: then the other one wins.
      if (status.ok()) status = t->Commit().status();
      EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kAborted) << status;
    }
  };
  for (uint64_t round = 0; round < 8; ++round) {
    std::vector<std::thread> writers;
    for (uint64_t w = 0; w < 3; ++w) {
      writers.emplace_back([&write, round, w] { write(round * 3 + w); });
    }
    const auto index = graph->CreateIndex({0, "built", IndexKind::kRange, person_, {name_}, false});
    const auto both =
        graph->CreateIndex({0, "both", IndexKind::kRange, person_, {number_, name_}, false});
    for (std::thread& writer : writers) writer.join();
    ASSERT_TRUE(index.ok() && both.ok()) << index.status() << both.status();
    const VerifyReport report = Verify();
    EXPECT_TRUE(report.clean()) << Lines();
    EXPECT_GT(report.checked.index_entries, 100U);
    ASSERT_TRUE(graph->DropIndex(*index).ok());
    ASSERT_TRUE(graph->DropIndex(*both).ok());
    EXPECT_EQ(Verify().found.count(FindingKind::kLeftover), 0U);
  }
}

TEST_F(VerifyTest, ChangedLogsAreRecordDamage) {
  const auto rows = Rows(Table::kHistory, "");
  std::string changed = rows[1].second;
  changed.back() ^= 1;
  Put(Table::kHistory, rows[1].first, changed);
  ExpectRecordDamage(FindingKind::kHistory);
}

TEST_F(VerifyTest, TwoNodesWhereAUniqueIndexAllowsOneAreRecordDamage) {
  NodeRecord node = *DecodeNode(nodes_[1], Get(Table::kNodes, users_.Node(nodes_[1])));
  for (PropertyEntry& property : node.properties) {
    if (property.key == number_) property.value = Value::Integer(10'002);
  }
  Put(Table::kNodes, users_.Node(nodes_[1]), EncodeNode(node, 0));
  const auto rows = Rows(Table::kIndex, users_.Index(unique_));
  const auto of_two = std::find_if(rows.begin(), rows.end(), [this](const auto& row) {
    return TrailingId(row.first) == Raw(nodes_[2]);
  });
  std::string key = of_two->first.substr(0, of_two->first.size() - 8);
  AppendBe64(&key, Raw(nodes_[1]));
  Put(Table::kIndex, key, of_two->second);
  ExpectRecordDamage(FindingKind::kConstraint);
}

TEST_F(VerifyTest, StrangeKeysOfRecordsAreRecordDamage) {
  Put(Table::kNodes, users_.Space() + "abc", "x");
  ExpectRecordDamage(FindingKind::kKey);
}

TEST_F(VerifyTest, KeysOfNoGraphAreRecordDamage) {
  Put(Table::kLinks, "\x07 abc", "x");
  ExpectRecordDamage(FindingKind::kKey);
}

TEST_F(VerifyTest, CatalogueThatDoesNotDecodeIsRecordDamage) {
  Put(Table::kCatalog, users_.Catalog('P', 1), "\x09junk");
  ExpectRecordDamage(FindingKind::kCatalog);
}

TEST(VerifyFilesTest, FlippedBitsOnDiskEndTheCheckAndNothingIsRepaired) {
  const std::string dir = testing::TempDir() + "/skein_verify_" + std::to_string(::getpid());
  std::filesystem::remove_all(dir);
  OpenStoreOptions options{.create = true, .sandbox = true, .rocks = {}};
  options.rocks.free_bytes_min = 0;
  {
    auto opened = *OpenStore(dir, options);
    auto graph = *Graph::Open(*opened.store, {});
    auto t = *graph->Begin(Viewer::All(), {});
    NewNode node;
    node.labels = {*graph->catalog().InternLabel("Person")};
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(t->CreateNode(node).ok());
    ASSERT_TRUE(t->Commit().ok());
    ASSERT_TRUE(graph->Compact().ok());
    t = nullptr;
  }
  int flipped = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir + "/db")) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 8000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('\x55');
    ++flipped;
  }
  ASSERT_GT(flipped, 0);
  auto opened = OpenStore(dir, options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto report = VerifyStore(*opened->store, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->complete);
  EXPECT_EQ(report->found.count(FindingKind::kBytes), 1U);
  EXPECT_TRUE(RepairStore(*opened->store, {})->refused);
  opened = absl::CancelledError();
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace skein
