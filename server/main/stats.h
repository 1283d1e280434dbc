// `skein stats` and `skein compact`: where a store's bytes are, and making them fewer.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Both set *exit_code when they ran.
void AddStatsCommand(CLI::App& app, int* exit_code);
void AddCompactCommand(CLI::App& app, int* exit_code);

}  // namespace skein
