#include "importers/jsonl/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/status.h"

namespace skein {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Spell(const RawField& field) {
  switch (field.kind) {
    case RawKind::kMissing:
      return "-";
    case RawKind::kJsonNull:
      return "null";
    case RawKind::kJsonNumber:
      return internal::Join("#", field.text);
    case RawKind::kJsonNested:
      return "{}";
    default:
      return std::string(field.text);
  }
}

std::vector<std::string> ReadAll(const std::string& bytes, std::vector<std::string> columns,
                                 bool all = false, size_t step = 1 << 20,
                                 ReaderLimits limits = {}) {
  ReaderRequest request;
  request.name = "t.jsonl";
  request.columns = std::move(columns);
  request.list_columns = {"tags", "/o/list"};
  request.all_columns = all;
  request.limits = limits;
  auto reader = OpenJsonl(MemorySource(bytes, step), request);
  if (!reader.ok()) return {std::string(Message(reader.status()))};
  std::vector<std::string> out;
  Record record;
  BadRecord bad;
  for (;;) {
    const auto what = (*reader)->Next(&record, &bad);
    if (!what.ok()) return {std::string(Message(what.status()))};
    if (*what == RecordReader::What::kEnd) return out;
    if (*what == RecordReader::What::kBad) {
      out.push_back(
          internal::Join(bad.line, bad.damaged ? "!! " : "! ", bad.column, " ", bad.reason));
      continue;
    }
    std::string text = internal::Join(record.line, ":");
    for (const RawField& field : record.fields) text += " [" + Spell(field) + "]";
    out.push_back(std::move(text));
  }
}

TEST(JsonlReaderTest, NamedColumnsInOrder) {
  EXPECT_THAT(ReadAll("{\"b\":\"x\",\"a\":1}\n\n{\"a\":null,\"c\":2}\r\n{}", {"a", "b"}),
              ElementsAre("1: [#1] [x]", "3: [null] [-]", "4: [-] [-]"));
}

TEST(JsonlReaderTest, NumbersKeepTheirSpelling) {
  EXPECT_THAT(
      ReadAll("{\"a\":9223372036854775807,\"b\":1.50, \"c\" : -0.10e2 }\n", {"a", "b", "c"}),
      ElementsAre("1: [#9223372036854775807] [#1.50] [#-0.10e2]"));
}

TEST(JsonlReaderTest, StringsAreUnescaped) {
  EXPECT_THAT(ReadAll(R"({"a":"x\"\u4e2d\n\ud83d\ude00"})", {"a"}), ElementsAre("1: [x\"中\n😀]"));
}

TEST(JsonlReaderTest, PointersAndLists) {
  EXPECT_THAT(ReadAll(R"({"o":{"n":{"x":"deep"},"list":[1,"b",null]},"tags":["p","q"]})",
                      {"/o/n/x", "/o/list", "tags", "/o/none", "o"}),
              ElementsAre("1: [deep] [1\x1f"
                          "b] [p\x1fq] [-] [{}]"));
}

TEST(JsonlReaderTest, AllColumnsGrow) {
  EXPECT_THAT(ReadAll("{\"a\":1}\n{\"z\":true,\"a\":2}\n", {}, true),
              ElementsAre("1: [#1]", "2: [#2] [true]"));
}

TEST(JsonlReaderTest, DamageIsOneLine) {
  EXPECT_THAT(
      ReadAll("{\"a\":1\n[1]\n{\"a\":\"\xFF\"}\n{\"a\":\"\\ud800\"}\n{\"a\":99999999999999999999}\n"
              "{\"a\":1e400}\n{\"a\":NaN}\n{\"a\":1,\"a\":2}\n{\"a\":7}\n",
              {"a"}),
      ElementsAre(HasSubstr("1!!"), HasSubstr("2!  is JSON, but not an object"),
                  HasSubstr("3!!  invalid UTF-8 at byte 7"), HasSubstr("4!!"),
                  HasSubstr("5!  has a number"), HasSubstr("6!  has a number"), HasSubstr("7!!"),
                  "8! a has the key twice", "9: [#7]"));
}

TEST(JsonlReaderTest, DepthAndLengthAreBounded) {
  ReaderLimits limits;
  limits.record_bytes_max = 1 << 20;
  const std::string deep =
      "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}\n";
  const std::string wide = "{\"a\":\"" + std::string(3 << 20, 'x') + "\"}\n";
  EXPECT_THAT(ReadAll(deep + wide + "{\"a\":1}\n", {"a"}, false, 8192, limits),
              ElementsAre(HasSubstr("1!  is nested deeper than 64"),
                          HasSubstr("2!!  line longer than 1048576 bytes"), "3: [#1]"));
}

TEST(JsonlReaderTest, CutsAtEveryByteGiveTheSameRows) {
  const std::string text = "\xEF\xBB\xBF{\"a\":\"中\"}\r\n{bad\n\n{\"a\":1.5,\"b\":null}";
  const std::vector<std::string> whole = ReadAll(text, {"a", "b"});
  for (size_t step = 1; step <= text.size(); ++step) {
    EXPECT_EQ(ReadAll(text, {"a", "b"}, false, step), whole) << "step " << step;
  }
}

}  // namespace
}  // namespace skein
