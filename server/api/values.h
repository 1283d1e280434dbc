// The value codec of the HTTP API: Value to JSON and back, as openapi.yaml ("Values") states.
//
// Shape     Integers beyond ±(2^53−1), NaN, infinities, temporal values, points, bytes, nodes,
// links
//           and paths travel as {"$type": …}; everything else is plain JSON.
// Ids       Node and link ids leave and enter only through ElementIds, which enciphers them.
// Errors    Reading: INVALID_ARGUMENT names what is wrong with the value, and its text.
// Cost      Linear. Depth is that of the value; lists deeper than kValueDepthMax are written as
// null
//           with WriteValue returning false, so that one row cannot overflow the stack.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/api/json.h"
#include "storage/base/ids.h"
#include "storage/base/value.h"

namespace skein {

inline constexpr size_t kValueDepthMax = 64;
inline constexpr int64_t kJsonIntegerMax = (int64_t{1} << 53) - 1;

// Ids as the API spells them: n<digits>, l<digits>. Decoding gives INVALID_ARGUMENT.
struct ElementIds {
  std::function<int64_t(NodeId)> encode_node;
  std::function<int64_t(LinkId)> encode_link;
  std::function<absl::StatusOr<NodeId>(int64_t)> decode_node;
  std::function<absl::StatusOr<LinkId>(int64_t)> decode_link;

  std::string Text(NodeId id) const { return "n" + std::to_string(encode_node(id)); }
  std::string Text(LinkId id) const { return "l" + std::to_string(encode_link(id)); }
};

// The kind letter ('n' or 'l') and number of an id's text; INVALID_ARGUMENT where it is none.
struct ElementIdText {
  char kind = 'n';
  int64_t number = 0;
};
absl::StatusOr<ElementIdText> ParseElementId(std::string_view text);
absl::StatusOr<NodeId> ParseNodeId(std::string_view text, const ElementIds& ids);
absl::StatusOr<LinkId> ParseLinkId(std::string_view text, const ElementIds& ids);

// False: something was nested too deeply and was written as null.
bool WriteValue(const Value& value, const ElementIds& ids, JsonWriter* out);

absl::StatusOr<Value> ReadValue(const Json& json, const ElementIds& ids);
// Parameters of a query: an object; absent (nullptr) or null is an empty map.
absl::StatusOr<ValueMap> ReadParameters(const Json* json, const ElementIds& ids);

// ISO 8601 text as TemporalText() prints it, of the kinds date, localtime, time, localdatetime,
// datetime and duration.
absl::StatusOr<Value> ParseTemporal(std::string_view kind, std::string_view text);

}  // namespace skein
