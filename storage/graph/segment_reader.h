// What an expansion reads of segments of adjacency: which entries a filter wants, and their
// columns. Internal to storage/graph.
//
// Order     That of the segment: out before in, type, valid-from, link.
// Visible   Entries whose link or neighbour the viewer does not see are passed over; the vertex's
//           own policy is for the caller to look at.
// Threads   One. Lifetime: borrows options, viewer and what is read.
// Cost      Columns that nobody asks for are not decoded; of a window of a long list a few lines.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "storage/graph/adjacency_page.h"
#include "storage/graph/reader.h"

namespace skein::read_ops {

// The options in the form the loops want.
struct LinkFilter {
  LinkFilter(const ExpandOptions& options, const Viewer& the_viewer)
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
    for (const LinkTypeId type : types) {
      if (Raw(type) < kBits) type_bits |= uint64_t{1} << Raw(type);
    }
    if (types.empty()) type_bits = ~uint64_t{0};
  }

  // Takes the window of a frontier position, where each has its own.
  void At(size_t position) {
    if (!windows.empty()) window = windows[position];
  }
  bool WantsTag(LinkTypeId type, bool outgoing) const {
    if (outgoing ? !out : !in) return false;
    if (Raw(type) < kBits) return (type_bits >> Raw(type) & 1) != 0;
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

  static constexpr uint32_t kBits = 64;

  const Viewer& viewer;
  std::vector<LinkTypeId> types;
  uint64_t type_bits = 0;  // of those below kBits
  ValidTime window;
  std::span<const ValidTime> windows;
  bool by_start;
  bool out, in, drop_in_loops;
};

// The entries of a segment that may lie in the window, as far as its times are known; of those that
// begin before it only where `starts` says that they cannot.
inline AdjacencySegment::Range RangeOf(const LinkFilter& filter, std::span<const TimeUs> times,
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

  SegmentReader(const LinkFilter& filter, const ExpandOptions& options, bool counts)
      : filter_(filter),
        options_(options),
        counts_(counts),
        joins_(!options.type && !options.outgoing) {}

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

  // Gives the sink the entries from the `skip`-th on that pass, in ranges [i, end) where all do: of
  // one tag, or of several where nobody asks which; it answers how many it took, and fewer than it
  // was given ends it. Gives the number of entries that were looked at. `known`: what is known of
  // the segment, if anything.
  template <typename Sink>
  uint32_t ForEach(NodeId self, uint32_t skip, const AdjacencyTimes::Known& known,
                   const Sink& sink) {
    known_ = known.neighbours;
    DecodeTimes(known.from);
    AdjacencySegment::Tags tags = segment_->tags();
    AdjacencySegment::Tag next;
    uint32_t i = 0;
    for (bool more = tags.Next(&next); more;) {
      const AdjacencySegment::Tag tag = next;
      uint32_t end = i + tag.count;
      more = tags.Next(&next);
      if (end <= skip || !filter_.WantsTag(tag.type, tag.outgoing)) {
        i = end;
        continue;
      }
      // Times ascend within a tag only.
      while (more && joins_ && !timed_ && next.outgoing == tag.outgoing &&
             filter_.WantsTag(next.type, next.outgoing)) {
        end += next.count;
        more = tags.Next(&next);
      }
      const bool check_loop = filter_.drop_in_loops && !tag.outgoing;
      const Range range = InWindow({std::max(i, skip), end});
      if (range.begin >= range.end) {
        i = end;
        continue;
      }
      DecodeEnds(self, range, check_loop);
      i = range.begin;
      if ((!timed_ || starts_) && !(check_loop && HasLoop(range, self)) && SeesEach(range)) {
        const uint32_t taken = sink(i, range.end, tag);
        if (taken < range.end - i) return i + taken;
        if (sink.full()) return range.end;
        i = end;
        continue;
      }
      const auto passes = [&](uint32_t at) {
        if (check_loop && neighbour_[at] == Raw(self)) return false;
        if (timed_ && !starts_ && !filter_.InWindow(from_[at], to_[at])) return false;
        return !policies_ || Sees(at);
      };
      // By runs: most see most of what they meet.
      while (i < range.end) {
        if (!passes(i)) {
          ++i;
          continue;
        }
        uint32_t run = i + 1;
        while (run < range.end && passes(run)) ++run;
        const uint32_t taken = sink(i, run, tag);
        if (taken < run - i) return i + taken;
        i = run;
        if (sink.full()) return i;
      }
      i = end;
    }
    return i;
  }

  // Appends the columns that are asked for of entries [begin, end).
  void Append(uint32_t begin, uint32_t end, const AdjacencySegment::Tag& tag, uint32_t source,
              ExpandBatch* batch) const {
    const size_t n = end - begin;
    if (options_.source) batch->source.insert(batch->source.end(), n, source);
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
    // From the nearest number before that is known; it writes over what is not decoded.
    Range from = range;
    std::optional<uint64_t> known;
    if (!known_.empty() && range.begin > 0) {
      const uint32_t place = range.begin / AdjacencyTimes::kStride;
      from.begin = place * AdjacencyTimes::kStride;
      known = known_[place];
    }
    segment_->Neighbours(self, from, known, neighbour_.data());
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
  bool SeesEach(Range range) const {
    if (!policies_) return true;
    const auto sees = [&](const std::array<uint64_t, kNumbersMax>& column) {
      bool each = true;  // asked of all: the branch for each costs more
      for (uint32_t i = range.begin; i < range.end; ++i) {
        each &= filter_.viewer.Sees(PolicyId{static_cast<uint32_t>(column[i])});
      }
      return each;
    };
    return (!link_policies_ || sees(policy_)) && (!neighbour_policies_ || sees(neighbour_policy_));
  }
  bool Sees(uint32_t i) const {
    return (!link_policies_ || filter_.viewer.Sees(PolicyId{static_cast<uint32_t>(policy_[i])})) &&
           (!neighbour_policies_ ||
            filter_.viewer.Sees(PolicyId{static_cast<uint32_t>(neighbour_policy_[i])}));
  }

  const LinkFilter& filter_;
  const ExpandOptions& options_;
  std::span<const uint64_t> known_;  // numbers of some neighbours of the segment
  const bool counts_;                // only how many there are is asked for
  const bool joins_;                 // nobody asks for an entry's tag
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
  SegmentRange(const AdjacencyTimes& times, const LinkFilter& filter)
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
  const LinkFilter& filter_;
};

}  // namespace skein::read_ops
