#include "server/jobs/import_jobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "importers/cli/run.h"
#include "server/api/error.h"
#include "storage/base/memory_budget.h"
#include "storage/base/status.h"

namespace skein::jobs {
namespace {

namespace fs = std::filesystem;

constexpr char kKind[] = "ImportJob";
constexpr size_t kNameBytesMax = 200;
constexpr size_t kMappingsMax = 64;
constexpr std::string_view kStates[] = {"open",   "waiting",   "running",    "finished",
                                        "failed", "cancelled", "interrupted"};

std::string NewId() { return "job-" + absl::BytesToHexString(SecureRandomBytes(8)); }

// A name below the job's data folder: no path of any kind.
absl::Status CheckFileName(const std::string& name) {
  bool good = !name.empty() && name.size() <= kNameBytesMax && name[0] != '.';
  for (const char c : name) {
    good = good && c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  }
  if (good) return absl::OkStatus();
  return InvalidArgument("'", name.substr(0, 64), "' is no file name for an upload");
}

absl::Status Failed(std::string_view what, const std::string& path) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT) {
    return ResourceExhausted("no space left: ", what, " ", path);
  }
  return Unavailable(what, " ", path, ": ", std::strerror(error));
}

absl::Status WriteWhole(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  return out.good() ? absl::OkStatus() : Failed("cannot write", path);
}

bool HasEnded(JobState state) {
  return state != JobState::kOpen && state != JobState::kWaiting && state != JobState::kRunning;
}

ValueMap ToRecord(const ImportJob& job) {
  return {{"basis", Value::String(job.purpose.basis)},
          {"case", Value::String(job.purpose.case_number)},
          {"created_us", Value::Integer(job.created_us)},
          {"ended_us", Value::Integer(job.ended_us)},
          {"error", Value::String(job.error)},
          {"files", auth::TextList(job.files)},
          {"folder", Value::String(job.folder)},
          {"key", Value::String(job.id)},
          {"name", Value::String(job.name)},
          {"person", Value::String(job.person)},
          {"reason", Value::String(job.purpose.reason)},
          {"rejected", Value::Integer(static_cast<int64_t>(job.rejected))},
          {"rows", Value::Integer(static_cast<int64_t>(job.rows))},
          {"started_us", Value::Integer(job.started_us)},
          {"state", Value::String(std::string(StateName(job.state)))},
          {"summary", Value::String(job.summary)},
          {"unit", Value::String(job.unit)},
          {"uploaded_bytes", Value::Integer(static_cast<int64_t>(job.uploaded_bytes))}};
}

ImportJob FromRecord(const ValueMap& r) {
  using auth::IntegerOf;
  using auth::TextOf;
  ImportJob job;
  job.id = TextOf(r, "key");
  job.name = TextOf(r, "name");
  const std::string state = TextOf(r, "state");
  const auto known = std::find(std::begin(kStates), std::end(kStates), state);
  job.state = known == std::end(kStates) ? JobState::kInterrupted
                                         : static_cast<JobState>(known - std::begin(kStates));
  job.person = TextOf(r, "person");
  job.unit = TextOf(r, "unit");
  job.purpose = {TextOf(r, "case"), TextOf(r, "basis"), TextOf(r, "reason")};
  job.folder = TextOf(r, "folder");
  job.files = auth::TextsOf(r, "files");
  job.uploaded_bytes = static_cast<uint64_t>(IntegerOf(r, "uploaded_bytes"));
  job.created_us = IntegerOf(r, "created_us");
  job.started_us = IntegerOf(r, "started_us");
  job.ended_us = IntegerOf(r, "ended_us");
  job.rows = static_cast<uint64_t>(IntegerOf(r, "rows"));
  job.summary = TextOf(r, "summary");
  job.error = TextOf(r, "error");
  job.rejected = static_cast<uint64_t>(IntegerOf(r, "rejected"));
  return job;
}

}  // namespace

std::string_view StateName(JobState state) { return kStates[static_cast<size_t>(state)]; }

// Into a file beside the final name, so that a broken upload never looks like a whole one.
class ImportJobs::SpoolUpload final : public Upload {
 public:
  SpoolUpload(ImportJobs& jobs, std::string id, std::string file, int fd, std::string path)
      : jobs_(jobs), id_(std::move(id)), file_(std::move(file)), fd_(fd), path_(std::move(path)) {}
  ~SpoolUpload() override {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(path_.c_str());
    jobs_.spooled_ -= bytes_;
  }

  absl::Status Write(std::string_view piece) override {
    if (jobs_.spooled_ + piece.size() > jobs_.options_.upload_bytes_max) {
      return ResourceExhausted("uploads take at most ", jobs_.options_.upload_bytes_max,
                               " bytes together");
    }
    jobs_.spooled_ += piece.size();
    bytes_ += piece.size();
    while (!piece.empty()) {
      const ssize_t n = ::write(fd_, piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failed("cannot write", path_);
      piece.remove_prefix(static_cast<size_t>(n));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ImportJob> Finish() override {
    // Durable before it is acknowledged: a resumed job relies on it.
    if (::fsync(fd_) != 0) return Failed("cannot write", path_);
    const std::string final_path = jobs_.FolderOf(id_) + "/data/" + file_;
    struct stat before {};
    const uint64_t replaced =
        ::stat(final_path.c_str(), &before) == 0 ? static_cast<uint64_t>(before.st_size) : 0;
    if (::rename(path_.c_str(), final_path.c_str()) != 0) return Failed("cannot name", path_);
    ::close(std::exchange(fd_, -1));
    jobs_.spooled_ -= replaced;
    return jobs_.Uploaded(id_, file_, bytes_ - replaced);
  }

  static constexpr std::string_view kPart = ".part";

 private:
  ImportJobs& jobs_;
  const std::string id_, file_;
  int fd_;
  const std::string path_;
  uint64_t bytes_ = 0;
};

ImportJobs::ImportJobs(Graph& graph, auth::SystemRecords& records, auth::AuditLog* audit,
                       Clock& clock, const JobOptions& options,
                       std::function<void(const absl::Status&)> report)
    : graph_(graph),
      records_(records),
      audit_(audit),
      clock_(clock),
      options_(options),
      report_(std::move(report)) {}

absl::StatusOr<std::unique_ptr<ImportJobs>> ImportJobs::Open(
    Graph& graph, auth::SystemRecords& records, auth::AuditLog* audit, Clock& clock,
    const JobOptions& options, std::function<void(const absl::Status&)> report) {
  std::unique_ptr<ImportJobs> jobs(
      new ImportJobs(graph, records, audit, clock, options, std::move(report)));
  SKEIN_RETURN_IF_ERROR(jobs->Recover());
  jobs->thread_ = std::thread([self = jobs.get()] { self->Work(); });
  return jobs;
}

ImportJobs::~ImportJobs() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status ImportJobs::Recover() {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<ValueMap> records, records_.Load(kKind));
  for (const ValueMap& record : records) {
    ImportJob job = FromRecord(record);
    if (job.state == JobState::kWaiting || job.state == JobState::kRunning) {
      job.state = JobState::kInterrupted;
      job.ended_us = absl::ToUnixMicros(clock_.Now());
      SKEIN_RETURN_IF_ERROR(Save(job));
    }
    spooled_ += job.uploaded_bytes;
    jobs_[job.id] = std::move(job);
  }
  return absl::OkStatus();
}

absl::Status ImportJobs::Save(const ImportJob& job) { return records_.Put(kKind, ToRecord(job)); }

void ImportJobs::Change(const std::string& id, const std::function<void(ImportJob*)>& change) {
  const std::lock_guard lock(mutex_);
  if (const auto it = jobs_.find(id); it != jobs_.end()) change(&it->second);
}

std::optional<ImportJob> ImportJobs::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return std::nullopt;
  return it->second;
}

std::vector<ImportJob> ImportJobs::List(const std::string& unit) const {
  std::vector<ImportJob> list;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, job] : jobs_) {
      if (job.unit == unit) list.push_back(job);
    }
  }
  std::sort(list.begin(), list.end(), [](const ImportJob& a, const ImportJob& b) {
    return std::tie(b.created_us, b.id) < std::tie(a.created_us, a.id);
  });
  return list;
}

// Links and dots are resolved first, so that neither leads out of what is allowed.
absl::StatusOr<std::string> ImportJobs::AllowedFolder(const std::string& folder) const {
  std::error_code ec;
  const fs::path asked = fs::canonical(folder, ec);
  for (const std::string& allowed : options_.folders) {
    std::error_code missing;
    const fs::path top = fs::canonical(allowed, missing);
    if (ec || missing) continue;
    const auto ends = std::mismatch(top.begin(), top.end(), asked.begin(), asked.end());
    if (ends.first == top.end() && fs::is_directory(asked, ec)) return asked.string();
  }
  // The same words whether it is there or not: the machine's folders are nobody's business here.
  return PermissionDenied("'", folder.substr(0, 256),
                          "' is not below a folder that serve --import-folder allows");
}

absl::StatusOr<ImportJob> ImportJobs::Create(const NewJob& wanted) {
  if (wanted.mappings.empty() || wanted.mappings.size() > kMappingsMax) {
    return InvalidArgument("1 to ", kMappingsMax, " mappings are needed");
  }
  size_t bytes = 0;
  for (size_t i = 0; i < wanted.mappings.size(); ++i) {
    bytes += wanted.mappings[i].size();
    if (bytes > options_.mapping_bytes_max) {
      return ResourceExhausted("mappings of more than ", options_.mapping_bytes_max, " bytes");
    }
    SKEIN_RETURN_IF_ERROR(
        ParseMapping(wanted.mappings[i], "mapping-" + std::to_string(i) + ".yaml").status());
  }
  ImportJob job;
  job.id = NewId();
  job.name = wanted.name;
  job.person = wanted.person;
  job.unit = wanted.unit;
  job.purpose = wanted.purpose;
  job.created_us = absl::ToUnixMicros(clock_.Now());
  if (!wanted.folder.empty()) {
    SKEIN_ASSIGN_OR_RETURN(job.folder, AllowedFolder(wanted.folder));
  }
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= options_.jobs_max) {
      return ResourceExhausted("at most ", options_.jobs_max,
                               " imports are remembered; remove some");
    }
  }
  std::error_code ec;
  fs::create_directories(FolderOf(job.id) + "/data", ec);
  fs::permissions(options_.spool, fs::perms::owner_all, ec);
  if (ec) return Unavailable("cannot use the spool folder ", options_.spool, ": ", ec.message());
  for (size_t i = 0; i < wanted.mappings.size(); ++i) {
    SKEIN_RETURN_IF_ERROR(WriteWhole(FolderOf(job.id) + "/mapping-" + std::to_string(i) + ".yaml",
                                     wanted.mappings[i]));
  }
  SKEIN_RETURN_IF_ERROR(Save(job));
  const std::lock_guard lock(mutex_);
  jobs_[job.id] = job;
  return job;
}

absl::StatusOr<std::unique_ptr<Upload>> ImportJobs::BeginUpload(const std::string& id,
                                                                const std::string& file) {
  SKEIN_RETURN_IF_ERROR(CheckFileName(file));
  const auto job = Find(id);
  if (!job) return NotFound("there is no import '", id.substr(0, 32), "'");
  if (job->state != JobState::kOpen || !job->folder.empty()) {
    return FailedPrecondition("this import takes no more files");
  }
  if (job->files.size() >= options_.files_max) {
    return ResourceExhausted("at most ", options_.files_max, " files an import");
  }
  const std::string unfinished = FolderOf(id) + "/." + file + std::string(SpoolUpload::kPart);
  const int fd = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("cannot write", unfinished);
  return std::unique_ptr<Upload>(std::make_unique<SpoolUpload>(*this, id, file, fd, unfinished));
}

absl::StatusOr<ImportJob> ImportJobs::Uploaded(const std::string& id, const std::string& file,
                                               uint64_t bytes) {
  ImportJob job;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(id);
    if (it == jobs_.end() || it->second.state != JobState::kOpen) {
      return FailedPrecondition("the import was started or removed while its file came");
    }
    auto& files = it->second.files;
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    it->second.uploaded_bytes += bytes;
    job = it->second;
  }
  SKEIN_RETURN_IF_ERROR(Save(job));
  return job;
}

absl::StatusOr<ImportJob> ImportJobs::Start(const std::string& id, const Purpose& purpose) {
  ImportJob job;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) return NotFound("there is no import '", id.substr(0, 32), "'");
    const JobState state = it->second.state;
    if (state == JobState::kWaiting || state == JobState::kRunning ||
        state == JobState::kFinished) {
      return FailedPrecondition("the import is ", StateName(state));
    }
    if (it->second.folder.empty() && it->second.files.empty()) {
      return FailedPrecondition("the import has no files yet");
    }
    if (queue_.size() >= options_.waiting_max) {
      return WithApiCode(ResourceExhausted(options_.waiting_max, " imports are waiting; try later"),
                         429, "busy");
    }
    it->second.purpose = purpose;
    it->second.state = JobState::kWaiting;
    it->second.error.clear();
    job = it->second;
  }
  // In the queue only once it is durable: after a restart it is interrupted, not forgotten.
  if (const absl::Status saved = Save(job); !saved.ok()) {
    Change(id, [](ImportJob* j) { j->state = JobState::kInterrupted; });
    return saved;
  }
  const std::lock_guard lock(mutex_);
  queue_.push_back(id);
  wake_.notify_all();
  return job;
}

absl::StatusOr<ImportJob> ImportJobs::Cancel(const std::string& id) {
  ImportJob job;
  bool removed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) return NotFound("there is no import '", id.substr(0, 32), "'");
    if (it->second.state == JobState::kRunning) {
      cancel_ = running_ == id;
      return it->second;  // it ends with its chunk of rows
    }
    removed = HasEnded(it->second.state) || it->second.state == JobState::kOpen;
    std::erase(queue_, id);
    it->second.state = JobState::kCancelled;
    it->second.ended_us = absl::ToUnixMicros(clock_.Now());
    job = it->second;
    if (removed) jobs_.erase(it);
  }
  if (!removed) {
    SKEIN_RETURN_IF_ERROR(Save(job));
    return job;
  }
  SKEIN_RETURN_IF_ERROR(records_.Remove(kKind, id));
  spooled_ -= job.uploaded_bytes;
  std::error_code ignored;
  fs::remove_all(FolderOf(id), ignored);
  return job;
}

absl::StatusOr<std::string> ImportJobs::Quarantine(const std::string& id) const {
  if (!Find(id)) return NotFound("there is no import '", id.substr(0, 32), "'");
  const std::string path = FolderOf(id) + "/quarantine.jsonl";
  std::error_code ec;
  if (!fs::is_regular_file(path, ec)) return NotFound("no row of this import was rejected");
  return path;
}

void ImportJobs::Work() {
  while (true) {
    std::string id;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;  // what waits is found interrupted by the next process
      id = queue_.front();
      queue_.pop_front();
      running_ = id;
      cancel_ = false;
      ImportJob& job = jobs_[id];
      job.state = JobState::kRunning;
      job.started_us = absl::ToUnixMicros(clock_.Now());
      job.rows = job.bytes_done = job.bytes_total = job.rejected = 0;
      job.summary.clear();
    }
    RunOne(id);
    const std::lock_guard lock(mutex_);
    running_.clear();
  }
}

void ImportJobs::RunOne(const std::string& id) {
  const ImportJob job = *Find(id);
  ImportJob done = job;
  absl::Status status = Save(job);
  uint64_t intent = 0;
  auth::AuditEntry entry;
  if (status.ok() && audit_ != nullptr) {
    entry.person = job.person;
    entry.unit = job.unit;
    entry.purpose = job.purpose;
    entry.action = "import";
    entry.what = job.id + " " + job.name;
    const auto number = audit_->Append(entry);
    status = number.status();
    intent = number.value_or(0);
  }
  if (status.ok()) status = Import(job, &done);
  done.ended_us = absl::ToUnixMicros(clock_.Now());
  done.state = status.ok() ? JobState::kFinished
               : stopping_ ? JobState::kInterrupted
               : cancel_   ? JobState::kCancelled
                           : JobState::kFailed;
  if (!status.ok()) done.error = std::string(Message(status));
  if (intent != 0) {
    entry.what.clear();
    entry.completes = intent;
    entry.result = static_cast<int64_t>(done.rows);
    entry.verdict = status.ok() ? auth::Verdict::kAllowed : auth::Verdict::kFailed;
    const auto logged = audit_->Append(entry);
    if (!logged.ok()) report_(logged.status());
  }
  if (status.ok()) {
    // Imported: what was uploaded is in the store now.
    std::error_code ignored;
    fs::remove_all(FolderOf(id) + "/data", ignored);
    spooled_ -= std::exchange(done.uploaded_bytes, 0);
  }
  Change(id, [&](ImportJob* j) { *j = done; });
  if (const absl::Status saved = Save(done); !saved.ok()) report_(saved);
}

absl::Status ImportJobs::Import(const ImportJob& job, ImportJob* done) {
  std::vector<Mapping> mappings;
  for (size_t i = 0;; ++i) {
    const std::string path = FolderOf(job.id) + "/mapping-" + std::to_string(i) + ".yaml";
    std::error_code ec;
    if (!fs::exists(path, ec)) break;
    SKEIN_ASSIGN_OR_RETURN(Mapping mapping, LoadMapping(path));
    mappings.push_back(std::move(mapping));
  }
  ImportOptions options;
  options.bulk.memory_bytes =
      std::min(options.bulk.memory_bytes, MemoryBudget::Process().parts().import_gather);
  options.data_dir = FolderOf(job.id) + "/data";
  if (!job.folder.empty()) {
    // Asked again: what is allowed may have changed since.
    SKEIN_ASSIGN_OR_RETURN(options.data_dir, AllowedFolder(job.folder));
  }
  options.quarantine = FolderOf(job.id) + "/quarantine.jsonl";
  options.purpose.person = job.person;
  options.purpose.case_number = job.purpose.case_number;
  options.clock = &clock_;
  options.watch = [&](const ImportProgress& at) -> absl::Status {
    if (cancel_ || stopping_) return Cancelled("the import was ended; start it again to go on");
    Change(job.id, [&](ImportJob* j) {
      j->at_file = at.file;
      j->rows = at.rows;
      j->bytes_done = at.bytes_done;
      j->bytes_total = at.bytes_total;
    });
    done->at_file = at.file;
    done->rows = at.rows;
    done->bytes_done = at.bytes_done;
    done->bytes_total = at.bytes_total;
    return absl::OkStatus();
  };
  SKEIN_ASSIGN_OR_RETURN(const ImportSummary summary, RunImport(graph_, mappings, options));
  done->summary = SummaryJson(summary);
  done->rows = summary.total.read;
  done->rejected = summary.total.rejected;
  done->at_file.clear();
  return absl::OkStatus();
}

}  // namespace skein::jobs
