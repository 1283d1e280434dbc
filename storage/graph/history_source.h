// HistorySource: the graph as it was at a version. Internal to storage/graph.
//
// Method    The present, less what came after the version, plus what table `versions` remembers of
//           what ended after it. What a commit changes it remembers under its own version as it was
//           before: so an element's state at a version is the first thing remembered after it, or
//           else the present one; and it existed if that state is not younger than the version
//           (Stamp). A page of links in which nothing was written since needs neither.
// Policy    Today's: of viewers and of elements.
// Cost      As the present for what did not change since; a look-up more for each element that did.
//           Counts go through all elements, once for a source.
// Threads   As SnapshotSource.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/graph/snapshot_source.h"

namespace skein {

class HistorySource final : public Source {
 public:
  // `at` is not after the view.
  HistorySource(std::shared_ptr<GraphCore> core, GraphView latest, Version at)
      : core_(core), base_(std::move(core), std::move(latest)), at_(at) {}

  GraphCore& core() const { return *core_; }

  const StoredCatalog& stored_catalog() const override { return *core_->catalog; }
  Version source_version() const override { return at_; }
  absl::Status Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const override;
  absl::Status Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const override;
  const SnapshotSource& committed() const override { return base_; }
  absl::Status TouchedList(NodeId id, std::optional<AdjacencyList>* out) const override;
  absl::Status NodePage(std::optional<LabelId> label, NodeId from, std::vector<ScannedNode>* out,
                        std::optional<NodeId>* next) const override;
  absl::Status LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                            std::optional<LinkId>* next) const override;
  // Any index can be used: IndexPage makes up for what one that was built later does not have.
  Version IndexSince(uint32_t) const override { return Version{0}; }
  absl::Status IndexPage(uint32_t index, const std::string& begin, const std::string& end,
                         std::vector<IndexHit>* out,
                         std::optional<std::string>* next) const override;
  // Postings are never taken back, so the present ones hold all of the past.
  absl::Status TextCandidates(std::span<const TextProbe> probes, size_t postings_max,
                              std::vector<TextPostings>* out) const override {
    return base_.TextCandidates(probes, postings_max, out);
  }
  absl::Status NodeCounts(uint32_t label, std::vector<NodeCountRow>* out) const override;
  absl::Status LinkCounts(uint32_t type, std::vector<LinkCountRow>* out) const override;
  absl::Status FusionRows(std::span<const NodeId> ids,
                          std::vector<std::vector<FusionRow>>* out) const override;
  FusedNodes& fused_nodes() const override { return core_->fused; }
  absl::StatusOr<std::string> FusionToken() const override;

 private:
  using Rows = std::vector<std::pair<std::string, std::string>>;
  struct Counts {
    std::map<uint32_t, std::map<PolicyId, int64_t>> nodes;
    std::map<uint32_t, std::map<std::tuple<PolicyId, PolicyId, PolicyId>, int64_t>> links;
  };

  bool Existed(Stamp since) const { return core_->loads.VersionOf(since) <= at_; }
  // The first row that table `versions` has after `at_` under each of these prefixes; "": none.
  absl::Status FirstAfter(const std::vector<std::string>& prefixes,
                          std::vector<std::string>* values) const;
  // Puts in place of every element that is not there, or not as it was at at_, what it was;
  // `decode` gives nullptr for a value that is damaged.
  template <typename Id, typename Ptr, typename Decode>
  absl::Status AsTheyWere(char kind, std::span<const Id> ids, const Decode& decode,
                          std::vector<Ptr>* found) const;
  // Of the keys in [begin, end) of table `versions`: those that ended after `at_`, without their
  // version. Not all if *more; then up to and with the last one.
  absl::Status EndedAfter(const std::string& begin, const std::string& end,
                          std::vector<std::string>* keys, bool* more) const;
  absl::StatusOr<Version> IndexBuilt(uint32_t index) const;
  absl::Status IndexByScan(const IndexInfo& index, const std::string& begin, const std::string& end,
                           std::vector<IndexHit>* out) const;
  absl::Status CountAll() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::shared_ptr<GraphCore> core_;
  SnapshotSource base_;
  const Version at_;
  mutable absl::Mutex mu_;
  mutable std::optional<Counts> counts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace skein
