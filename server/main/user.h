// `skein user`, `skein unit`, `skein case`: accounts and cases of a store that no process holds.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Adds the three subcommands; when one is chosen, runs it and sets *exit_code.
void AddUserCommand(CLI::App& app, int* exit_code);

}  // namespace skein
