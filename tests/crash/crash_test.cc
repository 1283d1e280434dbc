// Crashes: what was acknowledged is there afterwards, everything else wholly there or not at all.
//
// In process: the n-th call of a store fails, for every n; the n-th change of a file is the last,
// and un-synced bytes are lost. Out of process: a writer is killed (SIGKILL) at its n-th change of
// a file. The control, which does not sync, must lose something, or the tests prove nothing.
// SKEIN_NIGHTLY=1 runs 10,000 cycles.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "storage/base/status.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/open.h"
#include "storage/kv/twins.h"
#include "tests/crash/scratch.h"
#include "tests/crash/script.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

// --- the n-th call of the store fails ------------------------------------------------------------

class NthCallTest : public testing::TestWithParam<FaultPlan::Kind> {};

TEST_P(NthCallTest, EveryCallMayFail) {
  constexpr uint64_t kTransactions = 6;
  for (int64_t n = 0;; ++n) {
    auto disk = MakeMemoryDisk();
    auto plan = std::make_shared<FaultPlan>();
    plan->kind = GetParam();
    uint64_t acked = 0, started = 0;
    {
      auto store = MakeFaultyStore(MakeMemoryStore({.disk = disk}), plan);
      plan->fail_at = n;
      auto script = CrashScript::Open(*store);
      // A failed call is an error to its caller, and the next try may work.
      if (!script.ok()) script = CrashScript::Open(*store);
      while (script.ok() && acked < kTransactions) {
        started = acked + 1;
        const absl::Status status = (*script)->Commit(started);
        if (status.ok()) {
          acked = started;
        } else if (plan->stopped) {
          break;
        } else {
          // The failure may have hit after the commit itself: ask, as a client would.
          const auto last = (*script)->Last();
          ASSERT_TRUE(last.ok()) << last.status();
          acked = *last;
        }
      }
      if (!plan->stopped) {
        ASSERT_EQ(acked, kTransactions) << "n = " << n;
      }
    }
    auto store = MakeMemoryStore({.disk = disk});
    auto script = CrashScript::Open(*store);
    ASSERT_TRUE(script.ok()) << script.status() << ", n = " << n;
    ASSERT_EQ((*script)->Check(acked, started), "") << "n = " << n;
    if (plan->calls <= n) break;  // the whole script runs in fewer calls
    ASSERT_LT(n, 5000);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, NthCallTest,
                         testing::Values(FaultPlan::Kind::kUnavailable, FaultPlan::Kind::kNoSpace,
                                         FaultPlan::Kind::kUnknownApplied,
                                         FaultPlan::Kind::kUnknownLost));

// --- the n-th change of a file is the last, un-synced bytes are lost -----------------------------

struct Outcome {
  int cycles_with_loss = 0;
  std::string first_loss;
  uint64_t transactions = 0;
};

// One store through many power cuts. Small buffers, so that flushes and compactions are met too.
Outcome PowerCuts(std::string_view name, int cycles, bool sync) {
  const fs::path dir = Scratch(name);
  std::mt19937_64 dice(42);
  Outcome outcome;
  uint64_t expected = 0;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    fs::create_directories(dir);
    auto faults = FaultFileSystem::Create();
    RocksStoreOptions options;
    options.free_bytes_min = 0;
    options.write_buffer_bytes = 64 << 10;
    options.sync = sync;
    options.file_system = faults->file_system();
    options.log_disk = faults->log_disk();
    options.log_file_bytes = 256 << 10;
    uint64_t acked = expected, started = expected;
    faults->CrashAt(static_cast<int64_t>(cycle == 0 ? 100'000 : 1 + dice() % 400));
    if (auto store = OpenRocksStore(dir / "db", dir / "log", options); store.ok()) {
      if (auto script = CrashScript::Open(**store); script.ok()) {
        for (int i = 0; i < (cycle == 0 ? 5 : 60) && !faults->crashed(); ++i) {
          started = acked + 1;
          if (!(*script)->Commit(started).ok()) break;
          acked = started;
          if (i == 30) SKEIN_IGNORE_ERROR((*script)->Compact(), "the crash may meet it");
        }
      }
    }
    faults->LoseUnsynced(dice() % 2 == 0 ? 0 : dice());
    options.file_system = nullptr;
    options.log_disk = nullptr;
    std::string wrong;
    if (auto store = OpenRocksStore(dir / "db", dir / "log", options); !store.ok()) {
      wrong = store.status().ToString();
    } else if (auto script = CrashScript::Open(**store); !script.ok()) {
      wrong = script.status().ToString();
    } else {
      wrong = (*script)->Check(acked, started);
      const auto last = (*script)->Last();
      expected = last.ok() ? *last : 0;
      outcome.transactions += acked;
    }
    if (wrong.empty()) continue;
    ++outcome.cycles_with_loss;
    if (outcome.first_loss.empty())
      outcome.first_loss = internal::Join("cycle ", cycle, ": ", wrong);
    fs::remove_all(dir);
    expected = 0;
  }
  fs::remove_all(dir);
  return outcome;
}

TEST(PowerCutTest, LosesNothingThatWasAcknowledged) {
  const Outcome outcome = PowerCuts("power", Rounds(150, 10'000), true);
  EXPECT_EQ(outcome.cycles_with_loss, 0) << outcome.first_loss;
  EXPECT_GT(outcome.transactions, 60u);
}

TEST(PowerCutTest, ControlWithoutSyncLoses) {
  const Outcome outcome = PowerCuts("control", Rounds(8, 200), false);
  EXPECT_GT(outcome.cycles_with_loss, 2) << "the test cannot see a loss";
}

// --- a writer is killed
// ---------------------------------------------------------------------------

struct Writer {
  uint64_t acked = 0, started = 0;
  bool killed = false;
  std::string error;
};

// Runs `skein_crash_writer DIR KILL_AT COUNT` and reads what it acknowledged, a line each.
Writer RunWriter(const fs::path& dir, uint64_t kill_at, uint64_t count) {
  int out[2];
  SKEIN_CHECK(::pipe(out) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_addclose(&actions, out[0]);
  std::string program = fs::read_symlink("/proc/self/exe").parent_path() / "skein_crash_writer";
  std::string arguments[] = {program, dir.string(), std::to_string(kill_at), std::to_string(count)};
  char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(),
                  arguments[3].data(), nullptr};
  pid_t pid = 0;
  const int spawned = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  Writer writer;
  SKEIN_CHECK(spawned == 0);
  FILE* lines = ::fdopen(out[0], "r");
  char word = 0;
  unsigned long long number = 0;
  while (std::fscanf(lines, " %c %llu", &word, &number) == 2) {
    if (word == 's') writer.started = number;
    if (word == 'a') writer.acked = number;
    if (word == 'e') writer.error = "the writer met an error";
  }
  std::fclose(lines);
  int status = 0;
  ::waitpid(pid, &status, 0);
  writer.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (!writer.killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
    writer.error = "the writer ended badly";
  }
  return writer;
}

TEST(KilledWriterTest, AcknowledgedTransactionsAreThere) {
  const fs::path dir = Scratch("killed");
  std::mt19937_64 dice(7);
  uint64_t expected = 0;
  int killed = 0;
  const int cycles = Rounds(150, 10'000);
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const uint64_t kill_at = dice() % 250;
    const Writer writer = RunWriter(dir, kill_at, 30);
    ASSERT_EQ(writer.error, "") << "cycle " << cycle;
    killed += writer.killed ? 1 : 0;
    OpenStoreOptions options;
    options.create = true;
    options.rocks.free_bytes_min = 0;
    auto opened = OpenStore(dir.string(), options);  // at once: the lock went with its holder
    ASSERT_TRUE(opened.ok()) << opened.status() << " in cycle " << cycle;
    auto script = CrashScript::Open(*opened->store);
    ASSERT_TRUE(script.ok()) << script.status() << " in cycle " << cycle;
    const uint64_t acked = std::max(writer.acked, expected);
    const uint64_t started = std::max(writer.started, expected);
    ASSERT_EQ((*script)->Check(acked, started), "") << "cycle " << cycle << ", at " << kill_at;
    expected = *(*script)->Last();
  }
  fs::remove_all(dir);
  // How many system calls thirty transactions take is the store's affair; many must be cut short.
  EXPECT_GT(killed, cycles / 4);
  EXPECT_GT(expected, static_cast<uint64_t>(cycles));
}

}  // namespace
}  // namespace skein
