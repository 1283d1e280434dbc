// Sightings are a set: links of a sighting type with equal content are one. Nothing is stored for
// that: an equal one is found in its entity's list, at its moment. Internal to storage/graph.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/graph/source.h"

namespace skein {

// 16 bytes that name the content of a sighting: equal content is one sighting.
std::string SightingContent(const StoredLink& link);

struct SightingProbe {
  StoredLink link;              // the content that is looked for
  std::optional<LinkId> found;  // a committed link with that content
};

// One expansion for all of them, and one read of the few links that come into question.
absl::Status FindStoredSightings(const SnapshotSource& source, std::vector<SightingProbe>* probes);

}  // namespace skein
