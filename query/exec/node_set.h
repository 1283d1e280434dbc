// NodeSet: vertices seen by a search.
//
// Shape     A hash table of words of 64 neighbouring ids, open addressing, at most half full: where
//           ids lie near each other, as bulk loads place them, a word holds many.
// Cost      One probe per vertex; 16 bytes a word. InsertAll fetches ahead.
// Threads   One.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/base/ids.h"

namespace skein::exec {

class NodeSet {
 public:
  NodeSet() { Clear(); }

  // False: it was there. kNoNode must not be asked for.
  bool Insert(NodeId id) {
    if (used_ * 2 >= slots_.size()) Grow();
    Slot& slot = Find(Raw(id) >> 6);
    const uint64_t bit = uint64_t{1} << (Raw(id) & 63);
    if (slot.bits == 0) {
      slot.key = Raw(id) >> 6;
      ++used_;
    } else if ((slot.bits & bit) != 0) {
      return false;
    }
    slot.bits |= bit;
    ++size_;
    return true;
  }

  bool Contains(NodeId id) const {
    const Slot& slot = const_cast<NodeSet*>(this)->Find(Raw(id) >> 6);
    return (slot.bits >> (Raw(id) & 63) & 1) != 0;
  }

  // The place of the first of the ids that is there; ids.size(): none is.
  size_t FindFirst(std::span<const NodeId> ids) const {
    for (size_t i = 0; i < ids.size(); ++i) {
      Prefetch(ids, i + kAhead);
      if (Contains(ids[i])) return i;
    }
    return ids.size();
  }

  // Calls on_new(i) for each ids[i] that was not there, in order.
  template <typename OnNew>
  void InsertEach(std::span<const NodeId> ids, const OnNew& on_new) {
    for (size_t i = 0; i < ids.size(); ++i) {
      Prefetch(ids, i + kAhead);
      if (Insert(ids[i])) on_new(i);
    }
  }

  // Appends to *fresh (null: does not) those that were not there, in order; their number.
  size_t InsertAll(std::span<const NodeId> ids, std::vector<NodeId>* fresh) {
    const size_t before = size_;
    InsertEach(ids, [&](size_t i) {
      if (fresh != nullptr) fresh->push_back(ids[i]);
    });
    return size_ - before;
  }

  size_t size() const { return size_; }
  size_t Bytes() const { return slots_.size() * sizeof(Slot); }

  void Clear() {
    constexpr size_t kFirst = 64;
    slots_.assign(kFirst, {});
    shift_ = 64 - 6;
    used_ = size_ = 0;
  }

 private:
  static constexpr size_t kAhead = 8;  // probes in flight: what one core keeps outstanding

  struct Slot {
    uint64_t key = 0;
    uint64_t bits = 0;  // 0: free
  };

  // Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of a multiple of 2^64 / golden ratio.
  size_t Home(uint64_t key) const { return (key * 0x9E3779B97F4A7C15U) >> shift_; }

  void Prefetch(std::span<const NodeId> ids, size_t i) const {
    if (i < ids.size()) __builtin_prefetch(&slots_[Home(Raw(ids[i]) >> 6)]);
  }

  Slot& Find(uint64_t key) {
    const size_t mask = slots_.size() - 1;
    size_t at = Home(key);
    while (slots_[at].bits != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }

  void Grow() {
    std::vector<Slot> old(slots_.size() * 4);
    old.swap(slots_);
    shift_ -= 2;
    for (const Slot& slot : old) {
      if (slot.bits != 0) Find(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  int shift_ = 0;
  size_t used_ = 0;
  size_t size_ = 0;
};

}  // namespace skein::exec
