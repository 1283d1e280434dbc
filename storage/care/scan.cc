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

}  // namespace skein
