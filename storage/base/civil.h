// Proleptic Gregorian calendar over 64-bit days: what temporal text and temporal functions share.
//
// Units     days since 1970-01-01; month 1 … 12; day of month 1 … 31; ISO weekday 1 (Monday) … 7.
// Range     years −999,999,999 … 999,999,999 (storage/base/temporal.h); no overflow inside it.
// Cost      constant time, no allocation, no table of zones.
// Source    H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"; ISO 8601 weeks.
#pragma once

#include <array>
#include <cstdint>

namespace skein {

inline constexpr int64_t kYearMax = 999'999'999;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;

// Division and remainder that round towards minus infinity; `b` > 0.
constexpr int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr int64_t FloorMod(int64_t a, int64_t b) { return a % b + (a % b < 0 ? b : 0); }

struct CivilDate {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
  bool operator==(const CivilDate&) const = default;
};

constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int DaysInMonth(int64_t year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[static_cast<size_t>(month - 1)];
}

constexpr int DaysInYear(int64_t year) { return IsLeapYear(year) ? 366 : 365; }

// The date need only have a valid month; days beyond the month carry over.
constexpr int64_t DaysFromCivil(CivilDate date) {
  const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t shifted_month = date.month + (date.month > 2 ? -3 : 9);  // March is 0
  const int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr CivilDate CivilFromDays(int64_t days) {
  const int64_t shifted = days + 719'468;  // days since 0000-03-01
  const int64_t era = FloorDiv(shifted, 146'097);
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month + (shifted_month < 10 ? 3 : -9));
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// 1970-01-01 was a Thursday.
constexpr int IsoWeekday(int64_t days) { return static_cast<int>(FloorMod(days + 3, 7)) + 1; }

// Day of the year, 1 … 366.
constexpr int OrdinalDay(int64_t days) {
  return static_cast<int>(days - DaysFromCivil({CivilFromDays(days).year, 1, 1})) + 1;
}

// The Monday of ISO week 1 of a week year: the week that holds 4 January.
constexpr int64_t IsoYearStart(int64_t week_year) {
  const int64_t fourth = DaysFromCivil({week_year, 1, 4});
  return fourth - (IsoWeekday(fourth) - 1);
}

constexpr int WeeksInIsoYear(int64_t week_year) {
  return static_cast<int>((IsoYearStart(week_year + 1) - IsoYearStart(week_year)) / 7);
}

struct IsoWeekDate {
  int64_t week_year = 1970;
  int week = 1;     // 1 … 53
  int weekday = 4;  // 1 … 7
};

constexpr IsoWeekDate IsoWeekFromDays(int64_t days) {
  // The Thursday of a week lies in its week year.
  const int weekday = IsoWeekday(days);
  const int64_t week_year = CivilFromDays(days - weekday + 4).year;
  return {week_year, static_cast<int>((days - IsoYearStart(week_year)) / 7) + 1, weekday};
}

}  // namespace skein
