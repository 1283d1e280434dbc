// Store: the one interface between skein and whatever keeps its bytes.
//
// An ordered key-value map, in tables, with snapshots and atomic durable batches; shaped so that an
// embedded engine (RocksDB, today) and a distributed one (RADOS, later) fit behind it.
//
// Shape     A key is (table, bytes). Its first seven bytes (padded with zeros) name its partition:
//           the space and the upper 48 bits of an id, so a partition is 65,536 neighbouring ids.
//           Reads are batches: one call is one round trip, however many keys or ranges.
// Order     Within a table, by unsigned bytes of the key.
// Versions  Every committed batch has a version, max(last + 1, now in µs), kept across restarts. A
//           View reads one version for ever.
// Conflicts Optimistic: a batch names the version it was computed from. Commit refuses it (ABORTED)
//           if a key it wrote with Put/Delete, or named with Check, was written or touched by a
//           batch committed after that version. Nothing is locked between the two.
// Outcomes  OK                  committed and, with Durability::kSync, on the disk
//           ABORTED             conflict: compute the batch anew from a later view
//           UNKNOWN             may or may not be there after a restart (fsync failed): the store
//                               takes no more writes, and never tries the fsync again
//           UNAVAILABLE         not now: writes were stopped, or the medium is out of reach
//           RESOURCE_EXHAUSTED  no space: nothing was written; goes away by itself with space
//           DATA_LOSS           stored bytes are damaged; the message names where
// Threads   Safe from any thread. Commits that wait for the disk together share one fsync.
// Lifetime  Views may outlive the Store object: the last one closes the files.
// Source    docs/formats/store.md
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/ids.h"

namespace skein {

// What is kept where. Numbers are for life: they are part of format 0.
enum class Table : uint8_t {
  kMeta = 0,       // versions, counters of ids, keys of ciphers
  kCatalog = 1,    // names, policies, batches, index declarations
  kNodes = 2,      // one record a node
  kLabels = 3,     // (label, node)
  kLinks = 4,      // pages of link records
  kAdjacency = 5,  // (node, chunk) → packed links of the node
  kIndex = 6,      // range and unique indexes
  kText = 7,       // text postings
  kImports = 8,    // row identities of imports, contents of sightings
  kHistory = 9,    // append-only logs
  kStats = 10,     // counters (Add only)
  kLocks = 11,     // nothing stored: keys that only conflict
  kFusion = 12,    // (node, other node, id): assertions that two nodes are the same, or not
  kVersions = 13,  // what elements were before a commit changed them
};
inline constexpr size_t kTableCount = 14;
std::string_view TableName(Table table);

inline constexpr size_t kPartitionBytes = 7;

// One version of the whole store. Cheap to hold; an old one keeps superseded bytes from being
// freed.
class View {
 public:
  virtual ~View() = default;
  virtual Version version() const = 0;
};

struct KeyRef {
  Table table{};
  std::string_view key;
};

// [begin, end) of one table; an empty end is the table's end.
struct ScanRange {
  Table table{};
  std::string_view begin;
  std::string_view end;
  uint32_t limit = 1000;   // rows of this page, ≤ 1,000 (more is cut)
  bool keys_only = false;  // values come back empty
};
inline constexpr uint32_t kScanRowsMax = 1000;

struct ScanPage {
  std::vector<std::pair<std::string, std::string>> rows;
  // More rows may follow: go on at NextKey(rows.back().first).
  bool more = false;
};

// The smallest key after `key`.
std::string NextKey(std::string_view key);
// The smallest key after all that begin with `prefix`; empty: none.
std::string PrefixEnd(std::string_view prefix);

// A set of changes that happen together or not at all. A later operation on a key wins.
class WriteBatch {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kAdd, kCheck, kTouch };
  struct Op {
    Kind kind{};
    bool guarded = false;  // checked and touched
    Table table{};
    std::string_view key;
    std::string_view value;
    // Where the commit's version goes, 8 bytes big-endian: 0 nowhere, kStampKey the end of the key,
    // else that many bytes into the value.
    uint32_t stamp = 0;
  };
  static constexpr uint32_t kStampKey = UINT32_MAX;

  // `base`: the version of the view from which the batch was computed.
  explicit WriteBatch(Version base) : base_(base) {}
  Version base() const { return base_; }

  // Guarded writes: the key must be unchanged since base, and later bases conflict with it.
  void Put(Table table, std::string_view key, std::string_view value);
  void Delete(Table table, std::string_view key);
  // Writes nobody conflicts on: keys unique to the batch, or derived data.
  void PutUnguarded(Table table, std::string_view key, std::string_view value);
  void DeleteUnguarded(Table table, std::string_view key);
  // The same, with the version of the commit in the 8 bytes at `stamp` (> 0) of the value.
  void PutStamped(Table table, std::string_view key, std::string_view value, uint32_t stamp,
                  bool guarded);
  // Under `prefix` and the version of the commit.
  void PutUnderVersion(Table table, std::string_view prefix, std::string_view value);
  // Adds to a signed 64-bit counter (absent: 0); commutes with other Adds. kStats only.
  void Add(Table table, std::string_view key, int64_t delta);
  // The key must be unchanged since base.
  void Check(Table table, std::string_view key);
  // Counts as a change of the key for others' checks.
  void Touch(Table table, std::string_view key);
  // The same by number, for those who name many things: tokens are hashes, of things that are
  // named by tokens only.
  void CheckToken(uint64_t token) { checks_.push_back(token); }
  void TouchToken(uint64_t token) { touches_.push_back(token); }
  std::span<const uint64_t> checked_tokens() const { return checks_; }
  std::span<const uint64_t> touched_tokens() const { return touches_; }
  // Check and Touch: at most one of several concurrent batches commits.
  void Lock(Table table, std::string_view key) {
    Check(table, key);
    Touch(table, key);
  }

  // Called once when the batch is committed, before anybody can see its version: what is kept in
  // memory beside the store never lags behind it. Calls come in the order of versions, one at a
  // time, on some committer's thread, which waits; they must not use the store.
  void OnCommitted(std::function<void(Version)> hook) { on_committed_ = std::move(hook); }
  void Committed(Version version) const {
    if (on_committed_) on_committed_(version);
  }

  size_t size() const { return ops_.size(); }
  size_t bytes() const {
    return arena_.size() + ops_.size() * sizeof(Stored) +
           (checks_.size() + touches_.size()) * sizeof(uint64_t);
  }
  Op op(size_t i) const;
  // As the commit of this version writes it; `scratch` holds the row that is stamped.
  Op op(size_t i, Version version, std::string* scratch) const;
  void Reserve(size_t ops, size_t arena_bytes);

 private:
  struct Stored {
    uint64_t offset;
    uint32_t key_size, value_size, stamp;
    Kind kind;
    bool guarded;
    Table table;
  };
  void Append(Kind kind, bool guarded, Table table, std::string_view key, std::string_view value,
              uint32_t stamp = 0);

  Version base_;
  std::string arena_;
  std::vector<Stored> ops_;
  std::vector<uint64_t> checks_, touches_;
  std::function<void(Version)> on_committed_;
};

// A zero byte, then the version in 8 bytes big-endian.
std::string StampValue(Version version);

// 8 bytes little endian, as stored by Add.
int64_t DecodeCounter(std::string_view value);
std::string EncodeCounter(int64_t value);

// Rows of one table for Ingest, keys ascending and unique, drawn one by one. Of kStats the values
// are increments, as of WriteBatch::Add. Rows of kMeta are held in memory; an empty value becomes
// StampValue of the ingest's version.
struct SortedRun {
  Table table{};
  // Sets key and value, valid until the next call; false: no more.
  std::function<absl::StatusOr<bool>(std::string_view* key, std::string_view* value)> next;
};

enum class Durability : uint8_t {
  kSync,   // on the disk when Commit returns
  kAsync,  // on the disk with the next kSync; order is kept, so a crash loses a suffix only
};

struct TableStats {
  Table table{};
  uint64_t bytes = 0;  // on the disk and in buffers, an estimate
  uint64_t keys = 0;   // an estimate
};

struct StoreStats {
  std::vector<TableStats> tables;
  uint64_t round_trips = 0;  // MultiGet, MultiScan and Commit calls since opening
  uint64_t commits = 0, groups = 0, conflicts = 0;
  uint64_t log_bytes = 0, log_syncs = 0;       // of the store's own log; syncs since opening
  uint64_t cache_bytes = 0, buffer_bytes = 0;  // in memory: of what was read, of what was written
};

class Store {
 public:
  virtual ~Store() = default;

  // The newest committed version.
  virtual absl::StatusOr<std::shared_ptr<const View>> Latest() = 0;

  // out is parallel to keys; nullopt: no such key. Keys in any order; sorted ones are quicker.
  virtual absl::Status MultiGet(const View& view, std::span<const KeyRef> keys,
                                std::vector<std::optional<std::string>>* out) = 0;
  // One page for each range.
  virtual absl::Status MultiScan(const View& view, std::span<const ScanRange> ranges,
                                 std::vector<ScanPage>* out) = 0;

  // Commits, or changes nothing; see Outcomes.
  virtual absl::StatusOr<Version> Commit(const WriteBatch& batch,
                                         Durability durability = Durability::kSync) = 0;

  // Adds sorted runs, at most one of a table, all of them or none, durable on return; for bulk
  // loads. No conflict checks: the caller sees to it that nobody else writes these keys. The runs
  // may be drawn on a thread each, those of kMeta after all others, before others' commits are held
  // up. INVALID_ARGUMENT: keys do not ascend; errors of the runs are passed on.
  virtual absl::StatusOr<Version> Ingest(std::span<SortedRun> runs) = 0;

  // A complete, independent copy of the latest version in `dir`, which must not exist.
  virtual absl::Status Checkpoint(const std::string& dir) = 0;
  // Reads everything and checks every checksum. DATA_LOSS names the damage.
  virtual absl::Status Verify() = 0;
  // Rewrites what is stored for reading and makes all of it durable.
  virtual absl::Status Compact() = 0;
  virtual absl::StatusOr<StoreStats> Stats() = 0;
};

// Single-key and whole-range conveniences; each call is a round trip, so never in a loop over data.
absl::StatusOr<std::optional<std::string>> GetOne(Store& store, const View& view, Table table,
                                                  std::string_view key);
// All rows of a prefix. RESOURCE_EXHAUSTED past `rows_max`.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ScanPrefix(
    Store& store, const View& view, Table table, std::string_view prefix,
    size_t rows_max = size_t{1} << 22);

}  // namespace skein
