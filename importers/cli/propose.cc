#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "absl/strings/str_format.h"
#include "importers/cli/files.h"
#include "importers/cli/profile.h"
#include "importers/cli/run.h"
#include "storage/base/status.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kRowsLooked = 20'000;
constexpr size_t kFilesMax = 200;
constexpr int kDepthMax = 3;

struct Looked {
  std::string name;
  FileRule rule;  // only the options are filled in
  std::vector<ColumnProfile> columns;
  // By column: it holds lists; it holds objects or nested arrays, of which only parts can be read.
  std::vector<bool> list, nested;
  int key = -1;  // column that could be the key of an entity
};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string Stem(const std::string& name) {
  std::string stem = fs::path(name).filename().string();
  return stem.substr(0, stem.find('.'));
}

bool LooksLikeTable(const std::string& name) {
  const std::string plain = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
  for (const std::string_view end : {".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson"}) {
    if (plain.ends_with(end)) return true;
  }
  return false;
}

// Names of files that look like tables, below `dir` and its subfolders.
absl::StatusOr<std::vector<std::string>> Tables(const std::string& dir) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator it(dir, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it.depth() >= kDepthMax) it.disable_recursion_pending();
    const std::string name = fs::path(it->path()).lexically_relative(dir).string();
    std::error_code ignored;
    if (it->is_regular_file(ignored) && LooksLikeTable(name)) names.push_back(name);
    if (names.size() > kFilesMax) {
      return ResourceExhausted(dir, ": more than ", kFilesMax, " files, name a smaller folder");
    }
  }
  if (error) return NotFound("cannot read the data folder ", dir, ": ", error.message());
  return names;
}

// The delimiter that the first line holds most often; the comma when there is none.
std::string SniffDelimiter(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenFile(path);
  std::string start(4096, '\0');
  if (!source.ok()) return ",";
  const absl::StatusOr<size_t> n = (*source)->Read(start.data(), start.size());
  start.resize(n.ok() ? *n : 0);
  start.resize(std::min(start.find('\n'), start.size()));
  std::string best = ",";
  int64_t most = 0;
  for (const char c : {',', '|', ';', '\t'}) {
    const int64_t times = std::count(start.begin(), start.end(), c);
    if (times > most) {
      most = times;
      best = std::string(1, c);
    }
  }
  return best;
}

// `lists`: columns to read as lists.
absl::StatusOr<Looked> LookOnce(const std::string& dir, const std::string& name,
                                const std::vector<std::string>& lists,
                                const ImportOptions& options) {
  Looked looked;
  looked.name = name;
  for (const std::string& column : lists) looked.rule.columns[column].list = true;
  PlannedFile file;
  file.name = name;
  file.path = (fs::path(dir) / name).string();
  if (name.find(".jsonl") != std::string::npos || name.find(".ndjson") != std::string::npos) {
    looked.rule.options.format = FileFormat::kJsonl;
    NodeRule all;  // makes the reader give every key
    all.others = true;
    looked.rule.nodes.push_back(all);
  } else {
    looked.rule.options.delimiter = SniffDelimiter(file.path);
    if (looked.rule.options.delimiter == "\t") looked.rule.options.quote = 0;
  }
  file.rule = &looked.rule;
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<RecordReader> reader,
                         OpenReader(file, options.limits));
  Record record;
  BadRecord bad;
  for (uint64_t rows = 0; rows < kRowsLooked; ++rows) {
    SKEIN_ASSIGN_OR_RETURN(const RecordReader::What what, reader->Next(&record, &bad));
    if (what == RecordReader::What::kEnd) break;
    if (what == RecordReader::What::kBad) continue;
    while (looked.columns.size() < record.fields.size()) {
      looked.columns.emplace_back(reader->columns()[looked.columns.size()]);
    }
    looked.list.resize(looked.columns.size());
    looked.nested.resize(looked.columns.size());
    for (size_t i = 0; i < record.fields.size(); ++i) {
      looked.columns[i].Add(record.fields[i]);
      if (record.fields[i].kind == RawKind::kJsonList) looked.list[i] = true;
      if (record.fields[i].kind == RawKind::kJsonNested) looked.nested[i] = true;
    }
  }
  looked.rule.nodes.clear();
  return looked;
}

// A reader tells a list from an object only where it was asked for a list: so it is asked again.
absl::StatusOr<Looked> Look(const std::string& dir, const std::string& name,
                            const ImportOptions& options) {
  SKEIN_ASSIGN_OR_RETURN(Looked looked, LookOnce(dir, name, {}, options));
  std::vector<std::string> nested;
  for (size_t i = 0; i < looked.columns.size(); ++i) {
    if (looked.nested[i]) nested.push_back(looked.columns[i].name());
  }
  if (nested.empty()) return looked;
  return LookOnce(dir, name, nested, options);
}

bool LooksLikeId(const std::string& column) {
  const std::string name = Lower(column);
  for (const std::string_view end : {"id", "no", "number", "code", "key", "号", "编号"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

// A unique column that is named like an identifier and comes first; nothing else is trusted.
int FindKey(const Looked& looked) {
  for (size_t i = 0; i < looked.columns.size(); ++i) {
    if (looked.columns[i].unique() && LooksLikeId(looked.columns[i].name()) && !looked.list[i] &&
        !looked.nested[i]) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x20) {
      out += absl::StrFormat("\\x%02x", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// The entity files whose key column a column of a link file seems to name: equal name, or the name
// of the file inside the column's name.
const Looked* EndOf(const std::string& column, const std::vector<Looked>& all) {
  for (const Looked& other : all) {
    if (other.key >= 0 && other.columns[static_cast<size_t>(other.key)].name() == column) {
      return &other;
    }
  }
  const std::string name = Lower(column);
  for (const Looked& other : all) {
    if (other.key >= 0 && LooksLikeId(column) && name.starts_with(Lower(Stem(other.name)))) {
      return &other;
    }
  }
  return nullptr;
}

std::string TypeYaml(const ColumnProfile::Guess& guess) {
  if (guess.format.empty()) return std::string(FieldTypeName(guess.type));
  return internal::Join("{type: ", FieldTypeName(guess.type), ", format: ", Quoted(guess.format),
                        "}");
}

std::string EndYaml(const char* which, const Looked& entity, const std::string& column) {
  return internal::Join("        ", which, ": {label: ", Quoted(Stem(entity.name)), ", key: {",
                        Quoted(entity.columns[static_cast<size_t>(entity.key)].name()), ": ",
                        Quoted(column), "}}\n");
}

// `others: true`, less what has to be named by its parts first.
std::string OthersYaml(const Looked& looked) {
  std::string left_out;
  for (size_t i = 0; i < looked.columns.size(); ++i) {
    if (!looked.nested[i]) continue;
    left_out += (left_out.empty() ? "" : ", ") + Quoted(looked.columns[i].name());
  }
  return left_out.empty() ? "        others: true\n"
                          : "        others: {except: [" + left_out + "]}\n";
}

std::string RulesYaml(const Looked& looked, const std::vector<Looked>& all) {
  if (looked.key >= 0) {
    const std::string& key = looked.columns[static_cast<size_t>(looked.key)].name();
    return internal::Join("    nodes:\n      - label: ", Quoted(Stem(looked.name)),
                          "\n        key: {", Quoted(key), ": ", Quoted(key), "}\n",
                          OthersYaml(looked));
  }
  std::vector<std::pair<const Looked*, std::string>> ends;
  for (const ColumnProfile& column : looked.columns) {
    if (const Looked* entity = EndOf(column.name(), all)) ends.emplace_back(entity, column.name());
  }
  if (ends.size() < 2) {
    return "    # No column is unique, and no two columns name entities of other files: complete "
           "this "
           "by hand.\n    nodes:\n      - label: " +
           Quoted(Stem(looked.name)) + "\n        key: {row: {meta: row}}\n" + OthersYaml(looked);
  }
  return internal::Join("    links:\n      - type: ", Quoted(Stem(looked.name)), "\n",
                        EndYaml("from", *ends[0].first, ends[0].second),
                        EndYaml("to", *ends[1].first, ends[1].second), OthersYaml(looked));
}

std::string FileYaml(const Looked& looked, const std::vector<Looked>& all) {
  std::string out = "  - name: " + Quoted(looked.name) + "\n";
  if (looked.rule.options.format == FileFormat::kCsv && looked.rule.options.delimiter != ",") {
    out += "    delimiter: " + Quoted(looked.rule.options.delimiter) + "\n";
    if (looked.rule.options.quote == 0) out += "    quote: none\n";
  }
  out += "    columns:\n";
  for (size_t i = 0; i < looked.columns.size(); ++i) {
    const ColumnProfile& column = looked.columns[i];
    if (looked.nested[i]) {
      out += internal::Join("      # ", Quoted(column.name()), " holds objects: name their parts, ",
                            Quoted("/" + column.name() + "/PART"), ": string\n");
      continue;
    }
    const std::string type =
        looked.list[i] ? "{type: string, list: true}" : TypeYaml(column.guess());
    out += internal::Join("      ", Quoted(column.name()), ": ", type, "  # ", column.nulls(),
                          " of ", column.rows(), " empty, ",
                          column.distinct() > ColumnProfile::kDistinctMax
                              ? "over 1000"
                              : std::to_string(column.distinct()),
                          " different\n");
  }
  return out + RulesYaml(looked, all);
}

}  // namespace

absl::StatusOr<std::string> ProposeMapping(const ImportOptions& options) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<std::string> names, Tables(options.data_dir));
  std::sort(names.begin(), names.end());
  if (names.empty()) {
    return NotFound("no .csv, .tsv, .txt or .jsonl file in ", options.data_dir);
  }
  std::vector<Looked> all;
  std::string out =
      "# Proposed from the data: check every line, above all labels, keys and link types.\n"
      "skein-mapping: 1\nname: proposed\nsource:\n  name: CHANGE-ME\nfiles:\n";
  for (const std::string& name : names) {
    absl::StatusOr<Looked> looked = Look(options.data_dir, name, options);
    if (!looked.ok()) {
      out.insert(0, internal::Join("# left out: ", Message(looked.status()), "\n"));
      continue;
    }
    looked->key = FindKey(*looked);
    all.push_back(*std::move(looked));
  }
  for (const Looked& looked : all) out += FileYaml(looked, all);
  return out;
}

}  // namespace skein
