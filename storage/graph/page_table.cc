#include "storage/graph/page_table.h"

#include <algorithm>
#include <utility>

namespace skein {
namespace {

// Of a page the first chunk and this many on top of it are left alone. One more, and the newest are
// merged, with those before them that are not twice as large: a change costs a merge only now and
// then.
constexpr size_t kYoungMax = 4;
constexpr size_t kGrowth = 2;

size_t BytesOf(const AdjacencyPage::Chunks& chunks) {
  size_t bytes = sizeof(AdjacencyPage) + 160;  // slots of the tables, by estimate
  for (const auto& chunk : chunks) bytes += chunk->bytes();
  return bytes;
}

}  // namespace

AdjacencyPage::Chunks WithChunk(uint64_t page, AdjacencyPage::Chunks chunks,
                                std::shared_ptr<const AdjacencyChunk> added) {
  chunks.push_back(std::move(added));
  if (chunks.size() <= 1 + kYoungMax) return chunks;
  size_t from = chunks.size() - 2;
  size_t bytes = chunks[from + 1]->stored_bytes() + chunks[from]->stored_bytes();
  Stamp newest = std::max(chunks[from]->stamp(), chunks[from + 1]->stamp());
  while (from > 1 && chunks[from - 1]->stored_bytes() < kGrowth * bytes) {
    --from;
    bytes += chunks[from]->stored_bytes();
    newest = std::max(newest, chunks[from]->stamp());
  }
  const std::string merged =
      FoldAdjacencyChunks(page, std::span(chunks).subspan(from), /*whole=*/false, newest);
  std::shared_ptr<const AdjacencyChunk> one = AdjacencyChunk::Read(merged);
  if (one == nullptr) return chunks;  // cannot be: it was written by us just now
  chunks.resize(from);
  chunks.push_back(std::move(one));
  return chunks;
}

AdjacencyPage::AdjacencyPage(Version since, Chunks the_chunks)
    : from(since),
      only(the_chunks.size() == 1 ? the_chunks[0].get() : nullptr),
      chunks(std::move(the_chunks)),
      bytes(BytesOf(chunks)) {
  for (size_t i = 0; i < std::min(kParts, chunks.size()); ++i) {
    parts[i + 1] = {chunks[i].get(), chunks[i]->blob()};
  }
  if (only != nullptr) return;
  for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
    size_t speaking = 0, last = 0;
    for (size_t i = 0; i < chunks.size() && speaking < 2; ++i) {
      if (!chunks[i]->Has(v)) continue;
      ++speaking;
      last = i;
    }
    if (speaking == 0) place[v] = kSilent;
    if (speaking == 1 && last < kParts) place[v] = static_cast<uint8_t>(last + 1);
  }
}

AdjacencyList MergedList(const AdjacencyPage& page, NodeId vertex) {
  AdjacencyList list;
  size_t speaking = 0;
  for (const auto& chunk : page.chunks) {
    if (!chunk->Has(VertexOf(vertex))) continue;
    ++speaking;
    list.policy = chunk->Block(VertexOf(vertex)).policy;
    chunk->AllEntries(vertex, &list.entries);
  }
  MakeAdjacency(&list.entries, speaking, /*keep_gone=*/false);
  return list;
}

const AdjacencyChunk* SoleChunk(const AdjacencyPage& page, uint32_t vertex) {
  const AdjacencyChunk* sole = nullptr;
  for (const auto& chunk : page.chunks) {
    if (!chunk->Has(vertex)) continue;
    if (sole != nullptr) return nullptr;
    sole = chunk.get();
  }
  return sole;
}

PageTable::~PageTable() {
  for (std::atomic<Leaf*>& leaf : root_) delete leaf.load();
}

std::atomic<const AdjacencyPage*>* PageTable::MakeSlot(uint64_t page) {
  if (page >> (kLeafBits + kRootBits) != 0) return nullptr;
  std::atomic<Leaf*>& place = root_[page >> kLeafBits];
  Leaf* leaf = place.load(std::memory_order_acquire);
  if (leaf == nullptr) {
    auto fresh = std::make_unique<Leaf>();
    for (auto& slot : *fresh) slot.store(nullptr, std::memory_order_relaxed);
    if (place.compare_exchange_strong(leaf, fresh.get())) leaf = fresh.release();
  }
  return &(*leaf)[page & ((size_t{1} << kLeafBits) - 1)];
}

void PageTable::Put(Shard& shard, uint64_t number, Version changed, AdjacencyPagePtr page) {
  std::atomic<const AdjacencyPage*>* slot = MakeSlot(number);
  if (slot == nullptr) return;
  slot->store(page.get(), std::memory_order_release);
  shard.bytes += page->bytes;
  bytes_.fetch_add(page->bytes, std::memory_order_relaxed);
  shard.pages[number] = {std::move(page), changed};
  if (shard.in_clock.insert(number).second) shard.clock.push_back(number);
  Evict(shard);
}

void PageTable::Drop(Shard& shard, uint64_t number) {
  const auto it = shard.pages.find(number);
  if (it == shard.pages.end()) return;
  AdjacencyPagePtr page = std::move(it->second.page);
  shard.pages.erase(it);
  MakeSlot(number)->store(nullptr, std::memory_order_seq_cst);
  shard.bytes -= page->bytes;
  bytes_.fetch_sub(page->bytes, std::memory_order_relaxed);
  retired_.Retire(std::move(page));
}

void PageTable::SetBytesMax(size_t bytes_max) {
  const size_t before = shard_bytes_max_.exchange(bytes_max / kShards, std::memory_order_relaxed);
  if (bytes_max / kShards >= before) return;
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mu);
    Evict(shard);
  }
}

void PageTable::Evict(Shard& shard) {
  const size_t bytes_max = shard_bytes_max_.load(std::memory_order_relaxed);
  // Twice round at most: once to take the marks off, once to find one without.
  size_t steps = 2 * shard.clock.size();
  while (shard.bytes > bytes_max && shard.pages.size() > 1 && steps-- > 0) {
    const uint64_t number = shard.clock.front();
    shard.clock.pop_front();
    const auto it = shard.pages.find(number);
    if (it == shard.pages.end()) {
      shard.in_clock.erase(number);
      continue;
    }
    if (it->second.page->used.exchange(false, std::memory_order_relaxed)) {
      shard.clock.push_back(number);
      continue;
    }
    shard.in_clock.erase(number);
    Drop(shard, number);
  }
}

AdjacencyPagePtr PageTable::Insert(uint64_t number, Version at, AdjacencyPage::Chunks chunks) {
  Shard& shard = ShardOf(number);
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.pages.find(number);
  const bool touched = it != shard.pages.end() && it->second.touched();
  // Of a page that is not here: no page of the shard changed between the last change and `at`.
  const Version changed = touched ? it->second.changed : shard.last_change;
  const bool current = at >= changed && !shard.changing.contains(number);
  auto page = std::make_shared<const AdjacencyPage>(current ? changed : at, std::move(chunks));
  if (!current || (it != shard.pages.end() && !touched)) return page;
  Drop(shard, number);
  Put(shard, number, changed, page);
  return page;
}

void PageTable::Touch(NodeId vertex, Version at) {
  Shard& shard = ShardOf(AdjacencyPageOf(vertex));
  absl::MutexLock lock(&shard.mu);
  shard.last_change = std::max(shard.last_change, at);
  const auto it = shard.pages.find(AdjacencyPageOf(vertex));
  if (it == shard.pages.end()) return;
  it->second.changed = std::max(it->second.changed, at);
  it->second.page->touched.fetch_or(uint64_t{1} << VertexOf(vertex), std::memory_order_relaxed);
}

AdjacencyPagePtr PageTable::Base(uint64_t page, Version at) {
  Shard& shard = ShardOf(page);
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.pages.find(page);
  if (it == shard.pages.end() || !it->second.touched() || it->second.page->from > at) {
    return nullptr;
  }
  return it->second.page;
}

void PageTable::DropBase(uint64_t page, Version folded) {
  Shard& shard = ShardOf(page);
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.pages.find(page);
  if (it != shard.pages.end() && it->second.page->from < folded && it->second.touched()) {
    Drop(shard, page);
  }
}

void PageTable::BeginChange(uint64_t page) {
  Shard& shard = ShardOf(page);
  absl::MutexLock lock(&shard.mu);
  ++shard.changing[page];
  Drop(shard, page);
}

void PageTable::EndChange(uint64_t page, Version committed) {
  Shard& shard = ShardOf(page);
  absl::MutexLock lock(&shard.mu);
  shard.last_change = std::max(shard.last_change, committed);
  const auto it = shard.changing.find(page);
  if (--it->second == 0) shard.changing.erase(it);
}

}  // namespace skein
