// Rewrites: passes that make a plan cheaper and never change its rows.
//
// Order     All() is the one list, run from first to last.
// Off       A pass can be left out by name, all by "*": tests compare the rows.
// Adding    One file per pass with a function of this shape, a line in rewrite.cc, the CMake list.
// Threads   Pure but for the statistics that a pass asks of the Reader.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/plan/node.h"
#include "query/plan/planner.h"

namespace skein::rewrite {

struct Pass {
  std::string_view name;
  std::string_view what;
  absl::Status (*run)(plan::Plan* plan, const plan::PlanOptions& options);
  // Knows windows of valid time (plan::Node::valid_from); others are left out where there is one.
  bool windows = false;
};

// Passes over the finished plan.
std::span<const Pass> All();

// Switches of the planner and of column pruning that are turned off by name as passes are.
inline constexpr std::string_view kPatternOrder = "pattern_order";
inline constexpr std::string_view kJoinOrder = "join_order";
inline constexpr std::string_view kIndexes = "indexes";
inline constexpr std::string_view kHashJoins = "hash_joins";
inline constexpr std::string_view kSemiJoins = "semi_joins";
inline constexpr std::string_view kJoinCosts = "join_costs";
inline constexpr std::string_view kCarryPredicates = "carry_predicates";
inline constexpr std::string_view kPruneColumns = "prune_columns";

// All of these.
std::span<const std::string_view> PlannerSwitches();

// Plans a bound statement and rewrites it; `off` names what is left out.
absl::StatusOr<plan::Plan> PlanAndRewrite(const bind::BoundStatement& statement,
                                          const Reader* reader, const Viewer* viewer,
                                          const std::vector<std::string>& off);

}  // namespace skein::rewrite
