// Repeat: a quantified path, ((x)-[r]->(y) WHERE …){min,max}: its step is a plan of its own, run
// once for a whole chunk of walks.
//
// Method    As VarExpand: depth first over chunks of walks of one length, so that at most one
//           chunk's children per length are in memory. A step's rows say by the partition column
//           which walk they go on from. No link is used twice, unless the pattern allows it.
#include <algorithm>
#include <utility>

#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class RepeatOperator final : public UnaryOperator {
 public:
  RepeatOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        inner_(*node.children[1], node.partition),
        charge_(context.budget()) {}

  absl::Status Build() {
    SKEIN_RETURN_IF_ERROR(inner_.Build(context_));
    for (const Slot slot : inner_.wanted()) {
      if (slot != node_.step_from) carried_.push_back(slot);
    }
    return absl::OkStatus();
  }

  absl::Status Open() override {
    batch_.Clear();
    steps_.clear();
    links_.clear();
    values_.clear();
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
        Shrink(stack_.back().children);
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
      out->at(node_.link) = Column::Values({out_links_.begin() + from, out_links_.begin() + to});
    }
    for (size_t c = 0; c < out_collected_.size(); ++c) {
      const std::vector<Value>& all = out_collected_[c];
      out->at(node_.collected[c].second) = Column::Values({all.begin() + from, all.begin() + to});
    }
    next_ += n;
    return true;
  }

 private:
  static constexpr uint32_t kRoot = UINT32_MAX;

  // A walk: the end of its last step and the walk before it. Its links and collected values lie at
  // its number times their count in links_ and values_.
  struct Step {
    NodeId node{};
    uint32_t parent = kRoot;
    uint32_t row = 0;
  };
  struct Chunk {
    size_t begin = 0, end = 0;
    int64_t hops = 0;
    bool expanded = false;
    size_t children = 0;  // where its children begin
  };

  size_t width() const { return node_.step_links.size(); }
  size_t collected() const { return node_.collected.size(); }

  void ClearOutput() {
    next_ = 0;
    out_rows_.clear();
    out_nodes_.clear();
    out_links_.clear();
    out_collected_.assign(collected(), {});
  }

  void Shrink(size_t steps) {
    steps_.resize(steps);
    links_.resize(steps * width());
    values_.resize(steps * collected());
  }

  void Push(const Step& step) {
    steps_.push_back(step);
    links_.resize(steps_.size() * width(), kNoLink);
    values_.resize(steps_.size() * collected());
  }

  absl::Status Start() {
    lists_ = IsLive(node_.link);
    Shrink(0);
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch_.at(node_.from)));
    targets_.clear();
    if (node_.to_bound) {
      SKEIN_ASSIGN_OR_RETURN(targets_, AsNodes(batch_.at(node_.to)));
    }
    distinct_.Reset(batch_, node_.distinct_links);
    for (uint32_t row = 0; row < from.size(); ++row) {
      if (from[row] == kNoNode) continue;
      if (node_.to_bound && targets_[row] == kNoNode) continue;
      Push({from[row], kRoot, row});
      if (node_.min == 0) Emit(static_cast<uint32_t>(steps_.size() - 1));
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
      const auto begin = links_.begin() + static_cast<ptrdiff_t>(at * width());
      const auto end = begin + static_cast<ptrdiff_t>(width());
      if (std::find(begin, end, link) != end) return true;
    }
    return false;
  }

  // May a walk that ends in `step` go on to `node`? Only what can be told here: the whole path's
  // nodes are asked afterwards.
  bool MayVisit(uint32_t step, NodeId node) const {
    if (node_.restrictor != syntax::PathRestrictor::kAcyclic) return true;
    for (uint32_t at = step; at != kRoot; at = steps_[at].parent) {
      if (steps_[at].node == node) return false;
    }
    return true;
  }

  absl::Status ExpandTop() {
    const Chunk chunk = stack_.back();
    stack_.back().expanded = true;
    stack_.back().children = steps_.size();
    std::vector<uint32_t> rows;
    std::vector<NodeId> starts;
    for (size_t i = chunk.begin; i < chunk.end; ++i) {
      rows.push_back(steps_[i].row);
      starts.push_back(steps_[i].node);
    }
    arguments_ = Batch();
    arguments_.columns.resize(batch_.columns.size());
    arguments_.Gather(batch_, rows, carried_);
    arguments_.rows = rows.size();
    arguments_.at(inner_.partition()) = Ordinals(rows.size());
    arguments_.at(node_.step_from) = Column::Nodes(std::move(starts));
    SKEIN_RETURN_IF_ERROR(inner_.Start(&arguments_));
    const size_t begin = steps_.size();
    Batch found;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, inner_.Next(&found));
      if (!more) break;
      SKEIN_RETURN_IF_ERROR(TakeStep(chunk, found));
      SKEIN_RETURN_IF_ERROR(ChargeSteps());
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    const int64_t hops = chunk.hops + 1;
    if (hops >= node_.min) {
      for (size_t i = begin; i < steps_.size(); ++i) {
        if ((i - begin) % 4096 == 4095) SKEIN_RETURN_IF_ERROR(context_.Check());
        Emit(static_cast<uint32_t>(i));
      }
    }
    if (hops < node_.max) PushChunks(begin, hops);
    return absl::OkStatus();
  }

  absl::Status TakeStep(const Chunk& chunk, const Batch& found) {
    const Column& partition = found.at(inner_.partition());
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> ends, AsNodes(found.at(node_.step_to)));
    std::vector<std::vector<LinkId>> links;
    for (const Slot slot : node_.step_links) {
      SKEIN_ASSIGN_OR_RETURN(std::vector<LinkId> column, AsLinks(found.at(slot)));
      links.push_back(std::move(column));
    }
    for (size_t i = 0; i < found.rows; ++i) {
      const auto parent =
          static_cast<uint32_t>(chunk.begin) + static_cast<uint32_t>(partition.At(i).integer());
      const uint32_t row = steps_[parent].row;
      const bool allowed = std::all_of(links.begin(), links.end(), [&](const auto& column) {
        return (node_.walk || !OnWalk(parent, column[i])) && distinct_.Allows(row, column[i]);
      });
      if (!allowed || !MayVisit(parent, ends[i])) continue;
      Push({ends[i], parent, row});
      const size_t at = steps_.size() - 1;
      for (size_t l = 0; l < links.size(); ++l) links_[at * width() + l] = links[l][i];
      for (size_t c = 0; c < collected(); ++c) {
        values_[at * collected() + c] = found.at(node_.collected[c].first).At(i);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ChargeSteps() {
    const size_t bytes = steps_.capacity() * sizeof(Step) + links_.capacity() * sizeof(LinkId) +
                         values_.capacity() * sizeof(Value);
    if (bytes <= charged_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
    charged_ = bytes;
    return absl::OkStatus();
  }

  void Emit(uint32_t step) {
    const Step& s = steps_[step];
    if (node_.to_bound && targets_[s.row] != s.node) return;
    out_rows_.push_back(s.row);
    out_nodes_.push_back(s.node);
    if (!lists_ && collected() == 0) return;
    // From the start of the pattern's text to its end: a walk from the right end is read backwards.
    std::vector<uint32_t> walk;
    for (uint32_t at = step; steps_[at].parent != kRoot; at = steps_[at].parent) walk.push_back(at);
    if (!node_.reversed) std::reverse(walk.begin(), walk.end());
    if (lists_) {
      ValueList list;
      list.reserve(walk.size() * width());
      for (const uint32_t at : walk) {
        for (size_t l = 0; l < width(); ++l) list.push_back(Value::Link(links_[at * width() + l]));
      }
      out_links_.push_back(Value::List(std::move(list)));
    }
    for (size_t c = 0; c < collected(); ++c) {
      ValueList list;
      list.reserve(walk.size());
      for (const uint32_t at : walk) list.push_back(values_[at * collected() + c]);
      out_collected_[c].push_back(Value::List(std::move(list)));
    }
  }

  InnerPlan inner_;
  std::vector<Slot> carried_;  // what a step reads of the outer row
  MemoryCharge charge_;
  size_t charged_ = 0;
  Batch batch_;
  Batch arguments_;
  std::vector<NodeId> targets_;
  DistinctLinks distinct_;
  std::vector<Step> steps_;
  std::vector<LinkId> links_;
  std::vector<Value> values_;
  std::vector<Chunk> stack_;
  bool lists_ = false;
  std::vector<uint32_t> out_rows_;
  std::vector<NodeId> out_nodes_;
  std::vector<Value> out_links_;
  std::vector<std::vector<Value>> out_collected_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeRepeat(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<RepeatOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Build());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
