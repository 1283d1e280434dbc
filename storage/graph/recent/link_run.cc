#include "storage/graph/recent/link_run.h"

#include <algorithm>

#include "storage/base/status.h"

namespace skein {
namespace {

constexpr uint8_t kRunVersion = 1, kFoldedVersion = 1;

// Flags of a link.
constexpr uint8_t kWas = 1, kIs = 2, kNoBeginning = 4, kPolicies = 32;
constexpr int kToShift = 3;
enum ToMode : uint8_t { kToOpen = 0, kToSame = 1, kToLength = 2, kToMoment = 3 };

ToMode ToModeOf(const ValidTime& valid) {
  if (valid.to == kTimeMax) return kToOpen;
  if (valid.to == valid.from) return kToSame;
  return valid.from == kTimeMin ? kToMoment : kToLength;
}

constexpr size_t kFoldBytes = size_t{4} << 20;

}  // namespace

RunLink RunLinkOf(const StoredLink& link, bool was, bool is) {
  return {link.record.id,
          link.record.type,
          link.record.from,
          link.record.to,
          link.record.valid,
          link.record.policy,
          link.from_policy,
          link.to_policy,
          was,
          is};
}

void AppendHalves(const RunLink& link, bool outgoing, Version at, std::vector<RecentHalf>* out) {
  RecentHalf half;
  half.at = at;
  half.policy = outgoing ? link.from_policy : link.to_policy;
  half.vertex = static_cast<uint8_t>(VertexOf(outgoing ? link.from : link.to));
  half.entry.neighbour = outgoing ? link.to : link.from;
  half.entry.neighbour_policy = outgoing ? link.to_policy : link.from_policy;
  half.entry.link = link.id;
  half.entry.valid = link.valid;
  half.entry.type = link.type;
  half.entry.policy = link.policy;
  half.entry.outgoing = outgoing;
  half.entry.gone = true;
  if (link.was) out->push_back(half);
  half.entry.gone = false;
  if (link.is) out->push_back(half);
}

std::string ChunkOfHalves(uint64_t page, std::span<const RecentHalf> halves) {
  std::vector<uint32_t> order(halves.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [halves](uint32_t a, uint32_t b) {
    return halves[a].vertex < halves[b].vertex;
  });
  Version newest{0};
  std::vector<VertexEntries> vertices;
  for (size_t i = 0; i < order.size();) {
    const uint8_t v = halves[order[i]].vertex;
    VertexEntries& vertex = vertices.emplace_back();
    vertex.vertex = NodeId{page * kVerticesPerPage + v};
    for (; i < order.size() && halves[order[i]].vertex == v; ++i) {
      vertex.policy = halves[order[i]].policy;
      vertex.entries.push_back(halves[order[i]].entry);
      newest = std::max(newest, halves[order[i]].at);
    }
    const size_t several = vertex.entries.size();  // of one there is nothing to settle
    MakeAdjacency(&vertex.entries, several, /*keep_gone=*/true);
  }
  return EncodeAdjacencyChunk(vertices, Raw(newest));
}

std::string EncodeRun(std::span<const RunLink> links, Stamp stamp) {
  std::string out(1, static_cast<char>(kRunVersion));
  out.reserve(16 + links.size() * 28);
  AppendBe64(&out, stamp);
  AppendVarint(&out, links.size());
  uint64_t last = 0, last_from = 0;
  for (const RunLink& link : links) {
    const ToMode to = ToModeOf(link.valid);
    const bool policies =
        Raw(link.policy) != 0 || Raw(link.from_policy) != 0 || Raw(link.to_policy) != 0;
    const bool begins = link.valid.from != kTimeMin;
    out.push_back(static_cast<char>((link.was ? kWas : 0) | (link.is ? kIs : 0) |
                                    (begins ? 0 : kNoBeginning) | to << kToShift |
                                    (policies ? kPolicies : 0)));
    AppendDelta(&out, Raw(link.id), last);
    last = Raw(link.id);
    AppendVarint(&out, Raw(link.type));
    AppendVarint(&out, Raw(link.from));
    AppendDelta(&out, Raw(link.to), Raw(link.from));
    if (begins) {
      AppendDelta(&out, static_cast<uint64_t>(link.valid.from), last_from);
      last_from = static_cast<uint64_t>(link.valid.from);
    }
    if (to == kToLength) {
      AppendVarint(&out,
                   static_cast<uint64_t>(link.valid.to) - static_cast<uint64_t>(link.valid.from));
    } else if (to == kToMoment) {
      AppendSigned(&out, link.valid.to);
    }
    if (!policies) continue;
    for (const PolicyId policy : {link.policy, link.from_policy, link.to_policy}) {
      AppendVarint(&out, Raw(policy));
    }
  }
  return out;
}

std::optional<LinkRun> DecodeRun(uint64_t number, std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Byte() != kRunVersion) return std::nullopt;
  LinkRun run;
  run.number = number;
  run.at = Version{in.Be64()};
  const uint64_t n = in.Varint();
  if (!in.ok() || n > in.left()) return std::nullopt;
  run.links.reserve(n);
  uint64_t last = 0, last_from = 0;
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    RunLink& link = run.links.emplace_back();
    const uint8_t flags = in.Byte();
    if (flags >= 2 * kPolicies) return std::nullopt;
    link.was = (flags & kWas) != 0;
    link.is = (flags & kIs) != 0;
    last = in.Delta(last);
    link.id = LinkId{last};
    link.type = LinkTypeId{in.Varint32()};
    link.from = NodeId{in.Varint()};
    link.to = NodeId{in.Delta(Raw(link.from))};
    if ((flags & kNoBeginning) == 0) {
      last_from = in.Delta(last_from);
      link.valid.from = static_cast<TimeUs>(last_from);
    }
    switch (flags >> kToShift & 3) {
      case kToSame:
        link.valid.to = link.valid.from;
        break;
      case kToLength:
        link.valid.to = static_cast<TimeUs>(static_cast<uint64_t>(link.valid.from) + in.Varint());
        break;
      case kToMoment:
        link.valid.to = in.Signed();
        break;
      default:
        break;
    }
    if ((flags & kPolicies) == 0) continue;
    for (PolicyId* policy : {&link.policy, &link.from_policy, &link.to_policy}) {
      *policy = PolicyId{in.Varint32()};
    }
  }
  if (!in.ok() || !in.done()) return std::nullopt;
  return run;
}

bool RunsFolded::Has(uint64_t number) const {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

std::string EncodeRunsFolded(const RunsFolded& folded) {
  std::string out(1, static_cast<char>(kFoldedVersion));
  AppendVarint(&out, folded.bound);
  AppendVarint(&out, folded.numbers.size());
  uint64_t last = 0;
  for (const uint64_t number : folded.numbers) {
    AppendVarint(&out, number - last);
    last = number;
  }
  return out;
}

std::optional<RunsFolded> DecodeRunsFolded(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Byte() != kFoldedVersion) return std::nullopt;
  RunsFolded folded;
  folded.bound = in.Varint();
  const uint64_t n = in.Varint();
  if (!in.ok() || n > in.left()) return std::nullopt;
  uint64_t last = 0;
  for (uint64_t i = 0; i < n; ++i) folded.numbers.push_back(last += in.Varint());
  if (!in.ok() || !in.done()) return std::nullopt;
  if (!std::is_sorted(folded.numbers.begin(), folded.numbers.end())) return std::nullopt;
  return folded;
}

std::map<uint64_t, std::vector<RecentHalf>> StoredRuns::Halves() const {
  std::map<uint64_t, std::vector<RecentHalf>> pages;
  for (const LinkRun& run : runs) {
    const uint64_t bound = folded && folded->Has(run.number) ? folded->bound : 0;
    for (const RunLink& link : run.links) {
      for (const bool outgoing : {true, false}) {
        const uint64_t page = AdjacencyPageOf(outgoing ? link.from : link.to);
        if (page >= bound) AppendHalves(link, outgoing, run.at, &pages[page]);
      }
    }
  }
  return pages;
}

absl::StatusOr<StoredRuns> ReadRuns(Store& store, const View& view, const Layout& layout) {
  StoredRuns stored;
  const std::string mark = layout.RunsFolded(), end = PrefixEnd(layout.Runs());
  std::string begin = layout.Runs();
  std::vector<ScanPage> pages;
  for (bool more = true; more;) {
    const ScanRange range{Table::kAdjacency, begin, end, kScanRowsMax, false};
    SKEIN_RETURN_IF_ERROR(store.MultiScan(view, {&range, 1}, &pages));
    more = pages[0].more;
    for (const auto& [key, value] : pages[0].rows) {
      bool whole = key.size() == mark.size();
      if (key == mark) {
        stored.folded = DecodeRunsFolded(value);
        whole = stored.folded.has_value();
      } else if (whole) {
        std::optional<LinkRun> run = DecodeRun(TrailingId(key), value);
        whole = run.has_value();
        if (whole) stored.runs.push_back(*std::move(run));
      }
      if (!whole) stored.damaged.push_back(key);
    }
    if (more) begin = NextKey(pages[0].rows.back().first);
  }
  return stored;
}

absl::Status FoldStoredRuns(Store& store, const Layout& layout) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  SKEIN_ASSIGN_OR_RETURN(const StoredRuns stored, ReadRuns(store, *view, layout));
  if (stored.runs.empty() && stored.damaged.empty() && !stored.folded) return absl::OkStatus();
  // After everything there is, and still below every number that will be given.
  const std::string counter = layout.Meta("next_chunk");
  SKEIN_ASSIGN_OR_RETURN(const auto mark, GetOne(store, *view, Table::kMeta, counter));
  const uint64_t number = mark ? static_cast<uint64_t>(DecodeCounter(*mark)) : 1;
  WriteBatch batch(view->version());
  batch.PutUnguarded(Table::kMeta, counter, EncodeCounter(static_cast<int64_t>(number + 1)));
  for (const auto& [page, halves] : stored.Halves()) {
    batch.PutUnguarded(Table::kAdjacency, layout.Adjacency(page, number),
                       ChunkOfHalves(page, halves));
    if (batch.bytes() < kFoldBytes) continue;
    // Said twice, if what follows does not come to be: a list says the same then.
    SKEIN_RETURN_IF_ERROR(store.Commit(batch, Durability::kAsync).status());
    batch = WriteBatch(view->version());
  }
  for (const LinkRun& run : stored.runs) {
    batch.DeleteUnguarded(Table::kAdjacency, layout.Run(run.number));
  }
  for (const std::string& key : stored.damaged) batch.DeleteUnguarded(Table::kAdjacency, key);
  batch.DeleteUnguarded(Table::kAdjacency, layout.RunsFolded());
  return store.Commit(batch).status();
}

}  // namespace skein
