// `skein backup` and `skein restore`: copies of a store, made while it serves or while none does.
#pragma once

#include "CLI/CLI.hpp"

namespace skein {

// Both set *exit_code when they ran: 0 done, 1 not done, 3 (backup --check) damaged.
void AddBackupCommand(CLI::App& app, int* exit_code);
void AddRestoreCommand(CLI::App& app, int* exit_code);

}  // namespace skein
