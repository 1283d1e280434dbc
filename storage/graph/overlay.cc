#include "storage/graph/overlay.h"

#include "storage/base/status.h"
#include "storage/graph/read_ops.h"
#include "storage/index/point_index.h"

namespace skein {

namespace {

absl::StatusOr<std::optional<std::string>> PointValuesKey(const Layout& layout,
                                                          const IndexInfo& index,
                                                          const NodeRecord& node) {
  const PropertyEntry* at = read_ops::FindProperty(node.properties, index.keys[0]);
  if (at == nullptr || at->value.kind() != ValueKind::kPoint) return std::optional<std::string>();
  const PropertyEntry* moment = nullptr;
  if (index.keys.size() > 1) {
    moment = read_ops::FindProperty(node.properties, index.keys[1]);
    if (moment == nullptr) return std::optional<std::string>();
  }
  std::string key = layout.Index(index.id);
  SKEIN_RETURN_IF_ERROR(
      AppendPointKey(at->value.point(), moment == nullptr ? nullptr : &moment->value, &key));
  return std::optional<std::string>(std::move(key));
}

}  // namespace

absl::StatusOr<std::optional<std::string>> IndexValuesKey(const Layout& layout,
                                                          const IndexInfo& index,
                                                          const NodeRecord& node) {
  if (index.kind == IndexKind::kText || !read_ops::HasLabel(node, index.label)) {
    return std::optional<std::string>();
  }
  if (index.kind == IndexKind::kPoint) return PointValuesKey(layout, index, node);
  std::vector<Value> values;
  for (const KeyId key : index.keys) {
    const PropertyEntry* property = read_ops::FindProperty(node.properties, key);
    if (property == nullptr) return std::optional<std::string>();
    values.push_back(property->value);
  }
  SKEIN_ASSIGN_OR_RETURN(std::string prefix, IndexPrefix(layout, index.id, values));
  return std::optional<std::string>(std::move(prefix));
}

std::optional<std::string> IndexEntryKey(const Layout& layout, const IndexInfo& index,
                                         const NodeRecord& node) {
  absl::StatusOr<std::optional<std::string>> key = IndexValuesKey(layout, index, node);
  if (!key.ok() || !key->has_value()) return std::nullopt;
  AppendBe64(&**key, Raw(node.id));
  return **std::move(key);
}

const Change<NodePtr>* Overlay::Find(NodeId id) const {
  const auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : &it->second;
}

const Change<LinkPtr>* Overlay::Find(LinkId id) const {
  const auto it = links_.find(id);
  return it == links_.end() ? nullptr : &it->second;
}

void Overlay::Touch(LinkId id, const LinkRecord& record) const {
  touched_[record.from].push_back(id);
  if (record.to != record.from) touched_[record.to].push_back(id);
}

const std::vector<LinkId>* Overlay::TouchedLinks(NodeId id) const {
  if (!knows_touched_) {
    for (const auto& [link, change] : links_) {
      const LinkPtr& any = change.now != nullptr ? change.now : change.base;
      if (any != nullptr) Touch(link, any->record);
    }
    knows_touched_ = true;
  }
  const auto it = touched_.find(id);
  return it == touched_.end() ? nullptr : &it->second;
}

void Overlay::Set(NodeId id, NodePtr base, NodePtr now) {
  const auto it = nodes_.find(id);
  Undo undo{Undo::What::kNode, Raw(id), nullptr, it != nodes_.end(), {}, {}, {}};
  bytes_ += 128 + (now != nullptr ? HeapBytes(*now) : 0);
  if (it == nodes_.end()) {
    Reindex(nullptr, now);
    nodes_.emplace(id, Change<NodePtr>{std::move(base), std::move(now)});
  } else {
    undo.node = it->second;
    Reindex(it->second.now, now);
    it->second.now = std::move(now);
  }
  undo_.push_back(std::move(undo));
}

void Overlay::Set(LinkId id, LinkPtr base, LinkPtr now) {
  const auto it = links_.find(id);
  Undo undo{Undo::What::kLink, Raw(id), nullptr, it != links_.end(), {}, {}, {}};
  bytes_ += 192 + (now != nullptr ? HeapBytes(*now) : 0);
  if (it == links_.end()) {
    if (knows_touched_) Touch(id, now != nullptr ? now->record : base->record);
    links_.emplace(id, Change<LinkPtr>{std::move(base), std::move(now)});
  } else {
    undo.link = it->second;
    it->second.now = std::move(now);
  }
  undo_.push_back(std::move(undo));
}

void Overlay::Remember(std::string key, uint64_t id) {
  const auto [it, fresh] = remembered_.emplace(std::move(key), id);
  Undo undo{Undo::What::kRemembered, 0, &it->first, !fresh, {}, {}, {}};
  if (!fresh) undo.id = std::exchange(it->second, id);
  bytes_ += 96;
  undo_.push_back(std::move(undo));
}

std::optional<uint64_t> Overlay::Remembered(const std::string& key) const {
  const auto it = remembered_.find(key);
  if (it == remembered_.end()) return std::nullopt;
  return it->second;
}

void Overlay::SetFusion(std::string key, std::string value) {
  bytes_ += 96 + key.size() + value.size();
  const auto [it, fresh] = fusion_.try_emplace(std::move(key));
  Undo undo{Undo::What::kFusion, 0, &it->first, !fresh, {}, {}, std::move(it->second)};
  it->second = std::move(value);
  undo_.push_back(std::move(undo));
}

void Overlay::Rollback() {
  for (; !undo_.empty(); undo_.pop_back()) {
    Undo& undo = undo_.back();
    switch (undo.what) {
      case Undo::What::kNode: {
        const auto it = nodes_.find(NodeId{undo.id});
        Reindex(it->second.now, undo.existed ? undo.node.now : nullptr);
        if (undo.existed) {
          it->second = std::move(undo.node);
        } else {
          nodes_.erase(it);
        }
        break;
      }
      case Undo::What::kLink: {
        const auto it = links_.find(LinkId{undo.id});
        if (undo.existed) {
          // Made and deleted when the lists were first asked for, it is in none of them.
          const LinkPtr& back = undo.link.now;
          if (knows_touched_ && back != nullptr && it->second.now == nullptr) {
            Touch(it->first, back->record);
          }
          it->second = std::move(undo.link);
        } else {
          links_.erase(it);  // touched_ keeps the id: readers look it up here first
        }
        break;
      }
      case Undo::What::kFusion:
        if (undo.existed) {
          fusion_[*undo.key] = std::move(undo.fusion);
        } else {
          fusion_.erase(fusion_.find(*undo.key));
        }
        break;
      case Undo::What::kRemembered:
        if (undo.existed) {
          remembered_[*undo.key] = undo.id;
        } else {
          remembered_.erase(remembered_.find(*undo.key));
        }
        break;
    }
  }
}

void Overlay::Reindex(const NodePtr& before, const NodePtr& after) {
  for (auto& [id, overlay] : indexes_) {
    if (before != nullptr) {
      if (const auto key = IndexEntryKey(layout_, overlay.info, *before)) {
        overlay.entries.erase(*key);
      }
    }
    if (after != nullptr) {
      if (const auto key = IndexEntryKey(layout_, overlay.info, *after)) {
        overlay.entries[*key] = after->id;
      }
    }
  }
}

const std::map<std::string, NodeId>& Overlay::IndexEntries(const IndexInfo& index) {
  const auto it = indexes_.find(index.id);
  if (it != indexes_.end()) return it->second.entries;
  IndexOverlay& overlay = indexes_[index.id];
  overlay.info = index;
  for (const auto& [id, change] : nodes_) {
    if (change.now == nullptr) continue;
    if (const auto key = IndexEntryKey(layout_, index, *change.now)) overlay.entries[*key] = id;
  }
  return overlay.entries;
}

}  // namespace skein
