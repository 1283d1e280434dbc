#include "tests/support/expression_evaluator.h"

#include "query/functions/operators.h"
#include "query/syntax/parser.h"

namespace skein::functions {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): a test's tree walk

absl::Status NotHere(std::string_view what) { return Unimplemented(what, " in this test"); }

class Walker {
 public:
  Walker(const Variables& variables, EvalContext& context)
      : variables_(variables), context_(context) {}

  absl::StatusOr<Value> Eval(const Expr& expr);

 private:
  using Result = absl::StatusOr<Value>;

  Result Binary(const BinaryExpr& e);
  Result Logical(const LogicalExpr& e);
  Result Comparison(const ComparisonExpr& e);
  Result Unary(const UnaryExpr& e);
  Result Case(const CaseExpr& e);
  Result CallOf(const CallExpr& e);
  Result Comprehension(const ListComprehensionExpr& e);
  Result Quantifier(const QuantifierExpr& e);
  Result Reduce(const ReduceExpr& e);
  Result SliceOf(const SliceExpr& e);

  Variables variables_;
  EvalContext& context_;
};

absl::StatusOr<Value> Walker::Eval(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return As<LiteralExpr>(expr).value;
    case ExprKind::kParameter: {
      const auto found = variables_.find("$" + As<ParameterExpr>(expr).name);
      if (found == variables_.end()) return NotHere("a parameter");
      return found->second;
    }
    case ExprKind::kVariable: {
      const auto found = variables_.find(As<VariableExpr>(expr).name);
      if (found == variables_.end()) return NotHere("an unknown variable");
      return found->second;
    }
    case ExprKind::kProperty: {
      SKEIN_ASSIGN_OR_RETURN(const Value object, Eval(*As<PropertyExpr>(expr).object));
      return Property(object, As<PropertyExpr>(expr).key.text, context_);
    }
    case ExprKind::kIndex: {
      SKEIN_ASSIGN_OR_RETURN(const Value object, Eval(*As<IndexExpr>(expr).object));
      SKEIN_ASSIGN_OR_RETURN(const Value index, Eval(*As<IndexExpr>(expr).index));
      return Index(object, index, context_);
    }
    case ExprKind::kSlice:
      return SliceOf(As<SliceExpr>(expr));
    case ExprKind::kUnary:
      return Unary(As<UnaryExpr>(expr));
    case ExprKind::kBinary:
      return Binary(As<BinaryExpr>(expr));
    case ExprKind::kLogical:
      return Logical(As<LogicalExpr>(expr));
    case ExprKind::kComparison:
      return Comparison(As<ComparisonExpr>(expr));
    case ExprKind::kList: {
      ValueList items;
      for (const ExprPtr& item : As<ListExpr>(expr).items) {
        SKEIN_ASSIGN_OR_RETURN(Value value, Eval(*item));
        items.push_back(std::move(value));
      }
      return MakeList(std::move(items), context_);
    }
    case ExprKind::kMap: {
      ValueMap entries;
      for (const MapEntry& entry : As<MapExpr>(expr).entries) {
        SKEIN_ASSIGN_OR_RETURN(Value value, Eval(*entry.value));
        entries.emplace_back(entry.key.text, std::move(value));
      }
      return MakeMap(std::move(entries), context_);
    }
    case ExprKind::kCase:
      return Case(As<CaseExpr>(expr));
    case ExprKind::kCall:
      return CallOf(As<CallExpr>(expr));
    case ExprKind::kListComprehension:
      return Comprehension(As<ListComprehensionExpr>(expr));
    case ExprKind::kQuantifier:
      return Quantifier(As<QuantifierExpr>(expr));
    case ExprKind::kReduce:
      return Reduce(As<ReduceExpr>(expr));
    default:
      return NotHere("an expression over a graph");
  }
}

absl::StatusOr<Value> Walker::SliceOf(const SliceExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(const Value object, Eval(*e.object));
  SliceBounds bounds{e.from != nullptr, e.to != nullptr, {}, {}};
  if (bounds.has_from) {
    SKEIN_ASSIGN_OR_RETURN(bounds.from, Eval(*e.from));
  }
  if (bounds.has_to) {
    SKEIN_ASSIGN_OR_RETURN(bounds.to, Eval(*e.to));
  }
  return Slice(object, bounds, context_);
}

absl::StatusOr<Value> Walker::Unary(const UnaryExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(const Value v, Eval(*e.operand));
  switch (e.op) {
    case UnaryOp::kNot:
      return Not(v);
    case UnaryOp::kPlus:
      return Plus(v);
    case UnaryOp::kMinus:
      return Negate(v);
    case UnaryOp::kIsNull:
      return Value::Boolean(v.is_null());
    case UnaryOp::kIsNotNull:
      return Value::Boolean(!v.is_null());
  }
  return Value::Null();
}

absl::StatusOr<Value> Walker::Binary(const BinaryExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(const Value a, Eval(*e.left));
  SKEIN_ASSIGN_OR_RETURN(const Value b, Eval(*e.right));
  switch (e.op) {
    case BinaryOp::kAdd:
      return Add(a, b, context_);
    case BinaryOp::kSubtract:
      return Subtract(a, b);
    case BinaryOp::kMultiply:
      return Multiply(a, b);
    case BinaryOp::kDivide:
      return Divide(a, b);
    case BinaryOp::kModulo:
      return Modulo(a, b);
    case BinaryOp::kPower:
      return Power(a, b);
    case BinaryOp::kIn:
      return In(a, b);
    case BinaryOp::kStartsWith:
      return StartsWith(a, b);
    case BinaryOp::kEndsWith:
      return EndsWith(a, b);
    case BinaryOp::kContains:
      return Contains(a, b);
    case BinaryOp::kMatches:
      return Matches(a, b, context_);
    case BinaryOp::kConcatenate:
      return Concatenate(a, b, context_);
  }
  return Value::Null();
}

absl::StatusOr<Value> Walker::Logical(const LogicalExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(Value out, Eval(*e.operands[0]));
  for (size_t i = 1; i < e.operands.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(const Value next, Eval(*e.operands[i]));
    const auto combine = e.op == LogicalOp::kAnd ? &And : e.op == LogicalOp::kOr ? &Or : &Xor;
    SKEIN_ASSIGN_OR_RETURN(out, combine(out, next));
  }
  return out;
}

absl::StatusOr<Value> Walker::Comparison(const ComparisonExpr& e) {
  constexpr Value (*kOps[])(const Value&, const Value&) = {
      &Equals, &NotEquals, &Less, &LessOrEqual, &Greater, &GreaterOrEqual};
  Value out = Value::Boolean(true);
  SKEIN_ASSIGN_OR_RETURN(Value left, Eval(*e.operands[0]));
  for (size_t i = 0; i < e.ops.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(Value right, Eval(*e.operands[i + 1]));
    SKEIN_ASSIGN_OR_RETURN(out, And(out, kOps[static_cast<size_t>(e.ops[i])](left, right)));
    left = std::move(right);
  }
  return out;
}

absl::StatusOr<Value> Walker::Case(const CaseExpr& e) {
  Value subject;
  if (e.subject != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(subject, Eval(*e.subject));
  }
  for (const CaseExpr::Branch& branch : e.branches) {
    SKEIN_ASSIGN_OR_RETURN(Value when, Eval(*branch.when));
    if (e.subject != nullptr) when = Equals(subject, when);
    if (when.kind() == ValueKind::kBoolean && when.boolean()) return Eval(*branch.then);
  }
  return e.otherwise != nullptr ? Eval(*e.otherwise) : Value::Null();
}

absl::StatusOr<Value> Walker::CallOf(const CallExpr& e) {
  const FunctionDef* def = AllFunctions().Find(e.name.text);
  if (def == nullptr) return NotFound("function ", e.name.text);
  if (def->is_aggregate() || e.star) return NotHere("aggregation");
  ValueList args;
  std::vector<Type> types;
  for (const ExprPtr& arg : e.args) {
    SKEIN_ASSIGN_OR_RETURN(Value value, Eval(*arg));
    args.push_back(std::move(value));
    types.push_back(Type::kAny);
  }
  SKEIN_RETURN_IF_ERROR(CheckCall(*def, types));
  return Call(*def, args, context_);
}

absl::StatusOr<Value> Walker::Comprehension(const ListComprehensionExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(const Value list, Eval(*e.list));
  if (list.is_null()) return Value::Null();
  if (list.kind() != ValueKind::kList) return NotHere("a comprehension of no list");
  ValueList out;
  const Variables before = variables_;
  for (const Value& item : list.list()) {
    variables_[e.variable.text] = item;
    if (e.where != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(const Value keep, Eval(*e.where));
      if (keep.kind() != ValueKind::kBoolean || !keep.boolean()) continue;
    }
    if (e.projection == nullptr) {
      out.push_back(item);
      continue;
    }
    SKEIN_ASSIGN_OR_RETURN(Value projected, Eval(*e.projection));
    out.push_back(std::move(projected));
  }
  variables_ = before;
  return MakeList(std::move(out), context_);
}

absl::StatusOr<Value> Walker::Quantifier(const QuantifierExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(const Value list, Eval(*e.list));
  if (list.is_null()) return Value::Null();
  if (list.kind() != ValueKind::kList) return NotHere("a quantifier of no list");
  int64_t yes = 0, no = 0, unknown = 0;
  const Variables before = variables_;
  for (const Value& item : list.list()) {
    variables_[e.variable.text] = item;
    Value holds = item;
    if (e.where != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(holds, Eval(*e.where));
    }
    (holds.is_null() ? unknown : holds.boolean() ? yes : no) += 1;
  }
  variables_ = before;
  switch (e.quantifier) {
    case QuantifierKind::kAll:
      if (no > 0) return Value::Boolean(false);
      return unknown > 0 ? Value::Null() : Value::Boolean(true);
    case QuantifierKind::kAny:
      if (yes > 0) return Value::Boolean(true);
      return unknown > 0 ? Value::Null() : Value::Boolean(false);
    case QuantifierKind::kNone:
      if (yes > 0) return Value::Boolean(false);
      return unknown > 0 ? Value::Null() : Value::Boolean(true);
    case QuantifierKind::kSingle:
      if (yes > 1) return Value::Boolean(false);
      return unknown > 0 ? Value::Null() : Value::Boolean(yes == 1);
  }
  return Value::Null();
}

absl::StatusOr<Value> Walker::Reduce(const ReduceExpr& e) {
  SKEIN_ASSIGN_OR_RETURN(Value total, Eval(*e.init));
  SKEIN_ASSIGN_OR_RETURN(const Value list, Eval(*e.list));
  if (list.is_null()) return Value::Null();
  const Variables before = variables_;
  for (const Value& item : list.list()) {
    variables_[e.accumulator.text] = total;
    variables_[e.variable.text] = item;
    SKEIN_ASSIGN_OR_RETURN(total, Eval(*e.step));
  }
  variables_ = before;
  return total;
}

// One row through WITH or RETURN; ORDER BY, SKIP, LIMIT and DISTINCT are the executor's.
absl::Status Project(const Projection& projection, const Variables& row, EvalContext& context,
                     std::vector<Value>* out) {
  if (projection.distinct || projection.star || !projection.order_by.empty() || projection.skip ||
      projection.limit) {
    return NotHere("DISTINCT, *, ORDER BY, SKIP, LIMIT");
  }
  for (const ProjectionItem& item : projection.items) {
    SKEIN_ASSIGN_OR_RETURN(Value value, Evaluate(*item.expr, row, context));
    out->push_back(std::move(value));
  }
  return absl::OkStatus();
}

absl::Status RunUnwind(const UnwindClause& clause, EvalContext& context,
                       std::vector<Variables>* rows) {
  std::vector<Variables> out;
  for (const Variables& row : *rows) {
    SKEIN_ASSIGN_OR_RETURN(const Value list, Evaluate(*clause.list, row, context));
    if (list.is_null()) continue;
    if (list.kind() != ValueKind::kList) return NotHere("UNWIND of no list");
    for (const Value& item : list.list()) {
      out.push_back(row);
      out.back()[clause.variable.text] = item;
    }
  }
  *rows = std::move(out);
  return absl::OkStatus();
}

absl::Status RunWith(const WithClause& clause, EvalContext& context, std::vector<Variables>* rows) {
  std::vector<Variables> out;
  for (const Variables& row : *rows) {
    std::vector<Value> values;
    SKEIN_RETURN_IF_ERROR(Project(clause.projection, row, context, &values));
    Variables next;
    for (const auto& [name, value] : row) {
      if (name[0] == '$') next[name] = value;
    }
    for (size_t i = 0; i < values.size(); ++i) next[clause.projection.items[i].name] = values[i];
    if (clause.where != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(const Value keep, Evaluate(*clause.where, next, context));
      if (keep.kind() != ValueKind::kBoolean || !keep.boolean()) continue;
    }
    out.push_back(std::move(next));
  }
  *rows = std::move(out);
  return absl::OkStatus();
}

}  // namespace

absl::Status TestContext::Charge(uint64_t bytes) {
  if (bytes > bytes_left) return ResourceExhausted("the test's memory is spent");
  bytes_left -= bytes;
  return absl::OkStatus();
}

absl::StatusOr<Value> Evaluate(const Expr& expr, const Variables& variables, EvalContext& context) {
  return Walker(variables, context).Eval(expr);
}

absl::StatusOr<Value> Evaluate(std::string_view text, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const ParsedExpression parsed, ParseExpression(text));
  return Evaluate(*parsed.expr, {}, context);
}

absl::StatusOr<TestRows> RunQuery(std::string_view text, const Variables& parameters,
                                  EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const Statement statement, Parse(text));
  if (statement.query == nullptr || statement.query->parts.size() != 1) return NotHere("UNION");
  std::vector<Variables> rows{parameters};
  for (const ClausePtr& clause : statement.query->parts[0].clauses) {
    switch (clause->kind) {
      case ClauseKind::kUnwind:
        SKEIN_RETURN_IF_ERROR(RunUnwind(As<UnwindClause>(*clause), context, &rows));
        break;
      case ClauseKind::kWith:
        SKEIN_RETURN_IF_ERROR(RunWith(As<WithClause>(*clause), context, &rows));
        break;
      case ClauseKind::kReturn: {
        const Projection& projection = As<ReturnClause>(*clause).projection;
        TestRows out;
        for (const ProjectionItem& item : projection.items) out.columns.push_back(item.name);
        for (const Variables& row : rows) {
          SKEIN_RETURN_IF_ERROR(Project(projection, row, context, &out.rows.emplace_back()));
        }
        return out;
      }
      default:
        return NotHere("a clause over a graph");
    }
  }
  return NotHere("a query without RETURN");
}

}  // namespace skein::functions
