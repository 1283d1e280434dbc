// Engine: text in, rows out. All that the server, Bolt and the command line see of the query layer.
//
// Purpose   A Connection cannot be made without a viewer and, on a governed store, a purpose; no
//           plan exists without them.
// Threads   Engine: any thread. Connection and Cursor: one at a time, Cancel() of both from any
//           thread.
// Lifetime  Engine borrows the Graphs and the clock. A Cursor must be destroyed before its
//           Connection, a Connection before its Engine.
// Errors    Of the user's query: the Status carries a QueryError (query/syntax/error.h): class,
//           detail word, line, column. RESOURCE_EXHAUSTED, CANCELLED and DEADLINE_EXCEEDED name the
//           budget that ended the query.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/graph/graph.h"

namespace skein {

// Case, legal basis and reason of a read; see requirements G1.
struct Purpose {
  std::string case_number;
  std::string basis;
  std::string reason;
  bool complete() const { return !case_number.empty() && !basis.empty() && !reason.empty(); }
};

// What one statement may spend; RESOURCE_EXHAUSTED or DEADLINE_EXCEEDED name the limit that ended
// it.
struct QueryLimits {
  absl::Duration time = absl::Seconds(60);  // by the engine's clock, from Run on
  int64_t rows_read = INT64_MAX;            // visible rows of the store
  int64_t bytes = int64_t{1} << 30;         // memory of one query
  size_t text_bytes = size_t{1} << 20;      // longer texts are QueryTooLong before they are read
};

// Who asks, for what, and how far: fixed for the life of a connection.
struct ConnectionOptions {
  Viewer viewer = Viewer::All();
  std::optional<Purpose> purpose;  // required unless sandbox
  bool sandbox = false;
  std::string person;            // who; goes into provenance of what is written
  std::string unit;              // owner of what is written
  std::string source = "shell";  // batch source name of what is written
  QueryLimits limits;
  bool read_only = false;  // statements that write are PERMISSION_DENIED
  // Every cluster of nodes that are the same is one node (storage/fusion/fused_reader.h), for every
  // statement, as FUSED says it for one; off, each node stands for itself and fusion.cluster(n)
  // tells what it belongs to.
  bool fused = false;
  // Rewrite passes off by name, or all with "*": for tests and for finding faults.
  std::vector<std::string> rewrites_off;
  uint32_t batch_rows = 2048;
  // Rows of a scan from which on several threads share what an aggregation or a sort makes of it.
  double parallel_from = 20'000;
};

// Something worth knowing about a statement that is no error: a label that nothing visible carries,
// with the nearest one that something does; that it is likely to take long, and why.
struct Notice {
  std::string code;  // UnknownLabel, UnknownRelationshipType, UnknownPropertyKey, CartesianProduct,
                     // UnboundedPath, EstimatedCost, Deprecated
  std::string text;
  uint32_t offset = 0, line = 0, column = 0;  // in the statement's text; line 0: all of it
};

// What a query did, once it is complete.
struct QuerySummary {
  enum class Type : uint8_t { kRead, kWrite, kReadWrite, kSchema } type = Type::kRead;
  uint64_t rows = 0;
  uint64_t nodes_created = 0, nodes_deleted = 0, links_created = 0, links_deleted = 0;
  uint64_t properties_set = 0, labels_added = 0, labels_removed = 0;
  uint64_t indexes_added = 0, indexes_removed = 0;
  std::string partial;  // not empty: the answer is partial, and why
  std::string plan;     // EXPLAIN/PROFILE text; empty otherwise
  std::string plan_json;
  Value plan_tree;  // the same as a map, in the form of drivers (query/plan/explain.h)
  bool profiled = false;
  std::vector<Notice> notices;  // there at once
  // Rows that all operators together will handle, by the planner's guess: there at once, so that a
  // caller can ask before a long query runs.
  double estimated_work = 0;
  Version version{};  // snapshot read, or version committed
  absl::Duration time;
};

// An element as it leaves the engine: names instead of the catalogue's ids, its id enciphered, its
// properties sorted by name. Of an element that is gone only the id (and a link's type) is filled
// in.
struct NodeView {
  int64_t id = 0;  // enciphered
  std::vector<std::string> labels;
  ValueMap properties;
};
struct LinkView {
  int64_t id = 0, from = 0, to = 0;
  std::string type;
  ValueMap properties;
};

// The rows of one statement, streamed. Reads stay at one snapshot however long the client takes.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // Replaces *rows by up to `max` rows; false when there are none and will be none. Writes of the
  // statement have happened (and, in autocommit, are durable) when it first returns.
  virtual absl::StatusOr<bool> Next(size_t max, std::vector<std::vector<Value>>* rows) = 0;
  // Complete after Next returned false.
  // Counters of a statement that wrote are complete at once.
  virtual const QuerySummary& summary() const = 0;
  // Elements named by values of this cursor's rows. NOT_FOUND: deleted by the statement itself;
  // then id and type alone are filled in.
  virtual absl::Status Describe(std::span<const NodeId> ids, std::vector<NodeView>* out) = 0;
  virtual absl::Status Describe(std::span<const LinkId> ids, std::vector<LinkView>* out) = 0;
  // From any thread: Next returns CANCELLED soon (< 100 ms).
  virtual void Cancel() = 0;
};

// One client's conversation: a statement at a time, in a transaction of its own or in an explicit
// one. Statements that write, and all statements of an explicit transaction, have run to their end
// when Run returns; other reads run while their cursor is read.
class Connection {
 public:
  virtual ~Connection() = default;
  // Parses, binds, plans and starts. Outside a transaction each statement commits by itself, and is
  // tried again a few times where it conflicts with another. A failed statement leaves no trace, in
  // a transaction either. EXPLAIN gives no rows and a plan; PROFILE runs and gives both.
  virtual absl::StatusOr<std::unique_ptr<Cursor>> Run(std::string_view text,
                                                      const ValueMap& parameters) = 0;
  // Explicit transactions; FAILED_PRECONDITION: one is open / none is open.
  // ABORTED from Commit: another transaction wrote the same element; run the whole again.
  virtual absl::Status Begin() = 0;
  virtual absl::Status Commit() = 0;
  virtual absl::Status Rollback() = 0;
  virtual bool in_transaction() const = 0;
  // From any thread: ends the connection. What runs, also inside Run(), and whatever is asked later
  // is CANCELLED within 100 ms; an open transaction is rolled back with the connection.
  virtual void Cancel() = 0;
  // The reader that the next statement would use; for element look-ups of the server.
  virtual absl::StatusOr<std::shared_ptr<const Reader>> CurrentReader() = 0;
};

// Of the whole process; see ConnectionOptions for what a client sets.
struct EngineOptions {
  Clock* clock = &Clock::Real();
  int threads = 0;  // that work on one statement; 0: one per core
  size_t plans_cached_max = 1024;
};

// The door: makes connections over the two graphs of one store and keeps plans for all of them.
class Engine {
 public:
  static absl::StatusOr<std::unique_ptr<Engine>> Create(Graph& users, Graph& system,
                                                        const EngineOptions& options);
  virtual ~Engine() = default;
  // A connection to users' data. PERMISSION_DENIED: no purpose and not a sandbox.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect(const ConnectionOptions& options) = 0;
  // A connection to the system space, for the server alone.
  virtual absl::StatusOr<std::unique_ptr<Connection>> ConnectSystem() = 0;
  // The graph behind Connect(), for what is no query: imports, batches, provenance.
  virtual Graph& users() = 0;

  // Names for completion: labels, link types, keys, functions, procedures of what the viewer sees.
  struct Names {
    std::vector<std::string> labels, link_types, keys, functions, procedures;
  };
  virtual absl::StatusOr<Names> CompletionNames(const ConnectionOptions& options) = 0;
};

}  // namespace skein
