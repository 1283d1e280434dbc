// Opening: mark, profile, lock, free space, failing disks.
#include "storage/kv/open.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>

#include "storage/base/status.h"
#include "storage/kv/fault_file_system.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

class OpenTest : public testing::Test {
 protected:
  OpenTest()
      : dir_((fs::temp_directory_path() / ("skein_open_" + std::to_string(::getpid()))).string()) {
    fs::remove_all(dir_);
  }
  ~OpenTest() override { fs::remove_all(dir_); }

  absl::StatusOr<OpenedStore> Open(bool create, bool sandbox = false) {
    OpenStoreOptions options;
    options.create = create;
    options.sandbox = sandbox;
    options.rocks = rocks_;
    return OpenStore(dir_, options);
  }
  static absl::Status Put(Store& store, std::string_view key, std::string_view value = "v") {
    WriteBatch batch(Version{0});
    batch.PutUnguarded(Table::kNodes, key, value);
    return store.Commit(batch).status();
  }
  static bool Has(Store& store, std::string_view key) {
    auto view = *store.Latest();
    return GetOne(store, *view, Table::kNodes, key)->has_value();
  }

  std::string dir_;
  RocksStoreOptions rocks_{.free_bytes_min = 0};
};

TEST_F(OpenTest, ProfileIsForEver) {
  EXPECT_EQ(Open(false).status().code(), absl::StatusCode::kNotFound);
  {
    auto made = Open(true, true);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_TRUE(made->profile.sandbox);
  }
  auto again = Open(true, false);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->profile.sandbox);
}

TEST_F(OpenTest, OtherFormatsAndOtherDirectoriesAreRefusedByName) {
  ASSERT_TRUE(Open(true).ok());
  std::ofstream(dir_ + "/SKEIN") << "skein store\nformat 7\nprofile governed\n";
  auto refused = Open(false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(refused.status()).find("format 7"), std::string_view::npos);
  std::ofstream(dir_ + "/SKEIN") << "something else\n";
  EXPECT_EQ(Open(false).status().code(), absl::StatusCode::kDataLoss);
  fs::remove_all(dir_);
  fs::create_directory(dir_);
  std::ofstream(dir_ + "/holiday.jpg") << "x";
  EXPECT_EQ(Open(true).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(fs::exists(dir_ + "/holiday.jpg"));
}

TEST_F(OpenTest, HeldStoreNamesItsHolderAndIsFreeWhenTheHolderIsKilled) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    auto held = Open(true);
    const char outcome = held.ok() && Put(*held->store, "k").ok() ? 'y' : 'n';
    (void)!::write(pipe_fds[1], &outcome, 1);
    ::pause();
    ::_exit(1);
  }
  char outcome = 0;
  ASSERT_EQ(::read(pipe_fds[0], &outcome, 1), 1);
  ASSERT_EQ(outcome, 'y');
  const auto refused = Open(true);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(Message(refused.status()).find(std::to_string(holder)), std::string_view::npos)
      << refused.status();
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  auto opened = Open(false);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(Has(*opened->store, "k"));
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

TEST_F(OpenTest, FullDiskRefusesWritesReadsOnAndRecovers) {
  uint64_t free = 100;
  rocks_.free_bytes_min = 50;
  rocks_.disk_space = [&free](const std::string&) -> absl::StatusOr<DiskSpace> {
    return DiskSpace{free, 10'000};
  };
  auto opened = Open(true);
  ASSERT_TRUE(opened.ok());
  ASSERT_TRUE(Put(*opened->store, "a").ok());
  free = 49;
  EXPECT_EQ(Put(*opened->store, "b").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Has(*opened->store, "a"));
  free = 50;
  EXPECT_TRUE(Put(*opened->store, "c").ok());
  EXPECT_FALSE(Has(*opened->store, "b"));
}

TEST_F(OpenTest, FailedFsyncStopsWritingForGood) {
  auto faults = FaultFileSystem::Create();
  rocks_.file_system = faults->file_system();
  rocks_.log_disk = faults->log_disk();
  {
    auto opened = Open(true);
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_TRUE(Put(*opened->store, "a").ok());
    faults->FailSyncAt(0);
    EXPECT_EQ(Put(*opened->store, "b").code(), absl::StatusCode::kUnknown);
    EXPECT_EQ(Put(*opened->store, "c").code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(Has(*opened->store, "a"));
  }
  faults->LoseUnsynced(0);
  rocks_.file_system = nullptr;
  rocks_.log_disk = nullptr;
  auto again = Open(false);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(Has(*again->store, "a"));
  EXPECT_FALSE(Has(*again->store, "c"));
  EXPECT_TRUE(Put(*again->store, "d").ok());
}

// The log's space is set aside beforehand, so the first writes still fit; then they are refused,
// whichever of log and database runs out first.
TEST_F(OpenTest, OutOfSpaceInTheMiddleOfWritingLosesNothing) {
  auto faults = FaultFileSystem::Create();
  rocks_.file_system = faults->file_system();
  rocks_.log_disk = faults->log_disk();
  for (const size_t write_buffer_bytes : {size_t{64} << 10, size_t{64} << 20}) {
    fs::remove_all(dir_);
    rocks_.write_buffer_bytes = write_buffer_bytes;
    auto opened = Open(true);
    ASSERT_TRUE(opened.ok());
    ASSERT_TRUE(Put(*opened->store, "a").ok());
    faults->SetNoSpace(true);
    int written = 0;
    absl::Status status = Put(*opened->store, "b0", std::string(20'000, 'x'));
    while (status.ok() && written < 1000) {
      ++written;
      status = Put(*opened->store, "b" + std::to_string(written), std::string(20'000, 'x'));
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_TRUE(Has(*opened->store, "a"));
    EXPECT_FALSE(Has(*opened->store, "b" + std::to_string(written)));
    faults->SetNoSpace(false);
    // RocksDB may be trying again in the background; a bounded number of tries stands in for its
    // clock.
    status = Put(*opened->store, "c");
    for (int i = 0; i < 1000 && !status.ok(); ++i) {
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
      ::usleep(10'000);
      status = Put(*opened->store, "c");
    }
    EXPECT_TRUE(status.ok()) << status;
    opened->store.reset();
    auto again = Open(false);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(Has(*again->store, "c"));
    for (int i = 0; i < written; ++i) {
      ASSERT_TRUE(Has(*again->store, "b" + std::to_string(i))) << i;
    }
  }
}

}  // namespace
}  // namespace skein
