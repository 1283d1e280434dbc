// The Source of committed data: one version of the store, through the caches of decoded records.
// Internal to storage/graph. Threads: safe from any thread.
#pragma once

#include <memory>

#include "storage/graph/core.h"
#include "storage/graph/source.h"

namespace skein {

class SnapshotSource final : public Source {
 public:
  // `latest`: of GraphCore::Latest.
  SnapshotSource(std::shared_ptr<GraphCore> core, GraphView latest)
      : core_(std::move(core)), view_(std::move(latest.view)), recent_(std::move(latest.recent)) {}

  GraphCore& core() const { return *core_; }
  const View& view() const { return *view_; }

  const StoredCatalog& stored_catalog() const override { return *core_->catalog; }
  Version source_version() const override { return view_->version(); }

  absl::Status Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const override;
  absl::Status Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const override;
  const SnapshotSource& committed() const override { return *this; }
  absl::Status TouchedList(NodeId, std::optional<AdjacencyList>* out) const override {
    out->reset();
    return absl::OkStatus();
  }
  // Adjacency pages as stored at this version, through the store and into the table of pages.
  absl::Status ReadPages(std::span<const uint64_t> pages, std::vector<AdjacencyPagePtr>* out) const;
  absl::Status NodePage(std::optional<LabelId> label, NodeId from, std::vector<ScannedNode>* out,
                        std::optional<NodeId>* next) const override;
  absl::Status LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                            std::optional<LinkId>* next) const override;
  Version IndexSince(uint32_t index) const override { return core_->IndexSince(index); }
  std::shared_ptr<const IndexHits> KnownHits(uint32_t /*index*/,
                                             const std::string& prefix) const override {
    return core_->lookups.Find(prefix, view_->version());
  }
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
  using PagePtr = std::shared_ptr<const LinkPageView>;
  struct Located {
    const LinkChunk* chunk;
    uint32_t place;
    uint32_t index;  // of the id asked for
  };
  using Rows = std::vector<std::pair<std::string, std::string>>;

  absl::Status AllNodesPage(NodeId from, std::vector<ScannedNode>* out,
                            std::optional<NodeId>* next) const;
  absl::Status LoadPages(std::span<const uint64_t> pages, std::vector<PagePtr>* out) const;
  absl::Status Locate(std::span<const LinkId> ids, std::vector<PagePtr>* pages,
                      std::vector<Located>* found) const;
  template <typename Decode, typename Give>
  static void ForChunks(const std::vector<Located>& found, const Decode& decode, const Give& give);
  // The chunks of a page, of which these are the rows.
  absl::StatusOr<AdjacencyPage::Chunks> ReadChunks(uint64_t page, const Rows& rows) const;
  // All rows of each prefix: one round trip for the first 1,000 rows of all, then more.
  absl::Status ScanAll(Table table, const std::vector<std::string>& prefixes,
                       std::vector<Rows>* out) const;

  std::shared_ptr<GraphCore> core_;
  std::shared_ptr<const View> view_;
  std::shared_ptr<const RecentLinks::Set> recent_;
};

}  // namespace skein
