#include "query/engine/schema_commands.h"

#include <algorithm>
#include <utility>

#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein {

namespace {

using syntax::SchemaCommand;

// `index_Person_name` and the like, where the command gives no name.
std::string DefaultName(const SchemaCommand& command) {
  std::string name = command.kind == SchemaCommand::Kind::kCreateUnique ? "unique_" : "index_";
  if (command.index == SchemaCommand::Index::kPoint) name = "point_";
  if (command.index == SchemaCommand::Index::kText) name = "text_";
  name += command.label.text;
  for (const auto& key : command.keys) name += "_" + key.text;
  return name;
}

IndexKind KindOf(const SchemaCommand& command) {
  if (command.kind == SchemaCommand::Kind::kCreateUnique) return IndexKind::kUnique;
  switch (command.index) {
    case SchemaCommand::Index::kPoint:
      return IndexKind::kPoint;
    case SchemaCommand::Index::kText:
      return IndexKind::kText;
    case SchemaCommand::Index::kRange:
      break;
  }
  return IndexKind::kRange;
}

std::optional<IndexInfo> FindByName(const Catalog& catalog, std::string_view name) {
  for (const IndexInfo& index : catalog.Indexes()) {
    if (index.name == name) return index;
  }
  return std::nullopt;
}

absl::Status CreateIt(const SchemaCommand& command, Graph& graph, HeldResult* out) {
  if (command.on_links) {
    return MakeQueryError(ErrorClass::kSyntaxError, ErrorDetail::kUnexpectedSyntax,
                          "indexes are on nodes; links have none yet", command.span.begin);
  }
  IndexInfo index;
  index.name = command.name.has_value() ? command.name->text : DefaultName(command);
  index.kind = KindOf(command);
  SKEIN_ASSIGN_OR_RETURN(index.label, graph.catalog().InternLabel(command.label.text));
  for (const auto& key : command.keys) {
    SKEIN_ASSIGN_OR_RETURN(const KeyId id, graph.catalog().InternKey(key.text));
    index.keys.push_back(id);
  }
  const bool same = graph.catalog().FindIndex(index.label, index.keys, index.kind).has_value();
  if (same || FindByName(graph.catalog(), index.name).has_value()) {
    if (command.tolerant) return absl::OkStatus();
    return AlreadyExists("an index like `", index.name, "` is there already");
  }
  SKEIN_RETURN_IF_ERROR(graph.CreateIndex(index).status());
  out->summary.indexes_added = 1;
  return absl::OkStatus();
}

absl::Status DropIt(const SchemaCommand& command, Graph& graph, HeldResult* out) {
  const std::string& name = command.name->text;
  const auto index = FindByName(graph.catalog(), name);
  const bool constraint = command.kind == SchemaCommand::Kind::kDropConstraint;
  if (!index.has_value() || (index->kind == IndexKind::kUnique) != constraint) {
    if (command.tolerant) return absl::OkStatus();
    return NotFound("there is no ", constraint ? "constraint" : "index", " `", name, "`");
  }
  SKEIN_RETURN_IF_ERROR(graph.DropIndex(index->id));
  out->summary.indexes_removed = 1;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<HeldResult> RunSchemaCommand(const SchemaCommand& command, Graph& graph,
                                            bool* changed) {
  HeldResult out;
  out.summary.type = QuerySummary::Type::kSchema;
  switch (command.kind) {
    case SchemaCommand::Kind::kCreateIndex:
    case SchemaCommand::Kind::kCreateUnique:
      SKEIN_RETURN_IF_ERROR(CreateIt(command, graph, &out));
      break;
    case SchemaCommand::Kind::kDropIndex:
    case SchemaCommand::Kind::kDropConstraint:
      SKEIN_RETURN_IF_ERROR(DropIt(command, graph, &out));
      break;
    case SchemaCommand::Kind::kKill:
      return Internal("KILL is the connection's to run");
  }
  *changed = out.summary.indexes_added + out.summary.indexes_removed > 0;
  return out;
}

}  // namespace skein
