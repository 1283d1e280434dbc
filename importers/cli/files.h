// The files of an import: found below the data folder, opened in their format.
//
// Order     Files that define entities before those that only link them, so that few are implied;
//           within that, the order of the mappings, their rules, and names.
// Errors    NOT_FOUND a file that a mapping names is not there ("mapping:line:column: ...");
//           INVALID_ARGUMENT the file does not fit its rule.
// Threads   one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "importers/core/mapping.h"
#include "importers/core/record.h"
#include "importers/core/row_maker.h"

namespace skein {

struct PlannedFile {
  const Mapping* mapping = nullptr;
  const FileRule* rule = nullptr;
  std::string name;  // below the data folder
  std::string path;
  uint64_t bytes = 0;
};

absl::StatusOr<std::vector<PlannedFile>> PlanFiles(const std::vector<Mapping>& mappings,
                                                   const std::string& data_dir);

// All formats, by FileFormat.
absl::StatusOr<std::unique_ptr<RecordReader>> OpenReader(const PlannedFile& file,
                                                         const ReaderLimits& limits);

struct OpenedFile {
  std::unique_ptr<RecordReader> reader;
  std::unique_ptr<RowMaker> maker;
};
absl::StatusOr<OpenedFile> OpenPlanned(const PlannedFile& file, const ReaderLimits& limits,
                                       NameTable& names, absl::Time now);

}  // namespace skein
