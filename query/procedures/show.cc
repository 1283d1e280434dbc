// show.*: what SHOW FUNCTIONS and its like list; the columns are those that tools ask for.

#include <string>
#include <vector>

#include "query/procedures/groups.h"
#include "query/procedures/running.h"
#include "storage/base/status.h"

namespace skein::procedures {
namespace {

using functions::Type;

Value Text(std::string_view text) { return Value::String(std::string(text)); }

// name(arg :: TYPE, arg :: TYPE) :: TYPE, optional arguments in brackets.
std::string FunctionSignature(const functions::FunctionDef& def) {
  std::string out = std::string(def.name) + "(";
  for (size_t i = 0; i < def.args.size(); ++i) {
    if (i > 0) out += ", ";
    const bool optional = i >= def.args_min();
    out += (optional ? "[" : "") + functions::TypeName(def.args[i]) + (optional ? "]" : "");
  }
  if (def.variadic) out += ", …";
  return out + ") :: " + functions::TypeName(def.returns);
}

absl::Status Functions(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  for (const auto& def : functions::AllFunctions().all()) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    const Value row[] = {Text(def->name),      Text(def->is_aggregate() ? "Aggregating" : "Scalar"),
                         Text(def->doc),       Text(FunctionSignature(*def)),
                         Value::Boolean(true), Value::Boolean(def->is_aggregate())};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status Procedures(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  for (const auto& def : AllProcedures().all()) {
    SKEIN_RETURN_IF_ERROR(context.budget.Check());
    const Value row[] = {Text(def->name), Text(def->doc), Text(Signature(*def)), Text("READ"),
                         Value::Boolean(false)};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

// One store is one database.
absl::Status Databases(std::span<const Value>, ProcedureContext&, RowSink& out) {
  const Value row[] = {Text("skein"),  Text("standard"), Value::List({}),      Text("read-write"),
                       Text(""),       Text("primary"),  Value::Boolean(true), Text("online"),
                       Text("online"), Text(""),         Value::Boolean(true), Value::Boolean(true),
                       Value::List({})};
  return out.Emit(row);
}

absl::Status EmitIndex(const IndexInfo& index, const Catalog& catalog, bool constraint,
                       RowSink& out) {
  ValueList keys;
  for (const KeyId key : index.keys) keys.push_back(Text(catalog.Name(key)));
  const Value labels = Value::List({Text(catalog.Name(index.label))});
  const Value properties = Value::List(std::move(keys));
  const bool unique = index.kind == IndexKind::kUnique;  // a constraint; its index is a range
  if (constraint) {
    const Value row[] = {Value::Integer(index.id),
                         Text(index.name),
                         Text("UNIQUENESS"),
                         Text("NODE"),
                         labels,
                         properties};
    return out.Emit(row);
  }
  const Value row[] = {Value::Integer(index.id),
                       Text(index.name),
                       Text(index.online ? "ONLINE" : "POPULATING"),
                       Text(IndexKindName(unique ? IndexKind::kRange : index.kind)),
                       Text("NODE"),
                       labels,
                       properties};
  return out.Emit(row);
}

absl::Status Indexes(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (const IndexInfo& index : catalog.Indexes()) {
    SKEIN_RETURN_IF_ERROR(EmitIndex(index, catalog, false, out));
  }
  return absl::OkStatus();
}

absl::Status Constraints(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Catalog& catalog = context.reader.catalog();
  for (const IndexInfo& index : catalog.Indexes()) {
    if (index.kind != IndexKind::kUnique) continue;
    SKEIN_RETURN_IF_ERROR(EmitIndex(index, catalog, true, out));
  }
  return absl::OkStatus();
}

absl::Status Queries(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  if (context.running == nullptr || context.asker == nullptr) return absl::OkStatus();
  const absl::Time now = context.eval.RealTime();
  for (const RunningQueries::Query& q : context.running->List(*context.asker)) {
    const int64_t started_us = absl::ToUnixMicros(q.started);
    ZonedDateTime started;
    started.seconds = started_us / 1'000'000;
    started.nanos = static_cast<int32_t>(started_us % 1'000'000) * 1000;
    started.zone = "UTC";
    const Value row[] = {Text(QueryName(q.number)),
                         Text(q.person),
                         Text(q.text),
                         Value::Of(started),
                         Value::Integer(absl::ToInt64Milliseconds(now - q.started)),
                         Text(q.killed ? "killed" : "running"),
                         Value::Integer(q.bytes),
                         Value::Integer(q.rows)};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

void AddSchemaLists(ProcedureRegistry& out) {
  out.Add({.name = "show.indexes",
           .columns = {{"id", Type::kInteger},
                       {"name", Type::kString},
                       {"state", Type::kString},
                       {"type", Type::kString},
                       {"entityType", Type::kString},
                       {"labelsOrTypes", Type::kList},
                       {"properties", Type::kList}},
           .doc = "Indexes; SHOW INDEXES.",
           .example = "SHOW INDEXES YIELD name, state",
           .eval = &Indexes});
  out.Add({.name = "show.constraints",
           .columns = {{"id", Type::kInteger},
                       {"name", Type::kString},
                       {"type", Type::kString},
                       {"entityType", Type::kString},
                       {"labelsOrTypes", Type::kList},
                       {"properties", Type::kList}},
           .doc = "Unique constraints; SHOW CONSTRAINTS.",
           .example = "SHOW CONSTRAINTS",
           .eval = &Constraints});
  out.Add({.name = "show.databases",
           .columns = {{"name", Type::kString},
                       {"type", Type::kString},
                       {"aliases", Type::kList},
                       {"access", Type::kString},
                       {"address", Type::kString},
                       {"role", Type::kString},
                       {"writer", Type::kBoolean},
                       {"requestedStatus", Type::kString},
                       {"currentStatus", Type::kString},
                       {"statusMessage", Type::kString},
                       {"default", Type::kBoolean},
                       {"home", Type::kBoolean},
                       {"constituents", Type::kList}},
           .doc = "The one database that a store is; SHOW DATABASES.",
           .example = "SHOW DATABASES YIELD name, currentStatus",
           .eval = &Databases});
}

}  // namespace

void AddShowProcedures(ProcedureRegistry& out) {
  AddSchemaLists(out);
  out.Add({.name = "show.functions",
           .columns = {{"name", Type::kString},
                       {"category", Type::kString},
                       {"description", Type::kString},
                       {"signature", Type::kString},
                       {"isBuiltIn", Type::kBoolean},
                       {"aggregating", Type::kBoolean}},
           .doc = "All functions; SHOW FUNCTIONS.",
           .example = "SHOW FUNCTIONS YIELD name, signature WHERE name STARTS WITH 'to'",
           .eval = &Functions});
  out.Add({.name = "show.procedures",
           .columns = {{"name", Type::kString},
                       {"description", Type::kString},
                       {"signature", Type::kString},
                       {"mode", Type::kString},
                       {"worksOnSystem", Type::kBoolean}},
           .doc = "All procedures; SHOW PROCEDURES.",
           .example = "SHOW PROCEDURES YIELD name",
           .eval = &Procedures});
  out.Add({.name = "show.queries",
           .columns = {{"queryId", Type::kString},
                       {"username", Type::kString},
                       {"query", Type::kString},
                       {"startTime", Type::kDateTime},
                       {"elapsedMs", Type::kInteger},
                       {"status", Type::kString},
                       {"memoryBytes", Type::kInteger},
                       {"rowsRead", Type::kInteger}},
           .doc =
               "Your queries that are running, this one included (on a sandbox everybody's); SHOW "
               "QUERIES. KILL 'query-1' ends one.",
           .example = "SHOW QUERIES YIELD queryId, query, elapsedMs",
           .eval = &Queries});
}

}  // namespace skein::procedures
