#include "importers/core/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "importers/core/field_parse.h"
#include "importers/core/field_time.h"
#include "storage/base/status.h"

namespace skein {
namespace {

using ::testing::HasSubstr;

// The literal that the description makes of the text, or "! reason".
std::string Made(const std::string& yaml, const RawField& field) {
  YamlReader in("t");
  const FieldSpec spec = ParseField(in, YAML::Load(yaml), {}, {});
  if (!in.ok()) return "?? " + std::string(Message(in.status()));
  const Converted made = Convert(spec, field, absl::FromUnixSeconds(1'700'000'000));
  if (!made.reason.empty()) return "! " + made.reason;
  return (made.nulled ? "nulled " : "") + ToLiteral(made.value);
}
std::string Made(const std::string& yaml, const std::string& text) {
  return Made(yaml, RawField{text});
}

TEST(FieldTest, Integers) {
  EXPECT_EQ(Made("integer", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Made("integer", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_THAT(Made("integer", "9223372036854775808"), HasSubstr("64 bits"));
  EXPECT_EQ(Made("integer", " +5 "), "5");
  EXPECT_EQ(Made("integer", "0"), "0");
  for (const char* bad : {"1.0", "1e3", "0x10", "--1", "+-1", "१", "1 2"}) {
    EXPECT_THAT(Made("integer", bad), HasSubstr("! is not an integer")) << bad;
  }
  EXPECT_THAT(Made("integer", "013800000000"), HasSubstr("leading zero"));
  EXPECT_EQ(Made("{type: integer, leading_zeros: true}", "007"), "7");
  EXPECT_EQ(Made("{type: integer, thousands: ','}", "-1,234,567"), "-1234567");
  EXPECT_THAT(Made("{type: integer, thousands: ','}", "12,34"), HasSubstr("!"));
}

TEST(FieldTest, Floats) {
  EXPECT_EQ(Made("float", "544595.7886430753"), "544595.7886430753");
  EXPECT_EQ(Made("float", "-1e3"), "-1000.0");
  EXPECT_EQ(Made("{type: float, thousands: ',', scale: 0.5}", "1,234.5"), "617.25");
  EXPECT_EQ(Made("{type: float, decimal: ',', thousands: '.'}", "1.234,5"), "1234.5");
  for (const char* bad : {"nan", "inf", "-Infinity", "1e400", "1,5", "0x1p3", "+-1", "1.2.3"}) {
    EXPECT_THAT(Made("float", bad), HasSubstr("! is ")) << bad;
  }
  EXPECT_THAT(Made("float", "0138"), HasSubstr("leading zero"));
}

TEST(FieldTest, Booleans) {
  EXPECT_EQ(Made("boolean", "TRUE"), "true");
  EXPECT_EQ(Made("{type: boolean, true: [Y, 是], false: [N, 否]}", "否"), "false");
  EXPECT_THAT(Made("{type: boolean, true: [Y], false: [N]}", "y"), HasSubstr("neither"));
}

TEST(FieldTest, NullsDefaultsAndRequired) {
  EXPECT_EQ(Made("string", ""), "null");
  EXPECT_EQ(Made("{null: ['', '-', 无]}", "无"), "null");
  EXPECT_EQ(Made("{null: []}", ""), "''");
  EXPECT_EQ(Made("{type: integer, default: 7}", ""), "7");
  EXPECT_EQ(Made("{type: integer, required: true}", " "), "! is missing");
  EXPECT_EQ(Made("{required: true}", RawField{"", RawKind::kMissing}), "! is missing");
  EXPECT_EQ(Made("{type: integer, on_error: null}", "x"), "nulled null");
}

TEST(FieldTest, TextSteps) {
  EXPECT_EQ(Made("string", " a "), "' a '");
  EXPECT_EQ(Made("{trim: true}", "\u3000 a\u00A0"), "'a'");
  EXPECT_EQ(Made("{case: upper}", "straße x"), "'STRASSE X'");
  EXPECT_EQ(Made("{normalize: nfkc}", "ＡＢ１２"), "'AB12'");
  EXPECT_EQ(Made("{replace: [{pattern: '^\\+?86', with: ''}, {pattern: '[ -]', with: ''}]}",
                 "+86 129-0000-0001"),
            "'12900000001'");
  EXPECT_EQ(Made("{extract: 'no\\. (\\d+)', type: integer}", "seal no. 17"), "17");
  EXPECT_THAT(Made("{extract: '(\\d+)'}", "none"), HasSubstr("! does not match"));
  EXPECT_EQ(Made("{values: {'1': male, '2': female}}", "2"), "'female'");
  EXPECT_THAT(Made("{values: {'1': male}}", "9"), HasSubstr("none of the 1 known"));
  EXPECT_EQ(Made("{values: {'1': male}, otherwise: keep}", "9"), "'9'");
  EXPECT_EQ(Made("{values: {'1': male}, otherwise: null}", "9"), "null");
  EXPECT_EQ(Made("{split: ';', type: integer}", "1;;3"), "[1, 3]");
}

TEST(FieldTest, TimesInIso) {
  EXPECT_EQ(Made("date", "2024-02-29"), "date('2024-02-29')");
  EXPECT_EQ(Made("localdatetime", "2020-06-29 02:33:46.538"),
            "localdatetime('2020-06-29T02:33:46.538')");
  EXPECT_EQ(Made("localdatetime", "2020-06-29T02:33"), "localdatetime('2020-06-29T02:33')");
  EXPECT_EQ(Made("datetime", "2024-05-01T08:00:00Z"), "datetime('2024-05-01T08:00Z')");
  EXPECT_EQ(Made("{type: datetime, zone: Asia/Shanghai}", "2024-05-01 08:00"),
            "datetime('2024-05-01T08:00+08:00[Asia/Shanghai]')");
  EXPECT_THAT(Made("datetime", "2024-05-01 08:00"), HasSubstr("states no zone"));
  EXPECT_THAT(Made("localdatetime", "2024-05-01 08:00Z"), HasSubstr("states an offset"));
  for (const char* bad : {"2023-02-29", "0000-01-01", "24-01-01", "202-01-01", "2024-13-01",
                          "2024-00-10", "2024-1-1", "2024-01-01x", "infinite-future", "99991231"}) {
    EXPECT_THAT(Made("date", bad), HasSubstr("!")) << bad;
  }
  EXPECT_EQ(Made("date", "9999-12-31"), "date('9999-12-31')");
  EXPECT_THAT(Made("localdatetime", "2024-01-01 24:00"), HasSubstr("does not exist"));
  EXPECT_THAT(Made("localdatetime", "2024-01-01 23:59:60"), HasSubstr("does not exist"));
}

TEST(FieldTest, TimesByPattern) {
  EXPECT_EQ(Made("{type: date, format: '%Y%m%d'}", "20240131"), "date('2024-01-31')");
  EXPECT_THAT(Made("{type: date, format: '%Y%m%d'}", "2024131"), HasSubstr("!"));
  EXPECT_EQ(Made("{type: date, format: '%Y年%m月%d日'}", "2024年1月31日"), "date('2024-01-31')");
  EXPECT_EQ(Made("{type: localdatetime, format: ['%d/%m/%Y %H:%M', '%d.%m.%Y %I:%M %p']}",
                 "1.2.2024 12:05 am"),
            "localdatetime('2024-02-01T00:05')");
  EXPECT_EQ(
      Made("{type: datetime, format: '%Y-%m-%d %H:%M:%E*S %z'}", "2024-05-01 08:00:00.25 +0530"),
      "datetime('2024-05-01T08:00:00.25+05:30')");
  EXPECT_EQ(Made("{type: date, format: '%d %b %y'}", "3 Mar 69"), "date('1969-03-03')");
  EXPECT_THAT(Made("{type: date, format: '%Y-%q'}", "x"), HasSubstr("unknown directive '%q'"));
}

TEST(FieldTest, LocalTimesAtTheEdgesOfSummerTime) {
  // Shanghai went from 02:00 to 03:00 on 1986-05-04 and back on 1986-09-14.
  const char* spec = "{type: datetime, zone: Asia/Shanghai}";
  EXPECT_THAT(Made(spec, "1986-05-04 02:30"), HasSubstr("skipped"));
  EXPECT_EQ(Made(spec, "1986-09-14 01:30"), "datetime('1986-09-14T01:30+09:00[Asia/Shanghai]')");
}

TEST(FieldTest, Epochs) {
  EXPECT_EQ(Made("{type: epoch_s, zone: Asia/Shanghai}", "0"),
            "datetime('1970-01-01T08:00+08:00[Asia/Shanghai]')");
  EXPECT_THAT(Made("epoch_ms", "1714521600123"), HasSubstr("2024-05-01T00:00:00.123"));
  EXPECT_THAT(Made("epoch_s", "1714521600.5"), HasSubstr("2024-05-01T00:00:00.5"));
  EXPECT_THAT(Made("epoch_s", "1714521600123456"), HasSubstr("year outside"));
  EXPECT_THAT(Made("epoch_s", "soon"), HasSubstr("not an epoch"));
}

TEST(FieldTest, Durations) {
  EXPECT_EQ(Made("duration", "P1Y2M3DT4H5M6.5S"), "duration('P1Y2M3DT4H5M6.5S')");
  EXPECT_THAT(Made("{type: duration, unit: minutes}", "1.5"), HasSubstr("duration("));
  EXPECT_THAT(Made("duration", "P"), HasSubstr("!"));
}

TEST(FieldTest, JsonKinds) {
  EXPECT_EQ(Made("auto", RawField{"5", RawKind::kJsonNumber}), "5");
  EXPECT_EQ(Made("auto", RawField{"5.0", RawKind::kJsonNumber}), "5.0");
  EXPECT_EQ(Made("auto", RawField{"true", RawKind::kJsonBoolean}), "true");
  EXPECT_EQ(Made("string", RawField{"1.50", RawKind::kJsonNumber}), "'1.50'");
  EXPECT_THAT(Made("auto", RawField{"", RawKind::kJsonNested}), HasSubstr("JSON pointer"));
  EXPECT_THAT(Made("auto", RawField{"a", RawKind::kJsonList}), HasSubstr("not declared a list"));
}

TEST(FieldTest, Checks) {
  EXPECT_EQ(Made("{type: integer, checks: [{min: 1}, {max: 10}]}", "10"), "10");
  EXPECT_EQ(Made("{type: integer, checks: [{max: 10}]}", "11"), "! is over the maximum 10");
  EXPECT_THAT(Made("{type: date, checks: [{min: '1900-01-01'}]}", "1899-12-31"),
              HasSubstr("below the minimum 1900-01-01"));
  EXPECT_THAT(Made("{checks: [{regex: '[A-Z]+'}]}", "ABc"), HasSubstr("does not match [A-Z]+"));
  EXPECT_THAT(Made("{checks: [{max_length: 2}]}", "中文字"), HasSubstr("longer than 2"));
  EXPECT_EQ(Made("{checks: [{one_of: [a, b]}]}", "b"), "'b'");
  EXPECT_THAT(Made("{type: date, checks: [not_future]}", "2030-01-01"), HasSubstr("future"));
  EXPECT_THAT(Made("{checks: [id_cn]}", "11010519491231002Y"), HasSubstr("fails check id_cn"));
}

TEST(ZoneTest, NamesAndOffsets) {
  EXPECT_TRUE(ParseZone("Asia/Shanghai").ok());
  EXPECT_TRUE(ParseZone("+08:00").ok());
  EXPECT_TRUE(ParseZone("Z").ok());
  for (const char* bad : {"Asia/Shangai", "", "../../etc/passwd", "/etc/localtime", "+99:00"}) {
    EXPECT_FALSE(ParseZone(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace skein
