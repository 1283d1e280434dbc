// Injected clock, dice and executor: nothing below server/main touches the real ones directly.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace skein {

// Threads: safe from any thread. Now() never goes back within one process.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;
  // Process-wide real clock; lives for ever.
  static Clock& Real();
};

// A clock a test sets by hand.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}
  absl::Time Now() override { return now_; }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_;
};

// Runs background work. Tasks must be short (≤10 ms) or re-post themselves, so that a test executor
// can interleave them by seed.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void Post(std::function<void()> task) = 0;
  // Blocks until every task posted so far, and those they posted, has run.
  virtual void Drain() = 0;
};

// `threads` workers; the destructor drains.
std::unique_ptr<Executor> MakeThreadExecutor(int threads);

// Runs tasks only in RunOne()/Drain(), in an order drawn from `seed`. Single thread.
class SeededExecutor : public Executor {
 public:
  // Runs one waiting task; false when none waits.
  virtual bool RunOne() = 0;
};
std::unique_ptr<SeededExecutor> MakeSeededExecutor(uint64_t seed);

// 256 bits of randomness from the system, for tokens and keys.
std::string SecureRandomBytes(size_t n);

}  // namespace skein
