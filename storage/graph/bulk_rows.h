// What a bulk load has gathered: rows, their ends, and the order in which they are written.
// Internal to storage/graph.
//
// Shape     Rows keep the place of their arrival for ever (`uint32_t row`); their number within the
//           load, from which their ids follow, ascends with valid from within each batch. A half is
//           one end of a row: row << 1 | incoming.
// Threads   Add by one thread; once sealed everything but Row::dropped is constant.
// Cost      64 bytes a row and its properties; 8 bytes a half.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/graph/core.h"
#include "storage/graph/records.h"
#include "storage/keys/arena.h"

namespace skein {

struct BulkRow {
  NodeId from{}, to{};
  ValidTime valid;
  const char* properties = nullptr;
  uint32_t properties_bytes = 0;
  LinkTypeId type{};
  PolicyId policy{};
  uint32_t source_row = 0;
  bool dropped = false;  // is there already

  std::string_view packed() const { return {properties, properties_bytes}; }
};

class BulkRows {
 public:
  // Rows of one load; their halves are numbered in 32 bits.
  static constexpr size_t kRowsMax = size_t{1} << 31;

  BulkRow& Add(std::string_view properties);
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(BulkRow) + arena_.bytes(); }
  BulkRow& operator[](size_t row) { return blocks_[row / kBlock][row % kBlock]; }
  const BulkRow& operator[](size_t row) const { return blocks_[row / kBlock][row % kBlock]; }
  void Prefetch(size_t row) const { __builtin_prefetch(&(*this)[row]); }

 private:
  static constexpr size_t kBlock = 1 << 15;

  size_t size_ = 0;
  std::vector<std::unique_ptr<BulkRow[]>> blocks_;
  Arena arena_;
};

// The nodes at the ends of rows, numbered in ascending order.
class BulkEnds {
 public:
  explicit BulkEnds(const BulkRows& rows);
  size_t size() const { return size_; }
  // Of a node that is an end.
  uint32_t Place(NodeId id) const {
    const uint64_t at = Raw(id) - base_;
    return ranks_[at / 64] +
           static_cast<uint32_t>(__builtin_popcountll(bits_[at / 64] & ~(~uint64_t{0} << at % 64)));
  }
  // Calls visit(id) for each in ascending order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (size_t w = 0; w < bits_.size(); ++w) {
      for (uint64_t left = bits_[w]; left != 0; left &= left - 1) {
        visit(NodeId{base_ + w * 64 + static_cast<uint64_t>(__builtin_ctzll(left))});
      }
    }
  }
  NodeId first() const { return first_; }
  NodeId last() const { return last_; }

  std::vector<PolicyId> policies;  // by place; empty: all are open
  PolicyId PolicyOf(NodeId id) const { return policies.empty() ? PolicyId{} : policies[Place(id)]; }

 private:
  uint64_t base_ = 0;
  size_t size_ = 0;
  NodeId first_{}, last_{};
  std::vector<uint64_t> bits_;
  std::vector<uint32_t> ranks_;  // ends before each word
};

// Splits [0, n) into one part for each core and calls part(begin, end) on a thread each.
void InParallel(size_t n, const std::function<void(size_t begin, size_t end)>& part);

// The halves of rows by adjacency page, and within a page by node, direction, type, valid from and
// number.
class BulkHalves {
 public:
  // `numbers`: of the rows; empty: as they came. Rows dropped already are left out.
  BulkHalves(const BulkRows& rows, const BulkEnds& ends, const std::vector<uint32_t>& numbers);

  size_t pages() const { return begin_.size() - 1; }
  uint64_t page(size_t i) const { return first_page_ + i; }
  const uint32_t* begin(size_t page) const { return halves_.data() + begin_[page]; }
  const uint32_t* end(size_t page) const { return halves_.data() + begin_[page + 1]; }

 private:
  void SortPage(const BulkRows& rows, const std::vector<uint32_t>& numbers, size_t page);

  uint64_t first_page_ = 0;
  std::vector<uint64_t> begin_;  // by page
  std::vector<uint32_t> halves_;
};

// The order of rows [begin, end) by valid from, appended as rows; false, and nothing appended,
// where they come in it.
bool OrderByTime(const BulkRows& rows, size_t begin, size_t end, std::vector<uint32_t>* order);

// The identities of rows: equal ones told apart, known ones found, all written.
//
// Shape     An identity is the first eight bytes of sixteen. Rows of one batch with equal identity
//           are the first, the second, ... of that content (RepeatIdentity); those of other batches
//           count anew, so the same row in two files is one. A load may be committed in parts: what
//           a batch had in earlier parts is kept in a temporary file.
// Errors    RESOURCE_EXHAUSTED  the temporary file cannot be written; those of the store.
// Threads   One.
// Cost      16 bytes a row; a sort, and one pass over what is stored where there is any.
class BulkIdentities {
 public:
  // `known`: the first of this identity is there already.
  void Add(uint64_t identity, uint32_t row, bool known) {
    entries_.push_back({identity, row, known});
  }
  size_t bytes() const {
    return entries_.capacity() * sizeof(Entry) + last_.capacity() * sizeof(uint64_t);
  }

  // Marks the rows that are there already as dropped. `batches`: where each begins, ascending.
  absl::Status Settle(const GraphCore& core, const View& view, std::span<const size_t> batches,
                      BulkRows* rows);
  // Those of the rows that are left, by bucket; after Settle.
  SortedRun Run(const Layout& layout, uint64_t chunk) const;
  // After a commit of so many batches: forgets all but what the last one, which may go on, had.
  void Carry(size_t batches);
  void ForgetCarried() {
    carried_.clear();
    last_ = {};
  }

 private:
  struct Entry {
    uint64_t identity;  // after Settle: that of the row among its equals
    uint32_t row;
    bool known = false;  // is there already
    bool operator<(const Entry& o) const {
      return identity != o.identity ? identity < o.identity : row < o.row;
    }
  };
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  static void Know(Entry* entry, BulkRows* rows) {
    entry->known = (*rows)[entry->row].dropped = true;
  }
  void Sort();
  absl::Status Spill();
  absl::Status CountCarried(absl::flat_hash_map<uint64_t, uint32_t>* counts);
  absl::Status TellApart(std::span<const size_t> batches, BulkRows* rows,
                         std::vector<size_t>* repeats);
  absl::Status DropLoaded(const GraphCore& core, const View& view, BulkRows* rows);
  absl::Status DropImported(const GraphCore& core, const View& view,
                            std::span<const size_t> repeats, BulkRows* rows);

  std::vector<Entry> entries_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<std::pair<long, size_t>> carried_;  // runs in the file: where, how many
  std::vector<uint64_t> first_;                   // of the last batch, as they were added
  std::vector<uint64_t> last_;                    // the same of the part before; not yet a run
};

}  // namespace skein
