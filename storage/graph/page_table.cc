#include "storage/graph/page_table.h"

#include <algorithm>
#include <utility>

namespace skein {
namespace {

// Of a page the first chunk and this many on top of it are left alone. One more, and the newest are
// merged, with those before them that are not twice as large: a page that is changed n times
// without being folded holds about log n chunks, and a change costs a merge only now and then.
constexpr size_t kYoungMax = 4;
constexpr size_t kGrowth = 2;
// Chunks that wait for changes of their page to end; past these it is read anew.
constexpr size_t kAddedMax = 1024;

size_t BytesOf(const AdjacencyPage::Chunks& chunks) {
  size_t bytes = sizeof(AdjacencyPage) + 160;  // slots of the tables, by estimate
  for (const auto& chunk : chunks) bytes += chunk->bytes();
  return bytes;
}

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

}  // namespace

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

void PageTable::Put(Shard& shard, uint64_t number, AdjacencyPagePtr page) {
  std::atomic<const AdjacencyPage*>* slot = MakeSlot(number);
  if (slot == nullptr) return;
  slot->store(page.get(), std::memory_order_release);
  shard.bytes += page->bytes;
  bytes_.fetch_add(page->bytes, std::memory_order_relaxed);
  shard.pages[number] = std::move(page);
  if (shard.in_clock.insert(number).second) shard.clock.push_back(number);
  Evict(shard);
}

AdjacencyPagePtr PageTable::Take(Shard& shard, uint64_t number) {
  const auto it = shard.pages.find(number);
  if (it == shard.pages.end()) return nullptr;
  AdjacencyPagePtr page = std::move(it->second);
  shard.pages.erase(it);
  MakeSlot(number)->store(nullptr, std::memory_order_seq_cst);
  shard.bytes -= page->bytes;
  bytes_.fetch_sub(page->bytes, std::memory_order_relaxed);
  return page;
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
    if (it->second->used.exchange(false, std::memory_order_relaxed)) {
      shard.clock.push_back(number);
      continue;
    }
    shard.in_clock.erase(number);
    retired_.Retire(Take(shard, number));
  }
}

AdjacencyPagePtr PageTable::Insert(uint64_t number, Version at, AdjacencyPage::Chunks chunks) {
  Shard& shard = ShardOf(number);
  absl::MutexLock lock(&shard.mu);
  const bool current = at >= shard.last_change && !shard.changing.contains(number);
  // None of the shard's pages changed between its last change and `at`.
  auto page =
      std::make_shared<const AdjacencyPage>(current ? shard.last_change : at, std::move(chunks));
  if (current && !shard.pages.contains(number)) Put(shard, number, page);
  return page;
}

void PageTable::BeginChange(uint64_t page) {
  Shard& shard = ShardOf(page);
  absl::MutexLock lock(&shard.mu);
  Changing& changing = shard.changing[page];
  if (++changing.count > 1) return;
  changing.hidden =
      Take(shard, page);  // others may be reading it still; it is retired at EndChange
}

void PageTable::EndChange(uint64_t number, Version committed,
                          std::shared_ptr<const AdjacencyChunk> added) {
  Shard& shard = ShardOf(number);
  absl::MutexLock lock(&shard.mu);
  const auto it = shard.changing.find(number);
  Changing& changing = it->second;
  if (committed > Version{0}) {
    shard.last_change = std::max(shard.last_change, committed);
    changing.newest = std::max(changing.newest, committed);
    if (added != nullptr && changing.added.size() < kAddedMax) {
      changing.added.push_back(std::move(added));
    } else if (changing.hidden != nullptr) {
      retired_.Retire(std::exchange(changing.hidden, nullptr));
    }
  }
  if (--changing.count > 0) return;
  const Changing through = std::move(changing);
  shard.changing.erase(it);
  if (through.hidden == nullptr) return;
  if (through.newest == Version{0}) return Put(shard, number, through.hidden);
  AdjacencyPage::Chunks in_order = through.added;
  std::sort(in_order.begin(), in_order.end(),
            [](const auto& a, const auto& b) { return a->stamp() < b->stamp(); });
  AdjacencyPage::Chunks chunks = through.hidden->chunks;
  for (auto& chunk : in_order) chunks = WithChunk(number, std::move(chunks), std::move(chunk));
  Put(shard, number,
      std::make_shared<const AdjacencyPage>(std::max(through.hidden->from, through.newest),
                                            std::move(chunks)));
  retired_.Retire(through.hidden);
}

}  // namespace skein
