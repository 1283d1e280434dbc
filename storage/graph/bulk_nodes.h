// Bulk loads of nodes: records in memory, all that derives from them written as sorted files.
// Contract: BulkNodes (graph.h). Internal to storage/graph.
//
// Steps     Add encodes records one after the other. Commit derives labels, entries of indexes,
//           postings of texts, identities and counts, each part of the nodes on a thread of its
//           own, sorts each, looks for keys that are taken, and streams all into one Store::Ingest.
//           Commits of others go on meanwhile; they are held only at the very end, while it is made
//           sure that no key was taken since and no index was declared.
// Same      What is written follows from the records alone, however many threads write it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/graph/core.h"
#include "storage/keys/arena.h"
#include "storage/keys/sorted_keys.h"

namespace skein {

class BulkNodesImpl final : public BulkNodes {
 public:
  BulkNodesImpl(std::shared_ptr<GraphCore> core, const WriteContext& context)
      : core_(std::move(core)), context_(context) {}

  absl::StatusOr<NodeId> Add(const NewNode& node, std::string_view identity) override;
  bool Has(NodeId id) const override { return Find(id) != nullptr; }
  NodeRecord Get(NodeId id) const override;
  absl::Status Change(NodeId id, const NodeChange& change) override;
  absl::Status NextBatch(const WriteContext& context) override;
  size_t size() const override { return nodes_.size(); }
  size_t bytes() const override { return nodes_.capacity() * sizeof(Waiting) + arena_.bytes(); }
  absl::Status Commit() override;

 private:
  static constexpr size_t kIdentityBytes = 16;
  struct Waiting {
    NodeId id{};
    char* record = nullptr;
    uint32_t bytes = 0;
    bool has_identity = false;
    char identity[kIdentityBytes] = {};

    std::string_view text() const { return {record, bytes}; }
  };
  // What derives from some neighbouring nodes.
  struct Derived {
    std::vector<SortedKeys> indexes;  // whole keys; number: policy. Parallel to indexes_
    SortedKeys texts;                 // kind and token; number: node, extra: property
    SortedKeys identities;            // number: node
    std::map<LabelId, std::vector<std::pair<NodeId, PolicyId>>> labels;
    std::map<std::string, int64_t> counts;
  };
  // How far the end of a commit has come.
  struct Held {
    bool commits = false;  // wait
    bool lookups = false;  // know of a change under way
    bool again = false;    // the set of indexes is another
  };

  const Waiting* Find(NodeId id) const;
  void Store(const NodeRecord& record, Waiting* node);
  // Derives from nodes [begin, end).
  absl::Status Derive(size_t begin, size_t end, Derived* out) const;
  absl::Status DeriveNode(const NodeRecord& node, Derived* out) const;
  absl::Status DeriveAll();
  // FAILED_PRECONDITION where two nodes of one unit have the same key, of the load or of the store.
  absl::Status CheckUnique() const;
  absl::Status CheckUniqueIndex(size_t index, const View& view) const;
  absl::Status Taken(const IndexInfo& index, NodeId node) const;
  absl::Status CommitOnce(bool* again);
  std::vector<const SortedKeys*> Parts(SortedKeys Derived::*member) const;
  std::vector<const SortedKeys*> IndexParts(size_t index) const;

  SortedRun NodeRun();
  SortedRun LabelRun() const;
  SortedRun IndexRun() const;
  SortedRun TextRun() const;
  SortedRun IdentityRun() const;
  SortedRun CountRun() const;
  SortedRun LastRun(uint64_t epoch, uint64_t changes, Held* held);

  std::shared_ptr<GraphCore> core_;
  WriteContext context_;
  std::vector<Waiting> nodes_;  // ids ascend
  Arena arena_;

  // Of the commit.
  uint64_t chunk_ = 0;
  std::vector<IndexInfo> indexes_;  // by id; those with entries
  std::vector<std::unique_ptr<Derived>> derived_;
};

}  // namespace skein
