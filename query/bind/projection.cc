// Binding of WITH and RETURN: items, implicit grouping, ORDER BY, SKIP, LIMIT and WHERE.
#include <algorithm>
#include <set>
#include <utility>

#include "query/bind/binder.h"

namespace skein::bind {

namespace {

bool IsPlainSlot(const ExprRef& e) { return e->kind == ExprKind::kSlot; }

// Variables and properties of variables: the only grouping keys that an aggregating expression may
// repeat (openCypher, "Grouping keys").
bool IsSimpleKey(const ExprRef& e) {
  return IsPlainSlot(e) || (e->kind == ExprKind::kProperty && IsSimpleKey(e->args[0]));
}

absl::Status Ambiguous(const Expr& e) {
  return BindError(ErrorDetail::kAmbiguousAggregationExpression, e.position,
                   "beside an aggregate only constants and projected grouping keys may stand");
}

}  // namespace

// Where ORDER BY and WHERE of a projection stand: they see the projected names first, then, as far
// as rows still have them, the names from before.
struct Binder::AfterScope {
  Scope scope;
  std::vector<ProjectItem> originals;  // items as written, before aggregates were split off
  std::set<Slot> visible;              // slots that rows have afterwards
  bool collapsed = false;              // DISTINCT or aggregation: nothing else is left
};

absl::Status Binder::BindItems(const syntax::Projection& p, bool is_return, const PartState& state,
                               std::vector<ProjectItem>* items, Scope* after) {
  if (p.star) {
    if (state.scope.variables().empty() && is_return) {
      return BindError(ErrorDetail::kNoVariablesInScope, {}, "RETURN * without variables in scope");
    }
    for (const Variable& v : state.scope.variables()) {
      NoteRead(v.slot);
      items->push_back({v.name, MakeSlot(v.slot, v.type), v.slot});
      after->Add(v);
    }
    // `*` lists names in alphabetical order: what clients of the language expect.
    std::sort(items->begin(), items->end(),
              [](const ProjectItem& a, const ProjectItem& b) { return a.name < b.name; });
  }
  for (const syntax::ProjectionItem& item : p.items) {
    const bool twice = std::any_of(items->begin(), items->end(), [&item](const ProjectItem& other) {
      return other.name == item.name;
    });
    if (twice) {
      return BindError(ErrorDetail::kColumnNameConflict, item.span.begin,
                       "two columns are named `" + item.name + "`");
    }
    SKEIN_ASSIGN_OR_RETURN(ExprRef e, BindExpr(*item.expr, {state.scope, Aggregates::kAllowed}));
    const Slot slot = IsPlainSlot(e) ? e->slot : NewSlot(item.name);
    const bool named = item.alias.has_value() || item.expr->kind == syntax::ExprKind::kVariable;
    if (named) after->Add({item.name, slot, e->type});
    items->push_back({item.name, std::move(e), slot});
  }
  return absl::OkStatus();
}

absl::StatusOr<ExprRef> Binder::ReplaceAggregates(const ExprRef& e, Project* out) {
  if (e == nullptr) return ExprRef();
  if (e->kind == ExprKind::kAggregate) {
    for (const AggregateItem& known : out->aggregates) {
      if (SameExpr(known.call, e)) return MakeSlot(known.slot, e->type, e->position);
    }
    const Slot slot = NewSlot("");
    out->aggregates.push_back({e, slot});
    return MakeSlot(slot, e->type, e->position);
  }
  if (IsSimpleKey(e)) {
    for (const ProjectItem& key : out->groups) {
      if (SameExpr(key.expr, e)) return MakeSlot(key.slot, e->type, e->position);
    }
    if (e->kind == ExprKind::kSlot) return Ambiguous(*e);
  }
  if (e->kind == ExprKind::kSubquery) {
    for (const Slot slot : e->subquery->imports) {
      const bool key = std::any_of(out->groups.begin(), out->groups.end(),
                                   [slot](const ProjectItem& g) { return g.slot == slot; });
      if (!key) return Ambiguous(*e);
    }
    return e;
  }
  auto copy = std::make_shared<Expr>(*e);
  // Local variables of comprehensions and the like are no keys and need none.
  std::vector<Slot> locals;
  if (e->kind == ExprKind::kListComprehension || e->kind == ExprKind::kQuantifier) {
    locals = {e->slot};
  } else if (e->kind == ExprKind::kReduce) {
    locals = {e->slot, e->slot2};
  }
  const size_t groups = out->groups.size();
  for (const Slot local : locals) out->groups.push_back({"", MakeSlot(local, {}), local});
  absl::Status status;
  for (ExprRef& arg : copy->args) {
    absl::StatusOr<ExprRef> replaced = ReplaceAggregates(arg, out);
    if (!replaced.ok()) {
      status = replaced.status();
      break;
    }
    arg = *std::move(replaced);
  }
  out->groups.resize(groups);
  SKEIN_RETURN_IF_ERROR(status);
  return ExprRef(copy);
}

absl::Status Binder::SplitAggregates(Project* out) {
  for (const ProjectItem& item : out->items) {
    if (!ContainsAggregate(item.expr)) out->groups.push_back(item);
  }
  out->aggregating = out->groups.size() < out->items.size();
  if (!out->aggregating) {
    out->groups.clear();
    return absl::OkStatus();
  }
  for (ProjectItem& item : out->items) {
    if (ContainsAggregate(item.expr)) {
      SKEIN_ASSIGN_OR_RETURN(item.expr, ReplaceAggregates(item.expr, out));
    } else {
      item.expr = MakeSlot(item.slot, item.expr->type, item.expr->position);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ExprRef> Binder::BindAfter(const syntax::Expr& e, const AfterScope& at,
                                          Project* out) {
  SKEIN_ASSIGN_OR_RETURN(
      ExprRef bound,
      BindExpr(e, {at.scope, out->aggregating ? Aggregates::kAllowed : Aggregates::kRefused}));
  // What is spelt like a projected expression is that expression's value. Beside an aggregate only
  // simple keys and aggregates are, as in the projection itself.
  const bool whole = std::any_of(at.originals.begin(), at.originals.end(),
                                 [&](const auto& item) { return SameExpr(item.expr, bound); });
  const bool simple_only = !whole && ContainsAggregate(bound);
  bound = Transform(bound, [&at, simple_only](const ExprRef& node) -> ExprRef {
    if (IsPlainSlot(node)) return nullptr;
    if (simple_only && !IsSimpleKey(node) && node->kind != ExprKind::kAggregate) return nullptr;
    for (const ProjectItem& item : at.originals) {
      if (SameExpr(item.expr, node)) return MakeSlot(item.slot, node->type, node->position);
    }
    return nullptr;
  });
  if (ContainsAggregate(bound)) {
    // A new aggregate may read only what is projected.
    absl::Status visible;
    Walk(bound, [this, &at, &visible](const Expr& node) {
      if (node.kind != ExprKind::kAggregate) return visible.ok();
      for (const ExprRef& arg : node.args) {
        if (visible.ok()) visible = CheckVisible(arg, at);
      }
      return false;
    });
    SKEIN_RETURN_IF_ERROR(visible);
    // Projected names stand for grouping keys and aggregates alike here.
    const size_t groups = out->groups.size();
    for (const ProjectItem& item : out->items) {
      out->groups.push_back({"", MakeSlot(item.slot, {}), item.slot});
    }
    absl::StatusOr<ExprRef> replaced = ReplaceAggregates(bound, out);
    out->groups.resize(groups);
    if (!replaced.ok()) return replaced.status();
    bound = *std::move(replaced);
  }
  if (!at.collapsed) return bound;
  AfterScope with_aggregates = at;
  for (const AggregateItem& item : out->aggregates) with_aggregates.visible.insert(item.slot);
  const absl::Status visible = CheckVisible(bound, with_aggregates);
  if (!visible.ok()) return simple_only ? Ambiguous(*bound) : visible;
  return bound;
}

absl::Status Binder::CheckVisible(const ExprRef& e, const AfterScope& at) const {
  std::set<Slot> read;
  CollectSlots(e, &read);
  for (const Slot slot : read) {
    if (at.visible.contains(slot)) continue;
    return BindError(ErrorDetail::kUndefinedVariable, e->position,
                     "`" + slot_names_[slot] + "` is not visible after DISTINCT or aggregation");
  }
  return absl::OkStatus();
}

absl::StatusOr<ExprRef> Binder::BindRowCount(const syntax::Expr& e, std::string_view clause) {
  const Scope none;
  absl::StatusOr<ExprRef> bound = BindExpr(e, {none});
  if (!bound.ok()) {
    const auto error = QueryErrorOf(bound.status());
    if (error.has_value() && error->detail == ErrorDetail::kUndefinedVariable) {
      return BindError(ErrorDetail::kNonConstantExpression, error->position,
                       std::string(clause) + " cannot depend on the row");
    }
    return bound;
  }
  if (!(*bound)->type.may_be(Kinds::kInteger)) {
    return BindError(ErrorDetail::kInvalidArgumentType, e.span.begin,
                     std::string(clause) + " needs an integer, found " +
                         functions::TypeName((*bound)->type.kinds));
  }
  if ((*bound)->kind == ExprKind::kLiteral && (*bound)->literal.kind() == ValueKind::kInteger &&
      (*bound)->literal.integer() < 0) {
    return BindError(
        ErrorDetail::kNegativeIntegerArgument, e.span.begin,
        std::string(clause) + " needs an integer ≥ 0, found " + ToLiteral((*bound)->literal));
  }
  return bound;
}

absl::Status Binder::BindProjection(const syntax::Projection& p, const syntax::Expr* where,
                                    bool is_return, PartState* state) {
  auto project = std::make_shared<Project>();
  Scope after;
  SKEIN_RETURN_IF_ERROR(BindItems(p, is_return, *state, &project->items, &after));
  AfterScope at;
  at.originals = project->items;
  project->distinct = p.distinct;
  SKEIN_RETURN_IF_ERROR(SplitAggregates(project.get()));
  for (const ProjectItem& item : project->items) at.visible.insert(item.slot);
  at.collapsed = p.distinct || project->aggregating;
  at.scope = after;
  const auto keep = [&at](const Scope& names) {
    for (const Variable& v : names.variables()) {
      if (at.scope.Find(v.name) == nullptr) at.scope.Add(v);
    }
  };
  keep(state->outer);
  for (const Variable& v : state->outer.variables()) at.visible.insert(v.slot);
  keep(state->scope);
  for (const syntax::SortItem& item : p.order_by) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef key, BindAfter(*item.expr, at, project.get()));
    project->order.push_back({std::move(key), item.descending});
  }
  if (p.skip != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(project->skip, BindRowCount(*p.skip, "SKIP"));
  }
  if (p.limit != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(project->limit, BindRowCount(*p.limit, "LIMIT"));
  }
  if (where != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef predicate, BindAfter(*where, at, project.get()));
    SKEIN_RETURN_IF_ERROR(RequireBoolean(predicate));
    SplitAnd(predicate, &project->where);
  }
  // The next clause sees the projected names, and in EXISTS, COUNT and COLLECT the outer ones.
  for (const Variable& v : state->outer.variables()) {
    if (after.Find(v.name) == nullptr) after.Add(v);
  }
  if (is_return) {
    for (const ProjectItem& item : project->items) {
      state->part->outputs.push_back({item.name, nullptr, item.slot});
    }
  }
  state->scope = std::move(after);
  state->part->clauses.push_back(std::move(project));
  return absl::OkStatus();
}

}  // namespace skein::bind
