// Bolt over real sockets: TCP, TLS, WebSocket; deadlines, limits, slow readers, RESET.
#include "server/bolt/bolt_server.h"

#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <filesystem>
#include <thread>

#include "gtest/gtest.h"
#include "server/bolt/fake_backend.h"
#include "server/bolt/packstream.h"
#include "server/bolt/transport.h"
#include "tests/support/test_certificate.h"

namespace skein::bolt {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

const std::string kHandshake("\x60\x60\xB0\x17\0\0\1\xFF\0\10\10\5\0\2\4\4\0\0\0\3", 20);

std::string Packed(uint8_t tag, const std::vector<Value>& fields);

void Write(const Value& v, PackWriter& w) {
  if (v.kind() == ValueKind::kString) return w.String(v.string());
  if (v.kind() == ValueKind::kInteger) return w.Integer(v.integer());
  w.MapHeader(v.map().size());
  for (const auto& [key, item] : v.map()) {
    w.String(key);
    Write(item, w);
  }
}

std::string Packed(uint8_t tag, const std::vector<Value>& fields) {
  std::string message;
  PackWriter w(&message, true);
  w.StructHeader(tag, fields.size());
  for (const Value& f : fields) Write(f, w);
  std::string out;
  AppendChunked(message, &out);
  return out;
}

std::string SignIn() {
  return Packed(0x01, {Value::Map({{"user_agent", Value::String("t/1")}})}) +
         Packed(0x6A, {Value::Map({{"credentials", Value::String("pw")},
                                   {"principal", Value::String("ann")},
                                   {"scheme", Value::String("basic")}})});
}

std::string Statement(std::string text) {
  const Value meta = Value::Map({{"basis", Value::String("art. 12")},
                                 {"case", Value::String("A-1")},
                                 {"reason", Value::String("test")}});
  return Packed(
      0x10, {Value::String(std::move(text)), Value::Map({}), Value::Map({{"tx_metadata", meta}})});
}

std::string PullAll() { return Packed(0x3F, {Value::Map({{"n", Value::Integer(-1)}})}); }

// Blocking client over any stream; every read ends within 20 s.
template <typename Stream>
class Client {
 public:
  template <typename... Args>
  explicit Client(Args&&... args) : stream_(std::forward<Args>(args)...) {}
  Stream& stream() { return stream_; }
  bool Send(const std::string& bytes) {
    error_code ec;
    asio::write(stream_, asio::buffer(bytes), ec);
    return !ec;
  }
  // Exactly n bytes, or fewer where the server closed.
  std::string Read(size_t n) {
    std::string bytes(n, '\0');
    error_code ec;
    bytes.resize(asio::read(stream_, asio::buffer(bytes), ec));
    return bytes;
  }
  // The tag of the next message; 0: closed.
  uint8_t Tag() {
    std::string message;
    while (true) {
      const std::string head = Read(2);
      if (head.size() < 2) return 0;
      const size_t n =
          static_cast<size_t>(static_cast<uint8_t>(head[0])) << 8 | static_cast<uint8_t>(head[1]);
      if (n == 0 && !message.empty()) return static_cast<uint8_t>(message[1]);
      message += Read(n);
    }
  }

 private:
  Stream stream_;
};

class BoltServerTest : public testing::Test {
 protected:
  void Start() {
    options_.address = "127.0.0.1:0";
    options_.workers = 2;
    auto server = BoltServer::Start(backend_, options_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  tcp::endpoint Address() const {
    const std::string address = server_->address();
    return {asio::ip::make_address("127.0.0.1"),
            static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)))};
  }
  static void Deadline(tcp::socket& socket) {
    const timeval deadline{20, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  }
  std::unique_ptr<Client<tcp::socket>> Connect() {
    auto client = std::make_unique<Client<tcp::socket>>(io_);
    client->stream().connect(Address());
    Deadline(client->stream());
    return client;
  }
  std::unique_ptr<Client<tcp::socket>> SignedIn() {
    auto client = Connect();
    client->Send(kHandshake + SignIn());
    EXPECT_EQ(client->Read(4), std::string("\0\0\10\5", 4));
    EXPECT_EQ(client->Tag(), 0x70);
    EXPECT_EQ(client->Tag(), 0x70);
    return client;
  }

  BoltOptions options_;
  FakeBackend backend_;
  asio::io_context io_;
  std::unique_ptr<BoltServer> server_;
};

TEST_F(BoltServerTest, AnswersOverTcp) {
  Start();
  const auto client = SignedIn();
  client->Send(Statement("rows 2") + PullAll());
  for (const int tag : {0x70, 0x71, 0x71, 0x70}) EXPECT_EQ(client->Tag(), tag);
}

TEST_F(BoltServerTest, SilentAndHostileClientsAreDropped) {
  options_.opening = absl::Milliseconds(200);
  options_.sign_in = absl::Milliseconds(400);
  options_.message = absl::Milliseconds(400);
  Start();
  const auto silent = Connect();
  const auto half = Connect();
  half->Send(kHandshake.substr(0, 7));
  const auto unsigned_in = Connect();
  unsigned_in->Send(kHandshake);
  const auto dripping = SignedIn();
  dripping->Send(std::string("\x10\0begun", 7));
  const auto large = Connect();
  large->Send(kHandshake + std::string("\xFF\xFF", 2) + std::string(65'535, 'x'));
  const auto nonsense = Connect();
  nonsense->Send(std::string(20, 'y'));
  const auto well = SignedIn();
  EXPECT_EQ(silent->Read(1), "");
  EXPECT_EQ(half->Read(1), "");
  EXPECT_EQ(unsigned_in->Read(5).size(), 4u);
  EXPECT_EQ(dripping->Read(1), "") << "a message has a deadline";
  EXPECT_LE(large->Read(5).size(), 4u) << "4 KiB before sign-in";
  EXPECT_LE(nonsense->Read(5).size(), 4u);
  well->Send(Statement("rows 0") + PullAll());
  EXPECT_EQ(well->Tag(), 0x70);
}

TEST_F(BoltServerTest, SlowReadersHoldNobodyUpAndAreDroppedInTheEnd) {
  options_.write = absl::Milliseconds(500);
  Start();
  std::vector<std::unique_ptr<Client<tcp::socket>>> slow;
  for (int i = 0; i < 6; ++i) {  // more than there are workers
    slow.push_back(SignedIn());
    slow.back()->Send(Statement("rows 100000000") + PullAll());
  }
  const auto well = SignedIn();
  well->Send(Statement("rows 3") + PullAll());
  for (const int tag : {0x70, 0x71, 0x71, 0x71, 0x70}) EXPECT_EQ(well->Tag(), tag);
  // Their writes run out of time, and each of their statements is completed as cut short.
  EXPECT_TRUE(backend_.AwaitCompleted(slow.size() + 1));
}

TEST_F(BoltServerTest, ARefusedSignInIsToldThoughMoreWasSent) {
  Start();
  const auto client = Connect();
  const Value guess = Value::Map({{"credentials", Value::String("guess")},
                                  {"principal", Value::String("ann")},
                                  {"scheme", Value::String("basic")}});
  client->Send(kHandshake + Packed(0x01, {Value::Map({})}) + Packed(0x6A, {guess}) +
               Statement("rows 1") + PullAll());
  EXPECT_EQ(client->Read(4), std::string("\0\0\10\5", 4));
  EXPECT_EQ(client->Tag(), 0x70);
  EXPECT_EQ(client->Tag(), 0x7F);
  EXPECT_EQ(client->Tag(), 0);
}

TEST_F(BoltServerTest, ResetEndsAStatementWithin100Ms) {
  Start();
  const auto client = SignedIn();
  client->Send(Statement("hang") + PullAll());
  backend_.started.WaitForNotification();
  const absl::Time before = absl::Now();
  client->Send(Packed(0x0F, {}));
  for (const int tag : {0x7F, 0x7E, 0x70}) EXPECT_EQ(client->Tag(), tag);
  EXPECT_LT(absl::Now() - before, absl::Milliseconds(100));
  client->Send(Statement("rows 1") + PullAll());
  for (const int tag : {0x70, 0x71, 0x70}) EXPECT_EQ(client->Tag(), tag);
}

TEST_F(BoltServerTest, ADepartedClientEndsItsStatement) {
  Start();
  {
    const auto client = SignedIn();
    client->Send(Statement("hang") + PullAll());
    backend_.started.WaitForNotification();
  }
  const absl::Time before = absl::Now();
  server_.reset();
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
}

class SocketClient {
 public:
  SocketClient(asio::io_context& io, const tcp::endpoint& to, const std::string& origin) : ws_(io) {
    error_code ec;
    ws_.next_layer().connect(to, ec);
    ws_.set_option(boost::beast::websocket::stream_base::decorator(
        [&](boost::beast::websocket::request_type& request) {
          if (!origin.empty()) request.set(boost::beast::http::field::origin, origin);
        }));
    boost::beast::websocket::response_type response;
    ws_.handshake(response, "localhost", "/", ec);
    status = static_cast<int>(response.result_int());
    ws_.binary(true);
  }
  void Send(const std::string& bytes) { ws_.write(asio::buffer(bytes)); }
  std::string Read(size_t n) {
    error_code ec;
    while (!ec && buffer_.size() < n) ws_.read_some(buffer_, n - buffer_.size(), ec);
    const size_t got = std::min(n, buffer_.size());
    std::string bytes(static_cast<const char*>(buffer_.data().data()), got);
    buffer_.consume(got);
    return bytes;
  }
  int status = 0;

 private:
  boost::beast::websocket::stream<tcp::socket> ws_;
  boost::beast::flat_buffer buffer_;
};

TEST_F(BoltServerTest, SpeaksWebSocketOnTheSamePort) {
  Start();
  SocketClient client(io_, Address(), "http://localhost:8080");
  ASSERT_EQ(client.status, 101);
  const std::string all = kHandshake + SignIn() + Statement("rows 1") + PullAll();
  // Frames end anywhere: in the middle of the handshake and of a chunk's header.
  client.Send(all.substr(0, 7));
  client.Send(all.substr(7, 14));
  client.Send(all.substr(21));
  EXPECT_EQ(client.Read(4), std::string("\0\0\10\5", 4));
  size_t tags = 0;
  for (std::string head = client.Read(2); head.size() == 2 && tags < 5;) {
    const size_t n =
        static_cast<size_t>(static_cast<uint8_t>(head[0])) << 8 | static_cast<uint8_t>(head[1]);
    if (n > 0) {
      client.Read(n);
      ++tags;
    }
    if (tags < 5) head = client.Read(2);
  }
  EXPECT_EQ(tags, 5u) << "HELLO, LOGON, RUN, a record, the end";
}

TEST_F(BoltServerTest, PagesOfOtherOriginsMayNotConnect) {
  options_.origins = {"https://tools.example"};
  Start();
  EXPECT_EQ(SocketClient(io_, Address(), "http://evil.example").status, 403);
  EXPECT_EQ(SocketClient(io_, Address(), "http://localhost.evil.example").status, 403);
  EXPECT_EQ(SocketClient(io_, Address(), "null").status, 403);
  EXPECT_EQ(SocketClient(io_, Address(), "https://tools.example").status, 101);
  EXPECT_EQ(SocketClient(io_, Address(), "").status, 101);
}

class BoltTlsTest : public BoltServerTest {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "skein_bolt_tls_" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(WriteTestCertificate(folder_));
    options_.tls_cert = folder_ + "/cert.pem";
    options_.tls_key = folder_ + "/key.pem";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  bool Handshake(int version_max) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_max_proto_version(context.native_handle(), version_max);
    Client<asio::ssl::stream<tcp::socket>> client(io_, context);
    client.stream().next_layer().connect(Address());
    Deadline(client.stream().next_layer());
    error_code ec;
    client.stream().handshake(asio::ssl::stream_base::client, ec);
    if (ec) return false;
    client.Send(kHandshake + SignIn());
    return client.Read(4) == std::string("\0\0\10\5", 4) && client.Tag() == 0x70;
  }
  std::string folder_;
};

TEST_F(BoltTlsTest, SpeaksTls13AndOnLoopbackPlainToo) {
  Start();
  EXPECT_TRUE(Handshake(TLS1_3_VERSION));
  EXPECT_FALSE(Handshake(TLS1_2_VERSION));
  SignedIn();
}

TEST_F(BoltTlsTest, OtherAddressesNeedIt) {
  options_.address = "0.0.0.0:0";
  auto server = BoltServer::Start(backend_, options_);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  EXPECT_TRUE(Handshake(TLS1_3_VERSION));
  const auto plain = Connect();
  plain->Send(kHandshake);
  EXPECT_EQ(plain->Read(4), "");
  BoltOptions bare = options_;
  bare.tls_cert = bare.tls_key = "";
  const absl::Status refused = BoltServer::Start(backend_, bare).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(skein::Message(refused).find("--tls-cert"), std::string_view::npos);
}

}  // namespace
}  // namespace skein::bolt
