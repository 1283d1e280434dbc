// The bare store under faults: power cuts, every n-th failing call of the file system, flipped
// bits.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "storage/base/status.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/open.h"
#include "tests/crash/scratch.h"
#include "tests/crash/store_work.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

OpenStoreOptions Small(FaultFileSystem* faults) {
  OpenStoreOptions options;
  options.create = true;
  options.rocks.free_bytes_min = 0;
  options.rocks.write_buffer_bytes = 64 << 10;
  options.rocks.log_file_bytes = 1 << 20;
  if (faults == nullptr) return options;
  options.rocks.file_system = faults->file_system();
  options.rocks.log_disk = faults->log_disk();
  return options;
}

// --- the n-th change of a file is the last, un-synced bytes are lost -----------------------------

struct Outcome {
  int wrong = 0;
  std::string first;
  uint64_t steps = 0;
};

Outcome PowerCuts(std::string_view name, int cycles, bool sync) {
  const fs::path dir = Scratch(name);
  std::mt19937_64 dice(77);
  Outcome outcome;
  uint64_t acked = 0;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const auto faults = FaultFileSystem::Create();
    OpenStoreOptions options = Small(faults.get());
    options.rocks.sync = sync;
    uint64_t started = acked;
    faults->CrashAt(static_cast<int64_t>(dice() % 300));
    if (auto opened = OpenStore(dir, options); opened.ok()) {
      if (auto last = LastStep(*opened->store); last.ok()) {
        acked = started = std::max(acked, *last);
        DoSteps(*opened->store, acked + 40, 0, &acked, &started);
        if (cycle % 3 == 0) SKEIN_IGNORE_ERROR(opened->store->Compact(), "the cut may meet it");
      }
    }
    faults->LoseUnsynced(dice() % 2 == 0 ? 0 : dice());
    std::string wrong;
    if (auto opened = OpenStore(dir, Small(nullptr)); !opened.ok()) {
      wrong = opened.status().ToString();
    } else {
      wrong = CheckSteps(*opened->store, acked, started);
      const auto last = LastStep(*opened->store);
      outcome.steps += last.ok() && *last > acked ? *last - acked : 0;
      if (last.ok()) acked = *last;
      outcome.steps += started - std::min(started, acked);
    }
    if (wrong.empty() && acked < 700) continue;
    if (!wrong.empty()) {
      ++outcome.wrong;
      if (outcome.first.empty()) outcome.first = internal::Join("cycle ", cycle, ": ", wrong);
    }
    fs::remove_all(dir);
    acked = 0;
  }
  fs::remove_all(dir);
  return outcome;
}

TEST(StorePowerCutTest, LosesNothingThatWasAcknowledged) {
  const Outcome outcome = PowerCuts("power", Rounds(600, 10'000), true);
  EXPECT_EQ(outcome.wrong, 0) << outcome.first;
}

TEST(StorePowerCutTest, ControlWithoutSyncLoses) {
  const Outcome outcome = PowerCuts("control", Rounds(20, 200), false);
  EXPECT_GT(outcome.wrong, 2) << "the test cannot see a loss";
}

// --- the n-th change of a file fails, for every n ------------------------------------------------

class NthFileCallTest : public testing::TestWithParam<bool> {};

TEST_P(NthFileCallTest, NothingIsLostAndNothingInvented) {
  const bool no_space = GetParam();
  const int stride = Rounds(3, 1);
  // Without an Ingest: RocksDB 7.8 asserts, and Debian's build aborts, when adding files fails half
  // way. That is a crash, which the power cuts above interrupt at the same places.
  constexpr uint64_t kLast = 16;
  for (int64_t n = 0;; n += stride) {
    const fs::path dir = Scratch(no_space ? "nth_space" : "nth_io");
    const auto faults = FaultFileSystem::Create();
    uint64_t acked = 0, started = 0;
    faults->FailAt(n, no_space);
    {
      auto opened = OpenStore(dir, Small(faults.get()));
      if (opened.ok()) {
        DoSteps(*opened->store, kLast, 50, &acked, &started);
        SKEIN_IGNORE_ERROR(opened->store->Compact(), "the failure may meet it");
        // Space that runs out once is no reason to stop for good.
        if (no_space) {
          EXPECT_EQ(started, kLast) << "n = " << n;
        }
      }
    }
    const bool met = faults->mutations() > n;
    auto again = OpenStore(dir, Small(nullptr));
    ASSERT_TRUE(again.ok()) << again.status() << ", n = " << n;
    ASSERT_EQ(CheckSteps(*again->store, acked, started), "") << "n = " << n;
    ASSERT_TRUE(again->store->Verify().ok()) << "n = " << n;
    ASSERT_TRUE(DoStep(*again->store, *LastStep(*again->store) + 1).ok()) << "n = " << n;
    again->store.reset();
    fs::remove_all(dir);
    if (!met) break;
    ASSERT_LT(n, 5000);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, NthFileCallTest, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "NoSpace" : "Error"; });

// --- flipped bits --------------------------------------------------------------------------------

std::string KindOf(const fs::path& file) {
  const std::string name = file.filename();
  for (const std::string_view prefix :
       {"log-", "MANIFEST", "CURRENT", "OPTIONS", "IDENTITY", "SKEIN"}) {
    if (name.starts_with(prefix)) return std::string(prefix);
  }
  return file.extension() == ".sst" ? "sst" : "";
}

void FlipBit(const fs::path& path, uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const auto byte = static_cast<char>(file.get() ^ (1 << (bit % 8)));
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(byte);
}

// What became of one flipped bit.
std::string Fate(const fs::path& dir, uint64_t steps) {
  OpenStoreOptions options = Small(nullptr);
  options.create = false;
  auto opened = OpenStore(dir, options);
  if (!opened.ok()) return "refused";
  const absl::Status verified = opened->store->Verify();
  const std::string wrong = CheckSteps(*opened->store, steps, steps);
  if (wrong.starts_with("silent") && verified.ok()) return wrong;
  if (!wrong.empty() || !verified.ok()) return "told by reading";
  return opened->notes.empty() ? "harmless" : "repaired";
}

TEST(FlippedBitTest, NoneIsSilent) {
  const fs::path whole = Scratch("whole"), dir = Scratch("flipped");
  constexpr uint64_t kSteps = 150;
  {
    auto opened = OpenStore(whole, Small(nullptr));
    ASSERT_TRUE(opened.ok()) << opened.status();
    uint64_t acked = 0, started = 0;
    DoSteps(*opened->store, kSteps, 0, &acked, &started);
    ASSERT_EQ(started, kSteps);
  }
  std::map<std::string, std::vector<fs::path>> files;
  for (const auto& entry : fs::recursive_directory_iterator(whole)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    const std::string kind = KindOf(entry.path());
    if (!kind.empty()) files[kind].push_back(fs::relative(entry.path(), whole));
  }
  ASSERT_EQ(files.size(), 7u);
  std::map<std::string, std::map<std::string, int>> fates;
  std::mt19937_64 dice(2000);
  const int flips = Rounds(300, 4000);
  for (int i = 0; i < flips; ++i) {
    // Log, MANIFEST and sorted files in turn with the small ones.
    auto kind = files.begin();
    std::advance(kind, static_cast<int64_t>(i % 2 == 0 ? dice() % files.size() : 0));
    if (i % 2 != 0) kind = files.find(i % 6 == 1 ? "log-" : i % 6 == 3 ? "MANIFEST" : "sst");
    const fs::path& file = kind->second[dice() % kind->second.size()];
    fs::remove_all(dir);
    fs::copy(whole, dir, fs::copy_options::recursive);
    const uint64_t bit = dice() % (fs::file_size(dir / file) * 8);
    FlipBit(dir / file, bit);
    const std::string fate = Fate(dir, kSteps);
    ASSERT_FALSE(fate.starts_with("silent")) << file << ", bit " << bit << ": " << fate;
    ++fates[kind->first][fate];
  }
  for (const auto& [kind, counts] : fates) {
    for (const auto& [fate, count] : counts) {
      std::printf("  %-9s %-16s %d\n", kind.c_str(), fate.c_str(), count);
    }
  }
  EXPECT_GT(fates["sst"]["refused"] + fates["sst"]["told by reading"], 10);
  EXPECT_GT(fates["MANIFEST"]["refused"], 10);
  fs::remove_all(whole);
  fs::remove_all(dir);
}

}  // namespace
}  // namespace skein
