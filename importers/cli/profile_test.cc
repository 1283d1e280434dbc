#include "importers/cli/profile.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

ColumnProfile Profile(const std::vector<std::string>& texts) {
  ColumnProfile profile("c");
  for (const std::string& text : texts) profile.Add({text});
  return profile;
}

TEST(ColumnProfileTest, GuessesTheNarrowestType) {
  EXPECT_EQ(Profile({"1", "-2", "9223372036854775807"}).guess().type, FieldType::kInteger);
  EXPECT_EQ(Profile({"1", "2.5"}).guess().type, FieldType::kFloat);
  EXPECT_EQ(Profile({"true", "FALSE"}).guess().type, FieldType::kBoolean);
  EXPECT_EQ(Profile({"2024-01-31"}).guess().type, FieldType::kDate);
  EXPECT_EQ(Profile({"2024-01-31 10:20:30.5"}).guess().type, FieldType::kLocalDateTime);
  EXPECT_EQ(Profile({"2024-01-31T10:20:30Z"}).guess().type, FieldType::kDateTime);
  EXPECT_EQ(Profile({"2024/01/31 10:20"}).guess().format, "%Y/%m/%d %H:%M");
}

TEST(ColumnProfileTest, PhoneNumbersWithLeadingZerosAreText) {
  EXPECT_EQ(Profile({"0101234567", "02187654321"}).guess().type, FieldType::kString);
}

TEST(ColumnProfileTest, EightDigitsAreDaysOnlyWhenAllAre) {
  EXPECT_EQ(Profile({"20240131", "20240229", "20240301"}).guess().type, FieldType::kDate);
  EXPECT_EQ(Profile({"20240131", "20240230", "20240301"}).guess().type, FieldType::kInteger);
}

TEST(ColumnProfileTest, CountsNullsAndRepeats) {
  const ColumnProfile profile = Profile({"a", "", "a"});
  EXPECT_EQ(profile.nulls(), 1u);
  EXPECT_EQ(profile.distinct(), 1u);
  EXPECT_FALSE(profile.unique());
  EXPECT_TRUE(Profile({"a", "b"}).unique());
}

}  // namespace
}  // namespace skein
