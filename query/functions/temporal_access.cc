// Components of temporal values: d.year, t.offset, duration.minutesOfHour.
#include "query/functions/errors.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

Value DateComponent(Date date, std::string_view key, bool* found) {
  const CivilDate civil = CivilFromDays(date.days);
  const IsoWeekDate week = IsoWeekFromDays(date.days);
  const int quarter = (civil.month - 1) / 3 + 1;
  *found = true;
  if (key == "year") return Value::Integer(civil.year);
  if (key == "quarter") return Value::Integer(quarter);
  if (key == "month") return Value::Integer(civil.month);
  if (key == "week") return Value::Integer(week.week);
  if (key == "weekYear") return Value::Integer(week.week_year);
  if (key == "day") return Value::Integer(civil.day);
  if (key == "ordinalDay") return Value::Integer(OrdinalDay(date.days));
  if (key == "weekDay" || key == "dayOfWeek") return Value::Integer(week.weekday);
  if (key == "dayOfQuarter") {
    return Value::Integer(date.days - DaysFromCivil({civil.year, quarter * 3 - 2, 1}) + 1);
  }
  *found = false;
  return Value::Null();
}

Value TimeComponent(LocalTime time, std::string_view key, bool* found) {
  const int64_t seconds = time.nanos / kNanosPerSecond;
  const int64_t nanos = time.nanos % kNanosPerSecond;
  *found = true;
  if (key == "hour") return Value::Integer(seconds / 3600);
  if (key == "minute") return Value::Integer(seconds / 60 % 60);
  if (key == "second") return Value::Integer(seconds % 60);
  if (key == "millisecond") return Value::Integer(nanos / 1'000'000);
  if (key == "microsecond") return Value::Integer(nanos / 1'000);
  if (key == "nanosecond") return Value::Integer(nanos);
  *found = false;
  return Value::Null();
}

// "Z" or "+01:00": the offset as the text of a time ends with it.
std::string OffsetText(int32_t offset_seconds) {
  return TemporalText(Value::Of(ZonedTime{0, offset_seconds})).substr(std::string("00:00").size());
}

Value ZoneComponent(int32_t offset_seconds, const std::string& zone, std::string_view key) {
  if (key == "timezone") {
    return Value::String(zone.empty() ? OffsetText(offset_seconds) : zone);
  }
  if (key == "offset") return Value::String(OffsetText(offset_seconds));
  if (key == "offsetMinutes") return Value::Integer(offset_seconds / 60);
  if (key == "offsetSeconds") return Value::Integer(offset_seconds);
  return Value::Null();
}

absl::StatusOr<Value> InUnits(const Duration& d, int64_t per_second) {
  const __int128 count =
      static_cast<__int128>(d.seconds) * per_second + d.nanos / (kNanosPerSecond / per_second);
  if (count > INT64_MAX || count < INT64_MIN) {
    return Overflow("the duration in smaller units does not fit a 64-bit integer");
  }
  return Value::Integer(static_cast<int64_t>(count));
}

// Components of each group (months, days, seconds) stand alone: a duration of 25 hours has 0 days.
absl::StatusOr<Value> DurationComponent(const Duration& d, std::string_view key) {
  if (key == "years") return Value::Integer(d.months / 12);
  if (key == "quarters") return Value::Integer(d.months / 3);
  if (key == "months") return Value::Integer(d.months);
  if (key == "weeks") return Value::Integer(d.days / 7);
  if (key == "days") return Value::Integer(d.days);
  if (key == "hours") return Value::Integer(d.seconds / 3600);
  if (key == "minutes") return Value::Integer(d.seconds / 60);
  if (key == "seconds") return Value::Integer(d.seconds);
  if (key == "milliseconds") return InUnits(d, 1'000);
  if (key == "microseconds") return InUnits(d, 1'000'000);
  if (key == "nanoseconds") return InUnits(d, kNanosPerSecond);
  if (key == "quartersOfYear") return Value::Integer(d.months / 3 % 4);
  if (key == "monthsOfYear") return Value::Integer(d.months % 12);
  if (key == "monthsOfQuarter") return Value::Integer(d.months % 3);
  if (key == "daysOfWeek") return Value::Integer(d.days % 7);
  if (key == "minutesOfHour") return Value::Integer(d.seconds / 60 % 60);
  if (key == "secondsOfMinute") return Value::Integer(d.seconds % 60);
  if (key == "millisecondsOfSecond") return Value::Integer(d.nanos / 1'000'000);
  if (key == "microsecondsOfSecond") return Value::Integer(d.nanos / 1'000);
  if (key == "nanosecondsOfSecond") return Value::Integer(d.nanos);
  return Value::Null();
}

}  // namespace

absl::StatusOr<Value> TemporalProperty(const Value& v, std::string_view key) {
  if (v.kind() == ValueKind::kDuration) return DurationComponent(v.duration(), key);
  // Not PartsOf(): no zone need be looked up for d.year.
  std::optional<LocalDateTime> local;
  if (v.kind() == ValueKind::kLocalDateTime) local = v.local_date_time();
  if (v.kind() == ValueKind::kDateTime) local = LocalOf(v.date_time());
  std::optional<Date> date;
  std::optional<LocalTime> time;
  if (local.has_value()) {
    date = Date{FloorDiv(local->seconds, kSecondsPerDay)};
    time = LocalTime{FloorMod(local->seconds, kSecondsPerDay) * kNanosPerSecond + local->nanos};
  }
  if (v.kind() == ValueKind::kDate) date = v.date();
  if (v.kind() == ValueKind::kLocalTime) time = v.local_time();
  if (v.kind() == ValueKind::kTime) time = LocalTime{v.time().nanos};
  bool found = false;
  if (date.has_value()) {
    Value component = DateComponent(*date, key, &found);
    if (found) return component;
  }
  if (time.has_value()) {
    Value component = TimeComponent(*time, key, &found);
    if (found) return component;
  }
  if (v.kind() == ValueKind::kTime) return ZoneComponent(v.time().offset_seconds, "", key);
  if (v.kind() != ValueKind::kDateTime) return Value::Null();
  const ZonedDateTime& at = v.date_time();
  if (key == "epochSeconds") return Value::Integer(at.seconds);
  if (key == "epochMillis") return Value::Integer(at.seconds * 1000 + at.nanos / 1'000'000);
  return ZoneComponent(at.offset_seconds, at.zone, key);
}

}  // namespace skein::functions
