// Context: what one run of one statement shares: reader, transaction, budget, parameters, clocks.
//
// Threads   One statement, one thread at a time; Budget::cancelled may be set from any.
// Lifetime  Borrows everything in its options, which outlive it.
// Cost      Element look-ups that an evaluator announces (Prefetch) are one call for a whole batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "query/exec/batch.h"
#include "query/functions/function.h"
#include "query/functions/fusion.h"
#include "query/plan/explain.h"
#include "query/procedures/procedure.h"
#include "query/procedures/running.h"
#include "storage/base/clock.h"
#include "storage/graph/graph.h"

namespace skein::exec {

class Workers;

// What a statement has changed; see QuerySummary.
struct Counters {
  uint64_t nodes_created = 0, nodes_deleted = 0, links_created = 0, links_deleted = 0;
  uint64_t properties_set = 0, labels_added = 0, labels_removed = 0;
};

struct ContextOptions {
  const Reader* reader = nullptr;      // a snapshot, or the transaction
  Transaction* transaction = nullptr;  // null: a statement that does not write
  Graph* graph = nullptr;
  const Viewer* viewer = nullptr;
  Budget* budget = nullptr;
  const ValueMap* parameters = nullptr;
  Clock* clock = nullptr;
  absl::Time statement_time, transaction_time;
  uint32_t batch_rows = 2048;
  bool measure = false;                        // PROFILE
  procedures::QueryRunner* queries = nullptr;  // runs what procedures are given as text
  std::string_view person = {};                // who asks, as the connection names them
  procedures::RunningQueries* running = nullptr;
  procedures::Asker asker;
  Workers* workers = nullptr;     // null: one thread
  double parallel_from = 20'000;  // rows of a scan from which on several threads share it
};

// Ids of a scan: [from, to).
struct ScanPart {
  NodeId from{}, to{};
};

class Context final : public functions::EvalContext, public functions::FusionContext {
 public:
  explicit Context(const ContextOptions& options);

  const Reader& reader() const { return *reader_; }
  Transaction* transaction() const { return options_.transaction; }
  Graph& graph() const { return *options_.graph; }
  const Viewer& viewer() const { return *options_.viewer; }
  Budget& budget() const { return *options_.budget; }
  uint32_t batch_rows() const { return options_.batch_rows; }
  bool measuring() const { return options_.measure; }
  Clock& clock() const { return *options_.clock; }
  procedures::QueryRunner* queries() const { return options_.queries; }
  std::string_view person() const { return options_.person; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  plan::Measures& measures() { return measures_; }
  const plan::Measures& measures() const { return measures_; }
  procedures::RunningQueries* running() const { return options_.running; }
  const procedures::Asker& asker() const { return options_.asker; }

  // Several threads, where a scan of `rows` is worth it; else null.
  Workers* WorkersFor(double rows) const {
    const bool may = rows > 0 && rows >= options_.parallel_from && !options_.measure;
    return may && options_.transaction == nullptr ? options_.workers : nullptr;
  }
  // A context for another thread that works on the same statement, alone: it borrows what this one
  // borrows and lives no longer.
  std::unique_ptr<Context> ForThread() const;
  // What the one scan of this context's operators is to give; nullopt: all.
  void set_scan_part(const ScanPart& part) { scan_part_ = part; }
  const std::optional<ScanPart>& scan_part() const { return scan_part_; }

  // Outer rows of a running EXISTS, by the partition slot of its rows, that have had their
  // match: 1. Set while the evaluator drains the inner plan; null: none is running.
  using Settled = std::vector<uint8_t>;
  const Settled* settled(plan::Slot partition) const {
    for (const auto& [slot, rows] : settled_) {
      if (slot == partition) return rows;
    }
    return nullptr;
  }
  void PushSettled(plan::Slot partition, const Settled* rows) {
    settled_.emplace_back(partition, rows);
  }
  void PopSettled() { settled_.pop_back(); }

  // What one call of Operator::Next spent in the calls below it; PROFILE takes it off.
  struct Spent {
    int64_t nanos = 0, bytes = 0, rows = 0, calls = 0;
  };
  Spent* below() const { return below_; }
  void set_below(Spent* spent) { below_ = spent; }
  uint64_t storage_calls() const { return storage_calls_; }

  // OK, CANCELLED, DEADLINE_EXCEEDED; once a batch. Looks at the clock too: at the real one a few
  // times a millisecond at most, because it costs more than many a batch.
  absl::Status Check();

  // ParameterMissing where it was not given.
  absl::StatusOr<const Value*> Parameter(const std::string& name, Position at) const;

  // Names to ids as of now; nullopt: the name is not in use (and is looked up again next time).
  std::optional<LabelId> Label(const std::string& name);
  std::optional<LinkTypeId> Type(const std::string& name);
  std::optional<KeyId> Key(const std::string& name);
  // The ids of the types in use. *none: `names` is not empty, but none is in use.
  std::vector<LinkTypeId> Types(const std::vector<std::string>& names, bool* none);

  // What this statement has deleted; reading it is EntityNotFound/DeletedEntityAccess.
  void NoteDeleted(NodeId id) { deleted_nodes_.insert(id); }
  void NoteDeleted(LinkId id) { deleted_links_.insert(id); }
  bool IsDeleted(NodeId id) const { return !deleted_nodes_.empty() && deleted_nodes_.contains(id); }
  bool IsDeleted(LinkId id) const { return !deleted_links_.empty() && deleted_links_.contains(id); }
  static absl::Status DeletedError();
  // The last known type of a link deleted by this statement: type() still answers.
  void NoteType(LinkId id, LinkTypeId type) { deleted_types_[id] = type; }

  // Nodes to delete. Those without links go at once, the others when their links are gone; at the
  // end of the statement (FinishDeletes) links left are ConstraintVerificationFailed.
  void DeferNodeDeletes(const std::vector<NodeId>& nodes);
  absl::Status DeleteUnlinkedNodes();
  absl::Status FinishDeletes();

  // Announces elements that the functions called next will ask about, in one read.
  enum class Wanted : uint8_t { kLabels, kProperties, kEnds };
  absl::Status Prefetch(Wanted wanted, std::span<const Value> elements);
  void DropPrefetched();

  // functions::EvalContext
  absl::StatusOr<std::vector<std::string>> LabelsOf(NodeId node) override;
  absl::StatusOr<std::string> TypeNameOf(LinkId link) override;
  absl::StatusOr<Ends> EndsOf(LinkId link) override;
  absl::StatusOr<ValueMap> PropertiesOf(NodeId node) override;
  absl::StatusOr<ValueMap> PropertiesOf(LinkId link) override;
  absl::StatusOr<Value> PropertyOf(NodeId node, std::string_view key) override;
  absl::StatusOr<Value> PropertyOf(LinkId link, std::string_view key) override;
  absl::StatusOr<ValidTime> ValidOf(NodeId node) override;
  absl::StatusOr<ValidTime> ValidOf(LinkId link) override;
  absl::StatusOr<int64_t> DegreeOf(NodeId node, Ways ways, std::string_view type) override;
  absl::StatusOr<int64_t> PublicIdOf(NodeId node) override;
  absl::StatusOr<int64_t> PublicIdOf(LinkId link) override;
  absl::StatusOr<std::vector<NodeId>> ClusterOf(NodeId node) override;
  absl::StatusOr<ValueList> RecordsOf(NodeId node) override;
  absl::StatusOr<ValueList> ValuesOf(NodeId node, std::string_view property) override;
  absl::Time StatementTime() override { return options_.statement_time; }
  absl::Time TransactionTime() override { return options_.transaction_time; }
  absl::Time RealTime() override { return options_.clock->Now(); }
  double Random() override;
  absl::Status Charge(uint64_t bytes) override;
  // Gives back what evaluation charged since the last call: its values have gone, or are charged
  // to the operator that holds them.
  void GiveBackEvaluation();

 private:
  // A statement that writes may be the first to use a name.
  bool Writes() const { return options_.transaction != nullptr; }
  absl::StatusOr<LinkEnds> LinkEndsOf(LinkId link);
  ValueMap ToMap(const std::vector<PropertyEntry>& entries) const;

  ContextOptions options_;
  uint64_t storage_calls_ = 0;
  std::unique_ptr<Reader> counting_;  // PROFILE
  const Reader* reader_ = nullptr;
  Spent* below_ = nullptr;
  const bool real_clock_;
  std::vector<std::pair<plan::Slot, const Settled*>> settled_;
  uint64_t looked_ = 0;  // at the clock, in cycles
  std::optional<ScanPart> scan_part_;
  Counters counters_;
  plan::Measures measures_;
  std::optional<std::mt19937_64> random_;  // made with the first number
  int64_t evaluation_bytes_ = 0;
  std::vector<NodeId> deferred_;
  absl::flat_hash_set<NodeId> deleted_nodes_;
  absl::flat_hash_set<LinkId> deleted_links_;
  absl::flat_hash_map<LinkId, LinkTypeId> deleted_types_;
  absl::flat_hash_map<NodeId, std::vector<std::string>> labels_of_;
  absl::flat_hash_map<NodeId, ValueMap> node_properties_;
  absl::flat_hash_map<LinkId, ValueMap> link_properties_;
  absl::flat_hash_map<LinkId, LinkEnds> ends_of_;
};

// Bytes taken from the query's memory budget, given back when this goes.
class MemoryCharge {
 public:
  explicit MemoryCharge(Budget& budget) : budget_(budget) {}
  ~MemoryCharge() { Release(); }
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;
  // RESOURCE_EXHAUSTED: the budget is spent.
  absl::Status Take(size_t bytes);
  void Release();

 private:
  Budget& budget_;
  int64_t taken_ = 0;
};

}  // namespace skein::exec
