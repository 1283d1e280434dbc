#include "query/exec/node_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace skein::exec {
namespace {

// Against std::set, in both shapes and with ids on both sides of the bound.
TEST(NodeSetTest, HoldsWhatWasInserted) {
  std::mt19937_64 dice(1);
  NodeSet set;
  for (const uint64_t bound : {0, 1, 64, 1000, 5000, 777, 0, 100'000}) {
    set.Clear(bound);
    EXPECT_EQ(set.size(), 0U);
    std::set<NodeId> all;
    for (int round = 0; round < 50; ++round) {
      std::vector<NodeId> ids(dice() % 40);
      for (NodeId& id : ids) id = NodeId{dice() % 4000};
      size_t first = 0;
      while (first < ids.size() && !all.contains(ids[first])) ++first;
      ASSERT_EQ(set.FindFirst(ids), first) << bound;
      std::vector<uint32_t> places;
      for (uint32_t i = 0; i < ids.size(); ++i) {
        if (all.insert(ids[i]).second) places.push_back(i);
      }
      if (round % 3 == 0) {
        std::vector<uint32_t> fresh;
        set.InsertAll(ids, &fresh);
        ASSERT_EQ(fresh, places);
      } else if (round % 3 == 1) {
        std::vector<NodeId> fresh = {NodeId{9}};
        ASSERT_EQ(set.InsertAll(ids, &fresh), places.size());
        ASSERT_EQ(fresh.size(), places.size() + 1);
        for (size_t i = 0; i < places.size(); ++i) ASSERT_EQ(fresh[i + 1], ids[places[i]]);
      } else {
        size_t next = 0;
        for (uint32_t i = 0; i < ids.size(); ++i) {
          const bool fresh = next < places.size() && places[next] == i;
          ASSERT_EQ(set.Insert(ids[i]), fresh);
          next += fresh ? 1 : 0;
        }
      }
      ASSERT_EQ(set.size(), all.size());
      for (uint64_t id = 0; id < 4000; id += 7) {
        ASSERT_EQ(set.Contains(NodeId{id}), all.contains(NodeId{id})) << bound << " " << id;
      }
    }
  }
}

TEST(NodeSetTest, MemoryThatIsUsedAgainIsClean) {
  for (int round = 0; round < 20; ++round) {
    std::vector<NodeSet> sets(6);
    for (NodeSet& set : sets) {
      set.Clear(10'000);
      for (uint64_t id = 0; id < 10'000; id += 3) ASSERT_TRUE(set.Insert(NodeId{id}));
    }
    NodeSet moved = std::move(sets[2]);
    EXPECT_TRUE(moved.Contains(NodeId{9999}));
    sets[2].Clear(10'000);
    EXPECT_FALSE(sets[2].Contains(NodeId{9999}));
    EXPECT_TRUE(sets[2].Insert(NodeId{9999}));
  }
}

}  // namespace
}  // namespace skein::exec
