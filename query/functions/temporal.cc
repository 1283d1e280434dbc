// date, localtime, time, localdatetime, datetime: constructors, clocks, truncate, epochs.
#include "query/functions/temporal.h"

#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

enum class Moment : uint8_t { kStatement, kTransaction, kReal };

// Now, on the clock of the zone that args[0] names or of the default one.
template <ValueKind kKind, Moment kMoment>
Result Now(Args args, EvalContext& context) {
  const absl::Time now = kMoment == Moment::kStatement     ? context.StatementTime()
                         : kMoment == Moment::kTransaction ? context.TransactionTime()
                                                           : context.RealTime();
  SKEIN_ASSIGN_OR_RETURN(const Zone zone,
                         ParseZone(args.empty() ? context.DefaultZone() : args[0].string()));
  const int64_t seconds = absl::ToUnixSeconds(now);  // rounds down
  const int64_t nanos = absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(seconds));
  Parts parts = PartsOf(Value::Of(InZone(seconds, static_cast<int32_t>(nanos), zone)));
  return Compose(kKind, parts);
}

template <ValueKind kKind>
Result Build(Args args, EvalContext& context) {
  if (args.empty()) return Now<kKind, Moment::kStatement>(args, context);
  return BuildInstant(kKind, args[0], context);
}

template <ValueKind kKind>
Result Truncate(Args args, EvalContext& context) {
  static const Value kNoFields = Value::Map({});
  Value now;
  if (args.size() == 1) {
    SKEIN_ASSIGN_OR_RETURN(now, (Now<kKind, Moment::kStatement>({}, context)));
  }
  return TruncateInstant(kKind, args[0].string(), args.size() > 1 ? args[1] : now,
                         (args.size() > 2 ? args[2] : kNoFields).map(), context);
}

Result EvalFromEpoch(Args args, EvalContext&) {
  const int64_t nanos = args[1].integer();
  SKEIN_ASSIGN_OR_RETURN(const Duration at, MakeDuration(__int128{0}, __int128{0},
                                                         static_cast<__int128>(args[0].integer()),
                                                         static_cast<__int128>(nanos)));
  SKEIN_RETURN_IF_ERROR(CheckedDate(FloorDiv(at.seconds, kSecondsPerDay)).status());
  return Value::Of(ZonedDateTime{at.seconds, at.nanos, 0, ""});
}

Result EvalFromEpochMillis(Args args, EvalContext&) {
  const int64_t millis = args[0].integer();
  SKEIN_RETURN_IF_ERROR(CheckedDate(FloorDiv(millis, 1000 * kSecondsPerDay)).status());
  return Value::Of(ZonedDateTime{FloorDiv(millis, 1000),
                                 static_cast<int32_t>(FloorMod(millis, 1000) * 1'000'000), 0, ""});
}

Result EvalTimestamp(Args, EvalContext& context) {
  return Value::Integer(absl::ToUnixMillis(context.StatementTime()));
}

struct Names {
  std::string_view build, statement, transaction, realtime, truncate;
  Example example, truncate_example;
};

constexpr Type Sources(ValueKind kind) {
  constexpr Type kDates = Type::kDate | Type::kLocalDateTime | Type::kDateTime;
  constexpr Type kTimes = Type::kLocalTime | Type::kTime | Type::kLocalDateTime | Type::kDateTime;
  const bool has_date =
      kind == ValueKind::kDate || kind == ValueKind::kLocalDateTime || kind == ValueKind::kDateTime;
  return Type::kString | Type::kMap | (has_date ? kDates : kTimes);
}

template <ValueKind kKind>
void AddKind(FunctionRegistry& out, const Names& names) {
  out.Add({.name = names.build,
           .args = {Sources(kKind)},
           .required = 0,
           .returns = TypeOf(kKind),
           .effects = Effects::kReadsClock,  // without arguments, and for the default zone
           .doc = "From ISO 8601 text, a map of components or another temporal value; the time of "
                  "the statement without an argument.",
           .example = names.example,
           .eval = &Build<kKind>});
  struct ClockFunction {
    std::string_view name;
    std::string_view doc;
    ScalarEval eval;
    Effects effects;
  };
  const ClockFunction clocks[] = {
      {names.statement, "The time of the statement, in a zone.", &Now<kKind, Moment::kStatement>,
       Effects::kReadsClock},
      {names.transaction, "The time of the transaction's start, in a zone.",
       &Now<kKind, Moment::kTransaction>, Effects::kReadsClock},
      {names.realtime, "The time of the call, in a zone.", &Now<kKind, Moment::kReal>,
       Effects::kRandom},
  };
  for (const ClockFunction& c : clocks) {
    out.Add({.name = c.name,
             .args = {Type::kString},
             .required = 0,
             .returns = TypeOf(kKind),
             .effects = c.effects,
             .doc = c.doc,
             .example = {c.name, ""},
             .eval = c.eval});
  }
  out.Add({.name = names.truncate,
           .args = {Type::kString, Type::kInstant, Type::kMap},
           .required = 1,
           .returns = TypeOf(kKind),
           .effects = Effects::kReadsClock,
           .doc = "The start of the unit (millennium, century, decade, year, weekYear, quarter, "
                  "month, week, day, hour, minute, second, millisecond, microsecond) that holds a "
                  "value; the map then sets smaller components.",
           .example = names.truncate_example,
           .eval = &Truncate<kKind>});
}

}  // namespace

void AddTemporalFunctions(FunctionRegistry& out) {
  AddKind<ValueKind::kDate>(
      out, {"date",
            "date.statement",
            "date.transaction",
            "date.realtime",
            "date.truncate",
            {"date('2015-W30-2')", "date('2015-07-21')"},
            {"date.truncate('month', date('2024-02-17'), {day: 2})", "date('2024-02-02')"}});
  AddKind<ValueKind::kLocalTime>(
      out, {"localtime",
            "localtime.statement",
            "localtime.transaction",
            "localtime.realtime",
            "localtime.truncate",
            {"localtime({hour: 12, minute: 31})", "localtime('12:31')"},
            {"localtime.truncate('hour', localtime('12:31'))", "localtime('12:00')"}});
  AddKind<ValueKind::kTime>(
      out, {"time",
            "time.statement",
            "time.transaction",
            "time.realtime",
            "time.truncate",
            {"time('2140-02')", "time('21:40-02:00')"},
            {"time.truncate('minute', time('12:31:14+01:00'))", "time('12:31+01:00')"}});
  AddKind<ValueKind::kLocalDateTime>(
      out, {"localdatetime",
            "localdatetime.statement",
            "localdatetime.transaction",
            "localdatetime.realtime",
            "localdatetime.truncate",
            {"localdatetime('2015202T21')", "localdatetime('2015-07-21T21:00')"},
            {"localdatetime.truncate('day', localdatetime('2015-07-21T21:00'))",
             "localdatetime('2015-07-21T00:00')"}});
  AddKind<ValueKind::kDateTime>(out, {"datetime",
                                      "datetime.statement",
                                      "datetime.transaction",
                                      "datetime.realtime",
                                      "datetime.truncate",
                                      {"datetime({year: 2024, timezone: 'Asia/Shanghai'})",
                                       "datetime('2024-01-01T00:00+08:00[Asia/Shanghai]')"},
                                      {"datetime.truncate('year', datetime('2015-07-21T21:00Z'))",
                                       "datetime('2015-01-01T00:00Z')"}});
  out.Add({.name = "datetime.fromepoch",
           .args = {Type::kInteger, Type::kInteger},
           .returns = Type::kDateTime,
           .doc = "From seconds and nanoseconds since 1970-01-01T00:00Z.",
           .example = {"datetime.fromepoch(416779, 999999999)",
                       "datetime('1970-01-05T19:46:19.999999999Z')"},
           .eval = &EvalFromEpoch});
  out.Add({.name = "datetime.fromepochmillis",
           .args = {Type::kInteger},
           .returns = Type::kDateTime,
           .doc = "From milliseconds since 1970-01-01T00:00Z.",
           .example = {"datetime.fromepochmillis(237821673987)",
                       "datetime('1977-07-15T13:34:33.987Z')"},
           .eval = &EvalFromEpochMillis});
  out.Add({.name = "timestamp",
           .returns = Type::kInteger,
           .effects = Effects::kReadsClock,
           .doc = "Milliseconds since 1970-01-01T00:00Z at the statement's start.",
           .example = {"timestamp() > 0", "true"},
           .eval = &EvalTimestamp});
}

}  // namespace skein::functions
