// Sort and Top: ORDER BY, and ORDER BY with LIMIT, which keeps no more rows than it gives.
#include <algorithm>
#include <utility>

#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class SortOperator final : public UnaryOperator {
 public:
  SortOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), charge_(context.budget()) {}

  absl::Status Compile() {
    for (const auto& key : node_.sort) {
      SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr e, exec::Compile(key.expr, context_));
      evaluators_.push_back(std::move(e));
    }
    return absl::OkStatus();
  }

  absl::Status Open() override {
    rows_.Clear();
    keys_.assign(evaluators_.size(), Column());
    order_.clear();
    sorted_ = false;
    next_ = 0;
    charge_.Release();
    keep_ = INT64_MAX;
    skip_ = 0;
    if (node_.kind == plan::NodeKind::kTop) {
      SKEIN_ASSIGN_OR_RETURN(keep_, RowCount(node_.limit, "LIMIT", context_));
      if (node_.skip != nullptr) {
        SKEIN_ASSIGN_OR_RETURN(skip_, RowCount(node_.skip, "SKIP", context_));
      }
      keep_ = keep_ > INT64_MAX - skip_ ? INT64_MAX : keep_ + skip_;
    }
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (!sorted_) {
      SKEIN_RETURN_IF_ERROR(Fill());
      sorted_ = true;
      next_ = std::min(order_.size(), static_cast<size_t>(skip_));
    }
    if (next_ >= order_.size()) return false;
    const size_t n = std::min<size_t>(context_.batch_rows(), order_.size() - next_);
    out->Gather(rows_, std::span(order_).subspan(next_, n), live());
    next_ += n;
    return true;
  }

 private:
  absl::Status Fill() {
    Batch batch;
    std::vector<Slot> carry(node_.live.begin(), node_.live.end());
    if (node_.partition != kNoSlot && !IsLive(node_.partition)) carry.push_back(node_.partition);
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) break;
      const std::vector<uint32_t> all = AllRows(batch.rows);
      SKEIN_RETURN_IF_ERROR(charge_.Take(batch.Bytes()));
      for (size_t i = 0; i < evaluators_.size(); ++i) {
        Column key;
        SKEIN_RETURN_IF_ERROR(EvalAll(*evaluators_[i], batch, &key));
        keys_[i].AppendGather(key, all);
        SKEIN_RETURN_IF_ERROR(charge_.Take(key.Bytes()));
      }
      rows_.Append(batch, all, carry);
      // Four times what is wanted, so that pruning costs a constant a row.
      if (keep_ < INT64_MAX / 4 && static_cast<int64_t>(rows_.rows) > 4 * keep_ + 4096) {
        SKEIN_RETURN_IF_ERROR(Prune());
      }
    }
    order_ = AllRows(rows_.rows);
    SKEIN_RETURN_IF_ERROR(SortRows(&order_));
    if (static_cast<int64_t>(order_.size()) > keep_) order_.resize(static_cast<size_t>(keep_));
    return absl::OkStatus();
  }

  // Stable; runs of kRun rows are sorted and merged, so that a cancelled query need not wait for
  // the end of a sort of millions.
  absl::Status SortRows(std::vector<uint32_t>* order) const {
    constexpr size_t kRun = 16384;
    const auto before = [this](uint32_t a, uint32_t b) { return Before(a, b); };
    const auto at = [order](size_t i) {
      return order->begin() + static_cast<ptrdiff_t>(std::min(i, order->size()));
    };
    for (size_t i = 0; i < order->size(); i += kRun) {
      std::stable_sort(at(i), at(i + kRun), before);
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    std::vector<uint32_t> merged;
    for (size_t width = kRun; width < order->size(); width *= 2) {
      merged.clear();
      merged.reserve(order->size());
      for (size_t i = 0; i < order->size(); i += 2 * width) {
        auto left = at(i);
        auto right = at(i + width);
        const auto left_end = right;
        const auto right_end = at(i + 2 * width);
        while (left != left_end || right != right_end) {
          const bool from_right = left == left_end || (right != right_end && before(*right, *left));
          merged.push_back(from_right ? *right++ : *left++);
          if (merged.size() % kRun == 0) SKEIN_RETURN_IF_ERROR(context_.Check());
        }
      }
      order->swap(merged);
    }
    return absl::OkStatus();
  }

  // Keeps the first `keep_` rows, in their order of arrival among equals.
  absl::Status Prune() {
    std::vector<uint32_t> order = AllRows(rows_.rows);
    SKEIN_RETURN_IF_ERROR(SortRows(&order));
    order.resize(static_cast<size_t>(keep_));
    Batch kept;
    std::vector<Slot> carry(rows_.columns.size());
    for (Slot s = 0; s < carry.size(); ++s) carry[s] = s;
    kept.Gather(rows_, order, carry);
    rows_ = std::move(kept);
    for (Column& key : keys_) {
      Column column;
      column.Gather(key, order);
      key = std::move(column);
    }
    return absl::OkStatus();
  }

  bool Before(uint32_t a, uint32_t b) const {
    if (node_.partition != kNoSlot) {
      const Column& partition = rows_.at(node_.partition);
      const int c = Compare(partition.At(a), partition.At(b));
      if (c != 0) return c < 0;
    }
    for (size_t i = 0; i < keys_.size(); ++i) {
      const int c = Compare(keys_[i].At(a), keys_[i].At(b));
      if (c != 0) return node_.sort[i].descending ? c > 0 : c < 0;
    }
    return false;
  }

  std::vector<EvaluatorPtr> evaluators_;
  MemoryCharge charge_;
  Batch rows_;
  std::vector<Column> keys_;
  std::vector<uint32_t> order_;
  bool sorted_ = false;
  size_t next_ = 0;
  int64_t keep_ = INT64_MAX;
  int64_t skip_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeSort(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<SortOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
