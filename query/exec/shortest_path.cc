// ShortestPath: one shortest path, or all of them, between two known ends.
//
// Method    Breadth-first from both ends, always the smaller frontier, one Expand a level. Each
// side
//           remembers for every vertex the links by which a shortest walk reaches it. Where the
//           sides meet the paths are put together. Which of several equally short paths is taken is
//           decided by the order of Expand, the same every time.
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

// One end's search.
struct Side {
  struct Back {
    NodeId node;
    LinkId link;
  };
  struct Seen {
    int64_t depth = 0;
    std::vector<Back> backs;  // steps towards this side's end
  };
  absl::flat_hash_map<NodeId, Seen> seen;
  std::vector<NodeId> frontier;
  int64_t depth = 0;

  void Start(NodeId node) {
    seen.clear();
    seen[node] = {};
    frontier = {node};
    depth = 0;
  }
};

class ShortestPathOperator final : public UnaryOperator {
 public:
  ShortestPathOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), charge_(context.budget()) {}
  absl::Status Compile() {
    SKEIN_RETURN_IF_ERROR(predicates_.Compile(node_.element_predicates, context_));
    return node_predicates_.Compile(node_.node_predicates, context_);
  }

  absl::Status Open() override {
    batch_.Clear();
    row_ = 0;
    tree_ = kNoNode;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    std::vector<uint32_t> picked;
    std::vector<Value> lists;
    while (picked.empty()) {
      if (row_ >= batch_.rows) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        row_ = 0;
        SKEIN_ASSIGN_OR_RETURN(from_, AsNodes(batch_.at(node_.from)));
        SKEIN_ASSIGN_OR_RETURN(to_, AsNodes(batch_.at(node_.to)));
      }
      for (; row_ < batch_.rows && lists.size() < context_.batch_rows(); ++row_) {
        SKEIN_RETURN_IF_ERROR(Search(&lists));
        picked.resize(lists.size(), row_);
      }
    }
    out->Gather(batch_, picked, live());
    out->at(node_.link) = Column::Values(std::move(lists));
    return true;
  }

 private:
  absl::Status Search(std::vector<Value>* lists) {
    const NodeId from = from_[row_];
    const NodeId to = to_[row_];
    if (from == kNoNode || to == kNoNode) return absl::OkStatus();
    if (node_.min > 1) {
      return MakeQueryError(
          ErrorClass::kSyntaxError, ErrorDetail::kInvalidArgumentValue,
          "a shortest path has a minimum of 0 or 1 links, not " + std::to_string(node_.min));
    }
    if (from == to) {
      if (node_.min == 0) lists->push_back(Value::List({}));
      return absl::OkStatus();
    }
    bool none = false;
    const ExpandOptions forward = OptionsOf(node_, context_, &none);
    if (none) return absl::OkStatus();
    if (InRun()) return SearchTree(from, to, forward, lists);
    tree_ = kNoNode;
    left_.Start(from);
    right_.Start(to);
    charge_.Release();
    ExpandOptions backward = forward;
    if (forward.direction == Direction::kOut) backward.direction = Direction::kIn;
    if (forward.direction == Direction::kIn) backward.direction = Direction::kOut;
    while (!left_.frontier.empty() && !right_.frontier.empty() &&
           left_.depth + right_.depth < node_.max) {
      const bool grow_left = left_.frontier.size() <= right_.frontier.size();
      Side& side = grow_left ? left_ : right_;
      std::vector<NodeId> meets;
      SKEIN_RETURN_IF_ERROR(
          Grow(&side, grow_left ? right_ : left_, grow_left ? forward : backward, &meets));
      if (!meets.empty()) return Join(meets, lists);
    }
    return absl::OkStatus();
  }

  // Is this row one of many neighbouring rows with one start?
  bool InRun() const {
    constexpr uint32_t kRun = 8;
    if (!predicates_.empty() || !node_predicates_.empty()) return false;
    if (tree_ == from_[row_]) return true;
    for (uint32_t i = 1; i < kRun; ++i) {
      if (row_ + i >= from_.size() || from_[row_ + i] != from_[row_]) return false;
    }
    return true;
  }

  absl::Status SearchTree(NodeId from, NodeId to, const ExpandOptions& options,
                          std::vector<Value>* lists) {
    if (tree_ != from) {
      charge_.Release();
      left_.Start(from);
      right_.seen.clear();
      tree_ = from;
    }
    std::vector<NodeId> meets;
    while (!left_.seen.contains(to) && !left_.frontier.empty() && left_.depth < node_.max) {
      SKEIN_RETURN_IF_ERROR(Grow(&left_, right_, options, &meets));
    }
    if (!left_.seen.contains(to)) return absl::OkStatus();
    right_.seen[to] = {};
    const absl::Status status = Join({to}, lists);
    right_.seen.clear();
    return status;
  }

  // One level of one side. *meets: new vertices that the other side knows, in order.
  absl::Status Grow(Side* side, const Side& other, ExpandOptions options,
                    std::vector<NodeId>* meets) {
    options.links = true;
    const std::vector<NodeId> frontier = std::exchange(side->frontier, {});
    ++side->depth;
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), frontier,
                                                                 options, context_.budget()));
    ExpandBatch found;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found));
      if (!more) break;
      std::vector<uint32_t> kept = AllRows(found.size());
      SKEIN_RETURN_IF_ERROR(Filter(found, &kept));
      const size_t before = side->frontier.size();
      for (const uint32_t i : kept) {
        const NodeId node = found.neighbour[i];
        const auto [it, added] = side->seen.try_emplace(node);
        if (added) {
          it->second.depth = side->depth;
          side->frontier.push_back(node);
          if (other.seen.contains(node)) meets->push_back(node);
        } else if (!node_.all_shortest || it->second.depth != side->depth) {
          continue;
        }
        it->second.backs.push_back({frontier[found.source[i]], found.link[i]});
      }
      SKEIN_RETURN_IF_ERROR(
          charge_.Take((side->frontier.size() - before) * (sizeof(Side::Seen) + 48)));
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    return absl::OkStatus();
  }

  absl::Status Filter(const ExpandBatch& found, std::vector<uint32_t>* kept) {
    if (predicates_.empty() && node_predicates_.empty()) return absl::OkStatus();
    Batch elements;
    elements.rows = found.size();
    if (node_.element != kNoSlot) elements.at(node_.element) = Column::Links(found.link);
    for (const Slot slot : node_.link_elements) elements.at(slot) = Column::Links(found.link);
    for (const Slot slot : node_.node_elements) elements.at(slot) = Column::Nodes(found.neighbour);
    const std::vector<uint32_t> parents(found.size(), row_);
    const Frame outer{&batch_, nullptr, nullptr};
    const Frame inner{&elements, &outer, &parents};
    SKEIN_RETURN_IF_ERROR(predicates_.Filter(inner, kept, elements.rows));
    return node_predicates_.Filter(inner, kept, elements.rows);
  }

  // Every walk from `node` back to the side's end, as links from `node` on.
  absl::Status Walks(const Side& side, NodeId node, std::vector<std::vector<LinkId>>* out) const {
    struct Open {
      NodeId node;
      std::vector<LinkId> links;
    };
    std::vector<Open> stack = {{node, {}}};
    while (!stack.empty()) {
      Open open = std::move(stack.back());
      stack.pop_back();
      const Side::Seen& seen = side.seen.at(open.node);
      if (seen.depth == 0) {
        SKEIN_RETURN_IF_ERROR(context_.budget().TakeRows(1));
        out->push_back(std::move(open.links));
        if (!node_.all_shortest) return absl::OkStatus();
        continue;
      }
      for (auto it = seen.backs.rbegin(); it != seen.backs.rend(); ++it) {
        std::vector<LinkId> links = open.links;
        links.push_back(it->link);
        stack.push_back({it->node, std::move(links)});
      }
    }
    return absl::OkStatus();
  }

  absl::Status Join(const std::vector<NodeId>& meets, std::vector<Value>* lists) {
    for (const NodeId node : meets) {
      std::vector<std::vector<LinkId>> heads;
      std::vector<std::vector<LinkId>> tails;
      SKEIN_RETURN_IF_ERROR(Walks(left_, node, &heads));
      SKEIN_RETURN_IF_ERROR(Walks(right_, node, &tails));
      for (const auto& head : heads) {
        for (const auto& tail : tails) {
          ValueList list;
          for (auto it = head.rbegin(); it != head.rend(); ++it) list.push_back(Value::Link(*it));
          for (const LinkId link : tail) list.push_back(Value::Link(link));
          lists->push_back(Value::List(std::move(list)));
          if (!node_.all_shortest) return absl::OkStatus();
          SKEIN_RETURN_IF_ERROR(charge_.Take(lists->back().HeapBytes()));
          SKEIN_RETURN_IF_ERROR(context_.Check());
        }
      }
    }
    return absl::OkStatus();
  }

  Predicates predicates_;
  Predicates node_predicates_;
  MemoryCharge charge_;
  Batch batch_;
  std::vector<NodeId> from_;
  std::vector<NodeId> to_;
  uint32_t row_ = 0;
  NodeId tree_ = kNoNode;  // left_ is a search from here without a target
  Side left_;
  Side right_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeShortestPath(const plan::Node& node, OperatorPtr input,
                                             Context& c) {
  auto out = std::make_unique<ShortestPathOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
