// Expansion, degrees and neighbour counts: the traversal half of ReadOps.
#include <algorithm>
#include <map>
#include <tuple>

#include "storage/base/status.h"
#include "storage/graph/read_ops.h"

namespace skein::read_ops {
namespace {

// Frontier vertices whose lists are fetched together: one round trip where the cache misses.
constexpr size_t kVerticesPerFetch = 1024;

bool InWindow(const ValidTime& valid, const ValidTime& window, bool by_start) {
  if (by_start) return window.from <= valid.from && valid.from < window.to;
  if (window.from == kTimeMin && window.to == kTimeMax) return true;
  if (valid.from == valid.to) return window.from <= valid.from && valid.from < window.to;
  return valid.from < window.to && window.from < valid.to;
}

// The options in the form the loops want.
struct Filter {
  explicit Filter(const ExpandOptions& options)
      : types(options.types),
        window(options.window),
        windows(options.windows),
        by_start(options.by_start),
        out(options.direction != Direction::kIn),
        in(options.direction != Direction::kOut),
        drop_in_loops(options.direction == Direction::kBoth && options.loops_once) {
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
  }

  // Takes the window of a frontier position, where each has its own.
  void At(size_t position) {
    if (!windows.empty()) window = windows[position];
  }

  // Of the run (one direction, one type) that the entry is in: may any of it pass?
  bool WantsRun(const AdjacencyEntry& entry) const {
    if (entry.outgoing ? !out : !in) return false;
    return types.empty() || std::binary_search(types.begin(), types.end(), entry.type);
  }

  bool Passes(const AdjacencyEntry& entry, NodeId self, const Viewer& viewer) const {
    if (!WantsRun(entry)) return false;
    if (drop_in_loops && !entry.outgoing && entry.neighbour == self) return false;
    return InWindow(entry.valid, window, by_start) && viewer.Sees(entry.policy) &&
           viewer.Sees(entry.neighbour_policy);
  }

  // The first entry from `at` on that direction, type and valid-from do not rule out. Entries lie
  // in runs of one direction and type, within which valid-from ascends.
  size_t Next(const std::vector<AdjacencyEntry>& entries, size_t at) const {
    while (at < entries.size()) {
      const AdjacencyEntry& entry = entries[at];
      const bool late = entry.valid.from >= window.to && window.to != kTimeMax;
      if (WantsRun(entry) && !late) {
        if (!by_start || entry.valid.from >= window.from) return at;
        const auto begin = entries.begin() + static_cast<ptrdiff_t>(at);
        const auto first = std::partition_point(begin, entries.end(), [&](const auto& e) {
          return SameRun(e, entry) && e.valid.from < window.from;
        });
        at = static_cast<size_t>(first - entries.begin());
        continue;
      }
      const auto begin = entries.begin() + static_cast<ptrdiff_t>(at);
      const auto end = std::partition_point(begin, entries.end(),
                                            [&](const auto& e) { return SameRun(e, entry); });
      at = static_cast<size_t>(end - entries.begin());
    }
    return at;
  }
  static bool SameRun(const AdjacencyEntry& a, const AdjacencyEntry& b) {
    return a.outgoing == b.outgoing && a.type == b.type;
  }

  std::vector<LinkTypeId> types;
  ValidTime window;
  std::span<const ValidTime> windows;
  bool by_start;
  bool out, in, drop_in_loops;
};

// Hidden vertices have no links: drops their lists. The viewer who sees all needs no look.
absl::Status HideVertices(const Source& source, const Viewer& viewer,
                          std::span<const NodeId> vertices, std::vector<AdjacencyPtr>* lists) {
  if (viewer.sees_all()) return absl::OkStatus();
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(source.Nodes(vertices, &nodes));
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] == nullptr || !viewer.Sees(nodes[i]->policy)) (*lists)[i] = nullptr;
  }
  return absl::OkStatus();
}

absl::Status CheckWindows(std::span<const NodeId> frontier, const ExpandOptions& options) {
  if (options.windows.empty() || options.windows.size() == frontier.size()) {
    return absl::OkStatus();
  }
  return InvalidArgument(options.windows.size(), " windows for a frontier of ", frontier.size(),
                         " vertices");
}

std::optional<LabelId> FirstLabel(const NodePtr& node) {
  if (node == nullptr || node->labels.empty()) return std::nullopt;
  return node->labels.front();
}

class ExpandCursorImpl final : public ExpandCursor {
 public:
  ExpandCursorImpl(const Source& source, const Viewer& viewer, std::span<const NodeId> frontier,
                   const ExpandOptions& options, Budget& budget)
      : source_(source),
        viewer_(viewer),
        frontier_(frontier),
        options_(options),
        filter_(options),
        budget_(budget) {}

  absl::StatusOr<bool> Next(ExpandBatch* batch) override {
    Clear(batch);
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    const size_t wanted = std::max<uint32_t>(options_.rows_per_batch, 1);
    while (batch->size() < wanted && position_ < frontier_.size()) {
      if (position_ >= fetched_end_) SKEIN_RETURN_IF_ERROR(Fetch());
      const AdjacencyPtr& list = lists_[position_ - fetched_begin_];
      const size_t size = list == nullptr ? 0 : list->entries.size();
      filter_.At(position_);
      while (entry_ < size && batch->size() < wanted) {
        entry_ = filter_.Next(list->entries, entry_);
        if (entry_ >= size) break;
        const AdjacencyEntry& entry = list->entries[entry_++];
        if (filter_.Passes(entry, frontier_[position_], viewer_)) Emit(entry, batch);
      }
      if (entry_ < size) break;
      ++position_;
      entry_ = 0;
    }
    if (batch->size() == 0) return false;
    SKEIN_RETURN_IF_ERROR(budget_.TakeRows(static_cast<int64_t>(batch->size())));
    return true;
  }

 private:
  static void Clear(ExpandBatch* batch) {
    batch->source.clear();
    batch->neighbour.clear();
    batch->link.clear();
    batch->type.clear();
    batch->outgoing.clear();
    batch->valid.clear();
  }

  void Emit(const AdjacencyEntry& entry, ExpandBatch* batch) const {
    batch->source.push_back(static_cast<uint32_t>(position_));
    batch->neighbour.push_back(entry.neighbour);
    if (options_.links) batch->link.push_back(entry.link);
    if (options_.type) batch->type.push_back(entry.type);
    if (options_.outgoing) batch->outgoing.push_back(entry.outgoing ? 1 : 0);
    if (options_.valid) batch->valid.push_back(entry.valid);
  }

  absl::Status Fetch() {
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    fetched_begin_ = position_;
    fetched_end_ = std::min(frontier_.size(), position_ + kVerticesPerFetch);
    const auto part = frontier_.subspan(fetched_begin_, fetched_end_ - fetched_begin_);
    SKEIN_RETURN_IF_ERROR(source_.Adjacency(part, &lists_));
    return HideVertices(source_, viewer_, part, &lists_);
  }

  const Source& source_;
  const Viewer& viewer_;
  std::span<const NodeId> frontier_;
  ExpandOptions options_;
  Filter filter_;
  Budget& budget_;
  size_t position_ = 0, entry_ = 0;
  size_t fetched_begin_ = 0, fetched_end_ = 0;
  std::vector<AdjacencyPtr> lists_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Source& source, const Viewer& viewer,
                                                     std::span<const NodeId> frontier,
                                                     const ExpandOptions& options, Budget& budget) {
  if (frontier.size() > UINT32_MAX) {
    return InvalidArgument("a frontier of ", frontier.size(), " vertices; the limit is 2^32");
  }
  SKEIN_RETURN_IF_ERROR(CheckWindows(frontier, options));
  return std::unique_ptr<ExpandCursor>(
      std::make_unique<ExpandCursorImpl>(source, viewer, frontier, options, budget));
}

absl::Status Degrees(const Source& source, const Viewer& viewer, std::span<const NodeId> frontier,
                     const ExpandOptions& options, Budget& budget, std::vector<uint64_t>* out) {
  out->assign(frontier.size(), 0);
  SKEIN_RETURN_IF_ERROR(CheckWindows(frontier, options));
  Filter filter(options);
  std::vector<AdjacencyPtr> lists;
  for (size_t begin = 0; begin < frontier.size(); begin += kVerticesPerFetch) {
    SKEIN_RETURN_IF_ERROR(budget.Check());
    const auto part = frontier.subspan(begin, std::min(kVerticesPerFetch, frontier.size() - begin));
    SKEIN_RETURN_IF_ERROR(source.Adjacency(part, &lists));
    SKEIN_RETURN_IF_ERROR(HideVertices(source, viewer, part, &lists));
    for (size_t i = 0; i < part.size(); ++i) {
      if (lists[i] == nullptr) continue;
      filter.At(begin + i);
      (*out)[begin + i] = static_cast<uint64_t>(
          std::count_if(lists[i]->entries.begin(), lists[i]->entries.end(),
                        [&](const auto& entry) { return filter.Passes(entry, part[i], viewer); }));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Source& source,
                                                            const Viewer& viewer, NodeId node,
                                                            const ValidTime& window,
                                                            Budget& budget) {
  ExpandOptions options;
  options.window = window;
  options.loops_once = false;
  const Filter filter(options);
  std::vector<AdjacencyPtr> lists;
  const std::span<const NodeId> self(&node, 1);
  SKEIN_RETURN_IF_ERROR(source.Adjacency(self, &lists));
  SKEIN_RETURN_IF_ERROR(HideVertices(source, viewer, self, &lists));
  std::vector<NeighbourCount> out;
  if (lists[0] == nullptr) return out;
  // (in before out would be false first: ordered as Expand is, out first)
  std::map<std::tuple<bool, LinkTypeId, std::optional<LabelId>>, uint64_t> counts;
  const std::vector<AdjacencyEntry>& entries = lists[0]->entries;
  std::vector<NodeId> others;
  std::vector<const AdjacencyEntry*> passed;
  std::vector<NodePtr> nodes;
  for (size_t i = 0; i < entries.size();) {
    SKEIN_RETURN_IF_ERROR(budget.Check());
    others.clear();
    passed.clear();
    for (; i < entries.size() && others.size() < kVerticesPerFetch; ++i) {
      if (!filter.Passes(entries[i], node, viewer)) continue;
      others.push_back(entries[i].neighbour);
      passed.push_back(&entries[i]);
    }
    SKEIN_RETURN_IF_ERROR(source.Nodes(others, &nodes));
    for (size_t k = 0; k < passed.size(); ++k) {
      ++counts[{!passed[k]->outgoing, passed[k]->type, FirstLabel(nodes[k])}];
    }
  }
  for (const auto& [key, count] : counts) {
    out.push_back({std::get<1>(key), !std::get<0>(key), std::get<2>(key), count});
  }
  return out;
}

}  // namespace skein::read_ops
