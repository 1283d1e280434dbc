// Quarantine: rejected records, one JSON object a line: {mapping, file, line, row, column, value,
// reason}.
//
// Order     of the files. The file is made at the first rejection, readable by its owner only
//           (it holds case data), in place of one that a former run left under the same name.
// Errors    RESOURCE_EXHAUSTED, PERMISSION_DENIED: it cannot be written; the import must stop,
//           because a rejected record that nobody can find again would be lost.
// Threads   one thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace skein {

struct QuarantineEntry {
  std::string mapping, file;
  uint64_t line = 0, row = 0;
  std::string column, value, reason;
};

class Quarantine {
 public:
  explicit Quarantine(std::string path) : path_(std::move(path)) {}
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;
  ~Quarantine();

  absl::Status Add(const QuarantineEntry& entry);
  // Writes and fsyncs what is pending; without a rejection removes what a former run left (only if
  // the file begins as ours do).
  absl::Status Close();

  bool empty() const { return entries_ == 0; }
  const std::string& path() const { return path_; }

 private:
  absl::Status Flush();

  std::string path_;
  int fd_ = -1;
  uint64_t entries_ = 0;
  std::string pending_;
};

}  // namespace skein
