// Times of source files: ISO 8601 and explicit patterns to civil parts, and parts to values.
//
// Errors    a reason for the quarantine file; nothing here fails an import.
// Range     years 1 … 9999; a text that names other years, day 30 of February, second 60 or hour 24
//           is refused, as is anything left over after the pattern.
// Threads   pure functions.
// Source    docs/reference/mapping.md, "Patterns"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "importers/core/field.h"

namespace skein {

// What a text said. Fields that it did not say keep their defaults.
struct TimeParts {
  bool has_date = false, has_clock = false;
  int year = 1970, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;
  int32_t nanos = 0;
  std::optional<int32_t> offset_seconds;
  bool afternoon = false, half_day = false;  // %p
};

// nullopt: the pattern is one we can follow. Otherwise what is wrong with it.
std::optional<std::string> CheckPattern(std::string_view pattern);

// nullopt on success, else a reason.
std::optional<std::string> ParsePattern(std::string_view pattern, std::string_view text,
                                        TimeParts* out);
std::optional<std::string> ParseIso(std::string_view text, TimeParts* out);
std::optional<std::string> ParseIsoDuration(std::string_view text, Duration* out);

// The value of `type` (a temporal one) that the text says, by the spec's formats and zone.
Converted ConvertTime(const FieldSpec& spec, std::string_view text);

// Microseconds since 1970 UTC of a temporal value; local times take `zone` (UTC when absent).
// nullopt: not a time, or a local time that the zone skipped.
std::optional<TimeUs> ToTimeUs(const Value& value, const std::optional<Zone>& zone);

}  // namespace skein
