#include "storage/base/epoch.h"

#include <algorithm>

namespace skein {
namespace {

std::atomic<uint64_t> current_epoch{1};

// One a thread, for ever in the list, taken over by later threads when theirs has ended.
struct alignas(64) Slot {
  std::atomic<uint64_t> epoch{0};  // 0: no guard is held
  std::atomic<bool> taken{true};
  uint32_t depth = 0;  // of nested guards; the owner's alone
  Slot* next = nullptr;
};
std::atomic<Slot*> all_slots{nullptr};

Slot* TakeSlot() {
  for (Slot* slot = all_slots.load(std::memory_order_acquire); slot != nullptr; slot = slot->next) {
    bool free = false;
    if (slot->taken.compare_exchange_strong(free, true)) return slot;
  }
  Slot* slot = new Slot;  // never freed: readers of the list hold no lock
  slot->next = all_slots.load(std::memory_order_relaxed);
  while (!all_slots.compare_exchange_weak(slot->next, slot)) {
  }
  return slot;
}

struct SlotOfThread {
  Slot* slot = TakeSlot();
  ~SlotOfThread() { slot->taken.store(false, std::memory_order_release); }
};

Slot& MySlot() {
  thread_local SlotOfThread mine;
  return *mine.slot;
}

uint64_t OldestHeld() {
  uint64_t oldest = UINT64_MAX;
  for (const Slot* slot = all_slots.load(std::memory_order_acquire); slot != nullptr;
       slot = slot->next) {
    const uint64_t epoch = slot->epoch.load(std::memory_order_seq_cst);
    if (epoch != 0) oldest = std::min(oldest, epoch);
  }
  return oldest;
}

}  // namespace

EpochGuard::EpochGuard() {
  Slot& slot = MySlot();
  if (slot.depth++ > 0) return;
  // Sequentially consistent: no pointer is loaded before others can see that the guard is held.
  slot.epoch.store(current_epoch.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
}

EpochGuard::~EpochGuard() {
  Slot& slot = MySlot();
  if (--slot.depth == 0) slot.epoch.store(0, std::memory_order_release);
}

void RetireList::Retire(std::shared_ptr<const void> object) {
  std::deque<std::shared_ptr<const void>> free_now;  // outside the lock
  absl::MutexLock lock(&mu_);
  retired_.emplace_back(current_epoch.fetch_add(1, std::memory_order_seq_cst), std::move(object));
  const uint64_t oldest = OldestHeld();
  while (!retired_.empty() && retired_.front().first < oldest) {
    free_now.push_back(std::move(retired_.front().second));
    retired_.pop_front();
  }
}

}  // namespace skein
