// `skein reference`: the reference pages of the query language, as docs/reference has them.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Adds the subcommand; when it is chosen, prints the page and sets *exit_code.
void AddReferenceCommand(CLI::App& app, int* exit_code);

}  // namespace skein
