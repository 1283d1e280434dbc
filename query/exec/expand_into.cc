// ExpandInto: links between two known ends. The distinct vertices of the cheaper side are expanded
// once a batch, and each link found probes the pairs that the rows ask for.
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "query/exec/time_windows.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class ExpandIntoOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() { return windows_.Compile(node_, context_); }

  absl::Status Open() override {
    batch_.Clear();
    picked_.clear();
    links_.clear();
    next_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (next_ >= picked_.size()) {
      picked_.clear();
      links_.clear();
      next_ = 0;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
      if (!more) return false;
      SKEIN_RETURN_IF_ERROR(Match());
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    const size_t n = std::min<size_t>(context_.batch_rows(), picked_.size() - next_);
    out->Gather(batch_, std::span(picked_).subspan(next_, n), live());
    if (IsLive(node_.link)) {
      out->at(node_.link) = Column::Links({links_.begin() + static_cast<ptrdiff_t>(next_),
                                           links_.begin() + static_cast<ptrdiff_t>(next_ + n)});
    }
    next_ += n;
    return true;
  }

 private:
  // Distinct vertices of one side and, by row, their position among them.
  struct Side {
    std::vector<NodeId> distinct;
    std::vector<uint32_t> position;  // UINT32_MAX: null
    void Fill(const std::vector<NodeId>& ids) {
      absl::flat_hash_map<NodeId, uint32_t> seen;
      position.reserve(ids.size());
      for (const NodeId id : ids) {
        if (id == kNoNode) {
          position.push_back(UINT32_MAX);
          continue;
        }
        const auto [it, added] = seen.try_emplace(id, static_cast<uint32_t>(distinct.size()));
        if (added) distinct.push_back(id);
        position.push_back(it->second);
      }
    }
  };

  absl::StatusOr<uint64_t> Cost(const Side& side, const ExpandOptions& options) const {
    std::vector<uint64_t> degrees;
    SKEIN_RETURN_IF_ERROR(context_.reader().Degrees(context_.viewer(), side.distinct, options,
                                                    context_.budget(), &degrees));
    return std::accumulate(degrees.begin(), degrees.end(), uint64_t{0});
  }

  absl::Status Match() {
    bool none = false;
    SKEIN_ASSIGN_OR_RETURN(ExpandOptions forward, WindowedOptionsOf(node_, context_, &none));
    if (none || batch_.rows == 0) return absl::OkStatus();
    // Bounds are the same for every row: a vertex that several rows share is expanded once.
    SKEIN_RETURN_IF_ERROR(windows_.Reset(batch_));
    windows_.Apply(0, &forward);
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> from, AsNodes(batch_.at(node_.from)));
    SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> to, AsNodes(batch_.at(node_.to)));
    Side left;
    Side right;
    left.Fill(from);
    right.Fill(to);
    if (left.distinct.empty() || right.distinct.empty()) return absl::OkStatus();
    ExpandOptions backward = forward;
    if (forward.direction == Direction::kOut) backward.direction = Direction::kIn;
    if (forward.direction == Direction::kIn) backward.direction = Direction::kOut;
    bool turned = false;
    if (batch_.rows > 1 || left.distinct != right.distinct) {
      SKEIN_ASSIGN_OR_RETURN(const uint64_t cost_left, Cost(left, forward));
      SKEIN_ASSIGN_OR_RETURN(const uint64_t cost_right, Cost(right, backward));
      turned = cost_right < cost_left;
    }
    return turned ? Probe(right, to, from, backward) : Probe(left, from, to, forward);
  }

  absl::Status Probe(const Side& side, const std::vector<NodeId>& near,
                     const std::vector<NodeId>& far, ExpandOptions options) {
    // Rows by (near, far), chained.
    absl::flat_hash_map<std::pair<uint32_t, NodeId>, uint32_t> heads;
    std::vector<uint32_t> chain(near.size(), UINT32_MAX);
    for (auto row = static_cast<uint32_t>(near.size()); row-- > 0;) {
      if (side.position[row] == UINT32_MAX || far[row] == kNoNode) continue;
      const auto [it, added] = heads.try_emplace({side.position[row], far[row]}, row);
      if (!added) {
        chain[row] = it->second;
        it->second = row;
      }
    }
    if (heads.empty()) return absl::OkStatus();
    DistinctLinks distinct;
    distinct.Reset(batch_, node_.distinct_links);
    options.links = IsLive(node_.link) || !distinct.empty();
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), side.distinct,
                                                                 options, context_.budget()));
    ExpandBatch found;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found));
      if (!more) return absl::OkStatus();
      for (size_t i = 0; i < found.size(); ++i) {
        const auto it = heads.find({found.source[i], found.neighbour[i]});
        if (it == heads.end()) continue;
        for (uint32_t row = it->second; row != UINT32_MAX; row = chain[row]) {
          if (!distinct.empty() && !distinct.Allows(row, found.link[i])) continue;
          picked_.push_back(row);
          if (options.links) links_.push_back(found.link[i]);
        }
      }
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
  }

  Batch batch_;
  std::vector<uint32_t> picked_;
  std::vector<LinkId> links_;
  TimeWindows windows_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeExpandInto(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<ExpandIntoOperator>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
