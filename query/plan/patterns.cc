// Patterns to operators: which way to walk, when to filter; where to start is starts.cc.
//
// Method    In the order that join_order.cc has found; what that leaves, greedily: at every step
// take what leaves the fewest rows by estimate: close a link whose
//           ends are both known, expand along a link from a known end, or start anew at the node
//           that the cheapest access finds. Predicates are applied as soon as their slots have
//           values. Without by_cost the links are walked in the order of the text.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "query/plan/builder.h"

namespace skein::plan {
namespace {

using bind::ExprKind;

bool ReadsSubquery(const ExprRef& e) {
  bool found = false;
  bind::Walk(e, [&found](const bind::Expr& node) {
    found |= node.kind == ExprKind::kSubquery;
    return !found;
  });
  return found;
}

bool TypesOverlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return true;
  return std::any_of(a.begin(), a.end(), [&b](const std::string& type) {
    return std::find(b.begin(), b.end(), type) != b.end();
  });
}

bind::LinkDirection Turned(bind::LinkDirection d) {
  if (d == bind::LinkDirection::kRight) return bind::LinkDirection::kLeft;
  if (d == bind::LinkDirection::kLeft) return bind::LinkDirection::kRight;
  return d;
}

}  // namespace

PatternPlanner::PatternPlanner(Builder& builder, const bind::Pattern& pattern,
                               Builder::State* state)
    : builder_(builder),
      pattern_(pattern),
      state_(state),
      link_placed_(pattern.links.size(), 0),
      predicate_placed_(pattern.predicates.size(), 0) {}

bool PatternPlanner::Ready(const ExprRef& e, Slot extra) const {
  std::set<Slot> slots;
  bind::CollectSlots(e, &slots);
  return std::all_of(slots.begin(), slots.end(),
                     [this, extra](Slot slot) { return slot == extra || IsBound(slot); });
}

absl::Status PatternPlanner::PlacePredicates() {
  std::vector<ExprRef> cheap;
  std::vector<ExprRef> costly;
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    const ExprRef& e = pattern_.predicates[i];
    if (predicate_placed_[i] != 0 || !Ready(e)) continue;
    // A subquery per row is worth waiting for what other links leave.
    const bool subquery = ReadsSubquery(e);
    if (subquery && std::find(link_placed_.begin(), link_placed_.end(), 0) != link_placed_.end()) {
      continue;
    }
    predicate_placed_[i] = 1;
    (subquery ? costly : cheap).push_back(e);
  }
  cheap.insert(cheap.end(), costly.begin(), costly.end());
  return builder_.Filter(cheap, state_);
}

double PatternPlanner::FanOut(size_t link, bool from_left) const {
  const bind::PatternLink& l = pattern_.links[link];
  return Degree(link, from_left) * Selectivity(from_left ? l.right : l.left);
}

double PatternPlanner::Degree(size_t link, bool from_left) const {
  const bind::PatternLink& l = pattern_.links[link];
  const double nodes = std::max(1.0, builder_.statistics_.Nodes(""));
  double degree = builder_.statistics_.Links(l.types) / nodes;
  // Links of a type often leave from one label alone.
  for (const std::string& label : LabelsOf(from_left ? l.left : l.right)) {
    const double of_label = std::max(1.0, builder_.statistics_.Nodes(label));
    degree = std::max(degree, builder_.statistics_.Links(l.types) / of_label / 2);
  }
  if (l.direction == bind::LinkDirection::kBoth) degree *= 2;
  if (l.group != nullptr) degree *= static_cast<double>(l.group->links.size());
  if (l.variable_length) {
    const double hops = static_cast<double>(std::min<int64_t>(l.max, 6));
    degree = std::pow(std::max(degree, 1.1), hops);
  }
  return degree;
}

std::vector<Slot> PatternPlanner::DistinctFrom(size_t link) const {
  std::vector<Slot> out;
  const bind::PatternLink& own = pattern_.links[link];
  if (own.mode != syntax::PathMode::kAll || own.walk) return out;
  for (size_t i = 0; i < pattern_.links.size(); ++i) {
    const bind::PatternLink& other = pattern_.links[i];
    if (i == link || link_placed_[i] == 0 || other.mode != syntax::PathMode::kAll) continue;
    if (other.walk) continue;
    if (own.group != nullptr || other.group != nullptr) {
      out.push_back(other.slot);
      continue;
    }
    if (TypesOverlap(own.types, other.types)) out.push_back(other.slot);
  }
  return out;
}

// What every operator that walks the link must know of it.
void PatternPlanner::Describe(size_t index, bool from_left, Node* node) const {
  const bind::PatternLink& l = pattern_.links[index];
  node->from = from_left ? l.left : l.right;
  node->to = from_left ? l.right : l.left;
  node->reversed = !from_left;
  node->link = l.slot;
  node->direction = from_left ? l.direction : Turned(l.direction);
  node->types = l.types;
  node->min = l.min;
  node->max = l.max;
  node->element = l.element;
  node->element_predicates = l.element_predicates;
  node->distinct_links = DistinctFrom(index);
  node->walk = l.walk;
  node->restrictor = l.restrictor;
  node->valid_from = pattern_.valid_from;
  node->valid_to = pattern_.valid_to;
  builder_.windowed_ |= node->valid_from != nullptr;
}

absl::Status PatternPlanner::PlaceInto(size_t index) {
  const bind::PatternLink& l = pattern_.links[index];
  if (l.group != nullptr) return PlaceRepeat(index, true, true);
  if (l.variable_length) {
    SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kVarExpand, state_));
    Describe(index, true, node);
    node->to_bound = true;
  } else {
    SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kExpandInto, state_));
    Describe(index, true, node);
    node->estimated_rows *=
        std::min(1.0, FanOut(index, true) / std::max(1.0, builder_.statistics_.Nodes("")));
  }
  link_placed_[index] = 1;
  state_->bound.insert(l.slot);
  return PlacePredicates();
}

absl::Status PatternPlanner::PlaceExpand(size_t index, bool from_left) {
  const bind::PatternLink& l = pattern_.links[index];
  if (l.group != nullptr) return PlaceRepeat(index, from_left, false);
  const double fan_out = FanOut(index, from_left);
  SKEIN_ASSIGN_OR_RETURN(
      Node * node,
      builder_.Add(l.variable_length ? NodeKind::kVarExpand : NodeKind::kExpand, state_));
  Describe(index, from_left, node);
  node->estimated_rows = std::max(1.0, node->estimated_rows * std::max(fan_out, 0.01));
  link_placed_[index] = 1;
  state_->bound.insert(l.slot);
  state_->bound.insert(node->to);
  return PlacePredicates();
}

absl::Status PatternPlanner::PlaceLink(size_t index) {
  const bind::PatternLink& l = pattern_.links[index];
  if (l.bound && !l.variable_length) {
    SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kLinkEnds, state_));
    node->from = l.left;
    node->to = l.right;
    node->from_bound = IsBound(l.left);
    node->to_bound = IsBound(l.right) || l.left == l.right;
    node->link = l.slot;
    node->direction = l.direction;
    node->types = l.types;
    node->distinct_links = DistinctFrom(index);
    link_placed_[index] = 1;
    state_->bound.insert({l.left, l.right});
    if (pattern_.valid_from != nullptr) {
      SKEIN_RETURN_IF_ERROR(builder_.Filter({HeldThen(l.slot)}, state_));
    }
    return PlacePredicates();
  }
  const bool left = IsBound(l.left);
  const bool right = IsBound(l.right);
  if (l.bound) {
    // A list of links bound before: walk any links from a known end and compare the lists.
    const Slot slot = builder_.NewSlot("#walk");
    SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kVarExpand, state_));
    Describe(index, left || !right, node);
    node->distinct_links.clear();
    node->to_bound = left && right;
    node->link = slot;
    link_placed_[index] = 1;
    state_->bound.insert({slot, node->to});
    SKEIN_RETURN_IF_ERROR(builder_.Filter(
        {bind::MakeComparison(bind::MakeSlot(slot, {}), syntax::ComparisonOp::kEqual,
                              bind::MakeSlot(l.slot, {}))},
        state_));
    return PlacePredicates();
  }
  if (left && right) {
    return l.mode == syntax::PathMode::kAll ? PlaceInto(index) : PlaceShortest(index);
  }
  return PlaceExpand(index, left);
}

absl::Status PatternPlanner::PlaceReadyLinks(bool* progress) {
  *progress = false;
  for (size_t i = 0; i < pattern_.links.size(); ++i) {
    const bind::PatternLink& l = pattern_.links[i];
    if (link_placed_[i] != 0) continue;
    const bool known_link = l.bound && !l.variable_length;
    if (!known_link && !(IsBound(l.left) && IsBound(l.right))) continue;
    // Between two known ends a walk of any length is dear: single links first.
    if (l.variable_length && l.mode == syntax::PathMode::kAll) continue;
    SKEIN_RETURN_IF_ERROR(PlaceLink(i));
    *progress = true;
  }
  return absl::OkStatus();
}

absl::Status PatternPlanner::PlaceStart(const Start& start) {
  NodeKind kind = NodeKind::kScanNodes;
  if (start.way == Start::Way::kIndex) kind = NodeKind::kSeekIndex;
  if (start.way == Start::Way::kId) kind = NodeKind::kSeekIds;
  SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(kind, state_));
  node->to = start.node;
  node->label = start.label;
  node->labels = start.labels;
  node->index_ids = start.indexes;
  node->exprs = start.values;
  if (kind == NodeKind::kSeekIndex) {
    node->index_keys = start.keys;
    node->seek_low = start.low;
    node->seek_high = start.high;
    node->seek_center = start.center;
    node->seek_extent = start.extent;
    node->seek_box = start.box;
    node->low_inclusive = start.low_inclusive;
    node->high_inclusive = start.high_inclusive;
  }
  node->estimated_rows *= std::max(1.0, start.rows);
  state_->bound.insert(start.node);
  MarkAnswered(start);
  return PlacePredicates();
}

bool PatternPlanner::Best(Start* start, size_t* link, bool* from_left) const {
  double best = 0;
  bool found = false;
  *link = SIZE_MAX;
  for (size_t i = 0; i < pattern_.links.size(); ++i) {
    if (link_placed_[i] != 0) continue;
    const bind::PatternLink& l = pattern_.links[i];
    // Shortest paths wait until both ends are known.
    if (l.mode != syntax::PathMode::kAll) continue;
    const bool left = IsBound(l.left);
    const bool right = IsBound(l.right);
    if (!left && !right) continue;
    double cost = FanOut(i, left);
    if (left && right) cost /= std::max(1.0, builder_.statistics_.Nodes(""));
    if (!found || cost < best) {
      best = cost;
      *link = i;
      *from_left = left;
      found = true;
    }
  }
  if (found && !builder_.options_.by_cost) return true;
  const bool anything_bound = found;
  for (const bind::PatternNode& n : pattern_.nodes) {
    if (IsBound(n.slot)) continue;
    const Start s = BestStart(n.slot);
    double cost = s.rows * Selectivity(n.slot);
    if (s.way == Start::Way::kIndex || s.way == Start::Way::kId) cost = s.rows;
    // A second start multiplies rows, and its links must be joined afterwards: only where it is
    // all but free.
    if (anything_bound && cost > 1) continue;
    if (anything_bound && best <= 10) continue;
    if (!found || cost < best) {
      best = cost;
      *link = SIZE_MAX;
      *start = s;
      found = true;
      if (!builder_.options_.by_cost) return true;
    }
  }
  return found;
}

std::set<Slot> PatternPlanner::Component(Slot node) const {
  std::set<Slot> out = {node};
  bool grown = true;
  while (grown) {
    grown = false;
    for (size_t i = 0; i < pattern_.links.size(); ++i) {
      const bind::PatternLink& l = pattern_.links[i];
      if (link_placed_[i] != 0 || l.mode != syntax::PathMode::kAll) continue;
      if (out.contains(l.left) == out.contains(l.right)) continue;
      if (IsBound(l.left) || IsBound(l.right) || ReadsOutside(l)) continue;
      out.insert({l.left, l.right});
      grown = true;
    }
  }
  return out;
}

PatternPlanner::JoinSide PatternPlanner::SplitOff(const std::set<Slot>& component) const {
  JoinSide side;
  side.slots = component;
  side.part.valid_from = pattern_.valid_from;
  side.part.valid_to = pattern_.valid_to;
  for (const bind::PatternNode& n : pattern_.nodes) {
    if (component.contains(n.slot)) side.part.nodes.push_back(n);
  }
  for (size_t i = 0; i < pattern_.links.size(); ++i) {
    const bind::PatternLink& l = pattern_.links[i];
    if (link_placed_[i] == 0 && l.mode == syntax::PathMode::kAll && component.contains(l.left) &&
        component.contains(l.right) && !l.bound && !ReadsOutside(l)) {
      side.part.links.push_back(l);
      side.slots.insert(l.slot);
      if (l.group == nullptr) continue;
      for (const auto& [within, list] : l.group->collected) side.slots.insert(list);
    }
  }
  const auto inside = [](const std::set<Slot>& read, const std::set<Slot>& all) {
    return std::includes(all.begin(), all.end(), read.begin(), read.end());
  };
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    if (predicate_placed_[i] != 0) continue;
    const ExprRef& e = pattern_.predicates[i];
    std::set<Slot> read;
    bind::CollectSlots(e, &read);
    if (!read.empty() && inside(read, side.slots)) {
      side.part.predicates.push_back(e);
      side.predicates.push_back(i);
      continue;
    }
    if (e->kind != ExprKind::kComparison || e->comparisons.size() != 1 ||
        e->comparisons[0] != syntax::ComparisonOp::kEqual) {
      continue;
    }
    for (const size_t own : {size_t{0}, size_t{1}}) {
      std::set<Slot> mine;
      std::set<Slot> theirs;
      bind::CollectSlots(e->args[own], &mine);
      bind::CollectSlots(e->args[1 - own], &theirs);
      if (mine.empty() || theirs.empty() || !inside(mine, side.slots)) continue;
      if (!inside(theirs, state_->bound)) continue;
      side.right_keys.push_back(e->args[own]);
      side.left_keys.push_back(e->args[1 - own]);
      break;
    }
  }
  return side;
}

void PatternPlanner::Unshare(Slot shared, JoinSide* side) {
  const Slot own = builder_.NewSlot(builder_.slot_names()[shared]);
  const auto renamed = [shared, own](const ExprRef& whole) {
    return bind::Transform(whole, [shared, own](const ExprRef& e) -> ExprRef {
      if (e->kind != ExprKind::kSlot || e->slot != shared) return nullptr;
      return bind::MakeSlot(own, e->type, e->position);
    });
  };
  // A subquery is planned and reads the slot that it was bound to: it stays with the left side.
  std::vector<size_t> moved;
  for (size_t i = 0; i < side->predicates.size(); ++i) {
    if (!ReadsSubquery(side->part.predicates[i])) moved.push_back(i);
  }
  for (size_t i = 0; i < moved.size(); ++i) {
    side->predicates[i] = side->predicates[moved[i]];
    side->part.predicates[i] = side->part.predicates[moved[i]];
  }
  side->predicates.resize(moved.size());
  side->part.predicates.resize(moved.size());
  for (size_t i = side->right_keys.size(); i-- > 0;) {
    if (!ReadsSubquery(side->right_keys[i])) continue;
    side->left_keys.erase(side->left_keys.begin() + static_cast<ptrdiff_t>(i));
    side->right_keys.erase(side->right_keys.begin() + static_cast<ptrdiff_t>(i));
  }
  // What is asked of the node alone narrows this side too.
  for (const ExprRef& e : pattern_.predicates) {
    std::set<Slot> read;
    bind::CollectSlots(e, &read);
    const bool alone = read.size() == 1 && *read.begin() == shared;
    if (alone && !bind::IsVolatile(e) && !ReadsSubquery(e)) side->part.predicates.push_back(e);
  }
  for (auto* list : {&side->part.predicates, &side->left_keys, &side->right_keys}) {
    const bool mine = list != &side->left_keys;
    for (ExprRef& e : *list) e = mine ? renamed(e) : e;
  }
  for (bind::PatternNode& n : side->part.nodes) {
    if (n.slot == shared) n = {own, false};
  }
  for (bind::PatternLink& l : side->part.links) {
    if (l.left == shared) l.left = own;
    if (l.right == shared) l.right = own;
  }
  const bind::Type node = bind::Type::Of(bind::Kinds::kNode);
  side->left_keys.push_back(bind::MakeSlot(shared, node));
  side->right_keys.push_back(bind::MakeSlot(own, node));
}

// Plans a component that shares nothing with what is placed so far but equality predicates on its
// own (and perhaps one node), and joins the two by hashing.
absl::Status PatternPlanner::PlaceJoin(const std::set<Slot>& component, Slot shared) {
  JoinSide split = SplitOff(component);
  if (shared != kNoSlot) Unshare(shared, &split);
  const std::set<Slot>& inner_slots = split.slots;
  Builder::State side;
  // A leaf of its own: the side is the same for every outer row.
  side.plan = std::make_unique<Node>(NodeKind::kArgument);
  PatternPlanner planner(builder_, split.part, &side);
  SKEIN_RETURN_IF_ERROR(planner.Run());
  for (const size_t i : split.predicates) predicate_placed_[i] = 1;
  for (size_t i = 0; i < pattern_.links.size(); ++i) {
    if (inner_slots.contains(pattern_.links[i].slot)) link_placed_[i] = 1;
  }
  std::vector<std::pair<Slot, Slot>> distinct;
  for (size_t i = 0; i < pattern_.links.size(); ++i) {
    if (!inner_slots.contains(pattern_.links[i].slot)) continue;
    for (const Slot other : DistinctFrom(i)) {
      if (!inner_slots.contains(other)) distinct.emplace_back(pattern_.links[i].slot, other);
    }
  }
  SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kJoin, state_));
  node->left_keys = std::move(split.left_keys);
  node->right_keys = std::move(split.right_keys);
  node->estimated_rows *=
      std::max(1.0, side.plan->estimated_rows * (node->left_keys.empty() ? 1.0 : 0.01));
  node->children.push_back(std::move(side.plan));
  state_->bound.insert(side.bound.begin(), side.bound.end());
  if (!distinct.empty()) {
    // Links of one MATCH differ, also across its parts.
    SKEIN_ASSIGN_OR_RETURN(Node * check, builder_.Add(NodeKind::kFilter, state_));
    for (const auto& [a, b] : distinct) check->distinct_pairs.emplace_back(a, b);
  }
  return PlacePredicates();
}

bool PatternPlanner::IsCorrelated(const Start& start) {
  const auto varies = [](const ExprRef& e) { return e != nullptr && !bind::IsConstant(e); };
  return std::any_of(start.values.begin(), start.values.end(), varies) || varies(start.low) ||
         varies(start.high) || varies(start.center) || varies(start.extent);
}

absl::Status PatternPlanner::PlaceAnyStart(const Start& start) {
  // Inside an Apply the argument is a batch of outer rows: scanning once for each is a product.
  const bool rows_before =
      state_->plan->kind != NodeKind::kArgument || state_->plan->partition != kNoSlot;
  if (!rows_before || !builder_.options_.hash_joins || IsCorrelated(start)) {
    return PlaceStart(start);
  }
  return PlaceJoin(Component(start.node));
}

absl::Status PatternPlanner::Run() {
  for (const bind::PatternNode& n : pattern_.nodes) {
    if (n.bound) state_->bound.insert(n.slot);
  }
  SKEIN_RETURN_IF_ERROR(PlacePredicates());
  const std::vector<OrderStep> order = FindOrder();
  size_t next = 0;
  for (;;) {
    bool progress = false;
    SKEIN_RETURN_IF_ERROR(PlaceReadyLinks(&progress));
    if (progress) continue;
    if (next < order.size()) {
      SKEIN_RETURN_IF_ERROR(Follow(order[next++], &progress));
      continue;
    }
    Start start;
    size_t link = SIZE_MAX;
    bool from_left = true;
    if (!Best(&start, &link, &from_left)) break;
    SKEIN_RETURN_IF_ERROR(link != SIZE_MAX ? PlaceLink(link) : PlaceAnyStart(start));
  }
  // Predicates whose subqueries waited; paths are made last, and only where somebody reads them.
  for (const bind::PatternPath& path : pattern_.paths) {
    SKEIN_ASSIGN_OR_RETURN(Node * node, builder_.Add(NodeKind::kProject, state_));
    node->items.push_back({"", path.value, path.slot});
    state_->bound.insert(path.slot);
  }
  SKEIN_RETURN_IF_ERROR(PlacePredicates());
  return absl::OkStatus();
}

}  // namespace skein::plan
