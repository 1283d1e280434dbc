// The bytes of a log file: its header, and the header of each record.
//
// Shape     [header, 4 KiB][the same again][ring][log area]. A record is 64 bytes of header, the
//           payload, zeros up to a multiple of 64. Numbers are little endian.
// Checks    A record's header carries the checksum of its payload and of itself, both seeded with
//           the file's salt, so that what a recycled file held before is never taken for a record;
//           and the checksum of the record before it, so that records form a chain.
// Errors    Decoders return nullopt for whatever is not whole.
// Source    docs/formats/log.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::log {

inline constexpr uint32_t kLogFormat = 1;
inline constexpr uint64_t kBlockBytes = 4096;  // one header copy; ring slots begin at multiples
inline constexpr uint64_t kRingBegin = 2 * kBlockBytes;
inline constexpr uint64_t kHeaderBytes = 64;  // used bytes of either header
inline constexpr uint64_t kAlign = 64;        // records of the log area begin at multiples

struct FileHeader {
  uint32_t format = kLogFormat;
  uint32_t ring_bytes = 0;      // multiple of kBlockBytes
  uint64_t number = 0;          // of the file, ascending by one
  uint64_t salt = 0;            // random
  uint64_t first_sequence = 0;  // all records before it were on the disk when this was written
  uint64_t chain = 0;           // checksum of the record before
  uint64_t base_version = 0;    // version of the last group before
};

enum class RecordKind : uint8_t {
  kGroup = 1,  // a group of commits
  kState = 2,  // what the owner wants to find again: the newest counts
};

struct RecordHeader {
  RecordKind kind{};
  bool twin = false;  // the second copy follows the first in the log area; else it is in the ring
  uint64_t payload_bytes = 0;
  uint64_t sequence = 0;         // of all records of the log, ascending by one
  uint64_t durable_through = 0;  // sequence known to be on the disk when this was written
  uint64_t version = 0;          // of the last commit up to and with this record
  uint64_t chain = 0;            // `checksum` of the record before
  uint64_t payload_checksum = 0;
  uint64_t checksum = 0;  // of the header; set by the two below
};

inline uint64_t RecordBytes(uint64_t payload_bytes) {
  return (kHeaderBytes + payload_bytes + kAlign - 1) / kAlign * kAlign;
}
inline uint64_t LogBegin(uint32_t ring_bytes) { return kRingBegin + ring_bytes; }

std::string EncodeFileHeader(const FileHeader& header);  // kHeaderBytes
std::optional<FileHeader> DecodeFileHeader(std::string_view bytes);

// Sets the two checksums of `header` and returns its bytes.
std::string EncodeRecordHeader(RecordHeader* header, std::string_view payload, uint64_t salt);
std::optional<RecordHeader> DecodeRecordHeader(std::string_view bytes, uint64_t salt);
bool PayloadIsWhole(const RecordHeader& header, std::string_view payload, uint64_t salt);

}  // namespace skein::log
