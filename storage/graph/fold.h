// Folding: each list of chunks (a node's links, a page of links, a token's postings) into one.
// Internal to storage/graph.
//
// Safe beside readers and writers: only chunks of the folded view are replaced, by one that says
// the same, in the place of the newest of them; chunks committed meanwhile are newer still.
#pragma once

#include "storage/graph/core.h"

namespace skein {

absl::Status FoldChunks(GraphCore& core);

}  // namespace skein
