#include "storage/graph/page_reader.h"

#include <algorithm>

#include "storage/base/status.h"

namespace skein {
namespace {

// Pages read in one round trip.
constexpr size_t kPagesPerLoad = 256;

}  // namespace

PageReader::PageReader(const SnapshotSource& source)
    : source_(source), table_(source.core().adjacency), at_(source.source_version()) {}

absl::Status PageReader::Load(std::span<const NodeId> vertices) {
  loaded_.clear();
  std::vector<uint64_t> missing;
  {
    const EpochGuard guard;
    for (const NodeId id : vertices) {
      if (table_.Find(id, at_) == nullptr) missing.push_back(AdjacencyPageOf(id));
    }
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  std::vector<AdjacencyPagePtr> pages;
  for (size_t begin = 0; begin < missing.size(); begin += kPagesPerLoad) {
    const auto part =
        std::span(missing).subspan(begin, std::min(kPagesPerLoad, missing.size() - begin));
    SKEIN_RETURN_IF_ERROR(source_.ReadPages(part, &pages));
    for (size_t i = 0; i < part.size(); ++i) loaded_.emplace(part[i], std::move(pages[i]));
  }
  return absl::OkStatus();
}

absl::Status ReadLists(const Source& source, std::span<const NodeId> ids,
                       std::vector<AdjacencyList>* out) {
  out->assign(ids.size(), {});
  PageReader pages(source.committed());
  for (size_t i = 0; i < ids.size(); ++i) {
    std::optional<AdjacencyList> touched;
    SKEIN_RETURN_IF_ERROR(source.TouchedList(ids[i], &touched));
    if (touched) {
      (*out)[i] = *std::move(touched);
      continue;
    }
    const EpochGuard guard;
    const AdjacencyPage* found = pages.Find(ids[i]);
    if (found == nullptr) {
      SKEIN_RETURN_IF_ERROR(pages.Load(ids.subspan(i, std::min<size_t>(ids.size() - i, 1024))));
      found = pages.Find(ids[i]);
    }
    (*out)[i] = MergedList(*found, ids[i]);
  }
  return absl::OkStatus();
}

}  // namespace skein
