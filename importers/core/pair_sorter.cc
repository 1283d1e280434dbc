#include "importers/core/pair_sorter.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <queue>

#include "storage/base/status.h"

namespace skein {
namespace {

// One sorted run of the file, read a page at a time.
struct Run {
  size_t next = 0, end = 0;  // pairs of the file
  std::vector<PairSorter::Pair> page;
  size_t at = 0;
};

constexpr size_t kPagePairs = 4096;

absl::Status Load(std::FILE* file, Run* run) {
  const size_t n = std::min(kPagePairs, run->end - run->next);
  run->page.resize(n);
  run->at = 0;
  if (n == 0) return absl::OkStatus();
  if (std::fseek(file, static_cast<long>(run->next * sizeof(PairSorter::Pair)), SEEK_SET) != 0 ||
      std::fread(run->page.data(), sizeof(PairSorter::Pair), n, file) != n) {
    return DataLoss("cannot read back a temporary file: ", std::strerror(errno));
  }
  run->next += n;
  return absl::OkStatus();
}

}  // namespace

absl::Status PairSorter::Add(Pair pair) {
  pairs_.push_back(pair);
  return pairs_.size() >= most_ ? Spill() : absl::OkStatus();
}

absl::Status PairSorter::Spill() {
  std::sort(pairs_.begin(), pairs_.end());
  if (file_ == nullptr) file_.reset(std::tmpfile());
  if (file_ == nullptr ||
      std::fwrite(pairs_.data(), sizeof(Pair), pairs_.size(), file_.get()) != pairs_.size() ||
      std::fflush(file_.get()) != 0) {
    return ResourceExhausted("cannot write a temporary file: ", std::strerror(errno));
  }
  runs_.push_back(pairs_.size());
  pairs_.clear();
  return absl::OkStatus();
}

absl::Status PairSorter::Finish(
    const std::function<void(uint64_t first, uint64_t count, bool differ)>& group) {
  uint64_t first = 0;
  uint64_t second = 0;
  uint64_t count = 0;
  bool differ = false;
  const auto take = [&](Pair pair) {
    if (count > 0 && pair.first == first) {
      ++count;
      differ = differ || pair.second != second;
      return;
    }
    if (count > 1) group(first, count, differ);
    first = pair.first;
    second = pair.second;
    count = 1;
    differ = false;
  };
  if (runs_.empty()) {
    std::sort(pairs_.begin(), pairs_.end());
    for (const Pair& pair : pairs_) take(pair);
    if (count > 1) group(first, count, differ);
    return absl::OkStatus();
  }
  if (!pairs_.empty()) SKEIN_RETURN_IF_ERROR(Spill());
  std::vector<Run> runs;
  using Head = std::pair<Pair, size_t>;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  size_t start = 0;
  for (const size_t length : runs_) {
    Run run;
    run.next = start;
    run.end = start += length;
    SKEIN_RETURN_IF_ERROR(Load(file_.get(), &run));
    heads.emplace(run.page[0], runs.size());
    runs.push_back(std::move(run));
  }
  while (!heads.empty()) {
    const auto [pair, index] = heads.top();
    heads.pop();
    take(pair);
    Run& run = runs[index];
    if (++run.at == run.page.size()) SKEIN_RETURN_IF_ERROR(Load(file_.get(), &run));
    if (run.at < run.page.size()) heads.emplace(run.page[run.at], index);
  }
  if (count > 1) group(first, count, differ);
  return absl::OkStatus();
}

}  // namespace skein
