#include "server/bolt/session.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "server/bolt/fake_backend.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

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
    if (v.kind() == ValueKind::kList) {
      w.ListHeader(v.list().size());
      for (const Value& item : v.list()) Write(item, w);
      return;
    }
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

TEST_F(SessionTest, AResetEndsAStatementThatHasNotAnsweredYet) {
  SignIn();
  Query("hang");
  Send(0x3F, {N(-1)});
  std::thread client([this] {
    backend_.started.WaitForNotification();
    Send(0x0F, {});
  });
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x7F, 0x7E, 0x70}));
  client.join();
  Query("rows 1");
  Send(0x3F, {N(-1)});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x71, 0x70}));
  EXPECT_EQ(backend_.connections, 2) << "a cancelled connection serves no more";
}

TEST_F(SessionTest, ATransactionHasSeveralOpenResults) {
  SignIn();
  Send(0x11, {Extra()});
  Query("rows 4");
  Query("rows 2");
  std::vector<Message> r = Replies();
  ASSERT_EQ(r.size(), 3u);
  EXPECT_EQ(r[1].fields[0].Find("qid")->integer(), 0);
  EXPECT_EQ(r[2].fields[0].Find("qid")->integer(), 1);
  const auto pull = [](int64_t n, int64_t qid) {
    return Value::Map({{"n", Value::Integer(n)}, {"qid", Value::Integer(qid)}});
  };
  Send(0x3F, {pull(1, 0)});
  Send(0x3F, {pull(-1, -1)});
  Send(0x3F, {pull(-1, 0)});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x71, 0x70, 0x71, 0x71, 0x70, 0x71, 0x71, 0x71, 0x70}));
  Send(0x13, {});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70}));
}

TEST_F(SessionTest, AnUnknownQidEndsTheConnection) {
  SignIn();
  Query("rows 4");
  Send(0x3F, {Value::Map({{"n", Value::Integer(1)}, {"qid", Value::Integer(7)}})});
  EXPECT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x7F}));
  EXPECT_EQ(progress_, Session::Progress::kClosed);
}

TEST_F(SessionTest, WhatLeftIsCompletedInTheLog) {
  SignIn();
  Query("rows 5");
  Send(0x3F, {N(-1)});
  Query("rows 5");
  Send(0x3F, {N(2)});
  Replies();
  EXPECT_EQ(backend_.completed, (std::vector<std::string>{"5 whole"}));
  Send(0x0F, {});
  Replies();
  EXPECT_EQ(backend_.completed, (std::vector<std::string>{"5 whole", "2 cut"}));
}

TEST_F(SessionTest, AccessModeAndTimeoutReachTheBackend) {
  SignIn();
  Value extra = Extra();
  ValueMap map = extra.map();
  map.emplace_back("mode", Value::String("r"));
  map.emplace_back("tx_timeout", Value::Integer(1500));
  std::sort(map.begin(), map.end(), [](auto& a, auto& b) { return a.first < b.first; });
  Query("rows 0", Value::Map(map));
  Replies();
  EXPECT_TRUE(backend_.last.read_only);
  EXPECT_EQ(backend_.last.time, absl::Milliseconds(1500));
}

TEST_F(SessionTest, ForeignBookmarksAndImpersonationAreRefused) {
  SignIn();
  const auto code = [&](std::string key, Value value) {
    ValueMap map = Extra().map();
    map.emplace_back(std::move(key), std::move(value));
    std::sort(map.begin(), map.end(), [](auto& a, auto& b) { return a.first < b.first; });
    Query("rows 0", Value::Map(map));
    const std::vector<Message> replies = Replies();
    Send(0x0F, {});
    Replies();
    return replies[0].tag == 0x7F ? replies[0].fields[0].Find("neo4j_code")->string() : "";
  };
  EXPECT_EQ(code("bookmarks", Value::List({Value::String("skein:17")})), "");
  EXPECT_EQ(code("bookmarks", Value::List({Value::String("FB:other")})),
            "Neo.ClientError.Transaction.InvalidBookmark");
  EXPECT_EQ(code("imp_user", Value::String("bob")), "Neo.ClientError.Security.Forbidden");
  EXPECT_EQ(code("imp_user", Value::String("ann")), "");
}

TEST_F(SessionTest, OlderVersionsHaveTheirOwnForms) {
  session_ = std::make_unique<Session>(backend_, ProtocolVersion{4, 4}, "bolt-1", "127.0.0.1:7687");
  ValueMap hello = Auth("pw").map();
  hello.emplace_back("patch_bolt", Value::List({Value::String("utc")}));
  std::sort(hello.begin(), hello.end(), [](auto& a, auto& b) { return a.first < b.first; });
  Send(0x01, {Value::Map(hello)});
  std::vector<Message> r = Replies();
  ASSERT_EQ(r[0].tag, 0x70);
  EXPECT_EQ(r[0].fields[0].Find("patch_bolt")->list()[0].string(), "utc");
  Query("fail");
  r = Replies();
  EXPECT_EQ(r[0].fields[0].Find("code")->string(), "Neo.TransientError.Transaction.Outdated");
  EXPECT_EQ(r[0].fields[0].Find("gql_status"), nullptr);
}

TEST_F(SessionTest, NoticesAndPlansAreTold) {
  SignIn();
  Query("noted");
  Send(0x3F, {N(-1)});
  const Value last = Replies().back().fields[0];
  const ValueList& statuses = last.Find("statuses")->list();
  ASSERT_EQ(statuses.size(), 3u);
  EXPECT_EQ(statuses[0].Find("gql_status")->string(), "02000");
  EXPECT_EQ(statuses[1].Find("gql_status")->string(), "01N50");
  EXPECT_EQ(statuses[1].Find("description")->string(), "no node has the label `X`");
  const Value* const record = statuses[1].Find("diagnostic_record");
  EXPECT_EQ(record->Find("_severity")->string(), "WARNING");
  EXPECT_EQ(record->Find("_position")->Find("column")->integer(), 10);
  EXPECT_EQ(statuses[2].Find("diagnostic_record")->Find("_position"), nullptr);
  EXPECT_EQ(last.Find("notifications"), nullptr);
  const Value* const plan = last.Find("plan");
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->Find("operatorType")->string(), "Top");
  EXPECT_EQ(plan->Find("args")->Find("EstimatedRows")->real(), 2.5);
  EXPECT_EQ(plan->Find("children")->list()[0].Find("rows")->integer(), 3);
}

TEST_F(SessionTest, NoticesHadAnotherFormBefore) {
  session_ = std::make_unique<Session>(backend_, ProtocolVersion{5, 4}, "bolt-1", "127.0.0.1:7687");
  SignIn();
  Query("noted");
  Send(0x3F, {N(-1)});
  const Value last = Replies().back().fields[0];
  EXPECT_EQ(last.Find("statuses"), nullptr);
  const ValueList& notes = last.Find("notifications")->list();
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].Find("code")->string(),
            "Neo.ClientNotification.Statement.UnknownLabelWarning");
  EXPECT_EQ(notes[0].Find("position")->Find("offset")->integer(), 9);
  EXPECT_EQ(notes[1].Find("severity")->string(), "INFORMATION");
  EXPECT_EQ(notes[1].Find("position"), nullptr);
}

TEST_F(SessionTest, NoticesThatNobodyWantsAreLeftOut) {
  session_ = std::make_unique<Session>(backend_, ProtocolVersion{5, 4}, "bolt-1", "127.0.0.1:7687");
  Send(0x01, {Value::Map({{"user_agent", Value::String("t/1")},
                          {"notifications_minimum_severity", Value::String("WARNING")}})});
  Send(0x6A, {Auth("pw")});
  ASSERT_EQ(Tags(), (std::vector<uint8_t>{0x70, 0x70}));
  const auto noted = [this](const char* key, Value value) {
    ValueMap extra = Extra().map();
    extra.emplace_back(key, std::move(value));
    Send(0x10, {Value::String("noted"), Value::Map({}), Value::Map(std::move(extra))});
    Send(0x3F, {N(-1)});
    const Value last = Replies().back().fields[0];
    const Value* notes = last.Find("notifications");
    return notes == nullptr ? size_t{0} : notes->list().size();
  };
  EXPECT_EQ(noted("mode", Value::String("r")), 1u);  // the one that is a warning
  EXPECT_EQ(noted("notifications_minimum_severity", Value::String("OFF")), 0u);
  EXPECT_EQ(
      noted("notifications_disabled_categories", Value::List({Value::String("UNRECOGNIZED")})), 0u);
  EXPECT_EQ(noted("notifications_minimum_severity", Value::String("INFORMATION")), 2u);
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
