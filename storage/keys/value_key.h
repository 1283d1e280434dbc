// Order-preserving keys of values: what range and unique indexes are sorted by.
//
// Order     EncodeValueKey(a) < EncodeValueKey(b), by bytes, iff Compare(a, b) < 0; the keys are
//           equal iff SameValue(a, b): 1 and 1.0 have one key, and so have 0.0 and −0.0. No key is
//           a prefix of another, so keys concatenate (composite indexes).
// Kinds     Those a property can hold: not null, map, node, link, path, nor lists of them.
// Errors    INVALID_ARGUMENT  a kind without a key, lists nested more than 8 deep, or a key longer
//                             than 8,192 bytes
// Source    docs/formats/values.md
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "storage/base/value.h"

namespace skein {

inline constexpr size_t kValueKeyBytesMax = 8192;
inline constexpr int kListDepthMax = 8;

absl::Status AppendValueKey(const Value& value, std::string* out);

// The value back, up to SameValue: a whole number comes back as an integer where it fits one.
// DATA_LOSS: malformed.
absl::StatusOr<Value> DecodeValueKey(std::string_view key);

// First byte of the keys of values that `value` compares with (numbers, strings, …): a range with
// one open end stays within its kind.
char ValueKeyKind(const Value& value);

}  // namespace skein
