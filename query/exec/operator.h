// Operator: one node of a plan at work. Rows are pulled in batches.
//
// Shape     Next() replaces *out by 1 … batch_rows rows (a little more where one input row gives
//           many), false at the end. Columns that the plan node lists as live are present where the
//           row has them; others may be.
// Order     Deterministic for a given snapshot, plan and batch size.
// Errors    Of the query (with a QueryError), of the reader, of the budget; checked every batch.
//           After an error only destruction and Open() are allowed.
// Restart   Open() starts anew: an Apply runs its inner plan once for each batch of outer rows.
// Threads   One. Lifetime: borrows the plan node and the Context.
// Cost      One virtual call a batch; measured only under PROFILE.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "query/exec/batch.h"
#include "query/exec/context.h"
#include "query/exec/evaluator.h"
#include "query/plan/node.h"

namespace skein::exec {

class Operator {
 public:
  Operator(const plan::Node& node, Context& context) : node_(node), context_(context) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  virtual absl::Status Open() = 0;
  absl::StatusOr<bool> Next(Batch* out);

 protected:
  virtual absl::StatusOr<bool> DoNext(Batch* out) = 0;
  absl::StatusOr<bool> Measured(Batch* out);  // DoNext under PROFILE
  std::span<const Slot> live() const { return node_.live; }
  bool IsLive(Slot slot) const;

  const plan::Node& node_;
  Context& context_;
};
using OperatorPtr = std::unique_ptr<Operator>;

// Leaf of a plan: hands out the batch that its Apply set, or one row without columns.
class ArgumentOperator final : public Operator {
 public:
  using Operator::Operator;
  // The rows of the next Open(); borrowed until then.
  void Set(const Batch* rows) { rows_ = rows; }
  const Batch* rows() const { return rows_; }
  absl::Status Open() override {
    done_ = false;
    return absl::OkStatus();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override;

 private:
  const Batch* rows_ = nullptr;
  bool done_ = false;
};

// Arguments of the plan being built, by the partition slot of their Apply.
struct BuildContext {
  explicit BuildContext(Context& c) : context(c) {}
  Context& context;
  std::unordered_map<Slot, std::vector<ArgumentOperator*>> arguments;

  // All leaves of one Apply get the same rows.
  void SetArguments(Slot partition, const Batch* rows) const;
  // Rows that the Apply of `partition` set; null outside one.
  const ArgumentOperator* FirstArgument(Slot partition) const;
};

// The operator of a node, its inputs built.
absl::StatusOr<OperatorPtr> BuildOperator(const plan::Node& node, BuildContext& build);

// An operator with one input.
class UnaryOperator : public Operator {
 public:
  UnaryOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : Operator(node, context), input_(std::move(input)) {}
  absl::Status Open() override { return input_->Open(); }

 protected:
  OperatorPtr input_;
};

// An inner plan with its arguments: what Apply, Merge and subquery expressions run.
class InnerPlan {
 public:
  InnerPlan(const plan::Node& root, Slot partition) : root_(root), partition_(partition) {}
  absl::Status Build(Context& context);
  // Slots that the inner plan wants of the outer row, the partition apart.
  const std::vector<Slot>& wanted() const { return wanted_; }
  // Starts over the given outer rows, which must carry the partition column and stay.
  absl::Status Start(const Batch* arguments);
  absl::StatusOr<bool> Next(Batch* out) { return operator_->Next(out); }
  Slot partition() const { return partition_; }

 private:
  const plan::Node& root_;
  Slot partition_;
  std::unique_ptr<BuildContext> build_;
  OperatorPtr operator_;
  std::vector<Slot> wanted_;
};

// 0 … n−1 as a partition column.
Column Ordinals(size_t n);

}  // namespace skein::exec
