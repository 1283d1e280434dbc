#include "importers/core/row_maker.h"

#include <algorithm>
#include <functional>
#include <set>

#include "importers/core/field_time.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"

namespace skein {
namespace {

// A value rule with its columns resolved to positions.
struct BoundValue {
  const ValueRule* rule = nullptr;
  std::vector<int> columns;  // one for kColumn, one per part of a template; −1: not in the file
};

struct BoundCondition {
  const Condition* rule = nullptr;
  int column = -1;
};

using BoundProperties = std::vector<std::pair<uint32_t, BoundValue>>;

struct BoundBase {
  const RuleBase* rule = nullptr;
  BoundProperties properties;
  std::vector<BoundCondition> when;
  std::optional<std::pair<BoundValue, BoundValue>> position;
  uint32_t lat = 0, lon = 0, datum = 0, point = 0;
  std::optional<BoundValue> from, to;
  std::vector<bool> used;  // by column, for `others`
};

struct BoundNode : BoundBase {
  const NodeRule* node = nullptr;
  uint32_t label = 0;
  BoundProperties key;
};

struct BoundEnd {
  int node = -1;
  uint32_t label = 0;
  std::vector<uint32_t> or_labels;
  BoundProperties key;
};

struct BoundLink : BoundBase {
  const LinkRule* link = nullptr;
  uint32_t type = 0;
  std::string from_label, to_label;
  int twin = 0;  // number of earlier rules of the file with equal type and labels
  BoundEnd from, to;
  std::vector<int> key;
  std::optional<BoundValue> time;
  uint32_t time_as = 0;
  bool keeps_time = false;  // no property of the rule takes the place of time_as
};

enum class Outcome : uint8_t { kMade, kNothing, kRefused };

class Maker final : public RowMaker {
 public:
  Maker(const Mapping& mapping, const FileRule& file, std::string file_name,
        const std::vector<std::string>& columns, bool open_columns, NameTable& names,
        absl::Time now)
      : mapping_(mapping),
        file_(file),
        file_name_(std::move(file_name)),
        columns_(columns),
        open_columns_(open_columns),
        names_(names),
        now_(now) {
    condition_text_.type = FieldType::kString;
    condition_text_.trim = true;
    condition_text_.null_tokens = file_.fallback.null_tokens;
  }

  absl::Status Bind();

  bool Make(const Record& record, uint32_t ordinal, Row* row, Rejection* why) override;
  bool needs_ordinals() const override { return needs_ordinals_; }
  uint64_t ContentHash(const Record& record) override;
  void KeyHashes(const Record& record, std::vector<std::pair<uint64_t, uint64_t>>* out) override;

 private:
  // Binding.
  absl::StatusOr<int> Column(const std::string& name, Place place);
  absl::StatusOr<BoundValue> BindValue(const ValueRule& rule, std::vector<bool>* used);
  absl::Status BindProperties(const PropertyRules& rules, std::vector<bool>* used,
                              BoundProperties* out);
  absl::Status BindBase(const RuleBase& rule, BoundBase* out);
  absl::Status CheckOthers(const BoundBase& rule, const std::vector<uint32_t>& more);
  absl::Status BindNode(const NodeRule& rule);
  absl::Status BindLink(const LinkRule& rule);
  absl::Status BindEnd(const EndRule& rule, std::vector<bool>* used, BoundEnd* out,
                       std::string* label);

  // Making.
  Value Evaluate(const BoundValue& value);
  Converted EvaluateTemplate(const BoundValue& value);
  RawField FieldAt(int column) const {
    if (column < 0 || static_cast<size_t>(column) >= record_->fields.size()) {
      return {"", RawKind::kMissing};
    }
    return record_->fields[static_cast<size_t>(column)];
  }
  void Refuse(const BoundValue& value, std::string reason);
  bool Holds(const BoundBase& rule) const;
  Outcome MakeKey(const BoundProperties& rules, bool optional, uint32_t label, NodeKey* out);
  Identity KeyIdentity(uint32_t label, const NamedValues& key);
  Outcome MakeEnd(const BoundEnd& end, bool optional, NodeKey* out);
  bool MakeBase(const BoundBase& rule, NamedValues* properties, std::optional<ValidTime>* valid);
  bool MakePosition(const BoundBase& rule, NamedValues* properties);
  bool MakeValid(const BoundBase& rule, std::optional<ValidTime>* valid);
  bool TimeOf(const BoundValue& rule, std::optional<TimeUs>* out);
  bool MakeOthers(const BoundBase& rule, NamedValues* properties);
  bool MakeNode(size_t index, Row* row);
  bool MakeLink(const BoundLink& rule, uint32_t ordinal, Row* row);
  Identity LinkIdentity(const BoundLink& rule, const LinkRow& link, uint32_t ordinal);
  const Identity& Content();

  const Mapping& mapping_;
  const FileRule& file_;
  std::string file_name_;
  const std::vector<std::string>& columns_;  // the reader's: may grow
  bool open_columns_;
  NameTable& names_;
  absl::Time now_;
  FieldSpec condition_text_;  // how conditions read their columns
  std::vector<BoundNode> nodes_;
  std::vector<BoundLink> links_;
  bool needs_ordinals_ = false;

  // Of the record being made.
  const Record* record_ = nullptr;
  Rejection* why_ = nullptr;
  bool refused_ = false;
  uint64_t nulled_ = 0;
  std::vector<int> node_of_rule_;  // index into row->nodes, −1: the rule made nothing
  Row* row_ = nullptr;
  Identity content_;
  Hasher hasher_;
  std::vector<uint32_t> column_names_;  // of `others`, by column
};

absl::StatusOr<int> Maker::Column(const std::string& name, Place place) {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found != columns_.end()) return static_cast<int>(found - columns_.begin());
  if (open_columns_) return -1;
  std::string known;
  for (size_t i = 0; i < columns_.size() && i < 20; ++i) {
    known += internal::Join(i == 0 ? "" : ", ", columns_[i]);
  }
  if (columns_.size() > 20) known += ", …";
  return InvalidArgument(mapping_.At(place), file_name_, " has no column '", name,
                         "'; it has: ", known);
}

absl::StatusOr<BoundValue> Maker::BindValue(const ValueRule& rule, std::vector<bool>* used) {
  BoundValue bound;
  bound.rule = &rule;
  const auto bind = [&](const std::string& name) -> absl::Status {
    SKEIN_ASSIGN_OR_RETURN(const int column, Column(name, rule.place));
    bound.columns.push_back(column);
    if (column >= 0) (*used)[static_cast<size_t>(column)] = true;
    return absl::OkStatus();
  };
  if (rule.kind == ValueRule::Kind::kColumn) SKEIN_RETURN_IF_ERROR(bind(rule.column));
  for (const auto& [literal, column] : rule.parts) SKEIN_RETURN_IF_ERROR(bind(column));
  return bound;
}

absl::Status Maker::BindProperties(const PropertyRules& rules, std::vector<bool>* used,
                                   BoundProperties* out) {
  for (const auto& [name, rule] : rules) {
    SKEIN_ASSIGN_OR_RETURN(BoundValue value, BindValue(rule, used));
    out->emplace_back(names_.Intern(name), std::move(value));
  }
  return absl::OkStatus();
}

absl::Status Maker::BindBase(const RuleBase& rule, BoundBase* out) {
  out->rule = &rule;
  out->used.resize(columns_.size());
  SKEIN_RETURN_IF_ERROR(BindProperties(rule.properties, &out->used, &out->properties));
  for (const Condition& condition : rule.when) {
    SKEIN_ASSIGN_OR_RETURN(const int column, Column(condition.column, condition.place));
    out->when.push_back({&condition, column});
  }
  if (rule.position) {
    SKEIN_ASSIGN_OR_RETURN(BoundValue lat, BindValue(rule.position->lat, &out->used));
    SKEIN_ASSIGN_OR_RETURN(BoundValue lon, BindValue(rule.position->lon, &out->used));
    out->position = {std::move(lat), std::move(lon)};
    out->lat = names_.Intern(rule.position->lat_name);
    out->lon = names_.Intern(rule.position->lon_name);
    out->datum = names_.Intern(rule.position->datum_name);
    if (!rule.position->point_name.empty()) out->point = names_.Intern(rule.position->point_name);
  }
  if (rule.valid.from) {
    SKEIN_ASSIGN_OR_RETURN(out->from, BindValue(*rule.valid.from, &out->used));
  }
  if (rule.valid.to) {
    SKEIN_ASSIGN_OR_RETURN(out->to, BindValue(*rule.valid.to, &out->used));
  }
  for (const std::string& name : rule.others_except) {
    SKEIN_ASSIGN_OR_RETURN(const int column, Column(name, rule.place));
    if (column >= 0) out->used[static_cast<size_t>(column)] = true;
  }
  return absl::OkStatus();
}

// A column whose own name is that of a property which the rule makes otherwise would set it twice.
absl::Status Maker::CheckOthers(const BoundBase& rule, const std::vector<uint32_t>& more) {
  if (!rule.rule->others) return absl::OkStatus();
  std::set<std::string> names;
  for (const auto& [name, value] : rule.properties) names.insert(names_.Name(name));
  for (const uint32_t name : more) names.insert(names_.Name(name));
  if (rule.position) {
    names.insert({names_.Name(rule.lat), names_.Name(rule.lon), names_.Name(rule.datum)});
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (rule.used[i] || !names.contains(columns_[i])) continue;
    return InvalidArgument(mapping_.At(rule.rule->place), "'others' would make property '",
                           columns_[i],
                           "' of the column of that name, and the rule makes it "
                           "already; leave it out with {except: [",
                           columns_[i], "]}");
  }
  return absl::OkStatus();
}

absl::Status Maker::BindNode(const NodeRule& rule) {
  BoundNode bound;
  bound.node = &rule;
  bound.label = names_.Intern(rule.labels.front());
  SKEIN_RETURN_IF_ERROR(BindBase(rule, &bound));
  SKEIN_RETURN_IF_ERROR(BindProperties(rule.key, &bound.used, &bound.key));
  std::vector<uint32_t> keys;
  for (const auto& [name, value] : bound.key) keys.push_back(name);
  SKEIN_RETURN_IF_ERROR(CheckOthers(bound, keys));
  nodes_.push_back(std::move(bound));
  return absl::OkStatus();
}

absl::Status Maker::BindEnd(const EndRule& rule, std::vector<bool>* used, BoundEnd* out,
                            std::string* label) {
  out->node = rule.node;
  *label = rule.node >= 0 ? file_.nodes[static_cast<size_t>(rule.node)].labels.front() : rule.label;
  if (rule.node >= 0) return absl::OkStatus();
  out->label = names_.Intern(rule.label);
  for (const std::string& other : rule.or_labels) out->or_labels.push_back(names_.Intern(other));
  return BindProperties(rule.key, used, &out->key);
}

absl::Status Maker::BindLink(const LinkRule& rule) {
  BoundLink bound;
  bound.link = &rule;
  bound.type = names_.Intern(rule.type);
  SKEIN_RETURN_IF_ERROR(BindBase(rule, &bound));
  SKEIN_RETURN_IF_ERROR(BindEnd(rule.from, &bound.used, &bound.from, &bound.from_label));
  SKEIN_RETURN_IF_ERROR(BindEnd(rule.to, &bound.used, &bound.to, &bound.to_label));
  for (const std::string& name : rule.key) {
    SKEIN_ASSIGN_OR_RETURN(const int column, Column(name, rule.place));
    bound.key.push_back(column);
  }
  if (rule.time) {
    SKEIN_ASSIGN_OR_RETURN(bound.time, BindValue(*rule.time, &bound.used));
    bound.time_as = names_.Intern(rule.time_as);
    bound.keeps_time =
        std::none_of(rule.properties.begin(), rule.properties.end(),
                     [&rule](const auto& property) { return property.first == rule.time_as; });
  }
  SKEIN_RETURN_IF_ERROR(CheckOthers(
      bound, bound.keeps_time ? std::vector<uint32_t>{bound.time_as} : std::vector<uint32_t>{}));
  for (const BoundLink& other : links_) {
    bound.twin += other.type == bound.type && other.from_label == bound.from_label &&
                  other.to_label == bound.to_label;
  }
  if (!rule.sighting && rule.key.empty()) needs_ordinals_ = true;
  links_.push_back(std::move(bound));
  return absl::OkStatus();
}

absl::Status Maker::Bind() {
  for (const auto& [name, place] : file_.column_places) {
    SKEIN_RETURN_IF_ERROR(Column(name, place).status());
  }
  for (const NodeRule& rule : file_.nodes) SKEIN_RETURN_IF_ERROR(BindNode(rule));
  for (const LinkRule& rule : file_.links) SKEIN_RETURN_IF_ERROR(BindLink(rule));
  return absl::OkStatus();
}

void Maker::Refuse(const BoundValue& value, std::string reason) {
  refused_ = true;
  why_->reason = std::move(reason);
  why_->column.clear();
  why_->value.clear();
  for (const int column : value.columns) {
    if (column < 0) continue;
    if (!why_->column.empty()) {
      why_->column += ",";
      why_->value += ",";
    }
    why_->column += columns_[static_cast<size_t>(column)];
    why_->value += Excerpt(FieldAt(column).text);
  }
  if (why_->column.empty()) why_->column = value.rule->column;
}

Converted Maker::EvaluateTemplate(const BoundValue& value) {
  std::string text;
  for (size_t i = 0; i < value.columns.size(); ++i) {
    // Parts are texts: their columns' null tokens and trimming count, their types do not.
    const auto found = file_.columns.find(value.rule->parts[i].second);
    FieldSpec spec = found == file_.columns.end() ? file_.fallback : found->second;
    spec.type = FieldType::kString;
    spec.checks.clear();
    const Converted part = Convert(spec, FieldAt(value.columns[i]), now_);
    if (!part.reason.empty()) return part;
    if (part.value.is_null()) return Convert(value.rule->field, {"", RawKind::kMissing}, now_);
    text += value.rule->parts[i].first;
    text += part.value.string();
  }
  text += value.rule->tail;
  return Convert(value.rule->field, {text}, now_);
}

Value Maker::Evaluate(const BoundValue& value) {
  Converted made;
  std::string meta;
  switch (value.rule->kind) {
    case ValueRule::Kind::kColumn:
      made = Convert(value.rule->field, FieldAt(value.columns[0]), now_);
      break;
    case ValueRule::Kind::kTemplate:
      made = EvaluateTemplate(value);
      break;
    case ValueRule::Kind::kConst:
      return value.rule->constant;
    case ValueRule::Kind::kMetaFile:
      made = Convert(value.rule->field, {file_name_}, now_);
      break;
    case ValueRule::Kind::kMetaRow:
      meta = std::to_string(record_->number);
      made = Convert(value.rule->field, {meta}, now_);
      break;
    case ValueRule::Kind::kMetaSource:
      made = Convert(value.rule->field, {mapping_.source.name}, now_);
      break;
  }
  if (!made.reason.empty()) Refuse(value, std::move(made.reason));
  nulled_ += made.nulled;
  return std::move(made.value);
}

bool Maker::Holds(const BoundBase& rule) const {
  for (const BoundCondition& condition : rule.when) {
    const Converted made = Convert(condition_text_, FieldAt(condition.column), now_);
    const bool present = !made.value.is_null();
    const std::vector<std::string>& texts = condition.rule->texts;
    const bool listed =
        present && std::find(texts.begin(), texts.end(), made.value.string()) != texts.end();
    switch (condition.rule->kind) {
      case Condition::Kind::kIs:
        if (!listed) return false;
        break;
      case Condition::Kind::kNot:
        if (listed) return false;
        break;
      case Condition::Kind::kPresent:
        if (!present) return false;
        break;
      case Condition::Kind::kAbsent:
        if (present) return false;
        break;
    }
  }
  return true;
}

Outcome Maker::MakeKey(const BoundProperties& rules, bool optional, uint32_t label, NodeKey* out) {
  out->label = label;
  out->key.clear();
  for (const auto& [name, rule] : rules) {
    Value value = Evaluate(rule);
    if (refused_) return Outcome::kRefused;
    if (value.is_null()) {
      if (optional) return Outcome::kNothing;
      Refuse(rule, "is missing, and it is a key");
      return Outcome::kRefused;
    }
    out->key.emplace_back(name, std::move(value));
  }
  out->identity = KeyIdentity(label, out->key);
  return Outcome::kMade;
}

Identity Maker::KeyIdentity(uint32_t label, const NamedValues& key) {
  return NodeIdentity(hasher_, names_, label, key);
}

bool Maker::TimeOf(const BoundValue& rule, std::optional<TimeUs>* out) {
  const Value value = Evaluate(rule);
  if (refused_) return false;
  out->reset();
  if (value.is_null()) return true;
  *out = ToTimeUs(value, mapping_.source.zone);
  if (out->has_value()) return true;
  Refuse(rule, "is no moment: a date, localdatetime, datetime or epoch type is needed");
  return false;
}

bool Maker::MakeValid(const BoundBase& rule, std::optional<ValidTime>* valid) {
  if (!rule.from && !rule.to) return true;
  ValidTime made;
  std::optional<TimeUs> time;
  if (rule.from) {
    if (!TimeOf(*rule.from, &time)) return false;
    made.from = time.value_or(kTimeMin);
  }
  if (rule.to) {
    if (!TimeOf(*rule.to, &time)) return false;
    made.to = time.value_or(kTimeMax);
    if (made.to < made.from) {
      Refuse(*rule.to, "ends before it begins");
      return false;
    }
    // A moment holds for its own microsecond: [from, to) would be empty.
    if (made.to == made.from) made.to += 1;
  }
  *valid = made;
  return true;
}

bool Maker::MakePosition(const BoundBase& rule, NamedValues* properties) {
  if (!rule.position) return true;
  const Value lat = Evaluate(rule.position->first);
  const Value lon = refused_ ? Value() : Evaluate(rule.position->second);
  if (refused_) return false;
  if (lat.is_null() && lon.is_null()) return true;
  if (!lat.is_number() || std::abs(lat.number()) > 90) {
    Refuse(rule.position->first,
           lat.is_null() ? "is missing beside a longitude" : "is no latitude from -90 to 90");
    return false;
  }
  if (!lon.is_number() || std::abs(lon.number()) > 180) {
    Refuse(rule.position->second,
           lon.is_null() ? "is missing beside a latitude" : "is no longitude from -180 to 180");
    return false;
  }
  const PositionRule& position = *rule.rule->position;
  const Degrees at = ToWgs84(position.datum, {lat.number(), lon.number()});
  properties->emplace_back(rule.lat, Value::Float(at.lat));
  properties->emplace_back(rule.lon, Value::Float(at.lon));
  properties->emplace_back(rule.datum, Value::String(std::string(DatumName(position.datum))));
  if (!position.point_name.empty()) {
    Point point;
    point.x = at.lon;
    point.y = at.lat;
    properties->emplace_back(rule.point, Value::Of(point));
  }
  return true;
}

bool Maker::MakeOthers(const BoundBase& rule, NamedValues* properties) {
  if (!rule.rule->others) return true;
  for (size_t i = 0; i < record_->fields.size() && i < columns_.size(); ++i) {
    if (i < rule.used.size() && rule.used[i]) continue;
    // A JSON pointer is a way to a value, not a name of it.
    if (open_columns_ && columns_[i].starts_with("/")) continue;
    while (column_names_.size() <= i) {
      column_names_.push_back(names_.Intern(columns_[column_names_.size()]));
    }
    const auto found = file_.columns.find(columns_[i]);
    const FieldSpec& spec = found == file_.columns.end() ? file_.fallback : found->second;
    Converted made = Convert(spec, record_->fields[i], now_);
    nulled_ += made.nulled;
    if (!made.reason.empty()) {
      refused_ = true;
      *why_ = {columns_[i], Excerpt(record_->fields[i].text), std::move(made.reason)};
      return false;
    }
    if (!made.value.is_null()) properties->emplace_back(column_names_[i], std::move(made.value));
  }
  return true;
}

bool Maker::MakeBase(const BoundBase& rule, NamedValues* properties,
                     std::optional<ValidTime>* valid) {
  for (const auto& [name, value] : rule.properties) {
    Value made = Evaluate(value);
    if (refused_) return false;
    if (!made.is_null()) properties->emplace_back(name, std::move(made));
  }
  return MakePosition(rule, properties) && MakeOthers(rule, properties) && MakeValid(rule, valid);
}

bool Maker::MakeNode(size_t index, Row* row) {
  const BoundNode& rule = nodes_[index];
  if (!Holds(rule)) return true;
  NodeRow node;
  node.rule = rule.node;
  switch (MakeKey(rule.key, rule.rule->optional, rule.label, &node.key)) {
    case Outcome::kRefused:
      return false;
    case Outcome::kNothing:
      return true;
    case Outcome::kMade:
      break;
  }
  if (!MakeBase(rule, &node.properties, &node.valid)) return false;
  node_of_rule_[index] = static_cast<int>(row->nodes.size());
  row->nodes.push_back(std::move(node));
  return true;
}

Outcome Maker::MakeEnd(const BoundEnd& end, bool optional, NodeKey* out) {
  if (end.node < 0) {
    const Outcome outcome = MakeKey(end.key, optional, end.label, out);
    if (outcome != Outcome::kMade) return outcome;
    for (const uint32_t label : end.or_labels) {
      out->others.emplace_back(label, KeyIdentity(label, out->key));
    }
    return outcome;
  }
  const int at = node_of_rule_[static_cast<size_t>(end.node)];
  if (at < 0) return Outcome::kNothing;
  *out = row_->nodes[static_cast<size_t>(at)].key;
  return Outcome::kMade;
}

const Identity& Maker::Content() {
  if (!content_.empty()) return content_;
  hasher_.Start("content");
  if (!record_->content.empty()) {
    hasher_.Add(record_->content);
  } else {
    for (const RawField& field : record_->fields) hasher_.Add(field.text);
  }
  content_ = hasher_.Finish();
  return content_;
}

uint64_t Maker::ContentHash(const Record& record) {
  record_ = &record;
  content_.clear();
  return Short(Content());
}

Identity Maker::LinkIdentity(const BoundLink& rule, const LinkRow& link, uint32_t ordinal) {
  if (rule.link->sighting) {
    // A set: equal type, ends, time and properties are one, whatever the source's other columns.
    hasher_.Start("sighting");
    hasher_.Add(rule.link->type);
    hasher_.Add(link.from.identity);
    hasher_.Add(link.to.identity);
    hasher_.Add(link.valid->from);
    // What only some may see does not stand in for what everyone may.
    const Policy& policy = rule.rule->policy ? *rule.rule->policy : file_.policy;
    hasher_.Add(policy.owner_unit);
    hasher_.Add(policy.compartment);
    hasher_.Add(policy.handling_code);
    std::vector<std::pair<std::string_view, const Value*>> sorted;
    for (const auto& [name, value] : link.properties) {
      sorted.emplace_back(names_.Name(name), &value);
    }
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [name, value] : sorted) {
      hasher_.Add(name);
      hasher_.Add(*value);
    }
    return hasher_.Finish();
  }
  const Identity content = rule.key.empty() ? Content() : Identity();
  hasher_.Start(rule.key.empty() ? "link" : "keyed link");
  hasher_.Add(mapping_.source.name);
  hasher_.Add(rule.link->type);
  hasher_.Add(rule.from_label);
  hasher_.Add(rule.to_label);
  hasher_.Add(int64_t{rule.twin});
  if (rule.key.empty()) {
    hasher_.Add(content);
    hasher_.Add(int64_t{0});
    return RepeatIdentity(hasher_.Finish(), ordinal);
  }
  for (const int column : rule.key) hasher_.Add(FieldAt(column).text);
  return hasher_.Finish();
}

bool Maker::MakeLink(const BoundLink& rule, uint32_t ordinal, Row* row) {
  if (!Holds(rule)) return true;
  LinkRow link;
  link.rule = rule.link;
  link.type = rule.type;
  for (const auto& [end, key] : {std::pair(&rule.from, &link.from), {&rule.to, &link.to}}) {
    const Outcome outcome = MakeEnd(*end, rule.rule->optional, key);
    if (outcome != Outcome::kMade) return outcome == Outcome::kNothing;
  }
  if (!MakeBase(rule, &link.properties, &link.valid)) return false;
  if (rule.time) {
    Value time = Evaluate(*rule.time);
    if (refused_) return false;
    const std::optional<TimeUs> at = ToTimeUs(time, mapping_.source.zone);
    if (!at) {
      Refuse(*rule.time, time.is_null() ? "is missing, and it is the sighting's time"
                                        : "is no moment: a time type is needed");
      return false;
    }
    link.valid = ValidTime{*at, *at + 1};
    if (rule.keeps_time) link.properties.emplace_back(rule.time_as, std::move(time));
  }
  link.identity = LinkIdentity(rule, link, ordinal);
  row->links.push_back(std::move(link));
  return true;
}

size_t BytesOf(const NamedValues& values) {
  size_t bytes = values.size() * sizeof(values[0]);
  for (const auto& [name, value] : values) bytes += value.HeapBytes();
  return bytes;
}

bool Maker::Make(const Record& record, uint32_t ordinal, Row* row, Rejection* why) {
  record_ = &record;
  why_ = why;
  row_ = row;
  refused_ = false;
  nulled_ = 0;
  content_.clear();
  row->number = record.number;
  row->nodes.clear();
  row->links.clear();
  node_of_rule_.assign(nodes_.size(), -1);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!MakeNode(i, row)) return false;
  }
  for (const BoundLink& rule : links_) {
    if (!MakeLink(rule, ordinal, row)) return false;
  }
  row->nulled = nulled_;
  row->bytes = sizeof(Row);
  for (const NodeRow& node : row->nodes) {
    row->bytes += sizeof node + BytesOf(node.properties) + BytesOf(node.key.key);
  }
  for (const LinkRow& link : row->links) {
    row->bytes +=
        sizeof link + BytesOf(link.properties) + BytesOf(link.from.key) + BytesOf(link.to.key);
  }
  return true;
}

void Maker::KeyHashes(const Record& record, std::vector<std::pair<uint64_t, uint64_t>>* out) {
  out->clear();
  Rejection ignored;
  record_ = &record;
  why_ = &ignored;
  for (const BoundNode& rule : nodes_) {
    if (rule.properties.empty() && !rule.rule->others && !rule.position) continue;
    refused_ = false;
    NodeKey key;
    if (!Holds(rule) ||
        MakeKey(rule.key, rule.rule->optional, rule.label, &key) != Outcome::kMade) {
      continue;
    }
    hasher_.Start("texts");
    for (size_t i = 0; i < record.fields.size(); ++i) {
      if ((i < rule.used.size() && rule.used[i]) || rule.rule->others) {
        hasher_.Add(record.fields[i].text);
      }
    }
    out->emplace_back(Short(key.identity), Short(hasher_.Finish()));
  }
}

void CollectColumns(const ValueRule& rule, std::vector<std::string>* out) {
  if (rule.kind == ValueRule::Kind::kColumn) out->push_back(rule.column);
  for (const auto& [literal, column] : rule.parts) out->push_back(column);
}

void CollectBase(const RuleBase& rule, std::vector<std::string>* out) {
  for (const auto& [name, value] : rule.properties) CollectColumns(value, out);
  for (const Condition& condition : rule.when) out->push_back(condition.column);
  out->insert(out->end(), rule.others_except.begin(), rule.others_except.end());
  if (rule.position) {
    CollectColumns(rule.position->lat, out);
    CollectColumns(rule.position->lon, out);
  }
  if (rule.valid.from) CollectColumns(*rule.valid.from, out);
  if (rule.valid.to) CollectColumns(*rule.valid.to, out);
}

}  // namespace

Identity NodeIdentity(Hasher& hasher, const NameTable& names, uint32_t label,
                      const NamedValues& key) {
  hasher.Start("node");
  hasher.Add(names.Name(label));
  for (const auto& [name, value] : key) {
    hasher.Add(names.Name(name));
    hasher.Add(value);
  }
  return hasher.Finish();
}

uint32_t NameTable::Intern(std::string_view name) {
  const auto found = numbers_.find(ToAbsl(name));
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<uint32_t>(names_.size());
  names_.emplace_back(name);
  numbers_.emplace(names_.back(), number);
  return number;
}

absl::StatusOr<std::unique_ptr<RowMaker>> RowMaker::Create(
    const Mapping& mapping, const FileRule& file, std::string file_name,
    const std::vector<std::string>& columns, bool open_columns, NameTable& names, absl::Time now) {
  auto maker = std::make_unique<Maker>(mapping, file, std::move(file_name), columns, open_columns,
                                       names, now);
  SKEIN_RETURN_IF_ERROR(maker->Bind());
  return maker;
}

std::vector<std::string> UsedColumns(const FileRule& file, std::vector<std::string>* lists) {
  std::vector<std::string> all;
  for (const NodeRule& rule : file.nodes) {
    CollectBase(rule, &all);
    for (const auto& [name, value] : rule.key) CollectColumns(value, &all);
  }
  for (const LinkRule& rule : file.links) {
    CollectBase(rule, &all);
    for (const EndRule* end : {&rule.from, &rule.to}) {
      for (const auto& [name, value] : end->key) CollectColumns(value, &all);
    }
    for (const std::string& column : rule.key) all.push_back(column);
    if (rule.time) CollectColumns(*rule.time, &all);
  }
  lists->clear();
  for (const auto& [name, spec] : file.columns) {
    all.push_back(name);
    if (spec.list) lists->push_back(name);
  }
  std::vector<std::string> unique;
  std::set<std::string> seen;
  for (std::string& name : all) {
    if (seen.insert(name).second) unique.push_back(std::move(name));
  }
  return unique;
}

bool UsesOthers(const FileRule& file) {
  const auto others = [](const RuleBase& rule) { return rule.others; };
  return std::any_of(file.nodes.begin(), file.nodes.end(), others) ||
         std::any_of(file.links.begin(), file.links.end(), others);
}

}  // namespace skein
