// The rules of docs/protocol/live.md, one by one. Schedules of faults are in room_schedule_test.cc.
#include "server/live/room.h"

#include <gtest/gtest.h>

#include "server/live/model_client.h"
#include "storage/base/status.h"

namespace skein::live {
namespace {

class FakeLog final : public RoomLog {
 public:
  absl::Status Append(std::string_view record) override {
    if (failing) return Unavailable("no space");
    all.emplace_back(record);
    return absl::OkStatus();
  }
  bool failing = false;
  std::vector<std::string> all;
};

class Hiding final : public Projection {
 public:
  absl::Status Visible(std::span<const std::string_view> elements,
                       std::vector<uint8_t>* out) override {
    out->clear();
    for (const auto e : elements) out->push_back(hidden.contains(std::string(e)) ? 0 : 1);
    return absl::OkStatus();
  }
  std::set<std::string> hidden;
};

class LiveRoomTest : public testing::Test {
 protected:
  Outputs Join(ConnectionId id, std::string person, std::string since = "null") {
    Outputs out = room_.Open(id, {person, person, "unit-" + person, &eyes_[id]}, now_);
    if (!out.empty()) return out;
    return room_.Receive(id, R"({"type":"hello","protocol":1,"client":"t","since":)" + since + "}",
                         now_);
  }
  Outputs Send(ConnectionId id, std::string ops) {
    return room_.Receive(id, R"({"type":"ops","ops":[)" + ops + "]}", now_);
  }
  static std::string Op(std::string op_id, std::string element, std::string property,
                        std::string value, int base = 0, std::string more = "") {
    return R"({"op_id":")" + op_id + R"(","element":")" + element + R"(","property":")" + property +
           R"(","value":)" + value + R"(,"base":)" + std::to_string(base) + more + "}";
  }
  // Texts sent to one connection, joined.
  static std::string To(ConnectionId id, const Outputs& out) {
    std::string texts;
    for (const Output& o : out) {
      if (o.to == id && o.text != nullptr) texts += *o.text + "\n";
      if (o.to == id && o.close != 0) texts += "close " + std::to_string(o.close) + "\n";
    }
    return texts;
  }
  static bool Has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  FakeLog log_;
  std::map<ConnectionId, Hiding> eyes_;
  Room room_{"op-1", "Motorcycles", log_};
};

TEST_F(LiveRoomTest, R3_HelloComesFirst) {
  room_.Open(1, {"ann", "Ann", "east", &eyes_[1]}, now_);
  EXPECT_EQ(To(1, Send(1, Op("op-00001", "n1", "shown", "true"))), "close 4400\n");
  room_.Open(2, {"ann", "Ann", "east", &eyes_[2]}, now_);
  EXPECT_TRUE(room_.Tick(now_ + absl::Seconds(9)).empty());
  EXPECT_EQ(To(2, room_.Tick(now_ + absl::Seconds(11))), "close 4400\n");
  EXPECT_EQ(room_.connections(), 0u);
}

TEST_F(LiveRoomTest, R4_WelcomeSaysWhereWeAre) {
  const std::string text = To(1, Join(1, "ann"));
  EXPECT_TRUE(Has(text, R"("operation":"op-1")")) << text;
  EXPECT_TRUE(Has(text, R"("seq":0)")) << text;
  EXPECT_TRUE(Has(text, R"("resume":"snapshot")")) << text;
  EXPECT_TRUE(Has(text, R"("type":"snapshot","seq":0,"part":1,"parts":1,"entries":[])")) << text;
}

TEST_F(LiveRoomTest, R5_SnapshotLeavesOutWhatIsNullAndIsOrdered) {
  Join(1, "ann");
  Send(1, Op("op-00001", "n2", "shown", "true") + "," + Op("op-00002", "n1", "shown", "true") +
              "," + Op("op-00003", "n2", "shown", "null"));
  const std::string text = To(2, Join(2, "bob", "9"));
  EXPECT_TRUE(Has(text, R"("resume":"snapshot")")) << "since beyond seq";
  EXPECT_TRUE(Has(text, "\"n1\""));
  EXPECT_FALSE(Has(text, "\"n2\""));
}

TEST_F(LiveRoomTest, R6_ResumeFromTheLog) {
  Join(1, "ann");
  Send(1, Op("op-00001", "n1", "shown", "true") + "," + Op("op-00002", "n2", "shown", "true"));
  const std::string text = To(2, Join(2, "bob", "1"));
  EXPECT_TRUE(Has(text, R"("resume":"log")"));
  EXPECT_FALSE(Has(text, "op-00001"));
  EXPECT_TRUE(Has(text, R"("seq":2,"op_id":"op-00002")"));
}

TEST_F(LiveRoomTest, R10_DurableBeforeAnyoneHears) {
  Join(1, "ann");
  Join(2, "bob");
  log_.failing = true;
  const Outputs out = Send(1, Op("op-00001", "n1", "shown", "true"));
  EXPECT_TRUE(Has(To(1, out), "log_unavailable"));
  EXPECT_EQ(To(2, out), "");
  EXPECT_EQ(room_.seq(), 0);
  log_.failing = false;
  EXPECT_TRUE(Has(To(2, Send(1, Op("op-00001", "n1", "shown", "true"))), R"("seq":1)"));
  EXPECT_EQ(log_.all.size(), 1u);
}

TEST_F(LiveRoomTest, R11_TimeNeverDecreases) {
  Join(1, "ann");
  Send(1, Op("op-00001", "n1", "shown", "true"));
  now_ -= absl::Hours(1);
  Send(1, Op("op-00002", "n1", "shown", "false"));
  const Entry* entry = room_.chart().Find("n1", "shown");
  EXPECT_EQ(entry->time_us, absl::ToUnixMicros(now_ + absl::Hours(1)));
  EXPECT_EQ(entry->seq, 2);
}

TEST_F(LiveRoomTest, R12_EventsGoToEveryoneTheAuthorIncluded) {
  Join(1, "ann");
  Join(2, "bob");
  const Outputs out = Send(1, Op("op-00001", "n1", "position", R"({"x":1.5,"y":-2})"));
  const std::string event =
      R"("op_id":"op-00001","person":"ann","unit":"unit-ann","time_us":1700000000000000,"element":"n1",)"
      R"("property":"position","value":{"x":1.5,"y":-2})";
  EXPECT_TRUE(Has(To(1, out), event)) << To(1, out);
  EXPECT_TRUE(Has(To(2, out), event));
}

TEST_F(LiveRoomTest, R14_LateJoinerGetsDeletes) {
  Join(1, "ann");
  Send(1, Op("op-00001", "n1", "shown", "true") + "," + Op("op-00002", "n2", "shown", "true") +
              "," + Op("op-00003", "n1", "shown", "false") + "," +
              Op("op-00004", "n2", "shown", "null"));
  const std::string text = To(2, Join(2, "bob"));
  EXPECT_TRUE(Has(text, R"("element":"n1","property":"shown","value":false)")) << text;
  EXPECT_FALSE(Has(text, "\"n2\"")) << text;
}

TEST_F(LiveRoomTest, R15_RefusalChangesNothingAndIsPrivate) {
  Join(1, "ann");
  Join(2, "bob");
  for (const std::string& op :
       {Op("short", "n1", "shown", "true"), Op("op-00001", "x1", "shown", "true"),
        Op("op-00001", "n1", "text", "\"a\""), Op("op-00001", "n1", "shown", "1"),
        Op("op-00001", "l1", "position", R"({"x":1,"y":2})"),
        Op("op-00001", "n1", "position", R"({"x":1e9,"y":2})"),
        Op("op-00001", "n1", "color", "\"red\""), Op("op-00001", "note:a@b", "text", "\"a\""),
        Op("op-00001", "note:a", "text", '"' + std::string(4001, 'a') + '"')}) {
    const Outputs out = Send(1, op);
    EXPECT_TRUE(Has(To(1, out), "bad_op")) << op << To(1, out);
    EXPECT_EQ(To(2, out), "");
  }
  EXPECT_EQ(room_.seq(), 0);
  EXPECT_TRUE(log_.all.empty());
}

TEST_F(LiveRoomTest, R16_TextAndUndoCompareTheBase) {
  Join(1, "ann");
  Send(1, Op("op-00001", "note:a", "text", "\"one\"", 0));
  const std::string stale = To(1, Send(1, Op("op-00002", "note:a", "text", "\"two\"", 0)));
  EXPECT_TRUE(Has(stale, R"("code":"stale")")) << stale;
  EXPECT_TRUE(
      Has(stale, R"("current":{"element":"note:a","property":"text","value":"one","seq":1)"));
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00003", "note:a", "text", "\"two\"", 1))), R"("seq":2)"));
  Send(1, Op("op-00004", "n1", "shown", "true"));
  EXPECT_TRUE(
      Has(To(1, Send(1, Op("op-00005", "n1", "shown", "null", 2, R"(,"undo":true)"))), "stale"));
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00006", "n1", "shown", "null", 3, R"(,"undo":true)"))),
                  R"("seq":4)"));
}

TEST_F(LiveRoomTest, R17_OtherwiseTheLastInServerOrderWins) {
  Join(1, "ann");
  Join(2, "bob");
  Send(1, Op("op-00001", "n1", "position", R"({"x":1,"y":1})"));
  Send(2, Op("op-00002", "n1", "position", R"({"x":2,"y":2})"));
  EXPECT_EQ(room_.chart().Find("n1", "position")->person, "bob");
}

TEST_F(LiveRoomTest, R18_HiddenAndMissingElementsAreRefusedAlike) {
  eyes_[1].hidden = {"n1"};
  Join(1, "ann");
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00001", "n1", "shown", "true"))), "not_found"));
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00001", "note:a@n1", "text", "\"x\""))), "not_found"));
  room_.SetOpen(false);
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00001", "n2", "shown", "true"))), "\"closed\""));
}

TEST_F(LiveRoomTest, R21_ResendIsIdempotent) {
  Join(1, "ann");
  Join(2, "bob");
  const std::string op = Op("op-00001", "n1", "shown", "true");
  Send(1, op);
  const Outputs again = Send(1, op);
  EXPECT_EQ(To(1, again), "{\"type\":\"acks\",\"acks\":[{\"op_id\":\"op-00001\",\"seq\":1}]}\n");
  EXPECT_EQ(To(2, again), "");
  EXPECT_EQ(log_.all.size(), 1u);
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00001", "n1", "shown", "false"))), "op_id_reused"));
  EXPECT_TRUE(Has(To(2, Send(2, Op("op-00001", "n1", "shown", "false"))), R"("seq":2)"))
      << "op ids are per person";
  EXPECT_TRUE(Has(To(1, Send(1, Op("op-00009", "n3", "shown", "true") + "," +
                                    Op("op-00009", "n3", "shown", "true"))),
                  R"("seq":3)"));
  EXPECT_EQ(room_.seq(), 3) << "twice in one message is once";
}

TEST_F(LiveRoomTest, R24_R25_HiddenElementsArriveRedacted) {
  eyes_[2].hidden = {"n7"};
  Join(1, "ann");
  Join(2, "bob");
  const Outputs out = Send(1, Op("op-00001", "n7", "comment", "\"secret\"") + "," +
                                  Op("op-00002", "n8", "shown", "true") + "," +
                                  Op("op-00003", "note:k@n7", "text", "\"secret\""));
  EXPECT_FALSE(Has(To(2, out), "n7"));
  EXPECT_FALSE(Has(To(2, out), "secret"));
  EXPECT_TRUE(Has(To(2, out), R"({"seq":1,"redacted":true})"));
  EXPECT_TRUE(Has(To(2, out), R"({"seq":2,"op_id")"));
  room_.Receive(1, R"({"type":"presence","cursor":null,"selection":["n7","n8"],"editing":"n7"})",
                now_);
  eyes_[3].hidden = {"n7"};
  const std::string joined = To(3, Join(3, "cyd"));
  EXPECT_FALSE(Has(joined, "n7")) << joined;
  EXPECT_TRUE(Has(joined, R"("selection":["n8"],"editing":null)")) << joined;
}

TEST_F(LiveRoomTest, R28_PresenceIsCoalesced) {
  Join(1, "ann");
  Join(2, "bob");
  size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    sent += room_
                .Receive(1,
                         R"({"type":"presence","cursor":{"x":)" + std::to_string(i) +
                             R"(,"y":0},"selection":[]})",
                         now_)
                .size();
  }
  EXPECT_EQ(sent, 20u);
  room_.Tick(now_);
  now_ += absl::Seconds(1);
  room_.Receive(1, R"({"type":"presence","cursor":{"x":7,"y":0},"selection":[]})", now_);
  EXPECT_TRUE(log_.all.empty());
}

TEST_F(LiveRoomTest, R30_JoiningAndLeavingIsTold) {
  Join(1, "ann");
  const Outputs out = Join(2, "bob");
  EXPECT_TRUE(Has(To(1, out), R"("type":"joined","connection":"c2","person":"bob")"));
  EXPECT_TRUE(Has(To(2, out), R"("person":"ann")"));
  EXPECT_EQ(room_.people(), 2u);
  EXPECT_EQ(To(1, room_.Leave(2)), "{\"type\":\"left\",\"connection\":\"c2\"}\n");
}

TEST_F(LiveRoomTest, R31_Beats) {
  Join(1, "ann");
  EXPECT_TRUE(Has(To(1, room_.Tick(now_)), R"({"type":"beat","seq":0})"));
  EXPECT_EQ(To(1, room_.Tick(now_ + absl::Seconds(14))), "");
  EXPECT_TRUE(Has(To(1, room_.Tick(now_ + absl::Seconds(15))), "beat"));
}

TEST_F(LiveRoomTest, R33_LimitsRefuse) {
  Room small("op-2", "Small", log_, {.elements = 1, .entries = 2, .events = 3, .connections = 1});
  small.Open(1, {"ann", "Ann", "east", &eyes_[1]}, now_);
  small.Receive(1, R"({"type":"hello","protocol":1,"since":null})", now_);
  EXPECT_EQ(To(2, small.Open(2, {"bob", "Bob", "west", &eyes_[2]}, now_)), "close 4429\n");
  const auto send = [&](const std::string& op) {
    return To(1, small.Receive(1, R"({"type":"ops","ops":[)" + op + "]}", now_));
  };
  EXPECT_TRUE(Has(send(Op("op-00001", "n1", "shown", "true")), R"("seq":1)"));
  EXPECT_TRUE(Has(send(Op("op-00002", "n2", "shown", "true")), "full")) << "elements";
  EXPECT_TRUE(Has(send(Op("op-00003", "n1", "pinned", "true")), R"("seq":2)"));
  EXPECT_TRUE(Has(send(Op("op-00004", "n1", "comment", "\"c\"")), "full")) << "entries";
  EXPECT_TRUE(Has(send(Op("op-00005", "n1", "shown", "false")), R"("seq":3)"));
  EXPECT_TRUE(Has(send(Op("op-00006", "n1", "shown", "true")), "full")) << "events";
}

TEST_F(LiveRoomTest, R34_TooManyEditsAreSlowedAndBadMessagesClose) {
  Room small("op-2", "Small", log_, {.ops_burst = 2, .ops_per_second = 1});
  small.Open(1, {"ann", "Ann", "east", &eyes_[1]}, now_);
  small.Receive(1, R"({"type":"hello","protocol":1,"since":null})", now_);
  const std::string text =
      To(1, small.Receive(1,
                          R"({"type":"ops","ops":[)" + Op("op-00001", "n1", "shown", "true") + "," +
                              Op("op-00002", "n2", "shown", "true") + "," +
                              Op("op-00003", "n3", "shown", "true") + "]}",
                          now_));
  EXPECT_TRUE(Has(text, R"("op_id":"op-00003","code":"slow_down")")) << text;
  EXPECT_EQ(small.seq(), 2);
  for (const std::string& bad : {std::string("{"), std::string("[]"), std::string(R"({"type":1})"),
                                 std::string(R"({"type":"nope"})"), std::string(100'000, '['),
                                 std::string(R"({"type":"ops","ops":[]})"),
                                 R"({"type":"ops","x":")" + std::string(300'000, 'a') + "\"}"}) {
    Join(9, "eve");
    EXPECT_EQ(To(9, room_.Receive(9, bad, now_)), "close 4400\n") << bad.substr(0, 40);
  }
}

TEST_F(LiveRoomTest, RestoresFromItsLog) {
  Join(1, "ann");
  for (int i = 0; i < 50; ++i) {
    Send(1, Op("op-0000" + std::to_string(i), "n" + std::to_string(i % 7), "pinned",
               i % 2 == 0 ? "true" : "null"));
  }
  Room again("op-1", "Motorcycles", log_);
  for (const std::string& record : log_.all) ASSERT_TRUE(again.Restore(record).ok());
  EXPECT_EQ(again.seq(), room_.seq());
  ASSERT_EQ(again.chart().entries(), room_.chart().entries());
  for (const auto& [element, properties] : room_.chart().elements()) {
    for (const auto& [property, entry] : properties) {
      EXPECT_EQ(again.chart().Find(element, property)->seq, entry.seq);
    }
  }
  again.Open(1, {"ann", "Ann", "east", &eyes_[1]}, now_);
  again.Receive(1, R"({"type":"hello","protocol":1,"since":50})", now_);
  EXPECT_TRUE(Has(
      To(1,
         again.Receive(
             1, R"({"type":"ops","ops":[)" + Op("op-00000", "n0", "pinned", "true") + "]}", now_)),
      "acks"))
      << "op ids are known after a restart";
  EXPECT_EQ(again.Restore("{}").code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace skein::live
