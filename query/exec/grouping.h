// Grouping: rows grouped by equal keys, with the state of each aggregate of each group. What one
// Aggregate holds, or what one thread has made of a part of its input.
//
// Order     Groups in order of first appearance. Merge() takes what was made of later rows and
//           leaves what all rows in that order would have made: sums of floats are exact, the first
//           of a set stays the first.
// Part      One that is to be merged holds only the sets of DISTINCT; who merges it updates the
//           states, in order.
// Memory    Bytes() is the owner's to charge; what aggregates charge of the budget by themselves
//           goes up in *held, for the owner to hold: what operators below give back at their next
//           batch must not be among it.
// Threads   One at a time. Take() uses the context that it was compiled with.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "query/exec/evaluator.h"
#include "query/exec/group_table.h"
#include "query/plan/node.h"

namespace skein::exec {

class AggregateColumn;

class Grouping {
 public:
  enum class Use : uint8_t { kWhole, kPart };
  Grouping(const plan::Node& node, Context& context, Use use);
  ~Grouping();
  absl::Status Compile();

  void Clear();
  absl::Status Take(const Batch& batch, int64_t* held);
  // `later` is of the same node, and spent afterwards.
  absl::Status Merge(Grouping& later, int64_t* held);
  // A group for every outer row of `rows` outer rows.
  void AddPartitions(size_t rows);

  // Without keys and partitions all rows are one group, rows or none.
  size_t size() const { return slots_.empty() ? 1 : groups_.size(); }
  size_t Bytes() const;
  // Groups, and members of the sets of DISTINCT: what Merge() takes in one by one.
  size_t Entries() const;
  // Keys and aggregates of all groups, a row each.
  absl::Status Result(Batch* out);

 private:
  void Number(const Batch& batch, std::vector<uint32_t>* numbers);

  const plan::Node& node_;
  Context& context_;
  const Use use_;
  std::vector<Slot> slots_;
  GroupTable groups_;
  std::vector<std::unique_ptr<AggregateColumn>> columns_;
};

// Rows that go up batch by batch.
class HeldRows {
 public:
  void Set(Batch rows) {
    rows_ = std::move(rows);
    next_ = 0;
  }
  // False: all have gone.
  bool Next(uint32_t batch_rows, Batch* out);

 private:
  Batch rows_;
  size_t next_ = 0;
};

}  // namespace skein::exec
