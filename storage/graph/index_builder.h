// Building, checking and dropping property indexes while readers and writers go on.
// Internal to storage/graph.
//
// Order     1. declare: from then on every commit maintains the index (GraphCore::index_mu makes
//           "then" exact); 2. add the entries of all nodes of the label, page by page, each page's
//           batch checking that its nodes are unchanged, so that no stale entry is left; 3. with
//           commits held, look for violations, and put it online.
// Crash     An index left offline is finished when the graph opens next.
#pragma once

#include <memory>

#include "storage/graph/core.h"

namespace skein {

absl::StatusOr<uint32_t> CreateIndexOnline(const std::shared_ptr<GraphCore>& core,
                                           const IndexInfo& wanted);
// Steps 2 and 3 for a declared index; drops it when existing data violates it.
absl::Status FinishIndex(const std::shared_ptr<GraphCore>& core, const IndexInfo& index);
absl::Status DropIndexEntries(GraphCore& core, uint32_t index);

}  // namespace skein
