// The `skein` program: one subcommand a file, wired here.

#include <cstdio>
#include <exception>

#include "CLI/CLI.hpp"
#include "server/main/generate.h"
#include "server/main/query.h"
#include "server/main/shell.h"
#if __has_include("server/main/import.h")
#include "server/main/import.h"
#endif
#if __has_include("server/main/serve.h")
#include "server/main/serve.h"
#endif
#if __has_include("server/main/user.h")
#include "server/main/user.h"
#endif

namespace skein {
namespace {

int Main(int argc, char** argv) {
  CLI::App app("Skein: case-fusion graph database and investigation workbench", "skein");
  app.set_version_flag("--version", "skein 0.1.0");
  app.require_subcommand(1);
  int exit_code = 0;
#if __has_include("server/main/serve.h")
  AddServeCommand(app, &exit_code);
#endif
#if __has_include("server/main/import.h")
  AddImportCommand(app, &exit_code);
#endif
  AddQueryCommand(app, &exit_code);
  AddShellCommand(app, &exit_code);
  AddGenerateCommand(app, &exit_code);
#if __has_include("server/main/user.h")
  AddUserCommand(app, &exit_code);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return exit_code;
}

}  // namespace
}  // namespace skein

int main(int argc, char** argv) {
  try {
    return skein::Main(argc, argv);
  } catch (const std::exception& error) {
    // Nothing of ours throws; a library did (out of memory, say). One line and a status, no abort.
    std::fprintf(stderr, "skein: %s\n", error.what());
    return 1;
  }
}
