#include "query/exec/parallel/workers.h"

#include <algorithm>

namespace skein::exec {

Workers::Workers(size_t threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  for (size_t i = 1; i < threads; ++i) helpers_.emplace_back([this] { Help(); });
}

Workers::~Workers() {
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
  }
  for (std::thread& helper : helpers_) helper.join();
}

void Workers::Run(const std::function<void(size_t)>& work) {
  Job job;
  job.work = &work;
  {
    absl::MutexLock lock(&mu_);
    jobs_.insert(jobs_.end(), helpers_.size(), &job);
  }
  work(0);
  absl::MutexLock lock(&mu_);
  std::erase(jobs_, &job);
  mu_.Await(absl::Condition(
      +[](Job* j) { return j->working == 0; }, &job));
}

void Workers::Help() {
  absl::MutexLock lock(&mu_);
  for (;;) {
    mu_.Await(absl::Condition(
        +[](Workers* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mu_) {
          return self->closing_ || !self->jobs_.empty();
        },
        this));
    if (closing_) return;
    Job* const job = jobs_.front();
    jobs_.pop_front();
    const size_t number = job->next++;
    ++job->working;
    mu_.Unlock();
    (*job->work)(number);
    mu_.Lock();
    --job->working;  // the job may be gone from here on
  }
}

}  // namespace skein::exec
