// Reachable: the distinct vertices within min … max hops, min ≤ 1, by frontiers instead of walks.
//
// Why       Whoever only wants to know which vertices can be reached need not see every way there:
//           a breadth-first search per row touches each vertex once. A vertex within k hops by some
//           walk is within k hops by a path, which is a trail; so the answer is that of VarExpand
//           made distinct.
// Start     It counts only where a trail of 1 … max links comes back to it. In a directed graph the
//           shortest walk that does is a cycle, hence a trail: the search finds it by itself. An
//           undirected walk may come back over the link that it left by, so there the shortest
//           cycle through the start is looked for apart (ClosedTrail).
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/exec/links.h"
#include "query/exec/node_set.h"
#include "query/exec/operators.h"
#include "query/exec/time_windows.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class ReachableOperator final : public UnaryOperator {
 public:
  ReachableOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        wants_nodes_(IsLive(node.to)),
        charge_(context.budget()) {}

  absl::Status Compile() {
    SKEIN_RETURN_IF_ERROR(windows_.Compile(node_, context_));
    return predicates_.Compile(node_.element_predicates, context_);
  }

  absl::Status Open() override {
    batch_.Clear();
    found_.clear();
    frontier_.clear();
    SKEIN_ASSIGN_OR_RETURN(ids_, context_.reader().NodeIdBound());
    emitted_.Clear(ids_);
    row_ = 0;
    next_ = count_ = 0;
    searches_ = 0;
    hidden_start_ = kNoNode;
    SKEIN_ASSIGN_OR_RETURN(options_, WindowedOptionsOf(node_, context_, &none_));
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (next_ < count_) {
        Emit(out);
        return true;
      }
      found_.clear();
      next_ = count_ = 0;
      if (frontier_.empty() || hops_ >= node_.max) {
        frontier_.clear();
        SKEIN_ASSIGN_OR_RETURN(const bool more, NextStart());
        if (!more) return false;
        continue;
      }
      SKEIN_RETURN_IF_ERROR(Hop());
    }
  }

 private:
  void Emit(Batch* out) {
    if (live().empty() && !wants_nodes_) {
      // Rows without columns: only their number is asked for.
      out->Clear();
      out->rows = count_;
      next_ = count_;
      return;
    }
    const size_t n = std::min<size_t>(context_.batch_rows(), count_ - next_);
    const std::vector<uint32_t> picked(n, row_ - 1);
    out->Gather(batch_, picked, live());
    out->rows = n;
    if (wants_nodes_) {
      out->at(node_.to) = Column::Nodes({found_.begin() + static_cast<ptrdiff_t>(next_),
                                         found_.begin() + static_cast<ptrdiff_t>(next_ + n)});
    }
    next_ += n;
  }

  absl::StatusOr<bool> NextStart() {
    while (row_ >= batch_.rows) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      row_ = 0;
      SKEIN_ASSIGN_OR_RETURN(starts_, AsNodes(batch_.at(node_.from)));
      SKEIN_RETURN_IF_ERROR(windows_.Reset(batch_));
    }
    const NodeId start = starts_[row_++];
    if (start == kNoNode) return true;
    if (node_.unique && searches_ == 1) emitted_ = std::move(seen_);
    ++searches_;
    seen_.Clear(ids_);
    charge_.Release();
    charged_ = 0;
    hops_ = 0;
    frontier_ = {start};
    return StartFrom(start);
  }

  // Settles whether the start is a row itself.
  absl::StatusOr<bool> StartFrom(NodeId start) {
    const bool directed = options_.direction != Direction::kBoth;
    bool counts = node_.min == 0;
    if (node_.skips_start) {
      counts = false;
    } else if (!counts && directed) {
      return true;  // found like any other
    } else if (!counts) {
      SKEIN_ASSIGN_OR_RETURN(counts, ClosedTrail(start));
    }
    seen_.Insert(start);
    if (counts) {
      found_.push_back(start);
      Keep();
    } else if (searches_ == 1) {
      hidden_start_ = start;
    }
    return true;
  }

  // Of the vertices in found_, which are new to this start: leaves and counts those to be emitted.
  void Keep() {
    if (node_.unique && searches_ > 1) {
      std::vector<NodeId> fresh;
      // It lies in the set of the first search, which did not emit it.
      if (std::find(found_.begin(), found_.end(), hidden_start_) != found_.end()) {
        fresh.push_back(std::exchange(hidden_start_, kNoNode));
      }
      emitted_.InsertAll(found_, &fresh);
      found_ = std::move(fresh);
    }
    count_ = found_.size();
  }

  absl::Status Hop() {
    ++hops_;
    if (none_) {
      frontier_.clear();
      return absl::OkStatus();
    }
    const std::vector<NodeId> from = std::exchange(frontier_, {});
    ExpandOptions options = options_;
    options.source = false;
    options.any_order = !wants_nodes_;
    options.links = !predicates_.empty();
    windows_.Apply(row_ - 1, &options);
    SKEIN_ASSIGN_OR_RETURN(
        auto cursor, context_.reader().Expand(context_.viewer(), from, options, context_.budget()));
    // The last level is counted where nobody wants its vertices.
    const bool only_count = hops_ == node_.max && !wants_nodes_ && searches_ == 1;
    size_t counted = 0;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&links_));
      if (!more) break;
      if (!predicates_.empty()) SKEIN_RETURN_IF_ERROR(Filter(&links_));
      counted += seen_.InsertAll(links_.neighbour, only_count ? nullptr : &frontier_);
      SKEIN_RETURN_IF_ERROR(Charge());
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    if (only_count) {
      count_ = counted;
      return absl::OkStatus();
    }
    found_ = frontier_;
    Keep();
    return absl::OkStatus();
  }

  absl::Status Charge() {
    const size_t bytes = seen_.Bytes() + emitted_.Bytes() + frontier_.size() * 2 * sizeof(NodeId);
    if (bytes <= charged_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
    charged_ = bytes;
    return absl::OkStatus();
  }

  // Leaves those links that hold the predicates.
  absl::Status Filter(ExpandBatch* links) {
    std::vector<uint32_t> kept = AllRows(links->size());
    Batch elements;
    elements.rows = links->size();
    elements.at(node_.element) = Column::Links(links->link);
    const std::vector<uint32_t> parents(links->size(), row_ - 1);
    const Frame outer{&batch_, nullptr, nullptr};
    SKEIN_RETURN_IF_ERROR(predicates_.Filter({&elements, &outer, &parents}, &kept, elements.rows));
    for (size_t i = 0; i < kept.size(); ++i) {
      if (!links->source.empty()) links->source[i] = links->source[kept[i]];
      links->neighbour[i] = links->neighbour[kept[i]];
      links->link[i] = links->link[kept[i]];
    }
    if (!links->source.empty()) links->source.resize(kept.size());
    links->neighbour.resize(kept.size());
    links->link.resize(kept.size());
    return absl::OkStatus();
  }

  // Is there an undirected trail of at most `max` links from the start back to it? The shortest is
  // a cycle. In a breadth-first tree each vertex belongs to the branch of the link by which the
  // tree left the start; the shortest cycle closes by a link between two branches (or is a loop),
  // and one end of that link is at most (length − 1) / 2 deep.
  absl::StatusOr<bool> ClosedTrail(NodeId start) {
    struct Place {
      LinkId branch{};
      int64_t depth = 0;
    };
    if (none_) return false;
    absl::flat_hash_map<NodeId, Place> places = {{start, {kNoLink, 0}}};
    std::vector<NodeId> level = {start};
    MemoryCharge charge(context_.budget());
    for (int64_t depth = 0; depth <= (node_.max - 1) / 2 && !level.empty(); ++depth) {
      ExpandOptions options = options_;
      options.links = true;
      windows_.Apply(row_ - 1, &options);
      const std::vector<NodeId> from = std::exchange(level, {});
      SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), from, options,
                                                                   context_.budget()));
      for (;;) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&links_));
        if (!more) break;
        if (!predicates_.empty()) SKEIN_RETURN_IF_ERROR(Filter(&links_));
        const size_t before = level.size();
        for (size_t i = 0; i < links_.size(); ++i) {
          const NodeId node = from[links_.source[i]];
          const NodeId to = links_.neighbour[i];
          if (node == start && to == start) return true;
          const LinkId branch = node == start ? links_.link[i] : places[node].branch;
          if (to == start) {
            if (links_.link[i] != branch && depth + 1 <= node_.max) return true;
            continue;
          }
          const auto [place, fresh] = places.try_emplace(to, Place{branch, depth + 1});
          if (fresh) {
            level.push_back(to);
          } else if (place->second.branch != branch &&
                     depth + place->second.depth + 1 <= node_.max) {
            return true;
          }
        }
        SKEIN_RETURN_IF_ERROR(charge.Take((level.size() - before) * (sizeof(Place) + 48)));
        SKEIN_RETURN_IF_ERROR(context_.Check());
      }
    }
    return false;
  }

  bool none_ = false;
  ExpandOptions options_;
  const bool wants_nodes_;
  Predicates predicates_;
  TimeWindows windows_;
  MemoryCharge charge_;
  size_t charged_ = 0;
  Batch batch_;
  std::vector<NodeId> starts_;
  uint32_t row_ = 0;
  int64_t hops_ = 0;
  size_t searches_ = 0;
  uint64_t ids_ = 0;               // bound of all node ids, where it is known
  NodeSet seen_;                   // of this start
  NodeSet emitted_;                // of all starts; made where `unique` and there is a second
  NodeId hidden_start_ = kNoNode;  // of the first search, where it was no row
  ExpandBatch links_;
  std::vector<NodeId> frontier_;
  std::vector<NodeId> found_;
  size_t next_ = 0;
  size_t count_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeReachable(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<ReachableOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
