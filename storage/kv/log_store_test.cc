// A store and its log: replayed once, taken over, refused when log and database disagree.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "storage/base/status.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}
void WriteText(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class LogStoreTest : public testing::Test {
 protected:
  LogStoreTest()
      : dir_((fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
             ("skein_log_store_" + std::to_string(::getpid()))) {
    fs::remove_all(dir_);
    fs::remove_all(dir_.string() + "_copy");
  }
  ~LogStoreTest() override {
    fs::remove_all(dir_);
    fs::remove_all(dir_.string() + "_copy");
  }

  absl::StatusOr<OpenedStore> Open() { return Open(dir_); }
  absl::StatusOr<OpenedStore> Open(const fs::path& dir) {
    OpenStoreOptions options;
    options.create = true;
    options.rocks = rocks_;
    return OpenStore(dir, options);
  }
  static absl::Status Add(Store& store, int64_t delta) {
    WriteBatch batch(Version{0});
    batch.Add(Table::kStats, "n", delta);
    return store.Commit(batch).status();
  }
  static int64_t Sum(Store& store) {
    const auto view = *store.Latest();
    const auto value = *GetOne(store, *view, Table::kStats, "n");
    return value ? DecodeCounter(*value) : 0;
  }
  // Copies the store as it lies on the disk, open or not: what a kill would leave.
  fs::path CopyAsKilled() {
    const fs::path copy = dir_.string() + "_copy";
    // A kill leaves all files as they are at one moment. A copy takes many, so it is taken again if
    // RocksDB has changed its list of files meanwhile.
    for (std::string before = ReadText(Manifest()), after;; before = std::move(after)) {
      fs::remove_all(copy);
      std::error_code gone;  // a file that was dropped while others were copied
      fs::copy(dir_, copy, fs::copy_options::recursive, gone);
      after = ReadText(Manifest());
      if (!gone && after == before) return copy;
    }
  }
  fs::path Manifest() {
    std::string name = ReadText(dir_ / "db/CURRENT");
    name.pop_back();
    return dir_ / "db" / name;
  }

  fs::path dir_;
  RocksStoreOptions rocks_{.free_bytes_min = 0};
};

TEST_F(LogStoreTest, CountersAreReplayedExactlyOnce) {
  int64_t sum = 0;
  for (int round = 0; round < 6; ++round) {
    auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_EQ(Sum(*opened->store), sum) << round;
    for (int i = 1; i <= 5; ++i) {
      ASSERT_TRUE(Add(*opened->store, i).ok());
      sum += i;
      // Some are in files by now, and in the log too.
      if (round % 2 == 0 && i == 3) {
        ASSERT_TRUE(opened->store->Compact().ok());
      }
      auto killed = Open(CopyAsKilled());
      ASSERT_TRUE(killed.ok()) << killed.status();
      ASSERT_EQ(Sum(*killed->store), sum) << "round " << round << ", " << i;
    }
  }
}

TEST_F(LogStoreTest, CheckpointIsWholeWithoutALogAndGetsOne) {
  auto opened = Open();
  ASSERT_TRUE(opened.ok());
  ASSERT_TRUE(Add(*opened->store, 7).ok());
  const std::string copy = dir_.string() + "_copy";
  ASSERT_TRUE(opened->store->Checkpoint(copy).ok());
  EXPECT_FALSE(fs::exists(copy + "/log"));
  // The checkpoint's own list of files must not be taken for this store's.
  ASSERT_TRUE(Add(*opened->store, 1).ok());
  opened->store.reset();
  EXPECT_EQ(Sum(*Open()->store), 8);
  for (int64_t expected : {7, 9}) {
    auto taken = Open(copy);
    ASSERT_TRUE(taken.ok()) << taken.status();
    EXPECT_TRUE(fs::exists(copy + "/log/log-00000001"));
    EXPECT_EQ(Sum(*taken->store), expected);
    ASSERT_TRUE(Add(*taken->store, 2).ok());
  }
}

TEST_F(LogStoreTest, MissingLogIsRefused) {
  { ASSERT_TRUE(Add(*Open()->store, 7).ok()); }
  fs::remove_all(dir_ / "log");
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(Open().status()).find("log is missing"), std::string_view::npos);
}

TEST_F(LogStoreTest, OtherLogFormatIsRefusedByName) {
  { ASSERT_TRUE(Open().ok()); }
  WriteText(dir_ / "SKEIN",
            "skein store\nformat " + std::to_string(kStoreFormat) + "\nprofile governed\nlog 9\n");
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(Open().status()).find("log format 9"), std::string_view::npos);
}

TEST_F(LogStoreTest, ManifestThatLostItsEndIsRefused) {
  {
    auto opened = Open();
    ASSERT_TRUE(Add(*opened->store, 7).ok());
    ASSERT_TRUE(opened->store->Compact().ok());
    ASSERT_TRUE(Add(*opened->store, 1).ok());
  }
  const fs::path manifest = Manifest();
  const std::string whole = ReadText(manifest);
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{0}}) {
    WriteText(manifest, whole.substr(0, size));
    for (int i = 0; i < 2; ++i) {
      const auto refused = Open();
      ASSERT_EQ(refused.status().code(), absl::StatusCode::kDataLoss) << refused.status();
      EXPECT_NE(Message(refused.status()).find(manifest.string()), std::string_view::npos);
    }
  }
  std::string flipped = whole;
  flipped[flipped.size() / 2] ^= 1;
  WriteText(manifest, flipped);
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
  fs::remove(manifest);
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
  WriteText(manifest, whole);
  EXPECT_EQ(Sum(*Open()->store), 8);
}

TEST_F(LogStoreTest, DamagedCurrentIsSetBack) {
  { ASSERT_TRUE(Add(*Open()->store, 7).ok()); }
  for (const std::string text : {"", "MANIFEST-000001\n", "nonsense"}) {
    WriteText(dir_ / "db/CURRENT", text);
    auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_EQ(opened->notes.size(), 1u);
    EXPECT_NE(opened->notes[0].find("CURRENT"), std::string::npos);
    EXPECT_EQ(Sum(*opened->store), 7);
  }
}

TEST_F(LogStoreTest, LogStaysShortAndMemoryBounded) {
  rocks_.write_buffer_bytes = 64 << 10;
  rocks_.log_file_bytes = 1 << 20;
  auto opened = Open();
  ASSERT_TRUE(opened.ok());
  const std::string value(50'000, 'v');
  for (int i = 0; i < 300; ++i) {
    WriteBatch batch(Version{0});
    batch.PutUnguarded(Table::kNodes, "k" + std::to_string(i), value);
    ASSERT_TRUE(opened->store->Commit(batch, Durability::kAsync).ok());
  }
  const auto stats = opened->store->Stats();
  EXPECT_LT(stats->log_bytes, 8u << 20) << "15 MB were written";
}

TEST_F(LogStoreTest, CommitRefusedForWantOfSpaceDoesNotConflictWithItsNextTry) {
  const auto faults = FaultFileSystem::Create();
  rocks_.file_system = faults->file_system();
  rocks_.log_disk = faults->log_disk();
  auto opened = Open();
  ASSERT_TRUE(opened.ok());
  const auto try_once = [&] {
    const auto view = *opened->store->Latest();
    WriteBatch batch(view->version());
    batch.Put(Table::kNodes, "same key", std::string(900'000, 'x'));
    return opened->store->Commit(batch).status();
  };
  faults->SetNoSpace(true);
  EXPECT_EQ(try_once().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(try_once().code(), absl::StatusCode::kResourceExhausted);
  faults->SetNoSpace(false);
  EXPECT_TRUE(try_once().ok());
}

TEST_F(LogStoreTest, FullDiskOpensOnItsBallast) {
  rocks_.free_bytes_min = 1000;
  rocks_.disk_space = [](const std::string&) -> absl::StatusOr<DiskSpace> {
    return DiskSpace{uint64_t{1} << 40, uint64_t{1} << 40};
  };
  { ASSERT_TRUE(Add(*Open()->store, 7).ok()); }
  EXPECT_EQ(fs::file_size(dir_ / "BALLAST"), uint64_t{16} << 20);
  // Opening meets the full disk at its first write; then the ballast is gone.
  rocks_.disk_space = [](const std::string&) -> absl::StatusOr<DiskSpace> {
    return DiskSpace{0, uint64_t{1} << 40};
  };
  for (int64_t n = 0; n < 10 && fs::exists(dir_ / "BALLAST"); ++n) {
    const auto faults = FaultFileSystem::Create();
    rocks_.file_system = faults->file_system();
    rocks_.log_disk = faults->log_disk();
    faults->FailAt(n, /*no_space=*/true);
    auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(Sum(*opened->store), 7);
    EXPECT_EQ(Add(*opened->store, 1).code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_FALSE(fs::exists(dir_ / "BALLAST"));
}

}  // namespace
}  // namespace skein
