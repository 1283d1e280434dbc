// What is asked of both worlds: a statement with its limits, or a call of the chart's door.
//
// Left out   LIMIT without a total order, collect() where its order is nobody's promise: an answer
//            may differ by the ids that the two stores give. Lists compare as bags (see answer.h).
// Threads    None.
#pragma once

#include <cstdint>
#include <string>

#include "tests/worlds/world.h"

namespace skein::worlds {

struct Statement {
  enum class Door : uint8_t { kQuery, kChart, kNames } door = Door::kQuery;
  std::string text;      // kChart: the text to search for
  bool ordered = false;  // by everything that is returned: rows compare as a sequence
  bool fused = false;
  int node = 0;    // its id is $id, and where charts begin
  int number = 0;  // $x
  int64_t rows_read = INT64_MAX;
  int64_t bytes = int64_t{1} << 30;
  uint32_t batch_rows = 2048;
};

Statement MakeStatement(Dice& dice, const WorldPlan& world);

}  // namespace skein::worlds
