// Recovery: what Log::Open does. Reads every file, follows the chain of records, decides between
// repair, refusal and a torn end. Internal to storage/log.
//
// Errors    DATA_LOSS names file and offset of what was durable and is damaged in both copies
// Cost      reads each file once, as a whole (64 MiB); ~50 ms a file that is not cached
// Source    docs/formats/log.md, "Opening"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "storage/log/log.h"

namespace skein::log {

// The file that is written next, kept from a released one or left from a rotation cut short.
inline constexpr std::string_view kSpareName = "spare";
std::string NameOfFile(uint64_t number);
std::optional<uint64_t> NumberOfFile(std::string_view name);

class Recovery {
 public:
  explicit Recovery(Log& log) : log_(log) {}
  absl::Status Run();

 private:
  struct Found {
    RecordHeader header;
    uint64_t at = 0;  // where these bytes lie, in the same file
  };
  using File = Log::OpenFile;

  absl::Status OpenFiles();
  absl::Status ReadHeader(File* file, bool* whole);
  absl::Status WalkFile(size_t index);
  absl::Status Accept(size_t index, const Found& found, uint64_t at);
  std::optional<Found> RecordAt(uint64_t at) const;
  bool Follows(const RecordHeader& header) const;
  std::optional<Found> OtherCopy(uint64_t at) const;
  bool ProvenDurable(uint64_t sequence, uint64_t from) const;
  absl::Status Repair(File& file, uint64_t to, const Found& from);
  void ScanRing();

  Log& log_;
  // Of the file that is walked:
  std::string bytes_;
  uint64_t salt_ = 0, ring_end_ = 0;
  std::map<uint64_t, Found> ring_;  // by sequence
  bool repaired_ = false;
};

}  // namespace skein::log
