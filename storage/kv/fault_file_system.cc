#include "storage/kv/fault_file_system.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "rocksdb/file_system.h"
#include "storage/base/status.h"
#include "storage/log/fault_disk.h"

namespace skein {
namespace {

namespace fs = std::filesystem;
using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// What the directory entries since the last sync of the directory did, to be undone backwards.
struct Pending {
  enum class What : uint8_t { kCreated, kRenamed } what;
  std::string path, from;
  std::optional<std::string> replaced;  // contents of the rename's target before
};

struct State {
  absl::Mutex mu;
  int64_t mutations = 0;
  int64_t crash_at = -1;
  int64_t run_at = -1;
  int64_t fail_at = -1;
  bool fail_no_space = false;
  std::function<void()> run;
  int64_t fail_sync_at = -1;
  int64_t syncs = 0;
  bool crashed = false;
  bool no_space = false;
  std::map<std::string, uint64_t> synced;               // bytes of each file that are durable
  std::map<std::string, std::vector<Pending>> pending;  // by directory

  IOStatus Mutate() {
    absl::MutexLock lock(&mu);
    if (crashed || (crash_at >= 0 && mutations >= crash_at)) {
      crashed = true;
      return IOStatus::IOError("injected crash");
    }
    if (mutations == run_at) run();
    if (mutations++ != fail_at) return IOStatus::OK();
    return fail_no_space ? IOStatus::NoSpace("injected: no space")
                         : IOStatus::IOError("injected: I/O error");
  }
  bool SyncFails() {
    absl::MutexLock lock(&mu);
    return syncs++ == fail_sync_at;
  }
  bool NoSpace() {
    absl::MutexLock lock(&mu);
    return no_space;
  }
};

std::string DirOf(const std::string& path) { return fs::path(path).parent_path().string(); }

std::string ReadAll(const std::string& path) {
  std::string out;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return out;
  out.resize(size);
  if (FILE* file = std::fopen(path.c_str(), "rb")) {
    out.resize(std::fread(out.data(), 1, out.size(), file));
    std::fclose(file);
  }
  return out;
}

void WriteAll(const std::string& path, const std::string& text) {
  if (FILE* file = std::fopen(path.c_str(), "wb")) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
}

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<FSWritableFile> file, std::string path, std::shared_ptr<State> state)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        state_(std::move(state)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    IOStatus status = Allowed();
    return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    IOStatus status = Allowed();
    return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, info, debug) : status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Durable([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); }, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Durable([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); }, debug);
  }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();  // promises nothing
  }

 private:
  IOStatus Allowed() {
    if (state_->NoSpace()) return IOStatus::NoSpace("injected: no space");
    return state_->Mutate();
  }
  template <typename F>
  IOStatus Durable(F&& sync, IODebugContext* debug) {
    IOStatus status = state_->Mutate();
    if (!status.ok()) return status;
    if (state_->SyncFails()) return IOStatus::IOError("injected: fsync");
    // The bytes reach the kernel only; the test machine does not lose power, we do it for it.
    (void)sync;
    status = FSWritableFileOwnerWrapper::Flush(IOOptions(), debug);
    if (!status.ok()) return status;
    std::error_code ignored;
    const uint64_t size = fs::file_size(path_, ignored);  // a reopened file does not know its own
    absl::MutexLock lock(&state_->mu);
    state_->synced[path_] = size;
    return status;
  }

  std::string path_;
  std::shared_ptr<State> state_;
};

class FaultDirectory final : public FSDirectory {
 public:
  FaultDirectory(std::string path, std::shared_ptr<State> state)
      : path_(std::move(path)), state_(std::move(state)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    IOStatus status = state_->Mutate();
    if (!status.ok()) return status;
    absl::MutexLock lock(&state_->mu);
    state_->pending.erase(path_);
    return status;
  }

 private:
  std::string path_;
  std::shared_ptr<State> state_;
};

class FaultFs final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFs(std::shared_ptr<State> state)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(state)) {}
  const char* Name() const override { return "skein.FaultFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* out, IODebugContext* debug) override {
    return Create(
        path, [&] { return target()->NewWritableFile(path, options, out, debug); }, out);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<FSWritableFile>* out,
                              IODebugContext* debug) override {
    return Create(
        path, [&] { return target()->ReopenWritableFile(path, options, out, debug); }, out);
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string&,
                             const FileOptions& options, std::unique_ptr<FSWritableFile>* out,
                             IODebugContext* debug) override {
    return NewWritableFile(path, options, out, debug);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<FSDirectory>* out, IODebugContext*) override {
    *out = std::make_unique<FaultDirectory>(path, state_);
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus status = state_->Mutate();
    if (!status.ok()) return status;
    std::optional<std::string> replaced;
    if (fs::exists(to)) replaced = ReadAll(to);
    status = target()->RenameFile(from, to, options, debug);
    if (!status.ok()) return status;
    absl::MutexLock lock(&state_->mu);
    const auto synced = state_->synced.find(from);
    state_->synced[to] = synced == state_->synced.end() ? 0 : synced->second;
    if (synced != state_->synced.end()) state_->synced.erase(synced);
    state_->pending[DirOf(to)].push_back({Pending::What::kRenamed, to, from, std::move(replaced)});
    return status;
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* debug) override {
    IOStatus status = state_->Mutate();
    if (!status.ok()) return status;
    status = target()->LinkFile(from, to, options, debug);
    if (!status.ok()) return status;
    absl::MutexLock lock(&state_->mu);
    const auto synced = state_->synced.find(from);
    state_->synced[to] = synced == state_->synced.end() ? 0 : synced->second;
    state_->pending[DirOf(to)].push_back({Pending::What::kCreated, to, {}, {}});
    return status;
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus status = state_->Mutate();
    if (!status.ok()) return status;
    absl::MutexLock lock(&state_->mu);
    state_->synced.erase(path);
    return target()->DeleteFile(path, options, debug);
  }

 private:
  template <typename F>
  IOStatus Create(const std::string& path, F&& create, std::unique_ptr<FSWritableFile>* out) {
    IOStatus status = state_->Mutate();
    if (!status.ok()) return status;
    status = create();
    if (!status.ok()) return status;
    *out = std::make_unique<FaultFile>(std::move(*out), path, state_);
    absl::MutexLock lock(&state_->mu);
    state_->synced.emplace(path, 0);
    state_->pending[DirOf(path)].push_back({Pending::What::kCreated, path, {}, {}});
    return status;
  }

  std::shared_ptr<State> state_;
};

log::DiskHooks HooksOf(const std::shared_ptr<State>& state) {
  const auto from = [](const IOStatus& status) {
    if (status.ok()) return absl::OkStatus();
    const std::string text = status.ToString();
    return status.IsNoSpace() ? ResourceExhausted(text) : Unavailable(text);
  };
  log::DiskHooks hooks;
  // Space runs out where some is asked for, not where bytes are written into what was set aside.
  const auto out_of_space = std::make_shared<std::atomic<bool>>(false);
  hooks.mutate = [state, from, out_of_space] {
    const IOStatus status = state->Mutate();
    *out_of_space = status.IsNoSpace();
    return *out_of_space ? absl::OkStatus() : from(status);
  };
  hooks.space = [state, out_of_space] {
    return *out_of_space || state->NoSpace() ? ResourceExhausted("injected: no space")
                                             : absl::OkStatus();
  };
  hooks.sync = [state] {
    return state->SyncFails() ? Unavailable("injected: fsync") : absl::OkStatus();
  };
  return hooks;
}

class FaultFileSystemImpl final : public FaultFileSystem {
 public:
  FaultFileSystemImpl()
      : state_(std::make_shared<State>()),
        file_system_(std::make_shared<FaultFs>(state_)),
        log_disk_(log::FaultDisk::Create(HooksOf(state_))) {}

  std::shared_ptr<log::LogDisk> log_disk() override { return log_disk_; }
  void FailAt(int64_t n, bool no_space) override {
    absl::MutexLock lock(&state_->mu);
    state_->fail_at = state_->mutations + n;
    state_->fail_no_space = no_space;
  }

  std::shared_ptr<rocksdb::FileSystem> file_system() override { return file_system_; }
  int64_t mutations() const override {
    absl::MutexLock lock(&state_->mu);
    return state_->mutations;
  }
  void CrashAt(int64_t n) override {
    absl::MutexLock lock(&state_->mu);
    state_->crash_at = state_->mutations + n;
  }
  void RunAt(int64_t n, std::function<void()> what) override {
    absl::MutexLock lock(&state_->mu);
    state_->run_at = state_->mutations + n;
    state_->run = std::move(what);
  }
  bool crashed() const override {
    absl::MutexLock lock(&state_->mu);
    return state_->crashed;
  }
  void FailSyncAt(int64_t n) override {
    absl::MutexLock lock(&state_->mu);
    state_->fail_sync_at = state_->syncs + n;
  }
  void SetNoSpace(bool on) override {
    absl::MutexLock lock(&state_->mu);
    state_->no_space = on;
  }

  void LoseUnsynced(uint64_t seed) override {
    log_disk_->LoseUnsynced(seed);
    absl::MutexLock lock(&state_->mu);
    std::mt19937_64 dice(seed);
    std::error_code ignored;
    for (const auto& [path, synced] : state_->synced) {
      const uint64_t size = fs::exists(path, ignored) ? fs::file_size(path, ignored) : 0;
      if (size <= synced) continue;
      const uint64_t kept = seed == 0 ? 0 : dice() % (size - synced + 1);
      fs::resize_file(path, synced + kept, ignored);
    }
    for (auto& [dir, changes] : state_->pending) {
      for (; !changes.empty(); changes.pop_back()) {
        const Pending& change = changes.back();
        if (change.what == Pending::What::kRenamed) {
          fs::rename(change.path, change.from, ignored);
          if (change.replaced) WriteAll(change.path, *change.replaced);
        } else if (!state_->synced.contains(change.path) || state_->synced[change.path] == 0) {
          // A synced file's own entry is taken to be durable, as ext4 and xfs have it.
          fs::remove(change.path, ignored);
        }
      }
    }
    state_->synced.clear();
    state_->pending.clear();
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<FaultFs> file_system_;
  std::shared_ptr<log::FaultDisk> log_disk_;
};

}  // namespace

std::shared_ptr<FaultFileSystem> FaultFileSystem::Create() {
  return std::make_shared<FaultFileSystemImpl>();
}

}  // namespace skein
