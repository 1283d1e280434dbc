#include "query/functions/groups.h"

namespace skein::functions {

const FunctionRegistry& AllFunctions() {
  static const FunctionRegistry* const registry = [] {
    auto* out = new FunctionRegistry;  // never destroyed: plans keep pointers into it
    AddNumberFunctions(*out);
    AddConversionFunctions(*out);
    AddTextFunctions(*out);
    AddListFunctions(*out);
    AddEntityFunctions(*out);
    AddTemporalFunctions(*out);
    AddDurationFunctions(*out);
    AddPointFunctions(*out);
    AddAggregates(*out);
    AddStatistics(*out);
    return out;
  }();
  return *registry;
}

}  // namespace skein::functions
