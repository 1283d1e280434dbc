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

constexpr FunctionDef kNumberFunctions[] = {
    {.name = "abs",
     .args = {Type::kNumber},
     .returns = Type::kNumber,
     .doc = "Magnitude of a number.",
     .example = {"abs(-3)", "3"},
     .eval = &EvalAbs},
    {.name = "sign",
     .args = {Type::kNumber},
     .returns = Type::kInteger,
     .doc = "-1, 0 or 1.",
     .example = {"sign(-2.5)", "-1"},
     .eval = &EvalSign},
    {.name = "round",
     .args = {Type::kNumber, Type::kInteger},
     .required = 1,
     .returns = Type::kFloat,
     .doc = "The nearest whole number, or the nearest number of so many decimal places.",
     .example = {"round(3.14159, 2)", "3.14"},
     .eval = &EvalRound},
    {.name = "isNaN",
     .args = {Type::kNumber},
     .returns = Type::kBoolean,
     .doc = "Whether a number is NaN.",
     .example = {"isNaN(0.0 / 0.0)", "true"},
     .eval = &EvalIsNan},
    {.name = "pi",
     .returns = Type::kFloat,
     .doc = "The circle's number.",
     .example = {"pi()", "3.141592653589793"},
     .eval = &EvalPi},
    {.name = "e",
     .returns = Type::kFloat,
     .doc = "Base of the natural logarithm.",
     .example = {"e()", "2.718281828459045"},
     .eval = &EvalE},
    {.name = "rand",
     .returns = Type::kFloat,
     .effects = Effects::kRandom,
     .doc = "A random number from 0 up to but not including 1.",
     .example = {"rand() < 1", "true"},
     .eval = &EvalRand},
    {.name = "randomUUID",
     .returns = Type::kString,
     .effects = Effects::kRandom,
     .doc = "A random identifier of RFC 4122.",
     .example = {"size(randomUUID())", "36"},
     .eval = &EvalRandomUuid},
    {.name = "ceil",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "The next whole number upwards.",
     .example = {"ceil(1.2)", "2.0"},
     .eval = &Real<std::ceil>},
    {.name = "floor",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "The next whole number downwards.",
     .example = {"floor(-1.2)", "-2.0"},
     .eval = &Real<std::floor>},
    {.name = "sqrt",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Square root; NaN below zero.",
     .example = {"sqrt(16)", "4.0"},
     .eval = &Real<std::sqrt>},
    {.name = "exp",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "e to the power of a number.",
     .example = {"exp(0)", "1.0"},
     .eval = &Real<std::exp>},
    {.name = "log",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Natural logarithm.",
     .example = {"log(1)", "0.0"},
     .eval = &Real<std::log>},
    {.name = "log10",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Decimal logarithm.",
     .example = {"log10(1000)", "3.0"},
     .eval = &Real<std::log10>},
    {.name = "sin",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Sine of an angle in radians.",
     .example = {"sin(0)", "0.0"},
     .eval = &Real<std::sin>},
    {.name = "cos",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Cosine of an angle in radians.",
     .example = {"cos(0)", "1.0"},
     .eval = &Real<std::cos>},
    {.name = "tan",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Tangent of an angle in radians.",
     .example = {"tan(0)", "0.0"},
     .eval = &Real<std::tan>},
    {.name = "cot",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Cotangent of an angle in radians.",
     .example = {"round(cot(0.5), 3)", "1.83"},
     .eval = &Real<Cot>},
    {.name = "asin",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Angle of a sine, in radians.",
     .example = {"asin(0)", "0.0"},
     .eval = &Real<std::asin>},
    {.name = "acos",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Angle of a cosine, in radians.",
     .example = {"acos(1)", "0.0"},
     .eval = &Real<std::acos>},
    {.name = "atan",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Angle of a tangent, in radians.",
     .example = {"atan(0)", "0.0"},
     .eval = &Real<std::atan>},
    {.name = "atan2",
     .args = {Type::kNumber, Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Angle of the point (x, y), given y and x, in radians.",
     .example = {"atan2(0, 1)", "0.0"},
     .eval = &EvalAtan2},
    {.name = "sinh",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Hyperbolic sine.",
     .example = {"sinh(0)", "0.0"},
     .eval = &Real<std::sinh>},
    {.name = "cosh",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Hyperbolic cosine.",
     .example = {"cosh(0)", "1.0"},
     .eval = &Real<std::cosh>},
    {.name = "tanh",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Hyperbolic tangent.",
     .example = {"tanh(0)", "0.0"},
     .eval = &Real<std::tanh>},
    {.name = "haversin",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "(1 - cos(x)) / 2.",
     .example = {"haversin(0)", "0.0"},
     .eval = &Real<Haversin>},
    {.name = "degrees",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Radians as degrees.",
     .example = {"degrees(pi())", "180.0"},
     .eval = &Real<ToDegrees>},
    {.name = "radians",
     .args = {Type::kNumber},
     .returns = Type::kFloat,
     .doc = "Degrees as radians.",
     .example = {"radians(180) = pi()", "true"},
     .eval = &Real<ToRadians>},
};

}  // namespace

void AddNumberFunctions(FunctionRegistry& out) { out.AddAll(kNumberFunctions); }

}  // namespace skein::functions
