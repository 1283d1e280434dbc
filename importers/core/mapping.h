// Mapping: one source's files as entities, links and sightings; the YAML of
// docs/reference/mapping.md, checked.
//
// Shape     A tree of plain structs. Every rule and value keeps its place (line, column) in the
//           YAML, so that errors found later (a column the file does not have) point there.
// Errors    INVALID_ARGUMENT "file:line:column: what is wrong", the first one found. Unknown keys,
//           duplicate keys, wrong types, unknown zones, datums, checks, undefined node names, one
//           label with two keys: all are errors.
// Limits    1 MiB of YAML, 10,000 rules.
// Threads   immutable after parsing; share freely.
// Source    docs/reference/mapping.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "importers/core/datum.h"
#include "importers/core/field.h"
#include "storage/fusion/key_match.h"
#include "storage/schema/catalog.h"

namespace skein {

struct Place {
  int line = 0;  // 1-based
  int column = 0;
};

// A value of a rule: a column, columns inside text, a constant, or a fact of the record itself.
struct ValueRule {
  enum class Kind : uint8_t { kColumn, kTemplate, kConst, kMetaFile, kMetaRow, kMetaSource };
  Kind kind = Kind::kColumn;
  std::string column;
  // Template: literal text before each column, and the text after the last one.
  std::vector<std::pair<std::string, std::string>> parts;
  std::string tail;
  Value constant;
  FieldSpec field;
  Place place;
};
using PropertyRules = std::vector<std::pair<std::string, ValueRule>>;

// `when`: all conditions of a rule must hold for it to act on a row.
struct Condition {
  enum class Kind : uint8_t { kIs, kNot, kPresent, kAbsent };
  Kind kind = Kind::kIs;
  std::string column;
  std::vector<std::string> texts;
  Place place;
};

// Degrees in the source's datum; written as WGS-84 under the names of `as`.
struct PositionRule {
  ValueRule lat, lon;
  Datum datum = Datum::kWgs84;
  std::string lat_name = "lat", lon_name = "lon", datum_name = "datum";
  std::string point_name;  // empty: not written
  Place place;
};

struct ValidRule {
  std::optional<ValueRule> from, to;
};

// What nodes and links have in common.
struct RuleBase {
  PropertyRules properties;
  bool others = false;
  std::vector<std::string> others_except;
  std::optional<PositionRule> position;
  ValidRule valid;
  std::vector<Condition> when;
  std::optional<Policy> policy;  // nullopt: the file's
  bool optional = false;
  Place place;
};

struct NodeRule : RuleBase {
  std::string as;
  std::vector<std::string> labels;  // the first is the key's
  PropertyRules key;                // sorted by property
};

struct EndRule {
  int node = -1;  // ≥ 0: index of a node rule of the file
  std::string label;
  // `any: [..]` after the first: where no node has the key under `label`, these in turn.
  std::vector<std::string> or_labels;
  PropertyRules key;  // sorted by property
  Place place;
};

struct LinkRule : RuleBase {
  std::string type;
  EndRule from, to;
  std::vector<std::string> key;  // columns; empty: identity by content
  bool sighting = false;
  std::optional<ValueRule> time;  // of a sighting
  // The property that keeps it; one of that name among `properties` takes its place.
  std::string time_as = "time";
};

enum class FileFormat : uint8_t { kCsv, kJsonl };
enum class Encoding : uint8_t { kUtf8, kGb18030 };

struct FileOptions {
  FileFormat format = FileFormat::kCsv;
  std::string delimiter = ",";
  char quote = '"';  // 0: none
  bool has_header = true;
  std::vector<std::string> header;  // when the file has none
  int skip_lines = 0;
  Encoding encoding = Encoding::kUtf8;
};

struct FileRule {
  std::string name;  // or
  std::string glob;
  bool optional = false;
  FileOptions options;
  FieldSpec fallback;                        // of columns that `columns` does not name
  std::map<std::string, FieldSpec> columns;  // as declared
  std::map<std::string, Place> column_places;
  Policy policy;
  std::vector<NodeRule> nodes;
  std::vector<LinkRule> links;  // sightings too
  Place place;
};

struct SourceInfo {
  std::string name, department, legal_basis;
  Policy policy;
  std::optional<Zone> zone;
  Datum datum = Datum::kWgs84;
  int rank = 100;
};

// An index asked for beside those of the keys.
struct IndexRule {
  std::string label;
  std::vector<std::string> properties;
  IndexKind kind = IndexKind::kRange;
};

// A key across labels and sources: nodes with equal values are said to be the same.
using SameRule = KeyRule;

struct Mapping {
  std::string path;  // as given, for messages
  std::string name, description;
  SourceInfo source;
  std::vector<IndexRule> indexes;
  std::vector<SameRule> same;
  std::vector<FileRule> files;

  // "path:12:5: "
  std::string At(Place place) const;
};

// Parses and checks. `path` is for messages only.
absl::StatusOr<Mapping> ParseMapping(std::string_view yaml, std::string path);
// Reads, parses and checks. NOT_FOUND, RESOURCE_EXHAUSTED (over 1 MiB), INVALID_ARGUMENT.
absl::StatusOr<Mapping> LoadMapping(const std::string& path);

// The key properties of each label, over all mappings of a run. INVALID_ARGUMENT: two places differ
// in the names or types of a label's key; both are named.
using LabelKeys = std::map<std::string, std::vector<std::string>>;
absl::StatusOr<LabelKeys> CollectKeys(const std::vector<Mapping>& mappings);

}  // namespace skein
