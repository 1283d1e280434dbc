#include "server/main/query_source.h"

#include <utility>

#include "server/auth/audit.h"
#include "storage/base/status.h"

namespace skein {
namespace {

class LocalSource final : public QuerySource {
 public:
  absl::Status Open(const SourceFlags& flags) {
    SKEIN_ASSIGN_OR_RETURN(local_, OpenLocalStore(flags.store, {.create = flags.create,
                                                                .sandbox = flags.sandbox,
                                                                .memory_mib = flags.memory_mib}));
    SKEIN_ASSIGN_OR_RETURN(options_.purpose, OfflinePurpose(*local_, flags.purpose));
    options_.sandbox = local_->sandbox();
    options_.person = OfflinePerson();
    options_.limits.time = flags.time;
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Connection>> Connect() override {
    return local_->engine->Connect(options_);
  }
  absl::StatusOr<Engine::Names> Names() override {
    return local_->engine->CompletionNames(options_);
  }
  absl::Status Log(std::string_view action, std::string_view text,
                   const ValueMap& parameters) override {
    if (!options_.purpose) return absl::OkStatus();
    return auth::LogOffline(*local_->opened.store, options_.person, *options_.purpose, action,
                            auth::QueryText(text, parameters));
  }
  bool sandbox() const override { return local_->sandbox(); }
  void Interrupt() override {}  // cursors are cancelled one by one

 private:
  std::unique_ptr<LocalStore> local_;
  ConnectionOptions options_;
};

}  // namespace

void SourceFlags::AddTo(CLI::App& app) {
  CLI::Option* const dir = app.add_option("--store", store, "The store's directory");
  CLI::Option* const url =
      app.add_option("--server", server, "A running server instead: https://HOST:PORT")
          ->excludes(dir);
  app.add_option("--user", user, "Name of sign-in at the server")->needs(url);
  app.add_option("--password-file", password_file, "File whose first line is the password")
      ->needs(url);
  app.add_option("--ca-file", ca_file, "Authorities (PEM) to trust instead of the system's")
      ->needs(url);
  purpose.AddTo(app);
  AddMemoryFlag(app, &memory_mib);
}

absl::StatusOr<std::unique_ptr<QuerySource>> QuerySource::Open(const SourceFlags& flags) {
  if (!flags.server.empty()) return OpenRemoteSource(flags);
  if (flags.store.empty()) return InvalidArgument("--store DIR or --server URL is needed");
  auto local = std::make_unique<LocalSource>();
  SKEIN_RETURN_IF_ERROR(local->Open(flags));
  return std::unique_ptr<QuerySource>(std::move(local));
}

}  // namespace skein
