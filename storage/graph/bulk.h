// Bulk loads of links: sorted in memory, written as sorted files, visible all at once.
// Contract: BulkLinks (graph.h). Internal to storage/graph.
//
// Steps     Add packs rows into memory. Commit checks the ends, tells equal rows apart and drops
//           those that are there already, numbers the rows of each batch in the order of their
//           times, sorts their halves by adjacency page, and streams pages of links and of
//           adjacency, counters and identities into one Store::Ingest. Commits of others go on
//           meanwhile; they are held only at the very end, while it is made sure that no end was
//           deleted since.
// Same      What is written follows from the rows alone, however many threads write it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/graph/bulk_rows.h"
#include "storage/graph/core.h"
#include "storage/graph/link_page.h"

namespace skein {

class BulkLinksImpl final : public BulkLinks {
 public:
  BulkLinksImpl(std::shared_ptr<GraphCore> core, const WriteContext& context)
      : core_(std::move(core)), batches_{{context, 0, 0}} {}

  absl::Status Add(const NewLink& link, std::string_view identity) override;
  absl::Status AddPacked(const PackedLink& link) override;
  absl::Status NextBatch(const WriteContext& context) override;
  size_t size() const override { return rows_.size(); }
  size_t bytes() const override;
  absl::StatusOr<BulkResult> Commit() override;

 private:
  struct OfBatch {
    WriteContext context;
    size_t begin = 0;        // its first row
    uint32_t first_row = 0;  // number of the first of its links
  };
  // Whether the rows of a type keep the promise of its time key.
  struct Promise {
    TimeKey key;
    bool kept = false;
    bool sighting = false;
  };

  Promise& PromiseOf(LinkTypeId type);
  bool IsSighting(const BulkRow& row) const { return promises_[Raw(row.type)]->sighting; }
  const OfBatch& BatchOf(size_t row) const;
  size_t EndOf(const OfBatch& batch) const;
  absl::Status CheckEnds(BulkEnds* ends) const;
  absl::Status Number();
  absl::Status SettleIdentities();
  void DropRepeats();
  absl::Status DropStored();
  StoredLink Stored(size_t row) const;
  void FillStored(size_t row, LinkId id, StoredLink* stored) const;
  AdjacencyEntry EntryOf(uint32_t half) const;
  LinkId IdOf(size_t row) const;

  SortedRun LinkRun() const;
  SortedRun AdjacencyRun() const;
  SortedRun CountRun() const;
  SortedRun LastRun(uint64_t deletions, bool* locked);
  absl::StatusOr<Version> Ingest(uint64_t deletions);
  absl::Status KeepTimeKeys();
  BulkResult Result(Version version) const;

  std::shared_ptr<GraphCore> core_;
  std::vector<OfBatch> batches_;
  BulkRows rows_;
  BulkIdentities identities_;
  std::vector<std::optional<Promise>> promises_;  // by type
  std::string packed_;                            // scratch of Add

  // Of the commit.
  uint64_t chunk_ = 0;
  std::unique_ptr<BulkEnds> ends_;
  std::unique_ptr<BulkHalves> halves_;
  std::vector<uint32_t> order_;    // rows by number; empty: as they came
  std::vector<uint32_t> numbers_;  // numbers by row, likewise
};

// Whether some of these identities were loaded in bulk; parallel to them. Short look-ups, a bucket
// each.
absl::Status FindBulkIdentities(const GraphCore& core, const View& view,
                                std::span<const std::string> identities,
                                std::vector<uint8_t>* found);

}  // namespace skein
