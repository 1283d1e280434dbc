// Overlay: what a transaction has changed so far, with undo for one statement.
//
// Shape     For every element touched: its state at the transaction's snapshot and now. The rest
//           (which links a node gained or lost, keys of indexes) derives from these.
// Cost      Charged by estimate of bytes; the transaction refuses to grow past its limit.
// Threads   One at a time, as a Transaction. Internal to storage/graph.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "storage/graph/records.h"
#include "storage/keys/layout.h"
#include "storage/schema/catalog.h"

namespace skein {

// nullptr: does not exist (not yet, or no more).
template <typename Ptr>
struct Change {
  Ptr base;
  Ptr now;
};

class Overlay {
 public:
  using NodeChanges = absl::btree_map<NodeId, Change<NodePtr>>;
  using LinkChanges = absl::btree_map<LinkId, Change<LinkPtr>>;

  explicit Overlay(const Layout& layout) : layout_(layout) {}

  const NodeChanges& nodes() const { return nodes_; }
  const LinkChanges& links() const { return links_; }
  const Change<NodePtr>* Find(NodeId id) const;
  const Change<LinkPtr>* Find(LinkId id) const;
  // Links of the overlay that touch a node, changed or not any more; may repeat.
  const std::vector<LinkId>* TouchedLinks(NodeId id) const;

  // Sets the present state; `base` counts the first time only.
  void Set(NodeId id, NodePtr base, NodePtr now);
  void Set(LinkId id, LinkPtr base, LinkPtr now);
  // Row identities and contents of sightings to be stored, by key.
  void Remember(std::string key, uint64_t id);
  std::optional<uint64_t> Remembered(const std::string& key) const;
  using Memory = absl::node_hash_map<std::string, uint64_t>;
  const Memory& remembered() const { return remembered_; }
  // Fusion rows by whole key.
  void SetFusion(std::string key, std::string value);
  using FusionChanges = std::map<std::string, std::string>;
  const FusionChanges& fusion() const { return fusion_; }
  // Keys on which concurrent transactions are to conflict.
  void Lock(std::string key) { locks_.insert(std::move(key)); }
  const std::set<std::string>& locks() const { return locks_; }

  bool empty() const {
    return nodes_.empty() && links_.empty() && remembered_.empty() && locks_.empty() &&
           fusion_.empty();
  }
  size_t bytes() const { return bytes_; }

  void Mark() { undo_.clear(); }
  void Rollback();

  // Entries of an index (keys/…: whole keys) of the overlay's nodes, kept current from the first
  // call on.
  const std::map<std::string, NodeId>& IndexEntries(const IndexInfo& index);

 private:
  struct Undo {
    enum class What : uint8_t { kNode, kLink, kRemembered, kFusion } what;
    uint64_t id = 0;
    // Of remembered_ or fusion_, whose nodes stay put.
    const std::string* key = nullptr;
    bool existed = false;
    Change<NodePtr> node;
    Change<LinkPtr> link;
    std::string fusion;
  };
  struct IndexOverlay {
    IndexInfo info;
    std::map<std::string, NodeId> entries;
  };
  void Reindex(const NodePtr& before, const NodePtr& after);

  Layout layout_;
  NodeChanges nodes_;
  LinkChanges links_;
  // Links by their ends; of most transactions nobody asks, so not before somebody does.
  void Touch(LinkId id, const LinkRecord& record) const;
  mutable bool knows_touched_ = false;
  mutable absl::flat_hash_map<NodeId, std::vector<LinkId>> touched_;
  Memory remembered_;
  FusionChanges fusion_;
  std::set<std::string> locks_;
  std::vector<Undo> undo_;
  std::map<uint32_t, IndexOverlay> indexes_;
  size_t bytes_ = 0;
};

// The whole key of a node's entry in an index, or nullopt: the node has none (or a value that
// cannot be indexed, which is refused when it is set).
std::optional<std::string> IndexEntryKey(const Layout& layout, const IndexInfo& index,
                                         const NodeRecord& node);
// The same without the node: what a unique constraint is about.
absl::StatusOr<std::optional<std::string>> IndexValuesKey(const Layout& layout,
                                                          const IndexInfo& index,
                                                          const NodeRecord& node);

}  // namespace skein
