#include "importers/cli/files.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "importers/csv/reader.h"
#include "importers/jsonl/reader.h"
#include "storage/base/status.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 100'000;

// Names below `dir` that match, in order; subfolders are looked at as deep as the pattern goes.
absl::StatusOr<std::vector<std::string>> Matching(const std::string& dir,
                                                  const std::string& pattern) {
  std::vector<std::string> names;
  const auto depth_max = std::count(pattern.begin(), pattern.end(), '/');
  std::error_code error;
  fs::recursive_directory_iterator it(dir, error);
  if (error) return NotFound("cannot read the data folder ", dir, ": ", error.message());
  for (; it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (error) return NotFound("cannot read the data folder ", dir, ": ", error.message());
    if (it.depth() >= depth_max) it.disable_recursion_pending();
    const std::string name = fs::path(it->path()).lexically_relative(dir).string();
    if (fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0) continue;
    if (!it->is_regular_file(error)) continue;
    names.push_back(name);
    if (names.size() > kFilesMax) {
      return ResourceExhausted(dir, ": more than ", kFilesMax, " files match ", pattern);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status PlanRule(const Mapping& mapping, const FileRule& rule, const std::string& data_dir,
                      std::vector<PlannedFile>* out) {
  std::vector<std::string> names = {rule.name};
  if (rule.name.empty()) {
    SKEIN_ASSIGN_OR_RETURN(names, Matching(data_dir, rule.glob));
    if (names.empty() && !rule.optional) {
      return NotFound(mapping.At(rule.place), "no file in ", data_dir, " matches ", rule.glob);
    }
  }
  for (const std::string& name : names) {
    PlannedFile file;
    file.mapping = &mapping;
    file.rule = &rule;
    file.name = name;
    file.path = (fs::path(data_dir) / name).string();
    std::error_code error;
    if (rule.optional && !fs::exists(file.path, error)) continue;
    const absl::StatusOr<uint64_t> bytes = FileSize(file.path);
    if (!bytes.ok()) return Annotate(bytes.status(), mapping.At(rule.place) + "file " + name);
    file.bytes = *bytes;
    out->push_back(std::move(file));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PlannedFile>> PlanFiles(const std::vector<Mapping>& mappings,
                                                   const std::string& data_dir) {
  std::error_code error;
  if (!fs::is_directory(data_dir, error)) {
    return NotFound("the data folder ", data_dir, " is not there, or is no folder");
  }
  std::vector<PlannedFile> files;
  for (const Mapping& mapping : mappings) {
    for (const FileRule& rule : mapping.files) {
      SKEIN_RETURN_IF_ERROR(PlanRule(mapping, rule, data_dir, &files));
    }
  }
  std::stable_partition(files.begin(), files.end(),
                        [](const PlannedFile& file) { return !file.rule->nodes.empty(); });
  return files;
}

absl::StatusOr<std::unique_ptr<RecordReader>> OpenReader(const PlannedFile& file,
                                                         const ReaderLimits& limits) {
  ReaderRequest request;
  request.name = file.path;
  request.options = file.rule->options;
  request.columns = UsedColumns(*file.rule, &request.list_columns);
  request.all_columns = UsesOthers(*file.rule);
  request.limits = limits;
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenFile(file.path));
  switch (file.rule->options.format) {
    case FileFormat::kCsv:
      return OpenCsv(std::move(source), request);
    case FileFormat::kJsonl:
      return OpenJsonl(std::move(source), request);
  }
  return Internal("unknown format");
}

absl::StatusOr<OpenedFile> OpenPlanned(const PlannedFile& file, const ReaderLimits& limits,
                                       NameTable& names, absl::Time now) {
  OpenedFile opened;
  SKEIN_ASSIGN_OR_RETURN(opened.reader, OpenReader(file, limits));
  SKEIN_ASSIGN_OR_RETURN(
      opened.maker, RowMaker::Create(*file.mapping, *file.rule, file.name, opened.reader->columns(),
                                     file.rule->options.format == FileFormat::kJsonl, names, now));
  return opened;
}

}  // namespace skein
