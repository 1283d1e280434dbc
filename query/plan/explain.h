// The plan as text and as JSON: EXPLAIN, and PROFILE with what each operator did.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "query/plan/node.h"

namespace skein::plan {

// What one operator did, over all its runs; rows are those that it handed up.
struct Measure {
  uint64_t rows = 0;
  uint64_t batches = 0;
  int64_t nanos = 0;  // with what is below it
};
using Measures = std::unordered_map<const Node*, Measure>;

// One line a node, inputs indented below it:
//   Filter  n.age > 30  (~500 rows)
std::string ExplainText(const Plan& plan, const Measures* measures);
// {"operator", "details", "estimatedRows", "rows"?, "timeMs"?, "children": […]}
std::string ExplainJson(const Plan& plan, const Measures* measures);

}  // namespace skein::plan
