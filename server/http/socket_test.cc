// WebSockets: who may open one, order, limits, goodbye.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "server/http/server.h"
#include "server/http/test_client.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

struct Log {
  std::mutex mutex;
  std::condition_variable wake;
  int opened = 0, closed = 0;
  std::shared_ptr<Socket> last;
};

// Says every text back; "bye" closes, "flood" sends without end.
class Echo final : public SocketHandler {
 public:
  explicit Echo(Log& log) : log_(log) {}
  void OnOpen(std::shared_ptr<Socket> socket) override {
    socket_ = std::move(socket);
    const std::lock_guard lock(log_.mutex);
    ++log_.opened;
    log_.last = socket_;
  }
  void OnText(std::string_view text) override {
    if (text == "bye") return socket_->Close(4403, "as asked");
    const int copies = text == "flood" ? 200 : 1;
    const auto reply = std::make_shared<const std::string>(
        text == "flood" ? std::string(100'000, 'f') : std::string(text));
    for (int i = 0; i < copies; ++i) socket_->Send(reply);
  }
  void OnClosed() override {
    socket_ = nullptr;
    const std::lock_guard lock(log_.mutex);
    ++log_.closed;
    log_.last = nullptr;
    log_.wake.notify_all();
  }

 private:
  Log& log_;
  std::shared_ptr<Socket> socket_;
};

class SocketTest : public testing::Test {
 protected:
  void SetUp() override {
    Router router;
    router.Add({.method = "GET",
                .pattern = "/live",
                .handler = [](Request&) { return Response::Error(426, "upgrade_required", "ws"); },
                .upgrade = [this](Request& r) -> absl::StatusOr<std::shared_ptr<SocketHandler>> {
                  if (r.Query("ticket") == nullptr) return Unauthenticated("no ticket");
                  return std::make_shared<Echo>(log_);
                },
                .subprotocol = "skein.live.1"});
    HttpOptions options;
    options.address = "127.0.0.1:0";
    options.workers = 2;
    options.socket_message_max = 1000;
    auto server = HttpServer::Start(std::move(router), options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void AwaitClosed(int n) {
    std::unique_lock lock(log_.mutex);
    EXPECT_TRUE(
        log_.wake.wait_for(lock, std::chrono::seconds(20), [&] { return log_.closed >= n; }));
  }

  Log log_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(SocketTest, EchoesInOrderAndTellsTheEnd) {
  SocketClient client(server_->address(), "/live?ticket=1", "http://" + server_->address(),
                      "skein.live.1");
  ASSERT_EQ(client.status(), 101);
  for (int i = 0; i < 100; ++i) client.Send(std::to_string(i));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.Read(), std::to_string(i));
  client.Close();
  AwaitClosed(1);
}

TEST_F(SocketTest, ForeignOriginsAndMissingTicketsAreRefused) {
  EXPECT_EQ(SocketClient(server_->address(), "/live?ticket=1", "http://evil.example").status(),
            403);
  EXPECT_EQ(SocketClient(server_->address(), "/live").status(), 401);
  EXPECT_EQ(Call(server_->address(), "GET", "/live?ticket=1").status, 426);
  EXPECT_EQ(log_.opened, 0);
}

TEST_F(SocketTest, TheServerCloses) {
  SocketClient client(server_->address(), "/live?ticket=1");
  client.Send("bye");
  EXPECT_EQ(client.Read(), std::nullopt);
  EXPECT_EQ(client.close_code(), 4403);
  AwaitClosed(1);
}

TEST_F(SocketTest, OversizedMessagesEndTheSocket) {
  SocketClient client(server_->address(), "/live?ticket=1");
  client.Send(std::string(2000, 'x'));
  EXPECT_EQ(client.Read(), std::nullopt);
  EXPECT_EQ(client.close_code(), 1009);
  AwaitClosed(1);
}

TEST_F(SocketTest, SlowReadersAreCut) {
  SocketClient client(server_->address(), "/live?ticket=1");
  client.Send("flood");
  AwaitClosed(1);  // the client reads nothing, the queue's bound ends it
}

TEST_F(SocketTest, StopSaysGoodbye) {
  SocketClient client(server_->address(), "/live?ticket=1");
  client.Send("a");
  EXPECT_EQ(client.Read(), "a");
  std::thread stop([&] { server_->Stop(); });
  EXPECT_EQ(client.Read(), std::nullopt);
  EXPECT_EQ(client.close_code(), 1001);
  stop.join();
  EXPECT_EQ(log_.closed, 1);
}

}  // namespace
}  // namespace skein::http
