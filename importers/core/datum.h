// Datums of coordinates in use in China, to WGS-84 and back.
//
// Units     degrees, latitude −90 … 90, longitude −180 … 180.
// Accuracy  ToWgs84 inverts the forward formula to 1e-9 degrees (0.1 mm). Outside mainland China's
//           box GCJ-02 equals WGS-84, as the published formula says.
// Threads   pure functions.
// Source    the published GCJ-02 formula (ellipsoid Krasovsky 1940: a = 6,378,245 m, e² =
//           0.00669342162296594323) and Baidu's BD-09 of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skein {

enum class Datum : uint8_t { kWgs84, kGcj02, kBd09 };

struct Degrees {
  double lat = 0;
  double lon = 0;
};

Degrees ToWgs84(Datum from, Degrees at);
Degrees FromWgs84(Datum to, Degrees at);

// "wgs84", "gcj02", "bd09" of mappings; "WGS-84", "GCJ-02", "BD-09" as kept beside a position.
std::optional<Datum> DatumOf(std::string_view name);
std::string_view DatumName(Datum datum);

}  // namespace skein
