#include "storage/graph/adjacency_page.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "storage/base/status.h"

namespace skein {
namespace {

// Version 2 had no stamp; in version 1 ids of all types were counted from the chunk's least.
constexpr uint8_t kNoLines = 1, kUnstamped = 2, kVersion = 3;
constexpr int64_t kUnits[] = {1, 1'000, 1'000'000};

void AppendLe32(std::string* out, uint32_t v) {
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(v >> shift & 0xff));
}
uint32_t Le32(const char* at) {
  uint32_t v = 0;
  for (int i = 0; i < 4; ++i) v |= static_cast<uint32_t>(static_cast<uint8_t>(at[i])) << (8 * i);
  return v;
}

bool SameTag(const AdjacencyEntry& a, const AdjacencyEntry& b) {
  return a.outgoing == b.outgoing && a.type == b.type;
}

// There is one: the caller has seen to that.
const AdjacencyLine& FindLine(const std::vector<AdjacencyLine>& lines, LinkTypeId type) {
  return *std::find_if(lines.begin(), lines.end(),
                       [type](const AdjacencyLine& line) { return line.type == type; });
}

// What a chunk's columns are relative to.
struct Bases {
  int64_t time = 0, unit = 1;
  uint8_t unit_code = 0;
  uint64_t link = 0;
  std::vector<AdjacencyLine> lines;  // by type

  const AdjacencyLine& LineOf(LinkTypeId type) const { return FindLine(lines, type); }
};

// A line over more units than this is none.
constexpr uint64_t kLineTimesMax = uint64_t{1} << 47;

// From the first link to the last of each type.
void FindLines(std::span<const VertexEntries> vertices, Bases* bases) {
  std::vector<std::pair<const AdjacencyEntry*, const AdjacencyEntry*>> ends;
  for (const VertexEntries& vertex : vertices) {
    for (const AdjacencyEntry& entry : vertex.entries) {
      if (entry.gone) continue;
      auto at = std::find_if(ends.begin(), ends.end(),
                             [&](const auto& e) { return e.first->type == entry.type; });
      if (at == ends.end()) at = ends.emplace(at, &entry, &entry);
      if (entry.link < at->first->link) at->first = &entry;
      if (entry.link > at->second->link) at->second = &entry;
    }
  }
  for (const auto& [first, last] : ends) {
    AdjacencyLine line{first->type, Raw(first->link), 0, 0};
    const uint64_t ids = Raw(last->link) - line.link;
    const uint64_t times =
        (static_cast<uint64_t>(last->valid.from) - static_cast<uint64_t>(first->valid.from)) /
        static_cast<uint64_t>(bases->unit);
    if (first->valid.from != kTimeMin && last->valid.from > first->valid.from &&
        times < kLineTimesMax) {
      line.slope = (times << 16) / ids;
      if (line.slope != 0) line.time = static_cast<uint64_t>(first->valid.from / bases->unit);
    }
    bases->lines.push_back(line);
  }
  std::sort(bases->lines.begin(), bases->lines.end(),
            [](const AdjacencyLine& a, const AdjacencyLine& b) { return a.type < b.type; });
}

Bases FindBases(std::span<const VertexEntries> vertices) {
  Bases bases;
  bool any_time = false, any_link = false;
  int code = 2;
  for (const VertexEntries& vertex : vertices) {
    for (const AdjacencyEntry& entry : vertex.entries) {
      if (!any_link || Raw(entry.link) < bases.link) bases.link = Raw(entry.link);
      any_link = true;
      if (entry.gone || entry.valid.from == kTimeMin) continue;
      if (!any_time || entry.valid.from < bases.time) bases.time = entry.valid.from;
      any_time = true;
      while (entry.valid.from % kUnits[code] != 0) --code;
    }
  }
  bases.unit_code = static_cast<uint8_t>(code);
  bases.unit = kUnits[code];
  FindLines(vertices, &bases);
  return bases;
}

class SegmentEncoder {
 public:
  explicit SegmentEncoder(const Bases& bases) : bases_(bases) {}

  // `alone`: the list has no other segment. Windows of long lists decode times without links.
  void Append(NodeId self, std::span<const AdjacencyEntry> entries, bool alone, std::string* out) {
    AppendVarint(out, entries.size());
    uint8_t from = FromModeOf(entries);
    if (from == AdjacencySegment::kFromUnit) from = Times(entries, alone);
    const uint8_t to = ToModeOf(entries);
    const auto any = [&](PolicyId AdjacencyEntry::*column) {
      return std::any_of(entries.begin(), entries.end(),
                         [column](const AdjacencyEntry& e) { return Raw(e.*column) != 0; });
    };
    const bool policy = any(&AdjacencyEntry::policy);
    const bool neighbour_policy = any(&AdjacencyEntry::neighbour_policy);
    out->push_back(static_cast<char>(from | to << 2 | (policy ? AdjacencySegment::kPolicy : 0) |
                                     (neighbour_policy ? AdjacencySegment::kNeighbourPolicy : 0)));
    AppendTags(entries, out);
    Column(entries, 0, out, [&](const AdjacencyEntry& e) {
      return ZigZag(static_cast<int64_t>(Raw(e.neighbour) - Raw(self)));
    });
    if (from == AdjacencySegment::kFromUnit || from == AdjacencySegment::kFromLinks) {
      out->append(times_);
    } else if (from == AdjacencySegment::kFromMicros) {
      Column(entries, 0, out,
             [](const AdjacencyEntry& e) { return static_cast<uint64_t>(e.valid.from); });
    }
    if (to == AdjacencySegment::kToLengths) {
      Column(entries, 0, out, [](const AdjacencyEntry& e) {
        return e.valid.to == kTimeMax
                   ? 0
                   : static_cast<uint64_t>(e.valid.to) - static_cast<uint64_t>(e.valid.from) + 1;
      });
    }
    Column(entries, 0, out,
           [&](const AdjacencyEntry& e) { return Raw(e.link) - bases_.LineOf(e.type).link; });
    if (policy) Column(entries, 0, out, [](const AdjacencyEntry& e) { return Raw(e.policy); });
    if (neighbour_policy) {
      Column(entries, 0, out, [](const AdjacencyEntry& e) { return Raw(e.neighbour_policy); });
    }
  }

 private:
  static uint8_t FromModeOf(std::span<const AdjacencyEntry> entries) {
    const auto none = static_cast<size_t>(
        std::count_if(entries.begin(), entries.end(),
                      [](const AdjacencyEntry& e) { return e.valid.from == kTimeMin; }));
    if (none == entries.size()) return AdjacencySegment::kFromNone;
    return none == 0 ? AdjacencySegment::kFromUnit : AdjacencySegment::kFromMicros;
  }
  static uint8_t ToModeOf(std::span<const AdjacencyEntry> entries) {
    if (std::all_of(entries.begin(), entries.end(),
                    [](const AdjacencyEntry& e) { return e.valid.to == kTimeMax; })) {
      return AdjacencySegment::kToNone;
    }
    const bool same = std::all_of(entries.begin(), entries.end(), [](const AdjacencyEntry& e) {
      return e.valid.to == e.valid.from;
    });
    return same ? AdjacencySegment::kToSame : AdjacencySegment::kToLengths;
  }

  // Times in units, as they are or as differences to their lines, whichever is shorter.
  uint8_t Times(std::span<const AdjacencyEntry> entries, bool by_lines) {
    times_.clear();
    Column(
        entries, static_cast<uint64_t>(bases_.time / bases_.unit), &times_,
        [&](const AdjacencyEntry& e) { return static_cast<uint64_t>(e.valid.from / bases_.unit); });
    if (!by_lines) return AdjacencySegment::kFromUnit;
    by_line_.clear();
    Column(
        entries, 0, &by_line_,
        [&](const AdjacencyEntry& e) {
          const uint64_t time = static_cast<uint64_t>(e.valid.from / bases_.unit);
          return time - bases_.LineOf(e.type).At(Raw(e.link));
        },
        Packing::kSmall);
    if (by_line_.size() >= times_.size()) return AdjacencySegment::kFromUnit;
    times_.swap(by_line_);
    return AdjacencySegment::kFromLinks;
  }

  static void AppendTags(std::span<const AdjacencyEntry> entries, std::string* out) {
    std::string tags;
    size_t count = 0;
    for (size_t i = 0; i < entries.size();) {
      size_t end = i;
      while (end < entries.size() && SameTag(entries[i], entries[end])) ++end;
      AppendVarint(&tags, Raw(entries[i].type) << 1 | (entries[i].outgoing ? 0 : 1));
      AppendVarint(&tags, end - i);
      ++count;
      i = end;
    }
    AppendVarint(out, count);
    out->append(tags);
  }

  template <typename Get>
  void Column(std::span<const AdjacencyEntry> entries, uint64_t base, std::string* out, Get get,
              Packing packing = Packing::kQuick) {
    numbers_.clear();
    for (const AdjacencyEntry& entry : entries) numbers_.push_back(get(entry));
    AppendNumbers(out, numbers_, base, packing);
  }

  const Bases& bases_;
  std::vector<uint64_t> numbers_;
  std::string times_, by_line_;
};

// Where the segments of a list end: one for a short list, else each of one tag.
std::vector<size_t> SegmentEnds(std::span<const AdjacencyEntry> entries) {
  if (entries.empty()) return {};
  if (entries.size() <= kNumbersMax) return {entries.size()};
  std::vector<size_t> ends;
  for (size_t i = 0; i < entries.size();) {
    size_t end = i;
    while (end < entries.size() && end - i < kNumbersMax && SameTag(entries[i], entries[end]))
      ++end;
    ends.push_back(end);
    i = end;
  }
  return ends;
}

class BlockEncoder {
 public:
  explicit BlockEncoder(const Bases& bases) : bases_(bases), segment_(bases) {}

  void Append(const VertexEntries& vertex, std::string* out) {
    std::span<const AdjacencyEntry> present = vertex.entries;
    std::vector<AdjacencyEntry> kept, gone;
    if (std::any_of(present.begin(), present.end(),
                    [](const AdjacencyEntry& e) { return e.gone; })) {
      for (const AdjacencyEntry& entry : vertex.entries) {
        (entry.gone ? gone : kept).push_back(entry);
      }
      present = kept;
    }
    AppendVarint(out, Raw(vertex.policy));
    const std::vector<size_t> ends = SegmentEnds(present);
    AppendVarint(out, ends.size());
    AppendVarint(out, gone.size());
    uint64_t last = bases_.link;
    for (const AdjacencyEntry& entry : gone) {
      AppendDelta(out, Raw(entry.link), last);
      out->push_back(entry.outgoing ? 1 : 0);
      last = Raw(entry.link);
    }
    if (ends.size() == 1) return segment_.Append(vertex.vertex, present, true, out);
    directory_.clear();
    segments_.clear();
    size_t begin = 0;
    for (const size_t end : ends) {
      AppendLe32(&directory_, static_cast<uint32_t>(segments_.size()));
      segment_.Append(vertex.vertex, present.subspan(begin, end - begin), false, &segments_);
      begin = end;
    }
    *out += directory_;
    *out += segments_;
  }

 private:
  const Bases& bases_;
  SegmentEncoder segment_;
  std::string directory_, segments_;
};

}  // namespace

std::string EncodeAdjacencyChunk(std::span<const VertexEntries> vertices, Stamp stamp) {
  const Bases bases = FindBases(vertices);
  std::string out(1, static_cast<char>(kVersion));
  AppendBe64(&out, stamp);
  uint64_t present = 0;
  std::string lengths, blocks;
  BlockEncoder encoder(bases);
  for (const VertexEntries& vertex : vertices) {
    present |= uint64_t{1} << VertexOf(vertex.vertex);
    const size_t begin = blocks.size();
    encoder.Append(vertex, &blocks);
    AppendVarint(&lengths, blocks.size() - begin);
  }
  AppendBe64(&out, present);
  out.push_back(static_cast<char>(bases.unit_code));
  AppendSigned(&out, bases.time);
  AppendVarint(&out, bases.link);
  AppendVarint(&out, bases.lines.size());
  for (const AdjacencyLine& line : bases.lines) {
    AppendVarint(&out, Raw(line.type));
    AppendDelta(&out, line.link, bases.link);
    AppendVarint(&out, line.slope);
    if (line.slope != 0) {
      AppendDelta(&out, line.time, static_cast<uint64_t>(bases.time / bases.unit));
    }
  }
  out += lengths;
  out += blocks;
  return out;
}

std::shared_ptr<const AdjacencyChunk> AdjacencyChunk::Read(std::string_view bytes) {
  return ReadUnstamped(bytes);
}

std::shared_ptr<AdjacencyChunk> AdjacencyChunk::ReadUnstamped(std::string_view bytes) {
  std::shared_ptr<AdjacencyChunk> chunk(new AdjacencyChunk);
  return chunk->Parse(bytes) ? chunk : nullptr;
}

bool AdjacencyChunk::Parse(std::string_view bytes) {
  stored_bytes_ = bytes.size();
  ByteReader in(bytes);
  const uint8_t version = in.Byte();
  if (version < kNoLines || version > kVersion) return false;
  if (version > kUnstamped) stamp_ = in.Be64();
  voids_ = version > kUnstamped;
  const uint64_t present = in.Be64();
  const uint8_t unit = in.Byte();
  if (unit >= std::size(kUnits)) return false;
  time_unit_ = kUnits[unit];
  time_base_ = in.Signed();
  link_base_ = in.Varint();
  const uint64_t lines = version == kNoLines ? 0 : in.Varint();
  if (lines > in.left()) return false;
  for (uint64_t i = 0; i < lines; ++i) {
    AdjacencyLine& line = lines_.emplace_back();
    line.type = LinkTypeId{in.Varint32()};
    line.link = in.Delta(link_base_);
    line.slope = in.Varint();
    if (line.slope != 0) line.time = in.Delta(static_cast<uint64_t>(time_base_ / time_unit_));
    if (i > 0 && line.type <= lines_[i - 1].type) return false;
  }
  if (version == kNoLines) lines_.push_back({LinkTypeId{0}, link_base_, 0, 0});
  any_type_ = version == kNoLines;
  std::array<uint32_t, kVerticesPerPage + 1> offsets;
  uint64_t at = sizeof(offsets);
  for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
    offsets[v] = static_cast<uint32_t>(at);
    if ((present >> v & 1) == 0) continue;
    const uint64_t length = in.Varint();
    if (length == 0 || length > bytes.size()) return false;
    at += length;
  }
  if (!in.ok() || at - sizeof(offsets) != in.left() || at > UINT32_MAX) return false;
  offsets[kVerticesPerPage] = static_cast<uint32_t>(at);
  size_ = at + kNumbersPadding;
  blob_ = std::make_unique<uint8_t[]>(size_);
  std::memcpy(blob_.get(), offsets.data(), sizeof(offsets));
  const std::string_view blocks = in.Raw(in.left());
  std::memcpy(blob_.get() + sizeof(offsets), blocks.data(), blocks.size());
  for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
    AdjacencyTimes times;
    if (Has(v) && !CheckBlock(v, &times)) return false;
    if (times.segments.empty()) continue;
    times_bytes_ += times.bytes();
    times_.push_back(std::move(times));
    long_ |= uint64_t{1} << v;
  }
  return true;
}

AdjacencyBlock AdjacencyChunk::Block(uint32_t vertex) const {
  AdjacencyBlock block;
  const std::string_view bytes = BytesOf(vertex);
  if (bytes.empty()) return block;
  ByteReader in(bytes);
  block.policy = PolicyId{in.Varint32()};
  block.segments = in.Varint32();
  block.gone = in.Varint32();
  block.rest = in.Raw(in.left());
  return block;
}

namespace {

// Adds what `times` keeps of a segment that was checked.
void AddTimes(const AdjacencySegment& segment, AdjacencyTimes* times) {
  std::array<TimeUs, kNumbersMax> from;
  std::array<uint64_t, kNumbersMax> neighbour;
  segment.From(segment.all(), std::nullopt, from.data());
  // Numbers are counted from the vertex, whichever it is.
  segment.Neighbours(NodeId{0}, segment.all(), std::nullopt, neighbour.data());
  AdjacencySegment::Tags tags = segment.tags();
  AdjacencySegment::Tag tag;
  tags.Next(&tag);
  AdjacencyTimes::Segment& last = times->segments.back();
  last.type = tag.type;
  last.outgoing = tag.outgoing;
  last.instants = segment.instants();
  times->heads.push_back(segment);
  times->heads.back().KnowTag();
  for (uint32_t i = 0; i < segment.size(); i += AdjacencyTimes::kStride) {
    times->from.push_back(from[i]);
    times->neighbours.push_back(AdjacencySegment::NeighbourNumber(NodeId{0}, NodeId{neighbour[i]}));
  }
  const uint64_t before = last.before + segment.size();
  times->segments.push_back({.before = before, .first = static_cast<uint32_t>(times->from.size())});
}

}  // namespace

bool AdjacencyChunk::CheckBlock(uint32_t vertex, AdjacencyTimes* times) const {
  ByteReader in(BytesOf(vertex));
  in.Varint32();
  const uint32_t segments = in.Varint32();
  const uint32_t gone = in.Varint32();
  for (uint32_t i = 0; i < gone && in.ok(); ++i) {
    in.Signed();
    in.Byte();
  }
  if (!in.ok()) return false;
  std::string_view directory;
  if (segments > 1) directory = in.Raw(size_t{4} * segments);
  const size_t begin = in.left();
  if (segments > 1) {
    times->segments.reserve(segments + 1);
    times->heads.reserve(segments);
    times->segments.emplace_back();
  }
  for (uint32_t i = 0; i < segments; ++i) {
    if (segments > 1 && (!in.ok() || Le32(directory.data() + size_t{4} * i) != begin - in.left())) {
      return false;
    }
    AdjacencySegment segment;
    if (!ParseSegment(&in, Bytes::kNew, &segment)) return false;
    segment.ReadHeads();
    const uint32_t n = segment.n_;
    const uint8_t from = segment.flags_ & 3, to = segment.flags_ >> 2 & 3;
    if (!KnowsTags(segment)) return false;
    const bool fits =
        segment.rest_.ok() && CheckNumbers(segment.neighbours_, n) &&
        CheckNumbers(segment.links_, n) && (from == 0 || CheckNumbers(segment.from_, n)) &&
        (to < AdjacencySegment::kToMicros || CheckNumbers(segment.to_, n)) &&
        ((segment.flags_ & AdjacencySegment::kPolicy) == 0 || CheckNumbers(segment.policies_, n)) &&
        ((segment.flags_ & AdjacencySegment::kNeighbourPolicy) == 0 ||
         CheckNumbers(segment.neighbour_policies_, n));
    if (!fits || (segments > 1 && segment.tag_count_ != 1)) return false;
    if (segments > 1) AddTimes(segment, times);
    in = segment.rest_;
  }
  return in.ok() && in.done();
}

bool AdjacencyChunk::KnowsTags(const AdjacencySegment& segment) const {
  if (any_type_) return true;
  AdjacencySegment::Tags tags = segment.tags();
  AdjacencySegment::Tag tag;
  while (tags.Next(&tag)) {
    if (std::none_of(lines_.begin(), lines_.end(),
                     [&tag](const AdjacencyLine& line) { return line.type == tag.type; })) {
      return false;
    }
  }
  return true;
}

const AdjacencyLine& AdjacencyChunk::LineOf(LinkTypeId type) const {
  return lines_.size() == 1 ? lines_[0] : FindLine(lines_, type);
}

// Up to the neighbours; the tags' counts must sum up to the size.
bool AdjacencyChunk::ParseSegment(ByteReader* in, Bytes bytes, AdjacencySegment* segment) const {
  segment->chunk_ = this;
  segment->n_ = in->Varint32();
  segment->flags_ = in->Byte();
  segment->tag_count_ = in->Varint32();
  segment->heads_read_ = false;
  segment->tag_ = {};
  segment->tags_ = *in;
  if (bytes == Bytes::kChecked) {
    in->SkipVarints(size_t{2} * segment->tag_count_);
    if (!ReadNumbers(in, &segment->neighbours_)) return false;
    segment->rest_ = *in;
    return true;
  }
  if (segment->tag_count_ == 0 || segment->tag_count_ > segment->n_) return false;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < segment->tag_count_; ++i) {
    in->Varint();
    sum += in->Varint32();
  }
  if (sum != segment->n_ || !ReadNumbers(in, &segment->neighbours_)) return false;
  segment->rest_ = *in;
  return true;
}

void AdjacencyChunk::Segment(const AdjacencyBlock& block, uint32_t i,
                             AdjacencySegment* segment) const {
  ByteReader in(block.rest);
  for (uint32_t g = 0; g < block.gone; ++g) {
    in.Signed();
    in.Byte();
  }
  if (block.segments > 1) {
    const std::string_view directory = in.Raw(size_t{4} * block.segments);
    in.Raw(Le32(directory.data() + size_t{4} * i));
  }
  SKEIN_CHECK(ParseSegment(&in, Bytes::kChecked, segment));  // was checked when the chunk was read
}

void AdjacencyChunk::Voids(uint32_t vertex, std::vector<std::pair<LinkId, bool>>* links) const {
  const AdjacencyBlock block = Block(vertex);
  ByteReader in(block.rest);
  uint64_t last = link_base_;
  for (uint32_t i = 0; i < block.gone; ++i) {
    last = in.Delta(last);
    links->emplace_back(LinkId{last}, in.Byte() != 0);
  }
}

void AdjacencyChunk::AllEntries(NodeId vertex, std::vector<AdjacencyEntry>* entries) const {
  const AdjacencyBlock block = Block(VertexOf(vertex));
  ByteReader in(block.rest);
  uint64_t last = link_base_;
  for (uint32_t i = 0; i < block.gone; ++i) {
    AdjacencyEntry entry;
    last = in.Delta(last);
    entry.link = LinkId{last};
    entry.outgoing = in.Byte() != 0;
    entry.gone = true;
    entries->push_back(entry);
  }
  AdjacencySegment segment;
  std::array<uint64_t, kNumbersMax> neighbour, link, policy{}, neighbour_policy{};
  std::array<TimeUs, kNumbersMax> from, to;
  for (uint32_t s = 0; s < block.segments; ++s) {
    Segment(block, s, &segment);
    const AdjacencySegment::Range all = segment.all();
    segment.Neighbours(vertex, all, std::nullopt, neighbour.data());
    segment.Links(all, link.data());
    segment.From(all, std::nullopt, from.data());
    segment.To(all, from.data(), to.data());
    const bool policies = segment.Policies(all, policy.data());
    const bool neighbour_policies = segment.NeighbourPolicies(all, neighbour_policy.data());
    AdjacencySegment::Tags tags = segment.tags();
    AdjacencySegment::Tag tag;
    for (uint32_t i = 0; tags.Next(&tag);) {
      for (const uint32_t end = i + tag.count; i < end; ++i) {
        AdjacencyEntry entry;
        entry.neighbour = NodeId{neighbour[i]};
        entry.link = LinkId{link[i]};
        entry.valid = {from[i], to[i]};
        entry.type = tag.type;
        if (policies) entry.policy = PolicyId{static_cast<uint32_t>(policy[i])};
        if (neighbour_policies) {
          entry.neighbour_policy = PolicyId{static_cast<uint32_t>(neighbour_policy[i])};
        }
        entry.outgoing = tag.outgoing;
        entries->push_back(entry);
      }
    }
  }
}

void AdjacencySegment::KnowTag() {
  Tag tag;
  Tags all = tags();
  if (tag_count_ == 1 && all.Next(&tag)) tag_ = tag;
}

bool AdjacencySegment::Tags::Read(Tag* tag) {
  const uint64_t bits = at_.Varint();
  tag->type = LinkTypeId{static_cast<uint32_t>(bits >> 1)};
  tag->outgoing = (bits & 1) == 0;
  tag->count = at_.Varint32();
  return true;
}

void AdjacencySegment::ReadHeads() const {
  if (heads_read_) return;
  heads_read_ = true;
  if ((flags_ & 3) != kFromNone) ReadNumbers(&rest_, &from_);
  if ((flags_ >> 2 & 3) >= kToMicros) ReadNumbers(&rest_, &to_);
  ReadNumbers(&rest_, &links_);
  if ((flags_ & kPolicy) != 0) ReadNumbers(&rest_, &policies_);
  if ((flags_ & kNeighbourPolicy) != 0) ReadNumbers(&rest_, &neighbour_policies_);
}

void AdjacencySegment::Prefetch(Range range) const {
  for (const Numbers* column : std::initializer_list<const Numbers*>{&from_, &neighbours_}) {
    if (column->packed == nullptr) continue;
    // Where the numbers take about the same bytes each.
    const uint32_t control = (n_ + 3) / 4;
    const uint32_t data = column->packed_bytes - std::min(column->packed_bytes, control);
    __builtin_prefetch(column->packed + range.begin / 4);
    __builtin_prefetch(column->packed + range.end / 4);
    const uint8_t* const first = column->packed + control + data * range.begin / n_;
    const uint8_t* const last = column->packed + control + data * range.end / n_;
    for (const uint8_t* line = first; line < last + 64; line += 64) __builtin_prefetch(line);
  }
}

void AdjacencySegment::Neighbours(NodeId self, Range range, std::optional<uint64_t> known,
                                  uint64_t* out) const {
  DecodeZigZag(neighbours_, n_, Raw(self), range.begin, range.end, known, out);
}

void AdjacencySegment::Links(Range range, uint64_t* out) const {
  ReadHeads();
  if (chunk_->lines_.size() == 1) {
    return DecodeNumbers(links_, n_, chunk_->lines_[0].link, range.begin, range.end, std::nullopt,
                         out);
  }
  DecodeNumbers(links_, n_, 0, range.begin, range.end, std::nullopt, out);
  ForEachTag(range, [&](const AdjacencyLine& line, uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end; ++i) out[i] += line.link;
  });
}

bool AdjacencySegment::instants() const {
  const uint8_t mode = flags_ >> 2 & 3;
  if (mode != kToLengths) return mode == kToSame;
  ReadHeads();
  constexpr int64_t kOneMicro = 2;  // one more than the length
  return to_.mode == 0 && (to_.first == kOneMicro || to_.first == kOneMicro - 1);
}

template <typename Do>
void AdjacencySegment::ForEachTag(Range range, const Do& do_tag) const {
  Tags tags = this->tags();
  Tag tag;
  for (uint32_t i = 0; i < range.end && tags.Next(&tag); i += tag.count) {
    const uint32_t begin = std::max(i, range.begin), end = std::min(i + tag.count, range.end);
    if (begin < end) do_tag(chunk_->LineOf(tag.type), begin, end);
  }
}

void AdjacencySegment::From(Range range, std::optional<TimeUs> known, TimeUs* out) const {
  ReadHeads();
  const uint8_t mode = flags_ & 3;
  if (mode == kFromNone) {
    std::fill(out + range.begin, out + range.end, kTimeMin);
    return;
  }
  auto* raw = reinterpret_cast<uint64_t*>(out);
  if (mode == kFromLinks) {
    uint64_t links[kNumbersMax];
    Links(range, links);
    DecodeNumbers(from_, n_, 0, range.begin, range.end, std::nullopt, raw);
    ForEachTag(range, [&](const AdjacencyLine& line, uint32_t begin, uint32_t end) {
      for (uint32_t i = begin; i < end; ++i) raw[i] += line.At(links[i]);
    });
  } else {
    const int64_t unit = mode == kFromUnit ? chunk_->time_unit_ : 1;
    const int64_t base = mode == kFromUnit ? chunk_->time_base_ / unit : 0;
    std::optional<uint64_t> at_begin;
    if (known) at_begin = static_cast<uint64_t>(*known / unit);
    DecodeNumbers(from_, n_, static_cast<uint64_t>(base), range.begin, range.end, at_begin, raw);
  }
  if (mode == kFromMicros || chunk_->time_unit_ == 1) return;
  const auto unit = static_cast<uint64_t>(chunk_->time_unit_);
  for (uint32_t i = range.begin; i < range.end; ++i) raw[i] *= unit;
}

void AdjacencySegment::To(Range range, const TimeUs* from, TimeUs* out) const {
  ReadHeads();
  switch (flags_ >> 2 & 3) {
    case kToNone:
      std::fill(out + range.begin, out + range.end, kTimeMax);
      return;
    case kToSame:
      std::copy(from + range.begin, from + range.end, out + range.begin);
      return;
    case kToMicros:
      DecodeNumbers(to_, n_, 0, range.begin, range.end, std::nullopt,
                    reinterpret_cast<uint64_t*>(out));
      return;
    default:
      DecodeNumbers(to_, n_, 0, range.begin, range.end, std::nullopt,
                    reinterpret_cast<uint64_t*>(out));
      for (uint32_t i = range.begin; i < range.end; ++i) {
        out[i] = out[i] == 0 ? kTimeMax
                             : static_cast<TimeUs>(static_cast<uint64_t>(from[i]) +
                                                   static_cast<uint64_t>(out[i]) - 1);
      }
  }
}

bool AdjacencySegment::Policies(Range range, uint64_t* out) const {
  if ((flags_ & kPolicy) == 0) return false;
  ReadHeads();
  DecodeNumbers(policies_, n_, 0, range.begin, range.end, std::nullopt, out);
  return true;
}

bool AdjacencySegment::NeighbourPolicies(Range range, uint64_t* out) const {
  if ((flags_ & kNeighbourPolicy) == 0) return false;
  ReadHeads();
  DecodeNumbers(neighbour_policies_, n_, 0, range.begin, range.end, std::nullopt, out);
  return true;
}

std::string FoldAdjacencyChunks(uint64_t page,
                                std::span<const std::shared_ptr<const AdjacencyChunk>> chunks,
                                bool whole, Stamp stamp) {
  std::vector<VertexEntries> vertices;
  for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
    VertexEntries vertex;
    vertex.vertex = NodeId{page * kVerticesPerPage + v};
    size_t speaking = 0;
    for (const auto& chunk : chunks) {
      if (!chunk->Has(v)) continue;
      ++speaking;
      vertex.policy = chunk->Block(v).policy;
      chunk->AllEntries(vertex.vertex, &vertex.entries);
    }
    if (speaking == 0) continue;
    MakeAdjacency(&vertex.entries, speaking, !whole);
    if (!vertex.entries.empty()) vertices.push_back(std::move(vertex));
  }
  return vertices.empty() && whole ? std::string() : EncodeAdjacencyChunk(vertices, stamp);
}

}  // namespace skein
