// Valid time: when a fact held in the world, as windows that storage understands.
//
// A date stands for its whole day, a date-time without a zone for one in UTC.
#pragma once

#include "absl/status/statusor.h"
#include "storage/base/ids.h"
#include "storage/base/value.h"

namespace skein::functions {

// The window of FOR VALID_TIME AS OF from (`to` is null then) or BETWEEN from AND to, both
// included. ArgumentError/InvalidArgumentValue: neither a date nor a date-time.
absl::StatusOr<ValidTime> WindowOf(const Value& from, const Value& to);

// Does a fact of this valid time hold at some moment of the window? (Reader's rule.)
bool HoldsIn(const ValidTime& fact, const ValidTime& window);

}  // namespace skein::functions
