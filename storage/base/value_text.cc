// Values as text: literals of the language and ISO 8601.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "storage/base/civil.h"
#include "storage/base/value.h"

namespace skein {
namespace {

// `n` in decimal with at least `width` digits.
std::string Padded(uint64_t n, size_t width) {
  std::string digits = std::to_string(n);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

uint64_t Magnitude(int64_t n) {
  return n < 0 ? ~static_cast<uint64_t>(n) + 1 : static_cast<uint64_t>(n);
}

// ".25" of 250,000,000; nothing of 0.
std::string FractionText(int64_t nanos) {
  if (nanos == 0) return {};
  std::string digits = Padded(static_cast<uint64_t>(nanos), 9);
  digits.erase(digits.find_last_not_of('0') + 1);
  return "." + digits;
}

// Years of more or fewer than four digits carry a sign, as ISO 8601 asks of expanded years.
std::string DateText(int64_t days) {
  const CivilDate date = CivilFromDays(days);
  const char* sign = date.year < 0 ? "-" : (date.year > 9999 ? "+" : "");
  return sign + Padded(Magnitude(date.year), 4) + "-" +
         Padded(static_cast<uint64_t>(date.month), 2) + "-" +
         Padded(static_cast<uint64_t>(date.day), 2);
}

std::string TimeText(int64_t second_of_day, int64_t nanos) {
  const auto second = static_cast<uint64_t>(second_of_day);
  std::string out = Padded(second / 3600, 2) + ":" + Padded(second / 60 % 60, 2);
  if (second % 60 != 0 || nanos != 0) out += ":" + Padded(second % 60, 2) + FractionText(nanos);
  return out;
}

std::string OffsetText(int32_t offset_seconds) {
  if (offset_seconds == 0) return "Z";
  const uint64_t magnitude = Magnitude(offset_seconds);
  std::string out = (offset_seconds < 0 ? "-" : "+") + Padded(magnitude / 3600, 2) + ":" +
                    Padded(magnitude / 60 % 60, 2);
  if (magnitude % 60 != 0) out += ":" + Padded(magnitude % 60, 2);
  return out;
}

std::string DateTimeText(int64_t local_seconds, int32_t nanos) {
  return DateText(FloorDiv(local_seconds, kSecondsPerDay)) + "T" +
         TimeText(FloorMod(local_seconds, kSecondsPerDay), nanos);
}

// P1Y2M3DT4H5M6.7S. Seconds and nanos are one signed number, so each of H, M, S has its sign.
std::string DurationText(const Duration& d) {
  const auto part = [](int64_t n, char unit) {
    return n == 0 ? std::string() : std::to_string(n) + unit;
  };
  std::string out = "P" + part(d.months / 12, 'Y') + part(d.months % 12, 'M') + part(d.days, 'D');
  // Towards zero: −1 s + 400,000,000 ns is −0.6 s.
  int64_t seconds = d.seconds;
  int64_t nanos = d.nanos;
  if (seconds < 0 && nanos > 0) {
    ++seconds;
    nanos = kNanosPerSecond - nanos;
  }
  if (d.seconds != 0 || d.nanos != 0) {
    out += "T" + part(seconds / 3600, 'H') + part(seconds / 60 % 60, 'M');
    if (seconds % 60 != 0 || nanos != 0) {
      out += (d.seconds < 0 ? "-" : "") + std::to_string(Magnitude(seconds % 60)) +
             FractionText(nanos) + "S";
    }
  }
  return out == "P" ? "PT0S" : out;
}

// Shortest text that reads back as the same double, always recognisable as a float.
std::string FloatText(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Infinity" : "Infinity";
  char buffer[32];
  const double magnitude = std::fabs(v);
  // The bounds of Java's Double.toString, which other implementations of the language print.
  const bool plain = magnitude == 0 || (magnitude >= 1e-3 && magnitude < 1e7);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer, end.ptr);
  if (plain) return text.find('.') == std::string::npos ? text + ".0" : text;
  // "1e+20" becomes "1.0E20": the exponent without plus sign or leading zero.
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  int exponent = 0;
  const char* digits = text.data() + e + 1;
  std::from_chars(*digits == '+' ? digits + 1 : digits, text.data() + text.size(), exponent);
  return mantissa + "E" + std::to_string(exponent);
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '\'';
  for (const char c : text) {
    switch (c) {
      case '\'':
        *out += "\\'";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
          *out += escape;
        } else {
          *out += c;
        }
    }
  }
  *out += '\'';
}

// A map key, in backticks unless it is a plain ASCII name.
void AppendKey(std::string_view key, std::string* out) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool bare = !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
                    std::all_of(key.begin(), key.end(), plain);
  if (bare) {
    *out += key;
    return;
  }
  *out += '`';
  for (const char c : key) *out += c == '`' ? std::string("``") : std::string(1, c);
  *out += '`';
}

std::string PointText(const Point& p) {
  std::string out = "point({srid: " + std::to_string(p.srid) + ", x: " + FloatText(p.x) +
                    ", y: " + FloatText(p.y);
  if (p.srid == 4979 || p.srid == 9157) out += ", z: " + FloatText(p.z);
  return out + "})";
}

void AppendBytes(std::string_view bytes, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  *out += "bytes('";
  for (const char c : bytes) {
    *out += kHex[static_cast<unsigned char>(c) >> 4];
    *out += kHex[static_cast<unsigned char>(c) & 15];
  }
  *out += "')";
}

void AppendPath(const PathValue& path, std::string* out) {
  *out += '<';
  for (size_t i = 0; i < path.nodes.size(); ++i) {
    if (i > 0) *out += "-[#" + std::to_string(Raw(path.links[i - 1])) + "]-";
    *out += "(#" + std::to_string(Raw(path.nodes[i])) + ")";
  }
  *out += '>';
}

// Everything but lists and maps.
void AppendLeaf(const Value& v, std::string* out) {
  const auto call = [&v, out](std::string_view name) {
    *out += name;
    *out += "('" + TemporalText(v) + "')";
  };
  switch (v.kind()) {
    case ValueKind::kNull:
      *out += "null";
      break;
    case ValueKind::kBoolean:
      *out += v.boolean() ? "true" : "false";
      break;
    case ValueKind::kInteger:
      *out += std::to_string(v.integer());
      break;
    case ValueKind::kFloat:
      *out += FloatText(v.real());
      break;
    case ValueKind::kString:
      AppendQuoted(v.string(), out);
      break;
    case ValueKind::kBytes:
      AppendBytes(v.bytes(), out);
      break;
    case ValueKind::kDate:
      call("date");
      break;
    case ValueKind::kLocalTime:
      call("localtime");
      break;
    case ValueKind::kTime:
      call("time");
      break;
    case ValueKind::kLocalDateTime:
      call("localdatetime");
      break;
    case ValueKind::kDateTime:
      call("datetime");
      break;
    case ValueKind::kDuration:
      call("duration");
      break;
    case ValueKind::kPoint:
      *out += PointText(v.point());
      break;
    case ValueKind::kNode:
      *out += "(#" + std::to_string(Raw(v.node())) + ")";
      break;
    case ValueKind::kLink:
      *out += "[#" + std::to_string(Raw(v.link())) + "]";
      break;
    case ValueKind::kPath:
      AppendPath(v.path(), out);
      break;
    case ValueKind::kList:
    case ValueKind::kMap:
      break;
  }
}

}  // namespace

std::string TemporalText(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kDate:
      return DateText(v.date().days);
    case ValueKind::kLocalTime: {
      const int64_t nanos = v.local_time().nanos;
      return TimeText(nanos / kNanosPerSecond, nanos % kNanosPerSecond);
    }
    case ValueKind::kTime: {
      const ZonedTime& t = v.time();
      return TimeText(t.nanos / kNanosPerSecond, t.nanos % kNanosPerSecond) +
             OffsetText(t.offset_seconds);
    }
    case ValueKind::kLocalDateTime:
      return DateTimeText(v.local_date_time().seconds, v.local_date_time().nanos);
    case ValueKind::kDateTime: {
      const ZonedDateTime& t = v.date_time();
      std::string out =
          DateTimeText(t.seconds + t.offset_seconds, t.nanos) + OffsetText(t.offset_seconds);
      if (!t.zone.empty()) out += "[" + t.zone + "]";
      return out;
    }
    case ValueKind::kDuration:
      return DurationText(v.duration());
    default:
      return {};
  }
}

std::string ToLiteral(const Value& v) {
  std::string out;
  struct Open {
    const Value* container;
    size_t next = 0;
  };
  std::vector<Open> stack;
  // A stack of its own: values nest as deep as their author likes.
  const auto append = [&out, &stack](const Value& x) {
    if (x.kind() == ValueKind::kList || x.kind() == ValueKind::kMap) {
      out += x.kind() == ValueKind::kList ? '[' : '{';
      stack.push_back({&x});
    } else {
      AppendLeaf(x, &out);
    }
  };
  append(v);
  while (!stack.empty()) {
    Open& top = stack.back();
    const bool is_list = top.container->kind() == ValueKind::kList;
    const size_t size = is_list ? top.container->list().size() : top.container->map().size();
    if (top.next == size) {
      out += is_list ? ']' : '}';
      stack.pop_back();
      continue;
    }
    const size_t i = top.next++;
    if (i > 0) out += ", ";
    if (is_list) {
      append(top.container->list()[i]);
    } else {
      const auto& [key, value] = top.container->map()[i];
      AppendKey(key, &out);
      out += ": ";
      append(value);
    }
  }
  return out;
}

}  // namespace skein
