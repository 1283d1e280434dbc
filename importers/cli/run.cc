#include "importers/cli/run.h"

#include <algorithm>
#include <thread>

#include "importers/cli/files.h"
#include "importers/cli/progress.h"
#include "importers/core/link_stream.h"
#include "importers/core/pair_sorter.h"
#include "importers/core/quarantine.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"

namespace skein {
namespace {

// Beyond these, memory would not be bounded.
constexpr size_t kEqualRecordsMax = 16 << 20;
constexpr size_t kDisagreeingMax = 200'000;

// What one pass over a file finds out before it is loaded.
struct Repeats {
  absl::flat_hash_map<uint64_t, uint32_t> ordinals;  // of contents that occur again: next ordinal
  absl::flat_hash_set<uint64_t> disagreeing;         // keys whose records differ
};

class Run {
 public:
  Run(Graph& graph, const std::vector<Mapping>& mappings, const ImportOptions& options)
      : mappings_(mappings),
        options_(options),
        loader_(graph, names_, options.purpose, options.after_commit, options.bulk),
        quarantine_(options.quarantine) {}

  absl::StatusOr<ImportSummary> Go();

 private:
  absl::StatusOr<Repeats> FindRepeats(const PlannedFile& file);
  absl::Status LoadFile(const PlannedFile& file, FileSummary* summary);
  // Several threads make `links`, or rows, of the records of a file.
  absl::StatusOr<std::unique_ptr<LinkStream>> OpenStream(const PlannedFile& file, bool links);
  absl::Status LoadLinks(const PlannedFile& file, FileSummary* summary);
  absl::Status LoadRows(const PlannedFile& file, FileSummary* summary);
  absl::Status LoadRecords(const PlannedFile& file, Repeats* repeats, FileSummary* summary);
  absl::Status Reject(const PlannedFile& file, const BadRecord& bad, ImportCounts* counts);
  absl::Status Watch(const PlannedFile& file, uint64_t position);

  const std::vector<Mapping>& mappings_;
  const ImportOptions& options_;
  NameTable names_;
  Loader loader_;
  Quarantine quarantine_;
  std::optional<Progress> progress_;
  std::vector<std::string> stream_columns_;  // of the file that is streamed
  uint64_t bytes_before_ = 0;                // of the files already loaded
  uint64_t bytes_total_ = 0;
  uint64_t rows_ = 0;
};

absl::StatusOr<ImportSummary> Run::Go() {
  SKEIN_RETURN_IF_ERROR(CheckImport(mappings_, options_));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<PlannedFile> files,
                         PlanFiles(mappings_, options_.data_dir));
  uint64_t bytes = 0;
  for (const PlannedFile& file : files) bytes += file.bytes;
  bytes_total_ = bytes;
  progress_.emplace(*options_.clock, options_.progress, options_.terminal, bytes);
  SKEIN_RETURN_IF_ERROR(loader_.Prepare(mappings_));
  ImportSummary summary;
  for (const PlannedFile& file : files) {
    FileSummary one;
    one.file = file.name;
    one.mapping = file.mapping->name;
    SKEIN_RETURN_IF_ERROR(LoadFile(file, &one));
    bytes_before_ += file.bytes;
    summary.files.push_back(std::move(one));
  }
  SKEIN_RETURN_IF_ERROR(loader_.EndFiles());
  SKEIN_RETURN_IF_ERROR(
      loader_.AssertSame(mappings_, absl::ToUnixMicros(options_.clock->Now()), &summary.total));
  SKEIN_RETURN_IF_ERROR(loader_.Finish(mappings_));
  SKEIN_RETURN_IF_ERROR(quarantine_.Close());
  progress_->Finish();
  for (size_t i = 0; i < summary.files.size(); ++i) {
    summary.files[i].counts.implied -= loader_.defined_later(i);
    summary.files[i].counts.Add(loader_.late(i));
    summary.total.Add(summary.files[i].counts);
  }
  if (!quarantine_.empty()) summary.quarantine = quarantine_.path();
  summary.seconds = progress_->seconds();
  summary.finished = true;
  return summary;
}

absl::Status Run::Watch(const PlannedFile& file, uint64_t position) {
  if (!options_.watch) return absl::OkStatus();
  return options_.watch({file.name, rows_, bytes_before_ + position, bytes_total_});
}

absl::StatusOr<Repeats> Run::FindRepeats(const PlannedFile& file) {
  Repeats repeats;
  SKEIN_ASSIGN_OR_RETURN(const OpenedFile opened,
                         OpenPlanned(file, options_.limits, names_, options_.clock->Now()));
  const bool ordinals = opened.maker->needs_ordinals();
  if (!ordinals && file.rule->nodes.empty()) return repeats;
  PairSorter contents;
  PairSorter keys;
  std::vector<std::pair<uint64_t, uint64_t>> hashes;
  size_t looked_at = 0;
  Record record;
  BadRecord bad;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const RecordReader::What what, opened.reader->Next(&record, &bad));
    if (what == RecordReader::What::kEnd) break;
    if (++looked_at % options_.chunk_rows == 0) SKEIN_RETURN_IF_ERROR(Watch(file, 0));
    if (what == RecordReader::What::kBad) continue;
    if (ordinals) SKEIN_RETURN_IF_ERROR(contents.Add({opened.maker->ContentHash(record), 0}));
    opened.maker->KeyHashes(record, &hashes);
    for (const auto& pair : hashes) SKEIN_RETURN_IF_ERROR(keys.Add(pair));
  }
  SKEIN_RETURN_IF_ERROR(contents.Finish([&repeats](uint64_t hash, uint64_t, bool) {
    if (repeats.ordinals.size() <= kEqualRecordsMax) repeats.ordinals.emplace(hash, 0);
  }));
  if (repeats.ordinals.size() > kEqualRecordsMax) {
    return ResourceExhausted(file.name, ": more than ", kEqualRecordsMax,
                             " records occur again; give the link rule a key");
  }
  SKEIN_RETURN_IF_ERROR(keys.Finish([&repeats](uint64_t hash, uint64_t, bool differ) {
    if (differ && repeats.disagreeing.size() <= kDisagreeingMax) repeats.disagreeing.insert(hash);
  }));
  // Too many to gather: each record is then written as it comes. The graph ends the same (the last
  // one wins), only a repeated import counts them as updated.
  if (repeats.disagreeing.size() > kDisagreeingMax) repeats.disagreeing.clear();
  return repeats;
}

absl::Status Run::Reject(const PlannedFile& file, const BadRecord& bad, ImportCounts* counts) {
  ++counts->rejected;
  counts->damaged += bad.damaged;
  QuarantineEntry entry;
  entry.mapping = file.mapping->name;
  entry.file = file.name;
  entry.line = bad.line;
  entry.row = bad.number;
  entry.column = bad.column;
  entry.value = bad.value;
  entry.reason = bad.reason;
  return quarantine_.Add(entry);
}

absl::Status Run::LoadFile(const PlannedFile& file, FileSummary* summary) {
  const double start = progress_->seconds();
  LoadedFile loaded;
  loaded.mapping = file.mapping;
  loaded.rule = file.rule;
  loaded.name = file.name;
  loaded.run_bytes = bytes_total_;
  SKEIN_ASSIGN_OR_RETURN(loaded.sha256, FileSha256(file.path));
  const bool only_links = file.rule->nodes.empty() && LinkMaker::Suits(*file.rule) &&
                          bytes_total_ >= options_.bulk.run_bytes;
  Repeats repeats;
  if (!only_links) {
    SKEIN_ASSIGN_OR_RETURN(repeats, FindRepeats(file));
  }
  loaded.disagreeing = std::move(repeats.disagreeing);
  SKEIN_RETURN_IF_ERROR(loader_.BeginFile(std::move(loaded)));
  // On several threads nobody counts equal records, or names columns as they come.
  const bool streams = bytes_total_ >= options_.bulk.run_bytes && repeats.ordinals.empty() &&
                       !UsesOthers(*file.rule);
  SKEIN_RETURN_IF_ERROR(loader_.StreamsLinks() ? LoadLinks(file, summary)
                        : streams              ? LoadRows(file, summary)
                                               : LoadRecords(file, &repeats, summary));
  SKEIN_RETURN_IF_ERROR(loader_.EndFile(&summary->counts));
  summary->seconds = progress_->seconds() - start;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LinkStream>> Run::OpenStream(const PlannedFile& file, bool links) {
  const absl::Time now = options_.clock->Now();
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<RecordReader> reader, OpenReader(file, options_.limits));
  stream_columns_ = reader->columns();
  const auto key_of = [this](const std::string& name) { return loader_.KeyNamed(name); };
  std::vector<LinkStream::Makers> makers(std::clamp(std::thread::hardware_concurrency(), 2U, 9U) -
                                         1);
  for (LinkStream::Makers& some : makers) {
    if (links) {
      SKEIN_ASSIGN_OR_RETURN(
          some.links, LinkMaker::Create(*file.mapping, *file.rule, stream_columns_, key_of, now));
    }
    SKEIN_ASSIGN_OR_RETURN(
        some.rows, RowMaker::Create(*file.mapping, *file.rule, file.name, stream_columns_,
                                    file.rule->options.format == FileFormat::kJsonl, names_, now));
  }
  return std::make_unique<LinkStream>(std::move(reader), std::move(makers));
}

absl::Status Run::LoadLinks(const PlannedFile& file, FileSummary* summary) {
  SKEIN_RETURN_IF_ERROR(loader_.BeginLinks());
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<LinkStream> stream, OpenStream(file, true));
  ImportCounts& counts = summary->counts;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<LinkBlock> block, stream->Next());
    if (block == nullptr) return absl::OkStatus();
    counts.read += block->read;
    rows_ += block->read;
    for (const BadRecord& bad : block->bad) SKEIN_RETURN_IF_ERROR(Reject(file, bad, &counts));
    SKEIN_RETURN_IF_ERROR(loader_.LoadLinks(block.get(), &counts));
    progress_->Update(file.name, rows_, bytes_before_ + block->position);
    SKEIN_RETURN_IF_ERROR(Watch(file, block->position));
  }
}

absl::Status Run::LoadRows(const PlannedFile& file, FileSummary* summary) {
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<LinkStream> stream, OpenStream(file, false));
  ImportCounts& counts = summary->counts;
  std::vector<Row> rows;
  size_t bytes = 0;
  uint64_t position = 0;
  for (bool end = false; !end;) {
    SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<LinkBlock> block, stream->Next());
    end = block == nullptr;
    if (!end) {
      counts.read += block->read;
      rows_ += block->read;
      position = block->position;
      for (const BadRecord& bad : block->bad) SKEIN_RETURN_IF_ERROR(Reject(file, bad, &counts));
      for (Row& row : block->rows) {
        bytes += row.bytes;
        rows.push_back(std::move(row));
        if (rows.size() < options_.chunk_rows && bytes < options_.chunk_bytes) continue;
        SKEIN_RETURN_IF_ERROR(loader_.Load(&rows, &counts));
        bytes = 0;
      }
    } else {
      SKEIN_RETURN_IF_ERROR(loader_.Load(&rows, &counts));
    }
    progress_->Update(file.name, rows_, bytes_before_ + position);
    SKEIN_RETURN_IF_ERROR(Watch(file, position));
  }
  return absl::OkStatus();
}

absl::Status Run::LoadRecords(const PlannedFile& file, Repeats* repeats, FileSummary* summary) {
  SKEIN_ASSIGN_OR_RETURN(const OpenedFile opened,
                         OpenPlanned(file, options_.limits, names_, options_.clock->Now()));
  ImportCounts& counts = summary->counts;
  std::vector<Row> rows;
  size_t bytes = 0;
  Record record;
  BadRecord bad;
  Rejection why;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const RecordReader::What what, opened.reader->Next(&record, &bad));
    const bool end = what == RecordReader::What::kEnd;
    if (end || rows.size() >= options_.chunk_rows || bytes >= options_.chunk_bytes) {
      SKEIN_RETURN_IF_ERROR(loader_.Load(&rows, &counts));
      bytes = 0;
      progress_->Update(file.name, rows_, bytes_before_ + opened.reader->position());
      SKEIN_RETURN_IF_ERROR(Watch(file, opened.reader->position()));
    }
    if (end) return absl::OkStatus();
    ++counts.read;
    ++rows_;
    if (what == RecordReader::What::kBad) {
      SKEIN_RETURN_IF_ERROR(Reject(file, bad, &counts));
      continue;
    }
    uint32_t ordinal = 0;
    if (!repeats->ordinals.empty()) {
      const auto found = repeats->ordinals.find(opened.maker->ContentHash(record));
      if (found != repeats->ordinals.end()) ordinal = found->second++;
    }
    Row row;
    if (opened.maker->Make(record, ordinal, &row, &why)) {
      bytes += row.bytes;
      rows.push_back(std::move(row));
      continue;
    }
    BadRecord refused;
    refused.line = record.line;
    refused.number = record.number;
    refused.column = why.column;
    refused.value = why.value;
    refused.reason = why.reason;
    SKEIN_RETURN_IF_ERROR(Reject(file, refused, &counts));
  }
}

}  // namespace

absl::Status CheckImport(const std::vector<Mapping>& mappings, const ImportOptions& options) {
  SKEIN_RETURN_IF_ERROR(CollectKeys(mappings).status());
  SKEIN_ASSIGN_OR_RETURN(const std::vector<PlannedFile> files,
                         PlanFiles(mappings, options.data_dir));
  NameTable names;
  for (const PlannedFile& file : files) {
    SKEIN_RETURN_IF_ERROR(OpenPlanned(file, options.limits, names, options.clock->Now()).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<ImportSummary> RunImport(Graph& graph, const std::vector<Mapping>& mappings,
                                        const ImportOptions& options) {
  return Run(graph, mappings, options).Go();
}

}  // namespace skein
