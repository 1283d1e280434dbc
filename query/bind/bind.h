// Bind(): syntax tree to bound statement: names, kinds, aggregation, parameters.
//
// Order     First error in order of the text's clauses; within a clause, patterns before WHERE.
// Errors    INVALID_ARGUMENT with a QueryError at its place: UndefinedVariable,
//           VariableAlreadyBound, VariableTypeConflict, InvalidArgumentType, UnknownFunction, … of
//           class SyntaxError; ProcedureError/ProcedureNotFound.
// Names     Labels, types and keys stay text: the executor resolves them when it runs, so that a
//           cached plan sees names which later statements intern.
// Threads   Pure; call from anywhere.
// Source    openCypher 9; TCK.
#pragma once

#include "absl/status/statusor.h"
#include "query/bind/query.h"
#include "query/syntax/ast.h"

namespace skein::bind {

// `statement.query` must not be null (schema commands need no binding).
absl::StatusOr<BoundStatement> Bind(const syntax::Statement& statement);

}  // namespace skein::bind
