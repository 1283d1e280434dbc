#include "storage/care/space_use.h"

#include <algorithm>
#include <map>
#include <memory>

#include "storage/base/clock.h"
#include "storage/base/status.h"
#include "storage/care/scan.h"
#include "storage/graph/adjacency_page.h"
#include "storage/graph/link_page.h"
#include "storage/schema/stored_catalog.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kLinkCountKeyBytes = kSpaceBytes + 1 + 16;
constexpr size_t kNodeCountKeyBytes = kSpaceBytes + 1 + 8;

struct Counts {
  uint64_t nodes = 0, links = 0, sightings = 0;
};

// Bytes of a sample of pages, shared out to links and to sightings.
struct Shares {
  double links = 0, sightings = 0;
  // Of a whole, the part that sightings take.
  uint64_t SightingsOf(uint64_t bytes) const {
    const double all = links + sightings;
    return all == 0 ? 0 : static_cast<uint64_t>(static_cast<double>(bytes) * sightings / all);
  }
};

absl::Status AddCounts(const ScanContext& context, const Layout& layout,
                       const StoredCatalog& catalog, Counts* counts) {
  TableScan scan = TableScan::OfPrefix(context, Table::kStats, layout.Space());
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    const std::string_view key = scan.key();
    if (key.size() < kSpaceBytes + 5) continue;
    const uint32_t name = ByteReader(key.substr(kSpaceBytes + 1)).Be32();
    const auto n = static_cast<uint64_t>(DecodeCounter(scan.value()));
    if (key[kSpaceBytes] == 'n' && key.size() == kNodeCountKeyBytes && name == kAllNames) {
      counts->nodes += n;
    } else if (key[kSpaceBytes] == 'l' && key.size() == kLinkCountKeyBytes &&
               name < catalog.link_type_count()) {
      (catalog.IsSightingType(LinkTypeId{name}) ? counts->sightings : counts->links) += n;
    }
  }
}

// Calls `each` with rows at `n` places spread over [0, end) of the numbers that keys go by.
absl::Status Sample(const ScanContext& context, const Layout& layout, Table table,
                    const std::vector<std::pair<uint64_t, uint64_t>>& ranges, size_t n,
                    const std::function<void(uint64_t page, std::string_view bytes)>& each) {
  uint64_t all = 0;
  for (const auto& [begin, end] : ranges) all += end - begin;
  if (all == 0) return absl::OkStatus();
  const uint64_t step = std::max<uint64_t>(1, all / n);
  for (const auto& [begin, end] : ranges) {
    for (uint64_t at = begin; at < end; at += step) {
      // Pages of links and of adjacency are keyed alike: a number, then the chunk.
      TableScan scan(context, table, layout.Page(at), PrefixEnd(layout.Space()), 1);
      SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
      if (!more || scan.key().size() != kSpaceBytes + 16) break;
      const uint64_t page = ByteReader(scan.key().substr(kSpaceBytes)).Be64();
      if (page >= end) break;
      each(page, scan.value());
      if (page > at) at += (page - at) / step * step;
    }
  }
  return absl::OkStatus();
}

absl::Status ShareOut(const ScanContext& context, const Layout& layout,
                      const StoredCatalog& catalog, size_t pages, Shares* links, Shares* lists) {
  const auto is_sighting = [&catalog](LinkTypeId type) {
    return Raw(type) < catalog.link_type_count() && catalog.IsSightingType(type);
  };
  const auto share = [](size_t sightings, size_t all, size_t bytes, Shares* out) {
    if (all == 0) return;
    const double each = static_cast<double>(bytes) / static_cast<double>(all);
    out->sightings += each * static_cast<double>(sightings);
    out->links += each * static_cast<double>(all - sightings);
  };
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (const Batch& batch : catalog.Batches()) {
    std::string key = layout.Meta("next_row");
    AppendBe32(&key, static_cast<uint32_t>(Raw(batch.id)));
    SKEIN_ASSIGN_OR_RETURN(const auto mark, GetOne(context.store, context.view, Table::kMeta, key));
    if (!mark) continue;
    const uint64_t first = Raw(batch.id) << 32;
    ranges.emplace_back(LinkPage(LinkId{first}),
                        LinkPage(LinkId{first + static_cast<uint64_t>(DecodeCounter(*mark))}) + 1);
  }
  SKEIN_RETURN_IF_ERROR(Sample(
      context, layout, Table::kLinks, ranges, pages, [&](uint64_t page, std::string_view bytes) {
        LinkPageView view;
        view.chunks.push_back(LinkChunk::Read(page, bytes));
        if (view.chunks[0] == nullptr) return;
        const std::vector<StoredLink> all = view.All(page);
        const auto n = std::count_if(all.begin(), all.end(), [&](const StoredLink& link) {
          return is_sighting(link.record.type);
        });
        share(static_cast<size_t>(n), all.size(), bytes.size(), links);
      }));
  SKEIN_ASSIGN_OR_RETURN(const auto nodes, GetOne(context.store, context.view, Table::kMeta,
                                                  layout.Meta("next_node")));
  if (!nodes) return absl::OkStatus();
  const auto last = static_cast<uint64_t>(DecodeCounter(*nodes));
  return Sample(context, layout, Table::kAdjacency, {{0, last / kVerticesPerPage + 1}}, pages,
                [&](uint64_t page, std::string_view bytes) {
                  const auto chunk = AdjacencyChunk::Read(bytes);
                  if (chunk == nullptr) return;
                  std::vector<AdjacencyEntry> entries;
                  for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
                    if (!chunk->Has(v)) continue;
                    chunk->AllEntries(NodeId{page * kVerticesPerPage + v}, &entries);
                  }
                  const auto n = std::count_if(
                      entries.begin(), entries.end(),
                      [&](const AdjacencyEntry& entry) { return is_sighting(entry.type); });
                  share(static_cast<size_t>(n), entries.size(), bytes.size(), lists);
                });
}

}  // namespace

absl::StatusOr<SpaceUse> MeasureSpace(Store& store, size_t sample_pages) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  const ScanContext context{store, *view, nullptr};
  Counts counts;
  Shares link_shares, list_shares;
  for (const SpaceId space : {SpaceId::kUsers, SpaceId::kSystem}) {
    SKEIN_ASSIGN_OR_RETURN(const auto catalog, StoredCatalog::Open(store, space, Clock::Real()));
    SKEIN_RETURN_IF_ERROR(AddCounts(context, Layout(space), *catalog, &counts));
    SKEIN_RETURN_IF_ERROR(ShareOut(context, Layout(space), *catalog,
                                   std::max<size_t>(1, sample_pages), &link_shares, &list_shares));
  }
  SKEIN_ASSIGN_OR_RETURN(const StoreStats stats, store.Stats());
  SpaceUse use;
  use.version = view->version();
  use.nodes = counts.nodes;
  use.links = counts.links;
  use.sightings = counts.sightings;
  std::map<Table, TableStats> tables;
  for (const TableStats& table : stats.tables) {
    tables[table.table] = table;
    use.bytes += table.bytes;
  }
  use.link_chunks = tables[Table::kLinks].keys;
  use.adjacency_chunks = tables[Table::kAdjacency].keys;
  const uint64_t link_bytes = tables[Table::kLinks].bytes;
  const uint64_t list_bytes = tables[Table::kAdjacency].bytes;
  const uint64_t seen_records = link_shares.SightingsOf(link_bytes);
  const uint64_t seen_lists = list_shares.SightingsOf(list_bytes);
  const auto of = [&](std::string kind, Table table, uint64_t records) {
    use.kinds.push_back({std::move(kind), records, tables[table].bytes});
  };
  of("nodes", Table::kNodes, counts.nodes);
  use.kinds.push_back({"links", counts.links, link_bytes - seen_records});
  use.kinds.push_back({"lists of links", 2 * counts.links, list_bytes - seen_lists});
  use.kinds.push_back({"sightings", counts.sightings, seen_records});
  use.kinds.push_back({"lists of sightings", 2 * counts.sightings, seen_lists});
  of("labels", Table::kLabels, tables[Table::kLabels].keys);
  of("indexes", Table::kIndex, tables[Table::kIndex].keys);
  of("text", Table::kText, tables[Table::kText].keys);
  of("identities", Table::kImports, tables[Table::kImports].keys);
  of("past versions", Table::kVersions, tables[Table::kVersions].keys);
  of("fusion", Table::kFusion, tables[Table::kFusion].keys);
  of("logs", Table::kHistory, tables[Table::kHistory].keys);
  of("locks", Table::kLocks, tables[Table::kLocks].keys);
  of("catalogue", Table::kCatalog, tables[Table::kCatalog].keys);
  of("counters", Table::kStats, tables[Table::kStats].keys);
  of("marks", Table::kMeta, tables[Table::kMeta].keys);
  return use;
}

}  // namespace skein
