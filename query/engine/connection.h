// The Connection of engine.h. Private to query/engine.
#pragma once

#include <memory>

#include "query/engine/engine.h"
#include "query/engine/plan_cache.h"
#include "query/procedures/running.h"

namespace skein {

std::unique_ptr<Connection> MakeConnection(Graph& graph, PlanCache& plans,
                                           procedures::RunningQueries& running, Clock& clock,
                                           ConnectionOptions options);

}  // namespace skein
