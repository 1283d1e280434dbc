// Operators of the language over values: arithmetic, comparison, three-valued logic, lists, text.
//
// Shape     Each takes its operands and gives a Value; null in, null out, but where the language
//           says otherwise (AND, OR, XOR, IN, IS NULL).
// Errors    TypeError/InvalidArgumentType         operand of the wrong kind
//           ArithmeticError/IntegerOverflow       64-bit overflow
//           ArithmeticError/DivisionByZero        integer division or modulo by zero
//           TypeError/MapElementAccessByNonString, ListElementAccessByNonInteger
//           all without a place; the executor adds it (WithPosition).
// Cost      Text and list results are charged to context.Charge() before they are built.
// Source    openCypher 9; TCK expressions/{boolean,comparison,list,mathematical,string,temporal}.
#pragma once

#include "absl/status/statusor.h"
#include "query/functions/function.h"
#include "storage/base/value.h"

namespace skein::functions {

// +: numbers, strings (a string and a number make a string), lists (list + element appends, element
// + list prepends), instants and durations.
absl::StatusOr<Value> Add(const Value& a, const Value& b, EvalContext& context);
absl::StatusOr<Value> Subtract(const Value& a, const Value& b);
absl::StatusOr<Value> Multiply(const Value& a, const Value& b);  // numbers; duration × number
absl::StatusOr<Value> Divide(const Value& a, const Value& b);    // integers truncate
absl::StatusOr<Value> Modulo(const Value& a, const Value& b);    // sign of the dividend
absl::StatusOr<Value> Power(const Value& a, const Value& b);     // always a float
absl::StatusOr<Value> Negate(const Value& v);
absl::StatusOr<Value> Plus(const Value& v);
// ||: strings or lists.
absl::StatusOr<Value> Concatenate(const Value& a, const Value& b, EvalContext& context);

// Three-valued logic; operands are booleans or null.
absl::StatusOr<Value> And(const Value& a, const Value& b);
absl::StatusOr<Value> Or(const Value& a, const Value& b);
absl::StatusOr<Value> Xor(const Value& a, const Value& b);
absl::StatusOr<Value> Not(const Value& v);

// Comparison: true, false or null, never an error. A comparison of two numbers one of which is NaN
// is false; of kinds that do not compare, null.
Value Equals(const Value& a, const Value& b);
Value NotEquals(const Value& a, const Value& b);
Value Less(const Value& a, const Value& b);
Value LessOrEqual(const Value& a, const Value& b);
Value Greater(const Value& a, const Value& b);
Value GreaterOrEqual(const Value& a, const Value& b);

// item IN list.
absl::StatusOr<Value> In(const Value& item, const Value& list);

// STARTS WITH, ENDS WITH, CONTAINS: null unless both are strings.
Value StartsWith(const Value& text, const Value& prefix);
Value EndsWith(const Value& text, const Value& suffix);
Value Contains(const Value& text, const Value& part);
// text =~ pattern: the whole text, RE2 syntax (linear time; no look-around, no back-references).
// ArgumentError/InvalidArgumentValue where the pattern does not compile.
absl::StatusOr<Value> Matches(const Value& text, const Value& pattern, EvalContext& context);

// object[index]: lists by integer (negative from the end, null outside), maps, nodes and links by
// string.
absl::StatusOr<Value> Index(const Value& object, const Value& index, EvalContext& context);
// object[from..to): positions clamp; null where a bound is null. A bound that is not written is
// 0 and size: pass has_from/has_to.
struct SliceBounds {
  bool has_from = false;
  bool has_to = false;
  Value from;
  Value to;
};
absl::StatusOr<Value> Slice(const Value& object, const SliceBounds& bounds, EvalContext& context);

// object.key: maps, nodes, links, the accessors of temporal values (d.year) and of points (p.x).
// TypeError/InvalidArgumentType of other kinds.
absl::StatusOr<Value> Property(const Value& object, std::string_view key, EvalContext& context);

}  // namespace skein::functions
