// Expand: one hop from every row; the whole input batch is one frontier.
#include <utility>

#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class ExpandOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;

  absl::Status Open() override {
    cursor_.reset();
    batch_.Clear();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      if (cursor_ == nullptr) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        SKEIN_RETURN_IF_ERROR(Start());
        if (cursor_ == nullptr) continue;
      }
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor_->Next(&found_));
      if (!more) {
        cursor_.reset();
        continue;
      }
      if (Emit(out)) return true;
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
  }

 private:
  absl::Status Start() {
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch_.at(node_.from)));
    frontier_.clear();
    rows_.clear();
    for (uint32_t row = 0; row < from.size(); ++row) {
      if (from[row] == kNoNode) continue;
      frontier_.push_back(from[row]);
      rows_.push_back(row);
    }
    if (frontier_.empty()) return absl::OkStatus();
    bool none = false;
    ExpandOptions options = OptionsOf(node_, context_, &none);
    if (none) return absl::OkStatus();
    distinct_.Reset(batch_, node_.distinct_links);
    options.links = IsLive(node_.link) || !distinct_.empty();
    SKEIN_ASSIGN_OR_RETURN(cursor_, context_.reader().Expand(context_.viewer(), frontier_, options,
                                                             context_.budget()));
    return absl::OkStatus();
  }

  // False where no row is left.
  bool Emit(Batch* out) {
    std::vector<uint32_t> picked;
    picked.reserve(found_.size());
    if (distinct_.empty()) {
      for (const uint32_t source : found_.source) picked.push_back(rows_[source]);
      out->Gather(batch_, picked, live());
      out->at(node_.to) = Column::Nodes(std::move(found_.neighbour));
      if (IsLive(node_.link)) out->at(node_.link) = Column::Links(std::move(found_.link));
      return out->rows > 0;
    }
    std::vector<NodeId> to;
    std::vector<LinkId> links;
    for (size_t i = 0; i < found_.size(); ++i) {
      const uint32_t row = rows_[found_.source[i]];
      if (!distinct_.Allows(row, found_.link[i])) continue;
      picked.push_back(row);
      to.push_back(found_.neighbour[i]);
      links.push_back(found_.link[i]);
    }
    if (picked.empty()) return false;
    out->Gather(batch_, picked, live());
    out->at(node_.to) = Column::Nodes(std::move(to));
    if (IsLive(node_.link)) out->at(node_.link) = Column::Links(std::move(links));
    return true;
  }

  std::unique_ptr<ExpandCursor> cursor_;
  Batch batch_;
  ExpandBatch found_;
  std::vector<NodeId> frontier_;
  std::vector<uint32_t> rows_;  // input row by frontier position
  DistinctLinks distinct_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeExpand(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<ExpandOperator>(node, c, std::move(input)));
}

}  // namespace skein::exec
