// SemiJoin and AntiJoin: the keys of the right side are held, rows of the left pass whose keys are
// (are not) among them. One key, as it is the rule, is a node: then they are a NodeSet.
#include <algorithm>
#include <utility>

#include "query/exec/group_table.h"
#include "query/exec/node_set.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class SemiJoinOperator final : public Operator {
 public:
  SemiJoinOperator(const plan::Node& node, Context& context, OperatorPtr left, OperatorPtr right)
      : Operator(node, context),
        left_(std::move(left)),
        right_(std::move(right)),
        anti_(node.kind == plan::NodeKind::kAntiJoin),
        charge_(context.budget()),
        table_(node.right_keys.size()) {}

  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(left_keys_, CompileAll(node_.left_keys, context_));
    SKEIN_ASSIGN_OR_RETURN(right_keys_, CompileAll(node_.right_keys, context_));
    return absl::OkStatus();
  }

  absl::Status Open() override {
    // As of a join, the right side is kept from run to run, unless the statement writes.
    if (context_.transaction() != nullptr) filled_ = false;
    return left_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, left_->Next(&batch_));
      if (!more) return false;
      if (!filled_) SKEIN_RETURN_IF_ERROR(Fill());
      if (table_.size() + set_.size() == 0 && !anti_) return false;
      SKEIN_RETURN_IF_ERROR(Pick());
      if (picked_.empty()) continue;
      if (picked_.size() == batch_.rows) {
        *out = std::move(batch_);
        return true;
      }
      out->Gather(batch_, picked_, live());
      out->rows = picked_.size();
      return true;
    }
  }

 private:
  absl::Status Evaluate(const std::vector<EvaluatorPtr>& keys, const Batch& batch) {
    keys_.assign(keys.size(), Column());
    key_refs_.clear();
    for (size_t i = 0; i < keys.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(EvalAll(*keys[i], batch, &keys_[i]));
    }
    for (const Column& key : keys_) key_refs_.push_back(&key);
    return absl::OkStatus();
  }

  bool one_node() const { return right_keys_.size() == 1; }

  absl::Status Fill() {
    table_.Clear();
    charge_.Release();
    SKEIN_ASSIGN_OR_RETURN(const uint64_t bound, context_.reader().NodeIdBound());
    if (one_node()) set_.Clear(bound);
    SKEIN_RETURN_IF_ERROR(right_->Open());
    Batch batch;
    std::vector<uint32_t> numbers;
    size_t charged = 0;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, right_->Next(&batch));
      if (!more) break;
      SKEIN_RETURN_IF_ERROR(Evaluate(right_keys_, batch));
      if (one_node()) {
        SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> nodes, AsNodes(keys_[0]));
        set_.InsertAll(nodes, static_cast<std::vector<NodeId>*>(nullptr));
      } else {
        table_.FindOrAddAll(key_refs_, batch.rows, &numbers, nullptr);
      }
      const size_t bytes = one_node() ? set_.Bytes() : table_.Bytes();
      if (bytes > charged) SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged));
      charged = std::max(charged, bytes);
    }
    filled_ = true;
    return absl::OkStatus();
  }

  // The rows of batch_ that pass. A null is among nothing: the right side has none.
  absl::Status Pick() {
    SKEIN_RETURN_IF_ERROR(Evaluate(left_keys_, batch_));
    picked_.clear();
    if (one_node()) {
      SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> nodes, AsNodes(keys_[0]));
      for (uint32_t row = 0; row < batch_.rows; ++row) {
        const bool found = nodes[row] != kNoNode && set_.Contains(nodes[row]);
        if (found != anti_) picked_.push_back(row);
      }
      return absl::OkStatus();
    }
    for (uint32_t row = 0; row < batch_.rows; ++row) {
      bool null = false;
      for (const Column* key : key_refs_) null |= key->IsNull(row);
      const bool found = !null && table_.Find(key_refs_, row) != UINT32_MAX;
      if (found != anti_) picked_.push_back(row);
    }
    return absl::OkStatus();
  }

  OperatorPtr left_;
  OperatorPtr right_;
  const bool anti_;
  std::vector<EvaluatorPtr> left_keys_;
  std::vector<EvaluatorPtr> right_keys_;
  MemoryCharge charge_;
  GroupTable table_;  // of several keys
  NodeSet set_;       // of one
  bool filled_ = false;
  Batch batch_;
  std::vector<uint32_t> picked_;
  std::vector<Column> keys_;
  std::vector<const Column*> key_refs_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeSemiJoin(const plan::Node& node, OperatorPtr left,
                                         OperatorPtr right, Context& c) {
  auto out = std::make_unique<SemiJoinOperator>(node, c, std::move(left), std::move(right));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
