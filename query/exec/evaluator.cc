// Literals, parameters, operators and functions; the other kinds have files of their own.
#include "query/exec/evaluator.h"

#include <utility>

#include "query/exec/evaluators.h"
#include "query/functions/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

using bind::Expr;
using bind::ExprKind;
namespace fn = functions;

// Of batches up to this size the numbers of all rows are there already.
constexpr size_t kRowsKnown = 2048;

class ConstantEvaluator final : public Evaluator {
 public:
  explicit ConstantEvaluator(Value v) : value_(std::move(v)) {}
  absl::Status Eval(const Frame&, const Selection& selection, Column* out) override {
    *out = Column::Constant(value_, selection.size());
    return absl::OkStatus();
  }

 private:
  Value value_;
};

// Looked up when it runs: EXPLAIN needs no parameters.
class ParameterEvaluator final : public Evaluator {
 public:
  ParameterEvaluator(const Expr& e, Context& context) : e_(e), context_(context) {}
  absl::Status Eval(const Frame&, const Selection& selection, Column* out) override {
    SKEIN_ASSIGN_OR_RETURN(const Value* v, context_.Parameter(e_.name, e_.position));
    *out = Column::Constant(*v, selection.size());
    return absl::OkStatus();
  }

 private:
  const Expr& e_;
  Context& context_;
};

// Evaluates all children, then calls Row() for each row. Where all children are constant, so is
// the result, and Row() runs once.
class RowEvaluator : public Evaluator {
 public:
  RowEvaluator(const Expr& e, Context& context) : e_(e), context_(context) {}
  absl::Status CompileChildren() {
    SKEIN_ASSIGN_OR_RETURN(children_, CompileAll(e_.args, context_));
    columns_.resize(children_.size());
    borrowed_.resize(children_.size());
    args_.resize(children_.size());
    return absl::OkStatus();
  }

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    bool constant = !children_.empty() && pure();
    for (size_t i = 0; i < children_.size(); ++i) {
      borrowed_[i] = nullptr;
      if (children_[i] == nullptr) continue;
      SKEIN_ASSIGN_OR_RETURN(borrowed_[i], children_[i]->Borrow(frame, selection, &columns_[i]));
      constant &= borrowed_[i]->kind() == Column::Kind::kConstant;
    }
    SKEIN_RETURN_IF_ERROR(Prepare(selection.size()));
    const size_t rows = constant ? std::min<size_t>(1, selection.size()) : selection.size();
    std::vector<Value> values;
    values.reserve(rows);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < children_.size(); ++i) {
        if (borrowed_[i] != nullptr) args_[i] = borrowed_[i]->At(row);
      }
      absl::StatusOr<Value> v = Row(args_);
      if (!v.ok()) return WithPosition(v.status(), e_.position);
      values.push_back(*std::move(v));
    }
    Finish();
    if (constant && rows == 1) {
      *out = Column::Constant(std::move(values[0]), selection.size());
    } else {
      *out = Column::Values(std::move(values));
    }
    return absl::OkStatus();
  }

 protected:
  virtual bool pure() const { return true; }
  virtual absl::Status Prepare(size_t) { return absl::OkStatus(); }
  virtual void Finish() {}
  virtual absl::StatusOr<Value> Row(std::span<const Value> args) = 0;
  const Column* child(size_t i) const { return borrowed_[i]; }

  const Expr& e_;
  Context& context_;

 private:
  std::vector<EvaluatorPtr> children_;
  std::vector<Column> columns_;
  std::vector<const Column*> borrowed_;
  std::vector<Value> args_;
};

class UnaryEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    switch (e_.unary) {
      case syntax::UnaryOp::kNot:
        return fn::Not(args[0]);
      case syntax::UnaryOp::kPlus:
        return fn::Plus(args[0]);
      case syntax::UnaryOp::kMinus:
        return fn::Negate(args[0]);
      case syntax::UnaryOp::kIsNull:
        return Value::Boolean(args[0].is_null());
      case syntax::UnaryOp::kIsNotNull:
        return Value::Boolean(!args[0].is_null());
    }
    return Value();
  }
};

class BinaryEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    const Value& a = args[0];
    const Value& b = args[1];
    switch (e_.binary) {
      case syntax::BinaryOp::kAdd:
        return fn::Add(a, b, context_);
      case syntax::BinaryOp::kSubtract:
        return fn::Subtract(a, b);
      case syntax::BinaryOp::kMultiply:
        return fn::Multiply(a, b);
      case syntax::BinaryOp::kDivide:
        return fn::Divide(a, b);
      case syntax::BinaryOp::kModulo:
        return fn::Modulo(a, b);
      case syntax::BinaryOp::kPower:
        return fn::Power(a, b);
      case syntax::BinaryOp::kIn:
        return fn::In(a, b);
      case syntax::BinaryOp::kStartsWith:
        return fn::StartsWith(a, b);
      case syntax::BinaryOp::kEndsWith:
        return fn::EndsWith(a, b);
      case syntax::BinaryOp::kContains:
        return fn::Contains(a, b);
      case syntax::BinaryOp::kMatches:
        return fn::Matches(a, b, context_);
      case syntax::BinaryOp::kConcatenate:
        return fn::Concatenate(a, b, context_);
    }
    return Value();
  }
};

class ListEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    return fn::MakeList(ValueList(args.begin(), args.end()), context_);
  }
};

class MapEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    ValueMap entries;
    entries.reserve(args.size());
    for (size_t i = 0; i < args.size(); ++i) entries.emplace_back(e_.names[i], args[i]);
    return fn::MakeMap(std::move(entries), context_);
  }
};

class IndexEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    return fn::Index(args[0], args[1], context_);
  }
};

class SliceEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    fn::SliceBounds bounds;
    bounds.has_from = e_.args[1] != nullptr;
    bounds.has_to = e_.args[2] != nullptr;
    bounds.from = args[1];
    bounds.to = args[2];
    return fn::Slice(args[0], bounds, context_);
  }
};

class FunctionEvaluator final : public RowEvaluator {
 public:
  using RowEvaluator::RowEvaluator;
  bool pure() const override { return e_.function->effects == fn::Effects::kPure; }
  absl::Status Prepare(size_t rows) override {
    if (e_.function->effects != fn::Effects::kReadsGraph || rows <= 1 || e_.args.empty()) {
      return absl::OkStatus();
    }
    const std::string_view name = e_.function->name;
    Context::Wanted wanted = Context::Wanted::kProperties;
    if (name == "labels") {
      wanted = Context::Wanted::kLabels;
    } else if (name == "type" || name == "startNode" || name == "endNode") {
      wanted = Context::Wanted::kEnds;
    } else if (name != "properties" && name != "keys") {
      return absl::OkStatus();
    }
    std::vector<Value> elements;
    elements.reserve(rows);
    for (size_t i = 0; i < rows; ++i) {
      Value v = child(0)->At(i);
      const bool deleted = (v.kind() == ValueKind::kNode && context_.IsDeleted(v.node())) ||
                           (v.kind() == ValueKind::kLink && context_.IsDeleted(v.link()));
      if (!deleted) elements.push_back(std::move(v));
    }
    return context_.Prefetch(wanted, elements);
  }
  void Finish() override {
    if (e_.function->effects == fn::Effects::kReadsGraph) context_.DropPrefetched();
  }
  absl::StatusOr<Value> Row(std::span<const Value> args) override {
    return fn::Call(*e_.function, args, context_);
  }
};

template <typename T>
absl::StatusOr<EvaluatorPtr> MakeRow(const Expr& e, Context& context) {
  auto out = std::make_unique<T>(e, context);
  SKEIN_RETURN_IF_ERROR(out->CompileChildren());
  return EvaluatorPtr(std::move(out));
}

}  // namespace

absl::StatusOr<EvaluatorPtr> Compile(const bind::ExprRef& e, Context& context) {
  switch (e->kind) {
    case ExprKind::kLiteral:
      return EvaluatorPtr(std::make_unique<ConstantEvaluator>(e->literal));
    case ExprKind::kParameter:
      return EvaluatorPtr(std::make_unique<ParameterEvaluator>(*e, context));
    case ExprKind::kSlot:
      return MakeSlotEvaluator(*e, context);
    case ExprKind::kProperty:
      return MakePropertyEvaluator(*e, context);
    case ExprKind::kIndex:
      return MakeRow<IndexEvaluator>(*e, context);
    case ExprKind::kSlice:
      return MakeRow<SliceEvaluator>(*e, context);
    case ExprKind::kUnary:
      return MakeRow<UnaryEvaluator>(*e, context);
    case ExprKind::kBinary:
      return MakeRow<BinaryEvaluator>(*e, context);
    case ExprKind::kLogical:
      return MakeLogicalEvaluator(*e, context);
    case ExprKind::kComparison:
      return MakeComparisonEvaluator(*e, context);
    case ExprKind::kList:
      return MakeRow<ListEvaluator>(*e, context);
    case ExprKind::kMap:
      return MakeRow<MapEvaluator>(*e, context);
    case ExprKind::kMapProjection:
      return MakeMapProjectionEvaluator(*e, context);
    case ExprKind::kCase:
      return MakeCaseEvaluator(*e, context);
    case ExprKind::kFunction:
      return MakeRow<FunctionEvaluator>(*e, context);
    case ExprKind::kAggregate:
      return Internal("an aggregate outside Aggregate");
    case ExprKind::kListComprehension:
      return MakeListComprehensionEvaluator(*e, context);
    case ExprKind::kQuantifier:
      return MakeQuantifierEvaluator(*e, context);
    case ExprKind::kReduce:
      return MakeReduceEvaluator(*e, context);
    case ExprKind::kLabelTest:
      return MakeLabelEvaluator(*e, context);
    case ExprKind::kSubquery:
      return MakeSubqueryEvaluator(*e, context);
    case ExprKind::kPath:
      return MakePathEvaluator(*e, context);
  }
  return Internal("expression kind ", static_cast<int>(e->kind), " has no evaluator");
}

absl::StatusOr<std::vector<EvaluatorPtr>> CompileAll(const std::vector<bind::ExprRef>& list,
                                                     Context& context) {
  std::vector<EvaluatorPtr> out;
  out.reserve(list.size());
  for (const bind::ExprRef& e : list) {
    if (e == nullptr) {
      out.push_back(nullptr);
      continue;
    }
    SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr one, Compile(e, context));
    out.push_back(std::move(one));
  }
  return out;
}

absl::StatusOr<Value> EvalConstant(const bind::ExprRef& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr evaluator, Compile(e, context));
  Batch one;
  one.rows = 1;
  Column out;
  SKEIN_RETURN_IF_ERROR(EvalAll(*evaluator, one, &out));
  return out.At(0);
}

absl::Status EvalAll(Evaluator& evaluator, const Batch& batch, Column* out) {
  static const auto& first_rows = *new std::vector<uint32_t>(AllRows(kRowsKnown));
  if (batch.rows <= kRowsKnown) {
    return evaluator.Eval({&batch, nullptr, nullptr},
                          {std::span(first_rows).first(batch.rows), true}, out);
  }
  const std::vector<uint32_t> rows = AllRows(batch.rows);
  return evaluator.Eval({&batch, nullptr, nullptr}, {rows, true}, out);
}

bool GatherSlot(const Frame& frame, const Selection& selection, Slot slot, Column* out) {
  const Frame* at = &frame;
  std::vector<uint32_t> mapped;
  std::span<const uint32_t> rows = selection.rows;
  while (at != nullptr && !at->batch->has(slot)) {
    if (at->parent == nullptr) return false;
    std::vector<uint32_t> next;
    next.reserve(rows.size());
    for (const uint32_t row : rows) next.push_back((*at->parent_rows)[row]);
    mapped = std::move(next);
    rows = mapped;
    at = at->parent;
  }
  if (at == nullptr) return false;
  out->Gather(at->batch->at(slot), rows);
  return true;
}

absl::Status Predicates::Compile(const std::vector<bind::ExprRef>& list, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(evaluators_, CompileAll(list, context));
  for (const bind::ExprRef& e : list) positions_.push_back(e->position);
  return absl::OkStatus();
}

absl::Status Predicates::Filter(const Frame& frame, std::vector<uint32_t>* rows,
                                size_t batch_rows) {
  Column scratch;
  for (size_t p = 0; p < evaluators_.size() && !rows->empty(); ++p) {
    const Selection selection{*rows, rows->size() == batch_rows};
    SKEIN_ASSIGN_OR_RETURN(const Column* result,
                           evaluators_[p]->Borrow(frame, selection, &scratch));
    std::vector<uint32_t> kept;
    kept.reserve(rows->size());
    for (size_t i = 0; i < rows->size(); ++i) {
      const Value v = result->At(i);
      if (v.is_null()) continue;
      if (v.kind() != ValueKind::kBoolean) {
        return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                              std::string("a predicate must be a boolean, found ") +
                                  std::string(KindName(v.kind())) + " " + ToLiteral(v),
                              positions_[p]);
      }
      if (v.boolean()) kept.push_back((*rows)[i]);
    }
    *rows = std::move(kept);
  }
  return absl::OkStatus();
}

}  // namespace skein::exec
