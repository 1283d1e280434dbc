// OnePath: one shortest path between two nodes, for shortestPath and SHORTEST 1.
//
// Method    Breadth-first from both ends, always the smaller frontier, one Expand a level. (Of the
//           side with fewer links: 3 % less to look at, and what it takes to count them is more.)
//           A level first looks whether one of what it finds is known to the other side, which ends
//           the search, and takes in what is new only after that: the last level, the largest, is
//           never taken in whole. All that a level adds lie equally far from its side's end, and
//           what the other side knew before the level would have met earlier; so the first meeting
//           is a shortest path, and it lies in the other side's last level.
// Order     Which of several equally short paths is taken is decided by the order of Expand, the
//           same every time.
// Links     are not read on the way, but where a filter asks for them.
// Threads   One. Lifetime: borrows the Context.
// Cost      Two probes a link; 28 bytes a vertex, charged.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "query/exec/context.h"
#include "query/exec/node_set.h"

namespace skein::exec {

class OnePath {
 public:
  // Drops the rows of an expansion that fail the pattern's predicates.
  using Filter = std::function<absl::Status(const ExpandBatch& found, std::vector<uint32_t>* kept)>;
  struct Options {
    ExpandOptions forward, backward;
    int64_t max = INT64_MAX;
    const Filter* filter = nullptr;  // null: every link passes; else links are read on the way
  };

  explicit OnePath(Context& context) : context_(context), charge_(context.budget()) {}

  // The nodes of the path, from ≠ to first and last; empty: there is none of at most `max` links.
  absl::Status Search(NodeId from, NodeId to, const Options& options, std::vector<NodeId>* nodes);
  // The links of the path that Search gave last, which is `nodes`.
  absl::Status ReadLinks(const Options& options, const std::vector<NodeId>& nodes,
                         std::vector<LinkId>* links);
  // Of each step nodes[i] → nodes[i + 1] the first link that Expand gives, appended.
  absl::Status FirstLinks(ExpandOptions options, std::span<const NodeId> nodes,
                          std::vector<LinkId>* links);

 private:
  // What one end's search found, in order.
  struct Side {
    NodeSet seen;
    std::vector<NodeId> nodes;
    std::vector<uint32_t> parents;  // places in nodes
    std::vector<LinkId> links;      // to the parents, where they are read
    size_t frontier = 0;            // nodes from here on are of the last level
    int64_t depth = 0;

    void Start(NodeId node, uint64_t ids);
    size_t frontier_size() const { return nodes.size() - frontier; }
    size_t Bytes() const;
    // Nodes from `place` to the end, and the links between them.
    void Walk(uint32_t place, std::vector<NodeId>* walk, std::vector<LinkId>* links_out) const;
  };
  // Where the sides meet: a link from a vertex of one to one of the other.
  struct Meeting {
    uint32_t parent = 0;  // its place in the side that grew
    LinkId link = kNoLink;
    NodeId node{};  // of the other side
  };

  absl::Status Grow(Side* side, const Side& other, ExpandOptions options, const Filter* filter,
                    std::optional<Meeting>* meeting);
  absl::Status Charge();

  Context& context_;
  MemoryCharge charge_;
  size_t charged_ = 0;
  Side left_, right_;
  ExpandBatch found_;
  std::vector<NodeId> fresh_;
  std::vector<uint32_t> kept_, fresh_parents_;
  std::vector<LinkId> fresh_links_;
  // Of the last path: how many of its steps the left side made, and its links where they were read.
  size_t left_steps_ = 0;
  std::vector<LinkId> path_links_;
};

}  // namespace skein::exec
