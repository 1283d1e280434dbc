#include "storage/keys/sorted_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>

namespace skein {
namespace {

using Row = std::tuple<std::string, uint64_t, uint32_t>;

// Few different keys, most of them with a long beginning in common, some that another begins with.
Row AnyRow(std::mt19937_64* dice, const std::string& beginning) {
  std::string key = beginning;
  const size_t n = (*dice)() % 12;
  for (size_t i = 0; i < n; ++i) key.push_back(static_cast<char>((*dice)() % 3 * 127));
  return {key, (*dice)() % 4, static_cast<uint32_t>((*dice)() % 2)};
}

TEST(SortedKeysTest, OrdersAsBytesDo) {
  for (const std::string beginning : {"", "a", "something that all have"}) {
    std::mt19937_64 dice(beginning.size() + 1);
    std::vector<SortedKeys> parts(3);
    std::vector<Row> expected;
    for (int i = 0; i < 3000; ++i) {
      const Row row = AnyRow(&dice, beginning);
      expected.push_back(row);
      parts[dice() % 3].Add(std::get<0>(row), std::get<1>(row), std::get<2>(row));
    }
    std::sort(expected.begin(), expected.end());
    for (SortedKeys& part : parts) part.Sort();
    MergedKeys merged({&parts[0], &parts[1], &parts[2]});
    std::vector<Row> got;
    while (const SortedKeys::Entry* entry = merged.Next()) {
      got.emplace_back(entry->key(), entry->number, entry->extra);
    }
    EXPECT_EQ(got, expected);
  }
}

TEST(SortedKeysTest, HoldsNothingAndKeysOfAnyLength) {
  SortedKeys keys;
  keys.Sort();
  EXPECT_EQ(MergedKeys({&keys}).Next(), nullptr);
  keys.Add(std::string(size_t{3} << 20, 'x'), 1);
  keys.Add("", 2);
  keys.Sort();
  EXPECT_EQ(keys[0].number, 2u);
  EXPECT_EQ(keys[1].key().size(), size_t{3} << 20);
}

}  // namespace
}  // namespace skein
