// The law of every record reader, whatever the format: how bytes arrive changes nothing.
//
// Law       Reading byte by byte gives the same records, places and reasons as reading at once;
// numbers count from 1
//           without gaps over records and damaged places alike, so that read = accepted + rejected.
// Cost      Reads the input twice; inputs are at most kInputBytesMax.
// Source    importers/core/record.h
#pragma once

#include <string>
#include <string_view>

#include "importers/core/record.h"
#include "tests/fuzz/fuzz.h"

namespace skein::fuzz {

// Everything a reader says about a file, as text.
inline std::string Describe(ReaderFactory open, std::string_view bytes, size_t step) {
  ReaderRequest request;
  request.name = "fuzz";
  request.columns = {"id", "name"};
  request.all_columns = true;
  request.limits.record_bytes_max = 4096;
  request.limits.field_bytes_max = 512;
  request.limits.columns_max = 64;
  auto reader = open(MemorySource(std::string(bytes), step), request);
  if (!reader.ok()) return reader.status().ToString();
  std::string said;
  for (uint64_t number = 1;; ++number) {
    Record record;
    BadRecord bad;
    const auto what = (*reader)->Next(&record, &bad);
    if (!what.ok()) return said + what.status().ToString();
    if (*what == RecordReader::What::kEnd) return said;
    // A file of n bytes has no more than n + 1 records: anything else does not end.
    Require(number <= bytes.size() + 1, "reading ends");
    const bool good = *what == RecordReader::What::kRecord;
    Require((good ? record.number : bad.number) == number, "numbers count from 1 without gaps");
    said += std::to_string(good ? record.line : bad.line);
    if (good) {
      for (const RawField& field : record.fields) (said += '|').append(field.text);
    } else {
      ((said += '!') += bad.column + "!" + bad.value + "!") += bad.reason;
    }
    said += '\n';
  }
}

inline void CheckReader(ReaderFactory open, std::string_view bytes) {
  Require(Describe(open, bytes, 1) == Describe(open, bytes, size_t{1} << 16),
          "byte by byte reads the same as at once");
}

}  // namespace skein::fuzz
