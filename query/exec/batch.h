// Batch: the columns that flow between operators; the unit of every check, call and copy.
//
// Shape     A batch has one column per slot of the plan; a slot that is not live in this part of
//           the plan is absent. All present columns have `rows` entries.
// Kinds     Node and link ids lie bare in vectors, so that a whole column goes to the storage layer
//           in one call; counts and ordinals are bare integers; a constant is stored once; all else
//           is a vector of Values.
// Null      kNoNode and kNoLink are the null of id columns; integer columns have no null.
// Threads   None: one thread owns a batch.
// Cost      No allocation per row; Gather is one pass per column.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/bind/expr.h"
#include "storage/base/ids.h"
#include "storage/base/value.h"

namespace skein::exec {

using bind::kNoSlot;
using bind::Slot;

class Column {
 public:
  enum class Kind : uint8_t { kAbsent, kNode, kLink, kInteger, kValue, kConstant };

  Column() = default;
  static Column Nodes(std::vector<NodeId> ids);
  static Column Links(std::vector<LinkId> ids);
  static Column Integers(std::vector<int64_t> v);
  static Column Values(std::vector<Value> v);
  static Column Constant(Value v, size_t rows);

  Kind kind() const { return kind_; }
  bool present() const { return kind_ != Kind::kAbsent; }
  size_t size() const;

  // The entry as a Value, whatever the kind. Cost: one copy.
  Value At(size_t row) const;
  bool IsNull(size_t row) const;

  // Direct access; the kind must match (checked).
  const std::vector<NodeId>& nodes() const { return nodes_; }
  const std::vector<LinkId>& links() const { return links_; }
  const std::vector<int64_t>& integers() const { return integers_; }
  const std::vector<Value>& values() const { return values_; }
  const Value& constant() const { return constant_; }
  std::vector<NodeId>* mutable_nodes() { return &nodes_; }
  std::vector<LinkId>* mutable_links() { return &links_; }
  std::vector<int64_t>* mutable_integers() { return &integers_; }
  std::vector<Value>* mutable_values() { return &values_; }

  // Makes the column empty and of `kind`, keeping memory where it can.
  void Reset(Kind kind);
  // Appends entry `row` of `other`. The first append to an absent or empty column takes over the
  // other's kind; a later one of another kind turns the column into Values.
  void AppendFrom(const Column& other, size_t row);
  void Append(Value v);
  void AppendNull();
  // Replaces this column by the entries `rows` of `source`, in that order.
  void Gather(const Column& source, std::span<const uint32_t> rows);
  // Appends the entries `rows` of `source`.
  void AppendGather(const Column& source, std::span<const uint32_t> rows);
  // Turns any present kind into kValue.
  void ToValues();

  // Equivalence of grouping and DISTINCT between entries, and its hash.
  static bool Same(const Column& a, size_t i, const Column& b, size_t j);
  uint64_t Hash(size_t row) const;

  // Bytes that this column answers for.
  size_t Bytes() const;

 private:
  Kind kind_ = Kind::kAbsent;
  size_t constant_rows_ = 0;
  std::vector<NodeId> nodes_;
  std::vector<LinkId> links_;
  std::vector<int64_t> integers_;
  std::vector<Value> values_;
  Value constant_;
};

// The column as node (link) ids, one per row: ids where the values are nodes, kNoNode where null.
// INVALID_ARGUMENT: a value of another kind.
absl::StatusOr<std::vector<NodeId>> AsNodes(const Column& column);
absl::StatusOr<std::vector<LinkId>> AsLinks(const Column& column);

struct Batch {
  std::vector<Column> columns;  // by slot
  size_t rows = 0;

  Column& at(Slot slot) {
    if (slot >= columns.size()) columns.resize(slot + 1);
    return columns[slot];
  }
  const Column& at(Slot slot) const {
    static const Column kAbsent{};
    return slot < columns.size() ? columns[slot] : kAbsent;
  }
  bool has(Slot slot) const { return slot < columns.size() && columns[slot].present(); }
  void Clear() {
    columns.clear();
    rows = 0;
  }
  // This batch becomes the rows `picked` of `source`, of the slots `carry` (absent ones are left).
  void Gather(const Batch& source, std::span<const uint32_t> picked, std::span<const Slot> carry);
  // Appends the rows `picked` of `source`; slots missing on one side are filled with null.
  void Append(const Batch& source, std::span<const uint32_t> picked, std::span<const Slot> carry);
  size_t Bytes() const;
};

// 0, 1, … n−1.
std::vector<uint32_t> AllRows(size_t n);

}  // namespace skein::exec
