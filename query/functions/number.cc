// Numbers: rounding, logarithms, trigonometry, dice.
#include <charconv>
#include <cmath>
#include <numbers>

#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

// A function of one number that always gives a float.
template <double (*kFunction)(double)>
Result Real(Args args, EvalContext&) {
  return Value::Float(kFunction(args[0].number()));
}

double Cot(double x) { return 1 / std::tan(x); }
double Haversin(double x) { return (1 - std::cos(x)) / 2; }
double ToDegrees(double x) { return x * 180 / std::numbers::pi; }
double ToRadians(double x) { return x * std::numbers::pi / 180; }

struct RealFunction {
  std::string_view name;
  ScalarEval eval;
  std::string_view doc;
  Example example;
};

Result EvalAbs(Args args, EvalContext&) {
  const Value& v = args[0];
  if (v.kind() == ValueKind::kFloat) return Value::Float(std::fabs(v.real()));
  if (v.integer() == INT64_MIN) {
    return Overflow("abs(", v.integer(), ") does not fit a 64-bit integer");
  }
  return Value::Integer(std::abs(v.integer()));
}

Result EvalSign(Args args, EvalContext&) {
  const double v = args[0].number();
  return Value::Integer(v > 0 ? 1 : (v < 0 ? -1 : 0));
}

// Halves round up, towards positive infinity: round(-1.5) is -1.0.
double RoundHalfUp(double v) {
  const double floor = std::floor(v);
  return v - floor >= 0.5 ? floor + 1 : floor;
}

// Rounds the decimal digits that the float prints as, not its binary neighbours: round(1.005, 2) is
// 1.01, which is what people who type 1.005 mean.
Result EvalRound(Args args, EvalContext&) {
  const double v = args[0].number();
  if (args.size() == 1 || !std::isfinite(v)) return Value::Float(RoundHalfUp(v));
  const int64_t places = args[1].integer();
  if (places < 0 || places > 300) return OutOfRange("round() takes 0 to 300 places, not ", places);
  char digits[400];
  const auto end = std::to_chars(digits, digits + sizeof digits, v, std::chars_format::fixed);
  const std::string text(digits, end.ptr);
  const size_t point = text.find('.');
  if (point == std::string::npos || text.size() - point - 1 <= static_cast<size_t>(places)) {
    return Value::Float(v);
  }
  const char next = text[point + 1 + static_cast<size_t>(places)];
  std::string kept = text.substr(0, point + 1 + static_cast<size_t>(places));
  if (next >= '5') {  // half goes away from zero at a given precision
    size_t i = kept.size();
    bool carry = true;
    while (carry && i > 0) {
      char& c = kept[--i];
      if (c == '.' || c == '-') continue;
      carry = c == '9';
      c = carry ? '0' : static_cast<char>(c + 1);
    }
    if (carry) kept.insert(kept[0] == '-' ? 1 : 0, "1");
  }
  double rounded = 0;
  std::from_chars(kept.data(), kept.data() + kept.size(), rounded);
  return Value::Float(rounded);
}

Result EvalIsNan(Args args, EvalContext&) {
  return Value::Boolean(args[0].kind() == ValueKind::kFloat && std::isnan(args[0].real()));
}

Result EvalAtan2(Args args, EvalContext&) {
  return Value::Float(std::atan2(args[0].number(), args[1].number()));
}

Result EvalPi(Args, EvalContext&) { return Value::Float(std::numbers::pi); }
Result EvalE(Args, EvalContext&) { return Value::Float(std::numbers::e); }
Result EvalRand(Args, EvalContext& context) { return Value::Float(context.Random()); }

// RFC 4122, version 4, from the query's dice.
Result EvalRandomUuid(Args, EvalContext& context) {
  std::string out = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (char& c : out) {
    const auto digit = static_cast<size_t>(context.Random() * 16);
    if (c == 'x') c = kHex[digit];
    if (c == 'y') c = kHex[8 + digit % 4];
  }
  return Value::String(std::move(out));
}

void AddReal(FunctionRegistry& out, std::span<const RealFunction> functions) {
  for (const RealFunction& f : functions) {
    out.Add({.name = f.name,
             .args = {Type::kNumber},
             .returns = Type::kFloat,
             .doc = f.doc,
             .example = f.example,
             .eval = f.eval});
  }
}

}  // namespace

void AddNumberFunctions(FunctionRegistry& out) {
  out.Add({.name = "abs",
           .args = {Type::kNumber},
           .returns = Type::kNumber,
           .doc = "Magnitude of a number.",
           .example = {"abs(-3)", "3"},
           .eval = &EvalAbs});
  out.Add({.name = "sign",
           .args = {Type::kNumber},
           .returns = Type::kInteger,
           .doc = "-1, 0 or 1.",
           .example = {"sign(-2.5)", "-1"},
           .eval = &EvalSign});
  out.Add({.name = "round",
           .args = {Type::kNumber, Type::kInteger},
           .required = 1,
           .returns = Type::kFloat,
           .doc = "The nearest whole number, or the nearest number of so many decimal places.",
           .example = {"round(3.14159, 2)", "3.14"},
           .eval = &EvalRound});
  out.Add({.name = "isNaN",
           .args = {Type::kNumber},
           .returns = Type::kBoolean,
           .doc = "Whether a number is NaN.",
           .example = {"isNaN(0.0 / 0.0)", "true"},
           .eval = &EvalIsNan});
  out.Add({.name = "atan2",
           .args = {Type::kNumber, Type::kNumber},
           .returns = Type::kFloat,
           .doc = "Angle of the point (x, y), given y and x, in radians.",
           .example = {"atan2(0, 1)", "0.0"},
           .eval = &EvalAtan2});
  out.Add({.name = "pi",
           .returns = Type::kFloat,
           .doc = "The circle's number.",
           .example = {"pi()", "3.141592653589793"},
           .eval = &EvalPi});
  out.Add({.name = "e",
           .returns = Type::kFloat,
           .doc = "Base of the natural logarithm.",
           .example = {"e()", "2.718281828459045"},
           .eval = &EvalE});
  out.Add({.name = "rand",
           .returns = Type::kFloat,
           .effects = Effects::kRandom,
           .doc = "A random number from 0 up to but not including 1.",
           .example = {"rand() < 1", "true"},
           .eval = &EvalRand});
  out.Add({.name = "randomUUID",
           .returns = Type::kString,
           .effects = Effects::kRandom,
           .doc = "A random identifier of RFC 4122.",
           .example = {"size(randomUUID())", "36"},
           .eval = &EvalRandomUuid});
  static constexpr RealFunction kReal[] = {
      {"ceil", &Real<std::ceil>, "The next whole number upwards.", {"ceil(1.2)", "2.0"}},
      {"floor", &Real<std::floor>, "The next whole number downwards.", {"floor(-1.2)", "-2.0"}},
      {"sqrt", &Real<std::sqrt>, "Square root; NaN below zero.", {"sqrt(16)", "4.0"}},
      {"exp", &Real<std::exp>, "e to the power of a number.", {"exp(0)", "1.0"}},
      {"log", &Real<std::log>, "Natural logarithm.", {"log(1)", "0.0"}},
      {"log10", &Real<std::log10>, "Decimal logarithm.", {"log10(1000)", "3.0"}},
      {"sin", &Real<std::sin>, "Sine of an angle in radians.", {"sin(0)", "0.0"}},
      {"cos", &Real<std::cos>, "Cosine of an angle in radians.", {"cos(0)", "1.0"}},
      {"tan", &Real<std::tan>, "Tangent of an angle in radians.", {"tan(0)", "0.0"}},
      {"cot", &Real<Cot>, "Cotangent of an angle in radians.", {"round(cot(0.5), 3)", "1.83"}},
      {"asin", &Real<std::asin>, "Angle of a sine, in radians.", {"asin(0)", "0.0"}},
      {"acos", &Real<std::acos>, "Angle of a cosine, in radians.", {"acos(1)", "0.0"}},
      {"atan", &Real<std::atan>, "Angle of a tangent, in radians.", {"atan(0)", "0.0"}},
      {"sinh", &Real<std::sinh>, "Hyperbolic sine.", {"sinh(0)", "0.0"}},
      {"cosh", &Real<std::cosh>, "Hyperbolic cosine.", {"cosh(0)", "1.0"}},
      {"tanh", &Real<std::tanh>, "Hyperbolic tangent.", {"tanh(0)", "0.0"}},
      {"haversin", &Real<Haversin>, "(1 - cos(x)) / 2.", {"haversin(0)", "0.0"}},
      {"degrees", &Real<ToDegrees>, "Radians as degrees.", {"degrees(pi())", "180.0"}},
      {"radians", &Real<ToRadians>, "Degrees as radians.", {"radians(180) = pi()", "true"}},
  };
  AddReal(out, kReal);
}

}  // namespace skein::functions
