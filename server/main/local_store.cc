#include "server/main/local_store.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "storage/base/status.h"

namespace skein {

absl::StatusOr<std::unique_ptr<LocalStore>> OpenLocalStore(const std::string& dir,
                                                           const LocalStoreOptions& options) {
  auto local = std::make_unique<LocalStore>();
  OpenStoreOptions open;
  open.create = options.create;
  open.sandbox = options.sandbox;
  MemoryBudget& memory = MemoryBudget::Process();
  if (options.memory_mib > 0) memory.SetLimit(options.memory_mib << 20);
  const MemoryBudget::Parts parts = memory.parts();
  open.rocks.cache_bytes = parts.block_cache;
  open.rocks.write_buffer_bytes = parts.write_buffer;
  SKEIN_ASSIGN_OR_RETURN(local->opened, OpenStore(dir, open));
  if (options.sandbox && !local->opened.profile.sandbox) {
    return FailedPrecondition("store '", dir,
                              "' is governed, and stays so: --sandbox only marks a new store");
  }
  Store& store = *local->opened.store;
  const auto hold = [&](std::string name, uint64_t StoreStats::*bytes) {
    local->held.push_back(memory.Register({std::move(name),
                                           [&store, bytes]() -> size_t {
                                             const auto stats = store.Stats();
                                             return stats.ok() ? (*stats).*bytes : 0;
                                           },
                                           nullptr}));
  };
  hold("blocks read", &StoreStats::cache_bytes);
  hold("write buffers", &StoreStats::buffer_bytes);
  local->background = MakeThreadExecutor(1);
  GraphOptions graph;
  graph.executor = local->background.get();
  SKEIN_ASSIGN_OR_RETURN(local->users, Graph::Open(store, graph));
  graph.space = GraphSpace::kSystem;
  SKEIN_ASSIGN_OR_RETURN(local->system, Graph::Open(store, graph));
  SKEIN_ASSIGN_OR_RETURN(local->engine, Engine::Create(*local->users, *local->system, {}));
  return local;
}

void AddMemoryFlag(CLI::App& app, size_t* memory_mib) {
  app.add_option("--memory", *memory_mib,
                 "MiB that caches, queries and imports may hold together; 0: half of the machine's")
      ->check(CLI::Range(size_t{0}, size_t{1} << 24))
      ->capture_default_str();
}

void PurposeFlags::AddTo(CLI::App& app) {
  app.add_option("--case", purpose.case_number, "Case number this work is for (governed stores)");
  app.add_option("--basis", purpose.basis, "Its legal basis (governed stores)");
  app.add_option("--reason", purpose.reason, "The reason for this access (governed stores)");
}

absl::StatusOr<std::optional<Purpose>> OfflinePurpose(const LocalStore& store,
                                                      const PurposeFlags& flags) {
  if (store.sandbox()) return std::optional<Purpose>();
  std::string missing;
  const auto need = [&missing](const std::string& value, std::string_view flag) {
    if (value.empty()) missing.append(missing.empty() ? "" : ", ").append(flag);
  };
  need(flags.purpose.case_number, "--case");
  need(flags.purpose.basis, "--basis");
  need(flags.purpose.reason, "--reason");
  if (missing.empty()) return std::optional<Purpose>(flags.purpose);
  return PermissionDenied("this store is governed: offline work needs a purpose, missing ",
                          missing);
}

std::string OfflinePerson() {
  const passwd* entry = getpwuid(geteuid());  // NOLINT(concurrency-mt-unsafe): one thread yet
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(geteuid());
}

int Report(std::string_view command, const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "skein %.*s: %s\n", static_cast<int>(command.size()), command.data(),
               std::string(Message(status)).c_str());
  return 1;
}

}  // namespace skein
