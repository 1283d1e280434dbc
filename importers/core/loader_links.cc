// The loader's way for files that hold nothing but links: see link_stream.h.
#include <algorithm>
#include <utility>

#include "importers/core/any_ends.h"
#include "importers/core/loader.h"
#include "importers/core/loader_chunk.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// Beyond, what is known of ends is forgotten and asked for again: about 1 GiB.
constexpr size_t kEndsMax = size_t{32} << 20;
constexpr NodeId kAsked{Raw(kNoNode) - 1};  // not known, and asked for
// The array of a table has so many places for each key at most, and this many anyway.
constexpr uint64_t kPlacesEach = 8, kPlacesMin = 1 << 16;
// How far ahead entries of tables are fetched that lie anywhere in memory.
constexpr size_t kAhead = 16;

}  // namespace

NodeId* Loader::EndTable::Slot(int64_t key) {
  const auto at = static_cast<uint64_t>(key);
  if (at < close_.size()) return &close_[at];
  // What lies in the table already stays there.
  const auto found = far_.find(key);
  if (found != far_.end()) return &found->second;
  if (key >= 0 && at < kPlacesMin + kPlacesEach * size_) {
    close_.resize(std::max(at + 1, std::min(2 * close_.size(), kPlacesMin + kPlacesEach * size_)),
                  kNoNode);
    for (auto it = far_.begin(); it != far_.end();) {
      const bool close = static_cast<uint64_t>(it->first) < close_.size();
      if (close) close_[static_cast<uint64_t>(it->first)] = it->second;
      const auto here = it++;
      if (close) far_.erase(here);
    }
    return &close_[at];
  }
  return &far_.try_emplace(key, kNoNode).first->second;
}

NodeId Loader::EndTable::Find(int64_t key, bool* fresh) {
  const auto at = static_cast<uint64_t>(key);
  NodeId* slot = at < close_.size() ? &close_[at] : Slot(key);
  *fresh = *slot == kNoNode;
  if (*fresh) {
    *slot = kAsked;
    ++size_;
  }
  return *slot;
}

void Loader::EndTable::Forget(int64_t key) {
  *Slot(key) = kNoNode;
  --size_;
}

void Loader::EndTable::Clear() {
  close_ = {};
  far_.clear();
  size_ = 0;
}

bool Loader::StreamsLinks() const { return bulk_file_ && LinkMaker::Suits(*file_.rule); }

absl::StatusOr<KeyId> Loader::KeyNamed(const std::string& name) { return Key(names_.Intern(name)); }

size_t Loader::EndsOf(const EndRule& end) {
  EndTable table;
  table.labels.push_back(names_.Intern(end.label));
  for (const std::string& label : end.or_labels) table.labels.push_back(names_.Intern(label));
  table.property = names_.Intern(end.key[0].first);
  for (size_t i = 0; i < ends_.size(); ++i) {
    if (ends_[i].labels == table.labels && ends_[i].property == table.property) return i;
  }
  ends_.push_back(std::move(table));
  return ends_.size() - 1;
}

absl::Status Loader::BeginLinks() {
  CommitNodesAside();
  stream_rules_.clear();
  bool any = false;
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph_.Latest());
  for (const LinkRule& rule : file_.rule->links) {
    StreamRule of;
    SKEIN_ASSIGN_OR_RETURN(of.type, Type(names_.Intern(rule.type)));
    SKEIN_ASSIGN_OR_RETURN(of.policy, PolicyOf(rule));
    of.from = EndsOf(rule.from);
    of.to = EndsOf(rule.to);
    of.sighting = rule.sighting;
    stream_rules_.push_back(of);
    SKEIN_ASSIGN_OR_RETURN(const uint64_t links, snapshot->CountLinks(Viewer::All(), of.type));
    any = any || links > 0;
  }
  // Without links there is nothing that a row could repeat.
  look_for_imported_ = any;
  return absl::OkStatus();
}

NodeKey Loader::EndKey(size_t table, int64_t key) {
  const EndTable& ends = ends_[table];
  NodeKey made;
  made.label = ends.labels[0];
  made.key.emplace_back(ends.property, Value::Integer(key));
  made.identity = NodeIdentity(hasher_, names_, made.label, made.key);
  for (size_t i = 1; i < ends.labels.size(); ++i) {
    made.others.emplace_back(ends.labels[i],
                             NodeIdentity(hasher_, names_, ends.labels[i], made.key));
  }
  return made;
}

// The nodes of those keys that the run has met; takes them out. The first label of an end that has
// the key counts.
absl::Status Loader::FindMetEnds(std::vector<NewEnd>* missing) {
  std::vector<Identity> identities;
  for (const NewEnd& end : *missing) {
    NamedValues key;
    key.emplace_back(ends_[end.table].property, Value::Integer(end.key));
    for (const uint32_t label : ends_[end.table].labels) {
      identities.push_back(NodeIdentity(hasher_, names_, label, key));
    }
  }
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph_.Latest());
  std::vector<std::optional<NodeId>> ids;
  SKEIN_RETURN_IF_ERROR(known_.Find(*snapshot, identities, &ids));
  size_t at = 0;
  std::erase_if(*missing, [&](const NewEnd& end) {
    EndTable& table = ends_[end.table];
    const size_t first = std::exchange(at, at + table.labels.size());
    for (size_t i = 0; i < table.labels.size(); ++i) {
      if (ids[first + i]) {
        table.Set(end.key, *ids[first + i]);
        return true;
      }
      if (seek_.contains(table.labels[i])) return false;  // perhaps no import has made it
    }
    return false;
  });
  return absl::OkStatus();
}

// The nodes of these keys, made where there are none.
absl::Status Loader::ResolveEnds(std::span<const NewEnd> missing, ImportCounts* counts) {
  if (missing.empty()) return absl::OkStatus();
  std::vector<Row> rows(1);
  for (const NewEnd& end : missing) rows[0].links.emplace_back().from = EndKey(end.table, end.key);
  SKEIN_RETURN_IF_ERROR(ResolveAnyEnds(graph_, known_, seek_, &rows));
  Chunk chunk;
  std::vector<uint32_t> slots;
  for (size_t i = 0; i < missing.size(); ++i) {
    slots.push_back(AddKey(rows[0].links[i].from, &chunk));
    Slot& slot = chunk.nodes[slots[i]];
    if (slot.row == 0) slot.row = missing[i].row;
  }
  SKEIN_RETURN_IF_ERROR(Apply(&chunk, counts));
  for (size_t i = 0; i < missing.size(); ++i) {
    ends_[missing[i].table].Set(missing[i].key, *chunk.nodes[slots[i]].id);
  }
  return absl::OkStatus();
}

absl::Status Loader::FindEnds(const LinkBlock& block, ImportCounts* counts) {
  size_t known = 0;
  for (const EndTable& table : ends_) known += table.size();
  if (known > kEndsMax) {
    for (EndTable& table : ends_) table.Clear();
  }
  std::vector<NewEnd> missing;
  const auto find = [&](size_t table, int64_t key, uint32_t row, NodeId* id) {
    bool fresh = false;
    *id = ends_[table].Find(key, &fresh);
    if (fresh) missing.push_back({table, key, row});
  };
  block_ends_.resize(block.links.size());
  for (size_t i = 0; i < block.links.size(); ++i) {
    if (i + kAhead < block.links.size()) {
      const MadeLink& later = block.links[i + kAhead];
      const StreamRule& its = stream_rules_[later.rule];
      ends_[its.from].Prefetch(later.from);
      ends_[its.to].Prefetch(later.to);
    }
    const MadeLink& link = block.links[i];
    const StreamRule& rule = stream_rules_[link.rule];
    find(rule.from, link.from, link.row, &block_ends_[i].first);
    find(rule.to, link.to, link.row, &block_ends_[i].second);
  }
  if (missing.empty()) return absl::OkStatus();
  absl::Status resolved = FindMetEnds(&missing);
  if (resolved.ok()) resolved = ResolveEnds(missing, counts);
  if (!resolved.ok()) {
    for (const NewEnd& end : missing) ends_[end.table].Forget(end.key);
    return resolved;
  }
  for (size_t i = 0; i < block.links.size(); ++i) {
    const MadeLink& link = block.links[i];
    const StreamRule& rule = stream_rules_[link.rule];
    auto& [from, to] = block_ends_[i];
    bool fresh = false;
    if (from == kAsked) from = ends_[rule.from].Find(link.from, &fresh);
    if (to == kAsked) to = ends_[rule.to].Find(link.to, &fresh);
  }
  return absl::OkStatus();
}

// Which links of the block were made by transactions before; parallel to them.
absl::Status Loader::FindImportedLinks(const LinkBlock& block, std::vector<uint8_t>* known) {
  known->assign(block.links.size(), 0);
  if (!look_for_imported_) return absl::OkStatus();
  std::vector<std::string> identities;
  std::vector<size_t> of;
  for (size_t i = 0; i < block.links.size(); ++i) {
    if (stream_rules_[block.links[i].rule].sighting) continue;
    identities.emplace_back(block.links[i].identity, sizeof(block.links[i].identity));
    of.push_back(i);
  }
  std::vector<std::optional<uint64_t>> found;
  SKEIN_RETURN_IF_ERROR(graph_.FindImported(identities, &found));
  std::vector<LinkId> ids;
  std::vector<size_t> places;
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) continue;
    ids.push_back(LinkId{*found[i]});
    places.push_back(of[i]);
  }
  if (ids.empty()) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph_.Latest());
  std::vector<std::optional<LinkRecord>> records;
  SKEIN_RETURN_IF_ERROR(snapshot->GetLinks(Viewer::All(), ids, &records));
  for (size_t i = 0; i < ids.size(); ++i) (*known)[places[i]] = records[i].has_value() ? 1 : 0;
  return absl::OkStatus();
}

absl::Status Loader::LoadLinks(LinkBlock* block, ImportCounts* counts) {
  ImportCounts made;
  made.accepted = block->accepted;
  made.nulled = block->nulled;
  accepted_ += block->accepted;
  if (!block->links.empty()) {
    SKEIN_RETURN_IF_ERROR(FindEnds(*block, &made));
    std::vector<uint8_t> known;
    SKEIN_RETURN_IF_ERROR(FindImportedLinks(*block, &known));
    SKEIN_RETURN_IF_ERROR(EnsureBulk());
    for (size_t i = 0; i < block->links.size(); ++i) {
      const MadeLink& link = block->links[i];
      const StreamRule& rule = stream_rules_[link.rule];
      PackedLink packed;
      packed.from = block_ends_[i].first;
      packed.to = block_ends_[i].second;
      packed.valid = link.valid;
      packed.type = rule.type;
      packed.policy = rule.policy;
      packed.row = link.row;
      packed.properties =
          std::string_view(block->properties).substr(link.properties_begin, link.properties_bytes);
      if (!rule.sighting) {
        packed.identity = IdentityNumber({link.identity, sizeof(link.identity)});
        packed.identity_known = known[i] != 0;
      }
      SKEIN_RETURN_IF_ERROR(bulk_->AddPacked(packed));
    }
  }
  SKEIN_RETURN_IF_ERROR(LoadOddRows(&block->rows, &made));
  counts->Add(made);
  if (gathered_bytes() >= bulk_limits_.memory_bytes) return FlushBulk();
  return absl::OkStatus();
}

// Rows that were not plain, each link by itself.
absl::Status Loader::LoadOddRows(std::vector<Row>* rows, ImportCounts* counts) {
  if (rows->empty()) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(ResolveAnyEnds(graph_, known_, seek_, rows));
  Chunk chunk;
  std::vector<LinkSlot> slots;
  for (Row& row : *rows) {
    for (LinkRow& link : row.links) {
      LinkSlot& slot = slots.emplace_back();
      slot.from = AddKey(link.from, &chunk);
      slot.to = AddKey(link.to, &chunk);
      slot.number = static_cast<uint32_t>(row.number);
      for (const uint32_t end : {slot.from, slot.to}) {
        if (chunk.nodes[end].row == 0) chunk.nodes[end].row = slot.number;
      }
      slot.row = std::move(link);
    }
  }
  SKEIN_RETURN_IF_ERROR(Apply(&chunk, counts));
  std::vector<std::string> identities;
  for (const LinkSlot& slot : slots) identities.push_back(slot.row.identity);
  std::vector<std::optional<uint64_t>> found(slots.size());
  if (look_for_imported_) SKEIN_RETURN_IF_ERROR(graph_.FindImported(identities, &found));
  SKEIN_RETURN_IF_ERROR(EnsureBulk());
  for (size_t i = 0; i < slots.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(const NewLink link, LinkOf(chunk, slots[i]));
    std::string properties;
    SKEIN_RETURN_IF_ERROR(PackProperties(link.properties, &properties));
    PackedLink packed;
    packed.from = link.from;
    packed.to = link.to;
    packed.valid = link.valid;
    packed.type = link.type;
    packed.policy = *link.policy;
    packed.row = link.row;
    packed.properties = properties;
    if (!slots[i].row.rule->sighting) {
      packed.identity = IdentityNumber(identities[i]);
      packed.identity_known = found[i].has_value();
    }
    SKEIN_RETURN_IF_ERROR(bulk_->AddPacked(packed));
  }
  return absl::OkStatus();
}

}  // namespace skein
