// ImportJobs: imports into the store that this process serves, one at a time, from a queue.
//
// Shape     open (files are being uploaded) → waiting → running → finished, failed or cancelled.
//           What was waiting or running when the process ended is interrupted afterwards; it, what
//           failed and what was cancelled can be started again: importing the same again changes
//           nothing, so a resumed import goes on where it was.
// Keeps     In the spool folder, one folder a job: mappings, uploaded data (until it is imported),
//           the quarantine of rejected rows. Readable by the server's user alone.
// Limits    Options: jobs waiting, bytes uploaded in all, files a job, jobs remembered. A folder of
//           the machine is read only where the administrator allowed it or a folder above it.
// Log       With an audit log each run writes its intent before it begins (no log, no import) and
//           its completion with the number of rows.
// Errors    INVALID_ARGUMENT a mapping or a name; NOT_FOUND no such job; FAILED_PRECONDITION the
//           job's state does not allow it; RESOURCE_EXHAUSTED a limit.
// Threads   Safe from any thread; imports run on a thread of their own.
// Lifetime  Borrows graph, records, log and clock. The destructor ends the running import within a
//           chunk of rows; it is interrupted.
// Source    importers/cli/run.h; docs/protocol/http.md, "Imports"
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "server/auth/audit.h"
#include "server/auth/records.h"
#include "storage/base/clock.h"

namespace skein::jobs {

enum class JobState : uint8_t {
  kOpen,
  kWaiting,
  kRunning,
  kFinished,
  kFailed,
  kCancelled,
  kInterrupted
};
std::string_view StateName(JobState state);

struct ImportJob {
  std::string id;  // job-<16 hex digits>
  std::string name;
  JobState state = JobState::kOpen;
  std::string person, unit;
  Purpose purpose;
  std::string folder;  // of the machine; empty: uploaded files
  std::vector<std::string> files;
  uint64_t uploaded_bytes = 0;
  int64_t created_us = 0, started_us = 0, ended_us = 0;
  // Of the run: where it is. Not remembered over a restart.
  std::string at_file;
  uint64_t rows = 0, bytes_done = 0, bytes_total = 0;
  std::string summary;  // SummaryJson of a finished run; empty: none
  std::string error;    // of a failed one
  uint64_t rejected = 0;
};

struct JobOptions {
  std::string spool;                               // folder, made where there is none
  std::vector<std::string> folders;                // that imports may read
  uint64_t upload_bytes_max = uint64_t{16} << 30;  // of all jobs together
  size_t files_max = 1000;
  size_t waiting_max = 16;
  size_t jobs_max = 1000;
  size_t mapping_bytes_max = size_t{1} << 20;
};

// Bytes of one file on their way into the spool; one thread at a time.
class Upload {
 public:
  virtual ~Upload() = default;  // without Finish: what came is removed
  virtual absl::Status Write(std::string_view piece) = 0;
  virtual absl::StatusOr<ImportJob> Finish() = 0;
};

class ImportJobs {
 public:
  // `audit` nullptr: a sandbox.
  static absl::StatusOr<std::unique_ptr<ImportJobs>> Open(
      Graph& graph, auth::SystemRecords& records, auth::AuditLog* audit, Clock& clock,
      const JobOptions& options, std::function<void(const absl::Status&)> report);
  ~ImportJobs();

  struct NewJob {
    std::string name, person, unit;
    Purpose purpose;
    std::vector<std::string> mappings;  // YAML
    std::string folder;                 // empty: files will be uploaded
  };
  absl::StatusOr<ImportJob> Create(const NewJob& job);
  // A file of an open job; a name that is there already is replaced.
  absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(const std::string& id,
                                                      const std::string& file);
  // Puts an open, failed, cancelled or interrupted job into the queue.
  absl::StatusOr<ImportJob> Start(const std::string& id, const Purpose& purpose);
  // Ends what waits or runs; of a job that has ended, removes it and what the spool has of it.
  absl::StatusOr<ImportJob> Cancel(const std::string& id);

  std::optional<ImportJob> Find(const std::string& id) const;
  std::vector<ImportJob> List(const std::string& unit) const;  // newest first
  // The file with its rejected rows. NOT_FOUND: none was.
  absl::StatusOr<std::string> Quarantine(const std::string& id) const;

 private:
  class SpoolUpload;
  ImportJobs(Graph& graph, auth::SystemRecords& records, auth::AuditLog* audit, Clock& clock,
             const JobOptions& options, std::function<void(const absl::Status&)> report);
  absl::Status Recover();
  absl::Status Save(const ImportJob& job);
  std::string FolderOf(const std::string& id) const { return options_.spool + "/" + id; }
  absl::StatusOr<std::string> AllowedFolder(const std::string& folder) const;
  absl::StatusOr<ImportJob> Uploaded(const std::string& id, const std::string& file,
                                     uint64_t bytes);
  void Work();
  void RunOne(const std::string& id);
  absl::Status Import(const ImportJob& job, ImportJob* done);
  void Change(const std::string& id, const std::function<void(ImportJob*)>& change);

  Graph& graph_;
  auth::SystemRecords& records_;
  auth::AuditLog* const audit_;
  Clock& clock_;
  const JobOptions options_;
  const std::function<void(const absl::Status&)> report_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, ImportJob> jobs_;
  std::deque<std::string> queue_;
  std::string running_;
  std::atomic<bool> cancel_{false};    // the running one
  std::atomic<bool> stopping_{false};  // all
  std::atomic<uint64_t> spooled_{0};   // bytes of uploads in the spool
  std::thread thread_;
};

}  // namespace skein::jobs
