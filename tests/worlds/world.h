// A random graph of which some is hidden, and the two stores that are made of it: the whole, and
// only what the viewer sees.
//
// Hidden    A node or assertion by its policy; a link by its policy or that of an end; an assertion
//           by its nodes too. Hidden elements share names and values with visible ones, or have
//           labels, types and keys of their own ("Secret", "INFORMS", "codename"), and often come
//           first, so that the catalogues of the two stores number their names differently.
// Equal     Visible elements are written in one order in both, so that their ids ascend alike.
// Threads   None. The same seed gives the same world everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "storage/graph/graph.h"
#include "storage/kv/store.h"

namespace skein::worlds {

using Dice = std::mt19937_64;
inline int Draw(Dice& dice, int below) {
  return static_cast<int>(dice() % static_cast<uint64_t>(below));
}
inline bool Chance(Dice& dice, int percent) { return Draw(dice, 100) < percent; }

// Of the policies: open, of a unit that the viewer belongs to, and two that it does not see.
inline constexpr int kPolicies = 4;
inline constexpr int kFirstHidden = 2;

using Properties = std::vector<std::pair<std::string, Value>>;
struct NodePlan {
  std::vector<std::string> labels;
  Properties properties;
  int policy = 0;
};
struct LinkPlan {
  int from = 0, to = 0;
  std::string type;
  Properties properties;
  int64_t time_s = -1;  // an instant; −1: always
  int policy = 0;
};
struct AssertionPlan {
  int a = 0, b = 0, policy = 0;
  bool same = true;
};
struct WorldPlan {
  std::vector<NodePlan> nodes;
  std::vector<LinkPlan> links;
  std::vector<AssertionPlan> assertions;
  std::vector<int> deleted_links;  // in a later transaction
  bool indexes_first = false;      // declared before the data, or after it
  bool NodeHidden(int n) const { return nodes[static_cast<size_t>(n)].policy >= kFirstHidden; }
  bool LinkHidden(const LinkPlan& l) const {
    return l.policy >= kFirstHidden || NodeHidden(l.from) || NodeHidden(l.to);
  }
};
// large: some thousands of elements, and a node of many links.
WorldPlan MakeWorld(Dice& dice, bool large);

// One of the two stores.
struct World {
  std::unique_ptr<Store> store;
  std::unique_ptr<Graph> users, system;
  std::unique_ptr<Engine> engine;
  Viewer viewer = Viewer::Of({});
  std::vector<NodeId> nodes;  // by number in the plan; kNoNode where it is left out
  std::vector<LinkId> links;
  absl::flat_hash_map<NodeId, int> node_numbers;
  absl::flat_hash_map<LinkId, int> link_numbers;
};
absl::StatusOr<World> Build(const WorldPlan& plan, bool with_hidden);

}  // namespace skein::worlds
