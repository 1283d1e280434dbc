// ConflictTable: which keys changed since which version; what makes commits optimistic.
//
// Kept in memory only: one process writes a store, and no view survives it. Keys are remembered by
// a 64-bit hash, so two keys may be taken for one: a needless ABORTED once in 2^64 pairs, never a
// missed conflict.
//
// Cost      16–40 bytes a changed key, for as long as some view is older than the change; past
//           `entries_max` the oldest are forgotten and batches from before them are refused.
// Threads   None of its own: the caller holds its commit lock, View registration included.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/base/ids.h"
#include "storage/kv/store.h"

namespace skein {

class ConflictTable {
 public:
  explicit ConflictTable(size_t entries_max = size_t{1} << 22) : entries_max_(entries_max) {}

  void ViewOpened(Version version) { ++views_[Raw(version)]; }
  void ViewClosed(Version version);
  // Whether there is just one.
  bool one_view() const { return views_.size() == 1 && views_.begin()->second == 1; }

  // ABORTED, naming the table, if `batch` conflicts with what was recorded after its base.
  absl::Status Check(const WriteBatch& batch) const;
  // Records the batch's changes at `version`, which must ascend. Whoever computes a batch keeps its
  // view open until Commit returns, or may be refused for want of history.
  void Record(const WriteBatch& batch, Version version);
  void Forget();  // drops what no open view can conflict with

  size_t size() const { return changed_.size(); }

 private:
  size_t entries_max_;
  uint64_t floor_ = 0;  // bases below this are refused: their history was forgotten
  std::map<uint64_t, uint64_t> views_;
  absl::flat_hash_map<uint64_t, uint64_t> changed_;
  std::deque<std::pair<uint64_t, uint64_t>> order_;  // (version, key hash), oldest first
};

}  // namespace skein
