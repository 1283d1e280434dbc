// PointArea: where and when, for look-ups of point indexes (Reader::SeekIndexArea).
#pragma once

#include <optional>

#include "storage/base/value.h"

namespace skein {

// A circle or a box, and of which times.
struct PointArea {
  Point center;  // of a circle; of a box its lower left corner
  Point corner;  // of a box, the upper right one; west of the other: across the 180th meridian
  double radius = 0;
  bool is_box = false;
  // Of the index's second property, as IndexRange has them.
  std::optional<Value> low, high;
  bool low_inclusive = true, high_inclusive = true;
};

}  // namespace skein
