#include "importers/core/field_parse.h"

#include <re2/re2.h>

#include <algorithm>

#include "importers/core/field_time.h"
#include "storage/base/civil.h"

namespace skein {
namespace {

constexpr std::string_view kOptions[] = {
    "type",  "trim",   "null",      "normalize",     "replace",  "extract",
    "case",  "values", "otherwise", "default",       "required", "split",
    "list",  "true",   "false",     "leading_zeros", "decimal",  "thousands",
    "scale", "format", "zone",      "unit",          "checks",   "on_error"};

// Of `defaults`: options that make sense for every column. ("format" is the file's there.)
constexpr std::string_view kDefaultOptions[] = {
    "trim", "null", "normalize", "zone", "decimal", "thousands", "true", "false", "on_error"};

std::shared_ptr<const re2::RE2> Regex(YamlReader& in, const YAML::Node& node, int groups) {
  const std::string pattern = in.Scalar(node, "a regular expression");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  auto regex = std::make_shared<const re2::RE2>(pattern, options);
  if (!regex->ok()) {
    in.Fail(node, "bad regular expression '", pattern, "': ", regex->error());
    return nullptr;
  }
  if (groups >= 0 && regex->NumberOfCapturingGroups() != groups) {
    in.Fail(node, "the regular expression must have ", groups, " group(s) in parentheses, has ",
            regex->NumberOfCapturingGroups());
    return nullptr;
  }
  return regex;
}

char OneCharacter(YamlReader& in, const YAML::Node& map, const char* key) {
  const std::string text = in.Scalar(map[key], "'" + std::string(key) + "'");
  if (text.size() != 1 || (text[0] >= '0' && text[0] <= '9')) {
    in.Fail(map[key], "'", key, "' must be one character that is no digit");
    return 0;
  }
  return text[0];
}

OnMiss ParseOnMiss(YamlReader& in, const YAML::Node& map, const char* key, bool keep_allowed) {
  const YAML::Node node = map[key];
  // `null` unquoted is YAML's null; it says the same here.
  const std::string text = node.IsNull() ? "null" : in.Scalar(node, "'" + std::string(key) + "'");
  if (text == "reject") return OnMiss::kReject;
  if (text == "null") return OnMiss::kNull;
  if (text == "keep" && keep_allowed) return OnMiss::kKeep;
  in.Fail(node, "'", key, "' must be reject", keep_allowed ? ", keep" : "", " or null");
  return OnMiss::kReject;
}

Value Bound(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return Value::String(text);
  FieldSpec number;
  number.type = FieldType::kInteger;
  Converted made = Convert(number, {text}, absl::UnixEpoch());
  if (!made.reason.empty()) {
    number.type = FieldType::kFloat;
    made = Convert(number, {text}, absl::UnixEpoch());
  }
  return made.reason.empty() ? made.value : Value::String(text);
}

Check ParseCheck(YamlReader& in, const YAML::Node& node) {
  Check check;
  if (node.IsScalar()) {
    std::optional<Check> named = FindCheck(node.Scalar());
    if (named) return *std::move(named);
    in.Fail(node, "unknown check '", node.Scalar(), "'; known: ", CheckNames());
    return check;
  }
  if (!in.Map(node, "a check", {"regex", "min", "max", "min_length", "max_length", "one_of"})) {
    return check;
  }
  if (node.size() != 1) {
    in.Fail(node, "a check has one key; write a list element for each");
    return check;
  }
  const std::string key = node.begin()->first.Scalar();
  const YAML::Node value = node.begin()->second;
  if (key == "regex") {
    check.kind = Check::Kind::kRegex;
    check.regex = Regex(in, value, -1);
  } else if (key == "one_of") {
    check.kind = Check::Kind::kOneOf;
    check.one_of = in.Texts(node, "one_of").value_or(std::vector<std::string>{});
  } else if (key == "min_length" || key == "max_length") {
    check.kind = key == "min_length" ? Check::Kind::kMinLength : Check::Kind::kMaxLength;
    check.length = static_cast<size_t>(in.Integer(node, key.c_str(), 0, 1 << 20).value_or(0));
  } else {
    check.kind = key == "min" ? Check::Kind::kMin : Check::Kind::kMax;
    in.Scalar(value, "'" + key + "'");
    if (in.ok()) check.bound = Bound(value);
  }
  return check;
}

void ParseText(YamlReader& in, const YAML::Node& map, FieldSpec* spec) {
  if (const auto trim = in.Flag(map, "trim")) spec->trim = trim;
  if (auto tokens = in.Texts(map, "null")) spec->null_tokens = *std::move(tokens);
  if (const auto form = in.Text(map, "normalize")) {
    if (*form != "nfc" && *form != "nfkc") in.Fail(map["normalize"], "'normalize' is nfc or nfkc");
    spec->normalize = *form == "nfkc" ? FieldSpec::Normal::kNfkc : FieldSpec::Normal::kNfc;
  }
  if (map["replace"].IsDefined() && in.List(map["replace"], "'replace'")) {
    spec->replace.clear();
    for (const YAML::Node& element : map["replace"]) {
      if (!in.Map(element, "an element of 'replace'", {"pattern", "with"})) return;
      if (!element["pattern"].IsDefined() || !element["with"].IsDefined()) {
        in.Fail(element, "an element of 'replace' needs pattern and with");
        return;
      }
      auto regex = Regex(in, element["pattern"], -1);
      const std::string with = in.Scalar(element["with"], "'with'");
      std::string why;
      if (regex == nullptr) return;
      if (!regex->CheckRewriteString(re2::StringPiece(with.data(), with.size()), &why)) {
        in.Fail(element["with"], "bad replacement '", with, "': ", why);
        return;
      }
      spec->replace.emplace_back(std::move(regex), with);
    }
  }
  if (map["extract"].IsDefined()) spec->extract = Regex(in, map["extract"], 1);
  if (const auto letters = in.Text(map, "case")) {
    if (*letters != "upper" && *letters != "lower")
      in.Fail(map["case"], "'case' is upper or lower");
    spec->letter_case = *letters == "upper" ? FieldSpec::Case::kUpper : FieldSpec::Case::kLower;
  }
  if (map["values"].IsDefined() && in.AnyMap(map["values"], "'values'")) {
    spec->values.clear();
    for (const auto& entry : map["values"]) {
      spec->values.emplace_back(entry.first.Scalar(),
                                in.Scalar(entry.second, "a value of 'values'"));
    }
    std::sort(spec->values.begin(), spec->values.end());
  }
  if (map["otherwise"].IsDefined()) spec->otherwise = ParseOnMiss(in, map, "otherwise", true);
  if (map["on_error"].IsDefined()) spec->on_error = ParseOnMiss(in, map, "on_error", false);
}

void ParseNumbersAndTimes(YamlReader& in, const YAML::Node& map, FieldSpec* spec) {
  if (auto tokens = in.Texts(map, "true")) {
    spec->true_tokens = *std::move(tokens);
    spec->booleans_any_case = false;
  }
  if (auto tokens = in.Texts(map, "false")) {
    spec->false_tokens = *std::move(tokens);
    spec->booleans_any_case = false;
  }
  if (const auto flag = in.Flag(map, "leading_zeros")) spec->leading_zeros = *flag;
  if (map["decimal"].IsDefined()) spec->decimal = OneCharacter(in, map, "decimal");
  if (map["thousands"].IsDefined()) spec->thousands = OneCharacter(in, map, "thousands");
  if (const auto scale = in.Number(map, "scale")) {
    spec->scale = *scale;
    if (spec->type != FieldType::kFloat) in.Fail(map["scale"], "'scale' needs type float");
  }
  if (auto formats = in.Texts(map, "format")) {
    for (const std::string& format : *formats) {
      if (auto why = CheckPattern(format)) in.Fail(map["format"], "bad time format: ", *why);
    }
    spec->formats = *std::move(formats);
  }
  if (const auto zone = in.Text(map, "zone")) {
    absl::StatusOr<Zone> parsed = ParseZone(*zone);
    if (parsed.ok()) {
      spec->zone = *std::move(parsed);
    } else {
      in.Fail(map["zone"], Message(parsed.status()));
    }
  }
  if (const auto unit = in.Text(map, "unit")) {
    constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"s", kNanosPerSecond},
                                                               {"ms", 1'000'000},
                                                               {"minutes", 60 * kNanosPerSecond},
                                                               {"hours", 3600 * kNanosPerSecond},
                                                               {"days", kNanosPerDay}};
    for (const auto& [name, nanos] : kUnits) {
      if (*unit == name) spec->unit_nanos = nanos;
    }
    if (spec->unit_nanos == 0 || spec->type != FieldType::kDuration) {
      in.Fail(map["unit"], "'unit' is s, ms, minutes, hours or days, and needs type duration");
    }
  }
}

bool IsTime(FieldType type) {
  return type == FieldType::kDate || type == FieldType::kLocalTime ||
         type == FieldType::kLocalDateTime || type == FieldType::kDateTime;
}

void ParseOptions(YamlReader& in, const YAML::Node& map, FieldSpec* spec) {
  ParseText(in, map, spec);
  ParseNumbersAndTimes(in, map, spec);
  if (const auto flag = in.Flag(map, "required")) spec->required = *flag;
  if (const auto flag = in.Flag(map, "list")) spec->list = *flag;
  if (auto text = in.Text(map, "split")) spec->split = *std::move(text);
  if (map["checks"].IsDefined() && in.List(map["checks"], "'checks'")) {
    spec->checks.clear();
    for (const YAML::Node& element : map["checks"]) spec->checks.push_back(ParseCheck(in, element));
  }
  if (map["format"].IsDefined() && !IsTime(spec->type)) {
    in.Fail(map["format"], "'format' is for the types date, localtime, localdatetime, datetime");
  }
  if (map["otherwise"].IsDefined() && spec->values.empty()) {
    in.Fail(map["otherwise"], "'otherwise' goes with 'values'");
  }
  if (spec->thousands != 0 && spec->thousands == spec->decimal) {
    in.Fail(map, "'decimal' and 'thousands' are the same character");
  }
}

}  // namespace

bool IsFieldOption(std::string_view key) {
  return std::find(std::begin(kOptions), std::end(kOptions), key) != std::end(kOptions);
}

FieldSpec ParseField(YamlReader& in, const YAML::Node& node, const FieldSpec& base,
                     const TypeTable& types, std::initializer_list<std::string_view> extra) {
  const auto named = [&](const YAML::Node& at) {
    const std::string name = in.Scalar(at, "a type");
    if (const auto found = types.find(name); found != types.end()) return found->second;
    FieldSpec spec = base;
    const std::optional<FieldType> type = FieldTypeOf(name);
    if (!type && in.ok()) {
      in.Fail(at, "unknown type '", name,
              "'; known: string, integer, float, boolean, date, localtime, localdatetime, "
              "datetime, epoch_s, epoch_ms, epoch_us, epoch_ns, duration, and those of 'types'");
    }
    spec.type = type.value_or(FieldType::kString);
    return spec;
  };
  if (node.IsScalar()) return named(node);
  if (!in.AnyMap(node, "a field description")) return base;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (IsFieldOption(key) || std::find(extra.begin(), extra.end(), key) != extra.end()) continue;
    in.Fail(entry.first, "unknown key '", key, "' in a field description");
    return base;
  }
  FieldSpec spec = node["type"].IsDefined() ? named(node["type"]) : base;
  ParseOptions(in, node, &spec);
  if (auto text = in.Text(node, "default")) {
    spec.default_text = *std::move(text);
    FieldSpec bare = spec;
    bare.checks.clear();
    bare.default_text.reset();
    bare.null_tokens.clear();
    bare.on_error = OnMiss::kReject;
    const Converted made = Convert(bare, {*spec.default_text}, absl::UnixEpoch());
    if (!made.reason.empty()) {
      in.Fail(node["default"], "the default '", *spec.default_text, "' ", made.reason);
    }
  }
  return spec;
}

FieldSpec ParseFieldDefaults(YamlReader& in, const YAML::Node& node, const FieldSpec& base) {
  YAML::Node picked(YAML::NodeType::Map);
  for (const std::string_view key : kDefaultOptions) {
    const std::string name(key);
    if (node[name].IsDefined()) picked[name] = node[name];
  }
  FieldSpec spec = base;
  ParseText(in, picked, &spec);
  ParseNumbersAndTimes(in, picked, &spec);
  return spec;
}

}  // namespace skein
