// Procedures: what `CALL name(args) YIELD columns` may call, as data.
//
// Use       The binder finds a ProcedureDef by name and checks arguments and columns; the executor
//           calls eval once for each input row.
// Adding    One file per procedure or small group registers data; all.cc calls each by name. The
//           example of every procedure prints as its reference page.
// Errors    Statuses carry a QueryError without a place; the executor adds the place of the CALL.
// Threads   The registry is immutable after AllProcedures() returned. A context serves one thread.
// Cost      Rows leave through RowSink, which charges the budget: a procedure holds no result.
// Source    bolt.md for those that drivers and tools call on connecting.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/functions/function.h"
#include "query/procedures/running.h"
#include "storage/graph/graph.h"
#include "storage/schema/catalog.h"

namespace skein::procedures {

// Takes the rows of one call; values in the order of ProcedureDef::columns.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual absl::Status Emit(std::span<const Value> row) = 0;
};

// Runs a statement that a procedure was given as text: for the same viewer, at the same version and
// within the same budget as the statement that calls the procedure.
// Errors    Of the inner statement; ArgumentError where it writes or is nested too deep.
class QueryRunner {
 public:
  virtual ~QueryRunner() = default;
  // Every row of the answer goes to `rows`, in order.
  virtual absl::Status Run(std::string_view text, RowSink& rows) = 0;
};

struct ProcedureContext {
  const Reader& reader;
  const Viewer& viewer;
  Budget& budget;
  functions::EvalContext& eval;        // clocks, randomness, public ids, charging
  Transaction* transaction = nullptr;  // of procedures that write, else null
  QueryRunner* queries = nullptr;      // null: this caller runs no inner statements
  std::string_view person = {};        // who asks, as the connection names them
  // The engine's running queries, and who asks; null: not known.
  const RunningQueries* running = nullptr;
  const Asker* asker = nullptr;
};

using ProcedureEval = absl::Status (*)(std::span<const Value> args, ProcedureContext& context,
                                       RowSink& out);

struct ProcedureArg {
  std::string_view name;
  functions::Type type = functions::Type::kAny;
  // Given when the call leaves it out; nullopt: it must be given.
  std::optional<Value> missing = std::nullopt;
};

struct ProcedureColumn {
  std::string_view name;
  functions::Type type = functions::Type::kAny;
};

struct ProcedureDef {
  std::string_view name;  // dots included; looked up case-insensitively
  std::vector<ProcedureArg> args = {};
  std::vector<ProcedureColumn> columns = {};
  std::string_view doc;
  std::string_view example;
  ProcedureEval eval = nullptr;
  bool writes = false;  // gets a transaction; refused where the connection is read-only
};

class ProcedureRegistry {
 public:
  // The name must be new (checked).
  void Add(ProcedureDef def);
  // nullptr: no such procedure.
  const ProcedureDef* Find(std::string_view name) const;
  const std::vector<std::unique_ptr<const ProcedureDef>>& all() const { return defs_; }

 private:
  std::vector<std::unique_ptr<const ProcedureDef>> defs_;
};

// name(arg :: TYPE, …) :: (column :: TYPE, …)
std::string Signature(const ProcedureDef& def);

// The whole library; built once.
const ProcedureRegistry& AllProcedures();

}  // namespace skein::procedures
