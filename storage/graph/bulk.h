// Bulk loads of links: sorted in memory, written as sorted files, visible all at once.
// Contract: BulkLinks (graph.h). Internal to storage/graph.
//
// Steps     Add packs rows into memory. Commit checks the ends, sorts the rows by both ends, drops
//           sightings that are there already, and streams pages of links and of adjacency, counters
//           and identities into one Store::Ingest. Commits of others go on meanwhile; they are held
//           only at the very end, while it is made sure that no end was deleted since.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/graph/core.h"
#include "storage/graph/link_page.h"

namespace skein {

class BulkLinksImpl final : public BulkLinks {
 public:
  BulkLinksImpl(std::shared_ptr<GraphCore> core, const WriteContext& context)
      : core_(std::move(core)), context_(context) {}

  absl::Status Add(const NewLink& link, std::string_view identity) override;
  size_t size() const override { return rows_.size(); }
  size_t bytes() const override;
  absl::StatusOr<BulkResult> Commit() override;

 private:
  struct Row {
    NodeId from, to;
    ValidTime valid;
    uint64_t properties;  // where they begin in properties_
    LinkTypeId type;
    PolicyId policy;
    uint32_t source_row;
    bool dropped;  // a sighting that is there already
  };
  // The ends, in ascending order; a row's end by its place.
  struct Ends {
    std::vector<NodeId> ids;
    std::vector<PolicyId> policies;
    uint32_t Place(NodeId id) const;
  };
  // An end of a row: row << 1 | incoming.
  using Half = uint64_t;

  absl::Status FindEnds();
  absl::Status CheckEnds(std::vector<PolicyId>* policies) const;
  void SortHalves();
  bool HalfLess(Half a, Half b) const;
  void DropRepeats();
  absl::Status DropStored();
  bool SameContent(const Row& a, const Row& b) const;
  std::string_view PropertiesOf(size_t row) const;
  StoredLink Stored(size_t row) const;
  AdjacencyEntry EntryOf(Half half) const;
  LinkId IdOf(size_t row) const { return LinkId{Raw(context_.batch) << 32 | (first_row_ + row)}; }

  SortedRun LinkRun();
  SortedRun AdjacencyRun();
  SortedRun IdentityRun();
  SortedRun CountRun();
  SortedRun LastRun(uint64_t deletions, bool* locked);
  absl::StatusOr<Version> Ingest(uint64_t deletions);
  absl::Status KeepTimeKeys();
  BulkResult Result(Version version) const;

  std::shared_ptr<GraphCore> core_;
  const WriteContext context_;
  std::vector<Row> rows_;
  std::string properties_;
  std::vector<uint64_t> identities_;
  // By type: whether all rows so far keep the promise of the time key of that moment.
  absl::flat_hash_map<LinkTypeId, std::pair<TimeKey, bool>> time_keys_;

  // Of the commit.
  uint32_t first_row_ = 0;
  uint64_t chunk_ = 0;
  Ends ends_;
  std::vector<uint64_t> half_begin_;  // by place of the end, and one more
  std::vector<Half> halves_;
};

// Whether some of these identities were loaded in bulk; parallel to them. Short look-ups, a bucket
// each.
absl::Status FindBulkIdentities(const GraphCore& core, const View& view,
                                std::span<const std::string> identities,
                                std::vector<uint8_t>* found);

}  // namespace skein
