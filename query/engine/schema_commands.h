// CREATE INDEX, CREATE CONSTRAINT, DROP …, SHOW …: private to query/engine.
#pragma once

#include "absl/status/statusor.h"
#include "query/engine/run.h"
#include "query/syntax/ast.h"

namespace skein {

// Runs the command at once. *changed: plans made before are stale.
absl::StatusOr<HeldResult> RunSchemaCommand(const syntax::SchemaCommand& command, Graph& graph,
                                            bool* changed);

}  // namespace skein
