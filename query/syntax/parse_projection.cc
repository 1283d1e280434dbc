// WITH and RETURN.
#include "query/syntax/parser_core.h"

namespace skein::syntax {

absl::StatusOr<ClausePtr> Parser::ParseWith() {
  const Position begin = Here();
  auto clause = std::make_unique<WithClause>(Span{});
  Skip();
  SKEIN_RETURN_IF_ERROR(ParseProjection(&clause->projection, true));
  SKEIN_ASSIGN_OR_RETURN(clause->where, ParseWhere());
  clause->span = SpanFrom(begin);
  return clause;
}

absl::StatusOr<ClausePtr> Parser::ParseReturn() {
  const Position begin = Here();
  auto clause = std::make_unique<ReturnClause>(Span{});
  Skip();
  SKEIN_RETURN_IF_ERROR(ParseProjection(&clause->projection, false));
  clause->span = SpanFrom(begin);
  return clause;
}

absl::Status Parser::ParseProjection(Projection* out, bool needs_alias) {
  out->distinct = Take(Keyword::kDistinct);
  out->star = Take(TokenKind::kStar);
  if (!out->star || Take(TokenKind::kComma)) {
    do {
      SKEIN_ASSIGN_OR_RETURN(ProjectionItem item, ParseProjectionItem(needs_alias));
      out->items.push_back(std::move(item));
    } while (Take(TokenKind::kComma));
  }
  return ParseOrder(out);
}

// [ORDER BY …] [SKIP …] [LIMIT …]
absl::Status Parser::ParseOrder(Projection* out) {
  if (Take(Keyword::kOrder)) {
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kBy, "BY"));
    do {
      SortItem item;
      SKEIN_ASSIGN_OR_RETURN(item.expr, ParseExpr());
      if (Take(Keyword::kDesc) || Take(Keyword::kDescending)) {
        item.descending = true;
      } else if (!Take(Keyword::kAsc)) {
        Take(Keyword::kAscending);
      }
      out->order_by.push_back(std::move(item));
    } while (Take(TokenKind::kComma));
  }
  if (Take(Keyword::kSkip) || Take(Keyword::kOffset)) {
    SKEIN_ASSIGN_OR_RETURN(out->skip, ParseExpr());
  }
  if (Take(Keyword::kLimit)) {
    SKEIN_ASSIGN_OR_RETURN(out->limit, ParseExpr());
  }
  return absl::OkStatus();
}

absl::StatusOr<ProjectionItem> Parser::ParseProjectionItem(bool needs_alias) {
  const Position begin = Here();
  ProjectionItem item;
  SKEIN_ASSIGN_OR_RETURN(item.expr, ParseExpr());
  const Span expr_span = SpanFrom(begin);
  if (Take(Keyword::kAs)) {
    SKEIN_ASSIGN_OR_RETURN(item.alias, ParseVariableName());
    item.name = item.alias->text;
  } else if (item.expr->kind == ExprKind::kVariable) {
    item.name = As<VariableExpr>(*item.expr).name;  // without backticks or parentheses
  } else if (needs_alias) {
    return Fail(ErrorDetail::kNoExpressionAlias, begin,
                "an expression in WITH needs AS and a name");
  } else {
    item.name = std::string(text_.substr(begin.offset, expr_span.end - begin.offset));
  }
  item.span = SpanFrom(begin);
  return item;
}

}  // namespace skein::syntax
