#include "server/jobs/backup_job.h"

#include <utility>

#include "storage/base/status.h"

namespace skein::jobs {

std::string_view StateName(BackupState state) {
  switch (state) {
    case BackupState::kNone:
      return "none";
    case BackupState::kRunning:
      return "running";
    case BackupState::kFinished:
      return "finished";
    case BackupState::kFailed:
      return "failed";
  }
  return "?";
}

BackupJob::~BackupJob() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

BackupStatus BackupJob::Status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

absl::StatusOr<std::vector<BackupInfo>> BackupJob::List() const {
  if (options_.folder.empty()) return std::vector<BackupInfo>();
  auto list = ListBackups(options_.folder);
  if (list.status().code() == absl::StatusCode::kNotFound) return std::vector<BackupInfo>();
  return list;
}

absl::StatusOr<BackupStatus> BackupJob::Start(const std::string& person, const std::string& unit) {
  if (options_.folder.empty()) {
    return FailedPrecondition("this server makes no backups: serve needs --backup-folder");
  }
  const std::lock_guard lock(mutex_);
  if (status_.state == BackupState::kRunning) {
    return FailedPrecondition("a backup is running already");
  }
  if (thread_.joinable()) thread_.join();
  auth::AuditEntry entry;
  if (audit_ != nullptr) {
    entry.person = person;
    entry.unit = unit;
    entry.action = "backup";
    entry.what = "backup to " + options_.folder;
    SKEIN_ASSIGN_OR_RETURN(entry.completes, audit_->Append(entry));
  }
  status_ = {};
  status_.state = BackupState::kRunning;
  status_.person = person;
  status_.started_us = absl::ToUnixMicros(clock_.Now());
  thread_ = std::thread([this, entry] { Run(entry); });
  return status_;
}

void BackupJob::Run(auth::AuditEntry entry) {
  BackupOptions options;
  options.folder = options_.folder;
  options.scratch = options_.scratch;
  options.keep = options_.keep;
  options.clock = &clock_;
  options.step = [this](std::string_view) {
    return stopping_ ? Cancelled("the server is ending") : absl::OkStatus();
  };
  options.progress = [this](uint64_t done, uint64_t total) {
    const std::lock_guard lock(mutex_);
    status_.bytes_done = done;
    status_.bytes_total = total;
  };
  const absl::StatusOr<BackupInfo> made = MakeBackup(store_, options);
  absl::Status status = made.status();
  if (audit_ != nullptr) {
    entry.what.clear();
    entry.result = made.ok() ? static_cast<int64_t>(made->files) : 0;
    entry.verdict = made.ok() ? auth::Verdict::kAllowed : auth::Verdict::kFailed;
    // A backup whose completion is not on record is not one to report as made.
    if (const auto logged = audit_->Append(entry); !logged.ok()) status.Update(logged.status());
  }
  const std::lock_guard lock(mutex_);
  status_.state = status.ok() ? BackupState::kFinished : BackupState::kFailed;
  status_.error = std::string(Message(status));
  status_.ended_us = absl::ToUnixMicros(clock_.Now());
}

}  // namespace skein::jobs
