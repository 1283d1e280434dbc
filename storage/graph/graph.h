// Graph: one property graph in a Store; opens snapshots and transactions, imports in bulk.
//
// A store holds two graphs apart: users' case data, and the system's own (accounts, cases,
// operations, requests). Neither can see the other.
//
// Threads   Safe from any thread. Lifetime: borrows the Store, clock and executor, which outlive
// it. Source    docs/formats/graph.md
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/clock.h"
#include "storage/graph/reader.h"
#include "storage/schema/catalog.h"

namespace skein {

class Store;

enum class GraphSpace : uint8_t { kUsers, kSystem };

// What every element written by one transaction carries.
struct WriteContext {
  PolicyId policy = kOpenPolicy;
  BatchId batch{};  // from Graph::OpenBatch
};

// A node to be. Keys, labels and policy must be of this graph's catalogue (INVALID_ARGUMENT).
struct NewNode {
  std::vector<LabelId> labels;
  std::vector<std::pair<KeyId, Value>> properties;  // nulls are dropped
  ValidTime valid;
  std::optional<PolicyId> policy;  // default: the context's
  uint32_t row = 0;
};

// A link to be. Of a sighting type: if one with equal content (ends, time, policy, properties) is
// there already, nothing is made and CreateLink gives that one's id.
struct NewLink {
  LinkTypeId type{};
  NodeId from{};
  NodeId to{};
  std::vector<std::pair<KeyId, Value>> properties;
  ValidTime valid;
  std::optional<PolicyId> policy;
  uint32_t row = 0;
};

// A transaction: a Reader that sees its own writes, and the only way to write.
//
// Isolation  Snapshot isolation. Two transactions that write one element (or take one index key, or
//            delete a node to which the other adds a link) conflict: the later Commit is ABORTED.
// Errors     of writes: NOT_FOUND no such visible element; FAILED_PRECONDITION a deleted node still
//            has links (at Commit), a unique constraint is violated (names it, "at Commit" too);
//            INVALID_ARGUMENT a value that a property cannot hold; RESOURCE_EXHAUSTED too large
//            (limit named, default 256 MiB).
// Lifetime   Destroying it without Commit rolls back.
class Transaction : public Reader {
 public:
  virtual absl::StatusOr<NodeId> CreateNode(const NewNode& node) = 0;
  // `existed`, if given, is set to whether it was a sighting that was there already.
  virtual absl::StatusOr<LinkId> CreateLink(const NewLink& link, bool* existed) = 0;
  absl::StatusOr<LinkId> CreateLink(const NewLink& link) { return CreateLink(link, nullptr); }
  // A null value removes the property.
  virtual absl::Status SetNodeProperty(NodeId id, KeyId key, const Value& value) = 0;
  virtual absl::Status SetLinkProperty(LinkId id, KeyId key, const Value& value) = 0;
  virtual absl::Status AddLabel(NodeId id, LabelId label) = 0;
  virtual absl::Status RemoveLabel(NodeId id, LabelId label) = 0;
  virtual absl::Status SetNodeValid(NodeId id, const ValidTime& valid) = 0;
  virtual absl::Status SetLinkValid(LinkId id, const ValidTime& valid) = 0;
  // Deleting what is already deleted by this transaction is no error. A node with links may be
  // deleted as long as its links are gone by Commit.
  virtual absl::Status DeleteNode(NodeId id) = 0;
  virtual absl::Status DeleteLink(LinkId id) = 0;

  // The record number that properties set from here on carry as provenance; 0 (as at first): they
  // were written by a person.
  virtual void SetProvenanceRow(uint32_t row) = 0;

  // Takes the key of (label, properties) so that two MERGEs of it conflict, indexed or not.
  virtual absl::Status LockKey(LabelId label, std::span<const std::pair<KeyId, Value>> key) = 0;

  // Durable when it returns OK: the version it committed as. ABORTED: conflict, retry the whole.
  virtual absl::StatusOr<Version> Commit() = 0;
  // Undoes writes made since MarkStatement(): a failed statement leaves no trace in an open
  // transaction.
  virtual void MarkStatement() = 0;
  virtual absl::Status RollbackStatement() = 0;
};

// What a bulk commit did, in all and to the links of each batch in the order of NextBatch.
struct BulkCounts {
  uint64_t links = 0, sightings = 0;
  uint64_t links_unchanged = 0;      // of an identity that was there, or came before
  uint64_t sightings_unchanged = 0;  // of equal content with one that was there, or came before
};
struct BulkResult : BulkCounts {
  Version version{};
  std::vector<BulkCounts> batches;
};

// Properties of a link packed for BulkLinks::AddPacked. INVALID_ARGUMENT: a value that a property
// cannot hold. Nulls are left out.
absl::Status PackProperties(std::vector<std::pair<KeyId, Value>> properties, std::string* packed);

struct PackedLink {
  NodeId from{}, to{};
  ValidTime valid;
  LinkTypeId type{};
  PolicyId policy{};
  uint32_t row = 0;
  std::string_view properties;       // as PackProperties makes them
  std::optional<uint64_t> identity;  // its first eight bytes, big-endian
  bool identity_known = false;       // FindImported knows it
};

// The first eight bytes of an identity as a number that orders like them.
uint64_t IdentityNumber(std::string_view identity);
// The identity of the `repeat`-th row, from 0, of those of one file whose content is equal.
std::string RepeatIdentity(std::string_view first, uint32_t repeat);

// Links by the million: kept in memory until Commit, then written as sorted files.
//
// Atomic     Commit makes all of them visible and durable, or none.
// Checks     As of Transaction::CreateLink. The ends must be committed nodes: NOT_FOUND or ABORTED
//            at Commit where one is not, or is deleted meanwhile; nothing is stored then.
// Identity   Links of one batch with equal identity are told apart by their order; those that a
//            former load had under the same are left out. Of a sighting type, links of equal
//            content are one, whatever their identity.
// Same       The same calls on equal graphs store the same bytes, whatever the timing of threads.
// Threads    One calls; Commit uses as many as there are cores. Others may write the graph
//            meanwhile.
// Cost       About 100 bytes of memory a link, see bytes(); a commit sorts them once and writes
//            each once.
class BulkLinks {
 public:
  virtual ~BulkLinks() = default;
  // `identity` (16 bytes, or empty): what FindLoadedInBulk will know the link by.
  virtual absl::Status Add(const NewLink& link, std::string_view identity) = 0;
  virtual absl::Status AddPacked(const PackedLink& link) = 0;
  // Links from here on are of this batch.
  virtual absl::Status NextBatch(const WriteContext& context) = 0;
  virtual size_t size() const = 0;
  virtual size_t bytes() const = 0;
  // Then empty, ready for more of the last batch. RESOURCE_EXHAUSTED: more than 2^31 links.
  virtual absl::StatusOr<BulkResult> Commit() = 0;
};

// What is done to a node that waits in a bulk load, as by Transaction's setters.
struct NodeChange {
  std::vector<std::pair<KeyId, Value>> properties;
  std::vector<LabelId> labels;  // to be added
  std::optional<ValidTime> valid;
  Provenance source;  // of the properties
};

// Nodes by the million: kept in memory until Commit, then written as sorted files with all that is
// derived from them (labels, indexes, texts, counts, identities).
//
// Ids        are given at once; those of nodes that are never committed are not used again.
// Atomic     Commit makes all of them visible and durable, or none.
// Checks     As of Transaction::CreateNode; unique constraints at Commit: FAILED_PRECONDITION, and
//            ABORTED where a key was taken since Commit began. Nothing is stored then. Transactions
//            that began before the Commit, and change nodes, are ABORTED.
// Same       As of BulkLinks.
// Threads    One calls; Commit uses as many as there are cores. Others may write the graph
//            meanwhile.
// Cost       About 150 bytes of memory a node, and twice that during Commit.
class BulkNodes {
 public:
  virtual ~BulkNodes() = default;
  // `identity` (16 bytes, or empty): what FindImported will know the node by; not to be given to
  // two nodes of one load.
  virtual absl::StatusOr<NodeId> Add(const NewNode& node, std::string_view identity) = 0;
  // Whether it is one of those that wait.
  virtual bool Has(NodeId id) const = 0;
  // Of those that wait only.
  virtual NodeRecord Get(NodeId id) const = 0;
  virtual absl::Status Change(NodeId id, const NodeChange& change) = 0;
  virtual size_t size() const = 0;
  virtual size_t bytes() const = 0;
  // Nodes from here on are of this batch.
  virtual absl::Status NextBatch(const WriteContext& context) = 0;
  // Then empty, ready for more of the last batch.
  virtual absl::Status Commit() = 0;
};

// A committed version, for ever the same. Cheap to take; an old one keeps superseded rows stored.
class Snapshot : public Reader {};

struct GraphOptions {
  GraphSpace space = GraphSpace::kUsers;
  Clock* clock = &Clock::Real();
  Executor* executor = nullptr;  // background work; nullptr: inline
  size_t transaction_bytes_max = size_t{256} << 20;
  // Memory of what commits said of links before it is folded into pages; up to four times as much
  // is held while folding lags behind.
  size_t recent_bytes = size_t{24} << 20;
  // Chunks that are added to a page before these are folded into one.
  uint32_t fold_chunks = 32;
};

// Totals over everything, for `skein stats`; bytes are estimates of the whole store's tables.
struct GraphStats {
  uint64_t nodes = 0, links = 0, sightings = 0, properties = 0;
  std::vector<std::pair<std::string, uint64_t>> bytes_by_kind;
};

class Graph {
 public:
  // Opens or creates the space in `store`. FAILED_PRECONDITION: another format, named.
  static absl::StatusOr<std::unique_ptr<Graph>> Open(Store& store, const GraphOptions& options);
  virtual ~Graph() = default;

  virtual Catalog& catalog() = 0;
  virtual absl::StatusOr<std::shared_ptr<const Snapshot>> Latest() = 0;
  // The graph as it was when `version` was the newest, with today's policies. INVALID_ARGUMENT: it
  // lies in the future; FAILED_PRECONDITION: it is older than what is remembered (Forget).
  virtual absl::StatusOr<std::shared_ptr<const Snapshot>> AsOf(Version version) = 0;
  // Drops what is remembered of states before `version`: AsOf reaches back to it from then on.
  virtual absl::Status Forget(Version version) = 0;
  // The oldest version that AsOf takes; 0: every one.
  virtual absl::StatusOr<Version> Horizon() = 0;
  virtual absl::StatusOr<std::unique_ptr<Transaction>> Begin(const Viewer& viewer,
                                                             const WriteContext& context) = 0;

  virtual absl::StatusOr<std::unique_ptr<BulkLinks>> BeginBulk(const WriteContext& context) = 0;
  virtual absl::StatusOr<std::unique_ptr<BulkNodes>> BeginBulkNodes(
      const WriteContext& context) = 0;

  // Provenance: registers a run (durable); fills in the id and the time received.
  virtual absl::StatusOr<BatchId> OpenBatch(Batch batch) = 0;
  virtual absl::Status CloseBatch(BatchId id, uint64_t rows) = 0;

  // Declares an index or unique constraint and builds it before returning; readers and writers go
  // on meanwhile. FAILED_PRECONDITION: existing data violates it (one example named).
  virtual absl::StatusOr<uint32_t> CreateIndex(const IndexInfo& index) = 0;
  virtual absl::Status DropIndex(uint32_t id) = 0;

  // Promises that property `key` of the links of `type` spells their valid-from (see TimeKey).
  // Taken up only while there is no such link; OK without effect otherwise. Every write of such a
  // link is held against it, and the first that does not fit ends it.
  virtual absl::Status DeclareTimeKey(LinkTypeId type, KeyId key, TimeUnit unit) = 0;

  // Row identity of imports: what makes a repeated import change nothing. `identity` is 16 bytes
  // (hash of source, declared key or content + ordinal). Written with the element, atomically.
  // Finds what a former or an interrupted run made of these identities; nullopt: nothing yet.
  virtual absl::Status FindImported(std::span<const std::string> identities,
                                    std::vector<std::optional<uint64_t>>* ids) const = 0;
  // Whether links of these identities were made by BulkLinks, which keeps no more than that.
  virtual absl::Status FindLoadedInBulk(std::span<const std::string> identities,
                                        std::vector<uint8_t>* found) const = 0;
  // Within `transaction` (of this graph): remembers element `id` (node or link id) for `identity`.
  virtual absl::Status RememberImported(Transaction& transaction, const std::string& identity,
                                        uint64_t id) = 0;

  // 64-bit ids outside the engine: enciphered with the store's own key, stable, gaps tell nothing.
  // Always non-negative. Decode gives INVALID_ARGUMENT for what cannot be an id.
  virtual int64_t EncodeElementId(NodeId id) const = 0;
  virtual int64_t EncodeElementId(LinkId id) const = 0;
  virtual absl::StatusOr<NodeId> DecodeNodeId(int64_t id) const = 0;
  virtual absl::StatusOr<LinkId> DecodeLinkId(int64_t id) const = 0;

  // Compacts and fsyncs everything; after it a crash loses nothing and the next open is quick.
  virtual absl::Status Compact() = 0;
  virtual absl::StatusOr<GraphStats> Stats() = 0;
};

}  // namespace skein
