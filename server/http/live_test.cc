// The live protocol over real sockets: tickets, two units, projection, revocation.
#include <gtest/gtest.h>

#include "server/http/api_fixture.h"

namespace skein::http {
namespace {

class LiveTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    ann_ = SignIn("ann");
    operation_ = AskJson(ann_, "POST", "/api/v1/operations",
                         R"({"name":"Bikes","case":"A-1","members":["west"]})")
                     .Find("id")
                     ->string();
    bob_ = SignIn("bob");
  }
  std::string TicketUrl(const std::string& cookie) {
    return AskJson(cookie, "POST", "/api/v1/live/ticket", R"({"operation":")" + operation_ + "\"}")
        .Find("url")
        ->string();
  }
  std::unique_ptr<SocketClient> Join(const std::string& cookie) {
    auto client = std::make_unique<SocketClient>(http_->address(), TicketUrl(cookie),
                                                 "http://" + http_->address(), "skein.live.1");
    EXPECT_EQ(client->status(), 101);
    client->Send(R"({"type":"hello","protocol":1,"client":"t","since":null})");
    EXPECT_FALSE(Until(*client, R"("type":"snapshot")").starts_with("closed"));
    return client;
  }
  // The next text that holds `part`.
  static std::string Until(SocketClient& client, const std::string& part) {
    while (const auto text = client.Read()) {
      if (text->find(part) != std::string::npos) return *text;
    }
    return "closed " + std::to_string(client.close_code());
  }
  static std::string Op(const std::string& id, const std::string& element) {
    return R"({"type":"ops","ops":[{"op_id":")" + id + R"(","element":")" + element +
           R"(","property":"shown","value":true,"base":0}]})";
  }

  std::string ann_, bob_, operation_;
};

TEST_F(LiveTest, R1_R12_TwoUnitsSeeEachOthersEdits) {
  const auto a = Join(ann_);
  const auto b = Join(bob_);
  a->Send(Op("op-00001", IdOf("a")));
  EXPECT_NE(Until(*b, "op-00001").find(R"("person":"ann","unit":"east")"), std::string::npos);
  EXPECT_NE(Until(*a, "op-00001").find("\"seq\":1"), std::string::npos);
  b->Send(Op("op-00002", IdOf("cam")));
  EXPECT_NE(Until(*a, "op-00002").find(R"("unit":"west")"), std::string::npos);
  const auto late = Join(bob_);
}

TEST_F(LiveTest, R24_WhatAUnitMayNotSeeArrivesRedacted) {
  const auto a = Join(ann_);
  const auto b = Join(bob_);
  a->Send(Op("op-00001", IdOf("b")));  // east's
  EXPECT_NE(Until(*a, "op-00001").find(IdOf("b")), std::string::npos);
  EXPECT_EQ(Until(*b, R"("type":"events")"),
            R"({"type":"events","events":[{"seq":1,"redacted":true}]})");
  b->Send(Op("op-00002", IdOf("b")));
  EXPECT_NE(Until(*b, "refused").find("not_found"), std::string::npos);
}

TEST_F(LiveTest, R1_TicketsAreForOneUseAndR2_MembersOnly) {
  const std::string url = TicketUrl(ann_);
  EXPECT_EQ(SocketClient(http_->address(), url).status(), 101);
  EXPECT_EQ(SocketClient(http_->address(), url).status(), 401);
  EXPECT_EQ(SocketClient(http_->address(), "/api/v1/live?ticket=x").status(), 401);
  EXPECT_EQ(SocketClient(http_->address(), TicketUrl(ann_), "http://evil.example").status(), 403);
  const std::string old = TicketUrl(ann_);
  clock_.Advance(absl::Seconds(31));
  EXPECT_EQ(SocketClient(http_->address(), old).status(), 401);
  const std::string eve = SignIn("eve", false);
  Ask(eve, "PUT", "/api/v1/session/purpose", R"({"case":"N-1","basis":"b","reason":"r"})");
  EXPECT_EQ(
      CodeOf(Ask(eve, "POST", "/api/v1/live/ticket", R"({"operation":")" + operation_ + "\"}")),
      "not_found");
  EXPECT_EQ(Call(http_->address(), "GET", "/api/v1/live").status, 426);
}

TEST_F(LiveTest, R7_R11_EditsOfTwoUnitsArriveInOneOrder) {
  const auto a = Join(ann_);
  const auto b = Join(bob_);
  for (int i = 10; i < 40; ++i) {
    a->Send(Op("op-a-00" + std::to_string(i), IdOf("a")));
    b->Send(Op("op-b-00" + std::to_string(i), IdOf("cam")));
  }
  const auto order = [](SocketClient& client) {
    std::vector<std::string> seen;
    while (seen.size() < 60) {
      const auto text = client.Read();
      if (!text) break;
      const auto json = Json::Parse(*text);
      if (json->Find("type")->string() != "events") continue;
      for (const Json& event : json->Find("events")->array()) {
        EXPECT_EQ(event.Find("seq")->integer(), static_cast<int64_t>(seen.size()) + 1);
        seen.push_back(event.Find("op_id")->string());
      }
    }
    return seen;
  };
  const std::vector<std::string> first = order(*a);
  EXPECT_EQ(first.size(), 60u);
  EXPECT_EQ(first, order(*b));
}

TEST_F(LiveTest, R6_R20_ReconnectingFromASeqGetsWhatWasMissed) {
  const auto a = Join(ann_);
  {
    const auto b = Join(bob_);
    a->Send(Op("op-00001", IdOf("a")));
    Until(*b, "op-00001");
  }
  a->Send(Op("op-00002", IdOf("cam")));
  Until(*a, "op-00002");
  SocketClient b(http_->address(), TicketUrl(bob_), "http://" + http_->address(), "skein.live.1");
  b.Send(R"({"type":"hello","protocol":1,"client":"t","since":1})");
  EXPECT_NE(Until(b, "welcome").find(R"("resume":"log")"), std::string::npos);
  const std::string events = Until(b, R"("type":"events")");
  EXPECT_NE(events.find("\"seq\":2"), std::string::npos) << events;
  EXPECT_EQ(events.find("\"seq\":1,"), std::string::npos) << events;
  // R21: what is sent again under the same op id is not applied again.
  a->Send(Op("op-00002", IdOf("cam")));
  EXPECT_NE(Until(*a, "acks").find(R"("op_id":"op-00002","seq":2)"), std::string::npos);
}

TEST_F(LiveTest, JoiningIsLogged) {
  const auto before = static_cast<uint64_t>(AuditEntries());
  const auto a = Join(ann_);
  ASSERT_TRUE(sink_->WaitFor(before + 3)) << "the ticket's intent and completion, and the joining";
  bool joined = false;
  const auto entries = sink_->Read(before + 1, 10);
  for (const HistoryEntry& entry : *entries) {
    joined = joined || entry.record.find("live.join") != std::string::npos;
  }
  EXPECT_TRUE(joined);
}

TEST_F(LiveTest, R27_EndedSessionsAndRemovedUnitsAreClosed) {
  const auto a = Join(ann_);
  const auto b = Join(bob_);
  Ask(bob_, "DELETE", "/api/v1/session");
  EXPECT_EQ(Until(*b, "never"), "closed 4401");
  const auto again = Join(SignIn("bob"));
  Ask(ann_, "DELETE", "/api/v1/operations/" + operation_ + "/members/west", "",
      "/api/v1/operations/{operation}/members/{unit}");
  EXPECT_EQ(Until(*again, "never"), "closed 4403");
}

TEST_F(LiveTest, R3_NonsenseClosesTheSocketAndNotTheRoom) {
  const auto a = Join(ann_);
  const auto b = Join(bob_);
  b->Send(std::string(100'000, '['));
  EXPECT_EQ(Until(*b, "never"), "closed 4400");
  a->Send(Op("op-00001", IdOf("a")));
  EXPECT_NE(Until(*a, "op-00001"), "");
}

TEST_F(LiveTest, EditsSurviveTheHub) {
  {
    const auto a = Join(ann_);
    a->Send(Op("op-00001", IdOf("a")));
    Until(*a, "op-00001");
  }
  const auto b = std::make_unique<SocketClient>(http_->address(), TicketUrl(bob_));
  b->Send(R"({"type":"hello","protocol":1,"since":null})");
  EXPECT_NE(Until(*b, R"("type":"snapshot")").find(IdOf("a")), std::string::npos);
}

}  // namespace
}  // namespace skein::http
