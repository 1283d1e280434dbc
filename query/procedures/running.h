// RunningQueries: the statements at work in one engine, for SHOW QUERIES and KILL.
//
// Visible   A person sees and ends their own queries; on a sandbox everybody's are.
// Threads   Safe from any thread. An entry's Budget is touched only while the entry is listed.
// Lifetime  The registry outlives its handles.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/graph/reader.h"

namespace skein::procedures {

// Who asks.
struct Asker {
  std::string person;
  std::string unit;
  bool all = false;  // sees everybody's: a sandbox
};

class RunningQueries {
 public:
  struct Query {
    uint64_t number = 0;
    std::string person, unit, text;
    absl::Time started;
    int64_t bytes = 0;  // memory charged now
    int64_t rows = 0;   // rows of the store read so far
    bool killed = false;
  };
  // Takes the entry off the list when it goes.
  class Handle {
   public:
    Handle() = default;
    Handle(RunningQueries* owner, uint64_t number) : owner_(owner), number_(number) {}
    Handle(Handle&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), number_(other.number_) {}
    Handle& operator=(Handle&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~Handle() {
      if (owner_ != nullptr) owner_->Remove(number_);
    }

   private:
    RunningQueries* owner_ = nullptr;
    uint64_t number_ = 0;
  };

  // All but the time is borrowed and must outlive the handle.
  Handle Add(const Asker& who, std::string_view text, absl::Time started, Budget* budget);
  // In order of their start.
  std::vector<Query> List(const Asker& who) const;
  // Cancels; false: there is no such query, or not for this asker.
  bool Kill(uint64_t number, const Asker& who);

 private:
  struct Entry {
    const Asker* who = nullptr;
    std::string_view text;
    absl::Time started;
    Budget* budget = nullptr;
    int64_t bytes_at_start = 0;
    int64_t rows_at_start = 0;
  };
  static bool Sees(const Asker& who, const Entry& entry);
  void Remove(uint64_t number);

  mutable absl::Mutex mu_;
  uint64_t next_ ABSL_GUARDED_BY(mu_) = 1;
  std::map<uint64_t, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

// "query-17", as SHOW QUERIES gives it and KILL takes it.
std::string QueryName(uint64_t number);
// 0: no such name.
uint64_t QueryNumber(std::string_view name);

}  // namespace skein::procedures
