// One suite over every Store: what is promised in store.h holds for each of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "storage/base/status.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/open.h"
#include "storage/kv/twins.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

struct Kind {
  std::string name;
  bool on_disk = false;
  bool faulty = false, slow = false;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class StoreConformance : public testing::TestWithParam<Kind> {
 protected:
  StoreConformance() {
    static std::atomic<int> next{0};
    dir_ = fs::temp_directory_path() /
           ("skein_kv_" + std::to_string(::getpid()) + "_" + std::to_string(next++));
    fs::remove_all(dir_);
    Open();
  }
  ~StoreConformance() override {
    store_ = nullptr;
    fs::remove_all(dir_);
  }

  void Open() {
    store_ = nullptr;
    if (GetParam().on_disk) {
      OpenStoreOptions options;
      options.create = true;
      options.rocks.clock = &clock_;
      options.rocks.free_bytes_min = 0;
      auto opened = OpenStore(dir_.string(), options);
      ASSERT_TRUE(opened.ok()) << opened.status();
      store_ = std::move(opened->store);
    } else {
      store_ = MakeMemoryStore({.clock = &clock_, .disk = disk_});
    }
    if (GetParam().faulty) store_ = MakeFaultyStore(std::move(store_), plan_);
    if (GetParam().slow) store_ = MakeSlowStore(std::move(store_), [this] { ++delays_; });
  }

  std::shared_ptr<const View> Latest() {
    auto view = store_->Latest();
    SKEIN_CHECK(view.ok());
    return *std::move(view);
  }
  std::optional<std::string> Get(const View& view, std::string_view key,
                                 Table table = Table::kNodes) {
    auto value = GetOne(*store_, view, table, key);
    SKEIN_CHECK(value.ok());
    return *std::move(value);
  }
  absl::Status Put(std::string_view key, std::string_view value) {
    WriteBatch batch(Latest()->version());
    batch.Put(Table::kNodes, key, value);
    return store_->Commit(batch).status();
  }
  std::vector<std::string> Keys(const View& view, std::string_view begin, std::string_view end,
                                uint32_t limit = 1000) {
    const ScanRange range{Table::kNodes, begin, end, limit, true};
    std::vector<ScanPage> pages;
    SKEIN_CHECK(store_->MultiScan(view, {&range, 1}, &pages).ok());
    std::vector<std::string> keys;
    for (const auto& [key, value] : pages[0].rows) keys.push_back(key);
    return keys;
  }

  fs::path dir_;
  std::shared_ptr<MemoryDisk> disk_ = MakeMemoryDisk();
  std::shared_ptr<FaultPlan> plan_ = std::make_shared<FaultPlan>();
  std::atomic<int> delays_{0};
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Store> store_;
};

TEST_P(StoreConformance, ReadsWhatWasCommittedAfterReopening) {
  WriteBatch batch(Latest()->version());
  batch.Put(Table::kNodes, "a", "1");
  batch.Put(Table::kNodes, std::string("b\0c", 3), "2");
  batch.Put(Table::kLinks, "a", "other table");
  batch.Put(Table::kNodes, "empty", "");
  ASSERT_TRUE(store_->Commit(batch).ok());
  for (int i = 0; i < 2; ++i) {
    auto view = Latest();
    EXPECT_EQ(Get(*view, "a"), "1");
    EXPECT_EQ(Get(*view, std::string("b\0c", 3)), "2");
    EXPECT_EQ(Get(*view, "a", Table::kLinks), "other table");
    EXPECT_EQ(Get(*view, "empty"), "");
    EXPECT_EQ(Get(*view, "b"), std::nullopt);
    view = nullptr;
    Open();
  }
}

TEST_P(StoreConformance, StampsCarryTheVersionOfTheirCommit) {
  WriteBatch batch(Latest()->version());
  batch.PutStamped(Table::kNodes, "v", "<--------in the value>", 1, true);
  batch.PutUnderVersion(Table::kVersions, "k", "in the key");
  const auto version = store_->Commit(batch);
  ASSERT_TRUE(version.ok());
  const std::string stamp = StampValue(*version).substr(1);
  for (int i = 0; i < 2; ++i) {
    auto view = Latest();
    EXPECT_EQ(Get(*view, "v"), "<" + stamp + "in the value>");
    EXPECT_EQ(Get(*view, "k" + stamp, Table::kVersions), "in the key");
    view = nullptr;
    Open();
  }
  std::vector<SortedRun> runs;
  bool given = false;
  runs.push_back({Table::kMeta, [&given](std::string_view* key, std::string_view* value) {
                    *key = "load";
                    *value = {};
                    return absl::StatusOr<bool>(!std::exchange(given, true));
                  }});
  const auto ingested = store_->Ingest(runs);
  ASSERT_TRUE(ingested.ok());
  EXPECT_EQ(Get(*Latest(), "load", Table::kMeta), StampValue(*ingested));
}

TEST_P(StoreConformance, VersionsAscendAlsoWhenTheClockGoesBack) {
  const Version first = Latest()->version();
  ASSERT_TRUE(Put("a", "1").ok());
  const Version second = Latest()->version();
  EXPECT_GT(second, first);
  clock_.Advance(-absl::Hours(1));
  Open();
  EXPECT_EQ(Latest()->version(), second);
  ASSERT_TRUE(Put("a", "2").ok());
  EXPECT_GT(Latest()->version(), second);
}

TEST_P(StoreConformance, ViewsDoNotMove) {
  ASSERT_TRUE(Put("a", "1").ok());
  auto old = Latest();
  ASSERT_TRUE(Put("a", "2").ok());
  ASSERT_TRUE(Put("b", "new").ok());
  WriteBatch batch(Latest()->version());
  batch.Delete(Table::kNodes, "a");
  ASSERT_TRUE(store_->Commit(batch).ok());
  EXPECT_EQ(Get(*old, "a"), "1");
  EXPECT_EQ(Keys(*old, "", ""), std::vector<std::string>{"a"});
  EXPECT_EQ(Keys(*Latest(), "", ""), std::vector<std::string>{"b"});
}

TEST_P(StoreConformance, ViewOutlivesItsStore) {
  ASSERT_TRUE(Put("a", "1").ok());
  auto view = Latest();
  store_ = nullptr;
  EXPECT_GT(Raw(view->version()), 0u);
}

TEST_P(StoreConformance, FirstCommitterWins) {
  ASSERT_TRUE(Put("a", "1").ok());
  auto base = Latest();
  WriteBatch first(base->version()), second(base->version()), other(base->version());
  first.Put(Table::kNodes, "a", "first");
  second.Put(Table::kNodes, "a", "second");
  second.Put(Table::kNodes, "b", "second");
  other.Put(Table::kNodes, "c", "other");
  EXPECT_TRUE(store_->Commit(first).ok());
  EXPECT_EQ(store_->Commit(second).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(store_->Commit(other).ok());
  EXPECT_EQ(Get(*Latest(), "a"), "first");
  EXPECT_EQ(Get(*Latest(), "b"), std::nullopt);  // nothing of a refused batch
}

TEST_P(StoreConformance, CheckSeesTouchAndUnguardedWritesDoNotConflict) {
  auto base = Latest();
  WriteBatch touch(base->version()), check(base->version()), touch_too(base->version());
  touch.Touch(Table::kLocks, "x");
  touch_too.Touch(Table::kLocks, "x");
  check.Check(Table::kLocks, "x");
  WriteBatch blind1(base->version()), blind2(base->version());
  blind1.PutUnguarded(Table::kNodes, "k", "1");
  blind2.PutUnguarded(Table::kNodes, "k", "2");
  EXPECT_TRUE(store_->Commit(touch).ok());
  EXPECT_TRUE(store_->Commit(touch_too).ok());
  EXPECT_EQ(store_->Commit(check).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(store_->Commit(blind1).ok());
  EXPECT_TRUE(store_->Commit(blind2).ok());
  EXPECT_EQ(Get(*Latest(), "k"), "2");
}

TEST_P(StoreConformance, OldBaseWithoutAViewIsRefusedRatherThanTrusted) {
  ASSERT_TRUE(Put("a", "1").ok());
  const Version base = Latest()->version();  // the view is gone at once
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Put("a", "later").ok());
  WriteBatch stale(base);
  stale.Put(Table::kNodes, "a", "stale");
  EXPECT_EQ(store_->Commit(stale).status().code(), absl::StatusCode::kAborted);
}

TEST_P(StoreConformance, CountersAddUp) {
  for (int i = 0; i < 3; ++i) {
    WriteBatch batch(Version{0});
    batch.Add(Table::kStats, "n", 5);
    batch.Add(Table::kStats, "n", -2);
    ASSERT_TRUE(store_->Commit(batch).ok());
  }
  Open();
  WriteBatch batch(Version{0});
  batch.Add(Table::kStats, "n", -10);
  ASSERT_TRUE(store_->Commit(batch).ok());
  EXPECT_EQ(DecodeCounter(Get(*Latest(), "n", Table::kStats).value_or("")), -1);
}

TEST_P(StoreConformance, ScansArePagedAndOrdered) {
  WriteBatch batch(Latest()->version());
  for (int i = 0; i < 2500; ++i) {
    char key[8];
    std::snprintf(key, sizeof(key), "k%04d", i);
    batch.Put(Table::kNodes, key, std::to_string(i));
  }
  ASSERT_TRUE(store_->Commit(batch).ok());
  auto view = Latest();
  const std::vector<ScanRange> ranges = {{Table::kNodes, "k1000", "k1003", 10, false},
                                         {Table::kNodes, "k0000", "", 5000, false},
                                         {Table::kNodes, "k2498", "k9", 2, true},
                                         {Table::kNodes, "x", "", 10, false}};
  std::vector<ScanPage> pages;
  ASSERT_TRUE(store_->MultiScan(*view, ranges, &pages).ok());
  ASSERT_EQ(pages[0].rows.size(), 3u);
  EXPECT_EQ(pages[0].rows[2].second, "1002");
  EXPECT_FALSE(pages[0].more);
  EXPECT_EQ(pages[1].rows.size(), kScanRowsMax);
  EXPECT_TRUE(pages[1].more);
  EXPECT_EQ(pages[2].rows.size(), 2u);
  EXPECT_EQ(pages[2].rows[0].second, "");
  EXPECT_FALSE(pages[2].more);
  EXPECT_TRUE(pages[3].rows.empty());
  EXPECT_EQ(ScanPrefix(*store_, *view, Table::kNodes, "k")->size(), 2500u);
  EXPECT_EQ(ScanPrefix(*store_, *view, Table::kNodes, "k", 100).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_P(StoreConformance, MultiGetTakesAnyOrderAndRepeats) {
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_TRUE(Put("b", "2").ok());
  auto view = Latest();
  const std::vector<KeyRef> keys = {
      {Table::kNodes, "b"}, {Table::kLinks, "a"}, {Table::kNodes, "a"}, {Table::kNodes, "b"}};
  std::vector<std::optional<std::string>> out;
  ASSERT_TRUE(store_->MultiGet(*view, keys, &out).ok());
  EXPECT_EQ(out, (std::vector<std::optional<std::string>>{"2", std::nullopt, "1", "2"}));
}

SortedRun RunOf(Table table, std::vector<std::pair<std::string, std::string>> rows) {
  auto at = std::make_shared<size_t>(0);
  return {table, [rows = std::move(rows), at](std::string_view* key, std::string_view* value) {
            if (*at == rows.size()) return absl::StatusOr<bool>(false);
            *key = rows[*at].first;
            *value = rows[(*at)++].second;
            return absl::StatusOr<bool>(true);
          }};
}

TEST_P(StoreConformance, IngestedRunsAreThereAfterReopening) {
  WriteBatch before(Latest()->version());
  before.Add(Table::kStats, "n", 3);
  ASSERT_TRUE(store_->Commit(before).ok());
  SortedRun runs[] = {RunOf(Table::kNodes, {{"a", "1"}, {"b", "2"}}), RunOf(Table::kLinks, {}),
                      RunOf(Table::kStats, {{"n", EncodeCounter(4)}}),
                      RunOf(Table::kMeta, {{"mark", "7"}})};
  const auto version = store_->Ingest(runs);
  ASSERT_TRUE(version.ok()) << Message(version.status());
  EXPECT_EQ(Latest()->version(), *version);
  EXPECT_TRUE(store_->Ingest({}).ok());
  Open();
  EXPECT_EQ(Keys(*Latest(), "", ""), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*GetOne(*store_, *Latest(), Table::kMeta, "mark"), "7");
  EXPECT_EQ(DecodeCounter(**GetOne(*store_, *Latest(), Table::kStats, "n")), 7);
  EXPECT_GT(Latest()->version(), *version);  // of the empty one
}

// With a view held and without one: rows come by another way then.
TEST_P(StoreConformance, IngestedRunsAreInNoViewFromBefore) {
  std::atomic<bool> stop{false};
  for (int n = 0; n < 6; ++n) {
    const bool held = n % 2 == 0;
    const std::string key = internal::Join("k", n);
    std::shared_ptr<const View> old = Latest();
    const std::vector<std::string> before = Keys(*old, "", "");
    if (!held) old.reset();
    SortedRun runs[] = {RunOf(Table::kNodes, {{key, "1"}})};
    ASSERT_TRUE(store_->Ingest(runs).ok());
    if (held) {
      EXPECT_EQ(Keys(*old, "", ""), before);
    }
    EXPECT_EQ(Keys(*Latest(), "", "").size(), before.size() + 1);
  }
  // Readers that come meanwhile see all of a load, or nothing.
  std::thread reader([&] {
    while (!stop) {
      const size_t seen = Keys(*Latest(), "", "").size();
      EXPECT_EQ(seen % 2, 0u) << seen;
    }
  });
  for (int n = 0; n < 6; ++n) {
    const std::string key = internal::Join("m", n);
    SortedRun runs[] = {RunOf(Table::kNodes, {{key + "a", "1"}, {key + "b", "1"}})};
    EXPECT_TRUE(store_->Ingest(runs).ok());
  }
  stop = true;
  reader.join();
  Open();
  EXPECT_EQ(Keys(*Latest(), "", "").size(), 18u);
}

TEST_P(StoreConformance, IngestIsAllOrNothing) {
  SortedRun unsorted[] = {RunOf(Table::kLinks, {{"l", "1"}}),
                          RunOf(Table::kNodes, {{"z", "1"}, {"y", "2"}})};
  EXPECT_EQ(store_->Ingest(unsorted).status().code(), absl::StatusCode::kInvalidArgument);
  SortedRun failing[] = {RunOf(Table::kNodes, {{"a", "1"}}),
                         {Table::kLinks, [](std::string_view*, std::string_view*) {
                            return absl::StatusOr<bool>(Unavailable("no more"));
                          }}};
  EXPECT_EQ(store_->Ingest(failing).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Keys(*Latest(), "", ""), std::vector<std::string>());
  EXPECT_EQ(*GetOne(*store_, *Latest(), Table::kLinks, "l"), std::nullopt);
}

TEST_P(StoreConformance, RandomOperationsAgreeWithAMap) {
  std::mt19937_64 dice(17);
  std::map<std::string, std::string> model;
  for (int step = 0; step < 300; ++step) {
    WriteBatch batch(Latest()->version());
    auto next = model;
    for (uint64_t i = dice() % 8; i > 0; --i) {
      const std::string key = "k" + std::to_string(dice() % 50);
      if (dice() % 3 == 0) {
        batch.Delete(Table::kNodes, key);
        next.erase(key);
      } else {
        const std::string value = std::to_string(dice());
        batch.Put(Table::kNodes, key, value);
        next[key] = value;
      }
    }
    ASSERT_TRUE(store_->Commit(batch).ok());
    model = next;
    if (step % 60 == 59) Open();
    if (step % 100 == 99) {
      ASSERT_TRUE(store_->Compact().ok());
    }
    auto view = Latest();
    const auto rows = ScanPrefix(*store_, *view, Table::kNodes, "k");
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ((std::map<std::string, std::string>(rows->begin(), rows->end())), model) << step;
  }
  EXPECT_TRUE(store_->Verify().ok());
}

TEST_P(StoreConformance, ConcurrentIncrementsLoseNothing) {
  constexpr int kThreads = 4, kEach = 50;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  std::atomic<int> retries{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach;) {
        auto view = Latest();
        const auto value = Get(*view, "n");
        WriteBatch batch(view->version());
        batch.Put(Table::kNodes, "n", std::to_string(value ? std::stoi(*value) + 1 : 1));
        const absl::Status status = store_->Commit(batch).status();
        if (status.ok()) ++i;
        SKEIN_CHECK(status.ok() || status.code() == absl::StatusCode::kAborted);
        if (!status.ok()) ++retries;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Get(*Latest(), "n"), std::to_string(kThreads * kEach));
  auto stats = store_->Stats();
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->conflicts, static_cast<uint64_t>(retries.load()));
}

TEST_P(StoreConformance, CheckpointIsAnIndependentStore) {
  const fs::path copy = dir_.string() + "_copy";
  fs::remove_all(copy);
  ASSERT_TRUE(Put("a", "1").ok());
  const absl::Status status = store_->Checkpoint(copy.string());
  if (!GetParam().on_disk) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    return;
  }
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(Put("a", "2").ok());
  EXPECT_FALSE(store_->Checkpoint(copy.string()).ok());  // exists
  auto opened = OpenStore(copy.string(), {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  auto view = *opened->store->Latest();
  EXPECT_EQ(*GetOne(*opened->store, *view, Table::kNodes, "a"), "1");
  view = nullptr;
  opened->store = nullptr;
  fs::remove_all(copy);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance,
                         testing::Values(Kind{"memory"}, Kind{"rocksdb", true},
                                         Kind{"faulty_memory", false, true},
                                         Kind{"faulty_rocksdb", true, true},
                                         Kind{"slow_memory", false, false, true}),
                         [](const auto& kind) { return kind.param.name; });

TEST(MemoryStoreTest, CrashLosesWhatWasNotSynced) {
  auto disk = MakeMemoryDisk();
  auto store = MakeMemoryStore({.disk = disk});
  const auto put = [&store](std::string_view key, Durability durability) {
    WriteBatch batch(Version{0});
    batch.PutUnguarded(Table::kNodes, key, "v");
    SKEIN_CHECK(store->Commit(batch, durability).ok());
  };
  put("a", Durability::kAsync);
  put("b", Durability::kSync);
  put("c", Durability::kAsync);
  store = MakeMemoryStore({.disk = disk});
  auto view = *store->Latest();
  EXPECT_EQ(ScanPrefix(*store, *view, Table::kNodes, {})->size(), 2u);  // a and b, not c
}

TEST(FaultyStoreTest, FailsTheCallItIsToldTo) {
  auto plan = std::make_shared<FaultPlan>();
  auto store = MakeFaultyStore(MakeMemoryStore(), plan);
  const auto put = [&store] {
    WriteBatch batch(Version{0});
    batch.PutUnguarded(Table::kNodes, "k", "v");
    return store->Commit(batch).status().code();
  };
  plan->fail_at = 1;
  plan->kind = FaultPlan::Kind::kNoSpace;
  EXPECT_EQ(put(), absl::StatusCode::kOk);
  EXPECT_EQ(put(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(put(), absl::StatusCode::kOk);  // recovers
  plan->fail_at = plan->calls.load();
  plan->kind = FaultPlan::Kind::kUnknownApplied;
  EXPECT_EQ(put(), absl::StatusCode::kUnknown);
  EXPECT_EQ(put(), absl::StatusCode::kUnavailable);  // takes no more writes
  EXPECT_TRUE(store->Latest().ok());                 // reading goes on
}

}  // namespace
}  // namespace skein
