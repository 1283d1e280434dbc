// RecordReader: the records of one file, whatever its format; what importers/csv, jsonl, …
// implement.
//
// Shape     Next gives one record, or one damaged place, or the end. `fields` is parallel to
//           columns(); it borrows from the reader until the next call.
// Order     of the file. Record numbers count from 1 over records and damaged places alike, so
//           that read = accepted + rejected; headers and blank lines do not count.
// Errors    Next fails only when reading cannot go on (an I/O error). What is wrong with one record
//           is a BadRecord, after which the reader goes on behind it.
// Threads   one thread.
// Cost      memory is bounded by Limits, whatever the file holds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "importers/core/byte_source.h"
#include "importers/core/field.h"
#include "importers/core/mapping.h"

namespace skein {

struct ReaderLimits {
  size_t record_bytes_max = size_t{8} << 20;
  size_t field_bytes_max = size_t{1} << 20;
  size_t columns_max = 10'000;
  int json_depth_max = 64;
};

struct Record {
  uint64_t line = 0;    // where it begins, 1-based
  uint64_t number = 0;  // 1-based
  std::vector<RawField> fields;
  // The bytes that are the record's content where they are not simply the fields (JSONL); empty
  // otherwise.
  std::string_view content;
};

struct BadRecord {
  uint64_t line = 0;
  uint64_t number = 0;
  std::string column;    // empty: the record as a whole
  std::string value;     // the start of what stands there
  std::string reason;    // "unclosed quote, opened at line 12 column 4"
  bool damaged = false;  // the file's form is broken, not just a value
};

enum class RecordKind : uint8_t { kRecord, kBad, kEnd };

// Some whole records in a row, with as many of the file before it.
struct RecordPiece {
  std::string text;
  uint64_t lines_before = 0, records_before = 0;
};

// Reads pieces that a RecordReader of the same file has cut; several may work side by side.
class PieceReader {
 public:
  virtual ~PieceReader() = default;
  virtual void Begin(RecordPiece* piece) = 0;  // takes its text
  virtual absl::StatusOr<RecordKind> Next(Record* record, BadRecord* bad) = 0;
};

class RecordReader {
 public:
  using What = RecordKind;

  virtual ~RecordReader() = default;
  // Known so far; may grow with Next for formats whose records name their columns.
  virtual const std::vector<std::string>& columns() const = 0;
  virtual absl::StatusOr<What> Next(Record* record, BadRecord* bad) = 0;
  // Bytes of the file read so far, for progress.
  virtual uint64_t position() const = 0;

  // Cuts off some hundred records for a PieceReader. False: that is not possible here, and Next
  // reads on behind the last piece.
  virtual absl::StatusOr<bool> NextPiece(RecordPiece* piece) {
    static_cast<void>(piece);
    return false;
  }
  // nullptr: the format knows no pieces. Lives no longer than the reader.
  virtual std::unique_ptr<PieceReader> NewPieceReader() const { return nullptr; }
};

// How to read a file: options of its rule, and the columns its rules name. A format whose records
// name their columns gives those, in this order, and others only when `all_columns`.
struct ReaderRequest {
  std::string name;  // of the file, for messages
  FileOptions options;
  std::vector<std::string> columns;
  std::vector<std::string> list_columns;  // of those, declared as lists
  bool all_columns = false;
  ReaderLimits limits;
};

// Makes a reader; INVALID_ARGUMENT when the file as a whole cannot be read so (no header, UTF-16).
using ReaderFactory = absl::StatusOr<std::unique_ptr<RecordReader>> (*)(
    std::unique_ptr<ByteSource> source, const ReaderRequest& request);

// The first `most` bytes of text, cut at a character, for messages and the quarantine file.
std::string Excerpt(std::string_view text, size_t most = 200);

// Where UTF-8 breaks first, or npos.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace skein
