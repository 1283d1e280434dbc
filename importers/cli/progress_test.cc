#include "importers/cli/progress.h"

#include <gtest/gtest.h>

#include <memory>

namespace skein {
namespace {

// What Progress wrote, through a file in memory.
class Sink {
 public:
  Sink() : file_(open_memstream(&text_, &size_)) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() {
    std::fclose(file_);
    std::free(text_);  // NOLINT: open_memstream's contract
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return std::string(text_, size_);
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
};

TEST(ProgressTest, SaysNothingWhenItIsQuick) {
  ManualClock clock(absl::UnixEpoch());
  Sink sink;
  Progress progress(clock, sink.file(), false, 1000);
  clock.Advance(absl::Seconds(1));
  progress.Update("a.csv", 10, 500);
  progress.Finish();
  EXPECT_EQ(sink.text(), "");
}

TEST(ProgressTest, GivesRateAndTimeLeft) {
  ManualClock clock(absl::UnixEpoch());
  Sink sink;
  Progress progress(clock, sink.file(), false, 1000);
  clock.Advance(absl::Seconds(10));
  progress.Update("a.csv", 5000, 250);
  progress.Update("a.csv", 5001, 251);  // within ten seconds: no second line
  EXPECT_EQ(sink.text(), " 25 %  5000 rows, 500 rows/s, 30 s left  (a.csv)\n");
}

TEST(ProgressTest, SpellsTimes) {
  EXPECT_EQ(Progress::Spell(11.6), "12 s");
  EXPECT_EQ(Progress::Spell(200), "3 min 20 s");
  EXPECT_EQ(Progress::Spell(3900), "1 h 5 min");
}

}  // namespace
}  // namespace skein
