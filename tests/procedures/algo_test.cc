// Centralities, components and communities against naive models on random small graphs.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "tests/procedures/world.h"

namespace skein {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
using Matrix = std::vector<std::vector<double>>;

// Runs `body` on many random graphs; a failure names the seed.
void OnRandomGraphs(const std::function<void(World&, const SmallGraph&)>& body) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const SmallGraph g = SmallGraph::Random(seed);
    World world;
    g.Load(world);
    body(world, g);
    if (::testing::Test::HasFailure()) return;
  }
}

void ExpectNear(const std::vector<double>& have, const std::vector<double>& want) {
  ASSERT_EQ(have.size(), want.size());
  for (size_t i = 0; i < have.size(); ++i) {
    if (have[i] == want[i]) continue;  // ∞ = ∞
    EXPECT_NEAR(have[i], want[i], 1e-9) << "node " << i;
  }
}

// Floyd and Warshall: all distances, and how many shortest vertex sequences there are.
Matrix Distances(const SmallGraph& g, const std::string& direction, bool weighted) {
  const auto n = static_cast<size_t>(g.n);
  Matrix d(n, std::vector<double>(n, kInf));
  for (size_t i = 0; i < n; ++i) d[i][i] = 0;
  for (const auto& s : g.Steps(direction)) {
    double& at = d[static_cast<size_t>(s.from)][static_cast<size_t>(s.to)];
    at = std::min(at, weighted ? s.weight : 1.0);
  }
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) d[i][j] = std::min(d[i][j], d[i][k] + d[k][j]);
    }
  }
  return d;
}

// Groups by "the same" as numbers in order of the first member.
std::vector<double> Groups(size_t n, const std::function<bool(size_t, size_t)>& same) {
  std::vector<double> out(n, -1);
  double next = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i && out[i] < 0; ++j) {
      if (same(i, j)) out[i] = out[j];
    }
    if (out[i] < 0) out[i] = next++;
  }
  return out;
}

const char* const kDirections[] = {"out", "in", "both"};

std::string With(const std::string& name, const std::string& options) {
  return "CALL algo." + name + "({" + options + "})";
}

TEST(AlgoTest, BfsAndDistancesAreThoseOfAllPairs) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    for (const std::string direction : kDirections) {
      for (const bool weighted : {false, true}) {
        const Matrix all = Distances(g, direction, weighted);
        const std::string options =
            "{direction: '" + direction + "'" + (weighted ? ", weight: 'w'" : "") + "}";
        const std::string start = "MATCH (v:V {i: 0}) CALL algo.";
        ExpectNear(PerNode(world, g, start + "distances(v, " + options + ")", "distance", kInf),
                   all[0]);
        if (weighted) continue;
        ExpectNear(PerNode(world, g, start + "bfs(v, " + options + ")", "distance", kInf), all[0]);
      }
    }
  });
}

TEST(AlgoTest, ComponentsAreThoseOfReachability) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    const auto n = static_cast<size_t>(g.n);
    const Matrix both = Distances(g, "both", false);
    ExpectNear(PerNode(world, g, With("wcc", ""), "component"),
               Groups(n, [&](size_t i, size_t j) { return both[i][j] < kInf; }));
    const Matrix out = Distances(g, "out", false);
    ExpectNear(PerNode(world, g, With("scc", ""), "component"),
               Groups(n, [&](size_t i, size_t j) { return out[i][j] < kInf && out[j][i] < kInf; }));
  });
}

TEST(AlgoTest, PageRankIsTheFixedPointOfItsMatrix) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    const auto n = static_cast<size_t>(g.n);
    for (const std::string direction : kDirections) {
      Matrix walk(n, std::vector<double>(n, 0.0));  // [to][from]
      std::vector<double> sum(n, 0.0);
      for (const auto& s : g.Steps(direction)) sum[static_cast<size_t>(s.from)] += s.weight;
      for (const auto& s : g.Steps(direction)) {
        walk[static_cast<size_t>(s.to)][static_cast<size_t>(s.from)] +=
            s.weight / sum[static_cast<size_t>(s.from)];
      }
      for (size_t from = 0; from < n; ++from) {
        if (sum[from] > 0) continue;
        for (size_t to = 0; to < n; ++to) walk[to][from] = 1.0 / static_cast<double>(n);
      }
      std::vector<double> rank(n, 1.0 / static_cast<double>(n));
      for (int i = 0; i < 400; ++i) {
        std::vector<double> next(n, 0.2 / static_cast<double>(n));
        for (size_t to = 0; to < n; ++to) {
          for (size_t from = 0; from < n; ++from) next[to] += 0.8 * walk[to][from] * rank[from];
        }
        rank = next;
      }
      ExpectNear(PerNode(world, g,
                         With("pageRank",
                              "damping: 0.8, iterations: 400, tolerance: 0, weight: "
                              "'w', direction: '" +
                                  direction + "'"),
                         "score"),
                 rank);
    }
  });
}

// Enumerates every shortest vertex sequence (links where there are weights) between all pairs.
std::vector<double> BruteBetweenness(const SmallGraph& g, const std::string& direction,
                                     bool weighted) {
  const auto n = static_cast<size_t>(g.n);
  const Matrix d = Distances(g, direction, weighted);
  std::vector<SmallGraph::Step> steps = g.Steps(direction);
  if (!weighted) {
    std::set<std::pair<int, int>> seen;
    std::erase_if(steps, [&](const auto& s) { return !seen.insert({s.from, s.to}).second; });
  }
  std::vector<double> score(n, 0.0);
  for (size_t s = 0; s < n; ++s) {
    for (size_t t = 0; t < n; ++t) {
      if (s == t || d[s][t] == kInf) continue;
      std::vector<std::vector<int>> paths;
      const std::function<void(std::vector<int>, double)> walk = [&](std::vector<int> path,
                                                                     double cost) {
        if (path.back() == static_cast<int>(t)) {
          if (cost == d[s][t]) paths.push_back(path);
          return;
        }
        for (const auto& step : steps) {
          const double next = cost + (weighted ? step.weight : 1.0);
          if (step.from != path.back() || next + d[static_cast<size_t>(step.to)][t] > d[s][t]) {
            continue;
          }
          std::vector<int> longer = path;
          longer.push_back(step.to);
          walk(longer, next);
        }
      };
      walk({static_cast<int>(s)}, 0);
      for (const auto& path : paths) {
        for (size_t i = 1; i + 1 < path.size(); ++i) {
          score[static_cast<size_t>(path[i])] += 1.0 / static_cast<double>(paths.size());
        }
      }
    }
  }
  if (direction == "both") {
    for (double& x : score) x /= 2;
  }
  return score;
}

TEST(AlgoTest, BetweennessCountsAllShortestPaths) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    for (const std::string direction : kDirections) {
      for (const bool weighted : {false, true}) {
        SCOPED_TRACE(direction + (weighted ? " weighted" : ""));
        ExpectNear(PerNode(world, g,
                           With("betweenness", "direction: '" + direction + "'" +
                                                   (weighted ? ", weight: 'w'" : "")),
                           "score"),
                   BruteBetweenness(g, direction, weighted));
      }
    }
  });
}

TEST(AlgoTest, ClosenessIsOfAllPairs) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    const auto n = static_cast<size_t>(g.n);
    for (const bool weighted : {false, true}) {
      const Matrix d = Distances(g, "out", weighted);
      std::vector<double> score(n, 0.0);
      std::vector<double> harmonic(n, 0.0);
      for (size_t i = 0; i < n; ++i) {
        double sum = 0;
        double reached = 0;
        for (size_t j = 0; j < n; ++j) {
          if (i == j || d[i][j] == kInf) continue;
          sum += d[i][j];
          ++reached;
          harmonic[i] += 1 / d[i][j] / static_cast<double>(n - 1);
        }
        if (sum > 0) score[i] = reached / sum * reached / static_cast<double>(n - 1);
      }
      const std::string call = With("closeness", weighted ? "weight: 'w'" : "");
      ExpectNear(PerNode(world, g, call, "score"), score);
      ExpectNear(PerNode(world, g, call, "harmonic"), harmonic);
    }
  });
}

TEST(AlgoTest, EigenvectorIsAnEigenvector) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    const std::vector<double> x = PerNode(
        world, g, With("eigenvector", "direction: 'both', iterations: 20000, tolerance: 1e-14"),
        "score");
    std::vector<double> image(x.size(), 0.0);
    double length = 0;
    double growth = 0;
    for (const auto& s : g.Steps("both")) {
      image[static_cast<size_t>(s.to)] += x[static_cast<size_t>(s.from)];
    }
    for (size_t i = 0; i < x.size(); ++i) {
      length += x[i] * x[i];
      growth += x[i] * image[i];
      EXPECT_GE(x[i], 0);
    }
    EXPECT_NEAR(length, 1, 1e-9);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(image[i], growth * x[i], 1e-4) << i;
  });
}

TEST(AlgoTest, CoresTrianglesAndClusteringAreThoseOfTheirDefinitions) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    const auto n = static_cast<size_t>(g.n);
    const auto both = g.Neighbours("both");
    const auto out = g.Neighbours("out");
    std::vector<double> core(n, 0.0);
    std::vector<double> triangles(n, 0.0);
    std::vector<double> clustering(n, 0.0);
    for (int k = 1; k <= g.n; ++k) {
      std::set<int> left;
      for (int v = 0; v < g.n; ++v) left.insert(v);
      for (bool removed = true; removed;) {
        removed = false;
        for (int v = 0; v < g.n; ++v) {
          const auto& near = both[static_cast<size_t>(v)];
          const auto inside =
              std::count_if(near.begin(), near.end(), [&](int u) { return left.contains(u); });
          if (left.contains(v) && inside < k) {
            left.erase(v);
            removed = true;
          }
        }
      }
      for (const int v : left) core[static_cast<size_t>(v)] = k;
    }
    for (size_t v = 0; v < n; ++v) {
      double links = 0;
      for (const int a : both[v]) {
        for (const int b : both[v]) {
          if (a < b && both[static_cast<size_t>(a)].contains(b)) ++triangles[v];
          if (out[static_cast<size_t>(a)].contains(b)) ++links;
        }
      }
      const auto d = static_cast<double>(both[v].size());
      if (d > 1) clustering[v] = links / (d * (d - 1));
    }
    ExpectNear(PerNode(world, g, With("kCore", ""), "core"), core);
    ExpectNear(PerNode(world, g, With("triangles", ""), "triangles"), triangles);
    ExpectNear(PerNode(world, g, With("clustering", ""), "coefficient"), clustering);
  });
}

TEST(AlgoTest, DegreeCountsLinks) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    for (const std::string direction : kDirections) {
      std::vector<double> count(static_cast<size_t>(g.n), 0.0);
      std::vector<double> weight(static_cast<size_t>(g.n), 0.0);
      for (const auto& s : g.Steps(direction)) {
        count[static_cast<size_t>(s.from)] += 1;
        weight[static_cast<size_t>(s.from)] += s.weight;
      }
      const std::string options = "direction: '" + direction + "'";
      ExpectNear(PerNode(world, g, With("degree", options), "degree"), count);
      ExpectNear(PerNode(world, g, With("degree", options + ", weight: 'w'"), "degree"), weight);
    }
  });
}

TEST(AlgoTest, LabelPropagationFollowsItsRule) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    std::vector<double> label;
    for (int v = 0; v < g.n; ++v) label.push_back(v);
    for (int round = 0; round < 3; ++round) {
      std::vector<std::map<double, int>> votes(label.size());
      for (const auto& s : g.Steps("both")) {
        ++votes[static_cast<size_t>(s.from)][label[static_cast<size_t>(s.to)]];
      }
      for (size_t v = 0; v < label.size(); ++v) {
        int most = 0;
        for (const auto& [candidate, count] : votes[v]) {
          if (count > most) label[v] = candidate;
          most = std::max(most, count);
        }
      }
    }
    ExpectNear(
        PerNode(world, g, With("labelPropagation", "iterations: 3, label: 'i'"), "community"),
        label);
  });
}

double Modularity(const SmallGraph& g, const std::vector<double>& group) {
  std::vector<double> degree(group.size(), 0.0);
  double total = 0;
  double inside = 0;
  for (const auto& e : g.edges) {
    degree[static_cast<size_t>(e.from)] += e.weight;
    degree[static_cast<size_t>(e.to)] += e.weight;
    total += 2.0 * e.weight;
    if (group[static_cast<size_t>(e.from)] == group[static_cast<size_t>(e.to)]) {
      inside += 2.0 * e.weight;
    }
  }
  if (total == 0) return 0;
  double expected = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    for (size_t j = 0; j < group.size(); ++j) {
      if (group[i] == group[j]) expected += degree[i] * degree[j] / total;
    }
  }
  return (inside - expected) / total;
}

TEST(AlgoTest, LouvainBeatsSinglesAndFindsPlantedGroups) {
  OnRandomGraphs([](World& world, const SmallGraph& g) {
    const std::vector<double> found =
        PerNode(world, g, With("louvain", "weight: 'w'"), "community");
    std::vector<double> singles;
    for (int v = 0; v < g.n; ++v) singles.push_back(v);
    EXPECT_GE(Modularity(g, found) + 1e-12, Modularity(g, singles));
    // No single move makes it better.
    for (size_t v = 0; v < found.size(); ++v) {
      for (const double other : found) {
        std::vector<double> moved = found;
        moved[v] = other;
        EXPECT_LE(Modularity(g, moved), Modularity(g, found) + 1e-9) << "node " << v;
      }
    }
  });
  // Three cliques of six, a link between each two.
  SmallGraph g;
  g.n = 18;
  for (int clique = 0; clique < 3; ++clique) {
    for (int a = 0; a < 6; ++a) {
      for (int b = 0; b < a; ++b) g.edges.push_back({clique * 6 + a, clique * 6 + b, 1, 0});
    }
    g.edges.push_back({clique * 6, (clique + 1) % 3 * 6 + 1, 1, 0});
  }
  World world;
  g.Load(world);
  const std::vector<double> found = PerNode(world, g, With("louvain", ""), "community");
  for (size_t v = 0; v < found.size(); ++v) EXPECT_EQ(found[v], static_cast<double>(v / 6));
}

}  // namespace
}  // namespace skein
