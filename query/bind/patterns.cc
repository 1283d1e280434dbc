// Binding of patterns: those to match become graphs of slots and predicates, those to create become
// lists of elements to make.
#include <algorithm>
#include <utility>

#include "query/bind/binder.h"

namespace skein::bind {

namespace {

Type LinkVariableType(const syntax::LinkPattern& link) {
  return link.hops.has_value() ? Type::ListOf(Kinds::kLink) : Type::Of(Kinds::kLink);
}

// `:A`, `:A|B`, `:A|:B`: the names; nullopt for anything else.
std::optional<std::vector<std::string>> TypeNames(const syntax::LabelExpr* e) {
  std::vector<std::string> names;
  if (e == nullptr) return names;
  if (e->kind == syntax::LabelExpr::Kind::kName) return std::vector<std::string>{e->name};
  if (e->kind != syntax::LabelExpr::Kind::kOr) return std::nullopt;
  for (const auto& operand : e->operands) {
    if (operand->kind != syntax::LabelExpr::Kind::kName) return std::nullopt;
    names.push_back(operand->name);
  }
  return names;
}

// Names of a conjunction of labels, for CREATE and MERGE.
bool ConjunctNames(const syntax::LabelExpr* e, std::vector<std::string>* names) {
  if (e == nullptr) return true;
  if (e->kind == syntax::LabelExpr::Kind::kName) {
    names->push_back(e->name);
    return true;
  }
  if (e->kind != syntax::LabelExpr::Kind::kAnd) return false;
  return std::all_of(e->operands.begin(), e->operands.end(),
                     [names](const auto& o) { return ConjunctNames(o.get(), names); });
}

absl::Status AlreadyBound(const syntax::Name& name) {
  return BindError(ErrorDetail::kVariableAlreadyBound, name.span.begin,
                   "variable `" + name.text + "` is already bound");
}

absl::Status TypeConflict(const syntax::Name& name, std::string_view wanted, const Type& found) {
  return BindError(ErrorDetail::kVariableTypeConflict, name.span.begin,
                   "variable `" + name.text + "` is " + functions::TypeName(found.kinds) +
                       ", not a " + std::string(wanted));
}

// The path through these slots, as an expression.
ExprRef PathOf(const std::vector<Slot>& nodes, const std::vector<std::pair<Slot, Type>>& links,
               Position at) {
  auto e = std::make_shared<Expr>();
  e->kind = ExprKind::kPath;
  e->position = at;
  e->type = Type::Of(Kinds::kPath);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) e->args.push_back(MakeSlot(links[i - 1].first, links[i - 1].second, at));
    e->args.push_back(MakeSlot(nodes[i], Type::Of(Kinds::kNode), at));
  }
  return e;
}

}  // namespace

void AllowRepeats(PatternLink* link) {
  link->walk = true;
  if (link->group == nullptr) return;
  for (PatternLink& inner : link->group->pattern.links) inner.walk = true;
}

// What waits until all variables of a pattern are known.
struct Binder::Pending {
  struct Link {
    const syntax::LinkPattern* link;
    size_t index;
  };
  std::vector<Link> links;
  std::vector<std::pair<const syntax::NodePattern*, Slot>> nodes;
};

absl::Status Binder::BindPattern(const std::vector<const syntax::PathPattern*>& paths, Scope* scope,
                                 Pattern* out) {
  const Scope before = *scope;
  Pending pending;
  for (const syntax::PathPattern* path : paths) {
    if (path->selector != syntax::PathSelector::kAll && paths.size() > 1) {
      const bool walk = path->links.size() == 1 && path->links[0].group == nullptr;
      if (!walk) {
        return BindError(ErrorDetail::kUnexpectedSyntax, path->span.begin,
                         "a path with a selector that is more than one link or walk stands alone "
                         "in its MATCH");
      }
    }
    SKEIN_RETURN_IF_ERROR(BindPath(*path, before, scope, out, &pending));
  }
  // Properties may name any variable of the pattern, so they come after all of them.
  for (const auto& [node, slot] : pending.nodes) {
    const ExprRef element = MakeSlot(slot, Type::Of(Kinds::kNode), node->span.begin);
    if (node->labels != nullptr) {
      NoteNames(*node->labels, NameUse::Kind::kLabel);
      out->predicates.push_back(
          MakeLabelTest(element, CopyLabels(*node->labels), node->labels->span.begin));
    }
    if (node->properties != nullptr) {
      SKEIN_RETURN_IF_ERROR(BindPropertyMap(*node->properties, element, *scope, &out->predicates));
    }
    if (node->where != nullptr) {
      SKEIN_RETURN_IF_ERROR(BindPredicate(*node->where, *scope, &out->predicates));
    }
  }
  for (const Pending::Link& p : pending.links) {
    SKEIN_RETURN_IF_ERROR(BindLinkProperties(*p.link, *scope, p.index, out));
  }
  for (const syntax::PathPattern* path : paths) {
    if (path->where == nullptr) continue;
    SKEIN_RETURN_IF_ERROR(BindPredicate(*path->where, *scope, &out->predicates));
  }
  return absl::OkStatus();
}

absl::Status Binder::BindPath(const syntax::PathPattern& path, const Scope& before, Scope* scope,
                              Pattern* out, Pending* pending) {
  const size_t first = out->links.size();
  std::vector<Slot> nodes;
  std::vector<std::pair<Slot, Type>> links;
  for (size_t i = 0; i < path.nodes.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(const Slot slot, BindPatternNode(path.nodes[i], before, scope, out));
    nodes.push_back(slot);
    pending->nodes.emplace_back(&path.nodes[i], slot);
    if (i >= path.links.size()) continue;
    if (path.links[i].group != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(const size_t index, BindGroup(path.links[i], before, scope, out));
      links.emplace_back(out->links[index].slot, Type::ListOf(Kinds::kLink));
      continue;
    }
    SKEIN_ASSIGN_OR_RETURN(const size_t index, BindPatternLink(path.links[i], before, scope, out));
    pending->links.push_back({&path.links[i], index});
    PatternLink& link = out->links[index];
    link.mode = path.mode;
    links.emplace_back(link.slot, path.mode == syntax::PathMode::kAll
                                      ? LinkVariableType(path.links[i])
                                      : Type::ListOf(Kinds::kLink));
    if (path.mode != syntax::PathMode::kAll && !link.variable_length) {
      // shortestPath((a)-[r]->(b)): a list all the same.
      link.variable_length = true;
      link.max = 1;
    }
  }
  for (size_t i = 0; i < links.size(); ++i) {
    out->links[first + i].left = nodes[i];
    out->links[first + i].right = nodes[i + 1];
  }
  const ExprRef value = PathOf(nodes, links, path.span.begin);
  if (path.variable.has_value()) {
    if (scope->Find(path.variable->text) != nullptr) return AlreadyBound(*path.variable);
    const Slot slot = NewSlot(path.variable->text);
    out->paths.push_back({slot, value});
    scope->Add({path.variable->text, slot, Type::Of(Kinds::kPath)});
  }
  return BindPathModes(path, first, value, out);
}

absl::Status Binder::BindPathModes(const syntax::PathPattern& path, size_t first,
                                   const ExprRef& value, Pattern* out) {
  using syntax::PathRestrictor;
  const size_t count = out->links.size() - first;
  const auto call = [&path, &value](std::string_view name, Type type) {
    auto e = std::make_shared<Expr>();
    e->kind = ExprKind::kFunction;
    e->position = path.span.begin;
    e->function = functions::AllFunctions().Find(name);
    e->type = type;
    e->args = {value};
    return ExprRef(e);
  };
  for (size_t i = first; i < out->links.size(); ++i) {
    PatternLink& link = out->links[i];
    link.restrictor = path.restrictor;
    if (path.restrictor != PathRestrictor::kWalk) continue;
    AllowRepeats(&link);
    if (link.variable_length && link.max == INT64_MAX &&
        path.selector == syntax::PathSelector::kAll) {
      return BindError(ErrorDetail::kInvalidRelationshipPattern, path.span.begin,
                       "WALK may go round for ever: it needs an upper bound, such as {1,5}");
    }
  }
  if (path.restrictor == PathRestrictor::kAcyclic) {
    out->predicates.push_back(call("isAcyclic", Type::Of(Kinds::kBoolean)));
  } else if (path.restrictor == PathRestrictor::kSimple) {
    out->predicates.push_back(call("isSimple", Type::Of(Kinds::kBoolean)));
  }
  if (path.selector == syntax::PathSelector::kAll || count == 0) return absl::OkStatus();
  const bool groups = path.selector == syntax::PathSelector::kGroups;
  PatternLink& link = out->links[first];
  const bool plain = path.restrictor == PathRestrictor::kDefault ||
                     path.restrictor == PathRestrictor::kTrail ||
                     path.restrictor == PathRestrictor::kWalk;
  if (count == 1 && link.group == nullptr && link.variable_length && plain && !link.bound) {
    link.mode = groups ? syntax::PathMode::kAllShortest : syntax::PathMode::kShortest;
    link.selected = true;
    link.groups = groups;
    link.count = path.count;
    return absl::OkStatus();
  }
  if (path.restrictor == PathRestrictor::kWalk) {
    return BindError(ErrorDetail::kUnexpectedSyntax, path.span.begin,
                     "a selector with WALK takes a path of one link or walk");
  }
  out->select_length = call("length", Type::Of(Kinds::kInteger));
  out->select_groups = groups;
  out->select_count = path.count;
  out->select_ends = {link.left, out->links.back().right};
  return absl::OkStatus();
}

namespace {

// Names of a path's variables, each once, with their places.
void VariablesOf(const syntax::PathPattern& path, std::vector<syntax::Name>* out) {
  const auto add = [out](const std::optional<syntax::Name>& name) {
    if (!name.has_value()) return;
    const bool known = std::any_of(out->begin(), out->end(),
                                   [&name](const auto& n) { return n.text == name->text; });
    if (!known) out->push_back(*name);
  };
  for (const auto& node : path.nodes) add(node.variable);
  for (const auto& link : path.links) add(link.variable);
}

}  // namespace

absl::StatusOr<size_t> Binder::BindGroup(const syntax::LinkPattern& link, const Scope& before,
                                         Scope* scope, Pattern* out) {
  const syntax::PathPattern& inner = *link.group;
  std::vector<syntax::Name> names;
  VariablesOf(inner, &names);
  for (const syntax::Name& name : names) {
    if (scope->Find(name.text) != nullptr) return AlreadyBound(name);
  }
  auto group = std::make_shared<PatternGroup>();
  Scope within = before;
  SKEIN_RETURN_IF_ERROR(BindPattern({&inner}, &within, &group->pattern));
  for (const PatternLink& l : group->pattern.links) group->links.push_back(l.slot);
  group->left = group->pattern.links.front().left;
  group->right = group->pattern.links.back().right;
  for (const syntax::Name& name : names) {
    const Variable& v = *within.Find(name.text);
    const Slot slot = NewSlot(name.text);
    group->collected.emplace_back(v.slot, slot);
    scope->Add({name.text, slot, Type::ListOf(v.type.kinds)});
  }
  PatternLink bound;
  bound.slot = NewSlot("");
  bound.variable_length = true;
  bound.min = link.hops->min.value_or(1);
  bound.max = link.hops->max.value_or(INT64_MAX);
  bound.group = std::move(group);
  out->links.push_back(std::move(bound));
  return out->links.size() - 1;
}

absl::Status Binder::BindValidTime(const syntax::MatchClause& clause, const Scope& scope,
                                   Pattern* out) {
  if (clause.valid_from == nullptr) return absl::OkStatus();
  std::vector<std::pair<const syntax::Expr*, ExprRef*>> ends = {
      {clause.valid_from.get(), &out->valid_from}};
  if (clause.valid_to != nullptr) ends.emplace_back(clause.valid_to.get(), &out->valid_to);
  for (const auto& [e, bound] : ends) {
    SKEIN_ASSIGN_OR_RETURN(*bound, BindExpr(*e, {scope}));
    std::set<Slot> slots;
    CollectSlots(*bound, &slots);
    if (!slots.empty()) {
      return BindError(ErrorDetail::kNonConstantExpression, e->span.begin,
                       "FOR VALID_TIME cannot depend on the row");
    }
    if (!(*bound)->type.may_be(Kinds::kInstant)) {
      return BindError(ErrorDetail::kInvalidArgumentType, e->span.begin,
                       "FOR VALID_TIME needs a date or a date-time, found " +
                           functions::TypeName((*bound)->type.kinds));
    }
  }
  for (PatternLink& link : out->links) {
    if (link.group == nullptr) continue;
    link.group->pattern.valid_from = out->valid_from;
    link.group->pattern.valid_to = out->valid_to;
  }
  return absl::OkStatus();
}

absl::StatusOr<Slot> Binder::BindPatternNode(const syntax::NodePattern& node, const Scope& before,
                                             Scope* scope, Pattern* out) {
  Slot slot = kNoSlot;
  bool bound = false;
  if (node.variable.has_value()) {
    const std::string& name = node.variable->text;
    if (const Variable* v = scope->Find(name); v != nullptr) {
      if (!v->type.may_be(Kinds::kNode)) return TypeConflict(*node.variable, "node", v->type);
      slot = v->slot;
      bound = before.Find(name) != nullptr;
      if (bound) NoteRead(slot);
    }
  }
  if (slot == kNoSlot) {
    slot = NewSlot(node.variable.has_value() ? node.variable->text : "");
    if (node.variable.has_value()) {
      scope->Add({node.variable->text, slot, Type::Of(Kinds::kNode)});
    }
  }
  const bool known = std::any_of(out->nodes.begin(), out->nodes.end(),
                                 [slot](const PatternNode& n) { return n.slot == slot; });
  if (!known) out->nodes.push_back({slot, bound});
  return slot;
}

absl::StatusOr<size_t> Binder::BindPatternLink(const syntax::LinkPattern& link, const Scope& before,
                                               Scope* scope, Pattern* out) {
  PatternLink bound;
  switch (link.direction) {
    case syntax::Direction::kRight:
      bound.direction = LinkDirection::kRight;
      break;
    case syntax::Direction::kLeft:
      bound.direction = LinkDirection::kLeft;
      break;
    case syntax::Direction::kBoth:
      bound.direction = LinkDirection::kBoth;
      break;
  }
  if (link.hops.has_value()) {
    bound.variable_length = true;
    bound.min = link.hops->min.value_or(1);
    bound.max = link.hops->max.value_or(INT64_MAX);
    bound.element = NewSlot("");
  }
  if (link.types != nullptr) NoteNames(*link.types, NameUse::Kind::kType);
  if (auto names = TypeNames(link.types.get()); names.has_value()) {
    bound.types = *std::move(names);
  }
  if (link.variable.has_value()) {
    const std::string& name = link.variable->text;
    if (const Variable* v = scope->Find(name); v != nullptr) {
      const Kinds wanted = link.hops.has_value() ? Kinds::kList : Kinds::kLink;
      if (!v->type.may_be(wanted) ||
          (wanted == Kinds::kList && !v->type.element().may_be(Kinds::kLink))) {
        return TypeConflict(*link.variable, "relationship", v->type);
      }
      if (before.Find(name) == nullptr) {
        return BindError(ErrorDetail::kRelationshipUniquenessViolation, link.variable->span.begin,
                         "one relationship variable `" + name + "` twice in one pattern");
      }
      bound.slot = v->slot;
      bound.bound = true;
      NoteRead(v->slot);
    }
  }
  if (bound.slot == kNoSlot) {
    bound.slot = NewSlot(link.variable.has_value() ? link.variable->text : "");
    if (link.variable.has_value()) {
      scope->Add({link.variable->text, bound.slot, LinkVariableType(link)});
    }
  }
  out->links.push_back(std::move(bound));
  return out->links.size() - 1;
}

absl::Status Binder::BindLinkProperties(const syntax::LinkPattern& link, const Scope& scope,
                                        size_t index, Pattern* out) {
  PatternLink& bound = out->links[index];
  if (bound.variable_length && bound.element == kNoSlot) bound.element = NewSlot("");
  const bool list = bound.variable_length;
  const ExprRef element =
      MakeSlot(list ? bound.element : bound.slot, Type::Of(Kinds::kLink), link.span.begin);
  std::vector<ExprRef>* predicates = list ? &bound.element_predicates : &out->predicates;
  if (link.types != nullptr && !TypeNames(link.types.get()).has_value()) {
    predicates->push_back(MakeLabelTest(element, CopyLabels(*link.types), link.types->span.begin));
  }
  if (link.properties != nullptr) {
    SKEIN_RETURN_IF_ERROR(BindPropertyMap(*link.properties, element, scope, predicates));
  }
  if (link.where == nullptr) return absl::OkStatus();
  if (!list) return BindPredicate(*link.where, scope, predicates);
  // In WHERE of a link of variable length its variable is each link in turn.
  Scope inner;
  for (const Variable& v : scope.variables()) {
    Variable copy = v;
    if (link.variable.has_value() && v.name == link.variable->text) {
      copy.slot = bound.element;
      copy.type = Type::Of(Kinds::kLink);
    }
    inner.Add(std::move(copy));
  }
  return BindPredicate(*link.where, inner, predicates);
}

absl::Status Binder::BindPropertyMap(const syntax::Expr& map, const ExprRef& element,
                                     const Scope& scope, std::vector<ExprRef>* predicates) {
  if (map.kind != syntax::ExprKind::kMap) {
    return BindError(ErrorDetail::kInvalidParameterUse, map.span.begin,
                     "a parameter cannot give all properties of a pattern");
  }
  for (const syntax::MapEntry& entry : syntax::As<syntax::MapExpr>(map).entries) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef value, BindExpr(*entry.value, {scope}));
    NoteName(entry.key.text, NameUse::Kind::kKey, entry.key.span.begin);
    predicates->push_back(
        MakeComparison(MakeProperty(element, entry.key.text, entry.key.span.begin),
                       syntax::ComparisonOp::kEqual, std::move(value), entry.key.span.begin));
  }
  return absl::OkStatus();
}

absl::Status Binder::BindCreation(const std::vector<const syntax::PathPattern*>& paths, bool merge,
                                  Scope* scope, Creation* out) {
  for (const syntax::PathPattern* path : paths) {
    std::vector<Slot> nodes;
    std::vector<std::pair<Slot, Type>> links;
    const bool alone = path->links.empty();
    for (const syntax::NodePattern& node : path->nodes) {
      SKEIN_ASSIGN_OR_RETURN(const Slot slot, BindNewNode(node, alone, merge, scope, out));
      nodes.push_back(slot);
    }
    for (size_t i = 0; i < path->links.size(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(const Slot slot,
                             BindNewLink(path->links[i], nodes[i], nodes[i + 1], scope, out));
      links.emplace_back(slot, Type::Of(Kinds::kLink));
    }
    if (path->variable.has_value()) {
      if (scope->Find(path->variable->text) != nullptr) return AlreadyBound(*path->variable);
      const Slot slot = NewSlot(path->variable->text);
      out->paths.push_back({slot, PathOf(nodes, links, path->span.begin)});
      scope->Add({path->variable->text, slot, Type::Of(Kinds::kPath)});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Slot> Binder::BindNewNode(const syntax::NodePattern& node, bool alone, bool merge,
                                         Scope* scope, Creation* out) {
  const bool described = node.labels != nullptr || node.properties != nullptr;
  if (node.variable.has_value()) {
    if (const Variable* v = scope->Find(node.variable->text); v != nullptr) {
      if (!v->type.may_be(Kinds::kNode)) return TypeConflict(*node.variable, "node", v->type);
      if (alone || described) return AlreadyBound(*node.variable);
      NoteRead(v->slot);
      return v->slot;
    }
  }
  NewNode made;
  if (!ConjunctNames(node.labels.get(), &made.labels)) {
    return BindError(
        ErrorDetail::kUnexpectedSyntax, node.labels->span.begin,
        std::string("a new node needs plain labels, in ") + (merge ? "MERGE" : "CREATE"));
  }
  if (node.properties != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(made.properties, BindExpr(*node.properties, {*scope}));
  }
  made.slot = NewSlot(node.variable.has_value() ? node.variable->text : "");
  if (node.variable.has_value()) {
    scope->Add({node.variable->text, made.slot, Type::Of(Kinds::kNode)});
  }
  out->nodes.push_back(std::move(made));
  return out->nodes.back().slot;
}

absl::StatusOr<Slot> Binder::BindNewLink(const syntax::LinkPattern& link, Slot left, Slot right,
                                         Scope* scope, Creation* out) {
  if (link.variable.has_value()) {
    if (const Variable* v = scope->Find(link.variable->text); v != nullptr) {
      if (!v->type.may_be(Kinds::kLink)) {
        return TypeConflict(*link.variable, "relationship", v->type);
      }
      return AlreadyBound(*link.variable);
    }
  }
  NewLink made;
  const auto names = TypeNames(link.types.get());
  if (!names.has_value() || names->size() != 1) {
    return BindError(ErrorDetail::kNoSingleRelationshipType, link.span.begin,
                     "a new relationship needs exactly one type");
  }
  made.type = names->front();
  const bool leftward = link.direction == syntax::Direction::kLeft;
  made.from = leftward ? right : left;
  made.to = leftward ? left : right;
  if (link.properties != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(made.properties, BindExpr(*link.properties, {*scope}));
  }
  made.slot = NewSlot(link.variable.has_value() ? link.variable->text : "");
  if (link.variable.has_value()) {
    scope->Add({link.variable->text, made.slot, Type::Of(Kinds::kLink)});
  }
  out->links.push_back(std::move(made));
  return out->links.back().slot;
}

}  // namespace skein::bind
