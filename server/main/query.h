// `skein query`: one query against a local store, its rows on stdout.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "storage/base/value.h"

namespace skein {

// Adds the subcommand; when it is chosen, runs it and sets *exit_code.
void AddQueryCommand(CLI::App& app, int* exit_code);

// "k=v" as --param takes it: v is a literal of the language, else the string itself.
// INVALID_ARGUMENT: no '=', no name.
absl::StatusOr<std::pair<std::string, Value>> ParseParameter(std::string_view text);

}  // namespace skein
