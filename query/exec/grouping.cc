#include "query/exec/grouping.h"

#include <algorithm>
#include <utility>

#include "query/exec/operator.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

// One aggregate of all groups.
class AggregateColumn {
 public:
  AggregateColumn(const bind::Expr& call, std::vector<EvaluatorPtr> args, Grouping::Use use)
      : call_(call),
        args_(std::move(args)),
        counts_only_(call.function->name == "count"),
        part_(use == Grouping::Use::kPart),
        seen_(args_.size() + 1) {}

  void Clear() {
    states_.clear();
    counts_.clear();
    seen_.Clear();
  }
  size_t Bytes() const { return states_.size() * 64 + counts_.size() * 8 + seen_.Bytes(); }

  size_t Entries() const { return seen_.size(); }

  // Takes in all rows of a batch; groups[i] is the group of row i, of `n` groups so far.
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
    std::vector<const Column*> args;
    for (const Column& column : columns) args.push_back(&column);
    return Charged(context, held, [&] {
      return call_.distinct ? UpdateDistinct(args, groups, n, context)
                            : UpdateRows(args, groups, AllRows(groups.size()), n, context);
    });
  }

  // Takes in what `later` made; group i there is group own[i] here, of `n`.
  absl::Status Merge(AggregateColumn& later, const std::vector<uint32_t>& own, size_t n,
                     Context& context, int64_t* held) {
    return Charged(context, held, [&] { return DoMerge(later, own, n, context); });
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
  template <typename Work>
  static absl::Status Charged(Context& context, int64_t* held, const Work& work) {
    const int64_t before = context.budget().bytes_left.load(std::memory_order_relaxed);
    SKEIN_RETURN_IF_ERROR(work());
    *held += before - context.budget().bytes_left.load(std::memory_order_relaxed);
    return absl::OkStatus();
  }

  absl::Status DoMerge(AggregateColumn& later, const std::vector<uint32_t>& own, size_t n,
                       Context& context) {
    if (call_.distinct) {
      std::vector<uint32_t> groups(later.seen_.size());
      const Column& owners = later.seen_.key(0);
      for (size_t i = 0; i < groups.size(); ++i) {
        groups[i] = own[static_cast<size_t>(owners.At(i).integer())];
      }
      std::vector<const Column*> args;
      for (size_t i = 0; i < args_.size(); ++i) args.push_back(&later.seen_.key(i + 1));
      return UpdateDistinct(args, groups, n, context);
    }
    if (counts_only_) {
      counts_.resize(n, 0);
      for (size_t i = 0; i < later.counts_.size(); ++i) counts_[own[i]] += later.counts_[i];
      return absl::OkStatus();
    }
    Grow(n);
    for (size_t i = 0; i < later.states_.size(); ++i) {
      if (absl::Status s = states_[own[i]]->Merge(*later.states_[i], context); !s.ok()) {
        return WithPosition(s, call_.position);
      }
    }
    return absl::OkStatus();
  }

  absl::Status UpdateDistinct(const std::vector<const Column*>& columns,
                              const std::vector<uint32_t>& groups, size_t n, Context& context) {
    if (groups.empty()) return absl::OkStatus();
    const Column owner = Column::Integers({groups.begin(), groups.end()});
    std::vector<const Column*> key = {&owner};
    key.insert(key.end(), columns.begin(), columns.end());
    std::vector<uint32_t> numbers;
    std::vector<uint32_t> added;
    seen_.FindOrAddAll(key, groups.size(), &numbers, &added);
    if (part_) return absl::OkStatus();
    if (!counts_only_) return UpdateRows(columns, groups, added, n, context);
    counts_.resize(n, 0);
    for (const uint32_t row : added) {
      if (columns.empty() || !columns[0]->IsNull(row)) ++counts_[groups[row]];
    }
    return absl::OkStatus();
  }

  absl::Status UpdateRows(const std::vector<const Column*>& columns,
                          const std::vector<uint32_t>& groups, const std::vector<uint32_t>& rows,
                          size_t n, Context& context) {
    Grow(n);
    std::vector<Value> args(columns.size());
    for (const uint32_t row : rows) {
      for (size_t i = 0; i < columns.size(); ++i) args[i] = columns[i]->At(row);
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
  bool part_;
  std::vector<int64_t> counts_;
  std::vector<std::unique_ptr<functions::Aggregate>> states_;
  GroupTable seen_;
};

Grouping::Grouping(const plan::Node& node, Context& context, Use use)
    : node_(node),
      context_(context),
      use_(use),
      slots_(node.keys),
      groups_(node.keys.size() + (node.partition == kNoSlot ? 0 : 1)) {
  if (node.partition != kNoSlot) slots_.push_back(node.partition);
}

Grouping::~Grouping() = default;

absl::Status Grouping::Compile() {
  for (const auto& item : node_.aggregates) {
    SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(item.call->args, context_));
    columns_.push_back(std::make_unique<AggregateColumn>(*item.call, std::move(args), use_));
  }
  return absl::OkStatus();
}

void Grouping::Clear() {
  groups_.Clear();
  for (auto& column : columns_) column->Clear();
}

size_t Grouping::Bytes() const {
  size_t bytes = groups_.Bytes();
  for (const auto& column : columns_) bytes += column->Bytes();
  return bytes;
}

size_t Grouping::Entries() const {
  size_t entries = size();
  for (const auto& column : columns_) entries += column->Entries();
  return entries;
}

absl::Status Grouping::Take(const Batch& batch, int64_t* held) {
  std::vector<uint32_t> numbers;
  Number(batch, &numbers);
  for (auto& column : columns_) {
    SKEIN_RETURN_IF_ERROR(column->Update(batch, numbers, size(), context_, held));
    context_.GiveBackEvaluation();
  }
  return absl::OkStatus();
}

absl::Status Grouping::Merge(Grouping& later, int64_t* held) {
  std::vector<uint32_t> own(later.size(), 0);
  if (!slots_.empty() && later.size() > 0) {
    std::vector<const Column*> keys;
    for (size_t i = 0; i < slots_.size(); ++i) keys.push_back(&later.groups_.key(i));
    groups_.FindOrAddAll(keys, later.size(), &own, nullptr);
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    SKEIN_RETURN_IF_ERROR(columns_[i]->Merge(*later.columns_[i], own, size(), context_, held));
    context_.GiveBackEvaluation();
  }
  later.Clear();
  return absl::OkStatus();
}

void Grouping::Number(const Batch& batch, std::vector<uint32_t>* numbers) {
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

void Grouping::AddPartitions(size_t rows) {
  const Column ordinals = Ordinals(rows);
  bool added = false;
  for (size_t row = 0; row < rows; ++row) groups_.FindOrAdd({&ordinals}, row, &added);
}

absl::Status Grouping::Result(Batch* out) {
  const size_t n = size();
  out->Clear();
  out->rows = n;
  for (size_t i = 0; i < slots_.size(); ++i) out->at(slots_[i]) = groups_.key(i);
  for (size_t i = 0; i < columns_.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(out->at(node_.aggregates[i].slot), columns_[i]->Result(n, context_));
  }
  return absl::OkStatus();
}

bool HeldRows::Next(uint32_t batch_rows, Batch* out) {
  if (next_ >= rows_.rows) return false;
  if (next_ == 0 && rows_.rows <= batch_rows) {
    *out = std::move(rows_);
    rows_.Clear();
    return true;
  }
  const size_t n = std::min<size_t>(batch_rows, rows_.rows - next_);
  std::vector<uint32_t> rows(n);
  for (size_t i = 0; i < n; ++i) rows[i] = static_cast<uint32_t>(next_ + i);
  std::vector<Slot> carry(rows_.columns.size());
  for (Slot s = 0; s < carry.size(); ++s) carry[s] = s;
  out->Gather(rows_, rows, carry);
  next_ += n;
  return true;
}

}  // namespace skein::exec
