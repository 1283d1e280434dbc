// Text search: how a value becomes tokens, a query becomes probes, and a match a score.
//
// What is found  A value whose beginning, compacted (case, width, spaces and punctuation folded,
//                traditional characters as simplified), is the query; or which has words that begin
//                with each of the query's words; or contains its Chinese characters in a row; or
//                whose pinyin, or pinyin initials, begin with it. Digits: from the start of a
//                number. So "沪a12", "12345", "zhangwei", "zw", "伟", "Zhang W" find what one
//                hopes.
// What is not    Readings of a character beyond the one that ICU gives in context (曾 is "ceng",
//                not "zeng"), and misspellings.
// Shape          Tokens are normalised UTF-8 without NUL, ≤ 64 bytes each. Of a value the first
//                256 characters count, of Chinese text the first 16 for pinyin.
// Threads        Safe from any thread. The first Chinese text loads ICU's tables (~50 ms).
// Source         Unicode NFKC_Casefold (UAX 31); ICU Han-Latin; docs/formats/text.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/base/value.h"

namespace skein {

struct TextToken {
  char kind;  // 'c' whole value compacted, 'w' word or characters, 'p' pinyin
  std::string text;
  bool exact = false;  // of a query: the token must be this, not only begin with it
  bool operator==(const TextToken&) const = default;
};

// What of a property is searched: strings, integers of five digits or more, lists of strings.
// Empty: nothing.
std::vector<std::string> SearchableTexts(const Value& value);

// A text folded: what equality, prefix and score look at.
struct FoldedText {
  std::string compact;             // letters, digits and Chinese characters only
  std::vector<std::string> words;  // runs of letters and digits, and of Chinese characters
  std::string pinyin, initials;    // of all its Chinese characters; empty: none
};
FoldedText FoldText(std::string_view text);

// Tokens under which a value is entered, without repetition.
std::vector<TextToken> IndexTokens(const FoldedText& folded);

class TextQuery {
 public:
  explicit TextQuery(std::string_view text);

  // Nothing to search for: only spaces and punctuation.
  bool empty() const { return folded_.compact.empty(); }
  // Groups of probes: a value that matches is under some probe of some group's tokens. Within a
  // group all tokens must match, so the rarest one suffices for candidates.
  const std::vector<std::vector<TextToken>>& groups() const { return groups_; }
  // 0: no match; else higher is better, exact whole values first.
  double Score(const FoldedText& value) const;

 private:
  FoldedText folded_;
  std::vector<std::vector<TextToken>> groups_;
};

}  // namespace skein
