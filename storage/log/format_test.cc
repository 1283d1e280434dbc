// Headers: decode of encode is identity; any flipped bit shows.
#include "storage/log/format.h"

#include <gtest/gtest.h>

namespace skein::log {
namespace {

constexpr uint64_t kSalt = 0x1234'5678'9abc'def0;

TEST(FormatTest, FileHeaderComesBackAndAnyBitShows) {
  const FileHeader header{kLogFormat, 8 << 10, 7, kSalt, 42, 43, 44};
  std::string bytes = EncodeFileHeader(header);
  ASSERT_EQ(bytes.size(), kHeaderBytes);
  const auto back = DecodeFileHeader(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->number, 7u);
  EXPECT_EQ(back->salt, kSalt);
  EXPECT_EQ(back->first_sequence, 42u);
  EXPECT_EQ(back->chain, 43u);
  EXPECT_EQ(back->base_version, 44u);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeFileHeader(bytes).has_value()) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(FormatTest, RecordComesBackAndAnyBitShows) {
  RecordHeader header{.kind = RecordKind::kGroup,
                      .twin = true,
                      .sequence = 9,
                      .durable_through = 8,
                      .version = 100,
                      .chain = 77};
  std::string payload = "a group of commits";
  std::string bytes = EncodeRecordHeader(&header, payload, kSalt);
  const auto back = DecodeRecordHeader(bytes, kSalt);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->sequence, 9u);
  EXPECT_EQ(back->durable_through, 8u);
  EXPECT_EQ(back->version, 100u);
  EXPECT_EQ(back->chain, 77u);
  EXPECT_TRUE(back->twin);
  EXPECT_EQ(back->checksum, header.checksum);
  EXPECT_TRUE(PayloadIsWhole(*back, payload, kSalt));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeRecordHeader(bytes, kSalt).has_value()) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
  for (size_t bit = 0; bit < payload.size() * 8; ++bit) {
    payload[bit / 8] = static_cast<char>(payload[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(PayloadIsWhole(*back, payload, kSalt)) << bit;
    payload[bit / 8] = static_cast<char>(payload[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(FormatTest, WhatARecycledFileHeldIsNoRecord) {
  RecordHeader header{.kind = RecordKind::kState, .sequence = 1};
  const std::string bytes = EncodeRecordHeader(&header, "x", kSalt);
  EXPECT_FALSE(DecodeRecordHeader(bytes, kSalt + 1).has_value());
}

}  // namespace
}  // namespace skein::log
