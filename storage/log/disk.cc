#include "storage/log/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "storage/base/status.h"

namespace skein::log {
namespace {

namespace fs = std::filesystem;

absl::Status SystemError(const std::string& path, std::string_view what) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT) {
    return ResourceExhausted(path, ": ", what, ": no space left on the disk");
  }
  const std::string text = std::generic_category().message(error);
  if (error == ENOENT) return NotFound(path, ": ", what, ": ", text);
  return Unavailable(path, ": ", what, ": ", text);
}

class RealFile final : public LogFile {
 public:
  RealFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~RealFile() override { ::close(fd_); }

  absl::StatusOr<std::string> Read(uint64_t offset, size_t n) const override {
    std::string out(n, '\0');
    size_t done = 0;
    while (done < n) {
      const ssize_t got = ::pread(fd_, out.data() + done, n - done, At(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return SystemError(path_, "cannot read");
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    out.resize(done);
    return out;
  }

  absl::Status Write(uint64_t offset, std::span<const std::string_view> parts) override {
    for (size_t begin = 0; begin < parts.size();) {
      iovec vector[16];
      int count = 0;
      size_t bytes = 0;
      for (; begin < parts.size() && count < 16; ++begin) {
        if (parts[begin].empty()) continue;
        vector[count++] = {const_cast<char*>(parts[begin].data()), parts[begin].size()};
        bytes += parts[begin].size();
      }
      SKEIN_RETURN_IF_ERROR(WriteAll(offset, vector, count, bytes));
      offset += bytes;
    }
    return absl::OkStatus();
  }

  void Start() override {
    // Whatever comes of it: Sync says what counts.
    (void)::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  }

  absl::Status Sync() override {
    return ::fdatasync(fd_) == 0 ? absl::OkStatus() : SystemError(path_, "cannot sync");
  }

  absl::StatusOr<uint64_t> Size() const override {
    struct stat info = {};
    if (::fstat(fd_, &info) != 0) return SystemError(path_, "cannot stat");
    return static_cast<uint64_t>(info.st_size);
  }

  absl::Status Allocate(uint64_t size) override {
    SKEIN_ASSIGN_OR_RETURN(uint64_t offset, Size());
    if (offset >= size) return absl::OkStatus();
    // The blocks first, so that a full disk is told before anything depends on them; then zeros,
    // so that no later write has to turn "allocated, not written" into "written".
    if (::fallocate(fd_, 0, At(offset), At(size - offset)) != 0 && errno != EOPNOTSUPP) {
      const absl::Status refused = SystemError(path_, "cannot allocate");
      if (::ftruncate(fd_, At(offset)) != 0) return refused;
      return refused;
    }
    static const std::string zeros(size_t{1} << 20, '\0');
    while (offset < size) {
      const std::string_view part = std::string_view(zeros).substr(0, size - offset);
      SKEIN_RETURN_IF_ERROR(Write(offset, {&part, 1}));
      offset += part.size();
    }
    return absl::OkStatus();
  }

 private:
  static off_t At(uint64_t offset) { return static_cast<off_t>(offset); }

  absl::Status WriteAll(uint64_t offset, iovec* vector, int count, size_t bytes) {
    while (bytes > 0) {
      const ssize_t wrote = ::pwritev(fd_, vector, count, At(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return SystemError(path_, "cannot write");
      auto left = static_cast<size_t>(wrote);
      bytes -= left;
      offset += left;
      while (count > 0 && left >= vector->iov_len) {
        left -= vector->iov_len;
        ++vector;
        --count;
      }
      if (count > 0) {
        vector->iov_base = static_cast<char*>(vector->iov_base) + left;
        vector->iov_len -= left;
      }
    }
    return absl::OkStatus();
  }

  std::string path_;
  int fd_;
};

class RealDisk final : public LogDisk {
 public:
  absl::StatusOr<std::unique_ptr<LogFile>> Open(const std::string& path, bool create) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0640);
    if (fd < 0) return SystemError(path, "cannot open");
    return std::unique_ptr<LogFile>(std::make_unique<RealFile>(path, fd));
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& dir) override {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory) {
      return Unavailable(dir, ": cannot list: ", error.message());
    }
    return names;
  }
  absl::Status MakeDirectory(const std::string& dir) override {
    if (::mkdir(dir.c_str(), 0750) == 0 || errno == EEXIST) return absl::OkStatus();
    return SystemError(dir, "cannot create");
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
    return SystemError(from, "cannot rename");
  }
  absl::Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return absl::OkStatus();
    return SystemError(path, "cannot remove");
  }
  absl::Status SyncDirectory(const std::string& dir) override {
    const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return SystemError(dir, "cannot open");
    const bool synced = ::fsync(fd) == 0;
    const absl::Status status = synced ? absl::OkStatus() : SystemError(dir, "cannot sync");
    ::close(fd);
    return status;
  }
};

}  // namespace

std::shared_ptr<LogDisk> LogDisk::Real() {
  static const std::shared_ptr<LogDisk> disk = std::make_shared<RealDisk>();
  return disk;
}

}  // namespace skein::log
