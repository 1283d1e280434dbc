#include "storage/kv/open.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "storage/base/status.h"
#include "storage/log/format.h"
#include "storage/log/log.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "skein store";

absl::Status SystemError(const std::string& path, std::string_view what) {
  const int error = errno;
  if (error == ENOSPC) return ResourceExhausted(path, ": ", what, ": no space left on the disk");
  return Unavailable(path, ": ", what, ": ", std::generic_category().message(error));
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(path, "cannot read");
  std::string text(4096, '\0');  // longer than any version of the file
  const ssize_t n = ::pread(file.get(), text.data(), text.size(), 0);
  if (n < 0) return SystemError(path, "cannot read");
  text.resize(static_cast<size_t>(n));
  return text;
}

absl::Status SyncDirectory(const std::string& dir) {
  const Fd handle(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0 || ::fsync(handle.get()) != 0) return SystemError(dir, "cannot sync");
  return absl::OkStatus();
}

// Whole or not at all: a temporary file, synced, renamed, the directory synced.
absl::Status WriteFileDurably(const std::string& dir, std::string_view name,
                              const std::string& text) {
  const std::string path = dir + "/" + std::string(name);
  const std::string temporary = path + ".new";
  {
    const Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (file.get() < 0) return SystemError(temporary, "cannot write");
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return SystemError(temporary, "cannot write");
    }
    if (::fsync(file.get()) != 0) return SystemError(temporary, "cannot sync");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return SystemError(path, "cannot rename");
  return SyncDirectory(dir);
}

// SKEIN as text. `log`: the store has a log, and is not whole without it.
struct Mark {
  StoreProfile profile;
  bool log = false;

  std::string Text() const {
    std::ostringstream text;
    text << kMagic << "\nformat " << profile.format << "\nprofile "
         << (profile.sandbox ? "sandbox" : "governed") << "\n";
    if (log) text << "log " << log::kLogFormat << "\n";
    return std::move(text).str();
  }
};

absl::StatusOr<uint32_t> ParseNumber(const std::string& path, const std::string& key,
                                     const std::string& value) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    return DataLoss(path, ": bad ", key, " number '", value, "'");
  }
  return number;
}

absl::StatusOr<Mark> ParseMark(const std::string& path, const std::string& text) {
  std::istringstream in(text);
  std::string line;
  if (!std::getline(in, line) || line != kMagic) {
    return DataLoss(path, ": does not begin with '", kMagic, "'");
  }
  Mark mark;
  bool known_profile = false;
  while (std::getline(in, line)) {
    const size_t space = line.find(' ');
    const std::string key = line.substr(0, space);
    const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
    if (key == "format") {
      SKEIN_ASSIGN_OR_RETURN(mark.profile.format, ParseNumber(path, key, value));
      if (mark.profile.format != kStoreFormat) {
        return FailedPrecondition(path, ": store format ", mark.profile.format,
                                  "; this program reads format ", kStoreFormat, " only");
      }
    } else if (key == "log") {
      SKEIN_ASSIGN_OR_RETURN(const uint32_t format, ParseNumber(path, key, value));
      if (format != log::kLogFormat) {
        return FailedPrecondition(path, ": log format ", format, "; this program reads format ",
                                  log::kLogFormat, " only");
      }
      mark.log = true;
    } else if (key == "profile" && (value == "sandbox" || value == "governed")) {
      mark.profile.sandbox = value == "sandbox";
      known_profile = true;
    } else {
      return FailedPrecondition(path, ": unknown line '", line,
                                "'; a later program wrote this store");
    }
  }
  if (!known_profile) return DataLoss(path, ": the profile line is missing");
  return mark;
}

// The store's lock: freed by the kernel however the holder ends.
absl::StatusOr<Fd> TakeLock(const std::string& dir) {
  const std::string path = dir + "/LOCK";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (file.get() < 0) return SystemError(path, "cannot open the lock");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError(path, "cannot lock");
    std::string holder = "unknown";
    if (absl::StatusOr<std::string> text = ReadFile(path); text.ok() && !text->empty()) {
      holder = text->substr(0, text->find('\n'));
    }
    return Unavailable("the store ", dir, " is in use by process ", holder);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    // On a full disk the store must still open for reading: the name in the message is a courtesy.
    if (errno != ENOSPC) return SystemError(path, "cannot write the lock");
  }
  return file;
}

// Keeps the lock for as long as the store is open, and copies the mark into checkpoints.
class LockedStore final : public Store {
 public:
  LockedStore(std::string dir, Fd lock, std::unique_ptr<Store> store)
      : dir_(std::move(dir)), lock_(std::move(lock)), store_(std::move(store)) {}

  absl::StatusOr<std::shared_ptr<const View>> Latest() override { return store_->Latest(); }
  absl::Status MultiGet(const View& view, std::span<const KeyRef> keys,
                        std::vector<std::optional<std::string>>* out) override {
    return store_->MultiGet(view, keys, out);
  }
  absl::Status MultiScan(const View& view, std::span<const ScanRange> ranges,
                         std::vector<ScanPage>* out) override {
    return store_->MultiScan(view, ranges, out);
  }
  absl::StatusOr<Version> Commit(const WriteBatch& batch, Durability durability) override {
    return store_->Commit(batch, durability);
  }
  absl::StatusOr<Version> Ingest(std::span<SortedRun> runs) override {
    return store_->Ingest(runs);
  }
  absl::Status Verify() override { return store_->Verify(); }
  absl::Status Compact() override { return store_->Compact(); }
  absl::StatusOr<StoreStats> Stats() override { return store_->Stats(); }

  absl::Status Checkpoint(const std::string& dir) override {
    std::error_code error;
    if (!fs::create_directory(dir, error)) {
      return AlreadyExists("checkpoint ", dir, ": ",
                           error ? error.message() : std::string("exists already"));
    }
    SKEIN_RETURN_IF_ERROR(store_->Checkpoint(dir + "/db"));
    SKEIN_ASSIGN_OR_RETURN(const std::string text, ReadFile(dir_ + "/SKEIN"));
    SKEIN_ASSIGN_OR_RETURN(Mark mark, ParseMark(dir_ + "/SKEIN", text));
    mark.log = false;  // the copy holds everything in its database; opening it makes its log
    return WriteFileDurably(dir, "SKEIN", mark.Text());  // last: without it this is no store
  }

 private:
  std::string dir_;
  Fd lock_;  // before store_, so that it is released after it
  std::unique_ptr<Store> store_;
};

// Space kept back for the few small files that opening writes, so that a store on a full disk can
// be opened and read.
constexpr uint64_t kBallastBytes = uint64_t{16} << 20;

void KeepBallast(const std::string& dir, const RocksStoreOptions& options) {
  if (options.free_bytes_min == 0) return;
  const auto space = options.disk_space(dir);
  if (!space.ok() || space->free_bytes < options.free_bytes_min + kBallastBytes) return;
  const Fd file(::open((dir + "/BALLAST").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
  if (file.get() < 0) return;  // it is a precaution: without it the store works as well
  struct stat info = {};
  if (::fstat(file.get(), &info) == 0 && info.st_size >= static_cast<off_t>(kBallastBytes)) return;
  if (::fallocate(file.get(), 0, 0, kBallastBytes) != 0) return;
}

absl::StatusOr<std::unique_ptr<Store>> OpenDatabase(const std::string& dir, bool has_log,
                                                    const RocksStoreOptions& options,
                                                    std::vector<std::string>* notes) {
  const std::string log_dir = dir + "/log";
  const std::shared_ptr<log::LogDisk> disk =
      options.log_disk != nullptr ? options.log_disk : log::LogDisk::Real();
  SKEIN_ASSIGN_OR_RETURN(const bool exists, log::Log::Exists(log_dir, *disk));
  if (has_log && !exists) {
    return DataLoss(log_dir, ": the store's log is missing, and commits may be in it only");
  }
  if (!has_log && exists) {  // made by an opening that was cut short; nobody has written since
    std::error_code error;
    fs::remove_all(log_dir, error);
    if (error) return Unavailable(log_dir, ": cannot remove: ", error.message());
  }
  absl::StatusOr<std::unique_ptr<Store>> store =
      OpenRocksStore(dir + "/db", log_dir, options, notes);
  std::error_code error;
  if (absl::IsResourceExhausted(store.status()) && fs::remove(dir + "/BALLAST", error)) {
    return OpenRocksStore(dir + "/db", log_dir, options, notes);
  }
  return store;
}

}  // namespace

absl::StatusOr<OpenedStore> OpenStore(const std::string& dir, const OpenStoreOptions& options) {
  const std::string path = dir + "/SKEIN";
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (!options.create) return NotFound("no store in ", dir);
    if (fs::exists(dir, error) && !fs::is_directory(dir, error)) {
      return FailedPrecondition(dir, " is not a directory");
    }
    fs::create_directories(dir, error);
    if (error) return Unavailable(dir, ": cannot create: ", error.message());
    for (const auto& entry : fs::directory_iterator(dir, error)) {
      const std::string name = entry.path().filename().string();
      if (name != "LOCK" && name != "SKEIN.new" && name != "db") {
        return FailedPrecondition(dir, " holds '", name, "' and is not a skein store");
      }
    }
  }
  SKEIN_ASSIGN_OR_RETURN(Fd lock, TakeLock(dir));
  if (!fs::exists(path, error)) {
    Mark fresh;
    fresh.profile.sandbox = options.sandbox;
    SKEIN_RETURN_IF_ERROR(WriteFileDurably(dir, "SKEIN", fresh.Text()));
  }
  SKEIN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  SKEIN_ASSIGN_OR_RETURN(Mark mark, ParseMark(path, text));
  OpenedStore opened;
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                         OpenDatabase(dir, mark.log, options.rocks, &opened.notes));
  if (!mark.log) {
    mark.log = true;
    SKEIN_RETURN_IF_ERROR(WriteFileDurably(dir, "SKEIN", mark.Text()));
  }
  KeepBallast(dir, options.rocks);
  opened.store = std::make_unique<LockedStore>(dir, std::move(lock), std::move(store));
  opened.profile = mark.profile;
  return opened;
}

}  // namespace skein
