#include "storage/index/text.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

double Score(std::string_view query, std::string_view value) {
  return TextQuery(query).Score(FoldText(value));
}

// A value that scores is under the probes of some group: else a search would miss it.
bool Reachable(std::string_view query, std::string_view value) {
  const std::vector<TextToken> tokens = IndexTokens(FoldText(value));
  const TextQuery parsed(query);
  for (const auto& group : parsed.groups()) {
    bool all = true;
    for (const TextToken& probe : group) {
      bool found = false;
      for (const TextToken& token : tokens) {
        found = found || (token.kind == probe.kind && token.text.starts_with(probe.text));
      }
      all = all && found;
    }
    if (all) return true;
  }
  return false;
}

TEST(TextTest, FindsNamesPlatesAndNumbersAsPeopleTypeThem) {
  const std::pair<const char*, const char*> kFound[] = {
      {"张伟", "张伟"},
      {"张", "张伟"},
      {"伟", "张伟"},
      {"zhangwei", "张伟"},
      {"zhang wei", "张伟"},
      {"zw", "张伟"},
      {"ZHANGW", "张伟"},
      {"欧阳", "歐陽娜娜"},
      {"沪A12345", "沪A·12345"},
      {"a12345", "沪A·12345"},
      {"ａ１２３", "沪A·12345"},
      {"12345", "沪A·12345"},
      {"13800001234", "+86 138-0000-1234"},
      {"1380000", "+8613800001234"},
      {"138 0000", "138-0000-1234"},
      {"lovelace", "Ada Lovelace"},
      {"ada lo", "Ada Lovelace"},
      {"ADA", "ada"},
      {"浦东", "上海市浦东新区"},
      {"STRASSE", "straße"},
  };
  for (const auto& [query, value] : kFound) {
    EXPECT_GT(Score(query, value), 0) << query << " in " << value;
    EXPECT_TRUE(Reachable(query, value)) << query << " in " << value;
  }
}

TEST(TextTest, DoesNotFindOthers) {
  const std::pair<const char*, const char*> kNotFound[] = {
      {"王", "张伟"},   {"wei", "Zoe"},          {"45", "沪A·12345"},
      {"张三", "张伟"}, {"ove", "Ada Lovelace"},
  };
  for (const auto& [query, value] : kNotFound) EXPECT_EQ(Score(query, value), 0) << query;
  EXPECT_TRUE(TextQuery(" ·-!").empty());
}

TEST(TextTest, WholeValuesComeFirst) {
  EXPECT_GT(Score("张伟", "张伟"), Score("张伟", "张伟明"));
  EXPECT_GT(Score("张伟", "张伟明"), Score("张伟", "小张伟"));
  EXPECT_GT(Score("12345", "12345"), Score("12345", "1234567"));
}

TEST(TextTest, TokensAreBounded) {
  const std::string long_text(100'000, 'x');
  for (const TextToken& token : IndexTokens(FoldText(long_text))) {
    EXPECT_LE(token.text.size(), 64u);
  }
  std::string han;
  for (int i = 0; i < 5000; ++i) han += "张伟王";
  EXPECT_LT(IndexTokens(FoldText(han)).size(), 300u);
  EXPECT_TRUE(FoldText("\xff\xfe\x80").words.size() <= 3u);  // not UTF-8: no crash
}

TEST(TextTest, SearchesStringsAndLongNumbers) {
  EXPECT_EQ(SearchableTexts(Value::Integer(1234567)), std::vector<std::string>{"1234567"});
  EXPECT_TRUE(SearchableTexts(Value::Integer(12)).empty());
  EXPECT_EQ(SearchableTexts(Value::List({Value::String("a"), Value::Integer(1)})).size(), 1u);
  EXPECT_TRUE(SearchableTexts(Value::Float(1e9)).empty());
}

}  // namespace
}  // namespace skein
