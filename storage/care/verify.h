// Verify: reads a whole store and holds everything in it against everything else.
//
// Checks    every checksum; every record (it decodes, its numbers are in the catalogue, its id is
//           below its mark); links against their ends; adjacency against links, both directions,
//           with types, valid times and policies; labels, range and unique indexes and text against
//           nodes, both ways; counters against a recount; identities of imports; assertions of
//           fusion, both rows of each; what is remembered of past versions, chained by their
//           stamps; promises of time keys; chains of logs.
// Version   One View of the store: writers may go on meanwhile, but make no indexes.
// Bounds    `memory_bytes`, and what one page (or list of postings) takes. Nodes are taken in
//           windows of ids that fit; each window reads the store once.
// Cost      Two sequential reads of the store, and a third of what differs.
// Errors    What is damaged is a finding. An error is what kept the check from its end: CANCELLED,
//           UNAVAILABLE.
// Repair    Rebuilds what is derived, from the records, and touches no record. Where records are
//           damaged it changes nothing and says `refused`. The caller holds the store alone.
// Source    docs/formats/*.md; docs/guides/care.md
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "storage/care/findings.h"

namespace skein {

// The first stage of each check.
inline constexpr std::string_view kVerifyBegins = "checksums";

struct VerifyOptions {
  uint64_t lines_max = 100;                     // findings that `show` gets
  std::function<void(const Finding&)> show;     // may be empty
  std::function<void(std::string_view)> stage;  // what is checked now; may be empty
  std::function<bool()> cancelled;              // may be empty
  size_t memory_bytes = size_t{256} << 20;
};

// What was looked at.
struct VerifyCounts {
  uint64_t nodes = 0, links = 0, sightings = 0;
  uint64_t link_pages = 0, adjacency_pages = 0, adjacency_entries = 0;
  uint64_t labels = 0, index_entries = 0, postings = 0;
  uint64_t past_versions = 0;
  uint64_t counters = 0, identities = 0, assertions = 0, log_entries = 0;
};

struct VerifyReport {
  VerifyCounts checked;
  Findings found{0, nullptr};
  bool complete = true;  // false: unreadable bytes ended the check

  bool clean() const { return found.damage() == 0; }
};

struct RepairReport {
  VerifyReport before;
  bool refused = false;   // records are damaged: nothing was changed
  uint64_t pages = 0;     // of adjacency, rebuilt
  uint64_t rows = 0;      // of labels, indexes and text, written or deleted
  uint64_t counters = 0;  // set anew, marks included
  VerifyReport after;     // of a store that needed no repair: as `before`
};

absl::StatusOr<VerifyReport> VerifyStore(Store& store, const VerifyOptions& options);
absl::StatusOr<RepairReport> RepairStore(Store& store, const VerifyOptions& options);

}  // namespace skein
