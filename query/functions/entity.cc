// Nodes, relationships and paths. What they are made of comes from the EvalContext.
#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

Value TextList(const std::vector<std::string>& names) {
  ValueList items;
  items.reserve(names.size());
  for (const std::string& name : names) items.push_back(Value::String(name));
  return Value::List(std::move(items));
}

Result EvalLabels(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<std::string> labels, context.LabelsOf(args[0].node()));
  return TextList(labels);
}

Result EvalType(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(std::string type, context.TypeNameOf(args[0].link()));
  return Value::String(std::move(type));
}

absl::StatusOr<int64_t> PublicId(const Value& element, EvalContext& context) {
  return element.kind() == ValueKind::kNode ? context.PublicIdOf(element.node())
                                            : context.PublicIdOf(element.link());
}

Result EvalId(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const int64_t id, PublicId(args[0], context));
  return Value::Integer(id);
}

Result EvalElementId(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const int64_t id, PublicId(args[0], context));
  return Value::String(std::to_string(id));
}

absl::StatusOr<ValueMap> PropertiesOf(const Value& v, EvalContext& context) {
  switch (v.kind()) {
    case ValueKind::kNode:
      return context.PropertiesOf(v.node());
    case ValueKind::kLink:
      return context.PropertiesOf(v.link());
    default:
      return v.map();
  }
}

Result EvalProperties(Args args, EvalContext& context) {
  if (args[0].kind() == ValueKind::kMap) return args[0];
  SKEIN_ASSIGN_OR_RETURN(ValueMap properties, PropertiesOf(args[0], context));
  return MakeMap(std::move(properties), context);
}

Result EvalKeys(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const ValueMap properties, PropertiesOf(args[0], context));
  ValueList keys;
  keys.reserve(properties.size());
  for (const auto& [key, value] : properties) keys.push_back(Value::String(key));
  return MakeList(std::move(keys), context);
}

Result EvalStartNode(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const EvalContext::Ends ends, context.EndsOf(args[0].link()));
  return ends.from == kNoNode ? Value::Null() : Value::Node(ends.from);
}

Result EvalEndNode(Args args, EvalContext& context) {
  SKEIN_ASSIGN_OR_RETURN(const EvalContext::Ends ends, context.EndsOf(args[0].link()));
  return ends.to == kNoNode ? Value::Null() : Value::Node(ends.to);
}

Result EvalNodes(Args args, EvalContext& context) {
  ValueList items;
  for (const NodeId node : args[0].path().nodes) items.push_back(Value::Node(node));
  return MakeList(std::move(items), context);
}

Result EvalRelationships(Args args, EvalContext& context) {
  ValueList items;
  for (const LinkId link : args[0].path().links) items.push_back(Value::Link(link));
  return MakeList(std::move(items), context);
}

Result EvalLength(Args args, EvalContext&) {
  return Value::Integer(static_cast<int64_t>(args[0].path().links.size()));
}

template <EvalContext::Ways kWays>
Result Degree(Args args, EvalContext& context) {
  const std::string_view type = args.size() > 1 ? std::string_view(args[1].string()) : "";
  SKEIN_ASSIGN_OR_RETURN(const int64_t degree, context.DegreeOf(args[0].node(), kWays, type));
  return Value::Integer(degree);
}

Result EvalExists(Args args, EvalContext&) { return Value::Boolean(!args[0].is_null()); }

struct EntityFunction {
  std::string_view name;
  std::string_view alias;  // empty: none
  std::vector<Type> args;
  int required;
  Type returns;
  Effects effects;
  ScalarEval eval;
  std::string_view doc;
  std::string_view example;
};

void AddAll(FunctionRegistry& out, std::span<const EntityFunction> functions) {
  for (const EntityFunction& f : functions) {
    FunctionDef def;
    def.name = f.name;
    if (!f.alias.empty()) def.aliases = {f.alias};
    def.args = f.args;
    def.required = f.required;
    def.returns = f.returns;
    def.effects = f.effects;
    def.eval = f.eval;
    def.doc = f.doc;
    def.example = {f.example, ""};
    out.Add(std::move(def));
  }
}

}  // namespace

void AddEntityFunctions(FunctionRegistry& out) {
  constexpr Effects kGraph = Effects::kReadsGraph;
  constexpr Type kAnyProperties = Type::kElement | Type::kMap;
  using Ways = EvalContext::Ways;
  const EntityFunction functions[] = {
      {"labels",
       "",
       {Type::kNode},
       1,
       Type::kList,
       kGraph,
       &EvalLabels,
       "The labels of a node.",
       "labels(n)"},
      {"type",
       "",
       {Type::kLink},
       1,
       Type::kString,
       kGraph,
       &EvalType,
       "The type of a relationship.",
       "type(r)"},
      {"id",
       "",
       {Type::kElement},
       1,
       Type::kInteger,
       kGraph,
       &EvalId,
       "The number by which an element is known outside.",
       "id(n)"},
      {"elementId",
       "",
       {Type::kElement},
       1,
       Type::kString,
       kGraph,
       &EvalElementId,
       "The same number as text.",
       "elementId(n)"},
      {"properties",
       "",
       {kAnyProperties},
       1,
       Type::kMap,
       kGraph,
       &EvalProperties,
       "The properties of an element as a map.",
       "properties(n)"},
      {"keys",
       "",
       {kAnyProperties},
       1,
       Type::kList,
       kGraph,
       &EvalKeys,
       "The names of an element's properties, or the keys of a map.",
       "keys(n)"},
      {"startNode",
       "",
       {Type::kLink},
       1,
       Type::kNode,
       kGraph,
       &EvalStartNode,
       "The node where a relationship starts.",
       "startNode(r)"},
      {"endNode",
       "",
       {Type::kLink},
       1,
       Type::kNode,
       kGraph,
       &EvalEndNode,
       "The node where a relationship ends.",
       "endNode(r)"},
      {"nodes",
       "",
       {Type::kPath},
       1,
       Type::kList,
       Effects::kPure,
       &EvalNodes,
       "The nodes of a path, in order.",
       "nodes(p)"},
      {"relationships",
       "rels",
       {Type::kPath},
       1,
       Type::kList,
       Effects::kPure,
       &EvalRelationships,
       "The relationships of a path, in order.",
       "relationships(p)"},
      {"length",
       "",
       {Type::kPath},
       1,
       Type::kInteger,
       Effects::kPure,
       &EvalLength,
       "How many relationships a path has.",
       "length(p)"},
      {"degree",
       "",
       {Type::kNode, Type::kString},
       1,
       Type::kInteger,
       kGraph,
       &Degree<Ways::kBoth>,
       "How many relationships (of a type) a node has.",
       "degree(n, 'CALLS')"},
      {"outDegree",
       "",
       {Type::kNode, Type::kString},
       1,
       Type::kInteger,
       kGraph,
       &Degree<Ways::kOut>,
       "How many relationships (of a type) leave a node.",
       "outDegree(n)"},
      {"inDegree",
       "",
       {Type::kNode, Type::kString},
       1,
       Type::kInteger,
       kGraph,
       &Degree<Ways::kIn>,
       "How many relationships (of a type) enter a node.",
       "inDegree(n)"},
  };
  AddAll(out, functions);
  // exists((a)-->(b)) is the predicate itself; the binder drops the call around a pattern.
  out.Add({.name = "exists",
           .args = {Type::kAny},
           .returns = Type::kBoolean,
           .nulls = Nulls::kHandle,
           .doc = "Whether a property is there (is not null), or a pattern has a match.",
           .example = {"exists({a: 1}.a)", "true"},
           .eval = &EvalExists});
}

}  // namespace skein::functions
