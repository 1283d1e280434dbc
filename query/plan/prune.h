// PruneColumns(): which slots each operator must hand up; always the last step of planning.
#pragma once

#include "query/plan/node.h"

namespace skein::plan {

// Fills in Node::live of every node, subquery plans included. With `drop` expressions whose slots
// nobody reads are taken out of kProject and kAggregate; without it every slot counts as read.
void PruneColumns(Plan* plan, bool drop);

}  // namespace skein::plan
