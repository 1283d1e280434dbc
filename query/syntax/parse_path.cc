// Paths: sequences of nodes, links and quantified groups, with selectors and path modes.
#include "query/syntax/parser_core.h"

namespace skein::syntax {

namespace {

// Tokens of `+`, `*` or `{1,3}` at `at`; 0: there is none.
size_t QuantifierTokens(const std::vector<Token>& tokens, size_t at) {
  switch (tokens[at].kind) {
    case TokenKind::kPlus:
    case TokenKind::kStar:
      return 1;
    case TokenKind::kOpenBrace:
      return tokens[at].partner > at ? tokens[at].partner - at + 1 : 0;
    default:
      return 0;
  }
}

}  // namespace

// True where an expression at this '(' must be a pattern: what is inside looks like a node, and
// what follows the partner looks like a link and another node, or like a group. `(a) - (b)` is a
// difference, `(a)--(b)` a pattern. Constant time, because the lexer has paired the brackets.
bool Parser::LooksLikePattern(size_t ahead) const {
  const auto skip_node = [this](size_t open) -> size_t {  // index after the node; 0: no node
    const Token& token = tokens_[open];
    if (token.kind != TokenKind::kOpenParen || token.partner <= open) return 0;
    size_t inside = open + 1;
    if (tokens_[inside].kind == TokenKind::kWord ||
        tokens_[inside].kind == TokenKind::kQuotedName) {
      ++inside;
    }
    switch (tokens_[inside].kind) {
      case TokenKind::kCloseParen:
      case TokenKind::kColon:
      case TokenKind::kOpenBrace:
      case TokenKind::kDollar:
        return token.partner + 1;
      default:
        return tokens_[inside].keyword == Keyword::kWhere ? token.partner + 1 : 0;
    }
  };
  const size_t last = tokens_.size() - 1;  // kEnd: every look beyond it stops here
  size_t at = skip_node(std::min(next_ + ahead, last));
  if (at == 0) return false;
  // (a) ((x)-->(y))+ (b)
  if (tokens_[at].kind == TokenKind::kOpenParen) {
    return tokens_[std::min(at + 1, last)].kind == TokenKind::kOpenParen;
  }
  if (tokens_[at].kind == TokenKind::kLess) ++at;
  if (tokens_[at].kind != TokenKind::kMinus) return false;
  ++at;
  if (tokens_[at].kind == TokenKind::kOpenBracket && tokens_[at].partner > at) {
    at = tokens_[at].partner + 1;
  }
  if (tokens_[at].kind != TokenKind::kMinus) return false;
  ++at;
  if (tokens_[at].kind == TokenKind::kGreater) ++at;
  at = std::min(at + QuantifierTokens(tokens_, at), last);
  return skip_node(at) != 0;
}

bool Parser::AtQuantifier() const { return QuantifierTokens(tokens_, next_) != 0; }

absl::StatusOr<HopRange> Parser::ParseQuantifier() {
  const Position begin = Here();
  HopRange range;
  if (Take(TokenKind::kPlus)) {
    range.min = 1;
  } else if (Take(TokenKind::kStar)) {
    range.min = 0;
  } else {
    Skip();  // {
    range.min = 0;
    const bool has_min = !Is(TokenKind::kComma);
    if (has_min) {
      SKEIN_ASSIGN_OR_RETURN(range.min, ParseHopCount());
      range.max = range.min;
    }
    if (Take(TokenKind::kComma)) {
      range.max.reset();
      if (!Is(TokenKind::kCloseBrace)) {
        SKEIN_ASSIGN_OR_RETURN(range.max, ParseHopCount());
      }
    }
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseBrace, "',' or '}'"));
  }
  range.span = SpanFrom(begin);
  if (range.max.has_value() && *range.max < *range.min) {
    return Fail(ErrorDetail::kInvalidRelationshipPattern, begin,
                "a quantifier's upper bound is not below its lower one");
  }
  return range;
}

absl::StatusOr<std::vector<PathPattern>> Parser::ParsePatternList() {
  std::vector<PathPattern> paths;
  do {
    SKEIN_ASSIGN_OR_RETURN(PathPattern path, ParsePath());
    paths.push_back(std::move(path));
  } while (Take(TokenKind::kComma));
  return paths;
}

absl::StatusOr<PathPattern> Parser::ParsePath() {
  const Setting no_patterns(&patterns_allowed_, false);
  const Setting bars(&bar_ends_, false);
  const Position begin = Here();
  PathPattern path;
  if (IsVariableName() && Is(TokenKind::kEqual, 1)) {
    SKEIN_ASSIGN_OR_RETURN(path.variable, ParseVariableName());
    Skip();  // =
  }
  const bool shortest = Is(Keyword::kShortestPath) || Is(Keyword::kAllShortestPaths);
  if (shortest && Is(TokenKind::kOpenParen, 1)) {
    SKEIN_RETURN_IF_ERROR(ParseShortest(&path));
  } else {
    SKEIN_RETURN_IF_ERROR(ParseSelector(&path));
    SKEIN_RETURN_IF_ERROR(ParseRestrictor(&path));
    SKEIN_RETURN_IF_ERROR(ParsePathElements(&path));
  }
  path.span = SpanFrom(begin);
  return path;
}

absl::Status Parser::ParseShortest(PathPattern* path) {
  const Position begin = Here();
  path->mode = Is(Keyword::kShortestPath) ? PathMode::kShortest : PathMode::kAllShortest;
  const std::string_view word = TextOf(At());
  Skip(2);  // the word and (
  SKEIN_RETURN_IF_ERROR(ParsePathElements(path));
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "')'"));
  if (path->links.size() == 1 && path->links[0].group == nullptr) return absl::OkStatus();
  return Fail(ErrorDetail::kUnexpectedSyntax, begin,
              internal::Join(word, "() takes a pattern of one link, not of ", path->links.size()));
}

// ALL [PATHS], ANY [k] [PATHS], ALL SHORTEST [PATHS], [ANY] SHORTEST [k] [PATHS] [GROUPS].
absl::Status Parser::ParseSelector(PathPattern* path) {
  const bool all = Is(Keyword::kAll);
  const bool any = Is(Keyword::kAny);
  if (!all && !any && !IsWord("shortest")) return absl::OkStatus();
  if (all || any) Skip();
  const bool shortest = TakeWord("shortest");
  if (any || shortest) path->selector = PathSelector::kShortest;
  if (all && shortest) path->selector = PathSelector::kGroups;
  if (!all && Is(TokenKind::kInteger)) {
    const Position begin = Here();
    SKEIN_ASSIGN_OR_RETURN(path->count, ParseHopCount());
    if (path->count == 0) {
      return Fail(ErrorDetail::kUnexpectedSyntax, begin, "a number of paths is at least 1");
    }
  }
  SKEIN_RETURN_IF_ERROR(ParseRestrictor(path));
  if (!TakeWord("paths")) TakeWord("path");
  if (shortest && !all && !any && (TakeWord("groups") || TakeWord("group"))) {
    path->selector = PathSelector::kGroups;
  }
  return absl::OkStatus();
}

absl::Status Parser::ParseRestrictor(PathPattern* path) {
  struct Entry {
    ContextWord word;
    PathRestrictor restrictor;
  };
  static constexpr Entry kWords[] = {{"walk", PathRestrictor::kWalk},
                                     {"trail", PathRestrictor::kTrail},
                                     {"acyclic", PathRestrictor::kAcyclic},
                                     {"simple", PathRestrictor::kSimple}};
  for (const Entry& entry : kWords) {
    if (!TakeWord(entry.word)) continue;
    path->restrictor = entry.restrictor;
    if (!TakeWord("paths")) TakeWord("path");
    break;
  }
  return absl::OkStatus();
}

// (a)-[r]->(b) ((x)-->(y))+ (c)...
absl::Status Parser::ParsePathElements(PathPattern* path) {
  for (;;) {
    if (Is(TokenKind::kOpenParen) && Is(TokenKind::kOpenParen, 1)) {
      SKEIN_RETURN_IF_ERROR(ParseGroup(path));
    } else {
      SKEIN_ASSIGN_OR_RETURN(NodePattern node, ParseNodePattern());
      path->nodes.push_back(std::move(node));
    }
    if (Is(TokenKind::kOpenParen) && (Is(TokenKind::kOpenParen, 1) || open_group_)) continue;
    if (!Is(TokenKind::kMinus) && !(Is(TokenKind::kLess) && Is(TokenKind::kMinus, 1))) break;
    CloseGroup(path);
    SKEIN_ASSIGN_OR_RETURN(LinkPattern link, ParseLinkPattern());
    path->links.push_back(std::move(link));
  }
  CloseGroup(path);
  return absl::OkStatus();
}

// After a group its end node follows; where the text has none, an empty one stands for it.
void Parser::CloseGroup(PathPattern* path) {
  open_group_ = false;
  if (path->nodes.size() > path->links.size()) return;
  NodePattern empty;
  empty.span = path->links.back().span;
  path->nodes.push_back(std::move(empty));
}

// (path WHERE condition) quantifier; without a quantifier the path is part of the one around it.
absl::Status Parser::ParseGroup(PathPattern* path) {
  const Nested nested(this);
  SKEIN_RETURN_IF_ERROR(nested.Check());
  const Position begin = Here();
  Skip();  // (
  auto inner = std::make_unique<PathPattern>();
  {
    const Setting open(&open_group_, false);
    SKEIN_RETURN_IF_ERROR(ParsePathElements(inner.get()));
  }
  SKEIN_ASSIGN_OR_RETURN(inner->where, ParseWhere());
  SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kCloseParen, "')'"));
  inner->span = SpanFrom(begin);
  if (!AtQuantifier()) {
    // Only as a whole: between other elements it would equate two nodes.
    if (!path->nodes.empty() || path->where != nullptr) {
      return Fail(ErrorDetail::kUnexpectedSyntax, begin,
                  "a path in parentheses beside other elements needs a quantifier, such as + or "
                  "{1,3}");
    }
    path->nodes = std::move(inner->nodes);
    path->links = std::move(inner->links);
    path->where = std::move(inner->where);
    return absl::OkStatus();
  }
  for (const LinkPattern& link : inner->links) {
    if (!link.hops.has_value()) continue;
    return Fail(ErrorDetail::kInvalidRelationshipPattern, link.span.begin,
                "inside a quantified path every link is a single one");
  }
  if (inner->links.empty()) {
    return Fail(ErrorDetail::kInvalidRelationshipPattern, begin,
                "a quantified path has at least one link");
  }
  if (path->nodes.size() == path->links.size()) {  // at the start, or after another group
    NodePattern empty;
    empty.span = inner->span;
    path->nodes.push_back(std::move(empty));
  }
  LinkPattern link;
  SKEIN_ASSIGN_OR_RETURN(link.hops, ParseQuantifier());
  link.span = SpanFrom(begin);
  link.group = std::move(inner);
  path->links.push_back(std::move(link));
  open_group_ = true;
  return absl::OkStatus();
}

}  // namespace skein::syntax
