// BoltServer: Bolt over TCP and WebSocket, with or without TLS, for standard graph drivers.
//
// Use       Start() binds and listens before it returns; the destructor closes every connection,
//           cancels what they run and joins the threads (< 5 s).
// Limits    connections_max; opening and handshake within 10 s; sign-in within 30 s; a message
//           within 60 s of its first byte, 4 KiB before sign-in; idle connections are kept (drivers
//           pool them); output is bounded a connection (Session::kOutputHigh), a client that reads
//           nothing for 60 s while output waits is dropped. None of them holds a worker.
// TLS       With a certificate: 1.3 alone; on loopback plain connections are taken, too.
// Errors    INVALID_ARGUMENT  not HOST:PORT
//           FAILED_PRECONDITION  an address that is not loopback, without TLS
//           UNAVAILABLE       the address is taken or not ours, named
// Threads   One I/O thread; statements run on `workers` threads.
// Source    https://neo4j.com/docs/bolt/current/bolt/handshake/
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/bolt/backend.h"

namespace skein::bolt {

struct BoltOptions {
  std::string address = "127.0.0.1:7687";  // port 0: any free one
  int connections_max = 1000;
  int workers = 8;
  std::string tls_cert, tls_key;     // PEM files; both or none
  std::vector<std::string> origins;  // of web pages that may connect, beside those on loopback
  absl::Duration opening = absl::Seconds(10);
  absl::Duration sign_in = absl::Seconds(30);
  absl::Duration message = absl::Seconds(60);
  absl::Duration write = absl::Seconds(60);
};

class BoltServer {
 public:
  // Borrows the backend.
  static absl::StatusOr<std::unique_ptr<BoltServer>> Start(Backend& backend,
                                                           const BoltOptions& options);
  virtual ~BoltServer() = default;
  virtual std::string address() const = 0;  // HOST:PORT as bound
};

}  // namespace skein::bolt
