// The reference pages of the language, functions and procedures, as the registries have them.
//
// Shape     Markdown: a heading, then tables of signature, sentence and example, by group.
// Order     that of the registries; the same in every run, so that a committed page can be
//           compared.
// Threads   any.
// Source    query/syntax/forms.h, query/functions/function.h, query/procedures/procedure.h; printed
//           by `skein reference` into docs/reference/, where the test cli.reference compares them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skein {

std::string LanguageReference();
std::string FunctionReference();
std::string ProcedureReference();

// Plain text for a terminal: the entries of what is so named, a form of the language, a function or
// a procedure, or of what speaks of the words; at most `kHelpMax` of them. Empty: there is nothing.
inline constexpr size_t kHelpMax = 12;
std::string HelpOn(std::string_view words);

// The words of the language in capitals, for completion; sorted.
std::vector<std::string> LanguageWords();

}  // namespace skein
