// Trees are compared as S-expressions, so that a test shows grouping at a glance.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "query/syntax/forms.h"
#include "query/syntax/lexer.h"
#include "query/syntax/parser.h"
#include "query/syntax/words.h"

namespace skein::syntax {
namespace {

std::string Show(const Expr& expr);

std::string ShowAll(const std::vector<ExprPtr>& exprs) {
  std::string out;
  for (const ExprPtr& e : exprs) out += " " + Show(*e);
  return out;
}

std::string ShowLabels(const LabelExpr& e) {
  std::string out;
  switch (e.kind) {
    case LabelExpr::Kind::kName:
      return e.name;
    case LabelExpr::Kind::kWildcard:
      return "%";
    case LabelExpr::Kind::kNot:
      out = "(!";
      break;
    case LabelExpr::Kind::kAnd:
      out = "(&";
      break;
    case LabelExpr::Kind::kOr:
      out = "(|";
      break;
  }
  for (const LabelExprPtr& operand : e.operands) out += " " + ShowLabels(*operand);
  return out + ")";
}

std::string ShowOperator(BinaryOp op) {
  constexpr std::string_view kOps[] = {"+",  "-",      "*",    "/",        "%",  "^",
                                       "IN", "STARTS", "ENDS", "CONTAINS", "=~", "||"};
  return std::string(kOps[static_cast<size_t>(op)]);
}

std::string ShowComparison(const ComparisonExpr& e) {
  constexpr std::string_view kOps[] = {"=", "<>", "<", "<=", ">", ">="};
  std::string out = "(";
  for (size_t i = 0; i < e.ops.size(); ++i) {
    out += Show(*e.operands[i]) + " " + std::string(kOps[static_cast<size_t>(e.ops[i])]) + " ";
  }
  return out + Show(*e.operands.back()) + ")";
}

std::string Show(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return ToLiteral(As<LiteralExpr>(expr).value);
    case ExprKind::kParameter:
      return "$" + As<ParameterExpr>(expr).name;
    case ExprKind::kVariable:
      return As<VariableExpr>(expr).name;
    case ExprKind::kProperty:
      return Show(*As<PropertyExpr>(expr).object) + "." + As<PropertyExpr>(expr).key.text;
    case ExprKind::kLabelTest:
      return "(label " + Show(*As<LabelTestExpr>(expr).object) + " " +
             ShowLabels(*As<LabelTestExpr>(expr).labels) + ")";
    case ExprKind::kIndex:
      return "(at " + Show(*As<IndexExpr>(expr).object) + " " + Show(*As<IndexExpr>(expr).index) +
             ")";
    case ExprKind::kSlice: {
      const auto& e = As<SliceExpr>(expr);
      return "(slice " + Show(*e.object) + " " + (e.from ? Show(*e.from) : "_") + " " +
             (e.to ? Show(*e.to) : "_") + ")";
    }
    case ExprKind::kUnary: {
      constexpr std::string_view kOps[] = {"NOT", "+", "-", "null?", "value?"};
      const auto& e = As<UnaryExpr>(expr);
      return "(" + std::string(kOps[static_cast<size_t>(e.op)]) + " " + Show(*e.operand) + ")";
    }
    case ExprKind::kBinary: {
      const auto& e = As<BinaryExpr>(expr);
      return "(" + ShowOperator(e.op) + " " + Show(*e.left) + " " + Show(*e.right) + ")";
    }
    case ExprKind::kLogical: {
      constexpr std::string_view kOps[] = {"AND", "OR", "XOR"};
      const auto& e = As<LogicalExpr>(expr);
      return "(" + std::string(kOps[static_cast<size_t>(e.op)]) + ShowAll(e.operands) + ")";
    }
    case ExprKind::kComparison:
      return ShowComparison(As<ComparisonExpr>(expr));
    case ExprKind::kList:
      return "[" + ShowAll(As<ListExpr>(expr).items) + " ]";
    case ExprKind::kCall:
      return "(" + As<CallExpr>(expr).name.text + ShowAll(As<CallExpr>(expr).args) + ")";
    case ExprKind::kListComprehension: {
      const auto& e = As<ListComprehensionExpr>(expr);
      return "[each " + e.variable.text + " " + Show(*e.list) + " " +
             (e.where ? Show(*e.where) : "_") + " " + (e.projection ? Show(*e.projection) : "_") +
             "]";
    }
    case ExprKind::kPattern:
      return "(pattern)";
    case ExprKind::kPatternComprehension:
      return "[pattern]";
    default:
      return "<" + std::to_string(static_cast<int>(expr.kind)) + ">";
  }
}

std::string Tree(std::string_view text) {
  const auto parsed = ParseExpression(text);
  return parsed.ok() ? Show(*parsed->expr) : std::string(Message(parsed.status()));
}

// The error that a status carries; one without a message where it carries none.
QueryError ErrorIn(const absl::Status& status) {
  return QueryErrorOf(status).value_or(QueryError{});
}

// "Detail line:column", or "ok".
std::string ErrorOf(std::string_view text) {
  const auto parsed = Parse(text);
  if (parsed.ok()) return "ok";
  const QueryError error = ErrorIn(parsed.status());
  return std::string(ErrorDetailName(error.detail)) + " " + std::to_string(error.position.line) +
         ":" + std::to_string(error.position.column);
}

TEST(ExpressionTest, OperatorsBindAsTheSpecificationSays) {
  EXPECT_EQ(Tree("1 + 2 * 3 - 4"), "(- (+ 1 (* 2 3)) 4)");
  EXPECT_EQ(Tree("4 ^ 3 ^ 2"), "(^ (^ 4 3) 2)");
  EXPECT_EQ(Tree("-3 ^ 2"), "(^ -3 2)");
  EXPECT_EQ(Tree("-x ^ 2"), "(^ (- x) 2)");
  EXPECT_EQ(Tree("a OR b XOR c AND NOT d = e"), "(OR a (XOR b (AND c (NOT (d = e)))))");
  EXPECT_EQ(Tree("a AND b AND c OR d"), "(OR (AND a b c) d)");
  EXPECT_EQ(Tree("a = b IN c"), "(a = (IN b c))");
  EXPECT_EQ(Tree("[1]+2 IN [3]+4"), "(IN (+ [ 1 ] 2) (+ [ 3 ] 4))");
  EXPECT_EQ(Tree("1 < n.x <= 3"), "(1 < n.x <= 3)");
  EXPECT_EQ(Tree("null IS NOT NULL = null IS NULL"), "((value? null) = (null? null))");
  EXPECT_EQ(Tree("a STARTS WITH b + c AND d =~ e"), "(AND (STARTS a (+ b c)) (=~ d e))");
  EXPECT_EQ(Tree("NOT NOT a"), "(NOT (NOT a))");
  EXPECT_EQ(Tree("a + b IN c[1][2..]"), "(IN (+ a b) (slice (at c 1) 2 _))");
}

TEST(ExpressionTest, ParenthesesAndPatternsAreToldApart) {
  EXPECT_EQ(Tree("(a) - (b)"), "(- a b)");
  EXPECT_EQ(Tree("(a)--(b)"), "(pattern)");
  EXPECT_EQ(Tree("(a)<-[:T]-(b) AND (a)-[b]"), "(AND (pattern) (- a [ b ]))");
  EXPECT_EQ(Tree("(a) < -(b)"), "(a < (- b))");
  EXPECT_EQ(Tree("(a:A {x: 1})-[*1..2]->()"), "(pattern)");
  EXPECT_EQ(Tree("[(a)-->(b) | b.x]"), "[pattern]");
  EXPECT_EQ(Tree("[p = (a)-->(b) WHERE b.x | p]"), "[pattern]");
  EXPECT_EQ(Tree("exists((a)-->(b))"), "(exists (pattern))");
}

TEST(ExpressionTest, LabelsAndComprehensionsShareTheBar) {
  EXPECT_EQ(Tree("n:A:B"), "(label n (& A B))");
  EXPECT_EQ(Tree("n:A|B&!C"), "(label n (| A (& B (! C))))");
  EXPECT_EQ(Tree("[n IN ns WHERE n:A | n.x]"), "[each n ns (label n A) n.x]");
  EXPECT_EQ(Tree("[n IN ns WHERE n:(A|B)]"), "[each n ns (label n (| A B)) _]");
}

TEST(ExpressionTest, WordsAreKeywordsOnlyWhereTheyMust) {
  EXPECT_EQ(Tree("count(count) + all.any"), "(+ (count count) all.any)");
  EXPECT_EQ(Tree("date.truncate('day', `a b`.`c``d`)"), "(date.truncate 'day' a b.c`d)");
  EXPECT_EQ(Tree("CASE WHEN a THEN 1 END"), "<14>");
  EXPECT_EQ(Tree("all(x IN xs WHERE x)"), "<18>");
}

TEST(LiteralTest, NumbersKeepTheirForm) {
  EXPECT_EQ(Tree("[1, 0x1F, 0o17, 1.5, .5, 1e3, -9223372036854775808, -0x8000000000000000]"),
            "[ 1 31 15 1.5 0.5 1000.0 -9223372036854775808 -9223372036854775808 ]");
  EXPECT_EQ(ErrorOf("RETURN 9223372036854775808"), "IntegerOverflow 1:8");
  EXPECT_EQ(ErrorOf("RETURN -9223372036854775809"), "IntegerOverflow 1:9");
  EXPECT_EQ(ErrorOf("RETURN 9223372h54775808"), "InvalidNumberLiteral 1:8");
  EXPECT_EQ(ErrorOf("RETURN 0x"), "InvalidNumberLiteral 1:8");
  EXPECT_EQ(ErrorOf("RETURN -0x1A2b3c4Z5E6f7"), "InvalidNumberLiteral 1:9");
  EXPECT_EQ(ErrorOf("RETURN {1B2c3e67: 1}"), "UnexpectedSyntax 1:9");
  EXPECT_EQ(ErrorOf("RETURN 1.34E999"), "FloatingPointOverflow 1:8");
  EXPECT_EQ(Tree("1e-999"), "0.0");
}

TEST(LiteralTest, StringsResolveEscapes) {
  EXPECT_EQ(Tree(R"('\'\\\n\u01FF')"), "'\\'\\\\\\nǿ'");
  EXPECT_EQ(Tree(R"("\uD83D\uDE00" + '\U0001F600')"), "(+ '😀' '😀')");
  EXPECT_EQ(ErrorOf(R"(RETURN '\uH')"), "InvalidUnicodeLiteral 1:9");
  EXPECT_EQ(ErrorOf(R"(RETURN '\uD83D')"), "InvalidUnicodeLiteral 1:9");
  EXPECT_EQ(ErrorOf("RETURN 'abc"), "UnexpectedSyntax 1:8");
  EXPECT_EQ(ErrorOf("RETURN '\xff'"), "InvalidUnicodeCharacter 1:9");
  EXPECT_EQ(ErrorOf("RETURN 42 — 41"), "InvalidUnicodeCharacter 1:11");
}

TEST(ErrorTest, PlacesCountCodePointsFromOne) {
  EXPECT_EQ(ErrorOf("MATCH (a RETURN a"), "UnexpectedSyntax 1:10");
  EXPECT_EQ(ErrorOf("// 嫌疑人\nMATCH (嫌:人) RETURN 嫌 嫌"), "UnexpectedSyntax 2:22");
  EXPECT_EQ(ErrorOf(""), "UnexpectedSyntax 1:1");
  EXPECT_EQ(ErrorOf("RETURN 1 /* open"), "UnexpectedSyntax 1:10");
}

TEST(ErrorTest, TextAloneDecides) {
  EXPECT_EQ(ErrorOf("CREATE ()-->()"), "NoSingleRelationshipType 1:10");
  EXPECT_EQ(ErrorOf("CREATE ()-[:A|:B]->()"), "NoSingleRelationshipType 1:10");
  EXPECT_EQ(ErrorOf("CREATE (a)-[:FOO]-(b)"), "RequiresDirectedRelationship 1:11");
  EXPECT_EQ(ErrorOf("CREATE (a)<-[:FOO]->(b)"), "RequiresDirectedRelationship 1:11");
  EXPECT_EQ(ErrorOf("MERGE (a)-[:FOO*2]->(b)"), "CreatingVarLength 1:16");
  EXPECT_EQ(ErrorOf("MATCH (a)-[r]->(b) MERGE (a)-[r]->(b)"), "VariableAlreadyBound 1:31");
  EXPECT_EQ(ErrorOf("MATCH (a), (b) MERGE (a)-[NO_COLON]->(b)"), "NoSingleRelationshipType 1:25");
  EXPECT_EQ(ErrorOf("MERGE (n $param) RETURN n"), "InvalidParameterUse 1:10");
  EXPECT_EQ(ErrorOf("MATCH (n) DELETE n:Person"), "InvalidDelete 1:18");
  EXPECT_EQ(ErrorOf("MATCH (a) WITH a, count(*) RETURN a"), "NoExpressionAlias 1:19");
  EXPECT_EQ(ErrorOf("MATCH (a)-[:LIKES..]->(c) RETURN c"), "InvalidRelationshipPattern 1:18");
  EXPECT_EQ(ErrorOf("MATCH (a)-[:LIKES*-2]->(c) RETURN c"), "InvalidRelationshipPattern 1:19");
  EXPECT_EQ(ErrorOf("RETURN size((a)-->())"), "UnexpectedSyntax 1:13");
  EXPECT_EQ(ErrorOf("CALL p YIELD out RETURN out"), "InvalidArgumentPassingMode 1:1");
  EXPECT_EQ(ErrorOf("CALL p() YIELD * RETURN 1"), "UnexpectedSyntax 1:1");
  EXPECT_EQ(ErrorOf("RETURN 1 AS a UNION RETURN 2 AS a UNION ALL RETURN 3 AS a"),
            "InvalidClauseComposition 1:35");
  EXPECT_EQ(ErrorOf("MATCH (n)"), "InvalidClauseComposition 1:1");
  EXPECT_EQ(ErrorOf("RETURN 1 MATCH (n) RETURN n"), "InvalidClauseComposition 1:10");
}

TEST(ErrorTest, StatusCarriesTheErrorThroughLayers) {
  const absl::Status status = Parse("MATCH (a RETURN a").status();
  const QueryError error = ErrorIn(Annotate(status, "query 7"));
  EXPECT_EQ(error.message, "expected ')', found 'RETURN'");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Message(status),
            "SyntaxError: UnexpectedSyntax: expected ')', found 'RETURN' (line 1, column 10)");
  EXPECT_EQ(QueryErrorOf(absl::InternalError("other")), std::nullopt);
  const absl::Status placeless =
      MakeQueryError(ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType, "no");
  EXPECT_EQ(ErrorIn(WithPosition(placeless, {3, 1, 4})).position, (Position{3, 1, 4}));
  EXPECT_EQ(ErrorIn(WithPosition(status, {3, 1, 4})).position, error.position);
}

TEST(ErrorTest, RenderPutsTheCaretUnderThePlace) {
  const auto render = [](std::string_view text) {
    return RenderError(ErrorIn(Parse(text).status()), text);
  };
  EXPECT_EQ(render("MATCH (n)\nMATCH (a RETURN a"),
            "SyntaxError: UnexpectedSyntax: expected ')', found 'RETURN' (line 2, column 10)\n"
            "  MATCH (a RETURN a\n"
            "           ^");
  EXPECT_EQ(render("RETURN\t'人' 1"),
            "SyntaxError: UnexpectedSyntax: expected a clause or the end of the query, found '1' "
            "(line 1, column 12)\n"
            "  RETURN '人' 1\n"
            "              ^");
}

// An exponential look-ahead or a recursion per level would not come back from these.
TEST(LimitTest, DeepNestingIsOneQuickError) {
  EXPECT_EQ(ErrorOf("RETURN " + std::string(1'000'000, '(')), "NestingTooDeep 1:208");
  for (const std::string_view open : {"[", "{a:", "-", "NOT ", "CASE ", "f(", "x[", "(("}) {
    std::string text = "RETURN ";
    while (text.size() < 50'000) text += open;
    EXPECT_EQ(ErrorOf(text).substr(0, 14), "NestingTooDeep") << open;
  }
}

TEST(LimitTest, LongChainsAreBoundedAndLongListsAreNot) {
  std::string sum = "RETURN 1", filter = "RETURN a", list = "RETURN [1";
  for (int i = 0; i < 10'000; ++i) {
    sum += "+1";
    filter += " AND a";
    list += ",1";
  }
  EXPECT_EQ(ErrorOf(sum).substr(0, 14), "NestingTooDeep");
  EXPECT_EQ(ErrorOf(filter), "ok");
  EXPECT_EQ(ErrorOf(list + "]"), "ok");
  EXPECT_EQ(ErrorOf(std::string(2 << 20, ' ')).substr(0, 12), "QueryTooLong");
}

TEST(StatementTest, ColumnsAreNamedByTheirExactText) {
  const auto parsed = Parse("MATCH (n) RETURN n . name, (n.age) + 1, count( * ), `n`, n.x AS y");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const auto& projection = As<ReturnClause>(*parsed->query->parts[0].clauses.back()).projection;
  std::vector<std::string> names;
  names.reserve(projection.items.size());
  for (const ProjectionItem& item : projection.items) names.push_back(item.name);
  EXPECT_EQ(names, (std::vector<std::string>{"n . name", "(n.age) + 1", "count( * )", "n", "y"}));
  EXPECT_EQ(parsed->TextOf(projection.items[1].expr->span), "(n.age) + 1");
}

TEST(StatementTest, PatternsKeepTheirParts) {
  const auto parsed = Parse(
      "OPTIONAL MATCH p = shortestPath((a:A {id: 1})<-[r:T|U*2..5 {w: 1}]-(b WHERE b.x > 1)), (c)"
      " WHERE (a)-->(c) RETURN *");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const auto& match = As<MatchClause>(*parsed->query->parts[0].clauses[0]);
  EXPECT_TRUE(match.optional);
  ASSERT_EQ(match.pattern.size(), 2u);
  const PathPattern& path = match.pattern[0];
  EXPECT_EQ(path.variable.value_or(Name{}).text, "p");
  EXPECT_EQ(path.mode, PathMode::kShortest);
  EXPECT_EQ(path.links[0].direction, Direction::kLeft);
  const HopRange hops = path.links[0].hops.value_or(HopRange{});
  EXPECT_EQ(hops.min, 2);
  EXPECT_EQ(hops.max, 5);
  EXPECT_EQ(ShowLabels(*path.links[0].types), "(| T U)");
  EXPECT_EQ(Show(*path.nodes[1].where), "(b.x > 1)");
  EXPECT_EQ(match.where->kind, ExprKind::kPattern);
}

TEST(StatementTest, EveryClauseParses) {
  for (const std::string_view text :
       {"EXPLAIN MATCH (n) RETURN n;",
        "PROFILE UNWIND [1,2] AS x WITH x ORDER BY x DESC SKIP 1 LIMIT $n WHERE x > 1 RETURN x",
        "MERGE (a:A {k: 1})-[r:R]-(b) ON CREATE SET a.x = 1, a:New ON MATCH SET a += {y: 2}",
        "MATCH (n) SET n = {a: 1}, (n).b = 2 REMOVE n.a, n:L:M DETACH DELETE n",
        "FOREACH (x IN [1, 2] | CREATE (:N {x: x}) FOREACH (y IN [x] | CREATE (:M)))",
        "CALL db.labels() YIELD label AS l WHERE l <> 'x' RETURN l", "CALL db.labels",
        "CALL db.labels() YIELD *",
        "MATCH (n) CALL (n) { MATCH (n)-->(m) RETURN m UNION RETURN n AS m } RETURN m",
        "MATCH (n) WHERE EXISTS { (n)-->(m) WHERE m.x } AND COUNT { MATCH (n)--() } > 1 RETURN n",
        "RETURN COLLECT { MATCH (n) RETURN n.x }, n {.a, .*, b, c: 1}",
        "RETURN reduce(s = 0, x IN l | s + x)",
        "RETURN CASE x WHEN 1 THEN 'a' ELSE 'b' END, any(x IN l WHERE x), [x IN l WHERE x | x + 1]",
        "CREATE INDEX person_name IF NOT EXISTS FOR (n:Person) ON (n.name, n.id)",
        "CREATE CONSTRAINT FOR (n:Person) REQUIRE n.id IS UNIQUE", "DROP INDEX a IF EXISTS",
        "SHOW INDEXES", "MATCH (`a b`:`c d`) RETURN `a b`.`e``f` AS `g h`"}) {
    EXPECT_EQ(ErrorOf(text), "ok") << text << "\n" << Parse(text).status();
  }
}

// The words of a text; those in capitals alone, where asked for. In lower case.
void AddWords(std::string_view text, bool capitals_only, std::set<std::string>* out) {
  std::string word;
  bool capitals = true;
  const auto end = [&] {
    if (word.size() > 1 && (capitals || !capitals_only)) out->insert(word);
    word.clear();
    capitals = true;
  };
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (!upper && !(c >= 'a' && c <= 'z') && c != '_') {
      end();
      continue;
    }
    capitals = capitals && (upper || c == '_');
    word += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  end();
}

TEST(FormsTest, SpeakOfEveryWordAndSignThatTheParserKnows) {
  std::set<std::string> spoken, meant;
  std::string all;
  for (const FormGroup& group : AllForms()) {
    for (const Form& form : group.forms) {
      for (const std::string_view text : {form.name, form.syntax}) {
        AddWords(text, false, &spoken);
        AddWords(text, true, &meant);
      }
      AddWords(form.text, true, &spoken);
      for (const std::string_view text : {form.syntax, form.text}) all += std::string(text);
    }
  }
  std::set<std::string_view> known(kContextWords.begin(), kContextWords.end());
  for (const std::string_view word : KeywordWords()) known.insert(word);
  for (const std::string_view word : known) {
    EXPECT_TRUE(spoken.contains(std::string(word))) << "no form speaks of " << word;
  }
  for (const std::string& word : meant) {
    EXPECT_TRUE(known.contains(word)) << "the parser does not know " << word;
  }
  for (const std::string_view sign : SymbolTexts()) {
    EXPECT_NE(all.find(sign), std::string::npos) << "no form speaks of " << sign;
  }
}

TEST(FormsTest, AreFoundByNameBeforeMention) {
  std::set<std::string_view> names;
  for (const FormGroup& group : AllForms()) {
    for (const Form& form : group.forms) {
      EXPECT_TRUE(names.insert(form.name).second) << form.name;
      EXPECT_FALSE(form.text.empty()) << form.name;
      EXPECT_FALSE(form.example.empty()) << form.name;
      ASSERT_FALSE(FindForms(form.name).empty()) << form.name;
      EXPECT_EQ(FindForms(form.name)[0]->name, form.name);
    }
  }
  EXPECT_EQ(FindForms("match")[0]->name, "MATCH");
  EXPECT_EQ(FindForms("offset")[0]->name, "RETURN");  // where it is only mentioned
  EXPECT_TRUE(FindForms("elephant").empty());
  EXPECT_TRUE(FindForms("").empty());
}

}  // namespace
}  // namespace skein::syntax
