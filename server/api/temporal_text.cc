// ISO 8601 text of typed values in requests. The language's own functions accept many more forms;
// the API takes back exactly what it sends.
#include <charconv>
#include <optional>

#include "absl/time/time.h"
#include "server/api/values.h"
#include "storage/base/civil.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// Walks the text; every Take… returns false and stays where it is when the text does not fit.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  char peek() const { return text_.empty() ? '\0' : text_[0]; }
  std::string_view rest() const { return text_; }

  bool Take(char c) {
    if (peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // `least` to `most` digits.
  bool Digits(size_t least, size_t most, int64_t* out) {
    size_t n = 0;
    while (n < text_.size() && n < most && text_[n] >= '0' && text_[n] <= '9') ++n;
    if (n < least) return false;
    std::from_chars(text_.data(), text_.data() + n, *out);
    text_.remove_prefix(n);
    return true;
  }

  bool Fraction(int32_t* nanos) {
    const size_t before = text_.size();
    int64_t digits = 0;
    if (!Digits(1, 9, &digits)) return false;
    for (size_t n = before - text_.size(); n < 9; ++n) digits *= 10;
    *nanos = static_cast<int32_t>(digits);
    return true;
  }

  bool Date(int64_t* days) {
    const bool negative = peek() == '-';
    const bool sign = negative || peek() == '+';
    if (sign) text_.remove_prefix(1);
    CivilDate d;
    int64_t month = 0;
    int64_t day = 0;
    if (!Digits(4, sign ? 9 : 4, &d.year) || !Take('-') || !Digits(2, 2, &month) || !Take('-') ||
        !Digits(2, 2, &day)) {
      return false;
    }
    if (negative) d.year = -d.year;
    if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(d.year, static_cast<int>(month))) {
      return false;
    }
    d.month = static_cast<int>(month);
    d.day = static_cast<int>(day);
    *days = DaysFromCivil(d);
    return true;
  }

  bool Time(int64_t* second_of_day, int32_t* nanos) {
    int64_t h = 0;
    int64_t m = 0;
    int64_t s = 0;
    *nanos = 0;
    if (!Digits(2, 2, &h) || !Take(':') || !Digits(2, 2, &m)) return false;
    if (Take(':') && !Digits(2, 2, &s)) return false;
    if (Take('.') && !Fraction(nanos)) return false;
    if (h > 23 || m > 59 || s > 59) return false;
    *second_of_day = h * 3600 + m * 60 + s;
    return true;
  }

  bool Offset(int32_t* seconds) {
    *seconds = 0;
    if (Take('Z')) return true;
    const bool negative = peek() == '-';
    if (!Take('+') && !Take('-')) return false;
    int64_t h = 0;
    int64_t m = 0;
    int64_t s = 0;
    if (!Digits(2, 2, &h) || !Take(':') || !Digits(2, 2, &m)) return false;
    if (Take(':') && !Digits(2, 2, &s)) return false;
    const int64_t total = h * 3600 + m * 60 + s;
    if (total > 18 * 3600 || m > 59 || s > 59) return false;
    *seconds = static_cast<int32_t>(negative ? -total : total);
    return true;
  }

 private:
  std::string_view text_;
};

std::optional<Value> ReadDateTime(Scanner in) {
  int64_t days = 0;
  int64_t second = 0;
  ZonedDateTime v;
  if (!in.Date(&days) || !in.Take('T') || !in.Time(&second, &v.nanos)) return std::nullopt;
  const int64_t local = days * kSecondsPerDay + second;
  const bool offset = in.Offset(&v.offset_seconds);
  if (in.Take('[')) {
    const std::string_view rest = in.rest();
    if (rest.size() < 2 || rest.size() > 64 || rest.back() != ']') return std::nullopt;
    v.zone = std::string(rest.substr(0, rest.size() - 1));
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(v.zone, &zone)) return std::nullopt;
    if (!offset) {
      const auto info = zone.At(absl::CivilSecond(1970, 1, 1) + local);
      v.offset_seconds = static_cast<int32_t>(local - absl::ToUnixSeconds(info.pre));
    }
  } else if (!offset || !in.done()) {
    return std::nullopt;
  }
  v.seconds = local - v.offset_seconds;
  return Value::Of(v);
}

std::optional<Value> ReadTimes(std::string_view kind, Scanner in) {
  int64_t days = 0;
  int64_t second = 0;
  int32_t nanos = 0;
  if (kind == "date") {
    if (!in.Date(&days) || !in.done()) return std::nullopt;
    return Value::Of(Date{days});
  }
  if (kind == "localdatetime") {
    if (!in.Date(&days) || !in.Take('T') || !in.Time(&second, &nanos) || !in.done()) {
      return std::nullopt;
    }
    return Value::Of(LocalDateTime{days * kSecondsPerDay + second, nanos});
  }
  if (!in.Time(&second, &nanos)) return std::nullopt;
  const int64_t of_day = second * kNanosPerSecond + nanos;
  if (kind == "localtime") {
    if (!in.done()) return std::nullopt;
    return Value::Of(LocalTime{of_day});
  }
  int32_t offset = 0;
  if (!in.Offset(&offset) || !in.done()) return std::nullopt;
  return Value::Of(ZonedTime{of_day, offset});
}

// P1Y2M3W4DT5H6M7.8S, each number with its own sign. Units must descend.
std::optional<Value> ReadDuration(Scanner in) {
  if (!in.Take('P')) return std::nullopt;
  constexpr std::string_view kUnits = "YMWDhms";  // after T in lower case
  size_t at = 0;
  bool time = false;
  bool any = false;
  Duration d;
  while (!in.done()) {
    if (!time && in.Take('T')) {
      time = true;
      at = 4;
    }
    const bool negative = in.Take('-');
    int64_t n = 0;
    int32_t nanos = 0;
    if (!in.Digits(1, 15, &n)) return std::nullopt;
    const bool fraction = in.Take('.');
    if (fraction && !in.Fraction(&nanos)) return std::nullopt;
    const char unit = time ? static_cast<char>(in.peek() | 0x20) : in.peek();
    const size_t place = kUnits.find(unit, at);
    if (place == std::string_view::npos || (place < 4) == time || (fraction && unit != 's')) {
      return std::nullopt;
    }
    in.Take(in.peek());
    at = place + 1;
    any = true;
    if (negative) n = -n;
    constexpr int64_t kMonths[] = {12, 1, 0, 0, 0, 0, 0};
    constexpr int64_t kDays[] = {0, 0, 7, 1, 0, 0, 0};
    constexpr int64_t kSeconds[] = {0, 0, 0, 0, 3600, 60, 1};
    d.months += n * kMonths[place];
    d.days += n * kDays[place];
    d.seconds += n * kSeconds[place];
    if (nanos != 0) {
      d.nanos = negative ? static_cast<int32_t>(kNanosPerSecond) - nanos : nanos;
      d.seconds -= negative ? 1 : 0;
    }
  }
  if (!any) return std::nullopt;
  return Value::Of(d);
}

}  // namespace

absl::StatusOr<Value> ParseTemporal(std::string_view kind, std::string_view text) {
  const bool times =
      kind == "date" || kind == "localtime" || kind == "time" || kind == "localdatetime";
  if (!times && kind != "datetime" && kind != "duration") {
    return InvalidArgument("no such $type: \"", kind.substr(0, 64), "\"");
  }
  const Scanner in(text);
  std::optional<Value> value = kind == "datetime"   ? ReadDateTime(in)
                               : kind == "duration" ? ReadDuration(in)
                                                    : ReadTimes(kind, in);
  if (!value) return InvalidArgument("not a ", kind, ": \"", text.substr(0, 64), "\"");
  return *std::move(value);
}

}  // namespace skein
