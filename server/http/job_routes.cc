// Imports into the running store, for supervisors: jobs, their files, their quarantine; and backups
// of it.
#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "storage/base/memory_budget.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kMappingsBody = size_t{4} << 20;

void Write(const jobs::ImportJob& job, JsonWriter* out) {
  out->BeginObject().Member("id", job.id).Member("name", job.name);
  out->Member("state", jobs::StateName(job.state)).Member("person", job.person);
  out->Member("case", job.purpose.case_number).Member("folder", job.folder);
  out->Key("files").BeginArray();
  for (const std::string& file : job.files) out->String(file);
  out->EndArray().Member("uploaded_bytes", static_cast<int64_t>(job.uploaded_bytes));
  out->Member("created_us", job.created_us);
  const auto time = [&](std::string_view key, int64_t us) {
    out->Key(key);
    us == 0 ? out->Null() : out->Integer(us);
  };
  time("started_us", job.started_us);
  time("ended_us", job.ended_us);
  out->Key("progress").BeginObject().Member("file", job.at_file);
  out->Member("rows", static_cast<int64_t>(job.rows));
  out->Member("bytes_done", static_cast<int64_t>(job.bytes_done));
  out->Member("bytes_total", static_cast<int64_t>(job.bytes_total)).EndObject();
  out->Member("rejected", static_cast<int64_t>(job.rejected)).Member("error", job.error);
  out->Key("summary");
  job.summary.empty() ? out->Null() : out->Raw(job.summary);
  out->EndObject();
}

Response JobResponse(int status, const jobs::ImportJob& job) {
  JsonWriter out;
  Write(job, &out);
  return Response::Json(status, out.Take());
}

// A file of a job on its way from the connection into the spool.
class JobUpload final : public BodySink {
 public:
  using Fail = std::function<Response(const absl::Status&)>;
  JobUpload(std::unique_ptr<jobs::Upload> upload, Fail fail)
      : upload_(std::move(upload)), fail_(std::move(fail)) {}
  absl::Status Write(std::string_view piece) override { return upload_->Write(piece); }
  Response Finish() override {
    const auto job = upload_->Finish();
    return job.ok() ? JobResponse(200, *job) : fail_(job.status());
  }

 private:
  std::unique_ptr<jobs::Upload> upload_;
  const Fail fail_;
};

}  // namespace

// A supervisor with a purpose, and, with `id`, a job of the own unit; others do not exist.
absl::StatusOr<auth::Access> ApiServer::MayImport(const Request& request, const std::string& id) {
  SKEIN_ASSIGN_OR_RETURN(Access access, AccessOf(request));
  if (const absl::Status role = parts_.gate.Require(access, auth::kSupervisor); !role.ok()) {
    return parts_.gate.Refused(access, "import", WhatOf(request), role);
  }
  if (const absl::Status may = parts_.gate.MayRead(access); !may.ok()) {
    return parts_.gate.Refused(access, "import", WhatOf(request), may);
  }
  if (parts_.jobs == nullptr) {
    return FailedPrecondition("this server takes no imports: serve needs a spool folder");
  }
  if (!id.empty()) {
    const auto job = parts_.jobs->Find(id);
    if (!job || job->unit != access.person.unit) {
      return NotFound("there is no import '", id.substr(0, 32), "'");
    }
  }
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "import", WhatOf(request)));
  return access;
}

absl::StatusOr<Response> ApiServer::CreateJob(Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Access access, MayImport(r, ""));
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
  jobs::ImportJobs::NewJob job;
  SKEIN_ASSIGN_OR_RETURN(job.name, Text(body, "name", {1, 256}));
  SKEIN_ASSIGN_OR_RETURN(job.folder, Text(body, "folder", {1, 4096}, ""));
  const Json* mappings = body.Find("mappings");
  if (mappings == nullptr || !mappings->is_array()) {
    return BadParameter("mappings", "is no list of mappings");
  }
  for (const Json& mapping : mappings->array()) {
    if (!mapping.is_string()) return BadParameter("mappings", "has an item that is no text");
    job.mappings.push_back(mapping.string());
  }
  job.person = access.person.name;
  job.unit = access.person.unit;
  job.purpose = access.purpose.value_or(Purpose{});
  auto made = parts_.jobs->Create(job);
  if (made.status().code() == absl::StatusCode::kInvalidArgument) {
    return BadParameter("mappings", Message(made.status()));
  }
  SKEIN_RETURN_IF_ERROR(made.status());
  return JobResponse(201, *made);
}

absl::StatusOr<Response> ApiServer::ListJobs(Request& r) {
  SKEIN_ASSIGN_OR_RETURN(const Access access, MayImport(r, ""));
  JsonWriter out;
  out.BeginObject().Key("jobs").BeginArray();
  for (const jobs::ImportJob& job : parts_.jobs->List(access.person.unit)) Write(job, &out);
  out.EndArray().EndObject();
  return Response::Json(200, out.Take());
}

absl::StatusOr<Response> ApiServer::ActOnJob(Request& r, std::string_view what) {
  const std::string& id = r.parameters["job"];
  SKEIN_ASSIGN_OR_RETURN(const Access access, MayImport(r, id));
  if (what == "start") {
    SKEIN_ASSIGN_OR_RETURN(const jobs::ImportJob job,
                           parts_.jobs->Start(id, access.purpose.value_or(Purpose{})));
    return JobResponse(200, job);
  }
  if (what == "cancel") {
    SKEIN_ASSIGN_OR_RETURN(const jobs::ImportJob job, parts_.jobs->Cancel(id));
    return JobResponse(200, job);
  }
  if (what == "quarantine") {
    Response response;
    SKEIN_ASSIGN_OR_RETURN(const std::string path, parts_.jobs->Quarantine(id));
    SKEIN_ASSIGN_OR_RETURN(response.file, WholeFile(path));
    response.headers = {{"Content-Type", "application/x-ndjson"},
                        {"Content-Disposition", "attachment; filename=\"" + id + ".jsonl\""},
                        {"Cache-Control", "no-store"}};
    return response;
  }
  const auto job = parts_.jobs->Find(id);
  if (!job) return NotFound("there is no import '", id.substr(0, 32), "'");
  return JobResponse(200, *job);
}

absl::StatusOr<std::unique_ptr<BodySink>> ApiServer::BeginJobUpload(Request& r) {
  SKEIN_RETURN_IF_ERROR(MayImport(r, r.parameters["job"]).status());
  SKEIN_ASSIGN_OR_RETURN(auto upload,
                         parts_.jobs->BeginUpload(r.parameters["job"], r.parameters["file"]));
  return std::unique_ptr<BodySink>(std::make_unique<JobUpload>(
      std::move(upload), [this](const absl::Status& status) { return Failure(status); }));
}

void ApiServer::AddJobRoutes(Router* router) {
  const auto add = [&](std::string method, std::string path,
                       absl::StatusOr<Response> (ApiServer::*f)(Request&), size_t body) {
    router->Add({.method = std::move(method),
                 .pattern = std::move(path),
                 .handler =
                     [this, f](Request& r) {
                       auto response = (this->*f)(r);
                       return response.ok() ? *std::move(response) : Failure(response.status());
                     },
                 .body_bytes_max = body});
  };
  const auto act = [&](std::string method, std::string path, std::string_view what) {
    router->Add({.method = std::move(method),
                 .pattern = std::move(path),
                 .handler = [this, what](Request& r) {
                   auto response = ActOnJob(r, what);
                   return response.ok() ? *std::move(response) : Failure(response.status());
                 }});
  };
  add("GET", "/api/v1/import-jobs", &ApiServer::ListJobs, 0);
  add("POST", "/api/v1/import-jobs", &ApiServer::CreateJob, kMappingsBody);
  act("GET", "/api/v1/import-jobs/{job}", "show");
  act("DELETE", "/api/v1/import-jobs/{job}", "cancel");
  act("POST", "/api/v1/import-jobs/{job}/start", "start");
  act("GET", "/api/v1/import-jobs/{job}/quarantine", "quarantine");
  router->Add({.method = "PUT",
               .pattern = "/api/v1/import-jobs/{job}/files/{file}",
               .body_bytes_max = parts_.upload_bytes_max,
               .body_sink = [this](Request& r) { return BeginJobUpload(r); }});
}

absl::StatusOr<Response> ApiServer::BackupResponse(int status) {
  const jobs::BackupStatus now = parts_.backups->Status();
  SKEIN_ASSIGN_OR_RETURN(const std::vector<BackupInfo> list, parts_.backups->List());
  JsonWriter out;
  out.BeginObject().Member("state", jobs::StateName(now.state)).Member("person", now.person);
  const auto time = [&](std::string_view key, int64_t us) {
    out.Key(key);
    us == 0 ? out.Null() : out.Integer(us);
  };
  time("started_us", now.started_us);
  time("ended_us", now.ended_us);
  out.Member("bytes_done", static_cast<int64_t>(now.bytes_done));
  out.Member("bytes_total", static_cast<int64_t>(now.bytes_total));
  out.Member("failure", now.error).Key("backups").BeginArray();
  for (const BackupInfo& backup : list) {
    out.BeginObject().Member("number", static_cast<int64_t>(backup.number));
    out.Member("made_us", backup.made_us);
    out.Member("version", static_cast<int64_t>(Raw(backup.version)));
    out.Member("files", static_cast<int64_t>(backup.files));
    out.Member("bytes", static_cast<int64_t>(backup.bytes));
    out.Member("files_copied", static_cast<int64_t>(backup.files_copied));
    out.Member("bytes_copied", static_cast<int64_t>(backup.bytes_copied)).EndObject();
  }
  out.EndArray().EndObject();
  return Response::Json(status, out.Take());
}

absl::StatusOr<Response> ApiServer::Backups(const Access& access, bool start) {
  if (parts_.backups == nullptr) {
    return FailedPrecondition("this server makes no backups: serve needs --backup-folder");
  }
  if (!start) {
    SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "backups", ""));
    return BackupResponse(200);
  }
  // Logged by the job itself: intent and completion.
  SKEIN_RETURN_IF_ERROR(parts_.backups->Start(access.person.name, access.person.unit).status());
  return BackupResponse(202);
}

absl::StatusOr<Response> ApiServer::MemoryUse(const Access& access) {
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(access, "memory", ""));
  const MemoryBudget& memory = MemoryBudget::Process();
  JsonWriter out;
  out.BeginObject().Member("limit", static_cast<int64_t>(memory.limit()));
  out.Key("holders").BeginArray();
  for (const auto& [name, bytes] : memory.Use()) {
    out.BeginObject().Member("name", name).Member("bytes", static_cast<int64_t>(bytes)).EndObject();
  }
  out.EndArray().EndObject();
  return Response::Json(200, out.Take());
}

void ApiServer::AddBackupRoutes(Router* router) {
  router->Add({.method = "GET", .pattern = "/api/v1/memory", .handler = [this](Request& r) {
                 return Supervised(r, "memory", [this](const Access& a) { return MemoryUse(a); });
               }});
  for (const bool start : {false, true}) {
    router->Add({.method = start ? "POST" : "GET",
                 .pattern = "/api/v1/backups",
                 .handler = [this, start](Request& r) {
                   return Supervised(r, start ? "backup" : "backups",
                                     [this, start](const Access& a) { return Backups(a, start); });
                 }});
  }
}

}  // namespace skein::http
