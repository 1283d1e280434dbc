#include "query/exec/batch.h"

#include <numeric>

#include "storage/base/status.h"

namespace skein::exec {

namespace {

template <typename T>
void GatherVector(const std::vector<T>& source, std::span<const uint32_t> rows,
                  std::vector<T>* out) {
  // At least doubled: an exact reserve copies all that is held with every batch that is appended.
  const size_t size = out->size() + rows.size();
  if (size > out->capacity()) out->reserve(std::max(size, 2 * out->size()));
  for (const uint32_t row : rows) out->push_back(source[row]);
}

}  // namespace

Column Column::Nodes(std::vector<NodeId> ids) {
  Column c;
  c.kind_ = Kind::kNode;
  c.nodes_ = std::move(ids);
  return c;
}

Column Column::Links(std::vector<LinkId> ids) {
  Column c;
  c.kind_ = Kind::kLink;
  c.links_ = std::move(ids);
  return c;
}

Column Column::Integers(std::vector<int64_t> v) {
  Column c;
  c.kind_ = Kind::kInteger;
  c.integers_ = std::move(v);
  return c;
}

Column Column::Values(std::vector<Value> v) {
  Column c;
  c.kind_ = Kind::kValue;
  c.values_ = std::move(v);
  return c;
}

Column Column::Constant(Value v, size_t rows) {
  Column c;
  c.kind_ = Kind::kConstant;
  c.constant_ = std::move(v);
  c.constant_rows_ = rows;
  return c;
}

size_t Column::size() const {
  switch (kind_) {
    case Kind::kAbsent:
      return 0;
    case Kind::kNode:
      return nodes_.size();
    case Kind::kLink:
      return links_.size();
    case Kind::kInteger:
      return integers_.size();
    case Kind::kValue:
      return values_.size();
    case Kind::kConstant:
      return constant_rows_;
  }
  return 0;
}

Value Column::At(size_t row) const {
  switch (kind_) {
    case Kind::kAbsent:
      return {};
    case Kind::kNode:
      return nodes_[row] == kNoNode ? Value() : Value::Node(nodes_[row]);
    case Kind::kLink:
      return links_[row] == kNoLink ? Value() : Value::Link(links_[row]);
    case Kind::kInteger:
      return Value::Integer(integers_[row]);
    case Kind::kValue:
      return values_[row];
    case Kind::kConstant:
      return constant_;
  }
  return {};
}

bool Column::IsNull(size_t row) const {
  switch (kind_) {
    case Kind::kAbsent:
      return true;
    case Kind::kNode:
      return nodes_[row] == kNoNode;
    case Kind::kLink:
      return links_[row] == kNoLink;
    case Kind::kInteger:
      return false;
    case Kind::kValue:
      return values_[row].is_null();
    case Kind::kConstant:
      return constant_.is_null();
  }
  return true;
}

void Column::Reset(Kind kind) {
  kind_ = kind;
  nodes_.clear();
  links_.clear();
  integers_.clear();
  values_.clear();
  constant_ = Value();
  constant_rows_ = 0;
}

void Column::ToValues() {
  if (kind_ == Kind::kValue || kind_ == Kind::kAbsent) {
    kind_ = Kind::kValue;
    return;
  }
  const size_t n = size();
  std::vector<Value> values;
  values.reserve(n);
  for (size_t i = 0; i < n; ++i) values.push_back(At(i));
  Reset(Kind::kValue);
  values_ = std::move(values);
}

void Column::AppendFrom(const Column& other, size_t row) {
  if (size() == 0 && kind_ != other.kind_) {
    Reset(other.kind_ == Kind::kConstant || other.kind_ == Kind::kAbsent ? Kind::kValue
                                                                         : other.kind_);
  }
  if (kind_ == other.kind_ && kind_ != Kind::kConstant) {
    switch (kind_) {
      case Kind::kNode:
        nodes_.push_back(other.nodes_[row]);
        return;
      case Kind::kLink:
        links_.push_back(other.links_[row]);
        return;
      case Kind::kInteger:
        integers_.push_back(other.integers_[row]);
        return;
      default:
        values_.push_back(other.values_[row]);
        return;
    }
  }
  Append(other.At(row));
}

void Column::Append(Value v) {
  if (kind_ == Kind::kNode && (v.is_null() || v.kind() == ValueKind::kNode)) {
    nodes_.push_back(v.is_null() ? kNoNode : v.node());
    return;
  }
  if (kind_ == Kind::kLink && (v.is_null() || v.kind() == ValueKind::kLink)) {
    links_.push_back(v.is_null() ? kNoLink : v.link());
    return;
  }
  if (kind_ == Kind::kInteger && v.kind() == ValueKind::kInteger) {
    integers_.push_back(v.integer());
    return;
  }
  ToValues();
  values_.push_back(std::move(v));
}

void Column::AppendNull() { Append(Value()); }

void Column::Gather(const Column& source, std::span<const uint32_t> rows) {
  Reset(source.kind_);
  switch (kind_) {
    case Kind::kAbsent:
      return;
    case Kind::kNode:
      return GatherVector(source.nodes_, rows, &nodes_);
    case Kind::kLink:
      return GatherVector(source.links_, rows, &links_);
    case Kind::kInteger:
      return GatherVector(source.integers_, rows, &integers_);
    case Kind::kValue:
      return GatherVector(source.values_, rows, &values_);
    case Kind::kConstant:
      constant_ = source.constant_;
      constant_rows_ = rows.size();
      return;
  }
}

void Column::AppendGather(const Column& source, std::span<const uint32_t> rows) {
  if (rows.empty()) return;
  if (size() == 0) {
    Gather(source, rows);
    if (kind_ == Kind::kAbsent) {
      kind_ = Kind::kValue;
      values_.resize(rows.size());
    } else if (kind_ == Kind::kConstant) {
      ToValues();
    }
    return;
  }
  if (kind_ == source.kind_) {
    switch (kind_) {
      case Kind::kNode:
        return GatherVector(source.nodes_, rows, &nodes_);
      case Kind::kLink:
        return GatherVector(source.links_, rows, &links_);
      case Kind::kInteger:
        return GatherVector(source.integers_, rows, &integers_);
      case Kind::kValue:
        return GatherVector(source.values_, rows, &values_);
      default:
        break;
    }
  }
  if (kind_ == Kind::kConstant) ToValues();
  for (const uint32_t row : rows) Append(source.At(row));
}

bool Column::Same(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.kind_ == b.kind_) {
    switch (a.kind_) {
      case Kind::kNode:
        return a.nodes_[i] == b.nodes_[j];
      case Kind::kLink:
        return a.links_[i] == b.links_[j];
      case Kind::kInteger:
        return a.integers_[i] == b.integers_[j];
      case Kind::kValue:
        return SameValue(a.values_[i], b.values_[j]);
      default:
        break;
    }
  }
  return SameValue(a.At(i), b.At(j));
}

uint64_t Column::Hash(size_t row) const {
  // Equal entries may lie in columns of different kinds, so every kind hashes as its Value does.
  switch (kind_) {
    case Kind::kValue:
      return HashValue(values_[row]);
    case Kind::kConstant:
      return HashValue(constant_);
    default:
      return HashValue(At(row));
  }
}

// By what is held and not by capacity, which tells how the rows came: one by one where hidden ones
// lie among them.
size_t Column::Bytes() const {
  size_t bytes = nodes_.size() * sizeof(NodeId) + links_.size() * sizeof(LinkId) +
                 integers_.size() * sizeof(int64_t) + values_.size() * sizeof(Value);
  for (const Value& v : values_) bytes += v.HeapBytes();
  return bytes + constant_.HeapBytes();
}

absl::StatusOr<std::vector<NodeId>> AsNodes(const Column& column) {
  if (column.kind() == Column::Kind::kNode) return column.nodes();
  std::vector<NodeId> out;
  const size_t n = column.size();
  out.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    const Value v = column.At(i);
    if (v.is_null()) {
      out.push_back(kNoNode);
    } else if (v.kind() == ValueKind::kNode) {
      out.push_back(v.node());
    } else {
      return InvalidArgument("expected a node, found ", KindName(v.kind()), " ", ToLiteral(v));
    }
  }
  return out;
}

absl::StatusOr<std::vector<LinkId>> AsLinks(const Column& column) {
  if (column.kind() == Column::Kind::kLink) return column.links();
  std::vector<LinkId> out;
  const size_t n = column.size();
  out.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    const Value v = column.At(i);
    if (v.is_null()) {
      out.push_back(kNoLink);
    } else if (v.kind() == ValueKind::kLink) {
      out.push_back(v.link());
    } else {
      return InvalidArgument("expected a relationship, found ", KindName(v.kind()), " ",
                             ToLiteral(v));
    }
  }
  return out;
}

void Batch::Gather(const Batch& source, std::span<const uint32_t> picked,
                   std::span<const Slot> carry) {
  columns.clear();
  columns.resize(source.columns.size());
  rows = picked.size();
  for (const Slot slot : carry) {
    if (source.has(slot)) columns[slot].Gather(source.columns[slot], picked);
  }
}

void Batch::Append(const Batch& source, std::span<const uint32_t> picked,
                   std::span<const Slot> carry) {
  if (picked.empty()) return;
  if (columns.size() < source.columns.size()) columns.resize(source.columns.size());
  for (const Slot slot : carry) {
    Column& column = at(slot);
    if (column.size() < rows) {
      // The slot was absent in the rows before.
      const std::vector<Value> nulls(rows - column.size());
      column = Column::Values(nulls);
    }
    column.AppendGather(source.at(slot), picked);
    while (column.size() < rows + picked.size()) column.AppendNull();
  }
  rows += picked.size();
  // A slot that the rows before had and these have not.
  for (Column& column : columns) {
    while (column.present() && column.size() < rows) column.AppendNull();
  }
}

size_t Batch::Bytes() const {
  size_t bytes = columns.capacity() * sizeof(Column);
  for (const Column& column : columns) bytes += column.Bytes();
  return bytes;
}

std::vector<uint32_t> AllRows(size_t n) {
  std::vector<uint32_t> out(n);
  std::iota(out.begin(), out.end(), 0U);
  return out;
}

}  // namespace skein::exec
