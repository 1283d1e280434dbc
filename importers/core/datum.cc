#include "importers/core/datum.h"

#include <cmath>
#include <numbers>

namespace skein {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kAxis = 6378245.0;
constexpr double kEccentricity2 = 0.00669342162296594323;
constexpr double kBaiduPi = kPi * 3000.0 / 180.0;

bool OutsideChina(Degrees at) {
  return at.lon < 72.004 || at.lon > 137.8347 || at.lat < 0.8293 || at.lat > 55.8271;
}

double Waves(double x) {
  return (20.0 * std::sin(6.0 * x * kPi) + 20.0 * std::sin(2.0 * x * kPi)) * 2.0 / 3.0;
}

Degrees GcjShift(Degrees at) {
  const double x = at.lon - 105.0;
  const double y = at.lat - 35.0;
  const double root = std::sqrt(std::abs(x));
  double lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + Waves(x);
  lat += (20.0 * std::sin(y * kPi) + 40.0 * std::sin(y / 3.0 * kPi)) * 2.0 / 3.0;
  lat += (160.0 * std::sin(y / 12.0 * kPi) + 320.0 * std::sin(y * kPi / 30.0)) * 2.0 / 3.0;
  double lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + Waves(x);
  lon += (20.0 * std::sin(x * kPi) + 40.0 * std::sin(x / 3.0 * kPi)) * 2.0 / 3.0;
  lon += (150.0 * std::sin(x / 12.0 * kPi) + 300.0 * std::sin(x / 30.0 * kPi)) * 2.0 / 3.0;
  const double radians = at.lat / 180.0 * kPi;
  const double w2 = 1.0 - kEccentricity2 * std::sin(radians) * std::sin(radians);
  const double w = std::sqrt(w2);
  return {lat * 180.0 / (kAxis * (1.0 - kEccentricity2) / (w2 * w) * kPi),
          lon * 180.0 / (kAxis / w * std::cos(radians) * kPi)};
}

Degrees WgsToGcj(Degrees at) {
  if (OutsideChina(at)) return at;
  const Degrees shift = GcjShift(at);
  return {at.lat + shift.lat, at.lon + shift.lon};
}

Degrees GcjToBaidu(Degrees at) {
  const double radius =
      std::sqrt(at.lon * at.lon + at.lat * at.lat) + 0.00002 * std::sin(at.lat * kBaiduPi);
  const double angle = std::atan2(at.lat, at.lon) + 0.000003 * std::cos(at.lon * kBaiduPi);
  return {radius * std::sin(angle) + 0.006, radius * std::cos(angle) + 0.0065};
}

// Both forward formulas move a point by little and smoothly, so the fixed point of
// p ← p + (target − F(p)) converges by about 10⁻² a step; 20 steps are far below a double's ulp.
template <typename Forward>
Degrees Invert(Forward forward, Degrees target) {
  Degrees guess = target;
  for (int step = 0; step < 20; ++step) {
    const Degrees image = forward(guess);
    const double lat_error = target.lat - image.lat;
    const double lon_error = target.lon - image.lon;
    guess.lat += lat_error;
    guess.lon += lon_error;
    if (std::abs(lat_error) < 1e-12 && std::abs(lon_error) < 1e-12) break;
  }
  return guess;
}

}  // namespace

Degrees ToWgs84(Datum from, Degrees at) {
  switch (from) {
    case Datum::kWgs84:
      return at;
    case Datum::kGcj02:
      return OutsideChina(at) ? at : Invert(WgsToGcj, at);
    case Datum::kBd09:
      return ToWgs84(Datum::kGcj02, Invert(GcjToBaidu, at));
  }
  return at;
}

Degrees FromWgs84(Datum to, Degrees at) {
  switch (to) {
    case Datum::kWgs84:
      return at;
    case Datum::kGcj02:
      return WgsToGcj(at);
    case Datum::kBd09:
      return GcjToBaidu(WgsToGcj(at));
  }
  return at;
}

std::optional<Datum> DatumOf(std::string_view name) {
  if (name == "wgs84") return Datum::kWgs84;
  if (name == "gcj02") return Datum::kGcj02;
  if (name == "bd09") return Datum::kBd09;
  return std::nullopt;
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

}  // namespace skein
