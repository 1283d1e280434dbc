// `skein generate`: synthetic data for trying the product out.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Adds the subcommand; when it is chosen, runs it and sets *exit_code: 0 written, 1 not (one line
// on stderr says why). Standard output: one JSON object {"seed", "scale", "files", "records"}.
void AddGenerateCommand(CLI::App& app, int* exit_code);

}  // namespace skein
