// Dates and times as the departments write them, by integer arithmetic alone.
//
// Units     Seconds since 1970-01-01T00:00:00Z; days since 1970-01-01. City time is UTC+8 all year.
// Source    days_from_civil: H. Hinnant, "chrono-compatible low-level date algorithms".
#pragma once

#include <cstdint>
#include <string>

namespace skein::city {

using Seconds = int64_t;
using Days = int32_t;

inline constexpr Seconds kMinute = 60;
inline constexpr Seconds kHour = 3600;
inline constexpr Seconds kDay = 86400;
inline constexpr Seconds kCityOffset = 8 * kHour;

struct Civil {
  int32_t year = 1970, month = 1, day = 1;
};

Days DaysFrom(int32_t year, int32_t month, int32_t day);
Civil CivilFrom(Days days);
// The instant of a moment on the city's clock.
Seconds CityTime(Days day, int32_t hour, int32_t minute, int32_t second = 0);
// The city's calendar day of an instant.
Days CityDay(Seconds t);
// Hour of the city's clock, 0 … 23.
int32_t CityHour(Seconds t);
// 0 Monday … 6 Sunday.
int32_t Weekday(Days day);

enum class TimeStyle : uint8_t {
  kIsoCity,     // 2026-03-02T08:15:30+08:00
  kIsoUtc,      // 2026-03-02T00:15:30Z
  kDash,        // 2026-03-02 08:15:30, city clock
  kSlash,       // 2026/03/02 08:15, city clock
  kDayFirst,    // 02/03/2026 08:15:30, city clock
  kDotted,      // 02.03.2026 08:15, city clock
  kEpoch,       // seconds
  kEpochMilli,  // milliseconds
};
std::string TimeText(Seconds t, TimeStyle style);

enum class DateStyle : uint8_t { kDash, kCompact, kSlash, kDotted, kDayFirst };
std::string DateText(Days day, DateStyle style);

}  // namespace skein::city
