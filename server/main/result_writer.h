// ResultWriter: the rows of a cursor as text on stdout.
//
// table  aligned columns with literals of the language, for people
// csv    RFC 4180 with a header row and its CRLF line ends: null is an empty field,
//        integers exact, booleans true/false, times ISO 8601, composites as JSON
// json   one array of objects, a row a line; integers are JSON numbers with all their digits
// jsonl  one object a line
//
// In JSON (and composites in CSV) times are ISO 8601 strings, NaN and infinities strings, bytes
// base64; a node is {"id", "labels", "properties"}, a link {"id", "type", "start", "end",
// "properties"}, a path {"nodes", "links"}. Columns of equal names keep the last value in JSON.
//
// Cost   csv, json and jsonl stream; table holds the rows until the end (it must know the widths)
//        and writes what it has every 1,000 rows.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"

namespace skein {

class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual absl::Status Begin(const std::vector<std::string>& columns) = 0;
  // `cursor` describes the elements in `rows`.
  virtual absl::Status Rows(Cursor& cursor, const std::vector<std::vector<Value>>& rows) = 0;
  virtual absl::Status End() = 0;

  // INVALID_ARGUMENT names the formats. Borrows `out`; a failed write is UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<ResultWriter>> Make(std::string_view format,
                                                            std::FILE* out);
};

// Writes all that `cursor` has.
absl::Status WriteAll(Cursor& cursor, ResultWriter& writer);

}  // namespace skein
