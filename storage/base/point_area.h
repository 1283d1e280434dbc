// PointArea: where and when, for look-ups of point indexes (Reader::SeekIndexArea).
//
// Shape     A circle around `center`, or the box between `center` and `corner`; and, of an index
//           with a moment, which moments. Both points of a box are of one coordinate system, else
//           it holds nothing; nor does a radius that is negative or NaN.
// Units     Metres where the system is geographic, that of point.distance(); else the system's own.
// Threads   A value: copied freely, no locks.
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
