#include "query/functions/valid_time.h"

#include <algorithm>

#include "query/functions/errors.h"
#include "query/functions/groups.h"
#include "query/functions/temporal.h"

namespace skein::functions {

namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kDayUs = 86'400 * kSecondUs;

int64_t Clamp(__int128 us) {
  return static_cast<int64_t>(std::clamp<__int128>(us, kTimeMin, kTimeMax));
}

// The first and the first no longer meant microsecond of a value.
absl::StatusOr<ValidTime> SpanOf(const Value& v) {
  __int128 from = 0;
  __int128 length = 1;
  switch (v.kind()) {
    case ValueKind::kDate:
      from = static_cast<__int128>(v.date().days) * kDayUs;
      length = kDayUs;
      break;
    case ValueKind::kLocalDateTime:
      from = static_cast<__int128>(v.local_date_time().seconds) * kSecondUs +
             v.local_date_time().nanos / 1000;
      break;
    case ValueKind::kDateTime:
      from = static_cast<__int128>(v.date_time().seconds) * kSecondUs + v.date_time().nanos / 1000;
      break;
    default:
      return BadValue("valid time is asked for by a date or a date-time, not ", ToLiteral(v));
  }
  return ValidTime{Clamp(from), Clamp(from + length)};
}

Value TimeOf(TimeUs us, TimeUs open) {
  if (us == open) return Value::Null();
  int64_t seconds = us / kSecondUs;
  int64_t rest = us % kSecondUs;
  if (rest < 0) {
    rest += kSecondUs;
    --seconds;
  }
  return Value::Of(InZone(seconds, static_cast<int32_t>(rest * 1000), UtcZone()));
}

absl::StatusOr<ValidTime> ValidOf(const Value& element, EvalContext& context) {
  return element.kind() == ValueKind::kNode ? context.ValidOf(element.node())
                                            : context.ValidOf(element.link());
}

Result EvalFrom(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const ValidTime valid, ValidOf(args[0], context));
  return TimeOf(valid.from, kTimeMin);
}

Result EvalTo(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const ValidTime valid, ValidOf(args[0], context));
  return TimeOf(valid.to, kTimeMax);
}

Result EvalIsValid(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const ValidTime valid, ValidOf(args[0], context));
  SKEIN_ASSIGN_OR_RETURN(const ValidTime window,
                         WindowOf(args[1], args.size() > 2 ? args[2] : Value()));
  return Value::Boolean(HoldsIn(valid, window));
}

constexpr Type kMoment = Type::kDate | Type::kLocalDateTime | Type::kDateTime;

constexpr FunctionDef kValidTimeFunctions[] = {
    {.name = "validFrom",
     .args = {Type::kElement},
     .returns = Type::kDateTime,
     .effects = Effects::kReadsGraph,
     .doc = "Since when a fact has held in the world; null: nobody said.",
     .example = {"validFrom(r)", ""},
     .eval = &EvalFrom},
    {.name = "validTo",
     .args = {Type::kElement},
     .returns = Type::kDateTime,
     .effects = Effects::kReadsGraph,
     .doc = "When a fact ceased to hold in the world; null: not that anybody said.",
     .example = {"validTo(r)", ""},
     .eval = &EvalTo},
    {.name = "isValid",
     .args = {Type::kElement, kMoment, kMoment},
     .required = 2,
     .returns = Type::kBoolean,
     .effects = Effects::kReadsGraph,
     .doc =
         "Whether a fact held at a moment, or at some moment between two. A date is its whole day "
         "in UTC.",
     .example = {"isValid(r, date('2024-05-01'), date('2024-05-31'))", ""},
     .eval = &EvalIsValid},
};

}  // namespace

absl::StatusOr<ValidTime> WindowOf(const Value& from, const Value& to) {
  SKEIN_ASSIGN_OR_RETURN(ValidTime window, SpanOf(from));
  if (to.is_null()) return window;
  SKEIN_ASSIGN_OR_RETURN(const ValidTime last, SpanOf(to));
  window.to = last.to;
  return window;
}

bool HoldsIn(const ValidTime& fact, const ValidTime& window) {
  if (fact.from == fact.to) return window.from <= fact.from && fact.from < window.to;
  return fact.from < window.to && window.from < fact.to;
}

void AddValidTimeFunctions(FunctionRegistry& out) { out.AddAll(kValidTimeFunctions); }

}  // namespace skein::functions
