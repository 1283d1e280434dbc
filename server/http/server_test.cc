#include "server/http/server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "server/http/test_client.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    Router router;
    router.Add({.method = "GET", .pattern = "/api/v1/hello/{name}", .handler = [](Request& r) {
                  return Response::Json(200, "\"" + r.parameters["name"] + "\"");
                }});
    router.Add({.method = "POST",
                .pattern = "/api/v1/echo",
                .handler = [](Request& r) { return Response::Json(200, r.body); },
                .body_bytes_max = 1000});
    router.Add({.method = "GET", .pattern = "/api/v1/large", .handler = [](Request&) {
                  return Response::Json(200, "\"" + std::string(size_t{8} << 20, 'z') + "\"");
                }});
    router.Add({.method = "GET", .pattern = "/api/v1/wait", .handler = [this](Request& r) {
                  std::unique_lock lock(mutex_);
                  bool cancelled = false;
                  r.cancel->OnCancel([&] {
                    const std::lock_guard inner(cancel_mutex_);
                    cancelled = true;
                    wake_.notify_all();
                  });
                  lock.unlock();
                  std::unique_lock waiting(cancel_mutex_);
                  waiting_ = true;
                  wake_.notify_all();
                  wake_.wait_for(waiting, std::chrono::seconds(20), [&] { return cancelled; });
                  was_cancelled_ = cancelled;
                  done_ = true;
                  wake_.notify_all();
                  waiting.unlock();
                  r.cancel->OnCancel(nullptr);
                  return Response::Json(200, "1");
                }});
    options_.address = "127.0.0.1:0";
    options_.workers = 2;
    options_.header = absl::Milliseconds(300);
    options_.body = absl::Milliseconds(300);
    Start(std::move(router));
  }
  void Start(Router router) {
    auto server = HttpServer::Start(std::move(router), options_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  Reply Get(std::string_view target, const std::vector<std::string>& headers = {}) {
    return Call(server_->address(), "GET", target, headers);
  }

  HttpOptions options_;
  std::mutex mutex_, cancel_mutex_;
  std::condition_variable wake_;
  bool waiting_ = false, was_cancelled_ = false, done_ = false;
  std::unique_ptr<HttpServer> server_;  // last: destroyed before what handlers use
};

TEST_F(HttpServerTest, RoutesAndSecurityHeaders) {
  const Reply reply = Get("/api/v1/hello/%E4%BA%AC");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "\"京\"");
  EXPECT_EQ(reply.Header("x-content-type-options"), "nosniff");
  EXPECT_NE(reply.Header("content-security-policy").find("frame-ancestors 'none'"),
            std::string::npos);
  EXPECT_EQ(Get("/api/v1/nope").status, 404);
  const Reply wrong = Call(server_->address(), "POST", "/api/v1/hello/x", {"X-Skein: 1"});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.Header("allow"), "GET");
  const Reply head = Call(server_->address(), "HEAD", "/api/v1/hello/abc");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.Header("content-length"), "5");
}

TEST_F(HttpServerTest, LargeAnswersArePackedForClientsThatTakeIt) {
  const Reply packed = Get("/api/v1/large", {"Accept-Encoding: gzip"});
  EXPECT_EQ(packed.Header("content-encoding"), "gzip");
  EXPECT_EQ(packed.Header("content-length"), std::to_string(packed.body.size()));
  EXPECT_LT(packed.body.size(), size_t{1} << 20);
  const Reply plain = Get("/api/v1/large");
  EXPECT_EQ(plain.Header("content-encoding"), "");
  EXPECT_EQ(plain.Header("vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body.size(), (size_t{8} << 20) + 2);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Accept-Encoding: gzip"}).Header("content-encoding"), "");
}

TEST_F(HttpServerTest, KeepsAliveAndTakesPipelinedRequests) {
  const RawClient client(server_->address());
  const std::string get =
      "GET /api/v1/hello/a HTTP/1.1\r\nHost: " + server_->address() + "\r\n\r\n";
  client.Send(get + get);
  client.Send("GET /api/v1/hello/last HTTP/1.1\r\nHost: " + server_->address() +
              "\r\nConnection: close\r\n\r\n");
  const std::string all = client.Read();
  size_t answers = 0;
  for (size_t at = all.find("HTTP/1.1 200"); at != std::string::npos;
       at = all.find("HTTP/1.1 200", at + 1)) {
    ++answers;
  }
  EXPECT_EQ(answers, 3u) << all;
}

TEST_F(HttpServerTest, ForeignHostOriginAndMissingHeaderAreRefused) {
  EXPECT_EQ(Get("/api/v1/hello/x", {"Host: evil.example"}).status, 400);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Host: " + server_->address(), "Host: evil.example"}).status,
            400);
  const Reply origin = Get("/api/v1/hello/x", {"Origin: http://evil.example"});
  EXPECT_EQ(origin.status, 403);
  EXPECT_NE(origin.body.find("bad_origin"), std::string::npos);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Origin: null"}).status, 403);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Origin: https://" + server_->address()}).status, 403);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Origin: http://" + server_->address()}).status, 200);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Sec-Fetch-Site: cross-site"}).status, 403);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Sec-Fetch-Site: same-site"}).status, 403);
  EXPECT_EQ(Get("/api/v1/hello/x", {"Sec-Fetch-Site: same-origin"}).status, 200);
  const Reply forged = Call(server_->address(), "POST", "/api/v1/echo", {}, "{}");
  EXPECT_EQ(forged.status, 403);
  EXPECT_NE(forged.body.find("csrf"), std::string::npos);
  EXPECT_EQ(Call(server_->address(), "POST", "/api/v1/echo", {"X-Skein: 1"}, "{}").body, "{}");
}

TEST_F(HttpServerTest, LimitsOfHeaderAndBody) {
  EXPECT_EQ(Get("/api/v1/hello/x", {"X-Large: " + std::string(20'000, 'a')}).status, 431);
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back("X-" + std::to_string(i) + ": 1");
  EXPECT_EQ(Get("/api/v1/hello/x", many).status, 431);
  EXPECT_EQ(Get("/" + std::string(20'000, 'a')).status, 431);
  const std::string body(1001, 'b');
  EXPECT_EQ(Call(server_->address(), "POST", "/api/v1/echo", {"X-Skein: 1"}, body).status, 413);
  EXPECT_EQ(Call(server_->address(), "POST", "/api/v1/echo", {"X-Skein: 1"}, body.substr(1)).body,
            body.substr(1));
}

TEST_F(HttpServerTest, EndlessChunksAreCut) {
  const RawClient client(server_->address());
  client.Send("POST /api/v1/echo HTTP/1.1\r\nHost: " + server_->address() +
              "\r\nX-Skein: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "100\r\n" + std::string(256, 'c') + "\r\n";
  for (int i = 0; i < 100 && client.Send(chunk); ++i) {
  }
  EXPECT_NE(client.Read("}}").find("413"), std::string::npos);
}

TEST_F(HttpServerTest, NonsenseIsRefusedAndTheServerStaysUp) {
  for (const char* bytes :
       {"\r\n\r\n\r\nGET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET nopath HTTP/1.1\r\n\r\n",
        "POST /api/v1/echo HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST /api/v1/echo HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"}) {
    const RawClient client(server_->address());
    client.Send(bytes);
    const std::string reply = client.Read();
    EXPECT_TRUE(reply.empty() || reply.starts_with("HTTP/1.1 400")) << bytes << "\n" << reply;
  }
  EXPECT_EQ(Get("/api/v1/hello/%zz").status, 400);
  EXPECT_EQ(Get("/api/v1/hello/%00").status, 400);
  EXPECT_EQ(Get("/api/v1/hello/x").status, 200);
}

TEST_F(HttpServerTest, SlowHeadersAndBodiesAreDropped) {
  const RawClient header(server_->address());
  header.Send("GET /api/v1/hello/x HTTP/1.1\r\nX-Drip");
  EXPECT_EQ(header.Read(), "");
  const RawClient body(server_->address());
  body.Send("POST /api/v1/echo HTTP/1.1\r\nHost: " + server_->address() +
            "\r\nX-Skein: 1\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_EQ(body.Read(), "");
}

TEST_F(HttpServerTest, ADepartedClientCancelsItsHandler) {
  {
    const RawClient client(server_->address());
    client.Send("GET /api/v1/wait HTTP/1.1\r\nHost: " + server_->address() + "\r\n\r\n");
    std::unique_lock lock(cancel_mutex_);
    ASSERT_TRUE(wake_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_; }));
  }
  std::unique_lock lock(cancel_mutex_);
  ASSERT_TRUE(wake_.wait_for(lock, std::chrono::seconds(20), [&] { return done_; }));
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(HttpServerTest, StopCancelsHandlersAndReturns) {
  const RawClient client(server_->address());
  client.Send("GET /api/v1/wait HTTP/1.1\r\nHost: " + server_->address() + "\r\n\r\n");
  {
    std::unique_lock lock(cancel_mutex_);
    ASSERT_TRUE(wake_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_; }));
  }
  server_->Stop();
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(HttpServerTest, AddressesAreChecked) {
  const auto refused = [](const std::string& address) {
    HttpOptions options;
    options.address = address;
    return HttpServer::Start({}, options).status();
  };
  EXPECT_EQ(refused(server_->address()).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(refused("0.0.0.0:0").code(), absl::StatusCode::kFailedPrecondition);
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "nohost:1", ":1"}) {
    EXPECT_EQ(refused(bad).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace skein::http
