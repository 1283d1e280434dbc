// Nodes, relationships and paths. What they are made of comes from the EvalContext.
#include <algorithm>

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
  // The kind leads, as in the HTTP API and over Bolt: a node's id never passes for a link's.
  return Value::String((args[0].kind() == ValueKind::kNode ? 'n' : 'l') + std::to_string(id));
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

// Does a node repeat? `closed`: the last may be the first.
bool Repeats(const PathValue& path, bool closed) {
  std::vector<NodeId> nodes = path.nodes;
  if (closed && nodes.size() > 1 && nodes.front() == nodes.back()) nodes.pop_back();
  std::sort(nodes.begin(), nodes.end());
  return std::adjacent_find(nodes.begin(), nodes.end()) != nodes.end();
}

Result EvalIsAcyclic(Args args, EvalContext&) {
  return Value::Boolean(!Repeats(args[0].path(), false));
}

Result EvalIsSimple(Args args, EvalContext&) {
  return Value::Boolean(!Repeats(args[0].path(), true));
}

template <EvalContext::Ways kWays>
Result Degree(Args args, EvalContext& context) {
  const std::string_view type = args.size() > 1 ? std::string_view(args[1].string()) : "";
  SKEIN_ASSIGN_OR_RETURN(const int64_t degree, context.DegreeOf(args[0].node(), kWays, type));
  return Value::Integer(degree);
}

Result EvalExists(Args args, EvalContext&) { return Value::Boolean(!args[0].is_null()); }

constexpr FunctionDef kEntityFunctions[] = {
    {.name = "labels",
     .args = {Type::kNode},
     .returns = Type::kList,
     .effects = Effects::kReadsGraph,
     .doc = "The labels of a node.",
     .example = {"labels(n)", ""},
     .eval = &EvalLabels},
    {.name = "type",
     .args = {Type::kLink},
     .returns = Type::kString,
     .effects = Effects::kReadsGraph,
     .doc = "The type of a relationship.",
     .example = {"type(r)", ""},
     .eval = &EvalType},
    {.name = "id",
     .args = {Type::kElement},
     .returns = Type::kInteger,
     .effects = Effects::kReadsGraph,
     .doc = "The number by which an element is known outside.",
     .example = {"id(n)", ""},
     .eval = &EvalId},
    {.name = "elementId",
     .args = {Type::kElement},
     .returns = Type::kString,
     .effects = Effects::kReadsGraph,
     .doc = "The same number as text.",
     .example = {"elementId(n)", ""},
     .eval = &EvalElementId},
    {.name = "properties",
     .args = {Type::kElement | Type::kMap},
     .returns = Type::kMap,
     .effects = Effects::kReadsGraph,
     .doc = "The properties of an element as a map.",
     .example = {"properties(n)", ""},
     .eval = &EvalProperties},
    {.name = "keys",
     .args = {Type::kElement | Type::kMap},
     .returns = Type::kList,
     .effects = Effects::kReadsGraph,
     .doc = "The names of an element's properties, or the keys of a map.",
     .example = {"keys(n)", ""},
     .eval = &EvalKeys},
    {.name = "startNode",
     .args = {Type::kLink},
     .returns = Type::kNode,
     .effects = Effects::kReadsGraph,
     .doc = "The node where a relationship starts.",
     .example = {"startNode(r)", ""},
     .eval = &EvalStartNode},
    {.name = "endNode",
     .args = {Type::kLink},
     .returns = Type::kNode,
     .effects = Effects::kReadsGraph,
     .doc = "The node where a relationship ends.",
     .example = {"endNode(r)", ""},
     .eval = &EvalEndNode},
    {.name = "nodes",
     .args = {Type::kPath},
     .returns = Type::kList,
     .doc = "The nodes of a path, in order.",
     .example = {"nodes(p)", ""},
     .eval = &EvalNodes},
    {.name = "relationships",
     .aliases = {"rels"},
     .args = {Type::kPath},
     .returns = Type::kList,
     .doc = "The relationships of a path, in order.",
     .example = {"relationships(p)", ""},
     .eval = &EvalRelationships},
    {.name = "length",
     .args = {Type::kPath},
     .returns = Type::kInteger,
     .doc = "How many relationships a path has.",
     .example = {"length(p)", ""},
     .eval = &EvalLength},
    {.name = "isAcyclic",
     .args = {Type::kPath},
     .returns = Type::kBoolean,
     .doc = "Whether a path visits no node twice.",
     .example = {"isAcyclic(p)", ""},
     .eval = &EvalIsAcyclic},
    {.name = "isSimple",
     .args = {Type::kPath},
     .returns = Type::kBoolean,
     .doc = "Whether a path visits no node twice, but that it may end where it began.",
     .example = {"isSimple(p)", ""},
     .eval = &EvalIsSimple},
    {.name = "degree",
     .args = {Type::kNode, Type::kString},
     .required = 1,
     .returns = Type::kInteger,
     .effects = Effects::kReadsGraph,
     .doc = "How many relationships (of a type) a node has.",
     .example = {"degree(n, 'CALLS')", ""},
     .eval = &Degree<EvalContext::Ways::kBoth>},
    {.name = "outDegree",
     .args = {Type::kNode, Type::kString},
     .required = 1,
     .returns = Type::kInteger,
     .effects = Effects::kReadsGraph,
     .doc = "How many relationships (of a type) leave a node.",
     .example = {"outDegree(n)", ""},
     .eval = &Degree<EvalContext::Ways::kOut>},
    {.name = "inDegree",
     .args = {Type::kNode, Type::kString},
     .required = 1,
     .returns = Type::kInteger,
     .effects = Effects::kReadsGraph,
     .doc = "How many relationships (of a type) enter a node.",
     .example = {"inDegree(n)", ""},
     .eval = &Degree<EvalContext::Ways::kIn>},
    // exists((a)-->(b)) is the predicate itself; the binder drops the call around a pattern.
    {.name = "exists",
     .args = {Type::kAny},
     .returns = Type::kBoolean,
     .nulls = Nulls::kHandle,
     .doc = "Whether a property is there (is not null), or a pattern has a match.",
     .example = {"exists({a: 1}.a)", "true"},
     .eval = &EvalExists},
};

}  // namespace

void AddEntityFunctions(FunctionRegistry& out) { out.AddAll(kEntityFunctions); }

}  // namespace skein::functions
