// Operands that start with a word, a number, a string, a parameter or a parenthesis.
#include "absl/strings/match.h"
#include "query/syntax/parser_core.h"

namespace skein::syntax {
namespace {

std::unique_ptr<LiteralExpr> MakeLiteral(Span span, Value value) {
  auto node = std::make_unique<LiteralExpr>(span);
  node->value = std::move(value);
  return node;
}

}  // namespace

absl::StatusOr<ExprPtr> Parser::ParseOperand() {
  const Position begin = Here();
  switch (At().kind) {
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return ParseNumber(false, begin);
    case TokenKind::kString: {
      Value value = Value::String(StringOf(At(), text_));
      Skip();
      return MakeLiteral(SpanFrom(begin), std::move(value));
    }
    case TokenKind::kDollar:
      return ParseParameter();
    case TokenKind::kOpenParen:
      return LooksLikePattern(0) ? ParsePatternOperand() : ParseParenthesised();
    case TokenKind::kOpenBracket:
      return ParseList();
    case TokenKind::kOpenBrace:
      return ParseMap();
    case TokenKind::kWord:
    case TokenKind::kQuotedName:
      return ParseWordOperand();
    case TokenKind::kBadNumber:
      return Fail(ErrorDetail::kInvalidNumberLiteral, begin,
                  internal::Join("'", TextOf(At()).substr(0, 40), "' is not a number"));
    default:
      return Unexpected("an expression");
  }
}

absl::StatusOr<ExprPtr> Parser::ParseWordOperand() {
  const Position begin = Here();
  const bool before_paren = Is(TokenKind::kOpenParen, 1);
  const bool before_brace = Is(TokenKind::kOpenBrace, 1);
  const bool before_in = before_paren && IsVariableName(2) && Is(Keyword::kIn, 3);
  const auto literal = [this, begin](Value value) -> ExprPtr {
    Skip();
    return MakeLiteral(SpanFrom(begin), std::move(value));
  };
  switch (At().keyword) {
    case Keyword::kNull:
      return literal(Value::Null());
    case Keyword::kTrue:
      return literal(Value::Boolean(true));
    case Keyword::kFalse:
      return literal(Value::Boolean(false));
    case Keyword::kCase:
      return ParseCase();
    case Keyword::kShortestPath:
    case Keyword::kAllShortestPaths:
      if (before_paren) return ParsePatternOperand();
      break;
    case Keyword::kAll:
      if (before_in) return ParseListQuantifier(QuantifierKind::kAll);
      break;
    case Keyword::kAny:
      if (before_in) return ParseListQuantifier(QuantifierKind::kAny);
      break;
    case Keyword::kNone:
      if (before_in) return ParseListQuantifier(QuantifierKind::kNone);
      break;
    case Keyword::kSingle:
      if (before_in) return ParseListQuantifier(QuantifierKind::kSingle);
      break;
    case Keyword::kReduce:
      if (before_paren && IsVariableName(2) && Is(TokenKind::kEqual, 3)) return ParseReduce();
      break;
    case Keyword::kExists:
      if (before_brace) return ParseSubquery(SubqueryKind::kExists);
      break;
    case Keyword::kCount:
      if (before_brace) return ParseSubquery(SubqueryKind::kCount);
      break;
    case Keyword::kCollect:
      if (before_brace) return ParseSubquery(SubqueryKind::kCollect);
      break;
    default:
      break;
  }
  if (CallNameTokens() > 0) return ParseCall();
  if (!IsVariableName()) return Unexpected("an expression");
  if (before_brace) return ParseMapProjection();
  auto node = std::make_unique<VariableExpr>(Span{});
  SKEIN_ASSIGN_OR_RETURN(Name name, ParseVariableName());
  node->span = name.span;
  node->name = std::move(name.text);
  return node;
}

// `begin` is the place of the sign, if there is one.
absl::StatusOr<ExprPtr> Parser::ParseNumber(bool negative, Position begin) {
  const Token& token = At();
  Skip();
  const Span span = SpanFrom(begin);
  if (token.kind == TokenKind::kFloat) {
    const double value = FloatOf(token, text_);
    return MakeLiteral(span, Value::Float(negative ? -value : value));
  }
  const uint64_t magnitude = MagnitudeOf(token, text_);  // ≤ 2^63
  constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;
  if (magnitude == kMinMagnitude) {
    if (negative) return MakeLiteral(span, Value::Integer(INT64_MIN));
    return Fail(ErrorDetail::kIntegerOverflow, begin,
                internal::Join(TextOf(token), " does not fit a 64-bit integer"));
  }
  const auto value = static_cast<int64_t>(magnitude);
  return MakeLiteral(span, Value::Integer(negative ? -value : value));
}

absl::StatusOr<ExprPtr> Parser::ParseParameter() {
  const Position begin = Here();
  Skip();  // $
  auto node = std::make_unique<ParameterExpr>(Span{});
  if (Is(TokenKind::kInteger)) {  // $0
    node->name = std::string(TextOf(At()));
    Skip();
  } else {
    SKEIN_ASSIGN_OR_RETURN(Name name, ParseName("a parameter's name"));
    node->name = std::move(name.text);
  }
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseParenthesised() {
  const Position begin = Here();
  Skip();  // (
  const Setting bars(&bar_ends_, false);
  SKEIN_ASSIGN_OR_RETURN(ExprPtr inner, ParseExpr());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "')'"));
  inner->span = SpanFrom(begin);
  return inner;
}

absl::StatusOr<ExprPtr> Parser::ParseCase() {
  const Position begin = Here();
  Skip();                                 // CASE
  const Setting bars(&bar_ends_, false);  // END comes before any bar
  auto node = std::make_unique<CaseExpr>(Span{});
  if (!Is(Keyword::kWhen)) {
    SKEIN_ASSIGN_OR_RETURN(node->subject, ParseExpr());
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->subject.get()));
  }
  do {
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kWhen, "WHEN"));
    CaseExpr::Branch branch;
    {
      const Setting patterns(&patterns_allowed_, node->subject == nullptr);
      SKEIN_ASSIGN_OR_RETURN(branch.when, ParseExpr());
    }
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kThen, "THEN"));
    SKEIN_ASSIGN_OR_RETURN(branch.then, ParseExpr());
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), branch.when.get()));
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), branch.then.get()));
    node->branches.push_back(std::move(branch));
  } while (Is(Keyword::kWhen));
  if (Take(Keyword::kElse)) {
    SKEIN_ASSIGN_OR_RETURN(node->otherwise, ParseExpr());
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->otherwise.get()));
  }
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kEnd, "WHEN, ELSE or END"));
  node->span = SpanFrom(begin);
  return node;
}

// Tokens of `a.b.c` where an opening parenthesis follows; 0: this is no call.
size_t Parser::CallNameTokens() const {
  if (!IsVariableName()) return 0;
  size_t count = 1;
  while (Is(TokenKind::kDot, count) && IsName(count + 1)) count += 2;
  return Is(TokenKind::kOpenParen, count) ? count : 0;
}

absl::StatusOr<ExprPtr> Parser::ParseCall() {
  const Position begin = Here();
  auto node = std::make_unique<CallExpr>(Span{});
  // Only exists() takes a pattern for an argument.
  const Setting patterns(&patterns_allowed_, Is(Keyword::kExists));
  const Setting bars(&bar_ends_, false);
  if (Is(Keyword::kExists)) NoteOlder(begin, "exists()", "IS NOT NULL, or EXISTS { }");
  SKEIN_ASSIGN_OR_RETURN(node->name, ParseDottedName("a function's name"));
  if (absl::EqualsIgnoreCase(node->name.text, "id")) NoteOlder(begin, "id()", "elementId()");
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kOpenParen, "'('"));
  if (Is(TokenKind::kStar) && Is(TokenKind::kCloseParen, 1)) {
    node->star = true;
    Skip();
  } else {
    node->distinct = Take(Keyword::kDistinct);
    while (!Is(TokenKind::kCloseParen)) {
      SKEIN_ASSIGN_OR_RETURN(ExprPtr arg, ParseExpr());
      SKEIN_RETURN_IF_ERROR(Grow(node.get(), arg.get()));
      node->args.push_back(std::move(arg));
      if (!Take(TokenKind::kComma)) break;
      if (Is(TokenKind::kCloseParen)) return Unexpected("an expression");
    }
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "',' or ')'"));
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseListQuantifier(QuantifierKind kind) {
  const Position begin = Here();
  Skip(2);  // the word and (
  const Setting bars(&bar_ends_, false);
  auto node = std::make_unique<QuantifierExpr>(Span{});
  node->quantifier = kind;
  SKEIN_ASSIGN_OR_RETURN(node->variable, ParseVariableName());
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kIn, "IN"));
  {
    const Setting no_patterns(&patterns_allowed_, false);
    SKEIN_ASSIGN_OR_RETURN(node->list, ParseExpr());
  }
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->list.get()));
  SKEIN_ASSIGN_OR_RETURN(node->where, ParseWhere());
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->where.get()));
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "WHERE or ')'"));
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseReduce() {
  const Position begin = Here();
  Skip(2);  // reduce (
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, true);
  auto node = std::make_unique<ReduceExpr>(Span{});
  SKEIN_ASSIGN_OR_RETURN(node->accumulator, ParseVariableName());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kEqual, "'='"));
  SKEIN_ASSIGN_OR_RETURN(node->init, ParseExpr());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kComma, "','"));
  SKEIN_ASSIGN_OR_RETURN(node->variable, ParseVariableName());
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kIn, "IN"));
  SKEIN_ASSIGN_OR_RETURN(node->list, ParseExpr());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kBar, "'|'"));
  SKEIN_ASSIGN_OR_RETURN(node->step, ParseExpr());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "')'"));
  for (const Expr* child : {node->init.get(), node->list.get(), node->step.get()}) {
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), child));
  }
  node->span = SpanFrom(begin);
  return node;
}

// EXISTS { (a)-->(b) WHERE p } is short for EXISTS { MATCH (a)-->(b) WHERE p }.
absl::StatusOr<ExprPtr> Parser::ParseSubquery(SubqueryKind kind) {
  const Nested nested(this);
  SKEIN_RETURN_IF_ERROR(nested.Check());
  const Position begin = Here();
  Skip(2);  // the word and {
  const Setting bars(&bar_ends_, false);
  const Setting patterns(&patterns_allowed_, false);
  auto node = std::make_unique<SubqueryExpr>(Span{});
  node->subquery = kind;
  const Tallest tallest(this);
  if (AtClause() && !Is(TokenKind::kEqual, 1)) {
    SKEIN_ASSIGN_OR_RETURN(
        node->query,
        ParseQuery(kind == SubqueryKind::kCollect ? QueryPlace::kCollect : QueryPlace::kExists));
  } else {
    auto match = std::make_unique<MatchClause>(SpanFrom(Here()));
    const Position match_begin = Here();
    SKEIN_ASSIGN_OR_RETURN(match->pattern, ParsePatternList());
    for (const PathPattern& path : match->pattern) SKEIN_RETURN_IF_ERROR(CheckNoParameters(path));
    SKEIN_ASSIGN_OR_RETURN(match->where, ParseWhere());
    match->span = SpanFrom(match_begin);
    if (kind == SubqueryKind::kCollect) {
      return Fail(ErrorDetail::kUnexpectedSyntax, match_begin, "COLLECT { } needs a RETURN");
    }
    node->query = std::make_unique<Query>();
    node->query->span = match->span;
    SingleQuery& part = node->query->parts.emplace_back();
    part.span = match->span;
    part.clauses.push_back(std::move(match));
  }
  SKEIN_RETURN_IF_ERROR(GrowTo(node.get(), tallest.height() + 1));
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBrace, "'}'"));
  node->span = SpanFrom(begin);
  return node;
}

}  // namespace skein::syntax
