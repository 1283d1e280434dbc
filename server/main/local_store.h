// LocalStore: a store that this process holds, with everything to query it.
//
// Use       Offline subcommands (query, shell, import, user) and serve open the store through here,
//           so that locking, profiles and purposes are decided in one place.
// Errors    What OpenStore returns: NOT_FOUND, FAILED_PRECONDITION, UNAVAILABLE with the holder's
//           pid, DATA_LOSS.
// Lifetime  Members are destroyed in reverse order: background work, engine, graphs, store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "storage/base/memory_budget.h"
#include "storage/kv/open.h"

namespace skein {

struct LocalStore {
  OpenedStore opened;
  std::vector<MemoryBudget::Registration> held;
  std::unique_ptr<Graph> users;
  std::unique_ptr<Graph> system;
  std::unique_ptr<Engine> engine;
  // Folds what commits have added. Declared last: its work is done before the graphs go.
  std::unique_ptr<Executor> background;

  bool sandbox() const { return opened.profile.sandbox; }
};

struct LocalStoreOptions {
  bool create = false;
  bool sandbox = false;   // of a store that is created
  size_t memory_mib = 0;  // what the process may hold; 0: half of the machine's memory
};

absl::StatusOr<std::unique_ptr<LocalStore>> OpenLocalStore(const std::string& dir,
                                                           const LocalStoreOptions& options);

// --case, --basis and --reason of offline work.
struct PurposeFlags {
  Purpose purpose;
  void AddTo(CLI::App& app);
};

// The purpose for offline work on `store`: none on a sandbox. PERMISSION_DENIED names the flags
// that are missing on a governed one.
absl::StatusOr<std::optional<Purpose>> OfflinePurpose(const LocalStore& store,
                                                      const PurposeFlags& flags);

// --memory, in MiB, of subcommands that open a store.
void AddMemoryFlag(CLI::App& app, size_t* memory_mib);

// The person at the terminal: the login name, as far as the system knows it.
std::string OfflinePerson();

// One line on stderr, `skein <command>: <message>`, and the exit status that goes with it.
int Report(std::string_view command, const absl::Status& status);

}  // namespace skein
