#include "query/engine/run.h"

#include <utility>

#include "query/exec/evaluator.h"
#include "query/functions/valid_time.h"
#include "query/plan/explain.h"
#include "query/syntax/error.h"
#include "storage/base/memory_budget.h"
#include "storage/base/status.h"

namespace skein {

absl::Status Run::InnerQueries::Run(std::string_view text, procedures::RowSink& rows) {
  constexpr int kDepthMax = 3;
  const RunOptions& o = outer_.options_;
  if (o.plans == nullptr || o.depth >= kDepthMax) {
    return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kInvalidArgumentValue,
                          "queries as arguments are nested too deep");
  }
  RunOptions inner = o;
  const Reader& planned_by = o.present != nullptr ? *o.present : *o.reader;
  if (o.present != nullptr) inner.rewrites_off.emplace_back("time_window");
  SKEIN_ASSIGN_OR_RETURN(inner.prepared, o.plans->Get(text, o.limits.text_bytes, planned_by,
                                                      o.viewer, inner.rewrites_off));
  const Prepared& p = *inner.prepared;
  if (p.syntax.schema.has_value() || p.plan.writes || !p.plan.returns ||
      p.syntax.mode != syntax::Statement::Mode::kRun) {
    return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kInvalidArgumentValue,
                          "a query as an argument reads and returns");
  }
  inner.budget = &outer_.budget();
  inner.running = nullptr;  // the outer one is listed
  inner.started = o.clock->Now();
  ++inner.depth;
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<skein::Run> run,
                         skein::Run::Start(std::move(inner)));
  exec::Batch batch;
  std::vector<Value> row(p.plan.outputs.size());
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, run->Next(&batch));
    if (!more) return absl::OkStatus();
    for (size_t i = 0; i < batch.rows; ++i) {
      for (size_t c = 0; c < row.size(); ++c) {
        row[c] = std::as_const(batch).at(p.plan.outputs[c].slot).At(i);
      }
      SKEIN_RETURN_IF_ERROR(rows.Emit(row));
    }
  }
}

namespace {

// A budget's error with the limit that was set: the budget itself knows only what is left.
absl::Status WithLimit(const absl::Status& status, const QueryLimits& limits) {
  std::string limit;
  const std::string_view message = Message(status);
  if (absl::IsDeadlineExceeded(status)) {
    limit = absl::FormatDuration(limits.time);
  } else if (absl::IsResourceExhausted(status) && message.ends_with("row budget is spent")) {
    limit = std::to_string(limits.rows_read) + " rows";
  } else if (absl::IsResourceExhausted(status) && message.ends_with("memory budget is spent")) {
    limit = std::to_string(limits.bytes) + " bytes";
  } else {
    return status;
  }
  const std::string text = std::string(message) + " (" + limit + ")";
  absl::Status out(status.code(), ToAbsl(text));
  status.ForEachPayload(
      [&out](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

}  // namespace

Run::Run(RunOptions&& options) : options_(std::move(options)) {}
Run::~Run() {
  if (options_.interrupt != nullptr) options_.interrupt->Leave(&budget_);
}

absl::StatusOr<std::unique_ptr<Run>> Run::Start(RunOptions&& options) {
  auto run = std::unique_ptr<Run>(new Run(std::move(options)));
  const RunOptions& o = run->options_;
  run->budget_.rows_left = o.limits.rows_read;
  run->budget_.bytes_left = o.limits.bytes;
  run->budget_.process = &MemoryBudget::Process();
  if (o.limits.time != absl::InfiniteDuration()) {
    run->budget_.deadline = o.started + o.limits.time;
  }
  if (o.interrupt != nullptr) o.interrupt->Enter(&run->budget_);
  if (o.running != nullptr) {
    run->handle_ = o.running->Add(o.asker, o.prepared->syntax.text, o.started, &run->budget_);
  }
  if (o.prepared->plan.as_of != nullptr) SKEIN_RETURN_IF_ERROR(run->ReadThePast());
  run->context_.emplace(run->MakeContext());
  for (const std::string& name : o.prepared->plan.parameters) {
    SKEIN_RETURN_IF_ERROR(run->context_->Parameter(name, {}).status());
  }
  run->build_.emplace(*run->context_);
  SKEIN_ASSIGN_OR_RETURN(run->root_, exec::BuildOperator(*o.prepared->plan.root, *run->build_));
  SKEIN_RETURN_IF_ERROR(WithLimit(run->root_->Open(), o.limits));
  return run;
}

exec::ContextOptions Run::MakeContext() {
  const RunOptions& o = options_;
  exec::ContextOptions context;
  context.running = o.running;
  context.asker = o.asker;
  context.reader = o.reader.get();
  context.transaction = o.prepared->plan.writes ? o.transaction : nullptr;
  context.graph = o.graph;
  context.viewer = &o.viewer;
  context.budget = &budget();
  context.parameters = &o.parameters;
  context.clock = o.clock;
  context.statement_time = o.started;
  context.transaction_time = o.transaction_time;
  context.batch_rows = std::max<uint32_t>(1, o.batch_rows);
  context.workers = o.workers;
  context.parallel_from = o.parallel_from;
  context.measure = o.prepared->syntax.mode == syntax::Statement::Mode::kProfile;
  context.queries = &inner_;
  context.person = o.person;
  return context;
}

// AS OF: an integer is a version, a time the last version until then.
absl::Status Run::ReadThePast() {
  exec::Context context(MakeContext());
  SKEIN_ASSIGN_OR_RETURN(const Value at,
                         exec::EvalConstant(options_.prepared->plan.as_of, context));
  int64_t version = 0;
  if (at.kind() == ValueKind::kInteger) {
    version = at.integer();
  } else {
    SKEIN_ASSIGN_OR_RETURN(const ValidTime moment, functions::WindowOf(at, Value()));
    version = moment.from;
  }
  const auto bad = [](std::string_view why) {
    return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kInvalidArgumentValue,
                          std::string(why));
  };
  if (version < 0) return bad("AS OF: there are no versions before 1970");
  auto past = options_.past(Version{static_cast<uint64_t>(version)});
  if (!past.ok()) return bad(Message(past.status()));
  if (options_.present == nullptr) options_.present = options_.reader;
  options_.reader = *std::move(past);
  return absl::OkStatus();
}

absl::StatusOr<bool> Run::Next(exec::Batch* out) {
  absl::StatusOr<bool> more = root_->Next(out);
  if (!more.ok()) return WithLimit(more.status(), options_.limits);
  return more;
}

absl::Status Run::Finish() {
  return context_->transaction() == nullptr ? absl::OkStatus() : context_->FinishDeletes();
}

void Run::FillSummary(QuerySummary* summary) const {
  const exec::Counters& c = context_->counters();
  summary->nodes_created = c.nodes_created;
  summary->nodes_deleted = c.nodes_deleted;
  summary->links_created = c.links_created;
  summary->links_deleted = c.links_deleted;
  summary->properties_set = c.properties_set;
  summary->labels_added = c.labels_added;
  summary->labels_removed = c.labels_removed;
  summary->type = QuerySummary::Type::kRead;
  if (plan().writes) {
    summary->type = plan().returns ? QuerySummary::Type::kReadWrite : QuerySummary::Type::kWrite;
  }
  summary->notices = options_.notices;
  summary->estimated_work = options_.prepared->estimated_work;
  summary->version = options_.reader->version();
  summary->time = options_.clock->Now() - options_.started;
  if (context_->measuring()) {
    summary->plan = plan::ExplainText(plan(), &context_->measures());
    summary->plan_json = plan::ExplainJson(plan(), &context_->measures());
    summary->plan_tree = plan::ExplainTree(plan(), &context_->measures());
    summary->profiled = true;
  }
}

absl::Status DescribeNodes(const Reader& reader, const Viewer& viewer, const Graph& graph,
                           std::span<const NodeId> ids, std::vector<NodeView>* out) {
  std::vector<std::optional<NodeRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader.GetNodes(viewer, ids, &records));
  out->clear();
  out->resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    NodeView& view = (*out)[i];
    view.id = graph.EncodeElementId(ids[i]);
    if (!records[i].has_value()) continue;
    for (const LabelId label : records[i]->labels) {
      view.labels.emplace_back(reader.catalog().Name(label));
    }
    // By name: the order of ids tells who used a label first, seen or hidden.
    std::sort(view.labels.begin(), view.labels.end());
    for (const PropertyEntry& entry : records[i]->properties) {
      view.properties.emplace_back(std::string(reader.catalog().Name(entry.key)), entry.value);
    }
    std::sort(view.properties.begin(), view.properties.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return absl::OkStatus();
}

absl::Status DescribeLinks(const Reader& reader, const Viewer& viewer, const Graph& graph,
                           std::span<const LinkId> ids, std::vector<LinkView>* out) {
  std::vector<std::optional<LinkRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader.GetLinks(viewer, ids, &records));
  out->clear();
  out->resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    LinkView& view = (*out)[i];
    view.id = graph.EncodeElementId(ids[i]);
    if (!records[i].has_value()) continue;
    view.from = graph.EncodeElementId(records[i]->from);
    view.to = graph.EncodeElementId(records[i]->to);
    view.type = std::string(reader.catalog().Name(records[i]->type));
    for (const PropertyEntry& entry : records[i]->properties) {
      view.properties.emplace_back(std::string(reader.catalog().Name(entry.key)), entry.value);
    }
    std::sort(view.properties.begin(), view.properties.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return absl::OkStatus();
}

absl::StatusOr<HeldResult> RunToEnd(Run& run) {
  HeldResult out;
  out.columns = run.options().prepared->columns;
  exec::MemoryCharge charge(run.budget());
  exec::Batch batch;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, run.Next(&batch));
    if (!more) break;
    // Its values, and the rows that hold them.
    SKEIN_RETURN_IF_ERROR(
        charge.Take(batch.Bytes() + batch.rows * (sizeof(std::vector<Value>) +
                                                  out.columns.size() * sizeof(Value))));
    for (size_t row = 0; row < batch.rows; ++row) {
      std::vector<Value>& values = out.rows.emplace_back();
      values.reserve(out.columns.size());
      for (const auto& output : run.plan().outputs) {
        values.push_back(std::as_const(batch).at(output.slot).At(row));
      }
    }
  }
  SKEIN_RETURN_IF_ERROR(run.Finish());
  run.FillSummary(&out.summary);
  out.summary.rows = out.rows.size();
  out.graph = run.options().graph;
  out.viewer = run.options().viewer;
  out.reader = run.options().reader;
  return out;
}

namespace {

class StreamingCursor final : public Cursor {
 public:
  explicit StreamingCursor(std::unique_ptr<Run> run)
      : run_(std::move(run)), columns_(run_->options().prepared->columns) {
    summary_.notices = run_->options().notices;
    summary_.estimated_work = run_->options().prepared->estimated_work;
  }

  const std::vector<std::string>& columns() const override { return columns_; }

  absl::StatusOr<bool> Next(size_t max, std::vector<std::vector<Value>>* rows) override {
    rows->clear();
    while (!done_ && rows->size() < max) {
      if (row_ >= batch_.rows) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, run_->Next(&batch_));
        row_ = 0;
        if (!more) {
          done_ = true;
          batch_.Clear();
          run_->FillSummary(&summary_);
          summary_.rows = count_;
          break;
        }
      }
      for (; row_ < batch_.rows && rows->size() < max; ++row_, ++count_) {
        std::vector<Value>& values = rows->emplace_back();
        values.reserve(columns_.size());
        for (const auto& output : run_->plan().outputs) {
          values.push_back(std::as_const(batch_).at(output.slot).At(row_));
        }
      }
    }
    return !rows->empty();
  }

  const QuerySummary& summary() const override { return summary_; }
  absl::Status Describe(std::span<const NodeId> ids, std::vector<NodeView>* out) override {
    const RunOptions& o = run_->options();
    return DescribeNodes(*o.reader, o.viewer, *o.graph, ids, out);
  }
  absl::Status Describe(std::span<const LinkId> ids, std::vector<LinkView>* out) override {
    const RunOptions& o = run_->options();
    return DescribeLinks(*o.reader, o.viewer, *o.graph, ids, out);
  }
  void Cancel() override { run_->budget().cancelled.store(true, std::memory_order_relaxed); }

 private:
  std::unique_ptr<Run> run_;
  const std::vector<std::string>& columns_;  // of the run's plan
  exec::Batch batch_;
  size_t row_ = 0;
  uint64_t count_ = 0;
  bool done_ = false;
  QuerySummary summary_;
};

class HeldCursor final : public Cursor {
 public:
  explicit HeldCursor(HeldResult result) : result_(std::move(result)) {}
  const std::vector<std::string>& columns() const override { return result_.columns; }

  absl::StatusOr<bool> Next(size_t max, std::vector<std::vector<Value>>* rows) override {
    rows->clear();
    if (cancelled_.load(std::memory_order_relaxed)) return Cancelled("the query was cancelled");
    for (; next_ < result_.rows.size() && rows->size() < max; ++next_) {
      rows->push_back(std::move(result_.rows[next_]));
    }
    return !rows->empty();
  }

  const QuerySummary& summary() const override { return result_.summary; }
  absl::Status Describe(std::span<const NodeId> ids, std::vector<NodeView>* out) override {
    if (result_.reader == nullptr) return FailedPrecondition("the result has no elements");
    return DescribeNodes(*result_.reader, result_.viewer, *result_.graph, ids, out);
  }
  absl::Status Describe(std::span<const LinkId> ids, std::vector<LinkView>* out) override {
    if (result_.reader == nullptr) return FailedPrecondition("the result has no elements");
    SKEIN_RETURN_IF_ERROR(DescribeLinks(*result_.reader, result_.viewer, *result_.graph, ids, out));
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!(*out)[i].type.empty()) continue;
      for (const auto& [id, type] : result_.deleted_types) {
        if (id == ids[i]) (*out)[i].type = type;
      }
    }
    return absl::OkStatus();
  }
  void Cancel() override { cancelled_.store(true, std::memory_order_relaxed); }

 private:
  HeldResult result_;
  size_t next_ = 0;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

std::unique_ptr<Cursor> MakeStreamingCursor(std::unique_ptr<Run> run) {
  return std::make_unique<StreamingCursor>(std::move(run));
}
std::unique_ptr<Cursor> MakeHeldCursor(HeldResult result) {
  return std::make_unique<HeldCursor>(std::move(result));
}

}  // namespace skein
