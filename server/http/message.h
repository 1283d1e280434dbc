// Request and Response: one HTTP exchange, without any trace of the library that carries it.
//
// Shape     Header names are lower case; path and query are percent-decoded, the query's order
// kept. Limits    What arrives here is already within the limits of HttpOptions and of its Route.
// Threads   A Request belongs to one handler; Cancellation may be used from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/error.h"

namespace skein::http {

// Set when the peer has gone or the server stops: whatever works for it should end.
class Cancellation {
 public:
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // Calls every registered function once; a later registration is called at once.
  void Cancel();
  // `on_cancel` may run on another thread until the next call of OnCancel (nullptr: none).
  void OnCancel(std::function<void()> on_cancel);

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::function<void()> on_cancel_;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;
  Fields query;
  Fields headers;
  std::string body;
  std::string peer;                                            // address without port
  bool secure = false;                                         // came over TLS
  std::map<std::string, std::string, std::less<>> parameters;  // {name} of the route
  std::shared_ptr<Cancellation> cancel = std::make_shared<Cancellation>();

  // The first header (query field) of that name, or nullptr.
  const std::string* Header(std::string_view name) const;
  const std::string* Query(std::string_view name) const;
  // A cookie's value; empty: none.
  std::string Cookie(std::string_view name) const;
};

// Part of a file, sent without being read whole.
struct FileSlice {
  std::string path;
  uint64_t offset = 0;
  uint64_t length = 0;
};

struct Response {
  int status = 200;
  Fields headers;
  std::string body;
  std::optional<FileSlice> file;  // instead of body
  // Called once, on a worker, when the last byte has been handed to the system (true) or it is sure
  // that it never will be (false).
  std::function<void(bool whole)> sent;

  static Response Json(int status, std::string json);
  static Response Error(const ApiError& error);
  static Response Error(int status, std::string_view code, std::string_view message);
};

// All of a file, as Response::file takes it. NOT_FOUND.
absl::StatusOr<FileSlice> WholeFile(const std::string& path);

// "/a%20b?q=x" → path and query. INVALID_ARGUMENT: not a path, bad escapes, NUL, more than 64
// fields.
absl::Status ParseTarget(std::string_view target, Request* request);

// Seconds since 1970 as an HTTP date.
std::string HttpDate(int64_t seconds);

}  // namespace skein::http
