// Time keys of mappings: which property of a link type spells the moment that it is valid from.
//
// Shape     A type has one where all its rules of all mappings of a run read valid-from (a
//           sighting: its time) and one property from the same column, in types that fit.
// Right     That is a hope, not a proof (zones, nulls, scales): the graph takes it up only for a
//           type without links and holds every link written against it (storage/graph/time_key.h).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "importers/core/mapping.h"
#include "storage/graph/graph.h"

namespace skein {

// Names of types and properties are interned. Errors: those of the catalogue.
absl::Status DeclareTimeKeys(Graph& graph, const std::vector<Mapping>& mappings);

}  // namespace skein
