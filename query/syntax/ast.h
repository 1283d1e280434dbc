// The abstract syntax of openCypher 9, as Parse() (parser.h) returns it.
//
// Shape     Tagged structs: switch over `kind` and cast with As<T>(). Children are unique_ptrs,
// never
//           null unless a comment says so. Nothing is resolved: names are text, no catalogue is
//           seen.
// Positions Every node has a Span. The exact source text of a node is `statement.TextOf(span)`; the
//           span of a parenthesised expression includes its parentheses, and ProjectionItem::name
//           is already the column's name.
// Depth     Parse() bounds the nesting: Expr::height ≤ kHeightMax and brackets, subqueries, label
//           expressions ≤ kNestingMax levels, so a walk may recurse, and destruction does.
// Checked   by the parser already, as errors of their detail word: what text alone decides.
//           Clause order (InvalidClauseComposition), WITH items without alias (NoExpressionAlias),
//           UNION mixed with UNION ALL, hop ranges, CREATE and MERGE links: one type
//           (NoSingleRelationshipType), one direction (RequiresDirectedRelationship), no hop range
//           (CreatingVarLength), parameters as properties of MATCH and MERGE (InvalidParameterUse),
//           DELETE of a label test (InvalidDelete), pattern predicates outside predicates, number
//           literals. Everything about names, kinds and aggregation is the binder's.
// Threads   Immutable once parsed; share freely.
// Source    openCypher 9 grammar (EBNF M23); extensions of ours are marked "extension".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/syntax/error.h"
#include "storage/base/status.h"
#include "storage/base/value.h"

namespace skein::syntax {

inline constexpr int kNestingMax = 200;
inline constexpr int kHeightMax = 400;  // of an expression: also chains such as a + b + c + ...

// Where a node stands in Statement::text: [begin.offset, end) in bytes. Line and column of the
// begin are kept because errors need them; those of the end are not.
struct Span {
  Position begin;
  uint32_t end = 0;  // byte offset one past the last byte
};

// A name with its backticks resolved: `a b` is the name "a b", ```` within is one backtick.
// Variables, labels, types and keys are case-sensitive; keywords, functions and procedures are not.
// Words of the grammar may be names of labels, types, keys, parameters and functions, most of them
// of variables too.
struct Name {
  std::string text;
  Span span;
};

// ---- Label expressions -----------------------------------------------------------------------

struct LabelExpr;
using LabelExprPtr = std::unique_ptr<LabelExpr>;

// Labels of a node or types of a link. `:A:B` is kAnd of two, `:A|B` and `:A|:B` kOr of two.
// Precedence, weakest first: `|`, then `&` and `:`, then `!`, then parentheses.
// A label that the catalogue does not know is no error: nothing carries it.
struct LabelExpr {
  enum class Kind : uint8_t { kName, kWildcard, kNot, kAnd, kOr };  // kWildcard: `%`, any label
  Kind kind = Kind::kName;
  Span span;
  // kName.
  std::string name;
  std::vector<LabelExprPtr> operands;  // kNot: 1; kAnd, kOr: ≥ 2
};

// ---- Expressions -----------------------------------------------------------------------------

// Kinds of expression, one struct each, in this order below. A new kind is an enumerator, a struct,
// its parsing in parse_operand.cc or parse_bracketed.cc, and a case in the binder's switch.
enum class ExprKind : uint8_t {
  kLiteral,
  kParameter,
  kVariable,
  kProperty,
  kLabelTest,
  kIndex,
  kSlice,
  kUnary,
  kBinary,
  kLogical,
  kComparison,
  kList,
  kMap,
  kMapProjection,
  kCase,
  kCall,
  kListComprehension,
  kPatternComprehension,
  kQuantifier,
  kReduce,
  kPattern,
  kSubquery,
};

// Base of all expressions. Nodes are made by the parser only and are complete once it returns.
// Lifetime  children belong to their parent; nothing borrows.
// Cost      destruction recurses: `height` counts subqueries within, so at most kHeightMax deep.
struct Expr {
  Expr(ExprKind k, Span s) : kind(k), span(s) {}
  virtual ~Expr() = default;
  const ExprKind kind;
  uint16_t height = 1;  // 1 + the highest child's
  Span span;
};
using ExprPtr = std::unique_ptr<Expr>;

// The node as what its kind says it is; checked.
template <typename T, typename Node>
const T& As(const Node& node) {
  SKEIN_CHECK(node.kind == T::kKind);
  return static_cast<const T&>(node);
}
template <typename T, typename Node>
T& As(Node& node) {
  SKEIN_CHECK(node.kind == T::kKind);
  return static_cast<T&>(node);
}

// Gives a struct its kind, so that the two cannot disagree.
template <ExprKind kOwnKind>
struct ExprOf : Expr {
  static constexpr ExprKind kKind = kOwnKind;
  explicit ExprOf(Span s) : Expr(kOwnKind, s) {}
};

// null, true, false, an integer, a float or a string. `-5` is one literal.
// Integers   decimal, 0x hexadecimal, 0o octal; IntegerOverflow beyond 64 bits (lexer and parser).
// Floats     1.5, .5, 1e3; FloatingPointOverflow beyond the finite ones, zero below the smallest.
// Strings    in either quote; escapes \\ \' \" \b \f \n \r \t, \uXXXX (pairs of surrogates too) and
//            \UXXXXXXXX are resolved; always valid UTF-8.
struct LiteralExpr : ExprOf<ExprKind::kLiteral> {
  using ExprOf::ExprOf;
  Value value;
};

// $name, $`a name`, $0
// Value   what the caller passed under the name; ParameterMissing/MissingParameter where it did
// not. Kinds   unknown until the statement runs: the binder takes any.
struct ParameterExpr : ExprOf<ExprKind::kParameter> {
  using ExprOf::ExprOf;
  std::string name;
};

// A name in scope. UndefinedVariable where there is none (the binder).
struct VariableExpr : ExprOf<ExprKind::kVariable> {
  using ExprOf::ExprOf;
  std::string name;
};

// object.key
// Value   of nodes and links the property, of maps the entry, of temporal values and points a
// component. Null    where the object is null or has no such key. Errors
// TypeError/InvalidArgumentType of other kinds.
struct PropertyExpr : ExprOf<ExprKind::kProperty> {
  using ExprOf::ExprOf;
  ExprPtr object;
  Name key;
};

// object:A:B as a predicate; of nodes (labels) and of links (types).
// Value   whether the labels (or the type) satisfy the expression. Null of null.
// Note    `n:A|B` reads `|` as "or", but inside a comprehension the bar ends the condition:
//         `[x IN xs WHERE x:A | x.name]`; there a disjunction takes parentheses, `x:(A|B)`.
struct LabelTestExpr : ExprOf<ExprKind::kLabelTest> {
  using ExprOf::ExprOf;
  ExprPtr object;
  LabelExprPtr labels;
};

// object[index]: list element or map, node and link property.
// Value   a list counts from 0, negative positions from its end; null outside the list.
// Errors  ListElementAccessByNonInteger, MapElementAccessByNonString, InvalidArgumentType.
struct IndexExpr : ExprOf<ExprKind::kIndex> {
  using ExprOf::ExprOf;
  ExprPtr object;
  ExprPtr index;
};

// object[from..to)
// Value   positions as of IndexExpr, clamped to the list; null where a bound that is written is
// null.
struct SliceExpr : ExprOf<ExprKind::kSlice> {
  using ExprOf::ExprOf;
  ExprPtr object;
  ExprPtr from;  // null: from the start
  ExprPtr to;    // null: to the end
};

enum class UnaryOp : uint8_t { kNot, kPlus, kMinus, kIsNull, kIsNotNull };

// NOT a, +a, -a, a IS NULL, a IS NOT NULL. The last two are never null themselves.
struct UnaryExpr : ExprOf<ExprKind::kUnary> {
  using ExprOf::ExprOf;
  UnaryOp op = UnaryOp::kNot;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,  // left-associative, as the specification says
  kIn,
  kStartsWith,
  kEndsWith,
  kContains,
  kMatches,      // =~
  kConcatenate,  // || (extension, GQL)
};

// left op right. `op_position` is the operator's own place: what errors of arithmetic point to,
// since both operands may be long. Precedence, weakest first: OR, XOR, AND, NOT, comparison, then
// IN, STARTS WITH, ENDS WITH, CONTAINS, =~ and IS NULL, then + - ||, then * / %, then ^, then a
// sign.
struct BinaryExpr : ExprOf<ExprKind::kBinary> {
  using ExprOf::ExprOf;
  BinaryOp op = BinaryOp::kAdd;
  Position op_position;
  ExprPtr left;
  ExprPtr right;
};

enum class LogicalOp : uint8_t { kAnd, kOr, kXor };

// a AND b AND c: flat, so that a generated filter of a thousand terms is not a thousand levels.
// Value   three-valued: false AND null is false, true OR null is true, else null wins.
// Errors  SyntaxError/InvalidArgumentType (binder) or TypeError (executor) of operands that are no
// booleans.
struct LogicalExpr : ExprOf<ExprKind::kLogical> {
  using ExprOf::ExprOf;
  LogicalOp op = LogicalOp::kAnd;
  std::vector<ExprPtr> operands;  // ≥ 2
};

enum class ComparisonOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

// a < b <= c: the conjunction of its neighbours' comparisons; each operand is evaluated once.
// Value   null where two neighbours do not compare; no kind is an error.
struct ComparisonExpr : ExprOf<ExprKind::kComparison> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> operands;  // ops.size() + 1
  std::vector<ComparisonOp> ops;  // ≥ 1
};

// [a, b, c]. `[x IN xs]` and `[(a)-->(b) | c]` are comprehensions, not lists.
struct ListExpr : ExprOf<ExprKind::kList> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> items;
};

// Keys are names, in backticks where they are no plain ones; the empty name is a key.
struct MapEntry {
  Name key;
  ExprPtr value;
};

// {key: value, other: value}
struct MapExpr : ExprOf<ExprKind::kMap> {
  using ExprOf::ExprOf;
  std::vector<MapEntry> entries;  // as written; of equal keys the last one counts
};

// variable {.name, .*, other, key: value}
// Value   a map of the chosen properties; null where the variable is null. A property that is not
// there
//         gives a null entry. Later items win over earlier ones of the same key, after `.*`.
struct MapProjectionExpr : ExprOf<ExprKind::kMapProjection> {
  using ExprOf::ExprOf;
  struct Item {
    enum class Kind : uint8_t {
      kProperty,       // .name
      kAllProperties,  // .*
      kVariable,       // other: key and variable are one name
      kEntry,          // key: value
    };
    Kind kind = Kind::kProperty;
    Name key;       // all but kAllProperties
    ExprPtr value;  // kEntry; null otherwise
  };
  Name variable;
  std::vector<Item> items;
};

// CASE [subject] WHEN a THEN x ... [ELSE y] END
// Value   of the first branch that matches: in the simple form by `=` (so null matches nothing), in
// the
//         searched form by being true. Only that branch's value is evaluated.
struct CaseExpr : ExprOf<ExprKind::kCase> {
  using ExprOf::ExprOf;
  struct Branch {
    ExprPtr when;  // compared with the subject, or a predicate where there is none
    ExprPtr then;
  };
  // Null: the searched form.
  ExprPtr subject;
  std::vector<Branch> branches;  // ≥ 1
  // Null: ELSE null.
  ExprPtr otherwise;
};

// name.space.function([DISTINCT] a, b); count(*) has star and no arguments.
// Function, aggregate or UnknownFunction: the binder finds out. DISTINCT is for aggregates only.
// Names that are keywords elsewhere (`all`, `count`, `exists`, `left`) are functions before a
// parenthesis.
struct CallExpr : ExprOf<ExprKind::kCall> {
  using ExprOf::ExprOf;
  // Dots included, as written: functions compare case-insensitively.
  Name name;
  bool distinct = false;
  bool star = false;
  std::vector<ExprPtr> args;
};

// [variable IN list WHERE where | projection]
// Value   the projections of the elements for which the condition is true, in order; null of a null
// list. Scope   the variable hides an outer one within; it is not visible in `list`.
struct ListComprehensionExpr : ExprOf<ExprKind::kListComprehension> {
  using ExprOf::ExprOf;
  Name variable;
  ExprPtr list;
  // Null: all.
  ExprPtr where;
  ExprPtr projection;  // null: the variable
};

struct PathPattern;

// [p = (a)-->(b) WHERE where | projection]
// Value   the projections of all matches, in no particular order; [] where there is none.
// Scope   variables that are bound outside stay bound; new ones are visible within only.
struct PatternComprehensionExpr : ExprOf<ExprKind::kPatternComprehension> {
  using ExprOf::ExprOf;
  std::unique_ptr<PathPattern> pattern;
  // Null: all.
  ExprPtr where;
  ExprPtr projection;
};

enum class QuantifierKind : uint8_t { kAll, kAny, kNone, kSingle };

// all(variable IN list WHERE where)
// Value   three-valued: all() is false if one is false, else null if one is null, else true; any(),
// none()
//         and single() accordingly. Null of a null list.
struct QuantifierExpr : ExprOf<ExprKind::kQuantifier> {
  using ExprOf::ExprOf;
  QuantifierKind quantifier = QuantifierKind::kAll;
  Name variable;
  ExprPtr list;
  // Null (extension): the variable itself.
  ExprPtr where;
};

// reduce(accumulator = init, variable IN list | step)
// Value   the last accumulator. Scope as of a comprehension, for both variables.
struct ReduceExpr : ExprOf<ExprKind::kReduce> {
  using ExprOf::ExprOf;
  Name accumulator;
  ExprPtr init;
  Name variable;
  ExprPtr list;
  ExprPtr step;
};

// A pattern as an expression. mode kAll: a predicate, true where at least one match exists, whose
// variables must be bound outside (UndefinedVariable). shortestPath(...): the path or null;
// allShortestPaths(...): a list of paths. exists((a)-->(b)) parses to kCall with a kPattern
// argument.
// Where   the parser accepts a predicate only where a truth value is wanted: after WHERE, in
// EXISTS(), in
//         searched CASE, under AND, OR, XOR, NOT there; shortestPath() wherever an expression is.
struct PatternExpr : ExprOf<ExprKind::kPattern> {
  using ExprOf::ExprOf;
  std::unique_ptr<PathPattern> pattern;
};

struct Query;
enum class SubqueryKind : uint8_t { kExists, kCount, kCollect };

// EXISTS { ... }, COUNT { ... }, COLLECT { ... }. The short form EXISTS { (a)-->(b) WHERE p }
// parses to a query of one MATCH clause without RETURN.
// Scope   outer variables are visible within; what is bound within is not visible outside.
// Value   EXISTS: whether there is a row; COUNT: how many; COLLECT: the list of the one returned
// column. Errors  updating clauses within are the binder's to refuse (InvalidClauseComposition).
struct SubqueryExpr : ExprOf<ExprKind::kSubquery> {
  using ExprOf::ExprOf;
  SubqueryKind subquery = SubqueryKind::kExists;
  std::unique_ptr<Query> query;
};

// ---- Patterns --------------------------------------------------------------------------------

// (variable:Labels {key: value} WHERE condition), every part optional.
struct NodePattern {
  Span span;
  std::optional<Name> variable;
  LabelExprPtr labels;  // null: any
  ExprPtr properties;   // null, kMap, or kParameter (CREATE only)
  // null; (n WHERE n.age > 3): extension, GQL.
  ExprPtr where;
};

enum class Direction : uint8_t { kRight, kLeft, kBoth };  // kBoth: `--` and `<-->`

// *, *2, *1..3, *..3, *2.. A minimum above the maximum is no error: nothing matches. A minimum of 0
// matches the start node itself.
// The quantifiers of GQL after a link or a group are the same: + is *1.., * is *0.., {2,3} is
// *2..3.
struct HopRange {
  Span span;
  std::optional<int64_t> min;  // none: 1
  std::optional<int64_t> max;  // none: no bound
};

// -[variable:TYPES*min..max {key: value} WHERE condition]->, or -->, <--, --. With a hop range the
// variable is a list of links and the condition holds for each of them.
struct LinkPattern {
  Span span;
  std::optional<Name> variable;
  LabelExprPtr types;  // null: any
  Direction direction = Direction::kRight;
  // None: exactly one link, and the variable is no list.
  std::optional<HopRange> hops;
  ExprPtr properties;  // null, kMap, or kParameter (CREATE only)
  // null; extension, GQL.
  ExprPtr where;
  // A quantified path pattern, ((x)-[r]->(y) WHERE x.a < y.a){1,3}: `hops` says how often, all else
  // is empty. Its variables are lists outside. Null: a link.
  std::unique_ptr<PathPattern> group;
};

// shortestPath() and allShortestPaths(): kShortest: one shortest match for each pair of end nodes;
// kAllShortest: every one of that length.
enum class PathMode : uint8_t { kAll, kShortest, kAllShortest };

// Which matches of a path stay, for each pair of end nodes (extension, GQL). What WHERE of the
// clause asks for is asked of those that stay; what stands inside the pattern comes before.
//   ALL                          every one
//   ANY [k], [ANY] SHORTEST [k]  the k shortest
//   ALL SHORTEST, SHORTEST [k] GROUPS  those of the k smallest lengths
enum class PathSelector : uint8_t { kAll, kShortest, kGroups };

// What may repeat along a path (extension, GQL): WALK anything, TRAIL nodes, ACYCLIC nothing,
// SIMPLE only the first node as the last. kDefault is TRAIL across all paths of the clause.
enum class PathRestrictor : uint8_t { kDefault, kWalk, kTrail, kAcyclic, kSimple };

// p = (a)-[r]->(b)-->(c); links[i] joins nodes[i] and nodes[i + 1].
// Match   all links of one clause's patterns differ (RelationshipUniquenessViolation where the text
//         repeats one); nodes may repeat.
// Span    from the path's variable, or its first parenthesis, to the last one.
struct PathPattern {
  Span span;
  std::optional<Name> variable;
  PathMode mode = PathMode::kAll;
  PathSelector selector = PathSelector::kAll;
  // Of kShortest and kGroups.
  int64_t count = 1;
  PathRestrictor restrictor = PathRestrictor::kDefault;
  // ≥ 1. Beside a group without a node pattern of its own stands an empty one.
  std::vector<NodePattern> nodes;
  // nodes.size() − 1; exactly 1 of shortest modes.
  std::vector<LinkPattern> links;
  // ((a)-->(b) WHERE a.x < b.x): part of the pattern. Null: none.
  ExprPtr where;
};

// ---- Clauses ---------------------------------------------------------------------------------

// Kinds of clause. In a query reading and updating clauses may alternate freely; RETURN is last.
enum class ClauseKind : uint8_t {
  kMatch,
  kUnwind,
  kCreate,
  kMerge,
  kSet,
  kRemove,
  kDelete,
  kForeach,
  kWith,
  kReturn,
  kCallProcedure,
  kCallSubquery,
};

// Base of all clauses. The span runs from the first keyword to the clause's last token.
struct Clause {
  Clause(ClauseKind k, Span s) : kind(k), span(s) {}
  virtual ~Clause() = default;
  const ClauseKind kind;
  Span span;
};
using ClausePtr = std::unique_ptr<Clause>;

// As ExprOf, for clauses.
template <ClauseKind kOwnKind>
struct ClauseOf : Clause {
  static constexpr ClauseKind kKind = kOwnKind;
  explicit ClauseOf(Span s) : Clause(kOwnKind, s) {}
};

// [OPTIONAL] MATCH pattern, pattern WHERE condition. The condition of an OPTIONAL MATCH is part of
// the match: a row whose matches all fail it stays, with nulls.
//
// Extensions: MATCH REPEATABLE ELEMENTS lets links repeat, within a path and between paths. After
// the pattern, FOR VALID_TIME AS OF t or FOR VALID_TIME BETWEEN a AND b: links match that held in
// the world then, at the instant or at some time from a to b, both included.
struct MatchClause : ClauseOf<ClauseKind::kMatch> {
  using ClauseOf::ClauseOf;
  bool optional = false;
  bool repeatable = false;
  // Null: at any time. AS OF: both the same instant, `valid_to` null.
  ExprPtr valid_from;
  ExprPtr valid_to;
  std::vector<PathPattern> pattern;  // ≥ 1
  // Null: all.
  ExprPtr where;
};

// UNWIND list AS variable
// One row per element; none of an empty list or null. What is no list is one element (extension).
struct UnwindClause : ClauseOf<ClauseKind::kUnwind> {
  using ClauseOf::ClauseOf;
  ExprPtr list;
  Name variable;
};

// CREATE pattern, pattern. A node variable that is bound already stands for that node and then
// carries neither labels nor properties (VariableAlreadyBound); link variables are always new.
struct CreateClause : ClauseOf<ClauseKind::kCreate> {
  using ClauseOf::ClauseOf;
  std::vector<PathPattern> pattern;
};

// One item of SET. Setting null removes a property; setting anything on null does nothing. What a
// property cannot hold (a map, a list of maps) is TypeError/InvalidPropertyType (executor).
struct SetItem {
  enum class Kind : uint8_t {
    kProperty,  // target.key = value; target is a PropertyExpr (or an IndexExpr, extension)
    kReplace,   // target = value: all properties replaced
    kMerge,     // target += value
    kLabels,    // target:A:B; value is null
  };
  Kind kind = Kind::kProperty;
  Span span;
  // kProperty: the whole `n.key`; otherwise the variable.
  ExprPtr target;
  ExprPtr value;
  std::vector<Name> labels;
};

// One item of REMOVE: `n.key` (a PropertyExpr) or `n:A:B` (a variable and labels).
struct RemoveItem {
  Span span;
  ExprPtr target;
  // Empty: a property.
  std::vector<Name> labels;
};

// SET item, item: from left to right; each sees what the ones before it did.
struct SetClause : ClauseOf<ClauseKind::kSet> {
  using ClauseOf::ClauseOf;
  std::vector<SetItem> items;
};

// REMOVE item, item. Removing what is not there is no error.
struct RemoveClause : ClauseOf<ClauseKind::kRemove> {
  using ClauseOf::ClauseOf;
  std::vector<RemoveItem> items;
};

// MERGE pattern [ON CREATE SET ...] [ON MATCH SET ...]: all of the pattern is matched, or else all
// of it that is not bound yet is created. A link may have no direction: one is then created left to
// right. Errors  SemanticError/MergeReadOwnWrites of a property that is null (executor).
struct MergeClause : ClauseOf<ClauseKind::kMerge> {
  using ClauseOf::ClauseOf;
  PathPattern pattern;
  // Of all ON CREATE SET, in order.
  std::vector<SetItem> on_create;
  std::vector<SetItem> on_match;
};

// [DETACH] DELETE expression, expression: nodes, links, paths, null. InvalidArgumentType of
// expressions that can be none of these (binder); ConstraintVerificationFailed/DeleteConnectedNode
// at commit.
struct DeleteClause : ClauseOf<ClauseKind::kDelete> {
  using ClauseOf::ClauseOf;
  bool detach = false;
  std::vector<ExprPtr> targets;
};

// FOREACH (variable IN list | updating clauses): extension
// Variables that the body makes are not visible after it.
struct ForeachClause : ClauseOf<ClauseKind::kForeach> {
  using ClauseOf::ClauseOf;
  Name variable;
  ExprPtr list;
  std::vector<ClausePtr> body;
};

// One column. UNION compares and results show `name`.
struct ProjectionItem {
  Span span;  // of the expression and its alias
  ExprPtr expr;
  std::optional<Name> alias;
  // Of the column: the alias, or the expression's exact text.
  std::string name;
};

// Ascending where the text says nothing. Nulls are last ascending, first descending.
struct SortItem {
  ExprPtr expr;
  bool descending = false;
};

// What WITH and RETURN share.
// ORDER BY sees the columns and, without DISTINCT and aggregation, the variables before them. SKIP
// and LIMIT are constant, whole and not negative: NonConstantExpression, InvalidArgumentType,
// NegativeIntegerArgument are the binder's where text decides, the executor's of parameters.
struct Projection {
  bool distinct = false;
  // `*`, before the items.
  bool star = false;
  // May be empty where star is set.
  std::vector<ProjectionItem> items;
  std::vector<SortItem> order_by;
  ExprPtr skip;   // null: none
  ExprPtr limit;  // null: none
};

// WITH projection WHERE condition: only its columns are visible afterwards.
struct WithClause : ClauseOf<ClauseKind::kWith> {
  using ClauseOf::ClauseOf;
  Projection projection;
  // Null: all.
  ExprPtr where;
};

// RETURN projection: the rows of the query, of a part of a UNION or of a subquery.
struct ReturnClause : ClauseOf<ClauseKind::kReturn> {
  using ClauseOf::ClauseOf;
  Projection projection;
};

// CALL name.space.procedure(args) YIELD field AS variable, ... WHERE where
// Columns  YIELD names them; without YIELD only a standalone call has any, all of the procedure's.
// Errors   ProcedureNotFound, InvalidNumberOfArguments, InvalidArgumentType, MissingParameter
// (binder).
struct CallProcedureClause : ClauseOf<ClauseKind::kCallProcedure> {
  using ClauseOf::ClauseOf;
  struct Yield {
    Name field;
    std::optional<Name> alias;
  };
  // Dots included.
  Name name;
  // False: no parentheses, arguments come from parameters by name.
  bool explicit_args = false;
  std::vector<ExprPtr> args;
  bool has_yield = false;
  // YIELD *: only where CALL is the whole query, or where it stands for a SHOW.
  bool yield_star = false;
  std::vector<Yield> yields;
  // Null: all.
  ExprPtr where;
  // The whole query is this clause.
  bool standalone = false;
};

// CALL { ... } and CALL (a, b) { ... }: extension
// Runs once per row; its returned columns join the row, and a row without any goes. A query without
// RETURN leaves the rows as they are.
struct CallSubqueryClause : ClauseOf<ClauseKind::kCallSubquery> {
  using ClauseOf::ClauseOf;
  std::unique_ptr<Query> query;
  // CALL (a, b) { }: exactly these; otherwise a leading WITH imports.
  bool has_imports = false;
  // CALL (*) { }.
  bool import_star = false;
  std::vector<Name> imports;
};

// ---- Queries and statements ------------------------------------------------------------------

// What stands between two UNIONs.
struct SingleQuery {
  Span span;
  std::vector<ClausePtr> clauses;  // ≥ 1
  // Ends with FINISH: no columns, no rows (extension, GQL).
  bool finished = false;
};

// part UNION part UNION part
// Columns  all parts have the same names in the same order (DifferentColumnsInUnion, binder).
struct Query {
  Span span;
  std::vector<SingleQuery> parts;  // ≥ 1
  // Of all unions: the two kinds do not mix.
  bool union_all = false;
};

// Indexes and constraints (extension): statements of their own, never mixed with clauses. The
// syntax is that of other implementations of the language.
//   CREATE INDEX [name] [IF NOT EXISTS] FOR (n:Label) ON (n.key, ...)
//   CREATE CONSTRAINT [name] [IF NOT EXISTS] FOR (n:Label) REQUIRE n.key IS UNIQUE
//   DROP INDEX name [IF EXISTS]      DROP CONSTRAINT name [IF EXISTS]
//   KILL 'query-id'
// SHOW INDEXES and its like are queries: CALL of a procedure (parse_show.cc).
struct SchemaCommand {
  enum class Kind : uint8_t {
    kCreateIndex,
    kCreateUnique,
    kDropIndex,
    kDropConstraint,
    kKill,
  };
  Kind kind = Kind::kCreateIndex;
  Span span;
  std::optional<Name> name;
  // IF NOT EXISTS, IF EXISTS.
  bool tolerant = false;
  // FOR ()-[r:TYPE]-()
  bool on_links = false;
  Name label;  // or link type
  std::vector<Name> keys;
  // kCreateIndex: POINT, TEXT; RANGE is what it is without a word.
  enum class Index : uint8_t { kRange, kPoint, kText } index = Index::kRange;
};

// A form that still means what it meant, and what took its place; for notices.
struct OlderForm {
  Position at;
  std::string_view what;
  std::string_view instead;
};
inline constexpr size_t kOlderFormsMax = 16;  // of one statement: more tell nothing new

// What Parse() returns: a query or a schema command, and the text that all spans point into.
struct Statement {
  enum class Mode : uint8_t { kRun, kExplain, kProfile };
  Mode mode = Mode::kRun;
  // What Parse() was given.
  std::string text;
  // AS OF x before the query: it reads the graph as it was then. Null: as it is.
  ExprPtr as_of;
  // FUSED before the query: nodes that are the same are one.
  bool fused = false;
  // Null: a schema command.
  std::unique_ptr<Query> query;
  std::optional<SchemaCommand> schema;
  std::vector<OlderForm> older_forms;

  // The exact source text; borrows from this statement.
  std::string_view TextOf(const Span& span) const {
    return std::string_view(text).substr(span.begin.offset, span.end - span.begin.offset);
  }
};

}  // namespace skein::syntax
