#include "storage/kv/rocks_core.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdarg>
#include <memory>
#include <system_error>
#include <utility>

#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/merge_operator.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// What the log holds beyond RocksDB's files is flushed at closing, or in the background after
// opening, when it is more than this: replaying it again and again would cost more. 8 MiB replay in
// ~0.1 s.
constexpr uint64_t kCloseFlushBytes = uint64_t{8} << 20;
constexpr uint64_t kOpenFlushBytes = uint64_t{8} << 20;

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

class ErrorListener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    const absl::MutexLock lock(&mu_);
    error_ = FromRocks(*error, "writing in the background");
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (!info.new_bg_error.ok()) return;
    const absl::MutexLock lock(&mu_);
    error_ = absl::OkStatus();
  }
  absl::Status error() const {
    const absl::MutexLock lock(&mu_);
    return error_;
  }

 private:
  mutable absl::Mutex mu_;
  absl::Status error_ ABSL_GUARDED_BY(mu_) = absl::OkStatus();
};

// RocksDB's own log file asserts, and Debian's build aborts, when it is written on a full disk.
// What matters of it comes back as a Status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// How a table is read, and what its blocks are worth.
struct TableShape {
  bool by_key = true;         // rows are looked up one by one, and mostly not found: a filter helps
  bool finds = false;         // looked up, and mostly found: the last level needs no filter
  size_t block_bytes = 4096;  // larger ones shrink better and cost a cold read more
  bool shrinks = true;
};

TableShape ShapeOf(Table table) {
  switch (table) {
    case Table::kNodes:
      return {.finds = true, .block_bytes = 8192};
    case Table::kImports:
      return {.block_bytes = 16'384};
    case Table::kLabels:
    case Table::kText:
      return {.by_key = false, .block_bytes = 16'384};
    case Table::kIndex:
      return {.by_key = false, .block_bytes = 8192};
    case Table::kLinks:
    case Table::kAdjacency:
    case Table::kHistory:
      return {.by_key = false, .shrinks = false};  // packed columns
    case Table::kVersions:
      return {.by_key = false};
    default:
      return {};
  }
}

rocksdb::ColumnFamilyOptions FamilyOptions(const RocksStoreOptions& options, Table table,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  rocksdb::BlockBasedTableOptions blocks;
  // performance.md 2.3: no option moves a Get by more than 15 %; these are the best of them.
  blocks.block_cache = cache;
  const TableShape shape = ShapeOf(table);
  blocks.block_size = shape.block_bytes;
  blocks.format_version = 5;
  if (shape.by_key) blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // A byte and more a row; identities are looked for where they are not, before any block is read.
  if (shape.by_key && table != Table::kImports) {
    blocks.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  }
  family.optimize_filters_for_hits = shape.finds;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  family.write_buffer_size = options.write_buffer_bytes;
  // Packed columns hardly shrink; keys, names and identities do, by a third more with ZSTD.
  family.compression = shape.shrinks ? rocksdb::kZSTD : rocksdb::kLZ4Compression;
  family.compression_opts.level = 1;
  family.level_compaction_dynamic_level_bytes = true;
  // Misses are the usual answer when identities of rows are looked up.
  family.memtable_whole_key_filtering = true;
  family.memtable_prefix_bloom_size_ratio = table == Table::kImports ? 0.05 : 0.0;
  // Commits mostly add at one place, the end of a batch's links or of the runs: where the last one
  // went is where the next one goes. Two bytes tell runs from pages.
  if (table == Table::kLinks || table == Table::kAdjacency) {
    family.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(2));
  } else if (table == Table::kMeta || table == Table::kStats) {
    // The same few keys again and again.
    family.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(18));
  }
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
  // The log is ours (rocks_log.h): what is in buffers only is replayed from it. All tables are
  // flushed together, so that what the files hold is one version of the store.
  db.atomic_flush = true;
  db.avoid_flush_during_shutdown = true;
  db.db_write_buffer_size = 2 * options.write_buffer_bytes;
  // One writer at a time: what several need only costs.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  // A new list of files only with a new opening; see manifest_guard.h.
  db.max_manifest_file_size = UINT64_MAX;
  // Of databases that were written before there was our log.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  db.recycle_log_file_num = 0;
  db.bytes_per_sync = uint64_t{1} << 20;
  // A failed write is reported and stays failed; only running out of space heals by itself.
  db.max_bgerror_resume_count = 0;
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

absl::Status RocksCore::BackgroundError() const {
  return static_cast<const ErrorListener&>(*listener).error();
}

absl::StatusOr<uint64_t> RocksCore::FlushedVersion() const {
  rocksdb::ReadOptions read;
  read.read_tier = rocksdb::kPersistedTier;
  std::string value;
  const rocksdb::Status status =
      db->Get(read, Handle(Table::kMeta), {kVersionKey.data(), kVersionKey.size()}, &value);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return FromRocks(status, "reading the version of " + dir);
  return static_cast<uint64_t>(DecodeCounter(value));
}

absl::Status RocksCore::Flush(bool wait) {
  rocksdb::FlushOptions flush;
  flush.wait = wait;
  flush.allow_write_stall = true;
  return FromRocks(
      db->Flush(flush, std::vector<rocksdb::ColumnFamilyHandle*>(handles.begin(), handles.end())),
      "flushing " + dir);
}

absl::Status RocksCore::Replay(uint64_t version, std::string_view group) {
  rocksdb::WriteBatch rows;
  while (!group.empty()) {
    SKEIN_ASSIGN_OR_RETURN(const LoggedOp op, DecodeOp(&group));
    SKEIN_RETURN_IF_ERROR(
        FromRocks(AddOp(op.kind, Handle(op.table), op.key, op.value, &rows), "building a batch"));
  }
  const std::string value = EncodeCounter(static_cast<int64_t>(version));
  SKEIN_RETURN_IF_ERROR(
      FromRocks(AddOp(WriteBatch::Kind::kPut, Handle(Table::kMeta), kVersionKey, value, &rows),
                "building a batch"));
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return FromRocks(db->Write(write, &rows), "replaying the log of " + dir);
}

rocksdb::Status AddOp(WriteBatch::Kind kind, rocksdb::ColumnFamilyHandle* table,
                      std::string_view key, std::string_view value, rocksdb::WriteBatch* rows) {
  const rocksdb::Slice k(key.data(), key.size()), v(value.data(), value.size());
  switch (kind) {
    case WriteBatch::Kind::kPut:
      return rows->Put(table, k, v);
    case WriteBatch::Kind::kDelete:
      return rows->Delete(table, k);
    case WriteBatch::Kind::kAdd:
      return rows->Merge(table, k, v);
    case WriteBatch::Kind::kCheck:
    case WriteBatch::Kind::kTouch:
      break;
  }
  return rocksdb::Status::OK();
}

RocksCore::~RocksCore() {
  if (db == nullptr) return;
  if (log != nullptr) {
    // Nothing depends on this: it only makes the next opening quicker and the log shorter.
    if (log->log().unreleased_bytes() > kCloseFlushBytes) {
      SKEIN_IGNORE_ERROR(Flush(/*wait=*/true), "the log has it");
    }
    rocksdb::CancelAllBackgroundWork(db, /*wait=*/true);
    if (const auto version = FlushedVersion(); version.ok() && log->StateIsOld()) {
      SKEIN_IGNORE_ERROR(log->RecordState(*version, /*sync=*/true), "an older state serves too");
      SKEIN_IGNORE_ERROR(log->log().Shrink(), "only space is at stake");
    }
  }
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

namespace {

absl::Status OpenDatabase(RocksCore* core, const RocksStoreOptions& options) {
  rocksdb::DBOptions db_options = DatabaseOptions(options);
  core->env = rocksdb::NewCompositeEnv(core->guard->file_system());
  db_options.env = core->env.get();
  core->listener = std::make_shared<ErrorListener>();
  db_options.listeners.push_back(core->listener);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.cache_bytes, 4);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t t = 0; t < kTableCount; ++t) {
    const auto table = static_cast<Table>(t);
    families.emplace_back(
        t == 0 ? rocksdb::kDefaultColumnFamilyName : std::string(TableName(table)),
        FamilyOptions(options, table, cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      rocksdb::DB::Open(db_options, core->dir, families, &handles, &core->db);
  if (!status.ok()) {
    core->db = nullptr;
    return FromRocks(status, "opening " + core->dir);
  }
  for (size_t t = 0; t < kTableCount; ++t) core->handles[t] = handles[t];
  return absl::OkStatus();
}

// A database that has no log yet, fresh or from before there was one.
absl::Status MakeLog(RocksCore* core, const std::string& log_dir,
                     const log::LogOptions& log_options) {
  SKEIN_RETURN_IF_ERROR(core->Flush(/*wait=*/true));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t version, core->FlushedVersion());
  const ManifestMark mark = core->guard->mark();
  SKEIN_ASSIGN_OR_RETURN(auto made, RocksLog::CreateLog(log_dir, log_options, mark, version));
  core->log = std::make_unique<RocksLog>(std::move(made), core->guard);
  return core->log->RecordState(version, /*sync=*/true);
}

// The groups that RocksDB's files do not hold, then a state: from here on the new list of files is
// the one that counts.
absl::Status CatchUp(RocksCore* core, std::unique_ptr<log::Log> found, uint64_t recorded) {
  SKEIN_ASSIGN_OR_RETURN(uint64_t version, core->FlushedVersion());
  if (version < recorded) {
    return DataLoss(core->dir, ": its files reach version ", version,
                    ", and the log has recorded that they reached ", recorded);
  }
  SKEIN_RETURN_IF_ERROR(found->Replay(
      version, [core](uint64_t at, std::string_view group) { return core->Replay(at, group); }));
  const bool much = found->unreleased_bytes() > kOpenFlushBytes;
  core->log = std::make_unique<RocksLog>(std::move(found), core->guard);
  SKEIN_ASSIGN_OR_RETURN(version, core->FlushedVersion());
  SKEIN_RETURN_IF_ERROR(core->log->RecordState(version, /*sync=*/true));
  return much ? core->Flush(/*wait=*/false) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<RocksCore>> OpenRocksCore(const std::string& dir,
                                                         const std::string& log_dir,
                                                         const RocksStoreOptions& options,
                                                         std::vector<std::string>* notes) {
  auto core = std::make_shared<RocksCore>();
  core->dir = dir;
  core->guard = ManifestGuard::Create(
      dir, options.file_system != nullptr ? options.file_system : rocksdb::FileSystem::Default());
  log::LogOptions log_options;
  if (options.log_disk != nullptr) log_options.disk = options.log_disk;
  log_options.file_bytes = options.log_file_bytes;
  log_options.sync = options.sync;
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<log::Log> found, RocksLog::OpenLog(log_dir, log_options));
  if (found == nullptr) {
    SKEIN_RETURN_IF_ERROR(OpenDatabase(core.get(), options));
    SKEIN_RETURN_IF_ERROR(MakeLog(core.get(), log_dir, log_options));
    return core;
  }
  SKEIN_ASSIGN_OR_RETURN(const RocksLog::State state, RocksLog::StateOf(*found));
  std::vector<std::string> damage = found->report().damage;
  std::string repaired;
  SKEIN_RETURN_IF_ERROR(core->guard->Check(state.mark, &repaired));
  if (!repaired.empty()) damage.push_back(repaired);
  if (notes != nullptr) *notes = std::move(damage);
  SKEIN_RETURN_IF_ERROR(OpenDatabase(core.get(), options));
  SKEIN_RETURN_IF_ERROR(CatchUp(core.get(), std::move(found), state.version));
  return core;
}

}  // namespace skein
