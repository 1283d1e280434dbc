#include "query/exec/paths/shortest_trails.h"

#include <algorithm>

#include "storage/base/status.h"

namespace skein::exec {

absl::Status ShortestTrails::Search(NodeId from, NodeId to, const Options& options,
                                    const Filter& filter, std::vector<std::vector<LinkId>>* out) {
  charge_.Release();
  distance_.clear();
  distance_[to] = 0;
  frontier_ = {to};
  radius_ = 0;
  while (!distance_.contains(from)) {
    if (frontier_.empty() || radius_ >= options.max) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(GrowBack(options, filter));
  }
  int64_t found = 0;
  for (int64_t length = std::max(options.min, distance_[from]);
       length <= options.max && found < options.count; ++length) {
    while (radius_ < length && !frontier_.empty()) {
      SKEIN_RETURN_IF_ERROR(GrowBack(options, filter));
    }
    const size_t before = out->size();
    bool cut = false;
    SKEIN_RETURN_IF_ERROR(WalksOf(length, from, to, options, filter, &cut, out));
    if (options.groups) {
      found += out->size() > before ? 1 : 0;
    } else {
      const auto left = static_cast<size_t>(options.count - found);
      if (out->size() - before > left) out->resize(before + left);
      found += static_cast<int64_t>(out->size() - before);
    }
    if (!cut) return absl::OkStatus();
  }
  return absl::OkStatus();
}

template <typename Take>
absl::Status ShortestTrails::ExpandAll(std::span<const NodeId> frontier, ExpandOptions options,
                                       const Filter& filter, const Take& take) {
  options.links = true;
  SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), frontier, options,
                                                               context_.budget()));
  ExpandBatch found;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found));
    if (!more) return absl::OkStatus();
    std::vector<uint32_t> kept = AllRows(found.size());
    SKEIN_RETURN_IF_ERROR(filter(found, &kept));
    SKEIN_RETURN_IF_ERROR(take(found, kept));
    SKEIN_RETURN_IF_ERROR(context_.Check());
  }
}

absl::Status ShortestTrails::GrowBack(const Options& options, const Filter& filter) {
  const std::vector<NodeId> frontier = std::exchange(frontier_, {});
  ++radius_;
  const auto take = [this](const ExpandBatch& found, const std::vector<uint32_t>& kept) {
    const size_t before = frontier_.size();
    for (const uint32_t i : kept) {
      if (distance_.try_emplace(found.neighbour[i], radius_).second) {
        frontier_.push_back(found.neighbour[i]);
      }
    }
    return charge_.Take((frontier_.size() - before) * 48);
  };
  return ExpandAll(frontier, options.backward, filter, take);
}

bool ShortestTrails::OnWalk(uint32_t step, LinkId link) const {
  for (uint32_t at = step; steps_[at].parent != kRoot; at = steps_[at].parent) {
    if (steps_[at].link == link) return true;
  }
  return false;
}

absl::Status ShortestTrails::WalksOf(int64_t length, NodeId from, NodeId to, const Options& options,
                                     const Filter& filter, bool* cut,
                                     std::vector<std::vector<LinkId>>* out) {
  MemoryCharge charge(context_.budget());
  steps_.assign(1, {from, kNoLink, kRoot});
  size_t begin = 0;
  for (int64_t depth = 1; depth <= length && begin < steps_.size(); ++depth) {
    const size_t end = steps_.size();
    std::vector<NodeId> frontier;
    for (size_t i = begin; i < end; ++i) frontier.push_back(steps_[i].node);
    const auto take = [&](const ExpandBatch& found, const std::vector<uint32_t>& kept) {
      const size_t before = steps_.size();
      for (const uint32_t i : kept) {
        const auto parent = static_cast<uint32_t>(begin + found.source[i]);
        if (!options.walk && OnWalk(parent, found.link[i])) continue;
        const auto known = distance_.find(found.neighbour[i]);
        // Unknown and nothing left to look at: the target cannot be reached from there.
        if (known == distance_.end() && frontier_.empty()) continue;
        if (known == distance_.end() || depth + known->second > length) {
          *cut = true;
          continue;
        }
        if (depth == length && found.neighbour[i] != to) continue;
        steps_.push_back({found.neighbour[i], found.link[i], parent});
      }
      return charge.Take((steps_.size() - before) * sizeof(Step));
    };
    SKEIN_RETURN_IF_ERROR(ExpandAll(frontier, options.forward, filter, take));
    begin = end;
    // Walks that arrive before their time may come back later.
    if (depth == length) *cut |= steps_.size() > begin;
  }
  if (length == 0) {
    out->emplace_back();
    *cut = true;
    return absl::OkStatus();
  }
  if (steps_.size() == begin) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(context_.budget().TakeRows(static_cast<int64_t>(steps_.size() - begin)));
  for (size_t i = begin; i < steps_.size(); ++i) {
    std::vector<LinkId> links;
    for (auto at = static_cast<uint32_t>(i); steps_[at].parent != kRoot; at = steps_[at].parent) {
      links.push_back(steps_[at].link);
    }
    std::reverse(links.begin(), links.end());
    SKEIN_RETURN_IF_ERROR(charge_.Take(links.size() * sizeof(LinkId) + sizeof(links)));
    out->push_back(std::move(links));
  }
  return absl::OkStatus();
}

}  // namespace skein::exec
