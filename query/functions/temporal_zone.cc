// Zones and the way between local times and instants.
#include <unicode/strenum.h>
#include <unicode/timezone.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/time/civil_time.h"
#include "query/functions/errors.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// All names that the zone database may be asked for, in order. Abseil keeps every zone it ever
// loaded and takes file paths for names, so that only names of this closed list may reach it.
const std::vector<std::string>& KnownZones() {
  static const auto* const names = [] {
    auto* out = new std::vector<std::string>;
    const std::unique_ptr<icu::StringEnumeration> all(icu::TimeZone::createEnumeration());
    UErrorCode error = U_ZERO_ERROR;
    int32_t length = 0;
    while (all != nullptr) {
      const char* name = all->next(&length, error);
      if (name == nullptr || U_FAILURE(error)) break;
      out->emplace_back(name, static_cast<size_t>(length));
    }
    std::sort(out->begin(), out->end());
    return out;
  }();
  return *names;
}

// +hh, +hhmm, +hh:mm, +hhmmss, +hh:mm:ss; nullopt: no offset.
std::optional<int32_t> ParseOffset(std::string_view text) {
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const bool colons = text.find(':') != std::string_view::npos;
  int32_t fields[3] = {0, 0, 0};
  size_t at = 1;
  for (int i = 0; i < 3 && at < text.size(); ++i) {
    if (i > 0 && colons) {
      if (text[at] != ':') return std::nullopt;
      ++at;
    }
    if (at + 2 > text.size() || !IsDigit(text[at]) || !IsDigit(text[at + 1])) return std::nullopt;
    fields[i] = (text[at] - '0') * 10 + (text[at + 1] - '0');
    at += 2;
  }
  if (at != text.size() || fields[1] > 59 || fields[2] > 59) return std::nullopt;
  const int32_t seconds = fields[0] * 3600 + fields[1] * 60 + fields[2];
  if (seconds > kOffsetMax) return std::nullopt;
  return text[0] == '-' ? -seconds : seconds;
}

absl::CivilSecond CivilOf(const LocalDateTime& local) {
  const CivilDate date = CivilFromDays(FloorDiv(local.seconds, kSecondsPerDay));
  const int64_t second = FloorMod(local.seconds, kSecondsPerDay);
  return absl::CivilSecond(date.year, date.month, date.day, 0, 0, static_cast<int>(second));
}

}  // namespace

Zone OffsetZone(int32_t offset_seconds) {
  return {"", absl::FixedTimeZone(offset_seconds), offset_seconds};
}

Zone UtcZone() { return OffsetZone(0); }

absl::StatusOr<Zone> ParseZone(std::string_view text) {
  if (text == "Z" || text == "z") return UtcZone();
  if (const std::optional<int32_t> offset = ParseOffset(text); offset.has_value()) {
    return OffsetZone(*offset);
  }
  Zone zone;
  zone.name = std::string(text);
  if (!std::binary_search(KnownZones().begin(), KnownZones().end(), zone.name) ||
      !absl::LoadTimeZone(zone.name, &zone.zone)) {
    return BadValue("'", text.substr(0, 60), "' is no time zone");
  }
  if (zone.name == "UTC") return UtcZone();
  return zone;
}

Zone ZoneOf(const ZonedDateTime& v) {
  if (!v.zone.empty()) {
    if (absl::StatusOr<Zone> zone = ParseZone(v.zone); zone.ok()) {
      zone->offset_seconds = v.offset_seconds;
      return *std::move(zone);
    }
    // Stored by a machine that knows more zones than this one: its offset is still right.
  }
  return OffsetZone(v.offset_seconds);
}

LocalDateTime LocalOf(const ZonedDateTime& v) { return {v.seconds + v.offset_seconds, v.nanos}; }

ZonedDateTime InZone(int64_t utc_seconds, int32_t nanos, const Zone& zone) {
  if (zone.name.empty()) return {utc_seconds, nanos, zone.offset_seconds.value_or(0), ""};
  const auto info = zone.zone.At(absl::FromUnixSeconds(utc_seconds));
  return {utc_seconds, nanos, info.offset, zone.name};
}

ZonedDateTime Resolve(const LocalDateTime& local, const Zone& zone) {
  if (zone.name.empty()) {
    const int32_t offset = zone.offset_seconds.value_or(0);
    return {local.seconds - offset, local.nanos, offset, ""};
  }
  const absl::TimeZone::TimeInfo info = zone.zone.At(CivilOf(local));
  absl::Time instant = info.pre;  // skipped: moves on by the gap; repeated: the earlier one
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED && zone.offset_seconds.has_value() &&
      zone.zone.At(info.post).offset == *zone.offset_seconds) {
    instant = info.post;
  }
  return InZone(absl::ToUnixSeconds(instant), local.nanos, zone);
}

}  // namespace skein::functions
