#include "server/auth/sessions.h"

#include <gtest/gtest.h>

#include "storage/base/status.h"

namespace skein::auth {
namespace {

class SessionsTest : public testing::Test {
 protected:
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  Sessions sessions_{clock_, {.per_person = 3}};
};

TEST_F(SessionsTest, TokensAreOpaqueAndUnknownOnesRefused) {
  const auto token = sessions_.Start("ann");
  ASSERT_TRUE(token.ok());
  EXPECT_GE(token->size(), 43u);
  const auto session = sessions_.Find(*token);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session->person, "ann");
  EXPECT_NE(session->id, *token);
  EXPECT_NE(*sessions_.Start("ann"), *token);
  for (const std::string& bad :
       {std::string(), *token + "x", session->id, std::string(5000, 'a')}) {
    EXPECT_EQ(sessions_.Find(bad).status().code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST_F(SessionsTest, IdleAndAbsoluteEnds) {
  const auto token = sessions_.Start("ann");
  for (int i = 0; i < 29; ++i) {
    clock_.Advance(absl::Minutes(20));
    ASSERT_TRUE(sessions_.Find(*token).ok()) << i;
  }
  clock_.Advance(absl::Minutes(20));
  EXPECT_FALSE(sessions_.Find(*token).ok()) << "ten hours are the end";
  const auto idle = sessions_.Start("ann");
  clock_.Advance(absl::Minutes(30));
  EXPECT_FALSE(sessions_.Find(*idle).ok());
}

TEST_F(SessionsTest, AClockThatJumpsDoesNotMakeSessionsImmortal) {
  const auto token = sessions_.Start("ann");
  clock_.Advance(absl::Hours(24 * 365 * 10));
  EXPECT_FALSE(sessions_.Find(*token).ok());
}

TEST_F(SessionsTest, EndsTellWatchers) {
  const auto token = sessions_.Start("ann");
  const std::string id = sessions_.Find(*token)->id;
  int told = 0;
  sessions_.Watch(id, [&] { ++told; });
  const uint64_t gone = sessions_.Watch(id, [&] { told += 100; });
  sessions_.Unwatch(gone);
  EXPECT_TRUE(sessions_.End(id).ok());
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(sessions_.Find(*token).ok());
  sessions_.Watch(id, [&] { ++told; });
  EXPECT_EQ(told, 2) << "a session that is over tells at once";
  const auto expiring = sessions_.Start("bob");
  sessions_.Watch(sessions_.Find(*expiring)->id, [&] { ++told; });
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(sessions_.Sweep().ok());
  EXPECT_EQ(told, 3);
}

TEST_F(SessionsTest, TheOldestOfAPersonMakesRoom) {
  const auto first = sessions_.Start("ann");
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(sessions_.Start("ann").ok());
  }
  EXPECT_FALSE(sessions_.Find(*first).ok());
  ASSERT_TRUE(sessions_.Start("bob").ok());
}

// Records that can be made to fail.
class BreakableRecords final : public SystemRecords {
 public:
  absl::StatusOr<std::vector<ValueMap>> Load(std::string_view kind) override {
    return inner_->Load(kind);
  }
  absl::Status Put(std::string_view kind, const ValueMap& record) override {
    return broken ? Unavailable("the disk is full") : inner_->Put(kind, record);
  }
  absl::Status Remove(std::string_view kind, const std::string& key) override {
    return broken ? Unavailable("the disk is full") : inner_->Remove(kind, key);
  }
  bool broken = false;

 private:
  std::unique_ptr<SystemRecords> inner_ = MakeMemoryRecords();
};

class RestartTest : public testing::Test {
 protected:
  std::unique_ptr<Sessions> Restarted() {
    auto sessions = std::make_unique<Sessions>(clock_);
    EXPECT_TRUE(sessions->Open(records_).ok());
    return sessions;
  }
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  BreakableRecords records_;
};

TEST_F(RestartTest, SessionsAndPurposesOutliveTheProcessAndTokensAreNotKept) {
  auto before = Restarted();
  const std::string token = *before->Start("ann");
  const std::string id = before->Find(token)->id;
  ASSERT_TRUE(before->SetPurpose(id, Purpose{"A-1", "art. 12", "theft"}).ok());
  const auto after = Restarted();
  const auto session = after->Find(token);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(session->person, "ann");
  EXPECT_EQ(session->purpose->reason, "theft");
  EXPECT_EQ(session->expires, before->Find(token)->expires);
  const auto records = *records_.Load("Session");
  for (const ValueMap& record : records) {
    for (const auto& [key, value] : record) {
      if (value.kind() != ValueKind::kString) continue;
      EXPECT_EQ(value.string().find(token), std::string::npos);
    }
  }
}

TEST_F(RestartTest, EndsAndExpiryOutliveItToo) {
  auto before = Restarted();
  const std::string ended = *before->Start("ann");
  const std::string put_down = *before->Start("ann");
  const std::string idle = *before->Start("bob");
  ASSERT_TRUE(before->End(before->Find(ended)->id).ok());
  ASSERT_TRUE(before->SetPurpose(before->Find(put_down)->id, Purpose{"A-1", "b", "r"}).ok());
  ASSERT_TRUE(before->SetPurpose(before->Find(put_down)->id, std::nullopt).ok());
  clock_.Advance(absl::Minutes(20));
  ASSERT_TRUE(before->Find(put_down).ok());
  ASSERT_TRUE(before->Sweep().ok());  // writes the use down
  clock_.Advance(absl::Minutes(15));
  const auto after = Restarted();
  EXPECT_FALSE(after->Find(ended).ok());
  EXPECT_FALSE(after->Find(idle).ok()) << "35 minutes without use";
  const auto session = after->Find(put_down);
  ASSERT_TRUE(session.ok()) << "used 15 minutes ago";
  EXPECT_FALSE(session->purpose.has_value());
  EXPECT_EQ(records_.Load("Session")->size(), 1u);
  ASSERT_TRUE(after->EndAllOf("ann").ok());
  EXPECT_EQ(records_.Load("Session")->size(), 0u);
}

TEST_F(RestartTest, WhatCannotBeWrittenDoesNotStartAndEndsAllTheSame) {
  const auto sessions = Restarted();
  const std::string token = *sessions->Start("ann");
  const std::string id = sessions->Find(token)->id;
  records_.broken = true;
  EXPECT_EQ(sessions->Start("ann").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(sessions->SetPurpose(id, Purpose{"A-1", "b", "r"}).ok());
  EXPECT_FALSE(sessions->Find(token)->purpose.has_value());
  EXPECT_FALSE(sessions->End(id).ok());
  EXPECT_FALSE(sessions->Find(token).ok());
}

TEST(ThrottleTest, WaitsGrowAndARightOneClears) {
  ManualClock clock(absl::FromUnixSeconds(1'700'000'000));
  Throttle throttle(clock, 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(throttle.Wait("ann"), absl::ZeroDuration()) << i;
    throttle.Failed("ann");
  }
  EXPECT_EQ(throttle.Wait("ann"), absl::Seconds(1));
  throttle.Failed("ann");
  EXPECT_EQ(throttle.Wait("ann"), absl::Seconds(2));
  for (int i = 0; i < 30; ++i) throttle.Failed("ann");
  EXPECT_EQ(throttle.Wait("ann"), absl::Minutes(15));
  EXPECT_EQ(throttle.Wait("bob"), absl::ZeroDuration());
  throttle.Succeeded("ann");
  EXPECT_EQ(throttle.Wait("ann"), absl::ZeroDuration());
}

}  // namespace
}  // namespace skein::auth
