// Words that mean something in one place of the grammar and are names in all others.
//
// Shape     A table, sorted. What the parser asks for by word alone must be in it: anything else
//           does not compile. Keywords, which the lexer tells apart, are in lexer.cc.
// Use       IsWord("shortest"). A new word: a line here and an entry in forms_*.cc, which the
//           language page is printed from; syntax_test.cc holds the two together.
// Threads   Constants.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace skein::syntax {

inline constexpr std::array kContextWords = std::to_array<std::string_view>({
    "acyclic",       "between",      "constraint", "constraints", "database", "databases",
    "different",     "element",      "elements",   "filter",      "finish",   "function",
    "functions",     "fused",        "group",      "groups",      "index",    "indexes",
    "kill",          "let",          "of",         "path",        "paths",    "point",
    "procedure",     "procedures",   "queries",    "query",       "range",    "relationship",
    "relationships", "repeatable",   "shortest",   "simple",      "text",     "trail",
    "transaction",   "transactions", "valid_time", "walk",
});
static_assert(std::is_sorted(kContextWords.begin(), kContextWords.end()));

// One of them, in lower case.
class ContextWord {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is meant to become one.
  consteval ContextWord(const char* lower) : text_(lower) {
    if (!std::binary_search(kContextWords.begin(), kContextWords.end(), text_)) MissesInTable();
  }
  constexpr std::string_view text() const { return text_; }

 private:
  static void MissesInTable();  // of no constant expression: a word that is missing is an error
  std::string_view text_;
};

}  // namespace skein::syntax
