// Instants from components, from text and from one another.
#include <algorithm>
#include <array>

#include "query/functions/errors.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

bool HasDate(ValueKind kind) {
  return kind == ValueKind::kDate || kind == ValueKind::kLocalDateTime ||
         kind == ValueKind::kDateTime;
}
bool HasTime(ValueKind kind) { return kind != ValueKind::kDate; }
bool HasZone(ValueKind kind) { return kind == ValueKind::kTime || kind == ValueKind::kDateTime; }

absl::Status CheckRange(std::string_view name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return OutOfRange(name, " is ", low, " to ", high, ", not ", value);
}

// The integer components of a map, by name.
class Fields {
 public:
  enum Key : uint8_t {
    kYear,
    kMonth,
    kDay,
    kWeek,
    kDayOfWeek,
    kOrdinalDay,
    kQuarter,
    kDayOfQuarter,
    kHour,
    kMinute,
    kSecond,
    kMillisecond,
    kMicrosecond,
    kNanosecond,
    kEpochSeconds,
    kEpochMillis,
    kKeyCount,
  };

  static absl::StatusOr<Fields> Read(ValueKind kind, const ValueMap& map);

  bool Has(Key key) const { return values_[key].has_value(); }
  bool HasAnyOf(std::initializer_list<Key> keys) const {
    return std::any_of(keys.begin(), keys.end(), [this](Key key) { return Has(key); });
  }
  int64_t Or(Key key, int64_t otherwise) const { return values_[key].value_or(otherwise); }

  // The values under date, time, datetime and timezone; null where they are not given.
  Value date, time, timezone;

 private:
  std::array<std::optional<int64_t>, kKeyCount> values_;
};

constexpr std::array<std::string_view, Fields::kKeyCount> kFieldNames = {
    "year",        "month",        "day",          "week",       "dayOfWeek", "ordinalDay",
    "quarter",     "dayOfQuarter", "hour",         "minute",     "second",    "millisecond",
    "microsecond", "nanosecond",   "epochSeconds", "epochMillis"};

bool FieldFits(ValueKind kind, Fields::Key key) {
  if (key <= Fields::kDayOfQuarter) return HasDate(kind);
  if (key <= Fields::kNanosecond) return HasTime(kind);
  return kind == ValueKind::kDateTime;
}

absl::StatusOr<Fields> Fields::Read(ValueKind kind, const ValueMap& map) {
  Fields out;
  for (const auto& [name, value] : map) {
    if (name == "timezone" && HasZone(kind)) {
      out.timezone = value;
      continue;
    }
    const bool is_instant = (TypeOf(value.kind()) & Type::kInstant) != Type::kNone;
    if (name == "date" && HasDate(kind) && is_instant) {
      out.date = value;
      continue;
    }
    if (name == "time" && HasTime(kind) && is_instant) {
      out.time = value;
      continue;
    }
    if (name == "datetime" && HasDate(kind) && HasTime(kind) && is_instant) {
      out.date = out.time = value;
      continue;
    }
    const auto at = std::find(kFieldNames.begin(), kFieldNames.end(), name);
    const auto key = static_cast<Key>(at - kFieldNames.begin());
    if (at == kFieldNames.end() || !FieldFits(kind, key)) {
      return BadValue("'", name, "' is no component of ", KindName(kind));
    }
    if (value.kind() != ValueKind::kInteger) {
      return WrongArgument(name, " is an INTEGER, not ", KindName(value.kind()));
    }
    out.values_[key] = value.integer();
  }
  return out;
}

// Week, ordinal and quarter dates each have their own components; mixing them has no meaning.
absl::Status CheckOneCalendar(const Fields& f) {
  const int ways = f.HasAnyOf({Fields::kMonth, Fields::kDay}) +
                   f.HasAnyOf({Fields::kWeek, Fields::kDayOfWeek}) + f.Has(Fields::kOrdinalDay) +
                   f.HasAnyOf({Fields::kQuarter, Fields::kDayOfQuarter});
  if (ways <= 1) return absl::OkStatus();
  return BadValue("a date has a month and day, a week, an ordinal day or a quarter: one of them");
}

// The date that the components make of `base`, or alone.
absl::StatusOr<Date> DateOf(const Fields& f, std::optional<Date> base) {
  SKEIN_RETURN_IF_ERROR(CheckOneCalendar(f));
  if (!base.has_value() && !f.Has(Fields::kYear)) return BadValue("a date needs a year");
  if (f.HasAnyOf({Fields::kWeek, Fields::kDayOfWeek})) {
    const IsoWeekDate week = base.has_value() ? IsoWeekFromDays(base->days) : IsoWeekDate{0, 1, 1};
    if (!base.has_value() && !f.Has(Fields::kWeek)) return BadValue("dayOfWeek needs a week");
    return MakeWeekDate(f.Or(Fields::kYear, week.week_year), f.Or(Fields::kWeek, week.week),
                        f.Or(Fields::kDayOfWeek, week.weekday));
  }
  const CivilDate civil = base.has_value() ? CivilFromDays(base->days) : CivilDate{0, 1, 1};
  const int64_t year = f.Or(Fields::kYear, civil.year);
  if (f.Has(Fields::kOrdinalDay)) return MakeOrdinalDate(year, f.Or(Fields::kOrdinalDay, 1));
  if (f.HasAnyOf({Fields::kQuarter, Fields::kDayOfQuarter})) {
    const int quarter = (civil.month - 1) / 3 + 1;
    const int64_t day = DaysFromCivil(civil) - DaysFromCivil({civil.year, quarter * 3 - 2, 1}) + 1;
    return MakeQuarterDate(year, f.Or(Fields::kQuarter, quarter), f.Or(Fields::kDayOfQuarter, day));
  }
  if (!base.has_value() && f.Has(Fields::kDay) && !f.Has(Fields::kMonth)) {
    return BadValue("a day needs a month");
  }
  return MakeDate(year, f.Or(Fields::kMonth, civil.month), f.Or(Fields::kDay, civil.day));
}

// Nanoseconds of the second. Beside a bigger unit a smaller one counts the rest of it.
absl::StatusOr<int64_t> FractionOf(const Fields& f, int64_t base) {
  const bool millis = f.Has(Fields::kMillisecond);
  const bool micros = f.Has(Fields::kMicrosecond);
  const bool nanos = f.Has(Fields::kNanosecond);
  if (!millis && !micros && !nanos) return base;
  const int64_t milli = f.Or(Fields::kMillisecond, 0);
  const int64_t micro = f.Or(Fields::kMicrosecond, 0);
  const int64_t nano = f.Or(Fields::kNanosecond, 0);
  SKEIN_RETURN_IF_ERROR(CheckRange("millisecond", milli, 0, 999));
  SKEIN_RETURN_IF_ERROR(CheckRange("microsecond", micro, 0, millis ? 999 : 999'999));
  SKEIN_RETURN_IF_ERROR(
      CheckRange("nanosecond", nano, 0, micros ? 999 : (millis ? 999'999 : 999'999'999)));
  return milli * 1'000'000 + micro * 1'000 + nano;
}

absl::StatusOr<LocalTime> TimeOf(const Fields& f, std::optional<LocalTime> base) {
  const int64_t nanos = base.has_value() ? base->nanos : 0;
  if (!base.has_value()) {
    const bool gap = (f.Has(Fields::kMinute) && !f.Has(Fields::kHour)) ||
                     (f.Has(Fields::kSecond) && !f.Has(Fields::kMinute));
    if (gap) return BadValue("a minute needs an hour, a second a minute");
  }
  const int64_t seconds = nanos / kNanosPerSecond;
  const int64_t hour = f.Or(Fields::kHour, seconds / 3600);
  const int64_t minute = f.Or(Fields::kMinute, seconds / 60 % 60);
  const int64_t second = f.Or(Fields::kSecond, seconds % 60);
  SKEIN_RETURN_IF_ERROR(CheckRange("hour", hour, 0, 23));
  SKEIN_RETURN_IF_ERROR(CheckRange("minute", minute, 0, 59));
  SKEIN_RETURN_IF_ERROR(CheckRange("second", second, 0, 59));
  SKEIN_ASSIGN_OR_RETURN(const int64_t fraction, FractionOf(f, nanos % kNanosPerSecond));
  return LocalTime{((hour * 60 + minute) * 60 + second) * kNanosPerSecond + fraction};
}

absl::StatusOr<Zone> DefaultZone(EvalContext& context) { return ParseZone(context.DefaultZone()); }

LocalDateTime Join(Date date, LocalTime time) {
  return {date.days * kSecondsPerDay + time.nanos / kNanosPerSecond,
          static_cast<int32_t>(time.nanos % kNanosPerSecond)};
}

Date DateOfLocal(const LocalDateTime& v) { return {FloorDiv(v.seconds, kSecondsPerDay)}; }
LocalTime TimeOfLocal(const LocalDateTime& v) {
  return {FloorMod(v.seconds, kSecondsPerDay) * kNanosPerSecond + v.nanos};
}

// The day on which a zone's offset is asked for where a time has none.
Date Today(EvalContext& context) {
  return {FloorDiv(absl::ToUnixSeconds(context.StatementTime()), kSecondsPerDay)};
}

// Moves a time that has a zone to another one: the same instant, on that clock.
Parts MovedTo(const Zone& zone, const Parts& parts, Date day) {
  const ZonedDateTime at = Resolve(Join(parts.date.value_or(day), parts.time.value_or(LocalTime{})),
                                   parts.zone.value_or(zone));
  const LocalDateTime local = LocalOf(InZone(at.seconds, at.nanos, zone));
  Parts out = parts;
  if (parts.date.has_value()) out.date = DateOfLocal(local);
  out.time = TimeOfLocal(local);
  out.zone = zone;
  return out;
}

absl::StatusOr<Value> FromMap(ValueKind kind, const ValueMap& map, EvalContext& context) {
  for (const auto& [name, value] : map) {
    if (value.is_null()) return Value::Null();
  }
  SKEIN_ASSIGN_OR_RETURN(const Fields f, Fields::Read(kind, map));
  std::optional<Zone> zone;
  if (!f.timezone.is_null()) {
    if (f.timezone.kind() != ValueKind::kString) return WrongArgument("timezone is a STRING");
    SKEIN_ASSIGN_OR_RETURN(zone, ParseZone(f.timezone.string()));
  }
  if (f.HasAnyOf({Fields::kEpochSeconds, Fields::kEpochMillis})) {
    const int64_t millis = f.Or(Fields::kEpochMillis, 0);
    const int64_t seconds = f.Or(Fields::kEpochSeconds, FloorDiv(millis, 1000));
    SKEIN_RETURN_IF_ERROR(CheckedDate(FloorDiv(seconds, kSecondsPerDay)).status());
    SKEIN_ASSIGN_OR_RETURN(const int64_t nanos, FractionOf(f, FloorMod(millis, 1000) * 1'000'000));
    return Value::Of(InZone(seconds, static_cast<int32_t>(nanos), zone.value_or(UtcZone())));
  }

  Parts parts;
  if (HasDate(kind)) {
    const Parts base = PartsOf(f.date);
    if (!f.date.is_null() && !base.date.has_value()) {
      return WrongArgument(KindName(f.date.kind()), " has no date");
    }
    SKEIN_ASSIGN_OR_RETURN(parts.date, DateOf(f, base.date));
  }
  if (!HasTime(kind)) return Compose(kind, parts);

  const Parts base = PartsOf(f.time);
  if (!f.time.is_null() && !base.time.has_value()) {
    return WrongArgument(KindName(f.time.kind()), " has no time");
  }
  parts.time = base.time;
  parts.zone = base.zone;
  if (HasZone(kind) && zone.has_value()) {
    if (parts.zone.has_value()) {
      // The day decides what a named zone's offset is; a bare time is moved on its own day.
      parts = MovedTo(*zone, parts, base.date.value_or(Today(context)));
    }
    parts.zone = zone;
  }
  if (HasZone(kind) && !parts.zone.has_value()) {
    SKEIN_ASSIGN_OR_RETURN(parts.zone, DefaultZone(context));
  }
  if (kind == ValueKind::kTime && parts.zone.has_value() && !parts.zone->name.empty()) {
    const Date day = base.date.value_or(Today(context));
    const ZonedDateTime at = Resolve(Join(day, parts.time.value_or(LocalTime{})), *parts.zone);
    parts.zone = OffsetZone(at.offset_seconds);
  }
  SKEIN_ASSIGN_OR_RETURN(parts.time, TimeOf(f, parts.time));
  return Compose(kind, parts);
}

absl::StatusOr<Value> FromText(ValueKind kind, std::string_view text, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const ParsedTemporal parsed, ParseTemporal(text, !HasDate(kind)));
  if ((parsed.time.has_value() && !HasTime(kind)) || (parsed.zone.has_value() && !HasZone(kind))) {
    return BadValue("'", text.substr(0, 100), "' is more than a ", KindName(kind));
  }
  Parts parts{parsed.date, parsed.time, parsed.zone};
  if (HasZone(kind) && !parts.zone.has_value()) {
    SKEIN_ASSIGN_OR_RETURN(parts.zone, DefaultZone(context));
  }
  return Compose(kind, parts);
}

absl::StatusOr<Value> FromInstant(ValueKind kind, const Value& from, EvalContext& context) {
  Parts parts = PartsOf(from);
  if (HasDate(kind) && !parts.date.has_value()) {
    return WrongArgument(KindName(from.kind()), " has no date");
  }
  if (!HasDate(kind) && !parts.time.has_value()) {
    return WrongArgument(KindName(from.kind()), " has no time");
  }
  if (HasZone(kind) && !parts.zone.has_value()) {
    SKEIN_ASSIGN_OR_RETURN(parts.zone, DefaultZone(context));
  }
  return Compose(kind, parts);
}

// Nanoseconds of a unit of time; 0: no such unit.
int64_t NanosOfUnit(std::string_view unit) {
  if (unit == "day") return kNanosPerDay;
  if (unit == "hour") return 3600 * kNanosPerSecond;
  if (unit == "minute") return 60 * kNanosPerSecond;
  if (unit == "second") return kNanosPerSecond;
  if (unit == "millisecond") return 1'000'000;
  if (unit == "microsecond") return 1'000;
  return 0;
}

// First day of the unit; nullopt: no such unit.
std::optional<absl::StatusOr<Date>> FirstDayOf(std::string_view unit, Date date) {
  const CivilDate civil = CivilFromDays(date.days);
  const auto start_of = [&civil](int64_t years) {
    return MakeDate(civil.year - FloorMod(civil.year, years), 1, 1);
  };
  if (unit == "millennium") return start_of(1000);
  if (unit == "century") return start_of(100);
  if (unit == "decade") return start_of(10);
  if (unit == "year") return start_of(1);
  if (unit == "weekYear") return CheckedDate(IsoYearStart(IsoWeekFromDays(date.days).week_year));
  if (unit == "quarter") return MakeDate(civil.year, (civil.month - 1) / 3 * 3 + 1, 1);
  if (unit == "month") return MakeDate(civil.year, civil.month, 1);
  if (unit == "week") return CheckedDate(date.days - (IsoWeekday(date.days) - 1));
  return std::nullopt;
}

absl::Status NoUnit(ValueKind kind, std::string_view unit) {
  return BadValue("'", unit.substr(0, 40), "' is no unit of ", KindName(kind));
}

}  // namespace

absl::StatusOr<Date> CheckedDate(__int128 days) {
  constexpr int64_t kFirst = DaysFromCivil({-kYearMax, 1, 1});
  constexpr int64_t kLast = DaysFromCivil({kYearMax, 12, 31});
  if (days < kFirst || days > kLast) {
    return OutOfRange("a date lies in the years ", -kYearMax, " to ", kYearMax);
  }
  return Date{static_cast<int64_t>(days)};
}

absl::StatusOr<Date> MakeDate(int64_t year, int64_t month, int64_t day) {
  SKEIN_RETURN_IF_ERROR(CheckRange("year", year, -kYearMax, kYearMax));
  SKEIN_RETURN_IF_ERROR(CheckRange("month", month, 1, 12));
  const int month_of_year = static_cast<int>(month);
  SKEIN_RETURN_IF_ERROR(CheckRange("day", day, 1, DaysInMonth(year, month_of_year)));
  return Date{DaysFromCivil({year, month_of_year, static_cast<int>(day)})};
}

absl::StatusOr<Date> MakeWeekDate(int64_t week_year, int64_t week, int64_t weekday) {
  SKEIN_RETURN_IF_ERROR(CheckRange("year", week_year, -kYearMax, kYearMax));
  SKEIN_RETURN_IF_ERROR(CheckRange("week", week, 1, WeeksInIsoYear(week_year)));
  SKEIN_RETURN_IF_ERROR(CheckRange("dayOfWeek", weekday, 1, 7));
  return CheckedDate(IsoYearStart(week_year) + (week - 1) * 7 + weekday - 1);
}

absl::StatusOr<Date> MakeOrdinalDate(int64_t year, int64_t ordinal_day) {
  SKEIN_RETURN_IF_ERROR(CheckRange("year", year, -kYearMax, kYearMax));
  SKEIN_RETURN_IF_ERROR(CheckRange("ordinalDay", ordinal_day, 1, DaysInYear(year)));
  return Date{DaysFromCivil({year, 1, 1}) + ordinal_day - 1};
}

absl::StatusOr<Date> MakeQuarterDate(int64_t year, int64_t quarter, int64_t day_of_quarter) {
  SKEIN_RETURN_IF_ERROR(CheckRange("year", year, -kYearMax, kYearMax));
  SKEIN_RETURN_IF_ERROR(CheckRange("quarter", quarter, 1, 4));
  const int month = static_cast<int>(quarter) * 3 - 2;
  const int days =
      DaysInMonth(year, month) + DaysInMonth(year, month + 1) + DaysInMonth(year, month + 2);
  SKEIN_RETURN_IF_ERROR(CheckRange("dayOfQuarter", day_of_quarter, 1, days));
  return Date{DaysFromCivil({year, month, 1}) + day_of_quarter - 1};
}

Parts PartsOf(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kDate:
      return {v.date(), std::nullopt, std::nullopt};
    case ValueKind::kLocalTime:
      return {std::nullopt, v.local_time(), std::nullopt};
    case ValueKind::kTime:
      return {std::nullopt, LocalTime{v.time().nanos}, OffsetZone(v.time().offset_seconds)};
    case ValueKind::kLocalDateTime:
      return {DateOfLocal(v.local_date_time()), TimeOfLocal(v.local_date_time()), std::nullopt};
    case ValueKind::kDateTime: {
      const LocalDateTime local = LocalOf(v.date_time());
      return {DateOfLocal(local), TimeOfLocal(local), ZoneOf(v.date_time())};
    }
    default:
      return {};
  }
}

Value Compose(ValueKind kind, const Parts& parts) {
  const Date date = parts.date.value_or(Date{});
  const LocalTime time = parts.time.value_or(LocalTime{});
  switch (kind) {
    case ValueKind::kDate:
      return Value::Of(date);
    case ValueKind::kLocalTime:
      return Value::Of(time);
    case ValueKind::kTime: {
      const Zone zone = parts.zone.value_or(UtcZone());
      return Value::Of(ZonedTime{time.nanos, Resolve(Join(date, time), zone).offset_seconds});
    }
    case ValueKind::kLocalDateTime:
      return Value::Of(Join(date, time));
    case ValueKind::kDateTime:
      return Value::Of(Resolve(Join(date, time), parts.zone.value_or(UtcZone())));
    default:
      SKEIN_CHECK(false);
  }
  return Value::Null();
}

absl::StatusOr<Value> BuildInstant(ValueKind kind, const Value& from, EvalContext& context) {
  switch (from.kind()) {
    case ValueKind::kString:
      return FromText(kind, from.string(), context);
    case ValueKind::kMap:
      return FromMap(kind, from.map(), context);
    default:
      return FromInstant(kind, from, context);
  }
}

absl::StatusOr<Value> TruncateInstant(ValueKind kind, std::string_view unit, const Value& from,
                                      const ValueMap& fields, EvalContext& context) {
  Parts parts = PartsOf(from);
  if (HasDate(kind) && !parts.date.has_value()) {
    return WrongArgument(KindName(from.kind()), " has no date");
  }
  if (const int64_t nanos = NanosOfUnit(unit); nanos > 0) {
    if (!HasTime(kind) && unit != "day") return NoUnit(kind, unit);
    if (!parts.time.has_value() && unit != "day") {
      return WrongArgument(KindName(from.kind()), " has no time");
    }
    const int64_t time = parts.time.value_or(LocalTime{}).nanos;
    parts.time = LocalTime{time - time % nanos};
  } else {
    if (!HasDate(kind)) return NoUnit(kind, unit);
    const auto first = FirstDayOf(unit, parts.date.value_or(Date{}));
    if (!first.has_value()) return NoUnit(kind, unit);
    SKEIN_RETURN_IF_ERROR(first->status());
    parts.date = **first;
    parts.time = LocalTime{};
  }
  SKEIN_ASSIGN_OR_RETURN(const Fields f, Fields::Read(kind, fields));
  if (HasDate(kind)) {
    SKEIN_ASSIGN_OR_RETURN(parts.date, DateOf(f, parts.date));
  }
  if (HasTime(kind)) {
    // What the unit left of the fraction stays: {nanosecond: 2} adds to a truncated millisecond.
    const int64_t kept = parts.time->nanos % kNanosPerSecond;
    SKEIN_ASSIGN_OR_RETURN(const LocalTime time, TimeOf(f, parts.time));
    const bool replaced =
        f.HasAnyOf({Fields::kMillisecond, Fields::kMicrosecond, Fields::kNanosecond});
    parts.time = LocalTime{time.nanos + (replaced ? kept : 0)};
  }
  if (HasZone(kind)) {
    if (!f.timezone.is_null()) {
      if (f.timezone.kind() != ValueKind::kString) return WrongArgument("timezone is a STRING");
      SKEIN_ASSIGN_OR_RETURN(parts.zone, ParseZone(f.timezone.string()));
    } else if (!parts.zone.has_value()) {
      SKEIN_ASSIGN_OR_RETURN(parts.zone, DefaultZone(context));
    }
  }
  return Compose(kind, parts);
}

}  // namespace skein::functions
