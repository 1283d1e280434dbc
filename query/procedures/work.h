// Spending and Workers: what a long procedure needs to stay within its budget, to end soon when it
// is cancelled, and to use every core.
//
// Order     Workers::For cuts [0, n) at multiples of `grain`, whatever the number of threads, and
//           bodies write only what belongs to their chunk: results never depend on timing.
// Errors    CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED as the budget says.
// Threads   Made and used by the thread that runs the procedure; bodies run on several.
// Lifetime  Both borrow the context. Bytes taken are given back when the Spending goes.
// Cost      A For of one chunk runs in place; threads start with the first that has more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "query/procedures/procedure.h"

namespace skein::procedures {

class Spending {
 public:
  explicit Spending(ProcedureContext& context) : context_(context) {}
  ~Spending() { context_.budget.GiveBackBytes(taken_); }
  Spending(const Spending&) = delete;
  Spending& operator=(const Spending&) = delete;

  // Looks at the clock (which any thread may read) and the cancel flag. Any thread.
  absl::Status Check();
  // Check() once in 4,096 calls: for loops of short steps of the procedure's own thread.
  absl::Status Step() { return ++steps_ % 4096 == 0 ? Check() : absl::OkStatus(); }
  // Any thread: work left is in vain.
  bool stopped() const {
    return context_.budget.cancelled.load(std::memory_order_relaxed) ||
           context_.budget.expired.load(std::memory_order_relaxed);
  }
  // Memory that stays until this goes; before it is allocated.
  absl::Status Take(uint64_t bytes);

 private:
  ProcedureContext& context_;
  int64_t taken_ = 0;
  uint32_t steps_ = 0;
};

class Workers {
 public:
  using Body = std::function<void(size_t begin, size_t end)>;

  explicit Workers(Spending& spending);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs body over every chunk of [0, n); chunks not begun when the query stops are left out, and
  // the status says so. A chunk should take well under 50 ms.
  absl::Status For(size_t n, size_t grain, const Body& body);
  // Threads that may run at once, the caller's included.
  size_t width() const;

 private:
  class Pool;
  Spending& spending_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace skein::procedures
