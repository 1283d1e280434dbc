// Lists, maps and nulls.
#include <algorithm>

#include "query/functions/errors.h"
#include "query/functions/groups.h"
#include "query/functions/text.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

Result EvalHead(Args args, EvalContext&) {
  const ValueList& list = args[0].list();
  return list.empty() ? Value::Null() : list.front();
}

Result EvalLast(Args args, EvalContext&) {
  const ValueList& list = args[0].list();
  return list.empty() ? Value::Null() : list.back();
}

Result EvalTail(Args args, EvalContext& context) {
  const ValueList& list = args[0].list();
  if (list.empty()) return args[0];
  return MakeList(ValueList(list.begin() + 1, list.end()), context);
}

Result EvalSize(Args args, EvalContext&) {
  switch (args[0].kind()) {
    case ValueKind::kString:
      return Value::Integer(CodePoints(args[0].string()));
    case ValueKind::kBytes:
      return Value::Integer(static_cast<int64_t>(args[0].bytes().size()));
    default:
      return Value::Integer(static_cast<int64_t>(args[0].list().size()));
  }
}

Result EvalIsEmpty(Args args, EvalContext&) {
  switch (args[0].kind()) {
    case ValueKind::kString:
      return Value::Boolean(args[0].string().empty());
    case ValueKind::kMap:
      return Value::Boolean(args[0].map().empty());
    default:
      return Value::Boolean(args[0].list().empty());
  }
}

Result EvalReverse(Args args, EvalContext& context) {
  if (args[0].kind() == ValueKind::kString) {
    return MakeString(ReversedText(args[0].string()), context);
  }
  return MakeList(ValueList(args[0].list().rbegin(), args[0].list().rend()), context);
}

// Both ends included.
Result EvalRange(Args args, EvalContext& context) {
  const int64_t start = args[0].integer();
  const int64_t end = args[1].integer();
  const int64_t step = args.size() > 2 ? args[2].integer() : 1;
  if (step == 0) return OutOfRange("range() takes a step that is not 0");
  const __int128 distance = static_cast<__int128>(end) - start;
  if ((distance < 0) != (step < 0) && distance != 0) return MakeList({}, context);
  const auto size = static_cast<uint64_t>(distance / step) + 1;
  constexpr uint64_t kSizeMax = uint64_t{1} << 40;  // keeps the charge from overflowing
  SKEIN_RETURN_IF_ERROR(context.Charge(std::min(size, kSizeMax) * sizeof(Value)));
  ValueList items;
  items.reserve(size);
  for (uint64_t i = 0; i < size; ++i) {
    items.push_back(Value::Integer(
        static_cast<int64_t>(static_cast<__int128>(start) + static_cast<__int128>(i) * step)));
  }
  return Value::List(std::move(items));
}

Result EvalCoalesce(Args args, EvalContext&) {
  const auto found =
      std::find_if(args.begin(), args.end(), [](const Value& v) { return !v.is_null(); });
  return found == args.end() ? Value::Null() : *found;
}

Result EvalNullIf(Args args, EvalContext&) {
  return Equal(args[0], args[1]) == true ? Value::Null() : args[0];
}

Result EvalListSort(Args args, EvalContext& context) {
  ValueList items = args[0].list();
  std::stable_sort(items.begin(), items.end(),
                   [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
  return MakeList(std::move(items), context);
}

constexpr FunctionDef kListFunctions[] = {
    {.name = "head",
     .args = {Type::kList},
     .returns = Type::kAny,
     .doc = "The first element; null of an empty list.",
     .example = {"head([1, 2])", "1"},
     .eval = &EvalHead},
    {.name = "last",
     .args = {Type::kList},
     .returns = Type::kAny,
     .doc = "The last element; null of an empty list.",
     .example = {"last([1, 2])", "2"},
     .eval = &EvalLast},
    {.name = "tail",
     .args = {Type::kList},
     .returns = Type::kList,
     .doc = "All elements but the first.",
     .example = {"tail([1, 2, 3])", "[2, 3]"},
     .eval = &EvalTail},
    {.name = "size",
     .args = {Type::kList | Type::kString | Type::kBytes},
     .returns = Type::kInteger,
     .doc = "How many elements a list or how many characters a text has.",
     .example = {"size([1, null])", "2"},
     .eval = &EvalSize},
    {.name = "isEmpty",
     .args = {Type::kList | Type::kString | Type::kMap},
     .returns = Type::kBoolean,
     .doc = "Whether there is nothing in a list, a map or a text.",
     .example = {"isEmpty({})", "true"},
     .eval = &EvalIsEmpty},
    {.name = "reverse",
     .args = {Type::kList | Type::kString},
     .returns = Type::kList | Type::kString,
     .doc = "The elements of a list or the characters of a text, the last first.",
     .example = {"reverse([1, 2, 3])", "[3, 2, 1]"},
     .eval = &EvalReverse},
    {.name = "list.sort",
     .args = {Type::kList},
     .returns = Type::kList,
     .doc = "The elements in the order of ORDER BY.",
     .example = {"list.sort([2, null, 'a', 1])", "['a', 1, 2, null]"},
     .eval = &EvalListSort},
    {.name = "range",
     .args = {Type::kInteger, Type::kInteger, Type::kInteger},
     .required = 2,
     .returns = Type::kList,
     .doc = "The integers from the first to the second, both included, in steps.",
     .example = {"range(10, 0, -5)", "[10, 5, 0]"},
     .eval = &EvalRange},
    {.name = "coalesce",
     .args = {Type::kAny},
     .variadic = true,
     .returns = Type::kAny,
     .nulls = Nulls::kHandle,
     .doc = "The first argument that is not null.",
     .example = {"coalesce(null, 2, 3)", "2"},
     .eval = &EvalCoalesce},
    {.name = "nullIf",
     .args = {Type::kAny, Type::kAny},
     .returns = Type::kAny,
     .nulls = Nulls::kHandle,
     .doc = "Null if the two are equal, else the first.",
     .example = {"nullIf('-', '-')", "null"},
     .eval = &EvalNullIf},
};

}  // namespace

void AddListFunctions(FunctionRegistry& out) { out.AddAll(kListFunctions); }

}  // namespace skein::functions
