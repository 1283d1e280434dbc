// RunImport: files, through mappings, into a graph; the whole of `skein import` but its flags.
//
// Order     What can be wrong as a whole (mappings, missing files, columns, encodings) is found
//           before the first write. Then file by file, chunks of ~10,000 rows, each one durable
//           commit; at the end indexes and compaction.
// Errors    one clear line; what was committed stays, and a repeat goes on from there.
// Threads   the calling thread; the graph may be used by others meanwhile.
// Cost      memory is bounded: one chunk, 64 MiB of hashes, the readers' limits, what is gathered
// for
//           bulk loads (BulkLimits).
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "importers/core/loader.h"
#include "importers/core/mapping.h"
#include "importers/core/record.h"
#include "importers/core/summary.h"
#include "storage/base/clock.h"

namespace skein {

class Graph;

// How far an import is.
struct ImportProgress {
  std::string file;
  uint64_t rows = 0, bytes_done = 0, bytes_total = 0;
};

struct ImportOptions {
  // The folder that the mappings' file names are relative to.
  std::string data_dir;
  // Path of the file for rejected records: one JSON object a line, made when the first is rejected.
  std::string quarantine;
  // Kept with every batch: who loaded it, for which case.
  ImportPurpose purpose;
  Clock* clock = &Clock::Real();
  std::FILE* progress = nullptr;  // nullptr: silent
  bool terminal = false;          // progress is a terminal
  size_t chunk_rows = 10'000;
  size_t chunk_bytes = size_t{16} << 20;
  ReaderLimits limits;
  BulkLimits bulk;
  std::function<void()> after_commit;  // for tests that kill
  // Asked after each chunk, and now and then while a file is looked through first. Any error ends
  // the import with it; what was committed stays.
  std::function<absl::Status(const ImportProgress&)> watch = nullptr;
};

// What RunImport finds out before its first write: for callers that would make a store for it.
absl::Status CheckImport(const std::vector<Mapping>& mappings, const ImportOptions& options);

absl::StatusOr<ImportSummary> RunImport(Graph& graph, const std::vector<Mapping>& mappings,
                                        const ImportOptions& options);

// The same without a graph: checks mappings and data, writes nothing but *report, the summary with
// a profile of each column, as JSON.
absl::StatusOr<ImportSummary> RunDryRun(const std::vector<Mapping>& mappings,
                                        const ImportOptions& options, std::string* report);

// Without a mapping: looks at the files of `data_dir` and proposes one, as YAML.
absl::StatusOr<std::string> ProposeMapping(const ImportOptions& options);

}  // namespace skein
