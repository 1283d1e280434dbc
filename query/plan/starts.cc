// Where patterns start: statistics, the cheapest access to a node, and what that access answers.
#include <algorithm>
#include <cmath>
#include <utility>

#include "query/plan/builder.h"
#include "storage/schema/catalog.h"

namespace skein::plan {

namespace {

using bind::ExprKind;
using bind::LabelTree;

// Shares of rows that predicates let pass, where nothing is known (System R's guesses, which no
// measurement of ours has improved yet).
constexpr double kEqualShare = 0.1;
constexpr double kRangeShare = 0.3;
constexpr double kAreaShare = 0.01;
constexpr double kOtherShare = 0.5;

void ConjunctLabels(const LabelTree& tree, std::vector<std::string>* out) {
  if (tree.kind == LabelTree::Kind::kName) out->push_back(tree.name);
  if (tree.kind == LabelTree::Kind::kAnd) {
    for (const auto& operand : tree.operands) ConjunctLabels(*operand, out);
  }
}

// The names of a tree's operands; none where an operand is no name.
std::vector<std::string> OperandNames(const LabelTree& tree) {
  std::vector<std::string> names;
  for (const auto& operand : tree.operands) {
    if (operand->kind != LabelTree::Kind::kName) return {};
    names.push_back(operand->name);
  }
  return names;
}

PropertyTest::Op TurnedOp(PropertyTest::Op op) {
  using Op = PropertyTest::Op;
  switch (op) {
    case Op::kLess:
      return Op::kGreater;
    case Op::kLessEqual:
      return Op::kGreaterEqual;
    case Op::kGreater:
      return Op::kLess;
    case Op::kGreaterEqual:
      return Op::kLessEqual;
    default:
      return op;
  }
}

// node.key, or id(node) / elementId(node): then the key is empty.
bool ReadAccess(const ExprRef& e, Slot* node, std::string* key, bool* id) {
  *id = false;
  if (e->kind == ExprKind::kProperty && e->args[0]->kind == ExprKind::kSlot &&
      e->args[0]->type.is_only(bind::Kinds::kNode)) {
    *node = e->args[0]->slot;
    *key = e->name;
    return true;
  }
  if (e->kind == ExprKind::kFunction && e->args.size() == 1 &&
      e->args[0]->kind == ExprKind::kSlot && e->args[0]->type.is_only(bind::Kinds::kNode) &&
      (e->function->name == "id" || e->function->name == "elementId")) {
    *node = e->args[0]->slot;
    *id = true;
    return true;
  }
  return false;
}

bool IsEqual(const PropertyTest& test) {
  return test.op == PropertyTest::Op::kEqual || test.op == PropertyTest::Op::kIn;
}

// What the property must be in: one value as a list of one, because a seek takes any number.
ExprRef ListOf(const PropertyTest& test) {
  if (test.op == PropertyTest::Op::kIn) return test.value;
  auto list = std::make_shared<bind::Expr>();
  list->kind = ExprKind::kList;
  list->type = bind::Type::ListOf(test.value->type.kinds);
  list->args = {test.value};
  return list;
}

bool IsCall(const ExprRef& e, std::string_view name) {
  return e->kind == ExprKind::kFunction && e->function->name == name;
}

PropertyTest::Op OpOf(syntax::ComparisonOp op) {
  switch (op) {
    case syntax::ComparisonOp::kEqual:
      return PropertyTest::Op::kEqual;
    case syntax::ComparisonOp::kLess:
      return PropertyTest::Op::kLess;
    case syntax::ComparisonOp::kLessEqual:
      return PropertyTest::Op::kLessEqual;
    case syntax::ComparisonOp::kGreater:
      return PropertyTest::Op::kGreater;
    case syntax::ComparisonOp::kGreaterEqual:
      return PropertyTest::Op::kGreaterEqual;
    default:
      return PropertyTest::Op::kNone;
  }
}

}  // namespace

PropertyTest ReadPropertyTest(const ExprRef& e) {
  PropertyTest out;
  bool id = false;
  if (e->kind == ExprKind::kBinary && e->binary == syntax::BinaryOp::kIn) {
    if (!ReadAccess(e->args[0], &out.node, &out.key, &id)) return {};
    out.op = id ? PropertyTest::Op::kId : PropertyTest::Op::kIn;
    out.value = e->args[1];
    return out;
  }
  if (e->kind != ExprKind::kComparison || e->comparisons.size() != 1) return {};
  const PropertyTest::Op op = OpOf(e->comparisons[0]);
  if (op == PropertyTest::Op::kNone) return {};
  if (ReadAccess(e->args[0], &out.node, &out.key, &id) && !bind::ReadsSlot(e->args[1], out.node)) {
    out.op = op;
    out.value = e->args[1];
  } else if (ReadAccess(e->args[1], &out.node, &out.key, &id)) {
    out.op = TurnedOp(op);
    out.value = e->args[0];
  } else {
    return {};
  }
  if (id) {
    if (op != PropertyTest::Op::kEqual) return {};
    out.op = PropertyTest::Op::kId;
  }
  return out;
}

AreaTest ReadAreaTest(const ExprRef& e) {
  AreaTest out;
  bool id = false;
  const auto reads = [&](const ExprRef& at) {
    return ReadAccess(at, &out.node, &out.key, &id) && !id;
  };
  if (IsCall(e, "point.withinBBox") && reads(e->args[0])) {
    out.box = true;
    out.center = e->args[1];
    out.extent = e->args[2];
  } else if (e->kind == ExprKind::kComparison && e->comparisons.size() == 1) {
    const PropertyTest::Op op = OpOf(e->comparisons[0]);
    const bool less = op == PropertyTest::Op::kLess || op == PropertyTest::Op::kLessEqual;
    const bool more = op == PropertyTest::Op::kGreater || op == PropertyTest::Op::kGreaterEqual;
    if (!less && !more) return {};
    const ExprRef& distance = e->args[less ? 0 : 1];
    if (!IsCall(distance, "point.distance")) return {};
    const bool first = reads(distance->args[0]);
    if (!first && !reads(distance->args[1])) return {};
    out.center = distance->args[first ? 1 : 0];
    out.extent = e->args[less ? 1 : 0];
  }
  if (out.center == nullptr || bind::ReadsSlot(out.center, out.node) ||
      bind::ReadsSlot(out.extent, out.node)) {
    return {};
  }
  return out;
}

double Statistics::Nodes(std::string_view label) const {
  if (const auto it = nodes_.find(label); it != nodes_.end()) return it->second;
  return nodes_[std::string(label)] = CountNodes(label);
}

double Statistics::Links(const std::vector<std::string>& types) const {
  if (const auto it = links_.find(types); it != links_.end()) return it->second;
  return links_[types] = CountLinks(types);
}

double Statistics::CountNodes(std::string_view label) const {
  if (options_.reader == nullptr) return label.empty() ? 1e6 : 1e5;
  std::optional<LabelId> id;
  if (!label.empty()) {
    id = options_.reader->catalog().FindLabel(label);
    if (!id.has_value()) return 0;
  }
  const auto count = options_.reader->CountNodes(*options_.viewer, id);
  return count.ok() ? static_cast<double>(*count) : 1e6;
}

double Statistics::CountLinks(const std::vector<std::string>& types) const {
  if (options_.reader == nullptr) return types.empty() ? 1e7 : 1e6;
  if (types.empty()) {
    const auto count = options_.reader->CountLinks(*options_.viewer, std::nullopt);
    return count.ok() ? static_cast<double>(*count) : 1e7;
  }
  double sum = 0;
  for (const std::string& type : types) {
    const auto id = options_.reader->catalog().FindLinkType(type);
    if (!id.has_value()) continue;
    const auto count = options_.reader->CountLinks(*options_.viewer, id);
    sum += count.ok() ? static_cast<double>(*count) : 1e6;
  }
  return sum;
}

std::optional<uint32_t> Statistics::FindIndex(std::string_view label, std::string_view key,
                                              bool* unique) const {
  *unique = false;
  if (options_.reader == nullptr || !options_.indexes) return std::nullopt;
  const Catalog& catalog = options_.reader->catalog();
  const auto label_id = catalog.FindLabel(label);
  const auto key_id = catalog.FindKey(key);
  if (!label_id.has_value() || !key_id.has_value()) return std::nullopt;
  for (const IndexKind kind : {IndexKind::kUnique, IndexKind::kRange}) {
    const auto index = catalog.FindIndex(*label_id, {*key_id}, kind);
    if (index.has_value() && index->online) {
      *unique = kind == IndexKind::kUnique;
      return index->id;
    }
  }
  return std::nullopt;
}

std::vector<IndexInfo> Statistics::OtherIndexes(std::string_view label) const {
  std::vector<IndexInfo> out;
  if (options_.reader == nullptr || !options_.indexes) return out;
  const Catalog& catalog = options_.reader->catalog();
  const auto label_id = catalog.FindLabel(label);
  if (!label_id.has_value()) return out;
  for (IndexInfo& index : catalog.Indexes()) {
    if (index.label != *label_id || !index.online || index.kind == IndexKind::kText) continue;
    const bool other = index.keys.size() > 1 || index.kind == IndexKind::kPoint;
    if (other) out.push_back(std::move(index));
  }
  return out;
}

std::vector<std::string> PatternPlanner::LabelsOf(Slot node) const {
  std::vector<std::string> labels;
  for (const ExprRef& e : pattern_.predicates) {
    if (e->kind == ExprKind::kLabelTest && e->args[0]->kind == ExprKind::kSlot &&
        e->args[0]->slot == node) {
      ConjunctLabels(*e->labels, &labels);
    }
  }
  return labels;
}

std::vector<std::vector<std::string>> PatternPlanner::AnyLabelsOf(Slot node) const {
  std::vector<std::vector<std::string>> out;
  for (const ExprRef& e : pattern_.predicates) {
    if (e->kind != ExprKind::kLabelTest || e->args[0]->kind != ExprKind::kSlot ||
        e->args[0]->slot != node || e->labels->kind != LabelTree::Kind::kOr) {
      continue;
    }
    std::vector<std::string> names = OperandNames(*e->labels);
    if (!names.empty()) out.push_back(std::move(names));
  }
  return out;
}

double PatternPlanner::ShareOf(const ExprRef& e) const {
  if (e->kind == ExprKind::kLabelTest) {
    std::vector<std::string> labels;
    ConjunctLabels(*e->labels, &labels);
    const double all = std::max(1.0, builder_.statistics_.Nodes(""));
    double share = 1;
    for (const std::string& label : labels) {
      share *= std::min(1.0, builder_.statistics_.Nodes(label) / all);
    }
    return share;
  }
  switch (ReadPropertyTest(e).op) {
    case PropertyTest::Op::kNone:
      return kOtherShare;
    case PropertyTest::Op::kEqual:
    case PropertyTest::Op::kIn:
      return kEqualShare;
    case PropertyTest::Op::kId:
      return 1e-6;
    default:
      return kRangeShare;
  }
}

double PatternPlanner::Selectivity(Slot node) const {
  double share = 1;
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    if (predicate_placed_[i] != 0) continue;
    const ExprRef& e = pattern_.predicates[i];
    std::set<Slot> slots;
    bind::CollectSlots(e, &slots);
    if (slots.contains(node) && Ready(e, node)) share *= ShareOf(e);
  }
  return share;
}

void PatternPlanner::ConsiderPredicate(Slot node, size_t index,
                                       const std::vector<std::string>& labels, Start* best) const {
  const PropertyTest test = ReadPropertyTest(pattern_.predicates[index]);
  if (test.op == PropertyTest::Op::kNone || test.node != node || !Ready(test.value)) return;
  if (predicate_placed_[index] != 0) return;
  if (test.op == PropertyTest::Op::kId) {
    if (best->rows <= 1 && best->way != Start::Way::kAll) return;
    best->way = Start::Way::kId;
    best->rows = 1;
    best->predicates = {index};
    best->values = {test.value};
    return;
  }
  for (const std::string& label : labels) ConsiderIndex(test, index, {label}, best);
  for (const auto& any : AnyLabelsOf(node)) ConsiderIndex(test, index, any, best);
}

void PatternPlanner::ConsiderIndex(const PropertyTest& test, size_t predicate,
                                   const std::vector<std::string>& labels, Start* best) const {
  const bool equal = IsEqual(test);
  double rows = 0;
  std::vector<uint32_t> indexes;
  for (const std::string& label : labels) {
    bool unique = false;
    const auto index = builder_.statistics_.FindIndex(label, test.key, &unique);
    if (!index) return;
    indexes.push_back(*index);
    const double all = builder_.statistics_.Nodes(label);
    if (equal && unique) {
      rows = std::max(rows, 1.0);
    } else {
      rows += equal ? std::max(1.0, std::sqrt(all)) : all * kRangeShare;
    }
  }
  if (best->way != Start::Way::kAll && best->rows <= rows) return;
  best->way = Start::Way::kIndex;
  best->rows = rows;
  best->label = labels.size() == 1 ? labels.front() : "";
  best->labels = labels.size() == 1 ? std::vector<std::string>() : labels;
  best->indexes = std::move(indexes);
  best->keys = {test.key};
  best->values.clear();
  best->predicates.clear();
  best->low = best->high = nullptr;
  best->low_inclusive = best->high_inclusive = true;
  best->center = best->extent = nullptr;
  if (equal) {
    best->values = {ListOf(test)};
    best->predicates = {predicate};
  } else if (labels.size() == 1) {
    FindRange(test.node, test.key, best);
  } else {
    SetRange(test, best);
  }
}

void PatternPlanner::SetRange(const PropertyTest& test, Start* start) {
  using Op = PropertyTest::Op;
  if (test.op == Op::kGreater || test.op == Op::kGreaterEqual) {
    start->low = test.value;
    start->low_inclusive = test.op == Op::kGreaterEqual;
  } else {
    start->high = test.value;
    start->high_inclusive = test.op == Op::kLessEqual;
  }
}

size_t PatternPlanner::TestOf(Slot node, std::string_view key, PropertyTest* test) const {
  size_t found = SIZE_MAX;
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    if (predicate_placed_[i] != 0) continue;
    PropertyTest each = ReadPropertyTest(pattern_.predicates[i]);
    if (each.op == PropertyTest::Op::kNone || each.op == PropertyTest::Op::kId ||
        each.node != node || each.key != key || !Ready(each.value)) {
      continue;
    }
    if (found != SIZE_MAX && (IsEqual(*test) || !IsEqual(each))) continue;
    found = i;
    *test = std::move(each);
  }
  return found;
}

void PatternPlanner::FindRange(Slot node, std::string_view key, Start* start) const {
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    if (predicate_placed_[i] != 0) continue;
    const PropertyTest test = ReadPropertyTest(pattern_.predicates[i]);
    if (test.op == PropertyTest::Op::kNone || test.op == PropertyTest::Op::kId || IsEqual(test) ||
        test.node != node || test.key != key || !Ready(test.value)) {
      continue;
    }
    Start one = *start;
    one.low = one.high = nullptr;
    SetRange(test, &one);
    // Of several bounds on one side the first; all of them are checked again.
    if (one.low != nullptr && start->low == nullptr) {
      start->low = one.low;
      start->low_inclusive = one.low_inclusive;
    }
    if (one.high != nullptr && start->high == nullptr) {
      start->high = one.high;
      start->high_inclusive = one.high_inclusive;
    }
  }
}

PatternPlanner::Start PatternPlanner::IndexStart(const Start& best, const std::string& label,
                                                 const IndexInfo& index) {
  Start start;
  start.way = Start::Way::kIndex;
  start.node = best.node;
  start.label = label;
  start.indexes = {index.id};
  return start;
}

void PatternPlanner::ConsiderPoints(Slot node, const std::string& label, const IndexInfo& index,
                                    Start* best) const {
  Start start = IndexStart(*best, label, index);
  for (const KeyId key : index.keys) start.keys.emplace_back(builder_.statistics_.KeyName(key));
  for (size_t i = 0; i < pattern_.predicates.size() && start.center == nullptr; ++i) {
    if (predicate_placed_[i] != 0) continue;
    const AreaTest test = ReadAreaTest(pattern_.predicates[i]);
    if (test.center == nullptr || test.node != node || test.key != start.keys[0] ||
        !Ready(test.center) || !Ready(test.extent)) {
      continue;
    }
    start.center = test.center;
    start.extent = test.extent;
    start.box = test.box;
  }
  if (start.center == nullptr) return;
  start.rows = builder_.statistics_.Nodes(label) * kAreaShare;
  if (start.keys.size() > 1) {
    PropertyTest test;
    if (TestOf(node, start.keys[1], &test) == SIZE_MAX) return;
    if (test.op == PropertyTest::Op::kEqual) {
      start.low = start.high = test.value;
    } else {
      FindRange(node, start.keys[1], &start);
    }
    // A node without a moment is not in the index.
    if (start.low == nullptr && start.high == nullptr) return;
    start.rows *= kRangeShare;
  }
  start.rows = std::max(1.0, start.rows);
  if (best->way == Start::Way::kAll || start.rows < best->rows) *best = std::move(start);
}

void PatternPlanner::ConsiderComposite(Slot node, const std::string& label, const IndexInfo& index,
                                       Start* best) const {
  Start start = IndexStart(*best, label, index);
  for (const KeyId key : index.keys) {
    PropertyTest test;
    const size_t predicate = TestOf(node, builder_.statistics_.KeyName(key), &test);
    // A node that lacks one of the properties is not in the index, so all must be asked for.
    if (predicate == SIZE_MAX || start.low != nullptr || start.high != nullptr) return;
    start.keys.push_back(test.key);
    if (IsEqual(test)) {
      start.values.push_back(ListOf(test));
      start.predicates.push_back(predicate);
    } else {
      FindRange(node, test.key, &start);
    }
  }
  if (start.values.empty()) return;
  const double all = builder_.statistics_.Nodes(label);
  const bool whole = start.values.size() == index.keys.size();
  if (whole && index.kind == IndexKind::kUnique) {
    start.rows = 1;
  } else {
    // Each equality takes a root more of what is left, as one alone takes the square root.
    start.rows = std::max(1.0, std::pow(all, 1.0 / static_cast<double>(start.values.size() + 1)));
    if (!whole) start.rows *= kRangeShare;
  }
  if (best->way == Start::Way::kAll || start.rows < best->rows) *best = std::move(start);
}

PatternPlanner::Start PatternPlanner::BestStart(Slot node) const {
  Start best;
  best.node = node;
  best.rows = builder_.statistics_.Nodes("");
  const std::vector<std::string> labels = LabelsOf(node);
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    ConsiderPredicate(node, i, labels, &best);
  }
  for (const std::string& label : labels) {
    for (const IndexInfo& index : builder_.statistics_.OtherIndexes(label)) {
      if (index.kind == IndexKind::kPoint) {
        ConsiderPoints(node, label, index, &best);
      } else {
        ConsiderComposite(node, label, index, &best);
      }
    }
  }
  if (best.way == Start::Way::kAll) {
    for (const std::string& label : labels) {
      const double rows = builder_.statistics_.Nodes(label);
      if (best.way == Start::Way::kAll || rows < best.rows) {
        best.way = Start::Way::kLabel;
        best.label = label;
        best.rows = rows;
      }
    }
  }
  return best;
}

// What the access answers by itself needs no filter: the label that is scanned; of a seek by values
// the labels and the equality, which the operator decides as the language does. The ends of ranges
// are checked again: an index orders what the language does not compare.
void PatternPlanner::MarkAnswered(const Start& start) {
  if (start.way == Start::Way::kIndex) {
    for (const size_t predicate : start.predicates) predicate_placed_[predicate] = 1;
  }
  if (start.way != Start::Way::kLabel && start.way != Start::Way::kIndex) return;
  for (size_t i = 0; i < pattern_.predicates.size(); ++i) {
    const ExprRef& e = pattern_.predicates[i];
    if (e->kind != ExprKind::kLabelTest || e->args[0]->kind != ExprKind::kSlot ||
        e->args[0]->slot != start.node) {
      continue;
    }
    std::vector<std::string> names;
    if (e->labels->kind == LabelTree::Kind::kName) names = {e->labels->name};
    if (e->labels->kind == LabelTree::Kind::kOr) names = OperandNames(*e->labels);
    const std::vector<std::string> found =
        start.labels.empty() ? std::vector<std::string>{start.label} : start.labels;
    if (names == found) predicate_placed_[i] = 1;
  }
}

}  // namespace skein::plan
