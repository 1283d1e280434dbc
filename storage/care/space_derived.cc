// SpaceCheck: adjacency, labels and indexes against the records they come from.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "storage/base/status.h"
#include "storage/care/space_check.h"
#include "storage/graph/link_page.h"
#include "storage/graph/page_table.h"
#include "storage/graph/sightings.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kChunkKeyBytes = kSpaceBytes + 16;
constexpr size_t kLabelKeyBytes = kSpaceBytes + 4 + 8;
constexpr size_t kIndexIdEnd = kSpaceBytes + 4;
// What a row takes while it is gathered, about.
constexpr size_t kGatheredBytes = 256;
// Sightings that could be equal, compared by content before the check gives up counting them.
constexpr uint64_t kSightingsComparedMax = 100'000;
// A vertex, a direction, a link: the beginning of a row that names it.
constexpr size_t kHalfLinkNameBytes = 17;
constexpr std::string_view kSuperfluous = "should not be there";

FindingKind KindOf(Derived kind) {
  switch (kind) {
    case Derived::kAdjacency:
      return FindingKind::kAdjacency;
    case Derived::kLabel:
      return FindingKind::kLabel;
    case Derived::kIndex:
      return FindingKind::kIndex;
  }
  return FindingKind::kIndex;
}

Table TableOf(Derived kind) {
  switch (kind) {
    case Derived::kAdjacency:
      return Table::kAdjacency;
    case Derived::kLabel:
      return Table::kLabels;
    case Derived::kIndex:
      return Table::kIndex;
  }
  return Table::kIndex;
}

std::string PlaceOf(Derived kind, uint64_t page, std::string_view row) {
  if (kind == Derived::kAdjacency) {
    const HalfLink half = ParseHalfLink(row);
    return internal::Join("page ", page, ", node ", Raw(half.vertex), ", link ",
                          Raw(half.entry.link), half.entry.outgoing ? " out" : " in");
  }
  const auto [key, value] = ParseKeyedRow(row);
  const uint32_t id = ByteReader(std::string_view(key).substr(kSpaceBytes)).Be32();
  return internal::Join(kind == Derived::kLabel ? "label " : "index ", id, ", node ",
                        TrailingId(key));
}

}  // namespace

absl::Status SpaceCheck::OddDerived(FindingKind kind, Table table, std::string_view key) {
  // Windows overlap where keys have no page.
  if (!odd_.insert(std::string(1, static_cast<char>(table)).append(key)).second) {
    return absl::OkStatus();
  }
  Add(kind, table, SpellKey(key), "is no key of this table");
  if (fixer_ == nullptr) return absl::OkStatus();
  ++fixer_->report().rows;
  return fixer_->Delete(table, key);
}

absl::Status SpaceCheck::Stream(Window* window, bool first_time, DerivedRows* rows) {
  SKEIN_RETURN_IF_ERROR(Nodes(window, rows));
  SKEIN_RETURN_IF_ERROR(Links(*window, first_time, rows));
  SKEIN_RETURN_IF_ERROR(Adjacency(*window, rows));
  SKEIN_RETURN_IF_ERROR(Labels(first_time, rows));
  return Indexes(first_time, rows);
}

absl::Status SpaceCheck::ReadRecent() {
  SKEIN_ASSIGN_OR_RETURN(const StoredRuns runs, ReadRuns(context_.store, context_.view, layout_));
  for (const LinkRun& run : runs.runs) chunks_used_ = std::max(chunks_used_, run.number + 1);
  for (const std::string& key : runs.damaged) {
    Add(FindingKind::kAdjacency, Table::kAdjacency, internal::Join("run ", TrailingId(key)),
        "does not decode");
  }
  recent_ = runs.Halves();
  return absl::OkStatus();
}

absl::Status SpaceCheck::Adjacency(const Window& window, DerivedRows* rows) {
  const bool gathering = rows->gathering();
  const uint64_t first = window.first / kVerticesPerPage, last = window.last / kVerticesPerPage;
  absl::Status odd = absl::OkStatus();
  const auto each = [&](ChunkList& list, const std::vector<RecentHalf>* recent) -> absl::Status {
    const uint64_t number = TrailingId(list.prefix);
    if (!gathering) ++report_.checked.adjacency_pages;
    AdjacencyPage::Chunks chunks;
    for (const auto& [chunk, bytes] : list.chunks) {
      chunks_used_ = std::max(chunks_used_, chunk + 1);
      chunks.push_back(AdjacencyChunk::Read(bytes));
      if (chunks.back() != nullptr) continue;
      chunks.pop_back();
      if (gathering) continue;
      rows->SetWrong(Derived::kAdjacency, number);
      Add(FindingKind::kAdjacency, Table::kAdjacency,
          internal::Join("page ", number, ", chunk ", chunk), "does not decode");
    }
    if (gathering && !rows->Wants(Derived::kAdjacency, number)) return absl::OkStatus();
    if (recent != nullptr) chunks.push_back(AdjacencyChunk::Read(ChunkOfHalves(number, *recent)));
    const AdjacencyPage page(Version{0}, std::move(chunks));
    for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
      const NodeId vertex{number * kVerticesPerPage + v};
      const AdjacencyList list_of = MergedList(page, vertex);
      for (const AdjacencyEntry& entry : list_of.entries) {
        rows->Found(Derived::kAdjacency, number, HalfLinkRow({vertex, list_of.policy, entry}));
      }
      if (gathering) continue;
      report_.checked.adjacency_entries += list_of.entries.size();
      SKEIN_RETURN_IF_ERROR(FindSightingsTwice(list_of));
    }
    return absl::OkStatus();
  };
  SKEIN_RETURN_IF_ERROR(
      ForAdjacencyPages(context_, layout_, first, last, recent_, each, [&](std::string_view key) {
        if (!gathering && odd.ok()) {
          odd = OddDerived(FindingKind::kAdjacency, Table::kAdjacency, key);
        }
      }));
  SKEIN_RETURN_IF_ERROR(odd);
  const auto next = recent_.lower_bound(last);
  if (next != recent_.end()) rows->Name(next->first);
  // Where the next window begins. Keys of no page after the last page are of this one.
  TableScan rest(context_, Table::kAdjacency, layout_.Adjacency(last), layout_.Runs(), 64);
  std::vector<std::string> strange;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, rest.Next());
    if (!more) break;
    if (rest.key().size() == kChunkKeyBytes) {
      rows->Name(ByteReader(rest.key().substr(kSpaceBytes)).Be64());
      return absl::OkStatus();
    }
    strange.emplace_back(rest.key());
  }
  for (const std::string& key : strange) {
    SKEIN_RETURN_IF_ERROR(OddDerived(FindingKind::kAdjacency, Table::kAdjacency, key));
  }
  return absl::OkStatus();
}

// Equal sightings stand beside each other, but for others of the same moment.
absl::Status SpaceCheck::FindSightingsTwice(const AdjacencyList& list) {
  const std::vector<AdjacencyEntry>& entries = list.entries;
  for (size_t begin = 0; begin < entries.size() && entries[begin].outgoing;) {
    size_t end = begin + 1;
    while (end < entries.size() && entries[end].outgoing &&
           entries[end].type == entries[begin].type &&
           entries[end].valid.from == entries[begin].valid.from) {
      ++end;
    }
    if (end - begin > 1 && Raw(entries[begin].type) < catalog_->link_type_count() &&
        catalog_->IsSightingType(entries[begin].type)) {
      std::map<std::tuple<uint64_t, TimeUs, uint64_t>, std::vector<LinkId>> alike;
      for (size_t i = begin; i < end; ++i) {
        alike[{Raw(entries[i].neighbour), entries[i].valid.to, Raw(entries[i].policy)}].push_back(
            entries[i].link);
      }
      for (const auto& [content, links] : alike) {
        if (links.size() > 1) SKEIN_RETURN_IF_ERROR(CompareSightings(links));
      }
    }
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::CompareSightings(std::span<const LinkId> links) {
  std::map<std::string, LinkId> contents;
  for (const LinkId id : links) {
    if (++sightings_compared_ > kSightingsComparedMax) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(const auto link, ReadLink(id));
    if (!link.has_value()) continue;
    if (!contents.emplace(SightingContent(*link), id).second) {
      report_.found.Count(FindingKind::kSightingTwice);
    }
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::Labels(bool first_time, DerivedRows* rows) {
  TableScan scan = TableScan::OfPrefix(context_, Table::kLabels, layout_.Space());
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() != kLabelKeyBytes) {
      if (first_time) {
        SKEIN_RETURN_IF_ERROR(OddDerived(FindingKind::kLabel, Table::kLabels, scan.key()));
      }
      continue;
    }
    if (first_time) ++report_.checked.labels;
    const uint64_t page = AdjacencyPageOf(NodeId{TrailingId(scan.key())});
    rows->Found(Derived::kLabel, page, KeyedRow(scan.key(), scan.value()));
  }
}

absl::Status SpaceCheck::Indexes(bool first_time, DerivedRows* rows) {
  for (const IndexInfo& index : indexes_) {
    if (index.online) SKEIN_RETURN_IF_ERROR(Index(index, first_time, rows));
  }
  return first_time ? Leftovers() : absl::OkStatus();
}

absl::Status SpaceCheck::Index(const IndexInfo& index, bool first_time, DerivedRows* rows) {
  std::string values;              // of a run of entries with equal values
  std::vector<std::string> units;  // owners seen in that run
  TableScan scan = TableScan::OfPrefix(context_, Table::kIndex, layout_.Index(index.id));
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() <= kIndexIdEnd + 8) {
      if (first_time) {
        SKEIN_RETURN_IF_ERROR(OddDerived(FindingKind::kIndex, Table::kIndex, scan.key()));
      }
      continue;
    }
    const NodeId node{TrailingId(scan.key())};
    rows->Found(Derived::kIndex, AdjacencyPageOf(node), KeyedRow(scan.key(), scan.value()));
    if (!first_time) continue;
    ++report_.checked.index_entries;
    if (index.kind != IndexKind::kUnique) continue;
    const std::string_view same = scan.key().substr(0, scan.key().size() - 8);
    if (same != values) {
      values = std::string(same);
      units.clear();
    }
    const uint64_t policy = ByteReader(scan.value()).Varint();
    if (policy >= catalog_->policy_count()) continue;  // differs from what the node says
    std::string unit = catalog_->GetPolicy(PolicyId{static_cast<uint32_t>(policy)}).owner_unit;
    if (std::find(units.begin(), units.end(), unit) == units.end()) {
      units.push_back(std::move(unit));
    } else {
      Add(FindingKind::kConstraint, Table::kIndex,
          internal::Join("index ", index.id, ", node ", Raw(node)),
          internal::Join("'", index.name, "' allows one node of these values, and there are more"));
    }
  }
}

// Entries of indexes that were dropped: a crash may leave some.
absl::Status SpaceCheck::Leftovers() {
  std::vector<uint32_t> known;
  for (const IndexInfo& index : catalog_->Indexes()) known.push_back(index.id);
  std::string begin = layout_.Space();
  for (;;) {
    TableScan scan(context_, Table::kIndex, begin, PrefixEnd(layout_.Space()), 1);
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() < kIndexIdEnd) {
      SKEIN_RETURN_IF_ERROR(OddDerived(FindingKind::kIndex, Table::kIndex, scan.key()));
      begin = NextKey(scan.key());
      continue;
    }
    const uint32_t id = ByteReader(scan.key().substr(kSpaceBytes)).Be32();
    begin = PrefixEnd(layout_.Index(id));
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    TableScan gone = TableScan::OfPrefix(context_, Table::kIndex, layout_.Index(id));
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool row, gone.Next());
      if (!row) break;
      report_.found.Count(FindingKind::kLeftover);
      if (fixer_ == nullptr) continue;
      ++fixer_->report().rows;
      SKEIN_RETURN_IF_ERROR(fixer_->Delete(Table::kIndex, gone.key()));
    }
  }
}

absl::Status SpaceCheck::Compare(Window* window, const std::vector<DerivedRows::Page>& differing) {
  const uint64_t rows_max = std::max<uint64_t>(1, memory_bytes_ / 2 / kGatheredBytes);
  for (size_t begin = 0; begin < differing.size();) {
    std::vector<DerivedRows::Page> group;
    uint64_t rows_in_group = 0;
    while (begin < differing.size() &&
           (group.empty() || rows_in_group + differing[begin].rows <= rows_max)) {
      rows_in_group += differing[begin].rows;
      group.push_back(differing[begin++]);
    }
    DerivedRows rows(group);
    SKEIN_RETURN_IF_ERROR(Stream(window, false, &rows));
    for (const DerivedRows::Page& page : group) {
      const DerivedRows::Rows& of_page = rows.RowsOf(page.kind, page.page);
      SKEIN_RETURN_IF_ERROR(ShowPage(page, of_page));
      if (fixer_ != nullptr) SKEIN_RETURN_IF_ERROR(FixPage(page, of_page));
    }
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::ShowPage(const DerivedRows::Page& page, const DerivedRows::Rows& rows) {
  for (auto it = rows.begin(); it != rows.end(); ++it) {
    const auto& [row, counts] = *it;
    if (counts.expected == counts.found) continue;
    std::string what;
    if (counts.found == 0) {
      what = "is missing";
    } else if (counts.expected == 0) {
      what = kSuperfluous;
    } else {
      what = internal::Join("is there ", counts.found, " times instead of ", counts.expected);
    }
    // Missing and superfluous under one name: it is there, and says something else.
    const auto next = std::next(it);
    const auto name = [&](const std::string& text) {
      return page.kind == Derived::kAdjacency ? text.substr(0, kHalfLinkNameBytes)
                                              : ParseKeyedRow(text).first;
    };
    if (next != rows.end() && next->second.expected != next->second.found &&
        (counts.found == 0) != (next->second.found == 0) && name(row) == name(next->first)) {
      what = "says something else than the record";
      it = next;
    }
    if (what == kSuperfluous && page.kind == Derived::kAdjacency) {
      SKEIN_ASSIGN_OR_RETURN(const bool lost, IsRecordLost(ParseHalfLink(row)));
      if (lost) {
        const uint64_t id = Raw(ParseHalfLink(row).entry.link);
        Add(FindingKind::kLink, Table::kLinks,
            internal::Join("page ", id / kLinksPerPage, ", link ", id),
            "is missing: both its ends have it");
        continue;
      }
    }
    Add(KindOf(page.kind), TableOf(page.kind), PlaceOf(page.kind, page.page, row), std::move(what));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<StoredLink>> SpaceCheck::ReadLink(LinkId id) {
  const uint64_t number = LinkPage(id);
  SKEIN_ASSIGN_OR_RETURN(const auto chunks, ScanPrefix(context_.store, context_.view, Table::kLinks,
                                                       layout_.Page(number)));
  LinkPageView view;
  for (const auto& [key, bytes] : chunks) {
    auto chunk = LinkChunk::Read(number, bytes);
    if (chunk != nullptr) view.chunks.push_back(std::move(chunk));
  }
  uint32_t place = 0;
  const LinkChunk* const chunk = view.Find(id, &place);
  if (chunk == nullptr) return std::optional<StoredLink>();
  std::vector<StoredLink> link;
  chunk->Decode({&place, 1}, &link);
  return std::optional<StoredLink>(std::move(link[0]));
}

// An entry without a record: a leftover at one end may be dropped. But where both ends have it, it
// is the record that was lost, and the entries are what is left of it.
absl::StatusOr<bool> SpaceCheck::IsRecordLost(const HalfLink& half) {
  SKEIN_ASSIGN_OR_RETURN(const auto record, ReadLink(half.entry.link));
  if (record.has_value()) return false;
  const NodeId other = half.entry.neighbour;
  SKEIN_ASSIGN_OR_RETURN(const auto chunks,
                         ScanPrefix(context_.store, context_.view, Table::kAdjacency,
                                    layout_.Adjacency(AdjacencyPageOf(other))));
  AdjacencyPage::Chunks read;
  for (const auto& [key, bytes] : chunks) {
    auto chunk = AdjacencyChunk::Read(bytes);
    if (chunk != nullptr) read.push_back(std::move(chunk));
  }
  if (const auto recent = recent_.find(AdjacencyPageOf(other)); recent != recent_.end()) {
    read.push_back(AdjacencyChunk::Read(ChunkOfHalves(recent->first, recent->second)));
  }
  const AdjacencyList list = MergedList(AdjacencyPage(Version{0}, std::move(read)), other);
  return std::any_of(list.entries.begin(), list.entries.end(), [&half](const auto& entry) {
    return entry.link == half.entry.link && entry.outgoing != half.entry.outgoing;
  });
}

absl::Status SpaceCheck::FixPage(const DerivedRows::Page& page, const DerivedRows::Rows& rows) {
  if (page.kind == Derived::kAdjacency) return FixAdjacency(page.page, rows);
  for (const bool deleting : {true, false}) {
    for (const auto& [row, counts] : rows) {
      if (counts.expected == counts.found || (counts.expected == 0) != deleting) continue;
      const auto [key, value] = ParseKeyedRow(row);
      ++fixer_->report().rows;
      SKEIN_RETURN_IF_ERROR(deleting ? fixer_->Delete(TableOf(page.kind), key)
                                     : fixer_->Put(TableOf(page.kind), key, value));
    }
  }
  return absl::OkStatus();
}

// One chunk with everything, in the place of the newest there is.
absl::Status SpaceCheck::FixAdjacency(uint64_t page, const DerivedRows::Rows& rows) {
  std::map<NodeId, VertexEntries> vertices;
  for (const auto& [row, counts] : rows) {
    if (counts.expected == 0) continue;
    const HalfLink half = ParseHalfLink(row);
    VertexEntries& vertex = vertices[half.vertex];
    vertex.vertex = half.vertex;
    vertex.policy = half.policy;
    vertex.entries.push_back(half.entry);
  }
  std::vector<VertexEntries> of_page;
  for (auto& [id, vertex] : vertices) {
    std::sort(vertex.entries.begin(), vertex.entries.end(), AdjacencyLess);
    of_page.push_back(std::move(vertex));
  }
  std::string newest = layout_.Adjacency(page, 1);
  TableScan scan = TableScan::OfPrefix(context_, Table::kAdjacency, layout_.Adjacency(page), 64);
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) break;
    SKEIN_RETURN_IF_ERROR(fixer_->Delete(Table::kAdjacency, scan.key()));
    if (scan.key().size() == kChunkKeyBytes) newest = std::string(scan.key());
  }
  ++fixer_->report().pages;
  if (of_page.empty()) return absl::OkStatus();
  return fixer_->Put(Table::kAdjacency, newest, EncodeAdjacencyChunk(of_page, kAnyTime));
}

}  // namespace skein
