// The errors that functions and operators raise, in one line each; internal to query/functions.
#pragma once

#include <string>

#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::functions {

// An operand or argument of a kind that never fits: operators.
template <typename... Parts>
[[nodiscard]] absl::Status WrongType(const Parts&... parts) {
  return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                        internal::Join(parts...));
}

// An argument that this function cannot take: functions.
template <typename... Parts>
[[nodiscard]] absl::Status WrongArgument(const Parts&... parts) {
  return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentValue,
                        internal::Join(parts...));
}

// A value of the right kind that makes no sense: a date that does not exist, an unknown zone.
template <typename... Parts>
[[nodiscard]] absl::Status BadValue(const Parts&... parts) {
  return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kInvalidArgumentValue,
                        internal::Join(parts...));
}

template <typename... Parts>
[[nodiscard]] absl::Status OutOfRange(const Parts&... parts) {
  return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kNumberOutOfRange,
                        internal::Join(parts...));
}

template <typename... Parts>
[[nodiscard]] absl::Status Overflow(const Parts&... parts) {
  return MakeQueryError(ErrorClass::kArithmeticError, ErrorDetail::kIntegerOverflow,
                        internal::Join(parts...));
}

}  // namespace skein::functions
