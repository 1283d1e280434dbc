#include "server/http/server.h"

#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <charconv>
#include <condition_variable>
#include <thread>

#include "absl/strings/ascii.h"
#include "server/http/transport.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kIoThreads = 2;

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint16_t port = 0;
  error_code ec;
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    const auto address = asio::ip::make_address(host, ec);
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (!ec && parsed.ec == std::errc() && parsed.ptr == end) return tcp::endpoint(address, port);
  }
  return InvalidArgument("'", text, "' is no address to serve on: HOST:PORT, HOST an IP address");
}

std::string AddressText(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

absl::Status LoadTls(const HttpOptions& options, asio::ssl::context* tls) {
  error_code ec;
  // TLS 1.3 alone: every browser of the last years speaks it, and it has no weak options.
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_3_VERSION);
  tls->use_certificate_chain_file(options.tls_cert, ec);
  if (ec) return InvalidArgument("certificate '", options.tls_cert, "': ", ec.message());
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, ec);
  if (ec) return InvalidArgument("key '", options.tls_key, "': ", ec.message());
  return absl::OkStatus();
}

// The names by which requests may call us.
std::vector<std::string> HostNames(const HttpOptions& options, uint16_t port) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "[::1]"};
  names.insert(names.end(), options.hosts.begin(), options.hosts.end());
  char self[256] = {};
  if (::gethostname(self, sizeof self - 1) == 0 && self[0] != '\0') names.emplace_back(self);
  const bool secure = !options.tls_cert.empty();
  std::vector<std::string> hosts;
  for (std::string& name : names) {
    absl::AsciiStrToLower(&name);
    hosts.push_back(name + ":" + std::to_string(port));
    if (port == (secure ? 443 : 80)) hosts.push_back(name);
  }
  return hosts;
}

class Server final : public HttpServer {
 public:
  Server(Router router, const HttpOptions& options)
      : context_(std::move(router), options), acceptor_(asio::make_strand(context_.io)) {}
  ~Server() override { Stop(); }

  absl::Status Open() {
    const HttpOptions& options = context_.options;
    SKEIN_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(options.address));
    if (options.tls_cert.empty() != options.tls_key.empty()) {
      return InvalidArgument("TLS needs both a certificate and a key");
    }
    const bool secure = !options.tls_cert.empty();
    if (!secure && !endpoint.address().is_loopback()) {
      return FailedPrecondition(options.address,
                                " is reachable from other machines: that needs TLS, "
                                "--tls-cert FILE and --tls-key FILE; plain HTTP is for 127.0.0.1");
    }
    if (secure) {
      context_.tls.emplace(asio::ssl::context::tls_server);
      SKEIN_RETURN_IF_ERROR(LoadTls(options, &*context_.tls));
    }
    error_code ec;
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(4096, ec);
    if (ec == boost::system::errc::address_in_use) {
      return Unavailable("port ", endpoint.port(), " of ", endpoint.address().to_string(),
                         " is taken by another program");
    }
    if (ec) return Unavailable("cannot listen on ", options.address, ": ", ec.message());
    const tcp::endpoint bound = acceptor_.local_endpoint();
    address_ = AddressText(bound);
    context_.guard.hosts = HostNames(options, bound.port());
    context_.guard.secure = secure;
    Accept();
    for (int i = 0; i < kIoThreads; ++i) threads_.emplace_back([this] { context_.io.run(); });
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  void Every(absl::Duration period, std::function<void()> task) override {
    auto timer = std::make_shared<asio::steady_timer>(context_.io);
    asio::post(context_.io,
               [this, timer, period, task = std::move(task)] { Arm(timer, period, task); });
  }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
    });
    context_.EndAll(/*abort=*/false);
    const absl::Time deadline = absl::Now() + context_.options.stop;
    while (context_.Count() > 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
    context_.EndAll(/*abort=*/true);
    context_.pool.Stop();
    context_.io.stop();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Accept() {
    // Each connection has its own strand: its handlers never run at the same time.
    acceptor_.async_accept(asio::make_strand(context_.io),
                           [this](error_code ec, tcp::socket socket) {
                             if (ec == asio::error::operation_aborted || !acceptor_.is_open())
                               return;
                             if (ec) return Pause();
                             if (context_.Count() < context_.options.connections_max) {
                               error_code ignored;
                               socket.set_option(tcp::no_delay(true), ignored);
                               context_.tls ? StartTls(context_, std::move(socket))
                                            : StartPlain(context_, std::move(socket));
                             }
                             Accept();
                           });
  }

  // Out of file descriptors, most likely: accepting again at once would spin.
  void Pause() {
    auto timer = std::make_shared<asio::steady_timer>(acceptor_.get_executor(),
                                                      std::chrono::milliseconds(100));
    timer->async_wait([this, timer](error_code) {
      if (acceptor_.is_open()) Accept();
    });
  }

  void Arm(const std::shared_ptr<asio::steady_timer>& timer, absl::Duration period,
           const std::function<void()>& task) {
    timer->expires_after(ToChrono(period));
    timer->async_wait([this, timer, period, task](error_code ec) {
      if (ec) return;
      context_.pool.Post([this, timer, period, task] {
        task();
        asio::post(context_.io, [this, timer, period, task] { Arm(timer, period, task); });
      });
    });
  }

  Context context_;
  tcp::acceptor acceptor_;
  std::string address_;
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

}  // namespace

void Context::Enter(Ending* connection) {
  const std::lock_guard lock(mutex_);
  connections_.insert(connection);
}

void Context::Leave(Ending* connection) {
  const std::lock_guard lock(mutex_);
  connections_.erase(connection);
}

size_t Context::Count() {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

void Context::EndAll(bool abort) {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  // Under the lock, so that none of them is destroyed meanwhile; both calls only post.
  for (Ending* connection : connections_) abort ? connection->Abort() : connection->End();
}

bool Context::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Router router,
                                                              const HttpOptions& options) {
  auto server = std::make_unique<Server>(std::move(router), options);
  SKEIN_RETURN_IF_ERROR(server->Open());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace skein::http
