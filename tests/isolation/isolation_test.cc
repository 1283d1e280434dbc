// Snapshot isolation, held against what concurrent transactions saw; see README.md.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr int kLists = 6, kThreads = 6, kPairs = 8;

int Rounds(int normal, int nightly) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
  return std::getenv("SKEIN_NIGHTLY") != nullptr ? nightly : normal;
}

// What one transaction did.
struct Noted {
  uint64_t snapshot = 0, committed = 0;  // versions
  bool acked = false;                    // else: not known, or refused
  bool tried = false;                    // Commit was called
  std::map<int, std::string> reads;      // list → text as read, before own appends
  std::map<int, std::string> appends;    // list → what was added to it
};

class World {
 public:
  static absl::StatusOr<std::unique_ptr<World>> Open(Store& store) {
    auto world = std::make_unique<World>();
    SKEIN_ASSIGN_OR_RETURN(world->graph_, Graph::Open(store, {.recent_bytes = 4000}));
    Catalog& catalog = world->graph_->catalog();
    SKEIN_ASSIGN_OR_RETURN(world->list_, catalog.InternLabel("List"));
    SKEIN_ASSIGN_OR_RETURN(world->merged_, catalog.InternLabel("Merged"));
    SKEIN_ASSIGN_OR_RETURN(world->end_, catalog.InternLabel("End"));
    SKEIN_ASSIGN_OR_RETURN(world->type_, catalog.InternLinkType("TO"));
    SKEIN_ASSIGN_OR_RETURN(world->text_, catalog.InternKey("text"));
    SKEIN_ASSIGN_OR_RETURN(world->key_, catalog.InternKey("key"));
    SKEIN_RETURN_IF_ERROR(world->MakeIndex());
    Batch batch;
    batch.source = "isolation";
    SKEIN_ASSIGN_OR_RETURN(world->batch_, world->graph_->OpenBatch(batch));
    SKEIN_RETURN_IF_ERROR(world->MakeLists());
    return world;
  }

  // One transaction on two to four lists; reads all it touches, appends to some.
  Noted Append(std::mt19937_64& dice, const std::string& id) {
    Noted noted;
    auto t = Begin();
    if (!t.ok()) return noted;
    noted.snapshot = Raw((*t)->version());
    for (uint64_t i = 0, n = 2 + dice() % 3; i < n; ++i) {
      const int list = static_cast<int>(dice() % kLists);
      if (noted.reads.contains(list)) continue;
      const auto text = TextOf(**t, list);
      if (!text.ok()) return noted;
      noted.reads[list] = *text;
      if (dice() % 3 == 0) continue;
      // In two steps, so that an intermediate state would show.
      const std::string half = *text + id + "<", whole = half + ">";
      for (const std::string& value : {half, whole}) {
        if (!(*t)->SetNodeProperty(lists_[list], text_, Value::String(value)).ok()) return noted;
      }
      noted.appends[list] = id + "<>";
    }
    if (dice() % 8 == 0) return noted;  // given up: must not be seen
    noted.tried = true;
    const auto committed = (*t)->Commit();
    noted.acked = committed.ok();
    if (committed.ok()) noted.committed = Raw(*committed);
    return noted;
  }

  // Creates, links and deletes nodes of the label End; whatever conflicts is given up.
  void Race(std::mt19937_64& dice) {
    auto t = Begin();
    if (!t.ok()) return;
    Budget budget;
    const Viewer all = Viewer::All();
    const auto cursor = (*t)->ScanNodes(all, end_, budget);
    std::vector<uint64_t> ids;
    if (!cursor.ok() || !(*cursor)->Next(kPairs, &ids).ok()) return;
    if (ids.size() < kPairs) {
      NewNode node;
      node.labels = {end_};
      if (!(*t)->CreateNode(node).ok()) return;
    } else if (dice() % 3 == 0) {
      if (!DeleteWithLinks(**t, NodeId{ids[dice() % ids.size()]})) return;
    } else {
      NewLink link;
      link.type = type_;
      link.from = NodeId{ids[dice() % ids.size()]};
      link.to = NodeId{ids[dice() % ids.size()]};
      if (!(*t)->CreateLink(link).ok()) return;
    }
    SKEIN_IGNORE_ERROR((*t)->Commit().status(), "a conflict, or the end of the disk");
  }

  void Merge(int64_t key) {
    auto t = Begin();
    if (!t.ok()) return;
    const std::pair<KeyId, Value> pair{key_, Value::Integer(key)};
    if (!(*t)->LockKey(merged_, {&pair, 1}).ok()) return;
    Budget budget;
    const Viewer all = Viewer::All();
    const auto cursor = (*t)->SeekIndex(all, index_, {&pair.second, 1}, budget);
    std::vector<uint64_t> ids;
    if (!cursor.ok()) return;
    const auto found = (*cursor)->Next(2, &ids);
    if (!found.ok() || !ids.empty()) return;
    NewNode node;
    node.labels = {merged_};
    node.properties = {pair};
    if (!(*t)->CreateNode(node).ok()) return;
    SKEIN_IGNORE_ERROR((*t)->Commit().status(), "a conflict, or the end of the disk");
  }

  absl::StatusOr<std::string> Final(int list) {
    SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph_->Latest());
    return TextOf(*snapshot, list);
  }

  // Empty: no link without both ends, one node for each merged key. Else what is wrong.
  std::string CheckRaces() {
    const auto snapshot = graph_->Latest();
    if (!snapshot.ok()) return snapshot.status().ToString();
    Budget budget;
    const Viewer all = Viewer::All();
    std::vector<uint64_t> page;
    std::set<int64_t> keys;
    const auto merged = (*snapshot)->ScanNodes(all, merged_, budget);
    if (!merged.ok()) return merged.status().ToString();
    while (*(*merged)->Next(1000, &page)) {
      for (const uint64_t id : page) {
        const NodeId node{id};
        std::vector<Value> values;
        if (!(*snapshot)->GetNodeProperty(all, {&node, 1}, key_, &values).ok()) return "unreadable";
        if (!keys.insert(values[0].integer()).second) return "two nodes were merged of one key";
      }
    }
    const auto links = (*snapshot)->ScanLinks(all, {}, budget);
    if (!links.ok()) return links.status().ToString();
    while (*(*links)->Next(1000, &page)) {
      for (const uint64_t id : page) {
        const LinkId link{id};
        std::vector<LinkEnds> ends;
        std::vector<std::optional<NodeRecord>> nodes;
        if (!(*snapshot)->GetLinkEnds(all, {&link, 1}, &ends).ok()) return "unreadable";
        const NodeId both[] = {ends[0].from, ends[0].to};
        if (!(*snapshot)->GetNodes(all, both, &nodes).ok()) return "unreadable";
        if (!nodes[0] || !nodes[1]) return "a link has lost an end";
      }
    }
    return "";
  }

 private:
  absl::StatusOr<std::unique_ptr<Transaction>> Begin() {
    return graph_->Begin(Viewer::All(), {kOpenPolicy, batch_});
  }
  absl::Status MakeIndex() {
    IndexInfo index;
    index.label = merged_;
    index.keys = {key_};
    index.kind = IndexKind::kRange;
    if (const auto found = graph_->catalog().FindIndex(index.label, index.keys, index.kind)) {
      index_ = found->id;
      return absl::OkStatus();
    }
    SKEIN_ASSIGN_OR_RETURN(index_, graph_->CreateIndex(index));
    return absl::OkStatus();
  }
  absl::Status MakeLists() {
    SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph_->Latest());
    Budget budget;
    const Viewer all = Viewer::All();
    SKEIN_ASSIGN_OR_RETURN(const auto cursor, snapshot->ScanNodes(all, list_, budget));
    std::vector<uint64_t> ids;
    SKEIN_RETURN_IF_ERROR(cursor->Next(kLists, &ids).status());
    for (const uint64_t id : ids) lists_.push_back(NodeId{id});
    if (!lists_.empty()) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(const auto t, Begin());
    for (int i = 0; i < kLists; ++i) {
      NewNode node;
      node.labels = {list_};
      node.properties = {{text_, Value::String("")}};
      SKEIN_ASSIGN_OR_RETURN(const NodeId made, t->CreateNode(node));
      lists_.push_back(made);
    }
    return t->Commit().status();
  }
  absl::StatusOr<std::string> TextOf(const Reader& reader, int list) {
    std::vector<Value> values;
    SKEIN_RETURN_IF_ERROR(reader.GetNodeProperty(
        Viewer::All(), {&lists_[static_cast<size_t>(list)], 1}, text_, &values));
    if (values[0].kind() != ValueKind::kString) return DataLoss("list ", list, " has no text");
    return std::string(values[0].string());
  }
  bool DeleteWithLinks(Transaction& t, NodeId node) {
    Budget budget;
    ExpandOptions options;
    options.links = true;
    const Viewer all = Viewer::All();
    std::vector<LinkId> links;
    {
      const auto cursor = t.Expand(all, {&node, 1}, options, budget);
      ExpandBatch batch;
      while (cursor.ok() && (*cursor)->Next(&batch).value_or(false)) {
        links.insert(links.end(), batch.link.begin(), batch.link.end());
      }
    }
    for (const LinkId link : links) {
      if (!t.DeleteLink(link).ok()) return false;
    }
    return t.DeleteNode(node).ok();
  }

  std::unique_ptr<Graph> graph_;
  LabelId list_{}, merged_{}, end_{};
  LinkTypeId type_{};
  KeyId text_{}, key_{};
  uint32_t index_ = 0;
  BatchId batch_{};
  std::vector<NodeId> lists_;
};

// Threads at work on one world until each has done its share or the disk has stopped.
std::vector<Noted> Work(World& world, uint64_t seed, int each, const std::function<bool()>& over) {
  absl::Mutex mu;
  std::vector<Noted> all;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 dice(seed * 100 + static_cast<uint64_t>(thread));
      for (int i = 0; i < each && !over(); ++i) {
        const std::string id = internal::Join(seed, ".", thread, ".", i);
        if (i % 4 == 1) world.Race(dice);
        if (i % 4 == 3) world.Merge(static_cast<int64_t>(seed * 1000) + i / 4);
        Noted noted = world.Append(dice, id);
        const absl::MutexLock lock(&mu);
        all.push_back(std::move(noted));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return all;
}

// The text of a list as the acknowledged commits up to `version` leave it.
std::string TextAt(const std::vector<const Noted*>& commits, int list, uint64_t version,
                   const std::string& before) {
  std::string text = before;
  for (const Noted* noted : commits) {
    if (noted->committed > version) break;
    const auto it = noted->appends.find(list);
    if (it != noted->appends.end()) text += it->second;
  }
  return text;
}

std::vector<const Noted*> Commits(const std::vector<Noted>& all) {
  std::vector<const Noted*> commits;
  for (const Noted& noted : all) {
    if (noted.acked) commits.push_back(&noted);
  }
  std::sort(commits.begin(), commits.end(),
            [](const Noted* a, const Noted* b) { return a->committed < b->committed; });
  return commits;
}

// Empty: every read is the state of its version (so no dirty, intermediate, unrepeatable or skewed
// read, G0 to G-single), and no two overlapping commits wrote one list. Else what is wrong.
std::string WrongIn(const std::vector<Noted>& all, const std::vector<std::string>& before) {
  const auto commits = Commits(all);
  for (const Noted& noted : all) {
    for (const auto& [list, text] : noted.reads) {
      const std::string expected =
          TextAt(commits, list, noted.snapshot, before[static_cast<size_t>(list)]);
      if (text == expected) continue;
      return internal::Join("list ", list, " read at version ", noted.snapshot, " is '", text,
                            "', not '", expected, "'");
    }
  }
  for (size_t i = 0; i < commits.size(); ++i) {
    for (size_t j = i + 1; j < commits.size(); ++j) {
      if (commits[j]->snapshot >= commits[i]->committed) continue;
      for (const auto& [list, text] : commits[j]->appends) {
        if (commits[i]->appends.contains(list)) {
          return internal::Join("an update of list ", list, " is lost");
        }
      }
    }
  }
  return "";
}

// The checker itself: each anomaly in a history of two or three transactions is seen.
TEST(IsolationTest, TheCheckerSeesEachAnomaly) {
  const auto transaction = [](uint64_t snapshot, uint64_t committed,
                              std::map<int, std::string> reads,
                              std::map<int, std::string> appends) {
    Noted noted;
    noted.snapshot = snapshot;
    noted.committed = committed;
    noted.acked = noted.tried = committed > 0;
    noted.reads = std::move(reads);
    noted.appends = std::move(appends);
    return noted;
  };
  const std::vector<std::string> empty(kLists);
  const Noted first = transaction(1, 10, {{0, ""}}, {{0, "a<>"}, {1, "a<>"}});
  EXPECT_EQ(WrongIn({first, transaction(10, 0, {{0, "a<>"}, {1, "a<>"}}, {})}, empty), "");
  // Of one that was given up (G1a), half of one (G1b), later than its snapshot (G1c), two states in
  // one (G-single), a state that is gone.
  const Noted given_up = transaction(1, 0, {{0, ""}}, {{0, "b<>"}});
  for (const Noted& reader :
       {transaction(10, 0, {{0, "a<>b<>"}}, {}), transaction(10, 0, {{0, "a<"}}, {}),
        transaction(9, 0, {{0, "a<>"}}, {}), transaction(10, 0, {{0, "a<>"}, {1, ""}}, {}),
        transaction(10, 0, {{0, ""}}, {})}) {
    EXPECT_NE(WrongIn({first, given_up, reader}, empty), "");
  }
  // Lost: it read before the other's commit and wrote the same list after it.
  const Noted blind = transaction(5, 20, {{1, ""}}, {{1, "c<>"}});
  EXPECT_NE(WrongIn({first, blind}, empty), "");
}

TEST(IsolationTest, ReadsAreOneVersionAndNoUpdateIsLost) {
  for (int round = 0; round < Rounds(4, 200); ++round) {
    const auto store = MakeMemoryStore({.disk = MakeMemoryDisk()});
    auto world = World::Open(*store);
    ASSERT_TRUE(world.ok()) << world.status();
    const auto all = Work(**world, static_cast<uint64_t>(round + 1), 150, [] { return false; });
    ASSERT_EQ(WrongIn(all, std::vector<std::string>(kLists)), "");
    const auto commits = Commits(all);
    EXPECT_GT(commits.size(), 50u);
    for (int list = 0; list < kLists; ++list) {
      EXPECT_EQ(*(*world)->Final(list), TextAt(commits, list, UINT64_MAX, ""));
    }
    EXPECT_EQ((*world)->CheckRaces(), "");
  }
}

// What the store holds after a cut: acknowledged appends, then perhaps some nobody was told of.
void CheckAfterCut(World& world, const std::vector<Noted>& all, std::vector<std::string>* before) {
  const auto commits = Commits(all);
  std::map<std::string, int> unknown, seen;  // appended text → lists it went to, is in
  for (const Noted& noted : all) {
    if (!noted.tried || noted.acked) continue;
    for (const auto& [list, text] : noted.appends) ++unknown[text];
  }
  for (int list = 0; list < kLists; ++list) {
    const auto text = world.Final(list);
    ASSERT_TRUE(text.ok()) << text.status();
    const std::string acked =
        TextAt(commits, list, UINT64_MAX, (*before)[static_cast<size_t>(list)]);
    ASSERT_TRUE(text->starts_with(acked)) << "list " << list << " lost an acknowledged append";
    for (size_t at = acked.size(); at < text->size();) {
      const size_t end = text->find('>', at);
      ASSERT_NE(end, std::string::npos);
      const std::string extra = text->substr(at, end + 1 - at);
      ASSERT_TRUE(unknown.contains(extra)) << extra << " was never committed";
      ++seen[extra];
      at = end + 1;
    }
    (*before)[static_cast<size_t>(list)] = *text;
  }
  for (const auto& [text, lists] : seen) {
    ASSERT_EQ(lists, unknown[text]) << "half of transaction " << text << " is there";
  }
}

TEST(IsolationTest, AlsoUnderPowerCuts) {
  const fs::path root = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  const fs::path dir = root / ("skein_isolation_" + std::to_string(::getpid()));
  fs::remove_all(dir);
  std::mt19937_64 dice(8);
  std::vector<std::string> before(kLists);
  for (int round = 0; round < Rounds(25, 1000); ++round) {
    const auto faults = FaultFileSystem::Create();
    OpenStoreOptions options;
    options.create = true;
    options.rocks.free_bytes_min = 0;
    options.rocks.write_buffer_bytes = 256 << 10;
    options.rocks.file_system = faults->file_system();
    options.rocks.log_disk = faults->log_disk();
    std::vector<Noted> all;
    {
      auto opened = OpenStore(dir, options);
      ASSERT_TRUE(opened.ok()) << opened.status();
      auto world = World::Open(*opened->store);
      ASSERT_TRUE(world.ok()) << world.status();
      faults->CrashAt(static_cast<int64_t>(dice() % 400));
      all = Work(**world, static_cast<uint64_t>(round + 1), 40, [&] { return faults->crashed(); });
      ASSERT_EQ(WrongIn(all, before), "");
    }
    faults->LoseUnsynced(dice() % 2 == 0 ? 0 : dice());
    options.rocks.file_system = nullptr;
    options.rocks.log_disk = nullptr;
    auto opened = OpenStore(dir, options);
    ASSERT_TRUE(opened.ok()) << opened.status() << " in round " << round;
    auto world = World::Open(*opened->store);
    ASSERT_TRUE(world.ok()) << world.status();
    CheckAfterCut(**world, all, &before);
    ASSERT_EQ((*world)->CheckRaces(), "") << "round " << round;
    if (HasFatalFailure()) return;
  }
  fs::remove_all(dir);
}

}  // namespace
}  // namespace skein
