// trace.* against enumeration on random small graphs.
#include <algorithm>
#include <functional>
#include <map>

#include "tests/procedures/world.h"

namespace skein {
namespace {

struct Rule {
  std::string direction;
  bool strict = false;
  int wait = 100;
  int from = 0, until = 9;
  size_t depth = 4;

  std::string Options() const {
    return "{direction: '" + direction + "', time: 't', strict: " + (strict ? "true" : "false") +
           (wait < 100 ? ", wait: " + std::to_string(wait) : "") +
           ", from: " + std::to_string(from) + ", until: " + std::to_string(until) +
           ", depth: " + std::to_string(depth) + "}";
  }
};

struct Way {
  std::vector<int> edges;
  int departs = 0;
  int arrives = 0;
};

// Every timed way from `source`, given to `found` with the vertex where it ends. Inner vertices are
// distinct and neither `source` nor `target`.
void Ways(const SmallGraph& g, const Rule& rule, int source, int target,
          const std::function<void(int, const Way&)>& found) {
  const auto steps = g.Steps(rule.direction);
  const std::function<void(int, std::set<int>, Way)> walk = [&](int at, std::set<int> seen,
                                                                Way way) {
    if (way.edges.size() == rule.depth) return;
    for (const auto& step : steps) {
      const int t = g.edges[static_cast<size_t>(step.edge)].time;
      if (step.from != at || t < rule.from || t > rule.until) continue;
      if (!way.edges.empty() &&
          ((rule.strict ? t <= way.arrives : t < way.arrives) || t - way.arrives > rule.wait)) {
        continue;
      }
      if (std::find(way.edges.begin(), way.edges.end(), step.edge) != way.edges.end()) continue;
      if (step.to != target && seen.contains(step.to)) continue;
      Way longer = way;
      longer.edges.push_back(step.edge);
      if (way.edges.empty()) longer.departs = t;
      longer.arrives = t;
      found(step.to, longer);
      if (step.to == target) continue;
      std::set<int> more = seen;
      more.insert(step.to);
      walk(step.to, std::move(more), std::move(longer));
    }
  };
  walk(source, {source}, {});
}

std::vector<Rule> Rules() {
  return {{.direction = "out"},
          {.direction = "in", .strict = true},
          {.direction = "both"},
          {.direction = "out", .wait = 2},
          {.direction = "both", .strict = true, .wait = 3, .from = 2, .until = 8, .depth = 3}};
}

TEST(TraceTest, PathsAreAllTimedWays) {
  size_t all = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const SmallGraph g = SmallGraph::Random(seed);
    World world;
    g.Load(world);
    for (const Rule& rule : Rules()) {
      SCOPED_TRACE(rule.Options());
      for (const int target : {0, g.n - 1}) {
        std::vector<std::string> want;
        Ways(g, rule, 0, target, [&](int end, const Way& way) {
          if (end != target) return;
          want.push_back(std::to_string(way.edges.size()) + " " + std::to_string(way.departs) +
                         " " + std::to_string(way.arrives));
        });
        const Rows rows = world.Run("MATCH (a:V {i: 0}), (b:V {i: " + std::to_string(target) +
                                    "}) CALL trace.paths(a, b, " + rule.Options() +
                                    ") YIELD path, departs, arrives RETURN path, departs, arrives");
        std::vector<std::string> have;
        std::set<std::vector<LinkId>> distinct;
        std::pair<size_t, int64_t> last = {0, 0};
        for (const auto& row : rows) {
          const PathValue& path = row[0].path();
          distinct.insert(path.links);
          have.push_back(std::to_string(path.links.size()) + " " + ToLiteral(row[1]) + " " +
                         ToLiteral(row[2]));
          const std::pair<size_t, int64_t> now = {path.links.size(), row[2].integer()};
          EXPECT_LE(last, now);
          last = now;
        }
        EXPECT_EQ(distinct.size(), rows.size());
        std::sort(want.begin(), want.end());
        std::sort(have.begin(), have.end());
        EXPECT_EQ(have, want);
        all += want.size();
      }
    }
  }
  EXPECT_GT(all, 400u);  // the graphs are not too small to say anything
}

TEST(TraceTest, LimitTakesTheFirst) {
  World world;
  world.Run(
      "CREATE (a:V {i: 0}), (b:V {i: 1}) WITH a, b UNWIND range(1, 20) AS t "
      "CREATE (a)-[:E {t: 21 - t}]->(b)");
  const Rows rows = world.Run(
      "MATCH (a:V {i: 0}), (b:V {i: 1}) CALL trace.paths(a, b, {time: 't', limit: 3}) "
      "YIELD arrives RETURN arrives");
  ASSERT_EQ(rows.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(rows[i][0].integer(), static_cast<int64_t>(i) + 1);
}

TEST(TraceTest, EarliestArrivalIsTheLeastOfAllWays) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const SmallGraph g = SmallGraph::Random(seed);
    World world;
    g.Load(world);
    for (Rule rule : Rules()) {
      if (rule.wait < 100) continue;
      SCOPED_TRACE(rule.Options());
      std::vector<double> want(static_cast<size_t>(g.n), -1);
      Ways(g, rule, 0, -1, [&](int end, const Way& way) {
        double& at = want[static_cast<size_t>(end)];
        if (at < 0 || way.arrives < at) at = way.arrives;
      });
      EXPECT_EQ(PerNode(world, g,
                        "MATCH (v:V {i: 0}) CALL trace.earliestArrival(v, " + rule.Options() + ")",
                        "arrives"),
                want);
    }
  }
}

// Fewest links between any two, directions aside.
std::vector<std::vector<int>> Hops(const SmallGraph& g) {
  const auto n = static_cast<size_t>(g.n);
  std::vector<std::vector<int>> d(n, std::vector<int>(n, 1000));
  for (size_t i = 0; i < n; ++i) d[i][i] = 0;
  for (const auto& s : g.Steps("both")) {
    int& at = d[static_cast<size_t>(s.from)][static_cast<size_t>(s.to)];
    at = std::min(at, 1);
  }
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) d[i][j] = std::min(d[i][j], d[i][k] + d[k][j]);
    }
  }
  return d;
}

// The size of the smallest tree over `terminals` (Dreyfus, Wagner by vertex subsets: n ≤ 10).
int SmallestTree(const SmallGraph& g, const std::vector<int>& terminals) {
  const auto near = g.Neighbours("both");
  int best = 1000;
  for (unsigned subset = 0; subset < 1u << g.n; ++subset) {
    const bool all = std::all_of(terminals.begin(), terminals.end(),
                                 [&](int t) { return (subset >> t & 1) != 0; });
    if (!all) continue;
    unsigned reached = 1u << terminals[0];
    for (bool grew = true; grew;) {
      grew = false;
      for (int v = 0; v < g.n; ++v) {
        if ((reached >> v & 1) == 0) continue;
        for (const int u : near[static_cast<size_t>(v)]) {
          if ((subset >> u & 1) != 0 && (reached >> u & 1) == 0) {
            reached |= 1u << u;
            grew = true;
          }
        }
      }
    }
    if (reached == subset) best = std::min(best, __builtin_popcount(subset) - 1);
  }
  return best;
}

TEST(TraceTest, ConnectJoinsWhatCanBeJoinedByFewLinks) {
  for (uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const SmallGraph g = SmallGraph::Random(seed);
    World world;
    g.Load(world);
    const auto d = Hops(g);
    std::vector<int> terminals = {0, g.n - 1};
    if (g.n > 4) terminals.push_back(g.n / 2);
    std::string list;
    for (const int t : terminals) list += (list.empty() ? "" : ", ") + std::to_string(t);
    const Rows rows = world.Run("MATCH (v:V) WHERE v.i IN [" + list +
                                "] WITH collect(v) AS vs CALL trace.connect(vs, {depth: 20}) "
                                "YIELD entities, nodes, links RETURN [e IN entities | e.i], "
                                "[n IN nodes | n.i], size(links), "
                                "[r IN links | [startNode(r).i, endNode(r).i]]");
    size_t entities = 0;
    for (const auto& row : rows) {
      entities += row[0].list().size();
      std::vector<int> group;
      for (const Value& v : row[0].list()) group.push_back(static_cast<int>(v.integer()));
      for (const int other : terminals) {
        const bool joined = std::find(group.begin(), group.end(), other) != group.end();
        EXPECT_EQ(joined, d[static_cast<size_t>(group[0])][static_cast<size_t>(other)] < 1000);
      }
      // A tree over its nodes, at most twice as large as the smallest; exact for two.
      EXPECT_EQ(static_cast<size_t>(row[2].integer()) + 1, row[1].list().size());
      std::set<int64_t> reached = {group[0]};
      for (size_t i = 0; i < row[1].list().size(); ++i) {
        for (const Value& ends : row[3].list()) {
          const int64_t a = ends.list()[0].integer();
          const int64_t b = ends.list()[1].integer();
          if (reached.contains(a)) reached.insert(b);
          if (reached.contains(b)) reached.insert(a);
        }
      }
      EXPECT_EQ(reached.size(), row[1].list().size());
      const int smallest = SmallestTree(g, group);
      EXPECT_LE(row[2].integer(), group.size() == 2 ? smallest : 2 * smallest);
    }
    EXPECT_EQ(entities, terminals.size());
  }
}

TEST(TraceTest, ConnectKeepsToItsBounds) {
  World world;
  world.Run(
      "CREATE (:V {i: 0})-[:E]->(:M)-[:E]->(h:Hub)-[:E]->(:M)-[:E]->(:V {i: 1}) "
      "WITH h UNWIND range(1, 50) AS x CREATE (h)-[:E]->(:Leaf)");
  const auto groups = [&](const std::string& options) {
    return world
        .Run("MATCH (v:V) WITH collect(v) AS vs CALL trace.connect(vs, " + options +
             ") YIELD nodes RETURN size(nodes)")
        .size();
  };
  EXPECT_EQ(groups("{}"), 1u);
  EXPECT_EQ(groups("{depth: 4}"), 1u);
  EXPECT_EQ(groups("{depth: 3}"), 2u);
  EXPECT_EQ(groups("{hubs: 20}"), 2u);
  EXPECT_EQ(groups("{types: 'OTHER'}"), 2u);
}

TEST(TraceTest, TogetherCountsVisitsWithCompany) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 dice(seed);
    World world;
    world.Run("UNWIND range(0, 5) AS i CREATE (:Car {i: i})");
    world.Run("UNWIND range(0, 3) AS i CREATE (:Camera {i: i})");
    const Rows cars = world.Run("MATCH (c:Car) RETURN c ORDER BY c.i");
    const Rows cameras = world.Run("MATCH (c:Camera) RETURN c ORDER BY c.i");
    Graph& graph = world.graph();
    Batch batch;
    batch.source = "test";
    const auto batch_id = graph.OpenBatch(batch);
    const auto type = graph.catalog().InternLinkType("SEEN_AT");
    ASSERT_TRUE(batch_id.ok() && type.ok());
    struct Seen {
      size_t car, camera;
      int64_t second;
    };
    std::vector<Seen> all;
    auto transaction = graph.Begin(Viewer::All(), {.batch = *batch_id});
    ASSERT_TRUE(transaction.ok());
    for (int i = 0; i < 60; ++i) {
      const Seen s = {dice() % 6, dice() % 4, static_cast<int64_t>(dice() % 500)};
      all.push_back(s);
      NewLink link;
      link.type = *type;
      link.from = cars[s.car][0].node();
      link.to = cameras[s.camera][0].node();
      link.valid = {s.second * 1'000'000, s.second * 1'000'000};
      ASSERT_TRUE((*transaction)->CreateLink(link).ok());
    }
    ASSERT_TRUE((*transaction)->Commit().ok());
    std::map<size_t, int64_t> want;
    for (const Seen& own : all) {
      if (own.car != 0) continue;
      std::set<size_t> company;
      for (const Seen& other : all) {
        if (other.car != 0 && other.camera == own.camera &&
            std::abs(other.second - own.second) <= 10) {
          company.insert(other.car);
        }
      }
      for (const size_t car : company) ++want[car];
    }
    std::map<size_t, int64_t> have;
    for (const auto& row : world.Run(
             "MATCH (c:Car {i: 0}) CALL trace.together(c, {types: 'SEEN_AT', within: 10, least: 1})"
             " YIELD node, meetings RETURN node.i, meetings")) {
      have[static_cast<size_t>(row[0].integer())] = row[1].integer();
    }
    EXPECT_EQ(have, want);
  }
}

}  // namespace
}  // namespace skein
