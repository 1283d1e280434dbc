#include "query/syntax/forms.h"

#include <algorithm>
#include <string>

namespace skein::syntax {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool IsLetter(std::string_view text, size_t at) {
  if (at >= text.size()) return false;
  return (text[at] >= 'a' && text[at] <= 'z') || text[at] == '_';
}

// `part` stands in `whole` as words: no letter before or after it, where it begins or ends as one.
bool HasWords(std::string_view whole, std::string_view part) {
  for (size_t at = whole.find(part); at != std::string_view::npos; at = whole.find(part, at + 1)) {
    const bool begins = !IsLetter(part, 0) || at == 0 || !IsLetter(whole, at - 1);
    const bool ends = !IsLetter(part, part.size() - 1) || !IsLetter(whole, at + part.size());
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

const std::vector<FormGroup>& AllForms() {
  static const auto& all = *new std::vector<FormGroup>{
      StatementForms(), ReadingForms(),  PatternForms(), PathForms(),    TimeForms(),
      WritingForms(),   OperatorForms(), OperandForms(), CommandForms(), ErrorForms()};
  return all;
}

std::vector<const Form*> FindForms(std::string_view words) {
  const std::string wanted = Lower(words);
  std::vector<const Form*> named, begun, mentioned;
  if (wanted.empty()) return named;
  for (const FormGroup& group : AllForms()) {
    for (const Form& form : group.forms) {
      const std::string name = Lower(form.name);
      if (name == wanted) {
        named.push_back(&form);
      } else if (HasWords(name, wanted)) {
        begun.push_back(&form);
      } else if (HasWords(Lower(form.syntax), wanted)) {
        mentioned.push_back(&form);
      }
    }
  }
  named.insert(named.end(), begun.begin(), begun.end());
  if (named.empty()) named = std::move(mentioned);
  return named;
}

}  // namespace skein::syntax
