#include "server/http/message.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kQueryFieldsMax = 64;

const std::string* Find(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return &value;
  }
  return nullptr;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent escapes; in a query '+' is a space. False: a broken escape or NUL.
bool Unescape(std::string_view text, bool plus_is_space, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return false;
    out->push_back(c);
  }
  return true;
}

}  // namespace

void Cancellation::Cancel() {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_.exchange(true)) return;
    // Called under the lock, so that OnCancel(nullptr) waits until nobody uses what it frees.
    if (on_cancel_) on_cancel_();
  }
}

void Cancellation::OnCancel(std::function<void()> on_cancel) {
  const std::lock_guard lock(mutex_);
  on_cancel_ = std::move(on_cancel);
  if (cancelled() && on_cancel_) on_cancel_();
}

const std::string* Request::Header(std::string_view name) const { return Find(headers, name); }
const std::string* Request::Query(std::string_view name) const { return Find(query, name); }

std::string Request::Cookie(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key != "cookie") continue;
    for (size_t at = 0; at < value.size();) {
      const size_t end = std::min(value.find(';', at), value.size());
      std::string_view pair = std::string_view(value).substr(at, end - at);
      while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
      if (pair.size() > name.size() && pair.substr(0, name.size()) == name &&
          pair[name.size()] == '=') {
        return std::string(pair.substr(name.size() + 1));
      }
      at = end + 1;
    }
  }
  return {};
}

Response Response::Json(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(json);
  return response;
}

Response Response::Error(const ApiError& error) {
  Response response = Json(error.http, ToJson(error));
  if (error.retry_after_s > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s));
  }
  return response;
}

Response Response::Error(int status, std::string_view code, std::string_view message) {
  ApiError error;
  error.http = status;
  error.code = std::string(code);
  error.message = std::string(message);
  return Error(error);
}

absl::StatusOr<FileSlice> WholeFile(const std::string& path) {
  std::error_code ec;
  const uint64_t size = std::filesystem::file_size(path, ec);
  if (ec) return NotFound("the file is gone");
  return FileSlice{path, 0, size};
}

absl::Status ParseTarget(std::string_view target, Request* request) {
  if (target.empty() || target[0] != '/') return InvalidArgument("the target is not a path");
  const size_t question = target.find('?');
  if (!Unescape(target.substr(0, question), false, &request->path)) {
    return InvalidArgument("the path has a broken escape");
  }
  if (question == std::string_view::npos) return absl::OkStatus();
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (field.empty()) continue;
    if (request->query.size() >= kQueryFieldsMax) {
      return InvalidArgument("more than ", kQueryFieldsMax, " query fields");
    }
    const size_t equals = std::min(field.find('='), field.size());
    std::string name;
    std::string value;
    if (!Unescape(field.substr(0, equals), true, &name) ||
        !Unescape(field.substr(std::min(equals + 1, field.size())), true, &value)) {
      return InvalidArgument("the query has a broken escape");
    }
    request->query.emplace_back(std::move(name), std::move(value));
  }
  return absl::OkStatus();
}

std::string HttpDate(int64_t seconds) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::FromUnixSeconds(seconds),
                          absl::UTCTimeZone());
}

}  // namespace skein::http
