#include <cmath>

#include "query/functions/errors.h"
#include "query/functions/operators.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

bool AnyNull(const Value& a, const Value& b) { return a.is_null() || b.is_null(); }
bool BothIntegers(const Value& a, const Value& b) {
  return a.kind() == ValueKind::kInteger && b.kind() == ValueKind::kInteger;
}
bool BothNumbers(const Value& a, const Value& b) { return a.is_number() && b.is_number(); }
bool IsInstant(const Value& v) { return (TypeOf(v.kind()) & Type::kInstant) != Type::kNone; }
bool IsDuration(const Value& v) { return v.kind() == ValueKind::kDuration; }
bool IsList(const Value& v) { return v.kind() == ValueKind::kList; }

absl::Status NoOperator(std::string_view op, const Value& a, const Value& b) {
  return WrongType("no ", KindName(a.kind()), " ", op, " ", KindName(b.kind()));
}

absl::Status IntegerOverflow(const Value& a, std::string_view op, const Value& b) {
  return Overflow(a.integer(), " ", op, " ", b.integer(), " does not fit a 64-bit integer");
}

absl::StatusOr<Value> Wrap(absl::StatusOr<Duration> d) {
  SKEIN_RETURN_IF_ERROR(d.status());
  return Value::Of(*d);
}

// Text of an operand of string +; nullopt: it has none.
std::optional<std::string> TextOf(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kString:
      return v.string();
    case ValueKind::kBoolean:
    case ValueKind::kInteger:
    case ValueKind::kFloat:
      return ToLiteral(v);
    case ValueKind::kDate:
    case ValueKind::kLocalTime:
    case ValueKind::kTime:
    case ValueKind::kLocalDateTime:
    case ValueKind::kDateTime:
    case ValueKind::kDuration:
      return TemporalText(v);
    default:
      return std::nullopt;
  }
}

absl::StatusOr<Value> AddLists(const Value& a, const Value& b, EvalContext& context) {
  const size_t size = (IsList(a) ? a.list().size() : 1) + (IsList(b) ? b.list().size() : 1);
  ValueList items;
  items.reserve(size);
  const auto append = [&items](const Value& v) {
    if (IsList(v)) {
      items.insert(items.end(), v.list().begin(), v.list().end());
    } else {
      items.push_back(v);
    }
  };
  append(a);
  append(b);
  return MakeList(std::move(items), context);
}

}  // namespace

absl::StatusOr<Value> Add(const Value& a, const Value& b, EvalContext& context) {
  if (AnyNull(a, b)) return Value::Null();
  if (BothIntegers(a, b)) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a.integer(), b.integer(), &sum)) return IntegerOverflow(a, "+", b);
    return Value::Integer(sum);
  }
  if (BothNumbers(a, b)) return Value::Float(a.number() + b.number());
  if (IsList(a) || IsList(b)) return AddLists(a, b, context);
  if (a.kind() == ValueKind::kString || b.kind() == ValueKind::kString) {
    const std::optional<std::string> left = TextOf(a);
    const std::optional<std::string> right = TextOf(b);
    if (!left.has_value() || !right.has_value()) return NoOperator("+", a, b);
    return MakeString(*left + *right, context);
  }
  if (IsDuration(a) && IsDuration(b)) return Wrap(AddDurations(a.duration(), b.duration()));
  if (IsInstant(a) && IsDuration(b)) return AddToInstant(a, b.duration());
  if (IsDuration(a) && IsInstant(b)) return AddToInstant(b, a.duration());
  return NoOperator("+", a, b);
}

absl::StatusOr<Value> Subtract(const Value& a, const Value& b) {
  if (AnyNull(a, b)) return Value::Null();
  if (BothIntegers(a, b)) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(a.integer(), b.integer(), &difference)) {
      return IntegerOverflow(a, "-", b);
    }
    return Value::Integer(difference);
  }
  if (BothNumbers(a, b)) return Value::Float(a.number() - b.number());
  if (IsDuration(b)) {
    SKEIN_ASSIGN_OR_RETURN(const Duration negated, NegateDuration(b.duration()));
    if (IsDuration(a)) return Wrap(AddDurations(a.duration(), negated));
    if (IsInstant(a)) return AddToInstant(a, negated);
  }
  return NoOperator("-", a, b);
}

absl::StatusOr<Value> Multiply(const Value& a, const Value& b) {
  if (AnyNull(a, b)) return Value::Null();
  if (BothIntegers(a, b)) {
    int64_t product = 0;
    if (__builtin_mul_overflow(a.integer(), b.integer(), &product)) {
      return IntegerOverflow(a, "*", b);
    }
    return Value::Integer(product);
  }
  if (BothNumbers(a, b)) return Value::Float(a.number() * b.number());
  if (IsDuration(a) && b.is_number()) return Wrap(ScaleDuration(a.duration(), b, false));
  if (a.is_number() && IsDuration(b)) return Wrap(ScaleDuration(b.duration(), a, false));
  return NoOperator("*", a, b);
}

absl::StatusOr<Value> Divide(const Value& a, const Value& b) {
  if (AnyNull(a, b)) return Value::Null();
  if (BothIntegers(a, b)) {
    if (b.integer() == 0) {
      return MakeQueryError(ErrorClass::kArithmeticError, ErrorDetail::kDivisionByZero,
                            internal::Join(a.integer(), " / 0"));
    }
    if (a.integer() == INT64_MIN && b.integer() == -1) return IntegerOverflow(a, "/", b);
    return Value::Integer(a.integer() / b.integer());
  }
  if (BothNumbers(a, b)) return Value::Float(a.number() / b.number());
  if (IsDuration(a) && b.is_number()) return Wrap(ScaleDuration(a.duration(), b, true));
  return NoOperator("/", a, b);
}

absl::StatusOr<Value> Modulo(const Value& a, const Value& b) {
  if (AnyNull(a, b)) return Value::Null();
  if (BothIntegers(a, b)) {
    if (b.integer() == 0) {
      return MakeQueryError(ErrorClass::kArithmeticError, ErrorDetail::kDivisionByZero,
                            internal::Join(a.integer(), " % 0"));
    }
    // INT64_MIN % -1 traps in hardware, though its value is 0.
    return Value::Integer(b.integer() == -1 ? 0 : a.integer() % b.integer());
  }
  if (BothNumbers(a, b)) return Value::Float(std::fmod(a.number(), b.number()));
  return NoOperator("%", a, b);
}

absl::StatusOr<Value> Power(const Value& a, const Value& b) {
  if (AnyNull(a, b)) return Value::Null();
  if (!BothNumbers(a, b)) return NoOperator("^", a, b);
  return Value::Float(std::pow(a.number(), b.number()));
}

absl::StatusOr<Value> Negate(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kNull:
      return Value::Null();
    case ValueKind::kInteger:
      if (v.integer() == INT64_MIN) {
        return Overflow("-(", v.integer(), ") does not fit a 64-bit integer");
      }
      return Value::Integer(-v.integer());
    case ValueKind::kFloat:
      return Value::Float(-v.real());
    case ValueKind::kDuration:
      return Wrap(NegateDuration(v.duration()));
    default:
      return WrongType("no -", KindName(v.kind()));
  }
}

absl::StatusOr<Value> Plus(const Value& v) {
  if (v.is_null() || v.is_number() || IsDuration(v)) return v;
  return WrongType("no +", KindName(v.kind()));
}

absl::StatusOr<Value> Concatenate(const Value& a, const Value& b, EvalContext& context) {
  if (AnyNull(a, b)) return Value::Null();
  if (IsList(a) && IsList(b)) return AddLists(a, b, context);
  if (a.kind() == ValueKind::kString && b.kind() == ValueKind::kString) {
    return MakeString(a.string() + b.string(), context);
  }
  return NoOperator("||", a, b);
}

}  // namespace skein::functions
