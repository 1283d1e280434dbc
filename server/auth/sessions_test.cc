#include "server/auth/sessions.h"

#include <gtest/gtest.h>

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
  sessions_.End(id);
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(sessions_.Find(*token).ok());
  sessions_.Watch(id, [&] { ++told; });
  EXPECT_EQ(told, 2) << "a session that is over tells at once";
  const auto expiring = sessions_.Start("bob");
  sessions_.Watch(sessions_.Find(*expiring)->id, [&] { ++told; });
  clock_.Advance(absl::Hours(1));
  sessions_.Sweep();
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
