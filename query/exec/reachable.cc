// Reachable: the distinct vertices within min … max hops, min ≤ 1, by frontiers instead of walks.
//
// Why       Whoever only wants to know which vertices can be reached need not see every way there:
//           a breadth-first search per row touches each vertex once. A vertex within k hops by some
//           walk is within k hops by a path, which is a trail; so the answer is that of VarExpand
//           made distinct. The start counts only where a walk of ≥ 1 links comes back to it: in a
//           directed graph the shortest such walk is a cycle, hence a trail. Undirected walks may
//           come back over the link they left by, so the rewrite leaves those alone.
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class ReachableOperator final : public UnaryOperator {
 public:
  ReachableOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), charge_(context.budget()) {}
  absl::Status Compile() { return predicates_.Compile(node_.element_predicates, context_); }

  absl::Status Open() override {
    batch_.Clear();
    found_.clear();
    frontier_.clear();
    row_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (next_ < found_.size()) {
        const size_t n = std::min<size_t>(context_.batch_rows(), found_.size() - next_);
        const std::vector<uint32_t> picked(n, row_ - 1);
        out->Gather(batch_, picked, live());
        out->at(node_.to) = Column::Nodes({found_.begin() + static_cast<ptrdiff_t>(next_),
                                           found_.begin() + static_cast<ptrdiff_t>(next_ + n)});
        next_ += n;
        return true;
      }
      found_.clear();
      next_ = 0;
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
  absl::StatusOr<bool> NextStart() {
    while (row_ >= batch_.rows) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      row_ = 0;
      SKEIN_ASSIGN_OR_RETURN(starts_, AsNodes(batch_.at(node_.from)));
    }
    const NodeId start = starts_[row_++];
    seen_.clear();
    charge_.Release();
    hops_ = 0;
    if (start == kNoNode) return true;
    frontier_ = {start};
    if (node_.min == 0) {
      seen_.insert(start);
      found_.push_back(start);
    }
    return true;
  }

  absl::Status Hop() {
    ++hops_;
    bool none = false;
    ExpandOptions options = OptionsOf(node_, context_, &none);
    const std::vector<NodeId> from = std::exchange(frontier_, {});
    if (none) return absl::OkStatus();
    options.links = !predicates_.empty();
    SKEIN_ASSIGN_OR_RETURN(
        auto cursor, context_.reader().Expand(context_.viewer(), from, options, context_.budget()));
    ExpandBatch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
      if (!more) break;
      std::vector<uint32_t> kept = AllRows(batch.size());
      if (!predicates_.empty()) SKEIN_RETURN_IF_ERROR(Filter(batch, &kept));
      const size_t before = frontier_.size();
      for (const uint32_t i : kept) {
        if (seen_.insert(batch.neighbour[i]).second) frontier_.push_back(batch.neighbour[i]);
      }
      SKEIN_RETURN_IF_ERROR(charge_.Take((frontier_.size() - before) * 3 * sizeof(NodeId)));
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    found_ = frontier_;
    return absl::OkStatus();
  }

  absl::Status Filter(const ExpandBatch& batch, std::vector<uint32_t>* kept) {
    Batch elements;
    elements.rows = batch.size();
    elements.at(node_.element) = Column::Links(batch.link);
    const std::vector<uint32_t> parents(batch.size(), row_ - 1);
    const Frame outer{&batch_, nullptr, nullptr};
    return predicates_.Filter({&elements, &outer, &parents}, kept, elements.rows);
  }

  Predicates predicates_;
  MemoryCharge charge_;
  Batch batch_;
  std::vector<NodeId> starts_;
  uint32_t row_ = 0;
  int64_t hops_ = 0;
  absl::flat_hash_set<NodeId> seen_;
  std::vector<NodeId> frontier_;
  std::vector<NodeId> found_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeReachable(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<ReachableOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
