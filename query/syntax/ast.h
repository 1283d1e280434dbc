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

struct Span {
  Position begin;
  uint32_t end = 0;  // byte offset one past the last byte
};

// A name as written, backticks and escapes resolved.
struct Name {
  std::string text;
  Span span;
};

// ---- Label expressions -----------------------------------------------------------------------

struct LabelExpr;
using LabelExprPtr = std::unique_ptr<LabelExpr>;

// Labels of a node or types of a link. `:A:B` is kAnd of two, `:A|B` and `:A|:B` kOr of two.
struct LabelExpr {
  enum class Kind : uint8_t { kName, kWildcard, kNot, kAnd, kOr };  // kWildcard: `%`, any label
  Kind kind = Kind::kName;
  Span span;
  std::string name;                    // kName
  std::vector<LabelExprPtr> operands;  // kNot: 1; kAnd, kOr: ≥ 2
};

// ---- Expressions -----------------------------------------------------------------------------

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

template <ExprKind kOwnKind>
struct ExprOf : Expr {
  static constexpr ExprKind kKind = kOwnKind;
  explicit ExprOf(Span s) : Expr(kOwnKind, s) {}
};

// null, true, false, an integer, a float or a string. `-5` is one literal.
struct LiteralExpr : ExprOf<ExprKind::kLiteral> {
  using ExprOf::ExprOf;
  Value value;
};

// $name, $`a name`, $0
struct ParameterExpr : ExprOf<ExprKind::kParameter> {
  using ExprOf::ExprOf;
  std::string name;
};

struct VariableExpr : ExprOf<ExprKind::kVariable> {
  using ExprOf::ExprOf;
  std::string name;
};

// object.key
struct PropertyExpr : ExprOf<ExprKind::kProperty> {
  using ExprOf::ExprOf;
  ExprPtr object;
  Name key;
};

// object:A:B as a predicate; of nodes (labels) and of links (types).
struct LabelTestExpr : ExprOf<ExprKind::kLabelTest> {
  using ExprOf::ExprOf;
  ExprPtr object;
  LabelExprPtr labels;
};

// object[index]: list element or map, node and link property.
struct IndexExpr : ExprOf<ExprKind::kIndex> {
  using ExprOf::ExprOf;
  ExprPtr object;
  ExprPtr index;
};

// object[from..to)
struct SliceExpr : ExprOf<ExprKind::kSlice> {
  using ExprOf::ExprOf;
  ExprPtr object;
  ExprPtr from;  // null: from the start
  ExprPtr to;    // null: to the end
};

enum class UnaryOp : uint8_t { kNot, kPlus, kMinus, kIsNull, kIsNotNull };

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

struct BinaryExpr : ExprOf<ExprKind::kBinary> {
  using ExprOf::ExprOf;
  BinaryOp op = BinaryOp::kAdd;
  Position op_position;
  ExprPtr left;
  ExprPtr right;
};

enum class LogicalOp : uint8_t { kAnd, kOr, kXor };

// a AND b AND c: flat, so that a generated filter of a thousand terms is not a thousand levels.
struct LogicalExpr : ExprOf<ExprKind::kLogical> {
  using ExprOf::ExprOf;
  LogicalOp op = LogicalOp::kAnd;
  std::vector<ExprPtr> operands;  // ≥ 2
};

enum class ComparisonOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

// a < b <= c: the conjunction of its neighbours' comparisons; each operand is evaluated once.
struct ComparisonExpr : ExprOf<ExprKind::kComparison> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> operands;  // ops.size() + 1
  std::vector<ComparisonOp> ops;  // ≥ 1
};

struct ListExpr : ExprOf<ExprKind::kList> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> items;
};

struct MapEntry {
  Name key;
  ExprPtr value;
};

struct MapExpr : ExprOf<ExprKind::kMap> {
  using ExprOf::ExprOf;
  std::vector<MapEntry> entries;  // as written; of equal keys the last one counts
};

// variable {.name, .*, other, key: value}
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
struct CaseExpr : ExprOf<ExprKind::kCase> {
  using ExprOf::ExprOf;
  struct Branch {
    ExprPtr when;  // compared with the subject, or a predicate where there is none
    ExprPtr then;
  };
  ExprPtr subject;               // null: the searched form
  std::vector<Branch> branches;  // ≥ 1
  ExprPtr otherwise;             // null: ELSE null
};

// name.space.function([DISTINCT] a, b); count(*) has star and no arguments.
struct CallExpr : ExprOf<ExprKind::kCall> {
  using ExprOf::ExprOf;
  Name name;  // dots included, as written: functions compare case-insensitively
  bool distinct = false;
  bool star = false;
  std::vector<ExprPtr> args;
};

// [variable IN list WHERE where | projection]
struct ListComprehensionExpr : ExprOf<ExprKind::kListComprehension> {
  using ExprOf::ExprOf;
  Name variable;
  ExprPtr list;
  ExprPtr where;       // null: all
  ExprPtr projection;  // null: the variable
};

struct PathPattern;

// [p = (a)-->(b) WHERE where | projection]
struct PatternComprehensionExpr : ExprOf<ExprKind::kPatternComprehension> {
  using ExprOf::ExprOf;
  std::unique_ptr<PathPattern> pattern;
  ExprPtr where;  // null: all
  ExprPtr projection;
};

enum class QuantifierKind : uint8_t { kAll, kAny, kNone, kSingle };

// all(variable IN list WHERE where)
struct QuantifierExpr : ExprOf<ExprKind::kQuantifier> {
  using ExprOf::ExprOf;
  QuantifierKind quantifier = QuantifierKind::kAll;
  Name variable;
  ExprPtr list;
  ExprPtr where;  // null (extension): the variable itself
};

// reduce(accumulator = init, variable IN list | step)
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
struct PatternExpr : ExprOf<ExprKind::kPattern> {
  using ExprOf::ExprOf;
  std::unique_ptr<PathPattern> pattern;
};

struct Query;
enum class SubqueryKind : uint8_t { kExists, kCount, kCollect };

// EXISTS { ... }, COUNT { ... }, COLLECT { ... }. The short form EXISTS { (a)-->(b) WHERE p }
// parses to a query of one MATCH clause without RETURN.
struct SubqueryExpr : ExprOf<ExprKind::kSubquery> {
  using ExprOf::ExprOf;
  SubqueryKind subquery = SubqueryKind::kExists;
  std::unique_ptr<Query> query;
};

// ---- Patterns --------------------------------------------------------------------------------

struct NodePattern {
  Span span;
  std::optional<Name> variable;
  LabelExprPtr labels;  // null: any
  ExprPtr properties;   // null, kMap, or kParameter (CREATE only)
  ExprPtr where;        // null; (n WHERE n.age > 3): extension, GQL
};

enum class Direction : uint8_t { kRight, kLeft, kBoth };  // kBoth: `--` and `<-->`

// *, *2, *1..3, *..3, *2..
struct HopRange {
  Span span;
  std::optional<int64_t> min;  // none: 1
  std::optional<int64_t> max;  // none: no bound
};

struct LinkPattern {
  Span span;
  std::optional<Name> variable;
  LabelExprPtr types;  // null: any
  Direction direction = Direction::kRight;
  std::optional<HopRange> hops;  // none: exactly one link, and the variable is no list
  ExprPtr properties;            // null, kMap, or kParameter (CREATE only)
  ExprPtr where;                 // null; extension, GQL
};

enum class PathMode : uint8_t { kAll, kShortest, kAllShortest };

// p = (a)-[r]->(b)-->(c); links[i] joins nodes[i] and nodes[i + 1].
struct PathPattern {
  Span span;
  std::optional<Name> variable;
  PathMode mode = PathMode::kAll;
  std::vector<NodePattern> nodes;  // ≥ 1
  std::vector<LinkPattern> links;  // nodes.size() − 1; exactly 1 of shortest modes
};

// ---- Clauses ---------------------------------------------------------------------------------

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

struct Clause {
  Clause(ClauseKind k, Span s) : kind(k), span(s) {}
  virtual ~Clause() = default;
  const ClauseKind kind;
  Span span;
};
using ClausePtr = std::unique_ptr<Clause>;

template <ClauseKind kOwnKind>
struct ClauseOf : Clause {
  static constexpr ClauseKind kKind = kOwnKind;
  explicit ClauseOf(Span s) : Clause(kOwnKind, s) {}
};

struct MatchClause : ClauseOf<ClauseKind::kMatch> {
  using ClauseOf::ClauseOf;
  bool optional = false;
  std::vector<PathPattern> pattern;  // ≥ 1
  ExprPtr where;                     // null: all
};

// UNWIND list AS variable
struct UnwindClause : ClauseOf<ClauseKind::kUnwind> {
  using ClauseOf::ClauseOf;
  ExprPtr list;
  Name variable;
};

struct CreateClause : ClauseOf<ClauseKind::kCreate> {
  using ClauseOf::ClauseOf;
  std::vector<PathPattern> pattern;
};

// One item of SET.
struct SetItem {
  enum class Kind : uint8_t {
    kProperty,  // target.key = value; target is a PropertyExpr (or an IndexExpr, extension)
    kReplace,   // target = value: all properties replaced
    kMerge,     // target += value
    kLabels,    // target:A:B; value is null
  };
  Kind kind = Kind::kProperty;
  Span span;
  ExprPtr target;  // kProperty: the whole `n.key`; otherwise the variable
  ExprPtr value;
  std::vector<Name> labels;
};

// One item of REMOVE: `n.key` (a PropertyExpr) or `n:A:B` (a variable and labels).
struct RemoveItem {
  Span span;
  ExprPtr target;
  std::vector<Name> labels;  // empty: a property
};

struct SetClause : ClauseOf<ClauseKind::kSet> {
  using ClauseOf::ClauseOf;
  std::vector<SetItem> items;
};

struct RemoveClause : ClauseOf<ClauseKind::kRemove> {
  using ClauseOf::ClauseOf;
  std::vector<RemoveItem> items;
};

struct MergeClause : ClauseOf<ClauseKind::kMerge> {
  using ClauseOf::ClauseOf;
  PathPattern pattern;
  std::vector<SetItem> on_create;  // of all ON CREATE SET, in order
  std::vector<SetItem> on_match;
};

struct DeleteClause : ClauseOf<ClauseKind::kDelete> {
  using ClauseOf::ClauseOf;
  bool detach = false;
  std::vector<ExprPtr> targets;
};

// FOREACH (variable IN list | updating clauses): extension
struct ForeachClause : ClauseOf<ClauseKind::kForeach> {
  using ClauseOf::ClauseOf;
  Name variable;
  ExprPtr list;
  std::vector<ClausePtr> body;
};

struct ProjectionItem {
  Span span;  // of the expression and its alias
  ExprPtr expr;
  std::optional<Name> alias;
  std::string name;  // of the column: the alias, or the expression's exact text
};

struct SortItem {
  ExprPtr expr;
  bool descending = false;
};

// What WITH and RETURN share.
struct Projection {
  bool distinct = false;
  bool star = false;                  // `*`, before the items
  std::vector<ProjectionItem> items;  // may be empty where star is set
  std::vector<SortItem> order_by;
  ExprPtr skip;   // null: none
  ExprPtr limit;  // null: none
};

struct WithClause : ClauseOf<ClauseKind::kWith> {
  using ClauseOf::ClauseOf;
  Projection projection;
  ExprPtr where;  // null: all
};

struct ReturnClause : ClauseOf<ClauseKind::kReturn> {
  using ClauseOf::ClauseOf;
  Projection projection;
};

// CALL name.space.procedure(args) YIELD field AS variable, ... WHERE where
struct CallProcedureClause : ClauseOf<ClauseKind::kCallProcedure> {
  using ClauseOf::ClauseOf;
  struct Yield {
    Name field;
    std::optional<Name> alias;
  };
  Name name;                   // dots included
  bool explicit_args = false;  // false: no parentheses, arguments come from parameters by name
  std::vector<ExprPtr> args;
  bool has_yield = false;
  bool yield_star = false;  // YIELD *: only where CALL is the whole query
  std::vector<Yield> yields;
  ExprPtr where;            // null: all
  bool standalone = false;  // the whole query is this clause
};

// CALL { ... } and CALL (a, b) { ... }: extension
struct CallSubqueryClause : ClauseOf<ClauseKind::kCallSubquery> {
  using ClauseOf::ClauseOf;
  std::unique_ptr<Query> query;
  bool has_imports = false;  // CALL (a, b) { }: exactly these; otherwise a leading WITH imports
  bool import_star = false;  // CALL (*) { }
  std::vector<Name> imports;
};

// ---- Queries and statements ------------------------------------------------------------------

struct SingleQuery {
  Span span;
  std::vector<ClausePtr> clauses;  // ≥ 1
};

// part UNION part UNION part
struct Query {
  Span span;
  std::vector<SingleQuery> parts;  // ≥ 1
  bool union_all = false;          // of all unions: the two kinds do not mix
};

// Indexes and constraints (extension).
//   CREATE INDEX [name] [IF NOT EXISTS] FOR (n:Label) ON (n.key, ...)
//   CREATE CONSTRAINT [name] [IF NOT EXISTS] FOR (n:Label) REQUIRE n.key IS UNIQUE
//   DROP INDEX name [IF EXISTS]      DROP CONSTRAINT name [IF EXISTS]
//   SHOW INDEXES                     SHOW CONSTRAINTS
struct SchemaCommand {
  enum class Kind : uint8_t {
    kCreateIndex,
    kCreateUnique,
    kDropIndex,
    kDropConstraint,
    kShowIndexes,
    kShowConstraints,
  };
  Kind kind = Kind::kCreateIndex;
  Span span;
  std::optional<Name> name;
  bool tolerant = false;  // IF NOT EXISTS, IF EXISTS
  bool on_links = false;  // FOR ()-[r:TYPE]-()
  Name label;             // or link type
  std::vector<Name> keys;
};

struct Statement {
  enum class Mode : uint8_t { kRun, kExplain, kProfile };
  Mode mode = Mode::kRun;
  std::string text;              // what Parse() was given
  std::unique_ptr<Query> query;  // null: a schema command
  std::optional<SchemaCommand> schema;

  // The exact source text; borrows from this statement.
  std::string_view TextOf(const Span& span) const {
    return std::string_view(text).substr(span.begin.offset, span.end - span.begin.offset);
  }
};

}  // namespace skein::syntax
