#include "query/plan/prune.h"

#include <algorithm>
#include <set>

namespace skein::plan {

namespace {

using SlotSet = std::set<Slot>;

// What the arguments of an inner plan must carry.
void ArgumentSlots(const Node& node, Slot partition, SlotSet* out) {
  if (node.kind == NodeKind::kArgument && node.partition == partition) {
    out->insert(node.live.begin(), node.live.end());
  }
  for (const NodePtr& child : node.children) ArgumentSlots(*child, partition, out);
}

class Pruner {
 public:
  Pruner(Slot slots, bool drop) : slots_(slots), drop_(drop) {}

  void Run(Node* node, SlotSet needed) const {
    if (!drop_) {
      for (Slot s = 0; s < slots_; ++s) needed.insert(s);
    }
    node->live.assign(needed.begin(), needed.end());
    if (drop_) Drop(node, needed);
    for (const ExprRef& e : ExprsOf(*node)) PruneSubqueries(e);
    SlotSet below = needed;
    for (const Slot slot : AddedSlots(*node)) below.erase(slot);
    const std::vector<Slot> reads = ReadSlots(*node);
    below.insert(reads.begin(), reads.end());
    switch (node->kind) {
      case NodeKind::kAggregate:
        below.clear();
        below.insert(reads.begin(), reads.end());
        break;
      case NodeKind::kUnion:
        return PruneUnion(node, below);
      case NodeKind::kJoin: {
        Run(node->children[1].get(), below);
        break;
      }
      case NodeKind::kSemiJoin:
      case NodeKind::kAntiJoin: {
        SlotSet keys;
        for (const ExprRef& e : node->right_keys) bind::CollectSlots(e, &keys);
        for (const Slot slot : keys) below.erase(slot);
        Run(node->children[1].get(), std::move(keys));
        break;
      }
      case NodeKind::kApply:
      case NodeKind::kMerge:
        PruneInner(node, needed, &below);
        break;
      case NodeKind::kRepeat:
        PruneStep(node, needed, &below);
        break;
      default:
        break;
    }
    if (!node->children.empty()) Run(node->children[0].get(), below);
  }

 private:
  static void Drop(Node* node, const SlotSet& needed) {
    if (node->kind == NodeKind::kProject) {
      std::erase_if(node->items, [&needed](const auto& i) { return !needed.contains(i.slot); });
    } else if (node->kind == NodeKind::kAggregate) {
      std::erase_if(node->aggregates,
                    [&needed](const auto& i) { return !needed.contains(i.slot); });
      std::erase_if(node->carried, [&needed](Slot s) { return !needed.contains(s); });
    } else if (node->kind == NodeKind::kCreate || node->kind == NodeKind::kMerge) {
      std::erase_if(node->creation.paths,
                    [&needed](const auto& p) { return !needed.contains(p.slot); });
    }
  }

  void PruneUnion(Node* node, const SlotSet& below) const {
    for (size_t i = 0; i < node->children.size(); ++i) {
      SlotSet wanted = below;
      wanted.insert(node->part_slots[i].begin(), node->part_slots[i].end());
      Run(node->children[i].get(), std::move(wanted));
    }
  }

  void PruneInner(Node* node, const SlotSet& needed, SlotSet* below) const {
    SlotSet wanted = {node->partition};
    for (const Slot slot : AddedSlots(*node)) {
      if (needed.contains(slot) || node->kind == NodeKind::kMerge) wanted.insert(slot);
    }
    Node* inner = node->children[1].get();
    Run(inner, std::move(wanted));
    SlotSet arguments;
    ArgumentSlots(*inner, node->partition, &arguments);
    arguments.erase(node->partition);
    below->insert(arguments.begin(), arguments.end());
    if (node->kind == NodeKind::kMerge) {
      // What the creation makes is not there yet; what its ends name is.
      for (const auto& made : node->creation.nodes) below->erase(made.slot);
    }
  }

  // A step hands up its end, its links and what is collected and wanted; its start is the
  // operator's to give.
  void PruneStep(Node* node, const SlotSet& needed, SlotSet* below) const {
    if (drop_) {
      std::erase_if(node->collected,
                    [&needed](const auto& c) { return !needed.contains(c.second); });
    }
    SlotSet wanted = {node->partition, node->step_to};
    wanted.insert(node->step_links.begin(), node->step_links.end());
    for (const auto& [within, list] : node->collected) wanted.insert(within);
    Node* inner = node->children[1].get();
    Run(inner, std::move(wanted));
    SlotSet arguments;
    ArgumentSlots(*inner, node->partition, &arguments);
    arguments.erase(node->partition);
    arguments.erase(node->step_from);
    below->insert(arguments.begin(), arguments.end());
  }

  void PruneSubqueries(const ExprRef& e) const {
    bind::Walk(e, [this](const bind::Expr& expr) {
      if (expr.kind == bind::ExprKind::kSubquery && expr.subquery->plan != nullptr) {
        SlotSet wanted = {expr.subquery->partition};
        if (expr.subquery->result != kNoSlot) wanted.insert(expr.subquery->result);
        Run(expr.subquery->plan.get(), std::move(wanted));
      }
      return true;
    });
  }

  Slot slots_;
  bool drop_;
};

}  // namespace

void PruneColumns(Plan* plan, bool drop) {
  SlotSet wanted;
  for (const auto& output : plan->outputs) wanted.insert(output.slot);
  Pruner(plan->slots, drop).Run(plan->root.get(), std::move(wanted));
}

}  // namespace skein::plan
