// Thousands of schedules of loss, delay, duplicates, reconnects, late detection of dead sockets and
// failing logs: all clients converge, nothing is applied twice, nothing hidden is told.
#include <gtest/gtest.h>

#include <random>

#include "server/live/model_client.h"
#include "server/live/room.h"
#include "storage/base/status.h"

namespace skein::live {
namespace {

constexpr int kClients = 4;

class FlakyLog final : public RoomLog {
 public:
  explicit FlakyLog(std::mt19937_64& dice) : dice_(dice) {}
  absl::Status Append(std::string_view record) override {
    if (flaky && dice_() % 20 == 0) return Unavailable("no space");
    all.emplace_back(record);
    return absl::OkStatus();
  }
  std::mt19937_64& dice_;
  bool flaky = true;
  std::vector<std::string> all;
};

class Hiding final : public Projection {
 public:
  absl::Status Visible(std::span<const std::string_view> elements,
                       std::vector<uint8_t>* out) override {
    out->clear();
    for (const auto e : elements) out->push_back(e == hidden ? 0 : 1);
    return absl::OkStatus();
  }
  std::string hidden;
};

// Server, clients and the network between them, driven by one seed.
class World {
 public:
  explicit World(uint64_t seed) : dice_(seed), log_(dice_), room_("op", "Op", log_, Limits()) {
    for (int i = 0; i < kClients; ++i) {
      clients_.emplace_back("p" + std::to_string(i / 2));  // two connections a person
      ends_.emplace_back();
    }
    eyes_[3].hidden = "n2";
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) Step();
    Settle();
    Check();
  }

 private:
  struct End {
    ConnectionId id = 0;  // 0: no connection
    std::deque<std::string> up, down;
  };

  static RoomLimits Limits() {
    RoomLimits limits;
    limits.resume_events = 30;  // so that both ways of resuming happen
    return limits;
  }

  size_t Pick(size_t n) { return dice_() % n; }

  void Step() {
    const size_t i = Pick(kClients);
    now_ += absl::Milliseconds(static_cast<int>(Pick(50)) - 5);
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
        Edit(i);
        break;
      case 3:
        if (Pick(4) == 0) Cut(i);
        break;
      case 4:
        Connect(i);
        break;
      case 5:
        if (!dead_.empty()) {  // the server notices a dead socket at last
          Route(room_.Leave(dead_.front()));
          dead_.pop_front();
        }
        break;
      case 6:
        Route(room_.Tick(now_));
        break;
      case 7:
        if (!ends_[i].up.empty() && ends_[i].up.back().find("ops") != std::string::npos) {
          ends_[i].up.push_back(ends_[i].up.back());
        }
        break;
      default:
        Pick(2) == 0 ? Up(i) : Down(i);
    }
  }

  void Edit(size_t i) {
    static const char* const kElements[] = {"n1", "n2", "l3", "note:a", "note:b@n2"};
    Op op;
    op.op_id = "c" + std::to_string(i) + "-" + std::to_string(100000 + made_++);
    op.element = kElements[Pick(5)];
    const bool note = op.element.starts_with("note:");
    static const char* const kProperties[] = {"shown", "color", "text", "comment"};
    op.property = kProperties[Pick(2) == 0 ? Pick(2) : (note ? 2 : 3)];
    if (Pick(5) == 0) {
      op.value = Json();
    } else if (op.property == "shown") {
      op.value = Json(Pick(2) == 0);
    } else if (op.property == "color") {
      op.value = Json(std::string("#0000") + (Pick(2) == 0 ? "aa" : "bb"));
    } else {
      op.value = Json("t" + std::to_string(made_));
    }
    op.base = clients_[i].BaseOf({op.element, op.property});
    op.undo = Pick(6) == 0;
    made_ids_.insert(clients_[i].person() + "/" + op.op_id);
    const std::string text = clients_[i].Edit(std::move(op));
    if (ends_[i].id != 0) ends_[i].up.push_back(text);
  }

  // The wire is cut: what is in flight is lost; the server learns of it later.
  void Cut(size_t i) {
    if (ends_[i].id == 0) return;
    dead_.push_back(ends_[i].id);
    // What the client had sent may still reach the server before it notices.
    while (!ends_[i].up.empty() && Pick(2) == 0) Up(i);
    ends_[i] = {};
  }

  void Connect(size_t i) {
    if (ends_[i].id != 0) return;
    ends_[i].id = ++last_id_;
    Route(room_.Open(
        ends_[i].id,
        {clients_[i].person(), clients_[i].person(), "u" + std::to_string(i % 2), &eyes_[i]},
        now_));
    for (std::string& text : clients_[i].Connect()) ends_[i].up.push_back(std::move(text));
  }

  void Up(size_t i) {
    if (ends_[i].id == 0 || ends_[i].up.empty()) return;
    const std::string text = std::move(ends_[i].up.front());
    ends_[i].up.pop_front();
    Route(room_.Receive(ends_[i].id, text, now_));
  }

  void Down(size_t i) {
    if (ends_[i].down.empty()) return;
    const std::string text = std::move(ends_[i].down.front());
    ends_[i].down.pop_front();
    if (i == 3) {
      EXPECT_EQ(text.find("n2"), std::string::npos) << text;
    }
    EXPECT_TRUE(clients_[i].Receive(text)) << "a gap in one connection: " << text;
  }

  void Route(const Outputs& outputs) {
    for (const Output& o : outputs) {
      for (End& end : ends_) {
        if (end.id != o.to) continue;
        EXPECT_EQ(o.close, 0) << o.reason;
        if (o.text != nullptr) end.down.push_back(*o.text);
      }
    }
  }

  bool Idle() const {
    for (const End& end : ends_) {
      if (!end.up.empty() || !end.down.empty()) return false;
    }
    return true;
  }

  void Settle() {
    log_.flaky = false;
    for (size_t i = 0; i < kClients; ++i) {
      Cut(i);
      Connect(i);
    }
    while (!Idle()) {
      for (size_t i = 0; i < kClients; ++i) {
        Up(i);
        Down(i);
      }
    }
  }

  void Check() {
    for (size_t i = 0; i < kClients; ++i) {
      EXPECT_TRUE(clients_[i].pending().empty()) << "client " << i;
      EXPECT_EQ(clients_[i].seq(), room_.seq());
      std::map<ModelClient::Key, std::string> expected;
      for (const auto& [element, properties] : room_.chart().elements()) {
        if (i == 3 && (element == "n2" || element == "note:b@n2")) continue;
        for (const auto& [property, entry] : properties) {
          if (entry.value.is_null()) continue;
          JsonWriter out;
          expected[{element, property}] = out.Tree(entry.value).Take();
        }
      }
      EXPECT_EQ(clients_[i].View(), expected) << "client " << i;
    }
    std::set<std::string> logged;
    for (const std::string& record : log_.all) {
      const auto events = FromRecord(record);
      ASSERT_TRUE(events.ok());
      for (const Event& event : *events) {
        EXPECT_TRUE(logged.insert(event.person + "/" + event.op_id).second) << "applied twice";
      }
    }
    // Every edit made is in the log or was refused to its author; nothing else is in the log.
    for (size_t i = 0; i < kClients; ++i) {
      for (const auto& [op_id, code] : clients_[i].refused()) {
        if (code != "log_unavailable") {
          EXPECT_FALSE(logged.contains(clients_[i].person() + "/" + op_id)) << code;
        }
        made_ids_.erase(clients_[i].person() + "/" + op_id);
      }
    }
    for (const std::string& id : made_ids_) EXPECT_TRUE(logged.contains(id)) << "lost: " << id;
    Room again("op", "Op", log_, Limits());
    for (const std::string& record : log_.all) ASSERT_TRUE(again.Restore(record).ok());
    EXPECT_EQ(again.seq(), room_.seq());
  }

  std::mt19937_64 dice_;
  FlakyLog log_;
  Room room_;
  Hiding eyes_[kClients];
  std::vector<ModelClient> clients_;
  std::vector<End> ends_;
  std::deque<ConnectionId> dead_;
  std::set<std::string> made_ids_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  ConnectionId last_id_ = 0;
  int made_ = 0;
};

TEST(LiveRoomScheduleTest, R7_R11_R13_R20_R21_AllClientsConverge) {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).Run(150);
    if (HasFailure()) return;
  }
}

TEST(LiveRoomScheduleTest, LongRunsConverge) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed * 7919).Run(5000);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace skein::live
