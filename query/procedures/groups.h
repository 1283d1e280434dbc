// The groups of procedures, one function a file; all.cc calls them in this order.
#pragma once

#include "query/procedures/procedure.h"

namespace skein::procedures {

void AddDbProcedures(ProcedureRegistry& out);      // db.cc: the schema as tools ask for it
void AddDbmsProcedures(ProcedureRegistry& out);    // dbms.cc: who answers
void AddSearchProcedures(ProcedureRegistry& out);  // search.cc: names, plates, numbers

}  // namespace skein::procedures
