#include "server/bolt/bolt_server.h"

#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl/context.hpp>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/bolt/session.h"
#include "server/bolt/transport.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr absl::Duration kFarewell = absl::Seconds(2);  // for the client to take its leave
constexpr std::string_view kMagic("\x60\x60\xB0\x17", 4);

// One client. Everything but Work() runs on the I/O thread. At most one Work() is posted at a time,
// so the session has one runner; a connection lives as long as something of it is pending.
class BoltConnection : public std::enable_shared_from_this<BoltConnection> {
 public:
  BoltConnection(asio::io_context& io, std::string local, asio::thread_pool& workers,
                 Backend& backend, const BoltOptions& options, uint64_t number)
      : local_(std::move(local)),
        timer_(io),
        read_timer_(io),
        io_(io),
        workers_(workers),
        backend_(backend),
        options_(options),
        number_(number) {}

  void Start(tcp::socket socket, const DoorOptions& door,
             std::function<void(BoltConnection*)> on_close) {
    on_close_ = std::move(on_close);
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    Arm(timer_, options_.opening);
    OpenTransport(std::move(socket), door, &close_opening_,
                  [self = shared_from_this()](std::shared_ptr<Transport> transport) {
                    self->close_opening_ = nullptr;
                    if (transport == nullptr || self->closed_) return self->Close();
                    self->transport_ = std::move(transport);
                    self->transport_->Read(
                        self->handshake_.data(), self->handshake_.size(),
                        [self](bool ok) { ok ? self->Handshake() : self->Close(); });
                  });
  }

  void Close() {
    if (closed_) return;
    closed_ = true;
    timer_.cancel();
    read_timer_.cancel();
    if (close_opening_) std::exchange(close_opening_, nullptr)();
    if (transport_ != nullptr) transport_->Close();
    if (session_ != nullptr) session_->Abandon();
    if (session_ != nullptr && !working_) Schedule();  // lets the session give up what it holds
    if (on_close_) on_close_(this);
  }

 private:
  void Arm(asio::steady_timer& timer, absl::Duration timeout) {
    timer.expires_after(absl::ToChronoMilliseconds(timeout));
    timer.async_wait([self = shared_from_this()](auto error) {
      if (!error) self->Close();
    });
  }

  void Handshake() {
    const std::string_view bytes(handshake_.data(), handshake_.size());
    std::optional<ProtocolVersion> version;
    if (bytes.substr(0, 4) == kMagic) version = Negotiate(bytes.substr(4));
    std::string reply(4, '\0');
    if (version) {
      reply[2] = static_cast<char>(version->minor);
      reply[3] = static_cast<char>(version->major);
      session_ =
          std::make_unique<Session>(backend_, *version, absl::StrCat("bolt-", number_), local_);
      Arm(timer_, options_.sign_in);
    }
    writing_ = true;
    output_ = std::move(reply);
    transport_->Write(output_, [self = shared_from_this(), ok = version.has_value()](bool sent) {
      self->writing_ = false;
      self->output_.clear();
      if (!sent || !ok) return self->Close();
      self->ReadChunk();
      self->Flush();
    });
  }

  void ReadChunk() {
    transport_->Read(header_.data(), header_.size(), [self = shared_from_this()](bool ok) {
      if (!ok) return self->Close();
      self->ChunkHeader();
    });
  }

  void ChunkHeader() {
    const size_t n = static_cast<size_t>(static_cast<uint8_t>(header_[0])) << 8 |
                     static_cast<uint8_t>(header_[1]);
    if (n == 0) {
      if (!message_.empty()) {  // an empty one is a NOOP: a keep-alive
        read_timer_.cancel();
        if (ended_) {  // thrown away: see Farewell()
          message_.clear();
          return ReadChunk();
        }
        if (!session_->Receive(std::exchange(message_, {}))) return Close();
        if (!working_) Schedule();
      }
      return ReadChunk();
    }
    const size_t limit =
        session_->signed_in() ? Session::kMessageBytesMax : Session::kMessageBytesBeforeSignIn;
    if (message_.size() + n > limit) return Close();
    if (message_.empty()) Arm(read_timer_, options_.message);
    const size_t at = message_.size();
    message_.resize(at + n);
    transport_->Read(message_.data() + at, n, [self = shared_from_this()](bool ok) {
      if (!ok) return self->Close();
      self->ReadChunk();
    });
  }

  // Hands the session to a worker. The reply comes back to the I/O thread, so that working_ and the
  // buffers need no lock.
  void Schedule() {
    working_ = true;
    asio::post(workers_, [self = shared_from_this()] {
      std::string out;
      const Session::Progress progress = self->session_->Run(&out);
      asio::post(self->io_, [self, progress, out = std::move(out)]() mutable {
        self->Worked(progress, std::move(out));
      });
    });
  }

  void Worked(Session::Progress progress, std::string out) {
    working_ = false;
    pending_.append(out);
    ended_ = ended_ || progress == Session::Progress::kClosed;
    more_ = progress == Session::Progress::kOutputFull;
    if (closed_) return;
    if (session_->signed_in()) timer_.cancel();
    Flush();
    // A message may have come in while the worker was returning.
    if (progress == Session::Progress::kIdle && session_->HasInput()) Schedule();
  }

  // Closing with unread bytes makes the kernel reset the connection, and the client, which may have
  // sent more already, would lose the failure that it is owed.
  void Farewell() {
    if (std::exchange(farewell_, true)) return;
    transport_->EndOutput();
    Arm(timer_, kFarewell);
  }

  void Flush() {
    if (closed_ || writing_) return;
    if (pending_.empty()) {
      if (ended_) return Farewell();
      if (more_ && !working_) {
        more_ = false;
        Schedule();
      }
      return;
    }
    writing_ = true;
    output_ = std::exchange(pending_, {});
    Arm(timer_, options_.write);
    transport_->Write(output_, [self = shared_from_this()](bool ok) {
      self->writing_ = false;
      if (!ok) return self->Close();
      self->timer_.cancel();
      if (!self->session_->signed_in()) self->Arm(self->timer_, self->options_.sign_in);
      self->Flush();
    });
  }

  const std::string local_;  // HOST:PORT the client came to
  std::function<void()> close_opening_;
  std::shared_ptr<Transport> transport_;
  asio::steady_timer timer_, read_timer_;
  asio::io_context& io_;
  asio::thread_pool& workers_;
  Backend& backend_;
  const BoltOptions& options_;
  const uint64_t number_;
  std::function<void(BoltConnection*)> on_close_;
  std::array<char, 20> handshake_{};
  std::array<char, 2> header_{};
  std::string message_;
  std::string output_, pending_;
  std::unique_ptr<Session> session_;
  bool working_ = false, writing_ = false, closed_ = false, ended_ = false, more_ = false,
       farewell_ = false;
};

class BoltServerImpl final : public BoltServer {
 public:
  BoltServerImpl(Backend& backend, const BoltOptions& options)
      : backend_(backend),
        options_(options),
        acceptor_(io_),
        workers_(static_cast<size_t>(options.workers)) {}

  ~BoltServerImpl() override {
    asio::post(io_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      const auto open = open_;
      for (const auto& connection : open) connection->Close();
    });
    workers_.join();  // the sessions' last Work() ends soon: their statements are cancelled
    guard_.reset();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Bind() {
    const size_t colon = options_.address.rfind(':');
    int port = 0;
    if (colon == std::string::npos ||
        !absl::SimpleAtoi(options_.address.substr(colon + 1), &port) || port < 0 || port > 65'535) {
      return InvalidArgument("--bolt: '", options_.address, "' is not HOST:PORT");
    }
    boost::system::error_code error;
    std::string host = options_.address.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    const auto address = asio::ip::make_address(host, error);
    if (error) return InvalidArgument("--bolt: '", host, "' is not an IP address");
    SKEIN_RETURN_IF_ERROR(LoadTls(address.is_loopback()));
    const tcp::endpoint endpoint(address, static_cast<uint16_t>(port));
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return Unavailable("cannot listen for Bolt on ", options_.address, ": ", error.message());
    }
    const tcp::endpoint bound = acceptor_.local_endpoint();
    address_ = Text(bound);
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

 private:
  static std::string Text(const tcp::endpoint& endpoint) {
    const std::string host = endpoint.address().to_string();
    return absl::StrCat(endpoint.address().is_v6() ? "[" + host + "]" : host, ":", endpoint.port());
  }

  absl::Status LoadTls(bool loopback) {
    door_.origins = options_.origins;
    door_.tls_only = !loopback;
    if (options_.tls_cert.empty() != options_.tls_key.empty()) {
      return InvalidArgument("TLS needs both a certificate and a key");
    }
    if (options_.tls_cert.empty()) {
      if (loopback) return absl::OkStatus();
      return FailedPrecondition("--bolt ", options_.address,
                                " is reachable from other machines: that needs TLS, --tls-cert "
                                "FILE and --tls-key FILE; without it use 127.0.0.1 or off");
    }
    boost::system::error_code error;
    tls_.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_3_VERSION);
    tls_->use_certificate_chain_file(options_.tls_cert, error);
    if (error) return InvalidArgument("certificate '", options_.tls_cert, "': ", error.message());
    tls_->use_private_key_file(options_.tls_key, asio::ssl::context::pem, error);
    if (error) return InvalidArgument("key '", options_.tls_key, "': ", error.message());
    door_.tls = &*tls_;
    return absl::OkStatus();
  }

  void Accept() {
    acceptor_.async_accept([this](auto error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!error && open_.size() < static_cast<size_t>(options_.connections_max)) {
        boost::system::error_code failed;
        const tcp::endpoint local = socket.local_endpoint(failed);
        auto connection = std::make_shared<BoltConnection>(io_, Text(local), workers_, backend_,
                                                           options_, ++count_);
        open_.insert(connection);
        connection->Start(std::move(socket), door_,
                          [this](BoltConnection* c) { open_.erase(c->shared_from_this()); });
      }
      Accept();
    });
  }

  Backend& backend_;
  const BoltOptions options_;
  DoorOptions door_;
  std::optional<asio::ssl::context> tls_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  tcp::acceptor acceptor_;
  asio::thread_pool workers_;
  std::thread thread_;
  std::string address_;
  uint64_t count_ = 0;
  std::set<std::shared_ptr<BoltConnection>> open_;  // I/O thread only
};

}  // namespace

absl::StatusOr<std::unique_ptr<BoltServer>> BoltServer::Start(Backend& backend,
                                                              const BoltOptions& options) {
  auto server = std::make_unique<BoltServerImpl>(backend, options);
  SKEIN_RETURN_IF_ERROR(server->Bind());
  return server;
}

}  // namespace skein::bolt
