// NodeSet: vertices seen by a search.
//
// Shape     Where ids are few enough, a bit for each id there is, and a list of the words that are
//           not zero. Else, and for ids past the bound, a hash table of words of 64 neighbouring
//           ids, open addressing, at most half full: where ids lie near each other, as bulk loads
//           place them, a word holds many.
// Cost      One load and one store per vertex, no branch that is hard to foretell; both shapes
//           fetch ahead. Clear() touches what was set. Memory of bits is kept by the thread for the
//           next set, kKeptMax of them, and not charged to anybody: it depends on how many ids
//           there are, which is nobody's business.
// Threads   One.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/base/ids.h"

namespace skein::exec {

class NodeSet {
 public:
  // More ids than these have no bit each: two megabytes.
  static constexpr uint64_t kDenseMax = uint64_t{1} << 24;
  static constexpr size_t kKeptMax = 4;

  NodeSet() = default;
  ~NodeSet() { DropBits(); }
  NodeSet(NodeSet&& other) noexcept : NodeSet() { *this = std::move(other); }
  NodeSet& operator=(NodeSet&& other) noexcept;

  // Makes the set empty, and ready for ids below `bound`; 0: not known.
  void Clear(uint64_t bound);

  // False: it was there. kNoNode must not be asked for.
  bool Insert(NodeId id) {
    if (Raw(id) >= bound_) return InsertSparse(id);
    uint64_t& word = bits_[Raw(id) >> 6];
    const uint64_t bit = uint64_t{1} << (Raw(id) & 63);
    if ((word & bit) != 0) return false;
    if (word == 0) touched_.push_back(static_cast<uint32_t>(Raw(id) >> 6));
    word |= bit;
    ++size_;
    return true;
  }

  bool Contains(NodeId id) const {
    if (Raw(id) < bound_) return (bits_[Raw(id) >> 6] >> (Raw(id) & 63) & 1) != 0;
    if (used_ == 0) return false;
    const Slot& slot = const_cast<NodeSet*>(this)->Find(Raw(id) >> 6);
    return (slot.bits >> (Raw(id) & 63) & 1) != 0;
  }

  // The place of the first of the ids that is there; ids.size(): none is.
  size_t FindFirst(std::span<const NodeId> ids) const;
  // Appends to *fresh (null: does not) those that were not there, in order; their number.
  size_t InsertAll(std::span<const NodeId> ids, std::vector<NodeId>* fresh);
  // The same, places in `ids` instead; *fresh is cleared first.
  void InsertAll(std::span<const NodeId> ids, std::vector<uint32_t>* fresh);

  size_t size() const { return size_; }
  size_t Bytes() const {
    return touched_.capacity() * sizeof(uint32_t) + slots_.size() * sizeof(Slot);
  }

 private:
  static constexpr size_t kAhead = 8;  // probes in flight: what one core keeps outstanding

  struct Slot {
    uint64_t key = 0;
    uint64_t bits = 0;  // 0: free
  };

  // Calls give(i, fresh) for each of the ids.
  template <typename Give>
  void InsertEach(std::span<const NodeId> ids, const Give& give);
  bool InsertSparse(NodeId id);
  void DropBits();

  // Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of a multiple of 2^64 / golden ratio.
  size_t Home(uint64_t key) const { return (key * 0x9E3779B97F4A7C15U) >> shift_; }

  void Prefetch(std::span<const NodeId> ids, size_t i) const {
    if (i >= ids.size()) return;
    const uint64_t word = Raw(ids[i]) >> 6;
    if (bound_ > 0) {
      __builtin_prefetch(&bits_[word < bits_size_ ? word : 0], 1);
    } else if (!slots_.empty()) {
      __builtin_prefetch(&slots_[Home(word)], 1);
    }
  }

  Slot& Find(uint64_t key) {
    const size_t mask = slots_.size() - 1;
    size_t at = Home(key);
    while (slots_[at].bits != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }

  void Grow();

  uint64_t bound_ = 0;  // ids below it have a bit in bits_
  size_t bits_size_ = 0;
  std::unique_ptr<uint64_t[]> bits_;
  std::vector<uint32_t> touched_;  // words of bits_ that are not zero
  std::vector<Slot> slots_;
  int shift_ = 0;
  size_t used_ = 0;
  size_t size_ = 0;
};

}  // namespace skein::exec
