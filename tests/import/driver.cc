// Imports into a store on disk, or prints one, for tests that kill: a process of its own.
//
//   skein_import_driver import STORE DATA CHUNK_ROWS KILL_AFTER MAPPING...
//     kills itself with SIGKILL right after the KILL_AFTER-th commit (0: never); prints the summary
//   skein_import_driver export STORE
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "importers/cli/run.h"
#include "storage/base/status.h"
#include "storage/kv/open.h"
#include "tests/import/canonical.h"

namespace skein {
namespace {

absl::Status Import(int argc, char** argv) {
  std::vector<Mapping> mappings;
  for (int i = 6; i < argc; ++i) {
    SKEIN_ASSIGN_OR_RETURN(Mapping mapping, LoadMapping(argv[i]));
    mappings.push_back(std::move(mapping));
  }
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened,
                         OpenStore(argv[2], {.create = true, .sandbox = true, .rocks = {}}));
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Graph> graph, Graph::Open(*opened.store, {}));
  ImportOptions options;
  options.data_dir = argv[3];
  options.quarantine = std::string(argv[2]) + ".quarantine.jsonl";
  char* rest = nullptr;
  options.chunk_rows = std::strtoul(argv[4], &rest, 10);
  if (*rest == 'b') options.bulk = {0, size_t{32} << 10};  // everything in bulk, many small loads
  const uint64_t kill_after = std::strtoul(argv[5], nullptr, 10);
  uint64_t commits = 0;
  options.after_commit = [&commits, kill_after] {
    if (++commits == kill_after) std::raise(SIGKILL);
  };
  SKEIN_ASSIGN_OR_RETURN(const ImportSummary summary, RunImport(*graph, mappings, options));
  std::printf("%s\n", SummaryJson(summary).c_str());
  std::fprintf(stderr, "commits %llu\n", static_cast<unsigned long long>(commits));
  return absl::OkStatus();
}

absl::Status Export(const char* dir) {
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(dir, {}));
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Graph> graph, Graph::Open(*opened.store, {}));
  SKEIN_ASSIGN_OR_RETURN(const std::string text, Canonical(*graph));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return absl::OkStatus();
}

absl::Status Main(int argc, char** argv) {
  if (argc > 6 && std::string_view(argv[1]) == "import") return Import(argc, argv);
  if (argc == 3 && std::string_view(argv[1]) == "export") return Export(argv[2]);
  return InvalidArgument("usage: see the head of tests/import/driver.cc");
}

}  // namespace
}  // namespace skein

int main(int argc, char** argv) {
  const absl::Status status = skein::Main(argc, argv);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
