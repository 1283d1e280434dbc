// MemoryBudget: one limit for what a process holds in memory, and who holds what.
//
// Shape     Caches of fixed size have their part from Parts(). What is left is shared by queries
// and
//           by the pages of adjacency: queries charge what they take, up to half of it; pages have
//           the rest, and give it back (are evicted) as queries take more.
// Over it   A query's charge is refused, and the refusal names the limit; pages are evicted;
//           imports write what they gathered sooner. Nothing grows past it but by what one page,
//           one row or one batch takes.
// Not in it The program itself, thread stacks, and what the allocator keeps: about 100 MiB.
// Threads   Safe from any thread. Process() is the one of the program, because memory is the
//           process's own; its limit is set before the first store is opened.
// Cost      A charge is one atomic addition; every 16 MiB of change the pages are told.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace skein {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit) : limit_(limit) {}
  // The one of the program: half of the machine's memory, unless SetLimit said something else.
  static MemoryBudget& Process();
  static size_t HalfOfMemory();

  // Before anything has asked for its part.
  void SetLimit(size_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  size_t limit() const { return limit_.load(std::memory_order_relaxed); }

  // How a limit is divided, in bytes. Shares of it, each between a least and a most, so that a
  // small limit leaves something for all, and a large one goes to pages and queries.
  struct Parts {
    size_t block_cache = 0;    // of the key-value store
    size_t write_buffer = 0;   // of it too; two may be full
    size_t nodes = 0;          // decoded nodes of the users' graph
    size_t links = 0;          // decoded pages of links of the users' graph
    size_t lookups = 0;        // answers of indexes
    size_t system = 0;         // each of these four for the system's graph
    size_t import_gather = 0;  // what an import gathers before it writes; taken from pages' part
    size_t elastic = 0;        // pages of adjacency and queries
  };
  Parts parts() const;

  // Whoever gets true gives the same number of bytes back. False: queries would hold more than half
  // of the elastic part; nothing was taken.
  bool TryTake(size_t n);
  void Give(size_t n);
  size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  size_t taken_max() const { return parts().elastic / 2; }
  // What the pages of adjacency may hold now: the elastic part without what queries have taken, so
  // at least half of it.
  size_t pages_max() const;

  // Something that holds memory; gone with what Register gave. Its functions are called under the
  // budget's lock: they must not call the budget.
  struct Holder {
    std::string name;  // for people: "adjacency"
    std::function<size_t()> bytes;
    std::function<void(size_t pages_max)> shrink;  // may be empty
  };
  class Registration {
   public:
    Registration() = default;
    explicit Registration(std::shared_ptr<void> token) : token_(std::move(token)) {}

   private:
    std::shared_ptr<void> token_;
  };
  // For as long as the registration lives. `shrink` is called whenever what queries hold has passed
  // another 16 MiB, up or down, from the thread that took or gave it.
  [[nodiscard]] Registration Register(Holder holder);
  // Every holder with what it holds now, in order of registration, queries first.
  std::vector<std::pair<std::string, size_t>> Use() const;

 private:
  static constexpr size_t kStep = size_t{16} << 20;
  void Changed(size_t before, size_t after);

  std::atomic<size_t> limit_;
  std::atomic<size_t> taken_{0};
  // Shared with registrations, which may outlive a budget of a test.
  struct Holders {
    absl::Mutex mu;
    std::vector<std::pair<uint64_t, Holder>> list ABSL_GUARDED_BY(mu);
    uint64_t next ABSL_GUARDED_BY(mu) = 0;
  };
  std::shared_ptr<Holders> holders_ = std::make_shared<Holders>();
};

}  // namespace skein
