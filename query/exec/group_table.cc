#include "query/exec/group_table.h"

namespace skein::exec {

void GroupTable::Clear() {
  for (Column& key : keys_) key = Column();
  hashes_.clear();
  next_.clear();
  heads_.clear();
  bytes_ = 0;
}

uint64_t GroupTable::Hash(const std::vector<const Column*>& columns, size_t row) {
  uint64_t hash = 0x9E3779B97F4A7C15U;
  for (const Column* column : columns) {
    // boost::hash_combine's mix, 64 bits wide.
    hash ^= column->Hash(row) + 0x9E3779B97F4A7C15U + (hash << 12) + (hash >> 4);
  }
  return hash;
}

bool GroupTable::SameKey(uint32_t group, const std::vector<const Column*>& columns,
                         size_t row) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!Column::Same(keys_[i], group, *columns[i], row)) return false;
  }
  return true;
}

uint32_t GroupTable::Find(const std::vector<const Column*>& columns, size_t row) const {
  const auto it = heads_.find(Hash(columns, row));
  if (it == heads_.end()) return UINT32_MAX;
  for (uint32_t group = it->second; group != UINT32_MAX; group = next_[group]) {
    if (SameKey(group, columns, row)) return group;
  }
  return UINT32_MAX;
}

uint32_t GroupTable::FindOrAdd(const std::vector<const Column*>& columns, size_t row, bool* added) {
  const uint64_t hash = Hash(columns, row);
  const auto [it, fresh] = heads_.try_emplace(hash, UINT32_MAX);
  for (uint32_t group = it->second; group != UINT32_MAX; group = next_[group]) {
    if (SameKey(group, columns, row)) {
      *added = false;
      return group;
    }
  }
  const auto group = static_cast<uint32_t>(hashes_.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    keys_[i].AppendFrom(*columns[i], row);
    bytes_ += sizeof(Value) + columns[i]->At(row).HeapBytes();
  }
  hashes_.push_back(hash);
  next_.push_back(it->second);
  it->second = group;
  bytes_ += 40;  // an entry of the map, a hash and a link
  *added = true;
  return group;
}

}  // namespace skein::exec
