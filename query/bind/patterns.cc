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

absl::Status Binder::BindPattern(const std::vector<const syntax::PathPattern*>& paths, Scope* scope,
                                 Pattern* out) {
  const Scope before = *scope;
  struct Pending {
    const syntax::LinkPattern* link;
    size_t index;
  };
  std::vector<Pending> pending_links;
  std::vector<const syntax::NodePattern*> pending_nodes;
  std::vector<Slot> pending_slots;
  for (const syntax::PathPattern* path : paths) {
    std::vector<Slot> nodes;
    std::vector<std::pair<Slot, Type>> links;
    for (size_t i = 0; i < path->nodes.size(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(const Slot slot, BindPatternNode(path->nodes[i], before, scope, out));
      nodes.push_back(slot);
      pending_nodes.push_back(&path->nodes[i]);
      pending_slots.push_back(slot);
      if (i < path->links.size()) {
        SKEIN_ASSIGN_OR_RETURN(const size_t index,
                               BindPatternLink(path->links[i], before, scope, out));
        pending_links.push_back({&path->links[i], index});
        out->links[index].mode = path->mode;
        links.emplace_back(out->links[index].slot, path->mode == syntax::PathMode::kAll
                                                       ? LinkVariableType(path->links[i])
                                                       : Type::ListOf(Kinds::kLink));
        if (path->mode != syntax::PathMode::kAll && !out->links[index].variable_length) {
          // shortestPath((a)-[r]->(b)): a list all the same.
          out->links[index].variable_length = true;
          out->links[index].max = 1;
        }
      }
    }
    for (size_t i = 0; i < links.size(); ++i) {
      const size_t index = out->links.size() - links.size() + i;
      out->links[index].left = nodes[i];
      out->links[index].right = nodes[i + 1];
    }
    if (path->variable.has_value()) {
      if (scope->Find(path->variable->text) != nullptr) return AlreadyBound(*path->variable);
      const Slot slot = NewSlot(path->variable->text);
      out->paths.push_back({slot, PathOf(nodes, links, path->span.begin)});
      scope->Add({path->variable->text, slot, Type::Of(Kinds::kPath)});
    }
  }
  // Properties may name any variable of the pattern, so they come after all of them.
  for (size_t i = 0; i < pending_nodes.size(); ++i) {
    const syntax::NodePattern& node = *pending_nodes[i];
    const ExprRef element = MakeSlot(pending_slots[i], Type::Of(Kinds::kNode), node.span.begin);
    if (node.labels != nullptr) {
      out->predicates.push_back(
          MakeLabelTest(element, CopyLabels(*node.labels), node.labels->span.begin));
    }
    if (node.properties != nullptr) {
      SKEIN_RETURN_IF_ERROR(BindPropertyMap(*node.properties, element, *scope, &out->predicates));
    }
    if (node.where != nullptr) {
      SKEIN_RETURN_IF_ERROR(BindPredicate(*node.where, *scope, &out->predicates));
    }
  }
  for (const Pending& p : pending_links) {
    SKEIN_RETURN_IF_ERROR(BindLinkProperties(*p.link, *scope, p.index, out));
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
