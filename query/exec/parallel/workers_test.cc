#include "query/exec/parallel/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace skein::exec {
namespace {

TEST(WorkersTest, EveryPieceIsDoneOnceByDistinctWorkers) {
  Workers workers(4);
  EXPECT_EQ(workers.threads(), 4U);
  for (int round = 0; round < 200; ++round) {
    constexpr size_t kPieces = 64;
    std::vector<std::atomic<int>> done(kPieces);
    std::vector<std::atomic<int>> began(workers.threads());
    std::atomic<size_t> next{0};
    workers.Run([&](size_t worker) {
      ASSERT_LT(worker, workers.threads());
      began[worker].fetch_add(1);
      for (size_t i; (i = next.fetch_add(1)) < kPieces;) done[i].fetch_add(1);
    });
    for (const auto& piece : done) EXPECT_EQ(piece.load(), 1);
    for (const auto& times : began) EXPECT_LE(times.load(), 1);
    EXPECT_EQ(began[0].load(), 1);
  }
}

TEST(WorkersTest, JobsOfSeveralCallersDoNotWaitForEachOther) {
  Workers workers(2);
  std::atomic<int> sum{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        std::atomic<int> left{10};
        workers.Run([&](size_t) {
          while (left.fetch_sub(1) > 0) sum.fetch_add(1);
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum.load(), 8 * 100 * 10);
}

TEST(WorkersTest, AJobWithinAJobIsDone) {
  Workers workers(2);
  std::atomic<int> inner{0};
  workers.Run([&](size_t) { workers.Run([&](size_t) { inner.fetch_add(1); }); });
  EXPECT_GE(inner.load(), 1);
}

TEST(WorkersTest, OneThreadWorksAlone) {
  Workers workers(1);
  int calls = 0;
  workers.Run([&](size_t worker) {
    EXPECT_EQ(worker, 0U);
    ++calls;
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace skein::exec
