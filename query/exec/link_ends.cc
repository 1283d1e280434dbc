// LinkEnds: the two ends of a link that is bound already.
#include <algorithm>
#include <utility>

#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class LinkEndsOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    for (;;) {
      Batch batch;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) return false;
      SKEIN_RETURN_IF_ERROR(Match(batch));
      if (picked_.empty()) continue;
      out->Gather(batch, picked_, live());
      out->at(node_.from) = Column::Nodes(std::move(from_));
      out->at(node_.to) = Column::Nodes(std::move(to_));
      return true;
    }
  }

 private:
  absl::Status Match(const Batch& batch) {
    picked_.clear();
    from_.clear();
    to_.clear();
    bool none = false;
    const ExpandOptions options = OptionsOf(node_, context_, &none);
    if (none) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(const std::vector<LinkId> links, AsLinks(batch.at(node_.link)));
    std::vector<LinkEnds> ends;
    SKEIN_RETURN_IF_ERROR(context_.reader().GetLinkEnds(context_.viewer(), links, &ends));
    std::vector<NodeId> left;
    std::vector<NodeId> right;
    if (node_.from_bound) {
      SKEIN_ASSIGN_OR_RETURN(left, AsNodes(batch.at(node_.from)));
    }
    if (node_.to_bound && node_.to != node_.from) {
      SKEIN_ASSIGN_OR_RETURN(right, AsNodes(batch.at(node_.to)));
    }
    DistinctLinks distinct;
    distinct.Reset(batch, node_.distinct_links);
    for (uint32_t row = 0; row < links.size(); ++row) {
      const LinkEnds& e = ends[row];
      if (links[row] == kNoLink || e.from == kNoNode || context_.IsDeleted(links[row])) continue;
      if (!options.types.empty() &&
          !std::binary_search(options.types.begin(), options.types.end(), e.type)) {
        continue;
      }
      if (!distinct.Allows(row, links[row])) continue;
      const auto offer = [&, row](NodeId a, NodeId b) {
        if (node_.from_bound && left[row] != a) return;
        if (node_.to == node_.from) {
          if (a != b) return;
        } else if (node_.to_bound && right[row] != b) {
          return;
        }
        picked_.push_back(row);
        from_.push_back(a);
        to_.push_back(b);
      };
      if (options.direction != Direction::kIn) offer(e.from, e.to);
      if (options.direction == Direction::kIn ||
          (options.direction == Direction::kBoth && e.from != e.to)) {
        offer(e.to, e.from);
      }
    }
    return absl::OkStatus();
  }

  std::vector<uint32_t> picked_;
  std::vector<NodeId> from_;
  std::vector<NodeId> to_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeLinkEnds(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<LinkEndsOperator>(node, c, std::move(input)));
}

}  // namespace skein::exec
