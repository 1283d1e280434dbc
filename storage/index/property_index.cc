#include "storage/index/property_index.h"

#include "storage/base/status.h"
#include "storage/keys/value_key.h"
#include "storage/kv/store.h"

namespace skein {
namespace {

KeyRange None() { return {{}, {}, true}; }

// A bound that is comparable with itself has an order: not null, NaN, a point or a duration.
bool Ordered(const Value& v) { return Comparable(v, v).has_value(); }

}  // namespace

absl::StatusOr<std::string> IndexPrefix(const Layout& layout, uint32_t index,
                                        std::span<const Value> values) {
  std::string key = layout.Index(index);
  for (const Value& value : values) SKEIN_RETURN_IF_ERROR(AppendValueKey(value, &key));
  return key;
}

KeyRange EqualRange(const Layout& layout, uint32_t index, std::span<const Value> equal) {
  for (const Value& value : equal) {
    if (Equal(value, value) != true) return None();
  }
  absl::StatusOr<std::string> prefix = IndexPrefix(layout, index, equal);
  if (!prefix.ok()) return None();  // too long, or of a kind that is never stored
  std::string end = PrefixEnd(*prefix);
  return {*std::move(prefix), std::move(end), false};
}

KeyRange ValueRange(const Layout& layout, uint32_t index, std::span<const Value> equal,
                    const std::optional<Value>& low, bool low_inclusive,
                    const std::optional<Value>& high, bool high_inclusive) {
  const KeyRange all = EqualRange(layout, index, equal);
  if (all.none) return all;
  return ValueRangeAfter(all.begin, low, low_inclusive, high, high_inclusive);
}

KeyRange ValueRangeAfter(const std::string& all, const std::optional<Value>& low,
                         bool low_inclusive, const std::optional<Value>& high,
                         bool high_inclusive) {
  if (!low && !high) return {all, PrefixEnd(all), false};
  if ((low && !Ordered(*low)) || (high && !Ordered(*high))) return None();
  if (low && high && !Comparable(*low, *high)) return None();
  KeyRange range;
  const auto bound = [&all](const Value& value, std::string* out) {
    *out = all;
    return AppendValueKey(value, out).ok();
  };
  if (low) {
    if (!bound(*low, &range.begin)) return None();
    if (!low_inclusive) range.begin = PrefixEnd(range.begin);
  } else {
    range.begin = all + ValueKeyKind(*high);
  }
  if (high) {
    if (!bound(*high, &range.end)) return None();
    if (high_inclusive) range.end = PrefixEnd(range.end);
  } else {
    range.end = PrefixEnd(all + ValueKeyKind(*low));
  }
  range.none = range.begin >= range.end;
  return range;
}

}  // namespace skein
