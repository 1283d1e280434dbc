// BoltServer: Bolt over TCP for standard graph drivers.
//
// Use       Start() binds and listens before it returns; the destructor closes every connection,
//           cancels what they run and joins the threads (< 5 s).
// Limits    connections_max; a handshake within 10 s; sign-in within 30 s; idle connections are
// kept
//           (drivers pool them); output is bounded a connection (Session::kOutputHigh), a client
//           that reads nothing for 60 s while output waits is dropped.
// Errors    INVALID_ARGUMENT  not HOST:PORT
//           UNAVAILABLE       the address is taken or not ours, named
// Threads   One I/O thread; statements run on `workers` threads.
// Source    https://neo4j.com/docs/bolt/current/bolt/handshake/
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/bolt/backend.h"

namespace skein::bolt {

struct BoltOptions {
  std::string address = "127.0.0.1:7687";  // port 0: any free one
  int connections_max = 1000;
  int workers = 8;
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
