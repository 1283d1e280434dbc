// Patterns, words before a path, times.
#include <array>

#include "query/syntax/forms.h"

namespace skein::syntax {
namespace {

constexpr std::array kPatterns = std::to_array<Form>({
    {"node", "(name :labels {key: value} WHERE° condition)",
     "A node; every part may be left out. What the braces say, it has.",
     "MATCH (p:Person {city: 'Harbin'} WHERE p.age > 40) RETURN p.name", "'Dee'"},
    {"link", "-[name :types {key: value} WHERE° condition]->",
     "A link in its direction; `<-[…]-` against it, `-[…]-` in either. Every part may be left "
     "out: `-->`.",
     "MATCH (:Phone {number: '555001'})-[c:CALLED WHERE c.length > 40]->(f) RETURN f.number",
     "'555002'"},
    {"*min..max", "-[:types *min..max]->",
     "A chain of links, so many long; `*` is `*1..`, `*2` is `*2..2`. Its name stands for the "
     "list of the links.",
     "MATCH (:Person {name: 'Ann'})-[k:KNOWS *1..2]->(p) RETURN p.name, size(k)",
     "'Bo', 1; 'Cem', 2"},
    {"quantified link", "-[…]->+ | -[…]->* | -[…]->{2,5} | -[…]->{,3}",
     "A link any number of times: at least once, any, 2 to 5, at most 3.",
     "MATCH (:Person {name: 'Ann'})-[:KNOWS]->{2,3}(p) RETURN p.name", "'Cem'; 'Cem'", true},
    {"quantified path", "((x)-[r]->(y) WHERE condition){1,5}",
     "A path any number of times; outside it x, r, y are lists. Inside another one it cannot "
     "stand.",
     "MATCH (:Person {name: 'Ann'}) ((x)-[:KNOWS]->(y) WHERE x.name <> y.name){2} (p) RETURN "
     "[n IN y | n.name]",
     "['Bo', 'Cem']", true},
    {"path", "name = path", "A name for the whole path.",
     "MATCH p = (:Person {name: 'Ann'})-[:USES]->() RETURN length(p)", "1"},
    {":A:B", ":A:B | :A&B°", "Label expressions: both. `IS A°` is `:A`.",
     "MATCH (p IS Person & Suspect) RETURN p.name", "'Cem'"},
    {":A|B", ":A|B", "Either; of links, one of the types.",
     "MATCH (x:Vehicle|Phone) RETURN count(x)", "4"},
    {":!A", ":!A", "Not.", "MATCH (x:!Person) RETURN count(x)", "4", true},
    {":%", ":%", "Any label; `!%` is none.", "MATCH (x:%) RETURN count(x)", "8", true},
});

constexpr std::array kPaths = std::to_array<Form>({
    {"ANY", "ANY [k] [PATH | PATHS]", "For each pair of ends the k shortest; 1 where k is missing.",
     "MATCH p = ANY (:Person {name: 'Ann'})-[:USES|CALLED]-+(:Person {name: 'Dee'}) RETURN "
     "length(p)",
     "3", true},
    {"SHORTEST", "[ANY] SHORTEST [k] [PATH | PATHS]", "The same.",
     "MATCH p = SHORTEST 2 (:Person {name: 'Ann'})-->+(:Phone {number: '555002'}) RETURN "
     "length(p)",
     "2; 2", true},
    {"ALL SHORTEST", "ALL SHORTEST [PATH | PATHS]",
     "For each pair of ends all of the smallest length. `ALL` alone is every path.",
     "MATCH p = ALL SHORTEST (:Person {name: 'Ann'})-->+(:Phone {number: '555002'}) RETURN "
     "count(p)",
     "2", true},
    {"SHORTEST k GROUPS", "SHORTEST [k] [PATH | PATHS] GROUPS",
     "For each pair of ends all of the k smallest lengths; `GROUP` is the same.",
     "MATCH p = SHORTEST 1 GROUPS (:Person {name: 'Ann'})-->+(:Phone {number: '555002'}) RETURN "
     "length(p)",
     "2; 2", true},
    {"WALK", "WALK [PATH | PATHS]", "Links may repeat; needs an upper bound.",
     "MATCH WALK (:Person {name: 'Cem'})-[:KNOWS]->{3}(p) RETURN p.name", "'Cem'", true},
    {"TRAIL", "TRAIL [PATH | PATHS]", "No link twice: the default.",
     "MATCH TRAIL (:Person {name: 'Cem'})-[:KNOWS]->{3}(p) RETURN count(p)", "0", true},
    {"ACYCLIC", "ACYCLIC [PATH | PATHS]", "No node twice.",
     "MATCH ACYCLIC (:Person {name: 'Bo'})-[:KNOWS]->+(p) RETURN p.name", "'Cem'", true},
    {"SIMPLE", "SIMPLE [PATH | PATHS]", "No node twice, but the start may be the end.",
     "MATCH SIMPLE (:Person {name: 'Cem'})-[:KNOWS]->+(p) RETURN p.name", "'Cem'", true},
    {"shortestPath", "shortestPath((a)-[:types *min..max]->(b))",
     "One path of the smallest length between two nodes; in an expression, or null.",
     "MATCH p = shortestPath((:Person {name: 'Ann'})-[*]-(:Person {name: 'Cem'})) RETURN "
     "length(p)",
     "2"},
    {"allShortestPaths", "allShortestPaths((a)-[:types *min..max]->(b))",
     "All paths of the smallest length.",
     "MATCH p = allShortestPaths((:Person {name: 'Ann'})-[*]->(:Phone {number: '555002'})) RETURN "
     "count(p)",
     "2"},
});

constexpr std::array kTimes = std::to_array<Form>({
    {"FOR VALID_TIME AS OF", "MATCH path, … FOR VALID_TIME AS OF t [WHERE condition]",
     "Only links that held in the world at t. A link without valid times held always.",
     "MATCH (p:Person)-[:OWNS]->(v) FOR VALID_TIME AS OF date('2026-02-01') RETURN count(v)", "3",
     true},
    {"FOR VALID_TIME BETWEEN", "MATCH path, … FOR VALID_TIME BETWEEN a AND b [WHERE condition]",
     "Only links that held at some moment from a to b, both included.",
     "MATCH ()-[r:OWNS]->() FOR VALID_TIME BETWEEN date('2026-02-01') AND date('2026-02-28') "
     "RETURN count(r)",
     "3", true},
    {"AS OF", "[EXPLAIN | PROFILE] AS OF x query",
     "Reads the graph as the store had it then: what was known, not what held. x is a version (an "
     "integer, as every answer's summary gives it: microseconds since 1970), a date-time, or a "
     "date, which stands for its first moment in UTC. What the viewer may see is decided by "
     "today's policies. Such a statement cannot write.",
     "AS OF datetime() MATCH (p:Person) RETURN count(p)", "", true},
    {"FUSED", "[AS OF x] FUSED query",
     "Nodes that are asserted to be the same, as far as the viewer sees the assertions and the "
     "members, are one node, in matching, properties, links and paths. Its properties are the "
     "best values by grade, rank of the source and time; `fusion.values(n, 'key')` gives all of "
     "them with their sources, `fusion.records(n)` the members.",
     "FUSED MATCH (p:Person) RETURN count(p)", "4", true},
});

}  // namespace

FormGroup PatternForms() { return {"Patterns", "", kPatterns, ""}; }

FormGroup PathForms() {
  return {"Which paths",
          "A path may begin with one of these words; they say which of its matches stay. A mode "
          "(`WALK` to `SIMPLE`) may follow a selector: `ANY SHORTEST TRAIL`.\n",
          kPaths,
          "Conditions inside the pattern hold before a selector chooses, `WHERE` of the clause "
          "after it; of `shortestPath()` a condition over all its\nnodes or links is part of the "
          "search.\n"};
}

FormGroup TimeForms() {
  return {
      "Times and versions", "", kTimes,
      R"(A date as a valid time stands for its whole day in UTC. The times cannot depend on the row. Both can be asked together:
`AS OF datetime('2026-03-01T08:00Z') MATCH (p)-[:OWNS]->(v) FOR VALID_TIME AS OF date('2026-02-01') …` is what was known on 1 March of
who owned what on 1 February.
)"};
}

}  // namespace skein::syntax
