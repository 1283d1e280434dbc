// Epochs: readers follow raw pointers without locks or reference counts, and what was replaced is
// freed only when nobody can still look at it.
//
// Rule      A reader holds an EpochGuard while it uses pointers it loaded under it, and none across
//           two guards. A writer first makes an object unreachable, then retires it; it is freed
//           when every guard that was held at that moment is gone.
// Threads   All functions from any thread. Guards may nest in one thread and are short: they hold
//           up the freeing of everything that is retired meanwhile.
// Cost      A guard is two stores and a fence; retiring takes a lock.
// Source    Fraser, Practical lock-freedom (2004), chapter 5
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace skein {

class EpochGuard {
 public:
  EpochGuard();
  ~EpochGuard();
  EpochGuard(const EpochGuard&) = delete;
  EpochGuard& operator=(const EpochGuard&) = delete;
};

// Holds retired objects until their epoch has passed. Destroyed when no reader is left.
class RetireList {
 public:
  // The object is unreachable for guards taken from here on.
  void Retire(std::shared_ptr<const void> object);

 private:
  absl::Mutex mu_;
  std::deque<std::pair<uint64_t, std::shared_ptr<const void>>> retired_ ABSL_GUARDED_BY(mu_);
};

}  // namespace skein
