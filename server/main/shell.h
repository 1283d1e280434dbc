// `skein shell`: queries by hand against a local store.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Adds the subcommand; when it is chosen, runs it and sets *exit_code.
void AddShellCommand(CLI::App& app, int* exit_code);

}  // namespace skein
