#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "query/functions/errors.h"
#include "query/functions/exact_sum.h"
#include "query/functions/operators.h"
#include "tests/support/expression_evaluator.h"

namespace skein::functions {
namespace {

// The literal of a value, or "Class: Detail" of an error.
std::string Show(std::string_view text) {
  TestContext context;
  const auto value = Evaluate(text, context);
  if (value.ok()) return ToLiteral(*value);
  const std::optional<QueryError> error = QueryErrorOf(value.status());
  if (!error.has_value()) return std::string(Message(value.status()));
  return std::string(ErrorClassName(error->error_class)) + ": " +
         std::string(ErrorDetailName(error->detail));
}

TEST(RegistryTest, EveryExampleHolds) {
  TestContext context;
  for (const auto& def : AllFunctions().all()) {
    SCOPED_TRACE(def->name);
    EXPECT_LE(def->args_min(), def->args_max());
    EXPECT_EQ(def->doc.back(), '.');
    if (def->example.result.empty()) continue;
    const auto got = Evaluate(def->example.query, context);
    const auto wanted = Evaluate(def->example.result, context);
    ASSERT_TRUE(got.ok()) << got.status();
    ASSERT_TRUE(wanted.ok()) << wanted.status();
    EXPECT_EQ(ToLiteral(*got), ToLiteral(*wanted));
  }
}

TEST(RegistryTest, NamesIgnoreCaseAndCallsAreChecked) {
  const FunctionDef* size = AllFunctions().Find("SIZE");
  ASSERT_NE(size, nullptr);
  EXPECT_EQ(AllFunctions().Find("no.such"), nullptr);
  EXPECT_TRUE(CheckCall(*size, std::vector<Type>{Type::kList}).ok());
  EXPECT_TRUE(CheckCall(*size, std::vector<Type>{Type::kAny}).ok());
  EXPECT_TRUE(CheckCall(*size, std::vector<Type>{Type::kNone}).ok());
  const auto detail = [size](const std::vector<Type>& args) {
    return QueryErrorOf(CheckCall(*size, args)).value_or(QueryError{}).detail;
  };
  EXPECT_EQ(detail({Type::kPath}), ErrorDetail::kInvalidArgumentType);
  EXPECT_EQ(detail({}), ErrorDetail::kInvalidNumberOfArguments);
  EXPECT_EQ(TypeName(Type::kNumber | Type::kString), "INTEGER or FLOAT or STRING");
}

TEST(ArithmeticTest, OverflowAndDivisionByZeroAreErrors) {
  EXPECT_EQ(Show("9223372036854775807 + 1"), "ArithmeticError: IntegerOverflow");
  EXPECT_EQ(Show("-9223372036854775808 - 1"), "ArithmeticError: IntegerOverflow");
  EXPECT_EQ(Show("4611686018427387904 * 2"), "ArithmeticError: IntegerOverflow");
  EXPECT_EQ(Show("-(-9223372036854775808)"), "ArithmeticError: IntegerOverflow");
  EXPECT_EQ(Show("-9223372036854775808 / -1"), "ArithmeticError: IntegerOverflow");
  EXPECT_EQ(Show("-9223372036854775808 % -1"), "0");
  EXPECT_EQ(Show("1 / 0"), "ArithmeticError: DivisionByZero");
  EXPECT_EQ(Show("1 % 0"), "ArithmeticError: DivisionByZero");
  EXPECT_EQ(Show("[1.0 / 0, 0.0 / 0, -7 / 2, -7 % 3, 2 ^ 3]"), "[Infinity, NaN, -3, -1, 8.0]");
  EXPECT_EQ(Show("1 + true"), "TypeError: InvalidArgumentType");
  EXPECT_EQ(Show("'a' + 1 + 2.5"), "'a12.5'");
  EXPECT_EQ(Show("[1] + 2 + [[3]]"), "[1, 2, [3]]");
}

TEST(LogicTest, UnknownIsNeitherTrueNorFalse) {
  EXPECT_EQ(Show("[null AND false, null AND true, null OR true, null OR false, null XOR true]"),
            "[false, null, true, null, null]");
  EXPECT_EQ(Show("[1 IN [2, null], 1 IN [1, null], null IN [], null IN [1]]"),
            "[null, true, false, null]");
  EXPECT_EQ(Show("[0.0 / 0.0 > 1, 0.0 / 0.0 = 0.0 / 0.0, 1 < 'a', 1 < 2 < 3, 1 < 3 < 2]"),
            "[false, false, null, true, false]");
  EXPECT_EQ(Show("1 AND true"), "TypeError: InvalidArgumentType");
  EXPECT_EQ(Show("1 IN 2"), "TypeError: InvalidArgumentType");
}

TEST(TextTest, CodePointsNotBytes) {
  EXPECT_EQ(Show("[size('嫌疑'), reverse('a嫌b'), left('嫌疑人', 2), right('嫌疑人', 1)]"),
            "[2, 'b嫌a', '嫌疑', '人']");
  EXPECT_EQ(Show("split('a,b,,c', ',')"), "['a', 'b', '', 'c']");
  EXPECT_EQ(Show("split('人a', '')"), "['人', 'a']");
  EXPECT_EQ(Show("split('', ',')"), "['']");
  EXPECT_EQ(Show("trim('\\u3000嫌 ')"), "'嫌'");
  EXPECT_EQ(Show("substring('abc', 5)"), "''");
  EXPECT_EQ(Show("substring('abc', -1)"), "ArgumentError: NumberOutOfRange");
  EXPECT_EQ(Show("['abc' =~ 'a.c', 'abcd' =~ 'a.c', null =~ 'a', 1 =~ 'a']"),
            "[true, false, null, null]");
  EXPECT_EQ(Show("'a' =~ '('"), "ArgumentError: InvalidArgumentValue");
}

TEST(TextTest, HostilePatternsStayLinear) {
  TestContext context;
  const Value text = Value::String(std::string(50'000, 'a') + "!");
  const auto matched = Matches(text, Value::String("(a*)*(a|aa)+$"), context);
  ASSERT_TRUE(matched.ok());
  EXPECT_FALSE(matched->boolean());
}

TEST(ListTest, AccessClampsAndCountsFromTheEnd) {
  EXPECT_EQ(Show("[[1, 2, 3][-1], [1, 2, 3][3], [1, 2, 3][1..], [1, 2, 3][-2..-1], [1][null..]]"),
            "[3, null, [2, 3], [2], null]");
  EXPECT_EQ(Show("[1, 2]['a']"), "TypeError: ListElementAccessByNonInteger");
  EXPECT_EQ(Show("{a: 1}[1]"), "TypeError: MapElementAccessByNonString");
  EXPECT_EQ(Show("(1)[0]"), "TypeError: InvalidArgumentType");
  EXPECT_EQ(Show("(1).a"), "TypeError: InvalidArgumentType");
  EXPECT_EQ(Show("range(1, 2, 0)"), "ArgumentError: NumberOutOfRange");
  EXPECT_EQ(Show("range(9223372036854775806, 9223372036854775807)"),
            "[9223372036854775806, 9223372036854775807]");
}

TEST(BudgetTest, WhatAUserCanGrowIsCharged) {
  EXPECT_EQ(Show("range(1, 9223372036854775807)"), "the test's memory is spent");
  EXPECT_EQ(Show("reduce(s = 'x', i IN range(1, 60) | s + s)"), "the test's memory is spent");
  EXPECT_EQ(Show("reduce(s = [1], i IN range(1, 60) | s + s)"), "the test's memory is spent");
  EXPECT_EQ(Show("reduce(s = 'ab', i IN range(1, 60) | replace(s, 'a', s))"),
            "the test's memory is spent");
  EXPECT_EQ(Show("reduce(s = [], i IN range(1, 100000) | [s])"), "ArgumentError: NumberOutOfRange");
}

TEST(NumberTest, RoundingFollowsTheDecimalsPeopleType) {
  EXPECT_EQ(Show("[round(0.5), round(-0.5), round(-1.5), round(2.5)]"), "[1.0, 0.0, -1.0, 3.0]");
  EXPECT_EQ(Show("[round(1.005, 2), round(-1.005, 2), round(9.995, 2), round(1e20, 2)]"),
            "[1.01, -1.01, 10.0, 1.0E20]");
  EXPECT_EQ(Show("abs(-9223372036854775808)"), "ArithmeticError: IntegerOverflow");
}

TEST(ConversionTest, TextThatIsNoNumberIsNull) {
  EXPECT_EQ(Show("[toInteger('foo'), toInteger(''), toInteger(' 7 '), toInteger(-2.9), "
                 "toInteger('1e3'), toInteger(1e300), toInteger(true)]"),
            "[null, null, 7, -2, 1000, null, 1]");
  EXPECT_EQ(Show("[toFloat('x'), toFloat('1.'), toFloat('-Infinity'), toBoolean('no')]"),
            "[null, 1.0, -Infinity, null]");
  EXPECT_EQ(Show("toInteger([])"), "TypeError: InvalidArgumentValue");
  EXPECT_EQ(Show("toFloat(true)"), "TypeError: InvalidArgumentValue");
}

TEST(TemporalTest, BadValuesSayWhatIsWrong) {
  for (const std::string_view text : {"date('2015-02-29')",
                                      "date('2015-13')",
                                      "date('foo')",
                                      "date('2015-W54')",
                                      "time('25:00')",
                                      "datetime('2015-01-01T00:00[No/Where]')",
                                      "datetime('2015-01-01T00:00[/etc/passwd]')",
                                      "date({month: 2})",
                                      "date({year: 2015, day: 2})",
                                      "date({year: 2015, foo: 1})",
                                      "duration('P')",
                                      "duration('PT')",
                                      "duration('1D')",
                                      "duration('P1H')",
                                      "date({year: 2015, week: 1, ordinalDay: 3})",
                                      "date('2015-01-01T10:00')",
                                      "time({hour: 1, second: 1})",
                                      "localtime({hour: 1, minute: 60})",
                                      "datetime.truncate('eon', datetime())",
                                      "date('1000000000-01-01')"}) {
    EXPECT_EQ(Show(text).substr(0, 13), "ArgumentError") << text;
  }
  EXPECT_EQ(Show("date('+999999999-12-31') + duration('P1D')"), "ArgumentError: NumberOutOfRange");
  EXPECT_EQ(Show("duration({months: 9223372036854775807}) + duration('P1M')"),
            "ArithmeticError: IntegerOverflow");
  EXPECT_EQ(Show("date(1)"), "TypeError: InvalidArgumentValue");
  EXPECT_EQ(Show("[date(null), duration(null), date({year: null}), date('2024-01-31').no]"),
            "[null, null, null, null]");
}

TEST(TemporalTest, ZonesKnowGapsAndOverlaps) {
  // 2017-03-26 02:30 does not exist in Stockholm; 2017-10-29 02:30 is there twice.
  EXPECT_EQ(Show("datetime('2017-03-26T02:30[Europe/Stockholm]')"),
            "datetime('2017-03-26T03:30+02:00[Europe/Stockholm]')");
  EXPECT_EQ(Show("datetime('2017-10-29T02:30[Europe/Stockholm]')"),
            "datetime('2017-10-29T02:30+02:00[Europe/Stockholm]')");
  EXPECT_EQ(Show("datetime('2017-10-29T02:30+01:00[Europe/Stockholm]')"),
            "datetime('2017-10-29T02:30+01:00[Europe/Stockholm]')");
  EXPECT_EQ(Show("datetime('2017-10-28T12:00[Europe/Stockholm]') + duration('P1D')"),
            "datetime('2017-10-29T12:00+01:00[Europe/Stockholm]')");
  EXPECT_EQ(Show("datetime('2017-10-28T12:00[Europe/Stockholm]') + duration('PT24H')"),
            "datetime('2017-10-29T11:00+01:00[Europe/Stockholm]')");
}

TEST(TemporalTest, ClocksAreInjected) {
  EXPECT_EQ(Show("[date(), localtime('00:00') < localtime(), timestamp()]"),
            "[date('2023-11-14'), true, 1700000000000]");
  EXPECT_EQ(Show("datetime.realtime('Asia/Shanghai')"),
            "datetime('2023-11-15T06:13:21+08:00[Asia/Shanghai]')");
  EXPECT_EQ(Show("datetime.transaction()"), "datetime('2023-11-14T22:13:19Z')");
}

TEST(TemporalTest, SumsAndDifferencesAreInverse) {
  std::mt19937_64 dice(20240131);
  TestContext context;
  for (int i = 0; i < 2'000; ++i) {
    const auto pick = [&dice](int64_t low, int64_t high) {
      return std::uniform_int_distribution<int64_t>(low, high)(dice);
    };
    const Value from = Value::Of(LocalDateTime{pick(-4'000'000'000, 4'000'000'000),
                                               static_cast<int32_t>(pick(0, 999'999'999))});
    const Value to = Value::Of(LocalDateTime{pick(-4'000'000'000, 4'000'000'000),
                                             static_cast<int32_t>(pick(0, 999'999'999))});
    for (const std::string_view name : {"duration.between", "duration.inSeconds"}) {
      const ValueList args{from, to};
      const auto d = Call(*AllFunctions().Find(name), args, context);
      ASSERT_TRUE(d.ok()) << d.status();
      const auto sum = Add(from, *d, context);
      ASSERT_TRUE(sum.ok()) << sum.status();
      EXPECT_EQ(ToLiteral(*sum), ToLiteral(to)) << ToLiteral(from) << " + " << ToLiteral(*d);
    }
  }
}

TEST(PointTest, DistancesAndAccessors) {
  EXPECT_EQ(Show("point({latitude: 1, longitude: 190}).longitude"), "-170.0");
  EXPECT_EQ(Show("[point({x: 1, y: 2, z: 3}).crs, point({x: 1, y: null})]"),
            "['cartesian-3D', null]");
  EXPECT_EQ(Show("point({latitude: 91, longitude: 0})"), "ArgumentError: NumberOutOfRange");
  EXPECT_EQ(Show("point({x: 1})"), "ArgumentError: InvalidArgumentValue");
  EXPECT_EQ(Show("round(point.distance(point({longitude: 12.78, latitude: 56.7}), "
                 "point({longitude: 12.564590, latitude: 55.672874})))"),
            "115115.0");
  EXPECT_EQ(Show("point({x: 1, y: 2}) < point({x: 2, y: 3})"), "null");
}

std::string DetailOf(const absl::Status& status) {
  return std::string(ErrorDetailName(QueryErrorOf(status).value_or(QueryError{}).detail));
}

// Runs an aggregate over rows, cut into two states that merge.
std::string Aggregated(std::string_view name, const std::vector<ValueList>& rows, size_t cut) {
  TestContext context;
  const FunctionDef* def = AllFunctions().Find(name);
  auto first = def->aggregate();
  auto second = def->aggregate();
  for (size_t i = 0; i < rows.size(); ++i) {
    const absl::Status status = (i < cut ? first : second)->Update(rows[i], context);
    if (!status.ok()) return DetailOf(status);
  }
  if (!first->Merge(*second, context).ok()) return "merge failed";
  const auto result = first->Result(context);
  if (!result.ok()) return DetailOf(result.status());
  return ToLiteral(*result);
}

std::vector<ValueList> Column(std::string_view list) {
  TestContext context;
  std::vector<ValueList> rows;
  const Value values = Evaluate(list, context).value();
  for (const Value& v : values.list()) rows.push_back({v});
  return rows;
}

TEST(AggregateTest, EveryCutOfTheRowsGivesTheSame) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {"count", "[1, null, 'a']", "2"},
      {"sum", "[]", "0"},
      {"sum", "[1, null, 2]", "3"},
      {"sum", "[1, 2.5]", "3.5"},
      {"sum", "[1e100, 1, -1e100]", "1.0"},
      {"sum", "[9223372036854775807, 1, -1]", "9223372036854775807"},
      {"sum", "[9223372036854775807, 1]", "IntegerOverflow"},
      {"sum", "[duration('P1M'), duration('PT36H')]", "duration('P1MT36H')"},
      {"sum", "[1, duration('P1M')]", "InvalidArgumentValue"},
      {"avg", "[1, 2, 4, null]", "2.3333333333333335"},
      {"avg", "[]", "null"},
      {"min", "[1, 'a', null, [1, 2], 0.2, 'b']", "[1, 2]"},
      {"max", "[1, 'a', null, [1, 2], 0.2, 'b']", "1"},
      {"max", "[null]", "null"},
      {"collect", "[1, null, 'a']", "[1, 'a']"},
      {"stDev", "[2, 4, 4, 4, 5, 5, 7, 9]", "2.138089935299395"},
      {"stDevP", "[2, 4, 4, 4, 5, 5, 7, 9]", "2.0"},
      {"stDevP", "[1e15, 1e15, 1e15]", "0.0"},
      {"stDev", "[1]", "0.0"},
  };
  for (const auto& [name, list, wanted] : cases) {
    const std::vector<ValueList> rows = Column(list);
    for (size_t cut = 0; cut <= rows.size(); ++cut) {
      const std::string got = Aggregated(name, rows, cut);
      if (wanted == "InvalidArgumentValue" && got == "merge failed") continue;
      EXPECT_EQ(got, wanted) << name << " " << list << " cut at " << cut;
    }
  }
}

TEST(AggregateTest, PercentilesTakeAShare) {
  const auto percentile = [](std::string_view name, std::string_view list, double share) {
    std::vector<ValueList> rows = Column(list);
    for (ValueList& row : rows) row.push_back(Value::Float(share));
    return Aggregated(name, rows, rows.size() / 2);
  };
  EXPECT_EQ(percentile("percentileDisc", "[10.0, 20.0, 30.0]", 0), "10.0");
  EXPECT_EQ(percentile("percentileDisc", "[30.0, 10.0, 20.0]", 0.5), "20.0");
  EXPECT_EQ(percentile("percentileDisc", "[10.0, 20.0, 30.0]", 1), "30.0");
  EXPECT_EQ(percentile("percentileCont", "[10, 20, 30, 40]", 0.5), "25.0");
  EXPECT_EQ(percentile("percentileCont", "[1]", 1.1), "NumberOutOfRange");
}

TEST(ExactSumTest, OrderDoesNotShow) {
  std::mt19937_64 dice(7);
  std::vector<double> values;
  values.reserve(1'000);
  for (int i = 0; i < 1'000; ++i) {
    values.push_back(std::ldexp(std::uniform_real_distribution<double>(-1, 1)(dice),
                                std::uniform_int_distribution<int>(-60, 60)(dice)));
  }
  const auto sum = [&values] {
    ExactSum out;
    for (const double v : values) out.Add(v);
    return out.Result();
  };
  const double first = sum();
  for (int i = 0; i < 20; ++i) {
    std::shuffle(values.begin(), values.end(), dice);
    EXPECT_EQ(sum(), first);
  }
  ExactSum integers;
  integers.AddInteger(-(static_cast<__int128>(1) << 70) - 5);
  integers.AddInteger(static_cast<__int128>(1) << 70);
  EXPECT_EQ(integers.Result(), -5.0);
}

}  // namespace
}  // namespace skein::functions
