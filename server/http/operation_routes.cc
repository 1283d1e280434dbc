// Joint operations and their members.
#include <algorithm>

#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "server/http/render.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kSmallBody = size_t{16} << 10;

absl::Status OwnersOnly(const auth::Access& access, const auth::Operation& operation) {
  if (operation.owner_unit == access.person.unit) return absl::OkStatus();
  return PermissionDenied("only the unit that leads the operation may do this");
}

}  // namespace

std::string ApiServer::OperationJson(const auth::Operation& operation) {
  JsonWriter out;
  out.BeginObject().Member("id", operation.id).Member("name", operation.name);
  out.Member("case", operation.case_number).Member("owner_unit", operation.owner_unit);
  out.Key("members").BeginArray();
  for (const std::string& key : operation.members) {
    const auto unit = parts_.gate.directory().FindUnit(key);
    out.BeginObject().Member("key", key).Member("name", unit ? unit->name : key).EndObject();
  }
  out.EndArray().Member("state", operation.open ? "open" : "closed");
  out.Member("created_us", operation.created_us).Member("created_by", operation.created_by);
  out.Member("people", static_cast<int64_t>(parts_.hub.People(operation.id))).EndObject();
  return out.Take();
}

// An operation of which the unit is no member does not exist for it.
absl::StatusOr<auth::Operation> ApiServer::OperationFor(const Access& access,
                                                        const std::string& id) {
  auto operation = parts_.gate.directory().FindOperation(id);
  if (!operation || !operation->HasMember(access.person.unit)) {
    return NotFound("there is no operation '", id.substr(0, 32), "'");
  }
  return *std::move(operation);
}

absl::StatusOr<Response> ApiServer::ChangeMembers(const Access& access, Request& request,
                                                  bool add) {
  const std::string& unit = request.parameters["unit"];
  SKEIN_ASSIGN_OR_RETURN(const auth::Operation operation,
                         OperationFor(access, request.parameters["operation"]));
  SKEIN_RETURN_IF_ERROR(OwnersOnly(access, operation));
  if (!add && unit == operation.owner_unit) {
    return FailedPrecondition("the unit that leads an operation stays in it");
  }
  SKEIN_RETURN_IF_ERROR(
      parts_.gate.Log(access, add ? "operation.invite" : "operation.remove", WhatOf(request)));
  SKEIN_ASSIGN_OR_RETURN(const auth::Operation changed, parts_.gate.directory().ChangeOperation(
                                                            operation.id, [&](auth::Operation* o) {
                                                              std::erase(o->members, unit);
                                                              if (add) o->members.push_back(unit);
                                                              return absl::OkStatus();
                                                            }));
  if (!add) {
    parts_.hub.CloseIf(
        operation.id, [&](const live::Member& member) { return member.unit == unit; },
        live::kCloseNotMember, "your unit is no longer a member");
  }
  // Data marked `joint` is seen by partners: what each connection shows may have changed.
  parts_.hub.CloseIf(
      operation.id, [](const live::Member&) { return true; }, live::kCloseRightsChanged,
      "the members have changed");
  return Response::Json(200, OperationJson(changed));
}

absl::StatusOr<Response> ApiServer::StartOperation(const Access& access, Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
  auth::Operation operation;
  SKEIN_ASSIGN_OR_RETURN(operation.name, Text(body, "name", {1, 128}));
  SKEIN_ASSIGN_OR_RETURN(operation.case_number,
                         Text(body, "case", {access.sandbox ? 0U : 1U, 128}, ""));
  SKEIN_ASSIGN_OR_RETURN(operation.members, Texts(body, "members", 64));
  const auto c = parts_.gate.directory().FindCase(operation.case_number);
  if (!access.sandbox && (!c || !c->open || c->unit != access.person.unit)) {
    return NotFound("there is no open case '", operation.case_number, "' of your unit");
  }
  operation.owner_unit = access.person.unit;
  operation.created_by = access.person.name;
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "operation.start", WhatOf(r)));
  SKEIN_ASSIGN_OR_RETURN(const auth::Operation made,
                         parts_.gate.directory().AddOperation(std::move(operation)));
  return Response::Json(201, OperationJson(made));
}

absl::StatusOr<Response> ApiServer::ChangeOperation(const Access& access, Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
  SKEIN_ASSIGN_OR_RETURN(const std::string name, Text(body, "name", {1, 128}, ""));
  SKEIN_ASSIGN_OR_RETURN(const std::string state, Text(body, "state", {1, 16}, ""));
  if (!state.empty() && state != "open" && state != "closed") {
    return BadParameter("state", "is neither open nor closed");
  }
  SKEIN_ASSIGN_OR_RETURN(const auth::Operation operation,
                         OperationFor(access, r.parameters["operation"]));
  SKEIN_RETURN_IF_ERROR(OwnersOnly(access, operation));
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "operation.change", WhatOf(r)));
  SKEIN_ASSIGN_OR_RETURN(const auth::Operation changed, parts_.gate.directory().ChangeOperation(
                                                            operation.id, [&](auth::Operation* o) {
                                                              if (!name.empty()) o->name = name;
                                                              if (!state.empty())
                                                                o->open = state == "open";
                                                              return absl::OkStatus();
                                                            }));
  parts_.hub.Update({changed.id, changed.name, changed.open});
  if (changed.open != operation.open) {
    parts_.hub.CloseIf(
        changed.id, [](const live::Member&) { return true; }, live::kCloseRightsChanged,
        "the operation was opened or closed");
  }
  return Response::Json(200, OperationJson(changed));
}

void ApiServer::AddOperationRoutes(Router* router) {
  router->Add({.method = "GET", .pattern = "/api/v1/operations", .handler = [this](Request& r) {
                 return SignedIn(r, [this](const Access& access) -> absl::StatusOr<Response> {
                   std::string list;
                   for (const auth::Operation& operation :
                        parts_.gate.directory().OperationsOf(access.person.unit)) {
                     list += (list.empty() ? "" : ",") + OperationJson(operation);
                   }
                   return Response::Json(200, "{\"operations\":[" + list + "]}");
                 });
               }});
  router->Add({.method = "POST",
               .pattern = "/api/v1/operations",
               .handler =
                   [this](Request& r) {
                     return SignedIn(
                         r, [&](const Access& access) { return StartOperation(access, r); });
                   },
               .body_bytes_max = kSmallBody});
  router->Add(
      {.method = "GET", .pattern = "/api/v1/operations/{operation}", .handler = [this](Request& r) {
         return SignedIn(r, [&](const Access& access) -> absl::StatusOr<Response> {
           SKEIN_ASSIGN_OR_RETURN(const auth::Operation operation,
                                  OperationFor(access, r.parameters["operation"]));
           return Response::Json(200, OperationJson(operation));
         });
       }});
  router->Add({.method = "PATCH",
               .pattern = "/api/v1/operations/{operation}",
               .handler =
                   [this](Request& r) {
                     return SignedIn(
                         r, [&](const Access& access) { return ChangeOperation(access, r); });
                   },
               .body_bytes_max = kSmallBody});
  for (const bool add : {true, false}) {
    router->Add({.method = add ? "PUT" : "DELETE",
                 .pattern = "/api/v1/operations/{operation}/members/{unit}",
                 .handler = [this, add](Request& r) {
                   return SignedIn(
                       r, [&](const Access& access) { return ChangeMembers(access, r, add); });
                 }});
  }
}

}  // namespace skein::http
