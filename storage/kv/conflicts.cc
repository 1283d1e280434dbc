#include "storage/kv/conflicts.h"

#include <string_view>

#include "absl/hash/hash.h"
#include "storage/base/status.h"

namespace skein {
namespace {

uint64_t KeyHash(Table table, std::string_view key) {
  return absl::HashOf(static_cast<uint8_t>(table), key);
}

}  // namespace

void ConflictTable::ViewClosed(Version version) {
  const auto it = views_.find(Raw(version));
  SKEIN_CHECK(it != views_.end());
  if (--it->second == 0) views_.erase(it);
}

absl::Status ConflictTable::Check(const WriteBatch& batch) const {
  const uint64_t base = Raw(batch.base());
  bool checked = false;
  for (size_t i = 0; i < batch.size(); ++i) {
    const WriteBatch::Op op = batch.op(i);
    if (!op.guarded && op.kind != WriteBatch::Kind::kCheck) continue;
    checked = true;
    const auto it = changed_.find(KeyHash(op.table, op.key));
    if (it != changed_.end() && it->second > base) {
      return Aborted("conflict in ", TableName(op.table), ": changed at version ", it->second,
                     ", after version ", base, " that was read");
    }
  }
  for (const uint64_t token : batch.checked_tokens()) {
    checked = true;
    const auto it = changed_.find(token);
    if (it != changed_.end() && it->second > base) {
      return Aborted("conflict: an element was changed at version ", it->second, ", after version ",
                     base, " that was read");
    }
  }
  if (checked && base < floor_) {
    return Aborted("conflict history before version ", floor_, " is gone; version ", base,
                   " was read");
  }
  return absl::OkStatus();
}

void ConflictTable::Record(const WriteBatch& batch, Version version) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const WriteBatch::Op op = batch.op(i);
    if (!op.guarded && op.kind != WriteBatch::Kind::kTouch) continue;
    const uint64_t hash = KeyHash(op.table, op.key);
    uint64_t& last = changed_[hash];
    if (last == Raw(version)) continue;
    last = Raw(version);
    order_.emplace_back(last, hash);
  }
  for (const uint64_t token : batch.touched_tokens()) {
    uint64_t& last = changed_[token];
    if (last == Raw(version)) continue;
    last = Raw(version);
    order_.emplace_back(last, token);
  }
}

void ConflictTable::Forget() {
  const uint64_t oldest = views_.empty() ? UINT64_MAX : views_.begin()->first;
  while (!order_.empty()) {
    const auto [version, hash] = order_.front();
    if (version > oldest && order_.size() <= entries_max_) break;
    floor_ = version;  // a base below it can no longer be checked
    const auto it = changed_.find(hash);
    if (it != changed_.end() && it->second == version) changed_.erase(it);
    order_.pop_front();
  }
}

}  // namespace skein
