#include "storage/care/scan.h"

#include "storage/base/status.h"

namespace skein {
namespace {

// Lists of chunks are large rows: fewer of them a page.
constexpr uint32_t kChunkRows = 64;

}  // namespace

absl::StatusOr<bool> TableScan::Next() {
  if (started_ && ++at_ < page_.rows.size()) return true;
  if (started_ && !page_.more) return false;
  if (context_.cancelled && context_.cancelled()) return Cancelled("the check was cancelled");
  if (started_) begin_ = NextKey(page_.rows.back().first);
  started_ = true;
  at_ = 0;
  const ScanRange range{table_, begin_, end_, page_rows_, false};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(context_.store.MultiScan(context_.view, {&range, 1}, &pages));
  page_ = std::move(pages[0]);
  return !page_.rows.empty();
}

absl::Status ForChunkLists(const ScanContext& context, Table table, const std::string& begin,
                           const std::string& end, size_t key_bytes,
                           const std::function<absl::Status(ChunkList&)>& each,
                           const std::function<void(std::string_view key)>& odd) {
  TableScan scan(context, table, begin, end, kChunkRows);
  ChunkList list;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (more && key_bytes != 0 && scan.key().size() != key_bytes) {
      odd(scan.key());
      continue;
    }
    if (more && scan.key().size() < 8) {
      odd(scan.key());
      continue;
    }
    const std::string_view prefix = more ? scan.key().substr(0, scan.key().size() - 8) : "";
    if (!list.chunks.empty() && (!more || prefix != list.prefix)) {
      SKEIN_RETURN_IF_ERROR(each(list));
      list.chunks.clear();
    }
    if (!more) return absl::OkStatus();
    if (list.chunks.empty()) list.prefix = std::string(prefix);
    list.chunks.emplace_back(TrailingId(scan.key()), scan.TakeValue());
  }
}

absl::Status ForAdjacencyPages(
    const ScanContext& context, const Layout& layout, uint64_t first, uint64_t last,
    const RecentPages& recent,
    const std::function<absl::Status(ChunkList&, const std::vector<RecentHalf>* recent)>& each,
    const std::function<void(std::string_view key)>& odd) {
  auto at = recent.lower_bound(first);
  // Pages that only runs know, up to one.
  const auto up_to = [&](uint64_t page) -> absl::Status {
    for (; at != recent.end() && at->first < page; ++at) {
      ChunkList none;
      none.prefix = layout.Adjacency(at->first);
      SKEIN_RETURN_IF_ERROR(each(none, &at->second));
    }
    return absl::OkStatus();
  };
  const auto merged = [&](ChunkList& list) -> absl::Status {
    const uint64_t page = TrailingId(list.prefix);
    SKEIN_RETURN_IF_ERROR(up_to(page));
    const bool has = at != recent.end() && at->first == page;
    return each(list, has ? &(at++)->second : nullptr);
  };
  const std::string begin = first == 0 ? layout.Space() : layout.Adjacency(first);
  SKEIN_RETURN_IF_ERROR(ForChunkLists(context, Table::kAdjacency, begin, layout.Adjacency(last),
                                      layout.Run(0).size(), merged, odd));
  return up_to(last);
}

}  // namespace skein
