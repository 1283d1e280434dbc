// `skein serve`: the store, over HTTP, WebSocket and Bolt, until a signal ends it.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Adds the subcommand; when it is chosen, runs it and sets *exit_code.
void AddServeCommand(CLI::App& app, int* exit_code);

}  // namespace skein
