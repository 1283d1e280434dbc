// A LogDisk that fails on call, and loses what was not synced when it "crashes". For tests.
//
// It sits on another disk (the real one) and remembers of each file what un-synced writes replaced,
// in sectors of 512 bytes, and of each directory which creations and renames were not synced.
// LoseUnsynced() then leaves the files as a power cut would: each such sector old or new.
//
// Limits    A removal is durable at once.
// Threads   Safe from any thread; the hooks are called without a lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "storage/log/disk.h"

namespace skein::log {

struct DiskHooks {
  // Before each mutating call (creation, write, growth, rename, removal, sync); an error: it fails
  // and nothing of it happens.
  std::function<absl::Status()> mutate = [] { return absl::OkStatus(); };
  // Before what needs space (creation, growth).
  std::function<absl::Status()> space = [] { return absl::OkStatus(); };
  // Before a sync of a file; an error: nothing is known of the bytes before it.
  std::function<absl::Status()> sync = [] { return absl::OkStatus(); };
};

class FaultDisk : public LogDisk {
 public:
  static std::shared_ptr<FaultDisk> Create(DiskHooks hooks,
                                           std::shared_ptr<LogDisk> base = LogDisk::Real());
  // After everything was closed. `seed` draws which sectors survive (0: none).
  virtual void LoseUnsynced(uint64_t seed) = 0;
};

}  // namespace skein::log
