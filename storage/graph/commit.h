// From an overlay to a batch of the store, and through the caches. Internal to storage/graph.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/graph/core.h"
#include "storage/graph/overlay.h"

namespace skein {

// Conflicts as the contract has them (graph.h): per element by its key; a new link checks that its
// ends are alive and tells that they gained a link; a node's deletion does the reverse.
class CommitBuilder {
 public:
  CommitBuilder(const GraphCore& core, const Overlay& overlay, Version base, uint64_t chunk)
      : core_(core), layout_(core.layout), overlay_(overlay), chunk_(chunk), batch_(base) {}

  // Once. Lives as long as the builder.
  WriteBatch& Build();
  // What the batch says of links; once.
  std::vector<RunLink> TakeRun() { return std::move(run_); }

 private:
  void AddNode(NodeId id, const Change<NodePtr>& change);
  void AddLabels(NodeId id, const Change<NodePtr>& change);
  void AddIndexes(const Change<NodePtr>& change);
  void AddTexts(const Change<NodePtr>& change);
  void AddLinks();
  void AddRun();
  void AddRemembered();
  uint64_t Token(char kind, NodeId node) const;
  void DeleteRow(Table table, const std::string& key);
  // What a changed link was; `gone`: its ends' lists lose it.
  void RememberLink(const StoredLink& link, bool gone);
  void AddCounts();
  void CountNode(const NodeRecord& node, int64_t sign);
  void CountLink(const StoredLink& link, int64_t sign);

  const GraphCore& core_;
  const Layout& layout_;
  const Overlay& overlay_;
  const uint64_t chunk_;
  WriteBatch batch_;
  std::vector<RunLink> run_;
  std::vector<IndexInfo> indexes_;
  std::map<std::string, int64_t> counts_;
  // Text postings by key without the chunk: tokens that many nodes share become one row.
  std::map<std::string, std::pair<std::string, uint64_t>> postings_;
};

// Commits the batch, keeping the caches right whatever the outcome. `run`: what it says of links;
// `number`: of its chunks.
absl::StatusOr<Version> CommitThroughCaches(GraphCore& core, const Overlay& overlay,
                                            WriteBatch& batch, std::vector<RunLink> run,
                                            uint64_t number);

}  // namespace skein
