// Workers: threads that help whoever has a job that can be split.
//
// Rule      The caller always works too, so a job is done even if every helper is busy with others;
//           a query never waits for another's.
// Bounds    As many helpers as were asked for, made once. A job waits for those alone that took
//           part in it.
// Threads   Any thread may Run; several at once share the helpers.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace skein::exec {

class Workers {
 public:
  // `threads`: how many may work on one job, the caller included; 0: one per core.
  explicit Workers(size_t threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  size_t threads() const { return helpers_.size() + 1; }

  // Calls work(i) on this thread with i = 0, and on idle helpers with different i < threads();
  // returns when all that began have ended. `work` returns when there is nothing left to do.
  void Run(const std::function<void(size_t)>& work);

 private:
  struct Job {
    const std::function<void(size_t)>* work = nullptr;
    size_t next = 1;     // the number of the next helper
    size_t working = 0;  // helpers at work
  };
  void Help();

  absl::Mutex mu_;
  std::deque<Job*> jobs_ ABSL_GUARDED_BY(mu_);  // one entry for each helper that is wanted
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> helpers_;
};

}  // namespace skein::exec
