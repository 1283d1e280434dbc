// ParseLiteral: the value that a text spells as a literal of the language.
//
// Shape     null, booleans, numbers, strings in quotes, lists and maps of these.
// Errors    INVALID_ARGUMENT: the text is no literal (a name, a call, an operator, a parameter).
// Threads   Pure.
// Use       Command-line parameters: what is no literal stands for itself, as a string.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "storage/base/value.h"

namespace skein {

absl::StatusOr<Value> ParseLiteral(std::string_view text);

}  // namespace skein
