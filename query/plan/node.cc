#include "query/plan/node.h"

#include <set>

namespace skein::plan {

namespace {

using bind::ExprKind;

void AddExprsOfSet(const std::vector<bind::SetItem>& items, std::vector<ExprRef>* out) {
  for (const bind::SetItem& item : items) {
    for (const ExprRef& e : {item.target, item.key_expr, item.value}) {
      if (e != nullptr) out->push_back(e);
    }
  }
}

void VisitSubqueries(const Node& node, const std::function<void(NodePtr*)>& visit);

void VisitOne(NodePtr* node, const std::function<void(NodePtr*)>& visit) {
  for (NodePtr& child : (*node)->children) VisitOne(&child, visit);
  VisitSubqueries(**node, visit);
  visit(node);
}

void VisitSubqueries(const Node& node, const std::function<void(NodePtr*)>& visit) {
  for (const ExprRef& e : ExprsOf(node)) {
    bind::Walk(e, [&visit](const bind::Expr& expr) {
      if (expr.kind == ExprKind::kSubquery && expr.subquery->plan != nullptr) {
        // The holder shares its root; rewrites replace it in place.
        NodePtr root = std::make_unique<Node>(std::move(*expr.subquery->plan));
        VisitOne(&root, visit);
        *expr.subquery->plan = std::move(*root);
      }
      return true;
    });
  }
}

}  // namespace

std::string_view KindText(NodeKind kind) {
  struct Entry {
    NodeKind kind;
    std::string_view text;
  };
  static constexpr Entry kTexts[] = {
      {NodeKind::kArgument, "Argument"},
      {NodeKind::kScanNodes, "ScanNodes"},
      {NodeKind::kSeekIds, "SeekIds"},
      {NodeKind::kSeekIndex, "SeekIndex"},
      {NodeKind::kLinkEnds, "LinkEnds"},
      {NodeKind::kExpand, "Expand"},
      {NodeKind::kExpandInto, "ExpandInto"},
      {NodeKind::kIntersect, "Intersect"},
      {NodeKind::kVarExpand, "VarExpand"},
      {NodeKind::kShortestPath, "ShortestPath"},
      {NodeKind::kRepeat, "Repeat"},
      {NodeKind::kSelect, "Select"},
      {NodeKind::kFilter, "Filter"},
      {NodeKind::kProject, "Project"},
      {NodeKind::kAggregate, "Aggregate"},
      {NodeKind::kDistinct, "Distinct"},
      {NodeKind::kSort, "Sort"},
      {NodeKind::kTop, "Top"},
      {NodeKind::kSkip, "Skip"},
      {NodeKind::kLimit, "Limit"},
      {NodeKind::kUnwind, "Unwind"},
      {NodeKind::kUnion, "Union"},
      {NodeKind::kApply, "Apply"},
      {NodeKind::kJoin, "Join"},
      {NodeKind::kSemiJoin, "SemiJoin"},
      {NodeKind::kAntiJoin, "AntiJoin"},
      {NodeKind::kProcedure, "Procedure"},
      {NodeKind::kEager, "Eager"},
      {NodeKind::kEmptyResult, "EmptyResult"},
      {NodeKind::kCountStore, "CountStore"},
      {NodeKind::kReachable, "Reachable"},
      {NodeKind::kDegree, "Degree"},
      {NodeKind::kCreate, "Create"},
      {NodeKind::kMerge, "Merge"},
      {NodeKind::kSet, "Set"},
      {NodeKind::kDelete, "Delete"},
  };
  for (const Entry& entry : kTexts) {
    if (entry.kind == kind) return entry.text;
  }
  return "?";
}

double CostOf(const Node& node) {
  double cost = node.estimated_rows;
  for (const NodePtr& child : node.children) cost += CostOf(*child);
  for (const ExprRef& e : ExprsOf(node)) {
    bind::Walk(e, [&cost](const bind::Expr& expr) {
      const bool planned = expr.kind == ExprKind::kSubquery && expr.subquery->plan != nullptr;
      if (planned) cost += CostOf(*expr.subquery->plan);
      return true;
    });
  }
  return cost;
}

void VisitPlan(NodePtr* root, const std::function<void(NodePtr*)>& visit) { VisitOne(root, visit); }

std::vector<ExprRef> ExprsOf(const Node& node) {
  std::vector<ExprRef> out = node.exprs;
  const auto add = [&out](const ExprRef& e) {
    if (e != nullptr) out.push_back(e);
  };
  add(node.seek_low);
  add(node.seek_high);
  add(node.seek_center);
  add(node.seek_extent);
  add(node.valid_from);
  add(node.valid_to);
  add(node.skip);
  add(node.limit);
  for (const ExprRef& e : node.element_predicates) add(e);
  for (const ExprRef& e : node.node_predicates) add(e);
  for (const TimeBound& bound : node.time_bounds) add(bound.value);
  for (const auto& item : node.items) add(item.expr);
  for (const auto& item : node.aggregates) add(item.call);
  for (const auto& key : node.sort) add(key.expr);
  for (const ExprRef& e : node.left_keys) add(e);
  for (const ExprRef& e : node.right_keys) add(e);
  for (const auto& made : node.creation.nodes) add(made.properties);
  for (const auto& made : node.creation.links) add(made.properties);
  for (const auto& path : node.creation.paths) add(path.value);
  AddExprsOfSet(node.set_items, &out);
  AddExprsOfSet(node.on_create, &out);
  AddExprsOfSet(node.on_match, &out);
  return out;
}

void ReplaceExprs(Node* node, const std::function<ExprRef(const ExprRef&)>& replace) {
  const auto one = [&replace](ExprRef* e) {
    if (*e != nullptr) *e = replace(*e);
  };
  const auto all = [&one](std::vector<ExprRef>* list) {
    for (ExprRef& e : *list) one(&e);
  };
  const auto set = [&one](std::vector<bind::SetItem>* items) {
    for (bind::SetItem& item : *items) {
      for (ExprRef* e : {&item.target, &item.key_expr, &item.value}) one(e);
    }
  };
  for (auto* list : {&node->exprs, &node->element_predicates, &node->node_predicates,
                     &node->left_keys, &node->right_keys}) {
    all(list);
  }
  for (ExprRef* e : {&node->seek_low, &node->seek_high, &node->seek_center, &node->seek_extent,
                     &node->skip, &node->limit}) {
    one(e);
  }
  for (TimeBound& bound : node->time_bounds) one(&bound.value);
  for (auto& item : node->items) one(&item.expr);
  for (auto& item : node->aggregates) one(&item.call);
  for (auto& key : node->sort) one(&key.expr);
  for (auto& made : node->creation.nodes) one(&made.properties);
  for (auto& made : node->creation.links) one(&made.properties);
  for (auto& path : node->creation.paths) one(&path.value);
  for (auto* items : {&node->set_items, &node->on_create, &node->on_match}) set(items);
}

std::vector<Slot> AddedSlots(const Node& node) {
  std::vector<Slot> out;
  const auto add = [&out](Slot slot) {
    if (slot != kNoSlot) out.push_back(slot);
  };
  switch (node.kind) {
    case NodeKind::kScanNodes:
    case NodeKind::kSeekIds:
    case NodeKind::kSeekIndex:
    case NodeKind::kUnwind:
    case NodeKind::kCountStore:
    case NodeKind::kReachable:
    case NodeKind::kDegree:
      add(node.to);
      break;
    case NodeKind::kLinkEnds:
      if (!node.from_bound) add(node.from);
      if (!node.to_bound) add(node.to);
      break;
    case NodeKind::kExpand:
      add(node.link);
      add(node.to);
      add(node.time);
      break;
    case NodeKind::kExpandInto:
    case NodeKind::kShortestPath:
      add(node.link);
      break;
    case NodeKind::kIntersect:
      add(node.to);
      for (const Leg& leg : node.legs) add(leg.link);
      break;
    case NodeKind::kVarExpand:
      add(node.link);
      if (!node.to_bound) add(node.to);
      break;
    case NodeKind::kRepeat:
      add(node.link);
      if (!node.to_bound) add(node.to);
      for (const auto& [within, list] : node.collected) add(list);
      break;
    case NodeKind::kProject:
      for (const auto& item : node.items) add(item.slot);
      break;
    case NodeKind::kAggregate:
      for (const auto& item : node.aggregates) add(item.slot);
      break;
    case NodeKind::kUnion:
      for (const Slot slot : node.keys) add(slot);
      break;
    case NodeKind::kProcedure:
      for (const auto& [column, slot] : node.yields) add(slot);
      break;
    case NodeKind::kApply:
      for (const Slot slot : node.nulls) add(slot);
      break;
    case NodeKind::kCreate:
    case NodeKind::kMerge:
      for (const auto& made : node.creation.nodes) add(made.slot);
      for (const auto& made : node.creation.links) add(made.slot);
      for (const auto& path : node.creation.paths) add(path.slot);
      break;
    default:
      break;
  }
  return out;
}

std::vector<Slot> ReadSlots(const Node& node) {
  std::set<Slot> out;
  for (const ExprRef& e : ExprsOf(node)) bind::CollectSlots(e, &out);
  const auto add = [&out](Slot slot) {
    if (slot != kNoSlot) out.insert(slot);
  };
  // The partition of an Apply and its like numbers the rows of its inner plan, not of its input.
  if (node.kind != NodeKind::kApply && node.kind != NodeKind::kMerge &&
      node.kind != NodeKind::kRepeat) {
    add(node.partition);
  }
  switch (node.kind) {
    case NodeKind::kLinkEnds:
      add(node.link);
      if (node.from_bound) add(node.from);
      if (node.to_bound) add(node.to);
      break;
    case NodeKind::kExpand:
    case NodeKind::kReachable:
    case NodeKind::kDegree:
      add(node.from);
      add(node.first_of);
      break;
    case NodeKind::kExpandInto:
    case NodeKind::kShortestPath:
      add(node.from);
      add(node.to);
      break;
    case NodeKind::kVarExpand:
    case NodeKind::kRepeat:
      add(node.from);
      if (node.to_bound) add(node.to);
      break;
    case NodeKind::kIntersect:
      for (const Leg& leg : node.legs) {
        add(leg.from);
        for (const Slot slot : leg.distinct_links) add(slot);
      }
      break;
    case NodeKind::kAggregate:
    case NodeKind::kDistinct:
    case NodeKind::kSelect:
      for (const Slot slot : node.keys) add(slot);
      break;
    case NodeKind::kCreate:
    case NodeKind::kMerge:
      for (const auto& made : node.creation.links) {
        add(made.from);
        add(made.to);
      }
      break;
    default:
      break;
  }
  for (const Slot slot : node.distinct_links) add(slot);
  for (const auto& [a, b] : node.distinct_pairs) {
    add(a);
    add(b);
  }
  // What the node makes itself is not read of its input.
  for (const Slot slot : AddedSlots(node)) {
    if (node.kind != NodeKind::kProject && node.kind != NodeKind::kUnion) out.erase(slot);
  }
  out.erase(node.element);
  for (const Slot slot : node.node_elements) out.erase(slot);
  for (const Slot slot : node.link_elements) out.erase(slot);
  return {out.begin(), out.end()};
}

}  // namespace skein::plan
