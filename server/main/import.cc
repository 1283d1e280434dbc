#include "server/main/import.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "importers/cli/run.h"
#include "server/auth/audit.h"
#include "server/main/local_store.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr int kFinished = 0;
constexpr int kNotFinished = 1;
constexpr int kUsage = 2;
constexpr int kDamaged = 3;

struct Flags {
  std::string store, data, quarantine;
  std::vector<std::string> mappings;
  size_t memory_mib = 0;
  bool sandbox = false, dry_run = false, strict = false, quiet = false;
  PurposeFlags purpose;
};

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// What goes into the log of a governed store: the mappings and the folder, as given.
std::string Spell(const Flags& flags) {
  std::string text = "import --data " + flags.data;
  for (const std::string& mapping : flags.mappings) text += " --mapping " + mapping;
  return text;
}

// What a load may gather before it is written: a process of its own may take a quarter of the
// machine. The more, the fewer pieces are folded in the end.
size_t GatheredBytes() {
  const int64_t pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  const size_t least = BulkLimits().memory_bytes;
  if (pages <= 0 || page <= 0) return least;
  return std::max(least, static_cast<size_t>(pages) * static_cast<size_t>(page) / 4);
}

ImportOptions OptionsOf(const Flags& flags) {
  ImportOptions options;
  options.bulk.memory_bytes = GatheredBytes();
  options.data_dir = flags.data;
  options.quarantine =
      flags.quarantine.empty() ? WithoutSlash(flags.store) + ".quarantine.jsonl" : flags.quarantine;
  options.progress = flags.quiet ? nullptr : stderr;
  options.terminal = isatty(STDERR_FILENO) == 1;
  return options;
}

absl::StatusOr<std::vector<Mapping>> LoadMappings(const Flags& flags) {
  std::vector<Mapping> mappings;
  for (const std::string& path : flags.mappings) {
    SKEIN_ASSIGN_OR_RETURN(Mapping mapping, LoadMapping(path));
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

// Standard output may be a full disk or a closed pipe: then nobody got the summary.
absl::Status Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return absl::OkStatus();
  }
  return Unavailable("cannot write standard output: ", std::strerror(errno));
}

absl::StatusOr<ImportSummary> ImportInto(const Flags& flags, const std::vector<Mapping>& mappings) {
  // Before a store is made where there is none: mistakes in the data must not leave one behind.
  ImportOptions options = OptionsOf(flags);
  SKEIN_RETURN_IF_ERROR(CheckImport(mappings, options));
  if (!flags.sandbox && access((flags.store + "/SKEIN").c_str(), F_OK) != 0) {
    // It would be governed: its purpose, too, is asked for before it is made.
    SKEIN_RETURN_IF_ERROR(OfflinePurpose(LocalStore{}, flags.purpose).status());
  }
  SKEIN_ASSIGN_OR_RETURN(
      const std::unique_ptr<LocalStore> local,
      OpenLocalStore(flags.store,
                     {.create = true, .sandbox = flags.sandbox, .memory_mib = flags.memory_mib}));
  SKEIN_ASSIGN_OR_RETURN(const std::optional<Purpose> purpose,
                         OfflinePurpose(*local, flags.purpose));
  options.purpose.person = OfflinePerson();
  options.bulk.memory_bytes =
      std::min(options.bulk.memory_bytes, MemoryBudget::Process().parts().import_gather);
  if (purpose) {
    options.purpose.case_number = purpose->case_number;
    SKEIN_RETURN_IF_ERROR(auth::LogOffline(*local->opened.store, options.purpose.person, *purpose,
                                           "import", Spell(flags)));
  }
  return RunImport(*local->users, mappings, options);
}

int Usage(std::string_view message) {
  Report("import", InvalidArgument(message));
  return kUsage;
}

absl::StatusOr<int> Run(const Flags& flags) {
  if (flags.mappings.empty()) {
    if (!flags.dry_run) {
      return Usage("--mapping is missing (--dry-run without one proposes one)");
    }
    SKEIN_ASSIGN_OR_RETURN(const std::string yaml, ProposeMapping(OptionsOf(flags)));
    SKEIN_RETURN_IF_ERROR(Print(yaml));
    return kFinished;
  }
  SKEIN_ASSIGN_OR_RETURN(const std::vector<Mapping> mappings, LoadMappings(flags));
  ImportSummary summary;
  if (flags.dry_run) {
    std::string report;
    SKEIN_ASSIGN_OR_RETURN(summary, RunDryRun(mappings, OptionsOf(flags), &report));
    SKEIN_RETURN_IF_ERROR(Print(report + "\n"));
  } else {
    if (flags.store.empty()) return Usage("--store is missing");
    SKEIN_ASSIGN_OR_RETURN(summary, ImportInto(flags, mappings));
    SKEIN_RETURN_IF_ERROR(Print(SummaryJson(summary) + "\n"));
  }
  if (summary.total.rejected > 0) {
    std::string where = flags.dry_run ? "" : "; they are in " + summary.quarantine;
    if (summary.total.damaged > 0) {
      where += "; of them damaged (broken quotes, invalid UTF-8): " +
               std::to_string(summary.total.damaged);
    }
    std::fprintf(stderr, "skein import: %llu of %llu rows were rejected%s\n",
                 static_cast<unsigned long long>(summary.total.rejected),
                 static_cast<unsigned long long>(summary.total.read), where.c_str());
  }
  const bool damaged = summary.total.damaged > 0 || (flags.strict && summary.total.rejected > 0);
  return damaged ? kDamaged : kFinished;
}

}  // namespace

void AddImportCommand(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand(
      "import", "Load source files into a store, as mappings say (docs/reference/mapping.md)");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--store", flags->store, "Directory of the store; made if it is not there");
  command->add_option("--mapping", flags->mappings, "Mapping (YAML); may be given several times");
  command->add_option("--data", flags->data, "Folder with the source files")->required();
  command->add_flag("--sandbox", flags->sandbox, "A store that is made has no access rules");
  command->add_flag("--dry-run", flags->dry_run,
                    "Check and profile, write nothing; without --mapping: propose one");
  command->add_flag("--strict", flags->strict, "Status 3 when any row is rejected");
  command->add_flag("--quiet", flags->quiet, "No progress on standard error");
  command->add_option("--quarantine", flags->quarantine,
                      "File for rejected rows (default: beside the store)");
  flags->purpose.AddTo(*command);
  AddMemoryFlag(*command, &flags->memory_mib);
  command->callback([flags, exit_code] {
    const absl::StatusOr<int> result = Run(*flags);
    *exit_code = result.ok() ? *result : kNotFinished;
    if (!result.ok()) Report("import", result.status());
  });
}

}  // namespace skein
