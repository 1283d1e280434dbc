// JSON Lines as records: one object a line.
//
// Shape     Columns are the keys the request names (a name that begins with `/` is a JSON pointer),
//           in its order, and, when it asks for all, further keys in order of first appearance.
//           Strings arrive unescaped; numbers as they are spelt, so that no digit is lost.
// Damage    Not JSON, not an object, invalid UTF-8, lone surrogates, an integer beyond 64 bits, a
//           key twice, nesting over the limit, a line over the limit: one BadRecord for the line.
//           Invalid UTF-8 and broken JSON count as damage of the file; the others do not.
// Errors    INVALID_ARGUMENT at opening: UTF-16 or UTF-32 (named).
// Threads   one thread.
// Cost      two passes of simdjson over a line (one checks all of it, one keeps numbers as spelt).
// Source    https://jsonlines.org; RFC 8259; RFC 6901
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "importers/core/record.h"

namespace skein {

absl::StatusOr<std::unique_ptr<RecordReader>> OpenJsonl(std::unique_ptr<ByteSource> source,
                                                        const ReaderRequest& request);

}  // namespace skein
