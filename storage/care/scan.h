// Streams over the tables of one graph space, in order of keys, at one version of the store.
// Internal to storage/care.
//
// Bounds    A page of rows at a time; of a list of chunks the whole list.
// Errors    As Store::MultiScan; CANCELLED when asked to stop.
// Threads   One.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/graph/recent/link_run.h"
#include "storage/keys/layout.h"
#include "storage/kv/store.h"

namespace skein {

// What every scan of one check needs.
struct ScanContext {
  Store& store;
  const View& view;
  std::function<bool()> cancelled;  // may be empty
};

class TableScan {
 public:
  // Keys in [begin, end); an empty end is the table's end.
  TableScan(const ScanContext& context, Table table, std::string begin, std::string end,
            uint32_t page_rows = kScanRowsMax)
      : context_(context),
        table_(table),
        begin_(std::move(begin)),
        end_(std::move(end)),
        page_rows_(page_rows) {}
  static TableScan OfPrefix(const ScanContext& context, Table table, const std::string& prefix,
                            uint32_t page_rows = kScanRowsMax) {
    return {context, table, prefix, PrefixEnd(prefix), page_rows};
  }

  // False: the end. Key and value stay until the next call.
  absl::StatusOr<bool> Next();
  std::string_view key() const { return page_.rows[at_].first; }
  std::string_view value() const { return page_.rows[at_].second; }
  std::string TakeValue() { return std::move(page_.rows[at_].second); }

 private:
  const ScanContext& context_;
  const Table table_;
  std::string begin_;
  const std::string end_;
  const uint32_t page_rows_;
  ScanPage page_;
  size_t at_ = 0;
  bool started_ = false;
};

// One list of chunks: the rows whose keys differ in the last eight bytes only.
struct ChunkList {
  std::string prefix;
  std::vector<std::pair<uint64_t, std::string>> chunks;  // number, value; ascending
};
// Calls `each` for every list below `prefix`, and `odd` with keys of another length than
// `key_bytes`.
absl::Status ForChunkLists(const ScanContext& context, Table table, const std::string& begin,
                           const std::string& end, size_t key_bytes,
                           const std::function<absl::Status(ChunkList&)>& each,
                           const std::function<void(std::string_view key)>& odd);

// What a page of adjacency consists of: its chunks, and what runs say of it.
using RecentPages = std::map<uint64_t, std::vector<RecentHalf>>;
// The same for the adjacency pages [first, last), ascending; `recent` may be nullptr of a page. A
// page that only runs know has no chunks.
absl::Status ForAdjacencyPages(
    const ScanContext& context, const Layout& layout, uint64_t first, uint64_t last,
    const RecentPages& recent,
    const std::function<absl::Status(ChunkList&, const std::vector<RecentHalf>* recent)>& each,
    const std::function<void(std::string_view key)>& odd);

}  // namespace skein
