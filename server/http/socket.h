// Socket and SocketHandler: a WebSocket as the layers above see it.
//
// Order     OnOpen, then OnText for each message in order, then OnClosed once; never two at a time.
//           The next message is read only after OnText has returned: that is the back-pressure.
// Limits    Unsent bytes over HttpOptions::socket_bytes_max close the socket with 4408.
// Threads   Socket: any thread. SocketHandler: called on worker threads.
// Lifetime  The server keeps the handler until OnClosed has returned; the handler may keep the
//           Socket as long as it likes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace skein::http {

class Socket {
 public:
  virtual ~Socket() = default;
  // Queues one text message; after Close nothing is sent.
  virtual void Send(std::shared_ptr<const std::string> text) = 0;
  // Sends what is queued, then a close frame; a peer that does not answer is cut off.
  virtual void Close(uint16_t code, std::string_view reason) = 0;
};

class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  virtual void OnOpen(std::shared_ptr<Socket> socket) = 0;
  virtual void OnText(std::string_view text) = 0;
  virtual void OnClosed() = 0;
};

}  // namespace skein::http
