// Clauses other than WITH and RETURN.
#include "query/syntax/parser_core.h"

namespace skein::syntax {

bool Parser::AtClause() const {
  switch (At().keyword) {
    case Keyword::kMatch:
    case Keyword::kOptional:
    case Keyword::kUnwind:
    case Keyword::kCreate:
    case Keyword::kMerge:
    case Keyword::kSet:
    case Keyword::kRemove:
    case Keyword::kDelete:
    case Keyword::kDetach:
    case Keyword::kForeach:
    case Keyword::kWith:
    case Keyword::kReturn:
    case Keyword::kCall:
      return true;
    default:
      // Words of GQL that may also be names: what follows tells.
      return IsWord("finish") || (IsWord("filter") && !Is(TokenKind::kEqual, 1)) ||
             (IsWord("let") && IsVariableName(1) && Is(TokenKind::kEqual, 2));
  }
}

absl::StatusOr<ClausePtr> Parser::ParseClause() {
  switch (At().keyword) {
    case Keyword::kMatch:
    case Keyword::kOptional:
      return ParseMatch();
    case Keyword::kUnwind:
      return ParseUnwind();
    case Keyword::kCreate:
      return ParseCreate();
    case Keyword::kMerge:
      return ParseMerge();
    case Keyword::kSet:
      return ParseSet();
    case Keyword::kRemove:
      return ParseRemove();
    case Keyword::kDelete:
    case Keyword::kDetach:
      return ParseDelete();
    case Keyword::kForeach:
      return ParseForeach();
    case Keyword::kWith:
      return ParseWith();
    case Keyword::kReturn:
      return ParseReturn();
    case Keyword::kCall:
      return ParseCallClause();
    default:
      if (IsWord("filter")) return ParseFilter();
      if (IsWord("let")) return ParseLet();
      return Unexpected("a clause such as MATCH, CREATE or RETURN");
  }
}

// null: there is no WHERE here.
absl::StatusOr<ExprPtr> Parser::ParseWhere() {
  if (!Take(Keyword::kWhere)) return ExprPtr();
  const Setting patterns(&patterns_allowed_, true);
  return ParseExpr();
}

absl::StatusOr<ClausePtr> Parser::ParseMatch() {
  const Position begin = Here();
  auto clause = std::make_unique<MatchClause>(Span{});
  clause->optional = Take(Keyword::kOptional);
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kMatch, "MATCH"));
  if (IsWord("repeatable") && (IsWord("elements", 1) || IsWord("element", 1))) {
    clause->repeatable = true;
    Skip(2);
  } else if (IsWord("different") && (IsWord("relationships", 1) || IsWord("relationship", 1))) {
    Skip(2);
  }
  SKEIN_ASSIGN_OR_RETURN(clause->pattern, ParsePatternList());
  for (const PathPattern& path : clause->pattern) SKEIN_RETURN_IF_ERROR(CheckNoParameters(path));
  SKEIN_RETURN_IF_ERROR(ParseValidTime(clause.get()));
  SKEIN_ASSIGN_OR_RETURN(clause->where, ParseWhere());
  clause->span = SpanFrom(begin);
  return clause;
}

// FOR VALID_TIME AS OF t, FOR VALID_TIME BETWEEN a AND b
absl::Status Parser::ParseValidTime(MatchClause* match) {
  if (!Is(Keyword::kFor) || !IsWord("valid_time", 1)) return absl::OkStatus();
  Skip(2);
  if (Take(Keyword::kAs)) {
    if (!TakeWord("of")) return Unexpected("OF");
    SKEIN_ASSIGN_OR_RETURN(match->valid_from, ParseExpr(Level::kComparison));
    return absl::OkStatus();
  }
  if (!TakeWord("between")) return Unexpected("AS OF or BETWEEN");
  SKEIN_ASSIGN_OR_RETURN(match->valid_from, ParseExpr(Level::kComparison));
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kAnd, "AND"));
  SKEIN_ASSIGN_OR_RETURN(match->valid_to, ParseExpr(Level::kComparison));
  return absl::OkStatus();
}

// FILTER [WHERE] condition: WITH * WHERE condition.
absl::StatusOr<ClausePtr> Parser::ParseFilter() {
  const Position begin = Here();
  auto clause = std::make_unique<WithClause>(Span{});
  Skip();
  clause->projection.star = true;
  Take(Keyword::kWhere);
  const Setting patterns(&patterns_allowed_, true);
  SKEIN_ASSIGN_OR_RETURN(clause->where, ParseExpr());
  clause->span = SpanFrom(begin);
  return clause;
}

// LET a = x, b = y: WITH *, x AS a, y AS b.
absl::StatusOr<ClausePtr> Parser::ParseLet() {
  const Position begin = Here();
  auto clause = std::make_unique<WithClause>(Span{});
  Skip();
  clause->projection.star = true;
  do {
    const Position item_begin = Here();
    ProjectionItem item;
    SKEIN_ASSIGN_OR_RETURN(item.alias, ParseVariableName());
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kEqual, "'='"));
    SKEIN_ASSIGN_OR_RETURN(item.expr, ParseExpr());
    item.name = item.alias->text;
    item.span = SpanFrom(item_begin);
    clause->projection.items.push_back(std::move(item));
  } while (Take(TokenKind::kComma));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseUnwind() {
  const Position begin = Here();
  auto clause = std::make_unique<UnwindClause>(Span{});
  Skip();
  SKEIN_ASSIGN_OR_RETURN(clause->list, ParseExpr());
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kAs, "AS"));
  SKEIN_ASSIGN_OR_RETURN(clause->variable, ParseVariableName());
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseCreate() {
  const Position begin = Here();
  auto clause = std::make_unique<CreateClause>(Span{});
  Skip();
  SKEIN_ASSIGN_OR_RETURN(clause->pattern, ParsePatternList());
  for (const PathPattern& path : clause->pattern) SKEIN_RETURN_IF_ERROR(CheckCreated(path, true));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseMerge() {
  const Position begin = Here();
  auto clause = std::make_unique<MergeClause>(Span{});
  Skip();
  SKEIN_ASSIGN_OR_RETURN(clause->pattern, ParsePath());
  SKEIN_RETURN_IF_ERROR(CheckCreated(clause->pattern, false));
  SKEIN_RETURN_IF_ERROR(CheckNoParameters(clause->pattern));
  while (Take(Keyword::kOn)) {
    const bool on_create = Is(Keyword::kCreate);
    if (!on_create && !Is(Keyword::kMatch)) return Unexpected("CREATE or MATCH");
    Skip();
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kSet, "SET"));
    SKEIN_RETURN_IF_ERROR(ParseSetItems(on_create ? &clause->on_create : &clause->on_match));
  }
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseSet() {
  const Position begin = Here();
  auto clause = std::make_unique<SetClause>(Span{});
  Skip();
  SKEIN_RETURN_IF_ERROR(ParseSetItems(&clause->items));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::Status Parser::ParseSetItems(std::vector<SetItem>* out) {
  do {
    const Position begin = Here();
    SetItem item;
    SKEIN_ASSIGN_OR_RETURN(item.target, ParseSetTarget());
    const bool is_variable = item.target->kind == ExprKind::kVariable;
    if (is_variable && Is(TokenKind::kColon)) {
      item.kind = SetItem::Kind::kLabels;
      SKEIN_RETURN_IF_ERROR(ParseLabelNames(&item.labels));
    } else if (is_variable && Take(TokenKind::kPlusEqual)) {
      item.kind = SetItem::Kind::kMerge;
      SKEIN_ASSIGN_OR_RETURN(item.value, ParseExpr());
    } else {
      item.kind = is_variable ? SetItem::Kind::kReplace : SetItem::Kind::kProperty;
      SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kEqual, is_variable ? "'=', '+=' or ':'" : "'='"));
      SKEIN_ASSIGN_OR_RETURN(item.value, ParseExpr());
    }
    item.span = SpanFrom(begin);
    out->push_back(std::move(item));
  } while (Take(TokenKind::kComma));
  return absl::OkStatus();
}

// A variable, or a property of an element: what SET and REMOVE change. No label test is taken.
absl::StatusOr<ExprPtr> Parser::ParseSetTarget() {
  const Position begin = Here();
  SKEIN_ASSIGN_OR_RETURN(ExprPtr target, ParseOperand());
  SKEIN_ASSIGN_OR_RETURN(target, ParsePostfix(std::move(target), false));
  if (target->kind == ExprKind::kVariable || target->kind == ExprKind::kProperty ||
      target->kind == ExprKind::kIndex) {
    return target;
  }
  return Fail(ErrorDetail::kUnexpectedSyntax, begin, "expected a variable or a property");
}

absl::Status Parser::ParseLabelNames(std::vector<Name>* out) {
  while (Take(TokenKind::kColon)) {
    SKEIN_ASSIGN_OR_RETURN(Name label, ParseName("a label"));
    out->push_back(std::move(label));
  }
  return absl::OkStatus();
}

absl::StatusOr<ClausePtr> Parser::ParseRemove() {
  const Position begin = Here();
  auto clause = std::make_unique<RemoveClause>(Span{});
  Skip();
  do {
    const Position item_begin = Here();
    RemoveItem item;
    SKEIN_ASSIGN_OR_RETURN(item.target, ParseSetTarget());
    if (item.target->kind == ExprKind::kVariable) {
      if (!Is(TokenKind::kColon)) return Unexpected("'.' or ':'");
      SKEIN_RETURN_IF_ERROR(ParseLabelNames(&item.labels));
    }
    item.span = SpanFrom(item_begin);
    clause->items.push_back(std::move(item));
  } while (Take(TokenKind::kComma));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseDelete() {
  const Position begin = Here();
  auto clause = std::make_unique<DeleteClause>(Span{});
  clause->detach = Take(Keyword::kDetach);
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kDelete, "DELETE"));
  do {
    SKEIN_ASSIGN_OR_RETURN(ExprPtr target, ParseExpr());
    if (target->kind == ExprKind::kLabelTest) {
      return Fail(ErrorDetail::kInvalidDelete, target->span.begin,
                  "DELETE deletes elements; REMOVE takes labels away");
    }
    clause->targets.push_back(std::move(target));
  } while (Take(TokenKind::kComma));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseForeach() {
  const Nested nested(this);
  SKEIN_RETURN_IF_ERROR(nested.Check());
  const Position begin = Here();
  auto clause = std::make_unique<ForeachClause>(Span{});
  Skip();
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kOpenParen, "'('"));
  SKEIN_ASSIGN_OR_RETURN(clause->variable, ParseVariableName());
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kIn, "IN"));
  {
    const Setting bars(&bar_ends_, true);
    SKEIN_ASSIGN_OR_RETURN(clause->list, ParseExpr());
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kBar, "'|'"));
  do {
    SKEIN_ASSIGN_OR_RETURN(ClausePtr inner, ParseClause());
    switch (inner->kind) {
      case ClauseKind::kCreate:
      case ClauseKind::kMerge:
      case ClauseKind::kSet:
      case ClauseKind::kRemove:
      case ClauseKind::kDelete:
      case ClauseKind::kForeach:
        break;
      default:
        return Fail(ErrorDetail::kInvalidClauseComposition, inner->span.begin,
                    "FOREACH holds updating clauses only");
    }
    clause->body.push_back(std::move(inner));
  } while (!Is(TokenKind::kCloseParen));
  Skip();
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseCallClause() {
  const bool subquery = Is(TokenKind::kOpenBrace, 1) || Is(TokenKind::kOpenParen, 1);
  return subquery ? ParseCallSubquery() : ParseCallProcedure();
}

absl::StatusOr<ClausePtr> Parser::ParseCallSubquery() {
  const Nested nested(this);
  SKEIN_RETURN_IF_ERROR(nested.Check());
  const Position begin = Here();
  auto clause = std::make_unique<CallSubqueryClause>(Span{});
  Skip();  // CALL
  if (Take(TokenKind::kOpenParen)) {
    clause->has_imports = true;
    clause->import_star = Take(TokenKind::kStar);
    while (!clause->import_star && !Is(TokenKind::kCloseParen)) {
      SKEIN_ASSIGN_OR_RETURN(Name name, ParseVariableName());
      clause->imports.push_back(std::move(name));
      if (!Take(TokenKind::kComma)) break;
    }
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "',' or ')'"));
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kOpenBrace, "'{'"));
  if (!clause->has_imports && Is(Keyword::kWith)) {
    NoteOlder(Here(), "WITH at the begin of CALL { }", "CALL (names) { }");
  }
  SKEIN_ASSIGN_OR_RETURN(clause->query, ParseQuery(QueryPlace::kCall));
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBrace, "'}'"));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseCallProcedure() {
  const Position begin = Here();
  auto clause = std::make_unique<CallProcedureClause>(Span{});
  Skip();  // CALL
  SKEIN_ASSIGN_OR_RETURN(clause->name, ParseDottedName("a procedure's name"));
  if (Take(TokenKind::kOpenParen)) {
    clause->explicit_args = true;
    while (!Is(TokenKind::kCloseParen)) {
      SKEIN_ASSIGN_OR_RETURN(ExprPtr arg, ParseExpr());
      clause->args.push_back(std::move(arg));
      if (!Take(TokenKind::kComma)) break;
      if (Is(TokenKind::kCloseParen)) return Unexpected("an expression");
    }
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "',' or ')'"));
  }
  SKEIN_RETURN_IF_ERROR(ParseYield(clause.get()));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::Status Parser::ParseYield(CallProcedureClause* call) {
  if (!Take(Keyword::kYield)) return absl::OkStatus();
  call->has_yield = true;
  if (Take(TokenKind::kStar)) {
    call->yield_star = true;
    return absl::OkStatus();
  }
  do {
    CallProcedureClause::Yield yield;
    SKEIN_ASSIGN_OR_RETURN(yield.field, ParseName("a result field or '*'"));
    if (Take(Keyword::kAs)) {
      SKEIN_ASSIGN_OR_RETURN(yield.alias, ParseVariableName());
    }
    call->yields.push_back(std::move(yield));
  } while (Take(TokenKind::kComma));
  SKEIN_ASSIGN_OR_RETURN(call->where, ParseWhere());
  return absl::OkStatus();
}

}  // namespace skein::syntax
