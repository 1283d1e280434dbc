// The forms of the language as data: clauses, commands, patterns, path words, operators, operands.
//
// Shape     Groups in the order of the language page; in each the forms with their syntax, a text
//           and an example, which a test runs on tests/cases/graphs/people.cypher.
// Use       `skein reference language` prints docs/reference/language.md from it, `:help WORD` of
//           the shell shows an entry. forms_*.cc hold the entries, by subject.
// Adding    What the parser learns gets an entry: syntax_test.cc fails for a keyword, a word
//           (words.h) or a sign (lexer.h) that no form speaks of, and for a word of a form that the
//           parser does not know.
// Threads   Constants.
// Source    openCypher 9; ISO/IEC 39075:2024 (GQL) and our own extensions, marked °.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace skein::syntax {

struct Form {
  std::string_view name;     // what :help finds it by; unique but for case
  std::string_view syntax;   // one line; words of the language in capitals, ° after an extension
  std::string_view text;     // Markdown
  std::string_view example;  // statements that run alone, with "; " between them
  // Rows of the last statement: values as literals, with ", " between them, rows with "; ". Empty:
  // what it gives depends on time, or there are no rows.
  std::string_view result = {};
  bool extension = false;  // the whole form; parts of one are marked in its syntax
};

struct FormGroup {
  std::string_view title;
  std::string_view before;  // Markdown before the table of forms
  std::span<const Form> forms;
  std::string_view after;  // and after it
};

const std::vector<FormGroup>& AllForms();

// Forms whose name begins with the word or words, or whose syntax speaks of them; without regard to
// case, those first whose name it is.
std::vector<const Form*> FindForms(std::string_view words);

// One file each.
FormGroup StatementForms();
FormGroup ReadingForms();
FormGroup PatternForms();
FormGroup PathForms();
FormGroup TimeForms();
FormGroup WritingForms();
FormGroup OperatorForms();
FormGroup OperandForms();
FormGroup CommandForms();
FormGroup ErrorForms();

}  // namespace skein::syntax
