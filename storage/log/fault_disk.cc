#include "storage/log/fault_disk.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"

namespace skein::log {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSectorBytes = 512;

struct Unsynced {
  uint64_t size_before = 0;
  std::vector<std::pair<uint64_t, std::string>> replaced;  // (offset, bytes before), oldest first
};

struct Entry {             // of a directory, not yet synced
  std::string path, from;  // from: empty for a creation
};

struct State {
  DiskHooks hooks;
  std::shared_ptr<LogDisk> base;
  absl::Mutex mu;
  std::map<std::string, Unsynced> files;
  std::map<std::string, std::vector<Entry>> entries;  // by directory
};

std::string DirOf(const std::string& path) { return fs::path(path).parent_path().string(); }

class FaultFile final : public LogFile {
 public:
  FaultFile(std::unique_ptr<LogFile> file, std::shared_ptr<std::string> path,
            std::shared_ptr<State> state)
      : file_(std::move(file)), path_(std::move(path)), state_(std::move(state)) {}

  absl::StatusOr<std::string> Read(uint64_t offset, size_t n) const override {
    return file_->Read(offset, n);
  }
  absl::StatusOr<uint64_t> Size() const override { return file_->Size(); }

  absl::Status Write(uint64_t offset, std::span<const std::string_view> parts) override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    size_t bytes = 0;
    for (const std::string_view part : parts) bytes += part.size();
    SKEIN_RETURN_IF_ERROR(Remember(offset, bytes));
    return file_->Write(offset, parts);
  }
  absl::Status Allocate(uint64_t size) override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    SKEIN_RETURN_IF_ERROR(state_->hooks.space());
    SKEIN_RETURN_IF_ERROR(Remember(0, 0));
    return file_->Allocate(size);
  }
  absl::Status Sync() override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    SKEIN_RETURN_IF_ERROR(state_->hooks.sync());
    // The bytes reach the kernel only; the test machine does not lose power, we do it for it.
    const absl::MutexLock lock(&state_->mu);
    state_->files.erase(*path_);
    return absl::OkStatus();
  }

 private:
  absl::Status Remember(uint64_t offset, size_t bytes) {
    SKEIN_ASSIGN_OR_RETURN(const uint64_t size, file_->Size());
    const uint64_t from = offset / kSectorBytes * kSectorBytes;
    const uint64_t to = (offset + bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
    SKEIN_ASSIGN_OR_RETURN(std::string before, file_->Read(from, bytes == 0 ? 0 : to - from));
    const absl::MutexLock lock(&state_->mu);
    const auto [it, fresh] = state_->files.try_emplace(*path_);
    if (fresh) it->second.size_before = size;
    if (!before.empty()) it->second.replaced.emplace_back(from, std::move(before));
    return absl::OkStatus();
  }

  std::unique_ptr<LogFile> file_;
  std::shared_ptr<std::string> path_;  // shared with the disk: renames change it
  std::shared_ptr<State> state_;
};

class FaultDiskImpl final : public FaultDisk {
 public:
  FaultDiskImpl(DiskHooks hooks, std::shared_ptr<LogDisk> base)
      : state_(std::make_shared<State>()) {
    state_->hooks = std::move(hooks);
    state_->base = std::move(base);
  }

  absl::StatusOr<std::unique_ptr<LogFile>> Open(const std::string& path, bool create) override {
    std::error_code ignored;
    if (create && !fs::exists(path, ignored)) {
      SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
      SKEIN_RETURN_IF_ERROR(state_->hooks.space());
      const absl::MutexLock lock(&state_->mu);
      state_->entries[DirOf(path)].push_back({path, ""});
    }
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<LogFile> file, state_->base->Open(path, create));
    auto name = std::make_shared<std::string>(path);
    const absl::MutexLock lock(&mu_);
    open_[path] = name;
    return std::unique_ptr<LogFile>(
        std::make_unique<FaultFile>(std::move(file), std::move(name), state_));
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& dir) override {
    return state_->base->List(dir);
  }
  absl::Status MakeDirectory(const std::string& dir) override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    return state_->base->MakeDirectory(dir);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    SKEIN_RETURN_IF_ERROR(state_->base->Rename(from, to));
    Moved(from, to);
    const absl::MutexLock lock(&state_->mu);
    state_->entries[DirOf(to)].push_back({to, from});
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& path) override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    const absl::MutexLock lock(&state_->mu);
    state_->files.erase(path);
    return state_->base->Remove(path);
  }
  absl::Status SyncDirectory(const std::string& dir) override {
    SKEIN_RETURN_IF_ERROR(state_->hooks.mutate());
    SKEIN_RETURN_IF_ERROR(state_->hooks.sync());
    const absl::MutexLock lock(&state_->mu);
    state_->entries.erase(dir);
    return absl::OkStatus();
  }

  void LoseUnsynced(uint64_t seed) override {
    std::mt19937_64 dice(seed);
    const absl::MutexLock lock(&state_->mu);
    for (const auto& [path, lost] : state_->files) LoseBytes(path, lost, seed, dice);
    std::error_code ignored;
    for (auto& [dir, entries] : state_->entries) {
      for (; !entries.empty(); entries.pop_back()) {
        const Entry& entry = entries.back();
        if (!entry.from.empty()) {
          fs::rename(entry.path, entry.from, ignored);
        } else if (state_->files.contains(entry.path)) {
          // A synced file's own entry is taken to be durable, as ext4 and xfs have it.
          fs::remove(entry.path, ignored);
        }
      }
    }
    state_->files.clear();
    state_->entries.clear();
  }

 private:
  void Moved(const std::string& from, const std::string& to) {
    {
      const absl::MutexLock lock(&state_->mu);
      if (auto node = state_->files.extract(from); !node.empty()) {
        node.key() = to;
        state_->files.insert(std::move(node));
      }
    }
    const absl::MutexLock lock(&mu_);
    if (auto node = open_.extract(from); !node.empty()) {
      *node.mapped() = to;
      node.key() = to;
      open_.insert_or_assign(to, node.mapped());
    }
  }

  void LoseBytes(const std::string& path, const Unsynced& lost, uint64_t seed,
                 std::mt19937_64& dice) {
    const auto file = state_->base->Open(path, false);
    if (!file.ok()) return;
    for (auto it = lost.replaced.rbegin(); it != lost.replaced.rend(); ++it) {
      for (uint64_t at = 0; at < it->second.size(); at += kSectorBytes) {
        if (seed != 0 && dice() % 2 == 0) continue;
        const std::string_view sector = std::string_view(it->second).substr(at, kSectorBytes);
        SKEIN_IGNORE_ERROR((*file)->Write(it->first + at, {&sector, 1}), "a test's own disk");
      }
    }
    std::error_code ignored;
    if (fs::file_size(path, ignored) > lost.size_before && (seed == 0 || dice() % 2 == 0)) {
      fs::resize_file(path, lost.size_before, ignored);
    }
  }

  std::shared_ptr<State> state_;
  absl::Mutex mu_;
  std::map<std::string, std::shared_ptr<std::string>> open_;  // the names that open files have
};

}  // namespace

std::shared_ptr<FaultDisk> FaultDisk::Create(DiskHooks hooks, std::shared_ptr<LogDisk> base) {
  return std::make_shared<FaultDiskImpl>(std::move(hooks), std::move(base));
}

}  // namespace skein::log
