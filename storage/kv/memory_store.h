// The in-memory twin: a Store on std::map, for tests and for what need not last.
//
// It keeps its promises literally: several versions of a value for open views, a MemoryDisk that
// holds exactly what was synced, so that a test can crash it (destroy the store, open the disk).
#pragma once

#include <memory>

#include "storage/base/clock.h"
#include "storage/kv/store.h"

namespace skein {

// What survives of memory stores. Threads: one store at a time has it open.
class MemoryDisk;
std::shared_ptr<MemoryDisk> MakeMemoryDisk();

struct MemoryStoreOptions {
  Clock* clock = &Clock::Real();
  std::shared_ptr<MemoryDisk> disk;  // nullptr: a fresh one
};

std::unique_ptr<Store> MakeMemoryStore(const MemoryStoreOptions& options = {});

}  // namespace skein
