#include "importers/core/loader.h"

#include <algorithm>
#include <charconv>

#include "importers/core/any_ends.h"
#include "importers/core/loader_chunk.h"
#include "importers/core/time_keys.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr int kTriesMax = 8;             // of a chunk that conflicts with other writers
constexpr size_t kImpliedMax = 4 << 20;  // beyond, later definitions count as updates
constexpr std::string_view kRankMark = " rank=";

// Batch.mapping: "name v1 rank=100"; the rank travels with the data, for later imports.
std::string MappingText(const Mapping& mapping) {
  return internal::Join(mapping.name, " v1", kRankMark, mapping.source.rank);
}

int RankIn(std::string_view mapping_text) {
  const size_t at = mapping_text.rfind(kRankMark);
  int rank = 100;
  if (at != std::string_view::npos) {
    const std::string_view digits = mapping_text.substr(at + kRankMark.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  }
  return rank;
}

const PropertyEntry* FindProperty(const std::vector<PropertyEntry>& properties, KeyId key) {
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [key](const PropertyEntry& entry) { return entry.key == key; });
  return found == properties.end() ? nullptr : &*found;
}

// Equal in kind and content: 1 and 1.0 are not, as they read back differently.
bool Identical(const Value& a, const Value& b) { return a.kind() == b.kind() && SameValue(a, b); }

// Later values replace earlier ones.
void Merge(const NamedValues& from, NamedValues* into) {
  for (const auto& [name, value] : from) {
    const auto found = std::find_if(into->begin(), into->end(), [name = name](const auto& entry) {
      return entry.first == name;
    });
    if (found == into->end()) {
      into->emplace_back(name, value);
    } else {
      found->second = value;
    }
  }
}

}  // namespace

struct Loader::Gathered {
  NodeKey key;
  const NodeRule* rule = nullptr;
  NamedValues properties;
  std::optional<ValidTime> valid;
  uint32_t row = 0;
  bool created = false;
};

Loader::Loader(Graph& graph, NameTable& names, ImportPurpose purpose,
               std::function<void()> after_commit, const BulkLimits& bulk)
    : graph_(graph),
      names_(names),
      purpose_(std::move(purpose)),
      after_commit_(std::move(after_commit)),
      bulk_limits_(bulk),
      known_(graph) {}

Loader::~Loader() {
  if (aside_.joinable()) aside_.join();
}

absl::StatusOr<KeyId> Loader::Key(uint32_t name) {
  if (keys_.size() <= name) keys_.resize(names_.size());
  if (!keys_[name]) {
    SKEIN_ASSIGN_OR_RETURN(keys_[name], graph_.catalog().InternKey(names_.Name(name)));
  }
  return *keys_[name];
}

absl::StatusOr<LabelId> Loader::Label(std::string_view name) {
  return graph_.catalog().InternLabel(name);
}

// The labels of all rules, each once.
absl::StatusOr<std::vector<LabelId>> Loader::LabelsOf(const std::vector<const NodeRule*>& rules) {
  std::vector<LabelId> labels;
  for (const NodeRule* rule : rules) {
    for (const std::string& name : rule->labels) {
      SKEIN_ASSIGN_OR_RETURN(const LabelId label, Label(name));
      if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
    }
  }
  return labels;
}

absl::StatusOr<LinkTypeId> Loader::Type(uint32_t name) {
  if (types_.size() <= name) types_.resize(names_.size());
  if (!types_[name]) {
    SKEIN_ASSIGN_OR_RETURN(types_[name], graph_.catalog().InternLinkType(names_.Name(name)));
  }
  return *types_[name];
}

absl::StatusOr<PolicyId> Loader::PolicyOf(const RuleBase& rule) {
  if (!rule.policy) return file_policy_;
  const auto found = policies_.find(&rule);
  if (found != policies_.end()) return found->second;
  SKEIN_ASSIGN_OR_RETURN(const PolicyId id, graph_.catalog().InternPolicy(*rule.policy));
  policies_.emplace(&rule, id);
  return id;
}

absl::Status Loader::Prepare(const std::vector<Mapping>& mappings) {
  SKEIN_ASSIGN_OR_RETURN(const LabelKeys keys, CollectKeys(mappings));
  Catalog& catalog = graph_.catalog();
  for (const Mapping& mapping : mappings) {
    for (const FileRule& file : mapping.files) {
      for (const LinkRule& rule : file.links) {
        SKEIN_ASSIGN_OR_RETURN(const LinkTypeId type, catalog.InternLinkType(rule.type));
        if (rule.sighting && !catalog.IsSightingType(type)) {
          SKEIN_RETURN_IF_ERROR(catalog.DeclareSightingType(type));
        }
      }
    }
  }
  SKEIN_RETURN_IF_ERROR(DeclareTimeKeys(graph_, mappings));
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph_.Latest());
  SKEIN_ASSIGN_OR_RETURN(const uint64_t nodes, snapshot->CountNodes(Viewer::All(), std::nullopt));
  if (nodes == 0) known_.BeginEmpty();
  for (const auto& [label, properties] : keys) {
    IndexInfo index;
    index.kind = IndexKind::kUnique;
    SKEIN_ASSIGN_OR_RETURN(index.label, catalog.InternLabel(label));
    index.name = internal::Join("key_", label);
    for (const std::string& property : properties) {
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, catalog.InternKey(property));
      index.keys.push_back(key);
    }
    SKEIN_ASSIGN_OR_RETURN(const uint64_t present,
                           snapshot->CountNodes(Viewer::All(), index.label));
    std::optional<IndexInfo> found = catalog.FindIndex(index.label, index.keys, index.kind);
    if (!found || !found->online) {
      const absl::StatusOr<uint32_t> made = graph_.CreateIndex(index);
      if (!made.ok()) return Annotate(made.status(), "key of label " + label);
      index.id = *made;
      found = index;
    }
    // Where no node has the label yet, whatever is not known by its identity is not there.
    if (present > 0) seek_.emplace(names_.Intern(label), found->id);
  }
  return absl::OkStatus();
}

absl::Status Loader::BeginFile(LoadedFile file) {
  file_ = std::move(file);
  file_number_ = static_cast<uint32_t>(defined_later_.size());
  defined_later_.push_back(0);
  batch_.reset();
  accepted_ = 0;
  gathered_.clear();
  bulk_file_ = file_.run_bytes >= bulk_limits_.run_bytes;
  late_.resize(defined_later_.size());
  // Transactions of this file must see the links of files before it.
  if (!bulk_file_ && !file_.rule->links.empty()) SKEIN_RETURN_IF_ERROR(FlushBulk());
  SKEIN_ASSIGN_OR_RETURN(file_policy_, graph_.catalog().InternPolicy(file_.rule->policy));
  return absl::OkStatus();
}

// A run that was killed left its batch open: the repeat writes on under the same one, so that the
// provenance is that of an undisturbed run.
absl::Status Loader::EnsureBatch() {
  if (batch_) return absl::OkStatus();
  Batch batch;
  batch.source = file_.mapping->source.name;
  batch.file = file_.name;
  batch.file_sha256 = file_.sha256;
  batch.mapping = MappingText(*file_.mapping);
  batch.person = purpose_.person;
  batch.case_number = purpose_.case_number;
  for (const Batch& open : graph_.catalog().Batches()) {
    const bool ours = std::any_of(unclosed_.begin(), unclosed_.end(),
                                  [&open](const auto& of) { return of.first == open.id; });
    if (!ours && !open.published && open.source == batch.source && open.file == batch.file &&
        open.file_sha256 == batch.file_sha256 && open.mapping == batch.mapping &&
        open.person == batch.person && open.case_number == batch.case_number) {
      batch_ = open.id;
      return absl::OkStatus();
    }
  }
  SKEIN_ASSIGN_OR_RETURN(batch_, graph_.OpenBatch(std::move(batch)));
  return absl::OkStatus();
}

uint32_t Loader::AddKey(const NodeKey& key, Chunk* chunk) {
  const auto [found, fresh] =
      chunk->node_of.try_emplace(key.identity, static_cast<uint32_t>(chunk->nodes.size()));
  if (fresh) {
    Slot slot;
    slot.key = key;
    chunk->nodes.push_back(std::move(slot));
  }
  return found->second;
}

void Loader::AddNode(const Row& row, NodeRow* node, Chunk* chunk) {
  Slot& slot = chunk->nodes[AddKey(node->key, chunk)];
  if (slot.definitions == 0) slot.row = static_cast<uint32_t>(row.number);
  ++slot.definitions;
  if (std::find(slot.rules.begin(), slot.rules.end(), node->rule) == slot.rules.end()) {
    slot.rules.push_back(node->rule);
  }
  if (file_.disagreeing.contains(Short(node->key.identity))) {
    Gathered& gathered = gathered_[node->key.identity];
    if (gathered.rule == nullptr) gathered.key = node->key;
    gathered.rule = node->rule;
    gathered.row = static_cast<uint32_t>(row.number);
    Merge(node->properties, &gathered.properties);
    if (node->valid) gathered.valid = node->valid;
    slot.gathered = true;
    return;
  }
  if (slot.properties.empty()) {
    slot.properties = std::move(node->properties);
  } else {
    Merge(node->properties, &slot.properties);
  }
  if (node->valid) slot.valid = node->valid;
}

void Loader::AddLink(const Row& row, LinkRow* link, Chunk* chunk) {
  const auto [found, fresh] =
      chunk->link_of.try_emplace(link->identity, static_cast<uint32_t>(chunk->links.size()));
  const uint32_t from = AddKey(link->from, chunk);
  const uint32_t to = AddKey(link->to, chunk);
  for (const uint32_t end : {from, to}) {
    if (chunk->nodes[end].row == 0) chunk->nodes[end].row = static_cast<uint32_t>(row.number);
  }
  if (!fresh) {  // a key or a sighting that occurs again: the last row wins
    LinkSlot& slot = chunk->links[found->second];
    ++slot.rows;
    Merge(link->properties, &slot.row.properties);
    if (link->valid) slot.row.valid = link->valid;
    slot.from = from;
    slot.to = to;
    return;
  }
  LinkSlot slot;
  slot.row = std::move(*link);
  slot.number = static_cast<uint32_t>(row.number);
  slot.from = from;
  slot.to = to;
  slot.bulk = bulk_file_ && (slot.row.rule->sighting || slot.row.rule->key.empty());
  chunk->links.push_back(std::move(slot));
}

absl::Status Loader::Load(std::vector<Row>* rows, ImportCounts* counts) {
  if (rows->empty()) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(ResolveAnyEnds(graph_, known_, seek_, rows));
  Chunk chunk;
  ImportCounts made;
  for (Row& row : *rows) {
    for (NodeRow& node : row.nodes) AddNode(row, &node, &chunk);
    for (LinkRow& link : row.links) AddLink(row, &link, &chunk);
    made.nulled += row.nulled;
  }
  made.accepted = rows->size();
  accepted_ += rows->size();
  rows->clear();
  SKEIN_RETURN_IF_ERROR(Apply(&chunk, &made));
  counts->Add(made);
  if (gathered_bytes() >= bulk_limits_.memory_bytes) return FlushBulk();
  return absl::OkStatus();
}

absl::Status Loader::Apply(Chunk* chunk, ImportCounts* counts) {
  SKEIN_RETURN_IF_ERROR(SettleNodes());
  if (bulk_file_) SKEIN_RETURN_IF_ERROR(MakeRoom(*chunk));
  for (int attempt = 1;; ++attempt) {
    SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph_.Latest());
    SKEIN_RETURN_IF_ERROR(FindNodes(chunk, *snapshot));
    SKEIN_RETURN_IF_ERROR(FindLinks(chunk, *snapshot));
    SKEIN_RETURN_IF_ERROR(Compare(chunk));
    const absl::Status written = Write(chunk);
    if (written.ok()) break;
    if (!absl::IsAborted(written) || attempt == kTriesMax) {
      return Annotate(written, file_.name);
    }
  }
  SKEIN_RETURN_IF_ERROR(AddBulk(chunk));
  Count(*chunk, counts);
  return absl::OkStatus();
}

absl::Status Loader::FindNodes(Chunk* chunk, const Reader& reader) {
  std::vector<std::string> identities;
  identities.reserve(chunk->nodes.size());
  for (Slot& slot : chunk->nodes) identities.push_back(slot.key.identity);
  std::vector<std::optional<NodeId>> found;
  SKEIN_RETURN_IF_ERROR(known_.Find(reader, identities, &found));
  for (size_t i = 0; i < found.size(); ++i) {
    Slot& slot = chunk->nodes[i];
    slot.id = found[i];
    slot.record.reset();
    slot.imported = found[i].has_value();
  }
  SKEIN_RETURN_IF_ERROR(FindByKey(chunk, reader));
  std::vector<NodeId> ids;
  std::vector<size_t> slots;
  for (size_t i = 0; i < chunk->nodes.size(); ++i) {
    Slot& slot = chunk->nodes[i];
    if (!slot.id || slot.rules.empty()) continue;
    if (Waits(slot)) {
      slot.record = bulk_nodes_->Get(*slot.id);
      continue;
    }
    ids.push_back(*slot.id);
    slots.push_back(i);
  }
  std::vector<std::optional<NodeRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader.GetNodes(Viewer::All(), ids, &records));
  for (size_t i = 0; i < ids.size(); ++i) {
    chunk->nodes[slots[i]].record = std::move(records[i]);
  }
  return absl::OkStatus();
}

// Entities that people or queries made have no identity of an import, but a key.
absl::Status Loader::FindByKey(Chunk* chunk, const Reader& reader) {
  Budget budget;
  std::vector<uint64_t> ids;
  for (Slot& slot : chunk->nodes) {
    if (slot.id) continue;
    const auto seek = seek_.find(slot.key.label);
    if (seek == seek_.end()) continue;
    std::vector<Value> equal;
    for (const auto& [name, value] : slot.key.key) equal.push_back(value);
    SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<IdCursor> cursor,
                           reader.SeekIndex(Viewer::All(), *seek->second, equal, budget));
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1, &ids));
    static_cast<void>(more);
    if (!ids.empty()) {
      slot.id = NodeId{ids[0]};
      slot.imported = false;  // remember it from now on
    }
  }
  return absl::OkStatus();
}

absl::Status Loader::FindLinks(Chunk* chunk, const Reader& reader) {
  std::vector<std::string> identities;
  std::vector<size_t> wanted;
  for (size_t i = 0; i < chunk->links.size(); ++i) {
    LinkSlot& slot = chunk->links[i];
    slot.id.reset();
    slot.record.reset();
    if (slot.bulk && slot.row.rule->sighting) continue;  // known by their content
    identities.push_back(slot.row.identity);
    wanted.push_back(i);
  }
  std::vector<std::optional<uint64_t>> found;
  SKEIN_RETURN_IF_ERROR(graph_.FindImported(identities, &found));
  std::vector<uint8_t> loaded;
  SKEIN_RETURN_IF_ERROR(graph_.FindLoadedInBulk(identities, &loaded));
  std::vector<LinkId> ids;
  std::vector<size_t> slots;
  for (size_t i = 0; i < found.size(); ++i) {
    chunk->links[wanted[i]].loaded = loaded[i] != 0;
    if (!found[i]) continue;
    ids.push_back(LinkId{*found[i]});
    slots.push_back(wanted[i]);
  }
  std::vector<std::optional<LinkRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader.GetLinks(Viewer::All(), ids, &records));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!records[i]) continue;
    chunk->links[slots[i]].id = ids[i];
    chunk->links[slots[i]].record = std::move(records[i]);
  }
  return absl::OkStatus();
}

const Batch& Loader::BatchOf(BatchId id) {
  const auto number = static_cast<uint32_t>(Raw(id));
  const auto found = batches_.find(number);
  if (found != batches_.end()) return found->second;
  absl::StatusOr<Batch> batch = graph_.catalog().GetBatch(id);
  return batches_.emplace(number, batch.ok() ? *std::move(batch) : Batch{}).first->second;
}

// Whether the file may replace a value that differs from its own.
bool Loader::Outranks(const PropertyEntry& present) {
  const Batch& owner = BatchOf(present.source.batch);
  if (owner.file.empty()) return false;  // a person's word
  const std::string& source = file_.mapping->source.name;
  if (owner.source == source && owner.file == file_.name) return true;
  const int rank = RankIn(owner.mapping);
  if (rank != file_.mapping->source.rank) return file_.mapping->source.rank < rank;
  if (owner.source != source) return source < owner.source;
  return file_.name > owner.file;
}

absl::Status Loader::Compare(Chunk* chunk) {
  for (Slot& slot : chunk->nodes) {
    slot.changes.clear();
    slot.missing_labels.clear();
    slot.set_valid = false;
    slot.kept = 0;
    if (!slot.record) continue;
    for (const auto& [name, value] : slot.properties) {
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, Key(name));
      const PropertyEntry* present = FindProperty(slot.record->properties, key);
      if (present != nullptr && Identical(present->value, value)) continue;
      if (present == nullptr || Outranks(*present)) {
        slot.changes.emplace_back(key, value);
      } else {
        ++slot.kept;
      }
    }
    SKEIN_ASSIGN_OR_RETURN(slot.missing_labels, LabelsOf(slot.rules));
    std::erase_if(slot.missing_labels, [&slot](LabelId label) {
      const std::vector<LabelId>& labels = slot.record->labels;
      return std::find(labels.begin(), labels.end(), label) != labels.end();
    });
    const Batch& owner = BatchOf(slot.record->source.batch);
    const bool ours = owner.source == file_.mapping->source.name && owner.file == file_.name;
    slot.set_valid = slot.valid && *slot.valid != slot.record->valid &&
                     (ours || slot.record->valid == ValidTime{});
  }
  for (LinkSlot& slot : chunk->links) {
    slot.changes.clear();
    slot.replace = slot.set_valid = false;
    if (!slot.record || slot.row.rule->sighting) continue;
    slot.replace = slot.record->from != chunk->nodes[slot.from].id ||
                   slot.record->to != chunk->nodes[slot.to].id;
    slot.set_valid = slot.row.valid && *slot.row.valid != slot.record->valid;
    for (const auto& [name, value] : slot.row.properties) {
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, Key(name));
      const PropertyEntry* present = FindProperty(slot.record->properties, key);
      if (present != nullptr && Identical(present->value, value)) continue;
      if (present == nullptr || !BatchOf(present->source.batch).file.empty()) {
        slot.changes.emplace_back(key, value);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Loader::Write(Chunk* chunk) {
  for (Slot& slot : chunk->nodes) slot.created = false;
  const bool in_bulk = NodesGoInBulk(*chunk);
  if (!in_bulk) SKEIN_RETURN_IF_ERROR(FlushNodes());
  bool anything = false;
  for (const Slot& slot : chunk->nodes) {
    if (in_bulk && (!slot.id || Waits(slot))) continue;
    anything = anything || !slot.id || !slot.imported || !slot.changes.empty() ||
               !slot.missing_labels.empty() || slot.set_valid;
  }
  for (const LinkSlot& slot : chunk->links) {
    if (slot.loaded || (slot.bulk && !slot.id)) continue;
    anything = anything || !slot.id || slot.replace || !slot.changes.empty() || slot.set_valid;
  }
  if (anything) {
    SKEIN_ASSIGN_OR_RETURN(const WriteContext context, FileContext());
    SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction,
                           graph_.Begin(Viewer::All(), context));
    SKEIN_RETURN_IF_ERROR(WriteNodes(chunk, *transaction));
    SKEIN_RETURN_IF_ERROR(WriteLinks(chunk, *transaction));
    SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
    for (const Slot& slot : chunk->nodes) {
      if (slot.id) known_.Add(slot.key.identity, *slot.id);
    }
    if (after_commit_) after_commit_();
  }
  // What cannot be refused for others' sake comes last: a chunk that is tried again has not done
  // it.
  return in_bulk ? WriteNodesInBulk(chunk) : absl::OkStatus();
}

absl::StatusOr<WriteContext> Loader::FileContext() {
  SKEIN_RETURN_IF_ERROR(EnsureBatch());
  WriteContext context;
  context.policy = file_policy_;
  context.batch = *batch_;
  return context;
}

absl::StatusOr<NewLink> Loader::LinkOf(const Chunk& chunk, const LinkSlot& slot) {
  NewLink link;
  SKEIN_ASSIGN_OR_RETURN(link.type, Type(slot.row.type));
  link.from = *chunk.nodes[slot.from].id;
  link.to = *chunk.nodes[slot.to].id;
  link.row = slot.number;
  for (const auto& [name, value] : slot.row.properties) {
    SKEIN_ASSIGN_OR_RETURN(const KeyId key, Key(name));
    link.properties.emplace_back(key, value);
  }
  if (slot.row.valid) link.valid = *slot.row.valid;
  SKEIN_ASSIGN_OR_RETURN(link.policy, PolicyOf(*slot.row.rule));
  return link;
}

absl::Status Loader::AddBulk(Chunk* chunk) {
  for (LinkSlot& slot : chunk->links) {
    if (!slot.bulk || slot.id || slot.loaded) continue;
    SKEIN_RETURN_IF_ERROR(EnsureBulk());
    SKEIN_ASSIGN_OR_RETURN(const NewLink link, LinkOf(*chunk, slot));
    SKEIN_RETURN_IF_ERROR(
        bulk_->Add(link, slot.row.rule->sighting ? std::string_view() : slot.row.identity));
  }
  return absl::OkStatus();
}

// What is gathered goes on over the files of a run; each has its batch there.
absl::Status Loader::EnsureBulk() {
  if (bulk_ != nullptr && bulk_files_.back() == file_number_) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const WriteContext context, FileContext());
  if (bulk_ == nullptr) {
    SKEIN_ASSIGN_OR_RETURN(bulk_, graph_.BeginBulk(context));
  } else {
    SKEIN_RETURN_IF_ERROR(bulk_->NextBatch(context));
    // A batch without links gives its place to the next.
    if (bulk_->size() == bulk_begin_) bulk_files_.pop_back();
  }
  bulk_begin_ = bulk_->size();
  bulk_files_.push_back(file_number_);
  return absl::OkStatus();
}

absl::Status Loader::FlushBulk() {
  SKEIN_RETURN_IF_ERROR(FlushNodes());  // links may need them
  if (bulk_ != nullptr && bulk_->size() > 0) {
    const absl::StatusOr<BulkResult> result = bulk_->Commit();
    if (!result.ok()) return Annotate(result.status(), file_.name);
    for (size_t i = 0; i < result->batches.size(); ++i) {
      ImportCounts& counts = late_[bulk_files_[i]];
      counts.links += result->batches[i].links;
      counts.links_unchanged += result->batches[i].links_unchanged;
      counts.sightings += result->batches[i].sightings;
      counts.sightings_unchanged += result->batches[i].sightings_unchanged;
    }
    bulk_files_.erase(bulk_files_.begin(), bulk_files_.end() - 1);
    bulk_begin_ = 0;
    if (after_commit_) after_commit_();
  }
  for (const auto& [batch, rows] : unclosed_) {
    SKEIN_RETURN_IF_ERROR(graph_.CloseBatch(batch, rows));
  }
  unclosed_.clear();
  return absl::OkStatus();
}

absl::StatusOr<NewNode> Loader::NodeOf(const Slot& slot) {
  NewNode node;
  node.row = slot.row;
  if (!slot.rules.empty()) {
    SKEIN_ASSIGN_OR_RETURN(node.labels, LabelsOf(slot.rules));
    SKEIN_ASSIGN_OR_RETURN(node.policy, PolicyOf(*slot.rules.front()));
  } else {
    SKEIN_ASSIGN_OR_RETURN(const LabelId label, Label(names_.Name(slot.key.label)));
    node.labels.push_back(label);
  }
  for (const NamedValues* values : {&slot.key.key, &slot.properties}) {
    for (const auto& [name, value] : *values) {
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, Key(name));
      node.properties.emplace_back(key, value);
    }
  }
  if (slot.valid) node.valid = *slot.valid;
  return node;
}

absl::Status Loader::CreateNode(Slot& slot, Transaction& transaction) {
  SKEIN_ASSIGN_OR_RETURN(const NewNode node, NodeOf(slot));
  SKEIN_ASSIGN_OR_RETURN(slot.id, transaction.CreateNode(node));
  slot.created = true;
  return graph_.RememberImported(transaction, slot.key.identity, Raw(*slot.id));
}

absl::Status Loader::WriteNodes(Chunk* chunk, Transaction& transaction) {
  const bool in_bulk = NodesGoInBulk(*chunk);
  for (Slot& slot : chunk->nodes) {
    if (in_bulk && (!slot.id || Waits(slot))) continue;
    if (!slot.id) {
      SKEIN_RETURN_IF_ERROR(CreateNode(slot, transaction));
      continue;
    }
    transaction.SetProvenanceRow(slot.row);
    for (const auto& [key, value] : slot.changes) {
      SKEIN_RETURN_IF_ERROR(transaction.SetNodeProperty(*slot.id, key, value));
    }
    for (const LabelId label : slot.missing_labels) {
      SKEIN_RETURN_IF_ERROR(transaction.AddLabel(*slot.id, label));
    }
    if (slot.set_valid) SKEIN_RETURN_IF_ERROR(transaction.SetNodeValid(*slot.id, *slot.valid));
    if (!slot.imported) {
      SKEIN_RETURN_IF_ERROR(graph_.RememberImported(transaction, slot.key.identity, Raw(*slot.id)));
    }
  }
  return absl::OkStatus();
}

absl::Status Loader::WriteLinks(Chunk* chunk, Transaction& transaction) {
  for (LinkSlot& slot : chunk->links) {
    if (slot.id && !slot.replace) {
      transaction.SetProvenanceRow(slot.number);
      for (const auto& [key, value] : slot.changes) {
        SKEIN_RETURN_IF_ERROR(transaction.SetLinkProperty(*slot.id, key, value));
      }
      if (slot.set_valid) {
        SKEIN_RETURN_IF_ERROR(transaction.SetLinkValid(*slot.id, *slot.row.valid));
      }
      continue;
    }
    if (slot.loaded || slot.bulk) continue;
    if (slot.replace) SKEIN_RETURN_IF_ERROR(transaction.DeleteLink(*slot.id));
    SKEIN_ASSIGN_OR_RETURN(const NewLink link, LinkOf(*chunk, slot));
    SKEIN_ASSIGN_OR_RETURN(const LinkId id, transaction.CreateLink(link, &slot.existed));
    SKEIN_RETURN_IF_ERROR(graph_.RememberImported(transaction, slot.row.identity, Raw(id)));
  }
  return absl::OkStatus();
}

void Loader::Count(const Chunk& chunk, ImportCounts* counts) {
  for (const Slot& slot : chunk.nodes) {
    counts->kept += slot.kept;
    if (slot.rules.empty()) {
      if (!slot.created) continue;
      ++counts->implied;
      if (implied_.size() < kImpliedMax) implied_.emplace(Raw(*slot.id), file_number_);
      continue;
    }
    // An entity that a link of this run had to make, and whose definition came now, was simply
    // early.
    const auto implied = implied_.find(Raw(*slot.id));
    const bool was_implied = implied != implied_.end();
    if (was_implied) {
      ++defined_later_[implied->second];
      implied_.erase(implied);
    }
    const bool created = slot.created || was_implied;
    if (slot.gathered) {
      gathered_[slot.key.identity].created |= created;
      counts->created += created;
      continue;
    }
    const bool changed = !slot.changes.empty() || !slot.missing_labels.empty() || slot.set_valid;
    if (created) {
      ++counts->created;
    } else if (changed) {
      ++counts->updated;
    }
    counts->unchanged += slot.definitions - (created || changed ? 1 : 0);
  }
  for (const LinkSlot& slot : chunk.links) {
    if (slot.bulk && !slot.id && !slot.loaded) {  // counted when they are written
      counts->links_unchanged += slot.row.rule->sighting ? 0 : slot.rows - 1;
      counts->sightings_unchanged += slot.row.rule->sighting ? slot.rows - 1 : 0;
      continue;
    }
    const bool fresh = !slot.id && !slot.loaded && !slot.existed;
    if (slot.row.rule->sighting) {
      counts->sightings += fresh;
      counts->sightings_unchanged += slot.rows - (fresh ? 1 : 0);
      continue;
    }
    const bool changed = slot.replace || !slot.changes.empty() || slot.set_valid;
    counts->links += fresh;
    counts->links_updated += slot.id && changed;
    counts->links_unchanged += slot.rows - (fresh || changed ? 1 : 0);
  }
}

absl::Status Loader::EndFile(ImportCounts* counts) {
  constexpr size_t kChunk = 10'000;
  std::vector<bool> created;
  while (!gathered_.empty()) {
    Chunk chunk;
    ImportCounts made;
    std::map<Identity, Gathered> part;
    while (!gathered_.empty() && part.size() < kChunk) {
      part.insert(gathered_.extract(gathered_.begin()));
    }
    for (auto& [identity, gathered] : part) {
      Slot& slot = chunk.nodes[AddKey(gathered.key, &chunk)];
      slot.rules = {gathered.rule};
      slot.properties = std::move(gathered.properties);
      slot.valid = gathered.valid;
      slot.row = gathered.row;
      slot.definitions = 1;
    }
    SKEIN_RETURN_IF_ERROR(Apply(&chunk, &made));
    for (const auto& [identity, gathered] : part) {
      // Counted as created when its first record was loaded.
      const Slot& slot = chunk.nodes[chunk.node_of[identity]];
      const bool changed = !slot.changes.empty() || !slot.missing_labels.empty() || slot.set_valid;
      if (gathered.created) changed ? --made.updated : --made.unchanged;
    }
    counts->Add(made);
  }
  if (!batch_) return absl::OkStatus();
  // What it gave is not written yet, perhaps: then the batch is closed with that.
  if (aside_.joinable() || (bulk_ != nullptr && bulk_->size() > 0) ||
      (bulk_nodes_ != nullptr && bulk_nodes_->size() > 0)) {
    unclosed_.emplace_back(*batch_, accepted_);
    return absl::OkStatus();
  }
  return graph_.CloseBatch(*batch_, accepted_);
}

absl::Status Loader::EndFiles() { return FlushBulk(); }

absl::Status Loader::AssertSame(const std::vector<Mapping>& mappings, TimeUs now_us,
                                ImportCounts* counts) {
  for (const Mapping& mapping : mappings) {
    if (mapping.same.empty()) continue;
    // One batch for all runs of a mapping: a repeated import changes nothing.
    Batch batch;
    batch.source = mapping.source.name;
    batch.mapping = MappingText(mapping);
    batch.person = purpose_.person;
    batch.case_number = purpose_.case_number;
    WriteContext context;
    SKEIN_ASSIGN_OR_RETURN(context.policy, graph_.catalog().InternPolicy(mapping.source.policy));
    for (const Batch& known : graph_.catalog().Batches()) {
      if (known.file.empty() && known.source == batch.source && known.mapping == batch.mapping &&
          known.person == batch.person && known.case_number == batch.case_number) {
        context.batch = known.id;
      }
    }
    if (Raw(context.batch) == 0) {
      SKEIN_ASSIGN_OR_RETURN(context.batch, graph_.OpenBatch(std::move(batch)));
    }
    for (const SameRule& rule : mapping.same) {
      SKEIN_ASSIGN_OR_RETURN(const KeyMatches matches, AssertByKey(graph_, rule, context, now_us));
      counts->same += matches.asserted;
      counts->same_unchanged += matches.unchanged;
      counts->same_too_common += matches.too_common;
    }
  }
  return absl::OkStatus();
}

std::string_view Loader::NamePrefix(IndexKind kind) {
  if (kind == IndexKind::kText) return "text_";
  return kind == IndexKind::kPoint ? "point_" : "range_";
}

absl::Status Loader::Finish(const std::vector<Mapping>& mappings) {
  Catalog& catalog = graph_.catalog();
  for (const Mapping& mapping : mappings) {
    for (const IndexRule& rule : mapping.indexes) {
      IndexInfo index;
      index.kind = rule.kind;
      SKEIN_ASSIGN_OR_RETURN(index.label, catalog.InternLabel(rule.label));
      index.name = internal::Join(NamePrefix(rule.kind), rule.label);
      for (const std::string& property : rule.properties) {
        SKEIN_ASSIGN_OR_RETURN(const KeyId key, catalog.InternKey(property));
        index.keys.push_back(key);
        index.name += "_" + property;
      }
      const std::optional<IndexInfo> found = catalog.FindIndex(index.label, index.keys, index.kind);
      if (found && found->online) continue;
      const absl::StatusOr<uint32_t> made = graph_.CreateIndex(index);
      if (!made.ok()) return Annotate(made.status(), index.name);
    }
  }
  return graph_.Compact();
}

}  // namespace skein
