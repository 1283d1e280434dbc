// Conversions between kinds. toX raises TypeError where a kind never converts, toXOrNull gives
// null.
#include <charconv>
#include <cmath>

#include "absl/strings/charconv.h"
#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Whole text as a float; nullopt: it is none.
std::optional<double> ParseFloat(std::string_view text) {
  text = Trimmed(text);
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = absl::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  return error == std::errc::result_out_of_range && std::fabs(value) > 1
             ? std::copysign(HUGE_VAL, value)
             : value;
}

// Towards zero; null where no 64-bit integer is near.
Value Truncated(double v) {
  constexpr double kTwoTo63 = 9'223'372'036'854'775'808.0;
  if (!(v >= -kTwoTo63 && v < kTwoTo63)) return Value::Null();
  return Value::Integer(static_cast<int64_t>(v));
}

Value IntegerOfText(std::string_view text) {
  text = Trimmed(text);
  std::string_view digits = text;
  if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size()) return Value::Integer(value);
  const std::optional<double> real = ParseFloat(text);  // '2.9'
  return real.has_value() ? Truncated(*real) : Value::Null();
}

Value ToInteger(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kBoolean:
      return Value::Integer(v.boolean() ? 1 : 0);
    case ValueKind::kInteger:
      return v;
    case ValueKind::kFloat:
      return Truncated(v.real());
    case ValueKind::kString:
      return IntegerOfText(v.string());
    default:
      return Value::Null();
  }
}

Value ToFloat(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kInteger:
      return Value::Float(static_cast<double>(v.integer()));
    case ValueKind::kFloat:
      return v;
    case ValueKind::kString: {
      const std::optional<double> real = ParseFloat(v.string());
      return real.has_value() ? Value::Float(*real) : Value::Null();
    }
    default:
      return Value::Null();
  }
}

Value ToBoolean(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kBoolean:
      return v;
    case ValueKind::kInteger:
      return Value::Boolean(v.integer() != 0);
    case ValueKind::kString: {
      std::string text(Trimmed(v.string()));
      for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      }
      if (text == "true") return Value::Boolean(true);
      if (text == "false") return Value::Boolean(false);
      return Value::Null();
    }
    default:
      return Value::Null();
  }
}

Value ToText(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kString:
      return v;
    case ValueKind::kBoolean:
    case ValueKind::kInteger:
    case ValueKind::kFloat:
    case ValueKind::kPoint:
      return Value::String(ToLiteral(v));
    case ValueKind::kDate:
    case ValueKind::kLocalTime:
    case ValueKind::kTime:
    case ValueKind::kLocalDateTime:
    case ValueKind::kDateTime:
    case ValueKind::kDuration:
      return Value::String(TemporalText(v));
    default:
      return Value::Null();
  }
}

template <Value (*kConvert)(const Value&)>
Result Convert(Args args, EvalContext&) {
  return kConvert(args[0]);
}

template <Value (*kConvert)(const Value&)>
Result ConvertList(Args args, EvalContext& context) {
  ValueList items;
  items.reserve(args[0].list().size());
  for (const Value& item : args[0].list()) items.push_back(kConvert(item));
  return MakeList(std::move(items), context);
}

Result EvalValueType(Args args, EvalContext&) {
  return Value::String(std::string(KindName(args[0].kind())));
}

constexpr Type kHasText = Type::kString | Type::kNumber | Type::kBoolean | Type::kInstant |
                          Type::kDuration | Type::kPoint;

constexpr FunctionDef kConversions[] = {
    {.name = "toInteger",
     .args = {Type::kString | Type::kNumber | Type::kBoolean},
     .returns = Type::kInteger,
     .doc = "A 64-bit integer; fractions are cut off. Null of other text.",
     .example = {"toInteger('2.9')", "2"},
     .eval = &Convert<ToInteger>},
    {.name = "toIntegerOrNull",
     .args = {Type::kAny},
     .returns = Type::kInteger,
     .doc = "The same; null where a kind does not convert.",
     .example = {"toIntegerOrNull([])", "null"},
     .eval = &Convert<ToInteger>},
    {.name = "toIntegerList",
     .args = {Type::kList},
     .returns = Type::kList,
     .doc = "Converts each element; null where one does not convert.",
     .example = {"toIntegerList(['1', 'x'])", "[1, null]"},
     .eval = &ConvertList<ToInteger>},
    {.name = "toFloat",
     .args = {Type::kString | Type::kNumber},
     .returns = Type::kFloat,
     .doc = "A 64-bit float. Null of other text.",
     .example = {"toFloat('1e3')", "1000.0"},
     .eval = &Convert<ToFloat>},
    {.name = "toFloatOrNull",
     .args = {Type::kAny},
     .returns = Type::kFloat,
     .doc = "The same; null where a kind does not convert.",
     .example = {"toFloatOrNull(true)", "null"},
     .eval = &Convert<ToFloat>},
    {.name = "toFloatList",
     .args = {Type::kList},
     .returns = Type::kList,
     .doc = "Converts each element; null where one does not convert.",
     .example = {"toFloatList([1, '2'])", "[1.0, 2.0]"},
     .eval = &ConvertList<ToFloat>},
    {.name = "toBoolean",
     .args = {Type::kString | Type::kBoolean | Type::kInteger},
     .returns = Type::kBoolean,
     .doc = "true or false, from text in any case or from 0. Null of other text.",
     .example = {"toBoolean('True')", "true"},
     .eval = &Convert<ToBoolean>},
    {.name = "toBooleanOrNull",
     .args = {Type::kAny},
     .returns = Type::kBoolean,
     .doc = "The same; null where a kind does not convert.",
     .example = {"toBooleanOrNull(1.5)", "null"},
     .eval = &Convert<ToBoolean>},
    {.name = "toBooleanList",
     .args = {Type::kList},
     .returns = Type::kList,
     .doc = "Converts each element; null where one does not convert.",
     .example = {"toBooleanList(['true', 0])", "[true, false]"},
     .eval = &ConvertList<ToBoolean>},
    {.name = "toString",
     .args = {kHasText},
     .returns = Type::kString,
     .doc = "Text of a number, a boolean, a temporal value or a point.",
     .example = {"toString(1.5)", "'1.5'"},
     .eval = &Convert<ToText>},
    {.name = "toStringOrNull",
     .args = {Type::kAny},
     .returns = Type::kString,
     .doc = "The same; null where a kind does not convert.",
     .example = {"toStringOrNull([])", "null"},
     .eval = &Convert<ToText>},
    {.name = "toStringList",
     .args = {Type::kList},
     .returns = Type::kList,
     .doc = "Converts each element; null where one does not convert.",
     .example = {"toStringList([1, true])", "['1', 'true']"},
     .eval = &ConvertList<ToText>},
    {.name = "valueType",
     .args = {Type::kAny},
     .returns = Type::kString,
     .nulls = Nulls::kHandle,
     .doc = "Name of a value's kind.",
     .example = {"valueType(date('2024-01-31'))", "'DATE'"},
     .eval = &EvalValueType},
};

}  // namespace

void AddConversionFunctions(FunctionRegistry& out) { out.AddAll(kConversions); }

}  // namespace skein::functions
