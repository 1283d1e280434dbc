// Run: one statement at work; and the cursors over its rows. Private to query/engine.
//
// Order     Reads stream: rows are made as the client takes them. Statements that write, and those
//           in an explicit transaction, run to the end before Connection::Run returns.
// Lifetime  A Run owns its plan, reader and budget; the operators borrow them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "query/engine/plan_cache.h"
#include "query/exec/operator.h"

namespace skein {

// Reaches the budget of whatever runs for one connection, from any thread. Once cancelled it stays
// so: a cancel that comes just before a statement must not be lost.
class Interrupt {
 public:
  void Cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (Budget* budget : running_) budget->cancelled.store(true, std::memory_order_relaxed);
  }
  bool cancelled() const { return cancelled_; }
  void Enter(Budget* budget) {
    const std::lock_guard lock(mutex_);
    running_.push_back(budget);
    if (cancelled_) budget->cancelled.store(true, std::memory_order_relaxed);
  }
  void Leave(Budget* budget) {
    const std::lock_guard lock(mutex_);
    std::erase(running_, budget);
  }

 private:
  std::mutex mutex_;
  std::vector<Budget*> running_;  // a handful: the cursors that the client has open
  std::atomic<bool> cancelled_{false};
};

struct RunOptions {
  std::shared_ptr<const Prepared> prepared;
  std::shared_ptr<const Reader> reader;
  // The reader of a past version, for plans that want one. Then `reader` becomes that, and
  // `present` what the plan was made by.
  std::function<absl::StatusOr<std::shared_ptr<const Reader>>(Version)> past;
  std::shared_ptr<const Reader> present;
  Transaction* transaction = nullptr;
  Graph* graph = nullptr;
  Viewer viewer = Viewer::All();
  ValueMap parameters;
  QueryLimits limits;
  Clock* clock = nullptr;
  absl::Time started;  // by the clock
  absl::Time transaction_time;
  uint32_t batch_rows = 2048;
  exec::Workers* workers = nullptr;
  double parallel_from = 0;
  // For statements that procedures are given as text; null: they are refused.
  PlanCache* plans = nullptr;
  std::vector<std::string> rewrites_off;
  std::string person;
  // Of a statement inside another: the outer one's budget, and how deep it is.
  Budget* budget = nullptr;
  int depth = 0;
  std::shared_ptr<Interrupt> interrupt;  // may be null
  procedures::RunningQueries* running = nullptr;
  procedures::Asker asker;
  std::vector<Notice> notices;
};

class Run {
 public:
  static absl::StatusOr<std::unique_ptr<Run>> Start(RunOptions&& options);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // The next batch of rows, in the order of the plan's outputs; false at the end.
  absl::StatusOr<bool> Next(exec::Batch* out);
  // Once the rows are through: what is left of the statement (deletes that waited).
  absl::Status Finish();
  void FillSummary(QuerySummary* summary) const;

  const plan::Plan& plan() const { return options_.prepared->plan; }
  const RunOptions& options() const { return options_; }
  Budget& budget() { return options_.budget != nullptr ? *options_.budget : budget_; }
  exec::Context& context() { return *context_; }

 private:
  explicit Run(RunOptions&& options);

  // Statements that a procedure was given as text: read-only, for the same viewer, from the same
  // reader, within the same budget.
  class InnerQueries final : public procedures::QueryRunner {
   public:
    explicit InnerQueries(skein::Run& outer) : outer_(outer) {}
    absl::Status Run(std::string_view text, procedures::RowSink& rows) override;

   private:
    skein::Run& outer_;
  };
  exec::ContextOptions MakeContext();
  absl::Status ReadThePast();

  RunOptions options_;
  Budget budget_;
  InnerQueries inner_{*this};
  std::optional<exec::Context> context_;
  std::optional<exec::BuildContext> build_;
  exec::OperatorPtr root_;
  procedures::RunningQueries::Handle handle_;  // last: it goes before the budget
};

// Looks elements up for Cursor::Describe.
absl::Status DescribeNodes(const Reader& reader, const Viewer& viewer, const Graph& graph,
                           std::span<const NodeId> ids, std::vector<NodeView>* out);
absl::Status DescribeLinks(const Reader& reader, const Viewer& viewer, const Graph& graph,
                           std::span<const LinkId> ids, std::vector<LinkView>* out);

// Rows as they are made.
std::unique_ptr<Cursor> MakeStreamingCursor(std::unique_ptr<Run> run);

// Rows that are there already. `reader` answers Describe.
struct HeldResult {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  QuerySummary summary;
  std::shared_ptr<const Reader> reader;
  Graph* graph = nullptr;
  Viewer viewer = Viewer::All();
  // Links that the statement deleted: their type outlives them.
  std::vector<std::pair<LinkId, std::string>> deleted_types;
};
std::unique_ptr<Cursor> MakeHeldCursor(HeldResult result);

// Runs to the end, keeping all rows. Does not commit.
absl::StatusOr<HeldResult> RunToEnd(Run& run);

}  // namespace skein
