// The groups of functions, each in its own file; all.cc calls them in this order, which is also the
// order of the reference page (`skein reference functions`), under the heading that BeginGroup()
// gave.
#pragma once

#include "query/functions/function.h"

namespace skein::functions {

void AddNumberFunctions(FunctionRegistry& out);      // number.cc
void AddConversionFunctions(FunctionRegistry& out);  // conversion.cc
void AddTextFunctions(FunctionRegistry& out);        // text.cc
void AddListFunctions(FunctionRegistry& out);        // list.cc
void AddEntityFunctions(FunctionRegistry& out);      // entity.cc
void AddFusionFunctions(FunctionRegistry& out);      // fusion.cc
void AddTemporalFunctions(FunctionRegistry& out);    // temporal.cc
void AddDurationFunctions(FunctionRegistry& out);    // duration.cc
void AddValidTimeFunctions(FunctionRegistry& out);   // valid_time.cc
void AddPointFunctions(FunctionRegistry& out);       // point.cc
void AddAggregates(FunctionRegistry& out);           // aggregate.cc
void AddStatistics(FunctionRegistry& out);           // statistics.cc

}  // namespace skein::functions
