#include "importers/core/quarantine.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "importers/core/summary.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kPendingMax = 64 << 10;

constexpr std::string_view kStart = "{\"mapping\": ";

// A mistyped --quarantine must not cost anybody a file: only what a former run wrote is removed.
bool IsOurs(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  char start[kStart.size()];
  const ssize_t n = read(fd, start, sizeof start);
  close(fd);
  return n == static_cast<ssize_t>(sizeof start) && std::string_view(start, sizeof start) == kStart;
}

absl::Status WriteError(const std::string& path, int error) {
  if (error == ENOSPC || error == EDQUOT) {
    return ResourceExhausted("no space for the quarantine file ", path);
  }
  return PermissionDenied("cannot write the quarantine file ", path, ": ", std::strerror(error));
}

}  // namespace

Quarantine::~Quarantine() {
  if (fd_ >= 0) {
    SKEIN_IGNORE_ERROR(Flush(), "an error on the way out of another error");
    close(fd_);
  }
}

absl::Status Quarantine::Add(const QuarantineEntry& entry) {
  if (fd_ < 0) {
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) return WriteError(path_, errno);
  }
  ++entries_;
  pending_ +=
      std::string(kStart) + JsonString(entry.mapping) + ", \"file\": " + JsonString(entry.file) +
      ", \"line\": " + std::to_string(entry.line) + ", \"row\": " + std::to_string(entry.row) +
      ", \"column\": " + (entry.column.empty() ? "null" : JsonString(entry.column)) +
      ", \"value\": " + JsonString(entry.value) + ", \"reason\": " + JsonString(entry.reason) +
      "}\n";
  return pending_.size() > kPendingMax ? Flush() : absl::OkStatus();
}

absl::Status Quarantine::Flush() {
  size_t written = 0;
  while (written < pending_.size()) {
    const ssize_t n = write(fd_, pending_.data() + written, pending_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return WriteError(path_, errno);
    written += static_cast<size_t>(n);
  }
  pending_.clear();
  return absl::OkStatus();
}

absl::Status Quarantine::Close() {
  if (fd_ < 0) {
    if (IsOurs(path_) && unlink(path_.c_str()) != 0) return WriteError(path_, errno);
    return absl::OkStatus();
  }
  SKEIN_RETURN_IF_ERROR(Flush());
  const int synced = fsync(fd_);
  const int error = errno;
  close(fd_);
  fd_ = -1;
  return synced == 0 ? absl::OkStatus() : WriteError(path_, error);
}

}  // namespace skein
