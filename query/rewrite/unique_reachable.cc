// unique_reachable: what is above a search by frontiers (kReachable) is done by the search, which
// knows every vertex that it has seen.
//
//   WHERE b <> a          the search leaves its start out
//   count(DISTINCT b)     the search yields each vertex once, whatever the start; then rows are
//                         counted, and nobody remembers the vertices a second time
//
// Right     the filter stands directly above the search, and for the second only filters stand
//           between, the aggregation has no groups, and all that it computes are such counts.
#include <algorithm>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprKind;
using bind::ExprRef;
using plan::Node;
using plan::NodeKind;

void LeaveStartOut(plan::NodePtr* at) {
  Node& filter = **at;
  if (filter.kind != NodeKind::kFilter || filter.children[0]->kind != NodeKind::kReachable) return;
  Node& search = *filter.children[0];
  const size_t before = filter.exprs.size();
  std::erase_if(filter.exprs,
                [&search](const ExprRef& e) { return SaysDifferent(e, search.from, search.to); });
  search.skips_start |= filter.exprs.size() < before;
  if (filter.exprs.empty() && filter.distinct_pairs.empty()) *at = std::move(filter.children[0]);
}

// Filters that read nothing but `to` keep unique what is unique.
bool ReadsOnly(const Node& filter, plan::Slot to) {
  const std::vector<plan::Slot> read = plan::ReadSlots(filter);
  return filter.distinct_pairs.empty() &&
         std::all_of(read.begin(), read.end(), [to](plan::Slot slot) { return slot == to; });
}

void CountOnce(Node* node) {
  if (node->kind != NodeKind::kAggregate || !node->keys.empty() ||
      node->partition != plan::kNoSlot) {
    return;
  }
  Node* below = node->children[0].get();
  std::vector<const Node*> filters;
  while (below->kind == NodeKind::kFilter) {
    filters.push_back(below);
    below = below->children[0].get();
  }
  if (below->kind != NodeKind::kReachable || node->aggregates.empty()) return;
  const plan::Slot to = below->to;
  const bool counts =
      std::all_of(node->aggregates.begin(), node->aggregates.end(), [to](const auto& item) {
        const bind::Expr& call = *item.call;
        return call.function->name == "count" && call.distinct && call.args.size() == 1 &&
               call.args[0]->kind == ExprKind::kSlot && call.args[0]->slot == to;
      });
  const bool only = std::all_of(filters.begin(), filters.end(),
                                [to](const Node* filter) { return ReadsOnly(*filter, to); });
  if (!counts || !only) return;
  below->unique = true;
  for (auto& item : node->aggregates) {
    auto call = std::make_shared<bind::Expr>(*item.call);
    call->distinct = false;
    call->args.clear();
    item.call = std::move(call);
  }
}

}  // namespace

absl::Status UniqueReachable(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) {
    LeaveStartOut(at);
    CountOnce(at->get());
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
