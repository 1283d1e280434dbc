#include "query/bind/expr.h"

#include <utility>

#include "query/bind/query.h"

namespace skein::bind {

namespace {

using functions::Effects;

std::shared_ptr<Expr> New(ExprKind kind, Position at) {
  auto e = std::make_shared<Expr>();
  e->kind = kind;
  e->position = at;
  return e;
}

void CollectInto(const ExprRef& e, std::set<Slot>* out) {
  if (e == nullptr) return;
  std::set<Slot> own;
  for (const ExprRef& arg : e->args) CollectInto(arg, &own);
  switch (e->kind) {
    case ExprKind::kSlot:
      own.insert(e->slot);
      break;
    case ExprKind::kListComprehension:
    case ExprKind::kQuantifier:
      own.erase(e->slot);
      break;
    case ExprKind::kReduce:
      own.erase(e->slot);
      own.erase(e->slot2);
      break;
    case ExprKind::kSubquery:
      own.insert(e->subquery->imports.begin(), e->subquery->imports.end());
      break;
    default:
      break;
  }
  out->insert(own.begin(), own.end());
}

std::string_view ComparisonText(syntax::ComparisonOp op) {
  switch (op) {
    case syntax::ComparisonOp::kEqual:
      return " = ";
    case syntax::ComparisonOp::kNotEqual:
      return " <> ";
    case syntax::ComparisonOp::kLess:
      return " < ";
    case syntax::ComparisonOp::kLessEqual:
      return " <= ";
    case syntax::ComparisonOp::kGreater:
      return " > ";
    case syntax::ComparisonOp::kGreaterEqual:
      return " >= ";
  }
  return " ? ";
}

std::string_view BinaryText(syntax::BinaryOp op) {
  switch (op) {
    case syntax::BinaryOp::kAdd:
      return " + ";
    case syntax::BinaryOp::kSubtract:
      return " - ";
    case syntax::BinaryOp::kMultiply:
      return " * ";
    case syntax::BinaryOp::kDivide:
      return " / ";
    case syntax::BinaryOp::kModulo:
      return " % ";
    case syntax::BinaryOp::kPower:
      return " ^ ";
    case syntax::BinaryOp::kIn:
      return " IN ";
    case syntax::BinaryOp::kStartsWith:
      return " STARTS WITH ";
    case syntax::BinaryOp::kEndsWith:
      return " ENDS WITH ";
    case syntax::BinaryOp::kContains:
      return " CONTAINS ";
    case syntax::BinaryOp::kMatches:
      return " =~ ";
    case syntax::BinaryOp::kConcatenate:
      return " || ";
  }
  return " ? ";
}

std::string_view LogicalText(syntax::LogicalOp op) {
  switch (op) {
    case syntax::LogicalOp::kAnd:
      return " AND ";
    case syntax::LogicalOp::kOr:
      return " OR ";
    case syntax::LogicalOp::kXor:
      return " XOR ";
  }
  return " ? ";
}

class TextMaker {
 public:
  explicit TextMaker(const std::function<std::string(Slot)>& slot_name) : slot_name_(slot_name) {}

  std::string Text(const ExprRef& e) const {
    if (e == nullptr) return "";
    switch (e->kind) {
      case ExprKind::kLiteral:
        return ToLiteral(e->literal);
      case ExprKind::kParameter:
        return "$" + e->name;
      case ExprKind::kSlot:
        return slot_name_(e->slot);
      case ExprKind::kProperty:
        return Text(e->args[0]) + "." + e->name;
      case ExprKind::kIndex:
        return Text(e->args[0]) + "[" + Text(e->args[1]) + "]";
      case ExprKind::kSlice:
        return Text(e->args[0]) + "[" + Text(e->args[1]) + ".." + Text(e->args[2]) + "]";
      case ExprKind::kUnary:
        return Unary(*e);
      case ExprKind::kBinary:
        return "(" + Text(e->args[0]) + std::string(BinaryText(e->binary)) + Text(e->args[1]) + ")";
      case ExprKind::kLogical:
        return "(" + Join(e->args, 0, LogicalText(e->logical)) + ")";
      case ExprKind::kComparison:
        return Comparison(*e);
      case ExprKind::kList:
        return "[" + Join(e->args, 0, ", ") + "]";
      case ExprKind::kMap:
        return "{" + Entries(*e, 0) + "}";
      case ExprKind::kMapProjection:
        return Text(e->args[0]) + " {" + Entries(*e, 1) + "}";
      case ExprKind::kCase:
        return "CASE " + Join(e->args, 0, " ") + " END";
      case ExprKind::kFunction:
      case ExprKind::kAggregate:
        return std::string(e->function->name) + "(" + (e->distinct ? "DISTINCT " : "") +
               (e->kind == ExprKind::kAggregate && e->args.empty() ? "*" : Join(e->args, 0, ", ")) +
               ")";
      case ExprKind::kListComprehension:
        return "[" + slot_name_(e->slot) + " IN " + Text(e->args[0]) +
               Optional(" WHERE ", e->args[1]) + Optional(" | ", e->args[2]) + "]";
      case ExprKind::kQuantifier:
        return Quantifier(*e);
      case ExprKind::kReduce:
        return "reduce(" + slot_name_(e->slot2) + " = " + Text(e->args[0]) + ", " +
               slot_name_(e->slot) + " IN " + Text(e->args[1]) + " | " + Text(e->args[2]) + ")";
      case ExprKind::kLabelTest:
        return Text(e->args[0]) + ":" + LabelText(*e->labels);
      case ExprKind::kSubquery:
        return SubqueryText(*e->subquery);
      case ExprKind::kPath:
        return "path(" + Join(e->args, 0, ", ") + ")";
    }
    return "?";
  }

 private:
  std::string Join(const std::vector<ExprRef>& args, size_t from, std::string_view between) const {
    std::string out;
    for (size_t i = from; i < args.size(); ++i) {
      if (i > from) out += between;
      out += Text(args[i]);
    }
    return out;
  }
  std::string Optional(std::string_view before, const ExprRef& e) const {
    return e == nullptr ? "" : std::string(before) + Text(e);
  }
  std::string Entries(const Expr& e, size_t shift) const {
    std::string out;
    for (size_t i = 0; i < e.names.size(); ++i) {
      if (i > 0) out += ", ";
      const ExprRef& value = e.args[i + shift];
      out += value == nullptr ? ".*" : e.names[i] + ": " + Text(value);
    }
    return out;
  }
  std::string Unary(const Expr& e) const {
    const std::string operand = Text(e.args[0]);
    switch (e.unary) {
      case syntax::UnaryOp::kNot:
        return "NOT " + operand;
      case syntax::UnaryOp::kPlus:
        return "+" + operand;
      case syntax::UnaryOp::kMinus:
        return "-" + operand;
      case syntax::UnaryOp::kIsNull:
        return operand + " IS NULL";
      case syntax::UnaryOp::kIsNotNull:
        return operand + " IS NOT NULL";
    }
    return operand;
  }
  std::string Comparison(const Expr& e) const {
    std::string out = Text(e.args[0]);
    for (size_t i = 0; i < e.comparisons.size(); ++i) {
      out += ComparisonText(e.comparisons[i]);
      out += Text(e.args[i + 1]);
    }
    return out;
  }
  std::string Quantifier(const Expr& e) const {
    static constexpr std::string_view kNames[] = {"all", "any", "none", "single"};
    return std::string(kNames[static_cast<size_t>(e.quantifier)]) + "(" + slot_name_(e.slot) +
           " IN " + Text(e.args[0]) + Optional(" WHERE ", e.args[1]) + ")";
  }
  static std::string SubqueryText(const Subquery& s) {
    switch (s.kind) {
      case syntax::SubqueryKind::kExists:
        return "EXISTS {…}";
      case syntax::SubqueryKind::kCount:
        return "COUNT {…}";
      case syntax::SubqueryKind::kCollect:
        return "COLLECT {…}";
    }
    return "{…}";
  }

  const std::function<std::string(Slot)>& slot_name_;
};

bool SameLabels(const LabelTree& a, const LabelTree& b) {
  if (a.kind != b.kind || a.name != b.name || a.operands.size() != b.operands.size()) return false;
  for (size_t i = 0; i < a.operands.size(); ++i) {
    if (!SameLabels(*a.operands[i], *b.operands[i])) return false;
  }
  return true;
}

bool HasLocals(const Expr& e) {
  return e.kind == ExprKind::kListComprehension || e.kind == ExprKind::kQuantifier ||
         e.kind == ExprKind::kReduce || e.kind == ExprKind::kSubquery;
}

// Literals are the same only with the same kind: 1 and 1.0 print differently.
bool SameLiteral(const Value& a, const Value& b) { return a.kind() == b.kind() && SameValue(a, b); }

}  // namespace

std::shared_ptr<const LabelTree> CopyLabels(const syntax::LabelExpr& e) {
  auto out = std::make_shared<LabelTree>();
  out->kind = e.kind;
  out->name = e.name;
  for (const auto& operand : e.operands) out->operands.push_back(CopyLabels(*operand));
  return out;
}

std::string LabelText(const LabelTree& tree) {
  const auto join = [&tree](std::string_view between) {
    std::string out;
    for (size_t i = 0; i < tree.operands.size(); ++i) {
      if (i > 0) out += between;
      out += LabelText(*tree.operands[i]);
    }
    return out;
  };
  switch (tree.kind) {
    case LabelTree::Kind::kName:
      return tree.name;
    case LabelTree::Kind::kWildcard:
      return "%";
    case LabelTree::Kind::kNot:
      return "!" + LabelText(*tree.operands[0]);
    case LabelTree::Kind::kAnd:
      return "(" + join("&") + ")";
    case LabelTree::Kind::kOr:
      return "(" + join("|") + ")";
  }
  return "?";
}

ExprRef MakeLiteral(Value v, Position at) {
  auto e = New(ExprKind::kLiteral, at);
  e->type = Type::Of(functions::TypeOf(v.kind()));
  e->literal = std::move(v);
  return e;
}

ExprRef MakeSlot(Slot slot, Type type, Position at) {
  auto e = New(ExprKind::kSlot, at);
  e->slot = slot;
  e->type = type;
  return e;
}

ExprRef MakeProperty(ExprRef object, std::string key, Position at) {
  auto e = New(ExprKind::kProperty, at);
  e->name = std::move(key);
  e->args.push_back(std::move(object));
  return e;
}

ExprRef MakeComparison(ExprRef a, syntax::ComparisonOp op, ExprRef b, Position at) {
  auto e = New(ExprKind::kComparison, at);
  e->type = Type::Of(Kinds::kBoolean);
  e->comparisons.push_back(op);
  e->args.push_back(std::move(a));
  e->args.push_back(std::move(b));
  return e;
}

ExprRef MakeLabelTest(ExprRef object, std::shared_ptr<const LabelTree> labels, Position at) {
  auto e = New(ExprKind::kLabelTest, at);
  e->type = Type::Of(Kinds::kBoolean);
  e->args.push_back(std::move(object));
  e->labels = std::move(labels);
  return e;
}

ExprRef MakeAnd(std::vector<ExprRef> terms) {
  if (terms.empty()) return MakeLiteral(Value::Boolean(true));
  if (terms.size() == 1) return terms[0];
  auto e = New(ExprKind::kLogical, terms[0]->position);
  e->type = Type::Of(Kinds::kBoolean);
  e->logical = syntax::LogicalOp::kAnd;
  e->args = std::move(terms);
  return e;
}

void SplitAnd(const ExprRef& e, std::vector<ExprRef>* terms) {
  if (e == nullptr) return;
  if (e->kind == ExprKind::kLogical && e->logical == syntax::LogicalOp::kAnd) {
    for (const ExprRef& arg : e->args) SplitAnd(arg, terms);
    return;
  }
  terms->push_back(e);
}

void Walk(const ExprRef& e, const std::function<bool(const Expr&)>& visit) {
  if (e == nullptr || !visit(*e)) return;
  for (const ExprRef& arg : e->args) Walk(arg, visit);
}

void CollectSlots(const ExprRef& e, std::set<Slot>* out) { CollectInto(e, out); }

bool ReadsSlot(const ExprRef& e, Slot slot) {
  std::set<Slot> slots;
  CollectSlots(e, &slots);
  return slots.contains(slot);
}

ExprRef Transform(const ExprRef& e, const std::function<ExprRef(const ExprRef&)>& replace) {
  if (e == nullptr) return nullptr;
  if (ExprRef other = replace(e); other != nullptr) return other;
  std::vector<ExprRef> args;
  bool changed = false;
  args.reserve(e->args.size());
  for (const ExprRef& arg : e->args) {
    args.push_back(Transform(arg, replace));
    changed |= args.back() != arg;
  }
  if (!changed) return e;
  auto copy = std::make_shared<Expr>(*e);
  copy->args = std::move(args);
  return copy;
}

bool SameExpr(const ExprRef& a, const ExprRef& b) {
  if (a == b) return !IsVolatile(a);
  if (a == nullptr || b == nullptr || a->kind != b->kind) return false;
  if (HasLocals(*a)) return false;
  if (a->name != b->name || a->slot != b->slot || a->names != b->names ||
      a->function != b->function || a->flag != b->flag || a->distinct != b->distinct ||
      a->comparisons != b->comparisons || a->args.size() != b->args.size() ||
      a->unary != b->unary || a->binary != b->binary || a->logical != b->logical) {
    return false;
  }
  if (a->kind == ExprKind::kLiteral && !SameLiteral(a->literal, b->literal)) return false;
  if (a->kind == ExprKind::kLabelTest && !SameLabels(*a->labels, *b->labels)) return false;
  if (a->function != nullptr && a->function->effects == Effects::kRandom) return false;
  for (size_t i = 0; i < a->args.size(); ++i) {
    if ((a->args[i] == nullptr) != (b->args[i] == nullptr)) return false;
    if (a->args[i] != nullptr && !SameExpr(a->args[i], b->args[i])) return false;
  }
  return true;
}

bool ContainsAggregate(const ExprRef& e) {
  bool found = false;
  Walk(e, [&found](const Expr& node) {
    found |= node.kind == ExprKind::kAggregate;
    return !found;
  });
  return found;
}

bool IsVolatile(const ExprRef& e) {
  bool found = false;
  Walk(e, [&found](const Expr& node) {
    found |= node.function != nullptr && node.function->effects == Effects::kRandom;
    // What a subquery calls is not looked into: taken as volatile.
    return !found;
  });
  return found;
}

bool ReadsGraph(const ExprRef& e) {
  bool found = false;
  Walk(e, [&found](const Expr& node) {
    switch (node.kind) {
      case ExprKind::kSubquery:
      case ExprKind::kLabelTest:
      case ExprKind::kMapProjection:
      case ExprKind::kPath:
        found = true;
        break;
      case ExprKind::kProperty:
      case ExprKind::kIndex:
        found |= node.args[0]->type.may_be(Kinds::kElement);
        break;
      case ExprKind::kFunction:
        found |= node.function->effects == Effects::kReadsGraph;
        break;
      default:
        break;
    }
    return !found;
  });
  return found;
}

bool IsConstant(const ExprRef& e) {
  bool constant = true;
  Walk(e, [&constant](const Expr& node) {
    switch (node.kind) {
      case ExprKind::kSlot:
      case ExprKind::kSubquery:
      case ExprKind::kAggregate:
      case ExprKind::kListComprehension:
      case ExprKind::kQuantifier:
      case ExprKind::kReduce:
        constant = false;
        break;
      case ExprKind::kFunction:
        constant &= node.function->effects == Effects::kPure ||
                    node.function->effects == Effects::kReadsClock;
        break;
      default:
        break;
    }
    return constant;
  });
  return constant;
}

std::string ExprText(const ExprRef& e, const std::function<std::string(Slot)>& slot_name) {
  return TextMaker(slot_name).Text(e);
}

}  // namespace skein::bind
