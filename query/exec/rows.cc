// Filter, Project, Unwind, Limit, Skip, Union, Eager, EmptyResult: operators that touch rows alone.
#include <utility>

#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class FilterOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() { return predicates_.Compile(node_.exprs, context_); }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      Batch batch;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) return false;
      std::vector<uint32_t> rows = AllRows(batch.rows);
      SKEIN_RETURN_IF_ERROR(predicates_.Filter({&batch, nullptr, nullptr}, &rows, batch.rows));
      for (const auto& [a, b] : node_.distinct_pairs) {
        std::erase_if(rows, [&batch, a = a, b = b](uint32_t row) {
          return ShareLink(batch.at(a), row, batch.at(b), row);
        });
      }
      context_.GiveBackEvaluation();
      if (rows.empty()) continue;
      if (rows.size() == batch.rows) {
        *out = std::move(batch);
      } else {
        out->Gather(batch, rows, live());
      }
      return true;
    }
  }

 private:
  Predicates predicates_;
};

class ProjectOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() {
    for (const auto& item : node_.items) {
      SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr e, exec::Compile(item.expr, context_));
      evaluators_.push_back(std::move(e));
    }
    return absl::OkStatus();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(out));
    if (!more) return false;
    std::vector<Column> made(evaluators_.size());
    for (size_t i = 0; i < evaluators_.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*evaluators_[i], *out, &made[i]));
    }
    for (size_t i = 0; i < made.size(); ++i) out->at(node_.items[i].slot) = std::move(made[i]);
    context_.GiveBackEvaluation();
    return true;
  }

 private:
  std::vector<EvaluatorPtr> evaluators_;
};

class UnwindOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(list_, exec::Compile(node_.exprs[0], context_));
    return absl::OkStatus();
  }
  absl::Status Open() override {
    batch_.Clear();
    row_ = 0;
    element_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      std::vector<uint32_t> picked;
      std::vector<Value> values;
      for (; row_ < batch_.rows && values.size() < context_.batch_rows(); ++row_, element_ = 0) {
        const Value v = lists_.At(row_);
        if (v.is_null()) continue;
        if (v.kind() != ValueKind::kList) {
          // One value stands for a list of one.
          picked.push_back(row_);
          values.push_back(v);
          continue;
        }
        const ValueList& list = v.list();
        while (element_ < list.size() && values.size() < context_.batch_rows()) {
          picked.push_back(row_);
          values.push_back(list[element_++]);
        }
        if (element_ < list.size()) break;
      }
      if (!values.empty()) {
        out->Gather(batch_, picked, live());
        out->at(node_.to) = Column::Values(std::move(values));
        return true;
      }
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      row_ = 0;
      element_ = 0;
      SKEIN_RETURN_IF_ERROR(EvalAll(*list_, batch_, &lists_));
    }
  }

 private:
  EvaluatorPtr list_;
  Batch batch_;
  Column lists_;
  uint32_t row_ = 0;
  size_t element_ = 0;
};

// SKIP or LIMIT; inside an Apply, of each outer row's own rows.
class LimitOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Open() override {
    skip_ = 0;
    limit_ = INT64_MAX;
    seen_.clear();
    if (node_.skip != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(skip_, RowCount(node_.skip, "SKIP", context_));
    }
    if (node_.limit != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(limit_, RowCount(node_.limit, "LIMIT", context_));
    }
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (node_.partition == kNoSlot && !seen_.empty() && seen_[0] - skip_ >= limit_) return false;
      if (limit_ == 0) {
        // No rows are wanted, but what the statement writes below is.
        if (context_.transaction() == nullptr) return false;
        Batch ignored;
        SKEIN_RETURN_IF_ERROR(input_->Next(&ignored).status());
        return false;
      }
      Batch batch;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) return false;
      std::vector<uint32_t> rows;
      const Column& partition = std::as_const(batch).at(node_.partition);
      for (uint32_t row = 0; row < batch.rows; ++row) {
        const size_t owner =
            node_.partition == kNoSlot ? 0 : static_cast<size_t>(partition.At(row).integer());
        if (owner >= seen_.size()) seen_.resize(owner + 1, 0);
        const int64_t n = seen_[owner]++;
        if (n >= skip_ && n - skip_ < limit_) rows.push_back(row);
      }
      if (rows.empty()) continue;
      out->Gather(batch, rows, live());
      return true;
    }
  }

 private:
  int64_t skip_ = 0;
  int64_t limit_ = INT64_MAX;
  std::vector<int64_t> seen_;  // rows so far, by partition
};

class UnionOperator final : public Operator {
 public:
  UnionOperator(const plan::Node& node, Context& context, std::vector<OperatorPtr> inputs)
      : Operator(node, context), inputs_(std::move(inputs)) {}
  absl::Status Open() override {
    at_ = 0;
    // Parts open one by one: a later one must see what an earlier one wrote.
    return inputs_[0]->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (at_ < inputs_.size()) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, inputs_[at_]->Next(out));
      if (!more) {
        if (++at_ < inputs_.size()) SKEIN_RETURN_IF_ERROR(inputs_[at_]->Open());
        continue;
      }
      const std::vector<Slot>& slots = node_.part_slots[at_];
      for (size_t i = 0; i < slots.size(); ++i) {
        Column copy = out->has(slots[i]) ? out->at(slots[i]) : Column::Constant(Value(), out->rows);
        out->at(node_.keys[i]) = std::move(copy);
      }
      return true;
    }
    return false;
  }

 private:
  std::vector<OperatorPtr> inputs_;
  size_t at_ = 0;
};

// Takes all of its input before it gives the first row.
class EagerOperator final : public UnaryOperator {
 public:
  EagerOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), charge_(context.budget()) {}
  absl::Status Open() override {
    held_.clear();
    filled_ = false;
    next_ = 0;
    charge_.Release();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (!filled_) {
      Batch batch;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) {
        filled_ = true;
        break;
      }
      SKEIN_RETURN_IF_ERROR(charge_.Take(batch.Bytes()));
      held_.push_back(std::move(batch));
    }
    if (next_ >= held_.size()) return false;
    *out = std::move(held_[next_++]);
    return true;
  }

 private:
  MemoryCharge charge_;
  std::vector<Batch> held_;
  bool filled_ = false;
  size_t next_ = 0;
};

class EmptyResultOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(out));
      if (!more) return false;
    }
  }
};

template <typename T>
absl::StatusOr<OperatorPtr> Make(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<T>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace

absl::StatusOr<int64_t> RowCount(const bind::ExprRef& e, std::string_view clause, Context& c) {
  SKEIN_ASSIGN_OR_RETURN(const Value v, EvalConstant(e, c));
  if (v.kind() != ValueKind::kInteger) {
    return MakeQueryError(ErrorClass::kSyntaxError, ErrorDetail::kInvalidArgumentType,
                          std::string(clause) + " needs an integer, found " + ToLiteral(v),
                          e->position);
  }
  if (v.integer() < 0) {
    return MakeQueryError(ErrorClass::kSyntaxError, ErrorDetail::kNegativeIntegerArgument,
                          std::string(clause) + " needs an integer ≥ 0, found " + ToLiteral(v),
                          e->position);
  }
  return v.integer();
}

absl::StatusOr<OperatorPtr> MakeFilter(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<FilterOperator>(node, std::move(input), c);
}
absl::StatusOr<OperatorPtr> MakeProject(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<ProjectOperator>(node, std::move(input), c);
}
absl::StatusOr<OperatorPtr> MakeUnwind(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<UnwindOperator>(node, std::move(input), c);
}
absl::StatusOr<OperatorPtr> MakeLimit(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<LimitOperator>(node, c, std::move(input)));
}
absl::StatusOr<OperatorPtr> MakeUnion(const plan::Node& node, std::vector<OperatorPtr> inputs,
                                      Context& c) {
  return OperatorPtr(std::make_unique<UnionOperator>(node, c, std::move(inputs)));
}
absl::StatusOr<OperatorPtr> MakeEager(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<EagerOperator>(node, c, std::move(input)));
}
absl::StatusOr<OperatorPtr> MakeEmptyResult(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<EmptyResultOperator>(node, c, std::move(input)));
}

}  // namespace skein::exec
