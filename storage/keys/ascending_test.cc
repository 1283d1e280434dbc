#include "storage/keys/ascending.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace skein {
namespace {

std::vector<uint64_t> Any(std::mt19937_64* dice) {
  std::vector<uint64_t> numbers(1 + (*dice)() % 300);
  const int bits = static_cast<int>((*dice)() % 57);
  for (uint64_t& number : numbers) {
    number = bits == 0 ? 0 : (*dice)() >> (64 - bits);
    if ((*dice)() % 20 == 0) number = numbers[0];
    if ((*dice)() % 90 == 0) number = (*dice)() >> 8;  // far from all others
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

TEST(AscendingTest, ReadsWhatItWrote) {
  std::mt19937_64 dice(1);
  for (int i = 0; i < 3000; ++i) {
    const std::vector<uint64_t> numbers = Any(&dice);
    std::string bytes;
    AppendAscending(numbers, &bytes);
    std::vector<uint64_t> read;
    ASSERT_TRUE(ReadAscending(bytes, &read)) << i;
    ASSERT_EQ(read, numbers) << i;
    EXPECT_FALSE(ReadAscending(bytes.substr(0, bytes.size() - 1), &read));
    EXPECT_FALSE(ReadAscending(bytes + "x", &read));
  }
}

TEST(AscendingTest, KeptIdentitiesReadInBothForms) {
  std::mt19937_64 dice(4);
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint64_t> numbers(1 + dice() % 40), read;
    for (uint64_t& number : numbers) number = dice() >> 16;
    std::sort(numbers.begin(), numbers.end());
    std::string bytes, old;
    AppendKeptIdentities(numbers, &bytes);
    EXPECT_NE(bytes.size() % 6, 0u);
    ASSERT_TRUE(ReadKeptIdentities(bytes, &read));
    EXPECT_EQ(read, numbers);
    for (const uint64_t number : numbers) {
      for (int shift = 40; shift >= 0; shift -= 8)
        old.push_back(static_cast<char>(number >> shift));
    }
    ASSERT_TRUE(ReadKeptIdentities(old, &read));
    EXPECT_EQ(read, numbers);
  }
}

TEST(AscendingTest, RefusesAnythingWithoutHarm) {
  std::mt19937_64 dice(2);
  std::vector<uint64_t> read;
  EXPECT_FALSE(ReadAscending("", &read));
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    if (i % 2 == 0) {
      AppendAscending(Any(&dice), &bytes);
      bytes[dice() % bytes.size()] = static_cast<char>(dice());
    } else {
      for (uint64_t n = dice() % 40; n > 0; --n) bytes.push_back(static_cast<char>(dice()));
    }
    if (!ReadAscending(bytes, &read)) continue;
    EXPECT_TRUE(std::is_sorted(read.begin(), read.end()));
  }
}

TEST(AscendingTest, RandomOnesTakeLittleMoreThanTheyMust) {
  std::mt19937_64 dice(3);
  size_t bytes = 0;
  for (int row = 0; row < 100; ++row) {
    std::vector<uint64_t> numbers(152);
    for (uint64_t& number : numbers) number = dice() >> 16;
    std::sort(numbers.begin(), numbers.end());
    std::string out;
    AppendAscending(numbers, &out);
    bytes += out.size();
  }
  EXPECT_LT(static_cast<double>(bytes) / 15'200, 5.35);
}

}  // namespace
}  // namespace skein
