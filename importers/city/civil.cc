#include "importers/city/civil.h"

#include "absl/strings/str_format.h"

namespace skein::city {
namespace {

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace

Days DaysFrom(int32_t year, int32_t month, int32_t day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = FloorDiv(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<Days>(era * 146097 + day_of_era - 719468);
}

Civil CivilFrom(Days days) {
  const int64_t z = int64_t{days} + 719468;
  const int64_t era = FloorDiv(z, 146097);
  const int64_t day_of_era = z - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t mp = (5 * day_of_year + 2) / 153;
  Civil out;
  out.day = static_cast<int32_t>(day_of_year - (153 * mp + 2) / 5 + 1);
  out.month = static_cast<int32_t>(mp < 10 ? mp + 3 : mp - 9);
  out.year = static_cast<int32_t>(year_of_era + era * 400 + (out.month <= 2 ? 1 : 0));
  return out;
}

Seconds CityTime(Days day, int32_t hour, int32_t minute, int32_t second) {
  return int64_t{day} * kDay + hour * kHour + minute * kMinute + second - kCityOffset;
}

Days CityDay(Seconds t) { return static_cast<Days>(FloorDiv(t + kCityOffset, kDay)); }

int32_t CityHour(Seconds t) {
  const Seconds local = t + kCityOffset;
  return static_cast<int32_t>((local - FloorDiv(local, kDay) * kDay) / kHour);
}

int32_t Weekday(Days day) {
  // 1970-01-01 was a Thursday.
  const int64_t shifted = int64_t{day} + 3;
  return static_cast<int32_t>(shifted - FloorDiv(shifted, 7) * 7);
}

std::string DateText(Days day, DateStyle style) {
  const Civil c = CivilFrom(day);
  switch (style) {
    case DateStyle::kDash:
      return absl::StrFormat("%04d-%02d-%02d", c.year, c.month, c.day);
    case DateStyle::kCompact:
      return absl::StrFormat("%04d%02d%02d", c.year, c.month, c.day);
    case DateStyle::kSlash:
      return absl::StrFormat("%04d/%02d/%02d", c.year, c.month, c.day);
    case DateStyle::kDotted:
      return absl::StrFormat("%02d.%02d.%04d", c.day, c.month, c.year);
    case DateStyle::kDayFirst:
      return absl::StrFormat("%02d/%02d/%04d", c.day, c.month, c.year);
  }
  return {};
}

std::string TimeText(Seconds t, TimeStyle style) {
  if (style == TimeStyle::kEpoch) return absl::StrFormat("%d", t);
  if (style == TimeStyle::kEpochMilli) return absl::StrFormat("%d", t * 1000);
  const Seconds local = style == TimeStyle::kIsoUtc ? t : t + kCityOffset;
  const Days day = static_cast<Days>(FloorDiv(local, kDay));
  const auto in_day = static_cast<int32_t>(local - int64_t{day} * kDay);
  const int32_t h = in_day / 3600, m = in_day / 60 % 60, s = in_day % 60;
  switch (style) {
    case TimeStyle::kIsoCity:
      return absl::StrFormat("%sT%02d:%02d:%02d+08:00", DateText(day, DateStyle::kDash), h, m, s);
    case TimeStyle::kIsoUtc:
      return absl::StrFormat("%sT%02d:%02d:%02dZ", DateText(day, DateStyle::kDash), h, m, s);
    case TimeStyle::kDash:
      return absl::StrFormat("%s %02d:%02d:%02d", DateText(day, DateStyle::kDash), h, m, s);
    case TimeStyle::kSlash:
      return absl::StrFormat("%s %02d:%02d", DateText(day, DateStyle::kSlash), h, m);
    case TimeStyle::kDayFirst:
      return absl::StrFormat("%s %02d:%02d:%02d", DateText(day, DateStyle::kDayFirst), h, m, s);
    case TimeStyle::kDotted:
      return absl::StrFormat("%s %02d:%02d", DateText(day, DateStyle::kDotted), h, m);
    case TimeStyle::kEpoch:
    case TimeStyle::kEpochMilli:
      break;
  }
  return {};
}

}  // namespace skein::city
