// ManifestGuard: knows what RocksDB's MANIFEST says, so that our log can hold it against the disk.
//
// RocksDB's list of live files, the MANIFEST, lost its end without notice when bits flipped (2 of
// 200 trials, reliability.md). The guard sits between RocksDB and the file system and sums up what
// is written to the MANIFEST that CURRENT names, as far as it was synced; the log records number,
// length and checksum (storage/kv/rocks_log.h), and the next opening compares.
//
// Shape     A MANIFEST is append-only, so a recorded prefix stays as it is for ever.
// Order     From the moment CURRENT names another MANIFEST until Settle(), deletions of files are
//           put off: a crash in between goes back to the MANIFEST that was recorded, and what that
//           one names must still be there. Likewise after a failed write to the MANIFEST.
// Threads   Safe from any thread.
// Cost      A checksum of the few bytes of each change of the list; nothing on reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace rocksdb {
class FileSystem;
}

namespace skein {

// A MANIFEST up to some length.
struct ManifestMark {
  uint64_t number = 0;  // 0: none yet
  uint64_t bytes = 0;
  uint64_t checksum = 0;
  bool operator==(const ManifestMark&) const = default;
};

class ManifestGuard {
 public:
  // Of the database in `dir`; what happens elsewhere (checkpoints) passes through.
  static std::shared_ptr<ManifestGuard> Create(const std::string& dir,
                                               std::shared_ptr<rocksdb::FileSystem> base);
  virtual ~ManifestGuard() = default;

  // What RocksDB is to use; keeps this alive.
  virtual std::shared_ptr<rocksdb::FileSystem> file_system() = 0;
  // The MANIFEST in force, as far as it is on the disk.
  virtual ManifestMark mark() const = 0;
  // `recorded` is durable elsewhere: deletions put off while it was another go ahead.
  virtual void Settle(const ManifestMark& recorded) = 0;

  // Before RocksDB opens the database: the recorded MANIFEST must be there, unchanged as far as
  // recorded; CURRENT is made to name it, because another one comes from an opening that was cut
  // short. DATA_LOSS says what disagrees. `repaired`: a line to tell when CURRENT was changed.
  virtual absl::Status Check(const ManifestMark& recorded, std::string* repaired) = 0;
};

}  // namespace skein
