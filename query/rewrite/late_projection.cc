// late_projection: of ORDER BY with LIMIT, what the order does not read is computed for the rows
// that are left.
//
//   Top  n.age LIMIT 10                        Project  n.name AS name
//     Project  n.name AS name, n.age AS age      Top  n.age LIMIT 10
//                                                  Project  n.age AS age
//
// Right     what moves reads an element of the row and cannot fail: properties, labels, types,
//           ids and keys of nodes and links.
#include <algorithm>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::ExprKind;
using bind::ExprRef;
using plan::Node;
using plan::NodeKind;

bool IsElement(const bind::Expr& e) {
  return e.kind == ExprKind::kSlot &&
         (e.type.is_only(bind::Kinds::kNode) || e.type.is_only(bind::Kinds::kLink));
}

bool MayWait(const ExprRef& e) {
  if (e->kind == ExprKind::kProperty) return IsElement(*e->args[0]);
  if (e->kind != ExprKind::kFunction || e->args.size() != 1 || !IsElement(*e->args[0])) {
    return false;
  }
  static constexpr std::string_view kReaders[] = {"labels",     "type", "keys",
                                                  "properties", "id",   "elementId"};
  return std::find(std::begin(kReaders), std::end(kReaders), e->function->name) !=
         std::end(kReaders);
}

}  // namespace

absl::Status LateProjection(Plan* plan, const PlanOptions& /*options*/) {
  plan::VisitPlan(&plan->root, [](plan::NodePtr* at) {
    Node& top = **at;
    if (top.kind != NodeKind::kTop || top.children[0]->kind != NodeKind::kProject) return;
    Node& project = *top.children[0];
    const std::vector<plan::Slot> read = plan::ReadSlots(top);
    auto late = std::make_unique<Node>(NodeKind::kProject);
    std::erase_if(project.items, [&read, &late](const bind::ProjectItem& item) {
      const bool wanted = std::find(read.begin(), read.end(), item.slot) != read.end();
      if (wanted || !MayWait(item.expr)) return false;
      late->items.push_back(item);
      return true;
    });
    if (late->items.empty()) return;
    if (project.items.empty()) top.children[0] = std::move(project.children[0]);
    late->estimated_rows = top.estimated_rows;
    late->children.push_back(std::move(*at));
    *at = std::move(late);
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
