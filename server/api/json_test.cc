#include "server/api/json.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

std::string RoundTrip(std::string_view text) {
  const auto json = Json::Parse(text);
  if (!json.ok()) return std::string("error: ") + std::string(json.status().message());
  JsonWriter out;
  out.Tree(*json);
  return out.Take();
}

TEST(JsonTest, KeepsEveryKindAndOrder) {
  const std::string text =
      R"({"b":[null,true,false,-1,9223372036854775807,0.5,1e300],"a":{"x":"é\"\\","空":""}})";
  EXPECT_EQ(
      RoundTrip(text),
      R"({"b":[null,true,false,-1,9223372036854775807,0.5,1e+300],"a":{"x":"é\"\\","空":""}})");
}

TEST(JsonTest, FloatsStayFloats) { EXPECT_EQ(RoundTrip("[1.0,2e0,-0.0]"), "[1.0,2.0,-0.0]"); }

TEST(JsonTest, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "\"\xff\"", "\"\\ud800\"", "1e400",
                           "NaN", "18446744073709551615", "99999999999999999999999", "[1] 2"}) {
    EXPECT_EQ(Json::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(JsonTest, ATightBoundOfBytesTakesShortTexts) {
  for (const std::string& text : {std::string("{}"), std::string(R"({"state":"closed"})")}) {
    EXPECT_TRUE(Json::Parse(text, {.bytes = text.size()}).ok()) << text;
    EXPECT_FALSE(Json::Parse(text, {.bytes = text.size() - 1}).ok()) << text;
  }
}

TEST(JsonTest, RefusesDepthBytesAndNumberOfValues) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(Json::Parse(deep).ok());
  const std::string nested = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(Json::Parse(nested).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Json::Parse(std::string(63, '[') + std::string(63, ']')).ok());
  EXPECT_EQ(Json::Parse("[1,2,3]", {.bytes = 6}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Json::Parse("[1,2,3]", {.values = 3}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(JsonTest, WriterReplacesInvalidUtf8AndEscapesControls) {
  JsonWriter out;
  out.String(std::string("a\xff\x00\x1f\xed\xa0\x80z", 8));
  const auto json = Json::Parse(out.text());
  ASSERT_TRUE(json.ok()) << out.text();
  EXPECT_NE(json->string().find("\xEF\xBF\xBD"), std::string::npos);
  EXPECT_EQ(json->string().back(), 'z');
}

}  // namespace
}  // namespace skein
