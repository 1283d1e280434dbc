// Binding of statements, unions and all clauses but WITH and RETURN.
#include <algorithm>
#include <utility>

#include "query/bind/bind.h"
#include "query/bind/binder.h"
#include "query/bind/suggest.h"
#include "storage/base/status.h"

namespace skein::bind {

namespace {

using syntax::As;

// The pattern that finds what `creation` would make: for MERGE.
Pattern PatternOf(const syntax::PathPattern& path, const Creation& creation) {
  Pattern out;
  const auto add_properties = [&out](const ExprRef& element, const ExprRef& map) {
    if (map == nullptr) return;
    for (size_t i = 0; i < map->names.size(); ++i) {
      out.predicates.push_back(
          MakeComparison(MakeProperty(element, map->names[i], map->args[i]->position),
                         syntax::ComparisonOp::kEqual, map->args[i], map->args[i]->position));
    }
  };
  for (const NewNode& node : creation.nodes) {
    out.nodes.push_back({node.slot, false});
    const ExprRef element = MakeSlot(node.slot, Type::Of(Kinds::kNode));
    for (const std::string& label : node.labels) {
      auto tree = std::make_shared<LabelTree>();
      tree->name = label;
      out.predicates.push_back(MakeLabelTest(element, std::move(tree)));
    }
    add_properties(element, node.properties);
  }
  for (size_t i = 0; i < creation.links.size(); ++i) {
    const NewLink& made = creation.links[i];
    for (const Slot end : {made.from, made.to}) {
      const bool known = std::any_of(out.nodes.begin(), out.nodes.end(),
                                     [end](const PatternNode& n) { return n.slot == end; });
      if (!known) out.nodes.push_back({end, true});
    }
    PatternLink link;
    link.slot = made.slot;
    link.left = made.from;
    link.right = made.to;
    link.direction = path.links[i].direction == syntax::Direction::kBoth ? LinkDirection::kBoth
                                                                         : LinkDirection::kRight;
    link.types = {made.type};
    out.links.push_back(std::move(link));
    add_properties(MakeSlot(made.slot, Type::Of(Kinds::kLink)), made.properties);
  }
  for (const PatternPath& p : creation.paths) out.paths.push_back(p);
  return out;
}

// MATCH REPEATABLE ELEMENTS
absl::Status AllowRepeatsIn(const syntax::MatchClause& clause, Pattern* pattern) {
  for (PatternLink& link : pattern->links) {
    if (link.restrictor != syntax::PathRestrictor::kDefault) continue;
    AllowRepeats(&link);
    if (link.variable_length && !link.selected && link.max == INT64_MAX) {
      return BindError(ErrorDetail::kInvalidRelationshipPattern, clause.span.begin,
                       "REPEATABLE ELEMENTS may go round for ever: every quantifier needs an upper "
                       "bound, such as {1,5}");
    }
  }
  return absl::OkStatus();
}

}  // namespace

const Variable* Scope::Find(std::string_view name) const {
  // Later bindings shadow earlier ones.
  for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
    if (it->name == name) return &*it;
  }
  return nullptr;
}

Slot Binder::NewSlot(std::string_view name) {
  const Slot slot = next_slot_++;
  slot_names_.push_back(name.empty() ? "#" + std::to_string(slot) : std::string(name));
  return slot;
}

void Binder::NoteRead(Slot slot) {
  for (Frame& frame : frames_) {
    if (slot < frame.watermark) frame.imports->insert(slot);
  }
}

void Binder::NoteName(std::string_view name, NameUse::Kind kind, Position at) {
  if (names_.size() >= kNamesMax) return;
  const bool known = std::any_of(names_.begin(), names_.end(), [name, kind](const NameUse& use) {
    return use.kind == kind && use.name == name;
  });
  if (!known) names_.push_back({kind, std::string(name), at});
}

void Binder::NoteNames(const syntax::LabelExpr& e, NameUse::Kind kind) {
  if (e.kind == syntax::LabelExpr::Kind::kName) NoteName(e.name, kind, e.span.begin);
  for (const auto& operand : e.operands) NoteNames(*operand, kind);
}

absl::StatusOr<BoundStatement> Binder::Run() {
  BoundStatement out;
  SKEIN_RETURN_IF_ERROR(BindAsOf(&out.as_of));
  SKEIN_RETURN_IF_ERROR(BindQuery(*statement_.query, {}, {}, &out.query));
  if (out.as_of != nullptr && out.query.writes) {
    return BindError(ErrorDetail::kInvalidClauseComposition, statement_.as_of->span.begin,
                     "the past cannot be written: AS OF is for statements that read");
  }
  out.slots = next_slot_;
  out.slot_names = std::move(slot_names_);
  out.parameters.assign(parameters_.begin(), parameters_.end());
  out.names = std::move(names_);
  return out;
}

absl::Status Binder::BindAsOf(ExprRef* out) {
  if (statement_.as_of == nullptr) return absl::OkStatus();
  const syntax::Expr& e = *statement_.as_of;
  const Scope nothing;
  SKEIN_ASSIGN_OR_RETURN(*out, BindExpr(e, {nothing}));
  if ((*out)->type.may_be(Kinds::kInstant | Kinds::kInteger)) return absl::OkStatus();
  return BindError(ErrorDetail::kInvalidArgumentType, e.span.begin,
                   "AS OF needs a version (an integer), a date or a date-time, found " +
                       functions::TypeName((*out)->type.kinds));
}

absl::StatusOr<BoundStatement> Bind(const syntax::Statement& statement) {
  return Binder(statement).Run();
}

absl::Status Binder::BindQuery(const syntax::Query& query, const Scope& scope, const Scope& outer,
                               Query* out) {
  out->union_all = query.union_all;
  for (const syntax::SingleQuery& part : query.parts) {
    out->parts.emplace_back();
    PartState state{scope, outer, &out->parts.back(), out};
    SKEIN_RETURN_IF_ERROR(BindPart(part, &state));
  }
  if (out->parts.size() == 1) {
    out->outputs = out->parts[0].outputs;
    return absl::OkStatus();
  }
  const std::vector<ProjectItem>& first = out->parts[0].outputs;
  for (size_t i = 1; i < out->parts.size(); ++i) {
    // Columns are matched by name; their order may differ.
    std::vector<ProjectItem>& outputs = out->parts[i].outputs;
    std::vector<ProjectItem> ordered;
    for (const ProjectItem& want : first) {
      const auto it = std::find_if(outputs.begin(), outputs.end(),
                                   [&want](const ProjectItem& o) { return o.name == want.name; });
      if (it != outputs.end()) ordered.push_back(*it);
    }
    if (ordered.size() != first.size() || outputs.size() != first.size()) {
      return BindError(ErrorDetail::kDifferentColumnsInUnion, query.parts[i].span.begin,
                       "all parts of a UNION must return the same columns");
    }
    outputs = std::move(ordered);
  }
  for (const ProjectItem& item : first) {
    out->outputs.push_back({item.name, nullptr, NewSlot(item.name)});
  }
  return absl::OkStatus();
}

// Of one part of a query: every clause carries the scope of the one before, so a text of a hundred
// thousand would be bound for minutes. No plan has as many operators (plan::kNodesMax).
constexpr size_t kClausesMax = 4000;

absl::Status Binder::BindPart(const syntax::SingleQuery& part, PartState* state) {
  if (part.clauses.size() > kClausesMax) {
    return ResourceExhausted("the query has ", part.clauses.size(), " clauses, more than ",
                             kClausesMax);
  }
  for (const auto& clause : part.clauses) SKEIN_RETURN_IF_ERROR(BindClause(*clause, state));
  return absl::OkStatus();
}

absl::Status Binder::BindClause(const syntax::Clause& clause, PartState* state) {
  using K = syntax::ClauseKind;
  switch (clause.kind) {
    case K::kMatch:
      return BindMatch(As<syntax::MatchClause>(clause), state);
    case K::kUnwind:
      return BindUnwind(As<syntax::UnwindClause>(clause), state);
    case K::kCreate:
      return BindCreate(As<syntax::CreateClause>(clause), state);
    case K::kMerge:
      return BindMerge(As<syntax::MergeClause>(clause), state);
    case K::kSet: {
      auto set = std::make_shared<Set>();
      for (const syntax::SetItem& item : As<syntax::SetClause>(clause).items) {
        SKEIN_ASSIGN_OR_RETURN(SetItem bound, BindSetItem(item, state->scope));
        set->items.push_back(std::move(bound));
      }
      state->query->writes = true;
      state->part->clauses.push_back(std::move(set));
      return absl::OkStatus();
    }
    case K::kRemove: {
      auto set = std::make_shared<Set>();
      for (const syntax::RemoveItem& item : As<syntax::RemoveClause>(clause).items) {
        SKEIN_ASSIGN_OR_RETURN(SetItem bound, BindRemoveItem(item, state->scope));
        set->items.push_back(std::move(bound));
      }
      state->query->writes = true;
      state->part->clauses.push_back(std::move(set));
      return absl::OkStatus();
    }
    case K::kDelete:
      return BindDelete(As<syntax::DeleteClause>(clause), state);
    case K::kForeach:
      return BindForeach(As<syntax::ForeachClause>(clause), state);
    case K::kWith: {
      const auto& with = As<syntax::WithClause>(clause);
      return BindProjection(with.projection, with.where.get(), false, state);
    }
    case K::kReturn:
      state->query->returns = true;
      return BindProjection(As<syntax::ReturnClause>(clause).projection, nullptr, true, state);
    case K::kCallProcedure:
      return BindProcedure(As<syntax::CallProcedureClause>(clause), state);
    case K::kCallSubquery:
      return BindCallSubquery(As<syntax::CallSubqueryClause>(clause), state);
  }
  return Internal("clause kind ", static_cast<int>(clause.kind), " is not bound");
}

absl::Status Binder::BindMatch(const syntax::MatchClause& clause, PartState* state) {
  auto match = std::make_shared<Match>();
  match->optional = clause.optional;
  std::vector<const syntax::PathPattern*> paths;
  for (const auto& path : clause.pattern) paths.push_back(&path);
  Pattern& pattern = match->pattern;
  const Scope before = state->scope;
  SKEIN_RETURN_IF_ERROR(BindPattern(paths, &state->scope, &pattern));
  if (clause.repeatable) SKEIN_RETURN_IF_ERROR(AllowRepeatsIn(clause, &pattern));
  SKEIN_RETURN_IF_ERROR(BindValidTime(clause, before, &pattern));
  if (clause.where != nullptr) {
    // What a selector leaves is asked, not what it chooses from.
    std::vector<ExprRef>* terms =
        pattern.select_length != nullptr ? &pattern.after : &pattern.predicates;
    SKEIN_RETURN_IF_ERROR(BindPredicate(*clause.where, state->scope, terms));
  }
  state->query->reads = true;
  state->part->clauses.push_back(std::move(match));
  return absl::OkStatus();
}

absl::Status Binder::BindUnwind(const syntax::UnwindClause& clause, PartState* state) {
  auto unwind = std::make_shared<Unwind>();
  SKEIN_ASSIGN_OR_RETURN(unwind->list, BindExpr(*clause.list, {state->scope}));
  if (state->scope.Find(clause.variable.text) != nullptr) {
    return BindError(ErrorDetail::kVariableAlreadyBound, clause.variable.span.begin,
                     "variable `" + clause.variable.text + "` is already bound");
  }
  unwind->slot = NewSlot(clause.variable.text);
  Type type = unwind->list->type;
  type = (type.kinds & Kinds::kList) == Kinds::kNone ? type : type.element();
  state->scope.Add({clause.variable.text, unwind->slot, type});
  state->part->clauses.push_back(std::move(unwind));
  return absl::OkStatus();
}

absl::Status Binder::BindCreate(const syntax::CreateClause& clause, PartState* state) {
  auto create = std::make_shared<Create>();
  std::vector<const syntax::PathPattern*> paths;
  for (const auto& path : clause.pattern) paths.push_back(&path);
  SKEIN_RETURN_IF_ERROR(BindCreation(paths, false, &state->scope, &create->creation));
  state->query->writes = true;
  state->part->clauses.push_back(std::move(create));
  return absl::OkStatus();
}

absl::Status Binder::BindMerge(const syntax::MergeClause& clause, PartState* state) {
  auto merge = std::make_shared<Merge>();
  merge->position = clause.span.begin;
  SKEIN_RETURN_IF_ERROR(BindCreation({&clause.pattern}, true, &state->scope, &merge->creation));
  merge->pattern = PatternOf(clause.pattern, merge->creation);
  for (const auto& [from, to] : {std::pair(&clause.on_create, &merge->on_create),
                                 std::pair(&clause.on_match, &merge->on_match)}) {
    for (const syntax::SetItem& item : *from) {
      SKEIN_ASSIGN_OR_RETURN(SetItem bound, BindSetItem(item, state->scope));
      to->push_back(std::move(bound));
    }
  }
  state->query->reads = state->query->writes = true;
  state->part->clauses.push_back(std::move(merge));
  return absl::OkStatus();
}

absl::StatusOr<SetItem> Binder::BindSetItem(const syntax::SetItem& item, const Scope& scope) {
  SetItem out;
  out.position = item.span.begin;
  const syntax::Expr* target = item.target.get();
  if (item.kind == syntax::SetItem::Kind::kProperty) {
    if (target->kind == syntax::ExprKind::kProperty) {
      const auto& property = As<syntax::PropertyExpr>(*target);
      out.key = property.key.text;
      target = property.object.get();
    } else {
      const auto& index = As<syntax::IndexExpr>(*target);
      out.kind = SetItem::Kind::kDynamicProperty;
      SKEIN_ASSIGN_OR_RETURN(out.key_expr, BindExpr(*index.index, {scope}));
      target = index.object.get();
    }
  } else if (item.kind == syntax::SetItem::Kind::kReplace) {
    out.kind = SetItem::Kind::kReplace;
  } else if (item.kind == syntax::SetItem::Kind::kMerge) {
    out.kind = SetItem::Kind::kMerge;
  } else {
    out.kind = SetItem::Kind::kLabels;
    for (const syntax::Name& label : item.labels) out.labels.push_back(label.text);
  }
  SKEIN_ASSIGN_OR_RETURN(out.target, BindExpr(*target, {scope}));
  if (!out.target->type.may_be(out.kind == SetItem::Kind::kLabels ? Kinds::kNode
                                                                  : Kinds::kElement)) {
    return BindError(
        ErrorDetail::kInvalidArgumentType, out.position,
        "SET needs a node or a relationship, found " + functions::TypeName(out.target->type.kinds));
  }
  if (item.value != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(out.value, BindExpr(*item.value, {scope}));
  }
  return out;
}

absl::StatusOr<SetItem> Binder::BindRemoveItem(const syntax::RemoveItem& item, const Scope& scope) {
  SetItem out;
  out.position = item.span.begin;
  const syntax::Expr* target = item.target.get();
  if (item.labels.empty()) {
    if (target->kind == syntax::ExprKind::kProperty) {
      const auto& property = As<syntax::PropertyExpr>(*target);
      out.key = property.key.text;
      target = property.object.get();
    } else {
      const auto& index = As<syntax::IndexExpr>(*target);
      out.kind = SetItem::Kind::kDynamicProperty;
      SKEIN_ASSIGN_OR_RETURN(out.key_expr, BindExpr(*index.index, {scope}));
      target = index.object.get();
    }
    out.value = MakeLiteral(Value());
  } else {
    out.kind = SetItem::Kind::kUnlabel;
    for (const syntax::Name& label : item.labels) out.labels.push_back(label.text);
  }
  SKEIN_ASSIGN_OR_RETURN(out.target, BindExpr(*target, {scope}));
  if (!out.target->type.may_be(Kinds::kElement)) {
    return BindError(ErrorDetail::kInvalidArgumentType, out.position,
                     "REMOVE needs a node or a relationship, found " +
                         functions::TypeName(out.target->type.kinds));
  }
  return out;
}

absl::Status Binder::BindDelete(const syntax::DeleteClause& clause, PartState* state) {
  auto out = std::make_shared<Delete>();
  out->detach = clause.detach;
  for (const auto& target : clause.targets) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef e, BindExpr(*target, {state->scope}));
    if (!e->type.may_be(Kinds::kElement | Kinds::kPath)) {
      return BindError(ErrorDetail::kInvalidArgumentType, target->span.begin,
                       "DELETE needs nodes, relationships or paths, found " +
                           functions::TypeName(e->type.kinds));
    }
    out->targets.push_back(std::move(e));
  }
  state->query->writes = true;
  state->part->clauses.push_back(std::move(out));
  return absl::OkStatus();
}

absl::Status Binder::BindForeach(const syntax::ForeachClause& clause, PartState* state) {
  auto out = std::make_shared<Foreach>();
  SKEIN_ASSIGN_OR_RETURN(out->list, BindExpr(*clause.list, {state->scope}));
  if (state->scope.Find(clause.variable.text) != nullptr) {
    return BindError(ErrorDetail::kVariableAlreadyBound, clause.variable.span.begin,
                     "variable `" + clause.variable.text + "` is already bound");
  }
  out->slot = NewSlot(clause.variable.text);
  QueryPart body;
  PartState inner{state->scope, {}, &body, state->query};
  inner.scope.Add({clause.variable.text, out->slot, out->list->type.element()});
  for (const auto& update : clause.body) SKEIN_RETURN_IF_ERROR(BindClause(*update, &inner));
  out->body = std::move(body.clauses);
  state->query->writes = true;
  state->part->clauses.push_back(std::move(out));
  return absl::OkStatus();
}

absl::Status Binder::BindProcedure(const syntax::CallProcedureClause& clause, PartState* state) {
  const Position at = clause.name.span.begin;
  const procedures::ProcedureDef* def = procedures::AllProcedures().Find(clause.name.text);
  if (def == nullptr) {
    Suggestion nearest(clause.name.text);
    for (const auto& known : procedures::AllProcedures().all()) nearest.Consider(known->name);
    return MakeQueryError(ErrorClass::kProcedureError, ErrorDetail::kProcedureNotFound,
                          "there is no procedure `" + clause.name.text + "`" + nearest.Text(), at);
  }
  auto call = std::make_shared<CallProcedure>();
  call->procedure = def;
  state->query->writes |= def->writes;
  call->position = at;
  if (!clause.explicit_args) {
    if (!clause.standalone && !def->args.empty()) {
      return BindError(
          ErrorDetail::kInvalidArgumentPassingMode, at,
          "inside a query the arguments of `" + clause.name.text + "` must be written");
    }
    for (const auto& arg : def->args) {
      auto e = std::make_shared<Expr>();
      e->kind = ExprKind::kParameter;
      e->position = at;
      e->name = std::string(arg.name);
      parameters_.insert(e->name);
      call->args.push_back(std::move(e));
    }
  } else {
    size_t required = 0;
    for (const auto& arg : def->args) required += arg.missing.has_value() ? 0 : 1;
    if (clause.args.size() < required || clause.args.size() > def->args.size()) {
      return BindError(ErrorDetail::kInvalidNumberOfArguments, at,
                       "`" + clause.name.text + "` takes " + std::to_string(required) + " to " +
                           std::to_string(def->args.size()) + " arguments, found " +
                           std::to_string(clause.args.size()));
    }
    for (size_t i = 0; i < clause.args.size(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(ExprRef e, BindExpr(*clause.args[i], {state->scope}));
      if (!e->type.may_be(def->args[i].type)) {
        return BindError(ErrorDetail::kInvalidArgumentType, clause.args[i]->span.begin,
                         "argument `" + std::string(def->args[i].name) + "` of `" +
                             clause.name.text + "` is " + functions::TypeName(def->args[i].type) +
                             ", found " + functions::TypeName(e->type.kinds));
      }
      call->args.push_back(std::move(e));
    }
    for (size_t i = clause.args.size(); i < def->args.size(); ++i) {
      call->args.push_back(MakeLiteral(*def->args[i].missing));
    }
  }
  SKEIN_RETURN_IF_ERROR(BindYields(clause, call.get(), state));
  state->part->clauses.push_back(std::move(call));
  return absl::OkStatus();
}

absl::Status Binder::BindYields(const syntax::CallProcedureClause& clause, CallProcedure* call,
                                PartState* state) {
  const procedures::ProcedureDef& def = *call->procedure;
  const bool all = clause.yield_star || (clause.standalone && !clause.has_yield);
  std::vector<std::pair<uint32_t, syntax::Name>> wanted;
  if (all) {
    for (uint32_t i = 0; i < def.columns.size(); ++i) {
      wanted.emplace_back(i, syntax::Name{std::string(def.columns[i].name), clause.name.span});
    }
  }
  for (const auto& yield : clause.yields) {
    const auto it = std::find_if(def.columns.begin(), def.columns.end(),
                                 [&yield](const auto& c) { return c.name == yield.field.text; });
    if (it == def.columns.end()) {
      return BindError(ErrorDetail::kUndefinedVariable, yield.field.span.begin,
                       "`" + std::string(def.name) + "` has no column `" + yield.field.text + "`");
    }
    wanted.emplace_back(static_cast<uint32_t>(it - def.columns.begin()),
                        yield.alias.value_or(yield.field));
  }
  for (const auto& [column, name] : wanted) {
    if (state->scope.Find(name.text) != nullptr) {
      return BindError(ErrorDetail::kVariableAlreadyBound, name.span.begin,
                       "variable `" + name.text + "` is already bound");
    }
    const Slot slot = NewSlot(name.text);
    call->yields.emplace_back(column, slot);
    state->scope.Add({name.text, slot, Type::Of(def.columns[column].type)});
    if (clause.standalone) state->part->outputs.push_back({name.text, nullptr, slot});
  }
  if (clause.where != nullptr) {
    SKEIN_RETURN_IF_ERROR(BindPredicate(*clause.where, state->scope, &call->where));
  }
  state->query->reads = true;
  if (clause.standalone && !wanted.empty()) state->query->returns = true;
  return absl::OkStatus();
}

absl::Status Binder::BindCallSubquery(const syntax::CallSubqueryClause& clause, PartState* state) {
  auto call = std::make_shared<CallSubquery>();
  std::set<Slot> imports;
  Scope inner;
  if (clause.has_imports && clause.import_star) {
    inner = state->scope;
  } else if (clause.has_imports) {
    for (const syntax::Name& name : clause.imports) {
      const Variable* v = state->scope.Find(name.text);
      if (v == nullptr) {
        return BindError(ErrorDetail::kUndefinedVariable, name.span.begin,
                         "variable `" + name.text + "` is not defined");
      }
      inner.Add(*v);
    }
  }
  frames_.push_back({next_slot_, &imports});
  Query query;
  // The old form imports by a leading WITH, which sees the outer names; nothing after it does.
  absl::Status status;
  if (clause.has_imports) {
    status = BindQuery(*clause.query, inner, inner, &query);
  } else {
    query.union_all = clause.query->union_all;
    const bool leading = std::all_of(
        clause.query->parts.begin(), clause.query->parts.end(),
        [](const auto& part) { return part.clauses[0]->kind == syntax::ClauseKind::kWith; });
    const bool any = std::any_of(
        clause.query->parts.begin(), clause.query->parts.end(),
        [](const auto& part) { return part.clauses[0]->kind == syntax::ClauseKind::kWith; });
    status = BindQuery(*clause.query, leading || any ? state->scope : Scope(), {}, &query);
  }
  frames_.pop_back();
  SKEIN_RETURN_IF_ERROR(status);
  call->imports.assign(imports.begin(), imports.end());
  call->returns = query.returns;
  call->writes = query.writes;
  state->query->reads |= query.reads;
  state->query->writes |= query.writes;
  if (query.returns) {
    for (const ProjectItem& item : query.outputs) {
      if (state->scope.Find(item.name) != nullptr) {
        return BindError(ErrorDetail::kVariableAlreadyBound, clause.span.begin,
                         "variable `" + item.name + "` is already bound outside");
      }
      state->scope.Add({item.name, item.slot, {}});
    }
  }
  call->query = std::make_shared<const Query>(std::move(query));
  state->part->clauses.push_back(std::move(call));
  return absl::OkStatus();
}

}  // namespace skein::bind
