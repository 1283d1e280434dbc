#include "importers/core/checks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "importers/core/datum.h"

namespace skein {
namespace {

bool Passes(std::string_view check, std::string_view text) {
  const std::optional<Check> found = FindCheck(check);
  return found && !RunCheck(*found, text, Value::String(std::string(text)), absl::UnixEpoch());
}

TEST(ChecksTest, IdNumbers) {
  // The standard's own example.
  EXPECT_TRUE(Passes("id_cn", "11010519491231002X"));
  EXPECT_TRUE(Passes("id_cn", "11010519491231002x"));
  EXPECT_FALSE(Passes("id_cn", "110105194912310021"));
  EXPECT_FALSE(Passes("id_cn", "110105194902300029"));
  EXPECT_FALSE(Passes("id_cn", "1101051949123100"));
  EXPECT_TRUE(Passes("id_cn_15", "110105491231002"));
  EXPECT_FALSE(Passes("id_cn_15", "110105491331002"));
}

TEST(ChecksTest, OtherNumbers) {
  EXPECT_TRUE(Passes("luhn", "79927398713"));
  EXPECT_FALSE(Passes("luhn", "79927398710"));
  EXPECT_TRUE(Passes("imei", "490154203237518"));
  EXPECT_FALSE(Passes("imei", "490154203237517"));
  EXPECT_TRUE(Passes("plate_cn", "京A12345"));
  EXPECT_TRUE(Passes("plate_cn", "粤BD12345"));
  EXPECT_TRUE(Passes("plate_cn", "京A1234警"));
  EXPECT_FALSE(Passes("plate_cn", "京I12345"));
  EXPECT_FALSE(Passes("plate_cn", "A12345"));
  EXPECT_TRUE(Passes("phone_cn", "+8613800000000"));
  EXPECT_FALSE(Passes("phone_cn", "1380000000"));
  EXPECT_TRUE(Passes("uscc", "91350100M000100Y43"));
  EXPECT_FALSE(Passes("uscc", "91350100M000100Y44"));
  EXPECT_TRUE(Passes("mac", "00:1a:2B:3c:4d:5e"));
  EXPECT_TRUE(Passes("ip", "192.168.0.255"));
  EXPECT_FALSE(Passes("ip", "192.168.0.256"));
  EXPECT_TRUE(Passes("ip", "2001:db8::1"));
  EXPECT_TRUE(Passes("vin", "1M8GDM9AXKP042788"));
  EXPECT_FALSE(Passes("vin", "1M8GDM9AXKP04278O"));
  EXPECT_TRUE(Passes("latitude", "-90"));
  EXPECT_FALSE(Passes("latitude", "90.1"));
  EXPECT_TRUE(Passes("email", "a.b@example.org"));
  EXPECT_FALSE(Passes("email", "a b@example.org"));
}

TEST(ChecksTest, UnknownNames) { EXPECT_FALSE(FindCheck("id_mars").has_value()); }

TEST(DatumTest, KnownPointsAndInverse) {
  // Tiananmen: the shift is several hundred metres, the inverse exact to far below a millimetre.
  const Degrees wgs{39.908692, 116.397477};
  const Degrees gcj = FromWgs84(Datum::kGcj02, wgs);
  EXPECT_NEAR(gcj.lat, 39.910095, 2e-5);
  EXPECT_NEAR(gcj.lon, 116.403720, 2e-5);
  for (const Datum datum : {Datum::kGcj02, Datum::kBd09, Datum::kWgs84}) {
    for (double lat = 18; lat < 54; lat += 3.7) {
      for (double lon = 74; lon < 135; lon += 4.1) {
        const Degrees back = ToWgs84(datum, FromWgs84(datum, {lat, lon}));
        EXPECT_NEAR(back.lat, lat, 1e-9);
        EXPECT_NEAR(back.lon, lon, 1e-9);
      }
    }
  }
}

TEST(DatumTest, OutsideChinaGcjIsWgs) {
  const Degrees paris = ToWgs84(Datum::kGcj02, {48.8566, 2.3522});
  EXPECT_EQ(paris.lat, 48.8566);
  EXPECT_EQ(paris.lon, 2.3522);
}

}  // namespace
}  // namespace skein
