// VersionedCache: decoded records by id, right for every snapshot that may see them.
//
// Rule      An entry was read at version `from` and answers any snapshot at or after it, for as
//           long as it is here: whoever is about to commit a change of an id first takes its entry
//           out and keeps others from putting one in (BeginChange), until the outcome is known
//           (EndChange); and nothing read before the shard's last change is let in. So an entry
//           never is older than the newest committed state of its id.
// Cost      A hit takes one shard lock and one look-up in a table, no allocation. Bounded: when a
//           shard exceeds its part of `bytes_max`, entries go that were not asked for since they
//           were last passed over (second chance), oldest first.
// Threads   Safe from any thread.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <span>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/base/ids.h"

namespace skein {

template <typename T>
class VersionedCache {
 public:
  explicit VersionedCache(size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}

  // nullptr: not here, or not good for `at`.
  std::shared_ptr<const T> Find(uint64_t id, Version at) {
    Shard& shard = ShardOf(id);
    absl::MutexLock lock(&shard.mu);
    const auto it = shard.entries.find(id);
    if (it == shard.entries.end() || it->second.from > at) return nullptr;
    it->second.used = true;
    return it->second.value;
  }

  // Offers what was read at `at`; kept only if the rule allows.
  void Insert(uint64_t id, Version at, std::shared_ptr<const T> value, size_t bytes) {
    Shard& shard = ShardOf(id);
    absl::MutexLock lock(&shard.mu);
    if (at < shard.last_change || shard.changing.contains(id)) return;
    const auto [it, fresh] = shard.entries.try_emplace(id);
    if (!fresh) return;
    it->second = {at, std::move(value), bytes + kOverhead, false};
    shard.order.push_back(id);
    shard.bytes += bytes + kOverhead;
    shard.Evict(shard_bytes_max_);
  }

  size_t bytes() {
    size_t sum = 0;
    for (Shard& shard : shards_) {
      absl::MutexLock lock(&shard.mu);
      sum += shard.bytes;
    }
    return sum;
  }

  void BeginChange(uint64_t id) {
    Shard& shard = ShardOf(id);
    absl::MutexLock lock(&shard.mu);
    shard.Remove(id);
    ++shard.changing[id];
  }

  // `committed`: the version that changed the id; Version{0} if nothing was committed. An
  // outcome that is not known counts as a change.
  void EndChange(uint64_t id, Version committed) {
    Shard& shard = ShardOf(id);
    absl::MutexLock lock(&shard.mu);
    const auto it = shard.changing.find(id);
    if (--it->second == 0) shard.changing.erase(it);
    if (committed > shard.last_change) shard.last_change = committed;
  }

 private:
  static constexpr size_t kShards = 64;
  static constexpr size_t kOverhead = 80;  // slots of the table and the order, by estimate

  struct Entry {
    Version from{};
    std::shared_ptr<const T> value;
    size_t bytes = 0;
    bool used = false;
  };
  static constexpr size_t kIdsLeftMax = 64;
  struct Shard {
    absl::Mutex mu;
    absl::flat_hash_map<uint64_t, Entry> entries ABSL_GUARDED_BY(mu);
    // In order of arrival; ids that were removed stay until they are passed or are too many.
    std::deque<uint64_t> order ABSL_GUARDED_BY(mu);
    absl::flat_hash_map<uint64_t, uint32_t> changing ABSL_GUARDED_BY(mu);
    Version last_change ABSL_GUARDED_BY(mu){};
    size_t bytes ABSL_GUARDED_BY(mu) = 0;

    void Remove(uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
      const auto it = entries.find(id);
      if (it == entries.end()) return;
      bytes -= it->second.bytes;
      entries.erase(it);
      if (order.size() <= 2 * entries.size() + kIdsLeftMax) return;
      order.clear();
      for (const auto& [each, entry] : entries) order.push_back(each);
    }

    void Evict(size_t bytes_max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
      // Twice round at most: once to take the marks off, once to find one without.
      for (size_t steps = 2 * order.size();
           bytes > bytes_max && entries.size() > 1 && steps > 0 && !order.empty(); --steps) {
        const uint64_t id = order.front();
        order.pop_front();
        const auto it = entries.find(id);
        if (it == entries.end()) continue;
        if (std::exchange(it->second.used, false)) {
          order.push_back(id);
          continue;
        }
        bytes -= it->second.bytes;
        entries.erase(it);
      }
    }
  };

  Shard& ShardOf(uint64_t id) {
    // Neighbouring ids spread: multiply by the golden ratio, take high bits.
    return shards_[id * 0x9e3779b97f4a7c15 >> 58];
  }

  size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace skein
