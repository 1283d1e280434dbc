#include "server/bolt/packstream.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace skein::bolt {
namespace {

// A message with one field, as the writer encodes it.
std::string Encode(const Value& v, bool utc = true);

void Write(const Value& v, PackWriter& w) {
  switch (v.kind()) {
    case ValueKind::kNull:
      return w.Null();
    case ValueKind::kBoolean:
      return w.Boolean(v.boolean());
    case ValueKind::kInteger:
      return w.Integer(v.integer());
    case ValueKind::kFloat:
      return w.Float(v.real());
    case ValueKind::kString:
      return w.String(v.string());
    case ValueKind::kBytes:
      return w.Bytes(v.bytes());
    case ValueKind::kList:
      w.ListHeader(v.list().size());
      for (const Value& item : v.list()) Write(item, w);
      return;
    case ValueKind::kMap:
      w.MapHeader(v.map().size());
      for (const auto& [key, item] : v.map()) {
        w.String(key);
        Write(item, w);
      }
      return;
    default:
      return w.Structure(v);
  }
}

std::string Encode(const Value& v, bool utc) {
  std::string out;
  PackWriter w(&out, utc);
  w.StructHeader(0x71, 1);
  Write(v, w);
  return out;
}

void ExpectRoundTrip(const Value& v, bool utc = true) {
  absl::StatusOr<Message> m = DecodeMessage(Encode(v, utc));
  ASSERT_TRUE(m.ok()) << m.status() << " of " << ToLiteral(v);
  ASSERT_EQ(m->fields.size(), 1u);
  EXPECT_EQ(m->fields[0].kind(), v.kind()) << ToLiteral(v);
  EXPECT_TRUE(SameValue(m->fields[0], v)) << ToLiteral(m->fields[0]) << " != " << ToLiteral(v);
}

TEST(PackStreamTest, IntegersTakeTheShortestForm) {
  const std::pair<int64_t, size_t> kSizes[] = {{0, 1},
                                               {127, 1},
                                               {-16, 1},
                                               {-17, 2},
                                               {-128, 2},
                                               {128, 3},
                                               {32767, 3},
                                               {32768, 5},
                                               {-32769, 5},
                                               {INT32_MAX, 5},
                                               {int64_t{INT32_MAX} + 1, 9},
                                               {INT64_MIN, 9},
                                               {INT64_MAX, 9}};
  for (const auto& [v, size] : kSizes) {
    EXPECT_EQ(Encode(Value::Integer(v)).size(), size + 2) << v;
    ExpectRoundTrip(Value::Integer(v));
  }
}

TEST(PackStreamTest, SizesAtEveryHeaderBoundaryRoundTrip) {
  for (size_t n : {0u, 1u, 15u, 16u, 255u, 256u, 65'535u, 65'536u}) {
    ExpectRoundTrip(Value::String(std::string(n, 'x')));
    ExpectRoundTrip(Value::Bytes(std::string(n, '\xFF')));
    ExpectRoundTrip(Value::List(ValueList(n, Value::Integer(1))));
  }
  EXPECT_EQ(Encode(Value::Bytes("")), std::string("\xB1\x71\xCC\x00", 4));
}

TEST(PackStreamTest, TemporalAndSpatialValuesRoundTrip) {
  ExpectRoundTrip(Value::Of(Date{-719'528}));
  ExpectRoundTrip(Value::Of(LocalTime{86'399'999'999'999}));
  ExpectRoundTrip(Value::Of(ZonedTime{1, -3600}));
  ExpectRoundTrip(Value::Of(LocalDateTime{-1, 999'999'999}));
  ExpectRoundTrip(Value::Of(Duration{-1, 2, -3, 4}));
  ExpectRoundTrip(Value::Of(Point{4326, 116.4, 39.9, 0}));
  ExpectRoundTrip(Value::Of(Point{9157, 1, 2, 3}));
  for (bool utc : {true, false}) {
    ExpectRoundTrip(Value::Of(ZonedDateTime{1'700'000'000, 5, 8 * 3600, ""}), utc);
    ExpectRoundTrip(Value::Of(ZonedDateTime{1'700'000'000, 5, 8 * 3600, "Asia/Shanghai"}), utc);
  }
}

// The bytes are from the structure semantics page, not from this encoder.
TEST(PackStreamTest, DocumentedBytesDecode) {
  absl::StatusOr<Message> run =
      DecodeMessage(std::string("\xB3\x10\xD0\x10"
                                "RETURN $x AS val"
                                "\xA1\x81"
                                "x"
                                "\x2A\xA0"));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->tag, 0x10);
  EXPECT_EQ(run->fields[0].string(), "RETURN $x AS val");
  EXPECT_EQ(run->fields[1].Find("x")->integer(), 42);
}

TEST(PackStreamTest, HostileInputIsRefusedNotFollowed) {
  const std::string deep = "\xB1\x10" + std::string(100'000, '\x91') + "\x01";
  const std::string cases[] = {
      "",
      "\x01",
      std::string("\xB1\x10\xD6\xFF\xFF\xFF\xFF", 7),  // a list of 4 G items
      std::string("\xB1\x10\xDA\x7F\xFF\xFF\xFF", 7),  // a map of 2 G entries
      std::string("\xB1\x10\xCE\xFF\xFF\xFF\xFF", 7),  // 4 GiB of bytes
      std::string("\xB1\x10\x82\xC3\x28", 5),          // not UTF-8
      std::string("\xB1\x10\xA1\x01\x01", 5),          // integer key
      std::string("\xB1\x10\xB1\x4E\x01", 5),          // a node may not come in
      std::string("\xB1\x10\xB1\x44\xC0", 5),          // a date of null
      std::string("\xB1\x10\x01\x01", 4),              // bytes left over
      std::string("\xB1\x10\xC7", 3),
      deep};
  for (const std::string& bytes : cases) {
    EXPECT_EQ(DecodeMessage(bytes).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(PackStreamTest, EveryTruncationOfAMessageIsAnError) {
  const Value v = Value::List({Value::Map({{"a", Value::Float(1.5)}, {"b", Value::Bytes("xyz")}}),
                               Value::Of(Point{7203, 1, 2, 0}), Value::String("四五六")});
  const std::string whole = Encode(v);
  ASSERT_TRUE(DecodeMessage(whole).ok());
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(DecodeMessage(whole.substr(0, n)).ok()) << n;
  }
}

TEST(PackStreamTest, RandomBytesNeverCrash) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = "\xB2\x10";
    for (size_t n = random() % 40; n > 0; --n) bytes.push_back(static_cast<char>(random()));
    DecodeMessage(bytes).status().IgnoreError();
  }
}

TEST(ChunkTest, LongMessagesAreSplitAndEnded) {
  std::string out;
  AppendChunked(std::string(70'000, 'x'), &out);
  EXPECT_EQ(out.substr(0, 2), "\xFF\xFF");
  EXPECT_EQ(out.size(), 70'000u + 2 + 2 + 2);
  EXPECT_EQ(out.substr(out.size() - 2), std::string(2, '\0'));
}

}  // namespace
}  // namespace skein::bolt
