// Points; internal to query/functions.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "storage/base/value.h"

namespace skein::functions {

// p.x, p.longitude, p.crs, ...: null where the key is unknown.
absl::StatusOr<Value> PointProperty(const Point& point, std::string_view key);

}  // namespace skein::functions
