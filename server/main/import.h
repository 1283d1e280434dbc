// `skein import`: source files, through mappings, into a store that this process holds.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Adds the subcommand; when it is chosen, runs it and sets *exit_code: 0 finished; 1 not finished,
// one line on stderr says why; 3 finished, but a file is damaged, or rows were rejected under
// --strict. Standard output: the summary, one JSON object (docs/reference/mapping.md).
void AddImportCommand(CLI::App& app, int* exit_code);

}  // namespace skein
