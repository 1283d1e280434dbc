// Patterns to operators, the paths: quantified ones, shortest ones, and what holds all along a
// path.
#include <algorithm>
#include <cmath>
#include <utility>

#include "query/plan/builder.h"

namespace skein::plan {

namespace {

using bind::ExprKind;

NodePtr NewArgument(Slot partition) {
  auto node = std::make_unique<Node>(NodeKind::kArgument);
  node->partition = partition;
  return node;
}

}  // namespace

// A quantified path: one step is planned from its known end, and repeated.
absl::Status PatternPlanner::PlaceRepeat(size_t index, bool from_left, bool to_bound) {
  const bind::PatternGroup& group = *pattern_.links[index].group;
  Builder::State inner;
  inner.partition = builder_.NewSlot("#walk");
  inner.plan = NewArgument(inner.partition);
  inner.bound = state_->bound;
  const Slot step_from = from_left ? group.left : group.right;
  inner.bound.insert(step_from);
  PatternPlanner planner(builder_, group.pattern, &inner);
  SKEIN_RETURN_IF_ERROR(planner.Run());
  const double step = std::max(0.01, inner.plan->estimated_rows);
  SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kRepeat, state_));
  Describe(index, from_left, node);
  node->to_bound = to_bound;
  node->partition = inner.partition;
  node->step_from = step_from;
  node->step_to = from_left ? group.right : group.left;
  node->step_links = group.links;
  node->collected = group.collected;
  const auto hops = static_cast<double>(std::min<int64_t>(node->max, 6));
  node->estimated_rows = std::max(1.0, node->estimated_rows * std::pow(step, hops));
  node->children.push_back(std::move(inner.plan));
  link_placed_[index] = 1;
  state_->bound.insert({node->link, node->to});
  for (const auto& [within, list] : node->collected) state_->bound.insert(list);
  return PlacePredicates();
}

absl::Status PatternPlanner::PlaceShortest(size_t index) {
  const bind::PatternLink& l = pattern_.links[index];
  SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kShortestPath, state_));
  Describe(index, true, node);
  node->all_shortest = l.mode == syntax::PathMode::kAllShortest;
  node->selected = l.selected;
  node->groups = l.groups;
  node->count = l.count;
  // Of a selector WHERE asks what was chosen; of shortestPath() it is part of what is looked for.
  if (!l.selected) AddPathPredicates(l, node);
  link_placed_[index] = 1;
  state_->bound.insert(l.slot);
  return PlacePredicates();
}

// all(n IN nodes(p) WHERE …) and the like hold of the path that is looked for, not of one that was
// found first: the search must know them.
void PatternPlanner::AddPathPredicates(const bind::PatternLink& link, Node* node) const {
  std::set<Slot> own = {link.slot};
  for (const bind::PatternPath& path : pattern_.paths) {
    if (bind::ReadsSlot(path.value, link.slot)) own.insert(path.slot);
  }
  for (const ExprRef& e : pattern_.predicates) {
    const bool all = e->kind == ExprKind::kQuantifier && e->args[1] != nullptr &&
                     (e->quantifier == syntax::QuantifierKind::kAll ||
                      e->quantifier == syntax::QuantifierKind::kNone);
    if (!all) continue;
    const bind::Expr& list = *e->args[0];
    bool nodes = false;
    Slot of = list.slot;
    if (list.kind == ExprKind::kFunction && list.args.size() == 1 &&
        list.args[0]->kind == ExprKind::kSlot) {
      of = list.args[0]->slot;
      nodes = list.function->name == "nodes";
      if (!nodes && list.function->name != "relationships") continue;
    } else if (list.kind != ExprKind::kSlot) {
      continue;
    }
    if (!own.contains(of)) continue;
    // Whatever else it reads must be there before the search.
    if (!Ready(e->args[1], e->slot)) continue;
    ExprRef test = e->args[1];
    if (e->quantifier == syntax::QuantifierKind::kNone) {
      auto negated = std::make_shared<bind::Expr>();
      negated->kind = ExprKind::kUnary;
      negated->unary = syntax::UnaryOp::kNot;
      negated->position = e->position;
      negated->args = {test};
      test = std::move(negated);
    }
    (nodes ? node->node_elements : node->link_elements).push_back(e->slot);
    (nodes ? node->node_predicates : node->element_predicates).push_back(test);
  }
}

// isValid(link, from, to)
ExprRef PatternPlanner::HeldThen(Slot link) const {
  auto e = std::make_shared<bind::Expr>();
  e->kind = ExprKind::kFunction;
  e->function = functions::AllFunctions().Find("isValid");
  e->type = bind::Type::Of(bind::Kinds::kBoolean);
  e->args = {bind::MakeSlot(link, bind::Type::Of(bind::Kinds::kLink)), pattern_.valid_from};
  if (pattern_.valid_to != nullptr) e->args.push_back(pattern_.valid_to);
  return e;
}

// Do the conditions on a walk's steps read anything but the step? Then it cannot be found apart.
bool PatternPlanner::ReadsOutside(const bind::PatternLink& link) {
  std::set<Slot> read;
  for (const ExprRef& e : link.element_predicates) bind::CollectSlots(e, &read);
  read.erase(link.element);
  if (link.group != nullptr) {
    const bind::Pattern& step = link.group->pattern;
    for (const ExprRef& e : step.predicates) bind::CollectSlots(e, &read);
    for (const bind::PatternNode& n : step.nodes) read.erase(n.slot);
    for (const bind::PatternLink& l : step.links) read.erase(l.slot);
  }
  return !read.empty();
}

}  // namespace skein::plan
