#include "storage/log/recovery.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>
#include <vector>

#include "storage/base/status.h"

namespace skein::log {
namespace {

constexpr std::string_view kPrefix = "log-";

}  // namespace

std::string NameOfFile(uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof(name), "log-%08llu", static_cast<unsigned long long>(number));
  return name;
}

std::optional<uint64_t> NumberOfFile(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number;
}

absl::Status Recovery::ReadHeader(File* file, bool* whole) {
  *whole = false;
  SKEIN_ASSIGN_OR_RETURN(const std::string blocks, file->file->Read(0, kRingBegin));
  const auto number = file->header.number;
  const std::string_view all = blocks;
  std::optional<FileHeader> copies[2];
  for (size_t i = 0; i < 2; ++i) {
    if (all.size() < i * kBlockBytes + kHeaderBytes) continue;
    copies[i] = DecodeFileHeader(all.substr(i * kBlockBytes, kHeaderBytes));
    if (copies[i] && copies[i]->number != number) copies[i].reset();
  }
  if (!copies[0] && !copies[1]) return absl::OkStatus();
  file->header = copies[0] ? *copies[0] : *copies[1];
  if (file->header.format != kLogFormat) {
    return FailedPrecondition(file->path, ": log format ", file->header.format,
                              "; this program reads format ", kLogFormat, " only");
  }
  *whole = true;
  if (copies[0] && copies[1]) return absl::OkStatus();
  const uint64_t at = copies[0] ? kBlockBytes : 0;
  const std::string header = EncodeFileHeader(file->header);
  const std::string_view part = header;
  SKEIN_RETURN_IF_ERROR(file->file->Write(at, {&part, 1}));
  SKEIN_RETURN_IF_ERROR(file->file->Sync());
  ++log_.report_.repaired;
  log_.report_.damage.push_back(
      internal::Join(file->path, ": the header at offset ", at, " was repaired from its copy"));
  return absl::OkStatus();
}

// The newest unbroken run of file numbers; what is older was released and not yet removed.
absl::Status Recovery::OpenFiles() {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<std::string> names, log_.options_.disk->List(log_.dir_));
  std::vector<uint64_t> numbers;
  for (const std::string& name : names) {
    if (const auto number = NumberOfFile(name)) numbers.push_back(*number);
    if (name == kSpareName) log_.has_spare_ = true;
  }
  std::sort(numbers.begin(), numbers.end());
  if (numbers.empty()) return DataLoss("log ", log_.dir_, ": there is no file of it");
  size_t begin = numbers.size() - 1;
  while (begin > 0 && numbers[begin - 1] + 1 == numbers[begin]) --begin;
  for (size_t i = 0; i < begin; ++i) {
    SKEIN_IGNORE_ERROR(log_.options_.disk->Remove(log_.dir_ + "/" + NameOfFile(numbers[i])),
                       "released before; it is left out either way");
  }
  for (size_t i = begin; i < numbers.size(); ++i) {
    File file;
    file.path = log_.dir_ + "/" + NameOfFile(numbers[i]);
    file.header.number = numbers[i];
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<LogFile> opened,
                           log_.options_.disk->Open(file.path, false));
    file.file = std::move(opened);
    SKEIN_ASSIGN_OR_RETURN(file.size, file.file->Size());
    bool whole = false;
    SKEIN_RETURN_IF_ERROR(ReadHeader(&file, &whole));
    if (whole) {
      log_.files_.push_back(std::move(file));
    } else if (log_.files_.empty() && i + 1 < numbers.size()) {
      // The oldest may be half-way to being recycled; if it is still needed, Replay says so.
      log_.report_.damage.push_back(file.path + ": has no whole header; left out");
    } else {
      return DataLoss(file.path, ": both copies of the header, at offsets 0 and ", kBlockBytes,
                      ", are damaged");
    }
  }
  return absl::OkStatus();
}

absl::Status Recovery::Run() {
  SKEIN_RETURN_IF_ERROR(OpenFiles());
  const FileHeader& oldest = log_.files_.front().header;
  log_.next_sequence_ = oldest.first_sequence;
  log_.chain_ = oldest.chain;
  log_.version_ = oldest.base_version;
  for (size_t i = 0; i < log_.files_.size(); ++i) {
    const FileHeader& header = log_.files_[i].header;
    // Another file was begun only when all records before it were on the disk.
    if (header.first_sequence != log_.next_sequence_ || header.chain != log_.chain_) {
      const File& before = log_.files_[i - 1];
      return DataLoss(before.path, ": record ", log_.next_sequence_, ", at offset ", before.end,
                      ", is damaged or missing, and ", log_.files_[i].path, " goes on after it");
    }
    SKEIN_RETURN_IF_ERROR(WalkFile(i));
  }
  log_.durable_through_ = log_.next_sequence_ - 1;
  log_.options_.ring_bytes = log_.files_.back().header.ring_bytes;
  if (log_.state_.empty()) return DataLoss("log ", log_.dir_, ": holds no state");
  return absl::OkStatus();
}

std::optional<Recovery::Found> Recovery::RecordAt(uint64_t at) const {
  const std::string_view all = bytes_;
  if (at + kHeaderBytes > all.size()) return std::nullopt;
  const auto header = DecodeRecordHeader(all.substr(at, kHeaderBytes), salt_);
  if (!header || header->payload_bytes > all.size() - at - kHeaderBytes) return std::nullopt;
  if (!PayloadIsWhole(*header, all.substr(at + kHeaderBytes, header->payload_bytes), salt_)) {
    return std::nullopt;
  }
  return Found{*header, at};
}

bool Recovery::Follows(const RecordHeader& header) const {
  return header.sequence == log_.next_sequence_ && header.chain == log_.chain_;
}

void Recovery::ScanRing() {
  ring_.clear();
  log_.ring_position_ = kRingBegin;
  uint64_t newest = 0;
  for (uint64_t at = kRingBegin; at < ring_end_; at += kBlockBytes) {
    const auto found = RecordAt(at);
    if (!found) continue;
    ring_[found->header.sequence] = *found;
    if (found->header.sequence < newest) continue;
    newest = found->header.sequence;
    const uint64_t end = at + RecordBytes(found->header.payload_bytes);
    log_.ring_position_ = (end + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  }
}

// The copy in the ring or, of a large record, the one that follows in the log area.
std::optional<Recovery::Found> Recovery::OtherCopy(uint64_t at) const {
  const auto it = ring_.find(log_.next_sequence_);
  if (it != ring_.end() && Follows(it->second.header)) return it->second;
  for (uint64_t next = at + kAlign; next + kHeaderBytes <= bytes_.size(); next += kAlign) {
    const auto header =
        DecodeRecordHeader(std::string_view(bytes_).substr(next, kHeaderBytes), salt_);
    if (!header || !header->twin || !Follows(*header)) continue;
    if (next != at + RecordBytes(header->payload_bytes)) continue;
    if (const auto found = RecordAt(next)) return found;
  }
  return std::nullopt;
}

// Whether a whole record further on in the file, or in the ring, says that `sequence` was durable.
bool Recovery::ProvenDurable(uint64_t sequence, uint64_t from) const {
  for (const auto& [number, found] : ring_) {
    if (found.header.durable_through >= sequence) return true;
  }
  for (uint64_t at = from; at + kHeaderBytes <= bytes_.size(); at += kAlign) {
    const auto header =
        DecodeRecordHeader(std::string_view(bytes_).substr(at, kHeaderBytes), salt_);
    if (header && header->durable_through >= sequence) return true;
  }
  return false;
}

absl::Status Recovery::Repair(File& file, uint64_t to, const Found& from) {
  const std::string_view part =
      std::string_view(bytes_).substr(from.at, RecordBytes(from.header.payload_bytes));
  SKEIN_RETURN_IF_ERROR(file.file->Write(to, {&part, 1}));
  repaired_ = true;
  ++log_.report_.repaired;
  log_.report_.damage.push_back(internal::Join(file.path, ": record ", from.header.sequence,
                                               " at offset ", to, " was repaired from its copy"));
  return absl::OkStatus();
}

absl::Status Recovery::Accept(size_t index, const Found& found, uint64_t at) {
  const RecordHeader& header = found.header;
  if (header.kind == RecordKind::kGroup) {
    log_.places_.push_back({index, at, header.payload_bytes, header.version});
    ++log_.report_.groups;
  } else {
    log_.state_ = bytes_.substr(found.at + kHeaderBytes, header.payload_bytes);
  }
  log_.chain_ = header.checksum;
  log_.version_ = header.version;
  ++log_.next_sequence_;
  return absl::OkStatus();
}

absl::Status Recovery::WalkFile(size_t index) {
  File& file = log_.files_[index];
  SKEIN_ASSIGN_OR_RETURN(bytes_, file.file->Read(0, file.size));
  salt_ = file.header.salt;
  ring_end_ = LogBegin(file.header.ring_bytes);
  repaired_ = false;
  ScanRing();
  uint64_t at = ring_end_;
  for (;;) {
    std::optional<Found> found = RecordAt(at);
    if (found && !Follows(found->header)) found.reset();
    const bool first_whole = found.has_value();
    if (!found) found = OtherCopy(at);
    if (!found) break;
    if (!first_whole) SKEIN_RETURN_IF_ERROR(Repair(file, at, *found));
    uint64_t end = at + RecordBytes(found->header.payload_bytes);
    if (found->header.twin) {
      if (first_whole && !RecordAt(end)) SKEIN_RETURN_IF_ERROR(Repair(file, end, *found));
      end += RecordBytes(found->header.payload_bytes);
    }
    SKEIN_RETURN_IF_ERROR(Accept(index, *found, at));
    at = end;
  }
  file.end = at;
  log_.unreleased_bytes_ += at - ring_end_;
  if (ProvenDurable(log_.next_sequence_, at)) {
    return DataLoss(file.path, ": record ", log_.next_sequence_, ", at offset ", at,
                    ", is damaged in both copies, and later ones are whole; the store is not "
                    "opened, because commits would be missing from it");
  }
  if (repaired_) SKEIN_RETURN_IF_ERROR(file.file->Sync());
  if (at + kHeaderBytes <= bytes_.size() &&
      DecodeRecordHeader(std::string_view(bytes_).substr(at, kHeaderBytes), salt_)) {
    log_.report_.torn = true;
    log_.report_.damage.push_back(
        internal::Join(file.path, ": an unfinished write at offset ", at, " was cut off"));
  }
  bytes_.clear();
  return absl::OkStatus();
}

}  // namespace skein::log
