// Procedure and CountStore: rows that do not come from patterns.
#include "query/procedures/procedure.h"

#include <utility>

#include "query/exec/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

// Holds the rows of one call, charged to the budget.
class HeldRows final : public procedures::RowSink {
 public:
  HeldRows(Context& context, size_t columns)
      : context_(context), charge_(context.budget()), columns_(columns) {}

  absl::Status Emit(std::span<const Value> row) override {
    if (row.size() != columns_.size()) {
      return Internal("a procedure gave ", row.size(), " columns, it declares ", columns_.size());
    }
    size_t bytes = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      bytes += sizeof(Value) + row[i].HeapBytes();
      columns_[i].push_back(row[i]);
    }
    ++rows_;
    if (rows_ % 1024 == 0) SKEIN_RETURN_IF_ERROR(context_.Check());
    return charge_.Take(bytes);
  }
  void Clear() {
    for (auto& column : columns_) column.clear();
    rows_ = 0;
    charge_.Release();
  }
  size_t rows() const { return rows_; }
  const std::vector<Value>& column(size_t i) const { return columns_[i]; }

 private:
  Context& context_;
  MemoryCharge charge_;
  std::vector<std::vector<Value>> columns_;
  size_t rows_ = 0;
};

class ProcedureOperator final : public UnaryOperator {
 public:
  ProcedureOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        held_(context, node.procedure->columns.size()) {}
  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(args_, CompileAll(node_.exprs, context_));
    return absl::OkStatus();
  }
  absl::Status Open() override {
    batch_.Clear();
    row_ = 0;
    next_ = 0;
    held_.Clear();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    // A procedure without columns lets its rows pass.
    const bool empty = node_.procedure->columns.empty();
    for (;;) {
      if (next_ < held_.rows()) {
        const size_t n = std::min<size_t>(context_.batch_rows(), held_.rows() - next_);
        const std::vector<uint32_t> picked(n, row_ - 1);
        out->Gather(batch_, picked, live());
        for (const auto& [column, slot] : node_.yields) {
          const std::vector<Value>& all = held_.column(column);
          out->at(slot) = Column::Values({all.begin() + static_cast<ptrdiff_t>(next_),
                                          all.begin() + static_cast<ptrdiff_t>(next_ + n)});
        }
        next_ += n;
        return true;
      }
      if (row_ >= batch_.rows) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        row_ = 0;
        columns_.assign(args_.size(), Column());
        for (size_t i = 0; i < args_.size(); ++i) {
          SKEIN_RETURN_IF_ERROR(EvalAll(*args_[i], batch_, &columns_[i]));
        }
      }
      SKEIN_RETURN_IF_ERROR(Call());
      if (empty) {
        const uint32_t picked = row_ - 1;
        out->Gather(batch_, {&picked, 1}, live());
        return true;
      }
    }
  }

 private:
  absl::Status Call() {
    std::vector<Value> args;
    for (size_t i = 0; i < columns_.size(); ++i) {
      args.push_back(columns_[i].At(row_));
      const functions::Type wanted = node_.procedure->args[i].type;
      const Value& v = args.back();
      const bool number = wanted == functions::Type::kFloat && v.kind() == ValueKind::kInteger;
      if (!number && functions::NeverFits(functions::TypeOf(v.kind()), wanted)) {
        return MakeQueryError(ErrorClass::kSyntaxError, ErrorDetail::kInvalidArgumentType,
                              "argument `" + std::string(node_.procedure->args[i].name) + "` is " +
                                  functions::TypeName(wanted) + ", found " + ToLiteral(v),
                              node_.position);
      }
      if (number) args.back() = Value::Float(static_cast<double>(v.integer()));
    }
    ++row_;
    next_ = 0;
    held_.Clear();
    procedures::ProcedureContext context{
        .reader = context_.reader(),
        .viewer = context_.viewer(),
        .budget = context_.budget(),
        .eval = context_,
        .transaction = node_.procedure->writes ? context_.transaction() : nullptr,
        .queries = context_.queries(),
        .person = context_.person(),
        .running = context_.running(),
        .asker = &context_.asker()};
    return WithPosition(node_.procedure->eval(args, context, held_), node_.position);
  }

  std::vector<EvaluatorPtr> args_;
  std::vector<Column> columns_;
  Batch batch_;
  HeldRows held_;
  uint32_t row_ = 0;  // of the next call
  size_t next_ = 0;
};

class CountStoreOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(out));
    if (!more) return false;
    SKEIN_ASSIGN_OR_RETURN(const uint64_t count, Count());
    out->at(node_.to) =
        Column::Integers(std::vector<int64_t>(out->rows, static_cast<int64_t>(count)));
    return true;
  }

 private:
  absl::StatusOr<uint64_t> Count() {
    if (node_.link == kNoSlot) {
      std::optional<LabelId> label;
      if (!node_.label.empty()) {
        label = context_.Label(node_.label);
        if (!label.has_value()) return 0;
      }
      return context_.reader().CountNodes(context_.viewer(), label);
    }
    bool none = false;
    const std::vector<LinkTypeId> types = context_.Types(node_.types, &none);
    if (none) return 0;
    if (types.empty()) return context_.reader().CountLinks(context_.viewer(), std::nullopt);
    uint64_t sum = 0;
    for (const LinkTypeId type : types) {
      SKEIN_ASSIGN_OR_RETURN(const uint64_t n,
                             context_.reader().CountLinks(context_.viewer(), type));
      sum += n;
    }
    return sum;
  }
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeProcedure(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<ProcedureOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

absl::StatusOr<OperatorPtr> MakeCountStore(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<CountStoreOperator>(node, c, std::move(input)));
}

}  // namespace skein::exec
