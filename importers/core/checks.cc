#include "importers/core/checks.h"

#include <re2/re2.h>

#include <array>
#include <iterator>

#include "storage/base/civil.h"
#include "storage/base/status.h"

namespace skein {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(std::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  return !text.empty();
}

int Number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool IsDateText(int year, int month, int day) {
  return year >= 1800 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 &&
         day <= DaysInMonth(year, month);
}

// One regular expression per check, compiled once; RE2 is linear in the text.
template <typename Tag>
bool Matches(std::string_view text, const char* pattern) {
  static const re2::RE2 kRegex(pattern);
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), kRegex);
}

bool IsIdNumberCn15(std::string_view text) {
  if (IsIdNumberCn(text)) return true;
  return text.size() == 15 && AllDigits(text) &&
         IsDateText(1900 + Number(text.substr(6, 2)), Number(text.substr(8, 2)),
                    Number(text.substr(10, 2)));
}

bool IsImei(std::string_view text) {
  if (text.size() == 14 || text.size() == 16) return AllDigits(text);  // without digit; IMEISV
  return text.size() == 15 && IsLuhn(text);
}

bool IsImsi(std::string_view text) { return text.size() == 15 && AllDigits(text); }

bool IsIccid(std::string_view text) {
  return (text.size() == 19 || text.size() == 20) && text.starts_with("89") &&
         (IsLuhn(text) || text.size() == 20);
}

bool IsBankCard(std::string_view text) {
  return text.size() >= 12 && text.size() <= 19 && IsLuhn(text);
}

bool IsMac(std::string_view text) {
  struct Tag {};
  return Matches<Tag>(text, "(?i)[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}");
}

bool IsPassport(std::string_view text) {
  struct Tag {};
  return Matches<Tag>(text, "[A-Z0-9]{6,9}");
}

bool IsEmail(std::string_view text) {
  struct Tag {};
  return text.size() <= 254 && Matches<Tag>(text, R"([^\s@,;<>"]{1,64}@[^\s@,;<>"]+\.[^\s@.]{2,})");
}

bool IsIp(std::string_view text) {
  struct Tag4 {};
  struct Tag6 {};
  return Matches<Tag4>(text, R"(((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d))") ||
         (text.find(':') != std::string_view::npos && text.size() <= 45 &&
          Matches<Tag6>(text, R"((?i)[0-9a-f:]{2,39}(\d{1,3}(\.\d{1,3}){3})?)"));
}

bool IsDegree(std::string_view text, double limit) {
  double value = 0;
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), R"(([-+]?\d+(?:\.\d+)?))",
                             &value) &&
         value >= -limit && value <= limit;
}

bool IsLatitude(std::string_view text) { return IsDegree(text, 90); }
bool IsLongitude(std::string_view text) { return IsDegree(text, 180); }

// ISO 3779; the check digit is not demanded outside North America, so only form is looked at.
bool IsVin(std::string_view text) {
  struct Tag {};
  return Matches<Tag>(text, "[A-HJ-NPR-Z0-9]{17}");
}

// GB 32100-2015: 31 characters without I, O, Z, S, V; weights are powers of 3 modulo 31.
bool IsUscc(std::string_view text) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  if (text.size() != 18) return false;
  int sum = 0;
  int weight = 1;
  for (size_t i = 0; i < 17; ++i) {
    const size_t digit = kAlphabet.find(text[i]);
    if (digit == std::string_view::npos) return false;
    sum += static_cast<int>(digit) * weight;
    weight = weight * 3 % 31;
  }
  return text[17] == kAlphabet[static_cast<size_t>((31 - sum % 31) % 31)];
}

struct Entry {
  std::string_view name;
  NamedCheck check;
};
constexpr Entry kChecks[] = {
    {"bank_card", &IsBankCard},
    {"email", &IsEmail},
    {"iccid", &IsIccid},
    {"id_cn", &IsIdNumberCn},
    {"id_cn_15", &IsIdNumberCn15},
    {"imei", &IsImei},
    {"imsi", &IsImsi},
    {"ip", &IsIp},
    {"latitude", &IsLatitude},
    {"longitude", &IsLongitude},
    {"luhn", &IsLuhn},
    {"mac", &IsMac},
    {"not_future", nullptr},
    {"passport", &IsPassport},
    {"phone_cn", &IsPhoneCn},
    {"plate_cn", &IsPlateCn},
    {"uscc", &IsUscc},
    {"vin", &IsVin},
};

// The instant of a value, or nullopt: a local time counts as UTC, and a day of grace absorbs the
// zone it does not state.
std::optional<absl::Time> InstantOf(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kDate:
      return absl::UnixEpoch() + absl::Hours(24) * static_cast<double>(value.date().days);
    case ValueKind::kLocalDateTime:
      return absl::FromUnixSeconds(value.local_date_time().seconds);
    case ValueKind::kDateTime:
      return absl::FromUnixSeconds(value.date_time().seconds);
    default:
      return std::nullopt;
  }
}

size_t Characters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// −1, 0, 1 of value against bound; times compare as ISO text.
std::optional<int> CompareBound(const Value& value, const Value& bound) {
  if (bound.kind() != ValueKind::kString) return Comparable(value, bound);
  const std::string text =
      value.kind() == ValueKind::kString ? value.string() : TemporalText(value);
  if (text.empty()) return std::nullopt;
  const int order = text.compare(bound.string());
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

std::string BoundText(const Value& bound) {
  return bound.kind() == ValueKind::kString ? bound.string() : ToLiteral(bound);
}

}  // namespace

bool IsIdNumberCn(std::string_view text) {
  // ISO 7064 MOD 11-2.
  constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  constexpr std::string_view kCheck = "10X98765432";
  if (text.size() != 18 || !AllDigits(text.substr(0, 17))) return false;
  if (!IsDateText(Number(text.substr(6, 4)), Number(text.substr(10, 2)),
                  Number(text.substr(12, 2)))) {
    return false;
  }
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) sum += (text[i] - '0') * kWeights[i];
  const char last = text[17] == 'x' ? 'X' : text[17];
  return last == kCheck[static_cast<size_t>(sum % 11)];
}

bool IsLuhn(std::string_view digits) {
  if (!AllDigits(digits) || digits.size() < 2) return false;
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0;) {
    int d = digits[i] - '0';
    if (twice) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
    sum += d;
    twice = !twice;
  }
  return sum % 10 == 0;
}

bool IsPlateCn(std::string_view text) {
  struct Tag {};
  // One Chinese character, a letter, then 5 (ordinary) or 6 (new energy) without I and O; the last
  // may be a special character (police, learner, Hong Kong, Macao, trailer).
  return Matches<Tag>(
      text, R"(\p{Han}[A-HJ-NP-Z][·]?[A-HJ-NP-Z0-9]{4,5}([A-HJ-NP-Z0-9]|[警学港澳挂使领]))");
}

bool IsPhoneCn(std::string_view text) {
  struct Tag {};
  return Matches<Tag>(text, R"((\+?86)?1[0-9]{10})");
}

std::optional<Check> FindCheck(std::string_view name) {
  for (const Entry& entry : kChecks) {
    if (entry.name != name) continue;
    Check check;
    check.name = std::string(name);
    check.named = entry.check;
    check.kind = entry.check == nullptr ? Check::Kind::kNotFuture : Check::Kind::kNamed;
    return check;
  }
  return std::nullopt;
}

std::string CheckNames() {
  std::string names;
  for (const Entry& entry : kChecks) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

std::optional<std::string> RunCheck(const Check& check, std::string_view text, const Value& value,
                                    absl::Time now) {
  switch (check.kind) {
    case Check::Kind::kNamed:
      if (check.named(text)) return std::nullopt;
      return "fails check " + check.name;
    case Check::Kind::kRegex:
      if (re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *check.regex)) {
        return std::nullopt;
      }
      return "does not match " + check.regex->pattern();
    case Check::Kind::kMin: {
      const std::optional<int> order = CompareBound(value, check.bound);
      if (order && *order >= 0) return std::nullopt;
      return "is below the minimum " + BoundText(check.bound);
    }
    case Check::Kind::kMax: {
      const std::optional<int> order = CompareBound(value, check.bound);
      if (order && *order <= 0) return std::nullopt;
      return "is over the maximum " + BoundText(check.bound);
    }
    case Check::Kind::kMinLength:
      if (Characters(text) >= check.length) return std::nullopt;
      return "is shorter than " + std::to_string(check.length) + " characters";
    case Check::Kind::kMaxLength:
      if (Characters(text) <= check.length) return std::nullopt;
      return "is longer than " + std::to_string(check.length) + " characters";
    case Check::Kind::kOneOf:
      for (const std::string& allowed : check.one_of) {
        if (allowed == text) return std::nullopt;
      }
      return "is none of the " + std::to_string(check.one_of.size()) + " allowed values";
    case Check::Kind::kNotFuture: {
      const std::optional<absl::Time> instant = InstantOf(value);
      if (!instant || *instant <= now + absl::Hours(24)) return std::nullopt;
      return "lies in the future";
    }
  }
  return std::nullopt;
}

}  // namespace skein
