// What a RocksDB store and its views share: the database handle, closed by whoever leaves last.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "storage/kv/conflicts.h"
#include "storage/kv/rocks_store.h"

namespace skein {

// RocksDB's outcome as ours; `what` names the operation and the place.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view what);

// Debian's RocksDB is built with assertions: handles and snapshots must go before the database.
struct RocksCore {
  ~RocksCore();

  rocksdb::ColumnFamilyHandle* Handle(Table table) const {
    return handles[static_cast<size_t>(table)];
  }

  std::string dir;
  std::unique_ptr<rocksdb::Env> env;  // set when a file system was injected
  rocksdb::DB* db = nullptr;
  std::array<rocksdb::ColumnFamilyHandle*, kTableCount> handles{};

  absl::Mutex mu;
  ConflictTable conflicts ABSL_GUARDED_BY(mu);
};

class RocksView final : public View {
 public:
  // core->mu is held.
  RocksView(std::shared_ptr<RocksCore> core, Version version);
  ~RocksView() override;
  Version version() const override { return version_; }
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  std::shared_ptr<RocksCore> core_;
  Version version_;
  const rocksdb::Snapshot* snapshot_;
};

absl::StatusOr<std::shared_ptr<RocksCore>> OpenRocksCore(const std::string& dir,
                                                         const RocksStoreOptions& options);

}  // namespace skein
