// Temporal and spatial values as stored: plain structs, no arithmetic (query/functions/temporal*).
//
// Ranges    year −999,999,999 … 999,999,999; offsets within ±18 h; nanos 0 … 999,999,999.
// Source    openCypher 9 temporal types; ISO 8601; Bolt structures 0x44–0x74.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace skein {

struct Date {
  int64_t days = 0;  // since 1970-01-01
  auto operator<=>(const Date&) const = default;
};
struct LocalTime {
  int64_t nanos = 0;  // of the day
  auto operator<=>(const LocalTime&) const = default;
};
struct ZonedTime {
  int64_t nanos = 0;           // of the local day
  int32_t offset_seconds = 0;  // east of UTC
  bool operator==(const ZonedTime&) const = default;
};
struct LocalDateTime {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00 on the local clock
  int32_t nanos = 0;
  auto operator<=>(const LocalDateTime&) const = default;
};
struct ZonedDateTime {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
  int32_t nanos = 0;
  int32_t offset_seconds = 0;  // east of UTC at that instant
  std::string zone;            // IANA name, or empty when only the offset is known
  bool operator==(const ZonedDateTime&) const = default;
};
struct Duration {
  int64_t months = 0;
  int64_t days = 0;
  int64_t seconds = 0;
  int32_t nanos = 0;  // 0 … 999,999,999; seconds carry the sign
  bool operator==(const Duration&) const = default;
};
struct Point {
  uint32_t srid =
      4326;  // 4326 WGS-84 (x = longitude, y = latitude), 4979 with height; 7203, 9157 cartesian
  double x = 0, y = 0, z = 0;
  bool operator==(const Point&) const = default;
};

}  // namespace skein
