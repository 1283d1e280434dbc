#include "importers/core/summary.h"

#include <cmath>
#include <cstdio>

#include "importers/core/record.h"

namespace skein {
namespace {

struct Count {
  const char* name;
  uint64_t ImportCounts::*member;
};
constexpr Count kCounts[] = {
    {"read", &ImportCounts::read},
    {"accepted", &ImportCounts::accepted},
    {"rejected", &ImportCounts::rejected},
    {"damaged", &ImportCounts::damaged},
    {"nulled", &ImportCounts::nulled},
    {"implied", &ImportCounts::implied},
    {"created", &ImportCounts::created},
    {"updated", &ImportCounts::updated},
    {"unchanged", &ImportCounts::unchanged},
    {"kept", &ImportCounts::kept},
    {"links", &ImportCounts::links},
    {"links_updated", &ImportCounts::links_updated},
    {"links_unchanged", &ImportCounts::links_unchanged},
    {"sightings", &ImportCounts::sightings},
    {"sightings_unchanged", &ImportCounts::sightings_unchanged},
    {"same", &ImportCounts::same},
    {"same_unchanged", &ImportCounts::same_unchanged},
    {"same_too_common", &ImportCounts::same_too_common},
};

std::string CountsJson(const ImportCounts& counts, double seconds) {
  std::string out;
  for (const Count& count : kCounts) {
    out += '"';
    out += count.name;
    out += "\": " + std::to_string(counts.*count.member) + ", ";
  }
  const double rate = seconds > 0 ? static_cast<double>(counts.read) / seconds : 0;
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "\"seconds\": %.3f, \"rows_per_second\": %.0f", seconds,
                rate);
  return out + numbers;
}

}  // namespace

void ImportCounts::Add(const ImportCounts& other) {
  for (const Count& count : kCounts) this->*count.member += other.*count.member;
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t bad = FindInvalidUtf8(text);
    for (const char c : text.substr(0, bad)) {
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
        out += escape;
      } else {
        out += c;
      }
    }
    if (bad == std::string_view::npos) break;
    out += "\\ufffd";
    text.remove_prefix(bad + 1);
  }
  return out + "\"";
}

std::string SummaryJson(const ImportSummary& summary) {
  std::string out = "{\"finished\": ";
  out += summary.finished ? "true" : "false";
  if (summary.dry_run) out += ", \"dry_run\": true";
  out += ", " + CountsJson(summary.total, summary.seconds);
  out += ", \"quarantine\": ";
  out += summary.quarantine.empty() ? "null" : JsonString(summary.quarantine);
  out += ", \"files\": [";
  bool first = true;
  for (const FileSummary& file : summary.files) {
    if (!first) out += ", ";
    first = false;
    out += "{\"file\": " + JsonString(file.file) + ", \"mapping\": " + JsonString(file.mapping) +
           ", " + CountsJson(file.counts, file.seconds) + "}";
  }
  return out + "]}";
}

}  // namespace skein
