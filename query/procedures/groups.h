// The groups of procedures, one function a file; all.cc calls them in this order.
#pragma once

#include "query/procedures/procedure.h"

namespace skein::procedures {

void AddDbProcedures(ProcedureRegistry& out);      // db.cc: the schema as tools ask for it
void AddDbmsProcedures(ProcedureRegistry& out);    // dbms.cc: who answers
void AddSchemaProcedures(ProcedureRegistry& out);  // schema.cc: what the graph looks like
void AddFusionProcedures(ProcedureRegistry& out);  // fusion.cc: who is who, by whose word
void AddShowProcedures(ProcedureRegistry& out);    // show.cc: what SHOW lists
void AddSearchProcedures(ProcedureRegistry& out);  // search.cc: names, plates, numbers

// algo/: over a projection of the graph (projection.h)
void AddBfs(ProcedureRegistry& out);
void AddPaths(ProcedureRegistry& out);
void AddKShortest(ProcedureRegistry& out);
void AddComponents(ProcedureRegistry& out);
void AddPageRank(ProcedureRegistry& out);
void AddDegree(ProcedureRegistry& out);
void AddBetweenness(ProcedureRegistry& out);
void AddCloseness(ProcedureRegistry& out);
void AddEigenvector(ProcedureRegistry& out);
void AddKCore(ProcedureRegistry& out);
void AddTriangles(ProcedureRegistry& out);
void AddLabelPropagation(ProcedureRegistry& out);
void AddLouvain(ProcedureRegistry& out);

// trace/: ways and company, in time, straight from the store
void AddTracePaths(ProcedureRegistry& out);
void AddTraceConnect(ProcedureRegistry& out);
void AddTraceTogether(ProcedureRegistry& out);

}  // namespace skein::procedures
