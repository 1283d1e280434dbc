// Paths by weight against the enumeration of every simple path.
#include <algorithm>
#include <functional>
#include <limits>

#include "tests/procedures/world.h"

namespace skein {
namespace {

struct Found {
  double cost;
  std::vector<int> edges;
};

// Every path from 0 to n − 1 that visits no vertex twice, lightest first.
std::vector<Found> SimplePaths(const SmallGraph& g, const std::string& direction) {
  std::vector<Found> out;
  const auto steps = g.Steps(direction);
  const std::function<void(int, std::set<int>, Found)> walk = [&](int at, std::set<int> seen,
                                                                  Found path) {
    if (at == g.n - 1) {
      out.push_back(path);
      return;
    }
    for (const auto& step : steps) {
      if (step.from != at || seen.contains(step.to)) continue;
      std::set<int> longer = seen;
      longer.insert(step.to);
      Found next = path;
      next.cost += step.weight;
      next.edges.push_back(step.edge);
      walk(step.to, std::move(longer), std::move(next));
    }
  };
  walk(0, {0}, {0, {}});
  std::sort(out.begin(), out.end(), [](const Found& a, const Found& b) { return a.cost < b.cost; });
  return out;
}

// The whole of the graph is checked: every path's links follow each other and add up to its cost.
void ExpectRealPath(World& world, const Value& path, double cost) {
  const PathValue& p = path.path();
  ASSERT_EQ(p.nodes.size(), p.links.size() + 1);
  EXPECT_EQ(std::set<NodeId>(p.nodes.begin(), p.nodes.end()).size(), p.nodes.size());
  double sum = 0;
  for (size_t i = 0; i < p.links.size(); ++i) {
    const Rows rows = world.Run("WITH $link AS r RETURN startNode(r), endNode(r), r.w",
                                {{"link", Value::Link(p.links[i])}});
    ASSERT_EQ(rows.size(), 1u);
    const bool along = rows[0][0].node() == p.nodes[i] && rows[0][1].node() == p.nodes[i + 1];
    const bool against = rows[0][1].node() == p.nodes[i] && rows[0][0].node() == p.nodes[i + 1];
    EXPECT_TRUE(along || against);
    sum += rows[0][2].number();
  }
  EXPECT_EQ(sum, cost);
}

const char* const kDirections[] = {"out", "in", "both"};

std::string Ends(const SmallGraph& g) {
  return "MATCH (a:V {i: 0}), (b:V {i: " + std::to_string(g.n - 1) + "}) CALL algo.";
}

TEST(PathsTest, OneAllAndTheKLightest) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const SmallGraph g = SmallGraph::Random(seed);
    World world;
    g.Load(world);
    for (const std::string direction : kDirections) {
      const std::vector<Found> all = SimplePaths(g, direction);
      const std::string options = "{direction: '" + direction + "', weight: 'w'}";
      const Rows one = world.Run(Ends(g) + "shortestPath(a, b, " + options +
                                 ") YIELD path, cost RETURN path, cost");
      ASSERT_EQ(one.size(), all.empty() ? 0u : 1u);
      if (all.empty()) continue;
      EXPECT_EQ(one[0][1].real(), all[0].cost);
      ExpectRealPath(world, one[0][0], all[0].cost);

      const auto lightest = std::count_if(all.begin(), all.end(),
                                          [&](const Found& f) { return f.cost == all[0].cost; });
      const Rows tied = world.Run(Ends(g) + "allShortestPaths(a, b, " + options +
                                  ") YIELD path, cost RETURN DISTINCT path, cost");
      EXPECT_EQ(tied.size(), static_cast<size_t>(lightest));
      for (const auto& row : tied) EXPECT_EQ(row[1].real(), all[0].cost);

      const Rows ranked = world.Run(Ends(g) + "kShortestPaths(a, b, 12, " + options +
                                    ") YIELD rank, path, cost RETURN rank, path, cost");
      ASSERT_EQ(ranked.size(), std::min<size_t>(12, all.size()));
      std::set<std::vector<LinkId>> distinct;
      for (size_t i = 0; i < ranked.size(); ++i) {
        EXPECT_EQ(ranked[i][0].integer(), static_cast<int64_t>(i) + 1);
        EXPECT_EQ(ranked[i][2].real(), all[i].cost) << "rank " << i + 1;
        ExpectRealPath(world, ranked[i][1], all[i].cost);
        distinct.insert(ranked[i][1].path().links);
      }
      EXPECT_EQ(distinct.size(), ranked.size());
    }
  }
}

TEST(PathsTest, LinksWithoutWeightCountAsMissingSays) {
  World world;
  world.Run("CREATE (:V {i: 0})-[:E]->(:V {i: 1})-[:E {w: 2.5}]->(:V {i: 2})");
  const std::string query =
      "MATCH (a:V {i: 0}), (b:V {i: 2}) CALL algo.shortestPath(a, b, {weight: 'w'$}) YIELD cost "
      "RETURN cost";
  const auto with = [&](const std::string& more) {
    std::string text = query;
    text.replace(text.find('$'), 1, more);
    return world.Run(text).at(0).at(0).real();
  };
  EXPECT_EQ(with(""), 3.5);
  EXPECT_EQ(with(", missing: 10"), 12.5);
}

TEST(PathsTest, NegativeWeightsAreRefused) {
  World world;
  world.Run("CREATE (:V {i: 0})-[:E {w: -1}]->(:V {i: 1})");
  const auto rows = world.Try(
      "MATCH (a:V {i: 0}), (b:V {i: 1}) CALL algo.shortestPath(a, b, {weight: 'w'}) YIELD cost "
      "RETURN cost");
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(rows.status().message().find("NumberOutOfRange"), absl::string_view::npos);
}

}  // namespace
}  // namespace skein
