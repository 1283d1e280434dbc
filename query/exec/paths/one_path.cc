#include "query/exec/paths/one_path.h"

#include <algorithm>

#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr uint32_t kRowsPerBatch = 512;

}  // namespace

void OnePath::Side::Start(NodeId node, uint64_t ids) {
  seen.Clear(ids);
  seen.Insert(node);
  nodes.assign(1, node);
  parents.assign(1, 0);
  links.clear();
  frontier = 0;
  depth = 0;
}

size_t OnePath::Side::Bytes() const {
  return seen.Bytes() + nodes.capacity() * sizeof(NodeId) + parents.capacity() * sizeof(uint32_t) +
         links.capacity() * sizeof(LinkId);
}

void OnePath::Side::Walk(uint32_t place, std::vector<NodeId>* walk,
                         std::vector<LinkId>* links_out) const {
  for (;; place = parents[place]) {
    walk->push_back(nodes[place]);
    if (place == 0) return;
    if (!links.empty()) links_out->push_back(links[place]);
  }
}

absl::Status OnePath::Search(NodeId from, NodeId to, const Options& options,
                             std::vector<NodeId>* nodes) {
  nodes->clear();
  path_links_.clear();
  SKEIN_ASSIGN_OR_RETURN(const uint64_t ids, context_.reader().NodeIdBound());
  left_.Start(from, ids);
  right_.Start(to, ids);
  if (options.filter != nullptr) left_.links = right_.links = {kNoLink};
  charge_.Release();
  charged_ = 0;
  while (left_.frontier_size() > 0 && right_.frontier_size() > 0 &&
         left_.depth + right_.depth < options.max) {
    const bool grow_left = left_.frontier_size() <= right_.frontier_size();
    Side& side = grow_left ? left_ : right_;
    const Side& other = grow_left ? right_ : left_;
    std::optional<Meeting> meeting;
    SKEIN_RETURN_IF_ERROR(Grow(&side, other, grow_left ? options.forward : options.backward,
                               options.filter, &meeting));
    if (!meeting) continue;
    const auto last = other.nodes.begin() + static_cast<ptrdiff_t>(other.frontier);
    const auto at = std::find(last, other.nodes.end(), meeting->node);
    if (at == other.nodes.end()) return Internal("a shortest path that could be shorter");
    const auto place = static_cast<uint32_t>(at - other.nodes.begin());
    left_.Walk(grow_left ? meeting->parent : place, nodes, &path_links_);
    left_steps_ = nodes->size() - 1;
    std::reverse(nodes->begin(), nodes->end());
    std::reverse(path_links_.begin(), path_links_.end());
    if (options.filter != nullptr) path_links_.push_back(meeting->link);
    if (grow_left) ++left_steps_;
    right_.Walk(grow_left ? place : meeting->parent, nodes, &path_links_);
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status OnePath::Grow(Side* side, const Side& other, ExpandOptions options,
                           const Filter* filter, std::optional<Meeting>* meeting) {
  options.links = filter != nullptr;
  // The sides may meet in any batch, and what was found beside it was found in vain.
  options.rows_per_batch = std::min(options.rows_per_batch, kRowsPerBatch);
  const auto begin = static_cast<uint32_t>(side->frontier);
  const std::span<const NodeId> frontier = std::span(side->nodes).subspan(begin);
  ++side->depth;
  fresh_.clear();
  fresh_parents_.clear();
  fresh_links_.clear();
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, context_.reader().Expand(context_.viewer(), frontier,
                                                                     options, context_.budget()));
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found_));
    if (!more) break;
    if (filter != nullptr) {
      kept_ = AllRows(found_.size());
      SKEIN_RETURN_IF_ERROR((*filter)(found_, &kept_));
      for (size_t i = 0; i < kept_.size(); ++i) {
        found_.source[i] = found_.source[kept_[i]];
        found_.neighbour[i] = found_.neighbour[kept_[i]];
        found_.link[i] = found_.link[kept_[i]];
      }
      found_.source.resize(kept_.size());
      found_.neighbour.resize(kept_.size());
      found_.link.resize(kept_.size());
    }
    const size_t met = other.seen.FindFirst(found_.neighbour);
    if (met < found_.size()) {
      *meeting = {begin + found_.source[met], filter != nullptr ? found_.link[met] : kNoLink,
                  found_.neighbour[met]};
      return absl::OkStatus();
    }
    side->seen.InsertAll(found_.neighbour, &kept_);
    for (const uint32_t i : kept_) fresh_.push_back(found_.neighbour[i]);
    for (const uint32_t i : kept_) fresh_parents_.push_back(begin + found_.source[i]);
    if (filter != nullptr) {
      for (const uint32_t i : kept_) fresh_links_.push_back(found_.link[i]);
    }
    SKEIN_RETURN_IF_ERROR(Charge());
    SKEIN_RETURN_IF_ERROR(context_.Check());
  }
  side->frontier = side->nodes.size();
  side->nodes.insert(side->nodes.end(), fresh_.begin(), fresh_.end());
  side->parents.insert(side->parents.end(), fresh_parents_.begin(), fresh_parents_.end());
  side->links.insert(side->links.end(), fresh_links_.begin(), fresh_links_.end());
  return absl::OkStatus();
}

absl::Status OnePath::Charge() {
  const size_t bytes = left_.Bytes() + right_.Bytes() + fresh_.capacity() * sizeof(NodeId) +
                       fresh_parents_.capacity() * sizeof(uint32_t) +
                       fresh_links_.capacity() * sizeof(LinkId);
  if (bytes <= charged_) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
  charged_ = bytes;
  return absl::OkStatus();
}

absl::Status OnePath::ReadLinks(const Options& options, const std::vector<NodeId>& nodes,
                                std::vector<LinkId>* links) {
  *links = path_links_;
  if (options.filter != nullptr) return absl::OkStatus();
  // Each side's steps are read the way it made them.
  const std::span<const NodeId> all(nodes);
  SKEIN_RETURN_IF_ERROR(FirstLinks(options.forward, all.first(left_steps_ + 1), links));
  std::vector<NodeId> back(nodes.rbegin(), nodes.rend() - static_cast<ptrdiff_t>(left_steps_));
  std::vector<LinkId> tail;
  SKEIN_RETURN_IF_ERROR(FirstLinks(options.backward, back, &tail));
  links->insert(links->end(), tail.rbegin(), tail.rend());
  return absl::OkStatus();
}

absl::Status OnePath::FirstLinks(ExpandOptions options, std::span<const NodeId> nodes,
                                 std::vector<LinkId>* links) {
  options.links = true;
  for (size_t i = 0; i + 1 < nodes.size(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                           context_.reader().Expand(context_.viewer(), nodes.subspan(i, 1), options,
                                                    context_.budget()));
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found_));
      if (!more) return Internal("a step of a shortest path is not there any more");
      const auto at = std::find(found_.neighbour.begin(), found_.neighbour.end(), nodes[i + 1]);
      if (at == found_.neighbour.end()) continue;
      links->push_back(found_.link[static_cast<size_t>(at - found_.neighbour.begin())]);
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace skein::exec
