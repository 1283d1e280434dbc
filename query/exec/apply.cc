// Apply: an inner plan for the rows of the input: OPTIONAL MATCH, CALL { }, FOREACH.
//
// Method    A whole batch of outer rows is the argument of one run of the inner plan; the partition
//           column says to which of them an inner row belongs. Where the inner plan writes, outer
//           rows go one at a time: each must see what the one before did.
#include <algorithm>
#include <utility>

#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class ApplyOperator final : public UnaryOperator {
 public:
  ApplyOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), inner_(*node.children[1], node.partition) {}
  absl::Status Build() { return inner_.Build(context_); }

  absl::Status Open() override {
    running_ = false;
    batch_.Clear();
    next_row_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (!running_) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, NextArguments());
        if (!more) return false;
      }
      Batch found;
      SKEIN_ASSIGN_OR_RETURN(const bool more, inner_.Next(&found));
      if (!more) {
        running_ = false;
        if (node_.passes_through) {
          PassThrough(out);
          return true;
        }
        if (node_.optional && Missing(out)) return true;
        continue;
      }
      if (node_.passes_through) continue;
      Combine(found, out);
      return true;
    }
  }

 private:
  absl::StatusOr<bool> NextArguments() {
    if (next_row_ >= batch_.rows) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      next_row_ = 0;
    }
    const size_t n = node_.row_at_a_time ? 1 : batch_.rows - next_row_;
    std::vector<uint32_t> rows(n);
    for (size_t i = 0; i < n; ++i) rows[i] = static_cast<uint32_t>(next_row_ + i);
    first_row_ = next_row_;
    next_row_ += n;
    arguments_ = Batch();
    arguments_.columns.resize(batch_.columns.size());
    arguments_.Gather(batch_, rows, inner_.wanted());
    arguments_.at(inner_.partition()) = Ordinals(n);
    matched_.assign(n, 0);
    SKEIN_RETURN_IF_ERROR(inner_.Start(&arguments_));
    running_ = true;
    return true;
  }

  void Combine(const Batch& found, Batch* out) {
    std::vector<uint32_t> owners;
    owners.reserve(found.rows);
    const Column& partition = found.at(inner_.partition());
    for (size_t i = 0; i < found.rows; ++i) {
      const auto owner = static_cast<uint32_t>(partition.At(i).integer());
      matched_[owner] = 1;
      owners.push_back(owner + static_cast<uint32_t>(first_row_));
    }
    out->Gather(batch_, owners, live());
    for (const Slot slot : node_.nulls) {
      if (found.has(slot)) out->at(slot) = found.at(slot);
    }
  }

  // The outer rows without a match, with nulls; false where there are none.
  bool Missing(Batch* out) {
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < matched_.size(); ++i) {
      if (matched_[i] == 0) rows.push_back(static_cast<uint32_t>(first_row_ + i));
    }
    matched_.assign(matched_.size(), 1);
    if (rows.empty()) return false;
    out->Gather(batch_, rows, live());
    for (const Slot slot : node_.nulls) {
      if (IsLive(slot)) out->at(slot) = Column::Constant(Value(), rows.size());
    }
    return true;
  }

  void PassThrough(Batch* out) {
    std::vector<uint32_t> rows;
    for (size_t i = first_row_; i < next_row_; ++i) rows.push_back(static_cast<uint32_t>(i));
    out->Gather(batch_, rows, live());
  }

  InnerPlan inner_;
  Batch batch_;
  Batch arguments_;
  size_t first_row_ = 0;
  size_t next_row_ = 0;
  std::vector<uint8_t> matched_;
  bool running_ = false;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeApply(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<ApplyOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Build());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
