// Proleptic Gregorian calendar over 64-bit days: what temporal text and temporal functions share.
//
// Units     days since 1970-01-01; month 1 … 12; day of month 1 … 31; ISO weekday 1 (Monday) … 7.
// Range     years −999,999,999 … 999,999,999 (storage/base/temporal.h); no overflow inside it.
// Cost      constant time, no allocation, no table of zones.
// Source    H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"; ISO 8601 weeks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace skein {

// The calendar's last year; its first is -kYearMax. Every day in between fits an int64_t with room
// for the seconds of the day.
inline constexpr int64_t kYearMax = 999'999'999;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;

// Division and remainder that round towards minus infinity; `b` > 0.
constexpr int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr int64_t FloorMod(int64_t a, int64_t b) { return a % b + (a % b < 0 ? b : 0); }

// A day of the calendar by its names. Years before 1 count on backwards through 0 (ISO 8601), so
// that leap years keep their rhythm.
struct CivilDate {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
  bool operator==(const CivilDate&) const = default;
};

// The Gregorian rule, also before 1582.
constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// `month` 1 … 12.
constexpr int DaysInMonth(int64_t year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[static_cast<size_t>(month - 1)];
}

// 365, or 366 of a leap year.
constexpr int DaysInYear(int64_t year) { return IsLeapYear(year) ? 366 : 365; }

// Days from 1970-01-01 to a date. The date need only have a valid month; days beyond the month
// carry over, so that {2024, 2, 30} is 1 March.
constexpr int64_t DaysFromCivil(CivilDate date) {
  const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  // March is 0.
  const int64_t shifted_month = date.month + (date.month > 2 ? -3 : 9);
  const int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

// The inverse, of any number of days within the range above.
constexpr CivilDate CivilFromDays(int64_t days) {
  // Days since 0000-03-01.
  const int64_t shifted = days + 719'468;
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

// Monday is 1, Sunday is 7, as ISO 8601 counts. The offset of 3 is there because day 0, 1970-01-01,
// was a Thursday.
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

// 52, or 53 where the year starts on a Thursday or is a leap year that starts on a Wednesday.
constexpr int WeeksInIsoYear(int64_t week_year) {
  return static_cast<int>((IsoYearStart(week_year + 1) - IsoYearStart(week_year)) / 7);
}

// A day by week: the first days of January may belong to the last week year, the last ones of
// December to the next.
struct IsoWeekDate {
  int64_t week_year = 1970;
  // 1 … 53.
  int week = 1;
  // 1 … 7.
  int weekday = 4;
};

// The week that holds a day.
constexpr IsoWeekDate IsoWeekFromDays(int64_t days) {
  // The Thursday of a week lies in its week year.
  const int weekday = IsoWeekday(days);
  const int64_t week_year = CivilFromDays(days - weekday + 4).year;
  return {week_year, static_cast<int>((days - IsoYearStart(week_year)) / 7) + 1, weekday};
}

}  // namespace skein
