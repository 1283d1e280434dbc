// Patterns: nodes, links, label expressions (paths: parse_path.cc).
#include "query/syntax/parser_core.h"

namespace skein::syntax {

absl::StatusOr<NodePattern> Parser::ParseNodePattern() {
  const Position begin = Here();
  NodePattern node;
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kOpenParen, "'('"));
  if (IsVariableName()) {
    SKEIN_ASSIGN_OR_RETURN(node.variable, ParseVariableName());
  }
  if (Take(TokenKind::kColon) || Take(Keyword::kIs)) {
    SKEIN_ASSIGN_OR_RETURN(node.labels, ParseLabelExpr(true));
  }
  SKEIN_ASSIGN_OR_RETURN(node.properties, ParsePatternProperties());
  SKEIN_ASSIGN_OR_RETURN(node.where, ParseWhere());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "')'"));
  node.span = SpanFrom(begin);
  return node;
}

absl::StatusOr<LinkPattern> Parser::ParseLinkPattern() {
  const Position begin = Here();
  LinkPattern link;
  const bool left = Take(TokenKind::kLess);
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kMinus, "'-'"));
  if (Take(TokenKind::kOpenBracket)) {
    SKEIN_RETURN_IF_ERROR(ParseLinkDetail(&link));
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBracket, "']'"));
  }
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kMinus, "'-'"));
  const bool right = Take(TokenKind::kGreater);
  link.direction = left == right ? Direction::kBoth : (left ? Direction::kLeft : Direction::kRight);
  if (AtQuantifier()) {
    if (link.hops.has_value()) {
      return Fail(ErrorDetail::kInvalidRelationshipPattern, Here(),
                  "a link has a hop range or a quantifier, not both");
    }
    SKEIN_ASSIGN_OR_RETURN(link.hops, ParseQuantifier());
  }
  link.span = SpanFrom(begin);
  return link;
}

absl::Status Parser::ParseLinkDetail(LinkPattern* link) {
  if (IsVariableName()) {
    SKEIN_ASSIGN_OR_RETURN(link->variable, ParseVariableName());
  }
  if (Take(TokenKind::kColon) || Take(Keyword::kIs)) {
    SKEIN_ASSIGN_OR_RETURN(link->types, ParseLabelExpr(true));
  }
  if (Is(TokenKind::kStar)) {
    SKEIN_ASSIGN_OR_RETURN(link->hops, ParseHopRange());
  } else if (Is(TokenKind::kDotDot)) {
    return Fail(ErrorDetail::kInvalidRelationshipPattern, Here(), "a hop range starts with '*'");
  }
  SKEIN_ASSIGN_OR_RETURN(link->properties, ParsePatternProperties());
  SKEIN_ASSIGN_OR_RETURN(link->where, ParseWhere());
  return absl::OkStatus();
}

absl::StatusOr<HopRange> Parser::ParseHopRange() {
  const Position begin = Here();
  HopRange range;
  Skip();  // *
  if (!Is(TokenKind::kDotDot) && !Is(TokenKind::kCloseBracket) && !Is(TokenKind::kOpenBrace) &&
      !Is(TokenKind::kDollar) && !Is(Keyword::kWhere)) {
    SKEIN_ASSIGN_OR_RETURN(range.min, ParseHopCount());
    range.max = range.min;  // *2 is *2..2
  }
  if (Take(TokenKind::kDotDot)) {
    range.max.reset();
    if (!Is(TokenKind::kCloseBracket) && !Is(TokenKind::kOpenBrace) && !Is(TokenKind::kDollar) &&
        !Is(Keyword::kWhere)) {
      SKEIN_ASSIGN_OR_RETURN(range.max, ParseHopCount());
    }
  }
  range.span = SpanFrom(begin);
  return range;
}

absl::StatusOr<int64_t> Parser::ParseHopCount() {
  const Token& token = At();
  if (token.kind != TokenKind::kInteger || MagnitudeOf(token, text_) > INT64_MAX) {
    return Fail(ErrorDetail::kInvalidRelationshipPattern, Here(),
                internal::Join("a hop count is a whole number that is not negative, not '",
                               TextOf(token), "'"));
  }
  Skip();
  return static_cast<int64_t>(MagnitudeOf(token, text_));
}

// A map or a parameter, or nothing.
absl::StatusOr<ExprPtr> Parser::ParsePatternProperties() {
  if (Is(TokenKind::kOpenBrace)) return ParseMap();
  if (Is(TokenKind::kDollar)) return ParseParameter();
  return ExprPtr();
}

// Disjunctions of conjunctions. In a link `:A|:B` is an old spelling of `:A|B`.
absl::StatusOr<LabelExprPtr> Parser::ParseLabelExpr(bool with_bar) {
  const Nested nested(this);
  SKEIN_RETURN_IF_ERROR(nested.Check());
  SKEIN_ASSIGN_OR_RETURN(LabelExprPtr first, ParseLabelConjunction());
  if (!with_bar || !Is(TokenKind::kBar)) return first;
  auto node = std::make_unique<LabelExpr>();
  node->kind = LabelExpr::Kind::kOr;
  const Position begin = first->span.begin;
  node->operands.push_back(std::move(first));
  while (Take(TokenKind::kBar)) {
    const Position colon = Here();
    if (Take(TokenKind::kColon)) NoteOlder(colon, ":A|:B", ":A|B");
    SKEIN_ASSIGN_OR_RETURN(LabelExprPtr next, ParseLabelConjunction());
    node->operands.push_back(std::move(next));
  }
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<LabelExprPtr> Parser::ParseLabelConjunction() {
  SKEIN_ASSIGN_OR_RETURN(LabelExprPtr first, ParseLabelTerm());
  if (!Is(TokenKind::kAmpersand) && !Is(TokenKind::kColon)) return first;
  auto node = std::make_unique<LabelExpr>();
  node->kind = LabelExpr::Kind::kAnd;
  const Position begin = first->span.begin;
  node->operands.push_back(std::move(first));
  while (Take(TokenKind::kAmpersand) || Take(TokenKind::kColon)) {
    SKEIN_ASSIGN_OR_RETURN(LabelExprPtr next, ParseLabelTerm());
    node->operands.push_back(std::move(next));
  }
  node->span = SpanFrom(begin);
  return node;
}

absl::StatusOr<LabelExprPtr> Parser::ParseLabelTerm() {
  const Position begin = Here();
  auto node = std::make_unique<LabelExpr>();
  if (Take(TokenKind::kExclamation)) {
    const Nested nested(this);
    SKEIN_RETURN_IF_ERROR(nested.Check());
    node->kind = LabelExpr::Kind::kNot;
    SKEIN_ASSIGN_OR_RETURN(LabelExprPtr operand, ParseLabelTerm());
    node->operands.push_back(std::move(operand));
  } else if (Take(TokenKind::kOpenParen)) {
    SKEIN_ASSIGN_OR_RETURN(node, ParseLabelExpr(true));
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "')'"));
  } else if (Take(TokenKind::kPercent)) {
    node->kind = LabelExpr::Kind::kWildcard;
  } else {
    SKEIN_ASSIGN_OR_RETURN(Name name, ParseName("a label or type"));
    node->name = std::move(name.text);
  }
  node->span = SpanFrom(begin);
  return node;
}

// Does the text before `name` hold the same name? Only tells two errors apart, so scopes do not
// matter.
bool Parser::IsNamedBefore(const Name& name) const {
  for (const Token& token : tokens_) {
    if (token.begin >= name.span.begin.offset) return false;
    const bool is_name = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName;
    if (is_name && NameOf(token, text_) == name.text) return true;
  }
  return false;
}

// What CREATE and MERGE make must say all there is to say about a link.
absl::Status Parser::CheckCreated(const PathPattern& path, bool needs_direction) const {
  if (path.mode != PathMode::kAll || path.selector != PathSelector::kAll ||
      path.restrictor != PathRestrictor::kDefault || path.where != nullptr) {
    return Fail(ErrorDetail::kUnexpectedSyntax, path.span.begin,
                "a path to be created is plain: no selector, no path mode, no WHERE");
  }
  for (const LinkPattern& link : path.links) {
    if (link.hops.has_value()) {
      return Fail(ErrorDetail::kCreatingVarLength, link.hops->span.begin,
                  "a link to be created has no hop range");
    }
    if (link.types == nullptr && link.variable.has_value() && IsNamedBefore(*link.variable)) {
      return Fail(ErrorDetail::kVariableAlreadyBound, link.variable->span.begin,
                  internal::Join("'", link.variable->text, "' is a link already"));
    }
    if (link.types == nullptr || link.types->kind != LabelExpr::Kind::kName) {
      return Fail(ErrorDetail::kNoSingleRelationshipType, link.span.begin,
                  "a link to be created has exactly one type");
    }
    if (needs_direction && link.direction == Direction::kBoth) {
      return Fail(ErrorDetail::kRequiresDirectedRelationship, link.span.begin,
                  "a link to be created has one direction");
    }
    if (link.where != nullptr) {
      return Fail(ErrorDetail::kUnexpectedSyntax, link.where->span.begin,
                  "a link to be created has no WHERE");
    }
  }
  for (const NodePattern& node : path.nodes) {
    if (node.where != nullptr) {
      return Fail(ErrorDetail::kUnexpectedSyntax, node.where->span.begin,
                  "a node to be created has no WHERE");
    }
    const auto is_name = [](const LabelExprPtr& e) { return e->kind == LabelExpr::Kind::kName; };
    const bool plain =
        node.labels == nullptr || is_name(node.labels) ||
        (node.labels->kind == LabelExpr::Kind::kAnd &&
         std::all_of(node.labels->operands.begin(), node.labels->operands.end(), is_name));
    if (!plain) {
      return Fail(ErrorDetail::kUnexpectedSyntax, node.labels->span.begin,
                  "a node to be created has plain labels, such as :A:B");
    }
  }
  return absl::OkStatus();
}

// Which properties a pattern asks for must be known before its parameters are.
absl::Status Parser::CheckNoParameters(const PathPattern& path) {
  const auto check = [](const ExprPtr& properties) {
    if (properties == nullptr || properties->kind != ExprKind::kParameter) return absl::OkStatus();
    return Fail(ErrorDetail::kInvalidParameterUse, properties->span.begin,
                "a pattern to be matched names its properties, as in {name: $name}");
  };
  for (const NodePattern& node : path.nodes) SKEIN_RETURN_IF_ERROR(check(node.properties));
  for (const LinkPattern& link : path.links) {
    SKEIN_RETURN_IF_ERROR(check(link.properties));
    if (link.group != nullptr) SKEIN_RETURN_IF_ERROR(CheckNoParameters(*link.group));
  }
  return absl::OkStatus();
}

}  // namespace skein::syntax
