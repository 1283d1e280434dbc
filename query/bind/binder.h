// The binder's state and its steps; private to query/bind (bind.h is the entry).
//
// Shape     One Binder per statement. Expressions in expressions.cc, patterns in patterns.cc,
//           WITH/RETURN in projection.cc, other clauses in clauses.cc.
// Threads   One.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/bind/query.h"
#include "query/syntax/ast.h"

namespace skein::bind {

struct Variable {
  std::string name;
  Slot slot = kNoSlot;
  Type type;
};

// Names in scope, in the order in which `*` lists them.
class Scope {
 public:
  const Variable* Find(std::string_view name) const;
  void Add(Variable v) { variables_.push_back(std::move(v)); }
  const std::vector<Variable>& variables() const { return variables_; }

 private:
  std::vector<Variable> variables_;
};

// What is allowed where an expression stands.
enum class Aggregates : uint8_t { kRefused, kAllowed };

class Binder {
 public:
  explicit Binder(const syntax::Statement& statement) : statement_(statement) {}
  absl::StatusOr<BoundStatement> Run();

 private:
  struct ExprScope {
    const Scope& scope;
    Aggregates aggregates = Aggregates::kRefused;
    bool in_aggregate = false;
  };
  // An open subquery: slots below the watermark are its imports.
  struct Frame {
    Slot watermark;
    std::set<Slot>* imports;
  };
  absl::Status BindAsOf(ExprRef* out);
  // What the clauses of one query part have bound so far.
  struct PartState {
    Scope scope;
    Scope outer;  // stays in scope after WITH (EXISTS, COUNT, COLLECT)
    QueryPart* part = nullptr;
    Query* query = nullptr;
  };

  // expressions.cc
  absl::StatusOr<ExprRef> BindExpr(const syntax::Expr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindVariable(const std::string& name, Position pos, const Scope& scope);
  absl::StatusOr<ExprRef> BindUnary(const syntax::UnaryExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindBinary(const syntax::BinaryExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindLogical(const syntax::LogicalExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindComparison(const syntax::ComparisonExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindProperty(const syntax::PropertyExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindIndex(const syntax::IndexExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindSlice(const syntax::SliceExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindList(const syntax::ListExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindMap(const syntax::MapExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindMapProjection(const syntax::MapProjectionExpr& e,
                                            const ExprScope& at);
  absl::StatusOr<ExprRef> BindCase(const syntax::CaseExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindCall(const syntax::CallExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindListComprehension(const syntax::ListComprehensionExpr& e,
                                                const ExprScope& at);
  absl::StatusOr<ExprRef> BindQuantifier(const syntax::QuantifierExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindReduce(const syntax::ReduceExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindPatternComprehension(const syntax::PatternComprehensionExpr& e,
                                                   const ExprScope& at);
  absl::StatusOr<ExprRef> BindPatternExpr(const syntax::PatternExpr& e, const ExprScope& at);
  absl::StatusOr<ExprRef> BindSubquery(const syntax::SubqueryExpr& e, const ExprScope& at);
  // A WHERE: a boolean expression, split at its ANDs and appended to *terms.
  absl::Status BindPredicate(const syntax::Expr& e, const Scope& scope,
                             std::vector<ExprRef>* terms);
  absl::Status RequireBoolean(const ExprRef& e);

  // patterns.cc
  // Adds the pattern's variables to *scope; what was in it before is bound.
  absl::Status BindPattern(const std::vector<const syntax::PathPattern*>& paths, Scope* scope,
                           Pattern* out);
  // A path's elements, without properties and predicates; its variable too.
  struct Pending;
  absl::Status BindPath(const syntax::PathPattern& path, const Scope& before, Scope* scope,
                        Pattern* out, Pending* pending);
  absl::StatusOr<size_t> BindGroup(const syntax::LinkPattern& link, const Scope& before,
                                   Scope* scope, Pattern* out);
  // Selector and path mode of a path whose links begin at `first`.
  absl::Status BindPathModes(const syntax::PathPattern& path, size_t first, const ExprRef& value,
                             Pattern* out);
  absl::Status BindValidTime(const syntax::MatchClause& clause, const Scope& scope, Pattern* out);
  absl::StatusOr<Slot> BindPatternNode(const syntax::NodePattern& node, const Scope& before,
                                       Scope* scope, Pattern* out);
  absl::StatusOr<size_t> BindPatternLink(const syntax::LinkPattern& link, const Scope& before,
                                         Scope* scope, Pattern* out);
  absl::Status BindLinkProperties(const syntax::LinkPattern& link, const Scope& scope, size_t index,
                                  Pattern* out);
  absl::Status BindPropertyMap(const syntax::Expr& map, const ExprRef& element, const Scope& scope,
                               std::vector<ExprRef>* predicates);
  absl::Status BindCreation(const std::vector<const syntax::PathPattern*>& paths, bool merge,
                            Scope* scope, Creation* out);
  absl::StatusOr<Slot> BindNewNode(const syntax::NodePattern& node, bool alone, bool merge,
                                   Scope* scope, Creation* out);
  absl::StatusOr<Slot> BindNewLink(const syntax::LinkPattern& link, Slot left, Slot right,
                                   Scope* scope, Creation* out);

  // projection.cc
  struct AfterScope;
  absl::Status BindProjection(const syntax::Projection& p, const syntax::Expr* where,
                              bool is_return, PartState* state);
  absl::Status BindItems(const syntax::Projection& p, bool is_return, const PartState& state,
                         std::vector<ProjectItem>* items, Scope* after);
  absl::Status SplitAggregates(Project* out);
  absl::StatusOr<ExprRef> ReplaceAggregates(const ExprRef& e, Project* out);
  absl::StatusOr<ExprRef> BindAfter(const syntax::Expr& e, const AfterScope& at, Project* out);
  absl::Status CheckVisible(const ExprRef& e, const AfterScope& at) const;
  absl::StatusOr<ExprRef> BindRowCount(const syntax::Expr& e, std::string_view clause);

  // clauses.cc
  absl::Status BindQuery(const syntax::Query& query, const Scope& scope, const Scope& outer,
                         Query* out);
  absl::Status BindPart(const syntax::SingleQuery& part, PartState* state);
  absl::Status BindClause(const syntax::Clause& clause, PartState* state);
  absl::Status BindMatch(const syntax::MatchClause& clause, PartState* state);
  absl::Status BindUnwind(const syntax::UnwindClause& clause, PartState* state);
  absl::Status BindCreate(const syntax::CreateClause& clause, PartState* state);
  absl::Status BindMerge(const syntax::MergeClause& clause, PartState* state);
  absl::StatusOr<SetItem> BindSetItem(const syntax::SetItem& item, const Scope& scope);
  absl::StatusOr<SetItem> BindRemoveItem(const syntax::RemoveItem& item, const Scope& scope);
  absl::Status BindDelete(const syntax::DeleteClause& clause, PartState* state);
  absl::Status BindForeach(const syntax::ForeachClause& clause, PartState* state);
  absl::Status BindProcedure(const syntax::CallProcedureClause& clause, PartState* state);
  absl::Status BindYields(const syntax::CallProcedureClause& clause, CallProcedure* call,
                          PartState* state);
  absl::Status BindCallSubquery(const syntax::CallSubqueryClause& clause, PartState* state);

  // Slots and names.
  Slot NewSlot(std::string_view name);
  void NoteRead(Slot slot);
  // Labels, types and keys that are read by name.
  void NoteNames(const syntax::LabelExpr& e, NameUse::Kind kind);
  void NoteName(std::string_view name, NameUse::Kind kind, Position at);
  absl::StatusOr<std::shared_ptr<Subquery>> FinishSubquery(Query query, std::set<Slot> imports,
                                                           syntax::SubqueryKind kind);

  const syntax::Statement& statement_;
  Slot next_slot_ = 0;
  std::vector<std::string> slot_names_;
  std::set<std::string> parameters_;
  std::vector<NameUse> names_;
  std::vector<Frame> frames_;
};

// The link, and what its group holds, may use links that others took.
void AllowRepeats(PatternLink* link);

// A SyntaxError.
absl::Status BindError(ErrorDetail detail, Position at, std::string_view message);

}  // namespace skein::bind
