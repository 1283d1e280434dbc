// ShortestTrails: the k shortest walks between two nodes, or all of the k smallest lengths, in
// order of length. For SHORTEST k [GROUPS] of GQL; ShortestPath answers k = 1 faster.
//
// Method    Distances to the target are found backwards, level by level, as far as needed. Then for
//           each length L in turn all walks of exactly L links are grown level by level, and one
//           that can no longer arrive in time is dropped. A length at which nothing was dropped for
//           being too short a limit is the last that can have a walk.
// Order     By length, then by the order of Expand.
// Threads   One. Lifetime: borrows the Context.
// Cost      One Expand a level; the walks of one length are in memory, charged.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query/exec/context.h"

namespace skein::exec {

class ShortestTrails {
 public:
  // Drops the rows of an expansion that fail the pattern's predicates.
  using Filter = std::function<absl::Status(const ExpandBatch& found, std::vector<uint32_t>* kept)>;
  struct Options {
    ExpandOptions forward, backward;
    int64_t min = 1, max = INT64_MAX;
    bool walk = false;    // links may repeat
    bool groups = false;  // all of the `count` smallest lengths
    int64_t count = 1;
  };

  explicit ShortestTrails(Context& context) : context_(context), charge_(context.budget()) {}

  // Appends the links of each walk found.
  absl::Status Search(NodeId from, NodeId to, const Options& options, const Filter& filter,
                      std::vector<std::vector<LinkId>>* out);

 private:
  static constexpr uint32_t kRoot = UINT32_MAX;
  struct Step {
    NodeId node{};
    LinkId link{};
    uint32_t parent = kRoot;
  };

  // Gives `take` every batch that the frontier expands to, and which of its rows pass the filter.
  template <typename Take>
  absl::Status ExpandAll(std::span<const NodeId> frontier, ExpandOptions options,
                         const Filter& filter, const Take& take);
  // One more level of distances.
  absl::Status GrowBack(const Options& options, const Filter& filter);
  // All walks of exactly `length` links. *cut: some walk was dropped that a longer limit might let
  // arrive.
  absl::Status WalksOf(int64_t length, NodeId from, NodeId to, const Options& options,
                       const Filter& filter, bool* cut, std::vector<std::vector<LinkId>>* out);
  bool OnWalk(uint32_t step, LinkId link) const;

  Context& context_;
  MemoryCharge charge_;
  absl::flat_hash_map<NodeId, int64_t> distance_;
  std::vector<NodeId> frontier_;
  int64_t radius_ = 0;
  std::vector<Step> steps_;
};

}  // namespace skein::exec
