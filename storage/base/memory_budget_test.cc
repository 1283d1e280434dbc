#include "storage/base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>

namespace skein {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(MemoryBudgetTest, PartsFitIntoTheLimit) {
  for (const size_t limit : {64 * kMiB, 512 * kMiB, 12'000 * kMiB}) {
    const MemoryBudget::Parts p = MemoryBudget(limit).parts();
    EXPECT_LE(p.block_cache + 2 * p.write_buffer + p.nodes + p.links + p.lookups + 4 * p.system +
                  p.elastic,
              limit);
    EXPECT_GE(p.elastic, limit / 3);
  }
}

TEST(MemoryBudgetTest, QueriesTakeHalfOfTheElasticPartAndPagesMakeRoom) {
  MemoryBudget budget(1024 * kMiB);
  const size_t elastic = budget.parts().elastic;
  size_t told = 0;
  auto registration =
      budget.Register({"pages", [] { return size_t{7}; }, [&told](size_t most) { told = most; }});
  EXPECT_EQ(budget.pages_max(), elastic);
  EXPECT_FALSE(budget.TryTake(elastic / 2 + 1));
  ASSERT_TRUE(budget.TryTake(elastic / 2));
  EXPECT_EQ(budget.pages_max(), elastic - elastic / 2);
  EXPECT_EQ(told, budget.pages_max());
  EXPECT_FALSE(budget.TryTake(1));
  EXPECT_EQ(budget.Use(),
            (std::vector<std::pair<std::string, size_t>>{{"queries", elastic / 2}, {"pages", 7}}));
  budget.Give(elastic / 2);
  EXPECT_EQ(told, elastic);
  EXPECT_TRUE(budget.TryTake(1));
  registration = {};
  EXPECT_EQ(budget.Use().size(), 1U);
}

TEST(MemoryBudgetTest, ManyThreadsNeverTakeMoreThanThereIs) {
  MemoryBudget budget(64 * kMiB);
  const size_t most = budget.taken_max();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 2000; ++k) {
        const bool took = budget.TryTake(most / 3);
        EXPECT_LE(budget.taken(), most);
        if (took) budget.Give(most / 3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.taken(), 0U);
}

}  // namespace
}  // namespace skein
