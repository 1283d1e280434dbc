// GroupTable: numbers distinct keys in order of first appearance; for DISTINCT, grouping and joins.
//
// Shape     A key is one entry of each of some columns; equal means SameValue in all of them.
// Cost      Keys lie in columns, hashes in one vector; no allocation per key beyond those.
// Threads   One.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query/exec/batch.h"

namespace skein::exec {

class GroupTable {
 public:
  explicit GroupTable(size_t columns) : keys_(columns) {}
  void Clear();
  // Number of the key; *added: it is new. `columns` has as many entries as the table.
  uint32_t FindOrAdd(const std::vector<const Column*>& columns, size_t row, bool* added);
  // UINT32_MAX: not there.
  uint32_t Find(const std::vector<const Column*>& columns, size_t row) const;
  size_t size() const { return hashes_.size(); }
  // Keys by number.
  const Column& key(size_t column) const { return keys_[column]; }
  // Memory of keys and table, to be charged as it grows.
  size_t Bytes() const { return bytes_; }

 private:
  static uint64_t Hash(const std::vector<const Column*>& columns, size_t row);
  bool SameKey(uint32_t group, const std::vector<const Column*>& columns, size_t row) const;

  std::vector<Column> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> next_;  // groups of one hash, chained
  absl::flat_hash_map<uint64_t, uint32_t> heads_;
  size_t bytes_ = 0;
};

}  // namespace skein::exec
