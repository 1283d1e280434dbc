#include "query/syntax/lexer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/charconv.h"
#include "storage/base/status.h"

namespace skein::syntax {
namespace {

struct KeywordEntry {
  std::string_view word;  // lower case
  Keyword keyword;
};

// Sorted by word.
constexpr std::array kKeywords = std::to_array<KeywordEntry>({
    {"all", Keyword::kAll},
    {"allshortestpaths", Keyword::kAllShortestPaths},
    {"and", Keyword::kAnd},
    {"any", Keyword::kAny},
    {"as", Keyword::kAs},
    {"asc", Keyword::kAsc},
    {"ascending", Keyword::kAscending},
    {"by", Keyword::kBy},
    {"call", Keyword::kCall},
    {"case", Keyword::kCase},
    {"collect", Keyword::kCollect},
    {"constraint", Keyword::kConstraint},
    {"constraints", Keyword::kConstraints},
    {"contains", Keyword::kContains},
    {"count", Keyword::kCount},
    {"create", Keyword::kCreate},
    {"delete", Keyword::kDelete},
    {"desc", Keyword::kDesc},
    {"descending", Keyword::kDescending},
    {"detach", Keyword::kDetach},
    {"distinct", Keyword::kDistinct},
    {"drop", Keyword::kDrop},
    {"else", Keyword::kElse},
    {"end", Keyword::kEnd},
    {"ends", Keyword::kEnds},
    {"exists", Keyword::kExists},
    {"explain", Keyword::kExplain},
    {"false", Keyword::kFalse},
    {"for", Keyword::kFor},
    {"foreach", Keyword::kForeach},
    {"if", Keyword::kIf},
    {"in", Keyword::kIn},
    {"index", Keyword::kIndex},
    {"indexes", Keyword::kIndexes},
    {"is", Keyword::kIs},
    {"limit", Keyword::kLimit},
    {"match", Keyword::kMatch},
    {"merge", Keyword::kMerge},
    {"none", Keyword::kNone},
    {"not", Keyword::kNot},
    {"null", Keyword::kNull},
    {"offset", Keyword::kOffset},
    {"on", Keyword::kOn},
    {"optional", Keyword::kOptional},
    {"or", Keyword::kOr},
    {"order", Keyword::kOrder},
    {"profile", Keyword::kProfile},
    {"reduce", Keyword::kReduce},
    {"remove", Keyword::kRemove},
    {"require", Keyword::kRequire},
    {"return", Keyword::kReturn},
    {"set", Keyword::kSet},
    {"shortestpath", Keyword::kShortestPath},
    {"show", Keyword::kShow},
    {"single", Keyword::kSingle},
    {"skip", Keyword::kSkip},
    {"starts", Keyword::kStarts},
    {"then", Keyword::kThen},
    {"true", Keyword::kTrue},
    {"union", Keyword::kUnion},
    {"unique", Keyword::kUnique},
    {"unwind", Keyword::kUnwind},
    {"when", Keyword::kWhen},
    {"where", Keyword::kWhere},
    {"with", Keyword::kWith},
    {"xor", Keyword::kXor},
    {"yield", Keyword::kYield},
});
constexpr size_t kKeywordLengthMax = 16;

struct SymbolEntry {
  std::string_view text;
  TokenKind kind;
};

// The longer ones first: `..` before `.`.
constexpr std::array kSymbols = std::to_array<SymbolEntry>({
    {"..", TokenKind::kDotDot},     {"||", TokenKind::kBarBar},       {"+=", TokenKind::kPlusEqual},
    {"=~", TokenKind::kMatches},    {"<>", TokenKind::kNotEqual},     {"!=", TokenKind::kNotEqual},
    {"<=", TokenKind::kLessEqual},  {">=", TokenKind::kGreaterEqual}, {",", TokenKind::kComma},
    {".", TokenKind::kDot},         {":", TokenKind::kColon},         {";", TokenKind::kSemicolon},
    {"-", TokenKind::kMinus},       {"+", TokenKind::kPlus},          {"=", TokenKind::kEqual},
    {"<", TokenKind::kLess},        {">", TokenKind::kGreater},       {"*", TokenKind::kStar},
    {"/", TokenKind::kSlash},       {"%", TokenKind::kPercent},       {"^", TokenKind::kCaret},
    {"|", TokenKind::kBar},         {"$", TokenKind::kDollar},        {"&", TokenKind::kAmpersand},
    {"!", TokenKind::kExclamation},
});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
uint32_t HexValue(char c) {
  return static_cast<uint32_t>(IsDigit(c) ? c - '0' : ToLower(c) - 'a' + 10);
}

Keyword KeywordOf(std::string_view word) {
  if (word.size() > kKeywordLengthMax) return Keyword::kNoKeyword;
  std::array<char, kKeywordLengthMax> lower{};
  std::transform(word.begin(), word.end(), lower.begin(), ToLower);
  const std::string_view key(lower.data(), word.size());
  const auto at = std::lower_bound(
      kKeywords.begin(), kKeywords.end(), key,
      [](const KeywordEntry& entry, std::string_view wanted) { return entry.word < wanted; });
  return at != kKeywords.end() && at->word == key ? at->keyword : Keyword::kNoKeyword;
}

// UAX #31 identifiers as openCypher takes them: also a leading connector such as `_`, and currency
// signs within.
bool IsNameStart(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_ID_START) != 0 || u_charType(c) == U_CONNECTOR_PUNCTUATION;
}
bool IsNamePart(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_ID_CONTINUE) != 0 || u_charType(c) == U_CURRENCY_SYMBOL;
}

// What a backslash and this character stand for; 0: no escape.
char SimpleEscape(char c) {
  switch (c) {
    case '\\':
    case '\'':
    case '"':
    case '`':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

void AppendUtf8(uint32_t c, std::string* out) {
  std::array<uint8_t, 4> buffer{};
  int32_t length = 0;
  U8_APPEND_UNSAFE(buffer.data(), length, c);
  out->append(reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(length));
}

// \uXXXX or \UXXXXXXXX at text[at] == '\\'; nullopt if its digits are not there.
struct UnicodeEscape {
  uint32_t value = 0;
  size_t length = 0;
};
std::optional<UnicodeEscape> ReadUnicodeEscape(std::string_view text, size_t at) {
  const size_t digits = text[at + 1] == 'u' ? 4 : 8;
  if (at + 2 + digits > text.size()) return std::nullopt;
  UnicodeEscape escape{0, 2 + digits};
  for (size_t i = at + 2; i < at + 2 + digits; ++i) {
    if (!IsHexDigit(text[i])) return std::nullopt;
    escape.value = escape.value << 4 | HexValue(text[i]);
  }
  return escape;
}

// As above, but a surrogate pair of two \u escapes is one code point; nullopt also of a lone
// surrogate and of what lies beyond Unicode.
std::optional<UnicodeEscape> ReadCodePointEscape(std::string_view text, size_t at) {
  std::optional<UnicodeEscape> first = ReadUnicodeEscape(text, at);
  if (!first.has_value() || first->value > 0x10ffff) return std::nullopt;
  if (!U_IS_SURROGATE(first->value)) return first;
  const size_t next = at + first->length;
  if (!U16_IS_SURROGATE_LEAD(first->value) || next + 1 >= text.size() || text[next] != '\\' ||
      text[next + 1] != 'u') {
    return std::nullopt;
  }
  const std::optional<UnicodeEscape> second = ReadUnicodeEscape(text, next);
  if (!second.has_value() || !U16_IS_TRAIL(second->value)) return std::nullopt;
  return UnicodeEscape{static_cast<uint32_t>(U16_GET_SUPPLEMENTARY(first->value, second->value)),
                       first->length + second->length};
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    tokens_.reserve(text_.size() / 4 + 2);
    for (;;) {
      SKEIN_RETURN_IF_ERROR(SkipBlanks());
      if (at_ == text_.size()) break;
      SKEIN_RETURN_IF_ERROR(Next());
    }
    Add(TokenKind::kEnd, 0);
    return std::move(tokens_);
  }

 private:
  char Peek(size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  // Keeps the line and the column of at_; every other move goes through Add().
  void AdvanceTo(size_t to) {
    for (; at_ < to; ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(text_[at_]) & 0xc0) != 0x80) {
        ++column_;
      }
    }
  }

  absl::Status Fail(ErrorDetail detail, size_t at, std::string_view message) const {
    return MakeQueryError(ErrorClass::kSyntaxError, detail, message, PositionAt(text_, at));
  }

  // Adds the token that starts at at_ and moves past it.
  void Add(TokenKind kind, size_t length) {
    Token token;
    token.kind = kind;
    token.begin = static_cast<uint32_t>(at_);
    token.end = static_cast<uint32_t>(at_ + length);
    token.line = line_;
    token.column = column_;
    if (kind == TokenKind::kWord) token.keyword = KeywordOf(text_.substr(at_, length));
    tokens_.push_back(token);
    AdvanceTo(at_ + length);
  }

  absl::Status SkipBlanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '/' && Peek(1) == '/') {
        AdvanceTo(std::min(text_.find('\n', at_), text_.size()));
      } else if (c == '/' && Peek(1) == '*') {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          return Fail(ErrorDetail::kUnexpectedSyntax, at_, "the comment is not closed");
        }
        AdvanceTo(end + 2);
      } else if (static_cast<unsigned char>(c) < 0x80) {
        if (u_isUWhiteSpace(c) == 0 && !(c >= 0x1c && c <= 0x1f)) return absl::OkStatus();
        AdvanceTo(at_ + 1);
      } else {
        size_t length = 0;
        SKEIN_ASSIGN_OR_RETURN(const UChar32 point, CodePointAt(at_, &length));
        // The byte order mark is blank at the start, as editors leave it there.
        if (u_isUWhiteSpace(point) == 0 && !(point == 0xfeff && at_ == 0)) return absl::OkStatus();
        AdvanceTo(at_ + length);
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<UChar32> CodePointAt(size_t at, size_t* length) const {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text_.data());
    int64_t next = static_cast<int64_t>(at);
    UChar32 point = 0;
    U8_NEXT(bytes, next, static_cast<int64_t>(text_.size()), point);
    if (point < 0) {
      return Fail(ErrorDetail::kInvalidUnicodeCharacter, at,
                  internal::Join("byte ", at, " is not UTF-8"));
    }
    *length = static_cast<size_t>(next) - at;
    return point;
  }

  absl::Status Next() {
    const char c = text_[at_];
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (c == '\'' || c == '"') return Quoted(c, TokenKind::kString);
    if (c == '`') return Quoted(c, TokenKind::kQuotedName);
    if (Symbol(c)) return absl::OkStatus();
    return Word();
  }

  // Operators and brackets; false: none starts here.
  bool Symbol(char c) {
    switch (c) {
      case '(':
        Open(TokenKind::kOpenParen);
        return true;
      case '[':
        Open(TokenKind::kOpenBracket);
        return true;
      case '{':
        Open(TokenKind::kOpenBrace);
        return true;
      case ')':
        Close(TokenKind::kCloseParen, TokenKind::kOpenParen);
        return true;
      case ']':
        Close(TokenKind::kCloseBracket, TokenKind::kOpenBracket);
        return true;
      case '}':
        Close(TokenKind::kCloseBrace, TokenKind::kOpenBrace);
        return true;
      default:
        break;
    }
    for (const auto& [text, kind] : kSymbols) {
      if (text_.substr(at_, text.size()) == text) {
        Add(kind, text.size());
        return true;
      }
    }
    return false;
  }

  void Open(TokenKind kind) {
    open_.push_back(static_cast<uint32_t>(tokens_.size()));
    Add(kind, 1);
  }

  // A bracket that closes another kind than the last opened one has no partner; the parser reports
  // it where it stumbles over it.
  void Close(TokenKind kind, TokenKind opening) {
    if (!open_.empty() && tokens_[open_.back()].kind == opening) {
      const uint32_t partner = open_.back();
      open_.pop_back();
      tokens_[partner].partner = static_cast<uint32_t>(tokens_.size());
      Add(kind, 1);
      tokens_.back().partner = partner;
      return;
    }
    Add(kind, 1);
  }

  absl::Status Word() {
    size_t end = at_;
    size_t length = 0;
    while (end < text_.size()) {
      SKEIN_ASSIGN_OR_RETURN(const UChar32 point, CodePointAt(end, &length));
      if (end == at_ ? !IsNameStart(point) : !IsNamePart(point)) break;
      end += length;
    }
    if (end > at_) {
      Add(TokenKind::kWord, end - at_);
      return absl::OkStatus();
    }
    const std::string_view shown = text_.substr(at_, length);
    if (static_cast<unsigned char>(text_[at_]) < 0x80) {
      const bool printable = text_[at_] >= 0x20 && text_[at_] != 0x7f;
      return Fail(ErrorDetail::kUnexpectedSyntax, at_,
                  printable ? internal::Join("no token starts with '", shown, "'")
                            : internal::Join("control character ", static_cast<int>(text_[at_])));
    }
    return Fail(ErrorDetail::kInvalidUnicodeCharacter, at_,
                internal::Join("'", shown, "' may stand only in strings, comments and backticks"));
  }

  // Strings and backticked names: checks escapes and UTF-8, keeps the text as it is.
  absl::Status Quoted(char quote, TokenKind kind) {
    const bool is_name = quote == '`';
    for (size_t i = at_ + 1; i < text_.size();) {
      if (text_[i] == quote) {
        if (is_name && i + 1 < text_.size() && text_[i + 1] == '`') {  // `` is one backtick
          i += 2;
          continue;
        }
        Add(kind, i + 1 - at_);
        return absl::OkStatus();
      }
      size_t length = 1;
      if (text_[i] == '\\' && !is_name) {
        SKEIN_RETURN_IF_ERROR(CheckEscape(i, &length));
      } else {
        SKEIN_RETURN_IF_ERROR(CodePointAt(i, &length).status());
      }
      i += length;
    }
    return Fail(ErrorDetail::kUnexpectedSyntax, at_,
                is_name ? "the name is not closed by a backtick" : "the string is not closed");
  }

  absl::Status CheckEscape(size_t at, size_t* length) const {
    const char c = at + 1 < text_.size() ? text_[at + 1] : '\0';
    if (c == 'u' || c == 'U') {
      const std::optional<UnicodeEscape> escape = ReadCodePointEscape(text_, at);
      if (!escape.has_value()) {
        return Fail(ErrorDetail::kInvalidUnicodeLiteral, at,
                    internal::Join("'", text_.substr(at, c == 'u' ? 6 : 10),
                                   "' is not a Unicode character"));
      }
      *length = escape->length;
      return absl::OkStatus();
    }
    if (SimpleEscape(c) == 0) {
      return Fail(ErrorDetail::kUnexpectedSyntax, at,
                  "a backslash stands before one of \\ ' \" ` / b f n r t u U");
    }
    *length = 2;
    return absl::OkStatus();
  }

  absl::Status Number() {
    size_t end = at_;
    TokenKind kind = TokenKind::kInteger;
    const char base = ToLower(Peek(1));
    const auto digits = [this, &end] {
      while (end < text_.size() && IsDigit(text_[end])) ++end;
    };
    if (Peek(0) == '0' && (base == 'x' || base == 'o')) {
      end += 2;
      while (end < text_.size() &&
             (base == 'x' ? IsHexDigit(text_[end]) : text_[end] >= '0' && text_[end] <= '7')) {
        ++end;
      }
      if (end == at_ + 2) return BadNumber(end);
    } else {
      digits();
      if (end + 1 < text_.size() && text_[end] == '.' && IsDigit(text_[end + 1])) {
        kind = TokenKind::kFloat;
        ++end;
        digits();
      }
      if (end < text_.size() && ToLower(text_[end]) == 'e') {
        kind = TokenKind::kFloat;
        ++end;
        if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
        if (end == text_.size() || !IsDigit(text_[end])) return BadNumber(end);
        digits();
      }
    }
    if (end < text_.size()) {
      size_t length = 0;
      SKEIN_ASSIGN_OR_RETURN(const UChar32 next, CodePointAt(end, &length));
      if (IsNamePart(next)) return BadNumber(end);
    }
    Add(kind, end - at_);
    return CheckRange(tokens_.back());
  }

  // A number that goes on as a word, such as 12h3, is one token: whether a number was wanted here
  // at all, the parser knows.
  absl::Status BadNumber(size_t end) {
    while (end < text_.size()) {
      size_t length = 0;
      SKEIN_ASSIGN_OR_RETURN(const UChar32 next, CodePointAt(end, &length));
      if (!IsNamePart(next)) break;
      end += length;
    }
    Add(TokenKind::kBadNumber, end - at_);
    return absl::OkStatus();
  }

  absl::Status CheckRange(const Token& token) const {
    const std::string_view shown =
        text_.substr(token.begin, std::min(token.end - token.begin, 40u));
    if (token.kind == TokenKind::kFloat) {
      if (std::isfinite(FloatOf(token, text_))) return absl::OkStatus();
      return Fail(ErrorDetail::kFloatingPointOverflow, token.begin,
                  internal::Join(shown, " does not fit a 64-bit float"));
    }
    if (MagnitudeOf(token, text_) <= uint64_t{1} << 63) return absl::OkStatus();
    return Fail(ErrorDetail::kIntegerOverflow, token.begin,
                internal::Join(shown, " does not fit a 64-bit integer"));
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  uint32_t column_ = 1;
  std::vector<Token> tokens_;
  std::vector<uint32_t> open_;  // brackets still open
};

}  // namespace

absl::StatusOr<std::vector<Token>> Lex(std::string_view text) { return Lexer(text).Run(); }

std::vector<std::string_view> KeywordWords() {
  std::vector<std::string_view> words;
  for (const KeywordEntry& entry : kKeywords) words.push_back(entry.word);
  return words;
}

std::vector<std::string_view> SymbolTexts() {
  std::vector<std::string_view> texts;
  for (const SymbolEntry& entry : kSymbols) texts.push_back(entry.text);
  return texts;
}

std::string NameOf(const Token& token, std::string_view text) {
  const std::string_view raw = text.substr(token.begin, token.end - token.begin);
  if (token.kind == TokenKind::kWord) return std::string(raw);
  SKEIN_CHECK(token.kind == TokenKind::kQuotedName);
  std::string name;
  for (size_t i = 1; i + 1 < raw.size(); ++i) {
    name += raw[i];
    if (raw[i] == '`') ++i;  // doubled
  }
  return name;
}

std::string StringOf(const Token& token, std::string_view text) {
  SKEIN_CHECK(token.kind == TokenKind::kString);
  const std::string_view raw = text.substr(token.begin, token.end - token.begin);
  std::string out;
  out.reserve(raw.size());
  for (size_t i = 1; i + 1 < raw.size();) {
    if (raw[i] != '\\') {
      out += raw[i++];
    } else if (raw[i + 1] == 'u' || raw[i + 1] == 'U') {
      // Lex() let only good escapes through.
      const UnicodeEscape escape = ReadCodePointEscape(raw, i).value_or(UnicodeEscape{0xfffd, 2});
      AppendUtf8(escape.value, &out);
      i += escape.length;
    } else {
      out += SimpleEscape(raw[i + 1]);
      i += 2;
    }
  }
  return out;
}

uint64_t MagnitudeOf(const Token& token, std::string_view text) {
  SKEIN_CHECK(token.kind == TokenKind::kInteger);
  std::string_view digits = text.substr(token.begin, token.end - token.begin);
  uint64_t base = 10;
  if (digits.size() > 2 && (ToLower(digits[1]) == 'x' || ToLower(digits[1]) == 'o')) {
    base = ToLower(digits[1]) == 'x' ? 16 : 8;
    digits.remove_prefix(2);
  }
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  uint64_t magnitude = 0;
  for (const char c : digits) {
    const uint64_t digit = HexValue(c);
    if (magnitude > (kMax - digit) / base) return kMax;  // saturates: out of range anyway
    magnitude = magnitude * base + digit;
  }
  return magnitude;
}

double FloatOf(const Token& token, std::string_view text) {
  SKEIN_CHECK(token.kind == TokenKind::kFloat);
  double value = 0;
  // Overflow gives infinity, underflow zero; std::from_chars does not tell them apart.
  const auto result = absl::from_chars(text.data() + token.begin, text.data() + token.end, value);
  return result.ec == std::errc::result_out_of_range && value > 1
             ? std::numeric_limits<double>::infinity()
             : value;
}

}  // namespace skein::syntax
