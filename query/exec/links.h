// What the operators that walk links share: options of Expand, and the rule that one MATCH uses no
// link twice.
#pragma once

#include <vector>

#include "query/exec/operator.h"

namespace skein::exec {

Direction ToDirection(bind::LinkDirection d);

// Options for the node's direction and types. *none: no such type is in use, nothing can match.
ExpandOptions OptionsOf(const plan::Node& node, Context& context, bool* none);

// The same with the node's window of valid time. ArgumentError where that is no time.
absl::StatusOr<ExpandOptions> WindowedOptionsOf(const plan::Node& node, Context& context,
                                                bool* none);

// Links that the new link of a row must differ from.
class DistinctLinks {
 public:
  // Borrows the batch until the next call.
  void Reset(const Batch& batch, const std::vector<Slot>& slots);
  bool empty() const { return columns_.empty(); }
  bool Allows(uint32_t row, LinkId link) const;

 private:
  std::vector<const Column*> columns_;
};

// Does the entry (a link or a list of links) name `link`?
bool NamesLink(const Column& column, size_t row, LinkId link);
// Do two entries have a link in common?
bool ShareLink(const Column& a, size_t i, const Column& b, size_t j);

}  // namespace skein::exec
