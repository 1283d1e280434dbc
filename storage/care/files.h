// Files of backups: durable copies with their hash. Internal to storage/care.
//
// Errors    RESOURCE_EXHAUSTED no space; NOT_FOUND; UNAVAILABLE everything else, with the path.
// Threads   Safe from any thread, on different files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace skein {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Update(std::string_view bytes);
  std::string Hex();  // once

 private:
  void* const context_;
};

struct HashedFile {
  std::string sha256;  // hex
  uint64_t bytes = 0;
};

// Reads it from the disk, as far as the kernel lets one say so.
absl::StatusOr<HashedFile> HashFile(const std::string& path);
// A new file at `to`, synced; its name is not yet.
absl::StatusOr<HashedFile> CopyFile(const std::string& from, const std::string& to);
absl::Status WriteDurably(const std::string& path, std::string_view bytes);  // name synced, too
absl::Status SyncFolder(const std::string& path);
absl::Status MakeFolder(const std::string& path);  // if it is not there; parents must be
absl::Status RenameDurably(const std::string& from, const std::string& to);
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t bytes_max);
// Changes whenever the file is replaced or written: inode and time of change, to the nanosecond.
absl::StatusOr<std::string> StampOf(const std::string& path);
absl::StatusOr<uint64_t> SizeOf(const std::string& path);
// Regular files below the folder, as paths relative to it, ascending.
absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& folder);

// Held while the object lives. UNAVAILABLE: somebody else holds it.
class FolderLock {
 public:
  static absl::StatusOr<FolderLock> Take(const std::string& path);
  FolderLock(FolderLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace skein
