// Clients for tests: raw TCP, so that anything can be sent, and a WebSocket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace skein::http {

// A TCP connection; every read has a deadline of 20 s.
class RawClient {
 public:
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool Send(std::string_view bytes) const;
  // Until the peer closes, or `until` has been seen.
  std::string Read(std::string_view until = {}) const;
  // Whether the peer closes within that time; what it sends meanwhile is thrown away.
  bool Closed(absl::Duration within) const;
  void Close();

 private:
  int fd_ = -1;
};

struct Reply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string Header(std::string_view name) const;
};

// One request on a connection of its own. `headers` are whole lines without line ends; Host and
// Content-Length are added where they are missing.
Reply Call(const std::string& address, std::string_view method, std::string_view target,
           const std::vector<std::string>& headers = {}, std::string_view body = {});

class SocketClient {
 public:
  // Refused: the HTTP status in `status`, and Read() gives nothing.
  SocketClient(const std::string& address, const std::string& target,
               const std::string& origin = {}, const std::string& subprotocol = {});
  ~SocketClient();

  int status() const { return status_; }
  bool Send(const std::string& text);
  // The next text; nullopt: closed, see close_code().
  std::optional<std::string> Read();
  int close_code() const;
  void Close();

 private:
  struct State;
  std::unique_ptr<State> state_;
  int status_ = 0;
};

}  // namespace skein::http
