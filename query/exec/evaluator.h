// Evaluators: bound expressions made ready to run over batches.
//
// Shape     Eval() computes the expression for the selected rows of a frame, as one column with one
//           entry per selected row, in the order of the selection. Only selected rows are touched:
//           CASE branches, AND and OR evaluate no row whose result is known already.
// Frames    A frame is a batch plus, for the local variables of comprehensions and the like, the
//           frame around it and the row there that each row belongs to.
// Errors    Those of operators and functions, with the place of the expression.
// Threads   One. Lifetime: borrows the Context and the plan.
// Cost      No look-up by name per row; properties, labels and subqueries are one call a batch.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "query/bind/expr.h"
#include "query/exec/batch.h"
#include "query/exec/context.h"

namespace skein::exec {

struct Frame {
  const Batch* batch = nullptr;
  const Frame* parent = nullptr;
  const std::vector<uint32_t>* parent_rows = nullptr;  // by row of `batch`
};

// Rows to evaluate. all: they are 0 … batch->rows − 1.
struct Selection {
  std::span<const uint32_t> rows;
  bool all = false;
  size_t size() const { return rows.size(); }
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  // Replaces *out.
  virtual absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) = 0;
  // The same, without a copy where the column lies in the batch as it is.
  virtual absl::StatusOr<const Column*> Borrow(const Frame& frame, const Selection& selection,
                                               Column* scratch) {
    SKEIN_RETURN_IF_ERROR(Eval(frame, selection, scratch));
    return static_cast<const Column*>(scratch);
  }
};
using EvaluatorPtr = std::unique_ptr<Evaluator>;

// Makes the tree ready; subqueries get operators of their own.
absl::StatusOr<EvaluatorPtr> Compile(const bind::ExprRef& e, Context& context);
absl::StatusOr<std::vector<EvaluatorPtr>> CompileAll(const std::vector<bind::ExprRef>& list,
                                                     Context& context);

// One value that no row decides: SKIP, LIMIT, ids.
absl::StatusOr<Value> EvalConstant(const bind::ExprRef& e, Context& context);

// Evaluates over all rows of a batch.
absl::Status EvalAll(Evaluator& evaluator, const Batch& batch, Column* out);

// The rows of `selection` where all predicates are true. INVALID_ARGUMENT (TypeError) where one is
// neither boolean nor null.
class Predicates {
 public:
  absl::Status Compile(const std::vector<bind::ExprRef>& list, Context& context);
  bool empty() const { return evaluators_.empty(); }
  absl::Status Filter(const Frame& frame, std::vector<uint32_t>* rows, size_t batch_rows);

 private:
  std::vector<EvaluatorPtr> evaluators_;
  std::vector<Position> positions_;
};

// The column of `slot`, wherever in the frames it lies; false: nowhere.
bool GatherSlot(const Frame& frame, const Selection& selection, Slot slot, Column* out);

}  // namespace skein::exec
