// `skein fusion`: says which nodes of a store are the same, takes it back, shows who said what.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Sets *exit_code when the subcommand ran.
void AddFusionCommand(CLI::App& app, int* exit_code);

}  // namespace skein
