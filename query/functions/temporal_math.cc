// Durations and what instants do with them.
#include <cmath>

#include "query/functions/errors.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

constexpr double kMeanMonthSeconds = 2'629'746;  // 30.436875 days, of the Gregorian 400-year cycle

bool Fits(__int128 v) { return v >= INT64_MIN && v <= INT64_MAX; }

absl::Status DurationOverflow() { return Overflow("the duration does not fit"); }

// The same day of another month, or its last day where it has none.
absl::StatusOr<Date> PlusMonths(Date date, int64_t months) {
  if (months == 0) return date;
  const CivilDate civil = CivilFromDays(date.days);
  const __int128 total = static_cast<__int128>(civil.year) * 12 + (civil.month - 1) + months;
  constexpr __int128 kMonthsMax = (__int128{kYearMax} + 1) * 12;
  if (total < -kMonthsMax || total > kMonthsMax) {
    return OutOfRange("a date lies in the years ", -kYearMax, " to ", kYearMax);
  }
  const int64_t year = FloorDiv(static_cast<int64_t>(total), 12);
  const int month = static_cast<int>(FloorMod(static_cast<int64_t>(total), 12)) + 1;
  return MakeDate(year, month, std::min(civil.day, DaysInMonth(year, month)));
}

absl::StatusOr<Date> PlusCalendar(Date date, const Duration& d) {
  SKEIN_ASSIGN_OR_RETURN(const Date moved, PlusMonths(date, d.months));
  return CheckedDate(static_cast<__int128>(moved.days) + d.days);
}

absl::StatusOr<LocalDateTime> PlusExact(const LocalDateTime& v, const Duration& d) {
  const int64_t nanos = int64_t{v.nanos} + d.nanos;
  const __int128 seconds = static_cast<__int128>(v.seconds) + d.seconds + nanos / kNanosPerSecond;
  if (!Fits(seconds)) return DurationOverflow();
  SKEIN_RETURN_IF_ERROR(
      CheckedDate(FloorDiv(static_cast<int64_t>(seconds), kSecondsPerDay)).status());
  return LocalDateTime{static_cast<int64_t>(seconds),
                       static_cast<int32_t>(nanos % kNanosPerSecond)};
}

LocalDateTime WithDate(const LocalDateTime& v, Date date) {
  return {date.days * kSecondsPerDay + FloorMod(v.seconds, kSecondsPerDay), v.nanos};
}
Date DateOfLocal(const LocalDateTime& v) { return {FloorDiv(v.seconds, kSecondsPerDay)}; }

int64_t PlusClock(int64_t nanos_of_day, const Duration& d) {
  // Within a day's nanoseconds; seconds beyond a day only wrap.
  return FloorMod(nanos_of_day + d.seconds % kSecondsPerDay * kNanosPerSecond + d.nanos,
                  kNanosPerDay);
}

// The time line on which two instants are compared: what one lacks it takes from the other.
struct Aligned {
  LocalDateTime from, to;    // on the clock of `zone`
  std::optional<Zone> zone;  // none: both are local
  int64_t from_utc = 0;      // seconds of the instants; of no meaning without a zone
  int64_t to_utc = 0;
  bool both_have_dates = false;
};

LocalDateTime Join(const Parts& parts, Date other_date) {
  const int64_t nanos = parts.time.value_or(LocalTime{}).nanos;
  return {parts.date.value_or(other_date).days * kSecondsPerDay + nanos / kNanosPerSecond,
          static_cast<int32_t>(nanos % kNanosPerSecond)};
}

Aligned Align(const Value& from, const Value& to) {
  const Parts a = PartsOf(from);
  const Parts b = PartsOf(to);
  Aligned out;
  out.both_have_dates = a.date.has_value() && b.date.has_value();
  out.from = Join(a, b.date.value_or(Date{}));
  out.to = Join(b, a.date.value_or(Date{}));
  if (!a.zone.has_value() && !b.zone.has_value()) return out;
  const Zone zone = a.zone.has_value() ? *a.zone : b.zone.value_or(UtcZone());
  out.from_utc = Resolve(out.from, zone).seconds;
  out.to_utc = Resolve(out.to, b.zone.value_or(zone)).seconds;
  out.to = LocalOf(InZone(out.to_utc, out.to.nanos, zone));
  out.zone = zone;
  return out;
}

// Whole months from one local time to another: java.time's rule, by day of the month.
int64_t MonthsBetween(const LocalDateTime& from, const LocalDateTime& to) {
  Date start = DateOfLocal(from);
  Date end = DateOfLocal(to);
  const auto time_of = [](const LocalDateTime& v) {
    return FloorMod(v.seconds, kSecondsPerDay) * kNanosPerSecond + v.nanos;
  };
  if (end.days > start.days && time_of(to) < time_of(from)) --end.days;
  if (end.days < start.days && time_of(to) > time_of(from)) ++end.days;
  const CivilDate a = CivilFromDays(start.days);
  const CivilDate b = CivilFromDays(end.days);
  const int64_t packed_a = (a.year * 12 + a.month - 1) * 32 + a.day;
  const int64_t packed_b = (b.year * 12 + b.month - 1) * 32 + b.day;
  return (packed_b - packed_a) / 32;
}

int64_t DaysBetween(const LocalDateTime& from, const LocalDateTime& to) {
  const __int128 seconds = static_cast<__int128>(to.seconds) - from.seconds;
  int64_t days = static_cast<int64_t>(seconds / kSecondsPerDay);
  if (seconds % kSecondsPerDay == 0) {
    if (days > 0 && to.nanos < from.nanos) --days;
    if (days < 0 && to.nanos > from.nanos) ++days;
  }
  return days;
}

// From `from`, a local time on the line of `at`, to its end.
absl::StatusOr<Duration> ExactBetween(const Aligned& at, const LocalDateTime& from) {
  __int128 seconds = static_cast<__int128>(at.to.seconds) - from.seconds;
  if (at.zone.has_value()) {
    seconds = at.to_utc - (from == at.from ? at.from_utc : Resolve(from, *at.zone).seconds);
  }
  return MakeDuration(__int128{0}, __int128{0}, seconds,
                      static_cast<__int128>(at.to.nanos) - from.nanos);
}

}  // namespace

absl::StatusOr<Duration> MakeDuration(__int128 months, __int128 days, __int128 seconds,
                                      __int128 nanos) {
  seconds += nanos / kNanosPerSecond;
  nanos %= kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  if (!Fits(months) || !Fits(days) || !Fits(seconds)) return DurationOverflow();
  return Duration{static_cast<int64_t>(months), static_cast<int64_t>(days),
                  static_cast<int64_t>(seconds), static_cast<int32_t>(nanos)};
}

absl::StatusOr<Duration> MakeDuration(double months, double days, double seconds, double nanos) {
  constexpr double kLimit = 9e18;
  for (const double v : {months, days, seconds, nanos}) {
    if (!(std::fabs(v) < kLimit)) return DurationOverflow();
  }
  const double whole_months = std::trunc(months);
  days += (months - whole_months) * kMeanMonthSeconds / static_cast<double>(kSecondsPerDay);
  const double whole_days = std::trunc(days);
  seconds += (days - whole_days) * static_cast<double>(kSecondsPerDay);
  const double whole_seconds = std::trunc(seconds);
  nanos += (seconds - whole_seconds) * static_cast<double>(kNanosPerSecond);
  // 70.1 s are 70.09999999999999 s in binary: what is within a thousandth of a nanosecond of a
  // whole one is that one, and the rest is cut off.
  const double nearest = std::round(nanos);
  const double whole_nanos = std::fabs(nanos - nearest) < 1e-3 ? nearest : std::trunc(nanos);
  return MakeDuration(static_cast<__int128>(whole_months), static_cast<__int128>(whole_days),
                      static_cast<__int128>(whole_seconds), static_cast<__int128>(whole_nanos));
}

absl::StatusOr<Duration> AddDurations(const Duration& a, const Duration& b) {
  return MakeDuration(
      static_cast<__int128>(a.months) + b.months, static_cast<__int128>(a.days) + b.days,
      static_cast<__int128>(a.seconds) + b.seconds, static_cast<__int128>(a.nanos) + b.nanos);
}

absl::StatusOr<Duration> NegateDuration(const Duration& d) {
  return MakeDuration(-static_cast<__int128>(d.months), -static_cast<__int128>(d.days),
                      -static_cast<__int128>(d.seconds), -static_cast<__int128>(d.nanos));
}

absl::StatusOr<Duration> ScaleDuration(const Duration& d, const Value& factor, bool divide) {
  if (!divide && factor.kind() == ValueKind::kInteger) {
    const __int128 n = factor.integer();
    return MakeDuration(n * d.months, n * d.days, n * d.seconds, n * d.nanos);
  }
  if (divide && factor.number() == 0) {
    return MakeQueryError(ErrorClass::kArithmeticError, ErrorDetail::kDivisionByZero,
                          "a duration / 0");
  }
  const double by = factor.number();
  const auto scaled = [by, divide](int64_t v) {
    return divide ? static_cast<double>(v) / by : static_cast<double>(v) * by;
  };
  return MakeDuration(scaled(d.months), scaled(d.days), scaled(d.seconds), scaled(d.nanos));
}

absl::StatusOr<Value> AddToInstant(const Value& instant, const Duration& d) {
  switch (instant.kind()) {
    case ValueKind::kDate: {
      SKEIN_ASSIGN_OR_RETURN(const Date moved, PlusCalendar(instant.date(), d));
      SKEIN_ASSIGN_OR_RETURN(const Date date, CheckedDate(static_cast<__int128>(moved.days) +
                                                          d.seconds / kSecondsPerDay));
      return Value::Of(date);
    }
    case ValueKind::kLocalTime:
      return Value::Of(LocalTime{PlusClock(instant.local_time().nanos, d)});
    case ValueKind::kTime:
      return Value::Of(
          ZonedTime{PlusClock(instant.time().nanos, d), instant.time().offset_seconds});
    case ValueKind::kLocalDateTime: {
      const LocalDateTime& v = instant.local_date_time();
      SKEIN_ASSIGN_OR_RETURN(const Date date, PlusCalendar(DateOfLocal(v), d));
      SKEIN_ASSIGN_OR_RETURN(const LocalDateTime moved, PlusExact(WithDate(v, date), d));
      return Value::Of(moved);
    }
    case ValueKind::kDateTime: {
      const ZonedDateTime& v = instant.date_time();
      const Zone zone = ZoneOf(v);
      ZonedDateTime at = v;
      if (d.months != 0 || d.days != 0) {
        const LocalDateTime local = LocalOf(v);
        SKEIN_ASSIGN_OR_RETURN(const Date date, PlusCalendar(DateOfLocal(local), d));
        at = Resolve(WithDate(local, date), zone);
      }
      SKEIN_ASSIGN_OR_RETURN(const LocalDateTime moved, PlusExact({at.seconds, at.nanos}, d));
      return Value::Of(InZone(moved.seconds, moved.nanos, zone));
    }
    default:
      return WrongType("no ", KindName(instant.kind()), " + DURATION");
  }
}

absl::StatusOr<Duration> DurationBetween(const Value& from, const Value& to, Between unit) {
  const Aligned at = Align(from, to);
  if (unit == Between::kSeconds) return ExactBetween(at, at.from);
  Duration out;
  if (unit == Between::kDays) {
    out.days = at.both_have_dates ? DaysBetween(at.from, at.to) : 0;
    return out;
  }
  if (at.both_have_dates) out.months = MonthsBetween(at.from, at.to);
  if (unit == Between::kMonths) return out;
  SKEIN_ASSIGN_OR_RETURN(const Date moved, PlusMonths(DateOfLocal(at.from), out.months));
  LocalDateTime rest = WithDate(at.from, moved);
  if (at.both_have_dates) out.days = DaysBetween(rest, at.to);
  rest.seconds += out.days * kSecondsPerDay;
  SKEIN_ASSIGN_OR_RETURN(const Duration exact, ExactBetween(at, rest));
  out.seconds = exact.seconds;
  out.nanos = exact.nanos;
  return out;
}

}  // namespace skein::functions
