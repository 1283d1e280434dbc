// Three-valued logic, comparison, membership and text predicates.
#include <cmath>

#include "query/functions/errors.h"
#include "query/functions/operators.h"
#include "query/functions/regex.h"

namespace skein::functions {
namespace {

absl::Status CheckBooleans(std::string_view op, const Value& a, const Value& b) {
  for (const Value* v : {&a, &b}) {
    if (!v->is_null() && v->kind() != ValueKind::kBoolean) {
      return WrongType(op, " takes BOOLEAN, not ", KindName(v->kind()));
    }
  }
  return absl::OkStatus();
}

bool Is(const Value& v, bool wanted) { return !v.is_null() && v.boolean() == wanted; }

Value FromOptional(std::optional<bool> v) {
  return v.has_value() ? Value::Boolean(*v) : Value::Null();
}

bool IsNan(const Value& v) { return v.kind() == ValueKind::kFloat && std::isnan(v.real()); }

// `accept` judges the sign of the comparison. Numbers always compare, NaN with nothing.
template <typename Accept>
Value Ordered(const Value& a, const Value& b, Accept accept) {
  if (a.is_number() && b.is_number() && (IsNan(a) || IsNan(b))) return Value::Boolean(false);
  const std::optional<int> order = Comparable(a, b);
  return order.has_value() ? Value::Boolean(accept(*order)) : Value::Null();
}

template <typename Test>
Value OfStrings(const Value& a, const Value& b, Test test) {
  if (a.kind() != ValueKind::kString || b.kind() != ValueKind::kString) return Value::Null();
  return Value::Boolean(test(std::string_view(a.string()), std::string_view(b.string())));
}

}  // namespace

absl::StatusOr<Value> And(const Value& a, const Value& b) {
  SKEIN_RETURN_IF_ERROR(CheckBooleans("AND", a, b));
  if (Is(a, false) || Is(b, false)) return Value::Boolean(false);
  if (a.is_null() || b.is_null()) return Value::Null();
  return Value::Boolean(true);
}

absl::StatusOr<Value> Or(const Value& a, const Value& b) {
  SKEIN_RETURN_IF_ERROR(CheckBooleans("OR", a, b));
  if (Is(a, true) || Is(b, true)) return Value::Boolean(true);
  if (a.is_null() || b.is_null()) return Value::Null();
  return Value::Boolean(false);
}

absl::StatusOr<Value> Xor(const Value& a, const Value& b) {
  SKEIN_RETURN_IF_ERROR(CheckBooleans("XOR", a, b));
  if (a.is_null() || b.is_null()) return Value::Null();
  return Value::Boolean(a.boolean() != b.boolean());
}

absl::StatusOr<Value> Not(const Value& v) {
  SKEIN_RETURN_IF_ERROR(CheckBooleans("NOT", v, v));
  return v.is_null() ? Value::Null() : Value::Boolean(!v.boolean());
}

Value Equals(const Value& a, const Value& b) { return FromOptional(Equal(a, b)); }

Value NotEquals(const Value& a, const Value& b) {
  const std::optional<bool> equal = Equal(a, b);
  return equal.has_value() ? Value::Boolean(!*equal) : Value::Null();
}

Value Less(const Value& a, const Value& b) {
  return Ordered(a, b, [](int order) { return order < 0; });
}
Value LessOrEqual(const Value& a, const Value& b) {
  return Ordered(a, b, [](int order) { return order <= 0; });
}
Value Greater(const Value& a, const Value& b) {
  return Ordered(a, b, [](int order) { return order > 0; });
}
Value GreaterOrEqual(const Value& a, const Value& b) {
  return Ordered(a, b, [](int order) { return order >= 0; });
}

absl::StatusOr<Value> In(const Value& item, const Value& list) {
  if (list.is_null()) return Value::Null();
  if (list.kind() != ValueKind::kList) {
    return WrongType("IN takes LIST, not ", KindName(list.kind()));
  }
  bool unknown = false;
  for (const Value& candidate : list.list()) {
    const std::optional<bool> equal = Equal(item, candidate);
    if (!equal.has_value()) {
      unknown = true;
    } else if (*equal) {
      return Value::Boolean(true);
    }
  }
  return unknown ? Value::Null() : Value::Boolean(false);
}

Value StartsWith(const Value& text, const Value& prefix) {
  return OfStrings(text, prefix, [](auto t, auto p) { return t.starts_with(p); });
}
Value EndsWith(const Value& text, const Value& suffix) {
  return OfStrings(text, suffix, [](auto t, auto s) { return t.ends_with(s); });
}
Value Contains(const Value& text, const Value& part) {
  return OfStrings(text, part, [](auto t, auto p) { return t.find(p) != std::string_view::npos; });
}

absl::StatusOr<Value> Matches(const Value& text, const Value& pattern, EvalContext& context) {
  if (text.is_null() || pattern.is_null()) return Value::Null();
  if (pattern.kind() != ValueKind::kString) {
    return WrongType("=~ takes STRING, not ", KindName(pattern.kind()));
  }
  if (text.kind() != ValueKind::kString) return Value::Null();
  SKEIN_ASSIGN_OR_RETURN(const RE2* regex, context.regexes().Find(pattern.string()));
  return Value::Boolean(RE2::FullMatch(text.string(), *regex));
}

}  // namespace skein::functions
