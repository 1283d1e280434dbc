#include "importers/cli/progress.h"

#include <algorithm>

namespace skein {
namespace {

constexpr absl::Duration kSilent = absl::Seconds(2);

}  // namespace

Progress::Progress(Clock& clock, std::FILE* out, bool terminal, uint64_t bytes_total)
    : clock_(clock), out_(out), terminal_(terminal), bytes_total_(bytes_total) {
  start_ = clock_.Now();
  next_ = start_ + kSilent;
}

double Progress::seconds() const { return absl::ToDoubleSeconds(clock_.Now() - start_); }

std::string Progress::Spell(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600) {
    return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
  }
  if (whole >= 60) {
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  }
  return std::to_string(whole) + " s";
}

void Progress::Update(const std::string& file, uint64_t rows, uint64_t bytes_done) {
  if (out_ == nullptr) return;
  const absl::Time now = clock_.Now();
  if (now < next_) return;
  next_ = now + (terminal_ ? absl::Milliseconds(500) : absl::Seconds(10));
  const double elapsed = std::max(seconds(), 1e-3);
  const double share =
      bytes_total_ == 0
          ? 0
          : std::min(1.0, static_cast<double>(bytes_done) / static_cast<double>(bytes_total_));
  std::string left = "?";
  if (share > 0) left = Spell(elapsed * (1 - share) / share);
  std::fprintf(out_, "%s%3.0f %%  %llu rows, %.0f rows/s, %s left  (%s)%s", terminal_ ? "\r" : "",
               share * 100, static_cast<unsigned long long>(rows),
               static_cast<double>(rows) / elapsed, left.c_str(), file.c_str(),
               terminal_ ? "\x1b[K" : "\n");
  std::fflush(out_);
  shown_ = true;
}

void Progress::Finish() {
  if (out_ != nullptr && shown_ && terminal_) {
    std::fputs("\r\x1b[K", out_);
    std::fflush(out_);
  }
  shown_ = false;
}

}  // namespace skein
