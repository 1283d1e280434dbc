// ISO 8601, read by hand: its basic and extended forms overlap ("2015202" is a day of the year,
// "201507" a month), so that the count of digits decides.
#include "query/functions/errors.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char Peek() const { return done() ? '\0' : text_[at_]; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  size_t DigitsAhead() const {
    size_t end = at_;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    return end - at_;
  }
  // Exactly `count` (≤ 18) digits, which are there.
  int64_t Number(size_t count) {
    int64_t n = 0;
    for (const size_t end = at_ + count; at_ < end; ++at_) n = n * 10 + (text_[at_] - '0');
    return n;
  }
  // Exactly `count` digits, or nullopt.
  std::optional<int64_t> Fixed(size_t count) {
    if (DigitsAhead() < count) return std::nullopt;
    return Number(count);
  }
  // Digits after a decimal point as nanoseconds; digits beyond the ninth are cut off.
  int64_t Fraction() {
    int64_t nanos = 0;
    int64_t unit = kNanosPerSecond / 10;
    for (; IsDigit(Peek()); ++at_, unit /= 10) nanos += (text_[at_] - '0') * unit;
    return nanos;
  }
  bool TakePoint() { return Take('.') || Take(','); }
  std::string_view Rest() const { return text_.substr(at_); }
  void Skip(size_t count) { at_ += count; }
  absl::Status Bad(std::string_view what) const {
    return BadValue("'", text_.substr(0, 100), "' is no ", what);
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// After the year, with or without hyphens: Www[D], Qq[DD], DDD, MM[DD] or nothing.
absl::StatusOr<Date> ParseAfterYear(Reader& in, int64_t year, bool extended) {
  const auto part = [&in, extended](size_t digits) -> std::optional<int64_t> {
    if (extended && !in.Take('-')) return std::nullopt;
    return in.Fixed(digits);
  };
  if (in.Take('W')) {
    const std::optional<int64_t> week = in.Fixed(2);
    if (!week.has_value()) return in.Bad("date");
    return MakeWeekDate(year, *week, part(1).value_or(1));
  }
  if (in.Take('Q')) {
    const std::optional<int64_t> quarter = in.Fixed(1);
    if (!quarter.has_value()) return in.Bad("date");
    return MakeQuarterDate(year, *quarter, part(2).value_or(1));
  }
  switch (in.DigitsAhead()) {
    case 2: {
      const int64_t month = in.Number(2);
      return MakeDate(year, month, extended ? part(2).value_or(1) : 1);
    }
    case 3:
      return MakeOrdinalDate(year, in.Number(3));
    case 4: {
      const int64_t month = in.Number(2);
      return MakeDate(year, month, in.Number(2));
    }
    default:
      return in.Bad("date");
  }
}

absl::StatusOr<Date> ParseDate(Reader& in) {
  const bool negative = in.Peek() == '-';
  const bool sign = in.Take('-') || in.Take('+');
  const size_t digits = in.DigitsAhead();
  // A sign, or a hyphen after the digits, says how many of them are the year's.
  const char after = digits < in.Rest().size() ? in.Rest()[digits] : '\0';
  const bool extended = after == '-' || sign;
  const size_t year_digits = extended ? digits : 4;
  if (digits < year_digits || year_digits == 0 || year_digits > 9) return in.Bad("date");
  if (!sign && year_digits != 4) return in.Bad("date");
  const int64_t year = in.Number(year_digits) * (negative ? -1 : 1);
  if (extended) {
    if (!in.Take('-')) return MakeDate(year, 1, 1);
    return ParseAfterYear(in, year, true);
  }
  if (in.DigitsAhead() == 0 && in.Peek() != 'W' && in.Peek() != 'Q') return MakeDate(year, 1, 1);
  return ParseAfterYear(in, year, false);
}

absl::StatusOr<LocalTime> ParseTime(Reader& in) {
  const std::optional<int64_t> hour = in.Fixed(2);
  if (!hour.has_value()) return in.Bad("time");
  const bool extended = in.Peek() == ':';
  int64_t fields[2] = {0, 0};  // minute, second
  int64_t nanos = 0;
  for (int64_t& field : fields) {
    if (extended ? !in.Take(':') : in.DigitsAhead() == 0) break;
    const std::optional<int64_t> value = in.Fixed(2);
    if (!value.has_value() || *value > 59) return in.Bad("time");
    field = *value;
    if (&field == &fields[1] && in.TakePoint()) {
      if (in.DigitsAhead() == 0) return in.Bad("time");
      nanos = in.Fraction();
    }
  }
  if (*hour > 23) return in.Bad("time");
  return LocalTime{((*hour * 60 + fields[0]) * 60 + fields[1]) * kNanosPerSecond + nanos};
}

// Z, an offset, [Zone/Name], or an offset and a name.
absl::StatusOr<std::optional<Zone>> ParseZoneSuffix(Reader& in) {
  const std::string_view rest = in.Rest();
  if (rest.empty()) return std::optional<Zone>();
  const size_t bracket = rest.find('[');
  std::optional<Zone> zone;
  if (bracket != 0) {
    SKEIN_ASSIGN_OR_RETURN(zone, ParseZone(rest.substr(0, bracket)));
    if (!zone->name.empty()) return in.Bad("time");  // names stand in brackets
  }
  if (bracket != std::string_view::npos) {
    if (rest.back() != ']') return in.Bad("time");
    SKEIN_ASSIGN_OR_RETURN(Zone named,
                           ParseZone(rest.substr(bracket + 1, rest.size() - bracket - 2)));
    if (zone.has_value() && !named.name.empty()) named.offset_seconds = zone->offset_seconds;
    zone = std::move(named);
  }
  in.Skip(rest.size());
  return zone;
}

constexpr double kMeanMonthSeconds = 2'629'746;

// The sum of what was read, exact but for fractions of months.
struct Total {
  double months = 0;  // fractions only
  __int128 whole_months = 0, whole_days = 0, seconds = 0, nanos = 0;
};

// One number and its unit; `in_time`: after T.
absl::Status ReadPart(Reader& in, bool in_time, bool negated, Total* total) {
  const bool minus = in.Take('-');
  if (!minus) in.Take('+');
  const size_t digits = in.DigitsAhead();
  if (digits == 0 || digits > 18) return in.Bad("duration");
  const int64_t sign = minus != negated ? -1 : 1;
  const int64_t whole = in.Number(digits) * sign;
  const bool fractional = in.TakePoint();
  if (fractional && in.DigitsAhead() == 0) return in.Bad("duration");
  const int64_t fraction = fractional ? in.Fraction() * sign : 0;  // of 10⁹
  const char unit = in.Peek();
  in.Skip(in.done() ? 0 : 1);
  const auto add_time = [total, whole, fraction](int64_t seconds_each) {
    total->seconds += static_cast<__int128>(whole) * seconds_each;
    total->nanos += static_cast<__int128>(fraction) * seconds_each;
  };
  const auto add_months = [total, whole, fraction](int64_t each) {
    total->whole_months += static_cast<__int128>(whole) * each;
    total->months += static_cast<double>(fraction) * 1e-9 * static_cast<double>(each);
  };
  // A fraction of a day is a whole number of nanoseconds.
  const auto add_days = [total, whole, fraction](int64_t each) {
    const __int128 fraction_days = static_cast<__int128>(fraction) * each;
    total->whole_days += static_cast<__int128>(whole) * each + fraction_days / kNanosPerSecond;
    total->nanos += fraction_days % kNanosPerSecond * kSecondsPerDay;
  };
  if (in_time) {
    switch (unit) {
      case 'H':
        add_time(3600);
        return absl::OkStatus();
      case 'M':
        add_time(60);
        return absl::OkStatus();
      case 'S':
        add_time(1);
        return absl::OkStatus();
      default:
        return in.Bad("duration");
    }
  }
  switch (unit) {
    case 'Y':
      add_months(12);
      return absl::OkStatus();
    case 'M':
      add_months(1);
      return absl::OkStatus();
    case 'W':
      add_days(7);
      return absl::OkStatus();
    case 'D':
      add_days(1);
      return absl::OkStatus();
    default:
      return in.Bad("duration");
  }
}

// P2012-02-02T14:37:21.545: a date and a time as amounts.
absl::StatusOr<Duration> ParseDateBasedDuration(Reader& in, bool negated) {
  const std::optional<int64_t> year = in.Fixed(4);
  const bool extended = in.Peek() == '-';
  if (extended) in.Take('-');
  const std::optional<int64_t> month = in.Fixed(2);
  if (extended && !in.Take('-')) return in.Bad("duration");
  const std::optional<int64_t> day = in.Fixed(2);
  if (!year.has_value() || !month.has_value() || !day.has_value()) return in.Bad("duration");
  LocalTime time;
  if (in.Take('T')) {
    SKEIN_ASSIGN_OR_RETURN(time, ParseTime(in));
  }
  if (!in.done() || *month > 12 || *day > 31) return in.Bad("duration");
  const __int128 sign = negated ? -1 : 1;
  return MakeDuration(sign * (*year * 12 + *month), sign * *day, __int128{0}, sign * time.nanos);
}

}  // namespace

absl::StatusOr<ParsedTemporal> ParseTemporal(std::string_view text, bool starts_with_time) {
  Reader in(text);
  ParsedTemporal out;
  if (!starts_with_time) {
    SKEIN_ASSIGN_OR_RETURN(out.date, ParseDate(in));
    if (in.done()) return out;
    if (!in.Take('T') && !in.Take('t') && !in.Take(' ')) return in.Bad("date");
  }
  SKEIN_ASSIGN_OR_RETURN(out.time, ParseTime(in));
  SKEIN_ASSIGN_OR_RETURN(out.zone, ParseZoneSuffix(in));
  return out;
}

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  Reader in(text);
  const bool negated = in.Peek() == '-';
  if (!in.Take('-')) in.Take('+');
  if (!in.Take('P') || in.done()) return in.Bad("duration");
  const std::string_view rest = in.Rest();
  if (in.DigitsAhead() == 8 || (in.DigitsAhead() == 4 && rest.size() > 4 && rest[4] == '-')) {
    if (in.DigitsAhead() != 8 || rest.size() == 8 || rest[8] == 'T') {
      return ParseDateBasedDuration(in, negated);
    }
  }
  Total total;
  bool in_time = false;
  while (!in.done()) {
    if (!in_time && in.Take('T')) {
      in_time = true;
      if (in.done()) return in.Bad("duration");
    }
    SKEIN_RETURN_IF_ERROR(ReadPart(in, in_time, negated, &total));
  }
  // Half a month is no number of days: it spills over as its mean length.
  const double spilled_months = static_cast<double>(static_cast<int64_t>(total.months));
  SKEIN_ASSIGN_OR_RETURN(
      const Duration spilled,
      MakeDuration(0.0, 0.0, (total.months - spilled_months) * kMeanMonthSeconds, 0.0));
  const __int128 spilled_seconds = spilled.seconds;
  return MakeDuration(total.whole_months + static_cast<int64_t>(spilled_months),
                      total.whole_days + spilled_seconds / kSecondsPerDay,
                      total.seconds + spilled_seconds % kSecondsPerDay,
                      total.nanos + spilled.nanos);
}

}  // namespace skein::functions
