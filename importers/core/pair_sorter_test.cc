#include "importers/core/pair_sorter.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace skein {
namespace {

TEST(PairSorterTest, FindsWhatARereadingMapFinds) {
  for (const size_t memory : {size_t{16}, size_t{1000}, size_t{1} << 20}) {
    std::mt19937_64 dice(memory);
    PairSorter sorter(memory);
    std::map<uint64_t, std::multiset<uint64_t>> model;
    for (int i = 0; i < 5000; ++i) {
      const uint64_t first = dice() % 3000;
      const uint64_t second = dice() % 2;
      ASSERT_TRUE(sorter.Add({first, second}).ok());
      model[first].insert(second);
    }
    std::erase_if(model, [](const auto& entry) { return entry.second.size() < 2; });
    std::map<uint64_t, std::pair<uint64_t, bool>> found;
    ASSERT_TRUE(sorter
                    .Finish([&found](uint64_t first, uint64_t count, bool differ) {
                      found[first] = {count, differ};
                    })
                    .ok());
    ASSERT_EQ(found.size(), model.size());
    for (const auto& [first, seconds] : model) {
      EXPECT_EQ(found[first].first, seconds.size());
      EXPECT_EQ(found[first].second, *seconds.begin() != *seconds.rbegin());
    }
  }
}

TEST(PairSorterTest, NothingIsNothing) {
  PairSorter sorter;
  EXPECT_TRUE(sorter.Finish([](uint64_t, uint64_t, bool) { FAIL(); }).ok());
}

}  // namespace
}  // namespace skein
