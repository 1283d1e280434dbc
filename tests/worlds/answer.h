// The answer to a statement as text that two worlds can be compared by.
//
// Renamed   Nodes and links are their numbers in the plan; ids and versions are left out.
// Bags      Rows are sorted unless the statement orders them; lists of rows that are not ordered
//           are sorted too.
// Floats    To nine digits.
#pragma once

#include <string>
#include <vector>

#include "tests/worlds/statement.h"
#include "tests/worlds/world.h"

namespace skein::worlds {

// Lines: columns, rows, or the error; notices, plan, PROFILE's counts.
std::vector<std::string> Answer(const World& world, const Statement& statement);

}  // namespace skein::worlds
