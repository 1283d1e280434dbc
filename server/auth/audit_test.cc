#include "server/auth/audit.h"

#include <gtest/gtest.h>

#include "server/api/error.h"
#include "storage/base/status.h"

namespace skein::auth {
namespace {

class FailingSink final : public AuditSink {
 public:
  absl::StatusOr<uint64_t> Append(std::string_view) override {
    return ResourceExhausted("no space on the log's disk");
  }
  absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t, size_t) const override {
    return std::vector<HistoryEntry>{};
  }
  uint64_t Last() const override { return 0; }
};

AuditEntry Entry(std::string person, std::string unit, std::string what) {
  AuditEntry entry;
  entry.person = std::move(person);
  entry.unit = std::move(unit);
  entry.purpose = {"A-1", "art. 12", "theft"};
  entry.action = "query";
  entry.what = std::move(what);
  entry.result = 7;
  return entry;
}

TEST(AuditTest, EntriesComeBackNewestFirstAndFiltered) {
  ManualClock clock(absl::FromUnixSeconds(1'700'000'000));
  AuditLog log(MakeMemoryAuditSink(), clock);
  for (int i = 1; i <= 2500; ++i) {
    clock.Advance(absl::Seconds(1));
    ASSERT_TRUE(log.Append(Entry(i % 2 == 0 ? "ann" : "bob", i % 2 == 0 ? "east" : "west",
                                 std::to_string(i)))
                    .ok());
  }
  std::vector<AuditEntry> entries;
  bool more = false;
  ASSERT_TRUE(log.Read({.unit = "east", .limit = 3}, &entries, &more).ok());
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_TRUE(more);
  EXPECT_EQ(entries[0].what, "2500");
  EXPECT_EQ(entries[2].what, "2496");
  EXPECT_EQ(entries[0].purpose.case_number, "A-1");
  EXPECT_EQ(entries[0].result, 7);
  EXPECT_EQ(entries[0].hash.size(), 64u);
  ASSERT_TRUE(log.Read({.unit = "east", .before = 3, .limit = 3}, &entries, &more).ok());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_FALSE(more);
  ASSERT_TRUE(
      log.Read({.from_us = 1'700'000'010'000'000, .to_us = 1'700'000'012'000'000}, &entries, &more)
          .ok());
  EXPECT_EQ(entries.size(), 2u);
}

TEST(AuditTest, NoLogNoAnswer) {
  AuditLog log(std::make_unique<FailingSink>(), Clock::Real());
  const absl::Status status = log.Append(Entry("ann", "east", "x")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(FromStatus(status).http, 503);
  EXPECT_EQ(FromStatus(status).code, "log_unavailable");
}

TEST(AuditTest, LongTextsAreCutBetweenCharactersAndTheHashIsOfAll) {
  AuditLog log(MakeMemoryAuditSink(), Clock::Real());
  std::string what;
  while (what.size() < 200'000) what += "京";
  ASSERT_TRUE(log.Append(Entry("ann", "east", what)).ok());
  std::vector<AuditEntry> entries;
  bool more = false;
  ASSERT_TRUE(log.Read({}, &entries, &more).ok());
  EXPECT_LE(entries[0].what.size(), 65'536u);
  EXPECT_EQ(entries[0].what.size() % 3, 0u);
}

TEST(AuditTest, QueryTextHoldsTextAndParameters) {
  EXPECT_EQ(
      QueryText("RETURN $a", {{"a", Value::Integer(int64_t{1} << 60)}}),
      R"({"text":"RETURN $a","parameters":{"a":{"$type":"integer","value":"1152921504606846976"}}})");
}

}  // namespace
}  // namespace skein::auth
