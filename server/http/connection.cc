// One HTTP connection: reads within limits, asks the router, writes, keeps alive.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "server/http/compress.h"
#include "server/http/transport.h"

namespace skein::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

constexpr size_t kChunk = size_t{64} << 10;
constexpr size_t kPiece = size_t{256} << 10;  // of a body that goes to a sink
constexpr int kAnswerLevel = 1;  // rows are repetitive: 1 gives 6:1, more costs thrice the time
// What is still read, and thrown away, after an early refusal: closing with unread bytes makes the
// kernel reset the connection, and the refusal would be lost.
constexpr size_t kLingerBytes = size_t{256} << 10;

std::string AddressText(const asio::ip::tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

// A file opened for reading, closed with its owner.
class OpenFile {
 public:
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool Open(const std::string& path) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    return fd_ >= 0;
  }
  ssize_t Read(char* to, size_t n, uint64_t offset) const {
    return ::pread(fd_, to, n, static_cast<off_t>(offset));
  }

 private:
  int fd_ = -1;
};

template <typename Stream>
class Connection final : public std::enable_shared_from_this<Connection<Stream>>, public Ending {
 public:
  template <typename... Args>
  explicit Connection(Context& context, Args&&... args)
      : context_(context), stream_(std::forward<Args>(args)...), executor_(stream_.get_executor()) {
    buffer_.max_size(kLingerBytes);
    context_.Enter(this);
  }
  ~Connection() override {
    TellSent(false);
    context_.Leave(this);
  }

  void Start() {
    asio::dispatch(executor_, [self = this->shared_from_this()] { self->Begin(); });
  }
  void End() override {
    Post([](Connection& c) {
      c.close_after_ = true;
      if (!c.answering_) return c.Abandon();
      if (c.request_ != nullptr) c.request_->cancel->Cancel();
    });
  }
  void Abort() override {
    Post([](Connection& c) { c.Abandon(); });
  }

 private:
  using Self = std::shared_ptr<Connection>;
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  template <typename F>
  void Post(F f) {
    // A connection that is being destroyed needs no telling.
    if (auto self = this->weak_from_this().lock()) {
      const auto executor = self->executor_;
      // Moved, so that the last reference never dies here, under the registry's lock.
      asio::post(executor, [self = std::move(self), f] {
        if (!self->upgraded_) f(*self);
      });
    }
  }
  PlainStream& lowest() { return beast::get_lowest_layer(stream_); }
  void Deadline(absl::Duration d) { lowest().expires_after(ToChrono(d)); }

  void Abandon() {
    if (request_ != nullptr) request_->cancel->Cancel();
    error_code ignored;
    lowest().socket().close(ignored);
  }

  void Begin() {
    error_code failed;
    const auto local = lowest().socket().local_endpoint(failed);
    const auto remote = lowest().socket().remote_endpoint(failed);
    if (failed) return;
    guard_ = context_.guard;
    guard_.local = AddressText(local);
    peer_ = remote.address().to_string();
    if constexpr (kTls) {
      Deadline(context_.options.header);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code ec) {
                                if (!ec) self->WaitRequest();
                              });
    } else {
      WaitRequest();
    }
  }

  // Between requests a connection may be silent for long; once a request has begun, its header must
  // come quickly (slow drips of header bytes).
  void WaitRequest() {
    if (context_.stopping()) return Abandon();
    if (buffer_.size() > 0) return ReadHeader();
    Deadline(context_.options.idle);
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = this->shared_from_this()](error_code ec, size_t n) {
                              if (ec) return;
                              self->buffer_.commit(n);
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(context_.options.header_bytes_max));
    parser_->body_limit(boost::none);  // set for the route, before any of the body is read
    Deadline(context_.options.header);
    bhttp::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](error_code ec, size_t) { self->OnHeader(ec); });
  }

  void OnHeader(error_code ec) {
    request_ = std::make_unique<Request>();
    if (ec == bhttp::error::header_limit || ec == bhttp::error::buffer_overflow) {
      return Refuse(431, "headers_too_large", "the request's header is too large");
    }
    if (ec.category() == bhttp::make_error_code(bhttp::error::bad_value).category() &&
        ec != bhttp::error::end_of_stream && ec != bhttp::error::partial_message) {
      return Refuse(400, "bad_request", "the request is not HTTP/1.1");
    }
    if (ec) return;  // the peer has gone, or was too slow
    const auto& header = parser_->get();
    close_after_ = close_after_ || !header.keep_alive();
    for (const auto& field : header) {
      std::string name(field.name_string());
      absl::AsciiStrToLower(&name);
      request_->headers.emplace_back(std::move(name), std::string(field.value()));
    }
    request_->method = std::string(header.method_string());
    request_->peer = peer_;
    request_->secure = kTls;
    if (!ParseTarget(std::string_view(header.target().data(), header.target().size()),
                     request_.get())
             .ok()) {
      return Refuse(400, "bad_request", "the request's target is not a path");
    }
    if (const auto refusal = CheckRequest(*request_, guard_)) {
      close_after_ = true;
      return Respond(Response::Error(*refusal));
    }
    Choose();
  }

  // The route, its body limit, and on to the body.
  void Choose() {
    const Router::Match match = context_.router.Find(request_.get());
    route_ = match.route;
    if (route_ == nullptr && match.path_known) {
      close_after_ = close_after_ || HasBody();
      Response response =
          Response::Error(405, "method_not_allowed", "this path has other methods: " + match.allow);
      response.headers.emplace_back("Allow", match.allow);
      return Respond(std::move(response));
    }
    if (route_ == nullptr && request_->method != "GET" && request_->method != "HEAD") {
      return Refuse(404, "not_found", "there is no such path");
    }
    const size_t limit = route_ == nullptr ? 0 : route_->body_bytes_max;
    const auto length = parser_->content_length();
    if (length && *length > limit) {
      return Refuse(413, "too_large", "the body is larger than this path takes");
    }
    if (route_ != nullptr && route_->body_sink) return OpenSink();
    if (!HasBody()) return Dispatch();
    if (parser_->chunked() && limit == 0) {
      return Refuse(413, "too_large", "this path takes no body");
    }
    parser_->body_limit(limit);
    if (const std::string* expect = request_->Header("expect"); expect != nullptr) {
      return SendContinue();
    }
    ReadBody();
  }

  bool HasBody() {
    if (upload_) return true;
    const auto length = parser_->content_length();
    return parser_->chunked() || (length && *length > 0);
  }

  // A large body: wanted or not is decided before any of it is read.
  void OpenSink() {
    lowest().expires_never();
    const bool queued = context_.pool.TryPost([self = this->shared_from_this()] {
      auto sink = std::make_shared<absl::StatusOr<std::unique_ptr<BodySink>>>(
          self->route_->body_sink(*self->request_));
      asio::post(self->executor_, [self, sink] {
        if (!sink->ok()) {
          self->close_after_ = self->close_after_ || self->HasBody();
          return self->Respond(Response::Error(FromStatus(sink->status())));
        }
        self->sink_ = *std::move(*sink);
        self->upload_.emplace(std::move(*self->parser_));
        self->upload_->body_limit(self->route_->body_bytes_max);
        if (self->request_->Header("expect") != nullptr) return self->SendContinue();
        self->ReadPiece();
      });
    });
    if (!queued) {
      close_after_ = close_after_ || HasBody();
      Busy();
    }
  }

  // The deadline is a piece's, not the body's: gigabytes take their time, a drip does not.
  void ReadPiece() {
    if (upload_->is_done()) return FinishSink();
    chunk_.resize(kPiece);
    upload_->get().body().data = chunk_.data();
    upload_->get().body().size = chunk_.size();
    Deadline(context_.options.write);
    bhttp::async_read(
        stream_, buffer_, *upload_, [self = this->shared_from_this()](error_code ec, size_t) {
          if (ec == bhttp::error::need_buffer) ec = {};
          if (ec == bhttp::error::body_limit) {
            return self->RefuseBody(413, "too_large", "the body is larger than this path takes");
          }
          if (ec.category() == bhttp::make_error_code(bhttp::error::bad_value).category() &&
              ec != bhttp::error::partial_message && ec != bhttp::error::end_of_stream) {
            return self->RefuseBody(400, "bad_request", "the body is not well-formed");
          }
          if (ec) return self->Abandon();  // the sink goes with the connection
          self->WritePiece(self->chunk_.size() - self->upload_->get().body().size);
        });
  }

  void WritePiece(size_t bytes) {
    lowest().expires_never();
    const bool posted = context_.pool.Post([self = this->shared_from_this(), bytes] {
      const absl::Status written =
          self->sink_->Write(std::string_view(self->chunk_).substr(0, bytes));
      asio::post(self->executor_, [self, written] {
        if (written.ok()) return self->ReadPiece();
        self->sink_ = nullptr;
        self->close_after_ = true;
        self->Respond(Response::Error(FromStatus(written)));
      });
    });
    if (!posted) Abandon();
  }

  void FinishSink() {
    lowest().expires_never();
    const bool posted = context_.pool.Post([self = this->shared_from_this()] {
      auto response = std::make_shared<Response>(self->sink_->Finish());
      self->sink_ = nullptr;
      asio::post(self->executor_, [self, response] { self->Respond(std::move(*response)); });
    });
    if (!posted) Abandon();
  }

  void RefuseBody(int status, std::string_view code, std::string_view message) {
    sink_ = nullptr;
    Refuse(status, code, message);
  }

  void SendContinue() {
    Deadline(context_.options.write);
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = this->shared_from_this()](error_code ec, size_t) {
                        if (ec) return;
                        self->sink_ != nullptr ? self->ReadPiece() : self->ReadBody();
                      });
  }

  void ReadBody() {
    Deadline(context_.options.body);
    bhttp::async_read(
        stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code ec, size_t) {
          if (ec == bhttp::error::body_limit) {
            return self->Refuse(413, "too_large", "the body is larger than this path takes");
          }
          if (ec == bhttp::error::end_of_stream || ec == bhttp::error::partial_message ||
              ec == beast::error::timeout) {
            return self->Abandon();
          }
          if (ec.category() == bhttp::make_error_code(bhttp::error::bad_value).category()) {
            return self->Refuse(400, "bad_request", "the body is not well-formed");
          }
          if (ec) return;
          self->request_->body = std::move(self->parser_->get().body());
          self->Dispatch();
        });
  }

  void Dispatch() {
    if (context_.stopping()) {
      return Refuse(503, "unavailable", "the server is stopping");
    }
    answering_ = true;
    if (route_ != nullptr && route_->upgrade &&
        beast::websocket::is_upgrade(parser_->get().base())) {
      return DecideUpgrade();
    }
    lowest().expires_never();  // a handler has its own deadline
    WatchPeer();
    const Handler& handler = route_ != nullptr ? route_->handler : context_.router.fallback();
    const bool queued = context_.pool.TryPost([self = this->shared_from_this(), &handler] {
      auto response = std::make_shared<Response>(
          handler ? handler(*self->request_)
                  : Response::Error(404, "not_found", "there is no such path"));
      Compress(*self->request_, response.get());
      asio::post(self->executor_, [self, response] { self->Respond(std::move(*response)); });
    });
    if (!queued) Busy();
  }

  // On the worker. Answers hold no secret beside what the client sent, so length tells nothing
  // (BREACH): session tokens and tickets travel in answers that are too short for this.
  static void Compress(const Request& request, Response* response) {
    if (response->file || response->body.size() < kCompressFrom) return;
    const auto find = [&](std::string_view name) -> const std::string* {
      for (const auto& [key, value] : response->headers) {
        if (key == name) return &value;
      }
      return nullptr;
    };
    const std::string* type = find("Content-Type");
    if (type == nullptr || !Compressible(*type) || find("Content-Encoding") != nullptr ||
        response->status == 206) {
      return;
    }
    if (find("Vary") != nullptr) return;  // a static file, which chose its coding itself
    response->headers.emplace_back("Vary", "Accept-Encoding");
    if (!Accepts(request.Header("accept-encoding"), "gzip")) return;
    if (auto packed = Gzip(response->body, kAnswerLevel)) {
      response->body = *std::move(packed);
      response->headers.emplace_back("Content-Encoding", "gzip");
    }
  }

  void Busy() {
    ApiError error;
    error.http = 429;
    error.code = "busy";
    error.message = "too many requests are waiting; try again in a moment";
    error.retry_after_s = 1;
    Respond(Response::Error(error));
  }

  void DecideUpgrade() {
    if (buffer_.size() > 0) return Refuse(400, "bad_request", "bytes after an upgrade request");
    lowest().expires_never();
    const bool queued = context_.pool.TryPost([self = this->shared_from_this()] {
      auto handler = self->route_->upgrade(*self->request_);
      asio::post(self->executor_, [self, handler = std::move(handler)]() mutable {
        if (!handler.ok()) {
          self->close_after_ = true;
          return self->Respond(Response::Error(FromStatus(handler.status())));
        }
        self->request_ = nullptr;
        self->upgraded_ = true;
        StartSocket(self->context_, std::move(self->stream_), self->parser_->release(),
                    *self->route_, *std::move(handler));
      });
    });
    if (!queued) Busy();
  }

  // While a handler works, the end of the peer's stream cancels it.
  void WatchPeer() {
    const uint64_t watch = ++watch_;
    lowest().socket().async_wait(
        asio::socket_base::wait_read, [self = this->shared_from_this(), watch](error_code ec) {
          if (ec || watch != self->watch_ || self->request_ == nullptr) return;
          char byte = 0;
          const ssize_t n =
              ::recv(self->lowest().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
          if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            self->request_->cancel->Cancel();
          }
        });
  }

  void Refuse(int status, std::string_view code, std::string_view message) {
    close_after_ = true;
    Respond(Response::Error(status, code, message));
  }

  void Respond(Response response) {
    answering_ = true;
    ++watch_;
    error_code ignored;
    lowest().socket().cancel(ignored);  // the watch; nothing else is under way here
    response_ = std::move(response);
    offset_ = 0;
    const bool head = request_->method == "HEAD";
    length_ = response_.file ? response_.file->length : response_.body.size();
    if (response_.file && (!file_.emplace().Open(response_.file->path))) {
      response_ = Response::Error(404, "not_found", "there is no such file");
      length_ = response_.body.size();
    }
    const std::string* host = request_->Header("host");
    AddSecurityHeaders(
        kTls, host == nullptr || host->find_first_of(" ;,'\"") != std::string::npos ? "" : *host,
        &response_.headers);
    reply_.emplace();
    reply_->version(11);
    reply_->result(static_cast<unsigned>(response_.status));
    for (const auto& [name, value] : response_.headers) reply_->insert(name, value);
    reply_->set(bhttp::field::server, "skein");
    if (response_.status != 204 && response_.status != 304) reply_->content_length(length_);
    close_after_ = close_after_ || context_.stopping();
    reply_->keep_alive(!close_after_);
    if (head || response_.status == 204 || response_.status == 304) length_ = 0;
    serializer_.emplace(*reply_);
    Deadline(context_.options.write);
    bhttp::async_write_header(stream_, *serializer_,
                              [self = this->shared_from_this()](error_code ec, size_t) {
                                if (ec) return self->Abandon();
                                self->WriteBody();
                              });
  }

  // A piece at a time, each with its own deadline: a slow reader keeps one chunk, not a thread.
  void WriteBody() {
    if (offset_ >= length_) return Written();
    const size_t n = static_cast<size_t>(std::min<uint64_t>(kChunk, length_ - offset_));
    asio::const_buffer piece(response_.body.data() + (response_.file ? 0 : offset_), n);
    if (response_.file) {
      chunk_.resize(n);
      const ssize_t got = file_->Read(chunk_.data(), n, response_.file->offset + offset_);
      if (got <= 0) return Abandon();  // the length is promised: end here, not with other bytes
      piece = asio::const_buffer(chunk_.data(), static_cast<size_t>(got));
    }
    offset_ += piece.size();
    Deadline(context_.options.write);
    asio::async_write(stream_, piece, [self = this->shared_from_this()](error_code ec, size_t) {
      if (ec) return self->Abandon();
      self->WriteBody();
    });
  }

  // Off the I/O threads: it may write to a log. A stopping pool runs it here.
  void TellSent(bool whole) {
    if (!response_.sent) return;
    auto call = [sent = std::exchange(response_.sent, nullptr), whole] { sent(whole); };
    if (!context_.pool.Post(call)) call();
  }

  void Written() {
    TellSent(true);
    answering_ = false;
    request_ = nullptr;
    upload_.reset();
    file_.reset();
    response_ = {};
    if (!close_after_) return WaitRequest();
    if (context_.stopping()) return Abandon();
    buffer_.consume(buffer_.size());
    Deadline(absl::Seconds(2));
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
    } else {
      error_code ignored;
      lowest().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      Linger();
    }
  }

  void Linger() {
    stream_.async_read_some(buffer_.prepare(kChunk),
                            [self = this->shared_from_this()](error_code ec, size_t n) {
                              self->lingered_ += n;
                              if (!ec && self->lingered_ < kLingerBytes) self->Linger();
                            });
  }

  Context& context_;
  Stream stream_;
  const asio::any_io_executor executor_;  // stream_ moves away on an upgrade
  beast::flat_buffer buffer_;
  GuardOptions guard_;
  std::string peer_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  std::unique_ptr<Request> request_;
  std::optional<bhttp::request_parser<bhttp::buffer_body>> upload_;
  std::unique_ptr<BodySink> sink_;
  const Route* route_ = nullptr;
  Response response_;
  std::optional<bhttp::response<bhttp::empty_body>> reply_;
  std::optional<bhttp::response_serializer<bhttp::empty_body>> serializer_;
  std::optional<OpenFile> file_;
  std::string chunk_;
  uint64_t offset_ = 0, length_ = 0;
  size_t lingered_ = 0;
  uint64_t watch_ = 0;
  bool close_after_ = false;
  bool answering_ = false;  // from the request's last byte to the answer's
  bool upgraded_ = false;
};

}  // namespace

void StartPlain(Context& context, asio::ip::tcp::socket socket) {
  std::make_shared<Connection<PlainStream>>(context, std::move(socket))->Start();
}

void StartTls(Context& context, asio::ip::tcp::socket socket) {
  std::make_shared<Connection<TlsStream>>(context, std::move(socket), *context.tls)->Start();
}

}  // namespace skein::http
