#include "storage/history/history_log.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "storage/base/status.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

std::unique_ptr<HistoryLog> Open(Store& store, std::string_view name = "audit") {
  auto log = HistoryLog::Open(store, name);
  SKEIN_CHECK(log.ok());
  return *std::move(log);
}

void Tamper(Store& store, const std::function<void(WriteBatch*, const std::string& key)>& how,
            size_t row) {
  auto view = *store.Latest();
  const auto rows = *ScanPrefix(store, *view, Table::kHistory, {});
  WriteBatch batch(view->version());
  how(&batch, rows[row].first);
  SKEIN_CHECK(store.Commit(batch).ok());
}

TEST(HistoryLogTest, EntriesComeBackInOrderAfterReopening) {
  auto store = MakeMemoryStore();
  {
    auto log = Open(*store);
    EXPECT_EQ(*log->Append("one"), 1u);
    EXPECT_EQ(*log->Append(std::string("t\0wo", 4)), 2u);
    EXPECT_EQ(*Open(*store, "audit2")->Append("other"), 1u);
  }
  auto log = Open(*store);
  EXPECT_EQ(*log->Append(""), 3u);
  const auto entries = *log->Read(2, 10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record, std::string("t\0wo", 4));
  EXPECT_EQ(entries[1].sequence, 3u);
  EXPECT_TRUE(log->Read(4, 10)->empty());
  EXPECT_TRUE(log->Verify().ok());
}

TEST(HistoryLogTest, ConcurrentAppendsGetEachTheirNumber) {
  auto store = MakeMemoryStore();
  auto log = Open(*store);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 100; ++i) SKEIN_CHECK(log->Append("x").ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log->Head().sequence, 400u);
  EXPECT_TRUE(log->Verify().ok());
}

// Rows of the log by key: entries 1 … 5, then the head.
TEST(HistoryLogTest, VerifyFindsEveryTampering) {
  using How = std::function<void(WriteBatch*, const std::string&)>;
  const How remove = [](WriteBatch* batch, const std::string& key) {
    batch->Delete(Table::kHistory, key);
  };
  const How change = [](WriteBatch* batch, const std::string& key) {
    batch->Put(Table::kHistory, key, std::string(1, '\0') + std::string(32, 'h') + "forged");
  };
  for (size_t row = 0; row < 6; ++row) {
    for (const How& how : {remove, change}) {
      auto store = MakeMemoryStore();
      auto log = Open(*store);
      for (int i = 0; i < 5; ++i) SKEIN_CHECK(log->Append(std::to_string(i)).ok());
      ASSERT_TRUE(log->Verify().ok());
      Tamper(*store, how, row);
      EXPECT_EQ(log->Verify().code(), absl::StatusCode::kDataLoss) << "row " << row;
    }
  }
}

}  // namespace
}  // namespace skein
