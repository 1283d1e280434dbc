#include "storage/graph/fold.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "storage/base/status.h"
#include "storage/graph/snapshot_source.h"

namespace skein {
namespace {

constexpr size_t kBatchBytesMax = size_t{4} << 20;

using Rows = std::vector<std::pair<std::string, std::string>>;
// From the chunks of one list, oldest first, to one; nullopt: does not decode.
using Folder = std::function<std::optional<std::string>(GraphCore&, std::string_view prefix,
                                                        const Rows& rows)>;

std::optional<std::string> FoldAdjacencyRows(GraphCore& core, std::string_view prefix,
                                             const Rows& rows, bool whole) {
  AdjacencyPage::Chunks chunks;
  Version newest{0};
  for (const auto& [key, bytes] : rows) {
    chunks.push_back(AdjacencyChunk::Read(bytes));
    if (chunks.back() == nullptr) return std::nullopt;
    newest = std::max(newest, core.loads.VersionOf(chunks.back()->stamp()));
  }
  return FoldAdjacencyChunks(TrailingId(prefix), chunks, whole, Raw(newest));
}

std::optional<std::string> FoldAdjacency(GraphCore& core, std::string_view prefix,
                                         const Rows& rows) {
  return FoldAdjacencyRows(core, prefix, rows, /*whole=*/true);
}

std::optional<std::string> FoldLinks(GraphCore& core, std::string_view prefix, const Rows& rows) {
  const uint64_t page = TrailingId(prefix);
  LinkPageView view;
  for (const auto& [key, bytes] : rows) {
    view.chunks.push_back(LinkChunk::Read(page, bytes));
    if (view.chunks.back() == nullptr) return std::nullopt;
  }
  std::vector<StoredLink> all = view.All(page);
  if (all.empty()) return std::string();
  LinkChanges links;
  links.reserve(all.size());
  for (StoredLink& link : all) {
    link.since = Raw(core.loads.VersionOf(link.since));
    links.emplace_back(link.record.id, &link);
  }
  return EncodeLinkChunk(links);
}

std::optional<std::string> FoldPostings(GraphCore&, std::string_view, const Rows& rows) {
  std::vector<std::pair<uint64_t, uint32_t>> postings;
  for (const auto& [key, bytes] : rows) {
    ByteReader in(bytes);
    if (in.Byte() != 0) return std::nullopt;
    uint64_t node = 0;
    while (in.ok() && !in.done()) {
      node = in.Delta(node);
      postings.emplace_back(node, in.Varint32());
    }
    if (!in.ok()) return std::nullopt;
  }
  std::sort(postings.begin(), postings.end());
  postings.erase(std::unique(postings.begin(), postings.end()), postings.end());
  std::string out(1, '\0');
  uint64_t last = 0;
  for (const auto& [node, key] : postings) {
    AppendDelta(&out, node, last);
    AppendVarint(&out, key);
    last = node;
  }
  return out;
}

// A view that no commit under way will slip a chunk under: those that begin later take larger
// numbers for theirs, and a fold lies below them.
absl::StatusOr<std::shared_ptr<const View>> QuietView(GraphCore& core) {
  absl::MutexLock no_commit_under_way(&core.index_mu);
  return core.store.Latest();
}

class TableFolder {
 public:
  TableFolder(GraphCore& core, Table table, Folder folder)
      : core_(core), table_(table), folder_(std::move(folder)) {}

  absl::Status Run() {
    SKEIN_ASSIGN_OR_RETURN(const auto view, QuietView(core_));
    WriteBatch batch(view->version());
    std::string begin = core_.layout.Space();
    const std::string end =
        table_ == Table::kAdjacency ? core_.layout.Runs() : PrefixEnd(core_.layout.Space());
    std::vector<ScanPage> pages;
    bool more = true;
    while (more) {
      const ScanRange range{table_, begin, end, kScanRowsMax, false};
      SKEIN_RETURN_IF_ERROR(core_.store.MultiScan(*view, {&range, 1}, &pages));
      more = pages[0].more;
      if (!pages[0].rows.empty()) begin = NextKey(pages[0].rows.back().first);
      for (auto& row : pages[0].rows) {
        if (!list_.empty() && Prefix(row.first) != Prefix(list_[0].first)) {
          SKEIN_RETURN_IF_ERROR(FoldList(&batch));
        }
        list_.push_back(std::move(row));
      }
      if (batch.bytes() > kBatchBytesMax) {
        SKEIN_RETURN_IF_ERROR(core_.store.Commit(batch, Durability::kAsync).status());
        batch = WriteBatch(view->version());
      }
    }
    SKEIN_RETURN_IF_ERROR(FoldList(&batch));
    if (batch.size() == 0) return absl::OkStatus();
    return core_.store.Commit(batch, Durability::kAsync).status();
  }

  // These lists only.
  absl::Status Run(std::span<const std::string> prefixes) {
    if (prefixes.empty()) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(const auto view, QuietView(core_));
    WriteBatch batch(view->version());
    for (const std::string& prefix : prefixes) {
      SKEIN_ASSIGN_OR_RETURN(list_, ScanPrefix(core_.store, *view, table_, prefix));
      SKEIN_RETURN_IF_ERROR(FoldList(&batch));
    }
    if (batch.size() == 0) return absl::OkStatus();
    return core_.store.Commit(batch, Durability::kAsync).status();
  }

 private:
  static std::string_view Prefix(std::string_view key) { return key.substr(0, key.size() - 8); }

  absl::Status FoldList(WriteBatch* batch) {
    if (list_.size() > 1) {
      const std::optional<std::string> folded = folder_(core_, Prefix(list_[0].first), list_);
      if (!folded) return DamagedRow(table_, TrailingId(list_[0].first));
      for (size_t i = 0; i + 1 < list_.size(); ++i) batch->DeleteUnguarded(table_, list_[i].first);
      if (folded->empty()) {
        batch->DeleteUnguarded(table_, list_.back().first);
      } else {
        batch->PutUnguarded(table_, list_.back().first, *folded);
      }
    }
    list_.clear();
    return absl::OkStatus();
  }

  GraphCore& core_;
  Table table_;
  Folder folder_;
  Rows list_;
};

}  // namespace

namespace {

// Writes a generation of recent links to its pages, in a few commits. A crash between them leaves a
// mark that says how far it came.
class RecentFolder {
 public:
  RecentFolder(GraphCore& core, std::shared_ptr<RecentLinks::Generation> generation)
      : core_(core), generation_(std::move(generation)), numbers_(generation_->Numbers()) {}

  absl::Status Run() {
    pages_ = generation_->Pages();
    core_.single_chunks.Adding(Table::kAdjacency);
    size_t begin = static_cast<size_t>(
        std::lower_bound(pages_.begin(), pages_.end(), generation_->bound()) - pages_.begin());
    for (bool more = true; more;) {
      size_t end = begin;
      SKEIN_RETURN_IF_ERROR(Part(&end));
      more = end < pages_.size();
      begin = end;
    }
    core_.recent.Done(generation_);
    return absl::OkStatus();
  }

 private:
  struct Chunk {
    std::string bytes;
    Version newest{};  // of what it says
  };

  // Pages in memory get what they lack while it is still here to be had: read anew from the store,
  // which they would be otherwise, they cost much more.
  absl::Status Refresh(std::span<const uint64_t> pages) {
    SKEIN_ASSIGN_OR_RETURN(GraphView latest, core_.Latest());
    const Version at = latest.view->version();
    const SnapshotSource source(core_.shared_from_this(), std::move(latest));
    std::vector<uint64_t> behind;
    for (const uint64_t page : pages) {
      if (core_.adjacency.Base(page, at) != nullptr) behind.push_back(page);
    }
    std::vector<AdjacencyPagePtr> refreshed;
    return source.ReadPages(behind, &refreshed);
  }
  // Pages from *end on, some of them.
  absl::Status Part(size_t* end) {
    const size_t begin = *end;
    std::vector<Chunk> chunks;
    for (size_t bytes = 0; *end < pages_.size() && bytes < kBatchBytesMax;) {
      const uint64_t page = pages_[(*end)++];
      const std::vector<RecentHalf> halves = generation_->Halves(page);
      chunks.push_back({ChunkOfHalves(page, halves), halves.back().at});
      bytes += chunks.back().bytes.size();
    }
    SKEIN_RETURN_IF_ERROR(Refresh(std::span(pages_).subspan(begin, *end - begin)));
    return Write(begin, *end, chunks);
  }

  absl::Status Write(size_t begin, size_t end, const std::vector<Chunk>& chunks) {
    // As a commit: who folds chunks holds these up to know that none of a lesser number will come.
    absl::ReaderMutexLock as_a_commit(&core_.index_mu);
    // Above the numbers of all chunks that the pages have.
    SKEIN_ASSIGN_OR_RETURN(const uint64_t number, core_.chunk_ids.Take());
    WriteBatch batch(Version{0});
    for (size_t i = begin; i < end; ++i) {
      batch.PutUnguarded(Table::kAdjacency, core_.layout.Adjacency(pages_[i], number),
                         chunks[i - begin].bytes);
    }
    const bool last = end == pages_.size();
    const uint64_t bound = last ? UINT64_MAX : pages_[end];
    if (last) {
      for (const uint64_t run : numbers_) {
        batch.DeleteUnguarded(Table::kAdjacency, core_.layout.Run(run));
      }
      batch.DeleteUnguarded(Table::kAdjacency, core_.layout.RunsFolded());
    } else {
      batch.PutUnguarded(Table::kAdjacency, core_.layout.RunsFolded(),
                         EncodeRunsFolded({bound, numbers_}));
    }
    batch.OnCommitted([&](Version version) {
      generation_->Folded(bound, version);
      for (size_t i = begin; i < end; ++i) {
        core_.adjacency.DropBase(pages_[i], chunks[i - begin].newest);
      }
    });
    SKEIN_RETURN_IF_ERROR(core_.store.Commit(batch, Durability::kAsync).status());
    for (size_t i = begin; i < end; ++i) {
      core_.adjacency_chunks.Added(pages_[i], number, chunks[i - begin].bytes.size());
    }
    return absl::OkStatus();
  }

  GraphCore& core_;
  const std::shared_ptr<RecentLinks::Generation> generation_;
  const std::vector<uint64_t> numbers_;
  std::vector<uint64_t> pages_;
};

// Recent links: those that wait, and the youngest if they have `young_min` bytes. What is committed
// meanwhile is left to the next fold.
absl::Status FoldRecent(GraphCore& core, size_t young_min) {
  absl::MutexLock one_at_a_time(&core.recent_mu);
  for (size_t left = core.recent.Current()->size(); left > 0; --left) {
    if (!core.recent.frozen() && core.recent.young_bytes() < young_min) return absl::OkStatus();
    const std::shared_ptr<RecentLinks::Generation> generation = core.recent.ToFold();
    if (generation == nullptr) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(RecentFolder(core, generation).Run());
  }
  return absl::OkStatus();
}

bool RecentIsDue(GraphCore& core) {
  return core.recent.frozen() || core.recent.young_bytes() >= core.options.recent_bytes;
}

}  // namespace

absl::Status RestoreRecent(GraphCore& core) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core.store.Latest());
  SKEIN_ASSIGN_OR_RETURN(StoredRuns stored, ReadRuns(core.store, *view, core.layout));
  if (!stored.damaged.empty()) {
    return DamagedRow(Table::kAdjacency, TrailingId(stored.damaged.front()));
  }
  core.recent.Restore(std::move(stored),
                      [&core](NodeId node, Version at) { core.adjacency.Touch(node, at); });
  return absl::OkStatus();
}

absl::Status FoldChunks(GraphCore& core) {
  absl::MutexLock one_at_a_time(&core.fold_mu);
  SKEIN_RETURN_IF_ERROR(FoldRecent(core, 0));
  const std::pair<Table, Folder> folders[] = {
      {Table::kAdjacency, FoldAdjacency}, {Table::kLinks, FoldLinks}, {Table::kText, FoldPostings}};
  for (const auto& [table, folder] : folders) {
    const uint64_t added = core.single_chunks.added(table);
    if (core.single_chunks.Single(table)) continue;
    SKEIN_RETURN_IF_ERROR(TableFolder(core, table, folder).Run());
    core.single_chunks.Folded(table, added);
    if (table == Table::kAdjacency) core.adjacency_chunks.Clear();
  }
  return absl::OkStatus();
}

namespace {

// The rows of [begin, end), appended.
absl::Status ScanChunks(GraphCore& core, const View& view, std::string begin,
                        const std::string& end, Rows* rows) {
  std::vector<ScanPage> pages;
  for (bool more = true; more;) {
    const ScanRange range{Table::kAdjacency, begin, end, kScanRowsMax, false};
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(view, {&range, 1}, &pages));
    more = pages[0].more;
    std::move(pages[0].rows.begin(), pages[0].rows.end(), std::back_inserter(*rows));
    if (more) begin = NextKey(rows->back().first);
  }
  return absl::OkStatus();
}

// What ChunkRuns says of a page. Reads no more than that, once it knows how large the rest is.
absl::Status FoldPage(GraphCore& core, const View& view, const ChunkRuns::Due& due,
                      WriteBatch* batch) {
  const Layout& layout = core.layout;
  const std::string prefix = layout.Adjacency(due.page);
  Rows rows;
  uint64_t first = due.first(), before = 0;
  if (due.before_max > 0) {
    SKEIN_RETURN_IF_ERROR(ScanChunks(core, view, prefix, layout.Adjacency(due.page, first), &rows));
    std::vector<ChunkRuns::Chunk> chunks;
    for (const auto& [key, bytes] : rows) chunks.push_back({TrailingId(key), bytes.size()});
    uint64_t bytes = due.before_max / ChunkRuns::kFoldRatio;
    const size_t from = ChunkRuns::FirstToFold(chunks, &bytes);
    for (size_t i = 0; i < from; ++i) before += chunks[i].bytes;
    if (from == 0) {
      first = 0;
    } else if (from < chunks.size()) {
      first = chunks[from].number;
    }
    rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(from));
  }
  bool as_told = true;
  for (const uint64_t run : due.folded) {
    std::string key = layout.Adjacency(due.page, run);
    SKEIN_ASSIGN_OR_RETURN(auto bytes, GetOne(core.store, view, Table::kAdjacency, key));
    as_told = as_told && bytes.has_value();
    if (bytes) rows.emplace_back(std::move(key), *std::move(bytes));
  }
  SKEIN_RETURN_IF_ERROR(
      ScanChunks(core, view, layout.Adjacency(due.page, due.fresh), PrefixEnd(prefix), &rows));
  if (!as_told) {
    // One that is not where it should be is somewhere in between: all of the page, then.
    rows.clear();
    first = before = 0;
    SKEIN_RETURN_IF_ERROR(ScanChunks(core, view, prefix, PrefixEnd(prefix), &rows));
  }
  if (rows.size() < 2) {
    core.adjacency_chunks.Forget(due.page);
    return absl::OkStatus();
  }
  const std::optional<std::string> folded = FoldAdjacencyRows(core, prefix, rows, first == 0);
  if (!folded) return DamagedRow(Table::kAdjacency, due.page * kVerticesPerPage);
  const std::string& newest = rows.back().first;
  for (size_t i = 0; i + 1 < rows.size(); ++i) {
    batch->DeleteUnguarded(Table::kAdjacency, rows[i].first);
  }
  if (folded->empty()) {
    batch->DeleteUnguarded(Table::kAdjacency, newest);
  } else {
    batch->PutUnguarded(Table::kAdjacency, newest, *folded);
  }
  core.adjacency_chunks.Folded(due.page, first, TrailingId(newest), folded->size(), before);
  return absl::OkStatus();
}

absl::Status FoldPagesOnce(GraphCore& core, const View& view, std::span<const ChunkRuns::Due> all) {
  WriteBatch batch(view.version());
  for (const ChunkRuns::Due& due : all) {
    SKEIN_RETURN_IF_ERROR(FoldPage(core, view, due, &batch));
    // Many pages take long, and those who commit would have to wait for recent links meanwhile.
    if (RecentIsDue(core)) SKEIN_RETURN_IF_ERROR(FoldRecent(core, core.options.recent_bytes));
    if (batch.bytes() <= kBatchBytesMax) continue;
    SKEIN_RETURN_IF_ERROR(core.store.Commit(batch, Durability::kAsync).status());
    batch = WriteBatch(view.version());
  }
  if (batch.size() == 0) return absl::OkStatus();
  return core.store.Commit(batch, Durability::kAsync).status();
}

absl::Status FoldPages(GraphCore& core, const View& view, std::span<const ChunkRuns::Due> all) {
  const absl::Status folded = FoldPagesOnce(core, view, all);
  // What was told of runs may not have happened.
  if (!folded.ok()) core.adjacency_chunks.Clear();
  return folded;
}

}  // namespace

absl::Status FoldDue(GraphCore& core) {
  absl::MutexLock one_at_a_time(&core.fold_mu);
  if (core.closed) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(FoldRecent(core, core.options.recent_bytes));
  if (core.adjacency_chunks.due() + core.link_chunks.due() == 0) return absl::OkStatus();
  std::vector<ChunkRuns::Due> adjacency;
  std::vector<std::string> links;
  std::shared_ptr<const View> view;
  {
    absl::MutexLock no_commit_under_way(&core.index_mu);
    adjacency = core.adjacency_chunks.TakeDue();
    for (const uint64_t page : core.link_chunks.TakeDue()) links.push_back(core.layout.Page(page));
    SKEIN_ASSIGN_OR_RETURN(view, core.store.Latest());
  }
  SKEIN_RETURN_IF_ERROR(FoldPages(core, *view, adjacency));
  return TableFolder(core, Table::kLinks, FoldLinks).Run(links);
}

void PostFolding(const std::shared_ptr<GraphCore>& core, bool writer) {
  // Recent links, at most, in multiples of what makes them due.
  constexpr size_t kRecentMax = 4;
  const size_t due = core->adjacency_chunks.due() + core->link_chunks.due();
  if (due == 0 && !RecentIsDue(*core)) return;
  const auto fold = [core] {
    core->fold_posted = false;
    SKEIN_IGNORE_ERROR(FoldDue(*core), "lists stay longer; what ails the store fails a commit");
  };
  if (core->options.executor == nullptr) {
    if (writer) fold();
    return;
  }
  if (writer && core->recent.bytes() > kRecentMax * core->options.recent_bytes) {
    SKEIN_IGNORE_ERROR(FoldRecent(*core, core->options.recent_bytes), "as above");
  } else if (!core->fold_posted.exchange(true)) {
    core->options.executor->Post(fold);
  }
}

absl::Status ForgetVersions(GraphCore& core, Version before) {
  absl::MutexLock one_at_a_time(&core.fold_mu);
  SKEIN_ASSIGN_OR_RETURN(const auto view, core.store.Latest());
  if (before > view->version()) {
    const int64_t now = absl::ToUnixMicros(core.options.clock->Now());
    if (Raw(before) > static_cast<uint64_t>(now)) {
      return InvalidArgument("version ", Raw(before), " lies in the future: now is ", now);
    }
    before = view->version();  // nothing was written since
  }
  SKEIN_ASSIGN_OR_RETURN(const auto old,
                         GetOne(core.store, *view, Table::kMeta, core.layout.Horizon()));
  if (old && static_cast<uint64_t>(DecodeCounter(*old)) >= Raw(before)) return absl::OkStatus();
  // First the mark, so that nobody reads states of which a part is gone.
  WriteBatch batch(view->version());
  batch.PutUnguarded(Table::kMeta, core.layout.Horizon(),
                     EncodeCounter(static_cast<int64_t>(Raw(before))));
  SKEIN_RETURN_IF_ERROR(core.store.Commit(batch).status());
  // Of a fusion row the last state before it still counts; of all else what was is enough.
  for (const char kind : {'a', 'd', 'l', 'n', 'f'}) {
    std::string begin = core.layout.Was(kind), last;
    const std::string end = PrefixEnd(begin);
    std::vector<ScanPage> pages;
    for (bool more = true; more;) {
      const ScanRange range{Table::kVersions, begin, end, kScanRowsMax, true};
      SKEIN_RETURN_IF_ERROR(core.store.MultiScan(*view, {&range, 1}, &pages));
      more = pages[0].more;
      WriteBatch drop(view->version());
      for (const auto& [key, value] : pages[0].rows) {
        begin = NextKey(key);
        const bool old_row = TrailingId(key) <= Raw(before);
        if (kind != 'f') {
          if (old_row) drop.DeleteUnguarded(Table::kVersions, key);
          continue;
        }
        const auto of = [](std::string_view k) { return k.substr(0, k.size() - 8); };
        if (old_row && !last.empty() && of(last) == of(key)) {
          drop.DeleteUnguarded(Table::kVersions, last);
        }
        last = key;
      }
      if (drop.size() > 0) {
        SKEIN_RETURN_IF_ERROR(core.store.Commit(drop, Durability::kAsync).status());
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace skein
