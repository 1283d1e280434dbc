// Operators: a Pratt loop over binding levels (V. Pratt, "Top Down Operator Precedence", 1973).
#include <optional>

#include "query/syntax/parser_core.h"

namespace skein::syntax {
namespace {

std::optional<ComparisonOp> ComparisonOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return ComparisonOp::kEqual;
    case TokenKind::kNotEqual:
      return ComparisonOp::kNotEqual;
    case TokenKind::kLess:
      return ComparisonOp::kLess;
    case TokenKind::kLessEqual:
      return ComparisonOp::kLessEqual;
    case TokenKind::kGreater:
      return ComparisonOp::kGreater;
    case TokenKind::kGreaterEqual:
      return ComparisonOp::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

struct BinaryInfix {
  BinaryOp op;
  Level level;
  size_t tokens = 1;
};

// `second` is the token after `token`: STARTS and ENDS are operators only before WITH.
std::optional<BinaryInfix> BinaryOf(const Token& token, const Token& second) {
  switch (token.kind) {
    case TokenKind::kPlus:
      return BinaryInfix{BinaryOp::kAdd, Level::kAdd};
    case TokenKind::kMinus:
      return BinaryInfix{BinaryOp::kSubtract, Level::kAdd};
    case TokenKind::kBarBar:
      return BinaryInfix{BinaryOp::kConcatenate, Level::kAdd};
    case TokenKind::kStar:
      return BinaryInfix{BinaryOp::kMultiply, Level::kMultiply};
    case TokenKind::kSlash:
      return BinaryInfix{BinaryOp::kDivide, Level::kMultiply};
    case TokenKind::kPercent:
      return BinaryInfix{BinaryOp::kModulo, Level::kMultiply};
    case TokenKind::kCaret:
      return BinaryInfix{BinaryOp::kPower, Level::kPower};
    case TokenKind::kMatches:
      return BinaryInfix{BinaryOp::kMatches, Level::kPredicate};
    default:
      break;
  }
  switch (token.keyword) {
    case Keyword::kIn:
      return BinaryInfix{BinaryOp::kIn, Level::kPredicate};
    case Keyword::kContains:
      return BinaryInfix{BinaryOp::kContains, Level::kPredicate};
    case Keyword::kStarts:
      if (second.keyword != Keyword::kWith) return std::nullopt;
      return BinaryInfix{BinaryOp::kStartsWith, Level::kPredicate, 2};
    case Keyword::kEnds:
      if (second.keyword != Keyword::kWith) return std::nullopt;
      return BinaryInfix{BinaryOp::kEndsWith, Level::kPredicate, 2};
    default:
      return std::nullopt;
  }
}

std::optional<std::pair<LogicalOp, Level>> LogicalOf(Keyword keyword) {
  switch (keyword) {
    case Keyword::kOr:
      return std::pair(LogicalOp::kOr, Level::kOr);
    case Keyword::kXor:
      return std::pair(LogicalOp::kXor, Level::kXor);
    case Keyword::kAnd:
      return std::pair(LogicalOp::kAnd, Level::kAnd);
    default:
      return std::nullopt;
  }
}

Level Tighter(Level level) { return static_cast<Level>(static_cast<uint8_t>(level) + 1); }

}  // namespace

absl::StatusOr<ExprPtr> Parser::ParseExpr(Level min) {
  const Nested nested(this);
  SKEIN_RETURN_IF_ERROR(nested.Check());
  SKEIN_ASSIGN_OR_RETURN(ExprPtr left, ParsePrefix(min));
  for (;;) {
    const Token& token = At();
    if (const auto logical = LogicalOf(token.keyword); logical.has_value()) {
      if (logical->second < min) return left;
      SKEIN_ASSIGN_OR_RETURN(left, ParseLogical(std::move(left), logical->first, logical->second));
    } else if (ComparisonOf(token.kind).has_value()) {
      if (Level::kComparison < min) return left;
      SKEIN_ASSIGN_OR_RETURN(left, ParseComparison(std::move(left)));
    } else if (token.keyword == Keyword::kIs) {
      if (Level::kPredicate < min) return left;
      SKEIN_ASSIGN_OR_RETURN(left, ParseNullTest(std::move(left)));
    } else if (const auto binary = BinaryOf(token, At(1)); binary.has_value()) {
      if (binary->level < min) return left;
      SKEIN_ASSIGN_OR_RETURN(
          left, ParseBinary(std::move(left), binary->op, binary->tokens, Tighter(binary->level)));
    } else {
      return left;
    }
  }
}

// a OP b OP c ... of one operator, as one flat node.
absl::StatusOr<ExprPtr> Parser::ParseLogical(ExprPtr left, LogicalOp op, Level level) {
  auto node = std::make_unique<LogicalExpr>(left->span);
  node->op = op;
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), left.get()));
  node->operands.push_back(std::move(left));
  for (;;) {
    const auto next = LogicalOf(At().keyword);
    if (!next.has_value() || next->first != op) break;
    Skip();
    SKEIN_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(Tighter(level)));
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), right.get()));
    node->operands.push_back(std::move(right));
  }
  node->span = SpanFrom(node->span.begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseComparison(ExprPtr left) {
  auto node = std::make_unique<ComparisonExpr>(left->span);
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), left.get()));
  node->operands.push_back(std::move(left));
  while (const std::optional<ComparisonOp> op = ComparisonOf(At().kind)) {
    Skip();
    SKEIN_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(Level::kPredicate));
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), right.get()));
    node->operands.push_back(std::move(right));
    node->ops.push_back(*op);
  }
  node->span = SpanFrom(node->span.begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseNullTest(ExprPtr left) {
  Skip();  // IS
  const bool negated = Take(Keyword::kNot);
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kNull, negated ? "NULL" : "NULL or NOT NULL"));
  auto node = std::make_unique<UnaryExpr>(SpanFrom(left->span.begin));
  node->op = negated ? UnaryOp::kIsNotNull : UnaryOp::kIsNull;
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), left.get()));
  node->operand = std::move(left);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParseBinary(ExprPtr left, BinaryOp op, size_t op_tokens,
                                            Level right_level) {
  auto node = std::make_unique<BinaryExpr>(left->span);
  node->op = op;
  node->op_position = Here();
  Skip(op_tokens);
  SKEIN_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(right_level));
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), left.get()));
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), right.get()));
  node->left = std::move(left);
  node->right = std::move(right);
  node->span = SpanFrom(node->span.begin);
  return node;
}

absl::StatusOr<ExprPtr> Parser::ParsePrefix(Level min) {
  if (Is(Keyword::kNot) && min <= Level::kNot) {
    auto node = std::make_unique<UnaryExpr>(SpanFrom(Here()));
    const Position begin = Here();
    Skip();
    SKEIN_ASSIGN_OR_RETURN(node->operand, ParseExpr(Level::kNot));
    node->op = UnaryOp::kNot;
    node->span = SpanFrom(begin);
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->operand.get()));
    return node;
  }
  if (Is(TokenKind::kMinus) || Is(TokenKind::kPlus)) return ParseSign();
  SKEIN_ASSIGN_OR_RETURN(ExprPtr operand, ParseOperand());
  return ParsePostfix(std::move(operand), true);
}

// A sign before a number is part of the literal: −9223372036854775808 has no positive twin.
absl::StatusOr<ExprPtr> Parser::ParseSign() {
  const Position begin = Here();
  const bool negative = Is(TokenKind::kMinus);
  Skip();
  if (negative && (Is(TokenKind::kInteger) || Is(TokenKind::kFloat))) {
    SKEIN_ASSIGN_OR_RETURN(ExprPtr number, ParseNumber(true, begin));
    return ParsePostfix(std::move(number), true);
  }
  auto node = std::make_unique<UnaryExpr>(SpanFrom(begin));
  node->op = negative ? UnaryOp::kMinus : UnaryOp::kPlus;
  SKEIN_ASSIGN_OR_RETURN(node->operand, ParseExpr(Level::kUnary));
  node->span = SpanFrom(begin);
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->operand.get()));
  return node;
}

// .key, [index], [from..to] and :Label after an operand, in any number.
absl::StatusOr<ExprPtr> Parser::ParsePostfix(ExprPtr object, bool with_labels) {
  for (;;) {
    const Position begin = object->span.begin;
    if (Is(TokenKind::kDot)) {
      Skip();
      auto node = std::make_unique<PropertyExpr>(object->span);
      SKEIN_ASSIGN_OR_RETURN(node->key, ParseName("a property key"));
      SKEIN_RETURN_IF_ERROR(Grow(node.get(), object.get()));
      node->object = std::move(object);
      node->span = SpanFrom(begin);
      object = std::move(node);
    } else if (Is(TokenKind::kOpenBracket)) {
      SKEIN_ASSIGN_OR_RETURN(object, ParseSubscript(std::move(object)));
    } else if (with_labels && Is(TokenKind::kColon)) {
      Skip();
      auto node = std::make_unique<LabelTestExpr>(object->span);
      SKEIN_ASSIGN_OR_RETURN(node->labels, ParseLabelExpr(!bar_ends_));
      SKEIN_RETURN_IF_ERROR(Grow(node.get(), object.get()));
      node->object = std::move(object);
      node->span = SpanFrom(begin);
      object = std::move(node);
    } else {
      return object;
    }
  }
}

absl::StatusOr<ExprPtr> Parser::ParseSubscript(ExprPtr object) {
  const Position begin = object->span.begin;
  Skip();  // [
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, false);
  ExprPtr from;
  if (!Is(TokenKind::kDotDot)) {
    SKEIN_ASSIGN_OR_RETURN(from, ParseExpr());
  }
  if (!Take(TokenKind::kDotDot)) {
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBracket, "']' or '..'"));
    auto node = std::make_unique<IndexExpr>(SpanFrom(begin));
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), object.get()));
    SKEIN_RETURN_IF_ERROR(Grow(node.get(), from.get()));
    node->object = std::move(object);
    node->index = std::move(from);
    return node;
  }
  auto node = std::make_unique<SliceExpr>(SpanFrom(begin));
  if (!Is(TokenKind::kCloseBracket)) {
    SKEIN_ASSIGN_OR_RETURN(node->to, ParseExpr());
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBracket, "']'"));
  node->span = SpanFrom(begin);
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), object.get()));
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), from.get()));
  SKEIN_RETURN_IF_ERROR(Grow(node.get(), node->to.get()));
  node->object = std::move(object);
  node->from = std::move(from);
  return node;
}

}  // namespace skein::syntax
