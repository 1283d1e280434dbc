// What a graph's readers and transactions offer to storage/fusion beside their own interfaces.
//
// Meaning   None here: rows are bytes at two nodes, and no viewer is asked. storage/fusion gives
//           them both.
// Use       Every Snapshot and Transaction of a Graph is a FusionReader, every Transaction is a
//           FusionWriter; FusionOf() finds it. A fused view hands on the one of the reader below.
// Threads   As the reader or transaction.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/graph/graph.h"

namespace skein {

class FusedNodes;

// What is stored about whether `node` and `other` are the same.
struct FusionRow {
  NodeId node{};
  NodeId other{};
  uint64_t id = 0;
  std::string value;
};

class FusionReader {
 public:
  virtual ~FusionReader() = default;
  // All rows of each node, by (other, id).
  virtual absl::Status FusionRows(std::span<const NodeId> ids,
                                  std::vector<std::vector<FusionRow>>* out) const = 0;
  // Which nodes may have rows, and clusters computed from them; of the whole space.
  virtual FusedNodes& fused_nodes() const = 0;
  // Equal tokens: equal rows. Empty: the rows are this reader's own (a transaction wrote some).
  virtual absl::StatusOr<std::string> FusionToken() const = 0;
};

class FusionWriter {
 public:
  virtual ~FusionWriter() = default;
  // Stores (or replaces) a row at both of its nodes, which must be there (NOT_FOUND). Two
  // transactions that write one row conflict.
  virtual absl::Status PutFusionRow(const FusionRow& row) = 0;
  // What this transaction's writes carry.
  virtual const WriteContext& write_context() const = 0;
};

// Of readers and transactions that a Graph opened, and of fused views (checked).
const FusionReader& FusionOf(const Reader& reader);
FusionWriter& FusionOf(Transaction& transaction);

}  // namespace skein
