// ShortestPath: one shortest path, or all of them, between two known ends.
//
// Method    All: breadth-first from both ends, always the smaller frontier, one Expand a level.
// Each
//           side remembers for every vertex the steps by which a shortest walk reaches it. Where
//           the sides meet the paths are put together.
// One path  paths/one_path.h; or, for many rows with one start, a tree of all shortest ways from
//           it, grown as far as the rows ask. Which of several equally short paths is taken is
//           decided by the order of Expand, the same every time.
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "query/exec/paths/one_path.h"
#include "query/exec/paths/shortest_trails.h"
#include "query/exec/time_windows.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

// One end's search: vertices by number, in the order in which they were found.
struct Side {
  // A step towards this side's end; kNoLink where links are not read on the way.
  struct Step {
    uint32_t to = kNone;  // vertex
    LinkId link = kNoLink;
    uint32_t next = kNone;  // another step from the same vertex
  };
  struct Vertex {
    NodeId node{};
    int32_t depth = 0;
    uint32_t first = kNone, last = kNone;  // steps
  };
  absl::flat_hash_map<NodeId, uint32_t> numbers;
  std::vector<Vertex> vertices;
  std::vector<Step> steps;
  size_t frontier = 0;  // vertices from here on
  int32_t depth = 0;

  void Start(NodeId node) {
    Clear();
    numbers[node] = 0;
    vertices.push_back({node});
  }
  void Clear() {
    numbers.clear();
    vertices.clear();
    steps.clear();
    frontier = 0;
    depth = 0;
  }
  bool Knows(NodeId node) const { return numbers.contains(node); }
  size_t frontier_size() const { return vertices.size() - frontier; }
  void AddStep(uint32_t vertex, uint32_t to, LinkId link) {
    const auto step = static_cast<uint32_t>(steps.size());
    steps.push_back({to, link, kNone});
    Vertex& v = vertices[vertex];
    (v.first == kNone ? v.first : steps[v.last].next) = step;
    v.last = step;
  }
};

// A walk from where the sides meet to a side's end: vertices and the links between them.
struct Walk {
  std::vector<NodeId> nodes;
  std::vector<LinkId> links;
};

class ShortestPathOperator final : public UnaryOperator {
 public:
  ShortestPathOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        charge_(context.budget()),
        one_path_(context),
        trails_(context) {}
  absl::Status Compile() {
    SKEIN_RETURN_IF_ERROR(windows_.Compile(node_, context_));
    SKEIN_RETURN_IF_ERROR(predicates_.Compile(node_.element_predicates, context_));
    SKEIN_RETURN_IF_ERROR(node_predicates_.Compile(node_.node_predicates, context_));
    return absl::OkStatus();
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
        SKEIN_RETURN_IF_ERROR(windows_.Reset(batch_));
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
    if (node_.selected) {
      const bool one = node_.count == 1 && node_.min <= 1 && from != to;
      if (!one) return SearchTrails(from, to, lists);
    } else if (node_.min > 1) {
      return MakeQueryError(
          ErrorClass::kSyntaxError, ErrorDetail::kInvalidArgumentValue,
          "a shortest path has a minimum of 0 or 1 links, not " + std::to_string(node_.min));
    }
    if (from == to) {
      if (node_.min == 0) lists->push_back(Value::List({}));
      return absl::OkStatus();
    }
    bool none = false;
    SKEIN_ASSIGN_OR_RETURN(forward_, WindowedOptionsOf(node_, context_, &none));
    if (none) return absl::OkStatus();
    windows_.Apply(row_, &forward_);
    backward_ = Backward(forward_);
    if (!node_.all_shortest) {
      return InRun() ? SearchTree(from, to, lists) : SearchOne(from, to, lists);
    }
    left_.Start(from);
    right_.Start(to);
    charge_.Release();
    while (left_.frontier_size() > 0 && right_.frontier_size() > 0 &&
           left_.depth + right_.depth < node_.max) {
      const bool grow_left = left_.frontier_size() <= right_.frontier_size();
      std::vector<NodeId> meets;
      SKEIN_RETURN_IF_ERROR(grow_left ? Grow(&left_, right_, forward_, &meets)
                                      : Grow(&right_, left_, backward_, &meets));
      if (!meets.empty()) return Join(meets, lists);
    }
    return absl::OkStatus();
  }

  absl::Status SearchOne(NodeId from, NodeId to, std::vector<Value>* lists) {
    const OnePath::Filter filter = [this](const ExpandBatch& batch, std::vector<uint32_t>* kept) {
      return Filter(batch, kept);
    };
    OnePath::Options options;
    options.forward = forward_;
    options.backward = backward_;
    options.max = node_.max;
    options.forward.any_order = options.backward.any_order = node_.only_size;
    if (!predicates_.empty() || !node_predicates_.empty()) options.filter = &filter;
    std::vector<NodeId> nodes;
    SKEIN_RETURN_IF_ERROR(one_path_.Search(from, to, options, &nodes));
    if (nodes.empty()) return absl::OkStatus();
    if (node_.only_size) {
      lists->push_back(Value::List(ValueList(nodes.size() - 1)));
      return absl::OkStatus();
    }
    std::vector<LinkId> links;
    SKEIN_RETURN_IF_ERROR(one_path_.ReadLinks(options, nodes, &links));
    lists->push_back(ListOf(links));
    return absl::OkStatus();
  }

  static Value ListOf(const std::vector<LinkId>& links) {
    ValueList list;
    list.reserve(links.size());
    for (const LinkId link : links) list.push_back(Value::Link(link));
    return Value::List(std::move(list));
  }

  // SHORTEST k and its like, where one breadth-first search does not answer.
  absl::Status SearchTrails(NodeId from, NodeId to, std::vector<Value>* lists) {
    bool none = false;
    ShortestTrails::Options options;
    SKEIN_ASSIGN_OR_RETURN(options.forward, WindowedOptionsOf(node_, context_, &none));
    if (none) {
      if (node_.min == 0 && from == to) lists->push_back(Value::List({}));
      return absl::OkStatus();
    }
    options.backward = Backward(options.forward);
    options.min = node_.min;
    options.max = node_.max;
    options.walk = node_.walk;
    options.groups = node_.groups;
    options.count = node_.count;
    std::vector<std::vector<LinkId>> found;
    SKEIN_RETURN_IF_ERROR(trails_.Search(
        from, to, options,
        [this](const ExpandBatch& batch, std::vector<uint32_t>* kept) {
          return Filter(batch, kept);
        },
        &found));
    for (const std::vector<LinkId>& links : found) lists->push_back(ListOf(links));
    return absl::OkStatus();
  }

  static ExpandOptions Backward(const ExpandOptions& forward) {
    ExpandOptions backward = forward;
    if (forward.direction == Direction::kOut) backward.direction = Direction::kIn;
    if (forward.direction == Direction::kIn) backward.direction = Direction::kOut;
    return backward;
  }

  // Is this row one of many neighbouring rows with one start?
  bool InRun() const {
    constexpr uint32_t kRun = 8;
    if (!predicates_.empty() || !node_predicates_.empty() || !windows_.empty()) return false;
    if (tree_ == from_[row_]) return true;
    for (uint32_t i = 1; i < kRun; ++i) {
      if (row_ + i >= from_.size() || from_[row_ + i] != from_[row_]) return false;
    }
    return true;
  }

  absl::Status SearchTree(NodeId from, NodeId to, std::vector<Value>* lists) {
    if (tree_ != from) {
      charge_.Release();
      left_.Start(from);
      right_.Clear();
      tree_ = from;
    }
    std::vector<NodeId> meets;
    while (!left_.Knows(to) && left_.frontier_size() > 0 && left_.depth < node_.max) {
      SKEIN_RETURN_IF_ERROR(Grow(&left_, right_, forward_, &meets));
    }
    if (!left_.Knows(to)) return absl::OkStatus();
    right_.Start(to);
    const absl::Status status = Join({to}, lists);
    right_.Clear();
    return status;
  }

  // One level of one side. *meets: new vertices that the other side knows, in order.
  absl::Status Grow(Side* side, const Side& other, ExpandOptions options,
                    std::vector<NodeId>* meets) {
    options.links = node_.all_shortest;
    const auto begin = static_cast<uint32_t>(side->frontier);
    std::vector<NodeId> frontier;
    frontier.reserve(side->frontier_size());
    for (size_t i = begin; i < side->vertices.size(); ++i) {
      frontier.push_back(side->vertices[i].node);
    }
    side->frontier = side->vertices.size();
    ++side->depth;
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), frontier,
                                                                 options, context_.budget()));
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found_));
      if (!more) break;
      const size_t before = side->vertices.size();
      if (predicates_.empty() && node_predicates_.empty()) {
        for (size_t i = 0; i < found_.size(); ++i) Take(side, other, begin, i, meets);
      } else {
        std::vector<uint32_t> kept = AllRows(found_.size());
        SKEIN_RETURN_IF_ERROR(Filter(found_, &kept));
        for (const uint32_t i : kept) Take(side, other, begin, i, meets);
      }
      // 48: an entry of the map at its usual load, and a step.
      SKEIN_RETURN_IF_ERROR(
          charge_.Take((side->vertices.size() - before) * (sizeof(Side::Vertex) + 48)));
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    return absl::OkStatus();
  }

  // Row i of found_, which vertex begin + source found.
  void Take(Side* side, const Side& other, uint32_t begin, size_t i,
            std::vector<NodeId>* meets) const {
    const NodeId node = found_.neighbour[i];
    const auto [it, added] =
        side->numbers.try_emplace(node, static_cast<uint32_t>(side->vertices.size()));
    if (added) {
      side->vertices.push_back({node, side->depth});
      if (other.Knows(node)) meets->push_back(node);
    } else if (!node_.all_shortest || side->vertices[it->second].depth != side->depth) {
      return;
    }
    side->AddStep(it->second, begin + found_.source[i],
                  node_.all_shortest ? found_.link[i] : kNoLink);
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

  // Every walk from `node` back to the side's end.
  absl::Status Walks(const Side& side, NodeId node, const ExpandOptions& options,
                     std::vector<Walk>* out) {
    struct Open {
      uint32_t vertex;
      Walk walk;
    };
    std::vector<Open> stack = {{side.numbers.at(node), {{node}, {}}}};
    while (!stack.empty()) {
      Open open = std::move(stack.back());
      stack.pop_back();
      const Side::Vertex& vertex = side.vertices[open.vertex];
      if (vertex.depth == 0) {
        SKEIN_RETURN_IF_ERROR(context_.budget().TakeRows(1));
        out->push_back(std::move(open.walk));
        if (!node_.all_shortest) break;
        continue;
      }
      const size_t first = stack.size();
      for (uint32_t i = vertex.first; i != kNone; i = side.steps[i].next) {
        const Side::Step& step = side.steps[i];
        Walk walk = open.walk;
        walk.nodes.push_back(side.vertices[step.to].node);
        walk.links.push_back(step.link);
        stack.push_back({step.to, std::move(walk)});
      }
      std::reverse(stack.begin() + static_cast<ptrdiff_t>(first), stack.end());
    }
    return node_.all_shortest ? absl::OkStatus() : FindLinks(options, out);
  }

  // The links of walks along which none was read.
  absl::Status FindLinks(const ExpandOptions& options, std::vector<Walk>* walks) {
    for (Walk& walk : *walks) {
      const std::vector<NodeId> nodes(walk.nodes.rbegin(), walk.nodes.rend());
      walk.links.clear();
      SKEIN_RETURN_IF_ERROR(one_path_.FirstLinks(options, nodes, &walk.links));
      std::reverse(walk.links.begin(), walk.links.end());
    }
    return absl::OkStatus();
  }

  absl::Status Join(const std::vector<NodeId>& meets, std::vector<Value>* lists) {
    for (const NodeId node : meets) {
      std::vector<Walk> heads;
      std::vector<Walk> tails;
      SKEIN_RETURN_IF_ERROR(Walks(left_, node, forward_, &heads));
      SKEIN_RETURN_IF_ERROR(Walks(right_, node, backward_, &tails));
      for (const Walk& head : heads) {
        for (const Walk& tail : tails) {
          ValueList list;
          list.reserve(head.links.size() + tail.links.size());
          for (auto it = head.links.rbegin(); it != head.links.rend(); ++it) {
            list.push_back(Value::Link(*it));
          }
          for (const LinkId link : tail.links) list.push_back(Value::Link(link));
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
  TimeWindows windows_;
  ExpandOptions forward_, backward_;
  ExpandBatch found_;
  MemoryCharge charge_;
  OnePath one_path_;
  ShortestTrails trails_;
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
