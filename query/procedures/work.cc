#include "query/procedures/work.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"

namespace skein::procedures {

absl::Status Spending::Check() {
  Budget& budget = context_.budget;
  if (budget.deadline != absl::InfiniteFuture() && context_.eval.RealTime() >= budget.deadline) {
    budget.expired.store(true, std::memory_order_relaxed);
  }
  return budget.Check();
}

absl::Status Spending::Take(uint64_t bytes) {
  if (bytes > static_cast<uint64_t>(INT64_MAX)) return ResourceExhausted("more memory than any");
  SKEIN_RETURN_IF_ERROR(context_.budget.TakeBytes(static_cast<int64_t>(bytes)));
  taken_ += static_cast<int64_t>(bytes);
  return absl::OkStatus();
}

// Threads that wait for the next For. The caller works too, so there is one less than cores.
class Workers::Pool {
 public:
  Pool(Spending& spending, size_t threads) : spending_(spending) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Serve(); });
  }
  ~Pool() {
    {
      absl::MutexLock lock(&mu_);
      closing_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

  // Returns when every chunk is done or left out.
  absl::Status Run(size_t n, size_t grain, const Body& body) {
    {
      absl::MutexLock lock(&mu_);
      body_ = &body;
      n_ = n;
      grain_ = grain;
      next_.store(0, std::memory_order_relaxed);
      busy_ = threads_.size();
      ++round_;
    }
    absl::Status status;
    while (status.ok() && Chunk(body, n, grain)) status = spending_.Check();
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(
        +[](size_t* busy) { return *busy == 0; }, &busy_));
    return spending_.Check();
  }

 private:
  bool Chunk(const Body& body, size_t n, size_t grain) {
    if (spending_.stopped()) return false;
    const size_t begin = next_.fetch_add(grain, std::memory_order_relaxed);
    if (begin >= n) return false;
    body(begin, std::min(n, begin + grain));
    return true;
  }

  void Serve() {
    uint64_t seen = 0;
    for (;;) {
      const Body* body = nullptr;
      size_t n = 0;
      size_t grain = 0;
      {
        absl::MutexLock lock(&mu_);
        const auto ready = [this, &seen] {
          mu_.AssertReaderHeld();
          return closing_ || round_ != seen;
        };
        mu_.Await(absl::Condition(&ready));
        if (closing_) return;
        seen = round_;
        body = body_;
        n = n_;
        grain = grain_;
      }
      while (Chunk(*body, n, grain)) {
      }
      absl::MutexLock lock(&mu_);
      --busy_;
    }
  }

  Spending& spending_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> next_{0};
  absl::Mutex mu_;
  const Body* body_ ABSL_GUARDED_BY(mu_) = nullptr;
  size_t n_ ABSL_GUARDED_BY(mu_) = 0;
  size_t grain_ ABSL_GUARDED_BY(mu_) = 0;
  size_t busy_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t round_ ABSL_GUARDED_BY(mu_) = 0;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
};

Workers::Workers(Spending& spending) : spending_(spending) {}
Workers::~Workers() = default;

size_t Workers::width() const {
  // More than this and the threads of one query would crowd out the others'.
  constexpr size_t kThreadsMax = 32;
  return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kThreadsMax);
}

absl::Status Workers::For(size_t n, size_t grain, const Body& body) {
  if (n <= grain || width() == 1) {
    for (size_t begin = 0; begin < n; begin += grain) {
      SKEIN_RETURN_IF_ERROR(spending_.Check());
      body(begin, std::min(n, begin + grain));
    }
    return spending_.Check();
  }
  if (pool_ == nullptr) pool_ = std::make_unique<Pool>(spending_, width() - 1);
  return pool_->Run(n, grain, body);
}

}  // namespace skein::procedures
