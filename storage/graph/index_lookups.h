// IndexLookups: what equality look-ups in indexes found, nothing found included.
//
// Rule      An entry holds for every version from the last change of any index entry on, until the
//           next one begins. Whatever writes rows of Table::kIndex for nodes calls BeginChange
//           before it commits (or ingests) and EndChange with the version, or Version{0}, after.
// Cost      A hit is one shard lock and one hash of the key, ~100 ns. Bounded: a shard that
//           exceeds its part of `bytes_max` is emptied.
// Threads   Safe from any thread. Internal to storage/graph.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/graph/source.h"

namespace skein {

class IndexLookups {
 public:
  static constexpr size_t kHitsMax = 64;  // longer answers are not kept
  using Hits = IndexHits;

  explicit IndexLookups(size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}

  // nullptr: not here, or not good for `at`. `key`: where the range of equal entries begins.
  std::shared_ptr<const Hits> Find(const std::string& key, Version at);

  // Before reading what is to be kept; nullopt: a change is under way, or `at` lies before the
  // last: what is read does not hold for others.
  std::optional<uint64_t> BeginRead(Version at) const;
  // Keeps what was read since, unless a change began meanwhile.
  void EndRead(uint64_t ticket, const std::string& key, const Hits& hits);

  // Changes begun so far.
  uint64_t changes() const { return generation_.load(); }
  void BeginChange();
  void EndChange(Version committed);

 private:
  static constexpr size_t kShards = 16;
  struct Entry {
    uint64_t generation = 0;
    std::shared_ptr<const Hits> hits;
  };
  struct Shard {
    absl::Mutex mu;
    absl::flat_hash_map<std::string, Entry, absl::Hash<std::string>> entries ABSL_GUARDED_BY(mu);
    size_t bytes ABSL_GUARDED_BY(mu) = 0;
  };
  Shard& ShardOf(size_t hash) { return shards_[hash >> 32 & (kShards - 1)]; }

  const size_t shard_bytes_max_;
  std::atomic<uint64_t> generation_{1};  // of changes begun
  std::atomic<uint64_t> changing_{0};    // of those, not ended
  std::atomic<uint64_t> since_{0};       // version of the last change
  std::array<Shard, kShards> shards_;
};

}  // namespace skein
