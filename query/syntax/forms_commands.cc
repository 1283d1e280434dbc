// Commands, and how errors are told.
#include <array>

#include "query/syntax/forms.h"

namespace skein::syntax {
namespace {

constexpr std::array kCommands = std::to_array<Form>({
    {"SHOW INDEXES", "SHOW INDEXES", "The indexes; `INDEX` is the same.",
     "CREATE INDEX by_name FOR (p:Person) ON (p.name); SHOW INDEXES YIELD name", "'by_name'"},
    {"SHOW CONSTRAINTS", "SHOW CONSTRAINTS", "The constraints; `CONSTRAINT` is the same.",
     "SHOW CONSTRAINTS YIELD name RETURN count(*)", "0"},
    {"SHOW FUNCTIONS", "SHOW FUNCTIONS", "What expressions may call; `FUNCTION` is the same.",
     "SHOW FUNCTIONS YIELD name WHERE name = 'abs'", "'abs'"},
    {"SHOW PROCEDURES", "SHOW PROCEDURES", "What `CALL` may call; `PROCEDURE` is the same.",
     "SHOW PROCEDURES YIELD name WHERE name = 'db.labels'", "'db.labels'"},
    {"SHOW DATABASES", "SHOW DATABASES", "The one there is; `DATABASE` is the same.",
     "SHOW DATABASES YIELD name", "'skein'"},
    {"SHOW QUERIES", "SHOW QUERIES",
     "Your queries that are running; `QUERY`, `TRANSACTIONS` and `TRANSACTION` are the same.",
     "SHOW QUERIES YIELD status", "'running'"},
    {"KILL", "KILL 'query-7'", "Ends a query of yours.", "KILL 'query-7'"},
    {"CREATE INDEX", "CREATE [RANGE] INDEX [name] [IF NOT EXISTS] FOR (n:Label) ON (n.key, …)",
     "A range index: answers `=`, `IN` and ranges of its one key; of several keys, `=` or `IN` of "
     "all, or of all but the last and a range of that: a node that lacks one of them is not in "
     "it, so all must be asked for.",
     "CREATE INDEX IF NOT EXISTS FOR (p:Person) ON (p.name, p.age)"},
    {"CREATE POINT INDEX",
     "CREATE POINT INDEX [name] [IF NOT EXISTS] FOR (n:Label) ON (n.position[, n.moment])",
     "Answers `point.distance(n.position, p) < metres` and `point.withinBBox(n.position, a, b)`; "
     "with a moment, where and when together: `… AND n.moment >= a AND n.moment < b`.",
     "CREATE POINT INDEX seen FOR (s:Sighting) ON (s.position, s.moment)"},
    {"CREATE TEXT INDEX", "CREATE TEXT INDEX [name] [IF NOT EXISTS] FOR (n:Label) ON (n.key)",
     "Texts are found without an index; declaring one says that it is meant.",
     "CREATE TEXT INDEX FOR (p:Person) ON (p.name)"},
    {"CREATE CONSTRAINT",
     "CREATE CONSTRAINT [name] [IF NOT EXISTS] FOR (n:Label) REQUIRE n.key IS UNIQUE",
     "Within an owner unit no two nodes with the label have one value; the key is indexed.",
     "CREATE CONSTRAINT one_plate FOR (v:Vehicle) REQUIRE v.plate IS UNIQUE"},
    {"DROP INDEX", "DROP INDEX name [IF EXISTS]", "Takes an index away.",
     "DROP INDEX by_name IF EXISTS"},
    {"DROP CONSTRAINT", "DROP CONSTRAINT name [IF EXISTS]", "Takes a constraint away.",
     "DROP CONSTRAINT one_plate IF EXISTS"},
});

}  // namespace

FormGroup CommandForms() {
  return {
      "Looking around", "", kCommands,
      "Each `SHOW` may go on with `[YIELD columns [ORDER BY …]] [WHERE condition] [RETURN …]`.\n"};
}

FormGroup ErrorForms() {
  return {
      "Errors",
      R"(Each has a class and a detail word of the openCypher suite, a line, a column and, where something similar exists, a suggestion:

    SyntaxError: UnknownFunction: there is no function `toUper`; did you mean `toUpper`? (line 1, column 8)
      RETURN toUper('x')
             ^
)",
      {},
      ""};
}

}  // namespace skein::syntax
