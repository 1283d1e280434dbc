#include "server/http/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cctype>
#include <cstdlib>

namespace skein::http {
namespace {

constexpr int kDeadlineMs = 20'000;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

RawClient::RawClient(const std::string& address) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  const size_t colon = address.rfind(':');
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) Close();
}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool RawClient::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, kDeadlineMs) <= 0) return false;
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string RawClient::Read(std::string_view until) const {
  std::string all;
  char buffer[16384];
  while (until.empty() || all.find(until) == std::string::npos) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, kDeadlineMs) <= 0) return all + "<deadline>";
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return all;
    all.append(buffer, static_cast<size_t>(n));
  }
  return all;
}

bool RawClient::Closed(absl::Duration within) const {
  char buffer[16384];
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(within))) <= 0) return false;
  return ::recv(fd_, buffer, sizeof buffer, 0) <= 0;
}

std::string Reply::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Reply Call(const std::string& address, std::string_view method, std::string_view target,
           const std::vector<std::string>& headers, std::string_view body) {
  std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  bool host = false;
  for (const std::string& header : headers) {
    host = host || Lower(header).starts_with("host:");
    request += header + "\r\n";
  }
  if (!host) request += "Host: " + address + "\r\n";
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "Connection: close\r\n\r\n";
  const RawClient client(address);
  client.Send(request);
  client.Send(body);
  const std::string all = client.Read();
  Reply reply;
  const size_t end = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 ") || end == std::string::npos) {
    reply.body = all;
    return reply;
  }
  reply.status = std::atoi(all.c_str() + 9);
  for (size_t at = all.find("\r\n") + 2; at < end;) {
    const size_t line = all.find("\r\n", at);
    const size_t colon = all.find(':', at);
    reply.headers.emplace_back(Lower(all.substr(at, colon - at)),
                               all.substr(colon + 2, line - colon - 2));
    at = line + 2;
  }
  reply.body = all.substr(end + 4);
  return reply;
}

struct SocketClient::State {
  boost::asio::io_context io;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> ws{io};
  boost::beast::flat_buffer buffer;
  int close_code = 0;
};

SocketClient::SocketClient(const std::string& address, const std::string& target,
                           const std::string& origin, const std::string& subprotocol)
    : state_(std::make_unique<State>()) {
  namespace asio = boost::asio;
  namespace beast = boost::beast;
  boost::system::error_code ec;
  const size_t colon = address.rfind(':');
  const asio::ip::tcp::endpoint to(asio::ip::make_address(address.substr(0, colon), ec),
                                   static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  state_->ws.next_layer().connect(to, ec);
  if (ec) return;
  const timeval deadline{kDeadlineMs / 1000, 0};
  ::setsockopt(state_->ws.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &deadline,
               sizeof deadline);
  state_->ws.set_option(
      beast::websocket::stream_base::decorator([&](beast::websocket::request_type& request) {
        if (!origin.empty()) request.set(beast::http::field::origin, origin);
        if (!subprotocol.empty()) {
          request.set(beast::http::field::sec_websocket_protocol, subprotocol);
        }
      }));
  beast::websocket::response_type response;
  state_->ws.handshake(response, address, target, ec);
  status_ = static_cast<int>(response.result_int());
}

SocketClient::~SocketClient() = default;

bool SocketClient::Send(const std::string& text) {
  boost::system::error_code ec;
  state_->ws.text(true);
  state_->ws.write(boost::asio::buffer(text), ec);
  return !ec;
}

std::optional<std::string> SocketClient::Read() {
  boost::system::error_code ec;
  state_->buffer.clear();
  state_->ws.read(state_->buffer, ec);
  if (ec) {
    state_->close_code = static_cast<int>(state_->ws.reason().code);
    return std::nullopt;
  }
  return std::string(static_cast<const char*>(state_->buffer.data().data()), state_->buffer.size());
}

int SocketClient::close_code() const { return state_->close_code; }

void SocketClient::Close() {
  boost::system::error_code ec;
  state_->ws.close(boost::beast::websocket::close_code::normal, ec);
}

}  // namespace skein::http
