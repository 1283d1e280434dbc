#include "storage/kv/manifest_guard.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "rocksdb/file_system.h"
#include "storage/base/status.h"
#include "storage/log/checksum.h"

namespace skein {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::string_view kManifest = "MANIFEST-";

std::string_view NameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<uint64_t> ManifestNumber(std::string_view name) {
  if (!name.starts_with(kManifest)) return std::nullopt;
  name.remove_prefix(kManifest.size());
  while (!name.empty() && name.back() == '\n') name.remove_suffix(1);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::string ManifestName(uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof(name), "MANIFEST-%06llu", static_cast<unsigned long long>(number));
  return name;
}

absl::Status FromIo(const IOStatus& status, const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsNoSpace()) return ResourceExhausted(path, ": no space left on the disk");
  if (status.IsPathNotFound() || status.IsNotFound()) return NotFound(path, ": no such file");
  return Unavailable(path, ": ", status.ToString());
}

// In place of a number, after a failed write to the MANIFEST in force: deletions are put off until
// another one is in force and recorded.
constexpr uint64_t kUncertain = UINT64_MAX;

// What was written to one MANIFEST so far.
struct Written {
  log::RunningChecksum sum;
  uint64_t bytes = 0;
};

struct State {
  absl::Mutex mu;
  std::map<uint64_t, ManifestMark> synced;  // by number
  uint64_t named = 0;                       // what CURRENT names, once its directory is synced
  uint64_t settled = 0;                     // the number that was last recorded
  uint64_t renamed = 0;                     // what CURRENT names since the last rename
  std::vector<std::string> put_off;         // deletions
};

class ManifestFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  ManifestFile(std::unique_ptr<FSWritableFile> file, uint64_t number, std::shared_ptr<State> state)
      : FSWritableFileOwnerWrapper(std::move(file)), number_(number), state_(std::move(state)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    return Added(FSWritableFileOwnerWrapper::Append(data, options, debug), data);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    return Added(FSWritableFileOwnerWrapper::Append(data, options, info, debug), data);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(FSWritableFileOwnerWrapper::Fsync(options, debug));
  }

 private:
  IOStatus Added(IOStatus status, const rocksdb::Slice& data) {
    if (!status.ok()) return Failed(std::move(status));
    written_.sum.Add({data.data(), data.size()});
    written_.bytes += data.size();
    return status;
  }
  // It may list what RocksDB, told that it does not, is about to delete.
  IOStatus Failed(IOStatus status) {
    const absl::MutexLock lock(&state_->mu);
    if (state_->renamed == number_) state_->renamed = kUncertain;
    return status;
  }
  IOStatus Synced(IOStatus status) {
    if (!status.ok()) return Failed(std::move(status));
    const absl::MutexLock lock(&state_->mu);
    state_->synced[number_] = {number_, written_.bytes, written_.sum.value()};
    return status;
  }

  uint64_t number_;
  std::shared_ptr<State> state_;
  Written written_;
};

// A directory whose sync makes the newest CURRENT count.
class GuardedDirectory final : public FSDirectory {
 public:
  GuardedDirectory(std::unique_ptr<FSDirectory> directory, std::shared_ptr<State> state)
      : directory_(std::move(directory)), state_(std::move(state)) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(directory_->Fsync(options, debug));
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& dir_options) override {
    return Synced(directory_->FsyncWithDirOptions(options, debug, dir_options));
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return directory_->Close(options, debug);
  }
  size_t GetUniqueId(char* id, size_t size) const override {
    return directory_->GetUniqueId(id, size);
  }

 private:
  IOStatus Synced(IOStatus status) {
    if (!status.ok()) return status;
    const absl::MutexLock lock(&state_->mu);
    if (state_->renamed != kUncertain) state_->named = state_->renamed;
    return status;
  }

  std::unique_ptr<FSDirectory> directory_;
  std::shared_ptr<State> state_;
};

class GuardedFs final : public rocksdb::FileSystemWrapper {
 public:
  GuardedFs(std::string dir, const std::shared_ptr<rocksdb::FileSystem>& base,
            std::shared_ptr<State> state)
      : FileSystemWrapper(base), dir_(std::move(dir)), state_(std::move(state)) {}
  const char* Name() const override { return "skein.ManifestGuard"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* out, IODebugContext* debug) override {
    IOStatus status = target()->NewWritableFile(path, options, out, debug);
    if (!status.ok()) return status;
    if (const auto number = ManifestNumber(NameOf(path)); number && IsHere(path)) {
      *out = std::make_unique<ManifestFile>(std::move(*out), *number, state_);
    }
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<FSDirectory>* out, IODebugContext* debug) override {
    IOStatus status = target()->NewDirectory(path, options, out, debug);
    if (status.ok() && path == dir_) {
      *out = std::make_unique<GuardedDirectory>(std::move(*out), state_);
    }
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (NameOf(to) != "CURRENT" || !IsHere(to))
      return target()->RenameFile(from, to, options, debug);
    std::string text;
    IOStatus status = rocksdb::ReadFileToString(target(), from, &text);
    if (!status.ok()) return status;
    {
      // Before the rename: deletions that follow it must already be put off.
      const absl::MutexLock lock(&state_->mu);
      state_->renamed = ManifestNumber(text).value_or(0);
    }
    return target()->RenameFile(from, to, options, debug);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    if (IsHere(path) &&
        (path.ends_with(".sst") || ManifestNumber(NameOf(path)))) {  // names that never come again
      const absl::MutexLock lock(&state_->mu);
      if (state_->renamed != state_->settled) {
        state_->put_off.push_back(path);
        return IOStatus::OK();
      }
    }
    return target()->DeleteFile(path, options, debug);
  }

 private:
  bool IsHere(std::string_view path) const {
    return path.size() > dir_.size() && path.starts_with(dir_) && path[dir_.size()] == '/' &&
           path.find('/', dir_.size() + 1) == std::string_view::npos;
  }

  std::string dir_;
  std::shared_ptr<State> state_;
};

class ManifestGuardImpl final : public ManifestGuard {
 public:
  ManifestGuardImpl(const std::string& dir, std::shared_ptr<rocksdb::FileSystem> base)
      : dir_(dir),
        base_(std::move(base)),
        state_(std::make_shared<State>()),
        guarded_(std::make_shared<GuardedFs>(dir, base_, state_)) {}

  std::shared_ptr<rocksdb::FileSystem> file_system() override { return guarded_; }

  ManifestMark mark() const override {
    const absl::MutexLock lock(&state_->mu);
    const auto it = state_->synced.find(state_->named);
    return it == state_->synced.end() ? ManifestMark{} : it->second;
  }

  void Settle(const ManifestMark& recorded) override {
    std::vector<std::string> deletions;
    {
      const absl::MutexLock lock(&state_->mu);
      state_->settled = recorded.number;
      if (state_->renamed != state_->settled) return;
      deletions = std::exchange(state_->put_off, {});
      state_->synced.erase(state_->synced.begin(), state_->synced.find(recorded.number));
    }
    for (const std::string& path : deletions) {
      // What stays behind is found and deleted by RocksDB at the next opening.
      base_->DeleteFile(path, IOOptions(), nullptr).PermitUncheckedError();
    }
  }

  absl::Status Check(const ManifestMark& recorded, std::string* repaired) override;

 private:
  absl::StatusOr<ManifestMark> Sum(const std::string& path, const ManifestMark& recorded);
  absl::Status NameInCurrent(uint64_t number);

  std::string dir_;
  std::shared_ptr<rocksdb::FileSystem> base_;
  std::shared_ptr<State> state_;
  std::shared_ptr<GuardedFs> guarded_;
};

// The first `recorded.bytes` of the file.
absl::StatusOr<ManifestMark> ManifestGuardImpl::Sum(const std::string& path,
                                                    const ManifestMark& recorded) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  SKEIN_RETURN_IF_ERROR(
      FromIo(base_->NewSequentialFile(path, FileOptions(), &file, nullptr), path));
  log::RunningChecksum sum;
  ManifestMark found{recorded.number, 0, 0};
  std::string buffer(size_t{1} << 16, '\0');
  while (found.bytes < recorded.bytes) {
    rocksdb::Slice got;
    const size_t wanted = std::min<uint64_t>(buffer.size(), recorded.bytes - found.bytes);
    SKEIN_RETURN_IF_ERROR(
        FromIo(file->Read(wanted, IOOptions(), &got, buffer.data(), nullptr), path));
    if (got.empty()) break;
    sum.Add({got.data(), got.size()});
    found.bytes += got.size();
  }
  found.checksum = sum.value();
  return found;
}

// Whole or not at all, as RocksDB does it: a temporary file, synced, renamed, the directory synced.
absl::Status ManifestGuardImpl::NameInCurrent(uint64_t number) {
  const std::string temporary = dir_ + "/CURRENT.dbtmp";
  SKEIN_RETURN_IF_ERROR(FromIo(rocksdb::WriteStringToFile(base_.get(), ManifestName(number) + "\n",
                                                          temporary, /*should_sync=*/true),
                               temporary));
  const std::string current = dir_ + "/CURRENT";
  SKEIN_RETURN_IF_ERROR(
      FromIo(base_->RenameFile(temporary, current, IOOptions(), nullptr), current));
  std::unique_ptr<FSDirectory> directory;
  SKEIN_RETURN_IF_ERROR(FromIo(base_->NewDirectory(dir_, IOOptions(), &directory, nullptr), dir_));
  return FromIo(directory->Fsync(IOOptions(), nullptr), dir_);
}

absl::Status ManifestGuardImpl::Check(const ManifestMark& recorded, std::string* repaired) {
  {
    const absl::MutexLock lock(&state_->mu);
    state_->settled = state_->renamed = state_->named = recorded.number;
  }
  const std::string path = dir_ + "/" + ManifestName(recorded.number);
  const absl::StatusOr<ManifestMark> found = Sum(path, recorded);
  if (absl::IsNotFound(found.status())) {
    return DataLoss(path, ": is missing, and the log has recorded that it lists the store's files");
  }
  if (!found.ok()) return found.status();
  if (found->bytes < recorded.bytes) {
    return DataLoss(path, ": has ", found->bytes, " bytes, and the log has recorded ",
                    recorded.bytes, ": the list of the store's files has lost its end");
  }
  if (*found != recorded) {
    return DataLoss(path, ": its first ", recorded.bytes,
                    " bytes are not what the log has recorded: the list of the store's files is "
                    "damaged");
  }
  std::string text;
  const IOStatus read = rocksdb::ReadFileToString(base_.get(), dir_ + "/CURRENT", &text);
  if (read.ok() && text == ManifestName(recorded.number) + "\n") return absl::OkStatus();
  *repaired = internal::Join(dir_, "/CURRENT: did not name ", ManifestName(recorded.number),
                             ", which the log has recorded; it does now");
  return NameInCurrent(recorded.number);
}

}  // namespace

std::shared_ptr<ManifestGuard> ManifestGuard::Create(const std::string& dir,
                                                     std::shared_ptr<rocksdb::FileSystem> base) {
  return std::make_shared<ManifestGuardImpl>(dir, std::move(base));
}

}  // namespace skein
