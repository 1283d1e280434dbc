#include "query/exec/node_set.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace skein::exec {

namespace {

// Bits that nobody uses now, all of them zero.
struct Kept {
  std::unique_ptr<uint64_t[]> bits;
  size_t size = 0;
};
thread_local std::vector<Kept> kept_bits;

}  // namespace

NodeSet& NodeSet::operator=(NodeSet&& other) noexcept {
  std::swap(bound_, other.bound_);
  std::swap(bits_size_, other.bits_size_);
  bits_.swap(other.bits_);
  touched_.swap(other.touched_);
  slots_.swap(other.slots_);
  std::swap(shift_, other.shift_);
  std::swap(used_, other.used_);
  std::swap(size_, other.size_);
  return *this;
}

void NodeSet::Clear(uint64_t bound) {
  for (const uint32_t word : touched_) bits_[word] = 0;
  touched_.clear();
  slots_.clear();
  used_ = size_ = 0;
  bound_ = bound <= kDenseMax ? bound : 0;
  const size_t words = (bound_ + 63) / 64;
  if (words <= bits_size_) return;
  DropBits();
  const auto found = std::find_if(kept_bits.begin(), kept_bits.end(),
                                  [words](const Kept& kept) { return kept.size >= words; });
  if (found != kept_bits.end()) {
    bits_ = std::move(found->bits);
    bits_size_ = found->size;
    kept_bits.erase(found);
  } else {
    // A few more: stores grow.
    bits_size_ = words + words / 4;
    bits_ = std::make_unique<uint64_t[]>(bits_size_);
  }
}

void NodeSet::DropBits() {
  if (bits_ == nullptr) return;
  for (const uint32_t word : touched_) bits_[word] = 0;
  touched_.clear();
  if (kept_bits.size() >= kKeptMax) {
    // The smallest is the least likely to be of use.
    const auto least = std::min_element(kept_bits.begin(), kept_bits.end(),
                                        [](auto& a, auto& b) { return a.size < b.size; });
    if (least->size >= bits_size_) {
      bits_.reset();
    } else {
      *least = {std::move(bits_), bits_size_};
    }
  } else {
    kept_bits.push_back({std::move(bits_), bits_size_});
  }
  bits_size_ = 0;
}

size_t NodeSet::FindFirst(std::span<const NodeId> ids) const {
  constexpr size_t kTogether = 8;
  size_t i = 0;
  if (bound_ > 0) {
    // Most often none is there: one branch for several.
    for (; i + kTogether <= ids.size(); i += kTogether) {
      uint64_t any = 0;
      for (size_t k = i; k < i + kTogether; ++k) {
        const uint64_t id = Raw(ids[k]);
        any |= id < bound_ ? bits_[id >> 6] >> (id & 63) : 1;  // past it: looked at below
      }
      if ((any & 1) != 0) break;
    }
  }
  for (; i < ids.size(); ++i) {
    Prefetch(ids, i + kAhead);
    if (Contains(ids[i])) return i;
  }
  return ids.size();
}

template <typename Give>
void NodeSet::InsertEach(std::span<const NodeId> ids, const Give& give) {
  if (bound_ == 0) {
    for (size_t i = 0; i < ids.size(); ++i) {
      Prefetch(ids, i + kAhead);
      give(i, InsertSparse(ids[i]));
    }
    return;
  }
  size_t words = touched_.size();
  touched_.resize(words + ids.size());
  uint32_t* const touched = touched_.data();
  uint64_t* const bits = bits_.get();
  size_t added = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    Prefetch(ids, i + kAhead);
    const uint64_t id = Raw(ids[i]);
    if (id >= bound_) {
      give(i, InsertSparse(ids[i]));
      continue;
    }
    const uint64_t word = bits[id >> 6];
    const uint64_t bit = uint64_t{1} << (id & 63);
    touched[words] = static_cast<uint32_t>(id >> 6);
    words += word == 0 ? 1 : 0;
    bits[id >> 6] = word | bit;
    const bool fresh = (word & bit) == 0;
    added += fresh ? 1 : 0;
    give(i, fresh);
  }
  touched_.resize(words);
  size_ += added;
}

size_t NodeSet::InsertAll(std::span<const NodeId> ids, std::vector<NodeId>* fresh) {
  const size_t before = size_;
  if (fresh == nullptr) {
    InsertEach(ids, [](size_t, bool) {});
    return size_ - before;
  }
  size_t n = fresh->size();
  fresh->resize(n + ids.size());
  NodeId* const out = fresh->data();
  InsertEach(ids, [&](size_t i, bool is_fresh) {
    out[n] = ids[i];
    n += is_fresh ? 1 : 0;
  });
  fresh->resize(n);
  return size_ - before;
}

void NodeSet::InsertAll(std::span<const NodeId> ids, std::vector<uint32_t>* fresh) {
  fresh->resize(ids.size());
  uint32_t* const out = fresh->data();
  size_t n = 0;
  InsertEach(ids, [&](size_t i, bool is_fresh) {
    out[n] = static_cast<uint32_t>(i);
    n += is_fresh ? 1 : 0;
  });
  fresh->resize(n);
}

bool NodeSet::InsertSparse(NodeId id) {
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

void NodeSet::Grow() {
  constexpr size_t kFirst = 64;
  std::vector<Slot> old(std::max(kFirst, slots_.size() * 4));
  old.swap(slots_);
  shift_ = 64 - std::countr_zero(slots_.size());
  for (const Slot& slot : old) {
    if (slot.bits != 0) Find(slot.key) = slot;
  }
}

}  // namespace skein::exec
