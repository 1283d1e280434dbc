// Adjacency pages: the packed links of 64 neighbouring vertices, in columns.
//
// Shape     A page is a list of chunks. Each commit that touches it adds one, a bulk load too; what
//           a later chunk says of a link (and direction) replaces what an earlier one said; folding
//           makes one chunk of all. A chunk has a block for each vertex it speaks of; a block is a
//           sequence of segments of ≤ kNumbersMax entries; a segment holds columns: neighbour,
//           valid from, valid to, link, policy of the link, policy of the neighbour, of which those
//           that say nothing take no bytes. Short lists are one segment of several tags (type and
//           direction); the segments of long lists have one tag each, so that a time window is
//           found by bisection.
// Order     Entries of a block ascend by AdjacencyLess: out before in, type, valid from, link.
// Errors    AdjacencyChunk::Read checks all of a chunk once and gives nullptr for anything
//           malformed; what it accepted decodes within bounds.
// Threads   Chunks are immutable.
// Cost      10-12 bytes an entry with seconds and ids of one file; only columns that are asked for
//           are decoded.
// Source    docs/formats/graph.md
#pragma once

#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/graph/records.h"
#include "storage/keys/numbers.h"

namespace skein {

inline constexpr uint32_t kVerticesPerPage = 64;
inline constexpr uint64_t AdjacencyPageOf(NodeId id) { return Raw(id) / kVerticesPerPage; }
inline constexpr uint32_t VertexOf(NodeId id) { return Raw(id) % kVerticesPerPage; }

// One vertex's part of a chunk to be.
struct VertexEntries {
  NodeId vertex{};
  PolicyId policy{};                    // of the vertex
  std::vector<AdjacencyEntry> entries;  // ascending, but those gone, which come in any order
};

// Encodes a chunk; vertices of one page, ascending. The stamp lies at kStampAt.
std::string EncodeAdjacencyChunk(std::span<const VertexEntries> vertices, Stamp stamp);

class AdjacencyChunk;

// One segment in place; decoding fills arrays of n. The heads of its columns are read when first
// asked for; threads may share one of which they were (ReadHeads).
class AdjacencySegment {
 public:
  // Bits of a segment's flags, see docs/formats/graph.md.
  enum FromMode : uint8_t { kFromNone = 0, kFromUnit = 1, kFromMicros = 2, kFromLinks = 3 };
  enum ToMode : uint8_t { kToNone = 0, kToSame = 1, kToMicros = 2, kToLengths = 3 };
  enum Flag : uint8_t { kPolicy = 16, kNeighbourPolicy = 32 };

  struct Tag {
    LinkTypeId type{};
    bool outgoing = false;
    uint32_t count = 0;
  };
  // Goes through the tags in order.
  class Tags {
   public:
    Tags(ByteReader at, uint32_t left, const Tag* known) : at_(at), left_(left), known_(known) {}
    bool Next(Tag* tag) {
      if (left_ == 0) return false;
      --left_;
      if (known_ == nullptr) return Read(tag);
      *tag = *known_;
      return true;
    }

   private:
    bool Read(Tag* tag);

    ByteReader at_;
    uint32_t left_;
    const Tag* known_;
  };

  uint32_t size() const { return n_; }
  // Borrows the segment.
  Tags tags() const { return {tags_, tag_count_, tag_.count > 0 ? &tag_ : nullptr}; }
  // The number of different tags; 1: the segment is sorted by valid from.
  uint32_t tag_count() const { return tag_count_; }

  // Some of the entries: columns decode out[begin] … out[end - 1], and may write before.
  struct Range {
    uint32_t begin = 0, end = 0;
  };
  Range all() const { return {0, n_}; }

  // `known`: the number of the entry range.begin, as NeighbourNumber says it.
  void Neighbours(NodeId self, Range range, std::optional<uint64_t> known, uint64_t* out) const;
  static uint64_t NeighbourNumber(NodeId self, NodeId neighbour) {
    return ZigZag(static_cast<int64_t>(Raw(neighbour) - Raw(self)));
  }
  void Links(Range range, uint64_t* out) const;
  // `known`: valid from of the entry range.begin.
  void From(Range range, std::optional<TimeUs> known, TimeUs* out) const;
  // `from`: what From gave.
  void To(Range range, const TimeUs* from, TimeUs* out) const;
  // Policies of links and of neighbours; false: all are open, nothing was written.
  bool Policies(Range range, uint64_t* out) const;
  bool NeighbourPolicies(Range range, uint64_t* out) const;
  bool has_policies() const { return (flags_ & (kPolicy | kNeighbourPolicy)) != 0; }
  // Every valid time is one moment, [t, t) or [t, t + 1 µs): valid from alone says whether it is in
  // a window.
  bool instants() const;
  // Reads the heads of the columns after the neighbours; once.
  void ReadHeads() const;
  // Of a segment of one tag: keeps it, so that it is not looked up in place.
  void KnowTag();
  // Brings the times and the neighbours of some entries nearer. The heads must have been read.
  void Prefetch(Range range) const;

 private:
  friend class AdjacencyChunk;

  // Calls do_tag(line of its type, begin, end) for each tag's part of a range.
  template <typename Do>
  void ForEachTag(Range range, const Do& do_tag) const;

  const AdjacencyChunk* chunk_ = nullptr;
  uint32_t n_ = 0, tag_count_ = 0;
  uint8_t flags_ = 0;
  mutable bool heads_read_ = false;
  ByteReader tags_{{}};
  Tag tag_;                      // the only one, where it is known
  mutable ByteReader rest_{{}};  // after the neighbours
  Numbers neighbours_;
  mutable Numbers from_, to_, links_, policies_, neighbour_policies_;
};

// The links of one type in a chunk: the ids are counted from `link`, and times are near the line
// time + (id - link) * slope / 2^16, in units. Rows come mostly in the order of their times.
struct AdjacencyLine {
  LinkTypeId type{};
  uint64_t link = 0;
  uint64_t time = 0;
  uint64_t slope = 0;

  uint64_t At(uint64_t id) const { return time + ((id - link) * slope >> 16); }
};

// What a chunk says of one vertex.
struct AdjacencyBlock {
  PolicyId policy{};      // of the vertex
  uint32_t segments = 0;  // 0 with gone == 0: nothing
  uint32_t gone = 0;      // links that are no more
  std::string_view rest;  // the block's bytes after its head
};

// What a chunk keeps in memory of a list of several segments, so that a time in it is found without
// reading it, and what is there without reading what lies before: the heads of its segments, and
// valid from and the neighbour (as a number) of each kStride-th entry.
struct AdjacencyTimes {
  static constexpr uint32_t kStride = 32;
  struct Segment {
    uint64_t before = 0;  // entries of the segments before it
    LinkTypeId type{};
    bool outgoing = false;
    bool instants = false;
    uint32_t first = 0;  // its part of `from` and `neighbours` begins here
  };
  // Of one segment.
  struct Known {
    std::span<const TimeUs> from;
    std::span<const uint64_t> neighbours;
  };
  std::vector<Segment> segments;  // and one more, which says where the last ends
  std::vector<AdjacencySegment> heads;
  std::vector<TimeUs> from;
  std::vector<uint64_t> neighbours;

  Known Of(uint32_t segment) const {
    const uint32_t first = segments[segment].first, n = segments[segment + 1].first - first;
    return {std::span(from).subspan(first, n), std::span(neighbours).subspan(first, n)};
  }
  size_t bytes() const {
    return sizeof(*this) + segments.capacity() * sizeof(Segment) +
           heads.capacity() * sizeof(AdjacencySegment) + from.capacity() * sizeof(TimeUs) +
           neighbours.capacity() * sizeof(uint64_t);
  }
};

class AdjacencyChunk {
 public:
  static std::shared_ptr<const AdjacencyChunk> Read(std::string_view bytes);
  // The same, still without the stamp of its commit.
  static std::shared_ptr<AdjacencyChunk> ReadUnstamped(std::string_view bytes);
  void set_stamp(Stamp stamp) { stamp_ = stamp; }

  // Nothing in the chunk was written after it.
  Stamp stamp() const { return stamp_; }

  bool Has(uint32_t vertex) const { return OffsetOf(vertex) != OffsetOf(vertex + 1); }
  AdjacencyBlock Block(uint32_t vertex) const;
  // The i-th segment of a block; any i in O(1).
  void Segment(const AdjacencyBlock& block, uint32_t i, AdjacencySegment* segment) const;
  // Whether the vertex's block has several segments; then their times.
  bool IsLong(uint32_t vertex) const { return (long_ >> vertex & 1) != 0; }
  const AdjacencyTimes& Times(uint32_t vertex) const {
    const uint64_t before = long_ & ((uint64_t{1} << vertex) - 1);
    return times_[static_cast<size_t>(std::popcount(before))];
  }
  // All entries of a vertex, the gone ones too, appended.
  void AllEntries(NodeId vertex, std::vector<AdjacencyEntry>* entries) const;

  // Appends the links (and directions) of which a vertex's block voids what earlier chunks say.
  void Voids(uint32_t vertex, std::vector<std::pair<LinkId, bool>>* links) const;
  // Whatever of earlier chunks it replaces is among those it voids; not so before version 3.
  bool voids_what_it_replaces() const { return voids_; }

  size_t bytes() const { return sizeof(*this) + size_ + times_bytes_; }
  // Of what was read: as it is stored.
  size_t stored_bytes() const { return stored_bytes_; }
  // The bytes in memory, for those who bring them nearer: offsets of the blocks, then the blocks.
  const uint8_t* blob() const { return blob_.get(); }
  static void PrefetchOffset(const uint8_t* blob, uint32_t vertex) {
    __builtin_prefetch(blob + vertex * sizeof(uint32_t));
  }
  static void PrefetchBlock(const uint8_t* blob, uint32_t vertex) {
    uint32_t offset;
    std::memcpy(&offset, blob + vertex * sizeof(uint32_t), sizeof(offset));
    __builtin_prefetch(blob + offset);
    __builtin_prefetch(blob + offset + 64);
  }

 private:
  friend class AdjacencySegment;

  AdjacencyChunk() = default;
  bool Parse(std::string_view bytes);
  // Checks a block; where it has several segments, *times gets theirs.
  bool CheckBlock(uint32_t vertex, AdjacencyTimes* times) const;
  // kChecked: the chunk was read, so what has no column of its own need not be looked at.
  enum class Bytes : uint8_t { kNew, kChecked };
  bool ParseSegment(ByteReader* in, Bytes bytes, AdjacencySegment* segment) const;

  bool KnowsTags(const AdjacencySegment& segment) const;
  // Of a type that the chunk knows.
  const AdjacencyLine& LineOf(LinkTypeId type) const;

  int64_t time_base_ = 0, time_unit_ = 1;  // µs
  std::vector<AdjacencyLine> lines_;       // by type
  bool any_type_ = false;                  // one line for all
  uint64_t link_base_ = 0;
  Stamp stamp_ = 0;
  bool voids_ = false;
  uint32_t OffsetOf(uint32_t vertex) const {
    uint32_t offset;
    std::memcpy(&offset, blob_.get() + vertex * sizeof(offset), sizeof(offset));
    return offset;
  }
  std::string_view BytesOf(uint32_t vertex) const {
    const uint32_t begin = OffsetOf(vertex);
    return {reinterpret_cast<const char*>(blob_.get()) + begin, OffsetOf(vertex + 1) - begin};
  }

  size_t size_ = 0, times_bytes_ = 0, stored_bytes_ = 0;
  uint64_t long_ = 0;  // vertices with several segments; times_ has theirs, ascending
  std::vector<AdjacencyTimes> times_;
  // kVerticesPerPage + 1 offsets within the blob, the blocks, padding.
  std::unique_ptr<uint8_t[]> blob_;
};

// The chunks of one page, oldest first, to one chunk's bytes. With `whole` they are all there is,
// and links that are gone need not be remembered; "" then if none is left. `stamp`: the newest of
// theirs.
std::string FoldAdjacencyChunks(uint64_t page,
                                std::span<const std::shared_ptr<const AdjacencyChunk>> chunks,
                                bool whole, Stamp stamp);

}  // namespace skein
