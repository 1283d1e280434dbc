// RecentLinks: what commits said of links and no adjacency page has yet, in memory and by page.
//
// Shape     Generations, oldest first: commits add to the youngest; the older ones are frozen and
//           wait to be folded into pages. All of it is in the store as well (link_run.h), so a
//           crash loses nothing.
// Rule      Who reads takes a Set and a view such that no fold ended between the two (GraphCore::
//           Latest). Then the pages as stored at the view, with what the set says up to it, are
//           complete, and nothing is in both: a generation knows which of its pages a fold has
//           written, and with which version.
// Threads   All functions from any thread; one at a time adds, in order of versions, and one folds.
// Bounds    What is not folded: who commits folds itself past a bound (fold.h). A set that a reader
//           still holds keeps its generations.
// Cost      Add: a lock and a look-up for each end of a link.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/graph/recent/link_run.h"

namespace skein {

class RecentLinks {
 public:
  class Generation {
   public:
    // Appends what commits after `after`, up to and with `to`, said of a page, in order of writing;
    // nothing of a page that at `to` is folded.
    void Collect(uint64_t page, Version after, Version to, std::vector<RecentHalf>* out) const;
    // Ascending; and all of one. Of a frozen generation.
    std::vector<uint64_t> Pages() const;
    std::vector<RecentHalf> Halves(uint64_t page) const;
    // Of its runs, ascending.
    std::vector<uint64_t> Numbers() const;
    // Pages below the bound are folded as of the version; from 0 on, ascending.
    void Folded(uint64_t bound, Version at);
    uint64_t bound() const;
    size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

   private:
    friend class RecentLinks;
    static constexpr size_t kShards = 32;
    // One end of a link that a run speaks of.
    struct End {
      End(const RunLink& the_link, Version at, bool outgoing)
          : link(&the_link), bits(Raw(at) << 1 | (outgoing ? 1 : 0)) {}
      Version at() const { return Version{bits >> 1}; }
      void AppendHalves(std::vector<RecentHalf>* out) const {
        skein::AppendHalves(*link, (bits & 1) != 0, at(), out);
      }
      const RunLink* link;
      uint64_t bits;
    };
    using Ends = std::vector<End>;  // of a page, by version
    struct Shard {
      mutable absl::Mutex mu;
      absl::flat_hash_map<uint64_t, Ends> pages ABSL_GUARDED_BY(mu);
    };
    static size_t ShardOf(uint64_t page) { return page * 0x9e3779b97f4a7c15 >> 59; }
    void Add(uint64_t page, const End& end);
    void AddRun(Version at, uint64_t number, std::vector<RunLink> links);

    std::deque<std::vector<RunLink>> runs_;  // appended to by one thread, reached through `shards_`
    std::array<Shard, kShards> shards_;
    std::atomic<size_t> bytes_{0};
    mutable absl::Mutex mu_;
    std::vector<uint64_t> numbers_ ABSL_GUARDED_BY(mu_);
    std::vector<std::pair<uint64_t, Version>> folded_ ABSL_GUARDED_BY(mu_);
  };
  using Set = std::vector<std::shared_ptr<Generation>>;

  RecentLinks();

  std::shared_ptr<const Set> Current() const;
  // What a commit said, before its version can be seen. Calls touched(node) for each end.
  template <typename Touched>
  void Add(Version at, uint64_t number, std::vector<RunLink> links, const Touched& touched) {
    absl::MutexLock lock(&adding_mu_);
    for (const RunLink& link : links) {
      touched(link.from);
      touched(link.to);
    }
    youngest_->AddRun(at, number, std::move(links));
    young_bytes_.store(youngest_->bytes(), std::memory_order_relaxed);
  }
  // What an earlier opening left, oldest first; before anybody reads. Pages below the bound of
  // those of `folded` are folded already, so these come to a generation of their own.
  // touched(node, version) as of Add.
  void Restore(StoredRuns stored, const std::function<void(NodeId, Version)>& touched);

  // The oldest generation that has something; the youngest is frozen for it. nullptr: there is
  // none.
  std::shared_ptr<Generation> ToFold();
  // All of it is folded, and committed so.
  void Done(const std::shared_ptr<Generation>& generation);

  // Of all generations that are not folded, and of the youngest.
  size_t bytes() const;
  size_t young_bytes() const { return young_bytes_.load(std::memory_order_relaxed); }
  // Whether a frozen one waits.
  bool frozen() const;

 private:
  void Freeze() ABSL_EXCLUSIVE_LOCKS_REQUIRED(adding_mu_);

  absl::Mutex adding_mu_;  // before mu_
  std::shared_ptr<Generation> youngest_ ABSL_GUARDED_BY(adding_mu_);
  std::atomic<size_t> young_bytes_{0};
  mutable absl::Mutex mu_;
  std::shared_ptr<const Set> set_ ABSL_GUARDED_BY(mu_);
};

}  // namespace skein
