#include "query/rewrite/rewrite.h"

#include <algorithm>
#include <array>

#include "query/plan/prune.h"
#include "query/rewrite/passes.h"
#include "storage/base/status.h"

namespace skein::rewrite {

namespace {

constexpr std::array kPasses = {
    Pass{"merge_filters", "neighbouring filters become one", &MergeFilters, true},
    Pass{"walk_predicates", "what all links of a walk must hold is asked of each", &WalkPredicates,
         true},
    Pass{"time_window", "ranges of a property that spells time are windows of time", &TimeWindow},
    Pass{"intersect", "hops that must meet are found from the lists of both ends", &Intersect},
    Pass{"exists_degree", "whether a vertex has a link is its degree", &ExistsDegree},
    Pass{"size_count", "the length of a list that nobody else reads is a count", &SizeCount, true},
    Pass{"subquery_degree", "COUNT of a vertex's links is its degree", &SubqueryDegree},
    Pass{"semi_start", "few vertices that something exists of are where to start", &SemiStart,
         true},
    Pass{"first_match", "of what only has to exist, one is looked for", &FirstMatch, true},
    Pass{"distinct_ends", "links with different ends are different", &DistinctEnds, true},
    Pass{"path_length", "who asks for a path's length gets no path", &PathLength, true},
    Pass{"count_store", "counts of labels and link types are looked up", &CountStore},
    Pass{"count_degree", "counts of a vertex's links are its degree", &CountDegree},
    Pass{"reachable_hops", "distinct ends of walks are found by frontiers", &ReachableHops, true},
    Pass{"unique_reachable", "ends found by frontiers are counted as they are found",
         &UniqueReachable, true},
    Pass{"top_k", "ORDER BY with LIMIT keeps what it gives", &TopK, true},
    Pass{"late_projection", "what ORDER BY with LIMIT drops is not computed", &LateProjection,
         true},
    Pass{"morsels", "big scans are shared by all cores", &Morsels, true},
};

bool IsOff(const std::vector<std::string>& off, std::string_view name) {
  return std::any_of(off.begin(), off.end(),
                     [name](const std::string& o) { return o == "*" || o == name; });
}

}  // namespace

bool SaysDifferent(const plan::ExprRef& e, plan::Slot a, plan::Slot b) {
  if (e->kind != bind::ExprKind::kComparison || e->comparisons.size() != 1 ||
      e->comparisons[0] != syntax::ComparisonOp::kNotEqual) {
    return false;
  }
  const auto is = [&e](size_t i, plan::Slot slot) {
    return e->args[i]->kind == bind::ExprKind::kSlot && e->args[i]->slot == slot;
  };
  return (is(0, a) && is(1, b)) || (is(0, b) && is(1, a));
}

std::span<const Pass> All() { return kPasses; }

std::span<const std::string_view> PlannerSwitches() {
  static constexpr std::array kSwitches = {kPatternOrder,    kJoinOrder,   kIndexes,
                                           kHashJoins,       kSemiJoins,   kJoinCosts,
                                           kCarryPredicates, kPruneColumns};
  return kSwitches;
}

namespace {

// Looks up once what every run would.
void NameTypes(plan::Plan* plan, const Catalog& catalog) {
  plan::VisitPlan(&plan->root, [&catalog](plan::NodePtr* at) {
    plan::Node& node = **at;
    for (const std::string& name : node.types) {
      const std::optional<LinkTypeId> id = catalog.FindLinkType(name);
      if (!id.has_value()) return node.type_ids.clear();
      node.type_ids.push_back(*id);
    }
    std::sort(node.type_ids.begin(), node.type_ids.end());
    node.type_ids.erase(std::unique(node.type_ids.begin(), node.type_ids.end()),
                        node.type_ids.end());
  });
}

}  // namespace

absl::StatusOr<plan::Plan> PlanAndRewrite(const bind::BoundStatement& statement,
                                          const Reader* reader, const Viewer* viewer,
                                          const std::vector<std::string>& off) {
  plan::PlanOptions options;
  options.reader = reader;
  options.viewer = viewer;
  options.by_cost = !IsOff(off, kPatternOrder);
  options.join_order = !IsOff(off, kJoinOrder);
  options.indexes = !IsOff(off, kIndexes);
  options.hash_joins = !IsOff(off, kHashJoins);
  options.semi_joins = !IsOff(off, kSemiJoins);
  // Of "*" hash joins are off, so their cost makes no difference.
  options.join_costs = !IsOff(off, kJoinCosts);
  options.carry_predicates = !IsOff(off, kCarryPredicates);
  SKEIN_ASSIGN_OR_RETURN(plan::Plan plan, plan::MakePlan(statement, options));
  const bool prune = !IsOff(off, kPruneColumns);
  // Passes ask which columns anybody reads, so that is known before and brought up to date after.
  plan::PruneColumns(&plan, true);
  for (const Pass& pass : kPasses) {
    if (IsOff(off, pass.name)) continue;
    if (plan.windowed && !pass.windows) continue;
    SKEIN_RETURN_IF_ERROR(pass.run(&plan, options));
    plan::PruneColumns(&plan, true);
  }
  plan::PruneColumns(&plan, prune);
  if (reader != nullptr) NameTypes(&plan, reader->catalog());
  return plan;
}

}  // namespace skein::rewrite
