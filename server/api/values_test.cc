#include "server/api/values.h"

#include <gtest/gtest.h>

#include <limits>

#include "storage/base/status.h"

namespace skein {
namespace {

ElementIds TestIds() {
  return {[](NodeId id) { return static_cast<int64_t>(Raw(id)) + 100; },
          [](LinkId id) { return static_cast<int64_t>(Raw(id)) + 500; },
          [](int64_t id) -> absl::StatusOr<NodeId> {
            if (id < 100) return InvalidArgument("no such id");
            return NodeId{static_cast<uint64_t>(id - 100)};
          },
          [](int64_t id) -> absl::StatusOr<LinkId> {
            if (id < 500) return InvalidArgument("no such id");
            return LinkId{static_cast<uint64_t>(id - 500)};
          }};
}

std::string Written(const Value& v) {
  JsonWriter out;
  WriteValue(v, TestIds(), &out);
  return out.Take();
}

void ExpectRoundTrip(const Value& v, std::string_view json) {
  EXPECT_EQ(Written(v), json);
  const auto parsed = Json::Parse(Written(v));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const auto back = ReadValue(*parsed, TestIds());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->kind(), v.kind()) << json;
  EXPECT_TRUE(SameValue(*back, v)) << json << " came back as " << ToLiteral(*back);
}

TEST(ValuesTest, IntegersBeyondTheExactRangeTravelAsText) {
  ExpectRoundTrip(Value::Integer(kJsonIntegerMax), "9007199254740991");
  ExpectRoundTrip(Value::Integer(-kJsonIntegerMax), "-9007199254740991");
  ExpectRoundTrip(Value::Integer(kJsonIntegerMax + 1),
                  R"({"$type":"integer","value":"9007199254740992"})");
  ExpectRoundTrip(Value::Integer(4613937818241074769),
                  R"({"$type":"integer","value":"4613937818241074769"})");
  ExpectRoundTrip(Value::Integer(std::numeric_limits<int64_t>::min()),
                  R"({"$type":"integer","value":"-9223372036854775808"})");
}

TEST(ValuesTest, ScalarsAndContainers) {
  ExpectRoundTrip(Value::Float(1), "1.0");
  ExpectRoundTrip(Value::Float(std::numeric_limits<double>::quiet_NaN()),
                  R"({"$type":"float","value":"NaN"})");
  ExpectRoundTrip(Value::Bytes(std::string("\0\xff", 2)), R"({"$type":"bytes","value":"AP8="})");
  ExpectRoundTrip(Value::List({Value::Null(), Value::Boolean(true), Value::String("京A")}),
                  R"([null,true,"京A"])");
  ExpectRoundTrip(Value::Map({{"a", Value::Integer(1)}}), R"({"a":1})");
  ExpectRoundTrip(Value::Map({{"$type", Value::String("node")}}),
                  R"({"$type":"map","value":{"$type":"node"}})");
}

TEST(ValuesTest, TemporalAndSpatial) {
  ExpectRoundTrip(Value::Of(Date{19723}), R"({"$type":"date","value":"2024-01-01"})");
  ExpectRoundTrip(Value::Of(LocalTime{43'200'500'000'000}),
                  R"({"$type":"localtime","value":"12:00:00.5"})");
  ExpectRoundTrip(Value::Of(ZonedTime{3'600'000'000'000, -19800}),
                  R"({"$type":"time","value":"01:00-05:30"})");
  ExpectRoundTrip(Value::Of(LocalDateTime{-1, 999'999'999}),
                  R"({"$type":"localdatetime","value":"1969-12-31T23:59:59.999999999"})");
  ExpectRoundTrip(Value::Of(ZonedDateTime{1'704'067'200, 0, 28800, "Asia/Shanghai"}),
                  R"({"$type":"datetime","value":"2024-01-01T08:00+08:00[Asia/Shanghai]"})");
  ExpectRoundTrip(Value::Of(Duration{14, -3, -1, 400'000'000}),
                  R"({"$type":"duration","value":"P1Y2M-3DT-0.6S"})");
  ExpectRoundTrip(Value::Of(Point{4326, 116.4, 39.9, 0}),
                  R"({"$type":"point","srid":4326,"x":116.4,"y":39.9})");
}

TEST(ValuesTest, ElementsAreEnciphered) {
  ExpectRoundTrip(Value::Node(NodeId{7}), R"({"$type":"node","id":"n107"})");
  ExpectRoundTrip(Value::Link(LinkId{7}), R"({"$type":"link","id":"l507"})");
  ExpectRoundTrip(Value::Path({{NodeId{1}, NodeId{2}}, {LinkId{3}}}),
                  R"({"$type":"path","nodes":["n101","n102"],"links":["l503"]})");
}

TEST(ValuesTest, RefusesWhatDoesNotFit) {
  for (const char* text :
       {R"({"$type":"integer","value":"12x"})",
        R"({"$type":"integer","value":"9223372036854775808"})", R"({"$type":"nope","value":"1"})",
        R"({"$type":"date","value":"2024-02-30"})", R"({"$type":"date"})", R"({"$type":3})",
        R"({"$type":"node","id":"l500"})", R"({"$type":"duration","value":"P"})",
        R"({"$type":"duration","value":"P1DT1D"})",
        R"({"$type":"datetime","value":"2024-01-01T00:00"})",
        R"({"$type":"datetime","value":"2024-01-01T00:00Z[No/Where]"})",
        R"({"$type":"point","x":1})", R"({"$type":"path","nodes":[],"links":[]})"}) {
    const auto json = Json::Parse(text);
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(ReadValue(*json, TestIds()).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ValuesTest, DeepValuesAreCutNotOverflown) {
  Value v = Value::Integer(1);
  for (int i = 0; i < 100; ++i) v = Value::List({v});
  JsonWriter out;
  EXPECT_FALSE(WriteValue(v, TestIds(), &out));
  EXPECT_NE(out.text().find("null"), std::string::npos);
}

TEST(ValuesTest, ElementIdText) {
  for (const char* text : {"", "n", "x1", "n-1", "n1x", "n99999999999999999999", "1"}) {
    EXPECT_FALSE(ParseElementId(text).ok()) << text;
  }
  EXPECT_EQ(ParseElementId("l9223372036854775807")->number, INT64_MAX);
}

}  // namespace
}  // namespace skein
