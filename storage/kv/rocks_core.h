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
#include "rocksdb/listener.h"
#include "storage/kv/conflicts.h"
#include "storage/kv/manifest_guard.h"
#include "storage/kv/rocks_log.h"
#include "storage/kv/rocks_store.h"

namespace skein {

// RocksDB's outcome as ours; `what` names the operation and the place.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view what);

// An operation as RocksDB has it; Check and Touch store nothing.
rocksdb::Status AddOp(WriteBatch::Kind kind, rocksdb::ColumnFamilyHandle* table,
                      std::string_view key, std::string_view value, rocksdb::WriteBatch* rows);

// Debian's RocksDB is built with assertions: handles and snapshots must go before the database.
struct RocksCore {
  ~RocksCore();

  rocksdb::ColumnFamilyHandle* Handle(Table table) const {
    return handles[static_cast<size_t>(table)];
  }

  // The error for which RocksDB has stopped its background work, until it recovers.
  absl::Status BackgroundError() const;
  // The version that RocksDB's files hold, buffers left out.
  absl::StatusOr<uint64_t> FlushedVersion() const;
  // Writes the buffers of all tables to files; `wait`: before it returns.
  absl::Status Flush(bool wait);
  // Applies a group found in the log.
  absl::Status Replay(uint64_t version, std::string_view group);

  std::string dir;
  std::shared_ptr<ManifestGuard> guard;
  std::unique_ptr<rocksdb::Env> env;
  // From opening on by the leader of a group; the destructor closes it.
  std::unique_ptr<RocksLog> log;
  rocksdb::DB* db = nullptr;
  std::shared_ptr<rocksdb::EventListener> listener;
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
                                                         const std::string& log_dir,
                                                         const RocksStoreOptions& options,
                                                         std::vector<std::string>* notes);

inline constexpr std::string_view kVersionKey = "version";  // of table meta; a row of every group

}  // namespace skein
