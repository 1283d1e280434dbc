// HttpServer: HTTP/1.1, WebSocket and TLS on one port; the only thing that listens to people.
//
// Use       Start() binds and listens before it returns; the destructor (or Stop) closes every
//           connection, cancels what runs for it and joins the threads, within `stop`.
// Limits    All of HttpOptions; a request over one is answered 400, 408, 413, 429 or 431, then the
//           connection closes. Nothing is read that no limit covers.
// Refused   Requests with a foreign Host (400 bad_host) or Origin (403 bad_origin), and
// state-changing
//           ones without the header X-Skein (403 csrf): guard.h.
// Errors    INVALID_ARGUMENT     not HOST:PORT, or a certificate that does not load
//           FAILED_PRECONDITION  an address that is not loopback, without TLS
//           UNAVAILABLE          the address is taken or not ours
// Threads   Handlers run on `workers` threads and may block; two threads move bytes.
// Source    RFC 9110, 9112, 6455; Boost.Beast 1.81, behind this header.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/http/router.h"

namespace skein::http {

struct HttpOptions {
  std::string address = "127.0.0.1:8700";  // port 0: any free one
  std::string tls_cert, tls_key;           // PEM files; both or none
  std::vector<std::string> hosts;          // names (without port) by which we are also called
  int workers = 16;
  size_t queue_max = 256;  // requests that wait for a worker; more are 429
  size_t connections_max = 12'000;
  size_t header_bytes_max = size_t{16} << 10;
  size_t socket_message_max = size_t{256} << 10;
  size_t socket_bytes_max = size_t{1} << 20;  // unsent to one client
  absl::Duration header = absl::Seconds(10);  // from the first byte to the end of the header
  absl::Duration body = absl::Seconds(30);    // the whole body
  absl::Duration idle = absl::Seconds(75);    // between requests
  absl::Duration write = absl::Seconds(30);   // per 64 KiB
  absl::Duration stop = absl::Seconds(5);
};

class HttpServer {
 public:
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Router router,
                                                           const HttpOptions& options);
  virtual ~HttpServer() = default;
  virtual std::string address() const = 0;  // HOST:PORT as bound
  // Runs `task` on a worker every `period`, never two at a time, until the server stops.
  virtual void Every(absl::Duration period, std::function<void()> task) = 0;
  virtual void Stop() = 0;
};

}  // namespace skein::http
