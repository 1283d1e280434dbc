#include "storage/kv/memory_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"
#include "storage/kv/conflicts.h"

namespace skein {

using Rows = std::map<std::string, std::string, std::less<>>;

class MemoryDisk {
 public:
  std::array<Rows, kTableCount> tables;
  Version version{};
};

std::shared_ptr<MemoryDisk> MakeMemoryDisk() { return std::make_shared<MemoryDisk>(); }

namespace {

// One change as applied: the final value of a key (nullopt: deleted).
struct Change {
  Table table{};
  std::string key;
  std::optional<std::string> value;
};

// Shared by the store and its views, which may outlive it.
struct Core {
  struct Entry {
    uint64_t version;
    std::optional<std::string> value;
  };
  using Versions = std::vector<Entry>;  // ascending by version

  absl::Mutex mu;
  std::array<std::map<std::string, Versions, std::less<>>, kTableCount> tables;
  ConflictTable conflicts;
  std::map<uint64_t, uint64_t> views;
  uint64_t last = 0;

  const std::string* Find(const Versions& versions, uint64_t at) const {
    for (size_t i = versions.size(); i-- > 0;) {
      const Entry& entry = versions[i];
      if (entry.version <= at) return entry.value.has_value() ? &*entry.value : nullptr;
    }
    return nullptr;
  }
};

class MemoryView final : public View {
 public:
  // The core's lock is held.
  MemoryView(std::shared_ptr<Core> core, uint64_t version)
      : core_(std::move(core)), version_(version) {
    ++core_->views[version_];
    core_->conflicts.ViewOpened(Version{version_});
  }
  ~MemoryView() override {
    absl::MutexLock lock(&core_->mu);
    if (--core_->views[version_] == 0) core_->views.erase(version_);
    core_->conflicts.ViewClosed(Version{version_});
  }
  Version version() const override { return Version{version_}; }

 private:
  std::shared_ptr<Core> core_;
  uint64_t version_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const MemoryStoreOptions& options)
      : clock_(options.clock),
        disk_(options.disk ? options.disk : MakeMemoryDisk()),
        core_(std::make_shared<Core>()) {
    core_->last = Raw(disk_->version);
    for (size_t t = 0; t < kTableCount; ++t) {
      for (const auto& [key, value] : disk_->tables[t]) {
        core_->tables[t][key].push_back({0, value});
      }
    }
  }

  absl::StatusOr<std::shared_ptr<const View>> Latest() override {
    absl::MutexLock lock(&core_->mu);
    return std::make_shared<const MemoryView>(core_, core_->last);
  }

  absl::Status MultiGet(const View& view, std::span<const KeyRef> keys,
                        std::vector<std::optional<std::string>>* out) override {
    ++round_trips_;
    out->clear();
    absl::ReaderMutexLock lock(&core_->mu);
    for (const KeyRef& ref : keys) {
      const auto& table = core_->tables[static_cast<size_t>(ref.table)];
      const auto it = table.find(ref.key);
      const std::string* value =
          it == table.end() ? nullptr : core_->Find(it->second, Raw(view.version()));
      out->push_back(value == nullptr ? std::nullopt : std::optional<std::string>(*value));
    }
    return absl::OkStatus();
  }

  absl::Status MultiScan(const View& view, std::span<const ScanRange> ranges,
                         std::vector<ScanPage>* out) override {
    ++round_trips_;
    out->assign(ranges.size(), {});
    absl::ReaderMutexLock lock(&core_->mu);
    for (size_t i = 0; i < ranges.size(); ++i) {
      const ScanRange& range = ranges[i];
      const uint32_t limit = std::min(range.limit, kScanRowsMax);
      const auto& table = core_->tables[static_cast<size_t>(range.table)];
      ScanPage& page = (*out)[i];
      for (auto it = table.lower_bound(range.begin);
           it != table.end() && (range.end.empty() || it->first < range.end); ++it) {
        const std::string* value = core_->Find(it->second, Raw(view.version()));
        if (value == nullptr) continue;
        if (page.rows.size() == limit) {
          page.more = true;
          break;
        }
        page.rows.emplace_back(it->first, range.keys_only ? std::string() : *value);
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Version> Commit(const WriteBatch& batch, Durability durability) override {
    ++round_trips_;
    absl::MutexLock lock(&core_->mu);
    const absl::Status conflict = core_->conflicts.Check(batch);
    if (!conflict.ok()) {
      ++conflicts_;
      return conflict;
    }
    const uint64_t version = NextVersion();
    std::string stamped;
    for (size_t i = 0; i < batch.size(); ++i) {
      const WriteBatch::Op op = batch.op(i, Version{version}, &stamped);
      switch (op.kind) {
        case WriteBatch::Kind::kPut:
          Apply(op.table, op.key, std::string(op.value), version);
          break;
        case WriteBatch::Kind::kDelete:
          Apply(op.table, op.key, std::nullopt, version);
          break;
        case WriteBatch::Kind::kAdd:
          ApplyAdd(op, version);
          break;
        case WriteBatch::Kind::kCheck:
        case WriteBatch::Kind::kTouch:
          break;
      }
    }
    core_->conflicts.Record(batch, Version{version});
    core_->conflicts.Forget();
    batch.Committed(Version{version});
    core_->last = version;
    ++commits_;
    if (durability == Durability::kSync) Sync();
    return Version{version};
  }

  absl::StatusOr<Version> Ingest(std::span<SortedRun> runs) override {
    WriteBatch batch(Version{0});
    for (SortedRun& run : runs) {
      std::string last;
      std::string_view key, value;
      for (uint64_t i = 0;; ++i) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, run.next(&key, &value));
        if (!more) break;
        if (i > 0 && key <= last) {
          return InvalidArgument("sorted run of ", TableName(run.table), ": row ", i,
                                 " does not ascend");
        }
        last = key;
        if (run.table == Table::kStats) {
          batch.Add(run.table, key, DecodeCounter(value));
        } else if (run.table == Table::kMeta && value.empty()) {
          batch.PutStamped(run.table, key, StampValue(Version{0}), 1, false);
        } else {
          batch.PutUnguarded(run.table, key, value);
        }
      }
    }
    return Commit(batch, Durability::kSync);
  }

  absl::Status Checkpoint(const std::string& dir) override {
    return Unimplemented("an in-memory store has no files to copy to ", dir);
  }
  absl::Status Verify() override { return absl::OkStatus(); }
  absl::Status Compact() override {
    absl::MutexLock lock(&core_->mu);
    Sync();
    return absl::OkStatus();
  }

  absl::StatusOr<StoreStats> Stats() override {
    StoreStats stats;
    absl::ReaderMutexLock lock(&core_->mu);
    for (size_t t = 0; t < kTableCount; ++t) {
      TableStats table{static_cast<Table>(t), 0, 0};
      for (const auto& [key, versions] : core_->tables[t]) {
        const std::string* value = core_->Find(versions, core_->last);
        if (value == nullptr) continue;
        table.bytes += key.size() + value->size();
        ++table.keys;
      }
      stats.tables.push_back(table);
    }
    stats.round_trips = round_trips_;
    stats.commits = stats.groups = commits_;
    stats.conflicts = conflicts_;
    return stats;
  }

 private:
  uint64_t NextVersion() const {
    const int64_t now = absl::ToUnixMicros(clock_->Now());
    return std::max(core_->last + 1, static_cast<uint64_t>(std::max<int64_t>(now, 0)));
  }

  void Apply(Table table, std::string_view key, std::optional<std::string> value,
             uint64_t version) {
    auto& rows = core_->tables[static_cast<size_t>(table)];
    auto it = rows.find(key);
    if (it == rows.end()) it = rows.emplace(std::string(key), Core::Versions()).first;
    Core::Versions& versions = it->second;
    unsynced_.push_back({table, it->first, value});
    if (!versions.empty() && versions.back().version == version) {
      versions.back().value = std::move(value);
    } else {
      versions.push_back({version, std::move(value)});
    }
    Trim(&versions);
  }

  void ApplyAdd(const WriteBatch::Op& op, uint64_t version) {
    const auto& rows = core_->tables[static_cast<size_t>(op.table)];
    const auto it = rows.find(op.key);
    int64_t sum = DecodeCounter(op.value);
    if (it != rows.end()) {
      const std::string* before = core_->Find(it->second, version);
      if (before != nullptr) sum += DecodeCounter(*before);
    }
    Apply(op.table, op.key, EncodeCounter(sum), version);
  }

  // Drops versions that neither an open view nor the latest one can see.
  void Trim(Core::Versions* versions) const {
    const uint64_t oldest = core_->views.empty() ? core_->last : core_->views.begin()->first;
    size_t drop = 0;
    while (drop + 1 < versions->size() && (*versions)[drop + 1].version <= oldest) ++drop;
    versions->erase(versions->begin(), versions->begin() + static_cast<ptrdiff_t>(drop));
  }

  void Sync() {
    for (Change& change : unsynced_) {
      Rows& rows = disk_->tables[static_cast<size_t>(change.table)];
      if (change.value) {
        rows[change.key] = *std::move(change.value);
      } else {
        rows.erase(change.key);
      }
    }
    unsynced_.clear();
    disk_->version = Version{core_->last};
  }

  Clock* clock_;
  std::shared_ptr<MemoryDisk> disk_;
  std::shared_ptr<Core> core_;
  std::deque<Change> unsynced_;
  std::atomic<uint64_t> round_trips_{0};
  uint64_t commits_ = 0, conflicts_ = 0;
};

}  // namespace

std::unique_ptr<Store> MakeMemoryStore(const MemoryStoreOptions& options) {
  return std::make_unique<MemoryStore>(options);
}

}  // namespace skein
