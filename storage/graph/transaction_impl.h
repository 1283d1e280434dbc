// The transaction: a snapshot under an overlay of its own writes. Internal to storage/graph.
//
// As a Source it answers from the overlay first and the snapshot else, so that every read of
// ReadOps sees the transaction's own writes. Contracts are Transaction's (graph.h).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/graph/overlay.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/snapshot_source.h"

namespace skein {

// Of a node to be, without its id. Errors as of Transaction::CreateNode.
absl::StatusOr<NodeRecord> MakeNodeRecord(const Catalog& catalog, const WriteContext& context,
                                          const NewNode& node);
// As of Transaction::SetNodeProperty and SetNodeValid, of a record in memory.
absl::Status ChangeProperty(const Catalog& catalog, KeyId key, const Value& value,
                            const Provenance& source, NodeRecord* node);
absl::Status ChangeValid(const ValidTime& valid, NodeRecord* node);
// Sets of labels ascend.
void AddLabelTo(LabelId label, NodeRecord* node);

class TransactionImpl final : public SourceReader<Transaction>, public FusionWriter, public Source {
 public:
  // `base`: of GraphCore::Latest.
  TransactionImpl(std::shared_ptr<GraphCore> core, GraphView base, Viewer viewer,
                  const WriteContext& context)
      : core_(core),
        base_(std::move(core), std::move(base)),
        viewer_(std::move(viewer)),
        context_(context),
        overlay_(core_->layout) {}

  const Source& source() const override { return *this; }
  const Layout& layout() const override { return core_->layout; }

  // Transaction
  absl::StatusOr<NodeId> CreateNode(const NewNode& node) override;
  using Transaction::CreateLink;
  absl::StatusOr<LinkId> CreateLink(const NewLink& link, bool* existed) override;
  absl::Status SetNodeProperty(NodeId id, KeyId key, const Value& value) override;
  absl::Status SetLinkProperty(LinkId id, KeyId key, const Value& value) override;
  absl::Status AddLabel(NodeId id, LabelId label) override;
  absl::Status RemoveLabel(NodeId id, LabelId label) override;
  absl::Status SetNodeValid(NodeId id, const ValidTime& valid) override;
  absl::Status SetLinkValid(LinkId id, const ValidTime& valid) override;
  absl::Status DeleteNode(NodeId id) override;
  absl::Status DeleteLink(LinkId id) override;
  void SetProvenanceRow(uint32_t row) override { provenance_row_ = row; }
  absl::Status LockKey(LabelId label, std::span<const std::pair<KeyId, Value>> key) override;
  absl::StatusOr<Version> Commit() override;
  void MarkStatement() override { overlay_.Mark(); }
  absl::Status RollbackStatement() override;

  // FusionWriter
  absl::Status PutFusionRow(const FusionRow& row) override;
  const WriteContext& write_context() const override { return context_; }

  // Graph::RememberImported. FAILED_PRECONDITION: committed already.
  absl::Status Remember(const std::string& identity, uint64_t id);
  const GraphCore* core() const { return core_.get(); }

  // Source
  const StoredCatalog& stored_catalog() const override { return *core_->catalog; }
  Version source_version() const override { return base_.source_version(); }
  absl::Status Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const override;
  absl::Status Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const override;
  const SnapshotSource& committed() const override { return base_; }
  absl::Status TouchedList(NodeId id, std::optional<AdjacencyList>* out) const override;
  absl::Status NodePage(std::optional<LabelId> label, NodeId from, std::vector<ScannedNode>* out,
                        std::optional<NodeId>* next) const override;
  absl::Status LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                            std::optional<LinkId>* next) const override;
  Version IndexSince(uint32_t index) const override { return base_.IndexSince(index); }
  absl::Status IndexPage(uint32_t index, const std::string& begin, const std::string& end,
                         std::vector<IndexHit>* out,
                         std::optional<std::string>* next) const override;
  absl::Status TextCandidates(std::span<const TextProbe> probes, size_t postings_max,
                              std::vector<TextPostings>* out) const override;
  absl::Status NodeCounts(uint32_t label, std::vector<NodeCountRow>* out) const override;
  absl::Status LinkCounts(uint32_t type, std::vector<LinkCountRow>* out) const override;
  absl::Status FusionRows(std::span<const NodeId> ids,
                          std::vector<std::vector<FusionRow>>* out) const override;
  FusedNodes& fused_nodes() const override { return core_->fused; }
  absl::StatusOr<std::string> FusionToken() const override;

 private:
  absl::StatusOr<Version> CommitHeld() ABSL_SHARED_LOCKS_REQUIRED(core_->index_mu);
  // OK while the transaction is open and its overlay small enough.
  absl::Status CheckOpen() const;
  // The element as it is now, which must be visible; NOT_FOUND names its kind only.
  absl::StatusOr<NodePtr> NodeNow(NodeId id) const;
  absl::StatusOr<LinkPtr> LinkNow(LinkId id) const;
  absl::Status SetNode(NodeId id, NodePtr before, NodeRecord after);
  absl::Status SetLink(LinkId id, LinkPtr before, StoredLink after);
  // Of `node`: values can be indexed, and no unique constraint is violated.
  absl::Status CheckIndexes(const NodeRecord& node) const;
  absl::Status CheckUnique(const IndexInfo& index, const std::string& values_key,
                           const NodeRecord& node) const;
  // Nodes that are deleted have no links left; FAILED_PRECONDITION.
  absl::Status CheckDeletedNodes() const;
  absl::Status CheckUniqueAtCommit() const;
  // The link of a sighting type with this content, if there is one already.
  absl::StatusOr<std::optional<LinkId>> FindSighting(const std::string& content,
                                                     const StoredLink& like) const;
  // What two transactions that make equal sightings conflict on.
  std::string SightingKey(const std::string& content) const {
    return core_->layout.Lock('s', content);
  }
  bool DeletesNodes() const;
  // The catalogue's indexes, copied once for each change of them.
  const std::vector<IndexInfo>& Indexes() const;
  Provenance SourceOf(uint32_t row) const { return {context_.batch, row}; }

  std::shared_ptr<GraphCore> core_;
  SnapshotSource base_;
  Viewer viewer_;
  uint32_t provenance_row_ = 0;
  WriteContext context_;
  mutable Overlay overlay_;  // mutable: index look-ups build their part lazily
  mutable std::vector<IndexInfo> indexes_;
  mutable uint64_t index_epoch_ = 0;
  bool open_ = true;
};

}  // namespace skein
