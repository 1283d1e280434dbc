// LogDisk: what the log asks of a file system, so that tests can put a failing one in its place.
//
// Shape     Files that are written in place, at offsets; a directory of them.
// Errors    RESOURCE_EXHAUSTED  no space left
//           NOT_FOUND           no such file
//           UNAVAILABLE         anything else, with the system's word for it
// Threads   A LogFile: reads from any thread, the rest from one at a time. A LogDisk: any.
// Source    fdatasync(2): the data, and of the metadata what is needed to read it back
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace skein::log {

class LogFile {
 public:
  virtual ~LogFile() = default;
  // Up to n bytes from offset; fewer only at the end of the file.
  virtual absl::StatusOr<std::string> Read(uint64_t offset, size_t n) const = 0;
  // The parts one after another, from offset on. On an error any of it may be written.
  virtual absl::Status Write(uint64_t offset, std::span<const std::string_view> parts) = 0;
  // A hint: the disk may begin with what was written, while the caller does something else.
  virtual void Start() {}
  // What was written is on the disk. After an error nothing is known of it; never to be retried.
  virtual absl::Status Sync() = 0;
  virtual absl::StatusOr<uint64_t> Size() const = 0;
  // Grows the file to `size`. The new bytes are zeros, have their space, and can be overwritten
  // without a change of metadata, which is what makes a later Sync cheap (84 against 118 µs,
  // performance.md 2.1).
  virtual absl::Status Allocate(uint64_t size) = 0;
};

class LogDisk {
 public:
  virtual ~LogDisk() = default;
  static std::shared_ptr<LogDisk> Real();

  virtual absl::StatusOr<std::unique_ptr<LogFile>> Open(const std::string& path, bool create) = 0;
  // The names in a directory, in no order; none when it does not exist.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& dir) = 0;
  virtual absl::Status MakeDirectory(const std::string& dir) = 0;  // fine if it exists
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  // Creations, renames and removals in `dir` are on the disk.
  virtual absl::Status SyncDirectory(const std::string& dir) = 0;
};

}  // namespace skein::log
