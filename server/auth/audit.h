// AuditLog: who asked what, for which case, before they got it. No log, no answer.
//
// Shape     One canonical JSON record an entry, in HistoryLog "audit": hash-chained, append-only. A
//           read has two: its intent, durable before the first row leaves, and its completion with
//           what was disclosed. An intent without completion: all of it is presumed disclosed.
// Order     Append returns when the entry is durable; only then may the answer leave.
// Errors    Append: UNAVAILABLE (machine code log_unavailable), whatever the log's own error was;
// the
//           caller must not answer. Read: what HistoryLog::Read returns.
// Threads   Safe from any thread; concurrent appends share one fsync.
// Lifetime  Borrows the clock. One AuditLog a store.
// Source    requirements G1, G2; docs/protocol/http.md, "The log".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "storage/base/clock.h"
#include "storage/base/value.h"
#include "storage/history/history_log.h"

namespace skein::auth {

// Aborted: the answer had begun to leave and did not get to its end.
enum class Verdict : uint8_t { kAllowed, kRefused, kFailed, kAborted };

struct AuditEntry {
  uint64_t number = 0;  // of the log; filled in by Read
  int64_t time_us = 0;  // filled in by Append
  std::string person;
  std::string unit;
  Purpose purpose;      // empty members where there is none
  std::string action;   // search, element, expand, query, sign_in, …
  std::string what;     // canonical JSON of what was asked; more than 64 KiB is cut, hash kept
  std::string hash;     // SHA-256 of the whole `what`; filled in by Append
  int64_t result = -1;  // rows or elements disclosed; −1: not known before the answer
  Verdict verdict = Verdict::kAllowed;
  uint64_t completes = 0;        // of a completion: the number of its intent; else 0
  std::string answer_hash = {};  // of a completion: SHA-256 of the bytes that left
};

struct AuditFilter {
  std::string unit = {};  // empty: all
  std::string person = {};
  std::string case_number = {};
  int64_t from_us = INT64_MIN, to_us = INT64_MAX;
  uint64_t before = UINT64_MAX;  // entries with a smaller number
  size_t limit = 100;
};

// Where entries go: HistoryLog, or a test's double.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual absl::StatusOr<uint64_t> Append(std::string_view record) = 0;
  virtual absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t from, size_t limit) const = 0;
  virtual uint64_t Last() const = 0;
};
// Opens "audit" in the store.
absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(Store& store);
std::unique_ptr<AuditSink> MakeMemoryAuditSink();

class AuditLog {
 public:
  AuditLog(std::unique_ptr<AuditSink> sink, Clock& clock) : sink_(std::move(sink)), clock_(clock) {}
  // The entry's number.
  absl::StatusOr<uint64_t> Append(AuditEntry entry);
  // Newest first. `more`: there are older ones that the filter was not asked about yet.
  absl::Status Read(const AuditFilter& filter, std::vector<AuditEntry>* entries, bool* more) const;
  AuditSink& sink() { return *sink_; }

 private:
  std::unique_ptr<AuditSink> sink_;
  Clock& clock_;
};

// Canonical JSON of a query and its parameters, for AuditEntry::what.
std::string QueryText(std::string_view text, const ValueMap& parameters);

// The one call of offline programs on a governed store (skein query, skein import): writes the
// entry and returns, or says why the work must not begin. `what` is plain text or JSON.
absl::Status LogOffline(Store& store, std::string_view person, const Purpose& purpose,
                        std::string_view action, std::string_view what);

std::string_view VerdictName(Verdict verdict);

}  // namespace skein::auth
