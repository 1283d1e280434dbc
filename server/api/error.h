// ApiError: what a failed request answers, and how a Status becomes one.
//
// Shape     http status, a machine code (openapi.yaml, schema Error), one sentence, and the place
// in
//           the query where there is one.
// Errors    The message is never another case's data: Status messages are written by that rule.
//           INTERNAL and DATA_LOSS answer a fixed sentence; what happened goes to the server's log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace skein {

struct ApiError {
  int http = 500;
  std::string code = "internal";
  std::string message;
  std::string detail;
  int64_t line = 0;  // 0: none
  int64_t column = 0;
  std::string caret;
  int64_t retry_after_s = 0;  // 0: none
};

// {"error": {…}} as the document describes.
std::string ToJson(const ApiError& error);

// By the Status's code, unless WithApiError() or WithApiCode() has said it all.
ApiError FromStatus(const absl::Status& status);

// The same Status, which FromStatus() will answer with this error.
absl::Status WithApiError(absl::Status status, const ApiError& error);
// … with this machine code and http status, and the Status's own message.
absl::Status WithApiCode(absl::Status status, int http, std::string_view code);

}  // namespace skein
