// GroupTable: numbers distinct keys in order of first appearance; for DISTINCT, grouping and joins.
//
// Shape     A key is one entry of each of some columns; equal means SameValue in all of them.
// Ids       One or two columns of ids or bare integers are told apart by their numbers alone; with
//           the first column of another kind the table goes over to comparing values.
// Cost      Keys lie in columns, hashes in one vector; no allocation per key beyond those.
// Threads   One.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query/exec/batch.h"

namespace skein::exec {

class GroupTable {
 public:
  explicit GroupTable(size_t columns) : keys_(columns) {}
  void Clear();
  // Numbers of the keys of rows 0 … rows − 1. added (null: not asked for): the rows whose key is
  // new. `columns` has as many entries as the table.
  void FindOrAddAll(const std::vector<const Column*>& columns, size_t rows,
                    std::vector<uint32_t>* numbers, std::vector<uint32_t>* added);
  uint32_t FindOrAdd(const std::vector<const Column*>& columns, size_t row, bool* added);
  // UINT32_MAX: not there.
  uint32_t Find(const std::vector<const Column*>& columns, size_t row);
  size_t size() const { return size_; }
  // Keys by number.
  const Column& key(size_t column) const { return keys_[column]; }
  // Memory of keys and table, to be charged as it grows.
  size_t Bytes() const { return bytes_; }

 private:
  using IdKey = std::pair<uint64_t, uint64_t>;
  static uint64_t Hash(const std::vector<const Column*>& columns, size_t row);
  bool SameKey(uint32_t group, const std::vector<const Column*>& columns, size_t row) const;
  bool TakesIds(const std::vector<const Column*>& columns) const;
  void CompareValues();
  // The key's numbers, and an entry of the map at its usual load.
  static size_t BytesOfId(size_t columns) { return columns * sizeof(uint64_t) + 40; }
  void FindOrAddIds(const std::vector<const Column*>& columns, std::vector<uint32_t>* numbers,
                    std::vector<uint32_t>* added);
  uint32_t FindOrAddId(const std::vector<const Column*>& columns, size_t row, bool* added);

  std::vector<Column> keys_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  bool by_ids_ = true;
  absl::flat_hash_map<IdKey, uint32_t> ids_;
  std::vector<uint32_t> added_;  // of the call at hand
  // Where values are compared.
  std::vector<uint32_t> next_;  // groups of one hash, chained
  absl::flat_hash_map<uint64_t, uint32_t> heads_;
};

}  // namespace skein::exec
