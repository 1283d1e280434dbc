// The reference pages of functions and procedures, as the registries have them.
//
// Shape     Markdown: a heading, then tables of signature, sentence and example, by group.
// Order     that of the registries; the same in every run, so that a committed page can be
// compared. Threads   any. Source    query/functions/function.h, query/procedures/procedure.h;
// printed by `skein reference`
//           into docs/reference/, where the test cli.reference compares them.
#pragma once

#include <string>

namespace skein {

std::string FunctionReference();
std::string ProcedureReference();

}  // namespace skein
