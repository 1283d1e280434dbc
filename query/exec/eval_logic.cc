// AND, OR, XOR, comparisons and CASE: what need not be evaluated for a row is not.
#include <utility>

#include "query/exec/evaluators.h"
#include "query/functions/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

namespace fn = functions;
using bind::Expr;
using syntax::ComparisonOp;
using syntax::LogicalOp;

class LogicalEvaluator final : public Evaluator {
 public:
  LogicalEvaluator(const Expr& e, std::vector<EvaluatorPtr> operands)
      : e_(e), operands_(std::move(operands)) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    const size_t n = selection.size();
    std::vector<Value> result(n);
    std::vector<uint32_t> open = AllRows(n);  // positions that are not decided yet
    for (size_t k = 0; k < operands_.size() && !open.empty(); ++k) {
      std::vector<uint32_t> rows;
      rows.reserve(open.size());
      for (const uint32_t position : open) rows.push_back(selection.rows[position]);
      Column scratch;
      SKEIN_ASSIGN_OR_RETURN(
          const Column* column,
          operands_[k]->Borrow(frame, {rows, selection.all && rows.size() == n}, &scratch));
      std::vector<uint32_t> still;
      still.reserve(open.size());
      for (size_t i = 0; i < open.size(); ++i) {
        Value& so_far = result[open[i]];
        absl::StatusOr<Value> v = Step(k, so_far, column->At(i));
        if (!v.ok()) return WithPosition(v.status(), e_.args[k]->position);
        so_far = *std::move(v);
        if (!Decided(so_far)) still.push_back(open[i]);
      }
      open = std::move(still);
    }
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Value> Step(size_t k, const Value& so_far, Value next) const {
    switch (e_.logical) {
      case LogicalOp::kAnd:
        return fn::And(k == 0 ? Value::Boolean(true) : so_far, next);
      case LogicalOp::kOr:
        return fn::Or(k == 0 ? Value::Boolean(false) : so_far, next);
      case LogicalOp::kXor:
        return fn::Xor(k == 0 ? Value::Boolean(false) : so_far, next);
    }
    return Value();
  }
  bool Decided(const Value& v) const {
    if (v.is_null() || e_.logical == LogicalOp::kXor) return false;
    return v.boolean() == (e_.logical == LogicalOp::kOr);
  }

  const Expr& e_;
  std::vector<EvaluatorPtr> operands_;
};

Value CompareValues(ComparisonOp op, const Value& a, const Value& b) {
  switch (op) {
    case ComparisonOp::kEqual:
      return fn::Equals(a, b);
    case ComparisonOp::kNotEqual:
      return fn::NotEquals(a, b);
    case ComparisonOp::kLess:
      return fn::Less(a, b);
    case ComparisonOp::kLessEqual:
      return fn::LessOrEqual(a, b);
    case ComparisonOp::kGreater:
      return fn::Greater(a, b);
    case ComparisonOp::kGreaterEqual:
      return fn::GreaterOrEqual(a, b);
  }
  return {};
}

// Bare integers compare without going through the general order.
bool CompareIntegers(ComparisonOp op, int64_t a, int64_t b) {
  switch (op) {
    case ComparisonOp::kEqual:
      return a == b;
    case ComparisonOp::kNotEqual:
      return a != b;
    case ComparisonOp::kLess:
      return a < b;
    case ComparisonOp::kLessEqual:
      return a <= b;
    case ComparisonOp::kGreater:
      return a > b;
    case ComparisonOp::kGreaterEqual:
      return a >= b;
  }
  return false;
}

Value CompareAny(ComparisonOp op, const Value& a, const Value& b) {
  if (a.kind() == ValueKind::kInteger && b.kind() == ValueKind::kInteger) {
    return Value::Boolean(CompareIntegers(op, a.integer(), b.integer()));
  }
  return CompareValues(op, a, b);
}

class ComparisonEvaluator final : public Evaluator {
 public:
  ComparisonEvaluator(const Expr& e, std::vector<EvaluatorPtr> operands)
      : e_(e), operands_(std::move(operands)), scratch_(operands_.size()) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    std::vector<const Column*> columns(operands_.size());
    for (size_t i = 0; i < operands_.size(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(columns[i], operands_[i]->Borrow(frame, selection, &scratch_[i]));
    }
    const size_t n = selection.size();
    std::vector<Value> result;
    result.reserve(n);
    if (columns.size() == 2) {
      Pair(*columns[0], *columns[1], n, &result);
    } else {
      for (size_t row = 0; row < n; ++row) {
        SKEIN_ASSIGN_OR_RETURN(Value v, Chain(columns, row));
        result.push_back(std::move(v));
      }
    }
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  void Pair(const Column& a, const Column& b, size_t n, std::vector<Value>* result) const {
    const ComparisonOp op = e_.comparisons[0];
    const bool ids = op == ComparisonOp::kEqual || op == ComparisonOp::kNotEqual;
    if (ids && a.kind() == Column::Kind::kNode && b.kind() == Column::Kind::kNode) {
      for (size_t i = 0; i < n; ++i) {
        if (a.nodes()[i] == kNoNode || b.nodes()[i] == kNoNode) {
          result->emplace_back();
        } else {
          result->push_back(
              Value::Boolean((a.nodes()[i] == b.nodes()[i]) == (op == ComparisonOp::kEqual)));
        }
      }
      return;
    }
    if (a.kind() == Column::Kind::kValue && b.kind() == Column::Kind::kConstant) {
      for (size_t i = 0; i < n; ++i) {
        result->push_back(CompareAny(op, a.values()[i], b.constant()));
      }
      return;
    }
    for (size_t i = 0; i < n; ++i) result->push_back(CompareAny(op, a.At(i), b.At(i)));
  }

  absl::StatusOr<Value> Chain(const std::vector<const Column*>& columns, size_t row) const {
    Value so_far = Value::Boolean(true);
    for (size_t k = 0; k < e_.comparisons.size(); ++k) {
      SKEIN_ASSIGN_OR_RETURN(so_far,
                             fn::And(so_far, CompareAny(e_.comparisons[k], columns[k]->At(row),
                                                        columns[k + 1]->At(row))));
    }
    return so_far;
  }

  const Expr& e_;
  std::vector<EvaluatorPtr> operands_;
  std::vector<Column> scratch_;
};

class CaseEvaluator final : public Evaluator {
 public:
  CaseEvaluator(const Expr& e, std::vector<EvaluatorPtr> args) : e_(e), args_(std::move(args)) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    const size_t n = selection.size();
    std::vector<Value> result(n);
    std::vector<uint32_t> open = AllRows(n);
    Column subject;
    size_t next = 0;
    if (e_.flag) SKEIN_RETURN_IF_ERROR(args_[next++]->Eval(frame, selection, &subject));
    while (next + 1 < args_.size() && !open.empty()) {
      Column when;
      SKEIN_RETURN_IF_ERROR(EvalAt(*args_[next], frame, selection, open, &when));
      std::vector<uint32_t> hit;
      std::vector<uint32_t> miss;
      for (size_t i = 0; i < open.size(); ++i) {
        const Value v = when.At(i);
        const bool taken = e_.flag ? Equal(subject.At(open[i]), v).value_or(false)
                                   : v.kind() == ValueKind::kBoolean && v.boolean();
        (taken ? hit : miss).push_back(open[i]);
      }
      SKEIN_RETURN_IF_ERROR(Assign(*args_[next + 1], frame, selection, hit, &result));
      open = std::move(miss);
      next += 2;
    }
    SKEIN_RETURN_IF_ERROR(Assign(*args_.back(), frame, selection, open, &result));
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  static absl::Status EvalAt(Evaluator& e, const Frame& frame, const Selection& selection,
                             const std::vector<uint32_t>& positions, Column* out) {
    std::vector<uint32_t> rows;
    rows.reserve(positions.size());
    for (const uint32_t position : positions) rows.push_back(selection.rows[position]);
    return e.Eval(frame, {rows, selection.all && rows.size() == selection.size()}, out);
  }
  static absl::Status Assign(Evaluator& e, const Frame& frame, const Selection& selection,
                             const std::vector<uint32_t>& positions, std::vector<Value>* result) {
    if (positions.empty()) return absl::OkStatus();
    Column column;
    SKEIN_RETURN_IF_ERROR(EvalAt(e, frame, selection, positions, &column));
    for (size_t i = 0; i < positions.size(); ++i) (*result)[positions[i]] = column.At(i);
    return absl::OkStatus();
  }

  const Expr& e_;
  std::vector<EvaluatorPtr> args_;
};

template <typename T>
absl::StatusOr<EvaluatorPtr> Make(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(e.args, context));
  return EvaluatorPtr(std::make_unique<T>(e, std::move(args)));
}

}  // namespace

absl::StatusOr<EvaluatorPtr> MakeLogicalEvaluator(const Expr& e, Context& context) {
  return Make<LogicalEvaluator>(e, context);
}
absl::StatusOr<EvaluatorPtr> MakeComparisonEvaluator(const Expr& e, Context& context) {
  return Make<ComparisonEvaluator>(e, context);
}
absl::StatusOr<EvaluatorPtr> MakeCaseEvaluator(const Expr& e, Context& context) {
  return Make<CaseEvaluator>(e, context);
}

}  // namespace skein::exec
