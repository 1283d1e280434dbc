// `skein verify`: checks a whole store that no process holds, and rebuilds what is derived.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Sets *exit_code when the subcommand ran: 0 sound (or repaired), 1 could not check, 3 damaged.
void AddVerifyCommand(CLI::App& app, int* exit_code);

}  // namespace skein
