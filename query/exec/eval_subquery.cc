// EXISTS, COUNT, COLLECT and pattern comprehensions: the inner plan runs once for all selected
// rows, each numbered by the partition column.
#include <utility>

#include "query/exec/evaluators.h"
#include "query/exec/operator.h"
#include "query/functions/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

using syntax::SubqueryKind;

class SubqueryEvaluator final : public Evaluator {
 public:
  SubqueryEvaluator(const bind::Subquery& subquery, Context& context)
      : subquery_(subquery), context_(context), inner_(*subquery.plan, subquery.partition) {}
  absl::Status Build() { return inner_.Build(context_); }

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    const size_t n = selection.size();
    Batch arguments;
    arguments.rows = n;
    for (const Slot slot : inner_.wanted()) {
      Column column;
      if (GatherSlot(frame, selection, slot, &column)) arguments.at(slot) = std::move(column);
    }
    arguments.at(inner_.partition()) = Ordinals(n);
    std::vector<int64_t> counts(n, 0);
    settled_.assign(subquery_.kind == SubqueryKind::kExists ? n : 0, 0);
    std::vector<ValueList> lists(subquery_.kind == SubqueryKind::kCollect ? n : 0);
    if (n > 0) {
      SKEIN_RETURN_IF_ERROR(inner_.Start(&arguments));
      context_.PushSettled(inner_.partition(), &settled_);
      const absl::Status drained = Drain(&counts, &lists);
      context_.PopSettled();
      SKEIN_RETURN_IF_ERROR(drained);
    }
    std::vector<Value> result(n);
    for (size_t i = 0; i < n; ++i) {
      switch (subquery_.kind) {
        case SubqueryKind::kExists:
          result[i] = Value::Boolean(counts[i] > 0);
          break;
        case SubqueryKind::kCount:
          result[i] = Value::Integer(counts[i]);
          break;
        case SubqueryKind::kCollect:
          if (subquery_.first) {
            if (!lists[i].empty()) result[i] = std::move(lists[i].front());
          } else {
            SKEIN_ASSIGN_OR_RETURN(result[i], functions::MakeList(std::move(lists[i]), context_));
          }
          break;
      }
    }
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  absl::Status Drain(std::vector<int64_t>* counts, std::vector<ValueList>* lists) {
    size_t open = counts->size();
    Batch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, inner_.Next(&batch));
      if (!more) return absl::OkStatus();
      const Column& partition = batch.at(inner_.partition());
      if (subquery_.kind == SubqueryKind::kCount && subquery_.result != kNoSlot) {
        const Column& parts = batch.at(subquery_.result);
        for (size_t i = 0; i < batch.rows; ++i) {
          (*counts)[static_cast<size_t>(partition.At(i).integer())] += parts.At(i).integer();
        }
        continue;
      }
      for (size_t i = 0; i < batch.rows; ++i) {
        const auto owner = static_cast<size_t>(partition.At(i).integer());
        if ((*counts)[owner]++ == 0) --open;
        if (!settled_.empty()) settled_[owner] = 1;
        if (subquery_.kind == SubqueryKind::kCollect) {
          (*lists)[owner].push_back(batch.at(subquery_.result).At(i));
        }
      }
      // One match is enough for EXISTS.
      if (subquery_.kind == SubqueryKind::kExists && open == 0) return absl::OkStatus();
    }
  }

  const bind::Subquery& subquery_;
  Context& context_;
  InnerPlan inner_;
  Context::Settled settled_;  // kExists: outer rows that have a match
};

}  // namespace

absl::StatusOr<EvaluatorPtr> MakeSubqueryEvaluator(const bind::Expr& e, Context& context) {
  if (e.subquery->plan == nullptr) return Internal("a subquery was not planned");
  auto out = std::make_unique<SubqueryEvaluator>(*e.subquery, context);
  SKEIN_RETURN_IF_ERROR(out->Build());
  return EvaluatorPtr(std::move(out));
}

}  // namespace skein::exec
