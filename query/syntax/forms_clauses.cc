// Statements and clauses.
#include <array>

#include "query/syntax/forms.h"

namespace skein::syntax {
namespace {

constexpr std::array kStatements = std::to_array<Form>({
    {"EXPLAIN", "EXPLAIN query",
     "The plan without running it, with the rows that each operator is expected to give and a "
     "cost: the rows that it and all below it are expected to handle. Commands have none.",
     "EXPLAIN MATCH (p:Person) RETURN p.name"},
    {"PROFILE", "PROFILE query",
     "Runs the query and shows, per operator, rows, its own time, the most memory it held, rows "
     "read of the store and calls to the store (each at most one round trip).",
     "PROFILE MATCH (p:Person) RETURN count(p)", "4"},
    {"UNION", "part UNION [ALL | DISTINCT] part …",
     "The rows of both parts, which have the same columns; without `ALL` each row once.",
     "RETURN 1 AS x UNION RETURN 2 AS x UNION RETURN 1 AS x", "1; 2"},
    {"FINISH", "FINISH", "Ends a query that gives no rows.",
     "MATCH (p:Person) WHERE p.age > 100 FINISH", "", true},
    {";", "query [;]",
     "One statement; a semicolon may follow. A shell's or a script's line needs it.", "RETURN 1;",
     "1"},
    {"comment", "// … | /* … */", "A comment, to the end of the line or to its closing sign.",
     "RETURN 1 /* one */ + 1 // and one", "2"},
});

constexpr std::array kReading = std::to_array<Form>({
    {"MATCH",
     "MATCH [REPEATABLE ELEMENTS° | DIFFERENT RELATIONSHIPS°] path, path … [WHERE condition]",
     "A row for each way in which the paths lie in the graph. Within one `MATCH` no link is used "
     "twice (`DIFFERENT RELATIONSHIPS` says so), unless `REPEATABLE ELEMENTS` (or `ELEMENT`, as "
     "`RELATIONSHIP`) allows it; nodes may repeat.",
     "MATCH (p:Person)-[:OWNS]->(v:Vehicle {colour: 'red'}) RETURN p.name, v.plate",
     "'Ann', 'T-100'"},
    {"OPTIONAL MATCH", "OPTIONAL MATCH path, path … [WHERE condition]",
     "As `MATCH`, but a row without a match stays, with nulls.",
     "MATCH (p:Person) OPTIONAL MATCH (p)-[:OWNS]->(v) RETURN p.name, v.plate ORDER BY p.name",
     "'Ann', 'T-100'; 'Bo', 'T-200'; 'Cem', 'T-200'; 'Dee', null"},
    {"WHERE", "MATCH … WHERE condition | WITH … WHERE condition | YIELD … WHERE condition",
     "Keeps the rows for which the condition is true; null is not true. A pattern may stand in "
     "it as a condition.",
     "MATCH (p:Person) WHERE p.age < 40 AND (p)-[:OWNS]->() RETURN p.name ORDER BY p.name",
     "'Ann'; 'Cem'"},
    {"UNWIND", "UNWIND list AS name", "A row for each item of the list; none for null.",
     "UNWIND [1, 2, 3] AS n RETURN n * n", "1; 4; 9"},
    {"WITH", "WITH [DISTINCT] items [ORDER BY …] [SKIP n] [LIMIT n] [WHERE condition]",
     "What goes on to the clauses after it, under the names it gives. What is not aggregated in "
     "`WITH` or `RETURN` is the grouping key.",
     "MATCH (p:Person) WITH p.age AS age, count(*) AS n WHERE n > 1 RETURN age, n", "45, 2"},
    {"RETURN", "RETURN [DISTINCT] items [ORDER BY …] [SKIP n | OFFSET° n] [LIMIT n]",
     "The columns of the answer; `*` is all that is named.",
     "MATCH (p:Person {name: 'Bo'}) RETURN p.name AS name, p.age + 1 AS next", "'Bo', 46"},
    {"AS", "expression AS name",
     "A name for what a clause gives; in `WITH` every expression that is no name needs one.",
     "RETURN 6 * 7 AS answer", "42"},
    {"DISTINCT", "RETURN DISTINCT … | WITH DISTINCT … | count(DISTINCT x)",
     "Each row, or each value in an aggregate, once.",
     "MATCH (p:Person) RETURN DISTINCT p.age ORDER BY p.age", "27; 31; 45"},
    {"ORDER BY", "ORDER BY expression [ASC | ASCENDING | DESC | DESCENDING], …",
     "Sorts rows; null is last when ascending, first when descending.",
     "MATCH (p:Person) RETURN p.name ORDER BY p.age DESC, p.name", "'Bo'; 'Dee'; 'Ann'; 'Cem'"},
    {"SKIP", "SKIP n | OFFSET° n",
     "Leaves out the first n rows. n may be a parameter; it cannot depend on a row.",
     "UNWIND range(1, 5) AS n RETURN n SKIP 3", "4; 5"},
    {"LIMIT", "LIMIT n", "At most n rows. n may be a parameter; it cannot depend on a row.",
     "UNWIND range(1, 5) AS n RETURN n LIMIT 2", "1; 2"},
    {"FILTER", "FILTER [WHERE] condition", "`WITH * WHERE condition`.",
     "UNWIND range(1, 5) AS n FILTER n % 2 = 0 RETURN n", "2; 4", true},
    {"LET", "LET name = value, …", "`WITH *, value AS name, …`.",
     "UNWIND [2, 3] AS n LET square = n * n RETURN n, square", "2, 4; 3, 9", true},
    {"CALL", "CALL procedure(args) [YIELD column [AS name], … [WHERE condition]]",
     "The rows of a [procedure](procedures.md). Alone, it may leave `YIELD` out, and arguments "
     "too: then they are parameters of their names.",
     "CALL db.labels() YIELD label RETURN label ORDER BY label",
     "'Person'; 'Phone'; 'Suspect'; 'Vehicle'"},
    {"YIELD", "CALL … YIELD * | CALL … YIELD column [AS name], …",
     "Which columns of a procedure are wanted; `*`, all, where the call is the whole statement.",
     "CALL db.labels() YIELD label AS name WHERE name STARTS WITH 'P' RETURN name ORDER BY name",
     "'Person'; 'Phone'"},
    {"CALL { }", "CALL [(names) | (*)] { query }",
     "The query for each row before it; the names, or `WITH` at its begin, say what it sees of "
     "the row. With `RETURN` its rows join those before it, without, each row stays as it is.",
     "MATCH (p:Person) CALL (p) { MATCH (p)-[:USES]->(f) RETURN count(f) AS n } RETURN p.name, n "
     "ORDER BY p.name",
     "'Ann', 1; 'Bo', 0; 'Cem', 1; 'Dee', 1", true},
});

constexpr std::array kWriting = std::to_array<Form>({
    {"CREATE", "CREATE path, …",
     "Makes every node and link of the paths that has no name from before.",
     "CREATE (p:Person {name: 'Eve'})-[r:USES]->(f:Phone {number: '555003'}) RETURN p.name, "
     "type(r), f.number",
     "'Eve', 'USES', '555003'"},
    {"MERGE", "MERGE path [ON CREATE SET …] [ON MATCH SET …]",
     "Finds the whole path, or makes it. Two at once on a label and property make one node.",
     "MERGE (p:Person {name: 'Ann'}) ON CREATE SET p.seen = 1 ON MATCH SET p.seen = 2 RETURN "
     "p.seen",
     "2"},
    {"SET", "SET n.key = value, n = map, n += map, n:Label",
     "Sets a property (null takes it away), all properties, those of the map; adds labels.",
     "MATCH (p:Person {name: 'Bo'}) SET p += {city: 'Graz', age: 46}, p:Witness RETURN p.city, "
     "labels(p)",
     "'Graz', ['Person', 'Witness']"},
    {"REMOVE", "REMOVE n.key, n:Label", "Takes properties and labels away.",
     "MATCH (p:Suspect) REMOVE p.city, p:Suspect RETURN p.city, labels(p)", "null, ['Person']"},
    {"DELETE", "DELETE expression, …",
     "Deletes nodes, links, or all of a path. A node that still has links when the statement ends "
     "is an error.",
     "MATCH ()-[r:KNOWS]->() DELETE r RETURN count(*)", "3"},
    {"DETACH DELETE", "DETACH DELETE expression, …", "Deletes nodes with their links.",
     "MATCH (f:Phone) DETACH DELETE f; MATCH (n) RETURN count(n)", "6"},
    {"FOREACH", "FOREACH (name IN list | writing clauses)", "Writes once for each item.",
     "FOREACH (n IN ['x', 'y'] | CREATE (:Mark {name: n})); MATCH (m:Mark) RETURN count(m)", "2",
     true},
});

}  // namespace

FormGroup StatementForms() {
  return {"Statements",
          R"(    [EXPLAIN | PROFILE] [AS OF° x] [FUSED°] query [;]
    query         part [UNION [ALL | DISTINCT] part …]
    part          clause clause … (RETURN … | FINISH° | a writing clause | CALL)
    command       CREATE INDEX | CREATE CONSTRAINT | DROP INDEX | DROP CONSTRAINT | SHOW … | KILL 'query-id'
)",
          kStatements,
          "Keywords are written in any case; names of labels, types, properties and variables are "
          "exact, and in backticks (`` `a name` ``) may have any characters.\n"};
}

FormGroup ReadingForms() { return {"Reading", "", kReading, ""}; }

FormGroup WritingForms() {
  return {"Writing", "", kWriting,
          "A statement that fails leaves no trace. No clause sees what a later one writes.\n"};
}

}  // namespace skein::syntax
