// The recursive-descent parser behind Parse(); included by the parse_*.cc files only.
//
// One class, cut into files by what is parsed. Every method that begins a level of nesting takes a
// Nested guard, and every expression node grows through Grow(), so that neither this parser's stack
// nor any walk over its result depends on the input.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/syntax/ast.h"
#include "query/syntax/lexer.h"
#include "query/syntax/words.h"

namespace skein::syntax {

// Binding power, weakest first.
enum class Level : uint8_t {
  kOr,
  kXor,
  kAnd,
  kNot,
  kComparison,
  kPredicate,  // IN, STARTS WITH, =~, IS NULL
  kAdd,
  kMultiply,
  kPower,
  kUnary,
};

class Parser {
 public:
  Parser(std::string_view text, const std::vector<Token>& tokens) : text_(text), tokens_(tokens) {}

  // parse_statement.cc
  absl::Status ParseStatement(Statement* out);
  absl::StatusOr<ExprPtr> ParseWholeExpression();

 private:
  enum class QueryPlace : uint8_t { kTop, kCall, kCollect, kExists };

  // One level of nesting; Check() fails beyond kNestingMax.
  class Nested {
   public:
    explicit Nested(Parser* parser) : parser_(parser) { ++parser_->depth_; }
    ~Nested() { --parser_->depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    absl::Status Check() const;

   private:
    Parser* parser_;
  };

  // Sets a context flag for one scope.
  class Setting {
   public:
    Setting(bool* flag, bool value) : flag_(flag), before_(*flag) { *flag = value; }
    ~Setting() { *flag_ = before_; }
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

   private:
    bool* flag_;
    bool before_;
  };

  // Measures the tallest expression built in a scope, for nodes whose children are not expressions.
  class Tallest {
   public:
    explicit Tallest(Parser* parser) : parser_(parser), before_(parser->tallest_) {
      parser_->tallest_ = 0;
    }
    ~Tallest() { parser_->tallest_ = std::max(parser_->tallest_, before_); }
    Tallest(const Tallest&) = delete;
    Tallest& operator=(const Tallest&) = delete;
    int height() const { return parser_->tallest_; }

   private:
    Parser* parser_;
    int before_;
  };

  // ---- tokens ----
  const Token& At(size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  bool Is(TokenKind kind, size_t ahead = 0) const { return At(ahead).kind == kind; }
  bool Is(Keyword keyword, size_t ahead = 0) const { return At(ahead).keyword == keyword; }
  bool IsName(size_t ahead = 0) const {
    return Is(TokenKind::kWord, ahead) || Is(TokenKind::kQuotedName, ahead);
  }
  // A word that means something here alone.
  bool IsWord(ContextWord word, size_t ahead = 0) const;
  bool TakeWord(ContextWord word);
  // A name that can stand for a variable: no reserved word.
  bool IsVariableName(size_t ahead = 0) const;
  void Skip(size_t count = 1) { next_ = std::min(next_ + count, tokens_.size() - 1); }
  bool Take(TokenKind kind);
  bool Take(Keyword keyword);
  absl::Status Expect(TokenKind kind, std::string_view shown);
  absl::Status Expect(Keyword keyword, std::string_view shown);
  std::string_view TextOf(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }

  // ---- places and errors ----
  Position Here() const { return PositionOf(At()); }
  static Position PositionOf(const Token& token) { return {token.begin, token.line, token.column}; }
  // From `begin` to the end of the token taken last.
  Span SpanFrom(Position begin) const;
  static absl::Status Fail(ErrorDetail detail, Position position, std::string_view message);
  // "expected <what>, found <token>".
  absl::Status Unexpected(std::string_view what) const;

  // Notes a form that has a newer one.
  void NoteOlder(Position at, std::string_view what, std::string_view instead);

  // Makes `node` one higher than `child`; NestingTooDeep beyond kHeightMax.
  absl::Status Grow(Expr* node, const Expr* child);
  absl::Status GrowTo(Expr* node, int height);

  // ---- names (parse_statement.cc) ----
  absl::StatusOr<Name> ParseName(std::string_view what);
  absl::StatusOr<Name> ParseVariableName();
  absl::StatusOr<Name> ParseDottedName(std::string_view what);

  // ---- expressions (parse_expression.cc) ----
  absl::StatusOr<ExprPtr> ParseExpr(Level min = Level::kOr);
  absl::StatusOr<ExprPtr> ParsePrefix(Level min);
  absl::StatusOr<ExprPtr> ParseSign();
  absl::StatusOr<ExprPtr> ParsePostfix(ExprPtr object, bool with_labels);
  absl::StatusOr<ExprPtr> ParseSubscript(ExprPtr object);
  absl::StatusOr<ExprPtr> ParseLogical(ExprPtr left, LogicalOp op, Level level);
  absl::StatusOr<ExprPtr> ParseComparison(ExprPtr left);
  absl::StatusOr<ExprPtr> ParseNullTest(ExprPtr left);
  absl::StatusOr<ExprPtr> ParseBinary(ExprPtr left, BinaryOp op, size_t op_tokens, Level right);

  // ---- operands (parse_operand.cc, parse_bracketed.cc) ----
  absl::StatusOr<ExprPtr> ParseOperand();
  absl::StatusOr<ExprPtr> ParseWordOperand();
  absl::StatusOr<ExprPtr> ParseNumber(bool negative, Position begin);
  absl::StatusOr<ExprPtr> ParseParameter();
  absl::StatusOr<ExprPtr> ParseParenthesised();
  absl::StatusOr<ExprPtr> ParseCase();
  absl::StatusOr<ExprPtr> ParseCall();
  absl::StatusOr<ExprPtr> ParseListQuantifier(QuantifierKind kind);
  absl::StatusOr<ExprPtr> ParseReduce();
  absl::StatusOr<ExprPtr> ParseSubquery(SubqueryKind kind);
  absl::StatusOr<ExprPtr> ParseList();
  absl::StatusOr<ExprPtr> ParseListComprehension();
  absl::StatusOr<ExprPtr> ParsePatternComprehension();
  absl::StatusOr<ExprPtr> ParseMap();
  absl::StatusOr<ExprPtr> ParseMapProjection();
  absl::StatusOr<ExprPtr> ParsePatternOperand();
  size_t CallNameTokens() const;

  // ---- paths (parse_path.cc) ----
  bool LooksLikePattern(size_t ahead) const;
  absl::StatusOr<std::vector<PathPattern>> ParsePatternList();
  absl::StatusOr<PathPattern> ParsePath();
  absl::Status ParseSelector(PathPattern* path);
  absl::Status ParseRestrictor(PathPattern* path);
  absl::Status ParsePathElements(PathPattern* path);
  absl::Status ParseGroup(PathPattern* path);
  void CloseGroup(PathPattern* path);
  absl::Status ParseShortest(PathPattern* path);
  bool AtQuantifier() const;
  absl::StatusOr<HopRange> ParseQuantifier();

  // ---- patterns (parse_pattern.cc) ----
  absl::StatusOr<NodePattern> ParseNodePattern();
  absl::StatusOr<LinkPattern> ParseLinkPattern();
  absl::Status ParseLinkDetail(LinkPattern* link);
  absl::StatusOr<HopRange> ParseHopRange();
  absl::StatusOr<int64_t> ParseHopCount();
  absl::StatusOr<ExprPtr> ParsePatternProperties();
  absl::StatusOr<LabelExprPtr> ParseLabelExpr(bool with_bar);
  absl::StatusOr<LabelExprPtr> ParseLabelConjunction();
  absl::StatusOr<LabelExprPtr> ParseLabelTerm();
  bool IsNamedBefore(const Name& name) const;
  absl::Status CheckCreated(const PathPattern& path, bool needs_direction) const;
  static absl::Status CheckNoParameters(const PathPattern& path);

  // ---- clauses (parse_clause.cc, parse_projection.cc) ----
  bool AtClause() const;
  absl::StatusOr<ClausePtr> ParseClause();
  absl::StatusOr<ClausePtr> ParseMatch();
  absl::StatusOr<ClausePtr> ParseUnwind();
  absl::StatusOr<ClausePtr> ParseCreate();
  absl::StatusOr<ClausePtr> ParseMerge();
  absl::StatusOr<ClausePtr> ParseSet();
  absl::StatusOr<ClausePtr> ParseRemove();
  absl::StatusOr<ClausePtr> ParseDelete();
  absl::StatusOr<ClausePtr> ParseForeach();
  absl::StatusOr<ClausePtr> ParseWith();
  absl::StatusOr<ClausePtr> ParseFilter();
  absl::StatusOr<ClausePtr> ParseLet();
  absl::Status ParseValidTime(MatchClause* match);
  absl::StatusOr<ClausePtr> ParseReturn();
  absl::StatusOr<ClausePtr> ParseCallClause();
  absl::StatusOr<ClausePtr> ParseCallSubquery();
  absl::StatusOr<ClausePtr> ParseCallProcedure();
  absl::Status ParseYield(CallProcedureClause* call);
  absl::Status ParseSetItems(std::vector<SetItem>* out);
  absl::StatusOr<ExprPtr> ParseSetTarget();
  absl::Status ParseLabelNames(std::vector<Name>* out);
  absl::Status ParseProjection(Projection* out, bool needs_alias);
  absl::Status ParseOrder(Projection* out);
  absl::StatusOr<ProjectionItem> ParseProjectionItem(bool needs_alias);
  absl::StatusOr<ExprPtr> ParseWhere();  // null: no WHERE here

  // ---- queries and commands (parse_statement.cc) ----
  absl::StatusOr<std::unique_ptr<Query>> ParseQuery(QueryPlace place);
  absl::StatusOr<SingleQuery> ParseSingleQuery(QueryPlace place);
  absl::Status CheckComposition(const SingleQuery& query, QueryPlace place) const;
  // parse_show.cc
  absl::StatusOr<std::unique_ptr<Query>> ParseShow();
  bool AtSchemaCommand() const;
  absl::StatusOr<SchemaCommand> ParseSchemaCommand();
  absl::Status ParseCreateSchema(SchemaCommand* command);
  absl::Status ParseSchemaPattern(SchemaCommand* command, std::string* variable);
  absl::Status ParseSchemaKeys(SchemaCommand* command, const std::string& variable);

  std::string_view text_;
  const std::vector<Token>& tokens_;
  size_t next_ = 0;
  std::vector<OlderForm> older_forms_;
  int depth_ = 0;
  int tallest_ = 0;
  // A pattern may stand for a predicate here.
  bool patterns_allowed_ = false;
  // `|` ends this expression (comprehensions), so it is no label disjunction.
  bool bar_ends_ = false;
  // The path's last element is a quantified group: a node pattern may follow directly.
  bool open_group_ = false;
};

}  // namespace skein::syntax
