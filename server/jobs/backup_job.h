// BackupJob: backups of the store that this process serves, one at a time, into one folder that the
// administrator named.
//
// Log       With an audit log each backup writes its intent before it begins (no log, no backup)
// and
//           its completion with the number of files.
// Errors    Start: FAILED_PRECONDITION no folder was named, or one is running; what the log said.
//           A failed backup is a state with its error; those made before it stay good.
// Threads   Safe from any thread; a backup runs on a thread of its own.
// Lifetime  Borrows store, log and clock. The destructor ends a running backup before its next
//           file.
// Source    storage/care/backup.h; docs/protocol/http.md, "Backups"
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/auth/audit.h"
#include "storage/base/clock.h"
#include "storage/care/backup.h"

namespace skein::jobs {

enum class BackupState : uint8_t { kNone, kRunning, kFinished, kFailed };
std::string_view StateName(BackupState state);

// The last backup that this process began.
struct BackupStatus {
  BackupState state = BackupState::kNone;
  std::string person;
  int64_t started_us = 0, ended_us = 0;
  uint64_t bytes_done = 0, bytes_total = 0;
  std::string error;  // of a failed one
};

class BackupJob {
 public:
  struct Options {
    std::string folder;   // empty: no backups
    std::string scratch;  // BackupOptions::scratch
    uint32_t keep = 0;
  };
  // `audit` nullptr: a sandbox.
  BackupJob(Store& store, auth::AuditLog* audit, Clock& clock, Options options)
      : store_(store), audit_(audit), clock_(clock), options_(std::move(options)) {}
  ~BackupJob();

  absl::StatusOr<BackupStatus> Start(const std::string& person, const std::string& unit);
  BackupStatus Status() const;
  // Those in the folder, oldest first.
  absl::StatusOr<std::vector<BackupInfo>> List() const;

 private:
  void Run(auth::AuditEntry entry);

  Store& store_;
  auth::AuditLog* const audit_;
  Clock& clock_;
  const Options options_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  BackupStatus status_;
  std::thread thread_;
};

}  // namespace skein::jobs
