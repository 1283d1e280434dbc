#include "query/exec/write.h"

#include <algorithm>
#include <utility>

#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

bool Storable(const Value& v, bool in_list) {
  switch (v.kind()) {
    case ValueKind::kNull:
    case ValueKind::kMap:
    case ValueKind::kNode:
    case ValueKind::kLink:
    case ValueKind::kPath:
      return false;
    case ValueKind::kList:
      return !in_list && std::all_of(v.list().begin(), v.list().end(),
                                     [](const Value& item) { return Storable(item, true); });
    default:
      return true;
  }
}

// Sets entry `row` of a node or link column that may be absent so far.
template <typename Id>
void Place(Batch* batch, Slot slot, uint32_t row, Id id) {
  Column& column = batch->at(slot);
  if constexpr (std::is_same_v<Id, NodeId>) {
    if (column.size() != batch->rows || column.kind() != Column::Kind::kNode) {
      column = Column::Nodes(std::vector<NodeId>(batch->rows, kNoNode));
    }
    (*column.mutable_nodes())[row] = id;
  } else {
    if (column.size() != batch->rows || column.kind() != Column::Kind::kLink) {
      column = Column::Links(std::vector<LinkId>(batch->rows, kNoLink));
    }
    (*column.mutable_links())[row] = id;
  }
}

absl::Status EvalRow(Evaluator& e, const Batch& batch, uint32_t row, Value* out) {
  Column column;
  SKEIN_RETURN_IF_ERROR(e.Eval({&batch, nullptr, nullptr}, {{&row, 1}, batch.rows == 1}, &column));
  *out = column.At(0);
  return absl::OkStatus();
}

absl::Status NeedsElement(const Value& v, Position at, std::string_view what) {
  return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                        std::string(what) + " needs a node or a relationship, found " +
                            std::string(KindName(v.kind())) + " " + ToLiteral(v),
                        at);
}

}  // namespace

absl::Status CheckProperty(const Value& v, std::string_view key, Position at) {
  if (v.is_null() || Storable(v, false)) return absl::OkStatus();
  return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidPropertyType,
                        "property `" + std::string(key) + "` cannot hold " +
                            std::string(KindName(v.kind())) + " " + ToLiteral(v),
                        at);
}

absl::Status Creator::Compile() {
  const auto compile = [this](const bind::ExprRef& e,
                              std::vector<EvaluatorPtr>* out) -> absl::Status {
    if (e == nullptr) {
      out->push_back(nullptr);
      return absl::OkStatus();
    }
    SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr one, exec::Compile(e, context_));
    out->push_back(std::move(one));
    return absl::OkStatus();
  };
  for (const auto& node : creation_.nodes) {
    SKEIN_RETURN_IF_ERROR(compile(node.properties, &node_maps_));
  }
  for (const auto& link : creation_.links) {
    SKEIN_RETURN_IF_ERROR(compile(link.properties, &link_maps_));
  }
  for (const auto& path : creation_.paths) SKEIN_RETURN_IF_ERROR(compile(path.value, &paths_));
  return absl::OkStatus();
}

absl::StatusOr<Creator::Properties> Creator::ToProperties(const Value& map, Position at) {
  Properties out;
  if (map.is_null()) return out;
  if (map.kind() != ValueKind::kMap) {
    return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                          "properties are a map, found " + ToLiteral(map), at);
  }
  for (const auto& [name, value] : map.map()) {
    SKEIN_RETURN_IF_ERROR(CheckProperty(value, name, at));
    if (value.is_null()) continue;
    SKEIN_ASSIGN_OR_RETURN(const KeyId key, context_.graph().catalog().InternKey(name));
    out.emplace_back(key, value);
  }
  return out;
}

absl::Status Creator::MakeNodes(size_t index, Batch* batch, std::span<const uint32_t> rows) {
  const bind::NewNode& made = creation_.nodes[index];
  NewNode node;
  for (const std::string& name : made.labels) {
    SKEIN_ASSIGN_OR_RETURN(const LabelId label, context_.graph().catalog().InternLabel(name));
    node.labels.push_back(label);
  }
  std::sort(node.labels.begin(), node.labels.end());
  node.labels.erase(std::unique(node.labels.begin(), node.labels.end()), node.labels.end());
  Column maps;
  if (node_maps_[index] != nullptr) {
    SKEIN_RETURN_IF_ERROR(node_maps_[index]->Eval({batch, nullptr, nullptr},
                                                  {rows, rows.size() == batch->rows}, &maps));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    node.properties.clear();
    if (node_maps_[index] != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(node.properties, ToProperties(maps.At(i), made.properties->position));
    }
    SKEIN_ASSIGN_OR_RETURN(const NodeId id, context_.transaction()->CreateNode(node));
    Place(batch, made.slot, rows[i], id);
    ++context_.counters().nodes_created;
    context_.counters().labels_added += node.labels.size();
    context_.counters().properties_set += node.properties.size();
  }
  return absl::OkStatus();
}

absl::Status Creator::MakeLinks(size_t index, Batch* batch, std::span<const uint32_t> rows) {
  const bind::NewLink& made = creation_.links[index];
  NewLink link;
  SKEIN_ASSIGN_OR_RETURN(link.type, context_.graph().catalog().InternLinkType(made.type));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch->at(made.from)));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> to, AsNodes(batch->at(made.to)));
  Column maps;
  if (link_maps_[index] != nullptr) {
    SKEIN_RETURN_IF_ERROR(link_maps_[index]->Eval({batch, nullptr, nullptr},
                                                  {rows, rows.size() == batch->rows}, &maps));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    link.from = from[rows[i]];
    link.to = to[rows[i]];
    if (link.from == kNoNode || link.to == kNoNode) {
      return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentValue,
                            "a new relationship of type `" + made.type + "` has null at one end");
    }
    link.properties.clear();
    if (link_maps_[index] != nullptr) {
      SKEIN_ASSIGN_OR_RETURN(link.properties, ToProperties(maps.At(i), made.properties->position));
    }
    SKEIN_ASSIGN_OR_RETURN(const LinkId id, context_.transaction()->CreateLink(link));
    Place(batch, made.slot, rows[i], id);
    ++context_.counters().links_created;
    context_.counters().properties_set += link.properties.size();
  }
  return absl::OkStatus();
}

absl::Status Creator::Run(Batch* batch, std::span<const uint32_t> rows) {
  if (rows.empty()) return absl::OkStatus();
  for (size_t i = 0; i < creation_.nodes.size(); ++i) {
    SKEIN_RETURN_IF_ERROR(MakeNodes(i, batch, rows));
  }
  for (size_t i = 0; i < creation_.links.size(); ++i) {
    SKEIN_RETURN_IF_ERROR(MakeLinks(i, batch, rows));
  }
  for (size_t i = 0; i < creation_.paths.size(); ++i) {
    Column column;
    SKEIN_RETURN_IF_ERROR(
        paths_[i]->Eval({batch, nullptr, nullptr}, {rows, rows.size() == batch->rows}, &column));
    std::vector<Value> values(batch->rows);
    for (size_t k = 0; k < rows.size(); ++k) values[rows[k]] = column.At(k);
    batch->at(creation_.paths[i].slot) = Column::Values(std::move(values));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Creator::HasNullProperty(const Batch& batch, uint32_t row) {
  for (const auto* maps : {&node_maps_, &link_maps_}) {
    for (const EvaluatorPtr& map : *maps) {
      if (map == nullptr) continue;
      Value v;
      SKEIN_RETURN_IF_ERROR(EvalRow(*map, batch, row, &v));
      if (v.kind() != ValueKind::kMap) continue;
      const auto null = std::find_if(v.map().begin(), v.map().end(),
                                     [](const auto& entry) { return entry.second.is_null(); });
      if (null != v.map().end()) return true;
    }
  }
  return false;
}

absl::Status Creator::LockKeys(const Batch& batch, uint32_t row) {
  for (size_t i = 0; i < creation_.nodes.size(); ++i) {
    if (creation_.nodes[i].labels.empty() || node_maps_[i] == nullptr) continue;
    Value v;
    SKEIN_RETURN_IF_ERROR(EvalRow(*node_maps_[i], batch, row, &v));
    SKEIN_ASSIGN_OR_RETURN(const Properties key,
                           ToProperties(v, creation_.nodes[i].properties->position));
    if (key.empty()) continue;
    for (const std::string& name : creation_.nodes[i].labels) {
      SKEIN_ASSIGN_OR_RETURN(const LabelId label, context_.graph().catalog().InternLabel(name));
      SKEIN_RETURN_IF_ERROR(context_.transaction()->LockKey(label, key));
    }
  }
  return absl::OkStatus();
}

absl::Status Setter::Compile() {
  const auto compile = [this](const bind::ExprRef& e,
                              std::vector<EvaluatorPtr>* out) -> absl::Status {
    if (e == nullptr) {
      out->push_back(nullptr);
      return absl::OkStatus();
    }
    SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr one, exec::Compile(e, context_));
    out->push_back(std::move(one));
    return absl::OkStatus();
  };
  for (const bind::SetItem& item : items_) {
    SKEIN_RETURN_IF_ERROR(compile(item.target, &targets_));
    SKEIN_RETURN_IF_ERROR(compile(item.key_expr, &keys_));
    SKEIN_RETURN_IF_ERROR(compile(item.value, &values_));
    const bool reads =
        (item.value != nullptr && bind::ReadsGraph(item.value)) || bind::ReadsGraph(item.target);
    row_by_row_.push_back(reads ? 1 : 0);
  }
  return absl::OkStatus();
}

absl::Status Setter::Run(const Batch& batch, std::span<const uint32_t> rows) {
  const Frame frame{&batch, nullptr, nullptr};
  const Selection all{rows, rows.size() == batch.rows};
  std::vector<Column> targets(items_.size());
  std::vector<Column> keys(items_.size());
  std::vector<Column> values(items_.size());
  for (size_t i = 0; i < items_.size(); ++i) {
    if (row_by_row_[i] != 0) continue;
    SKEIN_RETURN_IF_ERROR(targets_[i]->Eval(frame, all, &targets[i]));
    if (keys_[i] != nullptr) SKEIN_RETURN_IF_ERROR(keys_[i]->Eval(frame, all, &keys[i]));
    if (values_[i] != nullptr) SKEIN_RETURN_IF_ERROR(values_[i]->Eval(frame, all, &values[i]));
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < items_.size(); ++i) {
      Value target;
      Value key;
      Value value;
      if (row_by_row_[i] == 0) {
        target = targets[i].At(r);
        if (keys_[i] != nullptr) key = keys[i].At(r);
        if (values_[i] != nullptr) value = values[i].At(r);
      } else {
        // A row sees what the rows before it set.
        SKEIN_RETURN_IF_ERROR(EvalRow(*targets_[i], batch, rows[r], &target));
        if (keys_[i] != nullptr) SKEIN_RETURN_IF_ERROR(EvalRow(*keys_[i], batch, rows[r], &key));
        if (values_[i] != nullptr) {
          SKEIN_RETURN_IF_ERROR(EvalRow(*values_[i], batch, rows[r], &value));
        }
      }
      SKEIN_RETURN_IF_ERROR(Apply(items_[i], target, key, value));
    }
    if (r % 256 == 0) SKEIN_RETURN_IF_ERROR(context_.Check());
  }
  return absl::OkStatus();
}

absl::Status Setter::SetProperty(const Value& target, KeyId key, const Value& value) {
  if (target.kind() == ValueKind::kNode) {
    SKEIN_RETURN_IF_ERROR(context_.transaction()->SetNodeProperty(target.node(), key, value));
  } else {
    SKEIN_RETURN_IF_ERROR(context_.transaction()->SetLinkProperty(target.link(), key, value));
  }
  ++context_.counters().properties_set;
  return absl::OkStatus();
}

absl::Status Setter::SetAll(const bind::SetItem& item, const Value& target, const Value& value) {
  ValueMap entries;
  switch (value.kind()) {
    case ValueKind::kNull:
      break;
    case ValueKind::kMap:
      entries = value.map();
      break;
    case ValueKind::kNode: {
      SKEIN_ASSIGN_OR_RETURN(entries, context_.PropertiesOf(value.node()));
      break;
    }
    case ValueKind::kLink: {
      SKEIN_ASSIGN_OR_RETURN(entries, context_.PropertiesOf(value.link()));
      break;
    }
    default:
      return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                            "properties are a map, found " + ToLiteral(value), item.position);
  }
  context_.DropPrefetched();
  if (item.kind == bind::SetItem::Kind::kReplace) {
    absl::StatusOr<ValueMap> old = target.kind() == ValueKind::kNode
                                       ? context_.PropertiesOf(target.node())
                                       : context_.PropertiesOf(target.link());
    if (!old.ok()) return old.status();
    context_.DropPrefetched();
    for (const auto& [name, value_before] : *old) {
      const bool kept = std::any_of(entries.begin(), entries.end(), [&name](const auto& entry) {
        return entry.first == name && !entry.second.is_null();
      });
      if (kept) continue;
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, context_.graph().catalog().InternKey(name));
      SKEIN_RETURN_IF_ERROR(SetProperty(target, key, Value()));
    }
  }
  for (const auto& [name, entry] : entries) {
    SKEIN_RETURN_IF_ERROR(CheckProperty(entry, name, item.position));
    SKEIN_ASSIGN_OR_RETURN(const KeyId key, context_.graph().catalog().InternKey(name));
    SKEIN_RETURN_IF_ERROR(SetProperty(target, key, entry));
  }
  return absl::OkStatus();
}

absl::Status Setter::SetLabels(const bind::SetItem& item, NodeId node) {
  for (const std::string& name : item.labels) {
    std::vector<uint8_t> has;
    const auto known = context_.Label(name);
    if (known.has_value()) {
      SKEIN_RETURN_IF_ERROR(
          context_.reader().FilterLabels(context_.viewer(), {&node, 1}, {&*known, 1}, &has));
    }
    const bool there = !has.empty() && has[0] != 0;
    if (item.kind == bind::SetItem::Kind::kLabels && !there) {
      SKEIN_ASSIGN_OR_RETURN(const LabelId label, context_.graph().catalog().InternLabel(name));
      SKEIN_RETURN_IF_ERROR(context_.transaction()->AddLabel(node, label));
      ++context_.counters().labels_added;
    } else if (item.kind == bind::SetItem::Kind::kUnlabel && there) {
      SKEIN_RETURN_IF_ERROR(context_.transaction()->RemoveLabel(node, *known));
      ++context_.counters().labels_removed;
    }
  }
  return absl::OkStatus();
}

absl::Status Setter::Apply(const bind::SetItem& item, const Value& target, const Value& key,
                           const Value& value) {
  if (target.is_null()) return absl::OkStatus();
  const bool node = target.kind() == ValueKind::kNode;
  if (!node && target.kind() != ValueKind::kLink) {
    return NeedsElement(target, item.position, "SET");
  }
  if (node ? context_.IsDeleted(target.node()) : context_.IsDeleted(target.link())) {
    return WithPosition(Context::DeletedError(), item.position);
  }
  switch (item.kind) {
    case bind::SetItem::Kind::kProperty:
    case bind::SetItem::Kind::kDynamicProperty: {
      std::string name = item.key;
      if (item.kind == bind::SetItem::Kind::kDynamicProperty) {
        if (key.kind() != ValueKind::kString) {
          return MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kMapElementAccessByNonString,
                                "a property's name is a string, found " + ToLiteral(key),
                                item.position);
        }
        name = key.string();
      }
      SKEIN_RETURN_IF_ERROR(CheckProperty(value, name, item.position));
      SKEIN_ASSIGN_OR_RETURN(const KeyId id, context_.graph().catalog().InternKey(name));
      return SetProperty(target, id, value);
    }
    case bind::SetItem::Kind::kReplace:
    case bind::SetItem::Kind::kMerge:
      return SetAll(item, target, value);
    case bind::SetItem::Kind::kLabels:
    case bind::SetItem::Kind::kUnlabel:
      if (!node) return NeedsElement(target, item.position, "a label");
      return SetLabels(item, target.node());
  }
  return absl::OkStatus();
}

}  // namespace skein::exec
