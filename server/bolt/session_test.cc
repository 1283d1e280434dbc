#include "server/bolt/session.h"

#include <map>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

// An engine of one integer column: "rows N" gives N rows, "fail" an error, "log" is refused by the
// audit log, anything else no rows.
class FakeCursor final : public Cursor {
 public:
  explicit FakeCursor(int64_t rows) : left_(rows) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  absl::StatusOr<bool> Next(size_t max, std::vector<std::vector<Value>>* rows) override {
    rows->clear();
    if (cancelled_) return Cancelled("cancelled");
    while (left_ > 0 && rows->size() < max) rows->push_back({Value::Integer(left_--)});
    return !rows->empty();
  }
  const QuerySummary& summary() const override { return summary_; }
  absl::Status Describe(std::span<const NodeId>, std::vector<NodeView>*) override { return {}; }
  absl::Status Describe(std::span<const LinkId>, std::vector<LinkView>*) override { return {}; }
  void Cancel() override { cancelled_ = true; }

 private:
  std::vector<std::string> columns_{"n"};
  int64_t left_;
  bool cancelled_ = false;
  QuerySummary summary_;
};

class FakeConnection final : public Connection {
 public:
  absl::StatusOr<std::unique_ptr<Cursor>> Run(std::string_view text, const ValueMap&) override {
    if (text == "fail") return Aborted("conflict");
    return std::make_unique<FakeCursor>(
        text.starts_with("rows ") ? std::stol(std::string(text.substr(5))) : 0);
  }
  absl::Status Begin() override { return open_ = true, absl::OkStatus(); }
  absl::Status Commit() override { return open_ = false, Aborted("conflict"); }
  absl::Status Rollback() override { return open_ = false, absl::OkStatus(); }
  bool in_transaction() const override { return open_; }
  absl::StatusOr<std::shared_ptr<const Reader>> CurrentReader() override {
    return Unavailable("none");
  }

 private:
  bool open_ = false;
};

struct FakePrincipal final : Principal {
  std::string name() const override { return "ann"; }
};

class FakeBackend final : public Backend {
 public:
  absl::StatusOr<std::shared_ptr<const Principal>> SignIn(std::string_view, std::string_view name,
                                                          std::string_view password) override {
    if (name != "ann" || password != "pw") return Unauthenticated("wrong name or password");
    return std::make_shared<FakePrincipal>();
  }
  absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::shared_ptr<const Principal>&,
                                                      const std::optional<Purpose>& p) override {
    ++connections;
    if (!p) return PermissionDenied("no purpose");
    return std::make_unique<FakeConnection>();
  }
  absl::Status LogStatement(const std::shared_ptr<const Principal>&, const std::optional<Purpose>&,
                            std::string_view text, const ValueMap&) override {
    logged.emplace_back(text);
    return text == "log" ? Unavailable("no log") : absl::OkStatus();
  }
  int connections = 0;
  std::vector<std::string> logged;
};

// A client: sends messages, reads replies as (tag, metadata or row).
class SessionTest : public testing::Test {
 protected:
  void Send(uint8_t tag, const std::vector<Value>& fields) {
    std::string bytes;
    PackWriter w(&bytes, true);
    w.StructHeader(tag, fields.size());
    for (const Value& f : fields) Write(f, w);
    ASSERT_TRUE(session_->Receive(bytes));
  }
  static void Write(const Value& v, PackWriter& w) {
    if (v.kind() == ValueKind::kString) return w.String(v.string());
    if (v.kind() == ValueKind::kInteger) return w.Integer(v.integer());
    w.MapHeader(v.map().size());
    for (const auto& [key, item] : v.map()) {
      w.String(key);
      Write(item, w);
    }
  }
  // Runs until idle or closed; joins chunks and decodes.
  std::vector<Message> Replies() {
    std::string all;
    for (;;) {
      std::string out;
      progress_ = session_->Run(&out);
      peak_ = std::max(peak_, out.size());
      all += out;
      if (progress_ != Session::Progress::kOutputFull) break;
    }
    std::vector<Message> messages;
    std::string message;
    for (size_t at = 0; at + 2 <= all.size();) {
      const size_t n = static_cast<size_t>(static_cast<uint8_t>(all[at])) << 8 |
                       static_cast<uint8_t>(all[at + 1]);
      at += 2;
      if (n == 0) {
        absl::StatusOr<Message> m = DecodeMessage(message);
        EXPECT_TRUE(m.ok()) << m.status();
        messages.push_back(*std::move(m));
        message.clear();
      }
      message += all.substr(at, n);
      at += n;
    }
    return messages;
  }
  std::vector<uint8_t> Tags() {
    std::vector<uint8_t> tags;
    for (const Message& m : Replies()) tags.push_back(m.tag);
    return tags;
  }
  void SignIn() {
    Send(0x01, {Value::Map({{"user_agent", Value::String("t/1")}})});
    Send(0x6A, {Auth("pw")});
    ASSERT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x70}));
  }
  static Value Auth(std::string password) {
    return Value::Map({{"scheme", Value::String("basic")},
                       {"principal", Value::String("ann")},
                       {"credentials", Value::String(std::move(password))}});
  }
  static Value Extra() {
    return Value::Map({{"tx_metadata", Value::Map({{"case", Value::String("A-1")},
                                                   {"basis", Value::String("art. 12")},
                                                   {"reason", Value::String("test")}})}});
  }
  void Query(std::string text, Value extra = Extra()) {
    Send(0x10, {Value::String(std::move(text)), Value::Map({}), std::move(extra)});
  }
  static Value N(int64_t n) { return Value::Map({{"n", Value::Integer(n)}}); }

  FakeBackend backend_;
  std::unique_ptr<Session> session_ =
      std::make_unique<Session>(backend_, ProtocolVersion{5, 8}, "bolt-1", "127.0.0.1:7687");
  Session::Progress progress_ = Session::Progress::kIdle;
  size_t peak_ = 0;
};

TEST(NegotiateTest, DriversOfEveryAgeFindAVersion) {
  const auto pick = [](std::string_view bytes) {
    auto v = Negotiate(bytes);
    return v ? std::pair(v->major, v->minor) : std::pair(0, 0);
  };
  // neo4j-driver 6.3: manifest, 5.8 down to 5.0, 4.4 down to 4.2, 3.0.
  EXPECT_EQ(pick(std::string("\0\0\1\xFF\0\10\10\5\0\2\4\4\0\0\0\3", 16)), std::pair(5, 8));
  EXPECT_EQ(pick(std::string("\0\0\5\5\0\0\0\0\0\0\0\0\0\0\0\0", 16)),
            std::pair(0, 0));  // only 5.5
  EXPECT_EQ(pick(std::string("\0\1\5\5\0\0\0\0\0\0\0\0\0\0\0\0", 16)), std::pair(5, 4));
  EXPECT_EQ(pick(std::string("\0\2\4\4\0\0\0\0\0\0\0\0\0\0\0\0", 16)), std::pair(4, 4));
  EXPECT_EQ(pick(std::string("\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0", 16)), std::pair(0, 0));
}

TEST_F(SessionTest, PullHonoursNAndHasMore) {
  SignIn();
  Query("rows 5");
  Send(0x3F, {N(2)});
  std::vector<Message> r = Replies();
  ASSERT_EQ(r.size(), 4u);
  EXPECT_EQ(r[0].fields[0].Find("fields")->list()[0].string(), "n");
  EXPECT_EQ(r[1].tag, 0x71);
  EXPECT_TRUE(r[3].fields[0].Find("has_more")->boolean());
  Send(0x3F, {N(-1)});
  r = Replies();
  ASSERT_EQ(r.size(), 4u);
  EXPECT_EQ(r[2].fields[0].list()[0].integer(), 1);
  EXPECT_EQ(r[3].fields[0].Find("has_more"), nullptr);
  EXPECT_EQ(r[3].fields[0].Find("type")->string(), "r");
}

TEST_F(SessionTest, PullOfExactlyTheRestSaysSo) {
  SignIn();
  Query("rows 3");
  Send(0x3F, {N(3)});
  EXPECT_EQ(Replies().back().fields[0].Find("has_more"), nullptr);
}

TEST_F(SessionTest, DiscardSendsNoRecords) {
  SignIn();
  Query("rows 100000");
  Send(0x2F, {N(-1)});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x70}));
}

TEST_F(SessionTest, AFailureIsFollowedByIgnoredUntilReset) {
  SignIn();
  Query("fail");
  Send(0x3F, {N(-1)});
  Query("rows 1");
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x7F, 0x7E, 0x7E}));
  Send(0x0F, {});
  Query("rows 1");
  Send(0x3F, {N(-1)});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x70, 0x71, 0x70}));
}

TEST_F(SessionTest, ResetOvertakesWhatIsQueued) {
  SignIn();
  Query("rows 1000000");
  Send(0x3F, {N(-1)});
  Send(0x0F, {});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x7E, 0x7E, 0x70}));
}

TEST_F(SessionTest, ResetCutsAStreamShort) {
  SignIn();
  Query("rows 1000000");
  Send(0x3F, {N(-1)});
  std::string out;
  ASSERT_EQ(session_->Run(&out), Session::Progress::kOutputFull);
  Send(0x0F, {});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x7E, 0x70}));
}

TEST_F(SessionTest, OutputIsBoundedWhateverTheResult) {
  SignIn();
  Query("rows 1000000");
  Send(0x3F, {N(-1)});
  EXPECT_EQ(Replies().size(), 1'000'002u);
  EXPECT_LT(peak_, Session::kOutputHigh + (64u << 10));
}

TEST_F(SessionTest, NoPurposeNoConnection) {
  SignIn();
  Query("rows 1", Value::Map({}));
  std::vector<Message> r = Replies();
  EXPECT_EQ(r[0].tag, 0x7F);
  EXPECT_EQ(r[0].fields[0].Find("neo4j_code")->string(), "Neo.ClientError.Security.Forbidden");
}

TEST_F(SessionTest, NoLogNoAnswer) {
  SignIn();
  Query("log");
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x7F}));
}

TEST_F(SessionTest, ChangedPurposeMakesANewConnection) {
  SignIn();
  for (int i = 0; i < 2; ++i) {
    Query("rows 0");
    Send(0x3F, {N(-1)});
    EXPECT_EQ(Tags().size(), 2u);
  }
  EXPECT_EQ(backend_.connections, 1);
  Value other = Value::Map({{"tx_metadata", Value::Map({{"case", Value::String("B-2")},
                                                        {"basis", Value::String("art. 12")},
                                                        {"reason", Value::String("test")}})}});
  Query("rows 0", other);
  EXPECT_EQ(Tags().size(), 1u);
  EXPECT_EQ(backend_.connections, 2);
}

TEST_F(SessionTest, WrongPasswordEndsTheConnection) {
  Send(0x01, {Value::Map({})});
  Send(0x6A, {Auth("guess")});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x7F}));
  EXPECT_EQ(progress_, Session::Progress::kClosed);
}

TEST_F(SessionTest, QueryBeforeSignInEndsTheConnection) {
  Query("rows 1");
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x7F}));
  EXPECT_EQ(progress_, Session::Progress::kClosed);
}

TEST_F(SessionTest, LargeMessagesBeforeSignInAreRefused) {
  EXPECT_FALSE(session_->Receive(std::string(Session::kMessageBytesBeforeSignIn + 1, 'x')));
}

TEST_F(SessionTest, FailedCommitLeavesTheSessionUsable) {
  SignIn();
  Send(0x11, {Extra()});
  Send(0x12, {});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x7F}));
  Send(0x0F, {});
  Query("rows 1");
  Send(0x3F, {N(1)});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x70, 0x71, 0x70}));
}

}  // namespace
}  // namespace skein::bolt
