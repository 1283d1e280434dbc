// Values as stored in records: compact, exact, self-describing.
//
// Shape     A kind byte, then the payload; integers as zigzag varints, floats as 8 bytes.
// Exact     DecodeValue(EncodeValue(v)) is v: the same kind, the same bits.
// Errors    AppendValue: INVALID_ARGUMENT, a kind that a property cannot hold (null, map, node,
//           link, path), lists nested more than 8 deep. ReadValue: nullopt, malformed.
// Source    docs/formats/values.md
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "storage/base/value.h"
#include "storage/keys/bytes.h"

namespace skein {

// OK iff a property can hold the value.
absl::Status CheckStorable(const Value& value);

absl::Status AppendValue(const Value& value, std::string* out);
std::optional<Value> ReadValue(ByteReader* in);

}  // namespace skein
