#include "storage/graph/recent/recent_links.h"

#include <algorithm>

namespace skein {
namespace {

// Of a page's first statement: its slot and its vector, by estimate.
constexpr size_t kPageBytes = 64;

}  // namespace

void RecentLinks::Generation::Collect(uint64_t page, Version after, Version to,
                                      std::vector<RecentHalf>* out) const {
  if (bytes() == 0) return;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [bound, at] : folded_) {
      if (page >= bound) continue;
      if (at <= to) return;
      break;
    }
  }
  const Shard& shard = shards_[ShardOf(page)];
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.pages.find(page);
  if (it == shard.pages.end()) return;
  const Ends& ends = it->second;
  const auto by_version = [](Version v, const End& end) { return v < end.at(); };
  auto at = std::upper_bound(ends.begin(), ends.end(), after, by_version);
  for (; at != ends.end() && at->at() <= to; ++at) at->AppendHalves(out);
}

void RecentLinks::Generation::Add(uint64_t page, const End& end) {
  Shard& shard = shards_[ShardOf(page)];
  absl::MutexLock lock(&shard.mu);
  Ends& ends = shard.pages[page];
  const size_t before = ends.empty() ? 0 : ends.capacity() * sizeof(End) + kPageBytes;
  ends.push_back(end);
  const size_t now = ends.capacity() * sizeof(End) + kPageBytes;
  if (now != before) bytes_.fetch_add(now - before, std::memory_order_relaxed);
}

void RecentLinks::Generation::AddRun(Version at, uint64_t number, std::vector<RunLink> links) {
  const std::vector<RunLink>& run = runs_.emplace_back(std::move(links));
  bytes_.fetch_add(run.capacity() * sizeof(RunLink) + sizeof(run), std::memory_order_relaxed);
  for (const RunLink& link : run) {
    Add(AdjacencyPageOf(link.from), {link, at, /*outgoing=*/true});
    Add(AdjacencyPageOf(link.to), {link, at, /*outgoing=*/false});
  }
  absl::MutexLock lock(&mu_);
  numbers_.push_back(number);
}

std::vector<uint64_t> RecentLinks::Generation::Pages() const {
  std::vector<uint64_t> pages;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mu);
    for (const auto& [page, halves] : shard.pages) pages.push_back(page);
  }
  std::sort(pages.begin(), pages.end());
  return pages;
}

std::vector<RecentHalf> RecentLinks::Generation::Halves(uint64_t page) const {
  const Shard& shard = shards_[ShardOf(page)];
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.pages.find(page);
  std::vector<RecentHalf> halves;
  if (it == shard.pages.end()) return halves;
  for (const End& end : it->second) end.AppendHalves(&halves);
  return halves;
}

std::vector<uint64_t> RecentLinks::Generation::Numbers() const {
  absl::MutexLock lock(&mu_);
  std::vector<uint64_t> numbers = numbers_;
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void RecentLinks::Generation::Folded(uint64_t bound, Version at) {
  absl::MutexLock lock(&mu_);
  folded_.emplace_back(bound, at);
}

uint64_t RecentLinks::Generation::bound() const {
  absl::MutexLock lock(&mu_);
  return folded_.empty() ? 0 : folded_.back().first;
}

RecentLinks::RecentLinks()
    : youngest_(std::make_shared<Generation>()),
      set_(std::make_shared<const Set>(Set{youngest_})) {}

std::shared_ptr<const RecentLinks::Set> RecentLinks::Current() const {
  absl::MutexLock lock(&mu_);
  return set_;
}

void RecentLinks::Freeze() {
  youngest_ = std::make_shared<Generation>();
  young_bytes_.store(0, std::memory_order_relaxed);
  absl::MutexLock lock(&mu_);
  auto set = std::make_shared<Set>(*set_);
  set->push_back(youngest_);
  set_ = std::move(set);
}

void RecentLinks::Restore(StoredRuns stored, const std::function<void(NodeId, Version)>& touched) {
  const auto add = [&](bool begun) {
    for (LinkRun& run : stored.runs) {
      if ((stored.folded && stored.folded->Has(run.number)) != begun) continue;
      Add(run.at, run.number, std::move(run.links), [&](NodeId node) { touched(node, run.at); });
    }
  };
  if (stored.folded) {
    add(/*begun=*/true);
    absl::MutexLock lock(&adding_mu_);
    youngest_->Folded(stored.folded->bound, Version{0});
    Freeze();
  }
  add(/*begun=*/false);
}

std::shared_ptr<RecentLinks::Generation> RecentLinks::ToFold() {
  absl::MutexLock lock(&adding_mu_);
  if (youngest_->bytes() > 0 || !youngest_->Numbers().empty()) {
    const std::shared_ptr<const Set> all = Current();
    if (all->size() == 1) Freeze();
  }
  const std::shared_ptr<const Set> set = Current();
  return set->size() > 1 ? set->front() : nullptr;
}

void RecentLinks::Done(const std::shared_ptr<Generation>& generation) {
  absl::MutexLock lock(&mu_);
  auto set = std::make_shared<Set>(*set_);
  std::erase(*set, generation);
  set_ = std::move(set);
}

size_t RecentLinks::bytes() const {
  size_t bytes = 0;
  const std::shared_ptr<const Set> all = Current();
  for (const auto& generation : *all) bytes += generation->bytes();
  return bytes;
}

bool RecentLinks::frozen() const { return Current()->size() > 1; }

}  // namespace skein
