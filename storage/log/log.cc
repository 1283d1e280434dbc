#include "storage/log/log.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "storage/base/clock.h"
#include "storage/base/status.h"
#include "storage/log/recovery.h"

namespace skein::log {
namespace {

constexpr std::string_view kZeros64{
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    64};
// A file grows by doubling its log area, within these: small stores stay small, and a growth that
// a commit waits for stays below ~5 ms.
constexpr uint64_t kGrowBytesMin = uint64_t{256} << 10;
constexpr uint64_t kGrowBytesMax = uint64_t{8} << 20;
// Room kept for a state beside every reserved group.
constexpr uint64_t kStateBytesMax = 1024;

uint64_t RandomSalt() {
  const std::string bytes = SecureRandomBytes(sizeof(uint64_t));
  uint64_t salt = 0;
  std::memcpy(&salt, bytes.data(), sizeof(salt));
  return salt;
}

}  // namespace

Log::~Log() = default;

absl::StatusOr<bool> Log::Exists(const std::string& dir, LogDisk& disk) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.List(dir));
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return NumberOfFile(name).has_value(); });
}

absl::StatusOr<std::unique_ptr<Log>> Log::Create(const std::string& dir, const LogOptions& options,
                                                 uint64_t base, std::string_view state) {
  SKEIN_RETURN_IF_ERROR(options.disk->MakeDirectory(dir));
  std::unique_ptr<Log> log(new Log(dir, options));
  log->version_ = base;
  log->state_ = state;
  SKEIN_RETURN_IF_ERROR(log->Rotate(0));
  return log;
}

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const std::string& dir, const LogOptions& options) {
  std::unique_ptr<Log> log(new Log(dir, options));
  SKEIN_RETURN_IF_ERROR(Recovery(*log).Run());
  return log;
}

absl::Status Log::Replay(uint64_t after,
                         const std::function<absl::Status(uint64_t, std::string_view)>& group) {
  if (after < files_.front().header.base_version) {
    return DataLoss("log ", dir_, ": groups after version ", after, " and up to ",
                    files_.front().header.base_version, " are not in it; the oldest file is ",
                    files_.front().path);
  }
  for (const Place& place : places_) {
    if (place.version <= after) continue;
    const OpenFile& file = files_[place.file];
    SKEIN_ASSIGN_OR_RETURN(const std::string payload,
                           file.file->Read(place.offset + kHeaderBytes, place.payload_bytes));
    if (payload.size() != place.payload_bytes) {
      return Unavailable(file.path, ": ends before offset ", place.offset + place.payload_bytes);
    }
    SKEIN_RETURN_IF_ERROR(group(place.version, payload));
  }
  places_.clear();
  places_.shrink_to_fit();
  return absl::OkStatus();
}

absl::Status Log::Break(absl::Status why) {
  broken_ = why;
  return why;
}

uint64_t Log::Footprint(uint64_t payload_bytes) const {
  const uint64_t once = RecordBytes(payload_bytes);
  return IsTwin(once) ? 2 * once : once;
}

absl::Status Log::Reserve(uint64_t payload_bytes) {
  SKEIN_RETURN_IF_ERROR(broken_);
  const uint64_t wanted = Footprint(payload_bytes) + Footprint(kStateBytesMax);
  OpenFile& file = current();
  const uint64_t end = file.end + wanted;
  if (end <= file.size) return absl::OkStatus();
  const bool empty = file.end <= LogBegin(file.header.ring_bytes) + Footprint(kStateBytesMax);
  if (end > options_.file_bytes && !empty) return Rotate(wanted);
  const uint64_t begin = LogBegin(file.header.ring_bytes);
  const uint64_t step = std::clamp(file.size - begin, kGrowBytesMin, kGrowBytesMax);
  uint64_t size = std::max(end, std::min(file.size + step, options_.file_bytes));
  size = (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  const absl::Status grown = file.file->Allocate(size);
  // A growth that failed half-way for want of space leaves a longer file of zeros: harmless.
  if (absl::IsResourceExhausted(grown)) return grown;
  if (!grown.ok()) return Break(grown);
  const absl::MutexLock lock(&mu_);
  file.size = size;
  return absl::OkStatus();
}

absl::Status Log::WriteCopies(OpenFile& to, uint64_t* ring_position, RecordHeader* header,
                              std::string_view payload) {
  const uint64_t bytes = RecordBytes(payload.size());
  header->twin = IsTwin(bytes);
  const std::string head = EncodeRecordHeader(header, payload, to.header.salt);
  const std::string_view pad = kZeros64.substr(0, bytes - kHeaderBytes - payload.size());
  const std::array<std::string_view, 6> parts = {head, payload, pad, head, payload, pad};
  if (header->twin) {
    copy_offset_ = to.end + bytes;
    SKEIN_RETURN_IF_ERROR(to.file->Write(to.end, parts));
  } else {
    const std::span<const std::string_view> once(parts.data(), 3);
    SKEIN_RETURN_IF_ERROR(to.file->Write(to.end, once));
    // A slot of its own pages, so that a torn write of this record cannot hurt the one before it.
    const uint64_t slot = (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    if (*ring_position + slot > LogBegin(to.header.ring_bytes)) *ring_position = kRingBegin;
    copy_offset_ = *ring_position;
    SKEIN_RETURN_IF_ERROR(to.file->Write(*ring_position, once));
    *ring_position += slot;
  }
  return absl::OkStatus();
}

absl::Status Log::Put(RecordKind kind, uint64_t version, std::string_view payload) {
  SKEIN_RETURN_IF_ERROR(broken_);
  SKEIN_CHECK(current().end + Footprint(payload.size()) <= current().size);
  RecordHeader header;
  header.kind = kind;
  header.sequence = next_sequence_;
  header.durable_through = durable_through_;
  header.version = version;
  header.chain = chain_;
  if (absl::Status status = WriteCopies(current(), &ring_position_, &header, payload);
      !status.ok()) {
    return Break(std::move(status));
  }
  unsynced_ = true;
  chain_ = header.checksum;
  version_ = version;
  ++next_sequence_;
  ++records_;
  const uint64_t bytes = Footprint(payload.size());
  unreleased_bytes_ += bytes;
  const absl::MutexLock lock(&mu_);
  current().end += bytes;
  return absl::OkStatus();
}

absl::Status Log::Append(uint64_t version, std::string_view payload, bool sync) {
  SKEIN_RETURN_IF_ERROR(Begin(version, payload, /*start=*/false));
  return sync ? Sync() : absl::OkStatus();
}

absl::Status Log::Begin(uint64_t version, std::string_view payload, bool start) {
  SKEIN_CHECK(version > version_);
  before_ = {current().end, ring_position_, chain_, version_, next_sequence_, unreleased_bytes_};
  SKEIN_RETURN_IF_ERROR(Put(RecordKind::kGroup, version, payload));
  if (start && options_.sync) current().file->Start();
  return absl::OkStatus();
}

absl::Status Log::Retract() {
  SKEIN_RETURN_IF_ERROR(broken_);
  SKEIN_CHECK(next_sequence_ == before_.sequence + 1);
  OpenFile& file = current();
  // Without their heads the copies are the end of the log, as if they had never been written.
  for (const uint64_t offset : {before_.end, copy_offset_}) {
    if (absl::Status status = file.file->Write(offset, {&kZeros64, 1}); !status.ok()) {
      return Break(std::move(status));
    }
  }
  ring_position_ = before_.ring_position;
  chain_ = before_.chain;
  version_ = before_.version;
  next_sequence_ = before_.sequence;
  unreleased_bytes_ = before_.unreleased;
  --records_;
  {
    const absl::MutexLock lock(&mu_);
    file.end = before_.end;
  }
  return Sync();
}

absl::Status Log::RecordState(std::string_view state, bool sync) {
  SKEIN_CHECK(state.size() <= kStateBytesMax);
  const uint64_t wanted = Footprint(state.size());
  if (current().end + wanted > current().size) SKEIN_RETURN_IF_ERROR(Reserve(0));
  SKEIN_RETURN_IF_ERROR(Put(RecordKind::kState, version_, state));
  state_ = state;
  return sync ? Sync() : absl::OkStatus();
}

absl::Status Log::Sync() {
  SKEIN_RETURN_IF_ERROR(broken_);
  if (!unsynced_ || !options_.sync) return absl::OkStatus();
  if (absl::Status status = current().file->Sync(); !status.ok()) return Break(std::move(status));
  ++syncs_;
  unsynced_ = false;
  durable_through_ = next_sequence_ - 1;
  return absl::OkStatus();
}

// A new file: whole and synced under a temporary name, then renamed. Its first record repeats the
// state, so that older files can go.
absl::Status Log::Rotate(uint64_t bytes) {
  SKEIN_RETURN_IF_ERROR(broken_);
  SKEIN_RETURN_IF_ERROR(Sync());
  const std::string spare = dir_ + "/" + std::string(kSpareName);
  // A recycled file must not be found under its old name with a new header in it.
  if (has_spare_) {
    if (absl::Status status = options_.disk->SyncDirectory(dir_); !status.ok()) {
      return Break(std::move(status));
    }
  }
  OpenFile fresh;
  fresh.header.number = files_.empty() ? 1 : current().header.number + 1;
  fresh.header.ring_bytes = options_.ring_bytes;
  fresh.header.salt = RandomSalt();
  fresh.header.first_sequence = next_sequence_;
  fresh.header.chain = chain_;
  fresh.header.base_version = version_;
  fresh.path = dir_ + "/" + NameOfFile(fresh.header.number);
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<LogFile> file, options_.disk->Open(spare, true));
  fresh.file = std::move(file);
  has_spare_ = true;
  uint64_t ring_position = kRingBegin;
  RecordHeader first;
  absl::Status status = FillNewFile(fresh, bytes, &ring_position, &first);
  if (absl::IsResourceExhausted(status)) return status;  // the old file goes on
  if (status.ok()) status = options_.disk->Rename(spare, fresh.path);
  if (status.ok() && options_.sync) status = options_.disk->SyncDirectory(dir_);
  if (!status.ok()) return Break(std::move(status));
  has_spare_ = false;
  chain_ = first.checksum;
  if (options_.sync) durable_through_ = next_sequence_;
  ++next_sequence_;
  ring_position_ = ring_position;
  unsynced_ = false;
  const absl::MutexLock lock(&mu_);
  files_.push_back(std::move(fresh));
  return absl::OkStatus();
}

absl::Status Log::FillNewFile(OpenFile& fresh, uint64_t bytes, uint64_t* ring_position,
                              RecordHeader* first) {
  const uint64_t begin = LogBegin(fresh.header.ring_bytes);
  uint64_t size = begin + std::max(kGrowBytesMin, bytes + Footprint(state_.size()));
  size = (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  SKEIN_RETURN_IF_ERROR(fresh.file->Allocate(size));
  SKEIN_ASSIGN_OR_RETURN(fresh.size, fresh.file->Size());
  const std::string header = EncodeFileHeader(fresh.header);
  const std::string_view part = header;
  SKEIN_RETURN_IF_ERROR(fresh.file->Write(0, {&part, 1}));
  SKEIN_RETURN_IF_ERROR(fresh.file->Write(kBlockBytes, {&part, 1}));
  first->kind = RecordKind::kState;
  first->sequence = next_sequence_;
  first->durable_through = durable_through_;
  first->version = version_;
  first->chain = chain_;
  fresh.end = begin;
  SKEIN_RETURN_IF_ERROR(WriteCopies(fresh, ring_position, first, state_));
  fresh.end += Footprint(state_.size());
  return options_.sync ? fresh.file->Sync() : absl::OkStatus();
}

absl::Status Log::Release(uint64_t through) {
  SKEIN_RETURN_IF_ERROR(broken_);
  if (through >= version_) unreleased_bytes_ = 0;
  while (files_.size() > 1 && files_[1].header.base_version <= through) {
    const std::string path = files_.front().path;
    {
      const absl::MutexLock lock(&mu_);
      unreleased_bytes_ -= std::min(unreleased_bytes_, files_.front().end);
      files_.pop_front();
    }
    absl::Status status = absl::OkStatus();
    if (has_spare_) {
      status = options_.disk->Remove(path);
    } else {
      status = options_.disk->Rename(path, dir_ + "/" + std::string(kSpareName));
      has_spare_ = status.ok();
    }
    if (!status.ok()) return status;  // harmless: opening leaves such a file out
  }
  return absl::OkStatus();
}

absl::Status Log::Shrink() {
  const std::string spare = dir_ + "/" + std::string(kSpareName);
  if (current().size > LogBegin(current().header.ring_bytes) + 4 * kGrowBytesMin &&
      unreleased_bytes_ == 0) {
    if (has_spare_) SKEIN_RETURN_IF_ERROR(options_.disk->Remove(spare));
    has_spare_ = false;
    SKEIN_RETURN_IF_ERROR(Rotate(0));
    SKEIN_RETURN_IF_ERROR(Release(version_));
  }
  if (has_spare_) SKEIN_RETURN_IF_ERROR(options_.disk->Remove(spare));
  has_spare_ = false;
  return absl::OkStatus();
}

absl::Status Log::VerifyFile(const OpenFile& file) {
  SKEIN_ASSIGN_OR_RETURN(const std::string bytes, file.file->Read(0, file.end));
  const std::string_view all = bytes;
  if (all.size() < file.end || !DecodeFileHeader(all.substr(0, kHeaderBytes)) ||
      !DecodeFileHeader(all.substr(kBlockBytes, kHeaderBytes))) {
    return DataLoss(file.path, ": a copy of the header is damaged");
  }
  const uint64_t salt = file.header.salt;
  uint64_t at = LogBegin(file.header.ring_bytes);
  while (at < file.end) {
    const auto header = DecodeRecordHeader(all.substr(at, kHeaderBytes), salt);
    if (!header || header->payload_bytes > file.end - at - kHeaderBytes ||
        !PayloadIsWhole(*header, all.substr(at + kHeaderBytes, header->payload_bytes), salt)) {
      return DataLoss(file.path, ": a copy of the record at offset ", at,
                      " is damaged; opening the store again repairs it if the other is whole");
    }
    at += RecordBytes(header->payload_bytes) * (header->twin ? 2 : 1);
  }
  return absl::OkStatus();
}

absl::Status Log::Verify() const {
  std::vector<OpenFile> files;
  {
    const absl::MutexLock lock(&mu_);
    files.assign(files_.begin(), files_.end());
  }
  for (const OpenFile& file : files) {
    absl::Status status = VerifyFile(file);
    if (status.ok()) continue;
    // Unless it was released meanwhile, and is another file by now.
    const absl::MutexLock lock(&mu_);
    if (files_.front().header.number <= file.header.number) return status;
  }
  return absl::OkStatus();
}

LogStats Log::stats() const {
  const absl::MutexLock lock(&mu_);
  LogStats stats;
  for (const OpenFile& file : files_) stats.bytes += file.size;
  stats.files = files_.size();
  stats.records = records_;
  stats.syncs = syncs_;
  return stats;
}

}  // namespace skein::log
