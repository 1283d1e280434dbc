// HistoryLog: a durable, append-only list of records in which no change goes unnoticed.
//
// For audit entries ("audit") and the edits of live operations ("live/<operation>"). Each entry's
// hash covers the one before it, so a changed, removed or reordered entry breaks the chain, and a
// cut end disagrees with the head kept beside it.
//
// Shape     Sequences begin at 1 and have no gaps. Names: 1 … 200 bytes, any. Records ≤ 1 MiB.
// Order     By sequence; appends of one thread keep their order.
// Errors    INVALID_ARGUMENT  a name or record out of bounds
//           DATA_LOSS         an entry is missing, changed or does not decode (its number is named)
//           else              as Store::Commit: after UNKNOWN the log takes no more entries
// Threads   Safe from any thread; concurrent appends share one fsync.
// Lifetime  Borrows the Store. One HistoryLog object at a time for a name.
// Limits    The chain proves integrity to whoever trusts the head. Signed heads, kept elsewhere,
//           are the audit's part (server/auth).
// Source    docs/formats/history.md
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/kv/store.h"

namespace skein {

inline constexpr size_t kHistoryRecordBytesMax = size_t{1} << 20;

struct HistoryEntry {
  uint64_t sequence = 0;
  std::string record;
  std::string hash;  // 32 bytes: SHA-256(hash of the entry before | sequence | record)
};

struct HistoryHead {
  uint64_t sequence = 0;                  // of the last entry; 0: none
  std::string hash = std::string(32, 0);  // of the last entry
};

class HistoryLog {
 public:
  static absl::StatusOr<std::unique_ptr<HistoryLog>> Open(Store& store, std::string_view name);
  virtual ~HistoryLog() = default;

  // Durable when it returns: the entry's sequence.
  virtual absl::StatusOr<uint64_t> Append(std::string_view record) = 0;
  // Entries from sequence `from` (≥ 1) on, at most `limit` (and 1,000); empty: no more.
  virtual absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t from, size_t limit) const = 0;
  // Reads everything and checks the chain up to the head.
  virtual absl::Status Verify() const = 0;
  virtual HistoryHead Head() const = 0;
};

}  // namespace skein
