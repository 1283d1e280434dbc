#include "storage/graph/bulk_nodes.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/bulk_rows.h"
#include "storage/graph/overlay.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/transaction_impl.h"
#include "storage/index/text.h"
#include "storage/keys/value_codec.h"

namespace skein {
namespace {

constexpr unsigned kThreadsMax = 8;
// Keys looked up in one round trip.
constexpr size_t kKeysPerScan = 512;
// Of one commit, each for an index that was declared meanwhile.
constexpr int kTriesMax = 8;
constexpr size_t kIdBytes = 8;

void SetVarint(uint64_t v, std::string* out) {
  out->clear();
  AppendVarint(out, v);
}

// A run of what `next` says, which sets key and value.
template <typename Next>
SortedRun MakeRun(Table table, Next next) {
  struct State {
    Next next;
    std::string key, value;
  };
  auto state = std::make_shared<State>(State{std::move(next), {}, {}});
  return {table, [state](std::string_view* key, std::string_view* value) -> absl::StatusOr<bool> {
            if (!state->next(&state->key, &state->value)) return false;
            *key = state->key;
            *value = state->value;
            return true;
          }};
}

}  // namespace

const BulkNodesImpl::Waiting* BulkNodesImpl::Find(NodeId id) const {
  if (nodes_.empty() || id < nodes_.front().id || id > nodes_.back().id) return nullptr;
  // Mostly nobody else takes ids meanwhile.
  const size_t guess = Raw(id) - Raw(nodes_.front().id);
  if (guess < nodes_.size() && nodes_[guess].id == id) return &nodes_[guess];
  const auto at =
      std::lower_bound(nodes_.begin(), nodes_.end(), id,
                       [](const Waiting& node, NodeId wanted) { return node.id < wanted; });
  return at != nodes_.end() && at->id == id ? &*at : nullptr;
}

void BulkNodesImpl::Store(const NodeRecord& record, Waiting* node) {
  const std::string bytes = EncodeNode(record, 0);
  if (bytes.size() > node->bytes) node->record = arena_.Take(bytes.size());
  std::memcpy(node->record, bytes.data(), bytes.size());
  node->bytes = static_cast<uint32_t>(bytes.size());
}

absl::StatusOr<NodeId> BulkNodesImpl::Add(const NewNode& node, std::string_view identity) {
  if (!identity.empty() && identity.size() != kIdentityBytes) {
    return InvalidArgument("an identity has ", kIdentityBytes, " bytes, not ", identity.size());
  }
  SKEIN_ASSIGN_OR_RETURN(NodeRecord record, MakeNodeRecord(*core_->catalog, context_, node));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t id, core_->node_ids.Take());
  Waiting& waiting = nodes_.emplace_back();
  waiting.id = record.id = NodeId{id};
  waiting.has_identity = !identity.empty();
  std::copy(identity.begin(), identity.end(), waiting.identity);
  Store(record, &waiting);
  return NodeId{id};
}

absl::Status BulkNodesImpl::NextBatch(const WriteContext& context) {
  SKEIN_RETURN_IF_ERROR(core_->catalog->GetBatch(context.batch).status());
  context_ = context;
  return absl::OkStatus();
}

NodeRecord BulkNodesImpl::Get(NodeId id) const {
  const Waiting* node = Find(id);
  SKEIN_CHECK(node != nullptr);
  std::optional<NodeRecord> record = DecodeNode(id, node->text());
  SKEIN_CHECK(record.has_value());
  return *std::move(record);
}

absl::Status BulkNodesImpl::Change(NodeId id, const NodeChange& change) {
  NodeRecord record = Get(id);
  for (const auto& [key, value] : change.properties) {
    SKEIN_RETURN_IF_ERROR(ChangeProperty(*core_->catalog, key, value, change.source, &record));
  }
  for (const LabelId label : change.labels) {
    if (Raw(label) >= core_->catalog->label_count()) {
      return InvalidArgument("no label ", Raw(label));
    }
    AddLabelTo(label, &record);
  }
  if (change.valid) SKEIN_RETURN_IF_ERROR(ChangeValid(*change.valid, &record));
  Store(record, &nodes_[static_cast<size_t>(Find(id) - nodes_.data())]);
  return absl::OkStatus();
}

absl::Status BulkNodesImpl::DeriveNode(const NodeRecord& node, Derived* out) const {
  const Layout& layout = core_->layout;
  for (size_t i = 0; i < indexes_.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(std::optional<std::string> key,
                           IndexValuesKey(layout, indexes_[i], node));
    if (!key) continue;
    AppendBe64(&*key, Raw(node.id));
    out->indexes[i].Add(*key, Raw(node.policy));
  }
  std::string key;
  for (const PropertyEntry& property : node.properties) {
    for (const std::string& text : SearchableTexts(property.value)) {
      for (const TextToken& token : IndexTokens(FoldText(text))) {
        key.assign(1, token.kind);
        key += token.text;
        out->texts.Add(key, Raw(node.id), static_cast<uint32_t>(Raw(property.key)));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status BulkNodesImpl::Derive(size_t begin, size_t end, Derived* out) const {
  const Layout& layout = core_->layout;
  out->indexes.resize(indexes_.size());
  std::map<std::pair<uint32_t, PolicyId>, int64_t> counts;
  int64_t properties = 0;
  for (size_t i = begin; i < end; ++i) {
    const Waiting& waiting = nodes_[i];
    const std::optional<NodeRecord> node = DecodeNode(waiting.id, waiting.text());
    SKEIN_CHECK(node.has_value());
    SKEIN_RETURN_IF_ERROR(DeriveNode(*node, out));
    if (waiting.has_identity) {
      out->identities.Add({waiting.identity, kIdentityBytes}, Raw(waiting.id));
    }
    ++counts[{kAllNames, node->policy}];
    for (const LabelId label : node->labels) {
      out->labels[label].emplace_back(node->id, node->policy);
      ++counts[{static_cast<uint32_t>(Raw(label)), node->policy}];
    }
    properties += static_cast<int64_t>(node->properties.size());
  }
  for (const auto& [of, n] : counts) out->counts[layout.NodeCount(of.first, of.second)] = n;
  if (properties != 0) out->counts[layout.PropertyCount()] = properties;
  for (SortedKeys& index : out->indexes) index.Sort();
  out->texts.Sort();
  out->identities.Sort();
  return absl::OkStatus();
}

absl::Status BulkNodesImpl::DeriveAll() {
  const size_t parts = std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
  derived_.clear();
  for (size_t i = 0; i < parts; ++i) derived_.push_back(std::make_unique<Derived>());
  std::vector<absl::Status> made(parts, absl::OkStatus());
  InParallel(parts, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      made[i] =
          Derive(nodes_.size() * i / parts, nodes_.size() * (i + 1) / parts, derived_[i].get());
    }
  });
  for (const absl::Status& status : made) SKEIN_RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

std::vector<const SortedKeys*> BulkNodesImpl::Parts(SortedKeys Derived::*member) const {
  std::vector<const SortedKeys*> parts;
  for (const auto& part : derived_) parts.push_back(&(part.get()->*member));
  return parts;
}

std::vector<const SortedKeys*> BulkNodesImpl::IndexParts(size_t index) const {
  std::vector<const SortedKeys*> parts;
  for (const auto& part : derived_) parts.push_back(&part->indexes[index]);
  return parts;
}

absl::Status BulkNodesImpl::Taken(const IndexInfo& index, NodeId node) const {
  const NodeRecord record = Get(node);
  const Catalog& catalog = *core_->catalog;
  std::string keys;
  for (const KeyId key : index.keys) {
    keys += internal::Join(keys.empty() ? "" : ", ", catalog.Name(key), ": ",
                           ToLiteral(read_ops::FindProperty(record.properties, key)->value));
  }
  return FailedPrecondition("constraint '", index.name,
                            "': there is a node (:", catalog.Name(index.label), " {", keys,
                            "}) already");
}

// Equal keys are neighbours, of the load; those of the store are looked up, where it has any.
absl::Status BulkNodesImpl::CheckUniqueIndex(size_t index, const View& view) const {
  const IndexInfo& info = indexes_[index];
  const std::string all = core_->layout.Index(info.id), all_end = PrefixEnd(all);
  std::vector<ScanPage> pages;
  const ScanRange any{Table::kIndex, all, all_end, 1, true};
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(view, {&any, 1}, &pages));
  const bool look_up = !pages[0].rows.empty();
  std::map<uint64_t, std::string> units;  // by policy
  const auto unit_of = [&](uint64_t policy) -> const std::string& {
    const auto [it, fresh] = units.try_emplace(policy);
    if (fresh) {
      it->second = core_->catalog->GetPolicy(PolicyId{static_cast<uint32_t>(policy)}).owner_unit;
    }
    return it->second;
  };
  const auto values_of = [](const SortedKeys::Entry& entry) {
    return entry.key().substr(0, entry.key().size() - kIdBytes);
  };
  std::vector<const SortedKeys::Entry*> some;
  const auto look = [&]() -> absl::Status {
    std::vector<std::string> ends;
    std::vector<ScanRange> ranges;
    for (const SortedKeys::Entry* entry : some) ends.push_back(PrefixEnd(values_of(*entry)));
    for (size_t i = 0; i < some.size(); ++i) {
      ranges.push_back({Table::kIndex, values_of(*some[i]), ends[i], kScanRowsMax, false});
    }
    SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(view, ranges, &pages));
    for (size_t i = 0; i < some.size(); ++i) {
      for (const auto& [key, value] : pages[i].rows) {
        if (key.size() != some[i]->size) continue;  // of a longer list of values
        if (unit_of(ByteReader(value).Varint()) != unit_of(some[i]->number)) continue;
        return Taken(info, NodeId{TrailingId(some[i]->key())});
      }
    }
    some.clear();
    return absl::OkStatus();
  };
  MergedKeys entries(IndexParts(index));
  std::vector<const SortedKeys::Entry*> equal;
  while (const SortedKeys::Entry* entry = entries.Next()) {
    if (!equal.empty() && values_of(*equal[0]) != values_of(*entry)) equal.clear();
    for (const SortedKeys::Entry* other : equal) {
      if (unit_of(other->number) == unit_of(entry->number)) {
        return Taken(info, NodeId{TrailingId(entry->key())});
      }
    }
    equal.push_back(entry);
    if (!look_up) continue;
    some.push_back(entry);
    if (some.size() == kKeysPerScan) SKEIN_RETURN_IF_ERROR(look());
  }
  return look();
}

absl::Status BulkNodesImpl::CheckUnique() const {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  for (size_t i = 0; i < indexes_.size(); ++i) {
    if (indexes_[i].kind != IndexKind::kUnique || !indexes_[i].online) continue;
    SKEIN_RETURN_IF_ERROR(CheckUniqueIndex(i, *view));
  }
  return absl::OkStatus();
}

SortedRun BulkNodesImpl::NodeRun() {
  std::string stamp;
  AppendBe64(&stamp, LoadStamp(chunk_));
  return {Table::kNodes,
          [this, stamp, at = size_t{0}, name = std::string()](
              std::string_view* key, std::string_view* value) mutable -> absl::StatusOr<bool> {
            if (at == nodes_.size()) return false;
            Waiting& node = nodes_[at++];
            std::copy(stamp.begin(), stamp.end(), node.record + kStampAt);
            name = core_->layout.Node(node.id);
            *key = name;
            *value = node.text();
            return true;
          }};
}

SortedRun BulkNodesImpl::LabelRun() const {
  std::vector<LabelId> labels;
  for (const auto& part : derived_) {
    for (const auto& [label, nodes] : part->labels) labels.push_back(label);
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return MakeRun(Table::kLabels, [this, labels, label = size_t{0}, part = size_t{0},
                                  at = size_t{0}](std::string* key, std::string* value) mutable {
    for (; label < labels.size(); ++label, part = 0) {
      for (; part < derived_.size(); ++part, at = 0) {
        const auto found = derived_[part]->labels.find(labels[label]);
        if (found == derived_[part]->labels.end() || at == found->second.size()) continue;
        const auto& [node, policy] = found->second[at++];
        *key = core_->layout.Label(labels[label], node);
        SetVarint(Raw(policy), value);
        return true;
      }
    }
    return false;
  });
}

SortedRun BulkNodesImpl::IndexRun() const {
  return MakeRun(Table::kIndex, [this, index = size_t{0}, entries = std::optional<MergedKeys>()](
                                    std::string* key, std::string* value) mutable {
    for (; index < indexes_.size(); ++index, entries.reset()) {
      if (!entries) entries.emplace(IndexParts(index));
      const SortedKeys::Entry* entry = entries->Next();
      if (entry == nullptr) continue;
      *key = entry->key();
      SetVarint(entry->number, value);
      return true;
    }
    return false;
  });
}

// One list of postings for each token.
SortedRun BulkNodesImpl::TextRun() const {
  auto entries = std::make_shared<MergedKeys>(Parts(&Derived::texts));
  return MakeRun(Table::kText, [this, entries, next = entries->Next()](std::string* key,
                                                                       std::string* value) mutable {
    if (next == nullptr) return false;
    const std::string_view token = next->key();
    *key = core_->layout.Text(token[0], token.substr(1), chunk_);
    value->assign(1, '\0');  // version
    uint64_t node = 0;
    const SortedKeys::Entry* last = nullptr;
    for (; next != nullptr && next->key() == token; next = entries->Next()) {
      if (last != nullptr && last->number == next->number && last->extra == next->extra) continue;
      AppendDelta(value, next->number, node);
      AppendVarint(value, next->extra);
      node = next->number;
      last = next;
    }
    return true;
  });
}

SortedRun BulkNodesImpl::IdentityRun() const {
  auto entries = std::make_shared<MergedKeys>(Parts(&Derived::identities));
  return MakeRun(Table::kImports, [this, entries](std::string* key, std::string* value) {
    const SortedKeys::Entry* entry = entries->Next();
    if (entry == nullptr) return false;
    *key = core_->layout.Import(entry->key());
    SetVarint(entry->number, value);
    return true;
  });
}

SortedRun BulkNodesImpl::CountRun() const {
  std::map<std::string, int64_t> sums;
  for (const auto& part : derived_) {
    for (const auto& [key, n] : part->counts) sums[key] += n;
  }
  auto counts = std::make_shared<std::map<std::string, int64_t>>(std::move(sums));
  return MakeRun(Table::kStats,
                 [counts, at = counts->begin()](std::string* key, std::string* value) mutable {
                   if (at == counts->end()) return false;
                   *key = at->first;
                   *value = EncodeCounter(at->second);
                   ++at;
                   return true;
                 });
}

// Drawn last: from here to the end of the ingest others' commits wait.
SortedRun BulkNodesImpl::LastRun(uint64_t epoch, uint64_t changes, Held* held) {
  return {
      Table::kMeta,
      [this, epoch, changes, held, load = std::string()](
          std::string_view* key, std::string_view* value) mutable -> absl::StatusOr<bool> {
        if (held->commits) return false;
        core_->index_mu.Lock();
        held->commits = true;
        if (core_->catalog->index_epoch() != epoch) {
          held->again = true;
          return absl::AbortedError("an index was declared meanwhile");
        }
        if (core_->lookups.changes() != changes) {
          const absl::Status unique = CheckUnique();
          if (absl::IsFailedPrecondition(unique)) {
            return absl::AbortedError(ToAbsl(internal::Join(Message(unique),
                                                            "; it was made while others were being "
                                                            "loaded: repeat the load")));
          }
          SKEIN_RETURN_IF_ERROR(unique);
        }
        core_->lookups.BeginChange();
        held->lookups = true;
        load = core_->layout.Load(chunk_);
        *key = load;
        *value = {};  // the store puts the version here
        return true;
      }};
}

absl::Status BulkNodesImpl::CommitOnce(bool* again) {
  uint64_t changes = 0;
  {
    // What was committed until here is visible to CheckUnique.
    absl::MutexLock none_under_way(&core_->index_mu);
    changes = core_->lookups.changes();
  }
  const uint64_t epoch = core_->catalog->index_epoch();
  indexes_ = core_->catalog->Indexes();
  std::erase_if(indexes_, [](const IndexInfo& index) { return index.kind == IndexKind::kText; });
  SKEIN_RETURN_IF_ERROR(DeriveAll());
  SKEIN_RETURN_IF_ERROR(CheckUnique());
  SKEIN_ASSIGN_OR_RETURN(chunk_, core_->chunk_ids.Take());
  core_->single_chunks.Adding(Table::kText);
  Held held;
  SortedRun runs[] = {NodeRun(),
                      LabelRun(),
                      IndexRun(),
                      TextRun(),
                      IdentityRun(),
                      CountRun(),
                      LastRun(epoch, changes, &held)};
  const absl::StatusOr<Version> version = core_->store.Ingest(runs);
  if (held.lookups) core_->lookups.EndChange(version.ok() ? *version : Version{0});
  if (version.ok()) core_->nodes_loaded.store(Raw(*version));
  if (held.commits) core_->index_mu.Unlock();
  *again = held.again;
  return version.status();
}

absl::Status BulkNodesImpl::Commit() {
  if (nodes_.empty()) return absl::OkStatus();
  bool again = false;
  for (int tries = 0;; ++tries) {
    again = false;
    const absl::Status done = CommitOnce(&again);
    if (done.ok()) break;
    derived_.clear();
    if (!again || tries + 1 == kTriesMax) return done;
  }
  derived_.clear();
  indexes_.clear();
  nodes_ = {};
  arena_.Clear();
  return absl::OkStatus();
}

}  // namespace skein
