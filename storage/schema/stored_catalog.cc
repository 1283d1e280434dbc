#include "storage/schema/stored_catalog.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/base/status.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

constexpr uint32_t kNamesMax = 65'535;
constexpr uint32_t kKeysMax = 1'000'000;
constexpr uint32_t kBatchesMax = uint32_t{1} << 31;  // link ids stay below 2^63
constexpr size_t kNameBytesMax = 255;
constexpr char kRowVersion = 0;

// Well-formed UTF-8 without overlong forms, surrogates or values past U+10FFFF.
bool IsUtf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    const auto lead = static_cast<unsigned char>(s[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > s.size()) return false;
    uint32_t code = lead & (0xffU >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(s[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fU);
    }
    const uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += length;
  }
  return true;
}

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) return InvalidArgument("a ", what, " needs a name");
  if (name.size() > kNameBytesMax) {
    return InvalidArgument("the name of a ", what, " has ", name.size(), " bytes; the limit is ",
                           kNameBytesMax);
  }
  if (!IsUtf8(name)) return InvalidArgument("the name of a ", what, " is not UTF-8");
  return absl::OkStatus();
}

// One kind of interned names: dense ids in order of first use.
struct Names {
  char kind;
  std::string_view what;
  uint32_t max;
  std::deque<std::string> names;  // stable addresses: names handed out live on
  absl::flat_hash_map<std::string_view, uint32_t> ids;

  std::optional<uint32_t> Find(std::string_view name) const {
    const auto it = ids.find(name);
    if (it == ids.end()) return std::nullopt;
    return it->second;
  }
  void Add(std::string name) {
    const auto id = static_cast<uint32_t>(names.size());
    ids.emplace(names.emplace_back(std::move(name)), id);
  }
};

std::string EncodePolicy(const Policy& policy) {
  std::string out(1, kRowVersion);
  AppendString(&out, policy.owner_unit);
  AppendString(&out, policy.compartment);
  AppendString(&out, policy.handling_code);
  return out;
}

std::string EncodeBatch(const Batch& batch) {
  std::string out(1, kRowVersion);
  for (const std::string* text : {&batch.source, &batch.file, &batch.file_sha256, &batch.mapping,
                                  &batch.person, &batch.case_number}) {
    AppendString(&out, *text);
  }
  AppendSigned(&out, batch.received_us);
  AppendVarint(&out, batch.rows);
  out.push_back(batch.published ? 1 : 0);
  return out;
}

std::string EncodeIndex(const IndexInfo& index) {
  std::string out(1, kRowVersion);
  AppendString(&out, index.name);
  out.push_back(static_cast<char>(index.kind));
  AppendVarint(&out, Raw(index.label));
  AppendVarint(&out, index.keys.size());
  for (const KeyId key : index.keys) AppendVarint(&out, Raw(key));
  out.push_back(index.online ? 1 : 0);
  return out;
}

std::optional<IndexInfo> DecodeIndex(uint32_t id, std::string_view row) {
  ByteReader in(row);
  IndexInfo index;
  index.id = id;
  if (in.Byte() != kRowVersion) return std::nullopt;
  index.name = std::string(in.String());
  const uint8_t kind = in.Byte();
  if (kind > static_cast<uint8_t>(IndexKind::kPoint)) return std::nullopt;
  index.kind = static_cast<IndexKind>(kind);
  index.label = LabelId{in.Varint32()};
  const uint64_t keys = in.Varint();
  if (keys > in.left()) return std::nullopt;
  for (uint64_t i = 0; i < keys; ++i) index.keys.push_back(KeyId{in.Varint32()});
  index.online = in.Byte() != 0;
  if (!in.ok() || !in.done()) return std::nullopt;
  return index;
}

// A version byte, 1 or 0 for kept or broken, and of a kept one key, unit and version.
std::string EncodeTimeKey(const std::optional<TimeKey>& key) {
  std::string out(1, kRowVersion);
  out.push_back(key ? 1 : 0);
  if (!key) return out;
  AppendVarint(&out, Raw(key->key));
  out.push_back(static_cast<char>(key->unit));
  AppendVarint(&out, Raw(key->since));
  return out;
}

// False: the row does not decode.
bool DecodeTimeKey(std::string_view row, std::optional<TimeKey>* out) {
  ByteReader in(row);
  if (in.Byte() != kRowVersion) return false;
  *out = std::nullopt;
  if (in.Byte() == 0) return in.ok() && in.done();
  TimeKey key;
  key.key = KeyId{in.Varint32()};
  const uint8_t unit = in.Byte();
  key.unit = static_cast<TimeUnit>(unit);
  key.since = Version{in.Varint()};
  *out = key;
  return in.ok() && in.done() && unit <= static_cast<uint8_t>(TimeUnit::kDateTime);
}

class CatalogImpl final : public StoredCatalog {
 public:
  CatalogImpl(Store& store, SpaceId space, Clock& clock)
      : store_(store), layout_(space), clock_(clock) {
    policies_.push_back({});  // policy 0 is open data
  }

  absl::Status Load();

  std::optional<LabelId> FindLabel(std::string_view name) const override {
    return Find<LabelId>(labels_, name);
  }
  std::optional<LinkTypeId> FindLinkType(std::string_view name) const override {
    return Find<LinkTypeId>(types_, name);
  }
  std::optional<KeyId> FindKey(std::string_view name) const override {
    return Find<KeyId>(keys_, name);
  }
  absl::StatusOr<LabelId> InternLabel(std::string_view name) override {
    return Intern<LabelId>(&labels_, name);
  }
  absl::StatusOr<LinkTypeId> InternLinkType(std::string_view name) override {
    return Intern<LinkTypeId>(&types_, name);
  }
  absl::StatusOr<KeyId> InternKey(std::string_view name) override {
    return Intern<KeyId>(&keys_, name);
  }
  absl::StatusOr<PolicyId> InternPolicy(const Policy& policy) override;

  absl::Status DeclareSightingType(LinkTypeId type) override;
  bool IsSightingType(LinkTypeId type) const override {
    absl::ReaderMutexLock lock(&mu_);
    return sighting_types_.contains(Raw(type));
  }

  std::string_view Name(LabelId id) const override { return NameOf(labels_, Raw(id)); }
  std::string_view Name(LinkTypeId id) const override { return NameOf(types_, Raw(id)); }
  std::string_view Name(KeyId id) const override { return NameOf(keys_, Raw(id)); }
  Policy GetPolicy(PolicyId id) const override {
    absl::ReaderMutexLock lock(&mu_);
    SKEIN_CHECK(Raw(id) < policies_.size());
    return policies_[Raw(id)];
  }

  uint32_t label_count() const override { return CountOf(labels_); }
  uint32_t link_type_count() const override { return CountOf(types_); }
  uint32_t key_count() const override { return CountOf(keys_); }
  uint32_t policy_count() const override {
    absl::ReaderMutexLock lock(&mu_);
    return static_cast<uint32_t>(policies_.size());
  }

  std::optional<TimeKey> GetTimeKey(LinkTypeId type) const override {
    absl::ReaderMutexLock lock(&mu_);
    const auto it = time_keys_.find(Raw(type));
    return it == time_keys_.end() ? std::nullopt : it->second;
  }
  uint64_t time_key_epoch() const override {
    return time_key_epoch_.load(std::memory_order_acquire);
  }
  absl::Status SetTimeKey(LinkTypeId type, const TimeKey& key) override;
  absl::Status BreakTimeKey(LinkTypeId type) override;

  absl::StatusOr<Batch> GetBatch(BatchId id) const override {
    absl::ReaderMutexLock lock(&mu_);
    const auto it = batches_.find(Raw(id));
    if (it == batches_.end()) return NotFound("no batch ", Raw(id));
    return it->second;
  }
  std::vector<Batch> Batches() const override {
    absl::ReaderMutexLock lock(&mu_);
    std::vector<Batch> out;
    out.reserve(batches_.size());
    for (const auto& [id, batch] : batches_) out.push_back(batch);
    return out;
  }
  absl::StatusOr<BatchId> AddBatch(Batch batch) override;
  absl::Status FinishBatch(BatchId id, uint64_t rows) override;

  std::vector<IndexInfo> Indexes() const override {
    absl::ReaderMutexLock lock(&mu_);
    std::vector<IndexInfo> out;
    out.reserve(indexes_.size());
    for (const auto& [id, index] : indexes_) out.push_back(index);
    return out;
  }
  std::optional<IndexInfo> FindIndex(LabelId label, const std::vector<KeyId>& keys,
                                     IndexKind kind) const override {
    absl::ReaderMutexLock lock(&mu_);
    for (const auto& [id, index] : indexes_) {
      if (index.label == label && index.keys == keys && index.kind == kind) return index;
    }
    return std::nullopt;
  }
  std::optional<IndexState> GetIndexState(uint32_t id) const override {
    absl::ReaderMutexLock lock(&mu_);
    const auto it = indexes_.find(id);
    if (it == indexes_.end()) return std::nullopt;
    return IndexState{it->second.kind, it->second.online, it->second.keys.size()};
  }
  absl::StatusOr<IndexInfo> AddIndex(IndexInfo index) override;
  absl::Status SetIndexOnline(uint32_t id) override;
  absl::Status RemoveIndex(uint32_t id) override;
  uint64_t index_epoch() const override { return index_epoch_.load(std::memory_order_acquire); }

 private:
  template <typename Id>
  std::optional<Id> Find(const Names& names, std::string_view name) const {
    absl::ReaderMutexLock lock(&mu_);
    const std::optional<uint32_t> id = names.Find(name);
    if (!id) return std::nullopt;
    return Id{*id};
  }
  template <typename Id>
  absl::StatusOr<Id> Intern(Names* names, std::string_view name);

  std::string_view NameOf(const Names& names, uint64_t id) const {
    absl::ReaderMutexLock lock(&mu_);
    SKEIN_CHECK(id < names.names.size());
    return names.names[id];
  }
  uint32_t CountOf(const Names& names) const {
    absl::ReaderMutexLock lock(&mu_);
    return static_cast<uint32_t>(names.names.size());
  }
  absl::Status LoadNames(const View& view, Names* names);
  absl::Status LoadPolicies(const View& view);
  absl::Status LoadBatches(const View& view);
  absl::Status LoadIndexes(const View& view);
  absl::Status LoadTimeKeys(const View& view);
  absl::Status WriteTimeKey(LinkTypeId type, const std::optional<TimeKey>& key);
  // Durable before it is visible. The catalogue's writers take turns (write_mu_), so no conflict.
  absl::Status Write(const std::string& key, const std::string& value);
  absl::Status Damaged(const std::string& key) const {
    return DataLoss("table catalog: the row of ", key.size(), " key bytes, kind '",
                    key.size() > 1 ? key[1] : '?', "', does not decode");
  }

  Store& store_;
  Layout layout_;
  Clock& clock_;

  absl::Mutex write_mu_;  // taken before mu_; held over I/O, which mu_ never is
  mutable absl::Mutex mu_;
  Names labels_{'L', "label", kNamesMax, {}, {}};
  Names types_{'T', "relationship type", kNamesMax, {}, {}};
  Names keys_{'K', "property key", kKeysMax, {}, {}};
  std::deque<Policy> policies_;
  std::map<uint64_t, Batch> batches_;
  uint64_t next_batch_ = 1;  // batch 0 means "none"
  std::map<uint32_t, IndexInfo> indexes_;
  uint32_t next_index_ = 1;
  std::set<uint64_t> sighting_types_;
  std::atomic<uint64_t> index_epoch_{1};
  std::map<uint64_t, std::optional<TimeKey>> time_keys_;  // nullopt: broken
  std::atomic<uint64_t> time_key_epoch_{1};
};

absl::Status CatalogImpl::Write(const std::string& key, const std::string& value) {
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const View> view, store_.Latest());
  WriteBatch batch(view->version());
  batch.PutUnguarded(Table::kCatalog, key, value);
  return store_.Commit(batch).status();
}

template <typename Id>
absl::StatusOr<Id> CatalogImpl::Intern(Names* names, std::string_view name) {
  if (const std::optional<Id> id = Find<Id>(*names, name)) return *id;
  SKEIN_RETURN_IF_ERROR(CheckName(names->what, name));
  absl::MutexLock turn(&write_mu_);
  if (const std::optional<Id> id = Find<Id>(*names, name)) return *id;
  const uint32_t id = CountOf(*names);
  if (id >= names->max) {
    return ResourceExhausted("more than ", names->max, " names of the kind ", names->what);
  }
  SKEIN_RETURN_IF_ERROR(Write(layout_.Catalog(names->kind, id), std::string(name)));
  absl::MutexLock lock(&mu_);
  names->Add(std::string(name));
  return Id{id};
}

absl::StatusOr<PolicyId> CatalogImpl::InternPolicy(const Policy& policy) {
  absl::MutexLock turn(&write_mu_);
  {
    absl::ReaderMutexLock lock(&mu_);
    const auto it = std::find(policies_.begin(), policies_.end(), policy);
    if (it != policies_.end()) return PolicyId{static_cast<uint32_t>(it - policies_.begin())};
    if (policies_.size() >= kNamesMax) {
      return ResourceExhausted("more than ", kNamesMax, " policies");
    }
  }
  const uint32_t id = policy_count();
  SKEIN_RETURN_IF_ERROR(Write(layout_.Catalog('P', id), EncodePolicy(policy)));
  absl::MutexLock lock(&mu_);
  policies_.push_back(policy);
  return PolicyId{id};
}

absl::Status CatalogImpl::DeclareSightingType(LinkTypeId type) {
  absl::MutexLock turn(&write_mu_);
  if (Raw(type) >= link_type_count()) return InvalidArgument("no relationship type ", Raw(type));
  if (IsSightingType(type)) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(
      Write(layout_.Catalog('S', static_cast<uint32_t>(Raw(type))), std::string(1, kRowVersion)));
  absl::MutexLock lock(&mu_);
  sighting_types_.insert(Raw(type));
  return absl::OkStatus();
}

absl::Status CatalogImpl::WriteTimeKey(LinkTypeId type, const std::optional<TimeKey>& key) {
  SKEIN_RETURN_IF_ERROR(
      Write(layout_.Catalog('W', static_cast<uint32_t>(Raw(type))), EncodeTimeKey(key)));
  absl::MutexLock lock(&mu_);
  time_keys_[Raw(type)] = key;
  time_key_epoch_.fetch_add(1, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status CatalogImpl::SetTimeKey(LinkTypeId type, const TimeKey& key) {
  absl::MutexLock turn(&write_mu_);
  if (Raw(type) >= link_type_count()) return InvalidArgument("no relationship type ", Raw(type));
  if (Raw(key.key) >= key_count()) return InvalidArgument("no property key ", Raw(key.key));
  {
    absl::ReaderMutexLock lock(&mu_);
    if (time_keys_.contains(Raw(type))) return absl::OkStatus();
  }
  return WriteTimeKey(type, key);
}

absl::Status CatalogImpl::BreakTimeKey(LinkTypeId type) {
  absl::MutexLock turn(&write_mu_);
  if (!GetTimeKey(type)) return absl::OkStatus();
  return WriteTimeKey(type, std::nullopt);
}

absl::StatusOr<BatchId> CatalogImpl::AddBatch(Batch batch) {
  absl::MutexLock turn(&write_mu_);
  if (next_batch_ >= kBatchesMax) return ResourceExhausted("more than ", kBatchesMax, " batches");
  batch.id = BatchId{static_cast<uint32_t>(next_batch_)};
  batch.received_us = absl::ToUnixMicros(clock_.Now());
  batch.published = false;
  SKEIN_RETURN_IF_ERROR(
      Write(layout_.Catalog('B', static_cast<uint32_t>(next_batch_)), EncodeBatch(batch)));
  absl::MutexLock lock(&mu_);
  batches_[next_batch_] = batch;
  ++next_batch_;
  return batch.id;
}

absl::Status CatalogImpl::FinishBatch(BatchId id, uint64_t rows) {
  absl::MutexLock turn(&write_mu_);
  SKEIN_ASSIGN_OR_RETURN(Batch batch, GetBatch(id));
  batch.rows = rows;
  batch.published = true;
  SKEIN_RETURN_IF_ERROR(
      Write(layout_.Catalog('B', static_cast<uint32_t>(Raw(id))), EncodeBatch(batch)));
  absl::MutexLock lock(&mu_);
  batches_[Raw(id)] = std::move(batch);
  return absl::OkStatus();
}

absl::StatusOr<IndexInfo> CatalogImpl::AddIndex(IndexInfo index) {
  absl::MutexLock turn(&write_mu_);
  if (Raw(index.label) >= label_count()) return InvalidArgument("no label ", Raw(index.label));
  if (index.keys.empty() || index.keys.size() > 8) {
    return InvalidArgument("an index has 1 to 8 properties, not ", index.keys.size());
  }
  if (index.kind == IndexKind::kPoint && index.keys.size() > 2) {
    return InvalidArgument("a point index has a position and at most one moment, not ",
                           index.keys.size(), " properties");
  }
  for (const KeyId key : index.keys) {
    if (Raw(key) >= key_count()) return InvalidArgument("no property key ", Raw(key));
  }
  if (!index.name.empty()) SKEIN_RETURN_IF_ERROR(CheckName("index", index.name));
  for (const IndexInfo& other : Indexes()) {
    const bool same =
        other.label == index.label && other.keys == index.keys && other.kind == index.kind;
    if (same) return AlreadyExists("this index exists already, as '", other.name, "'");
    if (!index.name.empty() && other.name == index.name) {
      return AlreadyExists("an index named '", index.name, "' exists already");
    }
  }
  index.id = next_index_;
  index.online = false;
  if (index.name.empty()) index.name = "index_" + std::to_string(index.id);
  SKEIN_RETURN_IF_ERROR(Write(layout_.Catalog('I', index.id), EncodeIndex(index)));
  absl::MutexLock lock(&mu_);
  indexes_[index.id] = index;
  ++next_index_;
  index_epoch_.fetch_add(1, std::memory_order_release);
  return index;
}

absl::Status CatalogImpl::SetIndexOnline(uint32_t id) {
  absl::MutexLock turn(&write_mu_);
  IndexInfo index;
  {
    absl::ReaderMutexLock lock(&mu_);
    const auto it = indexes_.find(id);
    if (it == indexes_.end()) return NotFound("no index ", id);
    index = it->second;
  }
  index.online = true;
  SKEIN_RETURN_IF_ERROR(Write(layout_.Catalog('I', id), EncodeIndex(index)));
  absl::MutexLock lock(&mu_);
  indexes_[id] = std::move(index);
  index_epoch_.fetch_add(1, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status CatalogImpl::RemoveIndex(uint32_t id) {
  absl::MutexLock turn(&write_mu_);
  {
    absl::ReaderMutexLock lock(&mu_);
    if (!indexes_.contains(id)) return NotFound("no index ", id);
  }
  // An empty row keeps the number from being used again for other entries.
  SKEIN_RETURN_IF_ERROR(Write(layout_.Catalog('I', id), std::string()));
  absl::MutexLock lock(&mu_);
  indexes_.erase(id);
  index_epoch_.fetch_add(1, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status CatalogImpl::LoadNames(const View& view, Names* names) {
  SKEIN_ASSIGN_OR_RETURN(auto rows,
                         ScanPrefix(store_, view, Table::kCatalog, layout_.Catalog(names->kind)));
  for (auto& [key, value] : rows) {
    const bool dense = ByteReader(std::string_view(key).substr(2)).Be32() == names->names.size();
    if (!dense || value.empty() || names->Find(value)) return Damaged(key);
    names->Add(std::move(value));
  }
  return absl::OkStatus();
}

absl::Status CatalogImpl::LoadPolicies(const View& view) {
  SKEIN_ASSIGN_OR_RETURN(const auto rows,
                         ScanPrefix(store_, view, Table::kCatalog, layout_.Catalog('P')));
  for (const auto& [key, value] : rows) {
    ByteReader in(value);
    const bool known = in.Byte() == kRowVersion &&
                       ByteReader(std::string_view(key).substr(2)).Be32() == policies_.size();
    Policy policy{std::string(in.String()), std::string(in.String()), std::string(in.String())};
    if (!known || !in.ok() || !in.done()) return Damaged(key);
    policies_.push_back(std::move(policy));
  }
  return absl::OkStatus();
}

absl::Status CatalogImpl::LoadBatches(const View& view) {
  SKEIN_ASSIGN_OR_RETURN(const auto rows,
                         ScanPrefix(store_, view, Table::kCatalog, layout_.Catalog('B')));
  for (const auto& [key, value] : rows) {
    ByteReader in(value);
    Batch batch;
    const bool known = in.Byte() == kRowVersion;
    batch.id = BatchId{ByteReader(std::string_view(key).substr(2)).Be32()};
    for (std::string* text : {&batch.source, &batch.file, &batch.file_sha256, &batch.mapping,
                              &batch.person, &batch.case_number}) {
      *text = std::string(in.String());
    }
    batch.received_us = in.Signed();
    batch.rows = in.Varint();
    batch.published = in.Byte() != 0;
    if (!known || !in.ok() || !in.done()) return Damaged(key);
    next_batch_ = Raw(batch.id) + 1;
    batches_[Raw(batch.id)] = std::move(batch);
  }
  return absl::OkStatus();
}

absl::Status CatalogImpl::LoadIndexes(const View& view) {
  SKEIN_ASSIGN_OR_RETURN(const auto rows,
                         ScanPrefix(store_, view, Table::kCatalog, layout_.Catalog('I')));
  for (const auto& [key, value] : rows) {
    const uint32_t id = ByteReader(std::string_view(key).substr(2)).Be32();
    next_index_ = id + 1;
    if (value.empty()) continue;  // dropped
    std::optional<IndexInfo> index = DecodeIndex(id, value);
    if (!index) return Damaged(key);
    indexes_[id] = *std::move(index);
  }
  return absl::OkStatus();
}

absl::Status CatalogImpl::LoadTimeKeys(const View& view) {
  SKEIN_ASSIGN_OR_RETURN(const auto rows,
                         ScanPrefix(store_, view, Table::kCatalog, layout_.Catalog('W')));
  for (const auto& [key, value] : rows) {
    std::optional<TimeKey> decoded;
    if (!DecodeTimeKey(value, &decoded)) return Damaged(key);
    time_keys_[ByteReader(std::string_view(key).substr(2)).Be32()] = decoded;
  }
  return absl::OkStatus();
}

absl::Status CatalogImpl::Load() {
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const View> view, store_.Latest());
  for (Names* names : {&labels_, &types_, &keys_}) SKEIN_RETURN_IF_ERROR(LoadNames(*view, names));
  SKEIN_RETURN_IF_ERROR(LoadPolicies(*view));
  SKEIN_RETURN_IF_ERROR(LoadBatches(*view));
  SKEIN_RETURN_IF_ERROR(LoadIndexes(*view));
  SKEIN_RETURN_IF_ERROR(LoadTimeKeys(*view));
  SKEIN_ASSIGN_OR_RETURN(const auto sightings,
                         ScanPrefix(store_, *view, Table::kCatalog, layout_.Catalog('S')));
  for (const auto& [key, value] : sightings) {
    sighting_types_.insert(ByteReader(std::string_view(key).substr(2)).Be32());
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view IndexKindName(IndexKind kind) {
  switch (kind) {
    case IndexKind::kRange:
      return "RANGE";
    case IndexKind::kUnique:
      return "UNIQUE";
    case IndexKind::kText:
      return "TEXT";
    case IndexKind::kPoint:
      return "POINT";
  }
  return "?";
}

absl::StatusOr<std::unique_ptr<StoredCatalog>> StoredCatalog::Open(Store& store, SpaceId space,
                                                                   Clock& clock) {
  auto catalog = std::make_unique<CatalogImpl>(store, space, clock);
  SKEIN_RETURN_IF_ERROR(catalog->Load());
  return std::unique_ptr<StoredCatalog>(std::move(catalog));
}

}  // namespace skein
