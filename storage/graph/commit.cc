#include "storage/graph/commit.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "storage/base/status.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/transaction_impl.h"
#include "storage/index/text.h"

namespace skein {
namespace {

std::string PolicyValue(PolicyId policy) {
  std::string out;
  AppendVarint(&out, Raw(policy));
  return out;
}

std::string IdValue(uint64_t id) {
  std::string out;
  AppendVarint(&out, id);
  return out;
}

template <typename T>
void SortUnique(std::vector<T>* ids) {
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
}

}  // namespace

// A node is alive ('a'): deletion touches it. It gains links ('l'): new links do.
uint64_t CommitBuilder::Token(char kind, NodeId node) const {
  return absl::HashOf(kind, layout_.Space(), Raw(node));
}

WriteBatch& CommitBuilder::Build() {
  indexes_ = core_.catalog->Indexes();
  batch_.Reserve(overlay_.nodes().size() * 12 + overlay_.links().size() * 8, overlay_.bytes());
  for (const auto& [id, change] : overlay_.nodes()) {
    if (change.base != nullptr || change.now != nullptr) AddNode(id, change);
  }
  AddLinks();
  AddRun();
  AddRemembered();
  for (const auto& [key, value] : overlay_.fusion()) {
    batch_.Put(Table::kFusion, key, value);
    batch_.PutUnderVersion(Table::kVersions, layout_.WasFusion(key), value);
  }
  if (!overlay_.fusion().empty()) {
    batch_.PutUnguarded(Table::kMeta, layout_.FusionToken(), SecureRandomBytes(16));
  }
  for (const std::string& key : overlay_.locks()) batch_.Lock(Table::kLocks, key);
  for (const auto& [key, posting] : postings_) {
    std::string whole = key;
    AppendBe64(&whole, chunk_);
    batch_.PutUnguarded(Table::kText, whole, posting.first);
  }
  AddCounts();
  return batch_;
}

void CommitBuilder::AddNode(NodeId id, const Change<NodePtr>& change) {
  const std::string key = layout_.Node(id);
  if (change.base != nullptr) {
    batch_.PutUnderVersion(Table::kVersions, layout_.Was('n', Raw(id)),
                           EncodeNode(*change.base, change.base->since));
  }
  if (change.now == nullptr) {
    batch_.Delete(Table::kNodes, key);
    batch_.TouchToken(Token('a', id));
    batch_.CheckToken(Token('l', id));
  } else {
    // The id of a new one is ours alone.
    batch_.PutStamped(Table::kNodes, key, EncodeNode(*change.now, 0), kStampAt,
                      /*guarded=*/change.base != nullptr);
  }
  AddLabels(id, change);
  AddIndexes(change);
  AddTexts(change);
  if (change.base != nullptr) CountNode(*change.base, -1);
  if (change.now != nullptr) CountNode(*change.now, 1);
}

void CommitBuilder::AddLabels(NodeId id, const Change<NodePtr>& change) {
  if (change.base != nullptr) {
    for (const LabelId label : change.base->labels) {
      if (change.now == nullptr || !read_ops::HasLabel(*change.now, label)) {
        DeleteRow(Table::kLabels, layout_.Label(label, id));
      }
    }
  }
  if (change.now == nullptr) return;
  for (const LabelId label : change.now->labels) {
    if (change.base == nullptr || !read_ops::HasLabel(*change.base, label)) {
      batch_.PutUnguarded(Table::kLabels, layout_.Label(label, id),
                          PolicyValue(change.now->policy));
    }
  }
}

// Remembered, so that reads of the past find what it pointed at.
void CommitBuilder::DeleteRow(Table table, const std::string& key) {
  batch_.DeleteUnguarded(table, key);
  batch_.PutUnderVersion(Table::kVersions, layout_.WasRow(static_cast<char>(table), key), {});
}

void CommitBuilder::AddIndexes(const Change<NodePtr>& change) {
  for (const IndexInfo& index : indexes_) {
    std::optional<std::string> before, after;
    if (change.base != nullptr) before = IndexEntryKey(layout_, index, *change.base);
    if (change.now != nullptr) after = IndexEntryKey(layout_, index, *change.now);
    if (before == after) continue;
    if (before) DeleteRow(Table::kIndex, *before);
    if (!after) continue;
    batch_.PutUnguarded(Table::kIndex, *after, PolicyValue(change.now->policy));
    // Two concurrent transactions that both add these values of a unique index conflict.
    if (index.kind == IndexKind::kUnique) {
      batch_.Lock(Table::kLocks,
                  layout_.Lock('u', std::string_view(*after).substr(0, after->size() - 8)));
    }
  }
}

// Postings are only added: a search checks each against the node as it is, and Compact() drops
// those that no longer hold.
void CommitBuilder::AddTexts(const Change<NodePtr>& change) {
  if (change.now == nullptr) return;
  for (const PropertyEntry& property : change.now->properties) {
    if (change.base != nullptr) {
      const PropertyEntry* old = read_ops::FindProperty(change.base->properties, property.key);
      if (old != nullptr && SameValue(old->value, property.value)) continue;
    }
    for (const std::string& text : SearchableTexts(property.value)) {
      for (const TextToken& token : IndexTokens(FoldText(text))) {
        auto& [bytes, last] = postings_[layout_.Text(token.kind, token.text) + '\0'];
        if (bytes.empty()) bytes.push_back('\0');  // version
        AppendDelta(&bytes, Raw(change.now->id), last);
        AppendVarint(&bytes, Raw(property.key));
        last = Raw(change.now->id);
      }
    }
  }
}

void CommitBuilder::AddLinks() {
  uint64_t page = 0;
  std::vector<std::pair<LinkId, const StoredLink*>> rows;
  const auto flush = [&] {
    if (rows.empty()) return;
    batch_.PutStamped(Table::kLinks, layout_.Page(page, chunk_), EncodeLinkChunk(rows, 0), kStampAt,
                      /*guarded=*/false);
    rows.clear();
  };
  std::vector<NodeId> gaining;
  for (const auto& [id, change] : overlay_.links()) {  // ascending by id
    if (change.base == nullptr && change.now == nullptr) continue;
    if (LinkPage(id) != page) {
      flush();
      page = LinkPage(id);
    }
    rows.emplace_back(id, change.now.get());
    if (change.base != nullptr) {
      batch_.Lock(Table::kLocks, layout_.Lock('e', Raw(id)));
      RememberLink(*change.base, change.now == nullptr);
      CountLink(*change.base, -1);
    } else {
      gaining.push_back(change.now->record.from);
      gaining.push_back(change.now->record.to);
    }
    if (change.now != nullptr) CountLink(*change.now, 1);
  }
  flush();
  SortUnique(&gaining);
  for (const NodeId node : gaining) {
    batch_.CheckToken(Token('a', node));
    batch_.TouchToken(Token('l', node));
  }
}

void CommitBuilder::RememberLink(const StoredLink& link, bool gone) {
  const LinkId id = link.record.id;
  batch_.PutUnderVersion(Table::kVersions, layout_.Was('l', Raw(id)),
                         EncodeLinkChunk({{id, &link}}, link.since));
  if (!gone) return;
  batch_.PutUnderVersion(Table::kVersions, layout_.WasLinked(link.record.from, id), {});
  if (link.record.to == link.record.from) return;
  batch_.PutUnderVersion(Table::kVersions, layout_.WasLinked(link.record.to, id), {});
}

void CommitBuilder::AddRun() {
  run_.reserve(overlay_.links().size());
  for (const auto& [id, change] : overlay_.links()) {  // ascending by id
    if (change.base == nullptr && change.now == nullptr) continue;
    const bool gone = change.now == nullptr;
    const StoredLink& link = gone ? *change.base : *change.now;
    if (!gone && change.base != nullptr && change.base->record.valid == link.record.valid) continue;
    run_.push_back(RunLinkOf(link, /*was=*/change.base != nullptr, /*is=*/!gone));
  }
  if (run_.empty()) return;
  batch_.PutStamped(Table::kAdjacency, layout_.Run(chunk_), EncodeRun(run_, 0), kStampAt,
                    /*guarded=*/false);
}

void CommitBuilder::AddRemembered() {
  const std::string sightings = layout_.Lock('s', std::string_view());
  // Sorted, because sorted rows go into the store quicker.
  std::vector<const Overlay::Memory::value_type*> rows;
  rows.reserve(overlay_.remembered().size());
  for (const auto& row : overlay_.remembered()) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->first < b->first; });
  for (const auto* row : rows) {
    const auto& [key, id] = *row;
    if (key.starts_with(sightings)) {
      batch_.Lock(Table::kLocks, key);
    } else {
      batch_.Put(Table::kImports, key, IdValue(id));
    }
  }
}

void CommitBuilder::CountNode(const NodeRecord& node, int64_t sign) {
  counts_[layout_.NodeCount(kAllNames, node.policy)] += sign;
  for (const LabelId label : node.labels) {
    counts_[layout_.NodeCount(static_cast<uint32_t>(Raw(label)), node.policy)] += sign;
  }
  counts_[layout_.PropertyCount()] += sign * static_cast<int64_t>(node.properties.size());
}

void CommitBuilder::CountLink(const StoredLink& link, int64_t sign) {
  for (const uint32_t type : {kAllNames, static_cast<uint32_t>(Raw(link.record.type))}) {
    counts_[layout_.LinkCount(type, link.record.policy, link.from_policy, link.to_policy)] += sign;
  }
  counts_[layout_.PropertyCount()] += sign * static_cast<int64_t>(link.record.properties.size());
}

void CommitBuilder::AddCounts() {
  for (const auto& [key, delta] : counts_) {
    if (delta != 0) batch_.Add(Table::kStats, key, delta);
  }
}

absl::StatusOr<Version> CommitThroughCaches(GraphCore& core, const Overlay& overlay,
                                            WriteBatch& batch, std::vector<RunLink> run,
                                            uint64_t number) {
  std::vector<uint64_t> pages;
  for (const auto& [id, change] : overlay.links()) {
    if (change.now != nullptr || change.base != nullptr) pages.push_back(LinkPage(id));
  }
  SortUnique(&pages);
  for (const auto& [id, change] : overlay.nodes()) core.nodes.BeginChange(Raw(id));
  for (const uint64_t page : pages) core.pages.BeginChange(page);
  const bool indexes = !overlay.nodes().empty();
  if (indexes) core.lookups.BeginChange();
  if (indexes) core.single_chunks.Adding(Table::kText);
  if (!pages.empty()) core.single_chunks.Adding(Table::kLinks);
  if (!run.empty()) {
    batch.OnCommitted([&core, &run, number](Version version) {
      core.recent.Add(version, number, std::move(run),
                      [&](NodeId node) { core.adjacency.Touch(node, version); });
    });
  }
  absl::StatusOr<Version> committed = core.store.Commit(batch);
  const Version version = committed.ok() ? *committed : Version{0};
  if (indexes) core.lookups.EndChange(version);
  for (const auto& [id, change] : overlay.nodes()) {
    core.nodes.EndChange(Raw(id), version);
    // What was just written is what will be read next. A later commit of the node would have
    // taken the place (a larger last change), and then this is refused.
    if (committed.ok() && change.now != nullptr) {
      auto now = std::make_shared<NodeRecord>(*change.now);
      now->since = Raw(version);
      core.nodes.Insert(Raw(id), version, now, HeapBytes(*now));
    }
  }
  for (const uint64_t page : pages) {
    core.pages.EndChange(page, version);
    if (committed.ok()) core.link_chunks.Added(page);
  }
  return committed;
}

}  // namespace skein
