#include <fstream>
#include <set>
#include <sstream>

#include "importers/core/field_parse.h"
#include "importers/core/mapping.h"
#include "importers/core/yaml_reader.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kYamlBytesMax = size_t{1} << 20;
constexpr size_t kRulesMax = 10'000;

class MappingParser {
 public:
  explicit MappingParser(std::string path) : in_(std::move(path)) {}

  absl::StatusOr<Mapping> Parse(const YAML::Node& root);

 private:
  void ParseSource(const YAML::Node& node);
  Policy ParsePolicy(const YAML::Node& node, const Policy& base);
  void ParseFileOptions(const YAML::Node& node, FileOptions* options);
  void ParseDelimiters(const YAML::Node& node, FileOptions* options);
  void ParseIndexes(const YAML::Node& node);
  void ParseSame(const YAML::Node& node);
  FileRule ParseFile(const YAML::Node& node);
  NodeRule ParseNode(const YAML::Node& node);
  LinkRule ParseLink(const YAML::Node& node, bool sighting);
  EndRule ParseEnd(const YAML::Node& node, const char* what);
  void ParseBase(const YAML::Node& node, RuleBase* rule);
  PropertyRules ParseProperties(const YAML::Node& node, std::string_view what);
  PropertyRules ParseKey(const YAML::Node& node);
  PositionRule ParsePosition(const YAML::Node& node);
  void ParseWhen(const YAML::Node& node, std::vector<Condition>* out);
  Condition ParseCondition(const YAML::Node& node);
  ValueRule ParseValue(const YAML::Node& node, std::string_view what);
  void ParseTemplate(const YAML::Node& node, ValueRule* rule);
  Value ParseConst(const YAML::Node& node, const YAML::Node& map);
  const FieldSpec& FieldOf(const std::string& column) const;

  YamlReader in_;
  Mapping mapping_;
  TypeTable types_;
  FieldSpec base_;            // of every field, from `defaults` and the source's zone
  FileOptions options_;       // of every file, from `defaults`
  FileRule* file_ = nullptr;  // being parsed
  bool default_format_ = false;
  bool default_delimiter_ = false;
  bool default_quote_ = false;
  size_t rules_ = 0;
};

absl::StatusOr<Mapping> MappingParser::Parse(const YAML::Node& root) {
  mapping_.path = in_.path();
  if (!in_.Map(root, "the mapping",
               {"skein-mapping", "name", "description", "source", "types", "defaults", "indexes",
                "same", "files"})) {
    return in_.status();
  }
  const auto version = in_.Text(root, "skein-mapping");
  if (version != "1") {
    in_.Fail(root, "'skein-mapping: 1' is missing: this is no mapping of a version we know");
  }
  mapping_.name = in_.Text(root, "name").value_or("");
  if (mapping_.name.empty()) in_.Fail(root, "'name' is missing");
  mapping_.description = in_.Text(root, "description").value_or("");
  ParseSource(root["source"].IsDefined() ? root["source"] : YAML::Node(YAML::NodeType::Map));
  if (!root["source"].IsDefined()) in_.Fail(root, "'source' is missing");
  base_.zone = mapping_.source.zone;
  if (const YAML::Node node = root["defaults"]; node.IsDefined()) {
    if (in_.Map(node, "'defaults'",
                {"format", "delimiter", "quote", "header", "skip", "encoding", "trim", "null",
                 "normalize", "zone", "decimal", "thousands", "true", "false", "on_error"})) {
      base_ = ParseFieldDefaults(in_, node, base_);
      default_format_ = node["format"].IsDefined();
      default_delimiter_ = node["delimiter"].IsDefined();
      default_quote_ = node["quote"].IsDefined();
      ParseFileOptions(node, &options_);
    }
  }
  if (const YAML::Node node = root["types"]; node.IsDefined() && in_.AnyMap(node, "'types'")) {
    for (const auto& entry : node) {
      const std::string name = in_.Name(entry.first, "a type's name");
      if (FieldTypeOf(name)) in_.Fail(entry.first, "'", name, "' is a built-in type");
      FieldSpec spec = ParseField(in_, entry.second, base_, types_);
      types_.insert_or_assign(name, std::move(spec));
    }
  }
  if (root["indexes"].IsDefined()) ParseIndexes(root["indexes"]);
  if (root["same"].IsDefined()) ParseSame(root["same"]);
  const YAML::Node files = root["files"];
  if (!files.IsDefined() || !files.IsSequence() || files.size() == 0) {
    in_.Fail(files.IsDefined() ? files : root, "'files' must be a list with at least one file");
    return in_.status();
  }
  for (const YAML::Node& node : files) {
    mapping_.files.push_back(ParseFile(node));
    if (!in_.ok()) return in_.status();
    if (rules_ > kRulesMax) return InvalidArgument(in_.path(), ": more than ", kRulesMax, " rules");
  }
  if (!in_.ok()) return in_.status();
  return std::move(mapping_);
}

void MappingParser::ParseSource(const YAML::Node& node) {
  if (!in_.Map(node, "'source'",
               {"name", "department", "owner", "compartment", "handling", "legal_basis", "zone",
                "datum", "rank"})) {
    return;
  }
  SourceInfo& source = mapping_.source;
  source.name = in_.Text(node, "name").value_or("");
  if (source.name.empty()) in_.Fail(node, "'name' of the source is missing");
  source.department = in_.Text(node, "department").value_or("");
  source.legal_basis = in_.Text(node, "legal_basis").value_or("");
  source.policy.owner_unit = in_.Text(node, "owner").value_or("");
  source.policy.compartment = in_.Text(node, "compartment").value_or("");
  source.policy.handling_code = in_.Text(node, "handling").value_or("");
  source.rank = static_cast<int>(in_.Integer(node, "rank", 0, 1'000'000).value_or(100));
  if (const auto zone = in_.Text(node, "zone")) {
    absl::StatusOr<Zone> parsed = ParseZone(*zone);
    if (parsed.ok()) {
      source.zone = *std::move(parsed);
    } else {
      in_.Fail(node["zone"], Message(parsed.status()));
    }
  }
  if (const auto name = in_.Text(node, "datum")) {
    const std::optional<Datum> datum = DatumOf(*name);
    if (!datum) in_.Fail(node["datum"], "unknown datum '", *name, "'; known: wgs84, gcj02, bd09");
    source.datum = datum.value_or(Datum::kWgs84);
  }
}

Policy MappingParser::ParsePolicy(const YAML::Node& node, const Policy& base) {
  Policy policy = base;
  if (!in_.Map(node, "'policy'", {"owner", "compartment", "handling"})) return policy;
  if (auto text = in_.Text(node, "owner")) policy.owner_unit = *std::move(text);
  if (auto text = in_.Text(node, "compartment")) policy.compartment = *std::move(text);
  if (auto text = in_.Text(node, "handling")) policy.handling_code = *std::move(text);
  return policy;
}

void MappingParser::ParseFileOptions(const YAML::Node& node, FileOptions* options) {
  if (const auto format = in_.Text(node, "format")) {
    if (*format != "csv" && *format != "tsv" && *format != "jsonl") {
      in_.Fail(node["format"], "unknown format '", *format, "'; known: csv, tsv, jsonl");
    }
    options->format = *format == "jsonl" ? FileFormat::kJsonl : FileFormat::kCsv;
    if (*format == "tsv") {
      options->delimiter = "\t";
      options->quote = 0;
    }
  }
  ParseDelimiters(node, options);
  if (const YAML::Node header = node["header"]; header.IsDefined()) {
    if (header.IsSequence()) {
      options->has_header = false;
      options->header = in_.Texts(node, "header").value_or(std::vector<std::string>{});
      const std::set<std::string> names(options->header.begin(), options->header.end());
      if (names.size() != options->header.size()) in_.Fail(header, "'header' has a name twice");
    } else if (!in_.Flag(node, "header").value_or(false)) {
      in_.Fail(header, "'header' is true, or the list of column names of a file without one");
    }
  }
  if (const auto skip = in_.Integer(node, "skip", 0, 1000)) {
    options->skip_lines = static_cast<int>(*skip);
  }
  if (const auto encoding = in_.Text(node, "encoding")) {
    if (*encoding != "utf-8" && *encoding != "gb18030") {
      in_.Fail(node["encoding"], "unknown encoding '", *encoding, "'; known: utf-8, gb18030");
    }
    options->encoding = *encoding == "gb18030" ? Encoding::kGb18030 : Encoding::kUtf8;
  }
}

void MappingParser::ParseDelimiters(const YAML::Node& node, FileOptions* options) {
  if (const auto delimiter = in_.Text(node, "delimiter")) {
    const bool bad = delimiter->empty() || delimiter->size() > 16 ||
                     delimiter->find_first_of("\r\n\"") != std::string::npos;
    if (bad) {
      in_.Fail(node["delimiter"],
               "'delimiter' has 1 to 16 bytes, none of them a line end or quote");
    }
    options->delimiter = *delimiter;
  }
  if (const auto quote = in_.Text(node, "quote")) {
    const bool none = *quote == "none";
    if (!none && (quote->size() != 1 || static_cast<unsigned char>((*quote)[0]) >= 0x80 ||
                  (*quote)[0] == '\n' || (*quote)[0] == '\r')) {
      in_.Fail(node["quote"], "'quote' is one ASCII character, or none");
      return;
    }
    options->quote = none ? '\0' : (*quote)[0];
  }
  if (options->quote != 0 && options->delimiter.find(options->quote) != std::string::npos) {
    in_.Fail(node, "the delimiter holds the quote character");
  }
}

void MappingParser::ParseIndexes(const YAML::Node& node) {
  if (!in_.List(node, "'indexes'")) return;
  for (const YAML::Node& element : node) {
    if (!in_.Map(element, "an index", {"label", "properties", "kind"})) return;
    IndexRule rule;
    rule.label = in_.Text(element, "label").value_or("");
    rule.properties = in_.Texts(element, "properties").value_or(std::vector<std::string>{});
    const std::string kind = in_.Text(element, "kind").value_or("range");
    if (kind != "range" && kind != "text" && kind != "point") {
      in_.Fail(element["kind"], "'kind' is range, text or point");
    }
    rule.kind = kind == "text"    ? IndexKind::kText
                : kind == "point" ? IndexKind::kPoint
                                  : IndexKind::kRange;
    if (rule.label.empty() || rule.properties.empty()) {
      in_.Fail(element, "an index needs label and properties");
    }
    mapping_.indexes.push_back(std::move(rule));
  }
}

void MappingParser::ParseSame(const YAML::Node& node) {
  if (!in_.List(node, "'same'")) return;
  for (const YAML::Node& element : node) {
    if (!in_.Map(element, "a rule of 'same'", {"labels", "property", "grade", "most"})) return;
    SameRule rule;
    rule.labels = in_.Texts(element, "labels").value_or(std::vector<std::string>{});
    rule.property = in_.Text(element, "property").value_or("");
    rule.grade = in_.Number(element, "grade").value_or(1.0);
    rule.most = static_cast<size_t>(in_.Integer(element, "most", 2, 10'000).value_or(50));
    if (rule.labels.empty() || rule.property.empty()) {
      in_.Fail(element, "a rule of 'same' needs labels and property");
    }
    if (!(rule.grade >= 1e-6 && rule.grade <= 1)) {
      in_.Fail(element["grade"], "'grade' is above 0 and at most 1");
    }
    mapping_.same.push_back(std::move(rule));
  }
}

FileRule MappingParser::ParseFile(const YAML::Node& node) {
  FileRule file;
  file.place = YamlReader::PlaceOf(node);
  file.options = options_;
  file.fallback = base_;
  file.policy = mapping_.source.policy;
  if (!in_.Map(node, "a file",
               {"name", "glob", "optional", "format", "delimiter", "quote", "header", "skip",
                "encoding", "columns", "policy", "nodes", "links", "sightings"})) {
    return file;
  }
  file.name = in_.Text(node, "name").value_or("");
  file.glob = in_.Text(node, "glob").value_or("");
  if (file.name.empty() == file.glob.empty()) in_.Fail(node, "a file needs either name or glob");
  const std::string& name = file.name.empty() ? file.glob : file.name;
  if (name.starts_with("/") || name.find("..") != std::string::npos) {
    in_.Fail(node, "'", name, "' leaves the data folder");
  }
  file.optional = in_.Flag(node, "optional").value_or(false);
  if (!default_format_) {
    const std::string stem = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
    const bool tabs = stem.ends_with(".tsv") || stem.ends_with(".tab");
    if (stem.ends_with(".jsonl") || stem.ends_with(".ndjson")) {
      file.options.format = FileFormat::kJsonl;
    }
    if (tabs && !default_delimiter_) file.options.delimiter = "\t";
    if (tabs && !default_quote_) file.options.quote = 0;
  }
  ParseFileOptions(node, &file.options);
  if (node["policy"].IsDefined()) file.policy = ParsePolicy(node["policy"], file.policy);
  if (const YAML::Node c = node["columns"]; c.IsDefined() && in_.AnyMap(c, "'columns'")) {
    for (const auto& entry : c) {
      const std::string column = entry.first.Scalar();
      file.columns[column] = ParseField(in_, entry.second, base_, types_);
      file.column_places[column] = YamlReader::PlaceOf(entry.first);
    }
  }
  file_ = &file;
  if (node["nodes"].IsDefined() && in_.List(node["nodes"], "'nodes'")) {
    for (const YAML::Node& rule : node["nodes"]) file.nodes.push_back(ParseNode(rule));
  }
  if (node["links"].IsDefined() && in_.List(node["links"], "'links'")) {
    for (const YAML::Node& rule : node["links"]) file.links.push_back(ParseLink(rule, false));
  }
  if (node["sightings"].IsDefined() && in_.List(node["sightings"], "'sightings'")) {
    for (const YAML::Node& rule : node["sightings"]) file.links.push_back(ParseLink(rule, true));
  }
  file_ = nullptr;
  if (file.nodes.empty() && file.links.empty()) {
    in_.Fail(node, "the file has no rule: nodes, links or sightings");
  }
  rules_ += file.nodes.size() + file.links.size();
  return file;
}

NodeRule MappingParser::ParseNode(const YAML::Node& node) {
  NodeRule rule;
  if (!in_.Map(node, "a node rule",
               {"as", "label", "labels", "key", "properties", "others", "position", "valid", "when",
                "policy", "optional"})) {
    return rule;
  }
  ParseBase(node, &rule);
  rule.as = in_.Text(node, "as").value_or("");
  for (const NodeRule& other : file_->nodes) {
    if (!rule.as.empty() && other.as == rule.as)
      in_.Fail(node, "'as: ", rule.as, "' is there twice");
  }
  if (node["label"].IsDefined() == node["labels"].IsDefined()) {
    in_.Fail(node, "a node rule needs either label or labels");
    return rule;
  }
  if (node["label"].IsDefined()) {
    rule.labels = {in_.Name(node["label"], "'label'")};
  } else {
    rule.labels = in_.Texts(node, "labels").value_or(std::vector<std::string>{});
    if (rule.labels.empty()) in_.Fail(node["labels"], "'labels' is empty");
  }
  if (!node["key"].IsDefined()) {
    in_.Fail(node, "a node rule needs 'key: {property: column}'");
    return rule;
  }
  rule.key = ParseKey(node["key"]);
  for (const auto& [key, value] : rule.key) {
    for (const auto& [name, property] : rule.properties) {
      if (name == key) in_.FailAt(property.place, "property '", name, "' is the key already");
    }
  }
  return rule;
}

LinkRule MappingParser::ParseLink(const YAML::Node& node, bool sighting) {
  LinkRule rule;
  const bool ok = sighting ? in_.Map(node, "a sighting rule",
                                     {"type", "from", "to", "time", "time_as", "properties",
                                      "others", "position", "when", "policy", "optional"})
                           : in_.Map(node, "a link rule",
                                     {"type", "from", "to", "key", "properties", "others",
                                      "position", "valid", "when", "policy", "optional"});
  if (!ok) return rule;
  ParseBase(node, &rule);
  rule.sighting = sighting;
  for (const char* needed : {"type", "from", "to"}) {
    if (!node[needed].IsDefined()) {
      in_.Fail(node, "a ", sighting ? "sighting" : "link", " rule needs '", needed, "'");
      return rule;
    }
  }
  rule.type = in_.Name(node["type"], "'type'");
  rule.from = ParseEnd(node["from"], "'from'");
  rule.to = ParseEnd(node["to"], "'to'");
  if (auto columns = in_.Texts(node, "key")) rule.key = *std::move(columns);
  if (!sighting) return rule;
  if (!node["time"].IsDefined()) {
    in_.Fail(node, "a sighting rule needs 'time'");
    return rule;
  }
  rule.time = ParseValue(node["time"], "'time'");
  rule.time->field.required = true;
  if (node["time_as"].IsDefined()) rule.time_as = in_.Name(node["time_as"], "'time_as'");
  return rule;
}

EndRule MappingParser::ParseEnd(const YAML::Node& node, const char* what) {
  EndRule end;
  end.place = YamlReader::PlaceOf(node);
  if (!in_.Map(node, what, {"node", "label", "any", "key"})) return end;
  if (node["node"].IsDefined()) {
    const std::string name = in_.Scalar(node["node"], "'node'");
    if (node.size() != 1) in_.Fail(node, "'node' stands alone");
    for (size_t i = 0; i < file_->nodes.size(); ++i) {
      if (!name.empty() && file_->nodes[i].as == name) end.node = static_cast<int>(i);
    }
    if (end.node < 0) in_.Fail(node["node"], "no node rule of this file has 'as: ", name, "'");
    return end;
  }
  if (node["label"].IsDefined() == node["any"].IsDefined() || !node["key"].IsDefined()) {
    in_.Fail(
        node, what,
        " needs {node: name}, {label: L, key: {property: column}} or {any: [L, M], key: {..}}");
    return end;
  }
  if (node["any"].IsDefined()) {
    end.or_labels = in_.Texts(node, "any").value_or(std::vector<std::string>{});
    const std::set<std::string> distinct(end.or_labels.begin(), end.or_labels.end());
    if (distinct.size() < 2 || distinct.size() != end.or_labels.size() || distinct.contains("")) {
      in_.Fail(node["any"], "'any' needs two or more labels, each once");
      return end;
    }
    end.label = end.or_labels.front();
    end.or_labels.erase(end.or_labels.begin());
  } else {
    end.label = in_.Name(node["label"], "'label'");
  }
  end.key = ParseKey(node["key"]);
  return end;
}

void MappingParser::ParseBase(const YAML::Node& node, RuleBase* rule) {
  rule->place = YamlReader::PlaceOf(node);
  if (node["properties"].IsDefined()) {
    rule->properties = ParseProperties(node["properties"], "'properties'");
  }
  if (const YAML::Node others = node["others"]; others.IsDefined()) {
    if (others.IsMap()) {
      if (!in_.Map(others, "'others'", {"except"})) return;
      rule->others = true;
      rule->others_except = in_.Texts(others, "except").value_or(std::vector<std::string>{});
    } else {
      rule->others = in_.Flag(node, "others").value_or(false);
    }
  }
  if (node["position"].IsDefined()) rule->position = ParsePosition(node["position"]);
  if (const YAML::Node valid = node["valid"]; valid.IsDefined()) {
    if (!in_.Map(valid, "'valid'", {"from", "to"})) return;
    if (valid["from"].IsDefined()) rule->valid.from = ParseValue(valid["from"], "'from'");
    if (valid["to"].IsDefined()) rule->valid.to = ParseValue(valid["to"], "'to'");
  }
  if (node["when"].IsDefined()) ParseWhen(node["when"], &rule->when);
  if (node["policy"].IsDefined()) rule->policy = ParsePolicy(node["policy"], file_->policy);
  rule->optional = in_.Flag(node, "optional").value_or(false);
}

PropertyRules MappingParser::ParseProperties(const YAML::Node& node, std::string_view what) {
  PropertyRules rules;
  if (!in_.AnyMap(node, what)) return rules;
  for (const auto& entry : node) {
    std::string name = in_.Name(entry.first, "a property's name");
    rules.emplace_back(std::move(name), ParseValue(entry.second, "a property"));
  }
  return rules;
}

PropertyRules MappingParser::ParseKey(const YAML::Node& node) {
  PropertyRules key = ParseProperties(node, "'key'");
  if (key.empty()) in_.Fail(node, "'key' is empty");
  std::sort(key.begin(), key.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return key;
}

PositionRule MappingParser::ParsePosition(const YAML::Node& node) {
  PositionRule rule;
  rule.place = YamlReader::PlaceOf(node);
  rule.datum = mapping_.source.datum;
  if (!in_.Map(node, "'position'", {"lat", "lon", "datum", "as"})) return rule;
  if (!node["lat"].IsDefined() || !node["lon"].IsDefined()) {
    in_.Fail(node, "'position' needs lat and lon");
    return rule;
  }
  rule.lat = ParseValue(node["lat"], "'lat'");
  rule.lon = ParseValue(node["lon"], "'lon'");
  // Degrees are numbers whether or not the columns say so.
  for (ValueRule* value : {&rule.lat, &rule.lon}) {
    const FieldType type = value->field.type;
    if (type == FieldType::kAuto || type == FieldType::kString)
      value->field.type = FieldType::kFloat;
  }
  if (const auto name = in_.Text(node, "datum")) {
    const std::optional<Datum> datum = DatumOf(*name);
    if (!datum) in_.Fail(node["datum"], "unknown datum '", *name, "'; known: wgs84, gcj02, bd09");
    rule.datum = datum.value_or(Datum::kWgs84);
  }
  if (const YAML::Node as = node["as"]; as.IsDefined()) {
    if (!in_.Map(as, "'as'", {"lat", "lon", "datum", "point"})) return rule;
    if (as["lat"].IsDefined()) rule.lat_name = in_.Name(as["lat"], "'lat'");
    if (as["lon"].IsDefined()) rule.lon_name = in_.Name(as["lon"], "'lon'");
    if (as["datum"].IsDefined()) rule.datum_name = in_.Name(as["datum"], "'datum'");
    if (as["point"].IsDefined()) rule.point_name = in_.Name(as["point"], "'point'");
  }
  return rule;
}

void MappingParser::ParseWhen(const YAML::Node& node, std::vector<Condition>* out) {
  if (!node.IsSequence()) {
    out->push_back(ParseCondition(node));
    return;
  }
  for (const YAML::Node& element : node) out->push_back(ParseCondition(element));
}

Condition MappingParser::ParseCondition(const YAML::Node& node) {
  Condition condition;
  condition.place = YamlReader::PlaceOf(node);
  if (!in_.Map(node, "'when'", {"column", "is", "not", "present"})) return condition;
  if (node.size() != 2 || !node["column"].IsDefined()) {
    in_.Fail(node, "'when' needs column and one of is, not, present");
    return condition;
  }
  condition.column = in_.Scalar(node["column"], "'column'");
  if (auto texts = in_.Texts(node, "is")) condition.texts = *std::move(texts);
  if (auto texts = in_.Texts(node, "not")) {
    condition.kind = Condition::Kind::kNot;
    condition.texts = *std::move(texts);
  }
  if (const auto present = in_.Flag(node, "present")) {
    condition.kind = *present ? Condition::Kind::kPresent : Condition::Kind::kAbsent;
  }
  return condition;
}

const FieldSpec& MappingParser::FieldOf(const std::string& column) const {
  const auto found = file_->columns.find(column);
  return found == file_->columns.end() ? file_->fallback : found->second;
}

ValueRule MappingParser::ParseValue(const YAML::Node& node, std::string_view what) {
  ValueRule rule;
  rule.place = YamlReader::PlaceOf(node);
  if (!node.IsMap()) {
    rule.column = in_.Scalar(node, what);
    rule.field = FieldOf(rule.column);
    return rule;
  }
  const int kinds = int{node["column"].IsDefined()} + int{node["template"].IsDefined()} +
                    int{node["const"].IsDefined()} + int{node["meta"].IsDefined()};
  if (kinds != 1) {
    in_.Fail(node, what, " needs one of column, template, const, meta");
    return rule;
  }
  if (node["column"].IsDefined()) {
    rule.column = in_.Scalar(node["column"], "'column'");
    rule.field = ParseField(in_, node, FieldOf(rule.column), types_, {"column"});
  } else if (node["template"].IsDefined()) {
    rule.kind = ValueRule::Kind::kTemplate;
    ParseTemplate(node["template"], &rule);
    rule.field = ParseField(in_, node, file_->fallback, types_, {"template"});
  } else if (node["const"].IsDefined()) {
    rule.kind = ValueRule::Kind::kConst;
    rule.constant = ParseConst(node["const"], node);
  } else {
    const std::string meta = in_.Scalar(node["meta"], "'meta'");
    rule.kind = meta == "file"  ? ValueRule::Kind::kMetaFile
                : meta == "row" ? ValueRule::Kind::kMetaRow
                                : ValueRule::Kind::kMetaSource;
    if (meta != "file" && meta != "row" && meta != "source") {
      in_.Fail(node["meta"], "'meta' is file, row or source");
    }
    rule.field = ParseField(in_, node, file_->fallback, types_, {"meta"});
    if (meta == "row" && rule.field.type == FieldType::kAuto) rule.field.type = FieldType::kInteger;
  }
  return rule;
}

void MappingParser::ParseTemplate(const YAML::Node& node, ValueRule* rule) {
  const std::string text = in_.Scalar(node, "'template'");
  std::string literal;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
      literal += c;
      ++i;
    } else if (c == '{') {
      const size_t end = text.find('}', i);
      if (end == std::string::npos || end == i + 1) {
        in_.Fail(node, "the template's '{' has no column and '}' after it");
        return;
      }
      rule->parts.emplace_back(std::move(literal), text.substr(i + 1, end - i - 1));
      literal.clear();
      i = end;
    } else if (c == '}') {
      in_.Fail(node, "the template has a '}' without '{'; write '}}' for a brace");
      return;
    } else {
      literal += c;
    }
  }
  rule->tail = std::move(literal);
  if (rule->parts.empty()) in_.Fail(node, "the template names no column; use const");
}

Value MappingParser::ParseConst(const YAML::Node& node, const YAML::Node& map) {
  const std::string text = in_.Scalar(node, "'const'");
  FieldSpec spec = ParseField(in_, map, file_->fallback, types_, {"const"});
  spec.null_tokens.clear();
  if (!map["type"].IsDefined()) {
    if (node.Tag() == "!") return Value::String(text);
    for (const FieldType type : {FieldType::kInteger, FieldType::kFloat, FieldType::kBoolean}) {
      spec.type = type;
      Converted made = Convert(spec, {text}, absl::UnixEpoch());
      if (made.reason.empty()) return std::move(made.value);
    }
    return Value::String(text);
  }
  Converted made = Convert(spec, {text}, absl::UnixEpoch());
  if (!made.reason.empty()) in_.Fail(node, "the constant '", text, "' ", made.reason);
  return std::move(made.value);
}

}  // namespace

std::string Mapping::At(Place place) const {
  return internal::Join(path, ":", place.line, ":", place.column, ": ");
}

absl::StatusOr<Mapping> ParseMapping(std::string_view yaml, std::string path) {
  if (yaml.size() > kYamlBytesMax) {
    return ResourceExhausted(path, ": ", yaml.size(), " bytes, a mapping may have ", kYamlBytesMax);
  }
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    return MappingParser(path).Parse(root);
  } catch (const YAML::Exception& error) {
    return InvalidArgument(path, ":", error.mark.line + 1, ":", error.mark.column + 1,
                           ": bad YAML: ", error.msg);
  }
}

absl::StatusOr<Mapping> LoadMapping(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound("cannot read mapping ", path, ": ", std::strerror(errno));
  std::string text(kYamlBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) {
    return NotFound("cannot read mapping ", path, ": ", std::strerror(errno));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return ParseMapping(text, path);
}

namespace {

// Types whose values are one key space: text and JSON's own text are.
FieldType KeyClass(const ValueRule& rule) {
  if (rule.kind == ValueRule::Kind::kConst) {
    return rule.constant.kind() == ValueKind::kInteger ? FieldType::kInteger : FieldType::kString;
  }
  return rule.field.type == FieldType::kAuto ? FieldType::kString : rule.field.type;
}

struct SeenKey {
  const Mapping* mapping;
  Place place;
  const PropertyRules* key;
};

absl::Status CheckKey(const Mapping& mapping, const std::string& label, const PropertyRules& key,
                      Place place, std::map<std::string, SeenKey>* seen) {
  const auto [found, fresh] = seen->try_emplace(label, SeenKey{&mapping, place, &key});
  if (fresh) return absl::OkStatus();
  const SeenKey& first = found->second;
  bool same = first.key->size() == key.size();
  for (size_t i = 0; same && i < key.size(); ++i) {
    same = (*first.key)[i].first == key[i].first &&
           KeyClass((*first.key)[i].second) == KeyClass(key[i].second);
  }
  if (same) return absl::OkStatus();
  const auto spell = [](const PropertyRules& rules) {
    std::string text;
    for (const auto& [name, value] : rules) {
      text += internal::Join(text.empty() ? "" : ", ", name, ": ", FieldTypeName(KeyClass(value)));
    }
    return text;
  };
  return InvalidArgument(mapping.At(place), "label ", label, " has the key {", spell(key),
                         "} here and {", spell(*first.key), "} at ", first.mapping->path, ":",
                         first.place.line, ":", first.place.column);
}

}  // namespace

absl::StatusOr<LabelKeys> CollectKeys(const std::vector<Mapping>& mappings) {
  std::map<std::string, SeenKey> seen;
  for (const Mapping& mapping : mappings) {
    for (const FileRule& file : mapping.files) {
      for (const NodeRule& rule : file.nodes) {
        SKEIN_RETURN_IF_ERROR(CheckKey(mapping, rule.labels.front(), rule.key, rule.place, &seen));
      }
      for (const LinkRule& rule : file.links) {
        for (const EndRule* end : {&rule.from, &rule.to}) {
          if (end->node >= 0) continue;
          SKEIN_RETURN_IF_ERROR(CheckKey(mapping, end->label, end->key, end->place, &seen));
          for (const std::string& label : end->or_labels) {
            SKEIN_RETURN_IF_ERROR(CheckKey(mapping, label, end->key, end->place, &seen));
          }
        }
      }
    }
  }
  LabelKeys keys;
  for (const auto& [label, first] : seen) {
    for (const auto& [name, value] : *first.key) keys[label].push_back(name);
  }
  return keys;
}

}  // namespace skein
