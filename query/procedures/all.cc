#include "query/procedures/groups.h"

namespace skein::procedures {

const ProcedureRegistry& AllProcedures() {
  static const ProcedureRegistry* const kAll = [] {
    auto* all = new ProcedureRegistry;  // lives for ever: connections outlive static destructors
    AddDbProcedures(*all);
    AddDbmsProcedures(*all);
    AddSearchProcedures(*all);
    return all;
  }();
  return *kAll;
}

}  // namespace skein::procedures
