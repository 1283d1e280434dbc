// PageTable: the adjacency pages in memory, reached without a lock.
//
// Shape     A dense table of pointers by page number, in leaves made on demand.
// Rule      A page has all that was committed up to version `from`, and answers every snapshot at
// or
//           after it for as long as it is here: a commit that changes a vertex of it says so before
//           its version can be seen (Touch), and then the page is not found for that vertex any
//           more: whoever needs it next takes the page as a base and puts what was committed since
//           on top (Insert). A bulk load, which writes
//           to pages in the store, drops them first (BeginChange) and keeps others from putting
//           them in until its outcome is known (EndChange). So a page that is found never is older
//           than the newest committed state.
// Bounds    Past `bytes_max` pages that were not used lately go (clock). Pages past 2^32 are not
//           kept here.
// Threads   Find under an EpochGuard, and what it gave is used under the same guard. All else from
//           any thread.
// Cost      Find: two dependent loads. All else: a shard's lock.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "storage/base/epoch.h"
#include "storage/graph/adjacency_page.h"

namespace skein {

// One page as of a version on. Immutable but for the mark of its use.
struct AdjacencyPage {
  using Chunks = std::vector<std::shared_ptr<const AdjacencyChunk>>;
  AdjacencyPage(Version since, Chunks the_chunks);

  struct Part {
    const AdjacencyChunk* chunk = nullptr;
    const uint8_t* blob = nullptr;
  };
  // The chunk that alone speaks of a vertex; without one: none does, or several, or one of many.
  const Part& PartOf(uint32_t vertex) const { return parts[only != nullptr ? 1 : place[vertex]]; }
  // No chunk speaks of the vertex; of a page of one chunk that is not known.
  bool IsSilent(uint32_t vertex) const { return only == nullptr && place[vertex] == kSilent; }

  // What a warm look-up touches lies together.
  const Version from;
  const AdjacencyChunk* const only;  // the one chunk, or nullptr: none or several
  mutable std::atomic<bool> used{true};
  mutable std::atomic<uint64_t> touched{0};  // vertices that were changed since, by bit
  // Nothing, the first chunks, nothing.
  static constexpr size_t kParts = 4, kSilent = kParts + 1;
  std::array<Part, kParts + 2> parts{};
  std::array<uint8_t, kVerticesPerPage> place{};  // in `parts`, by vertex, where `only` is null
  const Chunks chunks;                            // oldest first; may be none
  const size_t bytes;
};
using AdjacencyPagePtr = std::shared_ptr<const AdjacencyPage>;

// All links of a vertex, merged from the page's chunks; for vertices that several chunks speak of.
AdjacencyList MergedList(const AdjacencyPage& page, NodeId vertex);
// A chunk more, the newest. Of many small ones some are merged: a page that is changed n times
// without being folded holds about log n chunks.
AdjacencyPage::Chunks WithChunk(uint64_t page, AdjacencyPage::Chunks chunks,
                                std::shared_ptr<const AdjacencyChunk> added);
// The only chunk that speaks of the vertex, if no other does and it names no links that are gone.
const AdjacencyChunk* SoleChunk(const AdjacencyPage& page, uint32_t vertex);

class PageTable {
 public:
  explicit PageTable(size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}
  // From now on; evicts what is more.
  void SetBytesMax(size_t bytes_max);
  ~PageTable();

  // Its page; nullptr: not here, or not good for the vertex at `at`.
  const AdjacencyPage* Find(NodeId vertex, Version at) const {
    const std::atomic<const AdjacencyPage*>* slot = SlotOf(AdjacencyPageOf(vertex));
    if (slot == nullptr) return nullptr;
    const AdjacencyPage* found = slot->load(std::memory_order_acquire);
    if (found == nullptr || found->from > at) return nullptr;
    // Of what is visible at `at` the bits were set before anybody could have that version.
    if ((found->touched.load(std::memory_order_relaxed) >> VertexOf(vertex) & 1) != 0) {
      return nullptr;
    }
    if (!found->used.load(std::memory_order_relaxed)) {
      found->used.store(true, std::memory_order_relaxed);
    }
    return found;
  }
  // Brings what a Find of these will touch nearer, step by step.
  void PrefetchSlot(uint64_t page) const {
    if (const auto* slot = SlotOf(page)) __builtin_prefetch(slot);
  }
  const AdjacencyPage* Peek(uint64_t page) const {
    const auto* slot = SlotOf(page);
    return slot == nullptr ? nullptr : slot->load(std::memory_order_acquire);
  }

  // Offers what was read at `at`; kept only if the rule allows. Gives the page, kept or not.
  AdjacencyPagePtr Insert(uint64_t number, Version at, AdjacencyPage::Chunks chunks);
  // Before the commit of this version, which changes the vertex, can be seen.
  void Touch(NodeId vertex, Version at);
  // The page as it was before commits touched it, for snapshots at `at`; nullptr: not here, or not
  // touched.
  AdjacencyPagePtr Base(uint64_t page, Version at);
  // What commits up to `folded` did to the page is in the store's page from now on: a page that has
  // not got it is no base any more.
  void DropBase(uint64_t page, Version folded);
  // A bulk load is about to change the page. `committed`: the version that did; Version{0}: none.
  void BeginChange(uint64_t page);
  void EndChange(uint64_t page, Version committed);

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kShards = 64;
  static constexpr size_t kLeafBits = 14, kRootBits = 18;
  using Leaf = std::array<std::atomic<const AdjacencyPage*>, size_t{1} << kLeafBits>;

  struct Entry {
    AdjacencyPagePtr page;
    Version changed{};  // last
    bool touched() const { return page->touched.load(std::memory_order_relaxed) != 0; }
  };
  struct Shard {
    absl::Mutex mu;
    absl::flat_hash_map<uint64_t, Entry> pages ABSL_GUARDED_BY(mu);
    absl::flat_hash_map<uint64_t, uint32_t> changing ABSL_GUARDED_BY(mu);  // by how many loads
    std::deque<uint64_t> clock ABSL_GUARDED_BY(mu);  // of pages, those that went included
    absl::flat_hash_set<uint64_t> in_clock ABSL_GUARDED_BY(mu);
    Version last_change ABSL_GUARDED_BY(mu){};  // of any page
    size_t bytes ABSL_GUARDED_BY(mu) = 0;
  };

  const std::atomic<const AdjacencyPage*>* SlotOf(uint64_t page) const {
    if (page >> (kLeafBits + kRootBits) != 0) return nullptr;
    const Leaf* leaf = root_[page >> kLeafBits].load(std::memory_order_acquire);
    return leaf == nullptr ? nullptr : &(*leaf)[page & ((size_t{1} << kLeafBits) - 1)];
  }
  std::atomic<const AdjacencyPage*>* MakeSlot(uint64_t page);
  Shard& ShardOf(uint64_t page) { return shards_[page * 0x9e3779b97f4a7c15 >> 58]; }
  void Put(Shard& shard, uint64_t number, Version changed, AdjacencyPagePtr page)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mu);
  // Takes it out, to be freed when nobody reads it any more.
  void Drop(Shard& shard, uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mu);
  void Evict(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mu);

  std::atomic<size_t> shard_bytes_max_;
  std::vector<std::atomic<Leaf*>> root_ = std::vector<std::atomic<Leaf*>>(size_t{1} << kRootBits);
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> bytes_{0};
  RetireList retired_;
};

}  // namespace skein
