// RocksLog: our log below one RocksDB database, which itself writes none.
//
// A group of commits goes to RocksDB's buffers and to the log; it is acknowledged when the log is
// on the disk. Opening replays the groups whose versions are above the one that RocksDB's files
// hold (`meta/version`, a row of every group): exactly once, because all tables are flushed
// together (atomic_flush) with that row among them. Counters need this: adding twice shows.
//
// States    The log also records which files RocksDB has, as a ManifestMark and the version they
//           reach; opening refuses a database that has fallen behind it.
// Errors    as in storage/log/log.h; DATA_LOSS where log and database disagree
// Threads   From one thread at a time (the leader of a group), but for Verify and stats.
// Source    docs/formats/log.md, docs/formats/store.md
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/kv/manifest_guard.h"
#include "storage/kv/store.h"
#include "storage/log/log.h"

namespace skein {

// Groups as they stand in the log: of each operation that stores something a byte kind and table,
// the lengths, the bytes, `version` put in where the batch asks for it.
void EncodeBatch(const WriteBatch& batch, Version version, std::string* out);
struct LoggedOp {
  WriteBatch::Kind kind{};
  Table table{};
  std::string_view key, value;
};
// Takes one operation off the front of `*in`. DATA_LOSS: these bytes are no group.
absl::StatusOr<LoggedOp> DecodeOp(std::string_view* in);

class RocksLog {
 public:
  RocksLog(std::unique_ptr<log::Log> log, std::shared_ptr<ManifestGuard> guard);
  // The log of `dir` as it was left, or null when there is none.
  static absl::StatusOr<std::unique_ptr<log::Log>> OpenLog(const std::string& dir,
                                                           const log::LogOptions& options);
  // A log for a database whose files hold everything up to `version`.
  static absl::StatusOr<std::unique_ptr<log::Log>> CreateLog(const std::string& dir,
                                                             const log::LogOptions& options,
                                                             const ManifestMark& mark,
                                                             uint64_t version);

  struct State {
    ManifestMark mark;
    uint64_t version = 0;  // that the files hold at least
  };
  static absl::StatusOr<State> StateOf(const log::Log& log);

  // Whether RocksDB's files have changed since the last state.
  bool StateIsOld() const { return guard_->mark() != recorded_; }
  // Records RocksDB's files, which hold all groups up to `version`; with `sync` also frees what the
  // log need not keep any longer and lets deletions go ahead.
  absl::Status RecordState(uint64_t version, bool sync);
  // After a sync that followed RecordState(…, false).
  absl::Status Settle();

  log::Log& log() { return *log_; }
  const log::Log& log() const { return *log_; }

 private:
  std::unique_ptr<log::Log> log_;
  std::shared_ptr<ManifestGuard> guard_;
  ManifestMark recorded_;
  uint64_t recorded_version_ = 0;
  bool settled_ = true;
};

}  // namespace skein
