// Aggregate and Distinct: what groups rows by equal keys.
#include <utility>

#include "query/exec/group_table.h"
#include "query/exec/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

// One aggregate of all groups.
class AggregateColumn {
 public:
  AggregateColumn(const bind::Expr& call, std::vector<EvaluatorPtr> args)
      : call_(call),
        args_(std::move(args)),
        counts_only_(call.function->name == "count"),
        seen_(args_.size() + 1) {}

  void Clear() {
    states_.clear();
    counts_.clear();
    seen_.Clear();
  }
  size_t Bytes() const { return states_.size() * 64 + counts_.size() * 8 + seen_.Bytes(); }

  // Takes in all rows of a batch; groups[i] is the group of row i, of `n` groups so far. *held
  // grows by the bytes that the states took of the budget: what operators below give back at their
  // next batch must not be among them.
  absl::Status Update(const Batch& batch, const std::vector<uint32_t>& groups, size_t n,
                      Context& context, int64_t* held) {
    if (counts_only_ && args_.empty() && n == 1 && !call_.distinct) {
      counts_.resize(n, 0);
      counts_[0] += static_cast<int64_t>(batch.rows);
      return absl::OkStatus();
    }
    std::vector<Column> columns(args_.size());
    for (size_t i = 0; i < args_.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*args_[i], batch, &columns[i]));
    }
    if (counts_only_ && !call_.distinct) {
      counts_.resize(n, 0);
      for (size_t row = 0; row < groups.size(); ++row) {
        if (columns.empty() || !columns[0].IsNull(row)) ++counts_[groups[row]];
      }
      return absl::OkStatus();
    }
    context.GiveBackEvaluation();
    const int64_t before = context.budget().bytes_left.load(std::memory_order_relaxed);
    SKEIN_RETURN_IF_ERROR(call_.distinct
                              ? UpdateDistinct(columns, groups, n, context)
                              : UpdateRows(columns, groups, AllRows(groups.size()), n, context));
    *held += before - context.budget().bytes_left.load(std::memory_order_relaxed);
    return absl::OkStatus();
  }

  absl::StatusOr<Column> Result(size_t n, Context& context) {
    if (counts_only_) {
      counts_.resize(n, 0);
      return Column::Integers(counts_);
    }
    Grow(n);
    std::vector<Value> values;
    values.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      absl::StatusOr<Value> v = states_[i]->Result(context);
      if (!v.ok()) return WithPosition(v.status(), call_.position);
      values.push_back(*std::move(v));
    }
    return Column::Values(std::move(values));
  }

 private:
  absl::Status UpdateDistinct(const std::vector<Column>& columns,
                              const std::vector<uint32_t>& groups, size_t n, Context& context) {
    const Column owner = Column::Integers({groups.begin(), groups.end()});
    std::vector<const Column*> key = {&owner};
    for (const Column& column : columns) key.push_back(&column);
    std::vector<uint32_t> numbers;
    std::vector<uint32_t> added;
    seen_.FindOrAddAll(key, groups.size(), &numbers, &added);
    if (!counts_only_) return UpdateRows(columns, groups, added, n, context);
    counts_.resize(n, 0);
    for (const uint32_t row : added) {
      if (columns.empty() || !columns[0].IsNull(row)) ++counts_[groups[row]];
    }
    return absl::OkStatus();
  }

  absl::Status UpdateRows(const std::vector<Column>& columns, const std::vector<uint32_t>& groups,
                          const std::vector<uint32_t>& rows, size_t n, Context& context) {
    Grow(n);
    std::vector<Value> args(columns.size());
    for (const uint32_t row : rows) {
      for (size_t i = 0; i < columns.size(); ++i) args[i] = columns[i].At(row);
      if (absl::Status s = states_[groups[row]]->Update(args, context); !s.ok()) {
        return WithPosition(s, call_.position);
      }
    }
    return absl::OkStatus();
  }

  void Grow(size_t n) {
    while (states_.size() < n) states_.push_back(call_.function->aggregate());
  }

  const bind::Expr& call_;
  std::vector<EvaluatorPtr> args_;
  bool counts_only_;
  std::vector<int64_t> counts_;
  std::vector<std::unique_ptr<functions::Aggregate>> states_;
  GroupTable seen_;
};

class AggregateOperator final : public UnaryOperator {
 public:
  AggregateOperator(const plan::Node& node, Context& context, OperatorPtr input,
                    const ArgumentOperator* argument)
      : UnaryOperator(node, context, std::move(input)),
        argument_(argument),
        slots_(node.keys),
        charge_(context.budget()),
        groups_(node.keys.size() + (node.partition == kNoSlot ? 0 : 1)) {
    if (node.partition != kNoSlot) slots_.push_back(node.partition);
  }

  absl::Status Compile() {
    for (const auto& item : node_.aggregates) {
      SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(item.call->args, context_));
      columns_.push_back(std::make_unique<AggregateColumn>(*item.call, std::move(args)));
    }
    return absl::OkStatus();
  }

  absl::Status Open() override {
    groups_.Clear();
    for (auto& column : columns_) column->Clear();
    charge_.Release();
    charged_ = 0;
    done_ = false;
    next_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (!done_) {
      SKEIN_RETURN_IF_ERROR(Fill());
      done_ = true;
    }
    if (next_ >= result_.rows) return false;
    if (next_ == 0 && result_.rows <= context_.batch_rows()) {
      *out = std::move(result_);
      next_ = out->rows;
      result_.rows = 0;
      return true;
    }
    const size_t n = std::min<size_t>(context_.batch_rows(), result_.rows - next_);
    std::vector<uint32_t> rows(n);
    for (size_t i = 0; i < n; ++i) rows[i] = static_cast<uint32_t>(next_ + i);
    std::vector<Slot> carry(result_.columns.size());
    for (Slot s = 0; s < carry.size(); ++s) carry[s] = s;
    out->Gather(result_, rows, carry);
    next_ += n;
    return true;
  }

 private:
  absl::Status Fill() {
    Batch batch;
    std::vector<uint32_t> numbers;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) break;
      Number(batch, &numbers);
      for (auto& column : columns_) {
        int64_t held = 0;
        SKEIN_RETURN_IF_ERROR(column->Update(batch, numbers, size(), context_, &held));
        context_.GiveBackEvaluation();
        if (held > 0) SKEIN_RETURN_IF_ERROR(charge_.Take(static_cast<size_t>(held)));
      }
      SKEIN_RETURN_IF_ERROR(ChargeGrowth());
    }
    if (node_.keys.empty()) EveryPartition();
    return MakeResult();
  }

  // Without keys and partitions all rows are one group, rows or none.
  size_t size() const { return slots_.empty() ? 1 : groups_.size(); }

  void Number(const Batch& batch, std::vector<uint32_t>* numbers) {
    numbers->assign(batch.rows, 0);
    if (slots_.empty()) return;
    std::vector<Column> absent(slots_.size());
    std::vector<const Column*> keys;
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (!batch.has(slots_[i])) absent[i] = Column::Constant(Value(), batch.rows);
      keys.push_back(batch.has(slots_[i]) ? &batch.at(slots_[i]) : &absent[i]);
    }
    groups_.FindOrAddAll(keys, batch.rows, numbers, nullptr);
  }

  // An outer row without inner rows still has its count of 0.
  void EveryPartition() {
    if (node_.partition == kNoSlot || argument_ == nullptr || argument_->rows() == nullptr) return;
    const Column ordinals = Ordinals(argument_->rows()->rows);
    bool added = false;
    for (size_t row = 0; row < ordinals.size(); ++row) {
      groups_.FindOrAdd({&ordinals}, row, &added);
    }
  }

  absl::Status ChargeGrowth() {
    size_t bytes = groups_.Bytes();
    for (const auto& column : columns_) bytes += column->Bytes();
    if (bytes <= charged_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
    charged_ = bytes;
    return absl::OkStatus();
  }

  absl::Status MakeResult() {
    const size_t n = size();
    result_.Clear();
    result_.rows = n;
    for (size_t i = 0; i < slots_.size(); ++i) result_.at(slots_[i]) = groups_.key(i);
    for (size_t i = 0; i < columns_.size(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(result_.at(node_.aggregates[i].slot),
                             columns_[i]->Result(n, context_));
    }
    if (node_.partition != kNoSlot && argument_ != nullptr && argument_->rows() != nullptr) {
      const Column& partition = result_.at(node_.partition);
      std::vector<uint32_t> owners;
      for (size_t i = 0; i < n; ++i) {
        owners.push_back(static_cast<uint32_t>(partition.At(i).integer()));
      }
      for (const Slot slot : node_.carried) {
        if (argument_->rows()->has(slot)) {
          result_.at(slot).Gather(argument_->rows()->at(slot), owners);
        }
      }
    }
    return absl::OkStatus();
  }

  const ArgumentOperator* argument_;
  std::vector<Slot> slots_;
  MemoryCharge charge_;
  size_t charged_ = 0;
  GroupTable groups_;
  std::vector<std::unique_ptr<AggregateColumn>> columns_;
  Batch result_;
  bool done_ = false;
  size_t next_ = 0;
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
