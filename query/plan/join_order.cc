// In which order the nodes of a pattern get their values: dynamic programming over sets of nodes.
//
// Method    The table has one entry a set of nodes: the cheapest way found to bind just these, what
//           it costs and how many rows it leaves (Selinger et al., "Access Path Selection in a
//           Relational Database Management System", 1979). A set grows by an expansion along a
//           link, by a start of its own at a node (a join where rows are there before), or is made
//           of two sets that share one node and are joined on it by hashing. Links whose ends are
//           both known close as soon as they can, whatever the order.
// Costs     In rows handled: what is touched, what is handed on, what a join holds. Rows are
//           estimated from counts of labels and types, so the rows of a set depend on the way that
//           led to it; the way kept is the cheapest, not the most exact.
// Bounds    kDynamicNodesMax nodes without values; above, and for what the table does not know
//           (links bound before, shortest paths, groups), patterns.cc goes on greedily.
#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "query/plan/builder.h"

namespace skein::plan {

namespace {

constexpr size_t kDynamicNodesMax = 9;

// Relative to a row that is copied from batch to batch, measured on the yardstick's expansions: a
// link that is only read, a row that a join keeps, a row of a scan.
constexpr double kLinkTouched = 0.2;
constexpr double kRowHeld = 2;
constexpr double kRowScanned = 0.5;
// What a seek, an expansion or a join costs before its first row.
constexpr double kCallCost = 0.25;

using Mask = uint32_t;

bool Has(Mask mask, int node) { return node < 0 || (mask >> node & 1) != 0; }

}  // namespace

class PatternPlanner::OrderTable {
 public:
  explicit OrderTable(PatternPlanner& planner) : planner_(planner) {}

  // False: not for this table.
  bool Prepare() {
    const bind::Pattern& pattern = planner_.pattern_;
    for (const bind::PatternNode& n : pattern.nodes) {
      if (!planner_.IsBound(n.slot)) nodes_.push_back(n.slot);
    }
    anything_bound_ = nodes_.size() < pattern.nodes.size();
    if (nodes_.size() < 2 || nodes_.size() > kDynamicNodesMax) return false;
    for (size_t i = 0; i < pattern.links.size(); ++i) {
      const bind::PatternLink& l = pattern.links[i];
      if (l.bound) return false;
      if (l.mode != syntax::PathMode::kAll) continue;
      links_.push_back(LinkOf(i));
    }
    for (size_t v = 0; v < nodes_.size(); ++v) {
      shares_.push_back(std::max(1e-9, planner_.Selectivity(nodes_[v])));
      starts_.push_back(planner_.BestStart(nodes_[v]));
    }
    ReadPairs();
    return true;
  }

  std::vector<OrderStep> Run() {
    const Mask full = (Mask{1} << nodes_.size()) - 1;
    table_.assign(full + 1, {});
    table_[0] = {true, 0, 1, {}};
    for (Mask mask = 0; mask < full; ++mask) {
      if (mask != 0) JoinHalves(mask);
      if (!table_[mask].known) continue;
      for (int v = 0; v < static_cast<int>(nodes_.size()); ++v) {
        if (Has(mask, v)) continue;
        for (const Link& link : links_) Expand(mask, v, link);
        Start(mask, v);
      }
    }
    JoinHalves(full);
    std::vector<OrderStep> steps;
    if (table_[full].known) Collect(full, &steps);
    return steps;
  }

 private:
  struct Link {
    size_t index = 0;
    int left = -1, right = -1;  // −1: bound before
    double out = 0, in = 0;     // links of a left (right) end, whatever the other
    bool walk = false;
  };
  struct Pair {
    Mask nodes = 0;
    double share = 1;
  };
  struct Entry {
    bool known = false;
    double cost = 0;
    double rows = 0;
    OrderStep step;
    Mask before = 0;  // the set that the step went on from
  };

  int NumberOf(Slot slot) const {
    const auto it = std::find(nodes_.begin(), nodes_.end(), slot);
    return it == nodes_.end() ? -1 : static_cast<int>(it - nodes_.begin());
  }

  Link LinkOf(size_t index) const {
    const bind::PatternLink& l = planner_.pattern_.links[index];
    Link out;
    out.index = index;
    out.left = NumberOf(l.left);
    out.right = NumberOf(l.right);
    out.walk = l.variable_length || l.group != nullptr;
    out.out = planner_.Degree(index, true);
    out.in = planner_.Degree(index, false);
    return out;
  }

  // Predicates over several nodes at once, by the nodes that they read.
  void ReadPairs() {
    for (size_t i = 0; i < planner_.pattern_.predicates.size(); ++i) {
      if (planner_.predicate_placed_[i] != 0) continue;
      const ExprRef& e = planner_.pattern_.predicates[i];
      std::set<Slot> slots;
      bind::CollectSlots(e, &slots);
      Mask nodes = 0;
      bool others = false;
      for (const Slot slot : slots) {
        const int number = NumberOf(slot);
        if (number >= 0) nodes |= Mask{1} << number;
        others |= number < 0 && !planner_.IsBound(slot);
      }
      if (others || std::popcount(nodes) < 2) continue;
      pairs_.push_back({nodes, planner_.ShareOf(e)});
    }
  }

  // Share of rows that the predicates pass which `to` makes ready and `from` did not.
  double PairShare(Mask from, Mask to) const {
    double share = 1;
    for (const Pair& pair : pairs_) {
      const bool ready = (pair.nodes & to) == pair.nodes;
      if (ready && (pair.nodes & from) != pair.nodes) share *= pair.share;
    }
    return share;
  }

  void Offer(Mask mask, Entry entry) {
    entry.known = true;
    if (!table_[mask].known || entry.cost < table_[mask].cost) table_[mask] = std::move(entry);
  }

  // Closes the links between v, which has just got its value, and what had one before; `used` led
  // to v.
  void Close(Mask mask, int v, size_t used, Entry* entry) const {
    const double all = std::max(1.0, planner_.builder_.statistics_.Nodes(""));
    for (const Link& link : links_) {
      if (link.index == used) continue;
      const bool closes = (link.left == v && (Has(mask, link.right) || link.right == v)) ||
                          (link.right == v && Has(mask, link.left));
      if (!closes) continue;
      entry->cost +=
          entry->rows * (link.walk ? link.out * 5 : 1 + kLinkTouched * std::sqrt(link.out));
      entry->rows *= std::min(1.0, link.out / all);
    }
  }

  void Expand(Mask mask, int v, const Link& link) {
    const bool from_left = link.right == v;
    const int from = from_left ? link.left : link.right;
    if ((link.left != v && link.right != v) || link.left == link.right || !Has(mask, from)) return;
    const Entry& before = table_[mask];
    const double degree = from_left ? link.out : link.in;
    const Mask to = mask | Mask{1} << v;
    Entry entry;
    entry.before = mask;
    entry.step = {OrderStep::Way::kLink, nodes_[static_cast<size_t>(v)], link.index, {}};
    entry.rows = before.rows * degree * shares_[static_cast<size_t>(v)] * PairShare(mask, to);
    entry.cost = before.cost + kCallCost + before.rows + before.rows * degree * kLinkTouched;
    Close(mask, v, link.index, &entry);
    entry.cost += entry.rows;
    Offer(to, std::move(entry));
  }

  // The cheapest access to v once the nodes of `mask` have values.
  PatternPlanner::Start StartAt(Mask mask, int v) const {
    const Slot slot = nodes_[static_cast<size_t>(v)];
    const bool pairs = std::any_of(pairs_.begin(), pairs_.end(), [mask, v](const Pair& pair) {
      return (pair.nodes >> v & 1) != 0 && (pair.nodes & (mask | Mask{1} << v)) == pair.nodes;
    });
    if (mask == 0 || !pairs) return starts_[static_cast<size_t>(v)];
    std::set<Slot>& bound = planner_.state_->bound;
    std::vector<Slot> added;
    for (size_t u = 0; u < nodes_.size(); ++u) {
      if (Has(mask, static_cast<int>(u)) && bound.insert(nodes_[u]).second)
        added.push_back(nodes_[u]);
    }
    const PatternPlanner::Start start = planner_.BestStart(slot);
    for (const Slot one : added) bound.erase(one);
    return start;
  }

  void Start(Mask mask, int v) {
    const Entry& before = table_[mask];
    const PatternPlanner::Start start = StartAt(mask, v);
    const bool seek = start.way == PatternPlanner::Start::Way::kIndex ||
                      start.way == PatternPlanner::Start::Way::kId;
    const Mask to = mask | Mask{1} << v;
    const double found =
        seek ? start.rows : std::max(1e-3, start.rows * shares_[static_cast<size_t>(v)]);
    Entry entry;
    entry.before = mask;
    entry.step = {OrderStep::Way::kStart, nodes_[static_cast<size_t>(v)], SIZE_MAX, {}};
    entry.cost = before.cost + kCallCost + start.rows * (seek ? 1 : kRowScanned);
    entry.rows = before.rows * found;
    if (mask != 0 || anything_bound_) {
      if (planner_.IsCorrelated(start)) {
        entry.cost += before.rows * (1 + start.rows);
      } else {
        // The side is found once and held; without keys all pairs are looked at.
        entry.cost += found * kRowHeld + before.rows + entry.rows * kLinkTouched;
        entry.rows *= PairShare(mask, to);
      }
    }
    Close(mask, v, SIZE_MAX, &entry);
    entry.cost += entry.rows;
    Offer(to, std::move(entry));
  }

  bool Crosses(Mask a, Mask b) const {
    return std::any_of(links_.begin(), links_.end(), [a, b](const Link& link) {
      const bool out = link.left >= 0 && Has(a, link.left) && link.right >= 0 && Has(b, link.right);
      const bool in = link.left >= 0 && Has(b, link.left) && link.right >= 0 && Has(a, link.right);
      return out || in;
    });
  }
  // A half is found by itself: nothing in it may hang on what was bound before.
  bool StandsAlone(Mask mask) const {
    return std::none_of(links_.begin(), links_.end(), [mask](const Link& link) {
      return (link.left < 0 && Has(mask, link.right)) || (link.right < 0 && Has(mask, link.left));
    });
  }

  // `mask` as two sets that share one node.
  void JoinHalves(Mask mask) {
    if (!planner_.builder_.options_.hash_joins || anything_bound_ || std::popcount(mask) < 3)
      return;
    for (int v = 0; v < static_cast<int>(nodes_.size()); ++v) {
      if (!Has(mask, v)) continue;
      const Mask shared = Mask{1} << v;
      const Mask rest = mask & ~shared;
      // All ways to part the rest, neither part empty.
      for (Mask left = (rest - 1) & rest; left != 0; left = (left - 1) & rest) {
        const Mask right = rest & ~left;
        const Entry& a = table_[left | shared];
        const Entry& b = table_[right | shared];
        if (!a.known || !b.known || Crosses(left, right) || !StandsAlone(right)) continue;
        // Products are not worth a key.
        if (!Crosses(left, shared) || !Crosses(right, shared)) continue;
        const double candidates = std::max(
            1.0, planner_.builder_.statistics_.Nodes("") * shares_[static_cast<size_t>(v)]);
        Entry entry;
        entry.before = left | shared;
        entry.rows = a.rows * b.rows / candidates * PairShare(left | shared, mask);
        entry.cost = a.cost + b.cost + 4 * kCallCost + b.rows * kRowHeld + a.rows + entry.rows;
        // A tie goes to what needs no memory.
        entry.cost *= planner_.builder_.options_.join_costs ? 1.05 : 1e-6;
        entry.step = {OrderStep::Way::kJoin, nodes_[static_cast<size_t>(v)], SIZE_MAX, {}};
        for (size_t u = 0; u < nodes_.size(); ++u) {
          if (Has(right | shared, static_cast<int>(u))) entry.step.side.insert(nodes_[u]);
        }
        Offer(mask, std::move(entry));
      }
    }
  }

  void Collect(Mask mask, std::vector<OrderStep>* steps) const {
    std::vector<Mask> ways;
    for (Mask at = mask; at != 0; at = table_[at].before) ways.push_back(at);
    for (auto it = ways.rbegin(); it != ways.rend(); ++it) steps->push_back(table_[*it].step);
  }

  PatternPlanner& planner_;
  bool anything_bound_ = false;
  std::vector<Slot> nodes_;
  std::vector<double> shares_;
  std::vector<PatternPlanner::Start> starts_;
  std::vector<Link> links_;
  std::vector<Pair> pairs_;
  std::vector<Entry> table_;
};

std::vector<OrderStep> PatternPlanner::FindOrder() {
  if (!builder_.options_.by_cost || !builder_.options_.join_order) return {};
  OrderTable table(*this);
  return table.Prepare() ? table.Run() : std::vector<OrderStep>();
}

absl::Status PatternPlanner::Follow(const OrderStep& step, bool* progress) {
  *progress = false;
  switch (step.way) {
    case OrderStep::Way::kStart:
      if (IsBound(step.node)) return absl::OkStatus();
      *progress = true;
      return PlaceAnyStart(BestStart(step.node));
    case OrderStep::Way::kLink: {
      const bind::PatternLink& l = pattern_.links[step.link];
      if (link_placed_[step.link] != 0 || IsBound(l.left) == IsBound(l.right)) {
        return absl::OkStatus();
      }
      *progress = true;
      return PlaceLink(step.link);
    }
    case OrderStep::Way::kJoin: {
      size_t bound = 0;
      for (const Slot slot : step.side) bound += IsBound(slot) ? 1 : 0;
      if (bound != 1 || !IsBound(step.node)) return absl::OkStatus();
      *progress = true;
      return PlaceJoin(step.side, step.node);
    }
  }
  return absl::OkStatus();
}

}  // namespace skein::plan
