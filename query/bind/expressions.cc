// Binding of expressions: every kind of the syntax tree to its bound counterpart.
#include <utility>

#include "query/bind/binder.h"
#include "query/bind/suggest.h"

namespace skein::bind {

namespace {

using syntax::As;

std::shared_ptr<Expr> New(ExprKind kind, Position at, Type type = {}) {
  auto e = std::make_shared<Expr>();
  e->kind = kind;
  e->position = at;
  e->type = type;
  return e;
}

Type BinaryType(syntax::BinaryOp op, const Type& a, const Type& b) {
  using Op = syntax::BinaryOp;
  switch (op) {
    case Op::kIn:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kMatches:
      return Type::Of(Kinds::kBoolean);
    case Op::kPower:
      return Type::Of(Kinds::kFloat);
    case Op::kModulo:
      return Type::Of(Kinds::kNumber);
    case Op::kAdd:
      if (a.is_only(Kinds::kList) || b.is_only(Kinds::kList)) return Type::Of(Kinds::kList);
      if (a.is_only(Kinds::kNumber) && b.is_only(Kinds::kNumber)) return Type::Of(Kinds::kNumber);
      if (a.is_only(Kinds::kString) && b.is_only(Kinds::kString | Kinds::kNumber)) {
        return Type::Of(Kinds::kString);
      }
      return {};
    default:
      if (a.is_only(Kinds::kNumber) && b.is_only(Kinds::kNumber)) return Type::Of(Kinds::kNumber);
      return {};
  }
}

// Operands that can never work: a − 'x', true * 2, [1] % 2.
bool ArithmeticNeverFits(syntax::BinaryOp op, const Type& t) {
  using Op = syntax::BinaryOp;
  switch (op) {
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
      return !t.may_be(Kinds::kNumber | Kinds::kInstant | Kinds::kDuration);
    case Op::kModulo:
    case Op::kPower:
      return !t.may_be(Kinds::kNumber);
    default:
      return false;
  }
}

std::string KindsText(const Type& type) { return functions::TypeName(type.kinds); }

}  // namespace

absl::Status BindError(ErrorDetail detail, Position at, std::string_view message) {
  return MakeQueryError(ErrorClass::kSyntaxError, detail, message, at);
}

absl::StatusOr<ExprRef> Binder::BindExpr(const syntax::Expr& e, const ExprScope& at) {
  using K = syntax::ExprKind;
  switch (e.kind) {
    case K::kLiteral:
      return MakeLiteral(As<syntax::LiteralExpr>(e).value, e.span.begin);
    case K::kParameter: {
      auto out = New(ExprKind::kParameter, e.span.begin);
      out->name = As<syntax::ParameterExpr>(e).name;
      parameters_.insert(out->name);
      return ExprRef(out);
    }
    case K::kVariable:
      return BindVariable(As<syntax::VariableExpr>(e).name, e.span.begin, at.scope);
    case K::kProperty:
      return BindProperty(As<syntax::PropertyExpr>(e), at);
    case K::kLabelTest: {
      const auto& test = As<syntax::LabelTestExpr>(e);
      SKEIN_ASSIGN_OR_RETURN(ExprRef object, BindExpr(*test.object, at));
      if (!object->type.may_be(Kinds::kElement)) {
        return BindError(
            ErrorDetail::kInvalidArgumentType, e.span.begin,
            "a label test needs a node or a relationship, found " + KindsText(object->type));
      }
      if (object->type.is_only(Kinds::kNode)) NoteNames(*test.labels, NameUse::Kind::kLabel);
      if (object->type.is_only(Kinds::kLink)) NoteNames(*test.labels, NameUse::Kind::kType);
      return MakeLabelTest(std::move(object), CopyLabels(*test.labels), e.span.begin);
    }
    case K::kIndex:
      return BindIndex(As<syntax::IndexExpr>(e), at);
    case K::kSlice:
      return BindSlice(As<syntax::SliceExpr>(e), at);
    case K::kUnary:
      return BindUnary(As<syntax::UnaryExpr>(e), at);
    case K::kBinary:
      return BindBinary(As<syntax::BinaryExpr>(e), at);
    case K::kLogical:
      return BindLogical(As<syntax::LogicalExpr>(e), at);
    case K::kComparison:
      return BindComparison(As<syntax::ComparisonExpr>(e), at);
    case K::kList:
      return BindList(As<syntax::ListExpr>(e), at);
    case K::kMap:
      return BindMap(As<syntax::MapExpr>(e), at);
    case K::kMapProjection:
      return BindMapProjection(As<syntax::MapProjectionExpr>(e), at);
    case K::kCase:
      return BindCase(As<syntax::CaseExpr>(e), at);
    case K::kCall:
      return BindCall(As<syntax::CallExpr>(e), at);
    case K::kListComprehension:
      return BindListComprehension(As<syntax::ListComprehensionExpr>(e), at);
    case K::kPatternComprehension:
      return BindPatternComprehension(As<syntax::PatternComprehensionExpr>(e), at);
    case K::kQuantifier:
      return BindQuantifier(As<syntax::QuantifierExpr>(e), at);
    case K::kReduce:
      return BindReduce(As<syntax::ReduceExpr>(e), at);
    case K::kPattern:
      return BindPatternExpr(As<syntax::PatternExpr>(e), at);
    case K::kSubquery:
      return BindSubquery(As<syntax::SubqueryExpr>(e), at);
  }
  return Internal("expression kind ", static_cast<int>(e.kind), " is not bound");
}

absl::StatusOr<ExprRef> Binder::BindVariable(const std::string& name, Position pos,
                                             const Scope& scope) {
  const Variable* v = scope.Find(name);
  if (v == nullptr) {
    Suggestion nearest(name);
    for (const Variable& known : scope.variables()) nearest.Consider(known.name);
    return BindError(ErrorDetail::kUndefinedVariable, pos,
                     "variable `" + name + "` is not defined" + nearest.Text());
  }
  NoteRead(v->slot);
  return MakeSlot(v->slot, v->type, pos);
}

absl::Status Binder::RequireBoolean(const ExprRef& e) {
  if (e->type.may_be(Kinds::kBoolean)) return absl::OkStatus();
  return BindError(ErrorDetail::kInvalidArgumentType, e->position,
                   "expected a boolean, found " + KindsText(e->type));
}

absl::Status Binder::BindPredicate(const syntax::Expr& e, const Scope& scope,
                                   std::vector<ExprRef>* terms) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef bound, BindExpr(e, {scope}));
  SKEIN_RETURN_IF_ERROR(RequireBoolean(bound));
  SplitAnd(bound, terms);
  return absl::OkStatus();
}

absl::StatusOr<ExprRef> Binder::BindUnary(const syntax::UnaryExpr& e, const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef operand, BindExpr(*e.operand, at));
  auto out = New(ExprKind::kUnary, e.span.begin, Type::Of(Kinds::kBoolean));
  out->unary = e.op;
  if (e.op == syntax::UnaryOp::kNot) {
    SKEIN_RETURN_IF_ERROR(RequireBoolean(operand));
  } else if (e.op == syntax::UnaryOp::kPlus || e.op == syntax::UnaryOp::kMinus) {
    if (!operand->type.may_be(Kinds::kNumber | Kinds::kDuration)) {
      return BindError(ErrorDetail::kInvalidArgumentType, e.span.begin,
                       "expected a number, found " + KindsText(operand->type));
    }
    out->type = operand->type;
  }
  out->args.push_back(std::move(operand));
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindBinary(const syntax::BinaryExpr& e, const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef a, BindExpr(*e.left, at));
  SKEIN_ASSIGN_OR_RETURN(ExprRef b, BindExpr(*e.right, at));
  if (e.op == syntax::BinaryOp::kIn && !b->type.may_be(Kinds::kList)) {
    return BindError(ErrorDetail::kInvalidArgumentType, b->position,
                     "IN needs a list, found " + KindsText(b->type));
  }
  for (const ExprRef& operand : {a, b}) {
    if (ArithmeticNeverFits(e.op, operand->type)) {
      return BindError(ErrorDetail::kInvalidArgumentType, operand->position,
                       "expected a number, found " + KindsText(operand->type));
    }
  }
  auto out = New(ExprKind::kBinary, e.op_position, BinaryType(e.op, a->type, b->type));
  out->binary = e.op;
  out->args = {std::move(a), std::move(b)};
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindLogical(const syntax::LogicalExpr& e, const ExprScope& at) {
  auto out = New(ExprKind::kLogical, e.span.begin, Type::Of(Kinds::kBoolean));
  out->logical = e.op;
  for (const auto& operand : e.operands) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef bound, BindExpr(*operand, at));
    SKEIN_RETURN_IF_ERROR(RequireBoolean(bound));
    out->args.push_back(std::move(bound));
  }
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindComparison(const syntax::ComparisonExpr& e,
                                               const ExprScope& at) {
  auto out = New(ExprKind::kComparison, e.span.begin, Type::Of(Kinds::kBoolean));
  out->comparisons = e.ops;
  for (const auto& operand : e.operands) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef bound, BindExpr(*operand, at));
    out->args.push_back(std::move(bound));
  }
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindProperty(const syntax::PropertyExpr& e, const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef object, BindExpr(*e.object, at));
  if (!object->type.may_be(Kinds::kElement | Kinds::kMap | Kinds::kInstant | Kinds::kDuration |
                           Kinds::kPoint)) {
    return BindError(ErrorDetail::kInvalidArgumentType, e.object->span.begin,
                     "a value of type " + KindsText(object->type) + " has no properties");
  }
  if (object->type.is_only(Kinds::kElement)) {
    NoteName(e.key.text, NameUse::Kind::kKey, e.key.span.begin);
  }
  auto out = New(ExprKind::kProperty, e.key.span.begin);
  out->name = e.key.text;
  out->args.push_back(std::move(object));
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindIndex(const syntax::IndexExpr& e, const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef object, BindExpr(*e.object, at));
  SKEIN_ASSIGN_OR_RETURN(ExprRef index, BindExpr(*e.index, at));
  auto out = New(ExprKind::kIndex, e.span.begin, object->type.element());
  out->args = {std::move(object), std::move(index)};
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindSlice(const syntax::SliceExpr& e, const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef object, BindExpr(*e.object, at));
  auto out = New(ExprKind::kSlice, e.span.begin, object->type);
  out->args.push_back(std::move(object));
  for (const syntax::Expr* bound : {e.from.get(), e.to.get()}) {
    ExprRef arg;
    if (bound != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(arg, BindExpr(*bound, at));
    }
    out->args.push_back(std::move(arg));
  }
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindList(const syntax::ListExpr& e, const ExprScope& at) {
  auto out = New(ExprKind::kList, e.span.begin);
  Kinds elements = Kinds::kNone;
  for (const auto& item : e.items) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef bound, BindExpr(*item, at));
    elements = elements | bound->type.kinds;
    out->args.push_back(std::move(bound));
  }
  out->type = Type::ListOf(elements);
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindMap(const syntax::MapExpr& e, const ExprScope& at) {
  auto out = New(ExprKind::kMap, e.span.begin, Type::Of(Kinds::kMap));
  for (const syntax::MapEntry& entry : e.entries) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef bound, BindExpr(*entry.value, at));
    out->names.push_back(entry.key.text);
    out->args.push_back(std::move(bound));
  }
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindMapProjection(const syntax::MapProjectionExpr& e,
                                                  const ExprScope& at) {
  using Item = syntax::MapProjectionExpr::Item;
  SKEIN_ASSIGN_OR_RETURN(ExprRef object,
                         BindVariable(e.variable.text, e.variable.span.begin, at.scope));
  if (!object->type.may_be(Kinds::kElement | Kinds::kMap)) {
    return BindError(
        ErrorDetail::kInvalidArgumentType, e.variable.span.begin,
        "a map projection needs a node, a relationship or a map, found " + KindsText(object->type));
  }
  auto out = New(ExprKind::kMapProjection, e.span.begin, Type::Of(Kinds::kMap));
  out->args.push_back(object);
  for (const Item& item : e.items) {
    ExprRef value;
    switch (item.kind) {
      case Item::Kind::kProperty:
        value = MakeProperty(object, item.key.text, item.key.span.begin);
        break;
      case Item::Kind::kAllProperties:
        break;
      case Item::Kind::kVariable: {
        SKEIN_ASSIGN_OR_RETURN(value, BindVariable(item.key.text, item.key.span.begin, at.scope));
        break;
      }
      case Item::Kind::kEntry: {
        SKEIN_ASSIGN_OR_RETURN(value, BindExpr(*item.value, at));
        break;
      }
    }
    out->names.push_back(value == nullptr ? "*" : item.key.text);
    out->args.push_back(std::move(value));
  }
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindCase(const syntax::CaseExpr& e, const ExprScope& at) {
  auto out = New(ExprKind::kCase, e.span.begin, Type::Of(Kinds::kNone));
  if (e.subject != nullptr) {
    out->flag = true;
    SKEIN_ASSIGN_OR_RETURN(ExprRef subject, BindExpr(*e.subject, at));
    out->args.push_back(std::move(subject));
  }
  for (const auto& branch : e.branches) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef when, BindExpr(*branch.when, at));
    SKEIN_ASSIGN_OR_RETURN(ExprRef then, BindExpr(*branch.then, at));
    out->type = out->type.Union(then->type);
    out->args.push_back(std::move(when));
    out->args.push_back(std::move(then));
  }
  ExprRef otherwise = MakeLiteral(Value());
  if (e.otherwise != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(otherwise, BindExpr(*e.otherwise, at));
  }
  out->type = out->type.Union(otherwise->type);
  out->args.push_back(std::move(otherwise));
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindCall(const syntax::CallExpr& e, const ExprScope& at) {
  const Position pos = e.name.span.begin;
  const bool over_pattern = e.args.size() == 1 && e.args[0]->kind == syntax::ExprKind::kPattern;
  if (over_pattern && (e.name.text == "exists" || e.name.text == "EXISTS")) {
    return BindExpr(*e.args[0], at);
  }
  const functions::FunctionDef* def = functions::AllFunctions().Find(e.name.text);
  if (def == nullptr) {
    Suggestion nearest(e.name.text);
    for (const auto& known : functions::AllFunctions().all()) nearest.Consider(known->name);
    return BindError(ErrorDetail::kUnknownFunction, pos,
                     "there is no function `" + e.name.text + "`" + nearest.Text());
  }
  ExprScope inner{at.scope, at.aggregates, at.in_aggregate};
  if (def->is_aggregate()) {
    if (at.in_aggregate) {
      return BindError(ErrorDetail::kNestedAggregation, pos,
                       "an aggregating function inside another");
    }
    if (at.aggregates == Aggregates::kRefused) {
      return BindError(ErrorDetail::kInvalidAggregation, pos,
                       "aggregating functions stand only in WITH and RETURN");
    }
    inner.in_aggregate = true;
  } else if (e.distinct || e.star) {
    return BindError(ErrorDetail::kUnexpectedSyntax, pos,
                     "`" + e.name.text + "` does not aggregate: no DISTINCT and no *");
  }
  auto out = New(def->is_aggregate() ? ExprKind::kAggregate : ExprKind::kFunction, pos,
                 Type::Of(def->returns));
  out->function = def;
  out->distinct = e.distinct;
  std::vector<functions::Type> types;
  for (const auto& arg : e.args) {
    SKEIN_ASSIGN_OR_RETURN(ExprRef bound, BindExpr(*arg, inner));
    types.push_back(bound->type.kinds);
    if (def->is_aggregate() && IsVolatile(bound)) {
      return BindError(ErrorDetail::kNonConstantExpression, bound->position,
                       "an aggregating function cannot take a random value");
    }
    out->args.push_back(std::move(bound));
  }
  if (!e.star) {
    if (absl::Status s = functions::CheckCall(*def, types); !s.ok()) return WithPosition(s, pos);
  }
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindListComprehension(const syntax::ListComprehensionExpr& e,
                                                      const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef list, BindExpr(*e.list, at));
  if (!list->type.may_be(Kinds::kList)) {
    return BindError(ErrorDetail::kInvalidArgumentType, list->position,
                     "a list comprehension needs a list, found " + KindsText(list->type));
  }
  auto out = New(ExprKind::kListComprehension, e.span.begin);
  out->slot = NewSlot(e.variable.text);
  Scope scope = at.scope;
  scope.Add({e.variable.text, out->slot, list->type.element()});
  // Aggregates inside would have to see each element as a row: refused.
  const ExprScope inner{scope};
  ExprRef where;
  ExprRef projection;
  if (e.where != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(where, BindExpr(*e.where, inner));
    SKEIN_RETURN_IF_ERROR(RequireBoolean(where));
  }
  if (e.projection != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(projection, BindExpr(*e.projection, inner));
  }
  out->type = Type::ListOf(projection != nullptr ? projection->type.kinds : list->type.elements);
  out->args = {std::move(list), std::move(where), std::move(projection)};
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindQuantifier(const syntax::QuantifierExpr& e,
                                               const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef list, BindExpr(*e.list, at));
  if (!list->type.may_be(Kinds::kList)) {
    return BindError(ErrorDetail::kInvalidArgumentType, list->position,
                     "a quantifier needs a list, found " + KindsText(list->type));
  }
  auto out = New(ExprKind::kQuantifier, e.span.begin, Type::Of(Kinds::kBoolean));
  out->quantifier = e.quantifier;
  out->slot = NewSlot(e.variable.text);
  Scope scope = at.scope;
  scope.Add({e.variable.text, out->slot, list->type.element()});
  ExprRef where;
  if (e.where != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(where, BindExpr(*e.where, {scope}));
    SKEIN_RETURN_IF_ERROR(RequireBoolean(where));
  }
  out->args = {std::move(list), std::move(where)};
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindReduce(const syntax::ReduceExpr& e, const ExprScope& at) {
  SKEIN_ASSIGN_OR_RETURN(ExprRef init, BindExpr(*e.init, at));
  SKEIN_ASSIGN_OR_RETURN(ExprRef list, BindExpr(*e.list, at));
  auto out = New(ExprKind::kReduce, e.span.begin);
  out->slot = NewSlot(e.variable.text);
  out->slot2 = NewSlot(e.accumulator.text);
  Scope scope = at.scope;
  scope.Add({e.accumulator.text, out->slot2, {}});
  scope.Add({e.variable.text, out->slot, list->type.element()});
  SKEIN_ASSIGN_OR_RETURN(ExprRef step, BindExpr(*e.step, {scope}));
  out->args = {std::move(init), std::move(list), std::move(step)};
  return ExprRef(out);
}

absl::StatusOr<std::shared_ptr<Subquery>> Binder::FinishSubquery(Query query,
                                                                 std::set<Slot> imports,
                                                                 syntax::SubqueryKind kind) {
  auto out = std::make_shared<Subquery>();
  out->kind = kind;
  if (kind == syntax::SubqueryKind::kCollect && !query.outputs.empty()) {
    out->result = query.outputs[0].slot;
  }
  out->query = std::make_shared<const Query>(std::move(query));
  // Imports of an inner subquery are reads of the outer one as well; NoteRead told every frame.
  out->imports.assign(imports.begin(), imports.end());
  return out;
}

absl::StatusOr<ExprRef> Binder::BindPatternComprehension(const syntax::PatternComprehensionExpr& e,
                                                         const ExprScope& at) {
  std::set<Slot> imports;
  frames_.push_back({next_slot_, &imports});
  auto match = std::make_shared<Match>();
  auto project = std::make_shared<Project>();
  Scope scope = at.scope;
  absl::Status status = BindPattern({e.pattern.get()}, &scope, &match->pattern);
  if (status.ok() && e.where != nullptr) {
    Pattern& pattern = match->pattern;
    status = BindPredicate(*e.where, scope,
                           pattern.select_length != nullptr ? &pattern.after : &pattern.predicates);
  }
  Type element;
  if (status.ok()) {
    absl::StatusOr<ExprRef> value = BindExpr(*e.projection, {scope});
    status = value.status();
    if (value.ok()) {
      element = (*value)->type;
      const Slot slot = NewSlot("");
      project->items.push_back({"", *std::move(value), slot});
    }
  }
  frames_.pop_back();
  SKEIN_RETURN_IF_ERROR(status);
  Query query;
  query.returns = query.reads = true;
  QueryPart part;
  part.outputs = project->items;
  query.outputs = project->items;
  part.clauses = {match, project};
  query.parts.push_back(std::move(part));
  auto out = New(ExprKind::kSubquery, e.span.begin, Type::ListOf(element.kinds));
  SKEIN_ASSIGN_OR_RETURN(out->subquery, FinishSubquery(std::move(query), std::move(imports),
                                                       syntax::SubqueryKind::kCollect));
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindPatternExpr(const syntax::PatternExpr& e, const ExprScope& at) {
  const syntax::PathPattern& path = *e.pattern;
  const auto require = [&at](const std::optional<syntax::Name>& name) {
    if (!name.has_value() || at.scope.Find(name->text) != nullptr) return absl::OkStatus();
    return BindError(
        ErrorDetail::kUndefinedVariable, name->span.begin,
        "variable `" + name->text + "` is not defined; a pattern predicate binds none");
  };
  for (const auto& node : path.nodes) SKEIN_RETURN_IF_ERROR(require(node.variable));
  if (path.mode == syntax::PathMode::kAll) {
    for (const auto& link : path.links) SKEIN_RETURN_IF_ERROR(require(link.variable));
  }
  std::set<Slot> imports;
  frames_.push_back({next_slot_, &imports});
  auto match = std::make_shared<Match>();
  Scope scope = at.scope;
  const absl::Status status = BindPattern({&path}, &scope, &match->pattern);
  const bool shortest = path.mode != syntax::PathMode::kAll;
  Query query;
  query.reads = true;
  QueryPart part;
  part.clauses.push_back(match);
  if (status.ok() && shortest) {
    ExprRef value;
    if (match->pattern.paths.empty()) {
      std::vector<ExprRef> args = {MakeSlot(match->pattern.links[0].left, Type::Of(Kinds::kNode)),
                                   MakeSlot(match->pattern.links[0].slot, {}),
                                   MakeSlot(match->pattern.links[0].right, Type::Of(Kinds::kNode))};
      auto made = New(ExprKind::kPath, e.span.begin, Type::Of(Kinds::kPath));
      made->args = std::move(args);
      value = made;
    } else {
      value = match->pattern.paths[0].value;
    }
    auto project = std::make_shared<Project>();
    project->items.push_back({"", value, NewSlot("")});
    part.outputs = query.outputs = project->items;
    part.clauses.push_back(project);
    query.returns = true;
  }
  frames_.pop_back();
  SKEIN_RETURN_IF_ERROR(status);
  query.parts.push_back(std::move(part));
  Type type = Type::Of(Kinds::kBoolean);
  if (path.mode == syntax::PathMode::kShortest) type = Type::Of(Kinds::kPath);
  if (path.mode == syntax::PathMode::kAllShortest) type = Type::ListOf(Kinds::kPath);
  auto out = New(ExprKind::kSubquery, e.span.begin, type);
  SKEIN_ASSIGN_OR_RETURN(out->subquery, FinishSubquery(std::move(query), std::move(imports),
                                                       shortest ? syntax::SubqueryKind::kCollect
                                                                : syntax::SubqueryKind::kExists));
  out->subquery->first = path.mode == syntax::PathMode::kShortest;
  return ExprRef(out);
}

absl::StatusOr<ExprRef> Binder::BindSubquery(const syntax::SubqueryExpr& e, const ExprScope& at) {
  std::set<Slot> imports;
  frames_.push_back({next_slot_, &imports});
  Query query;
  const absl::Status status = BindQuery(*e.query, at.scope, at.scope, &query);
  frames_.pop_back();
  SKEIN_RETURN_IF_ERROR(status);
  if (query.writes) {
    return BindError(ErrorDetail::kInvalidClauseComposition, e.span.begin,
                     "a subquery inside an expression cannot write");
  }
  if (e.subquery == syntax::SubqueryKind::kCollect && query.outputs.size() != 1) {
    return BindError(ErrorDetail::kUnexpectedSyntax, e.span.begin,
                     "COLLECT { } must return one column");
  }
  Type type = Type::Of(Kinds::kBoolean);
  if (e.subquery == syntax::SubqueryKind::kCount) type = Type::Of(Kinds::kInteger);
  if (e.subquery == syntax::SubqueryKind::kCollect) type = Type::Of(Kinds::kList);
  auto out = New(ExprKind::kSubquery, e.span.begin, type);
  SKEIN_ASSIGN_OR_RETURN(out->subquery,
                         FinishSubquery(std::move(query), std::move(imports), e.subquery));
  return ExprRef(out);
}

}  // namespace skein::bind
