#include "tests/worlds/statement.h"

#include "tests/random/random_query.h"

namespace skein::worlds {

namespace {

std::string OneOf(Dice& dice, std::initializer_list<const char*> texts) {
  return *(texts.begin() + Draw(dice, static_cast<int>(texts.size())));
}

std::string Label(Dice& dice) {
  return OneOf(dice, {"", ":A", ":B", ":A|B", ":A&B", ":Secret", ":!A"});
}
std::string Types(Dice& dice) {
  return OneOf(dice, {"", ":T", ":S", ":T|S", ":SEEN", ":INFORMS", ":S|INFORMS"});
}

std::string Hop(Dice& dice, const std::string& inside) {
  const int way = Draw(dice, 3);
  return (way == 0 ? "<-[" : "-[") + inside + (way == 1 ? "]->" : "]-");
}

std::string ByIndex(Dice& dice) {
  const std::string where = OneOf(
      dice, {"a.p = $x", "a.p > 0 AND a.p <= 2", "a.p IN [0, 2, null]", "a.i = $x", "a.i >= $x",
             "a.q = 1 AND a.p = 1", "a.i < $x AND a.p >= 1", "a.name STARTS WITH 'A'",
             "a.codename = 'Raven'", "a.p IS NULL", "a.i IN range(0, $x)"});
  return "MATCH (a" + OneOf(dice, {":A", ":B", ":A|B", ":A:B"}) + ") WHERE " + where +
         OneOf(dice, {" RETURN a.i", " RETURN count(*)", " RETURN a.i, labels(a), keys(a)",
                      " RETURN a", " RETURN a.name, count(a)", " RETURN properties(a)"});
}

std::string Degrees(Dice& dice) {
  switch (Draw(dice, 6)) {
    case 0:
      return "MATCH (a" + Label(dice) + ") RETURN a.i, degree(a), outDegree(a), inDegree(a, 'S')";
    case 1:
      return "MATCH (a" + Label(dice) + ")" + Hop(dice, "r" + Types(dice)) +
             "() RETURN a.i, count(r)";
    case 2:
      return "MATCH (a" + Label(dice) + ") RETURN a.i, COUNT { (a)" + Hop(dice, Types(dice)) + "(" +
             Label(dice) + ") } AS n";
    case 3:
      return "MATCH (a)" + Hop(dice, "r" + Types(dice)) + "(b" + Label(dice) +
             ") RETURN count(*), count(DISTINCT a), count(DISTINCT b), sum(r.w)";
    case 4:
      return "MATCH (a) WHERE NOT (a)" + Hop(dice, Types(dice)) + "(" + Label(dice) +
             ") RETURN a.i";
    default:
      return "MATCH (a) WHERE EXISTS { (a)" + Hop(dice, Types(dice)) +
             "(b) WHERE b.p > a.p } RETURN a.i";
  }
}

std::string Counts(Dice& dice) {
  return OneOf(dice,
               {"MATCH (n) RETURN count(*)", "MATCH (n:A) RETURN count(n)",
                "MATCH (n:Secret) RETURN count(n)", "MATCH ()-[r]->() RETURN count(r)",
                "MATCH ()-[r:INFORMS]->() RETURN count(r)", "MATCH ()-[r:SEEN]->() RETURN count(*)",
                "MATCH ()-[r:T]-() RETURN count(*)",
                "MATCH ()-[r:S|T]->() RETURN type(r), count(*), min(r.ts), max(r.ts)",
                "MATCH (n) RETURN labels(n) AS l, count(*)",
                "MATCH (n) UNWIND keys(n) AS k RETURN k, count(*)",
                "MATCH (n) WHERE n.secretly IS NULL RETURN count(n.codename)",
                "MATCH ()-[r]->() FOR VALID_TIME AS OF datetime('1970-01-01T00:00:05Z') "
                "RETURN count(r)",
                "MATCH (a)-[r:SEEN]->(b) WHERE r.ts >= 3 AND r.ts < $x RETURN a.i, b.i, r.ts"});
}

std::string Ways(Dice& dice) {
  const std::string ends = "MATCH (a {i: $x}), (b {i: " + std::to_string(Draw(dice, 12)) + "}) ";
  const std::string types = Types(dice);
  switch (Draw(dice, 7)) {
    case 0:
      return ends + "MATCH p = shortestPath((a)" + Hop(dice, types + "*..6") +
             "(b)) RETURN length(p)";
    case 1:
      return ends + "MATCH p = allShortestPaths((a)" + Hop(dice, types + "*..6") + "(b)) RETURN p";
    case 2:
      return ends + "MATCH p = SHORTEST 2 GROUPS (a)" + Hop(dice, types) +
             "{0,4}(b) RETURN length(p)";
    case 3:
      return "MATCH (a {i: $x})" + Hop(dice, types + "*0..3") + "(b) RETURN DISTINCT b.i";
    case 4:
      return "MATCH (a {i: $x})" + Hop(dice, types + "*1..3") +
             "(b) RETURN count(*), count(DISTINCT b)";
    case 5:
      return "MATCH (a {i: $x})" + Hop(dice, types) + "{1,2}(b) RETURN b.i, b.name";
    default:
      return "MATCH ACYCLIC (a {i: $x})" + Hop(dice, types) + "{1,3}(b) RETURN b.i";
  }
}

std::string Projection(Dice& dice) {
  std::string out = "{";
  if (Chance(dice, 40)) out += "types: 'T', ";
  if (Chance(dice, 30)) out += "labels: 'A', ";
  return out + "direction: '" + OneOf(dice, {"both", "out"}) + "'}";
}

std::string Algorithm(Dice& dice) {
  const std::string options = Projection(dice);
  const std::string from = "MATCH (a {i: $x}) ";
  const std::string ends = "MATCH (a {i: $x}), (b {i: " + std::to_string(Draw(dice, 12)) + "}) ";
  switch (Draw(dice, 16)) {
    case 0:
      return "CALL algo.wcc(" + options + ") YIELD node, component RETURN node.i, component";
    case 1:
      return "CALL algo.pageRank(" + options + ") YIELD node, score RETURN node.i, score";
    case 2:
      return "CALL algo.degree(" + options + ") YIELD node, degree RETURN node.i, degree";
    case 3:
      return "CALL algo.kCore(" + options + ") YIELD node, core RETURN node.i, core";
    case 4:
      return "CALL algo.triangles({}) YIELD node, triangles RETURN node.i, triangles";
    case 5:
      return "CALL algo.louvain() YIELD node, community RETURN node.i, community";
    case 6:
      return "CALL algo.labelPropagation({iterations: 3}) YIELD node, community RETURN node.i, "
             "community";
    case 7:
      return "CALL algo.betweenness(" + options + ") YIELD node, score RETURN node.i, score";
    case 8:
      return "CALL algo.scc({}) YIELD node, component RETURN node.i, component";
    case 9:
      return from + "CALL algo.bfs(a, " + options +
             ") YIELD node, distance RETURN node.i, distance";
    case 10:
      return ends +
             "CALL algo.shortestPath(a, b, {direction: 'both'}) YIELD path, cost RETURN "
             "length(path), cost";
    case 11:
      return ends +
             "CALL algo.kShortestPaths(a, b, 3, {direction: 'both'}) YIELD rank, path, cost "
             "RETURN rank, cost";
    case 12:
      return ends + "CALL algo.allShortestPaths(a, b, {direction: 'both'}) YIELD path RETURN path";
    case 13:
      return from +
             "CALL algo.distances(a, {direction: 'both'}) YIELD node, distance RETURN node.i, "
             "distance";
    case 14:
      return "CALL algo.closeness(" + options +
             ") YIELD node, score, reached RETURN node.i, score, reached";
    default:
      return "CALL algo.clustering({direction: 'both'}) YIELD node, coefficient RETURN node.i, "
             "coefficient";
  }
}

std::string Tracing(Dice& dice) {
  const std::string from = "MATCH (a {i: $x}) ";
  switch (Draw(dice, 5)) {
    case 0:
      return from +
             "MATCH (b {i: 1}) CALL trace.paths(a, b, {time: 'ts', direction: 'both', depth: 3}) "
             "YIELD path, departs, arrives RETURN length(path), departs, arrives";
    case 1:
      return from +
             "CALL trace.earliestArrival(a, {time: 'ts'}) YIELD node, arrives RETURN node.i, "
             "arrives";
    case 2:
      return from +
             "CALL trace.together(a, {types: 'SEEN', within: 2, time: 'ts', least: 1}) YIELD node, "
             "meetings, "
             "places RETURN node.i, meetings, places";
    case 3:
      return "MATCH (n) WHERE n.i IN [$x, 1, 2] WITH n ORDER BY n.i WITH collect(n) AS people "
             "CALL trace.connect(people) YIELD nodes, links RETURN size(nodes), size(links)";
    default:
      return from +
             "CALL trace.earliestArrival(a, {types: ['SEEN', 'INFORMS'], direction: 'both', "
             "hubs: 3}) YIELD node, arrives RETURN node.i, arrives";
  }
}

std::string Catalogue(Dice& dice) {
  return OneOf(
      dice, {"CALL db.labels()", "CALL db.relationshipTypes()", "CALL db.propertyKeys()",
             "CALL db.schema.nodeTypeProperties()", "CALL db.schema.relTypeProperties()",
             "CALL db.schema.visualization() YIELD nodes, relationships "
             "RETURN size(nodes), size(relationships)",
             "CALL db.indexes() YIELD name, state, type, labelsOrTypes, properties",
             "CALL db.constraints()", "SHOW INDEXES", "SHOW CONSTRAINTS", "CALL fusion.clusters()",
             "MATCH (a {i: $x}) CALL fusion.assertions(a) "
             "YIELD a AS x, b AS y, id, same RETURN x, y, id, same",
             "MATCH (n) RETURN n.i, fusion.cluster(n), fusion.values(n, 'p')",
             "MATCH (n) UNWIND fusion.records(n) AS r RETURN n.i, r"});
}

std::string Misspelt(Dice& dice) {
  return OneOf(dice, {"MATCH (n:Secre) RETURN n", "MATCH (n:Secrett) RETURN count(*)",
                      "MATCH (n:Secret) RETURN n.i", "MATCH ()-[r:INFORM]->() RETURN r",
                      "MATCH ()-[r:SEENN]->() RETURN count(r)", "MATCH (n) RETURN n.codenam",
                      "MATCH (n) RETURN n.codename", "MATCH (n) RETURN n.nam",
                      "MATCH (n {secretl: true}) RETURN n", "MATCH ()-[r]->() RETURN r.secretly",
                      "MATCH (n:Aaa) RETURN n", "MATCH ()-[:INFORMS]->(n:Secret) RETURN n.codename",
                      "MATCH (n) RETURN n.tss, n.ww", "MATCH (n) RETURN count(n.ww)"});
}

std::string Found(Dice& dice) {
  return OneOf(
      dice, {"CALL skein.search('ann') YIELD node, property, score RETURN node.i, property, score",
             "CALL skein.search('raven') YIELD node, property RETURN node.i, property",
             "CALL skein.search('zhang', 'A', 3) YIELD node RETURN count(node)",
             "CALL skein.search('12345', 'Secret') YIELD node RETURN node",
             "MATCH (n) WHERE elementId(n) = $e RETURN n.i",
             "MATCH (n) WHERE id(n) = $id RETURN n.i, labels(n)",
             "MATCH (n)-[r]-(m) WHERE id(n) IN [$id] RETURN m.i, type(r)",
             "MATCH (n {i: $x}) RETURN n.i ORDER BY id(n) % 2 LIMIT 0"});
}

std::string Ordered(Dice& dice) {
  return OneOf(dice,
               {"MATCH (n) RETURN n.i AS i ORDER BY i LIMIT 5",
                "MATCH (n:A) RETURN n.p AS p, n.i AS i ORDER BY p DESC, i SKIP 1 LIMIT 4",
                "MATCH (a)-[r]->(b) RETURN a.i AS a, b.i AS b, type(r) AS t ORDER BY a, b, t",
                "MATCH (a)--(b) WITH DISTINCT a.i AS i, b.p AS p RETURN i, p ORDER BY i, p LIMIT 7",
                "MATCH (n) RETURN n.name AS n, count(*) AS c ORDER BY n, c"});
}

}  // namespace

Statement MakeStatement(Dice& dice, const WorldPlan& world) {
  Statement out;
  const int kind = Draw(dice, 100);
  if (kind < 34) {
    out.text = random_test::QueryText(random_test::MakeQuery(dice));
  } else if (kind < 42) {
    out.text = ByIndex(dice);
  } else if (kind < 49) {
    out.text = Degrees(dice);
  } else if (kind < 55) {
    out.text = Counts(dice);
  } else if (kind < 63) {
    out.text = Ways(dice);
  } else if (kind < 69) {
    out.text = Algorithm(dice);
  } else if (kind < 73) {
    out.text = Tracing(dice);
  } else if (kind < 79) {
    out.text = Catalogue(dice);
  } else if (kind < 85) {
    out.text = Misspelt(dice);
  } else if (kind < 90) {
    out.text = Found(dice);
  } else if (kind < 94) {
    out.text = Ordered(dice);
    out.ordered = true;
  } else if (kind < 98) {
    out.door = Statement::Door::kChart;
    out.text = OneOf(dice, {"ann", "raven", "张", "12345", "bo"});
  } else {
    out.door = Statement::Door::kNames;
  }
  out.node = Draw(dice, static_cast<int>(world.nodes.size()));
  out.number = Draw(dice, Chance(dice, 50) ? 3 : static_cast<int>(world.nodes.size()));
  out.fused = Chance(dice, 25);
  if (Chance(dice, 20)) out.batch_rows = 1 + static_cast<uint32_t>(Draw(dice, 4));
  if (out.door == Statement::Door::kQuery) {
    const bool show = out.text.starts_with("SHOW");
    const int mode = Draw(dice, 100);
    if (!show && mode < 20) out.text = "EXPLAIN " + out.text;
    // What stops at the first match has read more or less by the order of types' ids.
    const bool stops = out.text.find("EXISTS") != std::string::npos ||
                       out.text.find("NOT (a)") != std::string::npos ||
                       out.text.find("LIMIT") != std::string::npos;
    if (!show && !stops && mode >= 75) out.text = "PROFILE " + out.text;
    if (Chance(dice, 12)) out.rows_read = 1 + Draw(dice, 60);
    if (Chance(dice, 5)) out.bytes = 1000 + Draw(dice, 20'000);
  }
  return out;
}

}  // namespace skein::worlds
