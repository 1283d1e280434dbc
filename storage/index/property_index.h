// Keys and ranges of property indexes (range and unique).
//
// Shape     An entry's key is Layout::Index(id), the values in order (keys/value_key.h), the node.
//           A node has an entry iff it carries the label and every one of the index's properties.
// Order     By values as Compare() orders them, then by node id.
// Errors    INVALID_ARGUMENT  a value that cannot be indexed (kind, or more than 8,192 bytes)
// Source    docs/formats/graph.md
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "storage/base/value.h"
#include "storage/keys/layout.h"

namespace skein {

// Half-open range of keys; empty() if nothing can be in it.
struct KeyRange {
  std::string begin, end;
  bool none = false;
};

// Layout::Index(index) and the values, without the node; every entry of these values begins so.
absl::StatusOr<std::string> IndexPrefix(const Layout& layout, uint32_t index,
                                        std::span<const Value> values);

// Entries whose first values equal `equal`. Values that equal nothing (null, NaN, kinds that no
// property holds) give none.
KeyRange EqualRange(const Layout& layout, uint32_t index, std::span<const Value> equal);

// Entries whose first values equal `equal` and whose next lies between; either bound may be open,
// then the range ends with the other bound's kind. Bounds that do not compare give none.
KeyRange ValueRange(const Layout& layout, uint32_t index, std::span<const Value> equal,
                    const std::optional<Value>& low, bool low_inclusive,
                    const std::optional<Value>& high, bool high_inclusive);

// The same where `equal` has been written already: of the keys that begin with `prefix`, those
// whose next value lies between.
KeyRange ValueRangeAfter(const std::string& prefix, const std::optional<Value>& low,
                         bool low_inclusive, const std::optional<Value>& high, bool high_inclusive);

}  // namespace skein
