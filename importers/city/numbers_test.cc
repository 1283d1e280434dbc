#include "importers/city/numbers.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "importers/city/civil.h"
#include "importers/city/geo.h"
#include "importers/city/prng.h"

namespace skein::city {
namespace {

TEST(Numbers, IdentityNumberHasTheStandardsCheckDigit) {
  // The example of GB 11643-1999, annex: 11010519491231002X (a number made for the standard).
  EXPECT_EQ(IdNumber(110105, DaysFrom(1949, 12, 31), 1, false), "11010519491231002X");
}

TEST(Numbers, AreOneToOne) {
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 20000; ++i) {
    EXPECT_TRUE(seen.insert(MobileNumber(i)).second);
    EXPECT_TRUE(seen.insert(PlateNumber(i)).second);
    EXPECT_TRUE(seen.insert(Imei(i)).second);
    EXPECT_TRUE(seen.insert(AccountNumber(i)).second);
  }
}

TEST(Numbers, LieInRangesThatCannotBeReal) {
  EXPECT_EQ(MobileNumber(7).substr(0, 3), "129");
  EXPECT_EQ(MobileNumber(7).size(), 11u);
  EXPECT_EQ(PlateNumber(7).substr(0, 4), "汀I");
  EXPECT_EQ(PlateNumber(7).find('O'), std::string::npos);
  EXPECT_EQ(Imei(7).substr(0, 2), "00");
  EXPECT_EQ(Imei(7).size(), 15u);
  EXPECT_EQ(AccountNumber(7).substr(0, 4), "0000");
  EXPECT_EQ(AccountNumber(7).size(), 19u);
  EXPECT_EQ(Vin(7).size(), 17u);
  EXPECT_EQ(CreditCode(7).size(), 18u);
  // Bit 1 of the first octet: locally administered.
  EXPECT_EQ(std::strtol(MacAddress(7).substr(0, 2).c_str(), nullptr, 16) & 2, 2);
}

TEST(Numbers, LuhnHolds) {
  for (const std::string& number : {Imei(12345), AccountNumber(9)}) {
    int sum = 0;
    for (size_t i = 0; i < number.size(); ++i) {
      int d = number[number.size() - 1 - i] - '0';
      if (i % 2 == 1) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
      sum += d;
    }
    EXPECT_EQ(sum % 10, 0) << number;
  }
}

TEST(Civil, DatesGoThereAndBack) {
  for (Days d = DaysFrom(1899, 12, 25); d < DaysFrom(2101, 3, 3); ++d) {
    const Civil c = CivilFrom(d);
    ASSERT_EQ(DaysFrom(c.year, c.month, c.day), d);
  }
  EXPECT_EQ(DaysFrom(1970, 1, 1), 0);
  EXPECT_EQ(Weekday(DaysFrom(2026, 3, 2)), 0);  // a Monday
}

TEST(Civil, OneMomentInEveryStyle) {
  const Seconds t = CityTime(DaysFrom(2026, 3, 2), 6, 5, 9);  // still the 1st in UTC
  EXPECT_EQ(TimeText(t, TimeStyle::kIsoCity), "2026-03-02T06:05:09+08:00");
  EXPECT_EQ(TimeText(t, TimeStyle::kIsoUtc), "2026-03-01T22:05:09Z");
  EXPECT_EQ(TimeText(t, TimeStyle::kDash), "2026-03-02 06:05:09");
  EXPECT_EQ(TimeText(t, TimeStyle::kSlash), "2026/03/02 06:05");
  EXPECT_EQ(TimeText(t, TimeStyle::kDayFirst), "02/03/2026 06:05:09");
  EXPECT_EQ(TimeText(t, TimeStyle::kDotted), "02.03.2026 06:05");
  EXPECT_EQ(TimeText(t, TimeStyle::kEpoch), "1772402709");
  EXPECT_EQ(TimeText(t, TimeStyle::kEpochMilli), "1772402709000");
  EXPECT_EQ(CityDay(t), DaysFrom(2026, 3, 2));
  EXPECT_EQ(CityHour(t), 6);
}

TEST(Geo, DatumsAgreeWithPublishedValues) {
  // eviltransform's own test points (Shanghai): WGS-84 (31.1774276, 121.5272106) ->
  // GCJ-02 (31.17530398364597, 121.531541859215); BD-09 by its published second step.
  const LatLon gcj = ToDatum({31177428, 121527211}, Datum::kGcj02);
  EXPECT_NEAR(gcj.lat, 31.175304, 2e-6);
  EXPECT_NEAR(gcj.lon, 121.531542, 2e-6);
  const LatLon bd = ToDatum({31177428, 121527211}, Datum::kBd09);
  EXPECT_NEAR(bd.lat - gcj.lat, 0.006, 0.002);
  EXPECT_NEAR(bd.lon - gcj.lon, 0.0065, 0.002);
}

TEST(Geo, DistanceOfOneDegreeOfLatitude) {
  EXPECT_NEAR(MetresBetween({29000000, 123000000}, {30000000, 123000000}), 111195, 1);
}

TEST(Dice, StreamsAreFixedAndApart) {
  // Pins the generator: a change here changes every city and needs a new generator version.
  Dice a(1, "pin");
  const uint64_t first = a.Next();
  EXPECT_EQ(first, 1754523800802139975u);
  Dice again(1, "pin");
  EXPECT_EQ(again.Next(), first);
  EXPECT_NE(Dice(1, "pin", 1).Next(), first);
  EXPECT_NE(Dice(2, "pin").Next(), first);
  EXPECT_NE(Dice(1, "pim").Next(), first);
  Dice d(3, "range");
  for (int i = 0; i < 1000; ++i) {
    const int32_t v = d.Between(-2, 2);
    ASSERT_GE(v, -2);
    ASSERT_LE(v, 2);
  }
}

}  // namespace
}  // namespace skein::city
