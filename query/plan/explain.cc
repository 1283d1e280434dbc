#include "query/plan/explain.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace skein::plan {

namespace {

class Explainer {
 public:
  Explainer(const Plan& plan, const Measures* measures) : plan_(plan), measures_(measures) {}

  void Text(const Node& node, int depth, std::string* out) const {
    out->append(static_cast<size_t>(depth) * 2, ' ');
    out->append(KindText(node.kind));
    if (const std::string details = Details(node); !details.empty()) *out += "  " + details;
    *out += absl::StrFormat("  (~%.0f rows, cost %.0f", std::round(node.estimated_rows),
                            std::round(CostOf(node)));
    if (const Measure* m = Find(node); m != nullptr) {
      *out += absl::StrFormat("; %d rows, %.3f ms", m->rows, static_cast<double>(m->nanos) / 1e6);
      if (m->bytes_peak > 0) *out += absl::StrFormat(", %d bytes", m->bytes_peak);
      if (m->calls > 0) *out += absl::StrFormat(", %d rows in %d reads", m->rows_read, m->calls);
    }
    *out += ")\n";
    for (const NodePtr& child : node.children) Text(*child, depth + 1, out);
    for (const Node* inner : Inner(node)) {
      out->append(static_cast<size_t>(depth + 1) * 2, ' ');
      *out += "subquery\n";
      Text(*inner, depth + 2, out);
    }
  }

  Value Tree(const Node& node) const {
    ValueMap args;
    const auto arg = [&args](const char* name, Value v) { args.emplace_back(name, std::move(v)); };
    arg("Details", Value::String(Details(node)));
    arg("EstimatedRows", Value::Float(node.estimated_rows));
    arg("EstimatedCost", Value::Float(CostOf(node)));
    ValueMap out;
    if (const Measure* m = Find(node); measures_ != nullptr) {
      const Measure none;
      const Measure& own = m != nullptr ? *m : none;
      arg("Rows", Value::Integer(static_cast<int64_t>(own.rows)));
      arg("DbHits", Value::Integer(own.rows_read));
      arg("Time", Value::Integer(own.nanos));
      arg("Memory", Value::Integer(own.bytes_peak));
      arg("StorageCalls", Value::Integer(own.calls));
      out.emplace_back("rows", Value::Integer(static_cast<int64_t>(own.rows)));
      out.emplace_back("dbHits", Value::Integer(own.rows_read));
      out.emplace_back("time", Value::Integer(own.nanos));
    }
    ValueList identifiers;
    for (const Slot slot : AddedSlots(node)) identifiers.push_back(Value::String(Name(slot)));
    ValueList children;
    for (const NodePtr& child : node.children) children.push_back(Tree(*child));
    for (const Node* inner : Inner(node)) children.push_back(Tree(*inner));
    out.emplace_back("operatorType", Value::String(std::string(KindText(node.kind))));
    out.emplace_back("args", Value::Map(std::move(args)));
    out.emplace_back("identifiers", Value::List(std::move(identifiers)));
    out.emplace_back("children", Value::List(std::move(children)));
    return Value::Map(std::move(out));
  }

  void Json(const Node& node, std::string* out) const {
    *out += "{\"operator\":\"" + std::string(KindText(node.kind)) + "\",\"details\":\"";
    AppendEscaped(Details(node), out);
    *out += absl::StrFormat("\",\"estimatedRows\":%.0f,\"estimatedCost\":%.0f",
                            std::round(node.estimated_rows), std::round(CostOf(node)));
    if (const Measure* m = Find(node); m != nullptr) {
      *out += absl::StrFormat(
          ",\"rows\":%d,\"timeMs\":%.3f,\"memoryBytes\":%d,\"rowsRead\":%d,\"storageCalls\":%d",
          m->rows, static_cast<double>(m->nanos) / 1e6, m->bytes_peak, m->rows_read, m->calls);
    }
    *out += ",\"children\":[";
    bool first = true;
    const auto add = [this, &first, out](const Node& child) {
      if (!first) *out += ",";
      first = false;
      Json(child, out);
    };
    for (const NodePtr& child : node.children) add(*child);
    for (const Node* inner : Inner(node)) add(*inner);
    *out += "]}";
  }

  std::string ExprText(const ExprRef& e) const {
    return bind::ExprText(e, [this](Slot slot) { return Name(slot); });
  }

 private:
  const Measure* Find(const Node& node) const {
    if (measures_ == nullptr) return nullptr;
    const auto it = measures_->find(&node);
    return it == measures_->end() ? nullptr : &it->second;
  }

  std::string Name(Slot slot) const {
    return slot < plan_.slot_names.size() ? plan_.slot_names[slot] : "#" + std::to_string(slot);
  }
  std::string Names(const std::vector<Slot>& slots) const {
    std::string out;
    for (const Slot slot : slots) out += (out.empty() ? "" : ", ") + Name(slot);
    return out;
  }
  std::string Exprs(const std::vector<ExprRef>& exprs, std::string_view between) const {
    std::string out;
    for (const ExprRef& e : exprs) {
      if (!out.empty()) out += between;
      out += ExprText(e);
    }
    return out;
  }

  static std::vector<const Node*> Inner(const Node& node) {
    std::vector<const Node*> out;
    for (const ExprRef& e : ExprsOf(node)) {
      bind::Walk(e, [&out](const bind::Expr& expr) {
        if (expr.kind == bind::ExprKind::kSubquery && expr.subquery->plan != nullptr) {
          out.push_back(expr.subquery->plan.get());
        }
        return true;
      });
    }
    return out;
  }

  std::string Link(const Node& node) const {
    std::string types;
    for (const std::string& type : node.types) types += (types.empty() ? ":" : "|") + type;
    std::string hops;
    if (node.kind == NodeKind::kVarExpand || node.kind == NodeKind::kShortestPath ||
        node.kind == NodeKind::kReachable || node.kind == NodeKind::kRepeat) {
      hops = "*" + std::to_string(node.min) + "..";
      if (node.max != INT64_MAX) hops += std::to_string(node.max);
    }
    const bool left = node.direction == bind::LinkDirection::kLeft;
    const bool right = node.direction == bind::LinkDirection::kRight;
    return "(" + Name(node.from) + ")" + (left ? "<-[" : "-[") +
           (node.link == kNoSlot ? "" : Name(node.link)) + types + hops + (right ? "]->(" : "]-(") +
           (node.to == kNoSlot ? "" : Name(node.to)) + ")" + Times(node) +
           (node.first_of == kNoSlot ? "" : " until a match");
  }

  std::string Legs(const Node& node) const {
    std::string out;
    for (const Leg& leg : node.legs) {
      Node hop(NodeKind::kExpand);
      hop.from = leg.from;
      hop.link = leg.link;
      hop.to = node.to;
      hop.direction = leg.direction;
      hop.types = leg.types;
      out += (out.empty() ? "" : ", ") + Link(hop);
    }
    return out;
  }

  std::string Times(const Node& node) const {
    std::string out;
    for (const TimeBound& bound : node.time_bounds) {
      out += (out.empty() ? " time " : ", ") + std::string(OpText(bound.op)) + " " +
             ExprText(bound.value);
    }
    return out;
  }
  static std::string_view OpText(syntax::ComparisonOp op) {
    switch (op) {
      case syntax::ComparisonOp::kEqual:
        return "=";
      case syntax::ComparisonOp::kNotEqual:
        return "<>";
      case syntax::ComparisonOp::kLess:
        return "<";
      case syntax::ComparisonOp::kLessEqual:
        return "<=";
      case syntax::ComparisonOp::kGreater:
        return ">";
      case syntax::ComparisonOp::kGreaterEqual:
        return ">=";
    }
    return "?";
  }

  std::string Window(const Node& node) const {
    if (node.valid_from == nullptr) return "";
    if (node.valid_to == nullptr) return " as of " + ExprText(node.valid_from);
    return " between " + ExprText(node.valid_from) + " and " + ExprText(node.valid_to);
  }

  std::string Sort(const Node& node) const {
    std::string out;
    for (const auto& key : node.sort) {
      out += (out.empty() ? "" : ", ") + ExprText(key.expr) + (key.descending ? " DESC" : "");
    }
    return out;
  }

  std::string Index(const Node& node) const {
    std::string label = node.label;
    for (const std::string& any : node.labels) label += (label.empty() ? "" : "|") + any;
    std::string out = "(" + Name(node.to) + ":" + label + ")";
    const size_t named = node.seek_center != nullptr ? 1 : node.index_keys.size();
    for (size_t i = 0; i < named; ++i) {
      out += (i == 0 ? " " : ", ") + node.index_keys[i];
      if (i < node.exprs.size()) out += " IN " + ExprText(node.exprs[i]);
    }
    if (node.seek_center != nullptr) {
      out += node.seek_box ? " in the box of " + ExprText(node.seek_center) + " and "
                           : " around " + ExprText(node.seek_center) + " within ";
      out += ExprText(node.seek_extent);
      if (node.index_keys.size() > 1) out += ", " + node.index_keys[1];
    }
    if (node.seek_low != nullptr) {
      out += (node.low_inclusive ? " >= " : " > ") + ExprText(node.seek_low);
    }
    if (node.seek_high != nullptr) {
      out += (node.high_inclusive ? " <= " : " < ") + ExprText(node.seek_high);
    }
    return out;
  }

  std::string Details(const Node& node) const {
    switch (node.kind) {
      case NodeKind::kScanNodes:
        return "(" + Name(node.to) + (node.label.empty() ? "" : ":" + node.label) + ")";
      case NodeKind::kSeekIds:
        return Name(node.to) + " IN " + ExprText(node.exprs[0]);
      case NodeKind::kSeekIndex:
        return Index(node);
      case NodeKind::kLinkEnds:
      case NodeKind::kExpand:
      case NodeKind::kExpandInto:
      case NodeKind::kVarExpand:
      case NodeKind::kShortestPath:
      case NodeKind::kReachable:
      case NodeKind::kDegree:
      case NodeKind::kRepeat:
        return Link(node) + Window(node);
      case NodeKind::kIntersect:
        return Legs(node);
      case NodeKind::kSelect:
        return (node.groups ? "all of the " : "the ") + std::to_string(node.count) + " smallest " +
               ExprText(node.exprs[0]);
      case NodeKind::kFilter:
        return Exprs(node.exprs, " AND ");
      case NodeKind::kProject: {
        std::string out;
        for (const auto& item : node.items) {
          out += (out.empty() ? "" : ", ") + ExprText(item.expr) + " AS " + Name(item.slot);
        }
        return out;
      }
      case NodeKind::kAggregate: {
        std::string out = Names(node.keys);
        for (const auto& item : node.aggregates) {
          out += (out.empty() ? "" : ", ") + ExprText(item.call);
        }
        return out;
      }
      case NodeKind::kDistinct:
        return Names(node.keys);
      case NodeKind::kSort:
        return Sort(node);
      case NodeKind::kTop:
        return Sort(node) + " LIMIT " + ExprText(node.limit);
      case NodeKind::kSkip:
        return ExprText(node.skip);
      case NodeKind::kLimit:
        return ExprText(node.limit);
      case NodeKind::kUnwind:
        return ExprText(node.exprs[0]) + " AS " + Name(node.to);
      case NodeKind::kApply:
        return node.optional ? "optional" : "";
      case NodeKind::kSemiJoin:
      case NodeKind::kAntiJoin:
      case NodeKind::kJoin:
        return Exprs(node.left_keys, ", ") + (node.left_keys.empty() ? "product" : " = ") +
               Exprs(node.right_keys, ", ");
      case NodeKind::kProcedure:
        return std::string(node.procedure->name) + "(" + Exprs(node.exprs, ", ") + ")";
      case NodeKind::kCountStore:
        return node.types.empty() ? "nodes:" + node.label : "links:" + node.types[0];
      default:
        return "";
    }
  }

  static void AppendEscaped(std::string_view text, std::string* out) {
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        *out += '\\';
        *out += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        *out += absl::StrFormat("\\u%04x", static_cast<unsigned>(c));
      } else {
        *out += c;
      }
    }
  }

  const Plan& plan_;
  const Measures* measures_;
};

}  // namespace

std::string ExplainText(const Plan& plan, const Measures* measures) {
  std::string out;
  const Explainer explainer(plan, measures);
  if (plan.as_of != nullptr) out = "AsOf  " + explainer.ExprText(plan.as_of) + "\n";
  explainer.Text(*plan.root, 0, &out);
  return out;
}

Value ExplainTree(const Plan& plan, const Measures* measures) {
  return Explainer(plan, measures).Tree(*plan.root);
}

std::string ExplainJson(const Plan& plan, const Measures* measures) {
  std::string out;
  Explainer(plan, measures).Json(*plan.root, &out);
  return out;
}

}  // namespace skein::plan
