#include "server/main/verify.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/api/json.h"
#include "server/auth/audit.h"
#include "server/main/local_store.h"
#include "storage/base/status.h"
#include "storage/care/verify.h"

namespace skein {
namespace {

constexpr int kSound = 0;
constexpr int kDamaged = 3;

struct Flags {
  std::string store;
  bool repair = false, json = false, quiet = false;
  uint64_t lines = 100;
  uint64_t memory_mib = 512;
};

using Named = std::vector<std::pair<const char*, uint64_t>>;

Named CheckedOf(const VerifyCounts& c) {
  return {{"nodes", c.nodes},
          {"links", c.links},
          {"sightings", c.sightings},
          {"link_pages", c.link_pages},
          {"adjacency_pages", c.adjacency_pages},
          {"adjacency_entries", c.adjacency_entries},
          {"labels", c.labels},
          {"index_entries", c.index_entries},
          {"postings", c.postings},
          {"past_versions", c.past_versions},
          {"counters", c.counters},
          {"identities", c.identities},
          {"assertions", c.assertions},
          {"log_entries", c.log_entries}};
}

std::string Verdict(const VerifyReport& report) {
  if (!report.complete) return "cannot be read whole; restore it from a backup";
  const uint64_t records = report.found.record_damage();
  if (records > 0) {
    return internal::Join(records,
                          " damages of records, which nothing can rebuild; restore a backup");
  }
  if (report.found.damage() > 0) {
    return internal::Join(report.found.damage(),
                          " damages of derived data; --repair rebuilds it from the records");
  }
  return "sound";
}

void PrintText(const Flags& flags, const RepairReport& result) {
  const VerifyReport& report = result.after;
  std::string line = "checked";
  for (const auto& [name, n] : CheckedOf(report.checked)) {
    line += internal::Join(" ", name, "=", n);
  }
  std::printf("%s\n", line.c_str());
  for (size_t k = 0; k < kFindingKinds; ++k) {
    const auto kind = static_cast<FindingKind>(k);
    const uint64_t n = result.before.found.count(kind);
    if (n == 0) continue;
    std::printf("found %s=%llu%s\n", std::string(FindingName(kind)).c_str(),
                static_cast<unsigned long long>(n),
                IsNote(kind) ? " (no damage)" : (IsRecordDamage(kind) ? "" : " (derived)"));
  }
  if (flags.repair) {
    if (result.refused) {
      std::printf("repaired nothing: records are damaged, and a repair trusts them\n");
    } else {
      std::printf("repaired adjacency_pages=%llu rows=%llu counters=%llu\n",
                  static_cast<unsigned long long>(result.pages),
                  static_cast<unsigned long long>(result.rows),
                  static_cast<unsigned long long>(result.counters));
    }
  }
  std::printf("%s: %s\n", flags.store.c_str(), Verdict(report).c_str());
}

void PrintJson(const Flags& flags, const RepairReport& result,
               const std::vector<Finding>& findings) {
  JsonWriter out;
  const VerifyReport& report = result.after;
  out.BeginObject().Member("store", flags.store);
  out.Member("sound", report.clean()).Member("complete", report.complete);
  out.Key("checked").BeginObject();
  for (const auto& [name, n] : CheckedOf(report.checked)) {
    out.Member(name, static_cast<int64_t>(n));
  }
  out.EndObject().Key("found").BeginObject();
  for (size_t k = 0; k < kFindingKinds; ++k) {
    const auto kind = static_cast<FindingKind>(k);
    const uint64_t n = result.before.found.count(kind);
    if (n > 0) out.Member(FindingName(kind), static_cast<int64_t>(n));
  }
  out.EndObject().Member("record_damage",
                         static_cast<int64_t>(result.before.found.record_damage()));
  out.Key("findings").BeginArray();
  for (const Finding& finding : findings) {
    out.BeginObject().Member("kind", FindingName(finding.kind));
    out.Member("place",
               FindingText({finding.kind, finding.space, finding.table, finding.place, ""}));
    out.Member("what", finding.what).EndObject();
  }
  out.EndArray();
  if (flags.repair) {
    out.Key("repaired").BeginObject().Member("refused", result.refused);
    out.Member("adjacency_pages", static_cast<int64_t>(result.pages));
    out.Member("rows", static_cast<int64_t>(result.rows));
    out.Member("counters", static_cast<int64_t>(result.counters)).EndObject();
  }
  out.EndObject();
  std::printf("%s\n", out.Take().c_str());
}

absl::StatusOr<int> Run(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(flags.store, {}));
  VerifyOptions options;
  options.lines_max = flags.lines;
  options.memory_bytes = static_cast<size_t>(flags.memory_mib) << 20;
  std::vector<Finding> findings;
  int checks = 0;  // a repair checks again: what it found first is told
  options.show = [&](const Finding& finding) {
    if (checks > 1) return;
    if (flags.json) {
      findings.push_back(finding);
    } else {
      std::printf("%s\n", FindingText(finding).c_str());
    }
  };
  options.stage = [&](std::string_view what) {
    if (what == kVerifyBegins) ++checks;
    if (!flags.quiet) {
      std::fprintf(stderr, "skein verify: %.*s\n", static_cast<int>(what.size()), what.data());
    }
  };
  RepairReport result;
  if (flags.repair) {
    if (!opened.profile.sandbox) {
      Purpose purpose;
      purpose.reason = "repair of derived data";
      SKEIN_RETURN_IF_ERROR(
          auth::LogOffline(*opened.store, OfflinePerson(), purpose, "repair", "verify --repair"));
    }
    SKEIN_ASSIGN_OR_RETURN(result, RepairStore(*opened.store, options));
  } else {
    SKEIN_ASSIGN_OR_RETURN(result.after, VerifyStore(*opened.store, options));
    result.before = result.after;
  }
  flags.json ? PrintJson(flags, result, findings) : PrintText(flags, result);
  return result.after.clean() ? kSound : kDamaged;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand(
      "verify", "Check everything in a store that no process holds, and rebuild what is derived");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--store", flags->store, "Directory of the store")->required();
  command->add_flag("--repair", flags->repair,
                    "Rebuild adjacency, labels, indexes, text and counters from the records; "
                    "changes nothing where records are damaged");
  command->add_option("--lines", flags->lines, "Findings that are printed; all are counted")
      ->capture_default_str();
  command->add_option("--memory", flags->memory_mib, "MiB that the check may use")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "One JSON object instead of text");
  command->add_flag("--quiet", flags->quiet, "No progress on standard error");
  command->footer("Status: 0 sound, or repaired; 1 it could not be checked; 3 damaged.");
  command->callback([flags, exit_code] {
    const absl::StatusOr<int> result = Run(*flags);
    *exit_code = result.ok() ? *result : Report("verify", result.status());
  });
}

}  // namespace skein
