// What hostile clients send, over real sockets: the server stays up, its memory stays bounded, and
// others are answered meanwhile (reliability B8, 14 and 16).
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "server/http/api_fixture.h"

namespace skein::http {
namespace {

class AttackTest : public ApiFixture {
 protected:
  void Configure(HttpOptions* options) override {
    options->header = absl::Milliseconds(500);
    options->body = absl::Milliseconds(1000);
    options->write = absl::Milliseconds(1000);
  }
  static int64_t ResidentBytes() {
    int64_t total = 0;
    int64_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
  }
  void ExpectWell() {
    EXPECT_EQ(AskJson("", "GET", "/api/v1/health").Find("status")->string(), "ok");
  }
  std::string Head(const std::string& cookie, const std::string& more) {
    return "POST /api/v1/query HTTP/1.1\r\nHost: " + http_->address() + "\r\n" + cookie +
           "\r\nX-Skein: 1\r\nContent-Type: application/json\r\n" + more + "\r\n\r\n";
  }
};

TEST_F(AttackTest, HundredsOfHalfOpenClientsHoldNobodyUp) {
  const std::string ann = SignIn("ann");
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 300; ++i) {
    held.push_back(std::make_unique<RawClient>(http_->address()));
    if (i % 3 == 1) held.back()->Send("GET / HT");
    if (i % 3 == 2) held.back()->Send(Head(ann, "Content-Length: 100") + "{");
  }
  const absl::Time before = absl::Now();
  EXPECT_EQ(Ask(ann, "GET", "/api/v1/schema").status, 200);
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  // Slow headers and bodies are cut off; what says nothing at all may wait for the idle deadline.
  for (size_t i = 0; i < held.size(); ++i) {
    if (i % 3 == 0) continue;
    EXPECT_EQ(held[i]->Read(), "") << i;
  }
  ExpectWell();
}

TEST_F(AttackTest, HeadersThatDripDoNotExtendTheirDeadline) {
  const RawClient client(http_->address());
  const absl::Time before = absl::Now();
  bool open = client.Send("GET / HTTP/1.1\r\n");
  // Each byte comes well within the deadline, the header as a whole does not.
  while (open && absl::Now() - before < absl::Seconds(15)) {
    open = client.Send("X") && client.Closed(absl::Milliseconds(50)) == false;
  }
  EXPECT_FALSE(open);
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

TEST_F(AttackTest, GiantBodiesAreRefusedBeforeTheyAreRead) {
  const std::string ann = SignIn("ann");
  const int64_t before = ResidentBytes();
  {
    const RawClient declared(http_->address());
    declared.Send(Head(ann, "Content-Length: 10000000000"));
    EXPECT_NE(declared.Read("}}").find("413"), std::string::npos);
  }
  {
    const RawClient chunked(http_->address());
    chunked.Send(Head(ann, "Transfer-Encoding: chunked"));
    const std::string chunk = "10000\r\n" + std::string(65536, ' ') + "\r\n";
    for (int i = 0; i < 4096 && chunked.Send(chunk); ++i) {  // 256 MiB, were they taken
    }
    EXPECT_NE(chunked.Read("}}").find("413"), std::string::npos);
  }
  {
    const RawClient chunk_size(http_->address());
    chunk_size.Send(Head(ann, "Transfer-Encoding: chunked") + "FFFFFFFFFFFFFFFF\r\n");
    EXPECT_NE(chunk_size.Read("}}").find("HTTP/1.1 4"), std::string::npos);
  }
  {
    const RawClient negative(http_->address());
    negative.Send(Head(ann, "Transfer-Encoding: chunked") + "-2\r\nx\r\n");
    EXPECT_NE(negative.Read("}}").find("400"), std::string::npos);
  }
  EXPECT_EQ(
      Ask(ann, "POST", "/api/v1/query", Statement("RETURN '" + std::string(10'000'000, 'q') + "'"))
          .status,
      413);
  EXPECT_LT(ResidentBytes() - before, int64_t{64} << 20);
  ExpectWell();
}

TEST_F(AttackTest, HostileJsonIsRefusedQuicklyAndInLittleMemory) {
  const std::string ann = SignIn("ann");
  const int64_t before = ResidentBytes();
  std::string keys = "{\"text\":\"RETURN 1\"";
  for (int i = 0; i < 250'000; ++i) keys += ",\"k" + std::to_string(i) + "\":1";
  const std::vector<std::string> bodies = {
      std::string(1'000'000, '['),
      "{\"text\":" + std::string(1'000'000, '{'),
      "{\"text\":\"RETURN 1\",\"parameters\":{\"a\":" + std::string(500'000, '[') +
          std::string(500'000, ']') + "}}",
      "{\"text\":\"RETURN 1\",\"text\":\"RETURN 2\"}",
      "{\"text\":\"RETURN 1\",\"limit\":NaN}",
      "{\"text\":\"RETURN 1\",\"limit\":99999999999999999999}",
      "{\"text\":\"\xff\xfe\"}",
      "{\"text\":\"\\ud800\"}",
  };
  for (const std::string& body : bodies) {
    const absl::Time start = absl::Now();
    EXPECT_EQ(Ask(ann, "POST", "/api/v1/query", body).status, 400) << body.substr(0, 60);
    EXPECT_LT(absl::Now() - start, absl::Seconds(5)) << body.substr(0, 60);
  }
  EXPECT_LE(Ask(ann, "POST", "/api/v1/query", keys).status, 400);
  EXPECT_LT(ResidentBytes() - before, int64_t{128} << 20);
  ExpectWell();
}

TEST_F(AttackTest, HostileQueriesEndWithOneError) {
  const std::string ann = SignIn("ann");
  std::vector<std::string> texts = {
      std::string(1'000'000, '('), "RETURN " + std::string(900'000, '-') + "1",
      "RETURN " + std::string(500'000, '[') + std::string(500'000, ']')};
  std::string unions = "RETURN 1 AS a";
  for (int i = 0; i < 20'000; ++i) unions += " UNION RETURN 1 AS a";
  texts.push_back(unions);
  std::string hops = "MATCH (a)";
  for (int i = 0; i < 100'000; ++i) hops += "--(a)";
  texts.push_back(hops + " RETURN 1");
  for (const std::string& text : texts) {
    const int status = Ask(ann, "POST", "/api/v1/query", Statement(text)).status;
    EXPECT_GE(status, 400) << text.substr(0, 40);
    EXPECT_LT(status, 500) << text.substr(0, 40);
  }
  ExpectWell();
}

TEST_F(AttackTest, ClientsThatReadNothingHoldNobodyUp) {
  const std::string ann = SignIn("ann");
  const std::string body = Statement(
      "UNWIND range(1, 2000) AS i RETURN reduce(s = 'x', k IN range(1, 13) | s + s) AS text");
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 4; ++i) {  // as many as there are workers, 16 MB each
    held.push_back(std::make_unique<RawClient>(http_->address()));
    held.back()->Send(Head(ann, "Content-Length: " + std::to_string(body.size())) + body);
    EXPECT_NE(held.back()->Read("200 OK").find("200 OK"), std::string::npos);
  }
  EXPECT_EQ(Ask(ann, "GET", "/api/v1/schema").status, 200);
  const auto entries = static_cast<uint64_t>(AuditEntries());
  // Their writes time out, and each is logged as aborted.
  EXPECT_TRUE(sink_->WaitFor(entries + held.size() - 1));
  ExpectWell();
}

}  // namespace
}  // namespace skein::http
