// Walk: what the trace.* procedures share: following links through time, level by level, from the
// store itself. Nothing of the graph is held but what was reached.
//
// Options   types       link types; without it all
//           direction   'out' (default), 'in', 'both'
//           time        the link property that says when; without it the beginning of the link's
//                       valid time. Links without a time are not followed
//           from, until moments: no link earlier, none later
//           strict      true: each link later than the one before; else no earlier (default)
//           wait        how long after the one before at most: a DURATION, or a number in the
//                       property's own unit
//           hubs        nodes with more links than this are not passed through (10,000)
// Times     of a property: INTEGER and FLOAT as they are, temporal values in µs UTC.
// Order     As Expand gives links: deterministic.
// Threads   One. Lifetime: borrows the context.
// Cost      One Expand a level.
#pragma once

#include <optional>
#include <vector>

#include "query/procedures/groups.h"
#include "query/procedures/options.h"
#include "query/procedures/work.h"
#include "storage/base/status.h"

namespace skein::procedures {

using functions::Type;

struct WalkOptions {
  std::vector<std::string> types;
  Direction direction = Direction::kOut;
  std::string time;
  double from = -1e300;
  double until = 1e300;
  bool strict = false;
  double wait = 1e300;
  int64_t hubs = 10'000;
};
// `direction`: where the options do not say.
WalkOptions ReadWalk(Options& options, Direction direction);

// One link from the frontier.
struct WalkStep {
  uint32_t source = 0;  // position in the frontier
  NodeId to{};
  LinkId link{};
  double time = 0;
};

class Walk {
 public:
  Walk(ProcedureContext& context, Spending& spending, WalkOptions options);

  // The links of a frontier within [from, until], backwards (against the direction) if asked.
  // `timed`: links without a time are left out; else their time is 0 and no bound holds.
  // Of nodes with more than `hubs` links only those that `keep_hubs` allows are expanded.
  absl::Status Expand(const std::vector<NodeId>& frontier, bool backwards, bool timed,
                      std::vector<WalkStep>* out);
  // `next` may follow a link at time `before`.
  bool Follows(double before, double next) const {
    return (options_.strict ? next > before : next >= before) && next - before <= options_.wait;
  }
  // The time as the caller's value: DATETIME for µs, else the number.
  Value TimeValue(double time) const;
  const WalkOptions& options() const { return options_; }
  // out[i] = 1: the node has more than `hubs` links of the types.
  absl::Status FindHubs(const std::vector<NodeId>& nodes, int64_t hubs, std::vector<uint8_t>* out);
  // Nodes that are expanded however many links they have: the ends a caller names.
  void AlwaysExpand(NodeId node) { always_.push_back(node); }

 private:
  ExpandOptions OptionsOf(bool backwards) const;

  ProcedureContext& context_;
  Spending& spending_;
  const WalkOptions options_;
  std::vector<LinkTypeId> types_;
  bool none_ = false;  // none of the types is in use
  bool temporal_ = true;
  std::vector<NodeId> always_;
};

}  // namespace skein::procedures
