#include "storage/kv/rocks_store.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "rocksdb/options.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"
#include "storage/base/status.h"
#include "storage/kv/rocks_core.h"

namespace skein {
namespace {

// Several commits share one fsync until they are this large together.
constexpr size_t kGroupBytesMax = size_t{8} << 20;
// The log is kept shorter than this many files by flushing, should buffers not fill up before.
constexpr uint64_t kLogFilesMax = 4;

rocksdb::Slice ToSlice(std::string_view s) { return {s.data(), s.size()}; }

class RunWriter;

class RocksStore final : public Store {
 public:
  RocksStore(std::shared_ptr<RocksCore> core, const RocksStoreOptions& options, Version version)
      : core_(std::move(core)), options_(options), version_(Raw(version)) {
    absl::MutexLock lock(&core_->mu);
    latest_ = std::make_shared<const RocksView>(core_, version);
  }

  absl::StatusOr<std::shared_ptr<const View>> Latest() override {
    const auto there_is_one = [this] { return latest_ != nullptr; };
    absl::MutexLock lock(&core_->mu);
    core_->mu.Await(absl::Condition(&there_is_one));
    return std::shared_ptr<const View>(latest_);
  }

  absl::Status MultiGet(const View& view, std::span<const KeyRef> keys,
                        std::vector<std::optional<std::string>>* out) override;
  absl::Status MultiScan(const View& view, std::span<const ScanRange> ranges,
                         std::vector<ScanPage>* out) override;
  absl::StatusOr<Version> Commit(const WriteBatch& batch, Durability durability) override;
  absl::StatusOr<Version> Ingest(std::span<SortedRun> runs) override;
  absl::Status Checkpoint(const std::string& dir) override;
  absl::Status Verify() override;
  absl::Status Compact() override;
  absl::StatusOr<StoreStats> Stats() override;

 private:
  struct Waiter {
    const WriteBatch* batch;
    bool sync;
    bool done = false;
    absl::Status status = absl::OkStatus();
    Version version{};
    absl::CondVar ready;
  };

  rocksdb::ReadOptions ReadAt(const View& view) const {
    rocksdb::ReadOptions read;
    read.snapshot = static_cast<const RocksView&>(view).snapshot();
    return read;
  }
  uint64_t NextVersion() const {
    const int64_t now = absl::ToUnixMicros(options_.clock->Now());
    return std::max(version_ + 1, static_cast<uint64_t>(std::max<int64_t>(now, 0)));
  }
  absl::Status CheckSpace() const;
  // The view that was the latest, to be dropped without the lock.
  [[nodiscard]] std::shared_ptr<const RocksView> LeadGroup()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mu);
  std::shared_ptr<const RocksView> Publish(uint64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mu);
  struct Written {
    absl::Status status = absl::OkStatus();
    bool unknown = false;  // it failed, and may be there after a restart
  };
  Written WriteGroup(const std::vector<Waiter*>& group, uint64_t version);
  absl::Status Apply(const std::vector<Waiter*>& group, uint64_t version);
  // `sync` becomes true where the log wants it.
  absl::Status BeginLogging(uint64_t version, std::string_view payload, bool* sync);
  absl::Status FinishLogging(bool sync);
  void Stop(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mu);
  absl::StatusOr<Version> AddInTurn(const std::vector<std::unique_ptr<RunWriter>>& writers,
                                    std::vector<std::pair<std::string, std::string>>* meta);
  absl::Status AddFiles(const std::vector<std::unique_ptr<RunWriter>>& writers,
                        std::vector<std::pair<std::string, std::string>>* meta, uint64_t version);

  std::shared_ptr<RocksCore> core_;
  RocksStoreOptions options_;
  // Guarded by core_->mu, like all below. nullptr: an Ingest is about to make a new one.
  std::shared_ptr<const RocksView> latest_;
  std::deque<Waiter*> queue_;
  uint64_t version_;
  absl::Status stopped_ = absl::OkStatus();  // why writes are refused for good
  uint64_t commits_ = 0, groups_ = 0, conflicts_ = 0, runs_ = 0;
  std::atomic<uint64_t> round_trips_{0};
  bool flush_asked_ = false;  // the leader's
};

absl::Status RocksStore::MultiGet(const View& view, std::span<const KeyRef> keys,
                                  std::vector<std::optional<std::string>>* out) {
  round_trips_.fetch_add(1, std::memory_order_relaxed);
  out->assign(keys.size(), std::nullopt);
  const rocksdb::ReadOptions read = ReadAt(view);
  // One call a table, keys sorted, as RocksDB's batched look-up wants them.
  std::vector<uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto less = [&keys](uint32_t a, uint32_t b) {
    if (keys[a].table != keys[b].table) return keys[a].table < keys[b].table;
    return keys[a].key < keys[b].key;
  };
  if (!std::is_sorted(order.begin(), order.end(), less)) {
    std::sort(order.begin(), order.end(), less);
  }
  std::vector<rocksdb::Slice> slices;
  std::vector<rocksdb::PinnableSlice> values;
  std::vector<rocksdb::Status> statuses;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    const Table table = keys[order[begin]].table;
    slices.clear();
    while (end < order.size() && keys[order[end]].table == table && end - begin < 1024) {
      slices.push_back(ToSlice(keys[order[end]].key));
      ++end;
    }
    values.clear();
    values.resize(slices.size());
    statuses.assign(slices.size(), rocksdb::Status());
    core_->db->MultiGet(read, core_->Handle(table), slices.size(), slices.data(), values.data(),
                        statuses.data(), true);
    for (size_t i = 0; i < slices.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      if (!statuses[i].ok()) {
        return FromRocks(statuses[i], "reading table " + std::string(TableName(table)));
      }
      (*out)[order[begin + i]].emplace(values[i].data(), values[i].size());
    }
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status RocksStore::MultiScan(const View& view, std::span<const ScanRange> ranges,
                                   std::vector<ScanPage>* out) {
  round_trips_.fetch_add(1, std::memory_order_relaxed);
  out->assign(ranges.size(), {});
  const rocksdb::ReadOptions read = ReadAt(view);
  std::array<std::unique_ptr<rocksdb::Iterator>, kTableCount> iterators;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const ScanRange& range = ranges[i];
    const uint32_t limit = std::min(range.limit, kScanRowsMax);
    auto& it = iterators[static_cast<size_t>(range.table)];
    if (it == nullptr) it.reset(core_->db->NewIterator(read, core_->Handle(range.table)));
    ScanPage& page = (*out)[i];
    const rocksdb::Slice end = ToSlice(range.end);
    for (it->Seek(ToSlice(range.begin)); it->Valid(); it->Next()) {
      if (!range.end.empty() && it->key().compare(end) >= 0) break;
      if (page.rows.size() == limit) {
        page.more = true;
        break;
      }
      page.rows.emplace_back(
          std::string(it->key().data(), it->key().size()),
          range.keys_only ? std::string() : std::string(it->value().data(), it->value().size()));
    }
    if (!it->status().ok()) {
      return FromRocks(it->status(), "scanning table " + std::string(TableName(range.table)));
    }
  }
  return absl::OkStatus();
}

absl::Status RocksStore::CheckSpace() const {
  if (options_.free_bytes_min == 0 || options_.free_share_min <= 0) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const DiskSpace space, options_.disk_space(core_->dir));
  const auto share =
      static_cast<uint64_t>(options_.free_share_min * static_cast<double>(space.total_bytes));
  const uint64_t wanted = std::min(options_.free_bytes_min, share);
  if (space.free_bytes >= wanted) return absl::OkStatus();
  return ResourceExhausted("the disk of ", core_->dir, " has ", space.free_bytes >> 20,
                           " MiB free, writing needs ", wanted >> 20,
                           " MiB; reading goes on, writing resumes when there is space");
}

absl::StatusOr<Version> RocksStore::Commit(const WriteBatch& batch, Durability durability) {
  round_trips_.fetch_add(1, std::memory_order_relaxed);
  Waiter self{.batch = &batch, .sync = durability == Durability::kSync, .ready = {}};
  std::shared_ptr<const RocksView> retired;  // outlives the lock, which its destructor takes
  absl::MutexLock lock(&core_->mu);
  queue_.push_back(&self);
  while (!self.done && queue_.front() != &self) self.ready.Wait(&core_->mu);
  if (!self.done) retired = LeadGroup();
  if (!self.status.ok()) return self.status;
  return self.version;
}

std::shared_ptr<const RocksView> RocksStore::Publish(uint64_t version) {
  version_ = version;
  auto fresh = std::make_shared<const RocksView>(core_, Version{version});
  core_->conflicts.Forget();
  return std::exchange(latest_, std::move(fresh));
}

// Called with the lock and at the front of the queue: commits a prefix of the queue as one group.
// The lock is released while the disk works; others queue up behind meanwhile.
std::shared_ptr<const RocksView> RocksStore::LeadGroup() {
  std::shared_ptr<const RocksView> retired;
  std::vector<Waiter*> group;
  size_t bytes = 0;
  uint64_t version = version_;
  absl::Status refused = stopped_;
  if (refused.ok()) refused = CheckSpace();
  size_t taken = 0;
  for (Waiter* waiter : queue_) {
    if (waiter->batch == nullptr) break;  // an Ingest, which goes alone
    if (taken > 0 && bytes + waiter->batch->bytes() > kGroupBytesMax) break;
    ++taken;
    bytes += waiter->batch->bytes();
    waiter->status = refused;
    if (!refused.ok()) continue;
    waiter->status = core_->conflicts.Check(*waiter->batch);
    if (!waiter->status.ok()) {
      ++conflicts_;
      continue;
    }
    version = group.empty() ? NextVersion() : version + 1;
    waiter->version = Version{version};
    // Recorded before it is written, so that the group's own members conflict with each other.
    core_->conflicts.Record(*waiter->batch, waiter->version);
    group.push_back(waiter);
  }
  if (!group.empty()) {
    core_->mu.Unlock();
    Written written = WriteGroup(group, version);
    core_->mu.Lock();
    if (written.unknown) {
      Stop(written.status);
      written.status = absl::UnknownError(
          ToAbsl(internal::Join("not known whether this was stored: ", Message(written.status))));
    } else if (written.status.ok() || absl::IsResourceExhausted(written.status)) {
      // For want of space nothing was written; the version is passed over nevertheless, because
      // its changes are recorded and the next try must not conflict with them.
      retired = Publish(version);
    } else {
      Stop(written.status);
    }
    for (Waiter* waiter : group) waiter->status = written.status;
    ++groups_;
    commits_ += group.size();
  }
  for (size_t i = 0; i < taken; ++i) {
    Waiter* waiter = queue_.front();
    queue_.pop_front();
    waiter->done = true;
    waiter->ready.Signal();
  }
  if (!queue_.empty()) queue_.front()->ready.Signal();
  return retired;
}

void RocksStore::Stop(const absl::Status& why) {
  stopped_ = Unavailable("the store takes no more writes after a failed one (", Message(why),
                         "); reading goes on, restart to recover");
}

// To the log, and while the disk works on that, to RocksDB's buffers, where nobody sees it before
// it is published. What RocksDB refuses is taken out of the log again; what the log may hold after
// a failure is known to nobody. Space in the log is set aside before either.
RocksStore::Written RocksStore::WriteGroup(const std::vector<Waiter*>& group, uint64_t version) {
  std::string payload;
  bool sync = false;
  size_t bytes = 0;
  for (const Waiter* waiter : group) bytes += waiter->batch->bytes();
  payload.reserve(bytes);
  for (const Waiter* waiter : group) {
    sync = sync || waiter->sync;
    EncodeBatch(*waiter->batch, waiter->version, &payload);
  }
  if (absl::Status status = core_->log->log().Reserve(payload.size()); !status.ok()) {
    return {Annotate(status, "writing to " + core_->dir), false};
  }
  if (absl::Status status = BeginLogging(version, payload, &sync); !status.ok()) {
    return {std::move(status), true};
  }
  if (absl::Status status = Apply(group, version); !status.ok()) {
    const absl::Status retracted = core_->log->log().Retract();
    if (!retracted.ok()) return {retracted, true};
    return {std::move(status), false};
  }
  absl::Status logged = FinishLogging(sync);
  if (!logged.ok()) return {std::move(logged), true};
  for (const Waiter* waiter : group) waiter->batch->Committed(waiter->version);
  return {};
}

absl::Status RocksStore::Apply(const std::vector<Waiter*>& group, uint64_t version) {
  rocksdb::WriteBatch rows;
  std::string stamped;
  // Counters of the group's commits in one: they commute.
  absl::flat_hash_map<std::string_view, int64_t> sums;
  for (const Waiter* waiter : group) {
    const WriteBatch& batch = *waiter->batch;
    for (size_t i = 0; i < batch.size(); ++i) {
      const WriteBatch::Op op = batch.op(i, waiter->version, &stamped);
      if (op.kind == WriteBatch::Kind::kAdd && op.table == Table::kStats) {
        sums[op.key] += DecodeCounter(op.value);
        continue;
      }
      SKEIN_RETURN_IF_ERROR(FromRocks(
          AddOp(op.kind, core_->Handle(op.table), op.key, op.value, &rows), "building a batch"));
    }
  }
  for (const auto& [key, sum] : sums) {
    if (sum == 0) continue;
    SKEIN_RETURN_IF_ERROR(FromRocks(
        AddOp(WriteBatch::Kind::kAdd, core_->Handle(Table::kStats), key, EncodeCounter(sum), &rows),
        "building a batch"));
  }
  const std::string value = EncodeCounter(static_cast<int64_t>(version));
  SKEIN_RETURN_IF_ERROR(FromRocks(
      AddOp(WriteBatch::Kind::kPut, core_->Handle(Table::kMeta), kVersionKey, value, &rows),
      "building a batch"));
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  rocksdb::Status status = core_->db->Write(write, &rows);
  if (status.IsNoSpace()) {
    // A flush found the disk full. RocksDB tries again by itself every few seconds; there may be
    // space already.
    core_->db->Resume().PermitUncheckedError();
    status = core_->db->Write(write, &rows);
  }
  return FromRocks(status, "writing to " + core_->dir);
}

absl::Status RocksStore::BeginLogging(uint64_t version, std::string_view payload, bool* sync) {
  RocksLog& log = *core_->log;
  if (log.StateIsOld()) {
    *sync = true;  // also of those that did not ask for it: what was flushed leaves the log then
    SKEIN_ASSIGN_OR_RETURN(const uint64_t flushed, core_->FlushedVersion());
    SKEIN_RETURN_IF_ERROR(log.RecordState(flushed, /*sync=*/false));
    flush_asked_ = false;
  }
  return log.log().Begin(version, payload, /*start=*/*sync);
}

absl::Status RocksStore::FinishLogging(bool sync) {
  RocksLog& log = *core_->log;
  if (sync) {
    SKEIN_RETURN_IF_ERROR(log.log().Sync());
    SKEIN_RETURN_IF_ERROR(log.Settle());
  }
  if (!flush_asked_ && log.log().unreleased_bytes() > kLogFilesMax * options_.log_file_bytes) {
    flush_asked_ = true;
    SKEIN_IGNORE_ERROR(core_->Flush(/*wait=*/false), "a write that follows meets the same error");
  }
  return absl::OkStatus();
}

// Writes the rows of one run to files that RocksDB takes over as they are.
class RunWriter {
 public:
  RunWriter(const RocksCore& core, Table table, std::string path)
      : core_(core), table_(table), path_(std::move(path)) {}

  absl::Status Write(SortedRun& run) {
    std::string_view key, value;
    for (uint64_t i = 0;; ++i) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, run.next(&key, &value));
      if (!more) return Close();
      if (i > 0 && key <= last_) {
        return InvalidArgument("sorted run of ", TableName(table_), ": row ", i,
                               " does not ascend");
      }
      last_ = key;
      SKEIN_RETURN_IF_ERROR(Add(key, value));
    }
  }
  absl::Status Add(std::string_view key, std::string_view value) {
    if (writer_ != nullptr && writer_->FileSize() >= kFileBytes) SKEIN_RETURN_IF_ERROR(Close());
    if (writer_ == nullptr) {
      files_.push_back(path_ + "-" + std::to_string(files_.size()));
      writer_ = std::make_unique<rocksdb::SstFileWriter>(
          rocksdb::EnvOptions(core_.db->GetDBOptions()), core_.db->GetOptions(core_.Handle(table_)),
          core_.Handle(table_),
          /*invalidate_page_cache=*/false, rocksdb::Env::IO_TOTAL,
          /*skip_filters=*/table_ == Table::kNodes);
      SKEIN_RETURN_IF_ERROR(FromRocks(writer_->Open(files_.back()), "creating " + files_.back()));
    }
    const rocksdb::Status status = table_ == Table::kStats
                                       ? writer_->Merge(ToSlice(key), ToSlice(value))
                                       : writer_->Put(ToSlice(key), ToSlice(value));
    return FromRocks(status, "writing " + files_.back());
  }
  absl::Status Close() {
    if (writer_ == nullptr) return absl::OkStatus();
    const absl::Status status = FromRocks(writer_->Finish(), "writing " + files_.back());
    writer_.reset();
    return status;
  }

  Table table() const { return table_; }
  const std::vector<std::string>& files() const { return files_; }

 private:
  static constexpr uint64_t kFileBytes = uint64_t{256} << 20;

  const RocksCore& core_;
  Table table_;
  std::string path_;
  std::string last_;
  std::vector<std::string> files_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
};

absl::StatusOr<Version> RocksStore::Ingest(std::span<SortedRun> runs) {
  std::string path;
  {
    absl::MutexLock lock(&core_->mu);
    if (!stopped_.ok()) return stopped_;
    SKEIN_RETURN_IF_ERROR(CheckSpace());
    path = core_->dir + "/run-" + std::to_string(version_) + "-" + std::to_string(runs_++);
  }
  std::vector<std::unique_ptr<RunWriter>> writers;
  const absl::Cleanup leave_nothing = [&writers] {
    std::error_code ignored;
    for (const auto& writer : writers) {
      for (const std::string& file : writer->files()) std::filesystem::remove(file, ignored);
    }
  };
  // Each table's files on a thread of their own; what goes into kMeta is drawn after all others.
  std::vector<absl::Status> written(runs.size(), absl::OkStatus());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].table == Table::kMeta) continue;
    writers.push_back(std::make_unique<RunWriter>(
        *core_, runs[i].table, path + "-" + std::string(TableName(runs[i].table))));
    threads.emplace_back([&runs, &written, i, writer = writers.back().get()] {
      written[i] = writer->Write(runs[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : written) SKEIN_RETURN_IF_ERROR(status);
  std::vector<std::pair<std::string, std::string>> meta;
  for (SortedRun& run : runs) {
    if (run.table != Table::kMeta) continue;
    std::string_view key, value;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, run.next(&key, &value));
      if (!more) break;
      meta.emplace_back(key, value);
    }
  }
  writers.push_back(std::make_unique<RunWriter>(*core_, Table::kMeta, path + "-meta"));
  // Most of what is in buffers goes to files here, while others still commit.
  SKEIN_RETURN_IF_ERROR(core_->Flush(/*wait=*/true));
  return AddInTurn(writers, &meta);
}

// Takes its place in the queue of commits and goes alone.
absl::StatusOr<Version> RocksStore::AddInTurn(
    const std::vector<std::unique_ptr<RunWriter>>& writers,
    std::vector<std::pair<std::string, std::string>>* meta) {
  Waiter self{.batch = nullptr, .sync = true, .ready = {}};
  std::shared_ptr<const RocksView> retired;
  absl::MutexLock lock(&core_->mu);
  queue_.push_back(&self);
  while (queue_.front() != &self) self.ready.Wait(&core_->mu);
  const uint64_t version = NextVersion();
  absl::Status status = stopped_;
  if (status.ok()) {
    // Where nobody holds a view RocksDB takes new rows as they are. Else it gives them a number,
    // and later writes all of them again to take it off.
    std::shared_ptr<const RocksView> before;
    if (latest_.use_count() == 1 && core_->conflicts.one_view()) {
      before = std::exchange(latest_, nullptr);
    }
    core_->mu.Unlock();
    before.reset();  // takes the lock
    status = AddFiles(writers, meta, version);
    core_->mu.Lock();
    if (status.ok()) {
      retired = Publish(version);
    } else if (latest_ == nullptr) {
      latest_ = std::make_shared<const RocksView>(core_, Version{version_});
    }
    if (absl::IsUnknown(status)) Stop(status);
  }
  queue_.pop_front();
  if (!queue_.empty()) queue_.front()->ready.Signal();
  if (!status.ok()) return status;
  return Version{version};
}

// All files at once, the new version among their rows: RocksDB adds them with one record of its
// manifest. What was committed before, and is in buffers and the log only, goes to files first, or
// the new version would say that it need not be replayed.
absl::Status RocksStore::AddFiles(const std::vector<std::unique_ptr<RunWriter>>& writers,
                                  std::vector<std::pair<std::string, std::string>>* meta,
                                  uint64_t version) {
  SKEIN_RETURN_IF_ERROR(core_->Flush(/*wait=*/true));
  for (auto& [key, value] : *meta) {
    if (value.empty()) value = StampValue(Version{version});
  }
  meta->emplace_back(kVersionKey, EncodeCounter(static_cast<int64_t>(version)));
  std::sort(meta->begin(), meta->end());
  for (const auto& [key, value] : *meta) {
    SKEIN_RETURN_IF_ERROR(writers.back()->Add(key, value));
  }
  SKEIN_RETURN_IF_ERROR(writers.back()->Close());
  std::vector<rocksdb::IngestExternalFileArg> args;
  for (const auto& writer : writers) {
    if (writer->files().empty()) continue;
    rocksdb::IngestExternalFileArg& arg = args.emplace_back();
    arg.column_family = core_->Handle(writer->table());
    arg.external_files = writer->files();
    arg.options.move_files = true;
  }
  // RocksDB asserts, which aborts in Debian's build, when it is to add files after a failure.
  SKEIN_RETURN_IF_ERROR(core_->BackgroundError());
  absl::Status added =
      FromRocks(core_->db->IngestExternalFiles(args), "adding sorted files to " + core_->dir);
  if (added.ok()) added = core_->log->RecordState(version, /*sync=*/true);
  if (added.ok()) return absl::OkStatus();
  // The list of files may have them or not.
  return absl::UnknownError(
      ToAbsl(internal::Join("not known whether this was stored: ", Message(added))));
}

absl::Status RocksStore::Checkpoint(const std::string& dir) {
  SKEIN_RETURN_IF_ERROR(core_->Flush(/*wait=*/true));  // the copy has no log, and needs none
  rocksdb::Checkpoint* raw = nullptr;
  SKEIN_RETURN_IF_ERROR(
      FromRocks(rocksdb::Checkpoint::Create(core_->db, &raw), "preparing a checkpoint"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  return FromRocks(checkpoint->CreateCheckpoint(dir), "writing checkpoint " + dir);
}

absl::Status RocksStore::Verify() {
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  SKEIN_RETURN_IF_ERROR(FromRocks(core_->db->VerifyChecksum(read), "verifying " + core_->dir));
  // Also what is still in buffers and logs: every row is read once.
  for (size_t t = 0; t < kTableCount; ++t) {
    const std::unique_ptr<rocksdb::Iterator> it(core_->db->NewIterator(read, core_->handles[t]));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
    }
    SKEIN_RETURN_IF_ERROR(FromRocks(
        it->status(), "verifying table " + std::string(TableName(static_cast<Table>(t)))));
  }
  return core_->log->log().Verify();
}

absl::Status RocksStore::Compact() {
  {
    absl::MutexLock lock(&core_->mu);
    if (!stopped_.ok()) return stopped_;
    SKEIN_RETURN_IF_ERROR(CheckSpace());
  }
  SKEIN_RETURN_IF_ERROR(core_->Flush(/*wait=*/true));
  for (rocksdb::ColumnFamilyHandle* handle : core_->handles) {
    SKEIN_RETURN_IF_ERROR(
        FromRocks(core_->db->CompactRange(rocksdb::CompactRangeOptions(), handle, nullptr, nullptr),
                  "compacting " + core_->dir));
  }
  return absl::OkStatus();
}

absl::StatusOr<StoreStats> RocksStore::Stats() {
  StoreStats stats;
  for (size_t t = 0; t < kTableCount; ++t) {
    TableStats table{static_cast<Table>(t), 0, 0};
    uint64_t files = 0, buffers = 0;
    core_->db->GetIntProperty(core_->handles[t], rocksdb::DB::Properties::kTotalSstFilesSize,
                              &files);
    core_->db->GetIntProperty(core_->handles[t], rocksdb::DB::Properties::kCurSizeAllMemTables,
                              &buffers);
    core_->db->GetIntProperty(core_->handles[t], rocksdb::DB::Properties::kEstimateNumKeys,
                              &table.keys);
    table.bytes = files + buffers;
    stats.buffer_bytes += buffers;
    stats.tables.push_back(table);
  }
  core_->db->GetIntProperty(core_->handles[0], rocksdb::DB::Properties::kBlockCacheUsage,
                            &stats.cache_bytes);
  stats.round_trips = round_trips_.load(std::memory_order_relaxed);
  absl::MutexLock lock(&core_->mu);
  stats.commits = commits_;
  stats.groups = groups_;
  stats.conflicts = conflicts_;
  const log::LogStats log = core_->log->log().stats();
  stats.log_bytes = log.bytes;
  stats.log_syncs = log.syncs;
  return stats;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& dir,
                                                      const std::string& log_dir,
                                                      const RocksStoreOptions& options,
                                                      std::vector<std::string>* notes) {
  SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<RocksCore> core,
                         OpenRocksCore(dir, log_dir, options, notes));
  // Leftovers of an Ingest that a crash interrupted.
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(dir, ignored)) {
    if (entry.path().filename().string().starts_with("run-")) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
  std::string value;
  const rocksdb::Status read = core->db->Get(rocksdb::ReadOptions(), core->Handle(Table::kMeta),
                                             ToSlice(kVersionKey), &value);
  if (!read.ok() && !read.IsNotFound()) return FromRocks(read, "reading the version of " + dir);
  const Version version{static_cast<uint64_t>(DecodeCounter(value))};
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(std::move(core), options, version));
}

}  // namespace skein
