// Positions: WGS-84 inside, and the two shifted datums that Chinese sources carry.
//
// Units     Micro-degrees as integers (Spot); degrees in the transforms.
// Datums    GCJ-02 shifts WGS-84 by 100–700 m inside a box around China; BD-09 shifts GCJ-02 again.
// The
//           formulas are the widely published reverse-engineered ones (eviltransform, MIT);
//           applying them forward is exact, going back needs iteration, which is the importer's
//           work.
// Cost      a dozen sines a call.
#pragma once

#include <cstdint>
#include <string>

namespace skein::city {

struct Spot {
  int32_t lat_e6 = 0;
  int32_t lon_e6 = 0;
};

enum class Datum : uint8_t { kWgs84, kGcj02, kBd09 };

struct LatLon {
  double lat = 0;
  double lon = 0;
};

// `spot` as a source of that datum writes it.
LatLon ToDatum(Spot spot, Datum datum);
std::string_view DatumName(Datum datum);
// Degrees with six digits after the point.
std::string DegreesText(double degrees);
// Great-circle distance in metres on a sphere of 6,371,008.8 m (haversine).
double MetresBetween(Spot a, Spot b);

}  // namespace skein::city
