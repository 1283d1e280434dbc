// Lexer: query text to tokens.
//
// Shape     All tokens at once, with the index of each bracket's partner, so that the parser looks
//           ahead over a bracketed group in one step. Words are one kind: whether a word is a
//           keyword depends on where it stands, and `Keyword` only says which one it could be.
// Errors    SyntaxError InvalidUnicodeCharacter, InvalidUnicodeLiteral, IntegerOverflow,
//           FloatingPointOverflow, UnexpectedSyntax (a string or comment without its end).
// Cost      Linear; 28 bytes a token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/syntax/error.h"

namespace skein::syntax {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,        // identifier or keyword
  kQuotedName,  // `a name`
  kInteger,     // magnitude ≤ 2^63; only the parser sees a minus sign before it
  kFloat,
  kBadNumber,  // starts as a number and is none: 0x, 12h3
  kString,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kOpenBrace,
  kCloseBrace,
  kComma,
  kSemicolon,
  kColon,
  kDot,
  kDotDot,
  kBar,
  kBarBar,
  kDollar,
  kPlus,
  kPlusEqual,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kCaret,
  kEqual,
  kMatches,   // =~
  kNotEqual,  // <> and !=
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAmpersand,
  kExclamation,
};

// Words with a meaning somewhere in the grammar.
enum class Keyword : uint8_t {
  kNoKeyword,
  kAll,
  kAllShortestPaths,
  kAnd,
  kAny,
  kAs,
  kAsc,
  kAscending,
  kBy,
  kCall,
  kCase,
  kCollect,
  kConstraint,
  kConstraints,
  kContains,
  kCount,
  kCreate,
  kDelete,
  kDesc,
  kDescending,
  kDetach,
  kDistinct,
  kDrop,
  kElse,
  kEnd,
  kEnds,
  kExists,
  kExplain,
  kFalse,
  kFor,
  kForeach,
  kIf,
  kIn,
  kIndex,
  kIndexes,
  kIs,
  kLimit,
  kMatch,
  kMerge,
  kNone,
  kNot,
  kNull,
  kOffset,
  kOn,
  kOptional,
  kOr,
  kOrder,
  kProfile,
  kReduce,
  kRemove,
  kRequire,
  kReturn,
  kSet,
  kShortestPath,
  kShow,
  kSingle,
  kSkip,
  kStarts,
  kThen,
  kTrue,
  kUnion,
  kUnique,
  kUnwind,
  kWhen,
  kWhere,
  kWith,
  kXor,
  kYield,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Keyword keyword = Keyword::kNoKeyword;  // kWord only
  uint32_t begin = 0;                     // byte offsets
  uint32_t end = 0;
  uint32_t line = 1;
  uint32_t column = 1;
  uint32_t partner = 0;  // of brackets: index of the other one; 0: there is none
};

// The last token is kEnd. `text` must be at most 4 GiB.
absl::StatusOr<std::vector<Token>> Lex(std::string_view text);

// All that Keyword has, in lower case, and all signs of more or less than a bracket: what the
// language page must speak of.
std::vector<std::string_view> KeywordWords();
std::vector<std::string_view> SymbolTexts();

// What the token stands for; the token's kind must match. All were checked by Lex().
std::string NameOf(const Token& token, std::string_view text);    // kWord, kQuotedName
std::string StringOf(const Token& token, std::string_view text);  // escapes resolved
uint64_t MagnitudeOf(const Token& token, std::string_view text);  // kInteger
double FloatOf(const Token& token, std::string_view text);

}  // namespace skein::syntax
