// size_count: how long the list of a pattern comprehension or a COLLECT { } is, is how many rows
// its query has; no list is made.
//
//   size([(a)-[:T]->(b) | b.name])   →   COUNT { (a)-[:T]->(b) }
//
// Right     when what is collected cannot fail, because it is no longer computed, and nobody else
//           reads the list.
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::Expr;
using bind::ExprKind;
using bind::ExprRef;
using bind::Subquery;
using plan::Node;
using plan::NodeKind;

bool CannotFail(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kLiteral:
    case ExprKind::kSlot:
      return true;
    case ExprKind::kProperty:
      return e.args[0]->kind == ExprKind::kSlot && (e.args[0]->type.is_only(bind::Kinds::kNode) ||
                                                    e.args[0]->type.is_only(bind::Kinds::kLink));
    default:
      return false;
  }
}

// The subquery whose list the expression measures; null: it is no such thing.
const Subquery* Measured(const Expr& e) {
  if (e.kind != ExprKind::kFunction || e.function->name != "size" || e.args.size() != 1 ||
      e.args[0]->kind != ExprKind::kSubquery) {
    return nullptr;
  }
  const Subquery& subquery = *e.args[0]->subquery;
  if (subquery.kind != syntax::SubqueryKind::kCollect || subquery.first ||
      subquery.plan == nullptr || subquery.plan->kind != NodeKind::kProject) {
    return nullptr;
  }
  for (const bind::ProjectItem& item : subquery.plan->items) {
    if (!CannotFail(*item.expr)) return nullptr;
  }
  return &subquery;
}

}  // namespace

absl::Status SizeCount(Plan* plan, const PlanOptions& /*options*/) {
  std::set<const Subquery*> measured, read;
  plan::VisitPlan(&plan->root, [&](plan::NodePtr* at) {
    for (const ExprRef& e : plan::ExprsOf(**at)) {
      bind::Walk(e, [&](const Expr& part) {
        if (const Subquery* subquery = Measured(part); subquery != nullptr) {
          measured.insert(subquery);
          return false;
        }
        if (part.kind == ExprKind::kSubquery) read.insert(part.subquery.get());
        return true;
      });
    }
  });
  for (const Subquery* subquery : read) measured.erase(subquery);
  if (measured.empty()) return absl::OkStatus();
  std::map<const Subquery*, std::shared_ptr<Subquery>> counted;
  plan::VisitPlan(&plan->root, [&](plan::NodePtr* at) {
    plan::ReplaceExprs(at->get(), [&](const ExprRef& whole) {
      return bind::Transform(whole, [&](const ExprRef& e) -> ExprRef {
        const Subquery* subquery = Measured(*e);
        if (!measured.contains(subquery)) return nullptr;
        std::shared_ptr<Subquery>& count = counted[subquery];
        if (count == nullptr) {
          count = std::make_shared<Subquery>(*subquery);
          count->kind = syntax::SubqueryKind::kCount;
          count->result = bind::kNoSlot;
        }
        auto out = std::make_shared<Expr>(*e->args[0]);
        out->type = e->type;
        out->subquery = count;
        return out;
      });
    });
  });
  return absl::OkStatus();
}

}  // namespace skein::rewrite
