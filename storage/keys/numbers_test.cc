#include "storage/keys/numbers.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace skein {
namespace {

// Parts of a column are the same as those of the whole, whether or not the first number is known.
void ExpectRanges(const Numbers& column, const std::vector<uint64_t>& values, uint64_t base) {
  const auto n = static_cast<uint32_t>(values.size());
  std::vector<uint64_t> whole(n);
  DecodeZigZag(column, n, base, whole.data());
  std::mt19937_64 random(n);
  for (int round = 0; round < 8; ++round) {
    const auto begin = static_cast<uint32_t>(random() % n);
    const auto end = begin + static_cast<uint32_t>(random() % (n - begin + 1));
    std::vector<uint64_t> known(n), searched(n), zigzag(n);
    DecodeNumbers(column, n, base, begin, end, values[begin], known.data());
    DecodeNumbers(column, n, base, begin, end, std::nullopt, searched.data());
    // Those of zigzag differences are known without their base.
    std::optional<uint64_t> number;
    if (round % 2 == 0) number = values[begin] - base;
    DecodeZigZag(column, n, base, begin, end, number, zigzag.data());
    for (uint32_t i = begin; i < end; ++i) {
      ASSERT_EQ(known[i], values[i]) << i << " of [" << begin << ", " << end << "), n " << n;
      ASSERT_EQ(searched[i], values[i]) << i << " of [" << begin << ", " << end << "), n " << n;
      ASSERT_EQ(zigzag[i], whole[i]) << i << " of [" << begin << ", " << end << "), n " << n;
    }
  }
}

// What was written, read back; the bytes after the column are a second, short one.
std::vector<uint64_t> RoundTrip(const std::vector<uint64_t>& values, uint64_t base,
                                uint8_t* mode = nullptr, Packing packing = Packing::kQuick) {
  std::string bytes;
  AppendNumbers(&bytes, values, base, packing);
  const size_t size = bytes.size();
  bytes.append(kNumbersPadding, '\x7f');
  ByteReader in(bytes);
  Numbers column;
  EXPECT_TRUE(ReadNumbers(&in, &column));
  EXPECT_EQ(in.left(), bytes.size() - size);
  EXPECT_TRUE(CheckNumbers(column, static_cast<uint32_t>(values.size())));
  std::vector<uint64_t> out(values.size());
  DecodeNumbers(column, static_cast<uint32_t>(values.size()), base, out.data());
  ExpectRanges(column, values, base);
  if (mode != nullptr) *mode = column.mode;
  return out;
}

TEST(Numbers, EachModeIsTakenWhereItIsShortest) {
  uint8_t mode = 9;
  EXPECT_EQ(RoundTrip({7, 7, 7}, 5, &mode), (std::vector<uint64_t>{7, 7, 7}));
  EXPECT_EQ(mode, 0);
  EXPECT_EQ(RoundTrip({9, 7, 5}, 5, &mode), (std::vector<uint64_t>{9, 7, 5}));
  EXPECT_EQ(mode, 1);
  EXPECT_EQ(RoundTrip({1000000, 1000003, 1000004, 1000100, 1000700, 1100000}, 0, &mode).back(),
            1100000U);
  EXPECT_EQ(mode, 2);
  EXPECT_EQ(RoundTrip({200, 3, 150, 0, 90}, 0, &mode).front(), 200U);
  EXPECT_EQ(mode, 3);
  EXPECT_EQ(RoundTrip({0, UINT64_MAX / 2, 5}, 1, &mode)[1], UINT64_MAX / 2);
  EXPECT_EQ(mode, 4);
  std::vector<uint64_t> runs(40, 3);
  runs.resize(100, UINT64_MAX - 5);
  EXPECT_EQ(RoundTrip(runs, 9, &mode), runs);
  EXPECT_EQ(mode, 5);
  EXPECT_EQ(RoundTrip({7, 4, 1, 6, 3, 0, 5, 2}, 0, &mode, Packing::kSmall)[3], 6U);
  EXPECT_EQ(mode, 6);
  EXPECT_EQ(RoundTrip({1000, 2001, 3003, 4004, 5004, 6006}, 0, &mode, Packing::kSmall)[5], 6006U);
  EXPECT_EQ(mode, 7);
}

TEST(Numbers, AnyColumnComesBack) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint64_t> values(1 + random() % kNumbersMax);
    const uint64_t base = random() >> (random() % 64);
    const int bits = static_cast<int>(random() % 64);
    uint64_t last = base;
    const bool sorted = random() % 2 == 0;
    for (uint64_t& v : values) {
      v = sorted ? last + (random() >> bits) : random() >> bits;
      last = v;
    }
    if (random() % 8 == 0) std::fill(values.begin() + values.size() / 3, values.end(), base);
    for (const Packing packing : {Packing::kQuick, Packing::kSmall}) {
      ASSERT_EQ(RoundTrip(values, base, nullptr, packing), values) << "round " << round;
    }
  }
}

TEST(Numbers, AColumnReadOverAnotherForgetsIt) {
  std::string bytes;
  AppendNumbers(&bytes, std::vector<uint64_t>{5, 8, 11}, 0);
  AppendNumbers(&bytes, std::vector<uint64_t>{4, 4, 4}, 0);
  ByteReader in(bytes);
  Numbers column;
  ASSERT_TRUE(ReadNumbers(&in, &column));
  ASSERT_TRUE(ReadNumbers(&in, &column));
  std::vector<uint64_t> out(3);
  DecodeNumbers(column, 3, 0, out.data());
  EXPECT_EQ(out, (std::vector<uint64_t>{4, 4, 4}));
}

TEST(Numbers, DamageIsRefusedOrHarmless) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 5000; ++round) {
    std::vector<uint64_t> values(1 + random() % 40);
    for (uint64_t& v : values) v = random() >> (random() % 64);
    std::string bytes;
    if (round % 3 == 0) std::fill(values.begin() + values.size() / 2, values.end(), 9);
    AppendNumbers(&bytes, values, 0, round % 2 == 0 ? Packing::kQuick : Packing::kSmall);
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    ByteReader in(bytes);
    Numbers column;
    if (!ReadNumbers(&in, &column)) continue;
    const auto n = static_cast<uint32_t>(values.size());
    if (!CheckNumbers(column, n)) continue;
    bytes.append(kNumbersPadding, '\0');  // reallocates: read once more
    ByteReader again(bytes);
    ASSERT_TRUE(ReadNumbers(&again, &column));
    std::vector<uint64_t> out(n);
    DecodeNumbers(column, n, 0, out.data());  // within bounds, whatever the values
  }
}

}  // namespace
}  // namespace skein
