#include "storage/base/clock.h"

#include <openssl/rand.h>

#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"

namespace skein {
namespace {

class RealClock final : public Clock {
 public:
  absl::Time Now() override {
    const int64_t now = absl::ToUnixNanos(absl::Now());
    // The system clock can be set back; versions and log entries must not see it.
    int64_t last = last_nanos_.load(std::memory_order_relaxed);
    while (last < now && !last_nanos_.compare_exchange_weak(last, now)) {
    }
    return absl::FromUnixNanos(std::max(last, now));
  }

 private:
  std::atomic<int64_t> last_nanos_{0};
};

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(int threads) {
    SKEIN_CHECK(threads > 0);
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { Work(); });
  }

  ~ThreadExecutor() override {
    Drain();
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    for (std::thread& worker : workers_) worker.join();
  }

  void Post(std::function<void()> task) override {
    absl::MutexLock lock(&mutex_);
    tasks_.push_back(std::move(task));
  }

  void Drain() override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &ThreadExecutor::Idle));
  }

 private:
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return tasks_.empty() && running_ == 0;
  }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !tasks_.empty();
  }

  void Work() {
    for (;;) {
      std::function<void()> task;
      {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(this, &ThreadExecutor::HasWork));
        if (tasks_.empty()) return;  // stopping
        task = std::move(tasks_.front());
        tasks_.pop_front();
        ++running_;
      }
      task();
      task = nullptr;  // what it captured goes before Drain() may return
      absl::MutexLock lock(&mutex_);
      --running_;
    }
  }

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> workers_;
};

class SeededExecutorImpl final : public SeededExecutor {
 public:
  explicit SeededExecutorImpl(uint64_t seed) : dice_(seed) {}

  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }

  bool RunOne() override {
    if (tasks_.empty()) return false;
    const size_t chosen = static_cast<size_t>(dice_() % tasks_.size());
    std::swap(tasks_[chosen], tasks_.back());
    std::function<void()> task = std::move(tasks_.back());
    tasks_.pop_back();
    task();
    return true;
  }

  void Drain() override {
    while (RunOne()) {
    }
  }

 private:
  std::mt19937_64 dice_;
  std::vector<std::function<void()>> tasks_;
};

}  // namespace

Clock& Clock::Real() {
  static auto* const clock = new RealClock;  // never destroyed: threads may outlive main's statics
  return *clock;
}

std::unique_ptr<Executor> MakeThreadExecutor(int threads) {
  return std::make_unique<ThreadExecutor>(threads);
}

std::unique_ptr<SeededExecutor> MakeSeededExecutor(uint64_t seed) {
  return std::make_unique<SeededExecutorImpl>(seed);
}

std::string SecureRandomBytes(size_t n) {
  std::string out(n, '\0');
  // A token from a failed generator would be guessable; there is nothing to go on with.
  SKEIN_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) == 1);
  return out;
}

}  // namespace skein
