// The yardstick's classes in the query language, with prepared parameters.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/workload/yardstick.h"
#include "query/engine/engine.h"

namespace skein::bench {

struct YardstickQuery {
  const char* text;
  std::vector<const char*> parameters;  // names, in the order of queries.json
};

// By class.
const std::map<std::string, YardstickQuery, std::less<>>& YardstickQueries();

// What the class answers: rows of point, links of sp (-1: no path), else the count.
// INVALID_ARGUMENT: the seed is none of this class.
absl::StatusOr<int64_t> AnswerYardstick(Connection& connection, std::string_view name,
                                        const Seed& seed);

}  // namespace skein::bench
