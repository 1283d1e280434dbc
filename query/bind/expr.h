// Bound expressions: names are slots, functions are entries of the registry, types are known as far
// as the text tells.
//
// Shape     Immutable trees shared by pointer: rewrites build new nodes along the changed path and
//           share the rest, and cached plans share whole expressions. A child may be null only
//           where a comment says so; walkers skip null children.
// Slots     A slot is a column of the statement, unique in it. Local variables (of comprehensions,
//           quantifiers, reduce) are slots too.
// Depth     Bounded by the parser (syntax::kHeightMax, kNestingMax): walks recurse.
// Threads   Immutable after planning (Subquery::plan is set by the planner, once).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "query/bind/type.h"
#include "query/functions/function.h"
#include "query/syntax/ast.h"
#include "storage/base/value.h"

namespace skein::plan {
struct Node;
}  // namespace skein::plan

namespace skein::bind {

using Slot = uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

struct Expr;
using ExprRef = std::shared_ptr<const Expr>;
struct Query;
struct Subquery;
struct LabelTree;

enum class ExprKind : uint8_t {
  kLiteral,            // literal
  kParameter,          // name
  kSlot,               // slot
  kProperty,           // args[0].name
  kIndex,              // args[0][args[1]]
  kSlice,              // args[0][args[1]..args[2]]; either bound may be null
  kUnary,              // unary, args[0]
  kBinary,             // binary, args[0], args[1]
  kLogical,            // logical, args ≥ 2
  kComparison,         // comparisons[i] between args[i] and args[i + 1]
  kList,               // args
  kMap,                // names[i]: args[i]; of equal names the last one counts
  kMapProjection,      // args[0] {…}: names[i]: args[i + 1]; name "*" with a null child is .*
  kCase,               // flag: has subject args[0]; then (when, then)…; the last is ELSE
  kFunction,           // function(args)
  kAggregate,          // function([DISTINCT] args); only inside Project::aggregates
  kListComprehension,  // [slot IN args[0] WHERE args[1] | args[2]]; args[1], args[2] may be null
  kQuantifier,         // quantifier(slot IN args[0] WHERE args[1]); args[1] may be null
  kReduce,             // reduce(slot2 = args[0], slot IN args[1] | args[2])
  kLabelTest,          // args[0]:labels
  kSubquery,           // subquery
  kPath,               // the path through args: node, link or list of links, node, …
};

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  Position position;
  Type type;
  Value literal;
  std::string name;
  Slot slot = kNoSlot;
  Slot slot2 = kNoSlot;
  syntax::UnaryOp unary = syntax::UnaryOp::kNot;
  syntax::BinaryOp binary = syntax::BinaryOp::kAdd;
  syntax::LogicalOp logical = syntax::LogicalOp::kAnd;
  syntax::QuantifierKind quantifier = syntax::QuantifierKind::kAll;
  bool flag = false;      // kCase: has a subject
  bool distinct = false;  // kAggregate
  std::vector<syntax::ComparisonOp> comparisons;
  std::vector<std::string> names;
  std::vector<ExprRef> args;
  const functions::FunctionDef* function = nullptr;
  std::shared_ptr<const LabelTree> labels;
  std::shared_ptr<Subquery> subquery;
};

// A label expression of its own, so that a bound tree outlives the syntax tree.
struct LabelTree {
  using Kind = syntax::LabelExpr::Kind;
  Kind kind = Kind::kName;
  std::string name;
  std::vector<std::shared_ptr<const LabelTree>> operands;
};
std::shared_ptr<const LabelTree> CopyLabels(const syntax::LabelExpr& e);
std::string LabelText(const LabelTree& tree);

// EXISTS, COUNT, COLLECT, pattern predicates and pattern comprehensions: a query run once for each
// row that asks, all rows of a batch together.
struct Subquery {
  syntax::SubqueryKind kind = syntax::SubqueryKind::kExists;
  std::shared_ptr<const Query> query;
  std::vector<Slot> imports;  // outer slots that it reads, ascending
  // kCollect: the collected column. kCount: the sum of this column is the count; kNoSlot: the
  // number of rows is.
  Slot result = kNoSlot;
  // shortestPath() as an expression: the first collected element, or null.
  bool first = false;
  // Set by the planner: the plan, and the slot in which its rows say whose they are.
  std::shared_ptr<plan::Node> plan;
  Slot partition = kNoSlot;
};

// Constructors of the common kinds.
ExprRef MakeLiteral(Value v, Position at = {});
ExprRef MakeSlot(Slot slot, Type type, Position at = {});
ExprRef MakeProperty(ExprRef object, std::string key, Position at = {});
ExprRef MakeComparison(ExprRef a, syntax::ComparisonOp op, ExprRef b, Position at = {});
ExprRef MakeLabelTest(ExprRef object, std::shared_ptr<const LabelTree> labels, Position at = {});
ExprRef MakeAnd(std::vector<ExprRef> terms);  // one term: itself; none: true

// Terms of a conjunction, flattened.
void SplitAnd(const ExprRef& e, std::vector<ExprRef>* terms);

// Calls `visit` on every node, parents first; it returns false to leave out the children. Queries
// inside subqueries are not entered.
void Walk(const ExprRef& e, const std::function<bool(const Expr&)>& visit);
// Slots that the expression reads from outside: its own local variables left out, imports of
// subqueries included.
void CollectSlots(const ExprRef& e, std::set<Slot>* out);
bool ReadsSlot(const ExprRef& e, Slot slot);

// The tree with `replace` applied top down: where it gives an expression, that takes the node's
// place and is not entered; null leaves the node and goes on with its children.
ExprRef Transform(const ExprRef& e, const std::function<ExprRef(const ExprRef&)>& replace);

// Structural equality: both give the same value in the same row. Volatile expressions and those
// with local variables or subqueries are never equal but to themselves.
bool SameExpr(const ExprRef& a, const ExprRef& b);

bool ContainsAggregate(const ExprRef& e);
// Calls something that may differ between two calls in one statement, such as rand().
bool IsVolatile(const ExprRef& e);
// Reads the graph: properties, labels, functions over elements, subqueries; conservative.
bool ReadsGraph(const ExprRef& e);
// Constant within a statement: literals, parameters and what is made of them alone.
bool IsConstant(const ExprRef& e);

// Text for EXPLAIN; slots appear as names given by `slot_name`.
std::string ExprText(const ExprRef& e, const std::function<std::string(Slot)>& slot_name);

}  // namespace skein::bind
