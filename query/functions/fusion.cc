// fusion.*: what lies behind an entity. What a cluster is, storage/fusion says.
#include "query/functions/fusion.h"

#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

FusionContext* Fusion(EvalContext& context) { return dynamic_cast<FusionContext*>(&context); }

Result EvalCluster(Args args, EvalContext& context) {
  if (Fusion(context) == nullptr) return Value::List({args[0]});
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> members,
                         Fusion(context)->ClusterOf(args[0].node()));
  ValueList items;
  items.reserve(members.size());
  for (const NodeId member : members) items.push_back(Value::Node(member));
  return MakeList(std::move(items), context);
}

Result EvalRecords(Args args, EvalContext& context) {
  if (Fusion(context) == nullptr) return Value::List({});
  SKEIN_ASSIGN_OR_RETURN(ValueList records, Fusion(context)->RecordsOf(args[0].node()));
  return MakeList(std::move(records), context);
}

Result EvalValues(Args args, EvalContext& context) {
  if (Fusion(context) == nullptr) return Value::List({});
  SKEIN_ASSIGN_OR_RETURN(ValueList values,
                         Fusion(context)->ValuesOf(args[0].node(), args[1].string()));
  return MakeList(std::move(values), context);
}

constexpr FunctionDef kFusionFunctions[] = {
    {.name = "fusion.cluster",
     .args = {Type::kNode},
     .returns = Type::kList,
     .effects = Effects::kReadsGraph,
     .doc = "The nodes that are one entity with a node, itself included, as far as you can see.",
     .example = {"fusion.cluster(e)", ""},
     .eval = &EvalCluster},
    {.name = "fusion.records",
     .args = {Type::kNode},
     .returns = Type::kList,
     .effects = Effects::kReadsGraph,
     .doc = "Each node of an entity by itself: a map of id, labels, properties, and where it comes "
            "from: source, file, row, person, received.",
     .example = {"fusion.records(e)", ""},
     .eval = &EvalRecords},
    {.name = "fusion.values",
     .args = {Type::kNode, Type::kString},
     .returns = Type::kList,
     .effects = Effects::kReadsGraph,
     .doc = "Every value that the nodes of an entity have for a property, the one that the entity "
            "shows first: a map of id, value, and where it comes from.",
     .example = {"fusion.values(e, 'name')", ""},
     .eval = &EvalValues},
};

}  // namespace

void AddFusionFunctions(FunctionRegistry& out) { out.AddAll(kFusionFunctions); }

}  // namespace skein::functions
