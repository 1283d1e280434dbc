#include "storage/base/memory_budget.h"

#include <unistd.h>

#include <algorithm>

namespace skein {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

size_t Part(size_t limit, size_t share, size_t least, size_t most) {
  return std::clamp(limit / share, least, most);
}

}  // namespace

size_t MemoryBudget::HalfOfMemory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), bytes = ::sysconf(_SC_PAGESIZE);
  constexpr size_t kUnknown = size_t{1} << 30;
  if (pages <= 0 || bytes <= 0) return kUnknown;
  return static_cast<size_t>(pages) * static_cast<size_t>(bytes) / 2;
}

MemoryBudget& MemoryBudget::Process() {
  static MemoryBudget& budget = *new MemoryBudget(HalfOfMemory());
  return budget;
}

MemoryBudget::Parts MemoryBudget::parts() const {
  const size_t all = limit();
  Parts parts;
  parts.block_cache = Part(all, 8, 4 * kMiB, 1024 * kMiB);
  parts.write_buffer = Part(all, 64, kMiB, 64 * kMiB);
  parts.nodes = Part(all, 16, kMiB, 1024 * kMiB);
  parts.links = Part(all, 16, kMiB, 1024 * kMiB);
  parts.lookups = Part(all, 64, kMiB / 4, 32 * kMiB);
  parts.system = Part(all, 256, kMiB / 4, 64 * kMiB);
  parts.import_gather = Part(all, 4, kMiB, 2048 * kMiB);
  const size_t fixed = parts.block_cache + 2 * parts.write_buffer + parts.nodes + parts.links +
                       parts.lookups + 4 * parts.system;
  // However small the limit is, something must fit.
  parts.elastic = std::max(all > fixed ? all - fixed : 0, 4 * kMiB);
  return parts;
}

size_t MemoryBudget::pages_max() const {
  const size_t elastic = parts().elastic;
  return elastic - std::min(taken(), elastic / 2);
}

bool MemoryBudget::TryTake(size_t n) {
  const size_t most = taken_max();
  size_t before = taken_.load(std::memory_order_relaxed);
  do {
    if (n > most || before > most - n) return false;
  } while (!taken_.compare_exchange_weak(before, before + n, std::memory_order_relaxed));
  Changed(before, before + n);
  return true;
}

void MemoryBudget::Give(size_t n) {
  const size_t before = taken_.fetch_sub(n, std::memory_order_relaxed);
  Changed(before, before - n);
}

void MemoryBudget::Changed(size_t before, size_t after) {
  if (before / kStep == after / kStep) return;
  const size_t most = pages_max();
  absl::MutexLock lock(&holders_->mu);
  for (const auto& [number, holder] : holders_->list) {
    if (holder.shrink) holder.shrink(most);
  }
}

MemoryBudget::Registration MemoryBudget::Register(Holder holder) {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&holders_->mu);
    number = holders_->next++;
    holders_->list.emplace_back(number, std::move(holder));
  }
  return Registration(std::shared_ptr<void>(nullptr, [holders = holders_, number](void*) {
    absl::MutexLock lock(&holders->mu);
    std::erase_if(holders->list, [number](const auto& entry) { return entry.first == number; });
  }));
}

std::vector<std::pair<std::string, size_t>> MemoryBudget::Use() const {
  std::vector<std::pair<std::string, size_t>> use = {{"queries", taken()}};
  absl::MutexLock lock(&holders_->mu);
  for (const auto& [number, holder] : holders_->list) use.emplace_back(holder.name, holder.bytes());
  return use;
}

}  // namespace skein
