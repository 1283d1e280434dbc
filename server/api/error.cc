#include "server/api/error.h"

#include <charconv>

#include "absl/strings/cord.h"
#include "server/api/json.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr char kPayload[] = "skein.api/code";

struct Row {
  int http;
  const char* code;
};

Row ByCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return {400, "bad_request"};
    case absl::StatusCode::kUnauthenticated:
      return {401, "unauthenticated"};
    case absl::StatusCode::kPermissionDenied:
      return {403, "forbidden"};
    case absl::StatusCode::kNotFound:
      return {404, "not_found"};
    case absl::StatusCode::kAlreadyExists:
      return {409, "exists"};
    case absl::StatusCode::kAborted:
      return {409, "conflict"};
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kResourceExhausted:
      return {422, "refused"};
    case absl::StatusCode::kCancelled:
      return {499, "cancelled"};
    case absl::StatusCode::kDeadlineExceeded:
      return {504, "deadline_exceeded"};
    case absl::StatusCode::kUnavailable:
      return {503, "unavailable"};
    default:
      return {500, "internal"};
  }
}

// What WithApiError() wrote: "403 {"error": …}".
ApiError FromPayload(const std::string& payload) {
  ApiError error;
  std::from_chars(payload.data(), payload.data() + payload.size(), error.http);
  const auto json = Json::Parse(std::string_view(payload).substr(payload.find(' ') + 1));
  SKEIN_CHECK(json.ok());
  const Json& body = *json->Find("error");
  const auto text = [&](std::string_view key, std::string* out) {
    if (const Json* v = body.Find(key); v != nullptr) *out = v->string();
  };
  const auto number = [&](std::string_view key, int64_t* out) {
    if (const Json* v = body.Find(key); v != nullptr) *out = v->integer();
  };
  text("code", &error.code);
  text("message", &error.message);
  text("detail", &error.detail);
  text("caret", &error.caret);
  number("line", &error.line);
  number("column", &error.column);
  number("retry_after_s", &error.retry_after_s);
  return error;
}

}  // namespace

std::string ToJson(const ApiError& error) {
  JsonWriter out;
  out.BeginObject().Key("error").BeginObject();
  out.Member("code", error.code).Member("message", error.message);
  if (!error.detail.empty()) out.Member("detail", error.detail);
  if (error.line > 0) out.Member("line", error.line);
  if (error.column > 0) out.Member("column", error.column);
  if (!error.caret.empty()) out.Member("caret", error.caret);
  if (error.retry_after_s > 0) out.Member("retry_after_s", error.retry_after_s);
  out.EndObject().EndObject();
  return out.Take();
}

ApiError FromStatus(const absl::Status& status) {
  ApiError error;
  const Row row = ByCode(status.code());
  error.http = row.http;
  error.code = row.code;
  error.message = std::string(Message(status));
  if (const auto payload = status.GetPayload(kPayload); payload.has_value()) {
    return FromPayload(std::string(*payload));
  }
  if (error.http == 500) error.message = "the server failed; its log says why";
  return error;
}

absl::Status WithApiError(absl::Status status, const ApiError& error) {
  const std::string payload = std::to_string(error.http) + " " + ToJson(error);
  status.SetPayload(kPayload, absl::Cord(ToAbsl(payload)));
  return status;
}

absl::Status WithApiCode(absl::Status status, int http, std::string_view code) {
  ApiError error;
  error.http = http;
  error.code = std::string(code);
  error.message = std::string(Message(status));
  return WithApiError(std::move(status), error);
}

}  // namespace skein
