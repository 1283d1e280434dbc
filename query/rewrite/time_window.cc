// time_window: comparisons of a property that spells the time of its link (Catalog::GetTimeKey)
// become bounds of the expansion, which reads that part of a list only; and what still reads the
// property takes the time that the expansion knows, instead of the link's record.
//
// Right     The catalogue promises that the property is the link's valid-from, or that both are
//           missing. Integers are exact: the comparison goes. Of LOCAL DATETIME and DATETIME, whose
//           comparison knows more than microseconds, the bounds are widened and it stays.
//           A statement that writes is left alone: its own links are held against the promise only
//           when it commits. Plan::since and time_keys say what the plan rests on.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "query/plan/slots.h"
#include "query/rewrite/passes.h"

namespace skein::rewrite {

namespace {

using bind::Expr;
using bind::ExprKind;
using bind::ExprRef;
using bind::Slot;
using plan::Node;
using plan::NodeKind;
using plan::NodePtr;
using syntax::ComparisonOp;

bool IsInteger(TimeUnit unit) {
  return unit == TimeUnit::kSeconds || unit == TimeUnit::kMillis || unit == TimeUnit::kMicros;
}

ComparisonOp Turned(ComparisonOp op) {
  switch (op) {
    case ComparisonOp::kLess:
      return ComparisonOp::kGreater;
    case ComparisonOp::kLessEqual:
      return ComparisonOp::kGreaterEqual;
    case ComparisonOp::kGreater:
      return ComparisonOp::kLess;
    case ComparisonOp::kGreaterEqual:
      return ComparisonOp::kLessEqual;
    default:
      return op;
  }
}

// The one time key of all types that a node walks.
struct Time {
  std::string key;
  TimeUnit unit = TimeUnit::kSeconds;
};

class Rewriter {
 public:
  Rewriter(Plan* plan, const PlanOptions& options) : plan_(plan), reader_(*options.reader) {}

  // Links whose time the rows of a node can carry, by the slot of the link.
  using Links = std::map<Slot, Node*>;

  Links Visit(NodePtr* at) {
    Node* node = at->get();
    if (node->kind == NodeKind::kFilter && (node->children[0]->kind == NodeKind::kExpand ||
                                            node->children[0]->kind == NodeKind::kExpandInto)) {
      return VisitFiltered(at);
    }
    Links links;
    if (!node->children.empty()) links = VisitChildren(node);
    return Finish(node, std::move(links));
  }

 private:
  Links VisitChildren(Node* node) {
    Links links = Visit(&node->children[0]);
    for (size_t i = 1; i < node->children.size(); ++i) {
      Links other = Visit(&node->children[i]);
      if (node->kind == NodeKind::kJoin) links.merge(other);
    }
    if (node->kind == NodeKind::kUnion) links.clear();
    return links;
  }

  // Of a node whose inputs are done.
  Links Finish(Node* node, Links links) {
    for (const ExprRef& e : plan::ExprsOf(*node)) VisitSubqueries(e);
    if (const auto time = TimeOf(*node); time && !node->element_predicates.empty()) {
      std::vector<Slot> elements = node->link_elements;
      if (node->element != bind::kNoSlot) elements.push_back(node->element);
      for (const Slot element : elements) {
        TakeBounds(node, element, *time, &node->element_predicates);
      }
    }
    Replace(node, links);
    if (node->kind == NodeKind::kAggregate) links.clear();
    if (node->kind == NodeKind::kExpand) {
      if (const auto time = TimeOf(*node); time && IsInteger(time->unit)) {
        node->time_unit = time->unit;
        links[node->link] = node;
      }
    }
    return links;
  }

  Links VisitFiltered(NodePtr* at) {
    Node* filter = at->get();
    Node* expand = filter->children[0].get();
    Links links = VisitChildren(expand);
    if (const auto time = TimeOf(*expand); time) {
      const bool constant_only = expand->kind == NodeKind::kExpandInto;
      TakeBounds(expand, expand->link, *time, &filter->exprs, constant_only);
    }
    links = Finish(expand, std::move(links));
    if (filter->exprs.empty() && filter->distinct_pairs.empty()) {
      *at = std::move(filter->children[0]);
      return links;
    }
    return Finish(filter, std::move(links));
  }

  void VisitSubqueries(const ExprRef& e) {
    bind::Walk(e, [this](const Expr& expr) {
      if (expr.kind == ExprKind::kSubquery && expr.subquery->plan != nullptr) {
        NodePtr root = std::make_unique<Node>(std::move(*expr.subquery->plan));
        Visit(&root);
        *expr.subquery->plan = std::move(*root);
      }
      return true;
    });
  }

  std::optional<Time> TimeOf(const Node& node) const {
    switch (node.kind) {
      case NodeKind::kExpand:
      case NodeKind::kExpandInto:
      case NodeKind::kVarExpand:
      case NodeKind::kShortestPath:
        break;
      default:
        return std::nullopt;
    }
    const Catalog& catalog = reader_.catalog();
    std::optional<TimeKey> common;
    for (const std::string& name : node.types) {
      const auto type = catalog.FindLinkType(name);
      // A type that is not in use yet may be without a promise when it comes.
      const auto key = type ? catalog.GetTimeKey(*type) : std::nullopt;
      if (!key || key->since > reader_.version()) return std::nullopt;
      if (common && (common->key != key->key || common->unit != key->unit)) return std::nullopt;
      const Version since = common ? std::max(common->since, key->since) : key->since;
      common = key;
      common->since = since;
    }
    if (!common) return std::nullopt;
    plan_->since = std::max(plan_->since, common->since);
    plan_->time_keys = true;
    return Time{std::string(catalog.Name(common->key)), common->unit};
  }

  static bool IsTime(const ExprRef& e, Slot link, const std::string& key) {
    return e->kind == ExprKind::kProperty && e->name == key &&
           e->args[0]->kind == ExprKind::kSlot && e->args[0]->slot == link;
  }

  // Takes the bounds that the predicates set to the time of `link`, and those predicates that the
  // bounds replace.
  void TakeBounds(Node* node, Slot link, const Time& time, std::vector<ExprRef>* predicates,
                  bool constant_only = false) const {
    const std::set<Slot> there = plan::AvailableSlots(*node->children[0]);
    const auto usable = [&](const ExprRef& e) {
      if (bind::IsVolatile(e)) return false;
      if (constant_only) return bind::IsConstant(e);
      bool subquery = false;
      bind::Walk(e, [&subquery](const Expr& part) {
        subquery |= part.kind == ExprKind::kSubquery;
        return !subquery;
      });
      std::set<Slot> read;
      bind::CollectSlots(e, &read);
      return !subquery && std::includes(there.begin(), there.end(), read.begin(), read.end());
    };
    node->time_unit = time.unit;
    std::erase_if(*predicates, [&](const ExprRef& e) {
      if (e->kind != ExprKind::kComparison) return false;
      bool all = true;
      for (size_t i = 0; i < e->comparisons.size(); ++i) {
        const ComparisonOp op = e->comparisons[i];
        const ExprRef& left = e->args[i];
        const ExprRef& right = e->args[i + 1];
        if (op != ComparisonOp::kNotEqual && IsTime(left, link, time.key) && usable(right)) {
          node->time_bounds.push_back({op, right});
        } else if (op != ComparisonOp::kNotEqual && IsTime(right, link, time.key) && usable(left)) {
          node->time_bounds.push_back({Turned(op), left});
        } else {
          all = false;
        }
      }
      return all && IsInteger(time.unit);
    });
  }

  // In place of link.key: the slot in which the expansion gives it.
  void Replace(Node* node, const Links& links) {
    if (links.empty()) return;
    plan::ReplaceExprs(node, [&](const ExprRef& whole) {
      return bind::Transform(whole, [&](const ExprRef& e) -> ExprRef {
        if (e->kind != ExprKind::kProperty || e->args[0]->kind != ExprKind::kSlot) return nullptr;
        const auto found = links.find(e->args[0]->slot);
        if (found == links.end()) return nullptr;
        Node* expand = found->second;
        const auto time = TimeOf(*expand);
        if (!time || time->key != e->name) return nullptr;
        if (expand->time == bind::kNoSlot) expand->time = plan::AddSlot(plan_, "#time");
        return bind::MakeSlot(expand->time, bind::Type::Of(bind::Kinds::kInteger), e->position);
      });
    });
  }

  Plan* plan_;
  const Reader& reader_;
};

}  // namespace

absl::Status TimeWindow(Plan* plan, const PlanOptions& options) {
  if (plan->writes || options.reader == nullptr) return absl::OkStatus();
  Rewriter(plan, options).Visit(&plan->root);
  return absl::OkStatus();
}

}  // namespace skein::rewrite
