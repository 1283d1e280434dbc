#include "importers/city/geo.h"

#include <cmath>
#include <string_view>

#include "absl/strings/str_format.h"

namespace skein::city {
namespace {

constexpr double kPi = 3.14159265358979323846;
// Krasovsky 1940, which GCJ-02 is built on.
constexpr double kAxis = 6378245.0;
constexpr double kEccentricity2 = 0.00669342162296594323;

double ShiftLat(double x, double y) {
  double d = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * std::sqrt(std::fabs(x));
  d += (20.0 * std::sin(6.0 * x * kPi) + 20.0 * std::sin(2.0 * x * kPi)) * 2.0 / 3.0;
  d += (20.0 * std::sin(y * kPi) + 40.0 * std::sin(y / 3.0 * kPi)) * 2.0 / 3.0;
  d += (160.0 * std::sin(y / 12.0 * kPi) + 320.0 * std::sin(y * kPi / 30.0)) * 2.0 / 3.0;
  return d;
}

double ShiftLon(double x, double y) {
  double d = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * std::sqrt(std::fabs(x));
  d += (20.0 * std::sin(6.0 * x * kPi) + 20.0 * std::sin(2.0 * x * kPi)) * 2.0 / 3.0;
  d += (20.0 * std::sin(x * kPi) + 40.0 * std::sin(x / 3.0 * kPi)) * 2.0 / 3.0;
  d += (150.0 * std::sin(x / 12.0 * kPi) + 300.0 * std::sin(x / 30.0 * kPi)) * 2.0 / 3.0;
  return d;
}

LatLon ToGcj02(LatLon p) {
  const double x = p.lon - 105.0, y = p.lat - 35.0;
  const double radians = p.lat / 180.0 * kPi;
  const double magic = 1.0 - kEccentricity2 * std::sin(radians) * std::sin(radians);
  const double root = std::sqrt(magic);
  const double dlat =
      ShiftLat(x, y) * 180.0 / ((kAxis * (1.0 - kEccentricity2)) / (magic * root) * kPi);
  const double dlon = ShiftLon(x, y) * 180.0 / (kAxis / root * std::cos(radians) * kPi);
  return {p.lat + dlat, p.lon + dlon};
}

LatLon ToBd09(LatLon gcj) {
  constexpr double kX = kPi * 3000.0 / 180.0;
  const double z =
      std::sqrt(gcj.lon * gcj.lon + gcj.lat * gcj.lat) + 0.00002 * std::sin(gcj.lat * kX);
  const double theta = std::atan2(gcj.lat, gcj.lon) + 0.000003 * std::cos(gcj.lon * kX);
  return {z * std::sin(theta) + 0.006, z * std::cos(theta) + 0.0065};
}

}  // namespace

LatLon ToDatum(Spot spot, Datum datum) {
  const LatLon wgs{spot.lat_e6 / 1e6, spot.lon_e6 / 1e6};
  switch (datum) {
    case Datum::kWgs84:
      return wgs;
    case Datum::kGcj02:
      return ToGcj02(wgs);
    case Datum::kBd09:
      return ToBd09(ToGcj02(wgs));
  }
  return wgs;
}

std::string_view DatumName(Datum datum) {
  switch (datum) {
    case Datum::kWgs84:
      return "WGS-84";
    case Datum::kGcj02:
      return "GCJ-02";
    case Datum::kBd09:
      return "BD-09";
  }
  return "";
}

std::string DegreesText(double degrees) { return absl::StrFormat("%.6f", degrees); }

double MetresBetween(Spot a, Spot b) {
  constexpr double kRadius = 6371008.8;
  const double lat_a = a.lat_e6 / 1e6 * kPi / 180.0, lat_b = b.lat_e6 / 1e6 * kPi / 180.0;
  const double dlat = lat_b - lat_a, dlon = (b.lon_e6 - a.lon_e6) / 1e6 * kPi / 180.0;
  const double h = std::pow(std::sin(dlat / 2), 2) +
                   std::cos(lat_a) * std::cos(lat_b) * std::pow(std::sin(dlon / 2), 2);
  return 2 * kRadius * std::asin(std::sqrt(h));
}

}  // namespace skein::city
