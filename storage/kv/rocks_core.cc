#include "storage/kv/rocks_core.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdarg>
#include <memory>
#include <system_error>
#include <utility>

#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/merge_operator.h"
#include "rocksdb/table.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// WriteBatch::Add: sums of signed 64-bit counters.
class AddOperator final : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* out, rocksdb::Logger*) const override {
    int64_t sum = DecodeCounter({value.data(), value.size()});
    if (existing != nullptr) sum += DecodeCounter({existing->data(), existing->size()});
    *out = EncodeCounter(sum);
    return true;
  }
  const char* Name() const override { return "skein.Add"; }
};

// RocksDB's own log file asserts, and Debian's build aborts, when it is written on a full disk.
// What matters of it comes back as a Status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::ColumnFamilyOptions FamilyOptions(const RocksStoreOptions& options, Table table,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  rocksdb::BlockBasedTableOptions blocks;
  // performance.md 2.3: no option moves a Get by more than 15 %; these are the best of them.
  blocks.block_cache = cache;
  blocks.block_size = 4096;
  blocks.format_version = 5;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  family.write_buffer_size = options.write_buffer_bytes;
  // Packed columns hardly shrink; keys, names and identities do, by a third more with ZSTD.
  const bool columns = table == Table::kAdjacency || table == Table::kHistory;
  family.compression = columns ? rocksdb::kLZ4Compression : rocksdb::kZSTD;
  family.compression_opts.level = 1;
  family.level_compaction_dynamic_level_bytes = true;
  // Misses are the usual answer when identities of rows are looked up.
  family.memtable_whole_key_filtering = true;
  family.memtable_prefix_bloom_size_ratio = table == Table::kImports ? 0.05 : 0.0;
  if (table == Table::kStats) family.merge_operator = std::make_shared<AddOperator>();
  return family;
}

rocksdb::DBOptions DatabaseOptions(const RocksStoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_open_files = -1;
  db.max_background_jobs = 2;
  db.info_log = std::make_shared<NoLog>();
  // What is not in a sorted file yet is replayed at the next opening: 128 MiB take < 1 s.
  db.max_total_wal_size = uint64_t{128} << 20;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  db.recycle_log_file_num = 0;
  db.bytes_per_sync = uint64_t{1} << 20;
  // A failed write is reported and stays failed; only running out of space heals by itself.
  db.max_bgerror_resume_count = 0;
  (void)options;
  return db;
}

}  // namespace

absl::StatusOr<DiskSpace> ReadDiskSpace(const std::string& path) {
  struct statvfs fs = {};
  if (::statvfs(path.c_str(), &fs) != 0) {
    return Unavailable(path, ": cannot read free space: ", std::generic_category().message(errno));
  }
  return DiskSpace{static_cast<uint64_t>(fs.f_bavail) * fs.f_frsize,
                   static_cast<uint64_t>(fs.f_blocks) * fs.f_frsize};
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (status.IsNoSpace()) return ResourceExhausted(what, ": no space left on the disk: ", text);
  if (status.IsCorruption()) return DataLoss(what, ": stored bytes are damaged: ", text);
  if (status.IsInvalidArgument()) return InvalidArgument(what, ": ", text);
  if (status.IsNotFound()) return NotFound(what, ": ", text);
  return Unavailable(what, ": ", text);
}

RocksCore::~RocksCore() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  db->Close().PermitUncheckedError();
  delete db;
}

RocksView::RocksView(std::shared_ptr<RocksCore> core, Version version)
    : core_(std::move(core)), version_(version), snapshot_(core_->db->GetSnapshot()) {
  core_->mu.AssertHeld();
  core_->conflicts.ViewOpened(version_);
}

RocksView::~RocksView() {
  core_->db->ReleaseSnapshot(snapshot_);
  absl::MutexLock lock(&core_->mu);
  core_->conflicts.ViewClosed(version_);
}

absl::StatusOr<std::shared_ptr<RocksCore>> OpenRocksCore(const std::string& dir,
                                                         const RocksStoreOptions& options) {
  auto core = std::make_shared<RocksCore>();
  core->dir = dir;
  rocksdb::DBOptions db_options = DatabaseOptions(options);
  if (options.file_system != nullptr) {
    core->env = rocksdb::NewCompositeEnv(options.file_system);
    db_options.env = core->env.get();
  }
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.cache_bytes, 4);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t t = 0; t < kTableCount; ++t) {
    const auto table = static_cast<Table>(t);
    families.emplace_back(
        t == 0 ? rocksdb::kDefaultColumnFamilyName : std::string(TableName(table)),
        FamilyOptions(options, table, cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status = rocksdb::DB::Open(db_options, dir, families, &handles, &core->db);
  if (!status.ok()) {
    core->db = nullptr;
    return FromRocks(status, "opening " + dir);
  }
  for (size_t t = 0; t < kTableCount; ++t) core->handles[t] = handles[t];
  return core;
}

}  // namespace skein
