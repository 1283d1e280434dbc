// Aggregate and Distinct: what groups rows by equal keys.
#include <utility>

#include "query/exec/group_table.h"
#include "query/exec/grouping.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class AggregateOperator final : public UnaryOperator {
 public:
  AggregateOperator(const plan::Node& node, Context& context, OperatorPtr input,
                    const ArgumentOperator* argument)
      : UnaryOperator(node, context, std::move(input)),
        argument_(argument),
        charge_(context.budget()),
        grouping_(node, context, Grouping::Use::kWhole) {}

  absl::Status Compile() { return grouping_.Compile(); }

  absl::Status Open() override {
    grouping_.Clear();
    charge_.Release();
    charged_ = 0;
    done_ = false;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (!done_) {
      SKEIN_RETURN_IF_ERROR(Fill());
      done_ = true;
    }
    return held_.Next(context_.batch_rows(), out);
  }

 private:
  absl::Status Fill() {
    Batch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) break;
      int64_t held = 0;
      SKEIN_RETURN_IF_ERROR(grouping_.Take(batch, &held));
      if (held > 0) SKEIN_RETURN_IF_ERROR(charge_.Take(static_cast<size_t>(held)));
      if (const size_t bytes = grouping_.Bytes(); bytes > charged_) {
        SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
        charged_ = bytes;
      }
    }
    const Batch* outer = argument_ == nullptr ? nullptr : argument_->rows();
    const bool inside = node_.partition != kNoSlot && outer != nullptr;
    // An outer row without inner rows still has its count of 0.
    if (node_.keys.empty() && inside) grouping_.AddPartitions(outer->rows);
    Batch result;
    SKEIN_RETURN_IF_ERROR(grouping_.Result(&result));
    if (inside) Carry(*outer, &result);
    held_.Set(std::move(result));
    return absl::OkStatus();
  }

  // Slots of the outer row that a group belongs to.
  void Carry(const Batch& outer, Batch* result) const {
    const Column& partition = result->at(node_.partition);
    std::vector<uint32_t> owners;
    for (size_t i = 0; i < result->rows; ++i) {
      owners.push_back(static_cast<uint32_t>(partition.At(i).integer()));
    }
    for (const Slot slot : node_.carried) {
      if (outer.has(slot)) result->at(slot).Gather(outer.at(slot), owners);
    }
  }

  const ArgumentOperator* argument_;
  MemoryCharge charge_;
  size_t charged_ = 0;
  Grouping grouping_;
  HeldRows held_;
  bool done_ = false;
};

class DistinctOperator final : public UnaryOperator {
 public:
  DistinctOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        slots_(node.keys),
        charge_(context.budget()),
        seen_(node.keys.size() + (node.partition == kNoSlot ? 0 : 1)) {
    if (node.partition != kNoSlot) slots_.push_back(node.partition);
  }
  absl::Status Open() override {
    seen_.Clear();
    charge_.Release();
    charged_ = 0;
    empty_seen_ = false;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      Batch batch;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) return false;
      std::vector<uint32_t> rows;
      std::vector<Column> absent(slots_.size());
      std::vector<const Column*> keys;
      for (size_t i = 0; i < slots_.size(); ++i) {
        if (!batch.has(slots_[i])) absent[i] = Column::Constant(Value(), batch.rows);
        keys.push_back(batch.has(slots_[i]) ? &batch.at(slots_[i]) : &absent[i]);
      }
      if (keys.empty()) {
        if (!std::exchange(empty_seen_, true)) rows.push_back(0);
      } else {
        seen_.FindOrAddAll(keys, batch.rows, &numbers_, &rows);
      }
      if (seen_.Bytes() > charged_) {
        SKEIN_RETURN_IF_ERROR(charge_.Take(seen_.Bytes() - charged_));
        charged_ = seen_.Bytes();
      }
      if (rows.empty()) continue;
      out->Gather(batch, rows, live());
      return true;
    }
  }

 private:
  std::vector<Slot> slots_;
  MemoryCharge charge_;
  size_t charged_ = 0;
  GroupTable seen_;
  std::vector<uint32_t> numbers_;
  bool empty_seen_ = false;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeAggregate(const plan::Node& node, OperatorPtr input,
                                          BuildContext& build) {
  auto out = std::make_unique<AggregateOperator>(node, build.context, std::move(input),
                                                 build.FirstArgument(node.partition));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

absl::StatusOr<OperatorPtr> MakeDistinct(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<DistinctOperator>(node, c, std::move(input)));
}

}  // namespace skein::exec
