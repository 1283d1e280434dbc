// Rows of a cursor as Bolt RECORD messages.
//
// Nodes, links and paths of all rows of a call are looked up in one batch, never one by one.
// Errors    what Cursor::Describe returns; INTERNAL a path whose links do not join its nodes.
// Source    https://neo4j.com/docs/bolt/current/bolt/structure-semantics/
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "query/engine/engine.h"

namespace skein::bolt {

struct RecordFormat {
  bool utc = true;          // Bolt 5 date-times
  bool element_ids = true;  // Bolt 5: string ids beside the integers
};

// Appends one chunked RECORD for each row.
absl::Status AppendRecords(Cursor& cursor, std::span<const std::vector<Value>> rows,
                           const RecordFormat& format, std::string* out);

}  // namespace skein::bolt
