#include "query/functions/groups.h"

namespace skein::functions {

const FunctionRegistry& AllFunctions() {
  static const FunctionRegistry* const registry = [] {
    auto* out = new FunctionRegistry;  // never destroyed: plans keep pointers into it
    out->BeginGroup("Numbers");
    AddNumberFunctions(*out);
    out->BeginGroup("Conversion");
    AddConversionFunctions(*out);
    out->BeginGroup("Text");
    AddTextFunctions(*out);
    out->BeginGroup("Lists");
    AddListFunctions(*out);
    out->BeginGroup("Nodes, relationships, paths");
    AddEntityFunctions(*out);
    out->BeginGroup("Fusion");
    AddFusionFunctions(*out);
    out->BeginGroup("Times");
    AddTemporalFunctions(*out);
    out->BeginGroup("Durations");
    AddDurationFunctions(*out);
    out->BeginGroup("Valid time");
    AddValidTimeFunctions(*out);
    out->BeginGroup("Points");
    AddPointFunctions(*out);
    out->BeginGroup("Aggregation");
    AddAggregates(*out);
    out->BeginGroup("Statistics over a group");
    AddStatistics(*out);
    return out;
  }();
  return *registry;
}

}  // namespace skein::functions
