// db.schema.*: what the visible graph looks like, from a sample.
//
// Sample    The first kSample visible nodes of each label and links of each type, by id: a large
//           graph answers as fast as a small one, and the documentation says so.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "query/procedures/groups.h"
#include "query/procedures/visible_names.h"
#include "storage/base/status.h"

namespace skein::procedures {
namespace {

using functions::Type;

constexpr size_t kSample = 1000;

Value Text(std::string_view text) { return Value::String(std::string(text)); }

absl::StatusOr<std::vector<NodeId>> SampleNodes(ProcedureContext& context, LabelId label) {
  SKEIN_ASSIGN_OR_RETURN(const bool visible, IsVisible(context.reader, context.viewer, label));
  if (!visible) return std::vector<NodeId>();
  SKEIN_ASSIGN_OR_RETURN(auto cursor,
                         context.reader.ScanNodes(context.viewer, label, context.budget));
  std::vector<uint64_t> ids;
  SKEIN_ASSIGN_OR_RETURN(const bool any, cursor->Next(kSample, &ids));
  std::vector<NodeId> nodes;
  for (size_t i = 0; any && i < ids.size(); ++i) nodes.push_back(NodeId{ids[i]});
  return nodes;
}

absl::StatusOr<std::vector<LinkId>> SampleLinks(ProcedureContext& context, LinkTypeId type) {
  SKEIN_ASSIGN_OR_RETURN(const bool visible, IsVisible(context.reader, context.viewer, type));
  if (!visible) return std::vector<LinkId>();
  SKEIN_ASSIGN_OR_RETURN(auto cursor,
                         context.reader.ScanLinks(context.viewer, {&type, 1}, context.budget));
  std::vector<uint64_t> ids;
  SKEIN_ASSIGN_OR_RETURN(const bool any, cursor->Next(kSample, &ids));
  std::vector<LinkId> links;
  for (size_t i = 0; any && i < ids.size(); ++i) links.push_back(LinkId{ids[i]});
  return links;
}

// What is known of one property of one kind of element.
struct Seen {
  std::set<std::string_view> kinds;
  size_t count = 0;
};
using SeenByKey = std::map<KeyId, Seen>;

void Note(const std::vector<PropertyEntry>& properties, SeenByKey* seen) {
  for (const PropertyEntry& entry : properties) {
    Seen& one = (*seen)[entry.key];
    one.kinds.insert(KindName(entry.value.kind()));
    ++one.count;
  }
}

absl::Status EmitProperties(const Catalog& catalog, std::vector<Value> row, const SeenByKey& seen,
                            size_t sampled, RowSink& out) {
  const size_t at = row.size();
  row.resize(at + 3);
  if (seen.empty()) {
    row[at + 2] = Value::Boolean(false);
    return out.Emit(row);
  }
  for (const auto& [key, one] : seen) {
    ValueList kinds;
    for (const std::string_view kind : one.kinds) kinds.push_back(Text(kind));
    row[at] = Text(catalog.Name(key));
    row[at + 1] = Value::List(std::move(kinds));
    row[at + 2] = Value::Boolean(one.count == sampled);
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status NodeTypes(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (uint32_t i = 0; i < catalog.label_count(); ++i) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> ids, SampleNodes(context, LabelId{i}));
    if (ids.empty()) continue;
    std::vector<std::optional<NodeRecord>> nodes;
    SKEIN_RETURN_IF_ERROR(context.reader.GetNodes(context.viewer, ids, &nodes));
    SeenByKey seen;
    for (const auto& node : nodes) {
      if (node.has_value()) Note(node->properties, &seen);
    }
    const std::string name(catalog.Name(LabelId{i}));
    SKEIN_RETURN_IF_ERROR(EmitProperties(
        catalog, {Text(":`" + name + "`"), Value::List({Text(name)})}, seen, ids.size(), out));
  }
  return absl::OkStatus();
}

absl::Status LinkTypeProperties(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (uint32_t i = 0; i < catalog.link_type_count(); ++i) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    SKEIN_ASSIGN_OR_RETURN(const std::vector<LinkId> ids, SampleLinks(context, LinkTypeId{i}));
    if (ids.empty()) continue;
    std::vector<std::optional<LinkRecord>> links;
    SKEIN_RETURN_IF_ERROR(context.reader.GetLinks(context.viewer, ids, &links));
    SeenByKey seen;
    for (const auto& link : links) {
      if (link.has_value()) Note(link->properties, &seen);
    }
    const std::string name(catalog.Name(LinkTypeId{i}));
    SKEIN_RETURN_IF_ERROR(
        EmitProperties(catalog, {Text(":`" + name + "`")}, seen, ids.size(), out));
  }
  return absl::OkStatus();
}

// The first of a node's labels by name; none where it has none.
std::vector<LabelId> FirstByName(const Catalog& catalog, const std::vector<LabelId>& labels) {
  if (labels.empty()) return {};
  return {*std::min_element(labels.begin(), labels.end(), [&catalog](LabelId a, LabelId b) {
    return catalog.Name(a) < catalog.Name(b);
  })};
}

// One real link for every (first label, type, first label), one real node for every label that no
// such link shows.
absl::Status Visualization(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  ValueList links;
  std::set<NodeId> nodes;
  std::set<LabelId> shown;
  for (uint32_t i = 0; i < catalog.link_type_count(); ++i) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    SKEIN_ASSIGN_OR_RETURN(const std::vector<LinkId> ids, SampleLinks(context, LinkTypeId{i}));
    if (ids.empty()) continue;
    std::vector<LinkEnds> ends;
    SKEIN_RETURN_IF_ERROR(context.reader.GetLinkEnds(context.viewer, ids, &ends));
    std::vector<NodeId> both;
    for (const LinkEnds& e : ends) both.insert(both.end(), {e.from, e.to});
    std::vector<std::vector<LabelId>> labels;
    SKEIN_RETURN_IF_ERROR(context.reader.GetLabels(context.viewer, both, &labels));
    std::set<std::pair<std::vector<LabelId>, std::vector<LabelId>>> seen;
    for (size_t j = 0; j < ids.size(); ++j) {
      std::vector<LabelId> from = FirstByName(catalog, labels[2 * j]);
      std::vector<LabelId> to = FirstByName(catalog, labels[2 * j + 1]);
      shown.insert(from.begin(), from.end());
      shown.insert(to.begin(), to.end());
      if (!seen.emplace(std::move(from), std::move(to)).second) continue;
      links.push_back(Value::Link(ids[j]));
      nodes.insert({ends[j].from, ends[j].to});
    }
  }
  for (uint32_t i = 0; i < catalog.label_count(); ++i) {
    if (shown.contains(LabelId{i})) continue;
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> ids, SampleNodes(context, LabelId{i}));
    if (!ids.empty()) nodes.insert(ids[0]);
  }
  ValueList list;
  for (const NodeId node : nodes) list.push_back(Value::Node(node));
  const Value row[] = {Value::List(std::move(list)), Value::List(std::move(links))};
  return out.Emit(row);
}

}  // namespace

void AddSchemaProcedures(ProcedureRegistry& out) {
  out.Add({.name = "db.schema.visualization",
           .columns = {{"nodes", Type::kList}, {"relationships", Type::kList}},
           .doc = "A picture of the schema: one example of every link between two labels with its "
                  "ends, and a node of every other label. From 1,000 links of each type.",
           .example = "CALL db.schema.visualization() YIELD nodes, relationships "
                      "RETURN size(nodes) AS nodes, size(relationships) AS relationships",
           .eval = &Visualization});
  out.Add({.name = "db.schema.nodeTypeProperties",
           .columns = {{"nodeType", Type::kString},
                       {"nodeLabels", Type::kList},
                       {"propertyName", Type::kString},
                       {"propertyTypes", Type::kList},
                       {"mandatory", Type::kBoolean}},
           .doc = "Properties and their types by label, from 1,000 nodes of each; `mandatory`: "
                  "every one of them has it.",
           .example = "CALL db.schema.nodeTypeProperties() "
                      "YIELD nodeType, propertyName, propertyTypes",
           .eval = &NodeTypes});
  out.Add({.name = "db.schema.relTypeProperties",
           .columns = {{"relType", Type::kString},
                       {"propertyName", Type::kString},
                       {"propertyTypes", Type::kList},
                       {"mandatory", Type::kBoolean}},
           .doc = "Properties and their types by link type, from 1,000 links of each; `mandatory`: "
                  "every one of them has it.",
           .example = "CALL db.schema.relTypeProperties() "
                      "YIELD relType, propertyName, propertyTypes",
           .eval = &LinkTypeProperties});
}

}  // namespace skein::procedures
