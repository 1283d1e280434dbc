// Arguments of API calls: typed reads from a body or a query string, each with its bound.
//
// Errors    INVALID_ARGUMENT with a machine code: bad_json, bad_parameter (names it), bad_id;
//           415 unsupported_media_type for a body that is not JSON.
// Threads   Pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/json.h"
#include "server/http/message.h"
#include "storage/base/ids.h"

namespace skein::http {

absl::Status BadParameter(std::string_view name, std::string_view what);

// The body as a JSON object.
absl::StatusOr<Json> ReadBody(const Request& request);

struct TextBounds {
  size_t least = 1, most = 256;  // bytes
};
struct IntegerBounds {
  int64_t least = std::numeric_limits<int64_t>::min();
  int64_t most = std::numeric_limits<int64_t>::max();
};

// A member that must be there.
absl::StatusOr<std::string> Text(const Json& body, std::string_view name, TextBounds bounds = {});
// Members that may be missing (or null).
absl::StatusOr<std::string> Text(const Json& body, std::string_view name, TextBounds bounds,
                                 std::string_view missing);
absl::StatusOr<int64_t> Integer(const Json& body, std::string_view name, IntegerBounds bounds,
                                int64_t missing);
absl::StatusOr<bool> Flag(const Json& body, std::string_view name, bool missing);
absl::StatusOr<std::vector<std::string>> Texts(const Json& body, std::string_view name,
                                               size_t most);

// The same of a query string.
absl::StatusOr<std::string> QueryText(const Request& request, std::string_view name,
                                      TextBounds bounds);
absl::StatusOr<int64_t> QueryInteger(const Request& request, std::string_view name,
                                     IntegerBounds bounds, int64_t missing);

// "n17" or "l9"; `kind` 'n' or 'l' restricts it.
struct IdArgument {
  char kind = 'n';
  int64_t number = 0;
};
absl::StatusOr<IdArgument> ReadId(std::string_view text, char kind = 0);

// from_us and to_us of a body; missing ends are open.
absl::StatusOr<ValidTime> BodyWindow(const Json& body);

}  // namespace skein::http
