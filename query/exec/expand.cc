// Expand: one hop from every row, and Degree, its count; the whole input batch is one frontier.
#include <utility>

#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "query/exec/time_windows.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class ExpandOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() { return windows_.Compile(node_, context_); }

  absl::Status Open() override {
    cursor_.reset();
    batch_.Clear();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (cursor_ == nullptr) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        settled_ = node_.first_of == kNoSlot ? nullptr : context_.settled(node_.first_of);
        SKEIN_RETURN_IF_ERROR(Start(0));
        if (cursor_ == nullptr) continue;
      } else if (settled_ != nullptr && WastesTime()) {
        // The rest of the vertex's links are of a row that has had its match.
        SKEIN_RETURN_IF_ERROR(Start(last_row_ + 1));
        if (cursor_ == nullptr) continue;
      }
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor_->Next(&found_));
      if (!more) {
        cursor_.reset();
        continue;
      }
      one_source_ = found_.source.front() == found_.source.back();
      last_row_ = rows_[found_.source.back()];
      if (Emit(out)) return true;
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
  }

 private:
  bool IsSettled(uint32_t row) const {
    const Column& partition = batch_.at(node_.first_of);
    return (*settled_)[static_cast<size_t>(partition.At(row).integer())] != 0;
  }
  // A whole batch was links of one vertex, and nobody asks about it any more.
  bool WastesTime() const { return one_source_ && IsSettled(last_row_); }

  // Over the rows of the batch from `first` on.
  absl::Status Start(uint32_t first) {
    cursor_.reset();
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch_.at(node_.from)));
    frontier_.clear();
    rows_.clear();
    for (uint32_t row = first; row < from.size(); ++row) {
      if (from[row] == kNoNode || (settled_ != nullptr && IsSettled(row))) continue;
      frontier_.push_back(from[row]);
      rows_.push_back(row);
    }
    if (frontier_.empty()) return absl::OkStatus();
    bool none = false;
    SKEIN_ASSIGN_OR_RETURN(ExpandOptions options, WindowedOptionsOf(node_, context_, &none));
    if (none) return absl::OkStatus();
    distinct_.Reset(batch_, node_.distinct_links);
    options.links = IsLive(node_.link) || !distinct_.empty();
    options.valid = WantsTime();
    SKEIN_RETURN_IF_ERROR(windows_.Reset(batch_));
    windows_.Apply(rows_, &options);
    SKEIN_ASSIGN_OR_RETURN(cursor_, context_.reader().Expand(context_.viewer(), frontier_, options,
                                                             context_.budget()));
    return absl::OkStatus();
  }

  bool WantsTime() const { return node_.time != kNoSlot && IsLive(node_.time); }

  // False where no row is left.
  bool Emit(Batch* out) {
    if (!distinct_.empty()) DropUsedLinks();
    if (found_.size() == 0) return false;
    picked_.clear();
    picked_.reserve(found_.size());
    for (const uint32_t source : found_.source) picked_.push_back(rows_[source]);
    out->Gather(batch_, picked_, live());
    out->rows = picked_.size();
    if (IsLive(node_.to)) out->at(node_.to) = Column::Nodes(std::move(found_.neighbour));
    if (IsLive(node_.link)) out->at(node_.link) = Column::Links(std::move(found_.link));
    if (WantsTime()) out->at(node_.time) = Times();
    return true;
  }

  void DropUsedLinks() {
    size_t kept = 0;
    for (size_t i = 0; i < found_.size(); ++i) {
      if (!distinct_.Allows(rows_[found_.source[i]], found_.link[i])) continue;
      found_.source[kept] = found_.source[i];
      found_.neighbour[kept] = found_.neighbour[i];
      found_.link[kept] = found_.link[i];
      if (!found_.valid.empty()) found_.valid[kept] = found_.valid[i];
      ++kept;
    }
    found_.source.resize(kept);
    found_.neighbour.resize(kept);
    found_.link.resize(kept);
    if (!found_.valid.empty()) found_.valid.resize(kept);
  }

  Column Times() const {
    std::vector<int64_t> times(found_.valid.size());
    bool missing = false;
    for (size_t i = 0; i < times.size(); ++i) {
      missing |= !TimeInUnit(found_.valid[i].from, node_.time_unit, &times[i]);
    }
    if (!missing) return Column::Integers(std::move(times));
    std::vector<Value> values(times.size());
    for (size_t i = 0; i < times.size(); ++i) {
      if (found_.valid[i].from != kTimeMin) values[i] = Value::Integer(times[i]);
    }
    return Column::Values(std::move(values));
  }

  const Context::Settled* settled_ = nullptr;  // where only the first match counts
  std::unique_ptr<ExpandCursor> cursor_;
  Batch batch_;
  ExpandBatch found_;
  bool one_source_ = false;  // found_ was, as it came
  uint32_t last_row_ = 0;    // that it reached
  std::vector<NodeId> frontier_;
  std::vector<uint32_t> rows_;  // input row by frontier position
  std::vector<uint32_t> picked_;
  DistinctLinks distinct_;
  TimeWindows windows_;
};

// Degree: how many links a hop would find, for each row; nulls have none and give no row.
class DegreeOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() { return windows_.Compile(node_, context_); }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch_.at(node_.from)));
      std::vector<NodeId> frontier;
      std::vector<uint32_t> rows;
      for (uint32_t row = 0; row < from.size(); ++row) {
        if (from[row] == kNoNode) continue;
        frontier.push_back(from[row]);
        rows.push_back(row);
      }
      if (frontier.empty()) continue;
      bool none = false;
      ExpandOptions options = OptionsOf(node_, context_, &none);
      std::vector<uint64_t> degrees(frontier.size(), 0);
      if (!none) {
        SKEIN_RETURN_IF_ERROR(windows_.Reset(batch_));
        windows_.Apply(rows, &options);
        SKEIN_RETURN_IF_ERROR(context_.reader().Degrees(context_.viewer(), frontier, options,
                                                        context_.budget(), &degrees));
      }
      out->Gather(batch_, rows, live());
      out->rows = rows.size();
      out->at(node_.to) = Column::Integers({degrees.begin(), degrees.end()});
      return true;
    }
  }

 private:
  Batch batch_;
  TimeWindows windows_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeDegree(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<DegreeOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

absl::StatusOr<OperatorPtr> MakeExpand(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<ExpandOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
