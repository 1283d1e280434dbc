// TLS: 1.3 alone, any address, clear refusals.
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <filesystem>

#include "server/http/server.h"
#include "server/http/test_client.h"
#include "storage/base/status.h"
#include "tests/support/test_certificate.h"

namespace skein::http {
namespace {

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "skein_tls_" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(WriteTestCertificate(folder_));
    options_.address = "127.0.0.1:0";
    options_.tls_cert = folder_ + "/cert.pem";
    options_.tls_key = folder_ + "/key.pem";
    options_.workers = 2;
    options_.header = absl::Milliseconds(500);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Start() {
    Router router;
    router.Add({.method = "GET", .pattern = "/api/v1/hello", .handler = [](Request& r) {
                  return Response::Json(200, r.secure ? "true" : "false");
                }});
    auto server = HttpServer::Start(std::move(router), options_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  int Port() const {
    const std::string address = server_->address();
    return std::stoi(address.substr(address.rfind(':') + 1));
  }

  std::string folder_;
  HttpOptions options_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, AnswersOverTls13WithHsts) {
  Start();
  httplib::SSLClient client("127.0.0.1", Port());
  client.set_ca_cert_path((folder_ + "/cert.pem").c_str());
  client.enable_server_certificate_verification(true);
  const auto result = client.Get("/api/v1/hello");
  ASSERT_TRUE(result) << httplib::to_string(result.error());
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "true");
  EXPECT_FALSE(result->get_header_value("Strict-Transport-Security").empty());
}

TEST_F(TlsTest, OlderVersionsAndPlainTextAreRefused) {
  Start();
  httplib::SSLClient old("127.0.0.1", Port());
  old.enable_server_certificate_verification(false);
  SSL_CTX_set_max_proto_version(old.ssl_context(), TLS1_2_VERSION);
  EXPECT_FALSE(old.Get("/api/v1/hello"));
  const Reply plain = Call(server_->address(), "GET", "/api/v1/hello");
  EXPECT_NE(plain.status, 200);
  const RawClient silent(server_->address());
  silent.Send("\x16\x03\x01");
  EXPECT_EQ(silent.Read(), "") << "a handshake has a deadline";
}

TEST_F(TlsTest, OtherAddressesNeedIt) {
  options_.address = "0.0.0.0:0";
  Start();
  HttpOptions plain = options_;
  plain.tls_cert = plain.tls_key = "";
  const absl::Status refused = HttpServer::Start({}, plain).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(refused).find("--tls-cert"), std::string_view::npos) << refused;
}

TEST_F(TlsTest, BadFilesAreNamed) {
  const auto refusal = [&](const std::string& cert, const std::string& key) {
    HttpOptions options = options_;
    options.tls_cert = cert;
    options.tls_key = key;
    const absl::Status status = HttpServer::Start({}, options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(Message(status));
  };
  EXPECT_NE(refusal("/nowhere.pem", options_.tls_key).find("/nowhere.pem"), std::string::npos);
  EXPECT_NE(refusal(options_.tls_cert, "/nokey.pem").find("/nokey.pem"), std::string::npos);
  EXPECT_NE(refusal(options_.tls_cert, options_.tls_cert).find("key"), std::string::npos);
  EXPECT_NE(refusal(options_.tls_cert, "").find("both"), std::string::npos);
}

}  // namespace
}  // namespace skein::http
