#include "storage/graph/time_key.h"

#include <map>

#include "storage/base/status.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/snapshot_source.h"

namespace skein {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

bool SpellsCount(int64_t count, int64_t micros_each, TimeUs time) {
  return time % micros_each == 0 && count == time / micros_each;
}

bool SpellsParts(int64_t seconds, int32_t nanos, TimeUs time) {
  const TimeUs part = ((time % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  return nanos == part * 1000 && seconds == (time - part) / kMicrosPerSecond;
}

bool Spells(const Value& value, TimeUnit unit, TimeUs time) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return value.kind() == ValueKind::kInteger &&
             SpellsCount(value.integer(), kMicrosPerSecond, time);
    case TimeUnit::kMillis:
      return value.kind() == ValueKind::kInteger && SpellsCount(value.integer(), 1000, time);
    case TimeUnit::kMicros:
      return value.kind() == ValueKind::kInteger && value.integer() == time;
    case TimeUnit::kLocalDateTime: {
      if (value.kind() != ValueKind::kLocalDateTime) return false;
      return SpellsParts(value.local_date_time().seconds, value.local_date_time().nanos, time);
    }
    case TimeUnit::kDateTime: {
      if (value.kind() != ValueKind::kDateTime) return false;
      return SpellsParts(value.date_time().seconds, value.date_time().nanos, time);
    }
  }
  return false;
}

}  // namespace

bool FitsTimeKey(const TimeKey& key, const LinkRecord& link) {
  const PropertyEntry* property = read_ops::FindProperty(link.properties, key.key);
  return FitsTimeKey(key, property == nullptr ? nullptr : &property->value, link.valid.from);
}

bool FitsTimeKey(const TimeKey& key, const Value* value, TimeUs from) {
  if (value == nullptr) return from == kTimeMin;
  // The ends of time are those of windows.
  if (from == kTimeMin || from == kTimeMax) return false;
  return Spells(*value, key.unit, from);
}

absl::Status DeclareTimeKey(const std::shared_ptr<GraphCore>& core, LinkTypeId type, TimeKey key) {
  absl::MutexLock commits_wait(&core->index_mu);
  SKEIN_ASSIGN_OR_RETURN(GraphView latest, core->Latest());
  const SnapshotSource source(core, std::move(latest));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t links, read_ops::CountLinks(source, Viewer::All(), type));
  if (links > 0) return absl::OkStatus();
  key.since = source.source_version();
  return core->catalog->SetTimeKey(type, key);
}

absl::Status KeepTimeKeys(GraphCore& core, const Overlay::LinkChanges& links) {
  std::map<LinkTypeId, std::optional<TimeKey>> keys;
  for (const auto& [id, change] : links) {
    if (change.now == nullptr) continue;
    const LinkRecord& link = change.now->record;
    const auto [it, fresh] = keys.try_emplace(link.type);
    if (fresh) it->second = core.catalog->GetTimeKey(link.type);
    if (!it->second || FitsTimeKey(*it->second, link)) continue;
    SKEIN_RETURN_IF_ERROR(core.catalog->BreakTimeKey(link.type));
    it->second = std::nullopt;
  }
  return absl::OkStatus();
}

}  // namespace skein
