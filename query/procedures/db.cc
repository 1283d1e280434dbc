// db.*: labels, link types, property keys and indexes of what the viewer may see.

#include <string>
#include <vector>

#include "query/procedures/groups.h"
#include "query/procedures/visible_names.h"
#include "storage/base/status.h"

namespace skein::procedures {
namespace {

using functions::Type;

Value Text(std::string_view text) { return Value::String(std::string(text)); }

// A label that only hidden nodes carry does not exist for this viewer.
absl::Status Labels(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (uint32_t i = 0; i < catalog.label_count(); ++i) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    SKEIN_ASSIGN_OR_RETURN(const bool visible,
                           IsVisible(context.reader, context.viewer, LabelId{i}));
    if (!visible) continue;
    const Value row[] = {Text(catalog.Name(LabelId{i}))};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status LinkTypes(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (uint32_t i = 0; i < catalog.link_type_count(); ++i) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    SKEIN_ASSIGN_OR_RETURN(const bool visible,
                           IsVisible(context.reader, context.viewer, LinkTypeId{i}));
    if (!visible) continue;
    const Value row[] = {Text(catalog.Name(LinkTypeId{i}))};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

// A key that only hidden elements carry does not exist for this viewer.
absl::Status PropertyKeys(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  SKEIN_ASSIGN_OR_RETURN(const KeySet keys,
                         VisibleKeys(context.reader, context.viewer, context.budget));
  for (const KeyId key : keys) {
    const Value row[] = {Text(catalog.Name(key))};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status Indexes(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (const IndexInfo& index : catalog.Indexes()) {
    ValueList keys;
    for (KeyId key : index.keys) keys.push_back(Text(catalog.Name(key)));
    const Value row[] = {Value::Integer(index.id),
                         Text(index.name),
                         Text(index.online ? "ONLINE" : "POPULATING"),
                         Text(IndexKindName(index.kind)),
                         Value::List({Text(catalog.Name(index.label))}),
                         Value::List(std::move(keys))};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status Constraints(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (const IndexInfo& index : catalog.Indexes()) {
    if (index.kind != IndexKind::kUnique) continue;
    ValueList keys;
    for (KeyId key : index.keys) keys.push_back(Text(catalog.Name(key)));
    const Value row[] = {Text(index.name), Text("UNIQUENESS"), Text(catalog.Name(index.label)),
                         Value::List(std::move(keys))};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

// CREATE INDEX returns when the index is built, so there is nothing to wait for.
absl::Status AwaitIndexes(std::span<const Value>, ProcedureContext&, RowSink&) {
  return absl::OkStatus();
}

absl::Status Info(std::span<const Value>, ProcedureContext&, RowSink& out) {
  const Value row[] = {Text("skein"), Text("skein"), Text("1970-01-01T00:00:00Z")};
  return out.Emit(row);
}

absl::Status Ping(std::span<const Value>, ProcedureContext&, RowSink& out) {
  const Value row[] = {Value::Boolean(true)};
  return out.Emit(row);
}

}  // namespace

void AddDbProcedures(ProcedureRegistry& out) {
  out.Add({.name = "db.labels",
           .columns = {{"label", Type::kString}},
           .doc = "Labels of the nodes you may see, in order of first use.",
           .example = "CALL db.labels() YIELD label RETURN label ORDER BY label",
           .eval = &Labels});
  out.Add({.name = "db.relationshipTypes",
           .columns = {{"relationshipType", Type::kString}},
           .doc = "Types of the links you may see, in order of first use.",
           .example = "CALL db.relationshipTypes()",
           .eval = &LinkTypes});
  out.Add({.name = "db.propertyKeys",
           .columns = {{"propertyKey", Type::kString}},
           .doc =
               "Property keys, in order of first use. Who does not see everything is told those of "
               "the first nodes of each label that they see, and of these nodes' links.",
           .example = "CALL db.propertyKeys()",
           .eval = &PropertyKeys});
  out.Add({.name = "db.indexes",
           .columns = {{"id", Type::kInteger},
                       {"name", Type::kString},
                       {"state", Type::kString},
                       {"type", Type::kString},
                       {"labelsOrTypes", Type::kList},
                       {"properties", Type::kList}},
           .doc = "Indexes and unique constraints.",
           .example = "CALL db.indexes() YIELD name, state",
           .eval = &Indexes});
  out.Add({.name = "db.constraints",
           .columns = {{"name", Type::kString},
                       {"type", Type::kString},
                       {"label", Type::kString},
                       {"properties", Type::kList}},
           .doc = "Unique constraints.",
           .example = "CALL db.constraints() YIELD name, label, properties",
           .eval = &Constraints});
  out.Add({.name = "db.awaitIndexes",
           .args = {{"timeOutSeconds", Type::kInteger, Value::Integer(300)}},
           .doc = "Returns at once: an index is built when CREATE INDEX returns.",
           .example = "CALL db.awaitIndexes(10)",
           .eval = &AwaitIndexes});
  out.Add(
      {.name = "db.info",
       .columns = {{"id", Type::kString}, {"name", Type::kString}, {"creationDate", Type::kString}},
       .doc = "The name of the database; the same everywhere, because it identifies nobody.",
       .example = "CALL db.info() YIELD name",
       .eval = &Info});
  out.Add({.name = "db.ping",
           .columns = {{"success", Type::kBoolean}},
           .doc = "Answers true; clients ask it when they connect.",
           .example = "CALL db.ping()",
           .eval = &Ping});
}

}  // namespace skein::procedures
