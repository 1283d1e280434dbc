#include "server/auth/audit.h"

#include <algorithm>
#include <mutex>

#include "server/api/error.h"
#include "server/api/json.h"
#include "server/api/values.h"
#include "server/auth/sessions.h"
#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr size_t kWhatBytesMax = size_t{64} << 10;
constexpr size_t kPage = 1000;
// How far back one Read() looks: a filter that matches nothing must not walk years of entries.
constexpr uint64_t kScanMax = 200'000;

class HistorySink final : public AuditSink {
 public:
  explicit HistorySink(std::unique_ptr<HistoryLog> log) : log_(std::move(log)) {}
  absl::StatusOr<uint64_t> Append(std::string_view record) override { return log_->Append(record); }
  absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t from, size_t limit) const override {
    return log_->Read(from, limit);
  }
  uint64_t Last() const override { return log_->Head().sequence; }

 private:
  std::unique_ptr<HistoryLog> log_;
};

class MemorySink final : public AuditSink {
 public:
  absl::StatusOr<uint64_t> Append(std::string_view record) override {
    const std::lock_guard lock(mutex_);
    records_.emplace_back(record);
    return records_.size();
  }
  absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t from, size_t limit) const override {
    const std::lock_guard lock(mutex_);
    std::vector<HistoryEntry> out;
    for (uint64_t i = from; i <= records_.size() && out.size() < limit; ++i) {
      out.push_back({i, records_[i - 1], {}});
    }
    return out;
  }
  uint64_t Last() const override {
    const std::lock_guard lock(mutex_);
    return records_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> records_;
};

// The longest prefix of at most `max` bytes that ends between characters.
std::string_view Prefix(std::string_view text, size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (text[max] & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

std::string ToRecord(const AuditEntry& e) {
  JsonWriter out;
  out.BeginObject().Member("time_us", e.time_us).Member("person", e.person);
  out.Member("unit", e.unit).Member("case", e.purpose.case_number);
  out.Member("basis", e.purpose.basis).Member("reason", e.purpose.reason);
  out.Member("action", e.action).Member("what", Prefix(e.what, kWhatBytesMax));
  out.Member("hash", e.hash).Member("result", e.result);
  out.Member("verdict", VerdictName(e.verdict));
  if (e.completes != 0) {
    out.Member("completes", static_cast<int64_t>(e.completes)).Member("answer_hash", e.answer_hash);
  }
  out.EndObject();
  return out.Take();
}

absl::StatusOr<AuditEntry> FromRecord(const HistoryEntry& entry) {
  const auto json = Json::Parse(entry.record);
  if (!json.ok()) return DataLoss("audit entry ", entry.sequence, " does not parse");
  const auto text = [&](std::string_view key) {
    const Json* v = json->Find(key);
    return v != nullptr && v->is_string() ? v->string() : std::string();
  };
  const auto number = [&](std::string_view key) {
    const Json* v = json->Find(key);
    return v != nullptr && v->is_integer() ? v->integer() : 0;
  };
  AuditEntry e;
  e.number = entry.sequence;
  e.time_us = number("time_us");
  e.person = text("person");
  e.unit = text("unit");
  e.purpose = {text("case"), text("basis"), text("reason")};
  e.action = text("action");
  e.what = text("what");
  e.hash = text("hash");
  e.result = number("result");
  const std::string verdict = text("verdict");
  e.verdict = verdict == "refused"   ? Verdict::kRefused
              : verdict == "failed"  ? Verdict::kFailed
              : verdict == "aborted" ? Verdict::kAborted
                                     : Verdict::kAllowed;
  e.completes = static_cast<uint64_t>(number("completes"));
  e.answer_hash = text("answer_hash");
  return e;
}

bool Fits(const AuditEntry& e, const AuditFilter& f) {
  return (f.unit.empty() || e.unit == f.unit) && (f.person.empty() || e.person == f.person) &&
         (f.case_number.empty() || e.purpose.case_number == f.case_number) &&
         e.time_us >= f.from_us && e.time_us < f.to_us;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowed:
      return "allowed";
    case Verdict::kRefused:
      return "refused";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kAborted:
      return "aborted";
  }
  return "failed";
}

absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(Store& store) {
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<HistoryLog> log, HistoryLog::Open(store, "audit"));
  return std::unique_ptr<AuditSink>(std::make_unique<HistorySink>(std::move(log)));
}

std::unique_ptr<AuditSink> MakeMemoryAuditSink() { return std::make_unique<MemorySink>(); }

absl::StatusOr<uint64_t> AuditLog::Append(AuditEntry entry) {
  entry.time_us = absl::ToUnixMicros(clock_.Now());
  // A completion keeps the hash of what its intent asked.
  if (entry.completes == 0) entry.hash = Sha256Hex(entry.what);
  const auto number = sink_->Append(ToRecord(entry));
  if (number.ok()) return number;
  return WithApiCode(Unavailable("the log cannot be written (", Message(number.status()),
                                 "): nothing is answered"),
                     503, "log_unavailable");
}

absl::Status AuditLog::Read(const AuditFilter& filter, std::vector<AuditEntry>* entries,
                            bool* more) const {
  entries->clear();
  *more = false;
  uint64_t next = std::min(filter.before, sink_->Last() + 1);  // one past the newest wanted
  const uint64_t stop = next > kScanMax ? next - kScanMax : 1;
  while (next > stop) {
    const uint64_t from = next > stop + kPage ? next - kPage : stop;
    SKEIN_ASSIGN_OR_RETURN(const std::vector<HistoryEntry> page, sink_->Read(from, next - from));
    for (auto it = page.rbegin(); it != page.rend(); ++it) {
      if (it->sequence >= next) continue;
      SKEIN_ASSIGN_OR_RETURN(AuditEntry entry, FromRecord(*it));
      if (!Fits(entry, filter)) continue;
      if (entries->size() == filter.limit) {
        *more = true;
        return absl::OkStatus();
      }
      entries->push_back(std::move(entry));
    }
    next = from;
  }
  *more = stop > 1;
  return absl::OkStatus();
}

std::string QueryText(std::string_view text, const ValueMap& parameters) {
  // Parameters come from outside: elements in them are not ids of ours that need enciphering.
  const ElementIds plain{[](NodeId id) { return static_cast<int64_t>(Raw(id)); },
                         [](LinkId id) { return static_cast<int64_t>(Raw(id)); }, nullptr, nullptr};
  JsonWriter out;
  out.BeginObject().Member("text", text).Key("parameters").BeginObject();
  for (const auto& [name, value] : parameters) {
    out.Key(name);
    WriteValue(value, plain, &out);
  }
  out.EndObject().EndObject();
  return out.Take();
}

absl::Status LogOffline(Store& store, std::string_view person, const Purpose& purpose,
                        std::string_view action, std::string_view what) {
  if (!purpose.complete()) return PermissionDenied("case, basis and reason are needed");
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<AuditSink> sink, OpenAuditSink(store));
  AuditLog log(std::move(sink), Clock::Real());
  AuditEntry entry;
  entry.person = std::string(person);
  entry.purpose = purpose;
  entry.action = std::string(action);
  entry.what = std::string(what);
  return log.Append(std::move(entry)).status();
}

}  // namespace skein::auth
