// SpaceUse: where a store's bytes are, by kind of record.
//
// Units     Bytes on the disk, buffers included, as the store estimates them by table. Links and
//           sightings share their tables: what a sample of pages says of both is applied to the
//           whole; so is the share of the two indexes by kind.
// Cost      One scan of counters, and at most `sample_pages` reads of each kind of page.
// Errors    As Store::MultiScan; DATA_LOSS where the catalogue does not decode.
// Threads   Safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "storage/keys/layout.h"
#include "storage/kv/store.h"

namespace skein {

struct KindUse {
  std::string kind;      // nodes, labels, links, sightings, indexes, text, identities, …
  uint64_t records = 0;  // exact where a counter knows, else the store's estimate of rows
  uint64_t bytes = 0;
  double each() const {
    return records == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(records);
  }
};

struct SpaceUse {
  std::vector<KindUse> kinds;
  uint64_t bytes = 0;
  // Of both graphs.
  uint64_t nodes = 0, links = 0, sightings = 0;
  // Rows of pages, which is pages where each is one chunk, as after a compaction.
  uint64_t link_chunks = 0, adjacency_chunks = 0;
  Version version{};
};

absl::StatusOr<SpaceUse> MeasureSpace(Store& store, size_t sample_pages = 512);

}  // namespace skein
