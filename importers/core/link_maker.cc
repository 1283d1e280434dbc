#include "importers/core/link_maker.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "importers/core/field_time.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/keys/value_codec.h"

namespace skein {
namespace {

constexpr int64_t kLastSecond = 253'402'128'000;  // of the year 9999, but for its last day

// No step but the type's own changes a text of digits.
bool DigitsStay(const FieldSpec& spec) {
  const bool token_of_digits =
      std::any_of(spec.null_tokens.begin(), spec.null_tokens.end(), [](const std::string& token) {
        return !token.empty() && token[0] >= '0' && token[0] <= '9';
      });
  return !token_of_digits && spec.normalize == FieldSpec::Normal::kNone && spec.replace.empty() &&
         spec.extract == nullptr && spec.letter_case == FieldSpec::Case::kAsIs &&
         spec.values.empty() && spec.split.empty() && !spec.list && spec.checks.empty() &&
         spec.thousands == 0;
}

// Microseconds of an epoch type's unit; 0: no such type, or finer.
int64_t MicrosOf(FieldType type) {
  switch (type) {
    case FieldType::kEpochSeconds:
      return 1'000'000;
    case FieldType::kEpochMillis:
      return 1'000;
    case FieldType::kEpochMicros:
      return 1;
    default:
      return 0;
  }
}

bool IsPlainInteger(const ValueRule& rule) {
  return rule.kind == ValueRule::Kind::kColumn && rule.field.type == FieldType::kInteger &&
         DigitsStay(rule.field);
}

bool ParseDigits(std::string_view text, int64_t* out) {
  constexpr size_t kDigitsMax = 18;
  if (text.empty() || text.size() > kDigitsMax || (text[0] == '0' && text.size() > 1)) return false;
  int64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

// Not empty, and trimming leaves it as it is.
bool IsPlainText(std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
  return !text.empty() && is_plain(text.front()) && is_plain(text.back());
}

struct PlainValue {
  const ValueRule* rule = nullptr;
  size_t column = 0;
  bool digits = false;  // an integer of nothing but digits is itself
  int64_t micros = 0;   // the same of a time
};

struct PlainCondition {
  const Condition* rule = nullptr;
  size_t column = 0;
};

struct PlainLink {
  const LinkRule* rule = nullptr;
  std::vector<PlainCondition> when;
  PlainValue from, to;
  std::vector<std::pair<KeyId, PlainValue>> properties;  // by key
  std::optional<PlainValue> since, until, time;
  bool keeps_time = false;
  KeyId time_as{};
  int twin = 0;
};

class Maker final : public LinkMaker {
 public:
  Maker(const Mapping& mapping, const FileRule& file, absl::Time now)
      : mapping_(mapping), file_(file), now_(now) {}

  absl::Status Bind(const std::vector<std::string>& columns, const KeyOf& key_of);
  bool Make(const Record& record, LinkBlock* block) override;

 private:
  enum class Made : uint8_t { kLink, kNothing, kNotPlain };

  static size_t Column(const std::vector<std::string>& columns, const std::string& name) {
    return static_cast<size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  }
  static PlainValue BindValue(const ValueRule& rule, const std::vector<std::string>& columns);
  bool Text(size_t column, std::string_view* text) const {
    if (column >= record_->fields.size() || record_->fields[column].kind != RawKind::kText) {
      return false;
    }
    *text = record_->fields[column].text;
    return true;
  }
  bool Holds(const PlainLink& rule, bool* holds) const;
  void BindChoice();
  // The rule that the choice's column names; false: that is not plain to see.
  bool Choose(const PlainLink** rule) const;
  bool Integer(const PlainValue& value, int64_t* out) const {
    std::string_view text;
    return Text(value.column, &text) && ParseDigits(text, out);
  }
  bool Evaluate(const PlainValue& value, Value* out) const;
  bool TimeOf(const PlainValue& value, std::optional<TimeUs>* out, Value* kept) const;
  bool MakeValid(const PlainLink& rule, ValidTime* valid, Value* time) const;
  bool PackValues(const PlainLink& rule, const Value& time, std::string* out);
  void Identify(const PlainLink& rule, MadeLink* link);
  Made MakeLink(const PlainLink& rule, LinkBlock* block);

  const Mapping& mapping_;
  const FileRule& file_;
  absl::Time now_;
  std::vector<PlainLink> links_;
  // Where each rule has one condition, that a column is this or that: which rule a text chooses.
  std::optional<size_t> choice_;
  std::vector<std::pair<std::string, size_t>> chosen_;
  const Record* record_ = nullptr;
  Hasher hasher_;
  Identity content_;
  std::string values_;
};

PlainValue Maker::BindValue(const ValueRule& rule, const std::vector<std::string>& columns) {
  PlainValue value;
  value.rule = &rule;
  value.column = Column(columns, rule.column);
  value.digits = IsPlainInteger(rule);
  if (DigitsStay(rule.field)) value.micros = MicrosOf(rule.field.type);
  return value;
}

absl::Status Maker::Bind(const std::vector<std::string>& columns, const KeyOf& key_of) {
  for (size_t l = 0; l < file_.links.size(); ++l) {
    const LinkRule& rule = file_.links[l];
    PlainLink link;
    link.rule = &rule;
    for (const Condition& condition : rule.when) {
      link.when.push_back({&condition, Column(columns, condition.column)});
    }
    link.from = BindValue(rule.from.key[0].second, columns);
    link.to = BindValue(rule.to.key[0].second, columns);
    for (const auto& [name, value] : rule.properties) {
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, key_of(name));
      link.properties.emplace_back(key, BindValue(value, columns));
    }
    if (rule.valid.from) link.since = BindValue(*rule.valid.from, columns);
    if (rule.valid.to) link.until = BindValue(*rule.valid.to, columns);
    if (rule.time) {
      link.time = BindValue(*rule.time, columns);
      link.keeps_time =
          std::none_of(rule.properties.begin(), rule.properties.end(),
                       [&rule](const auto& property) { return property.first == rule.time_as; });
      if (link.keeps_time) {
        SKEIN_ASSIGN_OR_RETURN(link.time_as, key_of(rule.time_as));
        link.properties.emplace_back(link.time_as, PlainValue{});
      }
    }
    std::sort(link.properties.begin(), link.properties.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t other = 0; other < l; ++other) {
      const LinkRule& before = file_.links[other];
      link.twin += before.type == rule.type && before.from.label == rule.from.label &&
                   before.to.label == rule.to.label;
    }
    links_.push_back(std::move(link));
  }
  BindChoice();
  return absl::OkStatus();
}

void Maker::BindChoice() {
  const std::vector<std::string>& nulls = file_.fallback.null_tokens;
  for (size_t l = 0; l < links_.size(); ++l) {
    const std::vector<PlainCondition>& when = links_[l].when;
    if (when.size() != 1 || when[0].rule->kind != Condition::Kind::kIs ||
        when[0].column != links_[0].when[0].column) {
      return;
    }
    for (const std::string& text : when[0].rule->texts) {
      const auto same = [&text](const auto& other) { return other.first == text; };
      if (std::any_of(chosen_.begin(), chosen_.end(), same)) return;
      if (std::find(nulls.begin(), nulls.end(), text) == nulls.end()) chosen_.emplace_back(text, l);
    }
  }
  if (!links_.empty()) choice_ = links_[0].when[0].column;
}

bool Maker::Choose(const PlainLink** rule) const {
  std::string_view text;
  if (!Text(*choice_, &text) || !IsPlainText(text)) return false;
  *rule = nullptr;
  for (const auto& [of, link] : chosen_) {
    if (of == text) *rule = &links_[link];
  }
  return true;
}

// False: whether the conditions hold is not plain to see.
bool Maker::Holds(const PlainLink& rule, bool* holds) const {
  *holds = false;
  for (const PlainCondition& condition : rule.when) {
    std::string_view text;
    if (!Text(condition.column, &text)) return false;
    if (!IsPlainText(text)) return false;
    const std::vector<std::string>& nulls = file_.fallback.null_tokens;
    const bool present = std::find(nulls.begin(), nulls.end(), text) == nulls.end();
    const std::vector<std::string>& texts = condition.rule->texts;
    const bool listed = present && std::find(texts.begin(), texts.end(), text) != texts.end();
    switch (condition.rule->kind) {
      case Condition::Kind::kIs:
        if (!listed) return true;
        break;
      case Condition::Kind::kNot:
        if (listed) return true;
        break;
      case Condition::Kind::kPresent:
        if (!present) return true;
        break;
      case Condition::Kind::kAbsent:
        if (present) return true;
        break;
    }
  }
  *holds = true;
  return true;
}

bool Maker::Evaluate(const PlainValue& value, Value* out) const {
  if (value.rule->kind == ValueRule::Kind::kConst) {
    *out = value.rule->constant;
    return true;
  }
  if (value.column >= record_->fields.size()) return false;
  Converted made = Convert(value.rule->field, record_->fields[value.column], now_);
  if (!made.reason.empty() || made.nulled) return false;
  *out = std::move(made.value);
  return true;
}

// *kept, if wanted: the time as a value.
bool Maker::TimeOf(const PlainValue& value, std::optional<TimeUs>* out, Value* kept) const {
  int64_t count = 0;
  if (kept == nullptr && value.micros != 0 && Integer(value, &count) &&
      count <= kLastSecond * 1'000'000 / value.micros) {
    *out = count * value.micros;
    return true;
  }
  Value made;
  if (!Evaluate(value, &made)) return false;
  out->reset();
  if (!made.is_null()) {
    *out = ToTimeUs(made, mapping_.source.zone);
    if (!out->has_value()) return false;
  }
  if (kept != nullptr) *kept = std::move(made);
  return true;
}

bool Maker::MakeValid(const PlainLink& rule, ValidTime* valid, Value* time) const {
  std::optional<TimeUs> at;
  if (rule.time) {
    if (!TimeOf(*rule.time, &at, rule.keeps_time ? time : nullptr) || !at) return false;
    *valid = {*at, *at + 1};
    return true;
  }
  if (rule.since) {
    if (!TimeOf(*rule.since, &at, nullptr)) return false;
    valid->from = at.value_or(kTimeMin);
  }
  if (rule.until) {
    if (!TimeOf(*rule.until, &at, nullptr)) return false;
    valid->to = at.value_or(kTimeMax);
    if (valid->to < valid->from) return false;
    // A moment holds for its own microsecond: [from, to) would be empty.
    if (valid->to == valid->from) valid->to += 1;
  }
  return true;
}

bool Maker::PackValues(const PlainLink& rule, const Value& time, std::string* out) {
  values_.clear();
  uint64_t n = 0;
  for (const auto& [key, value] : rule.properties) {
    int64_t integer = 0;
    Value made;
    if (value.rule == nullptr) {
      made = time;
    } else if (value.digits && Integer(value, &integer)) {
      made = Value::Integer(integer);
    } else if (!Evaluate(value, &made)) {
      return false;
    }
    if (made.is_null()) continue;
    AppendVarint(&values_, Raw(key));
    if (!CheckStorable(made).ok() || !AppendValue(made, &values_).ok()) return false;
    ++n;
  }
  AppendVarint(out, n);
  *out += values_;
  return true;
}

// As RowMaker's, of the first row of its content.
void Maker::Identify(const PlainLink& rule, MadeLink* link) {
  if (content_.empty()) {
    hasher_.Start("content");
    if (!record_->content.empty()) {
      hasher_.Add(record_->content);
    } else {
      for (const RawField& field : record_->fields) hasher_.Add(field.text);
    }
    content_ = hasher_.Finish();
  }
  hasher_.Start("link");
  hasher_.Add(mapping_.source.name);
  hasher_.Add(rule.rule->type);
  hasher_.Add(rule.rule->from.label);
  hasher_.Add(rule.rule->to.label);
  hasher_.Add(int64_t{rule.twin});
  hasher_.Add(content_);
  hasher_.Add(int64_t{0});
  const Identity identity = hasher_.Finish();
  std::memcpy(link->identity, identity.data(), sizeof(link->identity));
}

Maker::Made Maker::MakeLink(const PlainLink& rule, LinkBlock* block) {
  if (!choice_) {
    bool holds = false;
    if (!Holds(rule, &holds)) return Made::kNotPlain;
    if (!holds) return Made::kNothing;
  }
  MadeLink link;
  link.rule = static_cast<uint32_t>(&rule - links_.data());
  link.row = static_cast<uint32_t>(record_->number);
  Value time;
  if (!Integer(rule.from, &link.from) || !Integer(rule.to, &link.to) ||
      !MakeValid(rule, &link.valid, &time)) {
    return Made::kNotPlain;
  }
  const size_t begin = block->properties.size();
  if (!PackValues(rule, time, &block->properties)) return Made::kNotPlain;
  link.properties_begin = static_cast<uint32_t>(begin);
  link.properties_bytes = static_cast<uint32_t>(block->properties.size() - begin);
  if (!rule.rule->sighting) Identify(rule, &link);
  block->links.push_back(link);
  return Made::kLink;
}

bool Maker::Make(const Record& record, LinkBlock* block) {
  record_ = &record;
  content_.clear();
  const size_t links = block->links.size(), properties = block->properties.size();
  if (choice_) {
    const PlainLink* rule = nullptr;
    if (!Choose(&rule)) return false;
    if (rule == nullptr || MakeLink(*rule, block) != Made::kNotPlain) return true;
    block->properties.resize(properties);
    return false;
  }
  for (const PlainLink& rule : links_) {
    if (MakeLink(rule, block) != Made::kNotPlain) continue;
    block->links.resize(links);
    block->properties.resize(properties);
    return false;
  }
  return true;
}

}  // namespace

bool LinkMaker::Suits(const FileRule& file) {
  const auto value_suits = [](const ValueRule& rule) {
    return rule.kind == ValueRule::Kind::kColumn || rule.kind == ValueRule::Kind::kConst;
  };
  const auto suits = [&](const LinkRule& rule) {
    const auto end_suits = [](const EndRule& end) {
      return end.node < 0 && end.key.size() == 1 && IsPlainInteger(end.key[0].second);
    };
    const auto time_suits = [](const std::optional<ValueRule>& time) {
      return !time || time->kind == ValueRule::Kind::kColumn;
    };
    return (rule.sighting || rule.key.empty()) && !rule.others && !rule.position &&
           end_suits(rule.from) && end_suits(rule.to) && time_suits(rule.time) &&
           time_suits(rule.valid.from) && time_suits(rule.valid.to) &&
           !(rule.sighting && (rule.valid.from || rule.valid.to)) &&
           std::all_of(rule.properties.begin(), rule.properties.end(),
                       [&](const auto& property) { return value_suits(property.second); });
  };
  return file.nodes.empty() && !file.links.empty() &&
         std::all_of(file.links.begin(), file.links.end(), suits);
}

absl::StatusOr<std::unique_ptr<LinkMaker>> LinkMaker::Create(
    const Mapping& mapping, const FileRule& file, const std::vector<std::string>& columns,
    const KeyOf& key_of, absl::Time now) {
  auto maker = std::make_unique<Maker>(mapping, file, now);
  SKEIN_RETURN_IF_ERROR(maker->Bind(columns, key_of));
  return maker;
}

}  // namespace skein
