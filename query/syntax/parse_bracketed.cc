// Operands in brackets and braces: lists, comprehensions, maps, map projections; and patterns.
#include "query/syntax/parser_core.h"

namespace skein::syntax {

absl::StatusOr<ExprPtr> Parser::ParseList() {
  if (IsVariableName(1) && Is(Keyword::kIn, 2)) return ParseListComprehension();
  const bool named = IsVariableName(1) && Is(TokenKind::kEqual, 2);
  if (LooksLikePattern(named ? 3 : 1)) return ParsePatternComprehension();

  const Position begin = Here();
  Skip();  // [
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, false);
  auto node = std::make_unique<ListExpr>(Span{});
  while (!Is(TokenKind::kCloseBracket)) {
    SKEIN_ASSIGN_OR_RETURN(ExprPtr item, ParseExpr());
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), item.get()));
    node->items.push_back(std::move(item));
    if (!Take(TokenKind::kComma)) break;
    if (Is(TokenKind::kCloseBracket)) return Unexpected("an expression");
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBracket, "',' or ']'"));
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseListComprehension() {
  const Position begin = Here();
  Skip();  // [
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, true);
  auto node = std::make_unique<ListComprehensionExpr>(Span{});
  SKEIN_ASSIGN_OR_RETURN(node->variable, ParseVariableName());
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kIn, "IN"));
  SKEIN_ASSIGN_OR_RETURN(node->list, ParseExpr());
  SKEIN_ASSIGN_OR_RETURN(node->where, ParseWhere());
  if (Take(TokenKind::kBar)) {
    const Setting last(&bar_ends_, false);
    SKEIN_ASSIGN_OR_RETURN(node->projection, ParseExpr());
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBracket, "WHERE, '|' or ']'"));
  for (const Expr* child : {node->list.get(), node->where.get(), node->projection.get()}) {
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), child));
  }
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParsePatternComprehension() {
  const Position begin = Here();
  Skip();  // [
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, true);
  auto node = std::make_unique<PatternComprehensionExpr>(Span{});
  {
    const Tallest tallest(this);
    SKEIN_ASSIGN_OR_RETURN(PathPattern path, ParsePath());
    SKEIN_RETURN_IF_ERROR(CheckNoParameters(path));
    node->pattern = std::make_unique<PathPattern>(std::move(path));
    SKEIN_RETURN_IF_ERROR(GrowTo(node.get(), tallest.height() + 1));
  }
  SKEIN_ASSIGN_OR_RETURN(node->where, ParseWhere());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kBar, "WHERE or '|'"));
  {
    const Setting last(&bar_ends_, false);
    SKEIN_ASSIGN_OR_RETURN(node->projection, ParseExpr());
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBracket, "']'"));
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->where.get()));
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->projection.get()));
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseMap() {
  const Position begin = Here();
  Skip();  // {
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, false);
  auto node = std::make_unique<MapExpr>(Span{});
  while (!Is(TokenKind::kCloseBrace)) {
    MapEntry entry;
    SKEIN_ASSIGN_OR_RETURN(entry.key, ParseName("a key"));
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kColon, "':'"));
    SKEIN_ASSIGN_OR_RETURN(entry.value, ParseExpr());
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), entry.value.get()));
    node->entries.push_back(std::move(entry));
    if (!Take(TokenKind::kComma)) break;
    if (Is(TokenKind::kCloseBrace)) return Unexpected("a key");
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBrace, "',' or '}'"));
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseMapProjection() {
  const Position begin = Here();
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, false);
  auto node = std::make_unique<MapProjectionExpr>(Span{});
  SKEIN_ASSIGN_OR_RETURN(node->variable, ParseVariableName());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kOpenBrace, "'{'"));
  while (!Is(TokenKind::kCloseBrace)) {
    MapProjectionExpr::Item item;
    using Kind = MapProjectionExpr::Item::Kind;
    if (Take(TokenKind::kDot)) {
      item.kind = Take(TokenKind::kStar) ? Kind::kAllProperties : Kind::kProperty;
      if (item.kind == Kind::kProperty) {
        SKEIN_ASSIGN_OR_RETURN(item.key, ParseName("a property key or '*'"));
      }
    } else {
      SKEIN_ASSIGN_OR_RETURN(item.key, ParseName("'.key', '.*', a variable or 'key: value'"));
      item.kind = Take(TokenKind::kColon) ? Kind::kEntry : Kind::kVariable;
      if (item.kind == Kind::kEntry) {
        SKEIN_ASSIGN_OR_RETURN(item.value, ParseExpr());
        SKEIN_RETURN_IF_ERROR(Grow(node.get(), item.value.get()));
      }
    }
    node->items.push_back(std::move(item));
    if (!Take(TokenKind::kComma)) break;
    if (Is(TokenKind::kCloseBrace)) return Unexpected("'.key', '.*', a variable or 'key: value'");
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBrace, "',' or '}'"));
  node->span = SpanFrom(begin);
  return node;
}

// (a)-->(b) as a predicate, or shortestPath(...) as a value.
absl::StatusOr<ExprPtr> Parser::ParsePatternOperand() {
  const Position begin = Here();
  if (Is(TokenKind::kOpenParen) && !patterns_allowed_) {
    return Fail(ErrorDetail::kUnexpectedSyntax, begin,
                "a pattern stands only for a predicate; use a pattern comprehension or COUNT { }");
  }
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, false);
  auto node = std::make_unique<PatternExpr>(Span{});
  const Tallest tallest(this);
  SKEIN_ASSIGN_OR_RETURN(PathPattern path, ParsePath());
  SKEIN_RETURN_IF_ERROR(CheckNoParameters(path));
  node->pattern = std::make_unique<PathPattern>(std::move(path));
  node->span = SpanFrom(begin);
  SKEIN_RETURN_IF_ERROR(GrowTo(node.get(), tallest.height() + 1));
  return node;
}

}  // namespace skein::syntax
