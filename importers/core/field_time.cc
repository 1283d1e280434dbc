#include "importers/core/field_time.h"

#include <array>
#include <cctype>
#include <charconv>

#include "absl/time/civil_time.h"
#include "storage/base/civil.h"
#include "storage/base/status.h"

namespace skein {
namespace {

using Reason = std::optional<std::string>;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A position in a text being read; every Take returns false without a message, the caller knows
// what it wanted.
struct Scanner {
  std::string_view text;
  size_t at = 0;

  bool done() const { return at == text.size(); }
  char peek() const { return done() ? '\0' : text[at]; }
  bool Take(char c) {
    if (peek() != c || done()) return false;
    ++at;
    return true;
  }
  bool Digits(size_t least, size_t most, int* out) {
    size_t n = 0;
    int value = 0;
    while (n < most && at + n < text.size() && IsDigit(text[at + n])) {
      value = value * 10 + (text[at + n] - '0');
      ++n;
    }
    if (n < least) return false;
    at += n;
    *out = value;
    return true;
  }
  // Digits after a decimal point; beyond nine they are dropped.
  bool Fraction(int32_t* nanos) {
    size_t n = 0;
    int32_t value = 0;
    while (!done() && IsDigit(peek())) {
      if (n < 9) value = value * 10 + (peek() - '0');
      ++n;
      ++at;
    }
    if (n == 0) return false;
    for (; n < 9; ++n) value *= 10;
    *nanos = value;
    return true;
  }
  bool Word(std::string_view word) {
    if (text.size() - at < word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      const auto lower = [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      };
      if (lower(text[at + i]) != lower(word[i])) return false;
    }
    at += word.size();
    return true;
  }
  // Z, ±HH, ±HHMM, ±HH:MM.
  bool Offset(std::optional<int32_t>* out) {
    if (Take('Z') || Take('z')) {
      *out = 0;
      return true;
    }
    const bool east = peek() == '+';
    if (!Take('+') && !Take('-')) return false;
    int hours = 0;
    int minutes = 0;
    if (!Digits(2, 2, &hours)) return false;
    const bool colon = Take(':');
    if ((colon || IsDigit(peek())) && !Digits(2, 2, &minutes)) return false;
    if (hours > 18 || minutes > 59) return false;
    const int32_t seconds = hours * 3600 + minutes * 60;
    *out = east ? seconds : -seconds;
    return true;
  }
};

Reason CheckParts(const TimeParts& t) {
  if (t.has_date) {
    if (t.year < 1 || t.year > 9999) return "is a year outside 1 to 9999";
    if (t.month < 1 || t.month > 12) return "is no month from 1 to 12";
    if (t.day < 1 || t.day > DaysInMonth(t.year, t.month)) return "is a day that does not exist";
  }
  if (t.hour > 23 || t.minute > 59 || t.second > 59) return "is a time of day that does not exist";
  return std::nullopt;
}

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

bool TakeMonthName(Scanner& in, int* month) {
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (in.Word(kMonths[i]) || in.Word(kMonths[i].substr(0, 3))) {
      *month = static_cast<int>(i) + 1;
      return true;
    }
  }
  return false;
}

// Length of the directive at pattern[at] == '%', or 0 if there is none such.
size_t DirectiveLength(std::string_view pattern, size_t at) {
  const std::string_view rest = pattern.substr(at + 1);
  if (rest.empty()) return 0;
  if (rest.starts_with("E4Y") || rest.starts_with("E*S")) return 4;
  if (rest.starts_with("Ez")) return 3;
  if (rest.size() >= 3 && rest[0] == 'E' && IsDigit(rest[1]) && rest[2] == 'S') return 4;
  return std::string_view("YymdHIMSfpbBzFTR%").find(rest[0]) == std::string_view::npos ? 0 : 2;
}

bool TakeDirective(Scanner& in, std::string_view d, size_t least, TimeParts* out) {
  const char code = d.back();
  switch (code) {
    case 'Y':
      out->has_date = true;
      return in.Digits(4, 4, &out->year);
    case 'y':
      out->has_date = true;
      if (!in.Digits(2, 2, &out->year)) return false;
      out->year += out->year < 69 ? 2000 : 1900;
      return true;
    case 'm':
      return in.Digits(least, 2, &out->month);
    case 'b':
    case 'B':
      return TakeMonthName(in, &out->month);
    case 'd':
      return in.Digits(least, 2, &out->day);
    case 'H':
    case 'I':
      out->has_clock = true;
      out->half_day = out->half_day || code == 'I';
      return in.Digits(least, 2, &out->hour);
    case 'M':
      return in.Digits(least, 2, &out->minute);
    case 'S':
      if (!in.Digits(least, 2, &out->second)) return false;
      if (d.size() == 4 && (in.Take('.') || in.Take(','))) return in.Fraction(&out->nanos);
      return true;
    case 'f':
      return in.Fraction(&out->nanos);
    case 'p':
      out->afternoon = in.Word("PM") || in.Word("下午");
      return out->afternoon || in.Word("AM") || in.Word("上午");
    case 'z':
      return in.Offset(&out->offset_seconds);
    default:
      return in.Take('%');
  }
}

// %F, %T and %R stand for others.
std::string Spelled(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const char code = pattern[++i];
    if (code == 'F') {
      out += "%Y-%m-%d";
    } else if (code == 'T') {
      out += "%H:%M:%S";
    } else if (code == 'R') {
      out += "%H:%M";
    } else {
      out += '%';
      out += code;
    }
  }
  return out;
}

int64_t LocalSeconds(const TimeParts& t) {
  return DaysFromCivil({t.year, t.month, t.day}) * kSecondsPerDay + t.hour * 3600 + t.minute * 60 +
         t.second;
}

// The instant of a local clock reading, and the offset then; nullopt: the zone skipped it.
std::optional<std::pair<int64_t, int32_t>> AtZone(int64_t local_seconds, const Zone& zone) {
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1, 0, 0, 0) + local_seconds;
  const absl::TimeZone::TimeInfo info = zone.zone.At(civil);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) return std::nullopt;
  const int64_t seconds = absl::ToUnixSeconds(info.pre);  // of two, the first
  return std::make_pair(seconds, static_cast<int32_t>(local_seconds - seconds));
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

Converted DateTimeOf(const FieldSpec& spec, const TimeParts& t) {
  ZonedDateTime out;
  out.nanos = t.nanos;
  const int64_t local = LocalSeconds(t);
  if (t.offset_seconds) {
    out.seconds = local - *t.offset_seconds;
    out.offset_seconds = *t.offset_seconds;
    return Made(Value::Of(std::move(out)));
  }
  if (!spec.zone) return Refuse("states no zone, and neither does the mapping");
  const auto at = AtZone(local, *spec.zone);
  if (!at) return Refuse("is a local time that the zone skipped");
  out.seconds = at->first;
  out.offset_seconds = at->second;
  out.zone = spec.zone->name;
  return Made(Value::Of(std::move(out)));
}

Converted OfParts(const FieldSpec& spec, const TimeParts& t) {
  switch (spec.type) {
    case FieldType::kDate:
      if (!t.has_date || t.has_clock) return Refuse("is not a date alone");
      return Made(Value::Of(Date{DaysFromCivil({t.year, t.month, t.day})}));
    case FieldType::kLocalTime:
      if (!t.has_clock || t.has_date) return Refuse("is not a time of day alone");
      return Made(Value::Of(LocalTime{
          (int64_t{t.hour} * 3600 + t.minute * 60 + t.second) * kNanosPerSecond + t.nanos}));
    case FieldType::kLocalDateTime:
      if (!t.has_date) return Refuse("states no date");
      if (t.offset_seconds) return Refuse("states an offset; its type should be datetime");
      return Made(Value::Of(LocalDateTime{LocalSeconds(t), t.nanos}));
    default:
      if (!t.has_date) return Refuse("states no date");
      return DateTimeOf(spec, t);
  }
}

}  // namespace

absl::StatusOr<Zone> ParseZone(std::string_view text) {
  Zone zone;
  if (text.empty() || text.size() > 64) return InvalidArgument("no time zone: '", text, "'");
  Scanner in{text};
  std::optional<int32_t> offset;
  if (in.Offset(&offset) && in.done()) {
    zone.zone = absl::FixedTimeZone(*offset);
    return zone;
  }
  zone.name = std::string(text);
  // Names are looked up as files below the zone database; nothing else may be reached.
  const bool plain = text.find("..") == std::string_view::npos && text.front() != '/' &&
                     text.find(':') == std::string_view::npos;
  if (!plain || !absl::LoadTimeZone(zone.name, &zone.zone)) {
    return InvalidArgument("unknown time zone '", text, "'");
  }
  return zone;
}

std::optional<std::string> CheckPattern(std::string_view pattern) {
  if (pattern.empty()) return "the pattern is empty";
  if (pattern.size() > 200) return "the pattern is longer than 200 bytes";
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    const size_t length = DirectiveLength(pattern, i);
    if (length == 0) return "unknown directive '" + std::string(pattern.substr(i, 2)) + "'";
    i += length - 1;
  }
  return std::nullopt;
}

std::optional<std::string> ParsePattern(std::string_view pattern, std::string_view text,
                                        TimeParts* out) {
  *out = {};
  std::string spelled;
  if (pattern.find("%F") != std::string_view::npos ||
      pattern.find("%T") != std::string_view::npos ||
      pattern.find("%R") != std::string_view::npos) {
    spelled = Spelled(pattern);
    pattern = spelled;
  }
  Scanner in{text};
  for (size_t i = 0; i < pattern.size();) {
    if (pattern[i] != '%') {
      if (!in.Take(pattern[i])) return "does not fit the pattern " + std::string(pattern);
      ++i;
      continue;
    }
    const size_t length = DirectiveLength(pattern, i);
    const std::string_view directive = pattern.substr(i, length);
    i += length;
    // A number that another number follows at once has its full width.
    const bool joined = i < pattern.size() && pattern[i] == '%';
    if (length == 0 || !TakeDirective(in, directive, joined ? 2 : 1, out)) {
      return "does not fit the pattern " + std::string(pattern);
    }
  }
  if (!in.done()) return "goes on after the pattern " + std::string(pattern);
  if (out->half_day) {
    if (out->hour < 1 || out->hour > 12) return "is no hour from 1 to 12";
    out->hour = out->hour % 12 + (out->afternoon ? 12 : 0);
  }
  return CheckParts(*out);
}

std::optional<std::string> ParseIso(std::string_view text, TimeParts* out) {
  static constexpr const char* kMisfit = "is not a time in ISO 8601";
  *out = {};
  Scanner in{text};
  if (text.size() >= 5 && IsDigit(text[0]) && text[4] == '-') {
    out->has_date = true;
    if (!in.Digits(4, 4, &out->year) || !in.Take('-') || !in.Digits(2, 2, &out->month) ||
        !in.Take('-') || !in.Digits(2, 2, &out->day)) {
      return kMisfit;
    }
    if (in.done()) return CheckParts(*out);
    if (!in.Take('T') && !in.Take(' ')) return kMisfit;
  }
  out->has_clock = true;
  if (!in.Digits(2, 2, &out->hour) || !in.Take(':') || !in.Digits(2, 2, &out->minute)) {
    return kMisfit;
  }
  if (in.Take(':')) {
    if (!in.Digits(2, 2, &out->second)) return kMisfit;
    if ((in.Take('.') || in.Take(',')) && !in.Fraction(&out->nanos)) return kMisfit;
  }
  if (!in.done()) {
    in.Take(' ');
    if (!in.Offset(&out->offset_seconds) || !in.done()) return kMisfit;
  }
  return CheckParts(*out);
}

std::optional<std::string> ParseIsoDuration(std::string_view text, Duration* out) {
  static constexpr const char* kMisfit = "is not a duration in ISO 8601";
  *out = {};
  Scanner in{text};
  if (!in.Take('P') || in.done()) return kMisfit;
  bool clock = false;
  while (!in.done()) {
    if (!clock && in.Take('T')) {
      clock = true;
      if (in.done()) return kMisfit;
      continue;
    }
    int amount = 0;
    if (!in.Digits(1, 9, &amount)) return kMisfit;
    if (clock && (in.Take('.') || in.Take(','))) {
      if (!in.Fraction(&out->nanos) || in.peek() != 'S') return kMisfit;
    }
    const char unit = in.peek();
    ++in.at;
    if (unit == 'Y' && !clock) {
      out->months += int64_t{amount} * 12;
    } else if (unit == 'M' && !clock) {
      out->months += amount;
    } else if (unit == 'W' && !clock) {
      out->days += int64_t{amount} * 7;
    } else if (unit == 'D' && !clock) {
      out->days += amount;
    } else if (unit == 'H' && clock) {
      out->seconds += int64_t{amount} * 3600;
    } else if (unit == 'M' && clock) {
      out->seconds += int64_t{amount} * 60;
    } else if (unit == 'S' && clock) {
      out->seconds += amount;
    } else {
      return kMisfit;
    }
    if (in.at > text.size()) return kMisfit;
  }
  return std::nullopt;
}

Converted ConvertTime(const FieldSpec& spec, std::string_view text) {
  TimeParts parts;
  if (spec.formats.empty()) {
    if (Reason reason = ParseIso(text, &parts)) return Refuse(*std::move(reason));
    return OfParts(spec, parts);
  }
  Reason first;
  for (const std::string& format : spec.formats) {
    Reason reason = ParsePattern(format, text, &parts);
    if (!reason) return OfParts(spec, parts);
    if (!first) first = std::move(reason);
  }
  return Refuse(*std::move(first));
}

std::optional<TimeUs> ToTimeUs(const Value& value, const std::optional<Zone>& zone) {
  const auto local = [&zone](int64_t seconds, int32_t nanos) -> std::optional<TimeUs> {
    if (zone) {
      const auto at = AtZone(seconds, *zone);
      if (!at) return std::nullopt;
      seconds = at->first;
    }
    return seconds * 1'000'000 + nanos / 1000;
  };
  switch (value.kind()) {
    case ValueKind::kDate:
      return local(value.date().days * kSecondsPerDay, 0);
    case ValueKind::kLocalDateTime:
      return local(value.local_date_time().seconds, value.local_date_time().nanos);
    case ValueKind::kDateTime:
      return value.date_time().seconds * 1'000'000 + value.date_time().nanos / 1000;
    default:
      return std::nullopt;
  }
}

}  // namespace skein
