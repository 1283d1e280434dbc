#include "storage/graph/snapshot_source.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/fold.h"

namespace skein {

absl::Status SnapshotSource::ScanAll(Table table, const std::vector<std::string>& prefixes,
                                     std::vector<Rows>* out) const {
  out->assign(prefixes.size(), {});
  std::vector<std::string> begins = prefixes, ends;
  std::vector<size_t> open(prefixes.size());
  for (size_t i = 0; i < prefixes.size(); ++i) {
    open[i] = i;
    ends.push_back(PrefixEnd(prefixes[i]));
  }
  std::vector<ScanRange> ranges;
  std::vector<ScanPage> pages;
  while (!open.empty()) {
    ranges.clear();
    for (const size_t i : open) ranges.push_back({table, begins[i], ends[i], kScanRowsMax, false});
    SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view_, ranges, &pages));
    std::vector<size_t> rest;
    for (size_t k = 0; k < open.size(); ++k) {
      Rows& rows = (*out)[open[k]];
      std::move(pages[k].rows.begin(), pages[k].rows.end(), std::back_inserter(rows));
      if (!pages[k].more) continue;
      begins[open[k]] = NextKey(rows.back().first);
      rest.push_back(open[k]);
    }
    open = std::move(rest);
  }
  return absl::OkStatus();
}

absl::Status SnapshotSource::Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const {
  out->assign(ids.size(), nullptr);
  const Version at = view_->version();
  std::vector<uint32_t> missing;
  for (size_t i = 0; i < ids.size(); ++i) {
    (*out)[i] = core_->nodes.Find(Raw(ids[i]), at);
    if ((*out)[i] == nullptr) missing.push_back(static_cast<uint32_t>(i));
  }
  if (missing.empty()) return absl::OkStatus();
  std::vector<std::string> keys;
  std::vector<KeyRef> refs;
  keys.reserve(missing.size());
  refs.reserve(missing.size());
  for (const uint32_t i : missing) keys.push_back(core_->layout.Node(ids[i]));
  for (const std::string& key : keys) refs.push_back({Table::kNodes, key});
  std::vector<std::optional<std::string>> rows;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiGet(*view_, refs, &rows));
  for (size_t k = 0; k < missing.size(); ++k) {
    const std::optional<std::string>& row = rows[k];
    if (!row) continue;
    const NodeId id = ids[missing[k]];
    std::optional<NodeRecord> node = DecodeNode(id, *row);
    if (!node) return DamagedRow(Table::kNodes, Raw(id));
    auto shared = std::make_shared<const NodeRecord>(*std::move(node));
    core_->nodes.Insert(Raw(id), at, shared, HeapBytes(*shared));
    (*out)[missing[k]] = std::move(shared);
  }
  return absl::OkStatus();
}

absl::Status SnapshotSource::LoadPages(std::span<const uint64_t> pages,
                                       std::vector<PagePtr>* out) const {
  out->assign(pages.size(), nullptr);
  const Version at = view_->version();
  std::vector<size_t> missing;
  std::vector<std::string> prefixes;
  for (size_t i = 0; i < pages.size(); ++i) {
    (*out)[i] = core_->pages.Find(pages[i], at);
    if ((*out)[i] != nullptr) continue;
    missing.push_back(i);
    prefixes.push_back(core_->layout.Page(pages[i]));
  }
  if (missing.empty()) return absl::OkStatus();
  std::vector<Rows> rows;
  SKEIN_RETURN_IF_ERROR(ScanAll(Table::kLinks, prefixes, &rows));
  for (size_t k = 0; k < missing.size(); ++k) {
    const uint64_t page = pages[missing[k]];
    LinkPageView view;
    for (const auto& [key, bytes] : rows[k]) {
      view.chunks.push_back(LinkChunk::Read(page, bytes));
      if (view.chunks.back() == nullptr) return DamagedRow(Table::kLinks, page * kLinksPerPage);
    }
    core_->link_chunks.Found(page, view.chunks.size());
    auto shared = std::make_shared<const LinkPageView>(std::move(view));
    core_->pages.Insert(page, at, shared, shared->bytes());
    (*out)[missing[k]] = std::move(shared);
  }
  return absl::OkStatus();
}

// Where each of some links is: by page, chunk and place, so that a chunk is decoded once.
absl::Status SnapshotSource::Locate(std::span<const LinkId> ids, std::vector<PagePtr>* pages,
                                    std::vector<Located>* found) const {
  std::vector<uint64_t> numbers;
  numbers.reserve(ids.size());
  for (const LinkId id : ids) numbers.push_back(LinkPage(id));
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  SKEIN_RETURN_IF_ERROR(LoadPages(numbers, pages));
  found->clear();
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto at = std::lower_bound(numbers.begin(), numbers.end(), LinkPage(ids[i]));
    const PagePtr& page = (*pages)[static_cast<size_t>(at - numbers.begin())];
    uint32_t place = 0;
    const LinkChunk* chunk = page->Find(ids[i], &place);
    if (chunk != nullptr) found->push_back({chunk, place, static_cast<uint32_t>(i)});
  }
  std::sort(found->begin(), found->end(), [](const Located& a, const Located& b) {
    return std::tie(a.chunk, a.place) < std::tie(b.chunk, b.place);
  });
  return absl::OkStatus();
}

// Calls `decode(chunk, places)` for each chunk, with places ascending and unique, then
// `give(k, i)`: the k-th of them is that of ids[i].
template <typename Decode, typename Give>
void SnapshotSource::ForChunks(const std::vector<Located>& found, const Decode& decode,
                               const Give& give) {
  std::vector<uint32_t> places;
  for (size_t begin = 0; begin < found.size();) {
    size_t end = begin;
    places.clear();
    while (end < found.size() && found[end].chunk == found[begin].chunk) {
      if (places.empty() || places.back() != found[end].place) places.push_back(found[end].place);
      ++end;
    }
    decode(*found[begin].chunk, places);
    size_t k = 0;
    for (size_t i = begin; i < end; ++i) {
      if (found[i].place != places[k]) ++k;
      give(k, found[i].index);
    }
    begin = end;
  }
}

absl::Status SnapshotSource::Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const {
  out->assign(ids.size(), nullptr);
  std::vector<PagePtr> pages;
  std::vector<Located> found;
  SKEIN_RETURN_IF_ERROR(Locate(ids, &pages, &found));
  std::shared_ptr<std::vector<StoredLink>> links;
  ForChunks(
      found,
      [&](const LinkChunk& chunk, const std::vector<uint32_t>& places) {
        links = std::make_shared<std::vector<StoredLink>>();
        links->reserve(places.size());
        chunk.Decode(places, links.get());
      },
      [&](size_t k, uint32_t i) { (*out)[i] = LinkPtr(links, &(*links)[k]); });
  return absl::OkStatus();
}

absl::StatusOr<AdjacencyPage::Chunks> SnapshotSource::ReadChunks(uint64_t page,
                                                                 const Rows& rows) const {
  AdjacencyPage::Chunks chunks;
  std::vector<ChunkRuns::Chunk> found;
  for (const auto& [key, bytes] : rows) {
    found.push_back({TrailingId(key), bytes.size()});
    std::shared_ptr<AdjacencyChunk> chunk = AdjacencyChunk::ReadUnstamped(bytes);
    if (chunk == nullptr) return DamagedRow(Table::kAdjacency, page * kVerticesPerPage);
    chunk->set_stamp(Raw(core_->loads.VersionOf(chunk->stamp())));
    chunks.push_back(std::move(chunk));
  }
  core_->adjacency_chunks.Found(page, found);
  return chunks;
}

// From what is in memory of them where that will do, else from the store; and what was committed
// since.
absl::Status SnapshotSource::ReadPages(std::span<const uint64_t> pages,
                                       std::vector<AdjacencyPagePtr>* out) const {
  const Version at = view_->version();
  out->clear();
  std::vector<AdjacencyPagePtr> bases;
  std::vector<std::string> prefixes;
  for (const uint64_t page : pages) {
    bases.push_back(core_->adjacency.Base(page, at));
    if (bases.back() == nullptr) prefixes.push_back(core_->layout.Adjacency(page));
  }
  std::vector<Rows> rows;
  if (!prefixes.empty()) SKEIN_RETURN_IF_ERROR(ScanAll(Table::kAdjacency, prefixes, &rows));
  std::vector<RecentHalf> halves;
  for (size_t i = 0, of_rows = 0; i < pages.size(); ++i) {
    AdjacencyPage::Chunks chunks;
    Version since{0};
    if (bases[i] != nullptr) {
      chunks = bases[i]->chunks;
      since = bases[i]->from;
    } else {
      SKEIN_ASSIGN_OR_RETURN(chunks, ReadChunks(pages[i], rows[of_rows++]));
    }
    halves.clear();
    for (const auto& generation : *recent_) generation->Collect(pages[i], since, at, &halves);
    if (!halves.empty()) {
      auto chunk = AdjacencyChunk::Read(ChunkOfHalves(pages[i], halves));
      SKEIN_CHECK(chunk != nullptr);  // was made just now
      chunks = WithChunk(pages[i], std::move(chunks), std::move(chunk));
    }
    out->push_back(core_->adjacency.Insert(pages[i], at, std::move(chunks)));
  }
  PostFolding(core_, /*writer=*/false);
  return absl::OkStatus();
}

absl::Status SnapshotSource::NodePage(std::optional<LabelId> label, NodeId from,
                                      std::vector<ScannedNode>* out,
                                      std::optional<NodeId>* next) const {
  out->clear();
  next->reset();
  if (!label) return AllNodesPage(from, out, next);
  const std::string begin = core_->layout.Label(*label, from);
  const std::string end = PrefixEnd(core_->layout.Label(*label));
  const ScanRange range{Table::kLabels, begin, end, kScanRowsMax, false};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view_, {&range, 1}, &pages));
  for (const auto& [key, value] : pages[0].rows) {
    ByteReader in(value);
    const PolicyId policy{in.Varint32()};
    if (!in.ok()) return DamagedRow(Table::kLabels, TrailingId(key));
    out->push_back({NodeId{TrailingId(key)}, policy});
  }
  if (pages[0].more) *next = NodeId{Raw(out->back().id) + 1};
  return absl::OkStatus();
}

// Whole records pass by anyway, so they are offered to the cache: a scan's filter reads them next.
absl::Status SnapshotSource::AllNodesPage(NodeId from, std::vector<ScannedNode>* out,
                                          std::optional<NodeId>* next) const {
  const std::string begin = core_->layout.Node(from);
  const std::string end = PrefixEnd(core_->layout.Space());
  const ScanRange range{Table::kNodes, begin, end, kScanRowsMax, false};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view_, {&range, 1}, &pages));
  for (const auto& [key, value] : pages[0].rows) {
    const NodeId id{TrailingId(key)};
    std::optional<NodeRecord> node = DecodeNode(id, value);
    if (!node) return DamagedRow(Table::kNodes, Raw(id));
    out->push_back({id, node->policy});
    auto shared = std::make_shared<const NodeRecord>(*std::move(node));
    core_->nodes.Insert(Raw(id), view_->version(), shared, HeapBytes(*shared));
  }
  if (pages[0].more) *next = NodeId{Raw(out->back().id) + 1};
  return absl::OkStatus();
}

absl::Status SnapshotSource::LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                                          std::optional<LinkId>* next) const {
  out->clear();
  next->reset();
  // Keys first: which pages there are. Then the pages, through the cache.
  const std::string begin = core_->layout.Page(LinkPage(from));
  const std::string end = PrefixEnd(core_->layout.Space());
  const ScanRange range{Table::kLinks, begin, end, kScanRowsMax, true};
  std::vector<ScanPage> found;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view_, {&range, 1}, &found));
  std::vector<uint64_t> pages;
  for (const auto& [key, value] : found[0].rows) {
    const uint64_t page = ByteReader(std::string_view(key).substr(1)).Be64();
    if (pages.empty() || pages.back() != page) pages.push_back(page);
  }
  if (found[0].more) *next = LinkId{(pages.back() + 1) * kLinksPerPage};
  std::vector<PagePtr> loaded;
  SKEIN_RETURN_IF_ERROR(LoadPages(pages, &loaded));
  for (size_t i = 0; i < pages.size(); ++i) {
    const auto links = std::make_shared<const std::vector<StoredLink>>(loaded[i]->All(pages[i]));
    for (const StoredLink& link : *links) {
      if (link.record.id >= from) out->push_back(LinkPtr(links, &link));
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotSource::IndexPage(uint32_t, const std::string& begin, const std::string& end,
                                       std::vector<IndexHit>* out,
                                       std::optional<std::string>* next) const {
  out->clear();
  next->reset();
  // Equal values are a prefix: such look-ups are kept.
  const bool equality = end == PrefixEnd(begin);
  std::optional<uint64_t> ticket;
  if (equality) {
    if (const auto known = core_->lookups.Find(begin, view_->version()); known != nullptr) {
      *out = *known;
      return absl::OkStatus();
    }
    ticket = core_->lookups.BeginRead(view_->version());
  }
  const ScanRange range{Table::kIndex, begin, end, kScanRowsMax, false};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view_, {&range, 1}, &pages));
  for (auto& [key, value] : pages[0].rows) {
    ByteReader in(value);
    const PolicyId policy{in.Varint32()};
    const NodeId node{TrailingId(key)};
    if (!in.ok()) return DamagedRow(Table::kIndex, Raw(node));
    out->push_back({std::move(key), node, policy});
  }
  if (pages[0].more) {
    *next = NextKey(out->back().key);
  } else if (ticket) {
    core_->lookups.EndRead(*ticket, begin, *out);
  }
  return absl::OkStatus();
}

absl::Status SnapshotSource::TextCandidates(std::span<const TextProbe> probes, size_t postings_max,
                                            std::vector<TextPostings>* out) const {
  out->assign(probes.size(), {});
  std::vector<std::string> begins, ends;
  std::vector<size_t> open;
  for (size_t i = 0; i < probes.size(); ++i) {
    begins.push_back(core_->layout.Text(probes[i].kind, probes[i].token));
    if (probes[i].exact) begins.back().push_back('\0');
    ends.push_back(PrefixEnd(begins.back()));
    open.push_back(i);
  }
  std::vector<ScanRange> ranges;
  std::vector<ScanPage> pages;
  while (!open.empty()) {
    ranges.clear();
    for (const size_t i : open) {
      ranges.push_back({Table::kText, begins[i], ends[i], kScanRowsMax, false});
    }
    SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view_, ranges, &pages));
    std::vector<size_t> rest;
    for (size_t k = 0; k < open.size(); ++k) {
      TextPostings& found = (*out)[open[k]];
      for (const auto& [key, bytes] : pages[k].rows) {
        ByteReader in(bytes);
        uint64_t node = 0;
        const uint8_t version = in.Byte();
        while (in.ok() && !in.done()) {
          node = in.Delta(node);
          found.postings.push_back({NodeId{node}, KeyId{in.Varint32()}});
        }
        if (!in.ok() || version != 0) return DamagedRow(Table::kText, TrailingId(key));
      }
      if (!pages[k].more) continue;
      if (found.postings.size() >= postings_max) {
        found.complete = false;
        continue;
      }
      begins[open[k]] = NextKey(pages[k].rows.back().first);
      rest.push_back(open[k]);
    }
    open = std::move(rest);
  }
  return absl::OkStatus();
}

absl::Status SnapshotSource::NodeCounts(uint32_t label, std::vector<NodeCountRow>* out) const {
  out->clear();
  SKEIN_ASSIGN_OR_RETURN(const Rows rows, ScanPrefix(core_->store, *view_, Table::kStats,
                                                     core_->layout.NodeCount(label)));
  for (const auto& [key, value] : rows) {
    ByteReader in(std::string_view(key).substr(6));
    out->push_back({PolicyId{in.Be32()}, DecodeCounter(value)});
  }
  return absl::OkStatus();
}

absl::Status SnapshotSource::LinkCounts(uint32_t type, std::vector<LinkCountRow>* out) const {
  out->clear();
  SKEIN_ASSIGN_OR_RETURN(const Rows rows, ScanPrefix(core_->store, *view_, Table::kStats,
                                                     core_->layout.LinkCount(type)));
  for (const auto& [key, value] : rows) {
    ByteReader in(std::string_view(key).substr(6));
    out->push_back(
        {PolicyId{in.Be32()}, PolicyId{in.Be32()}, PolicyId{in.Be32()}, DecodeCounter(value)});
  }
  return absl::OkStatus();
}

}  // namespace skein
