// The Connection of engine.h. Private to query/engine.
#pragma once

#include <memory>

#include "query/engine/engine.h"
#include "query/engine/plan_cache.h"
#include "query/exec/parallel/workers.h"
#include "query/procedures/running.h"
#include "query/procedures/visible_names.h"

namespace skein {

std::unique_ptr<Connection> MakeConnection(Graph& graph, PlanCache& plans,
                                           procedures::VisibleKeyCache& keys,
                                           procedures::RunningQueries& running,
                                           exec::Workers& workers, Clock& clock,
                                           ConnectionOptions options);

}  // namespace skein
