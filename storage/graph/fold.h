// Folding: what commits said of links into pages, and each list of chunks (a page of adjacency, of
// links, a token's postings) into one. Internal to storage/graph.
//
// Safe beside readers and writers: only chunks of the folded view are replaced, by one that says
// the same, in the place of the newest of them; chunks committed meanwhile are newer still.
#pragma once

#include "storage/graph/core.h"

namespace skein {

// Everything.
absl::Status FoldChunks(GraphCore& core);
// Recent links, if there are many, and the pages to which many chunks were added since.
absl::Status FoldDue(GraphCore& core);
// On opening: what an earlier one left in runs.
absl::Status RestoreRecent(GraphCore& core);
// The same soon, on the graph's executor. Without one, and where writers outrun the folding, at
// once, if the caller is a writer.
void PostFolding(const std::shared_ptr<GraphCore>& core, bool writer);

// Graph::Forget.
absl::Status ForgetVersions(GraphCore& core, Version before);

}  // namespace skein
