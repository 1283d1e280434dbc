// Join: the right side is held and hashed once, the left side streams. Without keys: the product.
#include <utility>

#include "query/exec/group_table.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

// Rows that are hashed between two looks at the clock.
constexpr uint32_t kCheckEvery = 16'384;

class JoinOperator final : public Operator {
 public:
  JoinOperator(const plan::Node& node, Context& context, OperatorPtr left, OperatorPtr right)
      : Operator(node, context),
        left_(std::move(left)),
        right_(std::move(right)),
        charge_(context.budget()),
        table_(node.right_keys.size()) {}

  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(left_keys_, CompileAll(node_.left_keys, context_));
    SKEIN_ASSIGN_OR_RETURN(right_keys_, CompileAll(node_.right_keys, context_));
    return absl::OkStatus();
  }

  absl::Status Open() override {
    batch_.Clear();
    row_ = 0;
    match_ = UINT32_MAX;
    // The right side depends on no outer row: inside an Apply it is kept from run to run, unless
    // the statement writes.
    if (context_.transaction() != nullptr) filled_ = false;
    return left_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    std::vector<uint32_t> left_rows;
    std::vector<uint32_t> right_rows;
    for (;;) {
      while (row_ < batch_.rows && left_rows.size() < context_.batch_rows()) {
        Step(&left_rows, &right_rows);
      }
      if (!left_rows.empty()) break;
      SKEIN_ASSIGN_OR_RETURN(const bool more, left_->Next(&batch_));
      if (!more) return false;
      row_ = 0;
      if (!filled_) SKEIN_RETURN_IF_ERROR(Fill());
      SKEIN_RETURN_IF_ERROR(StartBatch());
    }
    out->Gather(batch_, left_rows, live());
    for (Slot slot = 0; slot < held_.columns.size(); ++slot) {
      if (held_.has(slot)) out->at(slot).Gather(held_.at(slot), right_rows);
    }
    return true;
  }

 private:
  absl::Status Fill() {
    held_.Clear();
    table_.Clear();
    first_.clear();
    chain_.clear();
    charge_.Release();
    SKEIN_RETURN_IF_ERROR(right_->Open());
    Batch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, right_->Next(&batch));
      if (!more) break;
      SKEIN_RETURN_IF_ERROR(charge_.Take(batch.Bytes()));
      // Batches may bring columns that nobody asked for, and not always the same ones.
      std::vector<Slot> carry;
      for (const Slot slot : node_.children[1]->live) {
        if (batch.has(slot)) carry.push_back(slot);
      }
      held_.Append(batch, AllRows(batch.rows), carry);
    }
    filled_ = true;
    if (right_keys_.empty()) return absl::OkStatus();
    std::vector<Column> keys(right_keys_.size());
    std::vector<const Column*> key_refs;
    for (size_t i = 0; i < keys.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*right_keys_[i], held_, &keys[i]));
      key_refs.push_back(&keys[i]);
    }
    chain_.assign(held_.rows, UINT32_MAX);
    // From the back, so that chains run in order of rows.
    for (auto row = static_cast<uint32_t>(held_.rows); row-- > 0;) {
      if (row % kCheckEvery == 0) SKEIN_RETURN_IF_ERROR(context_.Check());
      if (AnyNull(key_refs, row)) continue;
      bool added = false;
      const uint32_t group = table_.FindOrAdd(key_refs, row, &added);
      if (added) first_.push_back(UINT32_MAX);
      chain_[row] = first_[group];
      first_[group] = row;
    }
    return charge_.Take(table_.Bytes() + chain_.size() * 8);
  }

  absl::Status StartBatch() {
    keys_.assign(left_keys_.size(), Column());
    key_refs_.clear();
    for (size_t i = 0; i < keys_.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*left_keys_[i], batch_, &keys_[i]));
    }
    for (const Column& key : keys_) key_refs_.push_back(&key);
    match_ = First(0);
    return absl::OkStatus();
  }

  static bool AnyNull(const std::vector<const Column*>& keys, size_t row) {
    for (const Column* key : keys) {
      if (key->IsNull(row)) return true;
    }
    return false;
  }

  uint32_t First(size_t row) {
    if (row >= batch_.rows || held_.rows == 0) return UINT32_MAX;
    if (left_keys_.empty()) return 0;
    if (AnyNull(key_refs_, row)) return UINT32_MAX;
    const uint32_t group = table_.Find(key_refs_, row);
    return group == UINT32_MAX ? UINT32_MAX : first_[group];
  }

  // One pair, or on to the next row of the left.
  void Step(std::vector<uint32_t>* left_rows, std::vector<uint32_t>* right_rows) {
    if (match_ == UINT32_MAX) {
      match_ = First(++row_);
      return;
    }
    left_rows->push_back(row_);
    right_rows->push_back(match_);
    if (!left_keys_.empty()) {
      match_ = chain_[match_];
    } else {
      match_ = match_ + 1 < held_.rows ? match_ + 1 : UINT32_MAX;
    }
  }

  OperatorPtr left_;
  OperatorPtr right_;
  std::vector<EvaluatorPtr> left_keys_;
  std::vector<EvaluatorPtr> right_keys_;
  MemoryCharge charge_;
  GroupTable table_;
  Batch held_;
  std::vector<uint32_t> first_;  // by group of the table
  std::vector<uint32_t> chain_;  // by row of the right side
  bool filled_ = false;
  Batch batch_;
  std::vector<Column> keys_;
  std::vector<const Column*> key_refs_;
  uint32_t row_ = 0;
  uint32_t match_ = UINT32_MAX;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeJoin(const plan::Node& node, OperatorPtr left, OperatorPtr right,
                                     Context& c) {
  auto out = std::make_unique<JoinOperator>(node, c, std::move(left), std::move(right));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
