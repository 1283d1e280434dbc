#include "storage/graph/transaction_impl.h"

#include <algorithm>

#include "storage/base/status.h"
#include "storage/graph/commit.h"
#include "storage/graph/fold.h"
#include "storage/graph/page_reader.h"
#include "storage/graph/sightings.h"
#include "storage/graph/time_key.h"
#include "storage/index/property_index.h"
#include "storage/keys/value_codec.h"
#include "storage/keys/value_key.h"

namespace skein {
namespace {

// Sets, replaces or (null) removes one property; the list stays ascending by key.
void SetProperty(std::vector<PropertyEntry>* properties, KeyId key, const Value& value,
                 const Provenance& source) {
  const auto at =
      std::lower_bound(properties->begin(), properties->end(), key,
                       [](const PropertyEntry& entry, KeyId k) { return entry.key < k; });
  const bool there = at != properties->end() && at->key == key;
  if (value.is_null()) {
    if (there) properties->erase(at);
  } else if (there) {
    *at = {key, value, source};
  } else {
    properties->insert(at, {key, value, source});
  }
}

absl::Status CheckProperty(const Catalog& catalog, KeyId key, const Value& value) {
  if (Raw(key) >= catalog.key_count()) return InvalidArgument("no property key ", Raw(key));
  if (value.is_null()) return absl::OkStatus();
  const absl::Status storable = CheckStorable(value);
  if (!storable.ok()) return Annotate(storable, std::string(catalog.Name(key)));
  return absl::OkStatus();
}

absl::Status CheckPolicy(const Catalog& catalog, PolicyId policy) {
  if (policy == kOpenPolicy || Raw(policy) < catalog.policy_count()) return absl::OkStatus();
  return InvalidArgument("no policy ", Raw(policy));
}

absl::Status CheckValid(const ValidTime& valid) {
  if (valid.from <= valid.to) return absl::OkStatus();
  return InvalidArgument("valid time ends (", valid.to, " us) before it begins (", valid.from,
                         " us)");
}

}  // namespace

absl::Status TransactionImpl::CheckOpen() const {
  if (!open_) return FailedPrecondition("the transaction is over");
  const size_t limit = core_->options.transaction_bytes_max;
  if (overlay_.bytes() <= limit) return absl::OkStatus();
  return ResourceExhausted("the transaction is larger than ", limit >> 20,
                           " MiB; commit in smaller parts");
}

const std::vector<IndexInfo>& TransactionImpl::Indexes() const {
  const uint64_t epoch = core_->catalog->index_epoch();
  if (epoch != index_epoch_) {
    indexes_ = core_->catalog->Indexes();
    index_epoch_ = epoch;
  }
  return indexes_;
}

absl::StatusOr<NodePtr> TransactionImpl::NodeNow(NodeId id) const {
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(read_ops::VisibleNodes(*this, viewer_, {&id, 1}, &nodes));
  if (nodes[0] == nullptr) return NotFound("no such node");
  return std::move(nodes[0]);
}

absl::StatusOr<LinkPtr> TransactionImpl::LinkNow(LinkId id) const {
  std::vector<LinkPtr> links;
  SKEIN_RETURN_IF_ERROR(read_ops::VisibleLinks(*this, viewer_, {&id, 1}, &links));
  if (links[0] == nullptr) return NotFound("no such relationship");
  return std::move(links[0]);
}

absl::Status TransactionImpl::CheckUnique(const IndexInfo& index, const std::string& values_key,
                                          const NodeRecord& node) const {
  const Catalog& catalog = *core_->catalog;
  const std::string unit = catalog.GetPolicy(node.policy).owner_unit;
  std::optional<std::string> next = values_key;
  std::vector<IndexHit> hits;
  while (next) {
    const std::string begin = *next;
    SKEIN_RETURN_IF_ERROR(IndexPage(index.id, begin, PrefixEnd(values_key), &hits, &next));
    for (const IndexHit& hit : hits) {
      if (hit.node == node.id || catalog.GetPolicy(hit.policy).owner_unit != unit) continue;
      std::string keys;
      for (const KeyId key : index.keys) {
        keys += (keys.empty() ? "" : ", ") + std::string(catalog.Name(key)) + ": " +
                ToLiteral(read_ops::FindProperty(node.properties, key)->value);
      }
      return FailedPrecondition("constraint '", index.name,
                                "': there is a node (:", catalog.Name(index.label), " {", keys,
                                "}) already");
    }
  }
  return absl::OkStatus();
}

absl::Status TransactionImpl::CheckIndexes(const NodeRecord& node) const {
  for (const IndexInfo& index : Indexes()) {
    SKEIN_ASSIGN_OR_RETURN(const std::optional<std::string> key,
                           IndexValuesKey(core_->layout, index, node));
    if (!key || index.kind != IndexKind::kUnique || !index.online) continue;
    SKEIN_RETURN_IF_ERROR(CheckUnique(index, *key, node));
  }
  return absl::OkStatus();
}

absl::Status TransactionImpl::SetNode(NodeId id, NodePtr before, NodeRecord after) {
  SKEIN_RETURN_IF_ERROR(CheckIndexes(after));
  overlay_.Set(id, std::move(before), std::make_shared<const NodeRecord>(std::move(after)));
  return absl::OkStatus();
}

absl::StatusOr<NodeRecord> MakeNodeRecord(const Catalog& catalog, const WriteContext& context,
                                          const NewNode& node) {
  SKEIN_RETURN_IF_ERROR(CheckValid(node.valid));
  NodeRecord record;
  record.labels = node.labels;
  std::sort(record.labels.begin(), record.labels.end());
  record.labels.erase(std::unique(record.labels.begin(), record.labels.end()), record.labels.end());
  for (const LabelId label : record.labels) {
    if (Raw(label) >= catalog.label_count()) return InvalidArgument("no label ", Raw(label));
  }
  record.valid = node.valid;
  record.policy = node.policy.value_or(context.policy);
  SKEIN_RETURN_IF_ERROR(CheckPolicy(catalog, record.policy));
  record.source = {context.batch, node.row};
  record.properties.reserve(node.properties.size());
  for (const auto& [key, value] : node.properties) {
    SKEIN_RETURN_IF_ERROR(CheckProperty(catalog, key, value));
    SetProperty(&record.properties, key, value, record.source);
  }
  return record;
}

absl::Status ChangeProperty(const Catalog& catalog, KeyId key, const Value& value,
                            const Provenance& source, NodeRecord* node) {
  SKEIN_RETURN_IF_ERROR(CheckProperty(catalog, key, value));
  SetProperty(&node->properties, key, value, source);
  return absl::OkStatus();
}

absl::Status ChangeValid(const ValidTime& valid, NodeRecord* node) {
  SKEIN_RETURN_IF_ERROR(CheckValid(valid));
  node->valid = valid;
  return absl::OkStatus();
}

void AddLabelTo(LabelId label, NodeRecord* node) {
  if (read_ops::HasLabel(*node, label)) return;
  node->labels.insert(std::lower_bound(node->labels.begin(), node->labels.end(), label), label);
}

absl::StatusOr<NodeId> TransactionImpl::CreateNode(const NewNode& node) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_ASSIGN_OR_RETURN(NodeRecord record, MakeNodeRecord(*core_->catalog, context_, node));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t id, core_->node_ids.Take());
  record.id = NodeId{id};
  SKEIN_RETURN_IF_ERROR(SetNode(NodeId{id}, nullptr, std::move(record)));
  return NodeId{id};
}

absl::StatusOr<std::optional<LinkId>> TransactionImpl::FindSighting(const std::string& content,
                                                                    const StoredLink& like) const {
  std::optional<LinkId> id;
  if (const std::optional<uint64_t> ours = overlay_.Remembered(SightingKey(content))) {
    id = LinkId{*ours};
  } else {
    std::vector<SightingProbe> probes = {{like, std::nullopt}};
    SKEIN_RETURN_IF_ERROR(FindStoredSightings(base_, &probes));
    id = probes[0].found;
  }
  if (!id) return id;
  // It may have been deleted, or changed, by this transaction.
  std::vector<LinkPtr> links;
  SKEIN_RETURN_IF_ERROR(Links({&*id, 1}, &links));
  const bool same = links[0] != nullptr && SightingContent(*links[0]) == content;
  return same ? id : std::nullopt;
}

absl::StatusOr<LinkId> TransactionImpl::CreateLink(const NewLink& link, bool* existed) {
  if (existed != nullptr) *existed = false;
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_RETURN_IF_ERROR(CheckValid(link.valid));
  const Catalog& catalog = *core_->catalog;
  if (Raw(link.type) >= catalog.link_type_count()) {
    return InvalidArgument("no relationship type ", Raw(link.type));
  }
  const NodeId ends[2] = {link.from, link.to};
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(read_ops::VisibleNodes(*this, viewer_, ends, &nodes));
  if (nodes[0] == nullptr || nodes[1] == nullptr) {
    return NotFound("no such node at the ", nodes[0] == nullptr ? "start" : "end",
                    " of the relationship");
  }
  StoredLink stored;
  LinkRecord& record = stored.record;
  record.type = link.type;
  record.from = link.from;
  record.to = link.to;
  record.valid = link.valid;
  record.policy = link.policy.value_or(context_.policy);
  SKEIN_RETURN_IF_ERROR(CheckPolicy(catalog, record.policy));
  record.source = SourceOf(link.row);
  stored.from_policy = nodes[0]->policy;
  stored.to_policy = nodes[1]->policy;
  record.properties.reserve(link.properties.size());
  for (const auto& [key, value] : link.properties) {
    SKEIN_RETURN_IF_ERROR(CheckProperty(catalog, key, value));
    SetProperty(&record.properties, key, value, record.source);
  }
  std::string content;
  if (catalog.IsSightingType(link.type)) {
    content = SightingContent(stored);
    SKEIN_ASSIGN_OR_RETURN(const std::optional<LinkId> same, FindSighting(content, stored));
    if (same) {
      if (existed != nullptr) *existed = true;
      return *same;
    }
  }
  SKEIN_ASSIGN_OR_RETURN(const uint32_t row, core_->TakeLinkRow(context_.batch));
  const LinkId id{Raw(context_.batch) << 32 | row};
  record.id = id;
  overlay_.Set(id, nullptr, std::make_shared<const StoredLink>(std::move(stored)));
  if (!content.empty()) overlay_.Remember(SightingKey(content), Raw(id));
  return id;
}

absl::Status TransactionImpl::SetNodeProperty(NodeId id, KeyId key, const Value& value) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_RETURN_IF_ERROR(CheckProperty(*core_->catalog, key, value));
  SKEIN_ASSIGN_OR_RETURN(NodePtr before, NodeNow(id));
  NodeRecord after = *before;
  SetProperty(&after.properties, key, value, SourceOf(provenance_row_));
  return SetNode(id, std::move(before), std::move(after));
}

absl::Status TransactionImpl::AddLabel(NodeId id, LabelId label) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  if (Raw(label) >= core_->catalog->label_count()) return InvalidArgument("no label ", Raw(label));
  SKEIN_ASSIGN_OR_RETURN(NodePtr before, NodeNow(id));
  if (read_ops::HasLabel(*before, label)) return absl::OkStatus();
  NodeRecord after = *before;
  AddLabelTo(label, &after);
  return SetNode(id, std::move(before), std::move(after));
}

absl::Status TransactionImpl::RemoveLabel(NodeId id, LabelId label) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_ASSIGN_OR_RETURN(NodePtr before, NodeNow(id));
  if (!read_ops::HasLabel(*before, label)) return absl::OkStatus();
  NodeRecord after = *before;
  std::erase(after.labels, label);
  return SetNode(id, std::move(before), std::move(after));
}

absl::Status TransactionImpl::SetNodeValid(NodeId id, const ValidTime& valid) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_RETURN_IF_ERROR(CheckValid(valid));
  SKEIN_ASSIGN_OR_RETURN(NodePtr before, NodeNow(id));
  NodeRecord after = *before;
  after.valid = valid;
  return SetNode(id, std::move(before), std::move(after));
}

absl::Status TransactionImpl::DeleteNode(NodeId id) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  const Change<NodePtr>* change = overlay_.Find(id);
  if (change != nullptr && change->now == nullptr) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(NodePtr before, NodeNow(id));
  overlay_.Set(id, std::move(before), nullptr);
  return absl::OkStatus();
}

absl::Status TransactionImpl::SetLink(LinkId id, LinkPtr before, StoredLink after) {
  const bool sighting = core_->catalog->IsSightingType(after.record.type);
  auto now = std::make_shared<const StoredLink>(std::move(after));
  if (sighting) overlay_.Remember(SightingKey(SightingContent(*now)), Raw(id));
  overlay_.Set(id, std::move(before), std::move(now));
  return absl::OkStatus();
}

absl::Status TransactionImpl::SetLinkProperty(LinkId id, KeyId key, const Value& value) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_RETURN_IF_ERROR(CheckProperty(*core_->catalog, key, value));
  SKEIN_ASSIGN_OR_RETURN(LinkPtr before, LinkNow(id));
  StoredLink after = *before;
  SetProperty(&after.record.properties, key, value, SourceOf(provenance_row_));
  return SetLink(id, std::move(before), std::move(after));
}

absl::Status TransactionImpl::SetLinkValid(LinkId id, const ValidTime& valid) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  SKEIN_RETURN_IF_ERROR(CheckValid(valid));
  SKEIN_ASSIGN_OR_RETURN(LinkPtr before, LinkNow(id));
  StoredLink after = *before;
  after.record.valid = valid;
  return SetLink(id, std::move(before), std::move(after));
}

absl::Status TransactionImpl::DeleteLink(LinkId id) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  const Change<LinkPtr>* change = overlay_.Find(id);
  if (change != nullptr && change->now == nullptr) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(LinkPtr before, LinkNow(id));
  overlay_.Set(id, std::move(before), nullptr);
  return absl::OkStatus();
}

absl::Status TransactionImpl::LockKey(LabelId label, std::span<const std::pair<KeyId, Value>> key) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  std::vector<std::pair<KeyId, Value>> sorted(key.begin(), key.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  AppendBe32(&text, static_cast<uint32_t>(Raw(label)));
  for (const auto& [id, value] : sorted) {
    AppendBe32(&text, static_cast<uint32_t>(Raw(id)));
    if (!value.is_null()) SKEIN_RETURN_IF_ERROR(AppendValueKey(value, &text));
  }
  overlay_.Lock(core_->layout.Lock('k', text));
  return absl::OkStatus();
}

absl::Status TransactionImpl::Remember(const std::string& identity, uint64_t id) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  overlay_.Remember(core_->layout.Import(identity), id);
  return absl::OkStatus();
}

absl::Status TransactionImpl::RollbackStatement() {
  if (!open_) return FailedPrecondition("the transaction is over");
  overlay_.Rollback();
  return absl::OkStatus();
}

absl::Status TransactionImpl::CheckDeletedNodes() const {
  std::vector<NodeId> deleted;
  for (const auto& [id, change] : overlay_.nodes()) {
    if (change.now == nullptr) deleted.push_back(id);
  }
  std::vector<AdjacencyList> lists;
  SKEIN_RETURN_IF_ERROR(ReadLists(*this, deleted, &lists));
  for (const AdjacencyList& list : lists) {
    if (list.entries.empty()) continue;
    return FailedPrecondition(
        "a node cannot be deleted while it still has relationships; delete those first");
  }
  return absl::OkStatus();
}

bool TransactionImpl::DeletesNodes() const {
  return std::any_of(overlay_.nodes().begin(), overlay_.nodes().end(), [](const auto& entry) {
    return entry.second.base != nullptr && entry.second.now == nullptr;
  });
}

absl::Status TransactionImpl::CheckUniqueAtCommit() const {
  bool any = false;
  for (const IndexInfo& index : Indexes()) {
    any = any || (index.kind == IndexKind::kUnique && index.online);
  }
  if (!any) return absl::OkStatus();
  for (const auto& [id, change] : overlay_.nodes()) {
    if (change.now != nullptr) SKEIN_RETURN_IF_ERROR(CheckIndexes(*change.now));
  }
  return absl::OkStatus();
}

absl::StatusOr<Version> TransactionImpl::Commit() {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  if (overlay_.empty()) {
    open_ = false;
    return base_.source_version();
  }
  absl::StatusOr<Version> committed = Version{0};
  {
    absl::ReaderMutexLock indexes_stay(&core_->index_mu);
    committed = CommitHeld();
  }
  if (!committed.ok()) return committed;
  PostFolding(core_, /*writer=*/true);
  return committed;
}

absl::StatusOr<Version> TransactionImpl::CommitHeld() {
  // A bulk load of nodes takes keys without a word to others: who has not seen it may have found
  // them free.
  const bool takes_keys = !overlay_.nodes().empty() || !overlay_.locks().empty();
  if (takes_keys && base_.source_version() < Version{core_->nodes_loaded.load()}) {
    return absl::AbortedError("nodes were loaded in bulk meanwhile; repeat the transaction");
  }
  SKEIN_RETURN_IF_ERROR(CheckDeletedNodes());
  SKEIN_RETURN_IF_ERROR(CheckUniqueAtCommit());
  SKEIN_RETURN_IF_ERROR(KeepTimeKeys(*core_, overlay_.links()));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t chunk, core_->chunk_ids.Take());
  CommitBuilder builder(*core_, overlay_, base_.source_version(), chunk);
  WriteBatch& batch = builder.Build();
  if (DeletesNodes()) core_->node_deletions.fetch_add(1);
  open_ = false;
  return CommitThroughCaches(*core_, overlay_, batch, builder.TakeRun(), chunk);
}

}  // namespace skein
