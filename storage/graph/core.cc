#include "storage/graph/core.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "storage/base/memory_budget.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr uint64_t kLargePageBytes = uint64_t{256} << 10;

constexpr Version kUnknown{std::numeric_limits<uint64_t>::max()};

// What StampValue wrote.
std::optional<Version> ReadStampValue(std::string_view value) {
  ByteReader in(value);
  if (in.Byte() != 0) return std::nullopt;
  const Version version{in.Be64()};
  if (!in.ok() || !in.done()) return std::nullopt;
  return version;
}

size_t PartOf(SpaceId space, size_t MemoryBudget::Parts::*part) {
  const MemoryBudget::Parts parts = MemoryBudget::Process().parts();
  return space == SpaceId::kUsers ? parts.*part : parts.system;
}

}  // namespace

void ChunkCounts::Added(uint64_t page) {
  absl::MutexLock lock(&mu_);
  const auto it = added_.try_emplace(page, 0).first;
  if (++it->second < chunks_due_) return;
  added_.erase(it);
  due_.push_back(page);
}

void ChunkCounts::Found(uint64_t page, size_t chunks) {
  if (chunks < chunks_due_) return;
  absl::MutexLock lock(&mu_);
  if (added_.try_emplace(page, 0).second) due_.push_back(page);
}

size_t ChunkCounts::due() {
  absl::MutexLock lock(&mu_);
  return due_.size();
}

std::vector<uint64_t> ChunkCounts::TakeDue() {
  absl::MutexLock lock(&mu_);
  return std::exchange(due_, {});
}

void ChunkRuns::Added(uint64_t page, uint64_t chunk, uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  std::vector<Run>& runs = runs_[page];
  if (runs.empty() || runs.back().folded) runs.push_back({chunk, 0, 0, false});
  Run& newest = runs.back();
  newest.first = std::min(newest.first, chunk);
  newest.bytes += bytes;
  // A fold of recent links adds a chunk to many pages: not all of them are due at once.
  if (++newest.chunks == chunks_due_ + page % (chunks_due_ / 2 + 1)) due_.push_back(page);
}

size_t ChunkRuns::FirstToFold(std::span<const Chunk> chunks, uint64_t* bytes) {
  size_t first = chunks.size();
  while (first > 0 && chunks[first - 1].bytes <= kFoldRatio * *bytes) {
    *bytes += chunks[--first].bytes;
  }
  return first;
}

void ChunkRuns::Found(uint64_t page, std::span<const Chunk> chunks) {
  if (chunks.size() <= chunks_due_) return;
  uint64_t bytes = chunks.back().bytes;
  const size_t first = FirstToFold(chunks.first(chunks.size() - 1), &bytes);
  if (chunks.size() - first < chunks_due_) return;
  absl::MutexLock lock(&mu_);
  std::vector<Run>& runs = runs_[page];
  const Run found{chunks[first].number, bytes, static_cast<uint32_t>(chunks.size() - first), false};
  // Known already, or about to be folded.
  if (runs.size() > 1 || (runs.size() == 1 && (runs[0].folded || runs[0].chunks >= chunks_due_ ||
                                               runs[0].first <= found.first))) {
    return;
  }
  runs = {found};
  due_.push_back(page);
}

size_t ChunkRuns::due() {
  absl::MutexLock lock(&mu_);
  return due_.size();
}

std::vector<ChunkRuns::Due> ChunkRuns::TakeDue() {
  absl::MutexLock lock(&mu_);
  std::vector<Due> all;
  for (const uint64_t page : std::exchange(due_, {})) {
    std::vector<Run>& runs = runs_[page];
    if (runs.empty()) continue;
    runs.back().folded = true;  // what comes from now on is another's
    Due due;
    due.page = page;
    due.fresh = runs.back().first;
    uint64_t bytes = runs.back().bytes;
    size_t left = runs.size() - 1;
    // Up to the first that is much larger than all after it.
    while (left > 0 && runs[left - 1].bytes <= kFoldRatio * bytes && runs[left - 1].first > 0) {
      bytes += runs[--left].bytes;
      due.folded.insert(due.folded.begin(), runs[left].first);
    }
    if (left == 0 || (runs[0].first == 0 && runs[0].bytes <= kFoldRatio * bytes && left == 1)) {
      due.before_max = kFoldRatio * bytes;
    }
    all.push_back(std::move(due));
  }
  return all;
}

void ChunkRuns::Folded(uint64_t page, uint64_t first, uint64_t newest, uint64_t bytes,
                       uint64_t before) {
  absl::MutexLock lock(&mu_);
  const auto it = runs_.find(page);
  if (it == runs_.end()) return;
  std::vector<Run> runs;
  if (before > 0) runs.push_back({0, before, 1, true});
  for (const Run& run : it->second) {
    if (run.first < first && (run.first > 0 || before == 0)) runs.push_back(run);
  }
  // Where all is small it costs nothing to find that out again.
  if (first > 0 || bytes >= kLargePageBytes)
    runs.push_back({first > 0 ? newest : 0, bytes, 1, true});
  for (const Run& run : it->second) {
    if (run.first > newest) runs.push_back(run);
  }
  if (runs.empty()) {
    runs_.erase(it);
  } else {
    it->second = std::move(runs);
  }
}

void ChunkRuns::Forget(uint64_t page) {
  absl::MutexLock lock(&mu_);
  runs_.erase(page);
}

void ChunkRuns::Clear() {
  absl::MutexLock lock(&mu_);
  runs_.clear();
  due_.clear();
}

absl::Status NumberSequence::Load() {
  if (loaded_) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
  SKEIN_ASSIGN_OR_RETURN(const auto stored, GetOne(store_, *view, Table::kMeta, key_));
  next_ = reserved_ = stored ? static_cast<uint64_t>(DecodeCounter(*stored)) : first_;
  loaded_ = true;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> NumberSequence::Take(uint64_t n) {
  absl::MutexLock lock(&mu_);
  SKEIN_RETURN_IF_ERROR(Load());
  if (next_ + n > reserved_) {
    const uint64_t mark = next_ + std::max(n, step_);
    SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
    WriteBatch batch(view->version());
    batch.PutUnguarded(Table::kMeta, key_, EncodeCounter(static_cast<int64_t>(mark)));
    SKEIN_RETURN_IF_ERROR(store_.Commit(batch).status());
    reserved_ = mark;
    step_ = std::min(step_ * 2, step_max_);
  }
  return std::exchange(next_, next_ + n);
}

absl::StatusOr<uint64_t> NumberSequence::Bound() {
  absl::MutexLock lock(&mu_);
  SKEIN_RETURN_IF_ERROR(Load());
  return next_;
}

GraphCore::GraphCore(Store& the_store, SpaceId space, const GraphOptions& the_options)
    : store(the_store),
      layout(space),
      options(the_options),
      nodes(PartOf(space, &MemoryBudget::Parts::nodes)),
      pages(PartOf(space, &MemoryBudget::Parts::links)),
      adjacency(space == SpaceId::kUsers ? MemoryBudget::Process().pages_max()
                                         : MemoryBudget::Process().parts().system),
      lookups(PartOf(space, &MemoryBudget::Parts::lookups)),
      loads(the_store, layout),
      node_ids(the_store, layout.Meta("next_node"), 0, 1024, 65'536),
      chunk_ids(the_store, layout.Meta("next_chunk"), 1, 1024, 65'536),
      adjacency_chunks(the_options.fold_chunks),
      link_chunks(the_options.fold_chunks) {
  const std::string graph = space == SpaceId::kUsers ? "" : "system ";
  MemoryBudget& memory = MemoryBudget::Process();
  held.push_back(memory.Register({graph + "nodes", [this] { return nodes.bytes(); }, nullptr}));
  held.push_back(memory.Register({graph + "links", [this] { return pages.bytes(); }, nullptr}));
  held.push_back(
      memory.Register({graph + "recent links", [this] { return recent.bytes(); }, nullptr}));
  held.push_back(memory.Register({graph + "adjacency", [this] { return adjacency.bytes(); },
                                  space == SpaceId::kUsers
                                      ? [this](size_t most) { adjacency.SetBytesMax(most); }
                                      : std::function<void(size_t)>()}));
}

absl::StatusOr<GraphView> GraphCore::Latest() {
  GraphView latest;
  latest.recent = recent.Current();
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(latest.view, store.Latest());
    std::shared_ptr<const RecentLinks::Set> now = recent.Current();
    if (now == latest.recent) return latest;
    latest.recent =
        std::move(now);  // a fold ended in between; they do so every few seconds at most
  }
}

absl::StatusOr<uint32_t> GraphCore::TakeLinkRows(BatchId batch, uint32_t n) {
  NumberSequence* sequence = nullptr;
  {
    absl::MutexLock lock(&rows_mu);
    std::unique_ptr<NumberSequence>& slot = rows[Raw(batch)];
    if (slot == nullptr) {
      std::string key = layout.Meta("next_row");
      AppendBe32(&key, static_cast<uint32_t>(Raw(batch)));
      slot = std::make_unique<NumberSequence>(store, std::move(key), 1, 256, 65'536);
    }
    sequence = slot.get();
  }
  SKEIN_ASSIGN_OR_RETURN(const uint64_t row, sequence->Take(n));
  if (row + n - 1 > UINT32_MAX) {
    return ResourceExhausted("batch ", Raw(batch), " has 2^32 links; open another batch");
  }
  return static_cast<uint32_t>(row);
}

Version GraphCore::IndexSince(uint32_t index) {
  absl::MutexLock lock(&since_mu);
  const auto it = index_since.find(index);
  return it == index_since.end() ? Version{0} : it->second;
}

void GraphCore::SetIndexSince(uint32_t index, Version version) {
  absl::MutexLock lock(&since_mu);
  index_since[index] = version;
}

absl::Status Loads::Read() {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store_.Latest());
  SKEIN_ASSIGN_OR_RETURN(const auto rows, ScanPrefix(store_, *view, Table::kMeta, layout_.Loads()));
  absl::MutexLock lock(&mu_);
  for (const auto& [key, value] : rows) {
    const std::optional<Version> version = ReadStampValue(value);
    if (!version) return DataLoss("table meta: the version of a bulk load does not decode");
    versions_[TrailingId(key)] = *version;
  }
  return absl::OkStatus();
}

Version Loads::VersionOfLoad(uint64_t chunk) const {
  {
    absl::MutexLock lock(&mu_);
    const auto it = versions_.find(chunk);
    if (it != versions_.end()) return it->second;
  }
  const auto view = store_.Latest();
  if (!view.ok()) return kUnknown;
  const auto found = GetOne(store_, **view, Table::kMeta, layout_.Load(chunk));
  if (!found.ok()) return kUnknown;
  const std::optional<std::string>& value = *found;
  if (!value) return kUnknown;
  const Version version = ReadStampValue(*value).value_or(kUnknown);
  if (version != kUnknown) {
    absl::MutexLock lock(&mu_);
    versions_[chunk] = version;
  }
  return version;
}

absl::Status DamagedRow(Table table, uint64_t id) {
  return DataLoss("table ", TableName(table), ": the row of id ", id, " does not decode");
}

}  // namespace skein
