// Statements, queries, unions, schema commands; and what all parse_*.cc share: tokens, names,
// errors.
#include "query/syntax/parser.h"
#include "query/syntax/parser_core.h"

namespace skein::syntax {
namespace {

// What a token looks like in a message.
std::string Describe(const Token& token, std::string_view text) {
  if (token.kind == TokenKind::kEnd) return "the end of the query";
  constexpr size_t kShownMax = 30;
  std::string_view shown = text.substr(token.begin, token.end - token.begin);
  if (shown.size() > kShownMax) {
    size_t cut = kShownMax;
    while (cut > 0 && (static_cast<unsigned char>(shown[cut]) & 0xc0) == 0x80) --cut;
    return internal::Join("'", shown.substr(0, cut), "…'");
  }
  return internal::Join("'", shown, "'");
}

// Words that can stand for no variable, because a clause, an operator or a literal starts or goes
// on with them.
bool IsReserved(Keyword keyword) {
  switch (keyword) {
    case Keyword::kAnd:
    case Keyword::kAs:
    case Keyword::kBy:
    case Keyword::kCase:
    case Keyword::kContains:
    case Keyword::kCreate:
    case Keyword::kDelete:
    case Keyword::kDetach:
    case Keyword::kDistinct:
    case Keyword::kElse:
    case Keyword::kEnd:
    case Keyword::kEnds:
    case Keyword::kFalse:
    case Keyword::kIn:
    case Keyword::kIs:
    case Keyword::kLimit:
    case Keyword::kMatch:
    case Keyword::kMerge:
    case Keyword::kNot:
    case Keyword::kNull:
    case Keyword::kOn:
    case Keyword::kOptional:
    case Keyword::kOr:
    case Keyword::kOrder:
    case Keyword::kRemove:
    case Keyword::kReturn:
    case Keyword::kSet:
    case Keyword::kSkip:
    case Keyword::kStarts:
    case Keyword::kThen:
    case Keyword::kTrue:
    case Keyword::kUnion:
    case Keyword::kUnwind:
    case Keyword::kWhen:
    case Keyword::kWhere:
    case Keyword::kWith:
    case Keyword::kXor:
      return true;
    default:
      return false;
  }
}

bool IsUpdating(ClauseKind kind) {
  switch (kind) {
    case ClauseKind::kCreate:
    case ClauseKind::kMerge:
    case ClauseKind::kSet:
    case ClauseKind::kRemove:
    case ClauseKind::kDelete:
    case ClauseKind::kForeach:
      return true;
    default:
      return false;
  }
}

absl::Status CheckLength(std::string_view text, const ParseOptions& options) {
  if (text.size() <= options.text_bytes_max) return absl::OkStatus();
  return MakeQueryError(ErrorClass::kSyntaxError, ErrorDetail::kQueryTooLong,
                        internal::Join("the query has ", text.size(), " bytes, the limit is ",
                                       options.text_bytes_max));
}

}  // namespace

// ---- tokens, names, errors ----

absl::Status Parser::Nested::Check() const {
  if (parser_->depth_ <= kNestingMax) return absl::OkStatus();
  return Fail(ErrorDetail::kNestingTooDeep, parser_->Here(),
              internal::Join("the query nests deeper than ", kNestingMax, " levels"));
}

bool Parser::IsVariableName(size_t ahead) const {
  return IsName(ahead) && !IsReserved(At(ahead).keyword);
}

bool Parser::IsWord(ContextWord word, size_t ahead) const {
  if (!Is(TokenKind::kWord, ahead)) return false;
  const std::string_view lower = word.text();
  const std::string_view text = TextOf(At(ahead));
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

bool Parser::TakeWord(ContextWord word) {
  if (!IsWord(word)) return false;
  Skip();
  return true;
}

bool Parser::Take(TokenKind kind) {
  if (!Is(kind)) return false;
  Skip();
  return true;
}

bool Parser::Take(Keyword keyword) {
  if (!Is(keyword)) return false;
  Skip();
  return true;
}

absl::Status Parser::Expect(TokenKind kind, std::string_view shown) {
  return Take(kind) ? absl::OkStatus() : Unexpected(shown);
}

absl::Status Parser::Expect(Keyword keyword, std::string_view shown) {
  return Take(keyword) ? absl::OkStatus() : Unexpected(shown);
}

Span Parser::SpanFrom(Position begin) const {
  const uint32_t end = next_ == 0 ? begin.offset : tokens_[next_ - 1].end;
  return {begin, std::max(end, begin.offset)};
}

absl::Status Parser::Fail(ErrorDetail detail, Position position, std::string_view message) {
  return MakeQueryError(ErrorClass::kSyntaxError, detail, message, position);
}

absl::Status Parser::Unexpected(std::string_view what) const {
  return Fail(ErrorDetail::kUnexpectedSyntax, Here(),
              internal::Join("expected ", what, ", found ", Describe(At(), text_)));
}

void Parser::NoteOlder(Position at, std::string_view what, std::string_view instead) {
  if (older_forms_.size() < kOlderFormsMax) older_forms_.push_back({at, what, instead});
}

absl::Status Parser::Grow(Expr* node, const Expr* child) {
  return child == nullptr ? absl::OkStatus() : GrowTo(node, child->height + 1);
}

absl::Status Parser::GrowTo(Expr* node, int height) {
  if (height > kHeightMax) {
    return Fail(ErrorDetail::kNestingTooDeep, node->span.begin.known() ? node->span.begin : Here(),
                internal::Join("the expression is higher than ", kHeightMax,
                               " levels; parameters, lists or AND and OR keep it flat"));
  }
  node->height = std::max(node->height, static_cast<uint16_t>(height));
  tallest_ = std::max(tallest_, static_cast<int>(node->height));
  return absl::OkStatus();
}

absl::StatusOr<Name> Parser::ParseName(std::string_view what) {
  if (!IsName()) return Unexpected(what);
  const Position begin = Here();
  Name name;
  name.text = NameOf(At(), text_);
  Skip();
  name.span = SpanFrom(begin);
  return name;
}

absl::StatusOr<Name> Parser::ParseVariableName() {
  if (!IsVariableName()) return Unexpected("a variable");
  return ParseName("a variable");
}

absl::StatusOr<Name> Parser::ParseDottedName(std::string_view what) {
  const Position begin = Here();
  SKEIN_ASSIGN_OR_RETURN(Name name, ParseName(what));
  while (Take(TokenKind::kDot)) {
    SKEIN_ASSIGN_OR_RETURN(Name part, ParseName("a name"));
    name.text += "." + part.text;
  }
  name.span = SpanFrom(begin);
  return name;
}

// ---- queries ----

absl::StatusOr<std::unique_ptr<Query>> Parser::ParseQuery(QueryPlace place) {
  const Position begin = Here();
  auto query = std::make_unique<Query>();
  SKEIN_ASSIGN_OR_RETURN(SingleQuery first, ParseSingleQuery(place));
  query->parts.push_back(std::move(first));
  while (Is(Keyword::kUnion)) {
    const Position union_begin = Here();
    Skip();
    const bool all = Take(Keyword::kAll);
    if (!all) Take(Keyword::kDistinct);
    if (query->parts.size() > 1 && all != query->union_all) {
      return Fail(ErrorDetail::kInvalidClauseComposition, union_begin,
                  "UNION and UNION ALL do not mix in one query");
    }
    query->union_all = all;
    SKEIN_ASSIGN_OR_RETURN(SingleQuery part, ParseSingleQuery(place));
    query->parts.push_back(std::move(part));
  }
  query->span = SpanFrom(begin);
  return query;
}

absl::StatusOr<SingleQuery> Parser::ParseSingleQuery(QueryPlace place) {
  const Position begin = Here();
  SingleQuery query;
  do {
    if (!query.clauses.empty() && TakeWord("finish")) {
      query.finished = true;
      break;
    }
    if (!query.clauses.empty() && query.clauses.back()->kind == ClauseKind::kReturn) {
      return Fail(ErrorDetail::kInvalidClauseComposition, Here(),
                  internal::Join("RETURN is the last clause, found ", Describe(At(), text_)));
    }
    SKEIN_ASSIGN_OR_RETURN(ClausePtr clause, ParseClause());
    query.clauses.push_back(std::move(clause));
  } while (AtClause());
  query.span = SpanFrom(begin);
  if (query.clauses.size() == 1 && query.clauses[0]->kind == ClauseKind::kCallProcedure) {
    As<CallProcedureClause>(*query.clauses[0]).standalone =
        place == QueryPlace::kTop && !Is(Keyword::kUnion);
  }
  SKEIN_RETURN_IF_ERROR(CheckComposition(query, place));
  return query;
}

absl::Status Parser::CheckComposition(const SingleQuery& query, QueryPlace place) const {
  for (const ClausePtr& clause : query.clauses) {
    if (clause->kind != ClauseKind::kCallProcedure) continue;
    const auto& call = As<CallProcedureClause>(*clause);
    if (call.standalone) continue;
    if (call.yield_star) {
      return Fail(ErrorDetail::kUnexpectedSyntax, call.span.begin,
                  "YIELD * stands only where CALL is the whole query");
    }
    if (!call.explicit_args) {
      return Fail(ErrorDetail::kInvalidArgumentPassingMode, call.span.begin,
                  "arguments come from parameters only where CALL is the whole query");
    }
  }
  const Clause& last = *query.clauses.back();
  if (query.finished && place == QueryPlace::kTop) {
    if (last.kind != ClauseKind::kReturn) return absl::OkStatus();
    return Fail(ErrorDetail::kInvalidClauseComposition, last.span.begin,
                "FINISH takes the place of RETURN");
  }
  const bool returns = last.kind == ClauseKind::kReturn;
  if (place == QueryPlace::kCollect && !returns) {
    return Fail(ErrorDetail::kInvalidClauseComposition, last.span.begin,
                "COLLECT { } ends with RETURN");
  }
  if (place == QueryPlace::kExists || returns || IsUpdating(last.kind) ||
      last.kind == ClauseKind::kCallProcedure || last.kind == ClauseKind::kCallSubquery) {
    return absl::OkStatus();
  }
  return Fail(ErrorDetail::kInvalidClauseComposition, last.span.begin,
              "a query ends with RETURN, CALL or an updating clause");
}

// ---- schema commands ----

bool Parser::AtSchemaCommand() const {
  if (Is(Keyword::kCreate) && Is(Keyword::kIndex, 2)) {
    return IsWord("point", 1) || IsWord("range", 1) || IsWord("text", 1);
  }
  if (Is(Keyword::kCreate) || Is(Keyword::kDrop)) {
    return Is(Keyword::kIndex, 1) || Is(Keyword::kConstraint, 1);
  }
  return IsWord("kill") && Is(TokenKind::kString, 1);
}

absl::StatusOr<SchemaCommand> Parser::ParseSchemaCommand() {
  using Kind = SchemaCommand::Kind;
  const Position begin = Here();
  SchemaCommand command;
  if (TakeWord("kill")) {
    command.kind = Kind::kKill;
    command.name = Name{StringOf(At(), text_), {}};
    Skip();
  } else if (Take(Keyword::kDrop)) {
    command.kind = Is(Keyword::kIndex) ? Kind::kDropIndex : Kind::kDropConstraint;
    Skip();
    SKEIN_ASSIGN_OR_RETURN(command.name, ParseName("a name"));
    if (Take(Keyword::kIf)) {
      SKEIN_RETURN_IF_ERROR(Expect(Keyword::kExists, "EXISTS"));
      command.tolerant = true;
    }
  } else {
    SKEIN_RETURN_IF_ERROR(ParseCreateSchema(&command));
  }
  command.span = SpanFrom(begin);
  return command;
}

absl::Status Parser::ParseCreateSchema(SchemaCommand* command) {
  Skip();  // CREATE
  if (TakeWord("point")) {
    command->index = SchemaCommand::Index::kPoint;
  } else if (TakeWord("text")) {
    command->index = SchemaCommand::Index::kText;
  } else {
    TakeWord("range");
  }
  const bool index = Is(Keyword::kIndex);
  command->kind = index ? SchemaCommand::Kind::kCreateIndex : SchemaCommand::Kind::kCreateUnique;
  Skip();
  const bool if_not = Is(Keyword::kIf) && Is(Keyword::kNot, 1);
  if (!Is(Keyword::kFor) && !if_not) {
    SKEIN_ASSIGN_OR_RETURN(command->name, ParseName("a name, IF NOT EXISTS or FOR"));
  }
  if (Take(Keyword::kIf)) {
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kNot, "NOT"));
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kExists, "EXISTS"));
    command->tolerant = true;
  }
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kFor, "FOR"));
  std::string variable;
  SKEIN_RETURN_IF_ERROR(ParseSchemaPattern(command, &variable));
  if (index) {
    SKEIN_RETURN_IF_ERROR(Expect(Keyword::kOn, "ON"));
    return ParseSchemaKeys(command, variable);
  }
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kRequire, "REQUIRE"));
  SKEIN_RETURN_IF_ERROR(ParseSchemaKeys(command, variable));
  SKEIN_RETURN_IF_ERROR(Expect(Keyword::kIs, "IS"));
  return Expect(Keyword::kUnique, "UNIQUE");
}

// (n:Label) or ()-[r:TYPE]-()
absl::Status Parser::ParseSchemaPattern(SchemaCommand* command, std::string* variable) {
  const Position begin = Here();
  PathPattern path;
  SKEIN_RETURN_IF_ERROR(ParsePathElements(&path));
  command->on_links = path.links.size() == 1;
  const LabelExpr* label =
      command->on_links ? path.links[0].types.get() : path.nodes[0].labels.get();
  const std::optional<Name>& name =
      command->on_links ? path.links[0].variable : path.nodes[0].variable;
  if (path.links.size() > 1 || label == nullptr || label->kind != LabelExpr::Kind::kName ||
      !name.has_value()) {
    return Fail(ErrorDetail::kUnexpectedSyntax, begin, "expected (n:Label) or ()-[r:TYPE]-()");
  }
  command->label = {label->name, label->span};
  *variable = name->text;
  return absl::OkStatus();
}

// n.key or (n.key, n.other)
absl::Status Parser::ParseSchemaKeys(SchemaCommand* command, const std::string& variable) {
  const bool parens = Take(TokenKind::kOpenParen);
  do {
    SKEIN_ASSIGN_OR_RETURN(Name name, ParseName("a variable"));
    if (name.text != variable) {
      return Fail(ErrorDetail::kUndefinedVariable, name.span.begin,
                  internal::Join("'", name.text, "' is not defined"));
    }
    SKEIN_RETURN_IF_ERROR(Expect(TokenKind::kDot, "'.'"));
    SKEIN_ASSIGN_OR_RETURN(Name key, ParseName("a property key"));
    command->keys.push_back(std::move(key));
  } while (parens && Take(TokenKind::kComma));
  return parens ? Expect(TokenKind::kCloseParen, "',' or ')'") : absl::OkStatus();
}

// ---- entry points ----

absl::Status Parser::ParseStatement(Statement* out) {
  if (Take(Keyword::kExplain)) {
    out->mode = Statement::Mode::kExplain;
  } else if (Take(Keyword::kProfile)) {
    out->mode = Statement::Mode::kProfile;
  }
  if (Is(Keyword::kAs) && IsWord("of", 1)) {
    Skip(2);
    SKEIN_ASSIGN_OR_RETURN(out->as_of, ParseExpr(Level::kComparison));
  }
  out->fused = TakeWord("fused");
  if (out->as_of != nullptr || out->fused) {
    SKEIN_ASSIGN_OR_RETURN(out->query, ParseQuery(QueryPlace::kTop));
  } else if (AtSchemaCommand()) {
    if (out->mode != Statement::Mode::kRun) {
      return Fail(ErrorDetail::kUnexpectedSyntax, Here(),
                  "a command has no plan; EXPLAIN and PROFILE are for queries");
    }
    SKEIN_ASSIGN_OR_RETURN(out->schema, ParseSchemaCommand());
  } else if (Is(Keyword::kShow)) {
    SKEIN_ASSIGN_OR_RETURN(out->query, ParseShow());
  } else {
    SKEIN_ASSIGN_OR_RETURN(out->query, ParseQuery(QueryPlace::kTop));
  }
  Take(TokenKind::kSemicolon);
  out->older_forms = std::move(older_forms_);
  return Is(TokenKind::kEnd) ? absl::OkStatus() : Unexpected("a clause or the end of the query");
}

absl::StatusOr<ExprPtr> Parser::ParseWholeExpression() {
  const Setting patterns(&patterns_allowed_, true);
  SKEIN_ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr());
  if (!Is(TokenKind::kEnd)) return Unexpected("an operator or the end of the expression");
  return expr;
}

absl::StatusOr<Statement> Parse(std::string_view text, const ParseOptions& options) {
  SKEIN_RETURN_IF_ERROR(CheckLength(text, options));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<Token> tokens, Lex(text));
  Statement statement;
  statement.text = std::string(text);
  SKEIN_RETURN_IF_ERROR(Parser(text, tokens).ParseStatement(&statement));
  return statement;
}

absl::StatusOr<ParsedExpression> ParseExpression(std::string_view text,
                                                 const ParseOptions& options) {
  SKEIN_RETURN_IF_ERROR(CheckLength(text, options));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<Token> tokens, Lex(text));
  ParsedExpression out;
  out.text = std::string(text);
  SKEIN_ASSIGN_OR_RETURN(out.expr, Parser(text, tokens).ParseWholeExpression());
  return out;
}

}  // namespace skein::syntax
