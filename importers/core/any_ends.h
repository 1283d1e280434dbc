// Any ends: which of several labels the end of a link means (`any: [..]` of a mapping).
//
// Rule      The first label under which the key's node is there: defined by the same rows, known
//           from an import, or found by key. Where none is, the first of the list, which the link
//           then implies.
// Errors    those of the store. Threads: none. Lifetime: borrows for the call.
// Cost      two batched look-ups for all rows, and a seek per key that no import knows where the
//           label has nodes of other origin.
// Source    docs/reference/mapping.md
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "importers/core/known_nodes.h"
#include "importers/core/row_maker.h"
#include "storage/graph/graph.h"

namespace skein {

// Replaces the ends of all links of `rows` that leave a choice. `seek`: label name → the unique
// index of its key, for labels some of whose nodes no import has made.
absl::Status ResolveAnyEnds(Graph& graph, KnownNodes& known,
                            const absl::flat_hash_map<uint32_t, std::optional<uint32_t>>& seek,
                            std::vector<Row>* rows);

}  // namespace skein
