// dbms.*: what drivers and tools ask of a server when they connect.

#include <string>

#include "query/procedures/groups.h"
#include "storage/base/status.h"

namespace skein::procedures {
namespace {

using functions::Type;

Value Text(std::string_view text) { return Value::String(std::string(text)); }

// Clients compare the version with those they know, so the first one is of the protocol's family
// and the second is ours.
absl::Status Components(std::span<const Value>, ProcedureContext&, RowSink& out) {
  const Value kernel[] = {Text("Neo4j Kernel"), Value::List({Text("5.26.0")}), Text("community")};
  SKEIN_RETURN_IF_ERROR(out.Emit(kernel));
  const Value own[] = {Text("Skein"), Value::List({Text("0.1.0")}), Text("open source")};
  return out.Emit(own);
}

absl::Status License(std::span<const Value>, ProcedureContext&, RowSink& out) {
  const Value row[] = {Text("yes"), Value::Integer(0), Value::Integer(0)};
  return out.Emit(row);
}

absl::Status CurrentUser(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  const Value row[] = {Text(context.person), Value::List({}), Value::List({})};
  return out.Emit(row);
}

absl::Status Info(std::span<const Value>, ProcedureContext&, RowSink& out) {
  const Value row[] = {Text("skein"), Text("skein"), Text("1970-01-01T00:00:00Z")};
  return out.Emit(row);
}

// The library describes itself; descriptions are one line, as these tables show them.
absl::Status Procedures(std::span<const Value>, ProcedureContext&, RowSink& out) {
  for (const auto& def : AllProcedures().all()) {
    const Value row[] = {Text(def->name), Text(Signature(*def)), Text(def->doc), Text("READ")};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status Functions(std::span<const Value>, ProcedureContext&, RowSink& out) {
  for (const auto& def : functions::AllFunctions().all()) {
    std::string signature = std::string(def->name) + "(";
    for (const Type arg : def->args) {
      if (signature.back() != '(') signature += ", ";
      signature += functions::TypeName(arg);
    }
    if (def->variadic) signature += ", …";
    signature += ") :: " + functions::TypeName(def->returns);
    const Value row[] = {Text(def->name), Text(signature), Text(def->doc),
                         Value::Boolean(def->is_aggregate())};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

absl::Status ClientConfig(std::span<const Value>, ProcedureContext&, RowSink&) {
  return absl::OkStatus();
}

}  // namespace

void AddDbmsProcedures(ProcedureRegistry& out) {
  out.Add(
      {.name = "dbms.components",
       .columns = {{"name", Type::kString}, {"versions", Type::kList}, {"edition", Type::kString}},
       .doc = "What answers, and its versions.",
       .example = "CALL dbms.components() YIELD name, versions",
       .eval = &Components});
  out.Add({.name = "dbms.licenseAgreementDetails",
           .columns = {{"status", Type::kString},
                       {"daysLeftOnTrial", Type::kInteger},
                       {"totalTrialDays", Type::kInteger}},
           .doc = "Asked by terminal clients; Skein is free software, nothing expires.",
           .example = "CALL dbms.licenseAgreementDetails()",
           .eval = &License});
  out.Add({.name = "dbms.clientConfig",
           .columns = {{"name", Type::kString}, {"value", Type::kString}},
           .doc = "Settings for browser clients; there are none.",
           .example = "CALL dbms.clientConfig()",
           .eval = &ClientConfig});
  out.Add({.name = "dbms.showCurrentUser",
           .columns = {{"username", Type::kString}, {"roles", Type::kList}, {"flags", Type::kList}},
           .doc = "Who asks. Roles are the server's affair and are not listed here.",
           .example = "CALL dbms.showCurrentUser() YIELD username",
           .eval = &CurrentUser});
  out.Add(
      {.name = "dbms.info",
       .columns = {{"id", Type::kString}, {"name", Type::kString}, {"creationDate", Type::kString}},
       .doc = "The name of the system; the same everywhere, because it identifies nobody.",
       .example = "CALL dbms.info() YIELD name",
       .eval = &Info});
  out.Add({.name = "dbms.procedures",
           .columns = {{"name", Type::kString},
                       {"signature", Type::kString},
                       {"description", Type::kString},
                       {"mode", Type::kString}},
           .doc = "Every procedure with its signature and description.",
           .example = "CALL dbms.procedures() YIELD name, signature "
                      "WHERE name STARTS WITH 'algo.' RETURN name, signature",
           .eval = &Procedures});
  out.Add({.name = "dbms.functions",
           .columns = {{"name", Type::kString},
                       {"signature", Type::kString},
                       {"description", Type::kString},
                       {"aggregating", Type::kBoolean}},
           .doc = "Every function with its signature and description.",
           .example = "CALL dbms.functions() YIELD name, signature RETURN name, signature",
           .eval = &Functions});
}

}  // namespace skein::procedures
