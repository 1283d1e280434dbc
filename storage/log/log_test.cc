// The log: what was synced comes back, one damaged copy is repaired, two are told, a torn end is
// cut.
#include "storage/log/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "storage/base/status.h"
#include "storage/log/fault_disk.h"

namespace skein::log {
namespace {

namespace fs = std::filesystem;

using Groups = std::vector<std::pair<uint64_t, std::string>>;

class LogTest : public testing::Test {
 protected:
  LogTest() : dir_((Root() / ("skein_log_" + std::to_string(::getpid()))).string()) {
    fs::remove_all(dir_);
    options_.ring_bytes = 16 << 10;
    options_.file_bytes = 1 << 20;
  }
  ~LogTest() override { fs::remove_all(dir_); }
  static fs::path Root() {
    return fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  }

  static std::string Payload(uint64_t version, size_t bytes) {
    std::string out(bytes, '\0');
    std::mt19937_64 dice(version);
    for (char& c : out) c = static_cast<char>(dice());
    return out;
  }
  absl::Status Put(Log& log, size_t bytes, bool sync = true) {
    const uint64_t version = log.version() + 1;
    SKEIN_RETURN_IF_ERROR(log.Reserve(bytes));
    SKEIN_RETURN_IF_ERROR(log.Append(version, Payload(version, bytes), sync));
    written_.emplace_back(version, Payload(version, bytes));
    return absl::OkStatus();
  }
  void Make(int groups, size_t bytes) {
    auto log = Log::Create(dir_, options_, 0, "state 0");
    ASSERT_TRUE(log.ok()) << log.status();
    for (int i = 0; i < groups; ++i) ASSERT_TRUE(Put(**log, bytes).ok());
  }
  absl::StatusOr<Groups> Read(uint64_t after = 0) {
    SKEIN_ASSIGN_OR_RETURN(auto log, Log::Open(dir_, options_));
    report_ = log->report();
    state_ = log->state();
    Groups groups;
    SKEIN_RETURN_IF_ERROR(log->Replay(after, [&](uint64_t version, std::string_view payload) {
      groups.emplace_back(version, payload);
      return absl::OkStatus();
    }));
    return groups;
  }
  std::string First() const { return dir_ + "/log-00000001"; }
  static void Damage(const std::string& path, uint64_t at, size_t bytes = 1) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (size_t i = 0; i < bytes; ++i) {
      file.seekg(static_cast<std::streamoff>(at + i));
      const auto c = static_cast<char>(file.get() ^ 0x10);
      file.seekp(static_cast<std::streamoff>(at + i));
      file.put(c);
    }
  }
  uint64_t Begin() const { return LogBegin(options_.ring_bytes); }

  std::string dir_;
  LogOptions options_;
  Groups written_;
  LogReport report_;
  std::string state_;
};

TEST_F(LogTest, GroupsAndTheNewestStateComeBack) {
  {
    auto log = Log::Create(dir_, options_, 0, "state 0");
    ASSERT_TRUE(log.ok()) << log.status();
    for (const size_t bytes : {0, 1, 64, 100, 5000, 200'000, 3}) {
      ASSERT_TRUE(Put(**log, bytes).ok());
    }
    ASSERT_TRUE((*log)->RecordState("state 1", true).ok());
    ASSERT_TRUE(Put(**log, 10, false).ok());
    ASSERT_TRUE((*log)->Verify().ok());
  }
  for (int i = 0; i < 2; ++i) {
    const auto read = Read();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, written_);
    EXPECT_EQ(state_, "state 1");
    EXPECT_TRUE(report_.damage.empty());
  }
  EXPECT_EQ(Read(written_[2].first)->size(), written_.size() - 3);
}

TEST_F(LogTest, GoesOnWhereItEnded) {
  Make(3, 100);
  for (int i = 0; i < 20; ++i) {
    auto log = Log::Open(dir_, options_);
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_TRUE(Put(**log, 3000).ok());
  }
  EXPECT_EQ(*Read(), written_);
}

TEST_F(LogTest, FilesAreRotatedReleasedAndRecycled) {
  auto log = Log::Create(dir_, options_, 0, "s");
  ASSERT_TRUE(log.ok());
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(Put(**log, 20'000).ok());
    if (i % 100 == 99) {
      ASSERT_TRUE((*log)->RecordState("s" + std::to_string(i), true).ok());
      ASSERT_TRUE((*log)->Release((*log)->version() - 10).ok());
      EXPECT_LE((*log)->stats().files, 3u);
    }
  }
  log->reset();
  const uint64_t after = written_.back().first - 10;
  const auto read = Read(after);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Groups(written_.end() - 10, written_.end()));
  EXPECT_EQ(state_, "s599");
  // What was released is not silently skipped.
  EXPECT_EQ(Read(5).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogTest, OneDamagedCopyIsRepaired) {
  Make(3, 100);
  // State, then three groups of 192 bytes each.
  const uint64_t state = RecordBytes(7), group = RecordBytes(100);
  for (const uint64_t at : {uint64_t{3}, kBlockBytes + 20, Begin() + 5, Begin() + state + 20,
                            Begin() + state + group + 70, Begin() + state + 2 * group,
                            Begin() + state + 2 * group + 90}) {
    Damage(First(), at);
    const auto read = Read();
    ASSERT_TRUE(read.ok()) << at << ": " << read.status();
    EXPECT_EQ(*read, written_) << at;
    EXPECT_EQ(report_.repaired, 1u) << at;
    ASSERT_TRUE(Read().ok());
    EXPECT_EQ(report_.repaired, 0u) << at << ": not repaired in place";
  }
  // A damaged copy in the ring harms nothing while the first is whole.
  Damage(First(), kRingBegin + kBlockBytes + 10);
  EXPECT_EQ(*Read(), written_);
}

TEST_F(LogTest, EitherCopyOfALargeRecordIsRepaired) {
  Make(3, 50'000);
  const uint64_t state = RecordBytes(7), group = RecordBytes(50'000);
  for (const uint64_t at : {Begin() + state + 5, Begin() + state + group + 5,
                            Begin() + state + 4 * group + 5, Begin() + state + 5 * group + 500}) {
    Damage(First(), at);
    const auto read = Read();
    ASSERT_TRUE(read.ok()) << at << ": " << read.status();
    EXPECT_EQ(*read, written_) << at;
    EXPECT_EQ(report_.repaired, 1u) << at;
  }
}

TEST_F(LogTest, BothCopiesDamagedBeforeAWholeOneIsRefusedWithItsPlace) {
  Make(3, 100);
  const uint64_t second = Begin() + RecordBytes(7) + RecordBytes(100);
  Damage(First(), second + 80);
  Damage(First(), kRingBegin + 2 * kBlockBytes + 80);
  const auto read = Read();
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(read.status()).find(First()), std::string_view::npos) << read.status();
  EXPECT_NE(Message(read.status()).find("offset " + std::to_string(second)), std::string_view::npos)
      << read.status();
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss) << "a second look is no cure";
}

TEST_F(LogTest, BothCopiesDamagedAtTheEndIsATornEnd) {
  Make(3, 100);
  Damage(First(), Begin() + RecordBytes(7) + 2 * RecordBytes(100) + 80);
  Damage(First(), kRingBegin + 3 * kBlockBytes + 80);
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  written_.pop_back();
  EXPECT_EQ(*read, written_);
  EXPECT_TRUE(report_.torn);
  auto log = Log::Open(dir_, options_);
  ASSERT_TRUE(log.ok());
  ASSERT_TRUE(Put(**log, 10).ok());
  log->reset();
  EXPECT_EQ(*Read(), written_);
}

TEST_F(LogTest, MissingFilesAreRefused) {
  Make(100, 50'000);
  ASSERT_TRUE(fs::exists(dir_ + "/log-00000003"));
  fs::remove(dir_ + "/log-00000002");
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
  fs::remove_all(dir_);
  fs::create_directory(dir_);
  EXPECT_FALSE(*Log::Exists(dir_, *options_.disk));
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogTest, OtherFormatsAreRefusedByName) {
  Make(1, 10);
  std::fstream file(First(), std::ios::in | std::ios::out | std::ios::binary);
  FileHeader header{99, options_.ring_bytes, 1, 5, 1, 0, 0};
  const std::string bytes = EncodeFileHeader(header);
  for (const std::streamoff at : {0, 4096}) {
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  file.close();
  const auto read = Read();
  EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(read.status()).find("format 99"), std::string_view::npos);
}

// Any flipped bit: everything comes back, or the damage is told.
TEST_F(LogTest, FlippedBitsAreNeverSilent) {
  Make(40, 700);
  auto log = Log::Open(dir_, options_);
  ASSERT_TRUE(Put(**log, 9'000).ok());
  const uint64_t end = (*log)->stats().bytes;
  log->reset();
  fs::copy_file(First(), dir_ + "-whole", fs::copy_options::overwrite_existing);
  std::mt19937_64 dice(11);
  int refused = 0, repaired = 0;
  for (int i = 0; i < 1500; ++i) {
    Damage(First(),
           i % 3 == 0 ? Begin() + dice() % 60'000 : dice() % std::min<uint64_t>(end, 80'000));
    const auto read = Read();
    if (read.ok()) {
      ASSERT_EQ(*read, written_) << i;
      repaired += report_.repaired > 0 ? 1 : 0;
    } else {
      ASSERT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << read.status();
      ++refused;
    }
    fs::copy_file(dir_ + "-whole", First(), fs::copy_options::overwrite_existing);
  }
  EXPECT_GT(repaired, 100);
  EXPECT_GT(refused, 100);  // only the recent ones have a second copy
  fs::remove(dir_ + "-whole");
}

// --- a disk that fails ---------------------------------------------------------------------------

struct Plan {
  int64_t calls = 0, fail_at = -1;
  bool sticky = true;
  absl::Status error = Unavailable("injected");
  DiskHooks Hooks() {
    DiskHooks hooks;
    hooks.mutate = [this] {
      const int64_t n = calls++;
      return n == fail_at || (sticky && fail_at >= 0 && n > fail_at) ? error : absl::OkStatus();
    };
    return hooks;
  }
};

// Appends groups of mixed sizes, some not synced, releasing now and then; stops at the first error.
// Returns the last version that is sure to be there.
uint64_t Work(const std::string& dir, const LogOptions& options, uint64_t start, Plan& plan,
              uint64_t* tried, const std::function<std::string(uint64_t, size_t)>& payload) {
  uint64_t durable = start;
  auto log = start == 0 ? Log::Create(dir, options, 0, "0") : Log::Open(dir, options);
  if (!log.ok()) return durable;
  *tried = std::max(*tried, (*log)->version());
  std::mt19937_64 dice(start + 1);
  for (int i = 0; i < 12; ++i) {
    const uint64_t version = (*log)->version() + 1;
    const size_t bytes = i % 5 == 4 ? 90'000 : dice() % 6000;
    const bool sync = i % 3 != 1;
    if (!(*log)->Reserve(bytes).ok()) break;
    *tried = version;
    if (!(*log)->Append(version, payload(version, bytes), sync).ok()) break;
    if (sync) durable = version;
    if (i == 6) {
      if (!(*log)->RecordState(std::to_string(durable), true).ok()) break;
      durable = version;
      SKEIN_IGNORE_ERROR((*log)->Release(start), "the failure may meet it");
    }
  }
  (void)plan;
  return durable;
}

// Every cut: nothing durable is lost, nothing is invented, and the log opens.
TEST_F(LogTest, PowerCutAtEveryCallLosesNothingSynced) {
  options_.file_bytes = 300'000;
  std::mt19937_64 dice(3);
  for (int64_t n = 0, quiet = 0; quiet < 2; ++n) {
    fs::remove_all(dir_);
    LogOptions real = options_;
    real.disk = LogDisk::Real();
    uint64_t durable = 0, tried = 0;
    quiet = 2;
    for (int round = 0; round < 3; ++round) {
      Plan plan;
      plan.fail_at = n;
      auto disk = FaultDisk::Create(plan.Hooks());
      options_.disk = disk;
      durable = Work(dir_, options_, durable, plan, &tried,
                     [](uint64_t v, size_t b) { return Payload(v, b); });
      if (plan.calls > n) quiet = 0;
      disk->LoseUnsynced(dice() % 3 == 0 ? 0 : dice());
      auto log = Log::Open(dir_, real);
      if (durable == 0 && !log.ok()) break;  // not even made
      ASSERT_TRUE(log.ok()) << log.status() << " after a cut at call " << n << " of round "
                            << round;
      ASSERT_GE((*log)->version(), durable) << n;
      ASSERT_LE((*log)->version(), tried) << n;
      uint64_t last = 0;
      const absl::Status replayed =
          (*log)->Replay((*log)->version() > 8 ? (*log)->version() - 8 : 0,
                         [&](uint64_t version, std::string_view payload) {
                           if (payload != Payload(version, payload.size())) {
                             return DataLoss("group ", version, " is not what was written");
                           }
                           last = version;
                           return absl::OkStatus();
                         });
      ASSERT_TRUE(replayed.ok()) << replayed << " after a cut at call " << n;
      ASSERT_EQ(last, (*log)->version());
      durable = (*log)->version();
      if (durable == 0) break;
    }
    ASSERT_LT(n, 400);
  }
  options_.disk = LogDisk::Real();
}

TEST_F(LogTest, ControlWithoutSyncLoses) {
  Plan plan;
  auto disk = FaultDisk::Create(plan.Hooks());
  options_.disk = disk;
  options_.sync = false;
  uint64_t tried = 0;
  const uint64_t durable =
      Work(dir_, options_, 0, plan, &tried, [](uint64_t v, size_t b) { return Payload(v, b); });
  ASSERT_GT(durable, 5u);
  disk->LoseUnsynced(0);
  options_.disk = LogDisk::Real();
  const auto log = Log::Open(dir_, options_);
  EXPECT_FALSE(log.ok() && (*log)->version() >= durable) << "the test cannot see a loss";
}

TEST_F(LogTest, FailedSyncStopsTheLogForGood) {
  int syncs = 0;
  bool fail = false;
  DiskHooks hooks;
  hooks.sync = [&] {
    ++syncs;
    return fail ? Unavailable("injected: sync") : absl::OkStatus();
  };
  options_.disk = FaultDisk::Create(hooks);
  auto log = Log::Create(dir_, options_, 0, "s");
  ASSERT_TRUE(log.ok());
  ASSERT_TRUE(Put(**log, 10).ok());
  fail = true;
  EXPECT_EQ(Put(**log, 10).code(), absl::StatusCode::kUnavailable);
  fail = false;
  const int before = syncs;
  EXPECT_EQ(Put(**log, 10).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ((*log)->Sync().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(syncs, before) << "a failed sync was tried again";
}

TEST_F(LogTest, NoSpaceRefusesTheGroupAndGoesAway) {
  bool full = false;
  DiskHooks hooks;
  hooks.space = [&] { return full ? ResourceExhausted("injected: no space") : absl::OkStatus(); };
  options_.disk = FaultDisk::Create(hooks);
  auto log = Log::Create(dir_, options_, 0, "s");
  ASSERT_TRUE(log.ok());
  full = true;
  int fitted = 0;
  absl::Status status = Put(**log, 30'000);
  for (; status.ok(); ++fitted) status = Put(**log, 30'000);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_LT(fitted, 10);
  EXPECT_EQ(Put(**log, 400'000).code(), absl::StatusCode::kResourceExhausted);
  full = false;
  EXPECT_TRUE(Put(**log, 400'000).ok());
  log->reset();
  EXPECT_EQ(*Read(), written_);
}

}  // namespace
}  // namespace skein::log
