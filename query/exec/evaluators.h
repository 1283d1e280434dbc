// Makers of the evaluators of single kinds; private to query/exec (evaluator.h is the entry).
#pragma once

#include "query/exec/evaluator.h"

namespace skein::exec {

// eval_access.cc
absl::StatusOr<EvaluatorPtr> MakeSlotEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakePropertyEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakeLabelEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakeMapProjectionEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakePathEvaluator(const bind::Expr& e, Context& context);
// eval_lists.cc
absl::StatusOr<EvaluatorPtr> MakeListComprehensionEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakeQuantifierEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakeReduceEvaluator(const bind::Expr& e, Context& context);
// eval_logic.cc
absl::StatusOr<EvaluatorPtr> MakeLogicalEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakeCaseEvaluator(const bind::Expr& e, Context& context);
absl::StatusOr<EvaluatorPtr> MakeComparisonEvaluator(const bind::Expr& e, Context& context);
// eval_subquery.cc
absl::StatusOr<EvaluatorPtr> MakeSubqueryEvaluator(const bind::Expr& e, Context& context);

}  // namespace skein::exec
