// Folding: each list of chunks (a node's links, a page of links, a token's postings) into one.
// Internal to storage/graph.
//
// Safe beside readers and writers: only chunks of the folded view are replaced, by one that says
// the same, in the place of the newest of them; chunks committed meanwhile are newer still.
#pragma once

#include "storage/graph/core.h"

namespace skein {

// Everything.
absl::Status FoldChunks(GraphCore& core);
// The pages to which commits have added many chunks since.
absl::Status FoldDue(GraphCore& core);
// The same soon, on the graph's executor. Without one, and where writers outrun the folding, at
// once, if the caller is a writer.
void PostFolding(const std::shared_ptr<GraphCore>& core, bool writer);

// Graph::Forget.
absl::Status ForgetVersions(GraphCore& core, Version before);

}  // namespace skein
