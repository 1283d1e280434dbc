#include "importers/core/field.h"

#include <re2/re2.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "importers/core/field_time.h"
#include "storage/base/civil.h"
#include "storage/base/status.h"

namespace skein {
namespace {

struct TypeName {
  std::string_view name;
  FieldType type;
};
constexpr TypeName kTypeNames[] = {
    {"auto", FieldType::kAuto},
    {"string", FieldType::kString},
    {"integer", FieldType::kInteger},
    {"float", FieldType::kFloat},
    {"boolean", FieldType::kBoolean},
    {"date", FieldType::kDate},
    {"localtime", FieldType::kLocalTime},
    {"localdatetime", FieldType::kLocalDateTime},
    {"datetime", FieldType::kDateTime},
    {"epoch_s", FieldType::kEpochSeconds},
    {"epoch_ms", FieldType::kEpochMillis},
    {"epoch_us", FieldType::kEpochMicros},
    {"epoch_ns", FieldType::kEpochNanos},
    {"duration", FieldType::kDuration},
};

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Converted Refuse(std::string reason) {
  Converted out;
  out.reason = std::move(reason);
  return out;
}

Converted Made(Value value) {
  Converted out;
  out.value = std::move(value);
  return out;
}

// Spaces that sources pad with: ASCII, no-break U+00A0, ideographic U+3000, zero-width U+FEFF.
std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kWide[] = {"\u00A0", "\u3000", "\uFEFF"};
  for (bool changed = true; changed;) {
    changed = false;
    while (!text.empty() && std::string_view(" \t\r\n\v\f").find(text.front()) != text.npos) {
      text.remove_prefix(1);
    }
    while (!text.empty() && std::string_view(" \t\r\n\v\f").find(text.back()) != text.npos) {
      text.remove_suffix(1);
    }
    for (const std::string_view wide : kWide) {
      if (text.starts_with(wide)) {
        text.remove_prefix(wide.size());
        changed = true;
      }
      if (text.ends_with(wide)) {
        text.remove_suffix(wide.size());
        changed = true;
      }
    }
  }
  return text;
}

std::string ChangeCase(std::string_view text, FieldSpec::Case letter_case) {
  const bool upper = letter_case == FieldSpec::Case::kUpper;
  if (IsAscii(text)) {
    std::string out(text);
    for (char& c : out) {
      if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
  }
  icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  if (upper) {
    unicode.toUpper(icu::Locale::getRoot());
  } else {
    unicode.toLower(icu::Locale::getRoot());
  }
  std::string out;
  unicode.toUTF8String(out);
  return out;
}

// Number text with the spec's separators as C's. False: a separator where none may be.
bool PlainNumber(const FieldSpec& spec, std::string_view text, std::string* out) {
  out->clear();
  bool fraction = false;
  size_t group = 0;  // digits since the last thousands separator
  bool grouped = false;
  for (const char c : text) {
    if (spec.thousands != 0 && c == spec.thousands && !fraction) {
      if (out->empty() || (grouped && group != 3)) return false;
      grouped = true;
      group = 0;
    } else if (c == spec.decimal) {
      if (grouped && group != 3) return false;
      fraction = true;
      *out += '.';
    } else if (c == '.') {
      return false;
    } else {
      if (!fraction) ++group;
      *out += c;
    }
  }
  return fraction || !grouped || group == 3;
}

Converted ConvertInteger(const FieldSpec& spec, std::string_view text) {
  std::string plain;
  if (spec.thousands != 0) {
    if (!PlainNumber(spec, text, &plain)) return Refuse("is not an integer");
    text = plain;
  }
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::string_view digits = text.substr(sign);
  const bool all_digits = !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  if (!all_digits) return Refuse("is not an integer");
  if (digits.size() > 1 && digits[0] == '0' && !spec.leading_zeros) {
    return Refuse("has a leading zero, which an integer would lose (string, or leading_zeros)");
  }
  int64_t value = 0;
  if (text[0] == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Refuse("does not fit into 64 bits");
  }
  return Made(Value::Integer(value));
}

Converted ConvertFloat(const FieldSpec& spec, std::string_view text) {
  std::string plain;
  if (spec.thousands != 0 || spec.decimal != '.') {
    if (!PlainNumber(spec, text, &plain)) return Refuse("is not a number");
    text = plain;
  }
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const auto digit_at = [&text](size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  if (!digit_at(sign) && !(sign < text.size() && text[sign] == '.'))
    return Refuse("is not a number");
  if (text[sign] == '0' && digit_at(sign + 1) && !spec.leading_zeros) {
    return Refuse("has a leading zero, which a number would lose (string, or leading_zeros)");
  }
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return Refuse("is beyond the range of a float");
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return Refuse("is not a number");
  }
  return Made(Value::Float(spec.scale == 1 ? value : value * spec.scale));
}

bool IsToken(const std::vector<std::string>& tokens, std::string_view text, bool any_case) {
  for (const std::string& token : tokens) {
    if (token == text) return true;
    if (!any_case || token.size() != text.size()) continue;
    if (IsAscii(text) && ChangeCase(text, FieldSpec::Case::kLower) == token) return true;
  }
  return false;
}

Converted ConvertBoolean(const FieldSpec& spec, std::string_view text) {
  if (IsToken(spec.true_tokens, text, spec.booleans_any_case)) return Made(Value::Boolean(true));
  if (IsToken(spec.false_tokens, text, spec.booleans_any_case)) return Made(Value::Boolean(false));
  return Refuse("is neither true nor false");
}

// Epoch numbers may have a fraction. The result must be a year from 1 to 9999.
Converted ConvertEpoch(const FieldSpec& spec, std::string_view text) {
  int64_t per_second = 1;
  if (spec.type == FieldType::kEpochMillis) per_second = 1'000;
  if (spec.type == FieldType::kEpochMicros) per_second = 1'000'000;
  if (spec.type == FieldType::kEpochNanos) per_second = kNanosPerSecond;
  const size_t point = std::min(text.find('.'), text.size());
  int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + point, whole);
  if (error != std::errc() || end != text.data() + point) return Refuse("is not an epoch number");
  int64_t fraction_nanos = 0;
  int64_t place = kNanosPerSecond / per_second;
  for (size_t i = point + 1; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return Refuse("is not an epoch number");
    place /= 10;
    fraction_nanos += (text[i] - '0') * place;
  }
  ZonedDateTime out;
  out.seconds = FloorDiv(whole, per_second);
  const int64_t nanos = FloorMod(whole, per_second) * (kNanosPerSecond / per_second) +
                        (text[0] == '-' ? -fraction_nanos : fraction_nanos);
  out.seconds += FloorDiv(nanos, kNanosPerSecond);
  out.nanos = static_cast<int32_t>(FloorMod(nanos, kNanosPerSecond));
  constexpr int64_t kYear1 = DaysFromCivil({1, 1, 2}) * kSecondsPerDay;
  constexpr int64_t kYear9999 = DaysFromCivil({9999, 12, 30}) * kSecondsPerDay;
  if (out.seconds < kYear1 || out.seconds > kYear9999) return Refuse("is a year outside 1 to 9999");
  if (spec.zone) {
    out.zone = spec.zone->name;
    out.offset_seconds = spec.zone->zone.At(absl::FromUnixSeconds(out.seconds)).offset;
  } else {
    out.zone = "UTC";
  }
  return Made(Value::Of(std::move(out)));
}

Converted ConvertDuration(const FieldSpec& spec, std::string_view text) {
  Duration out;
  if (spec.unit_nanos == 0) {
    if (auto reason = ParseIsoDuration(text, &out)) return Refuse(*std::move(reason));
    return Made(Value::Of(out));
  }
  FieldSpec number = spec;
  number.scale = 1;
  Converted amount = ConvertFloat(number, text);
  if (!amount.reason.empty()) return amount;
  const double seconds = amount.value.real() * static_cast<double>(spec.unit_nanos) /
                         static_cast<double>(kNanosPerSecond);
  if (std::abs(seconds) > 1e15) return Refuse("is a duration beyond 10^15 seconds");
  const double whole = std::floor(seconds);
  out.seconds = static_cast<int64_t>(whole);
  out.nanos = static_cast<int32_t>(std::min(
      std::round((seconds - whole) * static_cast<double>(kNanosPerSecond)), 999'999'999.0));
  return Made(Value::Of(out));
}

// A JSON number of no declared type: an integer when it is spelt as one and fits.
Converted ConvertJsonNumber(const FieldSpec& spec, std::string_view text) {
  if (text.find_first_of(".eE") == std::string_view::npos) {
    Converted integer = ConvertInteger(spec, text);
    if (integer.reason.empty()) return integer;
  }
  return ConvertFloat(spec, text);
}

Converted ConvertType(const FieldSpec& spec, std::string_view text, RawKind kind) {
  switch (spec.type) {
    case FieldType::kAuto:
      if (kind == RawKind::kJsonNumber) return ConvertJsonNumber(spec, text);
      if (kind == RawKind::kJsonBoolean) return Made(Value::Boolean(text == "true"));
      return Made(Value::String(std::string(text)));
    case FieldType::kString:
      return Made(Value::String(std::string(text)));
    case FieldType::kInteger:
      return ConvertInteger(spec, text);
    case FieldType::kFloat:
      return ConvertFloat(spec, text);
    case FieldType::kBoolean:
      return ConvertBoolean(spec, text);
    case FieldType::kEpochSeconds:
    case FieldType::kEpochMillis:
    case FieldType::kEpochMicros:
    case FieldType::kEpochNanos:
      return ConvertEpoch(spec, text);
    case FieldType::kDuration:
      return ConvertDuration(spec, text);
    default:
      return ConvertTime(spec, text);
  }
}

// Steps between the raw text and the type. `buffer` holds what had to be made.
struct Prepared {
  std::string_view text;
  bool is_null = false;
  std::string reason;
};

void Prepare(const FieldSpec& spec, std::string& buffer, Prepared* p) {
  if (spec.normalize != FieldSpec::Normal::kNone && !IsAscii(p->text)) {
    std::optional<std::string> normal = Normalize(p->text, spec.normalize);
    if (!normal) {
      p->reason = "cannot be normalized";
      return;
    }
    buffer = *std::move(normal);
    p->text = buffer;
  }
  if (!spec.replace.empty()) {
    std::string text(p->text);
    for (const auto& [pattern, with] : spec.replace) {
      re2::RE2::GlobalReplace(&text, *pattern, re2::StringPiece(with.data(), with.size()));
    }
    buffer = std::move(text);
    p->text = buffer;
  }
  if (spec.extract != nullptr) {
    re2::StringPiece part;
    if (!re2::RE2::PartialMatch(re2::StringPiece(p->text.data(), p->text.size()), *spec.extract,
                                &part)) {
      p->reason = "does not match " + spec.extract->pattern();
      return;
    }
    p->text =
        part.data() == nullptr ? std::string_view() : std::string_view(part.data(), part.size());
  }
  if (spec.letter_case != FieldSpec::Case::kAsIs) {
    buffer = ChangeCase(p->text, spec.letter_case);
    p->text = buffer;
  }
  if (!spec.values.empty()) {
    const auto found = std::lower_bound(
        spec.values.begin(), spec.values.end(), p->text,
        [](const auto& entry, std::string_view text) { return entry.first < text; });
    if (found != spec.values.end() && found->first == p->text) {
      p->text = found->second;
    } else if (spec.otherwise == OnMiss::kReject) {
      p->reason = "is none of the " + std::to_string(spec.values.size()) + " known values";
    } else if (spec.otherwise == OnMiss::kNull) {
      p->is_null = true;
    }
  }
}

bool IsNullToken(const FieldSpec& spec, std::string_view text) {
  return std::find(spec.null_tokens.begin(), spec.null_tokens.end(), text) !=
         spec.null_tokens.end();
}

Converted ConvertNull(const FieldSpec& spec) {
  if (spec.default_text) return ConvertType(spec, *spec.default_text, RawKind::kText);
  if (spec.required) return Refuse("is missing");
  return {};
}

Converted ConvertOne(const FieldSpec& spec, std::string_view text, RawKind kind, absl::Time now) {
  const bool is_text = spec.type == FieldType::kString || spec.type == FieldType::kAuto;
  Prepared p;
  p.text = spec.trim.value_or(!is_text) ? Trimmed(text) : text;
  if (IsNullToken(spec, p.text)) return ConvertNull(spec);
  std::string buffer;
  Prepare(spec, buffer, &p);
  if (!p.reason.empty()) return Refuse(std::move(p.reason));
  if (p.is_null || (p.text.empty() && IsNullToken(spec, ""))) return ConvertNull(spec);
  Converted made = ConvertType(spec, p.text, kind);
  if (!made.reason.empty()) return made;
  for (const Check& check : spec.checks) {
    if (auto reason = RunCheck(check, p.text, made.value, now)) return Refuse(*std::move(reason));
  }
  return made;
}

Converted ConvertList(const FieldSpec& spec, std::string_view text, std::string_view separator,
                      absl::Time now) {
  if (text.empty() || IsNullToken(spec, text)) return ConvertNull(spec);
  ValueList list;
  for (size_t from = 0; from <= text.size();) {
    const size_t to = std::min(text.find(separator, from), text.size());
    Converted element = ConvertOne(spec, text.substr(from, to - from), RawKind::kText, now);
    if (!element.reason.empty()) return element;
    if (!element.value.is_null()) list.push_back(std::move(element.value));
    from = to + separator.size();
  }
  return Made(Value::List(std::move(list)));
}

Converted ConvertStrict(const FieldSpec& spec, const RawField& field, absl::Time now) {
  switch (field.kind) {
    case RawKind::kMissing:
    case RawKind::kJsonNull:
      return ConvertNull(spec);
    case RawKind::kJsonNested:
      return Refuse("is a JSON object or a nested array; name its parts with a JSON pointer");
    case RawKind::kJsonList:
      if (!spec.list) return Refuse("is a JSON array, and the column is not declared a list");
      return ConvertList(spec, field.text, std::string_view(&kListSeparator, 1), now);
    default:
      if (!spec.split.empty()) return ConvertList(spec, field.text, spec.split, now);
      return ConvertOne(spec, field.text, field.kind, now);
  }
}

}  // namespace

Converted Convert(const FieldSpec& spec, const RawField& field, absl::Time now) {
  Converted made = ConvertStrict(spec, field, now);
  if (!made.reason.empty() && spec.on_error == OnMiss::kNull && !spec.required) {
    made.reason.clear();
    made.value = Value::Null();
    made.nulled = true;
  }
  return made;
}

std::optional<FieldType> FieldTypeOf(std::string_view name) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.name == name) return entry.type;
  }
  return std::nullopt;
}

std::string_view FieldTypeName(FieldType type) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.type == type) return entry.name;
  }
  return "";
}

std::optional<std::string> Normalize(std::string_view text, FieldSpec::Normal form) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = form == FieldSpec::Normal::kNfkc
                                           ? icu::Normalizer2::getNFKCInstance(error)
                                           : icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error) != 0) return std::nullopt;
  const icu::UnicodeString normal =
      normalizer->normalize(icu::UnicodeString::fromUTF8(
                                icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))),
                            error);
  if (U_FAILURE(error) != 0) return std::nullopt;
  std::string out;
  normal.toUTF8String(out);
  return out;
}

}  // namespace skein
