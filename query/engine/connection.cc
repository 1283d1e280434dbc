#include "query/engine/connection.h"

#include <utility>

#include "query/engine/notices.h"
#include "query/engine/run.h"
#include "query/engine/schema_commands.h"
#include "query/plan/explain.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"
#include "storage/fusion/fused_reader.h"

namespace skein {

namespace {

// A write that meets another is tried again this often before the caller hears of it.
constexpr int kConflictRetries = 5;

// A constraint that a write or a commit violates, in the words of the language.
absl::Status ConstraintError(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kFailedPrecondition || QueryErrorOf(status).has_value()) {
    return status;
  }
  return MakeQueryError(ErrorClass::kConstraintValidationFailed, ErrorDetail::kUniquenessViolation,
                        Message(status));
}

class ConnectionImpl final : public Connection {
 public:
  ConnectionImpl(Graph& graph, PlanCache& plans, procedures::VisibleKeyCache& keys,
                 procedures::RunningQueries& running, exec::Workers& workers, Clock& clock,
                 ConnectionOptions options)
      : graph_(graph),
        plans_(plans),
        keys_(keys),
        running_(running),
        workers_(workers),
        clock_(clock),
        options_(std::move(options)),
        fused_(options_.fused) {
    off_after_writes_ = options_.rewrites_off;
    off_after_writes_.emplace_back("time_window");
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Run(std::string_view text,
                                              const ValueMap& parameters) override {
    if (interrupt_->cancelled()) return Cancelled("the connection was cancelled");
    SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Reader> reader, CurrentReader());
    SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Prepared> prepared,
                           plans_.Get(text, options_.limits.text_bytes, *reader, options_.viewer,
                                      wrote_ ? off_after_writes_ : options_.rewrites_off));
    const bool fused = options_.fused || prepared->syntax.fused;
    const bool same_view = fused == std::exchange(fused_, fused);
    if (prepared->syntax.schema.has_value()) return RunSchema(*prepared->syntax.schema);
    std::vector<Notice> notices;
    if (!prepared->NamesKnown(reader->version())) {
      SKEIN_ASSIGN_OR_RETURN(notices, NoticesOf(prepared->names, *reader, options_.viewer, keys_));
      if (notices.empty()) prepared->NoteNamesKnown(reader->version());
    }
    notices.insert(notices.end(), prepared->notices.begin(), prepared->notices.end());
    if (prepared->syntax.mode == syntax::Statement::Mode::kExplain) {
      return Explain(*prepared, std::move(notices));
    }
    if (prepared->plan.writes && options_.read_only) {
      return PermissionDenied("the connection is read-only");
    }
    RunOptions run;
    run.prepared = prepared;
    run.graph = &graph_;
    run.viewer = options_.viewer;
    run.parameters = parameters;
    run.limits = options_.limits;
    run.clock = &clock_;
    run.batch_rows = options_.batch_rows;
    run.workers = &workers_;
    run.parallel_from = options_.parallel_from;
    run.plans = &plans_;
    run.rewrites_off = options_.rewrites_off;
    run.person = options_.person;
    run.interrupt = interrupt_;
    run.running = &running_;
    run.notices = std::move(notices);
    run.asker = AskerOf();
    run.past = [this](Version version) -> absl::StatusOr<std::shared_ptr<const Reader>> {
      SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> past, graph_.AsOf(version));
      return View(std::move(past));
    };
    run.started = clock_.Now();
    run.transaction_time = transaction_ != nullptr ? transaction_time_ : run.started;
    if (transaction_ != nullptr) return RunInTransaction(std::move(run));
    if (prepared->plan.writes) return Autocommit(run);
    if (same_view) {
      run.reader = reader;
    } else {
      SKEIN_ASSIGN_OR_RETURN(run.reader, CurrentReader());
    }
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<skein::Run> started, skein::Run::Start(std::move(run)));
    return MakeStreamingCursor(std::move(started));
  }

  absl::Status Begin() override {
    if (transaction_ != nullptr) return FailedPrecondition("a transaction is open already");
    SKEIN_ASSIGN_OR_RETURN(transaction_, BeginWrite());
    transaction_time_ = clock_.Now();
    failed_ = wrote_ = false;
    return absl::OkStatus();
  }

  absl::Status Commit() override {
    if (transaction_ == nullptr) return FailedPrecondition("no transaction is open");
    if (failed_) {
      transaction_.reset();
      wrote_ = false;
      return FailedPrecondition("a statement of the transaction failed: it was rolled back");
    }
    const absl::StatusOr<Version> version = transaction_->Commit();
    transaction_.reset();
    wrote_ = false;
    return ConstraintError(version.status());
  }

  absl::Status Rollback() override {
    if (transaction_ == nullptr) return FailedPrecondition("no transaction is open");
    transaction_.reset();
    wrote_ = false;
    return absl::OkStatus();
  }

  bool in_transaction() const override { return transaction_ != nullptr; }
  void Cancel() override { interrupt_->Cancel(); }

  absl::StatusOr<std::shared_ptr<const Reader>> CurrentReader() override {
    if (transaction_ != nullptr) return View(transaction_);
    SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> latest, graph_.Latest());
    return View(std::move(latest));
  }

 private:
  // The reader as the statement sees it: clusters as nodes, if it asked for that.
  std::shared_ptr<const Reader> View(std::shared_ptr<const Reader> reader) const {
    return fused_ ? MakeFusedReader(std::move(reader), options_.viewer) : reader;
  }

  // What this connection writes carries one batch: who, under which case, by which door.
  absl::StatusOr<std::shared_ptr<Transaction>> BeginWrite() {
    if (!options_.read_only && !context_.has_value()) {
      WriteContext context;
      if (!options_.unit.empty()) {
        SKEIN_ASSIGN_OR_RETURN(
            context.policy,
            graph_.catalog().InternPolicy(
                {.owner_unit = options_.unit, .compartment = "", .handling_code = ""}));
      }
      Batch batch;
      batch.source = options_.source;
      batch.person = options_.person;
      if (options_.purpose.has_value()) batch.case_number = options_.purpose->case_number;
      batch.received_us = absl::ToUnixMicros(clock_.Now());
      SKEIN_ASSIGN_OR_RETURN(context.batch, graph_.OpenBatch(std::move(batch)));
      context_ = context;
    }
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<Transaction> t,
                           graph_.Begin(options_.viewer, context_.value_or(WriteContext())));
    return std::shared_ptr<Transaction>(std::move(t));
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Autocommit(const RunOptions& base) {
    for (int attempt = 0;; ++attempt) {
      SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<Transaction> transaction, BeginWrite());
      RunOptions run = base;
      run.reader = View(transaction);
      run.transaction = transaction.get();
      SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<skein::Run> started,
                             skein::Run::Start(std::move(run)));
      absl::StatusOr<HeldResult> held = RunToEnd(*started);
      if (!held.ok()) return ConstraintError(held.status());
      HeldResult result = *std::move(held);
      SKEIN_RETURN_IF_ERROR(NoteDeletedTypes(*started, &result));
      started.reset();
      result.reader.reset();
      const absl::StatusOr<Version> version = transaction->Commit();
      if (!version.ok()) {
        if (absl::IsAborted(version.status()) && attempt < kConflictRetries) continue;
        return ConstraintError(version.status());
      }
      result.summary.version = *version;
      SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Reader> after, graph_.Latest());
      result.reader = View(after);
      return MakeHeldCursor(std::move(result));
    }
  }

  absl::StatusOr<std::unique_ptr<Cursor>> RunInTransaction(RunOptions run) {
    if (failed_) {
      return FailedPrecondition("a statement of the transaction failed: roll it back");
    }
    run.reader = View(transaction_);
    run.transaction = transaction_.get();
    const bool writes = run.prepared->plan.writes;
    if (writes) transaction_->MarkStatement();
    wrote_ |= writes;
    absl::StatusOr<std::unique_ptr<Cursor>> cursor = HeldRun(std::move(run));
    if (!cursor.ok() && writes) {
      // No trace of a failed statement; where even that fails, nothing may be committed.
      if (!transaction_->RollbackStatement().ok()) failed_ = true;
    }
    return cursor;
  }

  static absl::StatusOr<std::unique_ptr<Cursor>> HeldRun(RunOptions run) {
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<skein::Run> started, skein::Run::Start(std::move(run)));
    absl::StatusOr<HeldResult> held = RunToEnd(*started);
    if (!held.ok()) return ConstraintError(held.status());
    HeldResult result = *std::move(held);
    SKEIN_RETURN_IF_ERROR(NoteDeletedTypes(*started, &result));
    return MakeHeldCursor(std::move(result));
  }

  static absl::Status NoteDeletedTypes(skein::Run& run, HeldResult* result) {
    if (result->summary.links_deleted == 0) return absl::OkStatus();
    for (const auto& row : result->rows) {
      for (const Value& v : row) {
        if (v.kind() != ValueKind::kLink || !run.context().IsDeleted(v.link())) continue;
        SKEIN_ASSIGN_OR_RETURN(std::string type, run.context().TypeNameOf(v.link()));
        result->deleted_types.emplace_back(v.link(), std::move(type));
      }
    }
    return absl::OkStatus();
  }

  procedures::Asker AskerOf() const { return {options_.person, options_.unit, options_.sandbox}; }

  // KILL 'query-1'
  absl::StatusOr<std::unique_ptr<Cursor>> Kill(const syntax::SchemaCommand& command) {
    const std::string& name = command.name->text;
    if (!running_.Kill(procedures::QueryNumber(name), AskerOf())) {
      return NotFound("no query `", name, "` of yours is running");
    }
    HeldResult result;
    result.columns = {"queryId", "message"};
    result.rows.push_back({Value::String(name), Value::String("will end")});
    result.summary.rows = 1;
    return MakeHeldCursor(std::move(result));
  }

  absl::StatusOr<std::unique_ptr<Cursor>> RunSchema(const syntax::SchemaCommand& command) {
    if (command.kind == syntax::SchemaCommand::Kind::kKill) return Kill(command);
    if (transaction_ != nullptr) {
      return FailedPrecondition("schema commands run outside transactions");
    }
    if (options_.read_only) return PermissionDenied("the connection is read-only");
    bool changed = false;
    SKEIN_ASSIGN_OR_RETURN(HeldResult result, RunSchemaCommand(command, graph_, &changed));
    if (changed) plans_.SchemaChanged();
    return MakeHeldCursor(std::move(result));
  }

  static absl::StatusOr<std::unique_ptr<Cursor>> Explain(const Prepared& prepared,
                                                         std::vector<Notice> notices) {
    HeldResult result;
    result.summary.notices = std::move(notices);
    result.summary.estimated_work = prepared.estimated_work;
    result.columns = prepared.columns;
    result.summary.plan = plan::ExplainText(prepared.plan, nullptr);
    result.summary.plan_json = plan::ExplainJson(prepared.plan, nullptr);
    result.summary.plan_tree = plan::ExplainTree(prepared.plan, nullptr);
    if (prepared.plan.writes) {
      result.summary.type =
          prepared.plan.returns ? QuerySummary::Type::kReadWrite : QuerySummary::Type::kWrite;
    }
    return MakeHeldCursor(std::move(result));
  }

  Graph& graph_;
  PlanCache& plans_;
  procedures::VisibleKeyCache& keys_;
  procedures::RunningQueries& running_;
  exec::Workers& workers_;
  Clock& clock_;
  ConnectionOptions options_;
  std::optional<WriteContext> context_;
  std::shared_ptr<Transaction> transaction_;
  absl::Time transaction_time_;
  // The open transaction has links that no time key has been held against yet: it is at commit.
  bool wrote_ = false;
  std::vector<std::string> off_after_writes_;
  bool failed_ = false;
  bool fused_ = false;  // the statement that runs, or ran last
  const std::shared_ptr<Interrupt> interrupt_ = std::make_shared<Interrupt>();
};

}  // namespace

std::unique_ptr<Connection> MakeConnection(Graph& graph, PlanCache& plans,
                                           procedures::VisibleKeyCache& keys,
                                           procedures::RunningQueries& running,
                                           exec::Workers& workers, Clock& clock,
                                           ConnectionOptions options) {
  return std::make_unique<ConnectionImpl>(graph, plans, keys, running, workers, clock,
                                          std::move(options));
}

}  // namespace skein
