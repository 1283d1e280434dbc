#include "storage/kv/rocks_log.h"

#include <cstring>
#include <utility>

#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kStateBytes = 4 * sizeof(uint64_t);

void PutVarint(std::string* out, uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

bool TakeVarint(std::string_view* in, uint64_t* value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && !in->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    *value |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::string EncodeState(const ManifestMark& mark, uint64_t version) {
  const uint64_t fields[] = {mark.number, mark.bytes, mark.checksum, version};
  std::string out(kStateBytes, '\0');
  std::memcpy(out.data(), fields, kStateBytes);
  return out;
}

}  // namespace

void EncodeBatch(const WriteBatch& batch, Version version, std::string* out) {
  std::string stamped;
  for (size_t i = 0; i < batch.size(); ++i) {
    const WriteBatch::Op op = batch.op(i, version, &stamped);
    if (op.kind == WriteBatch::Kind::kCheck || op.kind == WriteBatch::Kind::kTouch) continue;
    out->push_back(
        static_cast<char>(static_cast<unsigned>(op.kind) << 6 | static_cast<unsigned>(op.table)));
    PutVarint(out, op.key.size());
    out->append(op.key);
    if (op.kind == WriteBatch::Kind::kDelete) continue;
    PutVarint(out, op.value.size());
    out->append(op.value);
  }
}

absl::StatusOr<LoggedOp> DecodeOp(std::string_view* in) {
  LoggedOp op;
  const auto head = static_cast<unsigned char>(in->front());
  in->remove_prefix(1);
  op.kind = static_cast<WriteBatch::Kind>(head >> 6);
  op.table = static_cast<Table>(head & 0x3fU);
  uint64_t bytes = 0;
  const bool known = (op.kind == WriteBatch::Kind::kPut || op.kind == WriteBatch::Kind::kDelete ||
                      op.kind == WriteBatch::Kind::kAdd) &&
                     (head & 0x3fU) < kTableCount;
  if (!known || !TakeVarint(in, &bytes) || bytes > in->size()) {
    return DataLoss("an operation in the log does not decode");
  }
  op.key = in->substr(0, bytes);
  in->remove_prefix(bytes);
  if (op.kind == WriteBatch::Kind::kDelete) return op;
  if (!TakeVarint(in, &bytes) || bytes > in->size()) {
    return DataLoss("an operation in the log does not decode");
  }
  op.value = in->substr(0, bytes);
  in->remove_prefix(bytes);
  return op;
}

RocksLog::RocksLog(std::unique_ptr<log::Log> log, std::shared_ptr<ManifestGuard> guard)
    : log_(std::move(log)), guard_(std::move(guard)) {}

absl::StatusOr<std::unique_ptr<log::Log>> RocksLog::OpenLog(const std::string& dir,
                                                            const log::LogOptions& options) {
  SKEIN_ASSIGN_OR_RETURN(const bool exists, log::Log::Exists(dir, *options.disk));
  if (!exists) return std::unique_ptr<log::Log>();
  return log::Log::Open(dir, options);
}

absl::StatusOr<std::unique_ptr<log::Log>> RocksLog::CreateLog(const std::string& dir,
                                                              const log::LogOptions& options,
                                                              const ManifestMark& mark,
                                                              uint64_t version) {
  return log::Log::Create(dir, options, version, EncodeState(mark, version));
}

absl::StatusOr<RocksLog::State> RocksLog::StateOf(const log::Log& log) {
  uint64_t fields[4] = {};
  if (log.state().size() != kStateBytes) return DataLoss("the log's state does not decode");
  std::memcpy(fields, log.state().data(), kStateBytes);
  return State{{fields[0], fields[1], fields[2]}, fields[3]};
}

absl::Status RocksLog::RecordState(uint64_t version, bool sync) {
  const ManifestMark mark = guard_->mark();
  SKEIN_RETURN_IF_ERROR(log_->RecordState(EncodeState(mark, version), sync));
  recorded_ = mark;
  recorded_version_ = version;
  settled_ = false;
  return sync ? Settle() : absl::OkStatus();
}

absl::Status RocksLog::Settle() {
  if (settled_) return absl::OkStatus();
  settled_ = true;
  guard_->Settle(recorded_);
  // A file that cannot be removed is left out by the next opening.
  SKEIN_IGNORE_ERROR(log_->Release(recorded_version_), "only space is at stake");
  return absl::OkStatus();
}

}  // namespace skein
