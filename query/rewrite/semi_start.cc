// semi_start: where few vertices are left by a semi-join, the walk starts with them and the scan
// that gave all is gone.
//
//   SemiJoin  p = p'                     …
//     …                                    Filter  p:Person
//       ScanNodes (p:Person)        →        Project  p' AS p
//     (right)                                  Distinct  p'
//                                                (right)
//
// Right     what lies between looks at one row at a time, and p comes from the scan as it is.
//           Distinct gives each vertex once, as the scan did.
#include <algorithm>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using plan::Node;
using plan::NodeKind;
using plan::NodePtr;

// Looks at one row at a time, and gives rows of it in any number.
bool IsRowByRow(const Node& node) {
  switch (node.kind) {
    case NodeKind::kFilter:
    case NodeKind::kProject:
    case NodeKind::kExpand:
    case NodeKind::kExpandInto:
    case NodeKind::kVarExpand:
    case NodeKind::kDegree:
    case NodeKind::kSemiJoin:
    case NodeKind::kAntiJoin:
      return true;
    default:
      return false;
  }
}

void Visit(NodePtr* at) {
  Node& join = **at;
  if (join.kind != NodeKind::kSemiJoin || join.left_keys.size() != 1) return;
  const plan::ExprRef left = join.left_keys[0];
  NodePtr* below = &join.children[0];
  while (IsRowByRow(**below)) below = &(*below)->children[0];
  Node& scan = **below;
  if (scan.kind != NodeKind::kScanNodes || scan.to != left->slot) return;
  const Node& leaf = *scan.children[0];
  if (leaf.kind != NodeKind::kArgument || leaf.partition != plan::kNoSlot) return;
  const double found = join.children[1]->estimated_rows;
  if (found >= scan.estimated_rows) return;

  auto distinct = std::make_unique<Node>(NodeKind::kDistinct);
  distinct->keys = {join.right_keys[0]->slot};
  distinct->estimated_rows = found;
  distinct->children.push_back(std::move(join.children[1]));
  auto start = std::make_unique<Node>(NodeKind::kProject);
  start->items.push_back({"", join.right_keys[0], left->slot});
  start->estimated_rows = found;
  start->children.push_back(std::move(distinct));
  if (!scan.label.empty()) {
    auto label = std::make_shared<bind::LabelTree>();
    label->name = scan.label;
    auto filter = std::make_unique<Node>(NodeKind::kFilter);
    filter->exprs = {bind::MakeLabelTest(left, std::move(label))};
    filter->estimated_rows = found;
    filter->children.push_back(std::move(start));
    start = std::move(filter);
  }
  const double share = found / std::max(1.0, scan.estimated_rows);
  const Node* const first = start.get();
  *below = std::move(start);
  NodePtr rest = std::move(join.children[0]);
  for (Node* node = rest.get(); node != first; node = node->children[0].get()) {
    node->estimated_rows = std::max(1.0, node->estimated_rows * share);
  }
  *at = std::move(rest);
}

}  // namespace

absl::Status SemiStart(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, Visit);
  return absl::OkStatus();
}

}  // namespace skein::rewrite
