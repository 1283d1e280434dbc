#include "importers/core/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/status.h"

namespace skein {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kGood[] = R"(skein-mapping: 1
name: m
source: {name: s, zone: Asia/Shanghai}
types:
  when: {type: datetime, format: "%Y/%m/%d"}
files:
  - name: a.csv
    delimiter: "|"
    columns: {id: integer, t: when}
    nodes:
      - as: p
        label: P
        key: {id: id}
        properties: {t: t, full: {template: "{a}-{{x}}-{b}!"}}
    links:
      - {type: R, from: {node: p}, to: {label: Q, key: {no: q}}}
)";

std::string Error(const std::string& yaml) {
  const auto mapping = ParseMapping(yaml, "m.yaml");
  return mapping.ok() ? "OK" : std::string(Message(mapping.status()));
}

// The good mapping with one piece of text replaced.
std::string With(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return Error(text.replace(at, from.size(), to));
}

TEST(MappingTest, SameRules) {
  const std::string good = kGood;
  const auto mapping =
      ParseMapping(good +
                       "same:\n  - {labels: [P, Q], property: no, grade: 0.9, most: 20}\n"
                       "  - {labels: P, property: id}\n",
                   "m.yaml");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  ASSERT_EQ(mapping->same.size(), 2u);
  EXPECT_EQ(mapping->same[0].labels, (std::vector<std::string>{"P", "Q"}));
  EXPECT_EQ(mapping->same[0].grade, 0.9);
  EXPECT_EQ(mapping->same[0].most, 20u);
  EXPECT_EQ(mapping->same[1].grade, 1.0);
  EXPECT_THAT(With("files:\n", "same: [{labels: P}]\nfiles:\n"),
              HasSubstr("needs labels and property"));
  EXPECT_THAT(With("files:\n", "same: [{labels: P, property: x, grade: 2}]\nfiles:\n"),
              HasSubstr("'grade' is above 0"));
}

TEST(MappingTest, Parses) {
  const auto mapping = ParseMapping(kGood, "m.yaml");
  ASSERT_TRUE(mapping.ok()) << mapping.status().ToString();
  const FileRule& file = mapping->files[0];
  EXPECT_EQ(file.options.delimiter, "|");
  EXPECT_EQ(file.columns.at("t").formats.size(), 1u);
  EXPECT_EQ(file.columns.at("t").zone->name, "Asia/Shanghai");
  const ValueRule& full = file.nodes[0].properties[1].second;
  ASSERT_EQ(full.parts.size(), 2u);
  EXPECT_EQ(full.parts[1].first, "-{x}-");
  EXPECT_EQ(full.tail, "!");
  EXPECT_EQ(file.links[0].from.node, 0);
  EXPECT_EQ(CollectKeys({*mapping})->at("Q"), std::vector<std::string>{"no"});
}

TEST(MappingTest, EveryMistakeHasItsPlace) {
  EXPECT_THAT(With("label: P", "lable: P"), StartsWith("m.yaml:12:9: unknown key 'lable'"));
  EXPECT_THAT(With("name: m\n", "name: m\nname: n\n"),
              StartsWith("m.yaml:3:1: key 'name' is there twice"));
  EXPECT_THAT(With("skein-mapping: 1", "skein-mapping: 2"),
              HasSubstr("no mapping of a version we know"));
  EXPECT_THAT(With("Asia/Shanghai", "Asia/Shangai"),
              StartsWith("m.yaml:3:25: unknown time zone 'Asia/Shangai'"));
  EXPECT_THAT(With("id: integer", "id: int"), StartsWith("m.yaml:9:19: unknown type 'int'"));
  EXPECT_THAT(With("{node: p}", "{node: z}"),
              StartsWith("m.yaml:16:32: no node rule of this file has 'as: z'"));
  EXPECT_THAT(With("key: {id: id}", "key: [id]"), HasSubstr("'key' must be a map"));
  EXPECT_THAT(With("\"|\"", "\"\""), HasSubstr("'delimiter' has 1 to 16 bytes"));
  EXPECT_THAT(With("{a}-", "}a-"), HasSubstr("has a '}' without '{'"));
  EXPECT_THAT(With("%Y/%m/%d", "%Y/%q"), HasSubstr("unknown directive '%q'"));
  EXPECT_THAT(With("name: a.csv", "name: ../a.csv"), HasSubstr("leaves the data folder"));
  EXPECT_THAT(With("properties: {t: t,", "properties: {id: t,"),
              HasSubstr("property 'id' is the key already"));
  EXPECT_THAT(With("source: {name: s", "source: {datum: mars, name: s"),
              HasSubstr("unknown datum 'mars'"));
  EXPECT_THAT(With("files:\n", "files: []\nx:\n"), HasSubstr("unknown key 'x'"));
  EXPECT_THAT(Error(""), HasSubstr("must be a map"));
  EXPECT_THAT(Error("skein-mapping: 1\nfiles: ["), StartsWith("m.yaml:2:"));
  EXPECT_THAT(Error(std::string(2 << 20, ' ')), HasSubstr("a mapping may have"));
}

TEST(MappingTest, UnquotedNullIsExplained) {
  EXPECT_THAT(With("files:\n", "defaults: {null: [NULL]}\nfiles:\n"),
              HasSubstr("put quotes around text like \"NULL\""));
}

TEST(MappingTest, FieldMistakes) {
  EXPECT_THAT(With("id: integer", "id: {type: integer, scale: 2}"),
              HasSubstr("'scale' needs type float"));
  EXPECT_THAT(With("id: integer", "id: {type: integer, format: '%Y'}"),
              HasSubstr("'format' is for the types"));
  EXPECT_THAT(With("id: integer", "id: {replace: [{pattern: '(', with: ''}]}"),
              HasSubstr("bad regular expression"));
  EXPECT_THAT(With("id: integer", "id: {replace: [{pattern: 'a', with: '\\1'}]}"),
              HasSubstr("bad replacement"));
  EXPECT_THAT(With("id: integer", "id: {extract: 'a'}"), HasSubstr("must have 1 group"));
  EXPECT_THAT(With("id: integer", "id: {checks: [nope]}"),
              HasSubstr("unknown check 'nope'; known: bank_card"));
  EXPECT_THAT(With("id: integer", "id: {type: integer, default: x}"),
              HasSubstr("the default 'x' is not an integer"));
  EXPECT_THAT(With("id: integer", "id: {trim: yes}"), HasSubstr("'trim' must be true or false"));
  EXPECT_THAT(With("id: integer", "id: {colour: red}"),
              HasSubstr("unknown key 'colour' in a field description"));
}

TEST(MappingTest, OneLabelHasOneKey) {
  const auto a = ParseMapping(kGood, "a.yaml");
  std::string text = kGood;
  text.replace(text.find("id: integer"), 11, "id: string");
  const auto b = ParseMapping(text, "b.yaml");
  ASSERT_TRUE(a.ok() && b.ok());
  const auto keys = CollectKeys({*a, *b});
  ASSERT_FALSE(keys.ok());
  EXPECT_THAT(
      std::string(Message(keys.status())),
      HasSubstr(
          "b.yaml:11:9: label P has the key {id: string} here and {id: integer} at a.yaml:11:9"));
}

TEST(MappingTest, HostileYaml) {
  // Deep nesting and alias bombs end as errors, quickly.
  EXPECT_NE(Error(std::string(100'000, '[')), "OK");
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i)
      bomb += std::string(i > 0 ? "," : "") + "*" + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(Error(bomb), HasSubstr("unknown key 'a'"));
}

}  // namespace
}  // namespace skein
