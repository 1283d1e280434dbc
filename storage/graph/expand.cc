// Expansion, degrees and neighbour counts: the traversal half of ReadOps.
#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "storage/base/status.h"
#include "storage/graph/page_reader.h"
#include "storage/graph/read_ops.h"

namespace skein::read_ops {
namespace {

// Frontier vertices whose pages are fetched together: one round trip where they are not in memory.
constexpr size_t kVerticesPerFetch = 1024;
// How far ahead of the vertex at hand the next ones are brought nearer, step by step.
constexpr size_t kAheadSlot = 12, kAheadPage = 9, kAheadOffset = 6, kAheadBlock = 3;
// The same in long lists that are read by time: their index, its times, the segment, its columns.
constexpr size_t kAheadIndex = 5, kAheadTimes = 4, kAheadSegment = 3, kAheadColumns = 2;

// The options in the form the loops want.
struct Filter {
  Filter(const ExpandOptions& options, const Viewer& the_viewer)
      : viewer(the_viewer),
        types(options.types),
        window(options.window),
        windows(options.windows),
        by_start(options.by_start),
        out(options.direction != Direction::kIn),
        in(options.direction != Direction::kOut),
        drop_in_loops(options.direction == Direction::kBoth && options.loops_once) {
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
  }

  // Takes the window of a frontier position, where each has its own.
  void At(size_t position) {
    if (!windows.empty()) window = windows[position];
  }
  bool WantsTag(LinkTypeId type, bool outgoing) const {
    if (outgoing ? !out : !in) return false;
    return types.empty() || std::binary_search(types.begin(), types.end(), type);
  }
  bool timed() const { return by_start || !windows.empty() || !every_time(); }
  bool every_time() const { return window.from == kTimeMin && window.to == kTimeMax; }
  bool InWindow(TimeUs from, TimeUs to) const {
    if (by_start) return window.from <= from && (from < window.to || window.to == kTimeMax);
    if (every_time()) return true;
    if (from == to) return window.from <= from && from < window.to;
    return from < window.to && window.from < to;
  }
  bool Passes(const AdjacencyEntry& entry, NodeId self) const {
    return WantsTag(entry.type, entry.outgoing) &&
           !(drop_in_loops && !entry.outgoing && entry.neighbour == self) &&
           InWindow(entry.valid.from, entry.valid.to) && viewer.Sees(entry.policy) &&
           viewer.Sees(entry.neighbour_policy);
  }

  const Viewer& viewer;
  std::vector<LinkTypeId> types;
  ValidTime window;
  std::span<const ValidTime> windows;
  bool by_start;
  bool out, in, drop_in_loops;
};

// The entries of a segment that may lie in the window, as far as its times are known; of those that
// begin before it only where `starts` says that they cannot.
AdjacencySegment::Range RangeOf(const Filter& filter, std::span<const TimeUs> times,
                                AdjacencySegment::Range all, bool starts) {
  constexpr uint32_t kStride = AdjacencyTimes::kStride;
  const auto groups_before = [&](TimeUs time) {
    return static_cast<uint32_t>(std::lower_bound(times.begin(), times.end(), time) -
                                 times.begin());
  };
  if (filter.window.to != kTimeMax) {
    all.end = std::min(all.end, groups_before(filter.window.to) * kStride);
  }
  // Of a group that begins before the window the end may lie in it.
  const uint32_t group = starts ? groups_before(filter.window.from) : 0;
  if (group > 1) all.begin = (group - 1) * kStride;
  return all;
}

// One segment, decoded as far as a filter and the wanted columns need it.
class SegmentReader {
 public:
  using Range = AdjacencySegment::Range;

  SegmentReader(const Filter& filter, const ExpandOptions& options, bool counts)
      : filter_(filter), options_(options), counts_(counts) {}

  // What ForEach goes through: a segment of a block, read now, or one whose heads are in memory.
  const AdjacencySegment& Read(const AdjacencyChunk& chunk, const AdjacencyBlock& block,
                               uint32_t i) {
    chunk.Segment(block, i, &own_);
    segment_ = &own_;
    return own_;
  }
  const AdjacencySegment& Take(const AdjacencySegment& segment) {
    segment_ = &segment;
    return segment;
  }

  // Gives the sink the entries from the `skip`-th on that pass, in ranges [i, end) of one tag where
  // all do; it answers how many it took, and fewer than it was given ends it. Gives the number of
  // entries that were looked at. `times`: what is known of the segment's times, if anything.
  template <typename Sink>
  uint32_t ForEach(NodeId self, uint32_t skip, std::span<const TimeUs> times, const Sink& sink) {
    DecodeTimes(times);
    AdjacencySegment::Tags tags = segment_->tags();
    AdjacencySegment::Tag tag;
    uint32_t i = 0;
    while (tags.Next(&tag)) {
      const uint32_t end = i + tag.count;
      if (end <= skip || !filter_.WantsTag(tag.type, tag.outgoing)) {
        i = end;
        continue;
      }
      const bool check_loop = filter_.drop_in_loops && !tag.outgoing;
      const Range range = InWindow({std::max(i, skip), end});
      if (range.begin >= range.end) {
        i = end;
        continue;
      }
      DecodeEnds(self, range, check_loop);
      i = range.begin;
      if (!policies_ && (!timed_ || starts_) && !(check_loop && HasLoop(range, self))) {
        const uint32_t taken = sink(i, range.end, tag);
        if (taken < range.end - i) return i + taken;
        if (sink.full()) return range.end;
        i = end;
        continue;
      }
      for (; i < range.end; ++i) {
        if (check_loop && neighbour_[i] == Raw(self)) continue;
        if (timed_ && !starts_ && !filter_.InWindow(from_[i], to_[i])) continue;
        if (policies_ && !Sees(i)) continue;
        sink(i, i + 1, tag);
        if (sink.full()) return i + 1;
      }
      i = end;
    }
    return i;
  }

  // Appends the columns that are asked for of entries [begin, end).
  void Append(uint32_t begin, uint32_t end, const AdjacencySegment::Tag& tag, uint32_t source,
              ExpandBatch* batch) const {
    const size_t n = end - begin;
    batch->source.insert(batch->source.end(), n, source);
    const size_t at = batch->neighbour.size();
    batch->neighbour.resize(at + n);
    std::memcpy(batch->neighbour.data() + at, neighbour_.data() + begin, n * sizeof(NodeId));
    if (options_.links) {
      for (uint32_t i = begin; i < end; ++i) batch->link.push_back(LinkId{link_[i]});
    }
    if (options_.type) batch->type.insert(batch->type.end(), n, tag.type);
    if (options_.outgoing) {
      batch->outgoing.insert(batch->outgoing.end(), n, tag.outgoing ? uint8_t{1} : uint8_t{0});
    }
    if (options_.valid) {
      for (uint32_t i = begin; i < end; ++i) batch->valid.push_back({from_[i], to_[i]});
    }
  }

 private:
  // The times of the entries that may lie in the window; the other columns wait until some do.
  void DecodeTimes(std::span<const TimeUs> times) {
    decoded_ = {};
    timed_ = filter_.by_start || !filter_.every_time();
    starts_ = timed_ && (filter_.by_start || segment_->instants());
    policies_ = !filter_.viewer.sees_all() && segment_->has_policies();
    looked_ = segment_->all();
    std::optional<TimeUs> known;
    if (timed_ && !times.empty()) {
      looked_ = RangeOf(filter_, times, looked_, starts_);
      if (looked_.begin > 0) known = times[looked_.begin / AdjacencyTimes::kStride];
    }
    if (looked_.begin >= looked_.end) return;
    if (timed_ || options_.valid) segment_->From(looked_, known, from_.data());
    if (options_.valid || (timed_ && !starts_)) segment_->To(looked_, from_.data(), to_.data());
  }
  // Of entries of one tag those that begin in the window, or all that may be in it.
  Range InWindow(Range range) const {
    if (!timed_) return range;
    range = {std::max(range.begin, looked_.begin), std::min(range.end, looked_.end)};
    if (range.begin >= range.end) return range;
    // Ascending by valid-from within the tag.
    if (filter_.window.to != kTimeMax) range.end = LowerBound(range, filter_.window.to);
    if (starts_) range.begin = LowerBound(range, filter_.window.from);
    return range;
  }
  uint32_t LowerBound(Range range, TimeUs time) const {
    return static_cast<uint32_t>(
        std::lower_bound(from_.begin() + range.begin, from_.begin() + range.end, time) -
        from_.begin());
  }
  // The rest of what is wanted of a range. Without a window all of the segment at once: its other
  // tags come next, as a rule.
  void DecodeEnds(NodeId self, Range range, bool check_loop) {
    if (counts_ && !check_loop && !policies_) return;
    if (!timed_) range = segment_->all();
    if (range.begin >= decoded_.begin && range.end <= decoded_.end) return;
    decoded_ = range;
    segment_->Neighbours(self, range, neighbour_.data());
    if (options_.links) segment_->Links(range, link_.data());
    if (!policies_) return;
    link_policies_ = segment_->Policies(range, policy_.data());
    neighbour_policies_ = segment_->NeighbourPolicies(range, neighbour_policy_.data());
  }
  bool HasLoop(Range range, NodeId self) const {
    uint64_t found = 0;
    for (uint32_t i = range.begin; i < range.end; ++i) found |= neighbour_[i] == Raw(self) ? 1 : 0;
    return found != 0;
  }
  bool Sees(uint32_t i) const {
    return (!link_policies_ || filter_.viewer.Sees(PolicyId{static_cast<uint32_t>(policy_[i])})) &&
           (!neighbour_policies_ ||
            filter_.viewer.Sees(PolicyId{static_cast<uint32_t>(neighbour_policy_[i])}));
  }

  const Filter& filter_;
  const ExpandOptions& options_;
  const bool counts_;  // only how many there are is asked for
  AdjacencySegment own_;
  const AdjacencySegment* segment_ = &own_;
  // starts_: valid-from alone decides whether an entry is in the window.
  bool timed_ = false, starts_ = false, policies_ = false, link_policies_ = false,
       neighbour_policies_ = false;
  Range looked_, decoded_;  // entries whose times, whose other columns are there
  std::array<uint64_t, kNumbersMax> neighbour_, link_, policy_, neighbour_policy_;
  std::array<TimeUs, kNumbersMax> from_, to_;
};

// The segments of a long list that may hold entries that a filter wants.
class SegmentRange {
 public:
  SegmentRange(const AdjacencyTimes& times, const Filter& filter)
      : segments_(times.segments), from_(times.from), filter_(filter) {}

  uint32_t size() const { return static_cast<uint32_t>(segments_.size() - 1); }
  uint64_t Before(uint32_t i) const { return segments_[i].before; }
  // The segment of the entry-th entry.
  uint32_t Of(uint64_t entry) const {
    return Partition(0, [&](uint32_t i) { return segments_[i + 1].before <= entry; });
  }

  // The first from i on that may hold something.
  uint32_t Next(uint32_t i) const {
    while (i < size()) {
      const AdjacencyTimes::Segment& at = segments_[i];
      const bool late = filter_.window.to != kTimeMax && FirstFrom(i) >= filter_.window.to;
      if (late || !filter_.WantsTag(at.type, at.outgoing)) {
        i = Partition(i + 1, [&](uint32_t k) { return SameTag(k, at); });
        continue;
      }
      // Entries before the window can only be passed over where each is one instant.
      if (filter_.window.from == kTimeMin || !(filter_.by_start || at.instants)) return i;
      // Of the segments of the tag from i on: the last that begins before the window.
      const uint32_t first =
          Partition(
              i + 1,
              [&](uint32_t k) { return SameTag(k, at) && FirstFrom(k) < filter_.window.from; }) -
          1;
      if (first == i) return i;
      i = first;
    }
    return i;
  }

 private:
  TimeUs FirstFrom(uint32_t i) const { return from_[segments_[i].first]; }
  bool SameTag(uint32_t i, const AdjacencyTimes::Segment& other) const {
    return segments_[i].type == other.type && segments_[i].outgoing == other.outgoing;
  }
  // The first from `low` on of which `before` does not hold.
  template <typename Before>
  uint32_t Partition(uint32_t low, const Before& before) const {
    uint32_t high = size();
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (before(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  const std::span<const AdjacencyTimes::Segment> segments_;
  const std::span<const TimeUs> from_;
  const Filter& filter_;
};

template <typename Visit>
void VisitBlock(const AdjacencyChunk& chunk, NodeId self, const Filter& filter,
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
  explicit Gatherer(const Filter& filter)
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
    batch_ = {};
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

  const Filter& filter_;
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
  static void Clear(ExpandBatch* batch) {
    batch->source.clear();
    batch->neighbour.clear();
    batch->link.clear();
    batch->type.clear();
    batch->outgoing.clear();
    batch->valid.clear();
  }

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
      if (!list_) {
        Prefetch();
        if (timed_) PrefetchLists();
        const AdjacencyPage* page = pages_.Find(AdjacencyPageOf(self));
        if (page == nullptr) {
          *missing = true;
          return absl::OkStatus();
        }
        const AdjacencyChunk* chunk =
            page->only != nullptr ? page->only : SoleChunk(*page, VertexOf(self));
        if (chunk != nullptr) {
          done = WalkBlock(*chunk, self, batch);
        } else if (page->chunks.empty()) {
          done = true;
        } else {
          list_ = entry_ == 0 ? Gather(*page, self) : MergedList(*page, self);
        }
      }
      if (list_) done = WalkList(self, batch);
      if (!done) continue;
      ++position_;
      entry_ = 0;
      list_.reset();
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
    if (const AdjacencyPage* page = page_at(kAheadOffset); page != nullptr && page->only) {
      AdjacencyChunk::PrefetchOffset(page->blob, VertexOf(frontier_[position_ + kAheadOffset]));
      __builtin_prefetch(page->only);
    }
    if (const AdjacencyPage* page = page_at(kAheadBlock); page != nullptr && page->only) {
      AdjacencyChunk::PrefetchBlock(page->blob, VertexOf(frontier_[position_ + kAheadBlock]));
    }
  }

  // The long list of a frontier position, if it is in memory and was not looked at in vain.
  const AdjacencyTimes* LongListAt(size_t at) const {
    const NodeId vertex = frontier_[at];
    const AdjacencyPage* page = pages_.table().Peek(AdjacencyPageOf(vertex));
    if (page == nullptr || page->only == nullptr || !page->only->IsLong(VertexOf(vertex))) {
      return nullptr;
    }
    return &page->only->Times(VertexOf(vertex));
  }

  // Where lists are long, a window's entries lie at the end of a chain of five more pointers.
  void PrefetchLists() {
    if (ahead_ == 0) PrefetchFirst();
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
      if (page == nullptr || page->only == nullptr) continue;
      __builtin_prefetch(page->only);
      AdjacencyChunk::PrefetchOffset(page->blob, VertexOf(id));
    }
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
        const auto entries = RangeOf(filter_, list->Of(i), segment.all(), starts);
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
  bool WalkBlock(const AdjacencyChunk& chunk, NodeId self, ExpandBatch* batch) {
    const AdjacencyBlock block = chunk.Block(VertexOf(self));
    if (block.segments == 0 || !viewer_.Sees(block.policy)) return true;
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

  uint32_t Emit(NodeId self, uint32_t skip, std::span<const TimeUs> times, ExpandBatch* batch) {
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
    return reader_.ForEach(self, skip, times,
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
      batch->source.push_back(static_cast<uint32_t>(position_));
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
  Filter filter_;
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
bool CountChunks(const AdjacencyPage& page, NodeId self, const Filter& filter,
                 SegmentReader* reader, uint64_t* count) {
  const uint32_t vertex = VertexOf(self);
  if (!TellsVoids(page, vertex)) return false;
  bool first = true;
  for (const auto& chunk : page.chunks) {
    if (!chunk->Has(vertex)) continue;
    if (!first && chunk->Block(vertex).gone > 0) return false;
    first = false;
  }
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
  Filter filter(plain, viewer);
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
      const AdjacencyPage* page = pages.Find(AdjacencyPageOf(self));
      if (page == nullptr) {
        const size_t n = std::min(frontier.size() - i, kVerticesPerFetch);
        SKEIN_RETURN_IF_ERROR(pages.Load(frontier.subspan(i, n)));
        page = pages.Find(AdjacencyPageOf(self));
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
