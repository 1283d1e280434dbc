#include "server/bolt/transport.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <utility>

namespace skein::bolt {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = beast::ssl_stream<tcp::socket>;

constexpr uint8_t kTlsHandshake = 0x16;
constexpr size_t kFrameMax = size_t{1} << 20;  // of a WebSocket message; Bolt's own limits follow
constexpr uint32_t kUpgradeBytesMax = 8 << 10;

template <typename Stream>
class StreamTransport final : public Transport,
                              public std::enable_shared_from_this<StreamTransport<Stream>> {
 public:
  // `first` has been read already.
  StreamTransport(Stream stream, std::string first)
      : stream_(std::move(stream)), first_(std::move(first)) {}

  void Read(char* to, size_t n, Done done) override {
    const size_t known = std::min(n, first_.size());
    std::copy_n(first_.data(), known, to);
    first_.erase(0, known);
    asio::async_read(stream_, asio::buffer(to + known, n - known),
                     [self = this->shared_from_this(), done = std::move(done)](
                         error_code ec, size_t) { done(!ec); });
  }
  void Write(const std::string& bytes, Done done) override {
    asio::async_write(stream_, asio::buffer(bytes),
                      [self = this->shared_from_this(), done = std::move(done)](
                          error_code ec, size_t) { done(!ec); });
  }
  void EndOutput() override {
    error_code ignored;
    beast::get_lowest_layer(stream_).shutdown(tcp::socket::shutdown_send, ignored);
  }
  void Close() override {
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
  }

 private:
  Stream stream_;
  std::string first_;
};

// Bolt's bytes in binary messages; where they begin and end means nothing.
template <typename Stream>
class SocketTransport final : public Transport,
                              public std::enable_shared_from_this<SocketTransport<Stream>> {
 public:
  explicit SocketTransport(Stream stream) : ws_(std::move(stream)) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::seconds(10);
    timeout.idle_timeout = websocket::stream_base::none();  // drivers pool idle connections
    timeout.keep_alive_pings = false;
    ws_.set_option(timeout);
    ws_.read_message_max(kFrameMax);
    ws_.binary(true);
  }

  template <typename Request>
  void Accept(const Request& request, Done done) {
    ws_.async_accept(request, [self = this->shared_from_this(),
                               done = std::move(done)](error_code ec) { done(!ec); });
  }

  void Read(char* to, size_t n, Done done) override {
    if (buffer_.size() >= n) {
      std::copy_n(static_cast<const char*>(buffer_.data().data()), n, to);
      buffer_.consume(n);
      // Not inside the call: a chain of small reads must not become recursion.
      asio::post(ws_.get_executor(),
                 [self = this->shared_from_this(), done = std::move(done)] { done(true); });
      return;
    }
    ws_.async_read_some(buffer_, kFrameMax,
                        [self = this->shared_from_this(), to, n, done = std::move(done)](
                            error_code ec, size_t) mutable {
                          if (ec) return done(false);
                          self->Read(to, n, std::move(done));
                        });
  }
  void Write(const std::string& bytes, Done done) override {
    ws_.async_write(asio::buffer(bytes), [self = this->shared_from_this(), done = std::move(done)](
                                             error_code ec, size_t) { done(!ec); });
  }
  void EndOutput() override {
    error_code ignored;
    beast::get_lowest_layer(ws_).shutdown(tcp::socket::shutdown_send, ignored);
  }
  void Close() override {
    error_code ignored;
    beast::get_lowest_layer(ws_).close(ignored);
  }

 private:
  websocket::stream<Stream> ws_;
  beast::flat_buffer buffer_;
};

// From an accepted socket to a transport.
class Opening : public std::enable_shared_from_this<Opening> {
 public:
  using Opened = std::function<void(std::shared_ptr<Transport>)>;
  Opening(tcp::socket socket, const DoorOptions& options, Opened opened)
      : socket_(std::move(socket)), options_(options), opened_(std::move(opened)) {}

  void Start() {
    if (options_.tls == nullptr) return Sniff(std::move(socket_));
    // One look at the first byte, which stays where it is.
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
      uint8_t byte = 0;
      if (ec || ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
        return self->Give(nullptr);
      }
      if (byte == kTlsHandshake) return self->Handshake();
      if (self->options_.tls_only) return self->Give(nullptr);
      self->Sniff(std::move(self->socket_));
    });
  }
  void Close() {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
    if (close_) close_();
  }

 private:
  void Handshake() {
    auto tls = std::make_shared<TlsStream>(std::move(socket_), *options_.tls);
    close_ = [tls] {
      error_code ignored;
      beast::get_lowest_layer(*tls).close(ignored);
    };
    tls->async_handshake(asio::ssl::stream_base::server,
                         [self = shared_from_this(), tls](error_code ec) {
                           if (ec) return self->Give(nullptr);
                           self->Sniff(std::move(*tls));
                         });
  }

  template <typename Stream>
  void Sniff(Stream stream) {
    auto held = std::make_shared<Stream>(std::move(stream));
    auto first = std::make_shared<std::string>(4, '\0');
    close_ = [held] {
      error_code ignored;
      beast::get_lowest_layer(*held).close(ignored);
    };
    asio::async_read(*held, asio::buffer(*first),
                     [self = shared_from_this(), held, first](error_code ec, size_t) {
                       if (ec) return self->Give(nullptr);
                       if (*first == "GET ") return self->Upgrade(held, *first);
                       self->Give(std::make_shared<StreamTransport<Stream>>(std::move(*held),
                                                                            std::move(*first)));
                     });
  }

  template <typename Stream>
  void Upgrade(std::shared_ptr<Stream> held, const std::string& first) {
    struct Reading {
      beast::flat_buffer buffer;
      http::request_parser<http::empty_body> parser;
    };
    auto reading = std::make_shared<Reading>();
    reading->parser.header_limit(kUpgradeBytesMax);
    reading->buffer.commit(
        asio::buffer_copy(reading->buffer.prepare(first.size()), asio::buffer(first)));
    http::async_read_header(
        *held, reading->buffer, reading->parser,
        [self = shared_from_this(), held, reading](error_code ec, size_t) {
          if (ec || !websocket::is_upgrade(reading->parser.get()) || reading->buffer.size() > 0) {
            return self->Give(nullptr);
          }
          const auto& request = reading->parser.get();
          std::string origin;
          const bool page = request.count(http::field::origin) > 0;
          if (page) origin = std::string(request[http::field::origin]);
          if (request.count(http::field::origin) > 1 ||
              !MayConnect(page ? &origin : nullptr, self->options_.origins)) {
            return self->Refuse(held);
          }
          auto transport = std::make_shared<SocketTransport<Stream>>(std::move(*held));
          self->close_ = [transport] { transport->Close(); };
          transport->Accept(request, [self, transport, reading](bool ok) {
            self->Give(ok ? transport : nullptr);
          });
        });
  }

  template <typename Stream>
  void Refuse(std::shared_ptr<Stream> held) {
    auto response =
        std::make_shared<http::response<http::string_body>>(http::status::forbidden, 11);
    response->body() = "pages of this origin may not connect; see serve --bolt-origin\n";
    response->keep_alive(false);
    response->prepare_payload();
    http::async_write(
        *held, *response,
        [self = shared_from_this(), held, response](error_code, size_t) { self->Give(nullptr); });
  }

  void Give(std::shared_ptr<Transport> transport) {
    const auto opened = std::exchange(opened_, nullptr);
    if (transport == nullptr) Close();
    close_ = nullptr;
    if (opened) opened(closed_ ? nullptr : std::move(transport));
  }

  tcp::socket socket_;
  const DoorOptions& options_;
  Opened opened_;
  std::function<void()> close_;
  bool closed_ = false;
};

}  // namespace

bool MayConnect(const std::string* origin, const std::vector<std::string>& allowed) {
  if (origin == nullptr) return true;
  if (std::find(allowed.begin(), allowed.end(), *origin) != allowed.end()) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin->starts_with(scheme)) continue;
    const std::string_view rest = std::string_view(*origin).substr(scheme.size());
    for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
      if (rest == host || (rest.starts_with(host) && rest[host.size()] == ':')) return true;
    }
  }
  return false;
}

void OpenTransport(tcp::socket socket, const DoorOptions& options, std::function<void()>* close,
                   std::function<void(std::shared_ptr<Transport>)> opened) {
  auto opening = std::make_shared<Opening>(std::move(socket), options, std::move(opened));
  *close = [opening] { opening->Close(); };
  opening->Start();
}

}  // namespace skein::bolt
