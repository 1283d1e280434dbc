#include "query/exec/group_table.h"

#include <algorithm>
#include <cstring>

namespace skein::exec {

namespace {

bool IsId(Column::Kind kind) {
  return kind == Column::Kind::kNode || kind == Column::Kind::kLink ||
         kind == Column::Kind::kInteger;
}

uint64_t IdAt(const Column& column, size_t row) {
  switch (column.kind()) {
    case Column::Kind::kNode:
      return Raw(column.nodes()[row]);
    case Column::Kind::kLink:
      return Raw(column.links()[row]);
    default:
      return static_cast<uint64_t>(column.integers()[row]);
  }
}

// The numbers of a column of ids or integers.
class Ids {
 public:
  explicit Ids(const Column* column) {
    if (column == nullptr) return;
    switch (column->kind()) {
      case Column::Kind::kNode:
        at_ = column->nodes().data();
        return;
      case Column::Kind::kLink:
        at_ = column->links().data();
        return;
      default:
        at_ = column->integers().data();
    }
  }
  uint64_t operator[](size_t row) const {
    uint64_t id = 0;
    if (at_ != nullptr) {
      std::memcpy(&id, static_cast<const char*>(at_) + row * sizeof(id), sizeof(id));
    }
    return id;
  }

 private:
  const void* at_ = nullptr;
};

std::pair<uint64_t, uint64_t> IdKeyAt(const std::vector<const Column*>& columns, size_t row) {
  return {IdAt(*columns[0], row), columns.size() > 1 ? IdAt(*columns[1], row) : uint64_t{0}};
}

}  // namespace

void GroupTable::Clear() {
  for (Column& key : keys_) key = Column();
  size_ = bytes_ = 0;
  by_ids_ = true;
  ids_.clear();
  next_.clear();
  heads_.clear();
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

bool GroupTable::TakesIds(const std::vector<const Column*>& columns) const {
  if (!by_ids_ || columns.empty() || columns.size() > 2) return false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const Column::Kind kind = columns[i]->kind();
    if (!IsId(kind) || (size_ > 0 && keys_[i].kind() != kind)) return false;
  }
  return true;
}

// Goes over from ids to values, once.
void GroupTable::CompareValues() {
  by_ids_ = false;
  ids_.clear();
  std::vector<const Column*> keys;
  for (const Column& key : keys_) keys.push_back(&key);
  for (uint32_t group = 0; group < size_; ++group) {
    const uint64_t hash = Hash(keys, group);
    const auto it = heads_.try_emplace(hash, UINT32_MAX).first;
    next_.push_back(it->second);
    it->second = group;
  }
}

uint32_t GroupTable::Find(const std::vector<const Column*>& columns, size_t row) {
  if (TakesIds(columns)) {
    const auto it = ids_.find(IdKeyAt(columns, row));
    return it == ids_.end() ? UINT32_MAX : it->second;
  }
  if (by_ids_) CompareValues();
  const auto it = heads_.find(Hash(columns, row));
  if (it == heads_.end()) return UINT32_MAX;
  for (uint32_t group = it->second; group != UINT32_MAX; group = next_[group]) {
    if (SameKey(group, columns, row)) return group;
  }
  return UINT32_MAX;
}

void GroupTable::FindOrAddAll(const std::vector<const Column*>& columns, size_t rows,
                              std::vector<uint32_t>* numbers, std::vector<uint32_t>* added) {
  numbers->resize(rows);
  if (added != nullptr) added->clear();
  if (TakesIds(columns)) return FindOrAddIds(columns, numbers, added);
  for (uint32_t row = 0; row < rows; ++row) {
    bool fresh = false;
    (*numbers)[row] = FindOrAdd(columns, row, &fresh);
    if (fresh && added != nullptr) added->push_back(row);
  }
}

void GroupTable::FindOrAddIds(const std::vector<const Column*>& columns,
                              std::vector<uint32_t>* numbers, std::vector<uint32_t>* added) {
  const Ids first(columns[0]);
  const Ids second(columns.size() > 1 ? columns[1] : nullptr);
  added_.clear();
  const size_t before = size_;
  for (uint32_t row = 0; row < numbers->size(); ++row) {
    const auto [it, fresh] = ids_.try_emplace(IdKey(first[row], second[row]),
                                              static_cast<uint32_t>(before + added_.size()));
    (*numbers)[row] = it->second;
    if (fresh) added_.push_back(row);
  }
  for (size_t i = 0; i < columns.size(); ++i) keys_[i].AppendGather(*columns[i], added_);
  size_ += added_.size();
  bytes_ += added_.size() * BytesOfId(columns.size());
  if (added != nullptr) *added = added_;
}

uint32_t GroupTable::FindOrAddId(const std::vector<const Column*>& columns, size_t row,
                                 bool* added) {
  const auto [it, fresh] = ids_.try_emplace(IdKeyAt(columns, row), static_cast<uint32_t>(size_));
  *added = fresh;
  if (!fresh) return it->second;
  for (size_t i = 0; i < columns.size(); ++i) keys_[i].AppendFrom(*columns[i], row);
  bytes_ += BytesOfId(columns.size());
  return static_cast<uint32_t>(size_++);
}

uint32_t GroupTable::FindOrAdd(const std::vector<const Column*>& columns, size_t row, bool* added) {
  if (TakesIds(columns)) return FindOrAddId(columns, row, added);
  if (by_ids_) CompareValues();
  const auto [it, fresh] = heads_.try_emplace(Hash(columns, row), UINT32_MAX);
  for (uint32_t group = it->second; group != UINT32_MAX; group = next_[group]) {
    if (SameKey(group, columns, row)) {
      *added = false;
      return group;
    }
  }
  const auto group = static_cast<uint32_t>(size_++);
  for (size_t i = 0; i < columns.size(); ++i) {
    keys_[i].AppendFrom(*columns[i], row);
    bytes_ += sizeof(Value) + columns[i]->At(row).HeapBytes();
  }
  next_.push_back(it->second);
  it->second = group;
  bytes_ += 40;  // an entry of the map, and a link
  *added = true;
  return group;
}

}  // namespace skein::exec
