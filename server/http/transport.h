// What connections and sockets of one server share; the only header here that shows Boost.
//
// Threads   Context is made before the first connection; its counters and registry are guarded.
// Lifetime  Context outlives every connection, the pool's tasks and the I/O threads.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "server/http/guard.h"
#include "server/http/pool.h"
#include "server/http/router.h"
#include "server/http/server.h"

namespace skein::http {

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;
using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;

// A connection that can be told to end; from any thread.
class Ending {
 public:
  virtual ~Ending() = default;
  virtual void End() = 0;    // politely: finish the answer, say goodbye
  virtual void Abort() = 0;  // now
};

struct Context {
  Context(Router r, const HttpOptions& o)
      : router(std::move(r)), options(o), pool(o.workers, o.queue_max) {}

  void Enter(Ending* connection);
  void Leave(Ending* connection);
  size_t Count();
  void EndAll(bool abort);
  bool stopping();

 private:
  // Before `io`: connections that its destructor destroys still leave the registry.
  std::mutex mutex_;
  std::set<Ending*> connections_;
  bool stopping_ = false;

 public:
  const Router router;
  const HttpOptions options;
  GuardOptions guard;
  std::optional<boost::asio::ssl::context> tls;
  boost::asio::io_context io;
  WorkerPool pool;
};

// Runs one accepted connection until it ends. `local` is HOST:PORT it came to.
void StartPlain(Context& context, boost::asio::ip::tcp::socket socket);
void StartTls(Context& context, boost::asio::ip::tcp::socket socket);

// Takes over a stream whose request asked for a WebSocket.
template <typename Stream>
void StartSocket(Context& context, Stream stream, BeastRequest request, const Route& route,
                 std::shared_ptr<SocketHandler> handler);
extern template void StartSocket(Context&, PlainStream, BeastRequest, const Route&,
                                 std::shared_ptr<SocketHandler>);
extern template void StartSocket(Context&, TlsStream, BeastRequest, const Route&,
                                 std::shared_ptr<SocketHandler>);

inline std::chrono::milliseconds ToChrono(absl::Duration d) {
  return absl::ToChronoMilliseconds(d);
}

}  // namespace skein::http
