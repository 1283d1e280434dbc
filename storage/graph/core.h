// GraphCore: what a graph's snapshots and transactions share. Internal to storage/graph.
//
// Lifetime  Shared by the Graph and every reader it opened, so that those may outlive it; all of
//           them borrow the Store, clock and executor.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/base/memory_budget.h"
#include "storage/graph/fused_nodes.h"
#include "storage/graph/graph.h"
#include "storage/graph/index_lookups.h"
#include "storage/graph/link_page.h"
#include "storage/graph/page_table.h"
#include "storage/graph/recent/recent_links.h"
#include "storage/graph/records.h"
#include "storage/graph/versioned_cache.h"
#include "storage/keys/layout.h"
#include "storage/kv/store.h"
#include "storage/schema/stored_catalog.h"

namespace skein {

// Hands out numbers that are never handed out again, across restarts too: a mark ahead of them is
// stored durably before the first is used, so a crash skips some.
// Threads: safe from any thread; once in `step` numbers a call waits for the disk.
class NumberSequence {
 public:
  // `first`: the number a fresh sequence begins with. The step doubles up to `step_max`.
  NumberSequence(Store& store, std::string key, uint64_t first, uint64_t step, uint64_t step_max)
      : store_(store), key_(std::move(key)), first_(first), step_(step), step_max_(step_max) {}

  absl::StatusOr<uint64_t> Take(uint64_t n = 1);
  // All numbers handed out so far are below it.
  absl::StatusOr<uint64_t> Bound();

 private:
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Store& store_;
  const std::string key_;
  const uint64_t first_;
  absl::Mutex mu_;
  bool loaded_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t next_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t reserved_ ABSL_GUARDED_BY(mu_) = 0;  // stored mark: numbers below it may be used
  uint64_t step_ ABSL_GUARDED_BY(mu_);
  const uint64_t step_max_;
};

// Counts the chunks that commits add to pages, so that lists do not grow for ever.
// Threads: safe from any thread. Bounds: pages touched since the graph was opened, 16 bytes each.
class ChunkCounts {
 public:
  explicit ChunkCounts(uint32_t due) : chunks_due_(due) {}
  void Added(uint64_t page);
  // What was read of a page: chunks of before the graph was opened count as well.
  void Found(uint64_t page, size_t chunks);
  size_t due();  // pages
  // Pages that have enough new chunks to be folded; they count from 0 again.
  std::vector<uint64_t> TakeDue();

 private:
  absl::Mutex mu_;
  const uint32_t chunks_due_;
  absl::flat_hash_map<uint64_t, uint32_t> added_ ABSL_GUARDED_BY(mu_);
  std::vector<uint64_t> due_ ABSL_GUARDED_BY(mu_);
};

// What commits and folds have added to the pages of adjacency since the graph was opened, in runs:
// so that a fold takes the newest ones and as much of the older as is not much larger, and a page
// of many links is not written anew for a few. Threads: safe from any thread. Bounds: pages touched
// since the last whole fold, a few runs each.
class ChunkRuns {
 public:
  // The chunks from number `first` on.
  struct Run {
    uint64_t first = 0;
    uint64_t bytes = 0;
    uint32_t chunks = 0;
    bool folded = false;  // into one
  };
  // What is to be folded of a page: the chunks `folded` (numbers, ascending) and all from number
  // `fresh` on. Whoever looks for them by scanning goes through what was deleted between them.
  struct Due {
    uint64_t page = 0, fresh = 0;
    std::vector<uint64_t> folded;
    // And what lies before them, if it has not more bytes than that; 0: it has.
    uint64_t before_max = 0;
    uint64_t first() const { return folded.empty() ? fresh : folded.front(); }
  };

  // What is folded is at least a fourth new.
  static constexpr uint64_t kFoldRatio = 4;

  explicit ChunkRuns(uint32_t due) : chunks_due_(due) {}
  void Added(uint64_t page, uint64_t chunk, uint64_t bytes);
  // What was read of a page, by number: chunks of before the graph was opened count as well.
  struct Chunk {
    uint64_t number = 0;
    uint64_t bytes = 0;
  };
  void Found(uint64_t page, std::span<const Chunk> chunks);
  // From which of these chunks on they are to be folded with what comes after, which has `bytes`.
  // Adds what they have.
  static size_t FirstToFold(std::span<const Chunk> chunks, uint64_t* bytes);
  size_t due();  // pages
  // Pages with enough new chunks; they count from 0 again. Commits are held meanwhile, so that all
  // later chunks have larger numbers, and what was taken before is folded.
  std::vector<Due> TakeDue();
  // The chunks from `first` (0: all) on up to `newest` are one now, number `newest`, of `bytes`;
  // what lies before them has `before` bytes.
  void Folded(uint64_t page, uint64_t first, uint64_t newest, uint64_t bytes, uint64_t before);
  // What was known of the page is not so: an old snapshot's reader told of chunks that are no more.
  void Forget(uint64_t page);
  // All chunks of all pages are.
  void Clear();

 private:
  absl::Mutex mu_;
  const uint32_t chunks_due_;
  absl::flat_hash_map<uint64_t, std::vector<Run>> runs_ ABSL_GUARDED_BY(mu_);
  std::vector<uint64_t> due_ ABSL_GUARDED_BY(mu_);
};

// Of which tables no page can have two chunks, so that there is nothing to fold.
// Threads: safe from any thread.
class SingleChunks {
 public:
  // Before a commit or a load adds at most one chunk to any page of the table.
  void Adding(Table table) { of(table).fetch_add(1); }
  // Nobody adds to it meanwhile.
  void Empty(Table table) { of(table).store(0); }
  uint64_t added(Table table) { return of(table).load(); }
  bool Single(Table table) { return added(table) <= 1; }
  // What was added up to `added` is folded.
  void Folded(Table table, uint64_t added) { of(table).compare_exchange_strong(added, 1); }

 private:
  std::atomic<uint64_t>& of(Table table) {
    return added_[table == Table::kAdjacency ? 0 : table == Table::kLinks ? 1 : 2];
  }
  std::atomic<uint64_t> added_[3] = {2, 2, 2};  // not known: many
};

// The versions of bulk loads, whose rows were written before their version was known.
// Threads: safe from any thread. Cost: VersionOf of a commit's stamp is a comparison; of a load's,
// a look-up in memory, and one in the store for a load that was just made.
class Loads {
 public:
  Loads(Store& store, const Layout& layout) : store_(store), layout_(layout) {}

  // All that are stored; once, on opening.
  absl::Status Read();
  // Of a load that is not known (not yet): the largest version, so that nobody takes its rows for
  // older than they are.
  Version VersionOf(Stamp stamp) const {
    return IsLoadStamp(stamp) ? VersionOfLoad(stamp & ~LoadStamp(0)) : Version{stamp};
  }

 private:
  Version VersionOfLoad(uint64_t chunk) const;

  Store& store_;
  const Layout& layout_;
  mutable absl::Mutex mu_;
  mutable absl::flat_hash_map<uint64_t, Version> versions_ ABSL_GUARDED_BY(mu_);
};

// A version of the store, with what its pages of adjacency lack.
struct GraphView {
  std::shared_ptr<const View> view;
  std::shared_ptr<const RecentLinks::Set> recent;
};

struct GraphCore : std::enable_shared_from_this<GraphCore> {
  GraphCore(Store& the_store, SpaceId space, const GraphOptions& the_options);

  // The rows of one batch: the low half of its links' ids.
  absl::StatusOr<uint32_t> TakeLinkRow(BatchId batch) { return TakeLinkRows(batch, 1); }
  // n neighbouring rows; gives the first.
  absl::StatusOr<uint32_t> TakeLinkRows(BatchId batch, uint32_t n);

  absl::StatusOr<GraphView> Latest();

  Store& store;
  const Layout layout;
  const GraphOptions options;
  std::unique_ptr<StoredCatalog> catalog;

  VersionedCache<NodeRecord> nodes;
  VersionedCache<LinkPageView> pages;  // by link page
  PageTable adjacency;
  RecentLinks recent;

  FusedNodes fused;
  IndexLookups lookups;
  Loads loads;

  NumberSequence node_ids;
  NumberSequence chunk_ids;
  absl::Mutex rows_mu;
  absl::flat_hash_map<uint64_t, std::unique_ptr<NumberSequence>> rows ABSL_GUARDED_BY(rows_mu);

  // Held shared while a transaction commits, alone while the set of indexes changes: a commit
  // either maintains a new index or is over before the index's building begins.
  absl::Mutex index_mu;
  // From which version on an index that was built since the graph was opened is complete.
  Version IndexSince(uint32_t index);
  void SetIndexSince(uint32_t index, Version version);
  absl::Mutex since_mu;
  absl::flat_hash_map<uint32_t, Version> index_since ABSL_GUARDED_BY(since_mu);
  // Commits that deleted nodes, since the graph was opened: counted before they are visible.
  std::atomic<uint64_t> node_deletions{0};
  // Version of the last bulk load of nodes since the graph was opened; set while commits are held.
  std::atomic<uint64_t> nodes_loaded{0};
  // Whether links were ever loaded in bulk.
  std::atomic<bool> has_bulk{false};
  SingleChunks single_chunks;
  ChunkRuns adjacency_chunks;
  ChunkCounts link_chunks;
  // One folding of chunks at a time, and one waiting at most; and one of recent links, for which
  // nobody waits until all chunks are folded. fold_mu before recent_mu before index_mu.
  absl::Mutex fold_mu;
  absl::Mutex recent_mu;
  std::atomic<bool> fold_posted{false};
  // The graph is closed: what was posted finds nothing to do. Another opening may have it by now.
  bool closed ABSL_GUARDED_BY(fold_mu) = false;
  // Last: whoever asks what is held here must be gone before it is.
  std::vector<MemoryBudget::Registration> held;
};

// Sets the bits of all nodes that have fusion rows; once, on opening.
absl::Status LoadFusedNodes(GraphCore& core);

// Names table and key of a row that does not decode, without its contents.
absl::Status DamagedRow(Table table, uint64_t id);

}  // namespace skein
