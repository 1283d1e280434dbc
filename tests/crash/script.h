// The work that crash tests interrupt: numbered transactions, each of which can be told whole.
//
// Transaction i makes node (:Item {n: i}), links it to the items i−1 and i/2, writes i into the hub
// and, every third time, deletes the first of those links again. So the state after k transactions
// is known, and any mixture of two states shows.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/graph/graph.h"
#include "storage/kv/store.h"

namespace skein {

class CrashScript {
 public:
  // Opens the graph; makes hub, names and an index where they are missing.
  static absl::StatusOr<std::unique_ptr<CrashScript>> Open(Store& store);

  // The number of the last transaction that the store holds.
  absl::StatusOr<uint64_t> Last();
  // Commits transaction `i`; the one before it must be there.
  absl::Status Commit(uint64_t i);
  // Folds and compacts.
  absl::Status Compact() { return graph_->Compact(); }

  // Empty: the store holds exactly the transactions 1 … k, for a k from `acked` to `started`, all
  // of each. Else what is wrong.
  std::string Check(uint64_t acked, uint64_t started);

 private:
  explicit CrashScript(Store& store) : store_(store) {}
  std::string Verify();
  std::string CheckCounts(const Reader& reader, uint64_t k);
  std::string CheckItem(const Reader& reader, uint64_t i);
  absl::StatusOr<NodeId> Find(const Reader& reader, LabelId label, uint32_t index, uint64_t n);

  Store& store_;
  std::unique_ptr<Graph> graph_;
  LabelId item_{}, hub_{};
  LinkTypeId before_{}, half_{};
  KeyId n_{}, name_{};
  uint32_t index_ = 0;
  BatchId batch_{};
  NodeId hub_node_{};
};

}  // namespace skein
