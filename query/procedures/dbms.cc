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
}

}  // namespace skein::procedures
