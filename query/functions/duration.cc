// duration and the durations between instants.
#include <algorithm>
#include <array>
#include <cmath>

#include "query/functions/errors.h"
#include "query/functions/groups.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

Result Wrap(absl::StatusOr<Duration> d) {
  SKEIN_RETURN_IF_ERROR(d.status());
  return Value::Of(*d);
}

Result EvalDuration(Args args, EvalContext&) {
  switch (args[0].kind()) {
    case ValueKind::kString:
      return Wrap(ParseDuration(args[0].string()));
    case ValueKind::kMap:
      return BuildDuration(args[0].map());
    default:
      return args[0];
  }
}

template <Between kUnit>
Result Evaluate(Args args, EvalContext&) {
  return Wrap(DurationBetween(args[0], args[1], kUnit));
}

struct Unit {
  std::string_view name;
  enum class Group : uint8_t { kMonths, kDays, kSeconds, kNanos } group;
  int64_t each;  // how many of the group's unit
};
constexpr std::array kUnits = {
    Unit{"years", Unit::Group::kMonths, 12},
    Unit{"quarters", Unit::Group::kMonths, 3},
    Unit{"months", Unit::Group::kMonths, 1},
    Unit{"weeks", Unit::Group::kDays, 7},
    Unit{"days", Unit::Group::kDays, 1},
    Unit{"hours", Unit::Group::kSeconds, 3600},
    Unit{"minutes", Unit::Group::kSeconds, 60},
    Unit{"seconds", Unit::Group::kSeconds, 1},
    Unit{"milliseconds", Unit::Group::kNanos, 1'000'000},
    Unit{"microseconds", Unit::Group::kNanos, 1'000},
    Unit{"nanoseconds", Unit::Group::kNanos, 1},
};

}  // namespace

// Whole numbers stay exact whatever their size; only fractions take the way through floats.
absl::StatusOr<Value> BuildDuration(const ValueMap& fields) {
  std::array<__int128, 4> whole{};
  std::array<double, 4> fraction{};
  for (const auto& [name, value] : fields) {
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&name = name](const Unit& u) { return u.name == name; });
    if (unit == kUnits.end()) return BadValue("'", name, "' is no component of DURATION");
    if (value.is_null()) return Value::Null();
    if (!value.is_number()) {
      return WrongArgument(name, " is a number, not ", KindName(value.kind()));
    }
    const auto group = static_cast<size_t>(unit->group);
    if (value.kind() == ValueKind::kInteger) {
      whole[group] += static_cast<__int128>(value.integer()) * unit->each;
      continue;
    }
    const double amount = value.real() * static_cast<double>(unit->each);
    if (!(std::fabs(amount) < 9e18)) return Overflow(name, ": ", value.real(), " does not fit");
    whole[group] += static_cast<__int128>(std::trunc(amount));
    fraction[group] += amount - std::trunc(amount);
  }
  SKEIN_ASSIGN_OR_RETURN(const Duration spilled,
                         MakeDuration(fraction[0], fraction[1], fraction[2], fraction[3]));
  return Wrap(MakeDuration(whole[0] + spilled.months, whole[1] + spilled.days,
                           whole[2] + spilled.seconds, whole[3] + spilled.nanos));
}

void AddDurationFunctions(FunctionRegistry& out) {
  out.Add({.name = "duration",
           .args = {Type::kString | Type::kMap | Type::kDuration},
           .returns = Type::kDuration,
           .doc = "From ISO 8601 text or a map of years, months, weeks, days, hours, minutes, "
                  "seconds and smaller; fractions spill into the next smaller unit.",
           .example = {"duration({months: 0.75})", "duration('P22DT19H51M49.5S')"},
           .eval = &EvalDuration});
  struct BetweenFunction {
    std::string_view name;
    ScalarEval eval;
    std::string_view doc;
    Example example;
  };
  static constexpr BetweenFunction kFunctions[] = {
      {"duration.between",
       &Evaluate<Between::kAll>,
       "From one instant to another in months, days and seconds.",
       {"duration.between(date('1984-10-11'), date('2015-06-24'))", "duration('P30Y8M13D')"}},
      {"duration.inMonths",
       &Evaluate<Between::kMonths>,
       "Whole months from one instant to another.",
       {"duration.inMonths(date('1984-10-11'), date('2015-06-24'))", "duration('P30Y8M')"}},
      {"duration.inDays",
       &Evaluate<Between::kDays>,
       "Whole days from one instant to another.",
       {"duration.inDays(date('2015-06-24'), date('2015-07-24'))", "duration('P30D')"}},
      {"duration.inSeconds",
       &Evaluate<Between::kSeconds>,
       "Seconds and their fractions from one instant to another.",
       {"duration.inSeconds(localtime('14:30'), localtime('16:30'))", "duration('PT2H')"}},
  };
  for (const BetweenFunction& f : kFunctions) {
    out.Add({.name = f.name,
             .args = {Type::kInstant, Type::kInstant},
             .returns = Type::kDuration,
             .doc = f.doc,
             .example = f.example,
             .eval = f.eval});
  }
}

}  // namespace skein::functions
