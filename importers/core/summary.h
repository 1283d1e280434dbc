// What an import says at its end, as one JSON object; and the JSON of the quarantine file.
//
// Rule      read = accepted + rejected, for every file and in total.
// Source    docs/reference/mapping.md, "What it prints, what it leaves"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

struct ImportCounts {
  uint64_t read = 0, accepted = 0, rejected = 0;  // records
  uint64_t damaged = 0;                           // of the rejected: the file's form is broken
  uint64_t nulled = 0;                            // values that `on_error: null` dropped
  uint64_t implied = 0;    // entities that only links name: created with their key alone
  uint64_t created = 0;    // entities
  uint64_t updated = 0;    // entities that were there and got something new
  uint64_t unchanged = 0;  // definitions that changed nothing
  uint64_t kept = 0;       // values not taken because a better source, or a person, gave another
  uint64_t links = 0, links_updated = 0, links_unchanged = 0;
  uint64_t sightings = 0, sightings_unchanged = 0;
  // Of the whole run: pairs of entities that keys say are the same, values too common to be keys.
  uint64_t same = 0, same_unchanged = 0, same_too_common = 0;

  void Add(const ImportCounts& other);
};

struct FileSummary {
  std::string file, mapping;
  ImportCounts counts;
  double seconds = 0;
};

struct ImportSummary {
  bool finished = false;
  bool dry_run = false;
  std::vector<FileSummary> files;
  ImportCounts total;
  std::string quarantine;  // path; empty: nothing was rejected
  double seconds = 0;
};

// One line, totals at the top level, files in the order they were loaded.
std::string SummaryJson(const ImportSummary& summary);

// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonString(std::string_view text);

}  // namespace skein
