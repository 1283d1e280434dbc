#include "query/procedures/groups.h"

namespace skein::procedures {

const ProcedureRegistry& AllProcedures() {
  static const ProcedureRegistry* const kAll = [] {
    auto* all = new ProcedureRegistry;  // lives for ever: connections outlive static destructors
    AddDbProcedures(*all);
    AddDbmsProcedures(*all);
    AddSchemaProcedures(*all);
    AddShowProcedures(*all);
    AddSearchProcedures(*all);
    AddFusionProcedures(*all);
    AddBfs(*all);
    AddPaths(*all);
    AddKShortest(*all);
    AddComponents(*all);
    AddPageRank(*all);
    AddDegree(*all);
    AddBetweenness(*all);
    AddCloseness(*all);
    AddEigenvector(*all);
    AddKCore(*all);
    AddTriangles(*all);
    AddLabelPropagation(*all);
    AddLouvain(*all);
    AddTracePaths(*all);
    AddTraceConnect(*all);
    AddTraceTogether(*all);
    return all;
  }();
  return *kAll;
}

}  // namespace skein::procedures
