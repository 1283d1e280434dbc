#include "server/main/backup.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/auth/audit.h"
#include "server/main/local_store.h"
#include "server/main/query_source.h"
#include "storage/base/status.h"
#include "storage/care/backup.h"
#include "storage/care/verify.h"

namespace skein {
namespace {

constexpr int kDone = 0;
constexpr int kDamaged = 3;
constexpr absl::Duration kAskAgain = absl::Milliseconds(500);

struct BackupFlags {
  SourceFlags source;
  std::string to;
  uint32_t keep = 0;
  bool list = false, check = false, quiet = false;
};

struct RestoreFlags {
  RestoreOptions options;
  bool verify = true;
};

void PrintBackup(const BackupInfo& info) {
  std::printf(
      "backup %llu: made %s, version %llu, %llu files, %llu bytes; copied %llu files, %llu bytes\n",
      static_cast<unsigned long long>(info.number),
      absl::FormatTime(absl::RFC3339_sec, absl::FromUnixMicros(info.made_us), absl::UTCTimeZone())
          .c_str(),
      static_cast<unsigned long long>(Raw(info.version)),
      static_cast<unsigned long long>(info.files), static_cast<unsigned long long>(info.bytes),
      static_cast<unsigned long long>(info.files_copied),
      static_cast<unsigned long long>(info.bytes_copied));
}

// A line on a terminal that is written over; nothing elsewhere.
void ShowProgress(bool quiet, uint64_t done, uint64_t total) {
  if (quiet || ::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%llu of %llu MiB%s", static_cast<unsigned long long>(done >> 20),
               static_cast<unsigned long long>(total >> 20), done == total ? "\n" : "");
}

absl::Status BackUpLocal(const BackupFlags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(flags.source.store, {}));
  if (!opened.profile.sandbox) {
    Purpose purpose = flags.source.purpose.purpose;
    if (purpose.reason.empty()) purpose.reason = "backup";
    SKEIN_RETURN_IF_ERROR(auth::LogOffline(*opened.store, OfflinePerson(), purpose, "backup",
                                           "backup to " + flags.to));
  }
  BackupOptions options;
  options.folder = flags.to;
  options.scratch = flags.source.store + "/checkpoint";
  options.keep = flags.keep;
  options.progress = [&flags](uint64_t done, uint64_t total) {
    ShowProgress(flags.quiet, done, total);
  };
  SKEIN_ASSIGN_OR_RETURN(const BackupInfo info, MakeBackup(*opened.store, options));
  PrintBackup(info);
  return absl::OkStatus();
}

int64_t IntegerOf(const Json& json, std::string_view key) {
  const Json* v = json.Find(key);
  return v != nullptr && v->is_integer() ? v->integer() : 0;
}
std::string TextOf(const Json& json, std::string_view key) {
  const Json* v = json.Find(key);
  return v != nullptr && v->is_string() ? v->string() : std::string();
}

std::vector<BackupInfo> ReadList(const Json& answer) {
  std::vector<BackupInfo> list;
  const Json* backups = answer.Find("backups");
  if (backups == nullptr || !backups->is_array()) return list;
  for (const Json& item : backups->array()) {
    BackupInfo& info = list.emplace_back();
    info.number = static_cast<uint64_t>(IntegerOf(item, "number"));
    info.made_us = IntegerOf(item, "made_us");
    info.version = Version{static_cast<uint64_t>(IntegerOf(item, "version"))};
    info.files = static_cast<uint64_t>(IntegerOf(item, "files"));
    info.bytes = static_cast<uint64_t>(IntegerOf(item, "bytes"));
    info.files_copied = static_cast<uint64_t>(IntegerOf(item, "files_copied"));
    info.bytes_copied = static_cast<uint64_t>(IntegerOf(item, "bytes_copied"));
  }
  return list;
}

absl::Status BackUpRemote(const BackupFlags& flags) {
  constexpr char kPath[] = "/api/v1/backups";
  SKEIN_ASSIGN_OR_RETURN(const auto api, RemoteApi::Open(flags.source));
  Json answer;
  if (flags.list) {
    SKEIN_ASSIGN_OR_RETURN(answer, api->Call("GET", kPath, ""));
    for (const BackupInfo& info : ReadList(answer)) PrintBackup(info);
    return absl::OkStatus();
  }
  SKEIN_ASSIGN_OR_RETURN(answer, api->Call("POST", kPath, ""));
  while (TextOf(answer, "state") == "running") {
    absl::SleepFor(kAskAgain);
    SKEIN_ASSIGN_OR_RETURN(answer, api->Call("GET", kPath, ""));
    ShowProgress(flags.quiet, static_cast<uint64_t>(IntegerOf(answer, "bytes_done")),
                 static_cast<uint64_t>(IntegerOf(answer, "bytes_total")));
  }
  if (TextOf(answer, "state") != "finished") {
    return Unavailable("the backup failed: ", TextOf(answer, "failure"));
  }
  const std::vector<BackupInfo> list = ReadList(answer);
  if (list.empty()) return Unavailable("the server has no backup");
  PrintBackup(list.back());
  return absl::OkStatus();
}

absl::StatusOr<int> Check(const std::string& folder) {
  SKEIN_ASSIGN_OR_RETURN(const BackupCheck check, CheckBackups(folder));
  for (const std::string& damage : check.damage) std::printf("%s\n", damage.c_str());
  std::printf(
      "%s: %llu backups, %llu files, %llu bytes: %s\n", folder.c_str(),
      static_cast<unsigned long long>(check.backups), static_cast<unsigned long long>(check.files),
      static_cast<unsigned long long>(check.bytes), check.damage.empty() ? "sound" : "damaged");
  return check.damage.empty() ? kDone : kDamaged;
}

absl::StatusOr<int> RunBackup(const BackupFlags& flags) {
  if (!flags.source.server.empty()) {
    if (flags.check || !flags.to.empty()) {
      return InvalidArgument("the server's folder is what its --backup-folder says: no --to, and ",
                             "--check on the server's machine");
    }
    SKEIN_RETURN_IF_ERROR(BackUpRemote(flags));
    return kDone;
  }
  if (flags.to.empty()) return InvalidArgument("--to FOLDER, or --server URL, is needed");
  if (flags.check) return Check(flags.to);
  if (flags.list) {
    SKEIN_ASSIGN_OR_RETURN(const auto list, ListBackups(flags.to));
    for (const BackupInfo& info : list) PrintBackup(info);
    return kDone;
  }
  if (flags.source.store.empty()) return InvalidArgument("--store DIR or --server URL is needed");
  SKEIN_RETURN_IF_ERROR(BackUpLocal(flags));
  return kDone;
}

absl::Status RunRestore(const RestoreFlags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const BackupInfo info, RestoreBackup(flags.options));
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(flags.options.store, {}));
  SKEIN_ASSIGN_OR_RETURN(const auto latest, opened.store->Latest());
  if (latest->version() < info.version) {
    return DataLoss(flags.options.store, " is at version ", Raw(latest->version()),
                    ", the backup was made at ", Raw(info.version));
  }
  std::string checked = "not verified";
  if (flags.verify) {
    VerifyOptions options;
    options.show = [](const Finding& finding) {
      std::fprintf(stderr, "%s\n", FindingText(finding).c_str());
    };
    SKEIN_ASSIGN_OR_RETURN(const VerifyReport report, VerifyStore(*opened.store, options));
    if (!report.clean()) {
      return DataLoss(flags.options.store,
                      " was restored as it was backed up, and is damaged: ", report.found.damage(),
                      " findings");
    }
    checked = "verified";
  }
  std::printf("restored backup %llu to %s: %llu files, %llu bytes, version %llu, %s\n",
              static_cast<unsigned long long>(info.number), flags.options.store.c_str(),
              static_cast<unsigned long long>(info.files),
              static_cast<unsigned long long>(info.bytes),
              static_cast<unsigned long long>(Raw(latest->version())), checked.c_str());
  return absl::OkStatus();
}

}  // namespace

void AddBackupCommand(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<BackupFlags>();
  CLI::App* command = app.add_subcommand(
      "backup", "Copy a store, as it is at one moment, to a folder that keeps what is equal once");
  flags->source.AddTo(*command);
  command->add_option("--to", flags->to, "Folder of the backups of this one store");
  command->add_option("--keep", flags->keep, "Backups that stay, the newest; 0: all")
      ->capture_default_str();
  command->add_flag("--list", flags->list, "List the backups, make none");
  command->add_flag("--check", flags->check, "Read every file of every backup, make none");
  command->add_flag("--quiet", flags->quiet, "No progress on standard error");
  command->footer(
      "With --store, of a store that no process holds; with --server, by a supervisor, while it "
      "serves. Status: 0 done; 1 not done; 3 --check found damage.");
  command->callback([flags, exit_code] {
    const absl::StatusOr<int> result = RunBackup(*flags);
    *exit_code = result.ok() ? *result : Report("backup", result.status());
  });
}

void AddRestoreCommand(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<RestoreFlags>();
  CLI::App* command = app.add_subcommand("restore", "Make a store of a backup, every byte checked");
  command->add_option("--from", flags->options.folder, "Folder of the backups")->required();
  command->add_option("--store", flags->options.store, "The store to be; nothing may be there")
      ->required();
  command->add_option("--number", flags->options.number, "Which backup; 0: the newest")
      ->capture_default_str();
  command->add_flag("!--no-verify", flags->verify, "Do not check the restored store as a whole");
  command->callback([flags, exit_code] { *exit_code = Report("restore", RunRestore(*flags)); });
}

}  // namespace skein
