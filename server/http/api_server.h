// ApiServer: the routes of openapi.yaml over the gate, the explorer, the engine and the hub.
//
// Shape     One function a group of routes (…_routes.cc); each decodes, calls, encodes, nothing
// else. Order     Every read: signed in → purpose → its intent in the log, durable → work → answer
// → its
//           completion in the log. A refusal and a failure are logged too.
// Threads   Routes are called from worker threads, several at once.
// Lifetime  Borrows all of ApiParts; outlives the HttpServer that has its routes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/engine/explore.h"
#include "server/auth/gate.h"
#include "server/http/router.h"
#include "server/jobs/backup_job.h"
#include "server/jobs/import_jobs.h"
#include "server/live/hub.h"
#include "storage/base/clock.h"

namespace skein::http {

struct ApiParts {
  Engine& engine;
  auth::Gate& gate;
  live::Hub& hub;
  Clock& clock;
  std::string version;
  jobs::ImportJobs* jobs = nullptr;           // nullptr: no imports over HTTP
  size_t upload_bytes_max = size_t{4} << 30;  // of one file
  bool secure = false;  // under TLS: the cookie is Secure and carries the __Host- prefix
  // Told of faults whose answer says nothing (INTERNAL, DATA_LOSS) and of a log that fails.
  std::function<void(const absl::Status&)> report = [](const absl::Status&) {};
  jobs::BackupJob* backups = nullptr;  // nullptr: no backups over HTTP
};

// One read in progress: what a route's function gets.
class Reading {
 public:
  Reading(const ApiParts& parts, Request& request, auth::Access access)
      : parts_(parts), request_(request), access_(std::move(access)) {}
  ~Reading();

  const auth::Access& access() const { return access_; }
  Request& request() { return request_; }
  Engine& engine() { return parts_.engine; }

  // Connections and explorers end when the client goes away.
  absl::StatusOr<Connection*> Connect(bool read_only, const QueryLimits& limits);
  absl::StatusOr<Explorer*> Explore();
  void OnCancel(std::function<void()> cancel);

  // For the log: elements or rows disclosed.
  void Disclose(size_t n) { disclosed_ = static_cast<int64_t>(n); }
  int64_t disclosed() const { return disclosed_; }

 private:
  const ApiParts& parts_;
  Request& request_;
  const auth::Access access_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Explorer> explorer_;
  int64_t disclosed_ = 0;
};

class ApiServer {
 public:
  explicit ApiServer(const ApiParts& parts) : parts_(parts) {}
  void AddRoutes(Router* router);
  // Ends sessions and tickets that have expired, and lets rooms beat; a few times a second.
  void Tick();

 private:
  using Access = auth::Access;
  using ReadFunction = std::function<absl::StatusOr<std::string>(Reading&)>;
  using SignedInFunction = std::function<absl::StatusOr<Response>(const Access&)>;

  // With a session, without a purpose.
  Response SignedIn(Request& request, const SignedInFunction& f);
  // The same for supervisors alone; a refusal is logged as `action`.
  Response Supervised(Request& request, std::string_view action, const SignedInFunction& f);
  // With a purpose, logged; the string is the answer's JSON.
  Response Read(Request& request, std::string_view action, const ReadFunction& f);
  absl::StatusOr<Access> AccessOf(const Request& request);
  std::string CookieName() const {
    return parts_.secure ? "__Host-skein_session" : "skein_session";
  }
  static std::string WhatOf(const Request& request);
  Response Failure(const absl::Status& status) const;

  void AddSessionRoutes(Router* router);
  void AddCaseRoutes(Router* router);
  void AddExploreRoutes(Router* router);
  void AddQueryRoutes(Router* router);
  void AddOperationRoutes(Router* router);
  void AddLiveRoutes(Router* router);
  void AddAuditRoutes(Router* router);

  void AddJobRoutes(Router* router);
  void AddBackupRoutes(Router* router);

  absl::StatusOr<Access> MayImport(const Request& request, const std::string& id);
  absl::StatusOr<Response> CreateJob(Request& request);
  absl::StatusOr<Response> ListJobs(Request& request);
  absl::StatusOr<Response> ActOnJob(Request& request, std::string_view what);
  absl::StatusOr<std::unique_ptr<BodySink>> BeginJobUpload(Request& request);
  absl::StatusOr<Response> Backups(const Access& access, bool start);
  absl::StatusOr<Response> BackupResponse(int status);
  absl::StatusOr<Response> MemoryUse(const Access& access);
  Response SignIn(Request& request);
  absl::StatusOr<Response> SessionResponse(const std::string& token);
  absl::StatusOr<Response> SignOut(const Access& access);
  absl::StatusOr<Response> ChangePassword(const Access& access, Request& request);
  absl::StatusOr<Response> OpenCase(const Access& access, Request& request);
  absl::StatusOr<Response> ChangeCase(const Access& access, Request& request);
  absl::StatusOr<Response> ListAudit(const Access& access, Request& request);
  absl::StatusOr<Response> ListImports(const Access& access, Request& request);
  absl::StatusOr<Response> StartOperation(const Access& access, Request& request);
  absl::StatusOr<Response> ChangeOperation(const Access& access, Request& request);
  absl::StatusOr<std::string> RunQuery(Reading& reading);
  absl::StatusOr<std::string> DescribeSchema(Reading& reading);
  std::string OperationJson(const auth::Operation& operation);
  absl::StatusOr<auth::Operation> OperationFor(const Access& access, const std::string& id);
  absl::StatusOr<Response> ChangeMembers(const Access& access, Request& request, bool add);
  absl::StatusOr<std::shared_ptr<SocketHandler>> OpenLive(Request& request);

  struct Ticket {
    std::string operation;
    Access access;
    absl::Time expires;
  };
  absl::StatusOr<std::string> IssueTicket(Ticket ticket);
  absl::StatusOr<Ticket> TakeTicket(const std::string& text);

  const ApiParts parts_;
  std::mutex mutex_;
  std::map<std::string, Ticket> tickets_;  // by hash
};

}  // namespace skein::http
