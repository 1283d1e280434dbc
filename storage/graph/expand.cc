// Expansion, degrees and neighbour counts: the traversal half of ReadOps.
#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "storage/base/status.h"
#include "storage/graph/page_reader.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/segment_reader.h"

namespace skein::read_ops {
namespace {

// Frontier vertices whose pages are fetched together: one round trip where they are not in memory.
constexpr size_t kVerticesPerFetch = 1024;
// How far ahead of the vertex at hand the next ones are brought nearer, step by step.
constexpr size_t kAheadSlot = 12, kAheadPage = 9, kAheadOffset = 6, kAheadBlock = 3;
// The same in long lists that are read by time: their index, its times, the segment, its columns.
constexpr size_t kAheadIndex = 5, kAheadTimes = 4, kAheadSegment = 3, kAheadColumns = 2;

template <typename Visit>
void VisitBlock(const AdjacencyChunk& chunk, NodeId self, const LinkFilter& filter,
                SegmentReader* reader, const Visit& visit) {
  const AdjacencyBlock block = chunk.Block(VertexOf(self));
  if (block.segments == 0) return;
  if (block.segments == 1) {
    reader->Read(chunk, block, 0);
    reader->ForEach(self, 0, {}, visit);
    return;
  }
  const AdjacencyTimes& times = chunk.Times(VertexOf(self));
  const SegmentRange range(times, filter);
  for (uint32_t i = range.Next(0); i < range.size(); i = range.Next(i + 1)) {
    reader->Take(times.heads[i]);
    reader->ForEach(self, 0, times.Of(i), visit);
  }
}

// Keeps the memory.
void Clear(ExpandBatch* batch) {
  batch->source.clear();
  batch->neighbour.clear();
  batch->link.clear();
  batch->type.clear();
  batch->outgoing.clear();
  batch->valid.clear();
}

// Whether each chunk says what it voids of earlier ones of a vertex: else only all entries tell.
bool TellsVoids(const AdjacencyPage& page, uint32_t vertex) {
  bool first = true;
  for (const auto& chunk : page.chunks) {
    if (!chunk->Has(vertex)) continue;
    if (!first && !chunk->voids_what_it_replaces()) return false;
    first = false;
  }
  return true;
}

// Whether several chunks speak of a vertex and none voids what another says.
bool AllHold(const AdjacencyPage& page, uint32_t vertex) {
  if (!TellsVoids(page, vertex)) return false;
  bool first = true;
  for (const auto& chunk : page.chunks) {
    if (!chunk->Has(vertex)) continue;
    if (!first && chunk->Block(vertex).gone > 0) return false;
    first = false;
  }
  return true;
}

PolicyId PolicyOf(const AdjacencyPage& page, uint32_t vertex) {
  PolicyId policy{};
  for (const auto& chunk : page.chunks) {
    if (chunk->Has(vertex)) policy = chunk->Block(vertex).policy;
  }
  return policy;
}

// A list of which several chunks speak, without what a filter does not want: of a window of a long
// list no more is decoded than of one chunk's.
class Gatherer {
 public:
  explicit Gatherer(const LinkFilter& filter)
      : filter_(filter), options_(All()), reader_(filter, options_, /*counts=*/false) {}

  AdjacencyList Gather(const AdjacencyPage& page, NodeId self) {
    const uint32_t vertex = VertexOf(self);
    if (!TellsVoids(page, vertex)) return MergedList(page, self);
    AdjacencyList list;
    list.policy = PolicyOf(page, vertex);
    std::vector<std::pair<LinkId, bool>> voids;  // of the chunks after the one at hand
    absl::flat_hash_set<std::pair<LinkId, bool>> voided;
    for (auto chunk = page.chunks.rbegin(); chunk != page.chunks.rend(); ++chunk) {
      if (!(*chunk)->Has(vertex)) continue;
      const size_t begin = list.entries.size();
      Add(**chunk, self, &list.entries);
      if (!voided.empty()) {
        list.entries.erase(
            std::remove_if(list.entries.begin() + static_cast<ptrdiff_t>(begin), list.entries.end(),
                           [&voided](const AdjacencyEntry& entry) {
                             return voided.contains({entry.link, entry.outgoing});
                           }),
            list.entries.end());
      }
      voids.clear();
      (*chunk)->Voids(vertex, &voids);
      voided.insert(voids.begin(), voids.end());
    }
    std::sort(list.entries.begin(), list.entries.end(), AdjacencyLess);
    return list;
  }

 private:
  static ExpandOptions All() {
    ExpandOptions options;
    options.links = options.type = options.outgoing = options.valid = true;
    return options;
  }
  // Entries that passed the filter: their policies need not be looked at again.
  void Add(const AdjacencyChunk& chunk, NodeId self, std::vector<AdjacencyEntry>* entries) {
    struct Sink {
      const SegmentReader& reader;
      ExpandBatch* batch;
      static bool full() { return false; }
      uint32_t operator()(uint32_t begin, uint32_t end, const AdjacencySegment::Tag& tag) const {
        reader.Append(begin, end, tag, 0, batch);
        return end - begin;
      }
    };
    Clear(&batch_);
    VisitBlock(chunk, self, filter_, &reader_, Sink{reader_, &batch_});
    for (size_t i = 0; i < batch_.size(); ++i) {
      AdjacencyEntry& entry = entries->emplace_back();
      entry.neighbour = batch_.neighbour[i];
      entry.link = batch_.link[i];
      entry.valid = batch_.valid[i];
      entry.type = batch_.type[i];
      entry.outgoing = batch_.outgoing[i] != 0;
    }
  }

  const LinkFilter& filter_;
  const ExpandOptions options_;
  SegmentReader reader_;
  ExpandBatch batch_;
};

absl::Status CheckOptions(std::span<const NodeId> frontier, const ExpandOptions& options) {
  if (frontier.size() > UINT32_MAX) {
    return InvalidArgument("a frontier of ", frontier.size(), " vertices; the limit is 2^32");
  }
  if (!options.windows.empty() && options.windows.size() != frontier.size()) {
    return InvalidArgument(options.windows.size(), " windows for a frontier of ", frontier.size(),
                           " vertices");
  }
  return absl::OkStatus();
}

class ExpandCursorImpl final : public ExpandCursor {
 public:
  ExpandCursorImpl(const Source& source, const Viewer& viewer, std::span<const NodeId> frontier,
                   const ExpandOptions& options, Budget& budget)
      : source_(source),
        viewer_(viewer),
        frontier_(frontier),
        options_(options),
        filter_(options, viewer),
        budget_(budget),
        timed_(filter_.timed() && frontier.size() > 1),
        changes_(&source != static_cast<const Source*>(&source.committed())),
        pages_(source.committed()),
        reader_(filter_, options_, /*counts=*/false) {}

  absl::StatusOr<bool> Next(ExpandBatch* batch) override {
    Clear(batch);
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    wanted_ = std::max<uint32_t>(options_.rows_per_batch, 1);
    while (batch->size() < wanted_ && position_ < frontier_.size()) {
      bool missing = false;
      SKEIN_RETURN_IF_ERROR(Walk(batch, &missing));
      if (!missing) continue;
      SKEIN_RETURN_IF_ERROR(budget_.Check());
      const size_t n = std::min(frontier_.size() - position_, kVerticesPerFetch);
      SKEIN_RETURN_IF_ERROR(pages_.Load(frontier_.subspan(position_, n)));
    }
    if (batch->size() == 0) return false;
    SKEIN_RETURN_IF_ERROR(budget_.TakeRows(static_cast<int64_t>(batch->size())));
    return true;
  }

 private:
  // Goes on until the batch is full, the frontier is done, or a page is missing.
  absl::Status Walk(ExpandBatch* batch, bool* missing) {
    const EpochGuard guard;
    uint32_t since_check = 0;
    while (batch->size() < wanted_ && position_ < frontier_.size()) {
      if (++since_check % 4096 == 0) SKEIN_RETURN_IF_ERROR(budget_.Check());
      const NodeId self = frontier_[position_];
      filter_.At(position_);
      bool done = false;
      if (changes_ && !list_) SKEIN_RETURN_IF_ERROR(source_.TouchedList(self, &list_));
      if (!list_ && held_.empty()) {
        if (position_ == 0 && frontier_.size() > 1) PrefetchFirst();
        Prefetch();
        if (timed_) PrefetchLists();
        const AdjacencyPage* page = pages_.Find(self);
        if (page == nullptr) {
          *missing = true;
          return absl::OkStatus();
        }
        if (const AdjacencyChunk* chunk = page->PartOf(VertexOf(self)).chunk; chunk != nullptr) {
          done = WalkBlock(*chunk, self, std::nullopt, batch);
        } else if (page->IsSilent(VertexOf(self))) {
          done = true;
        } else if (options_.any_order && entry_ == 0 && AllHold(*page, VertexOf(self))) {
          // Kept until the vertex is done: the page may change meanwhile.
          held_ = page->chunks;
          held_policy_ = PolicyOf(*page, VertexOf(self));
          chunk_ = 0;
        } else {
          list_ = entry_ == 0 ? Gather(*page, self) : MergedList(*page, self);
        }
      }
      if (list_) done = WalkList(self, batch);
      if (!held_.empty()) done = WalkChunks(self, batch);
      if (!done) continue;
      ++position_;
      entry_ = 0;
      list_.reset();
      held_.clear();
    }
    return absl::OkStatus();
  }

  // Each step follows one pointer further for a vertex that comes later.
  void Prefetch() const {
    const auto page_at = [&](size_t ahead) -> const AdjacencyPage* {
      const size_t at = position_ + ahead;
      return at < frontier_.size() ? pages_.table().Peek(AdjacencyPageOf(frontier_[at])) : nullptr;
    };
    if (position_ + kAheadSlot < frontier_.size()) {
      pages_.table().PrefetchSlot(AdjacencyPageOf(frontier_[position_ + kAheadSlot]));
    }
    if (const AdjacencyPage* page = page_at(kAheadPage)) __builtin_prefetch(page);
    if (const AdjacencyPage* page = page_at(kAheadOffset); page != nullptr) {
      PrefetchOffset(*page, VertexOf(frontier_[position_ + kAheadOffset]));
    }
    if (const AdjacencyPage* page = page_at(kAheadBlock); page != nullptr) {
      PrefetchBlock(*page, VertexOf(frontier_[position_ + kAheadBlock]));
    }
  }

  // Of a page of several chunks which one it is comes first.
  static void PrefetchOffset(const AdjacencyPage& page, uint32_t vertex) {
    if (page.only == nullptr) {
      __builtin_prefetch(&page.place[vertex]);
      return;
    }
    AdjacencyChunk::PrefetchOffset(page.parts[1].blob, vertex);
    __builtin_prefetch(page.only);
  }
  static void PrefetchBlock(const AdjacencyPage& page, uint32_t vertex) {
    if (page.only != nullptr) {
      AdjacencyChunk::PrefetchBlock(page.parts[1].blob, vertex);
    } else if (const AdjacencyPage::Part& part = page.PartOf(vertex); part.chunk != nullptr) {
      AdjacencyChunk::PrefetchOffset(part.blob, vertex);
      __builtin_prefetch(part.chunk);
    }
  }

  // The long list of a frontier position, if it is in memory and was not looked at in vain.
  const AdjacencyTimes* LongListAt(size_t at) const {
    const NodeId vertex = frontier_[at];
    const AdjacencyPage* page = pages_.table().Peek(AdjacencyPageOf(vertex));
    if (page == nullptr) return nullptr;
    const AdjacencyChunk* const chunk = page->PartOf(VertexOf(vertex)).chunk;
    if (chunk == nullptr || !chunk->IsLong(VertexOf(vertex))) return nullptr;
    return &chunk->Times(VertexOf(vertex));
  }

  // Where lists are long, a window's entries lie at the end of a chain of five more pointers.
  void PrefetchLists() {
    if (ahead_ == 0) PrefetchFirstLists();
    if (position_ < ahead_) return;
    ahead_ = position_ + 1;
    for (size_t ahead = kAheadColumns; ahead <= kAheadIndex; ++ahead) {
      if (position_ + ahead < frontier_.size()) PrefetchList(position_ + ahead, ahead);
    }
  }

  // The first vertices have nobody before them who could do it.
  void PrefetchFirst() {
    const auto first = [this](size_t ahead) {
      return frontier_.first(std::min(ahead, frontier_.size()));
    };
    for (const NodeId id : first(kAheadSlot)) pages_.table().PrefetchSlot(AdjacencyPageOf(id));
    for (const NodeId id : first(kAheadPage))
      __builtin_prefetch(pages_.table().Peek(AdjacencyPageOf(id)));
    for (const NodeId id : first(kAheadOffset)) {
      const AdjacencyPage* page = pages_.table().Peek(AdjacencyPageOf(id));
      if (page != nullptr) PrefetchOffset(*page, VertexOf(id));
    }
    for (const NodeId id : first(kAheadBlock)) {
      const AdjacencyPage* page = pages_.table().Peek(AdjacencyPageOf(id));
      if (page != nullptr) PrefetchBlock(*page, VertexOf(id));
    }
  }

  void PrefetchFirstLists() {
    for (size_t ahead = kAheadIndex; ahead >= kAheadColumns; --ahead) {
      for (size_t at = 0; at < std::min(ahead, frontier_.size()); ++at) PrefetchList(at, ahead);
    }
  }

  void PrefetchList(size_t at, size_t ahead) {
    const AdjacencyTimes* const list = LongListAt(at);
    if (list == nullptr) return;
    switch (ahead) {
      case kAheadIndex:
        __builtin_prefetch(list);
        return;
      case kAheadTimes: {
        constexpr size_t kLine = 64 / sizeof(TimeUs), kLinesMax = 16;
        const size_t n = std::min(list->from.size(), kLinesMax * kLine);
        for (size_t i = 0; i < n; i += kLine) __builtin_prefetch(list->from.data() + i);
        __builtin_prefetch(list->segments.data());
        __builtin_prefetch(list->segments.data() + 2);
        return;
      }
      case kAheadSegment: {
        filter_.At(at);
        const SegmentRange range(*list, filter_);
        const uint32_t i = next_segment_[at % kAheadIndex] = range.Next(0);
        if (i < range.size()) {
          const auto* head = reinterpret_cast<const char*>(&list->heads[i]);
          for (size_t b = 0; b < sizeof(AdjacencySegment); b += 64) __builtin_prefetch(head + b);
        }
        filter_.At(position_);
        return;
      }
      case kAheadColumns: {
        const uint32_t i = next_segment_[at % kAheadIndex];
        if (i >= list->heads.size()) return;
        filter_.At(at);
        const AdjacencySegment& segment = list->heads[i];
        const bool starts = filter_.by_start || segment.instants();
        const auto entries = RangeOf(filter_, list->Of(i).from, segment.all(), starts);
        if (entries.begin < entries.end) segment.Prefetch(entries);
        filter_.At(position_);
        return;
      }
      default:
        return;
    }
  }

  // entry_ counts the vertex's entries that were looked at, in order: it means the same in whatever
  // form the list is met the next time.
  // `policy`: the vertex's, where it is not the block's.
  bool WalkBlock(const AdjacencyChunk& chunk, NodeId self, std::optional<PolicyId> policy,
                 ExpandBatch* batch) {
    const AdjacencyBlock block = chunk.Block(VertexOf(self));
    if (block.segments == 0 || !viewer_.Sees(policy.value_or(block.policy))) return true;
    if (block.segments == 1) {
      const AdjacencySegment& segment = reader_.Read(chunk, block, 0);
      entry_ = Emit(self, static_cast<uint32_t>(entry_), {}, batch);
      return entry_ == segment.size();
    }
    const AdjacencyTimes& times = chunk.Times(VertexOf(self));
    const SegmentRange range(times, filter_);
    for (uint32_t i = range.Next(range.Of(entry_)); i < range.size(); i = range.Next(i + 1)) {
      if (batch->size() >= wanted_) return false;
      const AdjacencySegment& segment = reader_.Take(times.heads[i]);
      const uint64_t before = range.Before(i);
      const auto skip = static_cast<uint32_t>(entry_ > before ? entry_ - before : 0);
      const uint32_t looked = Emit(self, skip, times.Of(i), batch);
      entry_ = before + looked;
      if (looked < segment.size()) return false;
    }
    return true;
  }

  // One chunk after the other; entry_ counts those of the one at hand.
  bool WalkChunks(NodeId self, ExpandBatch* batch) {
    for (; chunk_ < held_.size(); ++chunk_, entry_ = 0) {
      if (batch->size() >= wanted_) return false;
      const AdjacencyChunk& chunk = *held_[chunk_];
      if (chunk.Has(VertexOf(self)) && !WalkBlock(chunk, self, held_policy_, batch)) return false;
    }
    return true;
  }

  uint32_t Emit(NodeId self, uint32_t skip, const AdjacencyTimes::Known& known,
                ExpandBatch* batch) {
    struct Sink {
      const SegmentReader& reader;
      uint32_t source;
      size_t wanted;
      ExpandBatch* batch;
      bool full() const { return batch->size() >= wanted; }
      uint32_t operator()(uint32_t begin, uint32_t end, const AdjacencySegment::Tag& tag) const {
        const auto n = static_cast<uint32_t>(
            std::min<size_t>(end - begin, wanted - std::min(wanted, batch->size())));
        reader.Append(begin, begin + n, tag, source, batch);
        return n;
      }
    };
    return reader_.ForEach(self, skip, known,
                           Sink{reader_, static_cast<uint32_t>(position_), wanted_, batch});
  }

  // What several chunks say of a vertex, as far as the filter wants it.
  AdjacencyList Gather(const AdjacencyPage& page, NodeId self) {
    if (!gatherer_) gatherer_.emplace(filter_);
    return gatherer_->Gather(page, self);
  }

  bool WalkList(NodeId self, ExpandBatch* batch) {
    const std::vector<AdjacencyEntry>& entries = list_->entries;
    if (!viewer_.Sees(list_->policy)) return true;
    while (entry_ < entries.size() && batch->size() < wanted_) {
      const AdjacencyEntry& entry = entries[entry_++];
      if (!filter_.Passes(entry, self)) continue;
      if (options_.source) batch->source.push_back(static_cast<uint32_t>(position_));
      batch->neighbour.push_back(entry.neighbour);
      if (options_.links) batch->link.push_back(entry.link);
      if (options_.type) batch->type.push_back(entry.type);
      if (options_.outgoing) batch->outgoing.push_back(entry.outgoing ? 1 : 0);
      if (options_.valid) batch->valid.push_back(entry.valid);
    }
    return entry_ == entries.size();
  }

  const Source& source_;
  const Viewer& viewer_;
  std::span<const NodeId> frontier_;
  const ExpandOptions options_;
  LinkFilter filter_;
  Budget& budget_;
  const bool timed_;    // lists are read by time
  const bool changes_;  // the source may have changes of its own
  PageReader pages_;
  SegmentReader reader_;
  size_t position_ = 0, wanted_ = 0;
  uint64_t entry_ = 0;
  size_t ahead_ = 0;                                  // PrefetchLists was here
  std::array<uint32_t, kAheadIndex> next_segment_{};  // by position
  std::optional<AdjacencyList> list_;  // of the vertex at position_, where it had to be merged
  std::optional<Gatherer> gatherer_;
  AdjacencyPage::Chunks held_;  // of the vertex at position_, where they are walked one by one
  PolicyId held_policy_{};
  size_t chunk_ = 0;
};

// Takes everything and counts it.
struct Counter {
  uint64_t* count;
  static bool full() { return false; }
  uint32_t operator()(uint32_t begin, uint32_t end, const AdjacencySegment::Tag&) const {
    *count += end - begin;
    return end - begin;
  }
};

// Of a vertex of which several chunks speak, if none voids anything: then all of them count.
bool CountChunks(const AdjacencyPage& page, NodeId self, const LinkFilter& filter,
                 SegmentReader* reader, uint64_t* count) {
  const uint32_t vertex = VertexOf(self);
  if (!AllHold(page, vertex)) return false;
  if (!filter.viewer.Sees(PolicyOf(page, vertex))) return true;
  for (const auto& chunk : page.chunks) {
    if (chunk->Has(vertex)) VisitBlock(*chunk, self, filter, reader, Counter{count});
  }
  return true;
}

// By name: the order of ids would tell who used a label first.
std::optional<LabelId> FirstLabel(const NodePtr& node, const Catalog& catalog) {
  if (node == nullptr || node->labels.empty()) return std::nullopt;
  return *std::min_element(
      node->labels.begin(), node->labels.end(),
      [&catalog](LabelId a, LabelId b) { return catalog.Name(a) < catalog.Name(b); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Source& source, const Viewer& viewer,
                                                     std::span<const NodeId> frontier,
                                                     const ExpandOptions& options, Budget& budget) {
  SKEIN_RETURN_IF_ERROR(CheckOptions(frontier, options));
  return std::unique_ptr<ExpandCursor>(
      std::make_unique<ExpandCursorImpl>(source, viewer, frontier, options, budget));
}

absl::Status Degrees(const Source& source, const Viewer& viewer, std::span<const NodeId> frontier,
                     const ExpandOptions& options, Budget& budget, std::vector<uint64_t>* out) {
  SKEIN_RETURN_IF_ERROR(CheckOptions(frontier, options));
  out->assign(frontier.size(), 0);
  ExpandOptions plain = options;
  plain.links = plain.type = plain.outgoing = plain.valid = false;
  LinkFilter filter(plain, viewer);
  SegmentReader reader(filter, plain, /*counts=*/true);
  PageReader pages(source.committed());
  std::optional<AdjacencyList> list;
  std::optional<Gatherer> gatherer;
  for (size_t i = 0; i < frontier.size(); ++i) {
    if (i % 1024 == 0) SKEIN_RETURN_IF_ERROR(budget.Check());
    const NodeId self = frontier[i];
    filter.At(i);
    SKEIN_RETURN_IF_ERROR(source.TouchedList(self, &list));
    const EpochGuard guard;
    if (!list) {
      const AdjacencyPage* page = pages.Find(self);
      if (page == nullptr) {
        const size_t n = std::min(frontier.size() - i, kVerticesPerFetch);
        SKEIN_RETURN_IF_ERROR(pages.Load(frontier.subspan(i, n)));
        page = pages.Find(self);
      }
      if (const AdjacencyChunk* chunk = SoleChunk(*page, VertexOf(self))) {
        const AdjacencyBlock block = chunk->Block(VertexOf(self));
        if (!viewer.Sees(block.policy)) continue;
        VisitBlock(*chunk, self, filter, &reader, Counter{&(*out)[i]});
        continue;
      }
      if (CountChunks(*page, self, filter, &reader, &(*out)[i])) continue;
      if (!gatherer) gatherer.emplace(filter);
      list = gatherer->Gather(*page, self);
    }
    if (!viewer.Sees(list->policy)) continue;
    (*out)[i] = static_cast<uint64_t>(
        std::count_if(list->entries.begin(), list->entries.end(),
                      [&](const AdjacencyEntry& entry) { return filter.Passes(entry, self); }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Source& source,
                                                            const Viewer& viewer, NodeId node,
                                                            const ValidTime& window,
                                                            Budget& budget) {
  ExpandOptions options;
  options.window = window;
  options.loops_once = false;
  options.type = options.outgoing = true;
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, Expand(source, viewer, {&node, 1}, options, budget));
  // (in before out would be false first: ordered as Expand is, out first)
  std::map<std::tuple<bool, LinkTypeId, std::optional<LabelId>>, uint64_t> counts;
  ExpandBatch batch;
  std::vector<NodePtr> nodes;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool any, cursor->Next(&batch));
    if (!any) break;
    SKEIN_RETURN_IF_ERROR(source.Nodes(batch.neighbour, &nodes));
    for (size_t i = 0; i < batch.size(); ++i) {
      ++counts[{batch.outgoing[i] == 0, batch.type[i],
                FirstLabel(nodes[i], source.stored_catalog())}];
    }
  }
  std::vector<NeighbourCount> out;
  for (const auto& [key, count] : counts) {
    out.push_back({std::get<1>(key), !std::get<0>(key), std::get<2>(key), count});
  }
  return out;
}

}  // namespace skein::read_ops
