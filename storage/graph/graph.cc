#include "storage/graph/graph.h"

#include <utility>

#include "storage/base/status.h"
#include "storage/graph/bulk.h"
#include "storage/graph/bulk_nodes.h"
#include "storage/graph/core.h"
#include "storage/graph/fold.h"
#include "storage/graph/history_source.h"
#include "storage/graph/index_builder.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/snapshot_source.h"
#include "storage/graph/time_key.h"
#include "storage/graph/transaction_impl.h"
#include "storage/keys/element_id.h"

namespace skein {
namespace {

constexpr std::string_view kGraphFormat = "1";
constexpr size_t kIdentityBytes = 16;
constexpr size_t kElementKeyBytes = 32;  // of nodes, of links

template <typename SourceType>
class SnapshotImpl final : public SourceReader<Snapshot> {
 public:
  template <typename... Args>
  explicit SnapshotImpl(Args&&... args) : source_(std::forward<Args>(args)...) {}
  const Source& source() const override { return source_; }
  const Layout& layout() const override { return source_.core().layout; }
  absl::StatusOr<uint64_t> NodeIdBound() const override { return source_.core().node_ids.Bound(); }
  absl::StatusOr<std::unique_ptr<IdCursor>> ScanNodesWithin(const Viewer& viewer,
                                                            std::optional<LabelId> label,
                                                            NodeId from, NodeId to,
                                                            Budget& budget) const override {
    return read_ops::ScanNodesWithin(source_, viewer, label, from, to, budget);
  }

 private:
  SourceType source_;
};

class GraphImpl final : public Graph {
 public:
  GraphImpl(std::shared_ptr<GraphCore> core, const std::string& element_keys)
      : core_(std::move(core)),
        node_cipher_(std::string_view(element_keys).substr(0, 16)),
        link_cipher_(std::string_view(element_keys).substr(16)) {}

  ~GraphImpl() override {
    absl::MutexLock after_a_fold(&core_->fold_mu);
    core_->closed = true;
  }

  Catalog& catalog() override { return *core_->catalog; }

  absl::StatusOr<std::shared_ptr<const Snapshot>> Latest() override {
    SKEIN_ASSIGN_OR_RETURN(GraphView latest, core_->Latest());
    return std::shared_ptr<const Snapshot>(
        std::make_shared<const SnapshotImpl<SnapshotSource>>(core_, std::move(latest)));
  }
  absl::StatusOr<std::shared_ptr<const Snapshot>> AsOf(Version version) override;
  absl::Status Forget(Version version) override;
  absl::StatusOr<Version> Horizon() override;

  absl::StatusOr<std::unique_ptr<Transaction>> Begin(const Viewer& viewer,
                                                     const WriteContext& context) override {
    if (Raw(context.policy) >= core_->catalog->policy_count()) {
      return InvalidArgument("no policy ", Raw(context.policy));
    }
    if (Raw(context.batch) != 0) {
      SKEIN_RETURN_IF_ERROR(core_->catalog->GetBatch(context.batch).status());
    }
    SKEIN_ASSIGN_OR_RETURN(GraphView latest, core_->Latest());
    return std::unique_ptr<Transaction>(
        std::make_unique<TransactionImpl>(core_, std::move(latest), viewer, context));
  }

  absl::StatusOr<std::unique_ptr<BulkLinks>> BeginBulk(const WriteContext& context) override {
    SKEIN_RETURN_IF_ERROR(core_->catalog->GetBatch(context.batch).status());
    return std::unique_ptr<BulkLinks>(std::make_unique<BulkLinksImpl>(core_, context));
  }

  absl::StatusOr<std::unique_ptr<BulkNodes>> BeginBulkNodes(const WriteContext& context) override {
    SKEIN_RETURN_IF_ERROR(core_->catalog->GetBatch(context.batch).status());
    return std::unique_ptr<BulkNodes>(std::make_unique<BulkNodesImpl>(core_, context));
  }

  absl::StatusOr<BatchId> OpenBatch(Batch batch) override {
    return core_->catalog->AddBatch(std::move(batch));
  }
  absl::Status CloseBatch(BatchId id, uint64_t rows) override {
    return core_->catalog->FinishBatch(id, rows);
  }

  absl::StatusOr<uint32_t> CreateIndex(const IndexInfo& index) override {
    return CreateIndexOnline(core_, index);
  }
  absl::Status DropIndex(uint32_t id) override {
    {
      absl::MutexLock commits_wait(&core_->index_mu);
      SKEIN_RETURN_IF_ERROR(core_->catalog->RemoveIndex(id));
    }
    return DropIndexEntries(*core_, id);
  }

  absl::Status DeclareTimeKey(LinkTypeId type, KeyId key, TimeUnit unit) override {
    return skein::DeclareTimeKey(core_, type, {key, unit, Version{}});
  }

  absl::Status FindImported(std::span<const std::string> identities,
                            std::vector<std::optional<uint64_t>>* ids) const override;
  absl::Status FindLoadedInBulk(std::span<const std::string> identities,
                                std::vector<uint8_t>* found) const override;
  absl::Status RememberImported(Transaction& transaction, const std::string& identity,
                                uint64_t id) override;

  int64_t EncodeElementId(NodeId id) const override { return node_cipher_.Encode(Raw(id)); }
  int64_t EncodeElementId(LinkId id) const override { return link_cipher_.Encode(Raw(id)); }
  absl::StatusOr<NodeId> DecodeNodeId(int64_t id) const override;
  absl::StatusOr<LinkId> DecodeLinkId(int64_t id) const override;

  absl::Status Compact() override {
    SKEIN_RETURN_IF_ERROR(FoldChunks(*core_));
    return core_->store.Compact();
  }
  absl::StatusOr<GraphStats> Stats() override;

 private:
  std::shared_ptr<GraphCore> core_;
  ElementIdCipher node_cipher_, link_cipher_;
};

absl::StatusOr<std::shared_ptr<const Snapshot>> GraphImpl::AsOf(Version version) {
  SKEIN_ASSIGN_OR_RETURN(GraphView latest, core_->Latest());
  if (version >= latest.view->version()) {
    const int64_t now = absl::ToUnixMicros(core_->options.clock->Now());
    if (version > latest.view->version() && Raw(version) > static_cast<uint64_t>(now)) {
      return InvalidArgument("AS OF ", Raw(version), " lies in the future: now is ", now);
    }
    return std::shared_ptr<const Snapshot>(
        std::make_shared<const SnapshotImpl<SnapshotSource>>(core_, std::move(latest)));
  }
  SKEIN_ASSIGN_OR_RETURN(const Version horizon, Horizon());
  if (version < horizon) {
    return FailedPrecondition("AS OF ", Raw(version), ": what was before ", Raw(horizon),
                              " is no longer kept");
  }
  return std::shared_ptr<const Snapshot>(
      std::make_shared<const SnapshotImpl<HistorySource>>(core_, std::move(latest), version));
}

absl::StatusOr<Version> GraphImpl::Horizon() {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  SKEIN_ASSIGN_OR_RETURN(const auto value,
                         GetOne(core_->store, *view, Table::kMeta, core_->layout.Horizon()));
  return Version{value ? static_cast<uint64_t>(DecodeCounter(*value)) : 0};
}

absl::Status GraphImpl::Forget(Version version) { return ForgetVersions(*core_, version); }

absl::Status GraphImpl::FindImported(std::span<const std::string> identities,
                                     std::vector<std::optional<uint64_t>>* ids) const {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  std::vector<std::string> keys;
  std::vector<KeyRef> refs;
  keys.reserve(identities.size());
  refs.reserve(identities.size());
  for (const std::string& identity : identities) keys.push_back(core_->layout.Import(identity));
  for (const std::string& key : keys) refs.push_back({Table::kImports, key});
  std::vector<std::optional<std::string>> rows;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiGet(*view, refs, &rows));
  ids->assign(identities.size(), std::nullopt);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::optional<std::string>& row = rows[i];
    if (!row) continue;
    ByteReader in(*row);
    (*ids)[i] = in.Varint();
    if (!in.ok()) return DataLoss("table imports: the row of an identity does not decode");
  }
  return absl::OkStatus();
}

absl::Status GraphImpl::FindLoadedInBulk(std::span<const std::string> identities,
                                         std::vector<uint8_t>* found) const {
  found->assign(identities.size(), 0);
  if (!core_->has_bulk.load()) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  return FindBulkIdentities(*core_, *view, identities, found);
}

absl::Status GraphImpl::RememberImported(Transaction& transaction, const std::string& identity,
                                         uint64_t id) {
  auto* ours = dynamic_cast<TransactionImpl*>(&transaction);
  if (ours == nullptr || ours->core() != core_.get()) {
    return InvalidArgument("the transaction is not one of this graph");
  }
  if (identity.size() != kIdentityBytes) {
    return InvalidArgument("an identity has ", kIdentityBytes, " bytes, not ", identity.size());
  }
  return ours->Remember(identity, id);
}

absl::StatusOr<NodeId> GraphImpl::DecodeNodeId(int64_t id) const {
  if (id < 0) return InvalidArgument("no element id: ", id);
  const uint64_t node = node_cipher_.Decode(id);
  SKEIN_ASSIGN_OR_RETURN(const uint64_t bound, core_->node_ids.Bound());
  if (node >= bound) return InvalidArgument("no element id: ", id);
  return NodeId{node};
}

absl::StatusOr<LinkId> GraphImpl::DecodeLinkId(int64_t id) const {
  if (id < 0) return InvalidArgument("no element id: ", id);
  const uint64_t link = link_cipher_.Decode(id);
  const BatchId batch{static_cast<uint32_t>(link >> 32)};
  if (Raw(batch) != 0 && !core_->catalog->GetBatch(batch).ok()) {
    return InvalidArgument("no element id: ", id);
  }
  return LinkId{link};
}

absl::StatusOr<GraphStats> GraphImpl::Stats() {
  SKEIN_ASSIGN_OR_RETURN(GraphView latest, core_->Latest());
  const SnapshotSource source(core_, std::move(latest));
  GraphStats stats;
  SKEIN_ASSIGN_OR_RETURN(stats.nodes, read_ops::CountNodes(source, Viewer::All(), std::nullopt));
  SKEIN_ASSIGN_OR_RETURN(stats.links, read_ops::CountLinks(source, Viewer::All(), std::nullopt));
  for (uint32_t type = 0; type < core_->catalog->link_type_count(); ++type) {
    if (!core_->catalog->IsSightingType(LinkTypeId{type})) continue;
    SKEIN_ASSIGN_OR_RETURN(const uint64_t count,
                           read_ops::CountLinks(source, Viewer::All(), LinkTypeId{type}));
    stats.sightings += count;
  }
  stats.links -= stats.sightings;
  SKEIN_ASSIGN_OR_RETURN(const auto properties, GetOne(core_->store, source.view(), Table::kStats,
                                                       core_->layout.PropertyCount()));
  if (properties) stats.properties = static_cast<uint64_t>(DecodeCounter(*properties));
  SKEIN_ASSIGN_OR_RETURN(const StoreStats store, core_->store.Stats());
  for (const TableStats& table : store.tables) {
    stats.bytes_by_kind.emplace_back(TableName(table.table), table.bytes);
  }
  return stats;
}

// The stored value of `key`, which is made from `fresh` where there is none yet.
absl::StatusOr<std::string> GetOrCreate(Store& store, const std::string& key,
                                        const std::string& fresh) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  SKEIN_ASSIGN_OR_RETURN(std::optional<std::string> value, GetOne(store, *view, Table::kMeta, key));
  if (value) return *std::move(value);
  WriteBatch batch(view->version());
  batch.Put(Table::kMeta, key, fresh);
  SKEIN_RETURN_IF_ERROR(store.Commit(batch).status());
  return fresh;
}

absl::Status LookForBulk(GraphCore* core) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core->store.Latest());
  const std::string all = core->layout.Space(), all_end = PrefixEnd(all);
  const std::string pages_end = core->layout.Runs();
  std::vector<ScanRange> tables;
  for (const Table table : {Table::kAdjacency, Table::kLinks, Table::kText}) {
    tables.push_back({table, all, table == Table::kAdjacency ? pages_end : all_end, 1, true});
  }
  std::vector<ScanPage> first;
  SKEIN_RETURN_IF_ERROR(core->store.MultiScan(*view, tables, &first));
  for (size_t i = 0; i < tables.size(); ++i) {
    if (first[i].rows.empty()) core->single_chunks.Empty(tables[i].table);
  }
  const std::string begin = core->layout.BulkIdentities();
  const std::string end = PrefixEnd(begin);
  const ScanRange range{Table::kImports, begin, end, 1, true};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(core->store.MultiScan(*view, {&range, 1}, &pages));
  core->has_bulk.store(!pages[0].rows.empty());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Graph>> Graph::Open(Store& store, const GraphOptions& options) {
  const SpaceId space = options.space == GraphSpace::kUsers ? SpaceId::kUsers : SpaceId::kSystem;
  auto core = std::make_shared<GraphCore>(store, space, options);
  SKEIN_ASSIGN_OR_RETURN(
      const std::string format,
      GetOrCreate(store, core->layout.Meta("graph_format"), std::string(kGraphFormat)));
  if (format != kGraphFormat) {
    return FailedPrecondition("graph format ", format, "; this program reads format ", kGraphFormat,
                              " only");
  }
  SKEIN_ASSIGN_OR_RETURN(
      const std::string keys,
      GetOrCreate(store, core->layout.Meta("element_keys"), SecureRandomBytes(kElementKeyBytes)));
  if (keys.size() != kElementKeyBytes) return DataLoss("table meta: the element keys are damaged");
  SKEIN_RETURN_IF_ERROR(LoadFusedNodes(*core));
  SKEIN_ASSIGN_OR_RETURN(core->catalog, StoredCatalog::Open(store, space, *options.clock));
  for (const IndexInfo& index : core->catalog->Indexes()) {
    if (index.online) continue;
    const absl::Status finished = FinishIndex(core, index);
    // A violation drops the index, whose creation nobody was told had succeeded.
    if (!finished.ok() && finished.code() != absl::StatusCode::kFailedPrecondition) {
      return finished;
    }
  }
  SKEIN_RETURN_IF_ERROR(LookForBulk(core.get()));
  SKEIN_RETURN_IF_ERROR(core->loads.Read());
  SKEIN_RETURN_IF_ERROR(RestoreRecent(*core));
  return std::unique_ptr<Graph>(std::make_unique<GraphImpl>(std::move(core), keys));
}

}  // namespace skein
