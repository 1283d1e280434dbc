// One WebSocket: reads a message at a time, writes a bounded queue.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>

#include "server/http/transport.h"

namespace skein::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr uint16_t kTooSlow = 4408;
constexpr uint16_t kBadMessage = 4400;
constexpr uint16_t kGoingAway = 1001;
constexpr auto kFarewell = std::chrono::seconds(2);  // for a peer to answer a close

template <typename Stream>
class SocketSession final : public std::enable_shared_from_this<SocketSession<Stream>>,
                            public Socket,
                            public Ending {
 public:
  SocketSession(Context& context, Stream stream, BeastRequest request, std::string subprotocol,
                std::shared_ptr<SocketHandler> handler)
      : context_(context),
        ws_(std::move(stream)),
        executor_(ws_.get_executor()),
        request_(std::move(request)),
        subprotocol_(std::move(subprotocol)),
        handler_(std::move(handler)),
        timer_(executor_) {
    context_.Enter(this);
  }
  ~SocketSession() override { context_.Leave(this); }

  void Start() {
    beast::get_lowest_layer(ws_).expires_never();
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::seconds(10);
    timeout.idle_timeout = std::chrono::seconds(60);
    timeout.keep_alive_pings = true;
    ws_.set_option(timeout);
    ws_.read_message_max(context_.options.socket_message_max);
    ws_.set_option(websocket::stream_base::decorator(
        [subprotocol = subprotocol_](websocket::response_type& response) {
          response.set(beast::http::field::server, "skein");
          if (!subprotocol.empty()) {
            response.set(beast::http::field::sec_websocket_protocol, subprotocol);
          }
        }));
    ws_.async_accept(request_, [self = this->shared_from_this()](error_code ec) {
      if (ec) return self->Finish();
      self->open_ = true;
      self->OnWorker([self] { self->handler_->OnOpen(self); });
    });
  }

  void Send(std::shared_ptr<const std::string> text) override {
    Post([text = std::move(text)](SocketSession& s) { s.Enqueue(text); });
  }
  void Close(uint16_t code, std::string_view reason) override {
    Post([code, reason = std::string(reason.substr(0, 100))](SocketSession& s) {
      s.StartClose(code, reason);
    });
  }
  void End() override { Close(kGoingAway, "the server stops"); }
  void Abort() override {
    Post([](SocketSession& s) { s.Cut(); });
  }

 private:
  template <typename F>
  void Post(F f) {
    if (auto self = this->weak_from_this().lock()) {
      const auto executor = self->executor_;
      asio::post(executor, [self = std::move(self), f = std::move(f)] { f(*self); });
    }
  }

  // Runs one call of the handler on a worker, then reads the next message.
  template <typename F>
  void OnWorker(F f) {
    const bool posted = context_.pool.Post([self = this->shared_from_this(), f = std::move(f)] {
      f();
      asio::post(self->executor_, [self] { self->Read(); });
    });
    if (!posted) Cut();
  }

  void Read() {
    ws_.async_read(buffer_, [self = this->shared_from_this()](error_code ec, size_t) {
      if (ec) return self->Finish();
      if (self->closing_) {  // only the answer to our close matters now
        self->buffer_.consume(self->buffer_.size());
        return self->Read();
      }
      if (!self->ws_.got_text()) {
        self->StartClose(kBadMessage, "messages are text");
        self->buffer_.consume(self->buffer_.size());
        return self->Read();
      }
      std::string text(static_cast<const char*>(self->buffer_.data().data()), self->buffer_.size());
      self->buffer_.consume(self->buffer_.size());
      self->OnWorker([self, text = std::move(text)] { self->handler_->OnText(text); });
    });
  }

  void Enqueue(const std::shared_ptr<const std::string>& text) {
    if (closing_ || finished_) return;
    queue_.push_back(text);
    queued_bytes_ += text->size();
    if (queued_bytes_ > context_.options.socket_bytes_max) {
      // What is queued would only age; the client resumes by its last seq.
      while (queue_.size() > (writing_ ? 1U : 0U)) queue_.pop_back();
      return StartClose(kTooSlow, "too slow");
    }
    if (!writing_) Write();
  }

  void Write() {
    writing_ = true;
    ws_.text(true);
    ws_.async_write(
        asio::buffer(*queue_.front()), [self = this->shared_from_this()](error_code ec, size_t) {
          self->writing_ = false;
          if (ec) return self->Cut();
          self->queued_bytes_ -= std::min(self->queued_bytes_, self->queue_.front()->size());
          self->queue_.pop_front();
          if (!self->queue_.empty()) return self->Write();
          if (self->closing_) self->SendClose();
        });
  }

  void StartClose(uint16_t code, std::string_view reason) {
    if (closing_ || finished_) return;
    closing_ = true;
    reason_ = websocket::close_reason(static_cast<websocket::close_code>(code));
    reason_.reason.assign(reason.data(), std::min<size_t>(reason.size(), 100));
    timer_.expires_after(kFarewell);
    timer_.async_wait([self = this->shared_from_this()](error_code ec) {
      if (!ec) self->Cut();
    });
    if (!open_) return Cut();
    if (!writing_) SendClose();
  }

  void SendClose() {
    ws_.async_close(reason_, [self = this->shared_from_this()](error_code) {});
  }

  void Cut() {
    error_code ignored;
    beast::get_lowest_layer(ws_).socket().close(ignored);
  }

  void Finish() {
    if (finished_) return;
    finished_ = true;
    timer_.cancel();
    Cut();
    if (!open_) return;
    auto call = [self = this->shared_from_this()] { self->handler_->OnClosed(); };
    // A stopping pool still tells the handler, so that rooms are left in order.
    if (!context_.pool.Post(call)) call();
  }

  Context& context_;
  websocket::stream<Stream> ws_;
  const asio::any_io_executor executor_;
  BeastRequest request_;
  const std::string subprotocol_;
  std::shared_ptr<SocketHandler> handler_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  size_t queued_bytes_ = 0;
  websocket::close_reason reason_;
  bool open_ = false, writing_ = false, closing_ = false, finished_ = false;
};

}  // namespace

template <typename Stream>
void StartSocket(Context& context, Stream stream, BeastRequest request, const Route& route,
                 std::shared_ptr<SocketHandler> handler) {
  std::make_shared<SocketSession<Stream>>(context, std::move(stream), std::move(request),
                                          route.subprotocol, std::move(handler))
      ->Start();
}

template void StartSocket(Context&, PlainStream, BeastRequest, const Route&,
                          std::shared_ptr<SocketHandler>);
template void StartSocket(Context&, TlsStream, BeastRequest, const Route&,
                          std::shared_ptr<SocketHandler>);

}  // namespace skein::http
