// Log: where a commit becomes durable. Groups of commits, appended, each in two copies, one sync.
//
// Shape     Preallocated files in a directory, DIR/log-NUMBER, rotated, and recycled once their
//           groups are elsewhere (Release). Every record is written to the log area and, whole, to
//           a ring of recent records in the same file; large ones twice to the log area.
//           Two kinds: groups, which are replayed, and states, of which the newest is kept.
// Order     Records form a chain by their checksums; a group's version exceeds all before it.
// Recovery  One copy damaged: repaired from the other. Both, and something after it proves that
//           the record was once on the disk: refused. Both, with no such proof: the torn end of a
//           write that nobody was told of; cut off.
// Errors    RESOURCE_EXHAUSTED  Reserve only: no space; nothing was written, and the next try may
//                               work
//           DATA_LOSS           a durable record is damaged in both copies; file and offset named
//           UNAVAILABLE         the disk failed. After a failed write or sync every further call
//                               that writes gives the same error: a sync is never tried again
// Threads   Append, Reserve, RecordState, Sync, Release from one thread at a time; Verify, stats
//           from any.
// Cost      An Append is two writes and one fdatasync; a new file comes every `file_bytes`.
// Source    docs/formats/log.md
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/log/disk.h"
#include "storage/log/format.h"

namespace skein::log {

struct LogOptions {
  std::shared_ptr<LogDisk> disk = LogDisk::Real();
  uint64_t file_bytes = uint64_t{64} << 20;  // a new file begins when this one would grow past it
  uint32_t ring_bytes = uint32_t{512} << 10;
  // False only in the control of crash tests, which must then lose data.
  bool sync = true;
};

// What opening found, for people and for tests.
struct LogReport {
  uint64_t groups = 0;
  uint64_t repaired = 0;            // records of which one copy was damaged
  bool torn = false;                // an unfinished write was cut off
  std::vector<std::string> damage;  // a line each: file, offset, what was done
};

struct LogStats {
  uint64_t bytes = 0;  // of the files
  uint64_t files = 0;
  uint64_t records = 0, syncs = 0;  // since opening
};

class Log {
 public:
  // Makes a log whose first group will have a version above `base`.
  static absl::StatusOr<std::unique_ptr<Log>> Create(const std::string& dir,
                                                     const LogOptions& options, uint64_t base,
                                                     std::string_view state);
  // Reads everything, repairs, cuts a torn end off. DATA_LOSS also when files are missing.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const std::string& dir,
                                                   const LogOptions& options);
  // Whether `dir` holds a log (a whole one or not).
  static absl::StatusOr<bool> Exists(const std::string& dir, LogDisk& disk);
  ~Log();

  const LogReport& report() const { return report_; }
  const std::string& state() const { return state_; }
  uint64_t version() const { return version_; }  // of the last group

  // After Open, before the first Append: the groups with versions above `after`, in order.
  // DATA_LOSS if groups between `after` and the first that is kept were released.
  absl::Status Replay(uint64_t after,
                      const std::function<absl::Status(uint64_t version, std::string_view)>& group);

  // Sees to it that a group of `payload_bytes`, and a state, can be appended without more space.
  absl::Status Reserve(uint64_t payload_bytes);
  // `sync`: on the disk on return, and with it all before. Reserve first.
  absl::Status Append(uint64_t version, std::string_view payload, bool sync);
  // The same, without waiting for the disk, which begins with it (`start`) while the caller does
  // something else; Sync, or Retract, comes next.
  absl::Status Begin(uint64_t version, std::string_view payload, bool start);
  // Takes back what was begun: it is gone from the disk on return, so no crash brings it back.
  absl::Status Retract();
  absl::Status RecordState(std::string_view state, bool sync);
  absl::Status Sync();
  // Groups with versions up to `through` will not be asked for again: frees files that hold
  // nothing else. The state that says so must be on the disk.
  absl::Status Release(uint64_t through);
  // Leaves one small file, if all groups were released; for the end of work.
  absl::Status Shrink();
  // Bytes appended since the last group that was released.
  uint64_t unreleased_bytes() const { return unreleased_bytes_; }

  // Reads all first copies and checks them; may run beside appends.
  absl::Status Verify() const;
  LogStats stats() const;

 private:
  struct OpenFile {
    std::string path;
    FileHeader header;
    std::shared_ptr<LogFile> file;
    uint64_t size = 0;  // allocated
    uint64_t end = 0;   // of its last record
  };
  // What Begin changes.
  struct Tail {
    uint64_t end = 0, ring_position = 0, chain = 0, version = 0, sequence = 0, unreleased = 0;
  };
  struct Place {  // of a group found by Open
    size_t file = 0;
    uint64_t offset = 0, payload_bytes = 0, version = 0;
  };
  friend class Recovery;

  Log(std::string dir, LogOptions options) : dir_(std::move(dir)), options_(std::move(options)) {}
  absl::Status Put(RecordKind kind, uint64_t version, std::string_view payload);
  absl::Status WriteCopies(OpenFile& to, uint64_t* ring_position, RecordHeader* header,
                           std::string_view payload);
  bool IsTwin(uint64_t record_bytes) const { return record_bytes > options_.ring_bytes / 4; }
  uint64_t Footprint(uint64_t payload_bytes) const;
  absl::Status Rotate(uint64_t bytes);
  static absl::Status VerifyFile(const OpenFile& file);
  absl::Status FillNewFile(OpenFile& fresh, uint64_t bytes, uint64_t* ring_position,
                           RecordHeader* first);
  absl::Status Break(absl::Status why);
  OpenFile& current() { return files_.back(); }

  std::string dir_;
  LogOptions options_;
  LogReport report_;
  std::string state_;
  std::vector<Place> places_;
  mutable absl::Mutex mu_;  // guards the list of files and their ends against Verify and stats
  std::deque<OpenFile> files_;
  bool has_spare_ = false;
  uint64_t next_sequence_ = 1;
  uint64_t durable_through_ = 0;
  uint64_t chain_ = 0;
  uint64_t version_ = 0;
  uint64_t ring_position_ = 0;
  uint64_t unreleased_bytes_ = 0;
  bool unsynced_ = false;
  Tail before_;               // the last Begin
  uint64_t copy_offset_ = 0;  // of the last record's second copy
  uint64_t records_ = 0, syncs_ = 0;
  absl::Status broken_ = absl::OkStatus();
};

}  // namespace skein::log
