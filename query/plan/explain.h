// The plan as text and as JSON: EXPLAIN, and PROFILE with what each operator did.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "query/plan/node.h"
#include "storage/base/value.h"

namespace skein::plan {

// What one operator did by itself, over all its runs; rows are those that it handed up.
struct Measure {
  uint64_t rows = 0;
  uint64_t batches = 0;
  int64_t nanos = 0;
  int64_t bytes_held = 0;  // charged to the memory budget now, and at most
  int64_t bytes_peak = 0;
  int64_t rows_read = 0;  // of the store
  int64_t calls = 0;      // to the store, each at most one round trip
};
using Measures = std::unordered_map<const Node*, Measure>;

// One line a node, inputs indented below it:
//   Filter  n.age > 30  (~500 rows, cost 1500)
// Cost is rows handled here and below, by the planner's guess.
std::string ExplainText(const Plan& plan, const Measures* measures);
// {"operator", "details", "estimatedRows", "estimatedCost", "rows"?, "timeMs"?, "memoryBytes"?,
// "rowsRead"?, "storageCalls"?, "children": […]}
std::string ExplainJson(const Plan& plan, const Measures* measures);
// The form of graph drivers: {operatorType, identifiers, args: {Details, EstimatedRows,
// EstimatedCost, …}, children}; with measures also {rows, dbHits (rows of the store), time in ns}.
Value ExplainTree(const Plan& plan, const Measures* measures);

}  // namespace skein::plan
