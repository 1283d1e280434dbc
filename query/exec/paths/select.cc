// Select: SHORTEST k and SHORTEST k GROUPS over matches that a pattern has found: of the rows with
// the same outer row and the same ends, those with the smallest lengths.
//
// Order     As the input's; of equally long matches the ones that came first are taken.
// Cost      Holds the candidates, charged; a match longer than k others is dropped as it comes.
#include <algorithm>
#include <utility>

#include "query/exec/group_table.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class SelectOperator final : public UnaryOperator {
 public:
  SelectOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        slots_(node.keys),
        charge_(context.budget()),
        table_(node.keys.size() + (node.partition == kNoSlot ? 0 : 1)) {
    if (node.partition != kNoSlot) slots_.push_back(node.partition);
  }
  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(length_, exec::Compile(node_.exprs[0], context_));
    return absl::OkStatus();
  }

  absl::Status Open() override {
    table_.Clear();
    charge_.Release();
    groups_.clear();
    lengths_.clear();
    group_of_.clear();
    rows_.Clear();
    picked_.clear();
    next_ = 0;
    done_ = false;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (!done_) {
      SKEIN_RETURN_IF_ERROR(Fill());
      Pick();
      done_ = true;
    }
    if (next_ >= picked_.size()) return false;
    const size_t n = std::min<size_t>(context_.batch_rows(), picked_.size() - next_);
    out->Gather(rows_, std::span(picked_).subspan(next_, n), live());
    next_ += n;
    return true;
  }

 private:
  // Lengths that count for one pair of ends, ascending: the k smallest, or the k smallest distinct.
  using Group = std::vector<int64_t>;

  // Takes the length in; false where it is longer than what is wanted already.
  bool Wanted(Group* group, int64_t length) const {
    const auto k = static_cast<size_t>(node_.count);
    if (group->size() >= k && length > group->back()) return false;
    if (!node_.groups && group->size() >= k && length == group->back()) return false;
    const auto at = std::lower_bound(group->begin(), group->end(), length);
    if (node_.groups && at != group->end() && *at == length) return true;
    group->insert(at, length);
    if (group->size() > k) group->pop_back();
    return true;
  }

  absl::Status Fill() {
    Batch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) return absl::OkStatus();
      Column length;
      SKEIN_RETURN_IF_ERROR(EvalAll(*length_, batch, &length));
      context_.GiveBackEvaluation();
      std::vector<const Column*> keys;
      for (const Slot slot : slots_) keys.push_back(&batch.at(slot));
      std::vector<uint32_t> kept;
      for (uint32_t row = 0; row < batch.rows; ++row) {
        bool added = false;
        const uint32_t group = table_.FindOrAdd(keys, row, &added);
        if (added) groups_.emplace_back();
        const int64_t links = length.At(row).integer();
        if (!Wanted(&groups_[group], links)) continue;
        kept.push_back(row);
        lengths_.push_back(links);
        group_of_.push_back(group);
      }
      if (kept.empty()) continue;
      const size_t before = rows_.Bytes();
      rows_.Append(batch, kept, live());
      const size_t after = rows_.Bytes();
      SKEIN_RETURN_IF_ERROR(charge_.Take((after > before ? after - before : 0) + kept.size() * 16));
    }
  }

  void Pick() {
    std::vector<size_t> left(groups_.size(), static_cast<size_t>(node_.count));
    std::vector<uint32_t> order = AllRows(lengths_.size());
    std::stable_sort(order.begin(), order.end(),
                     [this](uint32_t a, uint32_t b) { return lengths_[a] < lengths_[b]; });
    for (const uint32_t row : order) {
      const Group& group = groups_[group_of_[row]];
      if (lengths_[row] > group.back()) continue;
      if (!node_.groups && left[group_of_[row]]-- == 0) {
        left[group_of_[row]] = 0;
        continue;
      }
      picked_.push_back(row);
    }
    std::sort(picked_.begin(), picked_.end());
  }

  std::vector<Slot> slots_;
  MemoryCharge charge_;
  EvaluatorPtr length_;
  GroupTable table_;
  std::vector<Group> groups_;
  Batch rows_;
  std::vector<int64_t> lengths_;    // by row
  std::vector<uint32_t> group_of_;  // by row
  std::vector<uint32_t> picked_;
  size_t next_ = 0;
  bool done_ = false;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeSelect(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<SelectOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
