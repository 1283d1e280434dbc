// List comprehensions, quantifiers and reduce: elements of all rows become the rows of one inner
// batch, so that what is read of the graph inside is read for all at once.
#include <algorithm>
#include <utility>

#include "query/exec/evaluators.h"
#include "query/functions/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

namespace fn = functions;
using bind::Expr;
using syntax::QuantifierKind;

// The elements of the lists of `selection`'s rows, one row each.
struct Elements {
  Batch batch;
  std::vector<uint32_t> parent_rows;  // row of the outer frame
  std::vector<uint32_t> positions;    // position in the selection

  absl::Status Fill(const Column& lists, const Selection& selection, Slot slot, Position at,
                    Context& context) {
    // A few milliseconds of copying; a list of lists may have hundreds of times as many.
    constexpr size_t kElementsPerCheck = size_t{1} << 18;
    std::vector<Value> values;
    size_t check_at = kElementsPerCheck;
    for (uint32_t i = 0; i < selection.size(); ++i) {
      const Value v = lists.At(i);
      if (v.is_null()) continue;
      if (values.size() >= check_at) {
        SKEIN_RETURN_IF_ERROR(context.Check());
        check_at = values.size() + kElementsPerCheck;
      }
      if (v.kind() != ValueKind::kList) {
        return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                              "expected a list, found " + std::string(KindName(v.kind())), at);
      }
      SKEIN_RETURN_IF_ERROR(context.Charge(v.list().size() * sizeof(Value)));
      for (const Value& element : v.list()) {
        values.push_back(element);
        parent_rows.push_back(selection.rows[i]);
        positions.push_back(i);
      }
    }
    batch.rows = values.size();
    batch.at(slot) = Column::Values(std::move(values));
    return absl::OkStatus();
  }
};

class ListComprehensionEvaluator final : public Evaluator {
 public:
  ListComprehensionEvaluator(const Expr& e, std::vector<EvaluatorPtr> args, Context& context)
      : e_(e), args_(std::move(args)), context_(context) {}

  absl::Status CompileWhere() {
    if (e_.args[1] == nullptr) return absl::OkStatus();
    return where_.Compile({e_.args[1]}, context_);
  }

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    Column lists;
    SKEIN_RETURN_IF_ERROR(args_[0]->Eval(frame, selection, &lists));
    Elements elements;
    SKEIN_RETURN_IF_ERROR(elements.Fill(lists, selection, e_.slot, e_.position, context_));
    const Frame inner{&elements.batch, &frame, &elements.parent_rows};
    std::vector<uint32_t> rows = AllRows(elements.batch.rows);
    SKEIN_RETURN_IF_ERROR(where_.Filter(inner, &rows, elements.batch.rows));
    Column projected;
    if (args_[2] != nullptr) {
      SKEIN_RETURN_IF_ERROR(
          args_[2]->Eval(inner, {rows, rows.size() == elements.batch.rows}, &projected));
    } else {
      projected.Gather(elements.batch.at(e_.slot), rows);
    }
    std::vector<ValueList> made(selection.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      made[elements.positions[rows[i]]].push_back(projected.At(i));
    }
    std::vector<Value> result(selection.size());
    for (size_t i = 0; i < result.size(); ++i) {
      if (lists.IsNull(i)) continue;
      SKEIN_ASSIGN_OR_RETURN(result[i], fn::MakeList(std::move(made[i]), context_));
    }
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  const Expr& e_;
  std::vector<EvaluatorPtr> args_;
  Context& context_;
  Predicates where_;
};

class QuantifierEvaluator final : public Evaluator {
 public:
  QuantifierEvaluator(const Expr& e, std::vector<EvaluatorPtr> args, Context& context)
      : e_(e), args_(std::move(args)), context_(context) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    Column lists;
    SKEIN_RETURN_IF_ERROR(args_[0]->Eval(frame, selection, &lists));
    Elements elements;
    SKEIN_RETURN_IF_ERROR(elements.Fill(lists, selection, e_.slot, e_.position, context_));
    const Frame inner{&elements.batch, &frame, &elements.parent_rows};
    const std::vector<uint32_t> rows = AllRows(elements.batch.rows);
    Column tested;
    if (args_[1] != nullptr) {
      SKEIN_RETURN_IF_ERROR(args_[1]->Eval(inner, {rows, true}, &tested));
    } else {
      tested.Gather(elements.batch.at(e_.slot), rows);
    }
    struct Tally {
      uint32_t yes = 0, no = 0, unknown = 0;
    };
    std::vector<Tally> tallies(selection.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      Tally& t = tallies[elements.positions[i]];
      const Value v = tested.At(i);
      if (v.is_null()) {
        ++t.unknown;
      } else if (v.kind() != ValueKind::kBoolean) {
        return MakeQueryError(
            ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
            "a predicate must be a boolean, found " + std::string(KindName(v.kind())), e_.position);
      } else {
        ++(v.boolean() ? t.yes : t.no);
      }
    }
    std::vector<Value> result(selection.size());
    for (size_t i = 0; i < result.size(); ++i) {
      if (!lists.IsNull(i)) result[i] = Judge(tallies[i].yes, tallies[i].no, tallies[i].unknown);
    }
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  Value Judge(uint32_t yes, uint32_t no, uint32_t unknown) const {
    switch (e_.quantifier) {
      case QuantifierKind::kAll:
        if (no > 0) return Value::Boolean(false);
        return unknown > 0 ? Value() : Value::Boolean(true);
      case QuantifierKind::kAny:
        if (yes > 0) return Value::Boolean(true);
        return unknown > 0 ? Value() : Value::Boolean(false);
      case QuantifierKind::kNone:
        if (yes > 0) return Value::Boolean(false);
        return unknown > 0 ? Value() : Value::Boolean(true);
      case QuantifierKind::kSingle:
        if (yes > 1) return Value::Boolean(false);
        return unknown > 0 ? Value() : Value::Boolean(yes == 1);
    }
    return {};
  }

  const Expr& e_;
  std::vector<EvaluatorPtr> args_;
  Context& context_;
};

// Step k runs for all rows whose list is longer than k.
class ReduceEvaluator final : public Evaluator {
 public:
  ReduceEvaluator(const Expr& e, std::vector<EvaluatorPtr> args, Context& context)
      : e_(e), args_(std::move(args)), context_(context) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    Column init;
    Column lists;
    SKEIN_RETURN_IF_ERROR(args_[0]->Eval(frame, selection, &init));
    SKEIN_RETURN_IF_ERROR(args_[1]->Eval(frame, selection, &lists));
    const size_t n = selection.size();
    std::vector<Value> state(n);
    std::vector<Value> held(n);
    size_t longest = 0;
    for (size_t i = 0; i < n; ++i) {
      held[i] = lists.At(i);
      if (held[i].is_null()) continue;
      if (held[i].kind() != ValueKind::kList) {
        return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                              "expected a list, found " + std::string(KindName(held[i].kind())),
                              e_.position);
      }
      state[i] = init.At(i);
      longest = std::max(longest, held[i].list().size());
    }
    for (size_t k = 0; k < longest; ++k) {
      SKEIN_RETURN_IF_ERROR(context_.Check());
      std::vector<uint32_t> positions;
      std::vector<uint32_t> parent_rows;
      std::vector<Value> elements;
      std::vector<Value> accumulators;
      for (uint32_t i = 0; i < n; ++i) {
        if (held[i].is_null() || held[i].list().size() <= k) continue;
        positions.push_back(i);
        parent_rows.push_back(selection.rows[i]);
        elements.push_back(held[i].list()[k]);
        accumulators.push_back(state[i]);
      }
      Batch batch;
      batch.rows = positions.size();
      batch.at(e_.slot) = Column::Values(std::move(elements));
      batch.at(e_.slot2) = Column::Values(std::move(accumulators));
      const Frame inner{&batch, &frame, &parent_rows};
      const std::vector<uint32_t> rows = AllRows(batch.rows);
      Column next;
      SKEIN_RETURN_IF_ERROR(args_[2]->Eval(inner, {rows, true}, &next));
      for (size_t i = 0; i < positions.size(); ++i) state[positions[i]] = next.At(i);
    }
    *out = Column::Values(std::move(state));
    return absl::OkStatus();
  }

 private:
  const Expr& e_;
  std::vector<EvaluatorPtr> args_;
  Context& context_;
};

}  // namespace

absl::StatusOr<EvaluatorPtr> MakeListComprehensionEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(e.args, context));
  auto out = std::make_unique<ListComprehensionEvaluator>(e, std::move(args), context);
  SKEIN_RETURN_IF_ERROR(out->CompileWhere());
  return EvaluatorPtr(std::move(out));
}

absl::StatusOr<EvaluatorPtr> MakeQuantifierEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(e.args, context));
  return EvaluatorPtr(std::make_unique<QuantifierEvaluator>(e, std::move(args), context));
}

absl::StatusOr<EvaluatorPtr> MakeReduceEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(e.args, context));
  return EvaluatorPtr(std::make_unique<ReduceEvaluator>(e, std::move(args), context));
}

}  // namespace skein::exec
