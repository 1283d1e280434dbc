// A file system for RocksDB and the log that fails on call, and loses what was not synced when it
// "crashes".
//
// For tests in process. It sits on the real file system and remembers of each file how much was
// synced, and of each directory which creations, renames and deletions were; Crash() makes all
// later calls fail, and LoseUnsynced() then leaves the files as a power cut would.
//
// Limits    Of RocksDB's files: models append-only ones and atomic renames, which is what it
// writes.
//           A directory's renames become durable with any fsync of the directory. Of the log's:
//           storage/log/fault_disk.h.
// Threads   Safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/log/disk.h"

namespace rocksdb {
class FileSystem;
}

namespace skein {

class FaultFileSystem {
 public:
  static std::shared_ptr<FaultFileSystem> Create();
  virtual ~FaultFileSystem() = default;

  // What RocksStoreOptions::file_system takes; keeps this alive.
  virtual std::shared_ptr<rocksdb::FileSystem> file_system() = 0;

  // What RocksStoreOptions::log_disk takes; counts and fails together with the other.
  virtual std::shared_ptr<log::LogDisk> log_disk() = 0;

  // Mutating calls so far: creations, appends, syncs, renames, deletions.
  virtual int64_t mutations() const = 0;
  // From the n-th further mutation on (0: the next) everything fails, as if the machine stopped.
  virtual void CrashAt(int64_t n) = 0;
  // Calls `what` instead of making the n-th further mutation (a test's program kills itself there).
  virtual void RunAt(int64_t n, std::function<void()> what) = 0;
  virtual bool crashed() const = 0;
  // The n-th further mutation fails once, with an I/O error or for want of space.
  virtual void FailAt(int64_t n, bool no_space) = 0;
  // The n-th further sync fails once, after which nothing is known of the bytes before it.
  virtual void FailSyncAt(int64_t n) = 0;
  // Appends fail for want of space while set.
  virtual void SetNoSpace(bool on) = 0;

  // After everything was closed: what was not synced is gone. `seed` decides how much of each
  // file's unsynced end happens to survive (0: nothing).
  virtual void LoseUnsynced(uint64_t seed) = 0;
};

}  // namespace skein
