#include "storage/care/digest.h"

#include "storage/base/status.h"
#include "storage/care/derived.h"
#include "storage/care/files.h"
#include "storage/care/scan.h"
#include "storage/graph/adjacency_page.h"
#include "storage/graph/link_page.h"
#include "storage/graph/page_table.h"
#include "storage/graph/sightings.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kChunkKeyBytes = kSpaceBytes + 16;

// With its length, so that no two sequences of fields are alike.
void AddField(Sha256* sha, std::string_view field) {
  std::string length;
  AppendVarint(&length, field.size());
  sha->Update(length);
  sha->Update(field);
}

absl::Status AddLinks(const ScanContext& context, const Layout& layout, Sha256* sha) {
  const auto each = [&](ChunkList& list) -> absl::Status {
    const uint64_t page = TrailingId(list.prefix);
    LinkPageView view;
    for (const auto& [number, bytes] : list.chunks) {
      view.chunks.push_back(LinkChunk::Read(page, bytes));
      if (view.chunks.back() == nullptr) return DataLoss("page ", page, " of links");
    }
    for (const StoredLink& link : view.All(page)) {
      for (const HalfLink& half : HalvesOf(link)) AddField(sha, HalfLinkRow(half));
      AddField(sha, SightingContent(link));
    }
    return absl::OkStatus();
  };
  return ForChunkLists(context, Table::kLinks, layout.Space(), PrefixEnd(layout.Space()),
                       kChunkKeyBytes, each, [](std::string_view) {});
}

absl::Status AddAdjacency(const ScanContext& context, const Layout& layout, Sha256* sha) {
  const auto each = [&](ChunkList& list, const std::vector<RecentHalf>* recent) -> absl::Status {
    const uint64_t number = TrailingId(list.prefix);
    AdjacencyPage::Chunks chunks;
    for (const auto& [chunk, bytes] : list.chunks) {
      chunks.push_back(AdjacencyChunk::Read(bytes));
      if (chunks.back() == nullptr) return DataLoss("page ", number, " of adjacency");
    }
    if (recent != nullptr) chunks.push_back(AdjacencyChunk::Read(ChunkOfHalves(number, *recent)));
    const AdjacencyPage page(Version{0}, std::move(chunks));
    for (uint32_t v = 0; v < kVerticesPerPage; ++v) {
      const NodeId vertex{number * kVerticesPerPage + v};
      const AdjacencyList list_of = MergedList(page, vertex);
      for (const AdjacencyEntry& entry : list_of.entries) {
        AddField(sha, HalfLinkRow({vertex, list_of.policy, entry}));
      }
    }
    return absl::OkStatus();
  };
  SKEIN_ASSIGN_OR_RETURN(const StoredRuns runs, ReadRuns(context.store, context.view, layout));
  if (!runs.damaged.empty()) return DataLoss("runs of adjacency");
  return ForAdjacencyPages(context, layout, 0, UINT64_MAX, runs.Halves(), each,
                           [](std::string_view) {});
}

absl::Status AddRows(const ScanContext& context, Table table, const std::string& prefix,
                     Sha256* sha) {
  TableScan scan = TableScan::OfPrefix(context, table, prefix);
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    AddField(sha, TableName(table));
    AddField(sha, scan.key());
    AddField(sha, scan.value());
  }
}

}  // namespace

absl::StatusOr<std::string> StoreDigest(Store& store) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  const ScanContext context{store, *view, nullptr};
  Sha256 sha;
  for (size_t t = 0; t < kTableCount; ++t) {
    SKEIN_RETURN_IF_ERROR(AddRows(context, static_cast<Table>(t), "", &sha));
  }
  return sha.Hex();
}

absl::StatusOr<std::string> GraphDigest(Store& store) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  const ScanContext context{store, *view, nullptr};
  const Layout layout(SpaceId::kUsers);
  Sha256 sha;
  for (const Table table : {Table::kCatalog, Table::kNodes, Table::kLabels, Table::kIndex,
                            Table::kImports, Table::kFusion}) {
    SKEIN_RETURN_IF_ERROR(AddRows(context, table, layout.Space(), &sha));
  }
  SKEIN_RETURN_IF_ERROR(AddLinks(context, layout, &sha));
  SKEIN_RETURN_IF_ERROR(AddAdjacency(context, layout, &sha));
  return sha.Hex();
}

}  // namespace skein
