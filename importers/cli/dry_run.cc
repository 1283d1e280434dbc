#include <algorithm>

#include "importers/cli/files.h"
#include "importers/cli/profile.h"
#include "importers/cli/progress.h"
#include "importers/cli/run.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kRejectionsShown = 20;

struct FileReport {
  FileSummary summary;
  std::vector<ColumnProfile> columns;
  std::vector<std::string> rejections;  // JSON
};

void AddToProfile(const Record& record, const std::vector<std::string>& names,
                  std::vector<ColumnProfile>* columns) {
  while (columns->size() < names.size()) columns->emplace_back(names[columns->size()]);
  for (size_t i = 0; i < record.fields.size(); ++i) (*columns)[i].Add(record.fields[i]);
}

void AddRejection(const BadRecord& bad, FileReport* report) {
  ++report->summary.counts.rejected;
  report->summary.counts.damaged += bad.damaged;
  if (report->rejections.size() >= kRejectionsShown) return;
  report->rejections.push_back(internal::Join(
      "{\"line\": ", bad.line, ", \"row\": ", bad.number,
      ", \"column\": ", bad.column.empty() ? "null" : JsonString(bad.column),
      ", \"value\": ", JsonString(bad.value), ", \"reason\": ", JsonString(bad.reason), "}"));
}

absl::Status CheckFile(const PlannedFile& file, const ImportOptions& options, NameTable& names,
                       uint64_t bytes_before, Progress& progress, FileReport* report) {
  SKEIN_ASSIGN_OR_RETURN(const OpenedFile opened,
                         OpenPlanned(file, options.limits, names, options.clock->Now()));
  ImportCounts& counts = report->summary.counts;
  Record record;
  BadRecord bad;
  Rejection why;
  Row row;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const RecordReader::What what, opened.reader->Next(&record, &bad));
    if (what == RecordReader::What::kEnd) return absl::OkStatus();
    ++counts.read;
    if (counts.read % 4096 == 0) {
      progress.Update(file.name, counts.read, bytes_before + opened.reader->position());
    }
    if (what == RecordReader::What::kBad) {
      AddRejection(bad, report);
      continue;
    }
    AddToProfile(record, opened.reader->columns(), &report->columns);
    if (opened.maker->Make(record, 0, &row, &why)) {
      ++counts.accepted;
      counts.nulled += row.nulled;
      continue;
    }
    AddRejection({record.line, record.number, why.column, why.value, why.reason, false}, report);
  }
}

std::string ReportJson(const ImportSummary& summary, const std::vector<FileReport>& files) {
  // The summary's object, with what only a dry run knows before its last brace.
  std::string out = SummaryJson(summary);
  out.pop_back();
  out += ", \"profiles\": [";
  for (size_t i = 0; i < files.size(); ++i) {
    out += internal::Join(i == 0 ? "" : ", ", "{\"file\": ", JsonString(files[i].summary.file),
                          ", \"columns\": [");
    for (size_t c = 0; c < files[i].columns.size(); ++c) {
      out += (c == 0 ? "" : ", ") + files[i].columns[c].Json();
    }
    out += "], \"rejections\": [";
    for (size_t r = 0; r < files[i].rejections.size(); ++r) {
      out += (r == 0 ? "" : ", ") + files[i].rejections[r];
    }
    out += "]}";
  }
  return out + "]}";
}

}  // namespace

absl::StatusOr<ImportSummary> RunDryRun(const std::vector<Mapping>& mappings,
                                        const ImportOptions& options, std::string* report) {
  SKEIN_RETURN_IF_ERROR(CollectKeys(mappings).status());
  SKEIN_ASSIGN_OR_RETURN(const std::vector<PlannedFile> files,
                         PlanFiles(mappings, options.data_dir));
  uint64_t bytes = 0;
  for (const PlannedFile& file : files) bytes += file.bytes;
  Progress progress(*options.clock, options.progress, options.terminal, bytes);
  NameTable names;
  ImportSummary summary;
  std::vector<FileReport> reports;
  uint64_t bytes_before = 0;
  for (const PlannedFile& file : files) {
    const double start = progress.seconds();
    FileReport one;
    one.summary.file = file.name;
    one.summary.mapping = file.mapping->name;
    SKEIN_RETURN_IF_ERROR(CheckFile(file, options, names, bytes_before, progress, &one));
    one.summary.seconds = progress.seconds() - start;
    bytes_before += file.bytes;
    summary.total.Add(one.summary.counts);
    summary.files.push_back(one.summary);
    reports.push_back(std::move(one));
  }
  progress.Finish();
  summary.finished = summary.dry_run = true;
  summary.seconds = progress.seconds();
  *report = ReportJson(summary, reports);
  return summary;
}

}  // namespace skein
