// ScanNodes, SeekIds and SeekIndex: where patterns start.
#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "query/exec/operators.h"
#include "storage/base/point_area.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

// Emits every id for every row of the input batch.
class ScanNodesOperator : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;

  absl::Status Open() override {
    cursor_.reset();
    ids_.clear();
    row_ = 0;
    batch_.Clear();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (!ids_.empty() && row_ < batch_.rows) {
        const std::vector<uint32_t> picked(ids_.size(), row_++);
        out->Gather(batch_, picked, live());
        std::vector<NodeId> nodes;
        nodes.reserve(ids_.size());
        for (const uint64_t id : ids_) nodes.push_back(NodeId{id});
        out->at(node_.to) = Column::Nodes(std::move(nodes));
        return true;
      }
      if (cursor_ == nullptr) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        SKEIN_RETURN_IF_ERROR(StartScan());
        if (cursor_ == nullptr) continue;
      }
      row_ = 0;
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor_->Next(context_.batch_rows(), &ids_));
      if (!more) {
        ids_.clear();
        cursor_.reset();
      }
    }
  }

  // Leaves the cursor null where nothing can be found.
  virtual absl::Status StartScan() {
    std::optional<LabelId> label;
    if (!node_.label.empty()) {
      label = context_.Label(node_.label);
      if (!label.has_value()) return absl::OkStatus();
    }
    if (const auto& part = context_.scan_part(); part) {
      SKEIN_ASSIGN_OR_RETURN(
          cursor_, context_.reader().ScanNodesWithin(context_.viewer(), label, part->from, part->to,
                                                     context_.budget()));
      return absl::OkStatus();
    }
    SKEIN_ASSIGN_OR_RETURN(
        cursor_, context_.reader().ScanNodes(context_.viewer(), label, context_.budget()));
    return absl::OkStatus();
  }

  std::unique_ptr<IdCursor> cursor_;
  Batch batch_;

 private:
  std::vector<uint64_t> ids_;
  uint32_t row_ = 0;
};

// Base of the seeks: finds ids for each row of the input on its own.
class SeekOperator : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;

  absl::Status Open() override {
    batch_.Clear();
    rows_.clear();
    found_.clear();
    next_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (next_ >= found_.size()) {
      rows_.clear();
      found_.clear();
      next_ = 0;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      SKEIN_RETURN_IF_ERROR(Seek());
    }
    const size_t n = std::min<size_t>(context_.batch_rows(), found_.size() - next_);
    out->Gather(batch_, std::span(rows_).subspan(next_, n), live());
    out->at(node_.to) = Column::Nodes({found_.begin() + static_cast<ptrdiff_t>(next_),
                                       found_.begin() + static_cast<ptrdiff_t>(next_ + n)});
    next_ += n;
    return true;
  }

  // Fills rows_ and found_ for batch_.
  virtual absl::Status Seek() = 0;

  absl::Status TakeAll(IdCursor& cursor, uint32_t row) {
    for (;;) {
      SKEIN_RETURN_IF_ERROR(context_.Check());
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor.Next(context_.batch_rows(), &ids_));
      if (!more) return absl::OkStatus();
      for (const uint64_t id : ids_) {
        rows_.push_back(row);
        found_.push_back(NodeId{id});
      }
    }
  }

  Batch batch_;
  std::vector<uint32_t> rows_;
  std::vector<NodeId> found_;

 private:
  std::vector<uint64_t> ids_;
  size_t next_ = 0;
};

class SeekIdsOperator final : public SeekOperator {
 public:
  using SeekOperator::SeekOperator;
  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(value_, exec::Compile(node_.exprs[0], context_));
    return absl::OkStatus();
  }

 protected:
  absl::Status Seek() override {
    Column column;
    SKEIN_RETURN_IF_ERROR(EvalAll(*value_, batch_, &column));
    std::vector<NodeId> ids;
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < batch_.rows; ++row) {
      const Value v = column.At(row);
      const size_t first = ids.size();
      if (v.kind() == ValueKind::kList) {
        for (const Value& item : v.list()) AddId(item, &ids);
      } else {
        AddId(v, &ids);
      }
      // A list may name one vertex twice.
      std::sort(ids.begin() + static_cast<ptrdiff_t>(first), ids.end());
      ids.erase(std::unique(ids.begin() + static_cast<ptrdiff_t>(first), ids.end()), ids.end());
      rows.resize(ids.size(), row);
    }
    // Asked even of none: whether an id is in use by something hidden is nobody's business.
    std::vector<uint8_t> there;
    SKEIN_RETURN_IF_ERROR(context_.reader().FilterLabels(context_.viewer(), ids, {}, &there));
    for (size_t i = 0; i < ids.size(); ++i) {
      if (there[i] == 0) continue;
      rows_.push_back(rows[i]);
      found_.push_back(ids[i]);
    }
    return absl::OkStatus();
  }

 private:
  // What cannot be an id names nothing.
  void AddId(const Value& v, std::vector<NodeId>* ids) const {
    int64_t number = 0;
    if (v.kind() == ValueKind::kInteger) {
      number = v.integer();
    } else if (v.kind() != ValueKind::kString || !v.string().starts_with('n') ||
               !absl::SimpleAtoi(ToAbsl(v.string()).substr(1), &number)) {
      return;
    }
    const absl::StatusOr<NodeId> id = context_.graph().DecodeNodeId(number);
    if (id.ok()) ids->push_back(*id);
  }

  EvaluatorPtr value_;
};

class SeekIndexOperator final : public SeekOperator {
 public:
  using SeekOperator::SeekOperator;
  absl::Status Compile() {
    for (const bind::ExprRef& e : node_.exprs) {
      // A list of one need not be made for every row.
      Wanted& wanted = wanted_.emplace_back();
      wanted.single = e->kind == bind::ExprKind::kList && e->args.size() == 1;
      SKEIN_ASSIGN_OR_RETURN(wanted.values,
                             exec::Compile(wanted.single ? e->args[0] : e, context_));
    }
    if (node_.seek_low != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(low_, exec::Compile(node_.seek_low, context_));
    }
    if (node_.seek_high != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(high_, exec::Compile(node_.seek_high, context_));
    }
    if (node_.seek_center == nullptr) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(center_, exec::Compile(node_.seek_center, context_));
    SKEIN_ASSIGN_OR_RETURN(extent_, exec::Compile(node_.seek_extent, context_));
    return absl::OkStatus();
  }

 protected:
  absl::Status Seek() override {
    for (Wanted& wanted : wanted_) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*wanted.values, batch_, &wanted.column));
    }
    if (low_ != nullptr) SKEIN_RETURN_IF_ERROR(EvalAll(*low_, batch_, &lows_));
    if (high_ != nullptr) SKEIN_RETURN_IF_ERROR(EvalAll(*high_, batch_, &highs_));
    if (center_ != nullptr) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*center_, batch_, &centers_));
      SKEIN_RETURN_IF_ERROR(EvalAll(*extent_, batch_, &extents_));
    }
    if (node_.labels.empty()) return SeekLabel(node_.label, node_.index_ids[0]);
    for (size_t i = 0; i < node_.labels.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(SeekLabel(node_.labels[i], node_.index_ids[i]));
    }
    MakeUnique();
    return absl::OkStatus();
  }

 private:
  absl::Status SeekLabel(const std::string& label, uint32_t index) {
    const size_t before = found_.size();
    const absl::Status status = SeekRows(index);
    const bool gone = status.code() == absl::StatusCode::kNotFound ||
                      status.code() == absl::StatusCode::kFailedPrecondition;
    if (!gone) return status;
    // Dropped since the plan was made.
    found_.resize(before);
    rows_.resize(before);
    return ScanInstead(label);
  }

  // A node that has several of the labels was found by each.
  void MakeUnique() {
    if (found_.size() < 2) return;
    std::vector<std::pair<uint32_t, NodeId>> pairs;
    pairs.reserve(found_.size());
    for (size_t i = 0; i < found_.size(); ++i) pairs.emplace_back(rows_[i], found_[i]);
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    rows_.clear();
    found_.clear();
    for (const auto& [row, node] : pairs) {
      rows_.push_back(row);
      found_.push_back(node);
    }
  }

  // Of a range the filter above decides.
  absl::Status ScanInstead(const std::string& name) {
    const auto label = context_.Label(name);
    if (!label.has_value()) return absl::OkStatus();
    for (uint32_t row = 0; row < batch_.rows; ++row) {
      const size_t first = found_.size();
      SKEIN_ASSIGN_OR_RETURN(
          auto cursor, context_.reader().ScanNodes(context_.viewer(), *label, context_.budget()));
      SKEIN_RETURN_IF_ERROR(TakeAll(*cursor, row));
      for (size_t k = 0; k < wanted_.size(); ++k) {
        const Value wanted = wanted_[k].column.At(row);
        SKEIN_RETURN_IF_ERROR(KeepEqual(first, k, ValuesOf(wanted_[k], wanted)));
      }
    }
    return absl::OkStatus();
  }

  // Of those found from `first` on, the ones whose k-th property equals one of the values.
  absl::Status KeepEqual(size_t first, size_t k, std::span<const Value> values) {
    std::vector<Value> properties;
    const auto key = context_.Key(node_.index_keys[k]);
    if (!key.has_value()) return Internal("an index without its property");
    SKEIN_RETURN_IF_ERROR(context_.reader().GetNodeProperty(
        context_.viewer(), std::span(found_).subspan(first), *key, &properties));
    size_t kept = first;
    for (size_t i = 0; i < properties.size(); ++i) {
      const bool equal = std::any_of(values.begin(), values.end(), [&](const Value& v) {
        return Equal(properties[i], v).value_or(false);
      });
      if (equal) found_[kept++] = found_[first + i];
    }
    found_.resize(kept);
    rows_.resize(kept);
    return absl::OkStatus();
  }

  // Of these an index finds exactly what the language calls equal.
  static bool IsExact(ValueKind kind) {
    return kind == ValueKind::kInteger || kind == ValueKind::kString || kind == ValueKind::kBoolean;
  }

  absl::Status SeekRows(uint32_t index) {
    for (uint32_t row = 0; row < batch_.rows; ++row) {
      IndexRange range;
      range.low_inclusive = node_.low_inclusive;
      range.high_inclusive = node_.high_inclusive;
      if (low_ != nullptr) range.low = lows_.At(row);
      if (high_ != nullptr) range.high = highs_.At(row);
      // A comparison with null is never true.
      if ((range.low.has_value() && range.low->is_null()) ||
          (range.high.has_value() && range.high->is_null())) {
        continue;
      }
      if (center_ != nullptr) {
        SKEIN_RETURN_IF_ERROR(SeekArea(index, row, std::move(range)));
        continue;
      }
      const size_t first = found_.size();
      bool repeats = false;
      SKEIN_RETURN_IF_ERROR(SeekValues(index, row, &range, &repeats));
      if (!repeats) continue;
      // Equal values in a list find a vertex once.
      std::sort(found_.begin() + static_cast<ptrdiff_t>(first), found_.end());
      found_.erase(std::unique(found_.begin() + static_cast<ptrdiff_t>(first), found_.end()),
                   found_.end());
      rows_.resize(found_.size());
    }
    return absl::OkStatus();
  }

  // A list of values that a key may have, for each row.
  struct Wanted {
    EvaluatorPtr values;
    bool single = false;  // `values` gives a value, not a list
    Column column;
  };
  // The values that a row asks for; what is no list asks for none.
  static std::span<const Value> ValuesOf(const Wanted& of, const Value& wanted) {
    if (of.single) return {&wanted, 1};
    if (wanted.kind() != ValueKind::kList) return {};
    return wanted.list();
  }

  // The filter above decides what of it is near enough.
  absl::Status SeekArea(uint32_t index, uint32_t row, IndexRange moments) {
    const Value center = centers_.At(row), extent = extents_.At(row);
    PointArea area;
    if (center.kind() != ValueKind::kPoint) return absl::OkStatus();
    area.center = center.point();
    if (node_.seek_box) {
      if (extent.kind() != ValueKind::kPoint) return absl::OkStatus();
      area.is_box = true;
      area.corner = extent.point();
    } else {
      if (!extent.is_number()) return absl::OkStatus();
      area.radius = extent.number();
    }
    area.low = std::move(moments.low);
    area.high = std::move(moments.high);
    area.low_inclusive = moments.low_inclusive;
    area.high_inclusive = moments.high_inclusive;
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().SeekIndexArea(context_.viewer(), index,
                                                                        area, context_.budget()));
    return TakeAll(*cursor, row);
  }

  // Every combination of the lists' values from the range->equal.size()-th list on.
  absl::Status SeekValues(uint32_t index, uint32_t row, IndexRange* range, bool* repeats) {
    const size_t k = range->equal.size();
    if (k == wanted_.size()) return SeekOne(index, row, *range);
    const Value wanted = wanted_[k].column.At(row);
    const std::span<const Value> values = ValuesOf(wanted_[k], wanted);
    *repeats = *repeats || values.size() > 1;
    for (const Value& v : values) {
      if (v.is_null()) continue;
      range->equal.push_back(v);
      SKEIN_RETURN_IF_ERROR(SeekValues(index, row, range, repeats));
      range->equal.pop_back();
    }
    return absl::OkStatus();
  }

  absl::Status SeekOne(uint32_t index, uint32_t row, const IndexRange& range) {
    const size_t before = found_.size();
    const Reader& reader = context_.reader();
    SKEIN_ASSIGN_OR_RETURN(
        auto cursor,
        range.low.has_value() || range.high.has_value()
            ? reader.SeekIndexRange(context_.viewer(), index, range, context_.budget())
            : reader.SeekIndex(context_.viewer(), index, range.equal, context_.budget()));
    SKEIN_RETURN_IF_ERROR(TakeAll(*cursor, row));
    for (size_t k = 0; k < range.equal.size() && found_.size() > before; ++k) {
      const Value& v = range.equal[k];
      if (!IsExact(v.kind())) SKEIN_RETURN_IF_ERROR(KeepEqual(before, k, {&v, 1}));
    }
    return absl::OkStatus();
  }

  std::vector<Wanted> wanted_;    // of each key that is to equal something
  EvaluatorPtr low_, high_;       // of the key after those
  EvaluatorPtr center_, extent_;  // of a point index
  Column lows_, highs_, centers_, extents_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeScanNodes(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<ScanNodesOperator>(node, c, std::move(input)));
}

absl::StatusOr<OperatorPtr> MakeSeekIds(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<SeekIdsOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

absl::StatusOr<OperatorPtr> MakeSeekIndex(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<SeekIndexOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
