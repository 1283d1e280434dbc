// CSV and its kin as records: RFC 4180 with any delimiter, quoted or not.
//
// Grammar   Fields are separated by the delimiter, records by LF or CRLF (mixed is fine); a lone CR
//           is data. A field that begins with the quote ends at the next single quote; two quotes
//           are one, delimiters and line ends inside are data. A quote inside an unquoted field is
//           data. The last record may lack its line end. Blank lines are skipped.
// Damage    An unclosed quote, text after a closing quote, a NUL byte, invalid UTF-8, a record over
//           the limits: each is one BadRecord that says where. The reader goes on at the line after
//           the one where the broken record began, so that one stray quote costs one line.
// Errors    INVALID_ARGUMENT at opening: UTF-16 or UTF-32 (named), no header, a header with a name
//           twice, too many columns.
// Threads   one thread.
// Cost      one pass; memory ≤ two records of the greatest size; fields borrow from the buffer.
// Source    RFC 4180; docs/reference/mapping.md
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "importers/core/record.h"

namespace skein {

absl::StatusOr<std::unique_ptr<RecordReader>> OpenCsv(std::unique_ptr<ByteSource> source,
                                                      const ReaderRequest& request);

}  // namespace skein
