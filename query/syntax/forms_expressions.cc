// Operators, weakest first, and operands.
#include <array>

#include "query/syntax/forms.h"

namespace skein::syntax {
namespace {

constexpr std::array kOperators = std::to_array<Form>({
    {"OR", "a OR b", "True if one is, else null if one is.", "RETURN false OR true, false OR null",
     "true, null"},
    {"XOR", "a XOR b", "Whether exactly one is true.", "RETURN true XOR true", "false"},
    {"AND", "a AND b", "False if one is, else null if one is.",
     "RETURN true AND false, false AND null", "false, false"},
    {"NOT", "NOT a", "The opposite; of null null.", "RETURN NOT 1 = 2", "true"},
    {"=", "a = b, a <> b, a != b°", "Equality; `!=` is `<>`. Chains: `a = b = c`.",
     "RETURN 1 = 1.0, 'a' <> 'b', [1, null] = [1, 2]", "true, true, null"},
    {"<", "a < b, a <= b, a > b, a >= b",
     "Order of numbers, text, truth values, times, lists; of other kinds null. Chains are both: "
     "`1 < x < 3`.",
     "RETURN 1 < 2 <= 2, 'b' > 'a', 1 < 'a'", "true, true, null"},
    {"IN", "x IN list", "Whether an item equals x.", "RETURN 2 IN [1, 2], 3 IN [1, null]",
     "true, null"},
    {"STARTS WITH", "a STARTS WITH b", "Of text, with regard to case.",
     "RETURN 'Harbin' STARTS WITH 'Har'", "true"},
    {"ENDS WITH", "a ENDS WITH b", "Of text, with regard to case.",
     "RETURN 'Harbin' ENDS WITH 'bin'", "true"},
    {"CONTAINS", "a CONTAINS b", "Of text, with regard to case.", "RETURN 'Harbin' CONTAINS 'rb'",
     "true"},
    {"=~", "a =~ pattern",
     "Whether the whole text matches a regular expression of RE2; `(?i)` before it takes no "
     "regard to case.",
     "RETURN 'T-100' =~ '[A-Z]-[0-9]+'", "true"},
    {"IS NULL", "a IS NULL, a IS NOT NULL", "Whether a value is unknown, or known.",
     "MATCH (p:Person) WHERE p.city IS NULL RETURN p.name", "'Bo'"},
    {"+", "a + b", "A sum; of texts and lists one after the other; of a time and a duration.",
     "RETURN 1 + 2.5, 'a' + 'b', [1] + 2", "3.5, 'ab', [1, 2]"},
    {"-", "a - b", "A difference, of times too.", "RETURN 5 - 7", "-2"},
    {"||", "a || b", "Texts or lists one after the other.", "RETURN 'a' || 'b', [1] || [2]",
     "'ab', [1, 2]", true},
    {"*", "a * b", "A product; of a duration and a number too.", "RETURN 6 * 7", "42"},
    {"/", "a / b", "A quotient; of whole numbers whole, towards zero, and by 0 an error.",
     "RETURN 7 / 2, 7 / 2.0", "3, 3.5"},
    {"%", "a % b", "What is left of a division; it has the sign of a.", "RETURN 7 % 4, -7 % 4",
     "3, -3"},
    {"^", "a ^ b", "A power, as a float.", "RETURN 2 ^ 10", "1024.0"},
    {"sign", "-a, +a", "A sign.", "RETURN -(3), -2 ^ 2", "-3, 4.0"},
    {"[index]", "a[index]",
     "The item of a list at a place (0 is the first, -1 the last), the value of a map, node or "
     "link under a key; null where there is none.",
     "RETURN [10, 20, 30][-1], {a: 1}['a'], [1][5]", "30, 1, null"},
    {"[from..to]", "a[from..to]",
     "The items from one place up to but not including another; either "
     "may be left out.",
     "RETURN [10, 20, 30][1..], [10, 20, 30][..-1]", "[20, 30], [10, 20]"},
    {".key", "a.key",
     "A property of a node or link, a value of a map, a component of a time or "
     "point; null where there is none.",
     "RETURN {a: 1}.a, date('2026-02-01').month", "1, 2"},
    {":Label", "n:Label", "Whether a node has a label or a link a type; label expressions too.",
     "MATCH (n) WHERE n:Suspect RETURN n.name", "'Cem'"},
});

constexpr std::array kOperands = std::to_array<Form>({
    {"literal", "1, 0x1F, 0o17, 1.5, 1e3, 'text', \"text\", TRUE, FALSE, NULL",
     "Whole numbers of 64 bits, floats, text with escapes (`\\n`, `\\'`, `\\u00e9`), truth values, "
     "null. More kinds come from [functions](functions.md): `date('2026-02-01')`.",
     "RETURN 0x1F, 1e3, 'it\\'s', null", "31, 1000.0, 'it\\'s', null"},
    {"list", "[a, b, …]", "A list, of any kinds.", "RETURN size([1, 'a', [2]])", "3"},
    {"map", "{key: value, …}", "A map.", "RETURN {a: 1, b: [2]}.b", "[2]"},
    {"$name", "$name",
     "A parameter, given beside the text; `{…}` of a pattern in `CREATE` may be one "
     "as a whole. In the example it is `'Ann'`.",
     "MATCH (p:Person {name: $name}) RETURN p.age", "31"},
    {"CASE", "CASE [x] WHEN a THEN b … [ELSE c] END",
     "The value of the first branch that holds, or that x equals; null without `ELSE`.",
     "MATCH (p:Person) RETURN p.name, CASE WHEN p.age < 30 THEN 'young' ELSE 'old' END ORDER BY "
     "p.name LIMIT 3",
     "'Ann', 'old'; 'Bo', 'old'; 'Cem', 'young'"},
    {"list comprehension", "[x IN list WHERE condition | expression]",
     "A list made from a list; both parts after it may be left out.",
     "RETURN [x IN range(1, 5) WHERE x % 2 = 1 | x * x]", "[1, 9, 25]"},
    {"pattern comprehension", "[(a)-->(b) WHERE condition | expression]",
     "A list with a value for each match.",
     "MATCH (p:Person {name: 'Ann'}) RETURN [(p)-[:OWNS|USES]->(x) | labels(x)[0]]",
     "['Vehicle', 'Phone']"},
    {"all( )", "all(x IN list WHERE condition)",
     "Whether the condition is true of all; null where "
     "that cannot be known.",
     "RETURN all(x IN [1, 2] WHERE x > 0)", "true"},
    {"any( )", "any(x IN list WHERE condition)", "Of at least one.",
     "RETURN any(x IN [1, 2] WHERE x > 1)", "true"},
    {"none( )", "none(x IN list WHERE condition)", "Of none.",
     "RETURN none(x IN [1, 2] WHERE x > 1)", "false"},
    {"single( )", "single(x IN list WHERE condition)", "Of exactly one.",
     "RETURN single(x IN [1, 2] WHERE x > 1)", "true"},
    {"reduce", "reduce(s = init, x IN list | expression)", "The last s.",
     "RETURN reduce(s = 0, x IN [1, 2, 3] | s + x)", "6"},
    {"map projection", "n {.key, .*, other, key: value}",
     "A map of some or all properties, of names in sight, and of values.",
     "MATCH (p:Person {name: 'Ann'}) RETURN p {.name, next: p.age + 1}", "{name: 'Ann', next: 32}"},
    {"pattern", "(a)-->(b)", "In a condition: whether there is a match; it names nothing new.",
     "MATCH (p:Person) WHERE NOT (p)-[:OWNS]->() RETURN p.name", "'Dee'"},
    {"EXISTS", "EXISTS { query or path [WHERE condition] }", "Whether it has a row.",
     "MATCH (p:Person) WHERE EXISTS { (p)-[:KNOWS]->(q) WHERE q.age < 30 } RETURN p.name ORDER BY "
     "p.name",
     "'Bo'; 'Cem'"},
    {"COUNT", "COUNT { query or path [WHERE condition] }", "How many rows it has.",
     "MATCH (f:Phone) RETURN f.number, COUNT { (f)-[:CALLED]->() } ORDER BY f.number",
     "'555001', 2; '555002', 1"},
    {"COLLECT", "COLLECT { query }", "The list of its one column.",
     "MATCH (f:Phone {number: '555002'}) RETURN COLLECT { MATCH (p)-[:USES]->(f) RETURN p.name "
     "ORDER BY p.name }",
     "['Cem', 'Dee']"},
});

}  // namespace

FormGroup OperatorForms() {
  return {"Operators",
          "Weakest first; those of one line, `=` and `<`, `IN` to `IS NULL`, `+ - ||`, `* / %`, "
          "are of one "
          "strength and go from the "
          "left. Parentheses\ngroup. Null is \"not known\": it spreads through operators, and a "
          "condition that is null does not hold.\n",
          kOperators, ""};
}

FormGroup OperandForms() { return {"Expressions", "", kOperands, ""}; }

}  // namespace skein::syntax
