// walk_predicates: `all(r IN rels WHERE …)` and `none(…)` over the links of a walk of variable
// length move into the walk, which then never goes on over a link that fails.
//
// Right     A walk passes the filter iff every one of its links passes; then so does every shorter
//           walk that it grew from. What decides null as false (a filter and the walk both) agrees.
#include <algorithm>
#include <utility>

#include "query/plan/slots.h"
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::Expr;
using bind::ExprKind;
using bind::ExprRef;
using plan::Node;
using plan::NodeKind;

bool HasSubquery(const ExprRef& e) {
  bool found = false;
  bind::Walk(e, [&found](const Expr& node) {
    found |= node.kind == ExprKind::kSubquery;
    return !found;
  });
  return found;
}

// The slot of links that a quantifier runs over: `rels`, or relationships(p) of a path whose one
// link is a walk. `project` gives paths their values; null where there is none.
bind::Slot WalkOf(const Expr& list, const Node* project) {
  if (list.kind == ExprKind::kSlot) return list.slot;
  if (list.kind != ExprKind::kFunction || list.function->name != "relationships" ||
      list.args[0]->kind != ExprKind::kSlot || project == nullptr) {
    return bind::kNoSlot;
  }
  for (const auto& item : project->items) {
    if (item.slot != list.args[0]->slot || item.expr->kind != ExprKind::kPath) continue;
    if (item.expr->args.size() == 3 && item.expr->args[1]->kind == ExprKind::kSlot) {
      return item.expr->args[1]->slot;
    }
  }
  return bind::kNoSlot;
}

// The quantifier's condition about one link, which it reads from `element`.
ExprRef ConditionOf(const Expr& e, bind::Slot element) {
  ExprRef test = bind::Transform(e.args[1], [&e, element](const ExprRef& part) -> ExprRef {
    if (part->kind != ExprKind::kSlot || part->slot != e.slot) return nullptr;
    return bind::MakeSlot(element, part->type, part->position);
  });
  if (e.quantifier == syntax::QuantifierKind::kAll) return test;
  auto negated = std::make_shared<Expr>();
  negated->kind = ExprKind::kUnary;
  negated->unary = syntax::UnaryOp::kNot;
  negated->position = e.position;
  negated->type = bind::Type::Of(bind::Kinds::kBoolean);
  negated->args = {std::move(test)};
  return negated;
}

bool MayMove(const ExprRef& e) {
  return e->kind == ExprKind::kQuantifier && e->args[1] != nullptr &&
         (e->quantifier == syntax::QuantifierKind::kAll ||
          e->quantifier == syntax::QuantifierKind::kNone) &&
         !bind::IsVolatile(e) && !HasSubquery(e);
}

// Moves what it can of the filter into a walk below. True: something moved.
bool Move(Node* filter, Plan* plan) {
  bool moved = false;
  std::erase_if(filter->exprs, [&](const ExprRef& e) {
    if (!MayMove(e)) return false;
    const Node* project = nullptr;
    Node* at = filter->children[0].get();
    while (at->kind == NodeKind::kFilter || at->kind == NodeKind::kProject ||
           at->kind == NodeKind::kVarExpand) {
      if (at->kind == NodeKind::kProject && project == nullptr) project = at;
      if (at->kind == NodeKind::kVarExpand && at->link == WalkOf(*e->args[0], project)) break;
      at = at->children[0].get();
    }
    if (at->kind != NodeKind::kVarExpand) return false;
    std::set<bind::Slot> read;
    bind::CollectSlots(e->args[1], &read);
    read.erase(e->slot);
    const std::set<bind::Slot> there = plan::AvailableSlots(*at->children[0]);
    if (!std::includes(there.begin(), there.end(), read.begin(), read.end())) return false;
    if (at->element == bind::kNoSlot) at->element = plan::AddSlot(plan, "#link");
    at->element_predicates.push_back(ConditionOf(*e, at->element));
    moved = true;
    return true;
  });
  return moved;
}

}  // namespace

absl::Status WalkPredicates(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [plan](plan::NodePtr* node) {
    if ((*node)->kind != NodeKind::kFilter || !Move(node->get(), plan)) return;
    if ((*node)->exprs.empty() && (*node)->distinct_pairs.empty()) {
      *node = std::move((*node)->children[0]);
    }
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
