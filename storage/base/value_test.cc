#include "storage/base/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "storage/base/civil.h"
#include "storage/base/clock.h"

namespace skein {
namespace {

Value I(int64_t v) { return Value::Integer(v); }
Value F(double v) { return Value::Float(v); }
Value S(std::string v) { return Value::String(std::move(v)); }
Value L(ValueList v) { return Value::List(std::move(v)); }
const Value kNullValue = Value::Null();
const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(ValueTest, HeapValuesAreSharedAndFreed) {
  Value a = S("a string that does not fit inline");
  Value b = a;
  EXPECT_EQ(&a.string(), &b.string());
  a = I(1);
  EXPECT_EQ(b.string(), "a string that does not fit inline");
  Value c = std::move(b);
  EXPECT_TRUE(b.is_null());  // NOLINT(bugprone-use-after-move): moved-from values are null
  EXPECT_EQ(sizeof(Value), 16u);
}

TEST(ValueTest, OfEqualMapKeysTheLastStays) {
  const Value map = Value::Map({{"b", I(1)}, {"a", I(2)}, {"b", I(3)}, {"b", I(4)}});
  EXPECT_EQ(ToLiteral(map), "{a: 2, b: 4}");
  EXPECT_EQ(map.Find("b")->integer(), 4);
  EXPECT_EQ(map.Find("c"), nullptr);
}

TEST(ValueTest, VeryDeepListsDoNotExhaustTheStack) {
  constexpr size_t kDepth = 200'000;
  const auto nest = [] {
    Value v = I(1);
    for (size_t i = 0; i < kDepth; ++i) v = i % 2 == 0 ? L({v}) : Value::Map({{"k", v}});
    return v;
  };
  const Value a = nest();
  const Value b = nest();
  EXPECT_EQ(a.Depth(), kDepth);
  EXPECT_EQ(Equal(a, b), true);
  EXPECT_EQ(Compare(a, b), 0);
  EXPECT_EQ(HashValue(a), HashValue(b));
  EXPECT_GT(ToLiteral(a).size(), 2 * kDepth);
}

TEST(ValueTest, SharedElementsAreChargedAtEveryPlace) {
  Value v = S(std::string(1000, 'x'));
  for (int i = 0; i < 200; ++i) v = L({v, v});
  EXPECT_EQ(v.HeapBytes(), std::numeric_limits<size_t>::max());
}

TEST(EqualTest, NullsAndListsFollowThreeValuedLogic) {
  EXPECT_EQ(Equal(kNullValue, kNullValue), std::nullopt);
  EXPECT_EQ(Equal(L({I(1), I(2)}), L({I(1)})), false);
  EXPECT_EQ(Equal(L({kNullValue}), L({I(1)})), std::nullopt);
  EXPECT_EQ(Equal(L({L({I(1)}), L({I(2)})}), L({L({I(1)}), L({kNullValue})})), std::nullopt);
  EXPECT_EQ(Equal(L({L({I(1)}), L({I(2), I(3)})}), L({L({I(1)}), L({kNullValue})})), false);
  EXPECT_EQ(Equal(L({}), Value::Map({})), false);
}

TEST(EqualTest, MapsCompareKeysBeforeValues) {
  const auto map = [](ValueMap m) { return Value::Map(std::move(m)); };
  EXPECT_EQ(Equal(map({}), map({{"k", kNullValue}})), false);
  EXPECT_EQ(Equal(map({{"k", kNullValue}}), map({{"k", kNullValue}})), std::nullopt);
  EXPECT_EQ(Equal(map({{"k", I(1)}, {"l", kNullValue}}), map({{"k", I(1)}, {"l", I(1)}})),
            std::nullopt);
  EXPECT_EQ(Equal(map({{"k", I(1)}}), map({{"l", I(1)}})), false);
}

TEST(EqualTest, NumbersCompareExactlyAcrossKinds) {
  EXPECT_EQ(Equal(I(1), F(1.0)), true);
  EXPECT_EQ(Equal(I((int64_t{1} << 53) + 1), F(9007199254740992.0)), false);
  EXPECT_EQ(Equal(I(std::numeric_limits<int64_t>::max()), F(9223372036854775808.0)), false);
  EXPECT_EQ(Equal(F(kNan), F(kNan)), false);
  EXPECT_EQ(Equal(F(kNan), S("a")), false);
  EXPECT_EQ(Equal(S("1"), I(1)), false);
}

TEST(ComparableTest, KindsThatDoNotCompareAreUnknown) {
  EXPECT_EQ(Comparable(I(1), F(3.14)), -1);
  EXPECT_EQ(Comparable(I(1), S("1")), std::nullopt);
  EXPECT_EQ(Comparable(F(kNan), I(1)), std::nullopt);
  EXPECT_EQ(Comparable(L({I(1), I(2)}), L({I(1)})), 1);
  EXPECT_EQ(Comparable(L({I(1), kNullValue}), L({I(2), I(1)})), -1);
  EXPECT_EQ(Comparable(L({I(1), kNullValue}), L({I(1), I(1)})), std::nullopt);
  EXPECT_EQ(Comparable(Value::Of(Duration{.months = 1}), Value::Of(Duration{.days = 30})),
            std::nullopt);
  EXPECT_EQ(Comparable(Value::Of(ZonedTime{36000 * kNanosPerSecond, 3600}),
                       Value::Of(ZonedTime{34514645876123, 0})),
            -1);
}

TEST(CompareTest, OrdersKindsAsTheLanguageSays) {
  const ValueList ascending = {Value::Map({{"a", S("map")}}),
                               Value::Node(NodeId{1}),
                               Value::Link(LinkId{1}),
                               L({}),
                               L({S("a")}),
                               L({S("a"), I(1)}),
                               L({I(1)}),
                               L({I(1), S("a")}),
                               L({I(1), kNullValue}),
                               L({kNullValue, I(1)}),
                               L({kNullValue, I(2)}),
                               Value::Path({{NodeId{1}}, {}}),
                               S(""),
                               S("a"),
                               Value::Boolean(false),
                               Value::Boolean(true),
                               F(-1.5),
                               I(0),
                               F(0.5),
                               I(1),
                               F(kNan),
                               kNullValue};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      const int expected = i < j ? -1 : (i > j ? 1 : 0);
      EXPECT_EQ(Compare(ascending[i], ascending[j]), expected)
          << ToLiteral(ascending[i]) << " against " << ToLiteral(ascending[j]);
    }
  }
}

TEST(SameValueTest, HashAgreesWithEquivalence) {
  const std::pair<Value, Value> same[] = {
      {I(1), F(1.0)},
      {F(0.0), F(-0.0)},
      {F(kNan), F(-kNan)},
      {kNullValue, Value()},
      {L({I(1), kNullValue}), L({F(1.0), kNullValue})},
      {Value::Of(Point{7203, 0.0, 1.0, 0}), Value::Of(Point{7203, -0.0, 1.0, 0})}};
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(SameValue(a, b)) << ToLiteral(a);
    EXPECT_EQ(HashValue(a), HashValue(b)) << ToLiteral(a);
  }
  EXPECT_NE(HashValue(L({L({I(1)}), I(2)})), HashValue(L({I(1), L({I(2)})})));
}

TEST(LiteralTest, ReadsBackAsTheSameValue) {
  EXPECT_EQ(ToLiteral(S("it's\n\\")), "'it\\'s\\n\\\\'");
  EXPECT_EQ(ToLiteral(L({I(1), F(2), F(1e20), F(1.5e-7), F(123456.75)})),
            "[1, 2.0, 1.0E20, 1.5E-7, 123456.75]");
  EXPECT_EQ(ToLiteral(Value::Map({{"a b", kNullValue}, {"c", Value::Boolean(true)}})),
            "{`a b`: null, c: true}");
  EXPECT_EQ(ToLiteral(Value::Of(Date{19753})), "date('2024-01-31')");
  EXPECT_EQ(ToLiteral(Value::Node(NodeId{7})), "(#7)");
  EXPECT_EQ(ToLiteral(Value::Path({{NodeId{1}, NodeId{2}}, {LinkId{3}}})), "<(#1)-[#3]-(#2)>");
}

TEST(TemporalTextTest, DropsZeroSecondsAndTrailingZeros) {
  EXPECT_EQ(TemporalText(Value::Of(LocalTime{int64_t{45'060} * kNanosPerSecond})), "12:31");
  EXPECT_EQ(TemporalText(Value::Of(LocalTime{int64_t{45'060} * kNanosPerSecond + 500'000'000})),
            "12:31:00.5");
  EXPECT_EQ(TemporalText(Value::Of(ZonedTime{0, -5400})), "00:00-01:30");
  EXPECT_EQ(TemporalText(Value::Of(ZonedDateTime{0, 1, 3208, "Europe/Stockholm"})),
            "1970-01-01T00:53:28.000000001+00:53:28[Europe/Stockholm]");
  EXPECT_EQ(TemporalText(Value::Of(LocalDateTime{-1, 0})), "1969-12-31T23:59:59");
  EXPECT_EQ(TemporalText(Value::Of(Date{DaysFromCivil({-999'999'999, 1, 1})})), "-999999999-01-01");
}

TEST(TemporalTextTest, DurationsSignEveryPart) {
  EXPECT_EQ(TemporalText(Value::Of(Duration{})), "PT0S");
  EXPECT_EQ(TemporalText(Value::Of(Duration{149, 14, 58'390, 1})), "P12Y5M14DT16H13M10.000000001S");
  EXPECT_EQ(TemporalText(Value::Of(Duration{0, 0, -1, 400'000'000})), "PT-0.6S");
  EXPECT_EQ(TemporalText(Value::Of(Duration{-14, -3, -3661, 0})), "P-1Y-2M-3DT-1H-1M-1S");
}

TEST(CivilTest, DaysAndDatesAreInverse) {
  for (int64_t days = -800'000; days <= 800'000; days += 13) {
    const CivilDate date = CivilFromDays(days);
    ASSERT_EQ(DaysFromCivil(date), days);
    const IsoWeekDate week = IsoWeekFromDays(days);
    ASSERT_EQ(IsoYearStart(week.week_year) + (int64_t{week.week} - 1) * 7 + week.weekday - 1, days);
  }
  EXPECT_EQ(IsoWeekFromDays(DaysFromCivil({2016, 1, 1})).week, 53);
  EXPECT_EQ(WeeksInIsoYear(2015), 53);
  EXPECT_EQ(OrdinalDay(DaysFromCivil({2024, 12, 31})), 366);
}

TEST(ClockTest, ExecutorsRunEverythingPosted) {
  const std::unique_ptr<Executor> executors[] = {MakeThreadExecutor(2), MakeSeededExecutor(7)};
  for (const auto& executor : executors) {
    std::atomic<int> ran = 0;
    for (int i = 0; i < 100; ++i) {
      executor->Post([&ran, &executor] {
        ++ran;
        executor->Post([&ran] { ++ran; });
      });
    }
    executor->Drain();
    EXPECT_EQ(ran, 200);
  }
}

TEST(ClockTest, RealClockNeverGoesBack) {
  absl::Time last = Clock::Real().Now();
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = Clock::Real().Now();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_NE(SecureRandomBytes(32), SecureRandomBytes(32));
}

}  // namespace
}  // namespace skein
