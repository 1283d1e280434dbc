#include "server/main/serve.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/auth/gate.h"
#include "server/bolt/bolt_server.h"
#include "server/http/api_server.h"
#include "server/http/server.h"
#include "server/http/static_files.h"
#include "server/jobs/backup_job.h"
#include "server/jobs/import_jobs.h"
#include "server/live/hub.h"
#include "server/main/bolt_backend.h"
#include "server/main/local_store.h"
#include "storage/base/status.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

// Stopping has its own end: whatever hangs, the process is gone after this many seconds, and the
// store, which is crash-safe, opens again.
constexpr unsigned kStopSeconds = 9;

struct ServeFlags {
  std::string store;
  bool sandbox = false;
  size_t memory_mib = 0;
  http::HttpOptions http;
  std::string bolt = "127.0.0.1:7687";
  std::vector<std::string> bolt_origins;
  jobs::JobOptions jobs;
  jobs::BackupJob::Options backups;
  size_t upload_bytes_max = size_t{4} << 30;
  std::string workbench;
};

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]:");
}

// The built workbench: as told, else beside the program as built, else as installed.
std::string FindWorkbench(const std::string& told) {
  if (!told.empty()) return told;
  const char* env =
      std::getenv("SKEIN_WORKBENCH");  // NOLINT(concurrency-mt-unsafe): one thread yet
  if (env != nullptr && *env != '\0') return env;
  std::error_code ec;
  const fs::path program = fs::read_symlink("/proc/self/exe", ec).parent_path();
  for (const fs::path& folder :
       {program / "../../workbench/dist", program / "../share/skein/workbench"}) {
    if (fs::exists(folder / "index.html", ec)) return fs::weakly_canonical(folder, ec).string();
  }
  return {};
}

// Everything that serves, in the order of its making; destroyed in reverse.
class Service {
 public:
  absl::Status Start(const ServeFlags& flags);
  std::string ReadyLine() const;

 private:
  std::unique_ptr<LocalStore> store_;
  auth::PasswordHasher hasher_;
  std::unique_ptr<auth::SystemRecords> records_;
  std::unique_ptr<auth::Directory> directory_;
  auth::Sessions sessions_{Clock::Real()};
  std::unique_ptr<auth::AuditLog> audit_;
  std::unique_ptr<auth::Gate> gate_;
  std::unique_ptr<jobs::ImportJobs> jobs_;
  std::unique_ptr<jobs::BackupJob> backups_;
  std::unique_ptr<live::Hub> hub_;
  http::StaticFiles files_;
  std::unique_ptr<http::ApiServer> api_;
  std::unique_ptr<http::HttpServer> http_;
  std::unique_ptr<bolt::Backend> backend_;
  std::unique_ptr<bolt::BoltServer> bolt_;
  bool secure_ = false;
};

absl::Status Service::Start(const ServeFlags& flags) {
  SKEIN_ASSIGN_OR_RETURN(store_,
                         OpenLocalStore(flags.store, {true, flags.sandbox, flags.memory_mib}));
  for (const std::string& address : {flags.http.address, flags.bolt}) {
    if (!store_->sandbox() || address == "off" || IsLoopback(address)) continue;
    return FailedPrecondition(
        "a sandbox asks nobody who they are: it is served on 127.0.0.1 only, not ", address);
  }
  Clock& clock = Clock::Real();
  Engine& engine = *store_->engine;
  records_ = auth::MakeEngineRecords(engine);
  SKEIN_ASSIGN_OR_RETURN(directory_, auth::Directory::Load(*records_, hasher_, clock));
  SKEIN_RETURN_IF_ERROR(sessions_.Open(*records_));
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<auth::AuditSink> sink,
                         auth::OpenAuditSink(*store_->opened.store));
  audit_ = std::make_unique<auth::AuditLog>(std::move(sink), clock);
  gate_ = std::make_unique<auth::Gate>(
      auth::Gate::Parts{engine, *directory_, sessions_, *audit_, clock, store_->sandbox()});
  // A sandbox's only unit, so that operations can be tried out in it.
  if (store_->sandbox() && !directory_->FindUnit("sandbox")) {
    SKEIN_RETURN_IF_ERROR(directory_->AddUnit({"sandbox", "Sandbox"}));
  }
  jobs::JobOptions jobs = flags.jobs;
  if (jobs.spool.empty()) jobs.spool = flags.store + ".spool";
  SKEIN_ASSIGN_OR_RETURN(
      jobs_,
      jobs::ImportJobs::Open(*store_->users, *records_, store_->sandbox() ? nullptr : audit_.get(),
                             clock, jobs, [](const absl::Status& fault) {
                               spdlog::error("import: {}", std::string(Message(fault)));
                             }));
  jobs::BackupJob::Options backups = flags.backups;
  backups.scratch = flags.store + "/checkpoint";
  backups_ = std::make_unique<jobs::BackupJob>(
      *store_->opened.store, store_->sandbox() ? nullptr : audit_.get(), clock, backups);
  hub_ = std::make_unique<live::Hub>(*store_->opened.store, clock);
  secure_ = !flags.http.tls_cert.empty();
  api_ = std::make_unique<http::ApiServer>(http::ApiParts{
      engine, *gate_, *hub_, clock, "0.1.0", jobs_.get(), flags.upload_bytes_max, secure_,
      [](const absl::Status& fault) { spdlog::error("{}", std::string(Message(fault))); },
      backups_.get()});
  files_ = http::StaticFiles::Load(FindWorkbench(flags.workbench));
  if (files_.empty()) spdlog::warn("the workbench is not built; its page says how");
  http::Router router;
  api_->AddRoutes(&router);
  router.SetFallback([this](http::Request& request) { return files_.Serve(request); });
  SKEIN_ASSIGN_OR_RETURN(http_, http::HttpServer::Start(std::move(router), flags.http));
  http_->Every(absl::Milliseconds(250), [this] { api_->Tick(); });
  if (flags.bolt == "off") return absl::OkStatus();
  backend_ = MakeBoltBackend(*gate_);
  bolt::BoltOptions options;
  options.address = flags.bolt;
  options.tls_cert = flags.http.tls_cert;
  options.tls_key = flags.http.tls_key;
  options.origins = flags.bolt_origins;
  SKEIN_ASSIGN_OR_RETURN(bolt_, bolt::BoltServer::Start(*backend_, options));
  return absl::OkStatus();
}

std::string Service::ReadyLine() const {
  std::string line = std::string("ready ") + (secure_ ? "https://" : "http://") + http_->address();
  if (bolt_ != nullptr) line += " bolt://" + bolt_->address();
  return line;
}

int Serve(const ServeFlags& flags) {
  // Before any thread is made, so that all inherit the mask and only sigwait() takes the signals.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("skein"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  int exit_code = 0;
  {
    Service service;
    if (const absl::Status started = service.Start(flags); !started.ok()) {
      return Report("serve", started);
    }
    std::printf("%s\n", service.ReadyLine().c_str());
    std::fflush(stdout);
    int got = 0;
    sigwait(&signals, &got);
    spdlog::info("ending on signal {}", got);
    ::alarm(kStopSeconds);
  }
  spdlog::info("ended");
  return exit_code;
}

}  // namespace

void AddServeCommand(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* serve = app.add_subcommand("serve", "Serve a store: workbench, HTTP API and Bolt");
  serve->add_option("--store", flags->store, "Directory of the store; made where there is none")
      ->required();
  serve->add_flag("--sandbox", flags->sandbox,
                  "Mark a new store as a sandbox, for ever: no sign-in, no purpose, no log");
  serve->add_option("--http", flags->http.address, "Where the workbench and its API answer")
      ->capture_default_str();
  serve->add_option("--bolt", flags->bolt, "Where neo4j drivers connect, or off")
      ->capture_default_str();
  serve->add_option("--bolt-origin", flags->bolt_origins,
                    "Origin of a web page that may use Bolt over WebSocket; repeatable");
  serve->add_option(
      "--tls-cert", flags->http.tls_cert,
      "Certificate chain (PEM), for HTTP and Bolt; needed for any address but loopback");
  serve->add_option("--tls-key", flags->http.tls_key, "Its private key (PEM)");
  serve->add_option("--host", flags->http.hosts,
                    "A further name by which browsers call this server; repeatable");
  serve->add_option("--import-folder", flags->jobs.folders,
                    "Folder of this machine that imports over HTTP may read; repeatable");
  serve->add_option("--spool", flags->jobs.spool,
                    "Folder for uploaded files and quarantines (default: STORE.spool)");
  serve
      ->add_option("--upload-bytes", flags->upload_bytes_max,
                   "Bytes that one uploaded file may have")
      ->capture_default_str();
  serve
      ->add_option("--spool-bytes", flags->jobs.upload_bytes_max,
                   "Bytes that all uploaded files together may have")
      ->capture_default_str();
  serve->add_option("--backup-folder", flags->backups.folder,
                    "Folder for backups that supervisors begin (skein backup --server)");
  serve->add_option("--backup-keep", flags->backups.keep, "Backups that stay there; 0: all")
      ->capture_default_str();
  AddMemoryFlag(*serve, &flags->memory_mib);
  serve->add_option("--workbench", flags->workbench,
                    "Folder of the built workbench (also SKEIN_WORKBENCH)");
  serve->footer(
      "When every port answers, stdout gets one line that begins with `ready`. SIGTERM and SIGINT "
      "end it.");
  serve->callback([flags, exit_code] { *exit_code = Serve(*flags); });
}

}  // namespace skein
