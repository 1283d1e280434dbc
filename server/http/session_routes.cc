// Health, the document itself, sessions and purposes.
#include "server/api/openapi.h"
#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "server/http/render.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kSmallBody = size_t{16} << 10;

Response AccessResponse(const auth::Access& access) {
  JsonWriter out;
  Write(access, &out);
  return Response::Json(200, out.Take());
}

}  // namespace

Response ApiServer::SignIn(Request& request) {
  const auto body = ReadBody(request);
  if (!body.ok()) return Failure(body.status());
  const auto name = Text(*body, "name", {1, 128});
  if (!name.ok()) return Failure(name.status());
  const auto password = Text(*body, "password", {1, 1024});
  if (!password.ok()) return Failure(password.status());
  auth::Gate& gate = parts_.gate;
  if (gate.sandbox()) {
    const auto access = gate.SignedIn("");
    return access.ok() ? AccessResponse(*access) : Failure(access.status());
  }
  // A new session always has a new token: one planted before signing in is worth nothing.
  if (const auto before = AccessOf(request); before.ok()) {
    if (const absl::Status ended = gate.sessions().End(before->session); !ended.ok()) {
      return Failure(ended);
    }
  }
  const auto token = gate.StartSession(*name, *password, request.peer);
  if (!token.ok()) return Failure(token.status());
  auto response = SessionResponse(*token);
  return response.ok() ? *std::move(response) : Failure(response.status());
}

// The session of a token that has just been made, with its cookie.
absl::StatusOr<Response> ApiServer::SessionResponse(const std::string& token) {
  SKEIN_ASSIGN_OR_RETURN(const Access access, parts_.gate.SignedIn(token));
  Response response = AccessResponse(access);
  response.headers.emplace_back("Set-Cookie", CookieName() + "=" + token +
                                                  "; Path=/; HttpOnly; SameSite=Strict" +
                                                  (parts_.secure ? "; Secure" : ""));
  return response;
}

absl::StatusOr<Response> ApiServer::SignOut(const Access& access) {
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "sign_out", "{}"));
  SKEIN_RETURN_IF_ERROR(parts_.gate.sessions().End(access.session));
  Response response;
  response.status = 204;
  response.headers.emplace_back("Set-Cookie",
                                CookieName() + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" +
                                    (parts_.secure ? "; Secure" : ""));
  return response;
}

absl::StatusOr<Response> ApiServer::ChangePassword(const Access& access, Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
  SKEIN_ASSIGN_OR_RETURN(const std::string current, Text(body, "current", {1, 1024}));
  SKEIN_ASSIGN_OR_RETURN(const std::string fresh, Text(body, "new", {1, 1024}));
  if (access.sandbox) return FailedPrecondition("a sandbox has no passwords");
  if (const absl::Status strong = auth::PasswordHasher::CheckStrength(fresh); !strong.ok()) {
    return BadParameter("new", Message(strong));
  }
  SKEIN_ASSIGN_OR_RETURN(const std::string token,
                         parts_.gate.ChangePassword(access, current, fresh, r.peer));
  return SessionResponse(token);
}

void ApiServer::AddSessionRoutes(Router* router) {
  router->Add({.method = "GET", .pattern = "/api/v1/health", .handler = [this](Request&) {
                 JsonWriter out;
                 out.BeginObject().Member("status", "ok").Member("sandbox", parts_.gate.sandbox());
                 out.Member("version", parts_.version).EndObject();
                 return Response::Json(200, out.Take());
               }});
  router->Add({.method = "GET", .pattern = "/api/v1/openapi.json", .handler = [](Request&) {
                 return Response::Json(200, OpenApiJson());
               }});
  router->Add({.method = "GET", .pattern = "/api/v1/session", .handler = [this](Request& r) {
                 return SignedIn(r, [](const Access& access) { return AccessResponse(access); });
               }});
  router->Add({.method = "POST",
               .pattern = "/api/v1/session",
               .handler = [this](Request& r) { return SignIn(r); },
               .body_bytes_max = kSmallBody});
  router->Add({.method = "DELETE", .pattern = "/api/v1/session", .handler = [this](Request& r) {
                 return SignedIn(r, [this](const Access& access) { return SignOut(access); });
               }});
  router->Add({.method = "PUT",
               .pattern = "/api/v1/session/password",
               .handler =
                   [this](Request& r) {
                     return SignedIn(
                         r, [&](const Access& access) { return ChangePassword(access, r); });
                   },
               .body_bytes_max = kSmallBody});
  router->Add({.method = "PUT",
               .pattern = "/api/v1/session/purpose",
               .handler =
                   [this](Request& r) {
                     return SignedIn(r, [&](const Access& access) -> absl::StatusOr<Response> {
                       SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
                       Purpose purpose;
                       SKEIN_ASSIGN_OR_RETURN(purpose.case_number, Text(body, "case", {1, 128}));
                       SKEIN_ASSIGN_OR_RETURN(purpose.basis, Text(body, "basis", {1, 256}));
                       SKEIN_ASSIGN_OR_RETURN(purpose.reason, Text(body, "reason", {1, 1024}));
                       SKEIN_ASSIGN_OR_RETURN(const Access changed,
                                              parts_.gate.SetPurpose(access, purpose));
                       return AccessResponse(changed);
                     });
                   },
               .body_bytes_max = kSmallBody});
  router->Add(
      {.method = "DELETE", .pattern = "/api/v1/session/purpose", .handler = [this](Request& r) {
         return SignedIn(r, [this](const Access& access) -> absl::StatusOr<Response> {
           SKEIN_ASSIGN_OR_RETURN(const Access changed,
                                  parts_.gate.SetPurpose(access, std::nullopt));
           return AccessResponse(changed);
         });
       }});
}

}  // namespace skein::http
