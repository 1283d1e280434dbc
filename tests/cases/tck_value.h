// TCK values: the expectations' notation and the engine's values, both to one canonical text.
//
// Two values are equal for the TCK iff their texts are: 1 is not 1.0; NaN is NaN; 0.0 is −0.0;
// labels and keys are unordered; temporal values are their text.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "query/engine/elements.h"
#include "storage/base/value.h"

namespace skein::tck {

// Of a cell of a result table.
absl::StatusOr<std::string> CanonOfText(const std::string& cell, bool any_list_order);
// Of a value of a cursor's row, whose elements were loaded.
std::string CanonOf(const Value& v, const Elements& elements, bool any_list_order);
// A cell of a parameter table.
absl::StatusOr<Value> ParameterOf(const std::string& cell);

}  // namespace skein::tck
