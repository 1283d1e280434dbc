// The `skein` program: one subcommand a file, wired here.

#include <cstdio>
#include <exception>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "server/main/backup.h"
#include "server/main/fusion.h"
#include "server/main/generate.h"
#include "server/main/import.h"
#include "server/main/query.h"
#include "server/main/reference.h"
#include "server/main/serve.h"
#include "server/main/shell.h"
#include "server/main/stats.h"
#include "server/main/user.h"
#include "server/main/verify.h"

namespace skein {
namespace {

// The status of wrong usage, for every subcommand; the parser's own differ by the kind of mistake.
constexpr int kUsage = 2;

int Main(int argc, char** argv) {
  CLI::App app("Skein: case-fusion graph database and investigation workbench", "skein");
  app.set_version_flag("--version", "skein 0.1.0");
  app.require_subcommand(1);
  int exit_code = 0;
  AddServeCommand(app, &exit_code);
  AddImportCommand(app, &exit_code);
  AddQueryCommand(app, &exit_code);
  AddShellCommand(app, &exit_code);
  AddGenerateCommand(app, &exit_code);
  AddReferenceCommand(app, &exit_code);
  AddUserCommand(app, &exit_code);
  AddFusionCommand(app, &exit_code);
  AddVerifyCommand(app, &exit_code);
  AddBackupCommand(app, &exit_code);
  AddRestoreCommand(app, &exit_code);
  AddStatsCommand(app, &exit_code);
  AddCompactCommand(app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::string what = error.what();
    // The parser says no more than that a subcommand is missing: name what was given instead.
    if (argc > 1 && app.get_subcommands().empty()) {
      what = std::string(argv[1][0] == '-' ? "unknown option '" : "unknown subcommand '") +
             argv[1] + "'";
    }
    std::fprintf(stderr, "skein: %s; --help says more\n", what.c_str());
    return kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace skein

int main(int argc, char** argv) {
  // Debian's Abseil is built with assertions and would note every lock in one graph of the whole
  // process, behind a lock of its own. Tests leave that on.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  try {
    return skein::Main(argc, argv);
  } catch (const std::exception& error) {
    // Nothing of ours throws; a library did (out of memory, say). One line and a status, no abort.
    std::fprintf(stderr, "skein: %s\n", error.what());
    return 1;
  }
}
