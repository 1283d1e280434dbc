#include "server/http/api_server.h"

#include "server/api/json.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr absl::Duration kExploreTime = absl::Seconds(30);
constexpr size_t kLoggedBodyMax = size_t{1} << 20;

}  // namespace

Reading::~Reading() { request_.cancel->OnCancel(nullptr); }

absl::StatusOr<Connection*> Reading::Connect(bool read_only, const QueryLimits& limits) {
  SKEIN_ASSIGN_OR_RETURN(connection_, parts_.gate.Connect(access_, "workbench", read_only, limits));
  OnCancel([connection = connection_.get()] { connection->Cancel(); });
  return connection_.get();
}

absl::StatusOr<Explorer*> Reading::Explore() {
  QueryLimits limits;
  limits.time = kExploreTime;
  if (connection_ == nullptr) SKEIN_RETURN_IF_ERROR(Connect(true, limits).status());
  SKEIN_ASSIGN_OR_RETURN(
      explorer_, Explorer::Open(parts_.engine, *connection_, parts_.gate.ViewerOf(access_), limits,
                                parts_.clock));
  OnCancel([explorer = explorer_.get()] { explorer->Cancel(); });
  return explorer_.get();
}

void Reading::OnCancel(std::function<void()> cancel) {
  request_.cancel->OnCancel(std::move(cancel));
}

absl::StatusOr<auth::Access> ApiServer::AccessOf(const Request& request) {
  return parts_.gate.SignedIn(request.Cookie(CookieName()));
}

Response ApiServer::Failure(const absl::Status& status) const {
  const ApiError error = FromStatus(status);
  if (error.http == 500 || error.code == "log_unavailable") parts_.report(status);
  return Response::Error(error);
}

// What is asked, canonically: enough to repeat it.
std::string ApiServer::WhatOf(const Request& request) {
  JsonWriter out;
  out.BeginObject().Member("method", request.method).Member("path", request.path);
  out.Key("query").BeginObject();
  for (const auto& [name, value] : request.query) {
    // A ticket is a secret until it is used.
    out.Member(name, name == "ticket" ? std::string_view("…") : std::string_view(value));
  }
  out.EndObject();
  out.Member("body", std::string_view(request.body).substr(0, kLoggedBodyMax)).EndObject();
  return out.Take();
}

Response ApiServer::SignedIn(Request& request, const SignedInFunction& f) {
  const auto access = AccessOf(request);
  if (!access.ok()) return Failure(access.status());
  auto response = f(*access);
  if (!response.ok()) return Failure(response.status());
  return *std::move(response);
}

Response ApiServer::Supervised(Request& request, std::string_view action,
                               const SignedInFunction& f) {
  return SignedIn(request, [&](const Access& access) -> absl::StatusOr<Response> {
    const absl::Status role = parts_.gate.Require(access, auth::kSupervisor);
    if (!role.ok()) return parts_.gate.Refused(access, action, WhatOf(request), role);
    return f(access);
  });
}

Response ApiServer::Read(Request& request, std::string_view action, const ReadFunction& f) {
  const auto access = AccessOf(request);
  if (!access.ok()) return Failure(access.status());
  std::string what = WhatOf(request);
  auth::Gate& gate = parts_.gate;
  if (const absl::Status may = gate.MayRead(*access); !may.ok()) {
    return Failure(gate.Refused(*access, action, std::move(what), may));
  }
  // Before any of the work, and so before the first byte leaves: no log, no answer.
  const auto intent = gate.Intend(*access, action, std::move(what));
  if (!intent.ok()) return Failure(intent.status());
  Reading reading(parts_, request, *access);
  auto answer = f(reading);
  if (!answer.ok()) {
    const absl::Status logged = gate.Complete(*intent, {0, auth::Verdict::kFailed, ""});
    return Failure(logged.ok() ? answer.status() : logged);
  }
  Response response = Response::Json(200, *std::move(answer));
  if (intent->number == 0) return response;
  auth::Gate::Outcome outcome{reading.disclosed(), auth::Verdict::kAllowed,
                              auth::Sha256Hex(response.body)};
  response.sent = [this, intent = *intent, outcome = std::move(outcome)](bool whole) mutable {
    if (!whole) outcome.verdict = auth::Verdict::kAborted;
    // Without this entry all of the answer is presumed disclosed, which is what it says anyway.
    const absl::Status logged = parts_.gate.Complete(intent, std::move(outcome));
    if (!logged.ok()) parts_.report(logged);
  };
  return response;
}

void ApiServer::AddRoutes(Router* router) {
  AddSessionRoutes(router);
  AddCaseRoutes(router);
  AddExploreRoutes(router);
  AddQueryRoutes(router);
  AddOperationRoutes(router);
  AddLiveRoutes(router);
  AddAuditRoutes(router);
  AddJobRoutes(router);
  AddBackupRoutes(router);
}

void ApiServer::Tick() {
  if (const absl::Status swept = parts_.gate.sessions().Sweep(); !swept.ok()) parts_.report(swept);
  parts_.hub.Tick();
  const std::lock_guard lock(mutex_);
  std::erase_if(tickets_,
                [&](const auto& item) { return item.second.expires <= parts_.clock.Now(); });
}

}  // namespace skein::http
