// Makers of the operators, one file each; private to query/exec (operator.h is the entry).
#pragma once

#include "query/exec/operator.h"

namespace skein::exec {

absl::StatusOr<OperatorPtr> MakeScanNodes(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeSeekIds(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeSeekIndex(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeLinkEnds(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeExpand(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeDegree(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeExpandInto(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeIntersect(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeVarExpand(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeReachable(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeShortestPath(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeRepeat(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeSelect(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeFilter(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeProject(const plan::Node& node, OperatorPtr input, Context& c);
// What `node` and the operators below it give, made by several threads.
absl::StatusOr<OperatorPtr> MakePartialAggregate(const plan::Node& node, Context& c,
                                                 Workers& workers);
OperatorPtr MakeMorsels(const plan::Node& node, Context& c, Workers& workers);
absl::StatusOr<OperatorPtr> MakeAggregate(const plan::Node& node, OperatorPtr input,
                                          BuildContext& build);
absl::StatusOr<OperatorPtr> MakeDistinct(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeSort(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeLimit(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeUnwind(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeUnion(const plan::Node& node, std::vector<OperatorPtr> inputs,
                                      Context& c);
absl::StatusOr<OperatorPtr> MakeApply(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeJoin(const plan::Node& node, OperatorPtr left, OperatorPtr right,
                                     Context& c);
absl::StatusOr<OperatorPtr> MakeSemiJoin(const plan::Node& node, OperatorPtr left,
                                         OperatorPtr right, Context& c);
absl::StatusOr<OperatorPtr> MakeProcedure(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeEager(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeEmptyResult(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeCountStore(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeCreate(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeMerge(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeSet(const plan::Node& node, OperatorPtr input, Context& c);
absl::StatusOr<OperatorPtr> MakeDelete(const plan::Node& node, OperatorPtr input, Context& c);

// SKIP and LIMIT: an integer ≥ 0, or the error that says so.
absl::StatusOr<int64_t> RowCount(const bind::ExprRef& e, std::string_view clause, Context& c);

}  // namespace skein::exec
