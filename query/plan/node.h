// Plan nodes: what the planner builds, rewrites change, EXPLAIN prints and the executor runs.
//
// Shape     A tree; children[0] is the input, children[1] a join's other side or an Apply's inner
//           plan. Each kind uses the fields that its comment names; the rest is empty.
// Leaves    kArgument: inside an Apply (CALL, OPTIONAL MATCH, MERGE, EXISTS …) the rows that the
//           outer plan hands in; elsewhere one row without columns.
// Partition Inside an Apply every row carries the number of the outer row that it belongs to, in
//           slot `partition`. Operators that look across rows (aggregate, sort, distinct, limit)
//           work per partition, so that one run of the inner plan serves a whole outer batch.
// Live      slots that somebody above reads, filled in by PruneColumns (prune.h), which is the last
//           step; operators copy no other columns.
// Threads   Immutable once planned; one plan may run many times at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "query/bind/query.h"
#include "storage/schema/catalog.h"

namespace skein::plan {

using bind::ExprRef;
using bind::kNoSlot;
using bind::Slot;

enum class NodeKind : uint8_t {
  kArgument,
  // Access to the graph; output slot `to`, or `link` with its ends.
  kScanNodes,     // label: empty for all
  kSeekIds,       // exprs[0]: an id or a list of ids, as id() and elementId() give them
  kSeekIndex,     // label or labels, index_keys: the first in exprs, the next seek_low/seek_high
  kLinkEnds,      // link is bound: from, to become its ends (checked where bound)
  kExpand,        // from → link, to
  kExpandInto,    // from and to are bound → link
  kIntersect,     // legs: from is bound, link → to, which all of them reach
  kVarExpand,     // from → list of links, to (checked where to_bound)
  kShortestPath,  // from and to bound → list of links
  kRepeat,        // a quantified path: children[1], once a step; from → lists, to (checked where
                  // to_bound)
  kSelect,        // of the rows with the same partition and `keys` those with the smallest exprs[0]
  // Rows.
  kFilter,     // exprs; distinct_pairs: links (or lists of links) without a common one
  kProject,    // items: slot = expr
  kAggregate,  // keys, aggregates
  kDistinct,   // keys
  kSort,       // sort
  kTop,        // sort, limit, skip
  kSkip,
  kLimit,
  kUnwind,  // exprs[0] → to
  kUnion,   // children: the parts; part_slots[i] → keys
  kApply,   // children[1] per row of children[0]
  kJoin,    // hash join on left_keys = right_keys; none: Cartesian product
  // Rows of children[0] whose left_keys are (kAntiJoin: are not) among the right_keys of
  // children[1], which reads no outer row.
  kSemiJoin,
  kAntiJoin,
  kProcedure,
  kEager,        // all of the input before the first row of output
  kEmptyResult,  // drains the input, no rows
  kCountStore,   // the number of nodes with `label`, or of links of `types[0]`, as `to`
  kReachable,    // distinct vertices within min … max hops of from → to
  kDegree,       // the number of links of from, as `to`
  // Writes.
  kCreate,
  kMerge,  // children[1] finds, creation makes
  kSet,
  kDelete,
};

// A bound of the time from which links are valid: what `value` (computed of the input row) says in
// the node's time_unit.
struct TimeBound {
  syntax::ComparisonOp op = syntax::ComparisonOp::kEqual;  // time <op> value; never <>
  ExprRef value;
};

// One of the hops that end in one vertex.
struct Leg {
  Slot from = kNoSlot;
  Slot link = kNoSlot;
  bind::LinkDirection direction = bind::LinkDirection::kRight;
  std::vector<std::string> types;
  std::vector<Slot> distinct_links;  // links, of legs before it too, that its own must differ from
};

struct Node {
  explicit Node(NodeKind k) : kind(k) {}
  NodeKind kind;
  std::vector<std::unique_ptr<Node>> children;
  double estimated_rows = 1;
  // > 0: rows of the scan below; what this gives may be made by several threads, of kAggregate what
  // it takes in may be grouped by them (rewrite/morsels.cc).
  double morsel_rows = 0;
  std::vector<Slot> live;
  Slot partition = kNoSlot;

  // Access.
  Slot from = kNoSlot;
  Slot to = kNoSlot;
  Slot link = kNoSlot;
  bool from_bound = true;  // kLinkEnds
  bool to_bound = false;   // kLinkEnds, kVarExpand
  std::string label;
  std::vector<std::string> labels;  // kSeekIndex: any of these instead
  // kSeekIndex: the index of the label, or of each of `labels`.
  std::vector<uint32_t> index_ids;
  std::vector<std::string> index_keys;
  bind::LinkDirection direction = bind::LinkDirection::kRight;
  std::vector<std::string> types;
  // Of `types`, ascending, where all were in use when the plan was made: a name keeps its id.
  std::vector<LinkTypeId> type_ids;
  int64_t min = 1;
  int64_t max = 1;
  bool all_shortest = false;
  bool walk = false;  // kVarExpand, kShortestPath, kRepeat: links may repeat
  syntax::PathRestrictor restrictor = syntax::PathRestrictor::kDefault;
  // kShortestPath of a selector, kSelect: how many paths (or lengths, with `groups`).
  bool selected = false;
  bool groups = false;
  int64_t count = 1;
  // kShortestPath: only the size of the list is read, so it holds nulls (rewrite/path_length.cc).
  bool only_size = false;
  // kRepeat: the step; `step_from` in its argument is where it starts, `step_to` where it ends.
  Slot step_from = kNoSlot;
  Slot step_to = kNoSlot;
  std::vector<Slot> step_links;
  std::vector<std::pair<Slot, Slot>> collected;  // slot within the step, its list outside
  // Expand, ExpandInto, VarExpand, ShortestPath: links that held then; null: whenever.
  ExprRef valid_from, valid_to;
  bool reversed = false;             // kVarExpand, kShortestPath: `from` is the pattern's right end
  std::vector<Slot> distinct_links;  // links (or lists) that the new ones must differ from
  std::vector<std::pair<Slot, Slot>> distinct_pairs;
  Slot element = kNoSlot;
  std::vector<ExprRef> element_predicates;
  // kShortestPath: predicates over all nodes of the path, which read the node from any of
  // `node_elements`; element_predicates may read the link from any of `link_elements` too.
  std::vector<Slot> node_elements;
  std::vector<Slot> link_elements;
  std::vector<ExprRef> node_predicates;
  std::vector<Leg> legs;  // kIntersect
  // Of what walks links: all bounds hold of every link (rewrite/time_window.cc).
  std::vector<TimeBound> time_bounds;
  TimeUnit time_unit = TimeUnit::kSeconds;
  // kExpand: rows of an outer row that this partition slot names are no longer wanted once the
  // subquery has found one (rewrite/first_match.cc).
  Slot first_of = kNoSlot;
  Slot time = kNoSlot;  // kExpand: the link's time, an INTEGER in time_unit or null
  // kReachable: the start is never a row. unique: a vertex is a row once, whatever the start; then
  // only `to` may be live.
  bool skips_start = false;
  bool unique = false;

  // Expressions.
  std::vector<ExprRef> exprs;
  ExprRef seek_low, seek_high;
  bool low_inclusive = true, high_inclusive = true;
  // kSeekIndex of a point index: its first key is within a distance (`extent`) of `center`, or in
  // the box of these two corners; seek_low and seek_high are of its second key.
  ExprRef seek_center, seek_extent;
  bool seek_box = false;
  std::vector<bind::ProjectItem> items;
  std::vector<bind::AggregateItem> aggregates;
  std::vector<Slot> keys;
  std::vector<Slot> carried;  // kAggregate: slots of the outer row, the same for a whole partition
  std::vector<bind::SortKey> sort;
  ExprRef skip, limit;
  std::vector<std::vector<Slot>> part_slots;
  std::vector<ExprRef> left_keys, right_keys;

  // kApply, kMerge.
  bool optional = false;        // rows without a match stay, with nulls in `nulls`
  bool row_at_a_time = false;   // the inner plan writes: each outer row sees the one before
  bool passes_through = false;  // CALL { } without RETURN: outer rows, once each
  std::vector<Slot> nulls;

  // Procedures and writes.
  const procedures::ProcedureDef* procedure = nullptr;
  std::vector<std::pair<uint32_t, Slot>> yields;
  Position position;
  bind::Creation creation;
  std::vector<bind::SetItem> set_items;
  std::vector<bind::SetItem> on_create, on_match;
  bool detach = false;
};
using NodePtr = std::unique_ptr<Node>;

// A planned statement.
struct Plan {
  NodePtr root;
  ExprRef as_of;                           // the version or time that is read; null: the present
  std::vector<bind::ProjectItem> outputs;  // name and slot
  Slot slots = 0;
  std::vector<std::string> slot_names;
  std::vector<std::string> parameters;
  bool returns = false;
  bool reads = false;
  bool writes = false;
  // Rests on time keys (Catalog::GetTimeKey): for versions from `since` on, while the catalogue's
  // time_key_epoch stays.
  bool time_keys = false;
  Version since{};
  bool windowed = false;  // some operator has a window of valid time: rewrites must not lose it
};

std::string_view KindText(NodeKind kind);

// Rows that a node and all below it will handle, by the planner's guess.
double CostOf(const Node& node);

// Calls `visit` on every node, children first, inner plans of subquery expressions included.
void VisitPlan(NodePtr* root, const std::function<void(NodePtr*)>& visit);
// Expressions of a node itself.
std::vector<ExprRef> ExprsOf(const Node& node);
// Puts `replace` of it in place of every expression of a node itself.
void ReplaceExprs(Node* node, const std::function<ExprRef(const ExprRef&)>& replace);
// Slots that the node reads of its input (children[0]), and those that it adds.
std::vector<Slot> ReadSlots(const Node& node);
std::vector<Slot> AddedSlots(const Node& node);

}  // namespace skein::plan
