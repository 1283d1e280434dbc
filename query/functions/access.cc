// object[index], object[from..to] and object.key.
#include "query/functions/errors.h"
#include "query/functions/operators.h"
#include "query/functions/point.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

absl::StatusOr<Value> ListElement(const ValueList& list, const Value& index) {
  if (index.kind() != ValueKind::kInteger) {
    return MakeQueryError(
        ErrorClass::kTypeError, ErrorDetail::kListElementAccessByNonInteger,
        internal::Join("a list is indexed by INTEGER, not ", KindName(index.kind())));
  }
  const auto size = static_cast<int64_t>(list.size());
  int64_t at = index.integer();
  if (at < 0) at += size;  // from the end
  if (at < 0 || at >= size) return Value::Null();
  return list[static_cast<size_t>(at)];
}

absl::Status NonStringKey(const Value& object, const Value& index) {
  return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kMapElementAccessByNonString,
                        internal::Join(KindName(object.kind()), " is indexed by STRING, not ",
                                       KindName(index.kind())));
}

// A bound of a slice as a position within 0 … size.
int64_t Clamp(int64_t bound, int64_t size) {
  if (bound < 0) bound += size;
  return std::min(std::max<int64_t>(bound, 0), size);
}

}  // namespace

absl::StatusOr<Value> Index(const Value& object, const Value& index, EvalContext& context) {
  if (object.is_null() || index.is_null()) return Value::Null();
  switch (object.kind()) {
    case ValueKind::kList:
      return ListElement(object.list(), index);
    case ValueKind::kMap:
    case ValueKind::kNode:
    case ValueKind::kLink:
      if (index.kind() != ValueKind::kString) return NonStringKey(object, index);
      return Property(object, index.string(), context);
    default:
      return WrongType("no element access on ", KindName(object.kind()));
  }
}

absl::StatusOr<Value> Slice(const Value& object, const SliceBounds& bounds, EvalContext& context) {
  if (object.is_null()) return Value::Null();
  if (object.kind() != ValueKind::kList) return WrongType("no slice of ", KindName(object.kind()));
  const ValueList& list = object.list();
  const auto size = static_cast<int64_t>(list.size());
  int64_t from = 0;
  int64_t to = size;
  for (const auto& [given, bound, out] : {std::tuple(bounds.has_from, &bounds.from, &from),
                                          std::tuple(bounds.has_to, &bounds.to, &to)}) {
    if (!given) continue;
    if (bound->is_null()) return Value::Null();
    if (bound->kind() != ValueKind::kInteger) {
      return WrongType("a slice is bounded by INTEGER, not ", KindName(bound->kind()));
    }
    *out = Clamp(bound->integer(), size);
  }
  if (from >= to) return MakeList({}, context);
  return MakeList(ValueList(list.begin() + from, list.begin() + to), context);
}

absl::StatusOr<Value> Property(const Value& object, std::string_view key, EvalContext& context) {
  switch (object.kind()) {
    case ValueKind::kNull:
      return Value::Null();
    case ValueKind::kMap: {
      const Value* found = object.Find(key);
      return found == nullptr ? Value::Null() : *found;
    }
    case ValueKind::kNode:
      return context.PropertyOf(object.node(), key);
    case ValueKind::kLink:
      return context.PropertyOf(object.link(), key);
    case ValueKind::kPoint:
      return PointProperty(object.point(), key);
    case ValueKind::kDate:
    case ValueKind::kLocalTime:
    case ValueKind::kTime:
    case ValueKind::kLocalDateTime:
    case ValueKind::kDateTime:
    case ValueKind::kDuration:
      return TemporalProperty(object, key);
    default:
      return WrongType("no property access on ", KindName(object.kind()));
  }
}

}  // namespace skein::functions
