#include "storage/history/history_log.h"

#include <openssl/sha.h>

#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

constexpr size_t kNameBytesMax = 200;
constexpr size_t kGroupBytesMax = size_t{4} << 20;
constexpr size_t kHashBytes = SHA256_DIGEST_LENGTH;
constexpr char kVersion = 0;

std::string Chain(std::string_view before, uint64_t sequence, std::string_view record) {
  std::string text(before);
  AppendBe64(&text, sequence);
  text.append(record);
  std::string hash(kHashBytes, '\0');
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

class HistoryLogImpl final : public HistoryLog {
 public:
  HistoryLogImpl(Store& store, std::string_view name) : store_(store), name_(name) {
    prefix_.push_back('\0');  // the store's own space: logs belong to no graph
    AppendString(&prefix_, name);
  }

  absl::Status Load();
  absl::StatusOr<uint64_t> Append(std::string_view record) override;
  absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t from, size_t limit) const override;
  absl::Status Verify() const override;
  HistoryHead Head() const override {
    absl::MutexLock lock(&mu_);
    return head_;
  }

 private:
  struct Waiter {
    std::string_view record;
    bool done = false;
    absl::Status status = absl::OkStatus();
    uint64_t sequence = 0;
    absl::CondVar ready;
  };

  std::string HeadKey() const { return prefix_ + 'h'; }
  std::string EntryKey(uint64_t sequence) const {
    std::string key = prefix_ + 'e';
    AppendBe64(&key, sequence);
    return key;
  }
  absl::StatusOr<std::vector<HistoryEntry>> ReadAt(const View& view, uint64_t from,
                                                   size_t limit) const;
  absl::StatusOr<HistoryHead> ReadHead(const View& view) const;
  absl::Status WriteGroup(const std::vector<Waiter*>& group, HistoryHead* head);
  void LeadGroup() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Store& store_;
  const std::string name_;
  std::string prefix_;
  mutable absl::Mutex mu_;
  std::deque<Waiter*> queue_ ABSL_GUARDED_BY(mu_);
  HistoryHead head_ ABSL_GUARDED_BY(mu_);
  absl::Status broken_ ABSL_GUARDED_BY(mu_) =
      absl::OkStatus();  // an outcome is not known: the chain could fork
};

absl::StatusOr<HistoryHead> HistoryLogImpl::ReadHead(const View& view) const {
  SKEIN_ASSIGN_OR_RETURN(const auto row, GetOne(store_, view, Table::kHistory, HeadKey()));
  HistoryHead head;
  if (!row) return head;
  ByteReader in(*row);
  const bool known = in.Byte() == kVersion;
  head.sequence = in.Varint();
  head.hash = std::string(in.Raw(kHashBytes));
  if (!known || !in.ok() || !in.done()) {
    return DataLoss("log '", name_, "': its head does not decode");
  }
  return head;
}

absl::Status HistoryLogImpl::Load() {
  absl::MutexLock lock(&mu_);
  SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
  SKEIN_ASSIGN_OR_RETURN(head_, ReadHead(*view));
  if (head_.sequence == 0) return absl::OkStatus();
  // The last entry and the head were written together; cheap to check each time.
  SKEIN_ASSIGN_OR_RETURN(const auto last, ReadAt(*view, head_.sequence, 1));
  if (last.empty() || last[0].sequence != head_.sequence || last[0].hash != head_.hash) {
    return DataLoss("log '", name_, "': entry ", head_.sequence, " is not what its head says");
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> HistoryLogImpl::Append(std::string_view record) {
  if (record.size() > kHistoryRecordBytesMax) {
    return InvalidArgument("a log record of ", record.size(), " bytes; the limit is ",
                           kHistoryRecordBytesMax);
  }
  Waiter self{.record = record, .ready = {}};
  absl::MutexLock lock(&mu_);
  queue_.push_back(&self);
  while (!self.done && queue_.front() != &self) self.ready.Wait(&mu_);
  if (!self.done) LeadGroup();
  if (!self.status.ok()) return self.status;
  return self.sequence;
}

// Called with the lock and at the front of the queue; the lock is released over the commit.
void HistoryLogImpl::LeadGroup() {
  std::vector<Waiter*> group;
  size_t bytes = 0;
  for (Waiter* waiter : queue_) {
    if (!group.empty() && bytes + waiter->record.size() > kGroupBytesMax) break;
    bytes += waiter->record.size();
    group.push_back(waiter);
  }
  HistoryHead head = head_;
  absl::Status status = broken_;
  if (status.ok()) {
    mu_.Unlock();
    status = WriteGroup(group, &head);
    mu_.Lock();
    if (status.ok()) head_ = std::move(head);
    if (status.code() == absl::StatusCode::kUnknown) {
      broken_ = Unavailable("log '", name_, "' takes no more entries: ", Message(status));
    }
  }
  for (Waiter* waiter : group) {
    queue_.pop_front();
    waiter->status = status;
    waiter->done = true;
    waiter->ready.Signal();
  }
  if (!queue_.empty()) queue_.front()->ready.Signal();
}

absl::Status HistoryLogImpl::WriteGroup(const std::vector<Waiter*>& group, HistoryHead* head) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
  WriteBatch batch(view->version());
  for (Waiter* waiter : group) {
    waiter->sequence = ++head->sequence;
    head->hash = Chain(head->hash, head->sequence, waiter->record);
    std::string row(1, kVersion);
    row += head->hash;
    row.append(waiter->record);
    batch.PutUnguarded(Table::kHistory, EntryKey(head->sequence), row);
  }
  std::string row(1, kVersion);
  AppendVarint(&row, head->sequence);
  row += head->hash;
  batch.PutUnguarded(Table::kHistory, HeadKey(), row);
  return store_.Commit(batch).status();
}

absl::StatusOr<std::vector<HistoryEntry>> HistoryLogImpl::ReadAt(const View& view, uint64_t from,
                                                                 size_t limit) const {
  const std::string begin = EntryKey(from), end = PrefixEnd(prefix_ + 'e');
  const ScanRange range{Table::kHistory, begin, end,
                        static_cast<uint32_t>(std::min<size_t>(limit, kScanRowsMax)), false};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(store_.MultiScan(view, {&range, 1}, &pages));
  std::vector<HistoryEntry> entries;
  for (const auto& [key, row] : pages[0].rows) {
    ByteReader in(row);
    HistoryEntry entry;
    entry.sequence = ByteReader(std::string_view(key).substr(key.size() - 8)).Be64();
    const bool known = in.Byte() == kVersion;
    entry.hash = std::string(in.Raw(kHashBytes));
    entry.record = std::string(in.Raw(in.left()));
    if (!known || !in.ok()) {
      return DataLoss("log '", name_, "': entry ", entry.sequence, " does not decode");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<std::vector<HistoryEntry>> HistoryLogImpl::Read(uint64_t from, size_t limit) const {
  if (limit == 0) return std::vector<HistoryEntry>();
  SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
  SKEIN_ASSIGN_OR_RETURN(std::vector<HistoryEntry> entries,
                         ReadAt(*view, std::max<uint64_t>(from, 1), limit));
  uint64_t expected = std::max<uint64_t>(from, 1);
  for (const HistoryEntry& entry : entries) {
    if (entry.sequence != expected++) {
      return DataLoss("log '", name_, "': entry ", expected - 1, " is missing");
    }
  }
  return entries;
}

absl::Status HistoryLogImpl::Verify() const {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
  SKEIN_ASSIGN_OR_RETURN(const HistoryHead head, ReadHead(*view));
  HistoryHead at;
  while (true) {
    SKEIN_ASSIGN_OR_RETURN(const auto entries, ReadAt(*view, at.sequence + 1, kScanRowsMax));
    if (entries.empty()) break;
    for (const HistoryEntry& entry : entries) {
      if (entry.sequence != at.sequence + 1) {
        return DataLoss("log '", name_, "': entry ", at.sequence + 1, " is missing");
      }
      at.sequence = entry.sequence;
      at.hash = Chain(at.hash, entry.sequence, entry.record);
      if (at.hash != entry.hash) {
        return DataLoss("log '", name_, "': entry ", entry.sequence,
                        " was changed, or follows one that was");
      }
    }
  }
  if (at.sequence != head.sequence || at.hash != head.hash) {
    return DataLoss("log '", name_, "': it ends with entry ", at.sequence, ", its head says ",
                    head.sequence);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HistoryLog>> HistoryLog::Open(Store& store, std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) {
    return InvalidArgument("a log's name has 1 to ", kNameBytesMax, " bytes, not ", name.size());
  }
  auto log = std::make_unique<HistoryLogImpl>(store, name);
  SKEIN_RETURN_IF_ERROR(log->Load());
  return std::unique_ptr<HistoryLog>(std::move(log));
}

}  // namespace skein
