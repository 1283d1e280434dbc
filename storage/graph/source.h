// Source: what a snapshot and a transaction each know of stored elements, before any viewer.
//
// ReadOps (read_ops.h) turns a Source into everything a Reader offers, visibility included; so the
// two readers differ in these few functions only. Internal to storage/graph.
//
// Shape     Batches in, parallel vectors out (cleared first). Pages of scans hold any number of
//           elements ≥ 0 and the place to go on from; nullopt there: the end.
// Threads   As the Reader it serves.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/graph/fusion_access.h"
#include "storage/graph/records.h"
#include "storage/schema/stored_catalog.h"

namespace skein {

struct ScannedNode {
  NodeId id{};
  PolicyId policy{};
};

struct IndexHit {
  std::string key;  // whole, from the table
  NodeId node{};
  PolicyId policy{};
};

using IndexHits = std::vector<IndexHit>;

struct Posting {
  NodeId node{};
  KeyId key{};
};

// One look-up in the text index: tokens of `kind` that begin with (or are) `token`.
struct TextProbe {
  char kind = 'c';
  std::string token;
  bool exact = false;
};

struct TextPostings {
  std::vector<Posting> postings;
  bool complete = true;  // false: cut at the bound
};

struct NodeCountRow {
  PolicyId policy{};
  int64_t count = 0;
};
struct LinkCountRow {
  PolicyId policy{}, from{}, to{};
  int64_t count = 0;
};

class SnapshotSource;

class Source {
 public:
  virtual ~Source() = default;

  virtual const StoredCatalog& stored_catalog() const = 0;
  virtual Version source_version() const = 0;

  virtual absl::Status Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const = 0;
  virtual absl::Status Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const = 0;
  // The committed adjacency below; what a transaction changed of it is in TouchedList.
  virtual const SnapshotSource& committed() const = 0;
  // All links of a node whose links this source itself has changed; nullopt: it has not.
  virtual absl::Status TouchedList(NodeId id, std::optional<AdjacencyList>* out) const = 0;

  // Nodes (with `label`) from id `from` on, ascending.
  virtual absl::Status NodePage(std::optional<LabelId> label, NodeId from,
                                std::vector<ScannedNode>* out,
                                std::optional<NodeId>* next) const = 0;
  virtual absl::Status LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                                    std::optional<LinkId>* next) const = 0;
  // Snapshots before this version must not use the index: entries may be missing.
  virtual Version IndexSince(uint32_t index) const = 0;
  // Index entries with keys in [begin, end), ascending.
  // All entries whose keys begin with `prefix`, where they are in memory; else nullptr.
  virtual std::shared_ptr<const IndexHits> KnownHits(uint32_t /*index*/,
                                                     const std::string& /*prefix*/) const {
    return nullptr;
  }
  virtual absl::Status IndexPage(uint32_t index, const std::string& begin, const std::string& end,
                                 std::vector<IndexHit>* out,
                                 std::optional<std::string>* next) const = 0;
  // Candidates, one entry a probe: possibly stale, in no order; callers check the values.
  virtual absl::Status TextCandidates(std::span<const TextProbe> probes, size_t postings_max,
                                      std::vector<TextPostings>* out) const = 0;

  // As FusionReader's.
  virtual absl::Status FusionRows(std::span<const NodeId> ids,
                                  std::vector<std::vector<FusionRow>>* out) const = 0;
  virtual FusedNodes& fused_nodes() const = 0;
  virtual absl::StatusOr<std::string> FusionToken() const = 0;

  // Counters of a label (type), kAllNames for all.
  virtual absl::Status NodeCounts(uint32_t label, std::vector<NodeCountRow>* out) const = 0;
  virtual absl::Status LinkCounts(uint32_t type, std::vector<LinkCountRow>* out) const = 0;
};

}  // namespace skein
