// Keys and coverings of point indexes: where nodes are, and when.
//
// Shape     An entry's key is Layout::Index(id) and
//             '\1'  a geographic point: its S2 cell (8 bytes, big-endian) — the leaf, or of an
//             index
//                   with a moment the cell of level 13 (about 1 km wide) and the moment's value key
//             '\2'  a point of another system, which no cell holds; then the moment's value key
//           then the node. A node has an entry iff it carries the label, the first property is a
//           point, and the second, if the index has one, is there.
// Order     By the curve of the cells, then by moment: nearby points are in few ranges of keys.
// Errors    INVALID_ARGUMENT  a moment that cannot be indexed (value_key.h)
// Cost      A covering is at most kAreaRangesMax ranges, some µs.
// Source    docs/formats/graph.md; S2 geometry, https://s2geometry.io
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/point_area.h"
#include "storage/index/property_index.h"

namespace skein {

inline constexpr size_t kAreaRangesMax = 256;

// Whether point() calls its system geographic.
bool IsGeographic(const Point& point);

// Appends what stands between the index and the node; `moment`: the second property, or nullptr.
absl::Status AppendPointKey(const Point& point, const Value* moment, std::string* key);

// Ranges that hold the entries of all points of the area, and of some around it: whoever asks
// checks the points themselves. Disjoint, ascending.
std::vector<KeyRange> AreaRanges(const Layout& layout, uint32_t index, bool with_moment,
                                 const PointArea& area);

}  // namespace skein
