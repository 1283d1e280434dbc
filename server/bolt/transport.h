// Transport: the bytes of one Bolt connection, whatever carries them: TCP, TLS, WebSocket, or
// WebSocket over TLS. The only header here that shows Boost.
//
// Use       Open() finds out what the client speaks: a TLS handshake where its first byte says so,
//           an HTTP upgrade where it begins with "GET ". Then Read and Write, one of each at a
//           time.
// Refused   Plain bytes where the door asks for TLS; a WebSocket from an Origin that is not on
//           loopback and not listed, since a browser would let any page of the web connect.
// Threads   All on the I/O thread, of which there is one; callbacks come later, never inside a
// call. Lifetime  A callback keeps the transport alive. Source    RFC 6455;
// https://neo4j.com/docs/bolt/current/bolt/handshake/
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace skein::bolt {

struct DoorOptions {
  boost::asio::ssl::context* tls = nullptr;  // nullptr: none is spoken
  bool tls_only = false;                     // an address that is not loopback
  std::vector<std::string> origins;          // beside those on loopback
};

class Transport {
 public:
  using Done = std::function<void(bool ok)>;
  virtual ~Transport() = default;
  // Exactly `n` bytes to `to`.
  virtual void Read(char* to, size_t n, Done done) = 0;
  virtual void Write(const std::string& bytes, Done done) = 0;
  // No more will be written; the peer reads to the end of what was.
  virtual void EndOutput() = 0;
  virtual void Close() = 0;
};

// `opened` gets the transport, or nullptr: refused. Until then `close` (set at once) ends it.
void OpenTransport(boost::asio::ip::tcp::socket socket, const DoorOptions& options,
                   std::function<void()>* close,
                   std::function<void(std::shared_ptr<Transport>)> opened);

// Whether a page of that Origin may connect; no Origin (nullptr) is no page.
bool MayConnect(const std::string* origin, const std::vector<std::string>& allowed);

}  // namespace skein::bolt
