#include "server/http/arguments.h"

#include <charconv>

#include "server/api/values.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

absl::Status CheckLength(std::string_view name, const std::string& text, TextBounds bounds) {
  if (text.size() < bounds.least || text.size() > bounds.most) {
    return BadParameter(name, "needs " + std::to_string(bounds.least) + " to " +
                                  std::to_string(bounds.most) + " bytes, has " +
                                  std::to_string(text.size()));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(std::string_view name, int64_t v, IntegerBounds bounds) {
  if (v < bounds.least || v > bounds.most) {
    return BadParameter(name, "is " + std::to_string(v) + ", allowed are " +
                                  std::to_string(bounds.least) + " to " +
                                  std::to_string(bounds.most));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BadParameter(std::string_view name, std::string_view what) {
  return WithApiCode(InvalidArgument(name, " ", what), 400, "bad_parameter");
}

absl::StatusOr<Json> ReadBody(const Request& request) {
  const std::string* type = request.Header("content-type");
  if (type == nullptr || !type->starts_with("application/json")) {
    return WithApiCode(InvalidArgument("the body must be application/json"), 415,
                       "unsupported_media_type");
  }
  auto json = Json::Parse(request.body, {.bytes = request.body.size() + 1, .depth = 64});
  if (!json.ok()) {
    return WithApiCode(InvalidArgument(Message(json.status())), 400, "bad_json");
  }
  if (!json->is_object()) return WithApiCode(InvalidArgument("no JSON object"), 400, "bad_json");
  return json;
}

absl::StatusOr<std::string> Text(const Json& body, std::string_view name, TextBounds bounds) {
  const Json* v = body.Find(name);
  if (v == nullptr || !v->is_string()) return BadParameter(name, "is missing, or is no string");
  SKEIN_RETURN_IF_ERROR(CheckLength(name, v->string(), bounds));
  return v->string();
}

absl::StatusOr<std::string> Text(const Json& body, std::string_view name, TextBounds bounds,
                                 std::string_view missing) {
  const Json* v = body.Find(name);
  if (v == nullptr || v->is_null()) return std::string(missing);
  return Text(body, name, bounds);
}

absl::StatusOr<int64_t> Integer(const Json& body, std::string_view name, IntegerBounds bounds,
                                int64_t missing) {
  const Json* v = body.Find(name);
  if (v == nullptr || v->is_null()) return missing;
  if (!v->is_integer()) return BadParameter(name, "is no integer");
  SKEIN_RETURN_IF_ERROR(CheckRange(name, v->integer(), bounds));
  return v->integer();
}

absl::StatusOr<bool> Flag(const Json& body, std::string_view name, bool missing) {
  const Json* v = body.Find(name);
  if (v == nullptr || v->is_null()) return missing;
  if (!v->is_boolean()) return BadParameter(name, "is neither true nor false");
  return v->boolean();
}

absl::StatusOr<std::vector<std::string>> Texts(const Json& body, std::string_view name,
                                               size_t most) {
  std::vector<std::string> texts;
  const Json* v = body.Find(name);
  if (v == nullptr || v->is_null()) return texts;
  if (!v->is_array() || v->array().size() > most) {
    return BadParameter(name, "is a list of at most " + std::to_string(most));
  }
  for (const Json& item : v->array()) {
    if (!item.is_string()) return BadParameter(name, "is a list of strings");
    texts.push_back(item.string());
  }
  return texts;
}

absl::StatusOr<std::string> QueryText(const Request& request, std::string_view name,
                                      TextBounds bounds) {
  const std::string* v = request.Query(name);
  const std::string text = v == nullptr ? "" : *v;
  SKEIN_RETURN_IF_ERROR(CheckLength(name, text, bounds));
  return text;
}

absl::StatusOr<int64_t> QueryInteger(const Request& request, std::string_view name,
                                     IntegerBounds bounds, int64_t missing) {
  const std::string* v = request.Query(name);
  if (v == nullptr || v->empty()) return missing;
  int64_t n = 0;
  const auto [end, error] = std::from_chars(v->data(), v->data() + v->size(), n);
  if (error != std::errc() || end != v->data() + v->size()) {
    return BadParameter(name, "is no integer");
  }
  SKEIN_RETURN_IF_ERROR(CheckRange(name, n, bounds));
  return n;
}

absl::StatusOr<IdArgument> ReadId(std::string_view text, char kind) {
  const auto id = ParseElementId(text);
  if (!id.ok() || (kind != 0 && id->kind != kind)) {
    return WithApiCode(InvalidArgument("not ", kind == 'n' ? "a node" : "an element", " id: \"",
                                       text.substr(0, 32), "\""),
                       400, "bad_id");
  }
  return IdArgument{id->kind, id->number};
}

absl::StatusOr<ValidTime> BodyWindow(const Json& body) {
  ValidTime window;
  SKEIN_ASSIGN_OR_RETURN(window.from, Integer(body, "from_us", {}, kTimeMin));
  SKEIN_ASSIGN_OR_RETURN(window.to, Integer(body, "to_us", {}, kTimeMax));
  if (window.from >= window.to) return BadParameter("to_us", "is not after from_us");
  return window;
}

}  // namespace skein::http
