// Cases and units; and the audit log, for supervisors.
#include <algorithm>

#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "server/http/render.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kSmallBody = size_t{16} << 10;

Response CaseResponse(int status, const auth::Case& c) {
  JsonWriter out;
  Write(c, &out);
  return Response::Json(status, out.Take());
}

}  // namespace

void ApiServer::AddCaseRoutes(Router* router) {
  router->Add({.method = "GET", .pattern = "/api/v1/units", .handler = [this](Request& r) {
                 return SignedIn(r, [this](const Access&) -> absl::StatusOr<Response> {
                   JsonWriter out;
                   out.BeginObject().Key("units").BeginArray();
                   for (const auth::Unit& unit : parts_.gate.directory().Units()) {
                     out.BeginObject().Member("key", unit.key).Member("name", unit.name);
                     out.EndObject();
                   }
                   out.EndArray().EndObject();
                   return Response::Json(200, out.Take());
                 });
               }});
  router->Add({.method = "GET", .pattern = "/api/v1/cases", .handler = [this](Request& r) {
                 return SignedIn(r, [this](const Access& access) -> absl::StatusOr<Response> {
                   JsonWriter out;
                   out.BeginObject().Key("cases").BeginArray();
                   for (const auth::Case& c : parts_.gate.directory().CasesOf(access.person.unit)) {
                     Write(c, &out);
                   }
                   out.EndArray().EndObject();
                   return Response::Json(200, out.Take());
                 });
               }});
  router->Add({.method = "POST",
               .pattern = "/api/v1/cases",
               .handler =
                   [this](Request& r) {
                     return Supervised(r, "case.open",
                                       [&](const Access& access) { return OpenCase(access, r); });
                   },
               .body_bytes_max = kSmallBody});
  router->Add({.method = "PATCH",
               .pattern = "/api/v1/cases/{number}",
               .handler =
                   [this](Request& r) {
                     return Supervised(r, "case.change",
                                       [&](const Access& access) { return ChangeCase(access, r); });
                   },
               .body_bytes_max = kSmallBody});
}

absl::StatusOr<Response> ApiServer::OpenCase(const Access& access, Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
  auth::Case c;
  SKEIN_ASSIGN_OR_RETURN(c.number, Text(body, "number", {1, 128}));
  SKEIN_ASSIGN_OR_RETURN(c.title, Text(body, "title", {0, 256}, ""));
  SKEIN_ASSIGN_OR_RETURN(c.basis, Text(body, "basis", {1, 256}));
  c.unit = access.person.unit;
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "case.open", WhatOf(r)));
  SKEIN_RETURN_IF_ERROR(parts_.gate.directory().AddCase(c));
  return CaseResponse(201, *parts_.gate.directory().FindCase(c.number));
}

absl::StatusOr<Response> ApiServer::ChangeCase(const Access& access, Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
  SKEIN_ASSIGN_OR_RETURN(const std::string state, Text(body, "state"));
  if (state != "open" && state != "closed") {
    return BadParameter("state", "is neither open nor closed");
  }
  const std::string& number = r.parameters["number"];
  const auto c = parts_.gate.directory().FindCase(number);
  if (!c || c->unit != access.person.unit) {
    return NotFound("there is no case '", number, "' of your unit");
  }
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "case." + state, WhatOf(r)));
  SKEIN_ASSIGN_OR_RETURN(const auth::Case changed,
                         parts_.gate.directory().SetCaseOpen(number, state == "open"));
  return CaseResponse(200, changed);
}

absl::StatusOr<Response> ApiServer::ListAudit(const Access& access, Request& r) {
  auth::AuditFilter filter;
  filter.unit = access.person.unit;
  SKEIN_ASSIGN_OR_RETURN(filter.person, QueryText(r, "person", {0, 128}));
  SKEIN_ASSIGN_OR_RETURN(filter.case_number, QueryText(r, "case", {0, 128}));
  SKEIN_ASSIGN_OR_RETURN(filter.from_us, QueryInteger(r, "from_us", {}, INT64_MIN));
  SKEIN_ASSIGN_OR_RETURN(filter.to_us, QueryInteger(r, "to_us", {}, INT64_MAX));
  SKEIN_ASSIGN_OR_RETURN(const int64_t before,
                         QueryInteger(r, "before", {0, INT64_MAX}, INT64_MAX));
  SKEIN_ASSIGN_OR_RETURN(const int64_t limit, QueryInteger(r, "limit", {1, 1000}, 100));
  filter.before = static_cast<uint64_t>(before);
  filter.limit = static_cast<size_t>(limit);
  std::vector<auth::AuditEntry> entries;
  bool more = false;
  SKEIN_RETURN_IF_ERROR(parts_.gate.audit().Read(filter, &entries, &more));
  SKEIN_RETURN_IF_ERROR(
      parts_.gate.Log(access, "audit", WhatOf(r), static_cast<int64_t>(entries.size())));
  JsonWriter out;
  out.BeginObject().Key("entries").BeginArray();
  for (const auth::AuditEntry& entry : entries) Write(entry, &out);
  out.EndArray().Member("more", more).EndObject();
  return Response::Json(200, out.Take());
}

absl::StatusOr<Response> ApiServer::ListImports(const Access& access, Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const int64_t limit, QueryInteger(r, "limit", {1, 1000}, 200));
  const std::vector<Batch> batches = parts_.engine.users().catalog().Batches();
  const size_t shown = std::min(batches.size(), static_cast<size_t>(limit));
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "imports", WhatOf(r), static_cast<int64_t>(shown)));
  JsonWriter out;
  out.BeginObject().Key("imports").BeginArray();
  for (size_t i = 0; i < shown; ++i) Write(batches[batches.size() - 1 - i], &out);
  out.EndArray().Member("total", static_cast<int64_t>(batches.size()));
  out.EndObject();
  return Response::Json(200, out.Take());
}

void ApiServer::AddAuditRoutes(Router* router) {
  router->Add({.method = "GET", .pattern = "/api/v1/audit", .handler = [this](Request& r) {
                 return Supervised(r, "audit",
                                   [&](const Access& access) { return ListAudit(access, r); });
               }});
  router->Add({.method = "GET", .pattern = "/api/v1/imports", .handler = [this](Request& r) {
                 return Supervised(r, "imports",
                                   [&](const Access& access) { return ListImports(access, r); });
               }});
}

}  // namespace skein::http
