// VarExpand: walks of min … max hops that use no link twice (trails).
//
// Method    Depth first over chunks: a chunk of walks of one length is expanded by one call, its
//           children are cut into chunks and visited before its siblings. So at most one chunk's
//           children per length are in memory, however many walks there are.
#include <algorithm>
#include <utility>

#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "query/exec/time_windows.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class VarExpandOperator final : public UnaryOperator {
 public:
  VarExpandOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), charge_(context.budget()) {}

  absl::Status Compile() {
    SKEIN_RETURN_IF_ERROR(windows_.Compile(node_, context_));
    return predicates_.Compile(node_.element_predicates, context_);
  }

  absl::Status Open() override {
    batch_.Clear();
    steps_.clear();
    stack_.clear();
    ClearOutput();
    charged_ = 0;
    charge_.Release();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (next_ >= out_rows_.size()) {
      ClearOutput();
      SKEIN_RETURN_IF_ERROR(context_.Check());
      if (stack_.empty()) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        SKEIN_RETURN_IF_ERROR(Start());
        continue;
      }
      if (stack_.back().expanded) {
        steps_.resize(stack_.back().children);
        stack_.pop_back();
        continue;
      }
      SKEIN_RETURN_IF_ERROR(ExpandTop());
    }
    const size_t n = std::min<size_t>(context_.batch_rows(), out_rows_.size() - next_);
    out->Gather(batch_, std::span(out_rows_).subspan(next_, n), live());
    const auto from = static_cast<ptrdiff_t>(next_);
    const auto to = static_cast<ptrdiff_t>(next_ + n);
    if (!node_.to_bound) {
      out->at(node_.to) = Column::Nodes({out_nodes_.begin() + from, out_nodes_.begin() + to});
    }
    if (lists_) {
      out->at(node_.link) = Column::Values({out_lists_.begin() + from, out_lists_.begin() + to});
    }
    next_ += n;
    return true;
  }

 private:
  static constexpr uint32_t kRoot = UINT32_MAX;

  // A walk: its last link and the walk before it.
  struct Step {
    NodeId node{};
    LinkId link{};
    uint32_t parent = kRoot;
    uint32_t row = 0;
  };
  struct Chunk {
    size_t begin = 0, end = 0;
    int64_t hops = 0;
    bool expanded = false;
    size_t children = 0;  // where its children begin
  };

  void ClearOutput() {
    next_ = 0;
    out_rows_.clear();
    out_nodes_.clear();
    out_lists_.clear();
  }

  absl::Status Start() {
    lists_ = IsLive(node_.link);
    restricted_ = node_.restrictor == syntax::PathRestrictor::kAcyclic ||
                  node_.restrictor == syntax::PathRestrictor::kSimple;
    steps_.clear();
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch_.at(node_.from)));
    targets_.clear();
    if (node_.to_bound) {
      SKEIN_ASSIGN_OR_RETURN(targets_, AsNodes(batch_.at(node_.to)));
    }
    distinct_.Reset(batch_, node_.distinct_links);
    SKEIN_RETURN_IF_ERROR(windows_.Reset(batch_));
    for (uint32_t row = 0; row < from.size(); ++row) {
      if (from[row] == kNoNode) continue;
      if (node_.to_bound && targets_[row] == kNoNode) continue;
      steps_.push_back({from[row], kNoLink, kRoot, row});
      if (node_.min == 0) SKEIN_RETURN_IF_ERROR(Emit(steps_.size() - 1, 0));
    }
    if (node_.max >= 1) PushChunks(0, 0);
    return absl::OkStatus();
  }

  // The steps from `begin` on as chunks, the first on top.
  void PushChunks(size_t begin, int64_t hops) {
    const size_t size = std::max<size_t>(context_.batch_rows(), 64);
    const size_t first = stack_.size();
    for (size_t at = begin; at < steps_.size(); at += size) {
      stack_.push_back({at, std::min(at + size, steps_.size()), hops, false, 0});
    }
    std::reverse(stack_.begin() + static_cast<ptrdiff_t>(first), stack_.end());
  }

  bool OnWalk(uint32_t step, LinkId link) const {
    for (uint32_t at = step; steps_[at].parent != kRoot; at = steps_[at].parent) {
      if (steps_[at].link == link) return true;
    }
    return false;
  }

  // ACYCLIC and SIMPLE: no node twice; of SIMPLE the end may be the start, and then goes no
  // further.
  bool MayVisit(uint32_t step, NodeId node) const {
    const bool simple = node_.restrictor == syntax::PathRestrictor::kSimple;
    uint32_t at = step;
    bool repeats = false;
    while (steps_[at].parent != kRoot) {
      repeats |= steps_[at].node == node;
      at = steps_[at].parent;
    }
    if (repeats) return false;
    if (!simple) return steps_[at].node != node;
    return at == step || steps_[at].node != steps_[step].node;
  }

  absl::Status ExpandTop() {
    const Chunk chunk = stack_.back();
    stack_.back().expanded = true;
    stack_.back().children = steps_.size();
    bool none = false;
    SKEIN_ASSIGN_OR_RETURN(ExpandOptions options, WindowedOptionsOf(node_, context_, &none));
    if (none) return absl::OkStatus();
    options.links = true;
    std::vector<NodeId> frontier;
    for (size_t i = chunk.begin; i < chunk.end; ++i) frontier.push_back(steps_[i].node);
    if (!windows_.empty()) {
      std::vector<uint32_t> rows;
      for (size_t i = chunk.begin; i < chunk.end; ++i) rows.push_back(steps_[i].row);
      windows_.Apply(rows, &options);
    }
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), frontier,
                                                                 options, context_.budget()));
    const size_t begin = steps_.size();
    ExpandBatch found;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found));
      if (!more) break;
      const size_t from = steps_.size();
      for (size_t i = 0; i < found.size(); ++i) {
        const auto parent = static_cast<uint32_t>(chunk.begin + found.source[i]);
        const uint32_t row = steps_[parent].row;
        if (!node_.walk && OnWalk(parent, found.link[i])) continue;
        if (restricted_ && !MayVisit(parent, found.neighbour[i])) continue;
        if (!distinct_.empty() && !distinct_.Allows(row, found.link[i])) continue;
        steps_.push_back({found.neighbour[i], found.link[i], parent, row});
      }
      SKEIN_RETURN_IF_ERROR(FilterFrom(from));
      SKEIN_RETURN_IF_ERROR(ChargeSteps());
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    const int64_t hops = chunk.hops + 1;
    if (hops >= node_.min) {
      for (size_t i = begin; i < steps_.size(); ++i) SKEIN_RETURN_IF_ERROR(Emit(i, hops));
    }
    if (hops < node_.max) PushChunks(begin, hops);
    return absl::OkStatus();
  }

  absl::Status ChargeSteps() {
    if (steps_.capacity() <= charged_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(charge_.Take((steps_.capacity() - charged_) * sizeof(Step)));
    charged_ = steps_.capacity();
    return absl::OkStatus();
  }

  // Drops the steps from `from` on whose link fails the predicates.
  absl::Status FilterFrom(size_t from) {
    if (predicates_.empty() || from == steps_.size()) return absl::OkStatus();
    Batch batch;
    batch.rows = steps_.size() - from;
    std::vector<LinkId> links;
    std::vector<uint32_t> parent_rows;
    for (size_t i = from; i < steps_.size(); ++i) {
      links.push_back(steps_[i].link);
      parent_rows.push_back(steps_[i].row);
    }
    batch.at(node_.element) = Column::Links(std::move(links));
    const Frame outer{&batch_, nullptr, nullptr};
    const Frame inner{&batch, &outer, &parent_rows};
    std::vector<uint32_t> kept = AllRows(batch.rows);
    SKEIN_RETURN_IF_ERROR(predicates_.Filter(inner, &kept, batch.rows));
    for (size_t i = 0; i < kept.size(); ++i) steps_[from + i] = steps_[from + kept[i]];
    steps_.resize(from + kept.size());
    return absl::OkStatus();
  }

  absl::Status Emit(size_t step, int64_t hops) {
    const Step& s = steps_[step];
    if (node_.to_bound && targets_[s.row] != s.node) return absl::OkStatus();
    out_rows_.push_back(s.row);
    out_nodes_.push_back(s.node);
    if (!lists_) return absl::OkStatus();
    ValueList list;
    list.reserve(static_cast<size_t>(hops));
    for (auto at = static_cast<uint32_t>(step); steps_[at].parent != kRoot;
         at = steps_[at].parent) {
      list.push_back(Value::Link(steps_[at].link));
    }
    if (!node_.reversed) std::reverse(list.begin(), list.end());
    out_lists_.push_back(Value::List(std::move(list)));
    return absl::OkStatus();
  }

  Predicates predicates_;
  TimeWindows windows_;
  MemoryCharge charge_;
  size_t charged_ = 0;
  Batch batch_;
  std::vector<NodeId> targets_;
  DistinctLinks distinct_;
  std::vector<Step> steps_;
  std::vector<Chunk> stack_;
  bool lists_ = false;
  bool restricted_ = false;
  std::vector<uint32_t> out_rows_;
  std::vector<NodeId> out_nodes_;
  std::vector<Value> out_lists_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeVarExpand(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<VarExpandOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
