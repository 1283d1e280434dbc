// path_length: who asks a path for nothing but its length needs no path.
//
//   length(p)      of p = (a)-[r*]-(b) is size(r), known beside p; p goes if nobody else reads it
//   size(r)        of a shortest path's links, if nobody else reads r, needs no link either
//
// Right     The path is null where its list of links is. A statement that writes is left alone:
//           what it deletes is an error to read.
#include <algorithm>
#include <map>
#include <utility>

#include "query/plan/prune.h"
#include "query/plan/slots.h"
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::Expr;
using bind::ExprKind;
using bind::ExprRef;
using plan::Node;
using plan::NodeKind;
using plan::Slot;

bool IsCallOf(const Expr& e, std::string_view function) {
  return e.kind == ExprKind::kFunction && e.function->name == function && e.args.size() == 1 &&
         e.args[0]->kind == ExprKind::kSlot;
}

// Does the slot hold a list of links, by who makes it below?
bool IsWalk(const Node& node, Slot slot) {
  const bool walks = node.kind == NodeKind::kVarExpand || node.kind == NodeKind::kShortestPath;
  if (walks && node.link == slot) return true;
  return !node.children.empty() && IsWalk(*node.children[0], slot);
}

// Rows pass through these one by one, with all their columns.
bool Passes(NodeKind kind) {
  return kind == NodeKind::kProject || kind == NodeKind::kFilter || kind == NodeKind::kSort ||
         kind == NodeKind::kTop || kind == NodeKind::kSkip || kind == NodeKind::kLimit ||
         kind == NodeKind::kUnwind;
}

class Lengths {
 public:
  explicit Lengths(Plan* plan) : plan_(plan) {}

  void Visit(Node* node) {
    paths_.clear();
    for (auto& child : node->children) Visit(child.get());
    if (!Passes(node->kind)) paths_.clear();
    plan::ReplaceExprs(node, [this](const ExprRef& whole) {
      return bind::Transform(whole, [this](const ExprRef& e) -> ExprRef {
        if (!IsCallOf(*e, "length")) return nullptr;
        const auto found = paths_.find(e->args[0]->slot);
        return found == paths_.end() ? nullptr : LengthOf(&found->second, *e);
      });
    });
    if (node->kind == NodeKind::kProject) NotePaths(node);
  }

 private:
  struct Path {
    Node* project = nullptr;
    Slot links = bind::kNoSlot;
    Slot length = bind::kNoSlot;
  };

  void NotePaths(Node* project) {
    for (const auto& item : project->items) {
      paths_.erase(item.slot);
      const Expr& e = *item.expr;
      if (e.kind != ExprKind::kPath || e.args.size() != 3) continue;
      if (e.args[1]->kind != ExprKind::kSlot || !IsWalk(*project, e.args[1]->slot)) continue;
      paths_[item.slot] = {project, e.args[1]->slot, bind::kNoSlot};
    }
  }

  ExprRef LengthOf(Path* path, const Expr& call) {
    const bind::Type integer = bind::Type::Of(bind::Kinds::kInteger);
    if (path->length == bind::kNoSlot) {
      path->length = plan::AddSlot(plan_, "#length");
      auto size = std::make_shared<Expr>(call);
      size->function = functions::AllFunctions().Find("size");
      size->type = integer;
      size->args = {bind::MakeSlot(path->links, bind::Type::Of(bind::Kinds::kList))};
      bind::ProjectItem item;
      item.slot = path->length;
      item.name = "#length";
      item.expr = std::move(size);
      path->project->items.push_back(std::move(item));
    }
    return bind::MakeSlot(path->length, integer, call.position);
  }

  Plan* plan_;
  std::map<Slot, Path> paths_;  // of the rows of the node visited last
};

// Does the expression read the slot otherwise than as size(slot)?
bool ReadsElements(const ExprRef& whole, Slot slot) {
  bool reads = false;
  bind::Walk(whole, [&reads, slot](const Expr& e) {
    if (e.kind == ExprKind::kSlot && e.slot == slot) reads = true;
    // Of an expression inside, the slots are its own affair: whatever it reads counts.
    if (e.kind == ExprKind::kSubquery) reads = true;
    return !(IsCallOf(e, "size") && e.args[0]->slot == slot);
  });
  return reads;
}

// A shortest path right below a projection that is the only one to read its links.
void LeaveLinks(Node* project) {
  if (project->kind != NodeKind::kProject) return;
  Node& path = *project->children[0];
  if (path.kind != NodeKind::kShortestPath || path.selected || path.all_shortest) return;
  const auto& live = project->live;
  if (std::find(live.begin(), live.end(), path.link) != live.end()) return;
  path.only_size =
      std::none_of(project->items.begin(), project->items.end(),
                   [&path](const auto& item) { return ReadsElements(item.expr, path.link); });
}

}  // namespace

absl::Status PathLength(Plan* plan, const PlanOptions& /*options*/) {
  if (plan->writes) return absl::OkStatus();
  Lengths(plan).Visit(plan->root.get());
  plan::PruneColumns(plan, true);
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) { LeaveLinks(at->get()); });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
