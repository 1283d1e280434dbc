// What reads the graph a whole column at a time: slots, properties, labels, map projections, paths.
#include <algorithm>
#include <utility>

#include "query/exec/evaluators.h"
#include "query/functions/operators.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

using bind::Expr;
using bind::LabelTree;

class SlotEvaluator final : public Evaluator {
 public:
  explicit SlotEvaluator(Slot slot) : slot_(slot) {}
  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    if (!GatherSlot(frame, selection, slot_, out)) {
      *out = Column::Constant(Value(), selection.size());
    }
    return absl::OkStatus();
  }
  absl::StatusOr<const Column*> Borrow(const Frame& frame, const Selection& selection,
                                       Column* scratch) override {
    if (selection.all && frame.batch->has(slot_)) return &frame.batch->at(slot_);
    SKEIN_RETURN_IF_ERROR(Eval(frame, selection, scratch));
    return static_cast<const Column*>(scratch);
  }

 private:
  Slot slot_;
};

// Ids of one kind among the values, and where they stand.
template <typename Id>
struct Picked {
  std::vector<Id> ids;
  std::vector<uint32_t> rows;
};

class PropertyEvaluator final : public Evaluator {
 public:
  PropertyEvaluator(const Expr& e, EvaluatorPtr object, Context& context)
      : e_(e), object_(std::move(object)), context_(context) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    Column scratch;
    SKEIN_ASSIGN_OR_RETURN(const Column* object, object_->Borrow(frame, selection, &scratch));
    std::vector<Value> values;
    const auto key = context_.Key(e_.name);
    if (object->kind() == Column::Kind::kNode) {
      SKEIN_RETURN_IF_ERROR(CheckDeleted(object->nodes()));
      if (key.has_value()) {
        SKEIN_RETURN_IF_ERROR(
            context_.reader().GetNodeProperty(context_.viewer(), object->nodes(), *key, &values));
      }
    } else if (object->kind() == Column::Kind::kLink) {
      SKEIN_RETURN_IF_ERROR(CheckDeleted(object->links()));
      if (key.has_value()) {
        SKEIN_RETURN_IF_ERROR(
            context_.reader().GetLinkProperty(context_.viewer(), object->links(), *key, &values));
      }
    } else {
      return Mixed(*object, selection.size(), key, out);
    }
    values.resize(selection.size());
    *out = Column::Values(std::move(values));
    return absl::OkStatus();
  }

 private:
  template <typename Id>
  absl::Status CheckDeleted(const std::vector<Id>& ids) const {
    const bool deleted =
        std::any_of(ids.begin(), ids.end(), [this](Id id) { return context_.IsDeleted(id); });
    return deleted ? WithPosition(Context::DeletedError(), e_.position) : absl::OkStatus();
  }

  absl::Status Mixed(const Column& object, size_t n, std::optional<KeyId> key, Column* out) const {
    std::vector<Value> values(n);
    Picked<NodeId> nodes;
    Picked<LinkId> links;
    for (uint32_t i = 0; i < n; ++i) {
      const Value v = object.At(i);
      if (v.kind() == ValueKind::kNode) {
        nodes.ids.push_back(v.node());
        nodes.rows.push_back(i);
      } else if (v.kind() == ValueKind::kLink) {
        links.ids.push_back(v.link());
        links.rows.push_back(i);
      } else {
        absl::StatusOr<Value> got = functions::Property(v, e_.name, context_);
        if (!got.ok()) return WithPosition(got.status(), e_.position);
        values[i] = *std::move(got);
      }
    }
    SKEIN_RETURN_IF_ERROR(CheckDeleted(nodes.ids));
    SKEIN_RETURN_IF_ERROR(CheckDeleted(links.ids));
    std::vector<Value> found;
    if (key.has_value() && !nodes.ids.empty()) {
      SKEIN_RETURN_IF_ERROR(
          context_.reader().GetNodeProperty(context_.viewer(), nodes.ids, *key, &found));
      for (size_t i = 0; i < nodes.rows.size(); ++i) values[nodes.rows[i]] = std::move(found[i]);
    }
    if (key.has_value() && !links.ids.empty()) {
      SKEIN_RETURN_IF_ERROR(
          context_.reader().GetLinkProperty(context_.viewer(), links.ids, *key, &found));
      for (size_t i = 0; i < links.rows.size(); ++i) values[links.rows[i]] = std::move(found[i]);
    }
    *out = Column::Values(std::move(values));
    return absl::OkStatus();
  }

  const Expr& e_;
  EvaluatorPtr object_;
  Context& context_;
};

// n:A, n:A&!B, r:T. Plain conjunctions go to FilterLabels; the rest evaluates the tree over names.
class LabelEvaluator final : public Evaluator {
 public:
  LabelEvaluator(const Expr& e, EvaluatorPtr object, Context& context)
      : e_(e), object_(std::move(object)), context_(context) {
    plain_ = Conjunction(*e.labels, &names_);
  }

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    Column scratch;
    SKEIN_ASSIGN_OR_RETURN(const Column* object, object_->Borrow(frame, selection, &scratch));
    const size_t n = selection.size();
    std::vector<Value> values(n);
    Picked<NodeId> nodes;
    Picked<LinkId> links;
    for (uint32_t i = 0; i < n; ++i) {
      const Value v = object->At(i);
      if (v.is_null()) continue;
      if (v.kind() == ValueKind::kNode) {
        nodes.ids.push_back(v.node());
        nodes.rows.push_back(i);
      } else if (v.kind() == ValueKind::kLink) {
        links.ids.push_back(v.link());
        links.rows.push_back(i);
      } else {
        return MakeQueryError(
            ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
            "a label test needs a node or a relationship, found " + std::string(KindName(v.kind())),
            e_.position);
      }
    }
    SKEIN_RETURN_IF_ERROR(TestNodes(nodes, &values));
    SKEIN_RETURN_IF_ERROR(TestLinks(links, &values));
    *out = Column::Values(std::move(values));
    return absl::OkStatus();
  }

 private:
  static bool Conjunction(const LabelTree& tree, std::vector<std::string>* names) {
    if (tree.kind == LabelTree::Kind::kName) {
      names->push_back(tree.name);
      return true;
    }
    return tree.kind == LabelTree::Kind::kAnd &&
           std::all_of(tree.operands.begin(), tree.operands.end(),
                       [names](const auto& o) { return Conjunction(*o, names); });
  }

  static bool Holds(const LabelTree& tree, const std::vector<std::string>& names) {
    const auto holds = [&names](const auto& operand) { return Holds(*operand, names); };
    switch (tree.kind) {
      case LabelTree::Kind::kName:
        return std::find(names.begin(), names.end(), tree.name) != names.end();
      case LabelTree::Kind::kWildcard:
        return !names.empty();
      case LabelTree::Kind::kNot:
        return !Holds(*tree.operands[0], names);
      case LabelTree::Kind::kAnd:
        return std::all_of(tree.operands.begin(), tree.operands.end(), holds);
      case LabelTree::Kind::kOr:
        return std::any_of(tree.operands.begin(), tree.operands.end(), holds);
    }
    return false;
  }

  absl::Status TestNodes(const Picked<NodeId>& nodes, std::vector<Value>* values) {
    if (nodes.ids.empty()) return absl::OkStatus();
    for (const NodeId id : nodes.ids) {
      if (context_.IsDeleted(id)) return WithPosition(Context::DeletedError(), e_.position);
    }
    if (plain_) {
      std::vector<LabelId> labels;
      for (const std::string& name : names_) {
        const auto id = context_.Label(name);
        if (!id.has_value()) {
          for (const uint32_t row : nodes.rows) (*values)[row] = Value::Boolean(false);
          return absl::OkStatus();
        }
        labels.push_back(*id);
      }
      std::vector<uint8_t> passed;
      SKEIN_RETURN_IF_ERROR(
          context_.reader().FilterLabels(context_.viewer(), nodes.ids, labels, &passed));
      for (size_t i = 0; i < nodes.rows.size(); ++i) {
        (*values)[nodes.rows[i]] = Value::Boolean(passed[i] != 0);
      }
      return absl::OkStatus();
    }
    std::vector<std::vector<LabelId>> labels;
    SKEIN_RETURN_IF_ERROR(context_.reader().GetLabels(context_.viewer(), nodes.ids, &labels));
    for (size_t i = 0; i < nodes.rows.size(); ++i) {
      std::vector<std::string> names;
      for (const LabelId id : labels[i]) names.emplace_back(context_.reader().catalog().Name(id));
      (*values)[nodes.rows[i]] = Value::Boolean(Holds(*e_.labels, names));
    }
    return absl::OkStatus();
  }

  absl::Status TestLinks(const Picked<LinkId>& links, std::vector<Value>* values) {
    if (links.ids.empty()) return absl::OkStatus();
    std::vector<LinkEnds> ends;
    SKEIN_RETURN_IF_ERROR(context_.reader().GetLinkEnds(context_.viewer(), links.ids, &ends));
    for (size_t i = 0; i < links.rows.size(); ++i) {
      if (context_.IsDeleted(links.ids[i])) {
        return WithPosition(Context::DeletedError(), e_.position);
      }
      const std::vector<std::string> names = {
          std::string(context_.reader().catalog().Name(ends[i].type))};
      (*values)[links.rows[i]] = Value::Boolean(Holds(*e_.labels, names));
    }
    return absl::OkStatus();
  }

  const Expr& e_;
  EvaluatorPtr object_;
  Context& context_;
  bool plain_ = false;
  std::vector<std::string> names_;
};

class MapProjectionEvaluator final : public Evaluator {
 public:
  MapProjectionEvaluator(const Expr& e, std::vector<EvaluatorPtr> args, Context& context)
      : e_(e), args_(std::move(args)), context_(context) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    const size_t n = selection.size();
    std::vector<Column> columns(args_.size());
    for (size_t i = 0; i < args_.size(); ++i) {
      if (args_[i] != nullptr) {
        SKEIN_RETURN_IF_ERROR(args_[i]->Eval(frame, selection, &columns[i]));
      }
    }
    const bool all = std::find(args_.begin(), args_.end(), nullptr) != args_.end();
    if (all && n > 1) {
      std::vector<Value> objects;
      for (size_t row = 0; row < n; ++row) objects.push_back(columns[0].At(row));
      SKEIN_RETURN_IF_ERROR(context_.Prefetch(Context::Wanted::kProperties, objects));
    }
    std::vector<Value> result(n);
    for (size_t row = 0; row < n; ++row) {
      const Value object = columns[0].At(row);
      if (object.is_null()) continue;
      ValueMap entries;
      for (size_t i = 1; i < args_.size(); ++i) {
        if (args_[i] != nullptr) {
          entries.emplace_back(e_.names[i - 1], columns[i].At(row));
          continue;
        }
        absl::StatusOr<ValueMap> own = Properties(object);
        if (!own.ok()) return WithPosition(own.status(), e_.position);
        entries.insert(entries.end(), own->begin(), own->end());
      }
      SKEIN_ASSIGN_OR_RETURN(result[row], functions::MakeMap(std::move(entries), context_));
    }
    context_.DropPrefetched();
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<ValueMap> Properties(const Value& object) const {
    switch (object.kind()) {
      case ValueKind::kNode:
        return context_.PropertiesOf(object.node());
      case ValueKind::kLink:
        return context_.PropertiesOf(object.link());
      case ValueKind::kMap:
        return object.map();
      default:
        return MakeQueryError(
            ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
            "a value of type " + std::string(KindName(object.kind())) + " has no properties",
            e_.position);
    }
  }

  const Expr& e_;
  std::vector<EvaluatorPtr> args_;
  Context& context_;
};

// node, link or links, node, … to a path. The nodes inside a list of links follow from the ends.
class PathEvaluator final : public Evaluator {
 public:
  PathEvaluator(std::vector<EvaluatorPtr> args, Context& context)
      : args_(std::move(args)), context_(context) {}

  absl::Status Eval(const Frame& frame, const Selection& selection, Column* out) override {
    const size_t n = selection.size();
    std::vector<Column> columns(args_.size());
    for (size_t i = 0; i < args_.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(args_[i]->Eval(frame, selection, &columns[i]));
    }
    // Ends are needed inside lists alone; all of the batch in one call.
    std::vector<LinkId> links;
    for (size_t i = 1; i < columns.size(); i += 2) {
      for (size_t row = 0; row < n; ++row) {
        const Value v = columns[i].At(row);
        if (v.kind() != ValueKind::kList || v.list().size() < 2) continue;
        for (const Value& link : v.list()) {
          if (link.kind() == ValueKind::kLink) links.push_back(link.link());
        }
      }
    }
    std::vector<LinkEnds> ends;
    if (!links.empty()) {
      SKEIN_RETURN_IF_ERROR(context_.reader().GetLinkEnds(context_.viewer(), links, &ends));
    }
    size_t next = 0;
    std::vector<Value> result(n);
    // The same order as above, column by column: cursors into `ends` by (column, row).
    std::vector<std::vector<size_t>> first(columns.size(), std::vector<size_t>(n, 0));
    for (size_t i = 1; i < columns.size(); i += 2) {
      for (size_t row = 0; row < n; ++row) {
        const Value v = columns[i].At(row);
        first[i][row] = next;
        if (v.kind() == ValueKind::kList && v.list().size() >= 2) next += v.list().size();
      }
    }
    for (size_t row = 0; row < n; ++row) result[row] = One(columns, first, ends, row);
    *out = Column::Values(std::move(result));
    return absl::OkStatus();
  }

 private:
  static Value One(const std::vector<Column>& columns,
                   const std::vector<std::vector<size_t>>& first, const std::vector<LinkEnds>& ends,
                   size_t row) {
    PathValue path;
    for (size_t i = 0; i < columns.size(); ++i) {
      const Value v = columns[i].At(row);
      if (v.is_null()) return {};
      if (v.kind() == ValueKind::kNode) {
        path.nodes.push_back(v.node());
      } else if (v.kind() == ValueKind::kLink) {
        path.links.push_back(v.link());
      } else if (v.kind() == ValueKind::kList) {
        const ValueList& list = v.list();
        for (size_t k = 0; k < list.size(); ++k) {
          path.links.push_back(list[k].link());
          if (k + 1 == list.size()) break;  // the pattern's own node follows
          const LinkEnds& e = ends[first[i][row] + k];
          path.nodes.push_back(e.from == path.nodes.back() ? e.to : e.from);
        }
        if (list.empty()) ++i;  // zero hops: both nodes are one
      }
    }
    return Value::Path(std::move(path));
  }

  std::vector<EvaluatorPtr> args_;
  Context& context_;
};

}  // namespace

absl::StatusOr<EvaluatorPtr> MakeSlotEvaluator(const Expr& e, Context&) {
  return EvaluatorPtr(std::make_unique<SlotEvaluator>(e.slot));
}

absl::StatusOr<EvaluatorPtr> MakePropertyEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr object, Compile(e.args[0], context));
  return EvaluatorPtr(std::make_unique<PropertyEvaluator>(e, std::move(object), context));
}

absl::StatusOr<EvaluatorPtr> MakeLabelEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr object, Compile(e.args[0], context));
  return EvaluatorPtr(std::make_unique<LabelEvaluator>(e, std::move(object), context));
}

absl::StatusOr<EvaluatorPtr> MakeMapProjectionEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(e.args, context));
  return EvaluatorPtr(std::make_unique<MapProjectionEvaluator>(e, std::move(args), context));
}

absl::StatusOr<EvaluatorPtr> MakePathEvaluator(const Expr& e, Context& context) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<EvaluatorPtr> args, CompileAll(e.args, context));
  return EvaluatorPtr(std::make_unique<PathEvaluator>(std::move(args), context));
}

}  // namespace skein::exec
