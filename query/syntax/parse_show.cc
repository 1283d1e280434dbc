// SHOW FUNCTIONS and its like: short for a CALL of the procedure that lists them.
#include <array>

#include "query/syntax/parser_core.h"

namespace skein::syntax {

namespace {

struct Listed {
  ContextWord word;
  ContextWord singular;  // another spelling
  std::string_view procedure;
};
constexpr std::array kListed = std::to_array<Listed>({
    {"indexes", "index", "show.indexes"},
    {"constraints", "constraint", "show.constraints"},
    {"functions", "function", "show.functions"},
    {"procedures", "procedure", "show.procedures"},
    {"databases", "database", "show.databases"},
    {"queries", "query", "show.queries"},
    {"transactions", "transaction", "show.queries"},
});

}  // namespace

// SHOW what [YIELD …] [WHERE …] [RETURN …]
//   SHOW what                      CALL show.what()
//   SHOW what YIELD a WHERE p      CALL show.what() YIELD a WHERE p RETURN a
//   SHOW what YIELD * … RETURN …   CALL show.what() YIELD * … RETURN …
absl::StatusOr<std::unique_ptr<Query>> Parser::ParseShow() {
  const Position begin = Here();
  auto call = std::make_unique<CallProcedureClause>(Span{});
  Skip();  // SHOW
  call->name.span.begin = Here();
  for (const Listed& listed : kListed) {
    if (IsWord(listed.word) || IsWord(listed.singular)) call->name.text = listed.procedure;
  }
  if (call->name.text.empty()) {
    return Unexpected("INDEXES, CONSTRAINTS, FUNCTIONS, PROCEDURES, DATABASES or QUERIES");
  }
  Skip();
  call->name.span = SpanFrom(call->name.span.begin);
  call->explicit_args = true;
  SKEIN_RETURN_IF_ERROR(ParseYield(call.get()));
  auto with = std::make_unique<WithClause>(Span{});
  with->projection.star = true;
  SKEIN_RETURN_IF_ERROR(ParseOrder(&with->projection));
  if (call->where == nullptr) {
    SKEIN_ASSIGN_OR_RETURN(call->where, ParseWhere());
    if (call->where != nullptr && !call->has_yield) call->has_yield = call->yield_star = true;
  }
  const bool ordered = !with->projection.order_by.empty() || with->projection.skip != nullptr ||
                       with->projection.limit != nullptr;
  auto query = std::make_unique<Query>();
  SingleQuery& part = query->parts.emplace_back();
  if (ordered && call->where != nullptr) with->where = std::move(call->where);
  std::unique_ptr<ReturnClause> columns;
  if (!call->yields.empty()) {
    columns = std::make_unique<ReturnClause>(Span{});
    for (const CallProcedureClause::Yield& yield : call->yields) {
      const Name& name = yield.alias.has_value() ? *yield.alias : yield.field;
      ProjectionItem item;
      item.span = name.span;
      auto variable = std::make_unique<VariableExpr>(name.span);
      variable->name = name.text;
      item.expr = std::move(variable);
      item.name = name.text;
      columns->projection.items.push_back(std::move(item));
    }
  }
  call->span = SpanFrom(begin);
  part.clauses.push_back(std::move(call));
  if (ordered) part.clauses.push_back(std::move(with));
  if (Is(Keyword::kReturn)) {
    SKEIN_ASSIGN_OR_RETURN(ClausePtr clause, ParseReturn());
    part.clauses.push_back(std::move(clause));
  } else if (columns != nullptr) {
    part.clauses.push_back(std::move(columns));
  } else if (ordered) {
    return Unexpected("RETURN");
  } else {
    As<CallProcedureClause>(*part.clauses[0]).standalone = true;
  }
  part.span = query->span = SpanFrom(begin);
  return query;
}

}  // namespace skein::syntax
