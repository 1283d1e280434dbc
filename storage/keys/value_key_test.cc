// Laws of the encodings: decode of encode is identity, key order is Compare order.
#include "storage/keys/value_key.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "storage/base/status.h"
#include "storage/keys/value_codec.h"

namespace skein {
namespace {

using Dice = std::mt19937_64;

int64_t AnyInteger(Dice& dice) {
  switch (dice() % 4) {
    case 0:
      return static_cast<int64_t>(dice() % 5) - 2;
    case 1:
      // Around powers of two, where floats round.
      return static_cast<int64_t>((uint64_t{1} << (dice() % 64)) + dice() % 5 - 2);
    case 2:
      return std::numeric_limits<int64_t>::max() - static_cast<int64_t>(dice() % 3);
    default:
      return static_cast<int64_t>(dice());
  }
}

double AnyDouble(Dice& dice) {
  static constexpr double kSpecial[] = {0.0,
                                        -0.0,
                                        1.0,
                                        -1.5,
                                        9007199254740992.0,
                                        9223372036854775808.0,
                                        -9223372036854775808.0,
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::denorm_min(),
                                        std::numeric_limits<double>::quiet_NaN()};
  if (dice() % 2 == 0) return kSpecial[dice() % std::size(kSpecial)];
  if (dice() % 2 == 0) return static_cast<double>(AnyInteger(dice));
  const auto v = std::bit_cast<double>(dice());
  return std::isnan(v) ? 0.25 : v;
}

std::string AnyText(Dice& dice) {
  std::string s;
  for (uint64_t n = dice() % 5; n > 0; --n) {
    s.push_back(std::string_view("\0\1a\xff\xc3z", 6)[dice() % 6]);
  }
  return s;
}

Value AnyValue(Dice& dice, int depth = 0) {
  const auto small = [&dice] { return static_cast<int64_t>(dice() % 7) - 3; };
  switch (dice() % (depth < 3 ? 13 : 12)) {
    case 0:
      return Value::Boolean(dice() % 2 == 0);
    case 1:
    case 2:
      return Value::Integer(AnyInteger(dice));
    case 3:
    case 4:
      return Value::Float(AnyDouble(dice));
    case 5:
      return Value::String(AnyText(dice));
    case 6:
      return Value::Bytes(AnyText(dice));
    case 7:
      return dice() % 2 == 0 ? Value::Of(Date{small()}) : Value::Of(LocalTime{small() + 3});
    case 8:
      return Value::Of(
          ZonedTime{(small() + 3) * 3'600'000'000'000, static_cast<int32_t>(small() * 3600)});
    case 9:
      return Value::Of(LocalDateTime{small(), static_cast<int32_t>(dice() % 3)});
    case 10:
      return Value::Of(ZonedDateTime{small(), static_cast<int32_t>(dice() % 3),
                                     static_cast<int32_t>(small() * 3600),
                                     dice() % 2 == 0 ? "" : "Asia/Shanghai"});
    case 11:
      return dice() % 2 == 0
                 ? Value::Of(Duration{small(), small(), small(), static_cast<int32_t>(dice() % 3)})
                 : Value::Of(Point{4326, AnyDouble(dice), AnyDouble(dice), 0});
    default: {
      ValueList items;
      for (uint64_t n = dice() % 4; n > 0; --n) items.push_back(AnyValue(dice, depth + 1));
      return Value::List(std::move(items));
    }
  }
}

int Sign(int c) { return c < 0 ? -1 : c > 0 ? 1 : 0; }

TEST(ValueKeyTest, KeyOrderIsValueOrder) {
  Dice dice(1);
  for (int i = 0; i < 200'000; ++i) {
    const Value a = AnyValue(dice), b = AnyValue(dice);
    std::string key_a, key_b;
    ASSERT_TRUE(AppendValueKey(a, &key_a).ok());
    ASSERT_TRUE(AppendValueKey(b, &key_b).ok());
    ASSERT_EQ(Sign(key_a.compare(key_b)), Sign(Compare(a, b)))
        << ToLiteral(a) << " against " << ToLiteral(b);
    if (key_a != key_b) {
      ASSERT_FALSE(key_b.starts_with(key_a)) << ToLiteral(a) << ", " << ToLiteral(b);
    }
  }
}

TEST(ValueKeyTest, DecodeGivesTheSameValue) {
  Dice dice(2);
  for (int i = 0; i < 50'000; ++i) {
    const Value value = AnyValue(dice);
    std::string key;
    ASSERT_TRUE(AppendValueKey(value, &key).ok());
    const auto decoded = DecodeValueKey(key);
    ASSERT_TRUE(decoded.ok()) << ToLiteral(value);
    ASSERT_TRUE(SameValue(*decoded, value)) << ToLiteral(value) << ", " << ToLiteral(*decoded);
    ASSERT_FALSE(DecodeValueKey(key.substr(0, key.size() - 1)).ok());
  }
}

TEST(ValueKeyTest, RefusesWhatCannotBeIndexed) {
  std::string key;
  EXPECT_EQ(AppendValueKey(Value(), &key).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AppendValueKey(Value::Node(NodeId{1}), &key).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AppendValueKey(Value::String(std::string(kValueKeyBytesMax, 'x')), &key).code(),
            absl::StatusCode::kInvalidArgument);
  Value deep = Value::List({});
  for (int i = 0; i < 20; ++i) deep = Value::List({deep});
  EXPECT_EQ(AppendValueKey(deep, &key).code(), absl::StatusCode::kInvalidArgument);
}

TEST(ValueCodecTest, DecodeOfEncodeIsIdentity) {
  Dice dice(3);
  for (int i = 0; i < 50'000; ++i) {
    const Value value = AnyValue(dice);
    std::string bytes, again;
    ASSERT_TRUE(AppendValue(value, &bytes).ok());
    ByteReader in(bytes);
    const Value decoded = ReadValue(&in).value_or(Value());
    ASSERT_TRUE(in.done()) << ToLiteral(value);
    ASSERT_EQ(decoded.kind(), value.kind());
    ASSERT_TRUE(AppendValue(decoded, &again).ok());
    ASSERT_EQ(again, bytes) << ToLiteral(value);  // bit for bit, −0.0 and NaN included
  }
}

TEST(ValueCodecTest, DamagedBytesNeverCrash) {
  Dice dice(4);
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes;
    ASSERT_TRUE(AppendValue(AnyValue(dice), &bytes).ok());
    if (bytes.empty()) continue;
    bytes[dice() % bytes.size()] = static_cast<char>(dice());
    if (dice() % 2 == 0) bytes.resize(dice() % bytes.size());
    ByteReader in(bytes);
    const auto value = ReadValue(&in);
    EXPECT_TRUE(!value || value->HeapBytes() < size_t{65536});
    SKEIN_IGNORE_ERROR(DecodeValueKey(bytes).status(), "either outcome is right");
  }
}

TEST(BytesTest, VarintsRoundTripAndRefuseOverlongOnes) {
  Dice dice(5);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t v = dice() >> dice() % 64;
    std::string bytes;
    AppendVarint(&bytes, v);
    AppendSigned(&bytes, static_cast<int64_t>(v));
    AppendDelta(&bytes, v, 77);
    ByteReader in(bytes);
    ASSERT_EQ(in.Varint(), v);
    ASSERT_EQ(in.Signed(), static_cast<int64_t>(v));
    ASSERT_EQ(in.Delta(77), v);
    ASSERT_TRUE(in.ok() && in.done());
  }
  ByteReader overlong(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  overlong.Varint();
  EXPECT_FALSE(overlong.ok());
}

}  // namespace
}  // namespace skein
