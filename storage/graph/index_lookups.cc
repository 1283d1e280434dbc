#include "storage/graph/index_lookups.h"

#include <utility>

namespace skein {

std::shared_ptr<const IndexLookups::Hits> IndexLookups::Find(const std::string& key, Version at) {
  const std::optional<uint64_t> generation = BeginRead(at);
  if (!generation) return nullptr;
  const size_t hash = absl::Hash<std::string>()(key);
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.entries.find(key, hash);
  if (it == shard.entries.end() || it->second.generation != *generation) return nullptr;
  return it->second.hits;
}

// The generation is read first: a change that begins afterwards commits after `at` was taken. One
// that is under way, or whose version is not older than `at`, is seen in the other two.
std::optional<uint64_t> IndexLookups::BeginRead(Version at) const {
  const uint64_t generation = generation_.load();
  if (changing_.load() != 0 || Raw(at) < since_.load()) return std::nullopt;
  return generation;
}

void IndexLookups::EndRead(uint64_t ticket, const std::string& key, const Hits& hits) {
  if (hits.size() > kHitsMax || generation_.load() != ticket) return;
  size_t bytes = 128 + key.size();  // of the table's entry, by estimate
  for (const IndexHit& hit : hits) bytes += sizeof hit + hit.key.capacity();
  auto kept = std::make_shared<const Hits>(hits);
  Shard& shard = ShardOf(absl::Hash<std::string>()(key));
  absl::MutexLock lock(&shard.mu);
  if (shard.bytes + bytes > shard_bytes_max_) {
    shard.entries.clear();
    shard.bytes = 0;
  }
  shard.entries[key] = {ticket, std::move(kept)};
  shard.bytes += bytes;
}

void IndexLookups::BeginChange() {
  changing_.fetch_add(1);
  generation_.fetch_add(1);
}

void IndexLookups::EndChange(Version committed) {
  uint64_t since = since_.load();
  while (since < Raw(committed) && !since_.compare_exchange_weak(since, Raw(committed))) {
  }
  changing_.fetch_sub(1);
}

}  // namespace skein
