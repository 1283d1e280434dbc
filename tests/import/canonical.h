// A graph as text that two graphs share exactly when they are equal up to ids and provenance:
// labels, properties with their kinds, valid times, policies, links with their multiplicities.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "storage/graph/graph.h"

namespace skein {

absl::StatusOr<std::string> Canonical(Graph& graph);

}  // namespace skein
