// Bound queries: what the binder makes of a syntax tree and the planner makes plans of.
//
// Shape     A query is parts joined by UNION; a part is a list of clauses in order of the text.
//           Patterns are graphs of slots with a list of predicates: labels, property maps and WHERE
//           have all become predicates, and WHERE is split at its ANDs.
// Slots     Node and link variables, named or not, path variables, projected expressions: each has
//           its slot. `WITH a AS b` gives no new slot: b is a's.
// Lifetime  Immutable and self-contained; shares nothing with the syntax tree but label trees.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/bind/expr.h"
#include "query/procedures/procedure.h"

namespace skein::bind {

// ---- Patterns to match ------------------------------------------------------------------------

struct PatternNode {
  Slot slot = kNoSlot;
  bool bound = false;  // has a value before the clause
};

// The link's own direction relative to (left, right).
enum class LinkDirection : uint8_t { kRight, kLeft, kBoth };

struct PatternGroup;

struct PatternLink {
  Slot slot = kNoSlot;  // the link; of variable length: the list of links
  Slot left = kNoSlot;
  Slot right = kNoSlot;
  LinkDirection direction = LinkDirection::kRight;
  std::vector<std::string> types;  // any of; empty: all
  bool bound = false;              // has a value before the clause
  bool variable_length = false;
  int64_t min = 1;
  int64_t max = INT64_MAX;
  // Predicates that every link on the way must hold; they read the link from `element`.
  Slot element = kNoSlot;
  std::vector<ExprRef> element_predicates;
  syntax::PathMode mode = syntax::PathMode::kAll;
  // May repeat links that others took (REPEATABLE ELEMENTS, WALK).
  bool walk = false;
  // Of the path that the link is part of.
  syntax::PathRestrictor restrictor = syntax::PathRestrictor::kDefault;
  // What makes one step of a quantified path; null: a link. `slot` is then the list of all its
  // links, in the order of the walk.
  std::shared_ptr<PatternGroup> group;
  // mode kShortest of SHORTEST k [GROUPS]: how many (groups); predicates of the clause come after.
  bool selected = false;
  bool groups = false;
  int64_t count = 1;
};

struct PatternPath {
  Slot slot = kNoSlot;
  ExprRef value;  // kPath
};

struct Pattern {
  std::vector<PatternNode> nodes;  // each slot once
  std::vector<PatternLink> links;  // in order of the text
  std::vector<PatternPath> paths;
  std::vector<ExprRef> predicates;
  // FOR VALID_TIME: links that held at some time from … to (null: the same instant).
  ExprRef valid_from, valid_to;
  // A selector over a path that is more than one walk: of the matches with the same ends (`ends`),
  // those `count` with the smallest `length` (or all of the `count` smallest lengths) stay, then
  // `after` is asked. Null: no selector.
  ExprRef select_length;
  bool select_groups = false;
  int64_t select_count = 1;
  std::vector<Slot> select_ends;
  std::vector<ExprRef> after;
};

// One step of a quantified path: a pattern from node to node.
struct PatternGroup {
  Pattern pattern;
  Slot left = kNoSlot;
  Slot right = kNoSlot;
  std::vector<Slot> links;                       // of the pattern, in the order of the text
  std::vector<std::pair<Slot, Slot>> collected;  // variable within, its list outside
};

// ---- Patterns to create ------------------------------------------------------------------------

struct NewNode {
  Slot slot = kNoSlot;
  std::vector<std::string> labels;
  ExprRef properties;  // a map, or null
};
struct NewLink {
  Slot slot = kNoSlot;
  std::string type;
  Slot from = kNoSlot;
  Slot to = kNoSlot;
  ExprRef properties;
};
struct Creation {
  std::vector<NewNode> nodes;
  std::vector<NewLink> links;
  std::vector<PatternPath> paths;
};

// ---- Clauses -----------------------------------------------------------------------------------

enum class ClauseKind : uint8_t {
  kMatch,
  kUnwind,
  kProject,
  kCreate,
  kMerge,
  kSet,
  kDelete,
  kForeach,
  kCallProcedure,
  kCallSubquery,
};

struct Clause {
  explicit Clause(ClauseKind k) : kind(k) {}
  virtual ~Clause() = default;
  const ClauseKind kind;
};
using ClauseRef = std::shared_ptr<const Clause>;

struct Match : Clause {
  Match() : Clause(ClauseKind::kMatch) {}
  bool optional = false;
  Pattern pattern;
};

struct Unwind : Clause {
  Unwind() : Clause(ClauseKind::kUnwind) {}
  ExprRef list;
  Slot slot = kNoSlot;
};

struct ProjectItem {
  std::string name;
  ExprRef expr;
  Slot slot = kNoSlot;
};
struct AggregateItem {
  ExprRef call;  // kAggregate
  Slot slot = kNoSlot;
};
struct SortKey {
  ExprRef expr;
  bool descending = false;
};

// WITH and RETURN. Order of work: groups and aggregates (where there are any), items, DISTINCT,
// ORDER BY, SKIP, LIMIT, WHERE.
struct Project : Clause {
  Project() : Clause(ClauseKind::kProject) {}
  bool aggregating = false;
  std::vector<ProjectItem> groups;        // aggregating: keys; name unused
  std::vector<AggregateItem> aggregates;  // aggregating
  std::vector<ProjectItem> items;         // what is in scope afterwards, in order
  bool distinct = false;
  std::vector<SortKey> order;
  ExprRef skip;   // constant, or null
  ExprRef limit;  // constant, or null
  std::vector<ExprRef> where;
};

struct Create : Clause {
  Create() : Clause(ClauseKind::kCreate) {}
  Creation creation;
};

struct SetItem {
  enum class Kind : uint8_t { kProperty, kDynamicProperty, kReplace, kMerge, kLabels, kUnlabel };
  Kind kind = Kind::kProperty;
  ExprRef target;  // the element
  std::string key;
  ExprRef key_expr;  // kDynamicProperty
  ExprRef value;     // null literal: remove
  std::vector<std::string> labels;
  Position position;
};

// SET and REMOVE.
struct Set : Clause {
  Set() : Clause(ClauseKind::kSet) {}
  std::vector<SetItem> items;
};

struct Merge : Clause {
  Merge() : Clause(ClauseKind::kMerge) {}
  Pattern pattern;    // to find
  Creation creation;  // to make
  std::vector<SetItem> on_create;
  std::vector<SetItem> on_match;
  Position position;
};

struct Delete : Clause {
  Delete() : Clause(ClauseKind::kDelete) {}
  bool detach = false;
  std::vector<ExprRef> targets;
};

struct Foreach : Clause {
  Foreach() : Clause(ClauseKind::kForeach) {}
  Slot slot = kNoSlot;
  ExprRef list;
  std::vector<ClauseRef> body;
};

struct CallProcedure : Clause {
  CallProcedure() : Clause(ClauseKind::kCallProcedure) {}
  const procedures::ProcedureDef* procedure = nullptr;
  Position position;
  std::vector<ExprRef> args;
  std::vector<std::pair<uint32_t, Slot>> yields;  // column of the procedure, slot
  std::vector<ExprRef> where;
};

struct CallSubquery : Clause {
  CallSubquery() : Clause(ClauseKind::kCallSubquery) {}
  std::shared_ptr<const Query> query;
  std::vector<Slot> imports;
  bool returns = false;  // false: rows pass through unchanged
  bool writes = false;
};

// ---- Queries -----------------------------------------------------------------------------------

struct QueryPart {
  std::vector<ClauseRef> clauses;
  std::vector<ProjectItem> outputs;  // of its RETURN: name and slot; expr is null
};

struct Query {
  std::vector<QueryPart> parts;
  bool union_all = false;
  // Name and slot. One part: its outputs. More: slots of the union's own.
  std::vector<ProjectItem> outputs;
  bool returns = false;  // has a RETURN (or a standalone CALL with columns)
  bool reads = false;
  bool writes = false;
};

// A label, type or property key that the statement reads by name.
struct NameUse {
  enum class Kind : uint8_t { kLabel, kType, kKey } kind = Kind::kLabel;
  std::string name;
  Position position;
};

// A whole statement.
struct BoundStatement {
  Query query;
  ExprRef as_of;                        // AS OF: a version or a time; null: as it is
  Slot slots = 0;                       // slots are 0 … slots − 1
  std::vector<std::string> slot_names;  // for EXPLAIN; anonymous ones are made up
  std::vector<std::string> parameters;  // that the text names
  std::vector<NameUse> names;           // at most kNamesMax
};
inline constexpr size_t kNamesMax = 256;

}  // namespace skein::bind
