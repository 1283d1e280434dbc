// A store larger than the memory budget is traversed whole, and the process stays within it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "storage/base/memory_budget.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kNodes = 60'000;
constexpr uint64_t kLinks = 2'500'000;
constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kBudget = 24 * kMiB;
// The program itself, RocksDB's open files, the allocator, one frontier.
constexpr size_t kSlack = 56 * kMiB;

OpenStoreOptions Options() {
  OpenStoreOptions options{.create = true, .sandbox = true, .rocks = {}};
  options.rocks.free_bytes_min = 0;
  options.rocks.cache_bytes = MemoryBudget::Process().parts().block_cache;
  options.rocks.write_buffer_bytes = MemoryBudget::Process().parts().write_buffer;
  return options;
}

void Fill(const std::string& dir) {
  const auto opened = *OpenStore(dir, Options());
  const auto graph = *Graph::Open(*opened.store, {});
  NewNode node;
  node.labels = {*graph->catalog().InternLabel("Person")};
  NewLink link;
  link.type = *graph->catalog().InternLinkType("KNOWS");
  Batch batch;
  batch.source = "test";
  const WriteContext context{kOpenPolicy, *graph->OpenBatch(batch)};
  std::vector<NodeId> nodes;
  auto t = *graph->Begin(Viewer::All(), context);
  for (uint64_t i = 0; i < kNodes; ++i) nodes.push_back(*t->CreateNode(node));
  ASSERT_TRUE(t->Commit().ok());
  t = nullptr;
  std::mt19937_64 dice(1);
  auto bulk = *graph->BeginBulk(context);
  for (uint64_t i = 0; i < kLinks; ++i) {
    const uint64_t from = dice() % kNodes;
    link.from = nodes[from];
    link.to = nodes[(from + 1 + dice() % (kNodes - 1)) % kNodes];  // another
    link.valid.from = static_cast<TimeUs>(dice() % 1'000'000'000'000);
    ASSERT_TRUE(bulk->Add(link, {}).ok());
  }
  ASSERT_TRUE(bulk->Commit().ok());
}

uint64_t Traverse(const std::string& dir) {
  const auto opened = *OpenStore(dir, Options());
  const auto graph = *Graph::Open(*opened.store, {});
  const auto snapshot = *graph->Latest();
  const Viewer viewer = Viewer::All();
  uint64_t links = 0;
  for (int round = 0; round < 2; ++round) {
    Budget budget;
    const auto scan = *snapshot->ScanNodes(viewer, std::nullopt, budget);
    std::vector<NodeId> frontier;
    std::vector<uint64_t> ids;
    while (*scan->Next(1024, &ids)) {
      frontier.clear();
      for (const uint64_t id : ids) frontier.push_back(NodeId{id});
      const auto cursor = *snapshot->Expand(viewer, frontier, {}, budget);
      ExpandBatch batch;
      while (*cursor->Next(&batch)) links += batch.size();
    }
  }
  return links;
}

// Of this program's own memory: what rusage tells of a child counts its parent's from before exec.
size_t PeakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    size_t kib = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %zu", &kib) == 1) return kib * 1024;
  }
  return 0;
}

// The process whose memory is measured.
TEST(MemoryChild, DISABLED_Traverse) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  const char* const dir = std::getenv("SKEIN_CHILD_STORE");
  if (dir == nullptr) GTEST_SKIP();
  MemoryBudget::Process().SetLimit(kBudget);
  ASSERT_EQ(Traverse(dir), 2 * 2 * kLinks);
  const size_t peak = PeakBytes();
  std::printf("budget %zu MiB, peak %zu MiB\n", kBudget / kMiB, peak / kMiB);
  EXPECT_GT(peak, kMiB);
  EXPECT_LE(peak, kBudget + kSlack);
}

TEST(MemoryTest, AStoreLargerThanTheBudgetIsTraversedWithinIt) {
  const std::string dir = testing::TempDir() + "/skein_memory_" + std::to_string(::getpid());
  fs::remove_all(dir);
  Fill(dir);
  uint64_t stored = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) stored += entry.file_size();
  }
  EXPECT_GT(stored, 2 * kBudget);
  std::string program = "/proc/self/exe", filter = "--gtest_filter=*DISABLED_Traverse",
              disabled = "--gtest_also_run_disabled_tests", store = "SKEIN_CHILD_STORE=" + dir;
  char* argv[] = {program.data(), filter.data(), disabled.data(), nullptr};
  char* env[] = {store.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(::posix_spawn(&child, argv[0], nullptr, nullptr, argv, env), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  fs::remove_all(dir);
}

}  // namespace
}  // namespace skein
