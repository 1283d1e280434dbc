// Temporal values: reading, building, reckoning; internal to query/functions.
//
// Rules     Months and days are reckoned on the local calendar, seconds on the time line. A local
//           time that a zone skips moves forward by the gap; one that occurs twice is the earlier
//           unless an offset says otherwise (as java.time, on which the suite's expectations rest).
// Range     Years −999,999,999 … 999,999,999: ArgumentError/NumberOutOfRange beyond.
// Source    openCypher CIP2015-08-06 "Date and Time"; ISO 8601:2004; TCK expressions/temporal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "query/functions/function.h"
#include "storage/base/civil.h"
#include "storage/base/value.h"

namespace skein::functions {

// ---- Zones (temporal_zone.cc) ----------------------------------------------------------------

// A fixed offset, or a zone of the IANA database with an offset that wins where a local time occurs
// twice.
struct Zone {
  std::string name;  // empty: the offset alone
  absl::TimeZone zone;
  std::optional<int32_t> offset_seconds;  // always there where name is empty
};

inline constexpr int32_t kOffsetMax = 18 * 3600;

Zone UtcZone();
Zone OffsetZone(int32_t offset_seconds);
// "Z", "+01:00", "-0130", "+02:05:59" or an IANA name. BadValue of anything else.
absl::StatusOr<Zone> ParseZone(std::string_view text);
Zone ZoneOf(const ZonedDateTime& v);
// The instant of a local time in a zone.
ZonedDateTime Resolve(const LocalDateTime& local, const Zone& zone);
// The same instant on another clock.
ZonedDateTime InZone(int64_t utc_seconds, int32_t nanos, const Zone& zone);
LocalDateTime LocalOf(const ZonedDateTime& v);

// ---- Text (temporal_parse.cc) -----------------------------------------------------------------

struct ParsedTemporal {
  std::optional<Date> date;
  std::optional<LocalTime> time;
  std::optional<Zone> zone;
};

// ISO 8601 in all its forms: date, time, either or both; basic and extended; week, quarter and
// ordinal dates; [Zone/Name] after the time. Which parts may be there is the caller's to check.
absl::StatusOr<ParsedTemporal> ParseTemporal(std::string_view text, bool starts_with_time);
absl::StatusOr<Duration> ParseDuration(std::string_view text);

// ---- Building (temporal_build.cc) -------------------------------------------------------------

absl::StatusOr<Date> MakeDate(int64_t year, int64_t month, int64_t day);
absl::StatusOr<Date> MakeWeekDate(int64_t week_year, int64_t week, int64_t weekday);
absl::StatusOr<Date> MakeOrdinalDate(int64_t year, int64_t ordinal_day);
absl::StatusOr<Date> MakeQuarterDate(int64_t year, int64_t quarter, int64_t day_of_quarter);
absl::StatusOr<Date> CheckedDate(__int128 days);

// The parts that an instant value has.
struct Parts {
  std::optional<Date> date;
  std::optional<LocalTime> time;
  std::optional<Zone> zone;
};
Parts PartsOf(const Value& v);
// A value of `kind` from parts; what is missing is the epoch's day, midnight, UTC.
Value Compose(ValueKind kind, const Parts& parts);

// An instant of `kind` from text, a map of components or another instant; `now` and `zone` are what
// components cannot say.
absl::StatusOr<Value> BuildInstant(ValueKind kind, const Value& from, EvalContext& context);
// kind.truncate(unit, from, fields).
absl::StatusOr<Value> TruncateInstant(ValueKind kind, std::string_view unit, const Value& from,
                                      const ValueMap& fields, EvalContext& context);
absl::StatusOr<Value> BuildDuration(const ValueMap& fields);

// ---- Reckoning (temporal_math.cc) --------------------------------------------------------------

absl::StatusOr<Duration> MakeDuration(__int128 months, __int128 days, __int128 seconds,
                                      __int128 nanos);
// Fractions spill into the next smaller unit: a month is 30.436875 days, a day 24 hours.
absl::StatusOr<Duration> MakeDuration(double months, double days, double seconds, double nanos);
absl::StatusOr<Duration> AddDurations(const Duration& a, const Duration& b);
absl::StatusOr<Duration> NegateDuration(const Duration& d);
absl::StatusOr<Duration> ScaleDuration(const Duration& d, const Value& factor, bool divide);
absl::StatusOr<Value> AddToInstant(const Value& instant, const Duration& d);

enum class Between : uint8_t { kAll, kMonths, kDays, kSeconds };
absl::StatusOr<Duration> DurationBetween(const Value& from, const Value& to, Between unit);

// ---- Components (temporal_access.cc) ------------------------------------------------------------

// d.year and the like: null where the key is unknown.
absl::StatusOr<Value> TemporalProperty(const Value& v, std::string_view key);

}  // namespace skein::functions
