// The hub over a real log in the in-memory store: restarts, removal, rooms of their own.
#include "server/live/hub.h"

#include <gtest/gtest.h>

#include "storage/base/status.h"
#include "storage/kv/memory_store.h"

namespace skein::live {
namespace {

class Seeing final : public Projection {
 public:
  absl::Status Visible(std::span<const std::string_view> elements,
                       std::vector<uint8_t>* out) override {
    out->assign(elements.size(), 1);
    return absl::OkStatus();
  }
};

class TestPeer final : public Peer {
 public:
  void Send(std::shared_ptr<const std::string> text) override { texts += *text + "\n"; }
  void Close(uint16_t code, std::string_view) override { closed = code; }
  std::string texts;
  int closed = 0;
};

class HubTest : public testing::Test {
 protected:
  ConnectionId Join(const std::string& operation, const std::string& person,
                    const std::shared_ptr<TestPeer>& peer) {
    const auto id = hub_->Join({operation, operation, true}, {person, person, "unit-" + person, {}},
                               std::make_unique<Seeing>(), peer);
    EXPECT_TRUE(id.ok()) << id.status();
    hub_->Receive(*id, R"({"type":"hello","protocol":1,"since":null})");
    return *id;
  }
  void Edit(ConnectionId id, const std::string& op_id) {
    hub_->Receive(id, R"({"type":"ops","ops":[{"op_id":")" + op_id +
                          R"(","element":"n1","property":"shown","value":true,"base":0}]})");
  }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Store> store_ = MakeMemoryStore({});
  std::unique_ptr<Hub> hub_ = std::make_unique<Hub>(*store_, clock_);
};

TEST_F(HubTest, RoomsSurviveARestartAndAnEmptyMoment) {
  auto ann = std::make_shared<TestPeer>();
  ConnectionId id = Join("op-a", "ann", ann);
  Edit(id, "op-00001");
  EXPECT_NE(ann->texts.find(R"("seq":1,"op_id":"op-00001")"), std::string::npos) << ann->texts;
  hub_->Leave(id);
  hub_->Tick();
  auto bob = std::make_shared<TestPeer>();
  id = Join("op-a", "bob", bob);
  EXPECT_NE(bob->texts.find(R"("element":"n1","property":"shown","value":true)"),
            std::string::npos);
  hub_->Leave(id);
  hub_ = std::make_unique<Hub>(*store_, clock_);
  auto cyd = std::make_shared<TestPeer>();
  Join("op-a", "cyd", cyd);
  EXPECT_NE(cyd->texts.find(R"("seq":1)"), std::string::npos);
}

TEST_F(HubTest, OperationsAreApart) {
  auto ann = std::make_shared<TestPeer>();
  auto bob = std::make_shared<TestPeer>();
  const ConnectionId a = Join("op-a", "ann", ann);
  Join("op-b", "bob", bob);
  Edit(a, "op-00001");
  EXPECT_EQ(bob->texts.find("op-00001"), std::string::npos);
  EXPECT_EQ(hub_->People("op-a"), 1u);
  EXPECT_EQ(hub_->People("op-c"), 0u);
}

TEST_F(HubTest, R27_RemovedUnitsAreClosedAndHearNothingMore) {
  auto ann = std::make_shared<TestPeer>();
  auto bob = std::make_shared<TestPeer>();
  const ConnectionId a = Join("op-a", "ann", ann);
  Join("op-a", "bob", bob);
  hub_->CloseIf(
      "op-a", [](const Member& m) { return m.unit == "unit-bob"; }, kCloseNotMember, "removed");
  EXPECT_EQ(bob->closed, 4403);
  EXPECT_EQ(ann->closed, 0);
  bob->texts.clear();
  Edit(a, "op-00001");
  EXPECT_EQ(bob->texts, "");
}

TEST_F(HubTest, ClosedOperationsRefuseEdits) {
  auto ann = std::make_shared<TestPeer>();
  const ConnectionId a = Join("op-a", "ann", ann);
  hub_->Update({"op-a", "op-a", false});
  Edit(a, "op-00001");
  EXPECT_NE(ann->texts.find("\"closed\""), std::string::npos);
}

}  // namespace
}  // namespace skein::live
