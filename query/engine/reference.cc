#include "query/engine/reference.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "query/functions/function.h"
#include "query/procedures/procedure.h"
#include "query/syntax/forms.h"
#include "query/syntax/lexer.h"
#include "query/syntax/words.h"

namespace skein {
namespace {

// A cell of a table: what would end it or the line is escaped.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string Code(std::string_view text) { return absl::StrCat("`", Cell(text), "`"); }

// name(TYPE, [TYPE], TYPE…) :: TYPE; brackets: may be left out.
std::string SignatureOf(const functions::FunctionDef& def) {
  std::string out = absl::StrCat(std::string(def.name), "(");
  for (size_t i = 0; i < def.args.size(); ++i) {
    if (i > 0) out += ", ";
    const std::string type = functions::TypeName(def.args[i]);
    const bool repeats = def.variadic && i + 1 == def.args.size();
    out += i < def.args_min() ? type : absl::StrCat("[", type, "]");
    if (repeats) out += "…";
  }
  return absl::StrCat(out, ") :: ", functions::TypeName(def.returns));
}

std::string RowOf(const functions::FunctionDef& def) {
  std::string doc = Cell(def.doc);
  for (const std::string_view alias : def.aliases)
    absl::StrAppend(&doc, " Also ", Code(alias), ".");
  std::string example;
  if (!def.example.query.empty()) example = Code(def.example.query);
  if (!def.example.result.empty()) absl::StrAppend(&example, " → ", Code(def.example.result));
  return absl::StrCat("| ", Code(SignatureOf(def)), " | ", doc, " | ", example, " |\n");
}

std::string RowOf(const syntax::Form& form) {
  std::string example = Code(form.example);
  if (!form.result.empty()) absl::StrAppend(&example, " → ", Code(form.result));
  return absl::StrCat("| ", Code(form.syntax), form.extension ? "°" : "", " | ", Cell(form.text),
                      " | ", example, " |\n");
}

// Markdown without its signs.
std::string Plain(std::string_view text) {
  return absl::StrReplaceAll(std::string(text),
                             {{"`", ""}, {"(functions.md)", ""}, {"(procedures.md)", ""}});
}

std::string HelpOf(const syntax::Form& form) {
  return absl::StrCat(std::string(form.syntax), form.extension ? "°" : "", "\n    ",
                      Plain(form.text), "\n    ", std::string(form.example),
                      form.result.empty() ? "" : " → ", std::string(form.result), "\n");
}

std::string HelpOf(const functions::FunctionDef& def) {
  return absl::StrCat(SignatureOf(def), "\n    ", Plain(def.doc), "\n    ",
                      std::string(def.example.query), def.example.result.empty() ? "" : " → ",
                      std::string(def.example.result), "\n");
}

std::string HelpOf(const procedures::ProcedureDef& def) {
  return absl::StrCat(procedures::Signature(def), "\n    ", Plain(def.doc), "\n    ",
                      std::string(def.example), "\n");
}

}  // namespace

std::string LanguageReference() {
  std::string out =
      "# The query language\n\n"
      "openCypher 9 with extensions of ISO GQL and of Skein's own. [Functions](functions.md) and "
      "[procedures](procedures.md) have pages of their own;\ndifferences from Neo4j are in "
      "[coming from Neo4j](../guides/coming-from-neo4j.md); a gentle start is the "
      "[tutorial](../guides/tutorial.md).\nWhat is marked ° is an extension. Written by `skein "
      "reference language` from the engine's own table; every example runs as a test, on the "
      "people of\n[tests/cases/graphs](../../tests/cases/graphs/people.cypher): after the arrow "
      "are its rows, with `;` between them.\n";
  for (const syntax::FormGroup& group : syntax::AllForms()) {
    absl::StrAppend(&out, "\n## ", std::string(group.title), "\n");
    if (!group.before.empty()) absl::StrAppend(&out, "\n", std::string(group.before));
    if (!group.forms.empty()) {
      absl::StrAppend(&out, "\n| form | what it does | example |\n| --- | --- | --- |\n");
      for (const syntax::Form& form : group.forms) out += RowOf(form);
    }
    if (!group.after.empty()) absl::StrAppend(&out, "\n", std::string(group.after));
  }
  return out;
}

std::string HelpOn(std::string_view words) {
  const std::string wanted = absl::AsciiStrToLower(std::string(words));
  std::vector<std::string> entries;
  for (const auto& def : functions::AllFunctions().all()) {
    bool named = absl::AsciiStrToLower(std::string(def->name)) == wanted;
    for (const std::string_view alias : def->aliases) {
      named |= absl::AsciiStrToLower(std::string(alias)) == wanted;
    }
    if (named) entries.push_back(HelpOf(*def));
  }
  for (const auto& def : procedures::AllProcedures().all()) {
    const std::string name = absl::AsciiStrToLower(std::string(def->name));
    // algo.pageRank by its name, all of algo by its first word.
    if (name == wanted || absl::StartsWith(name, wanted + ".")) entries.push_back(HelpOf(*def));
  }
  for (const syntax::Form* form : syntax::FindForms(words)) entries.push_back(HelpOf(*form));
  std::string out;
  for (size_t i = 0; i < entries.size() && i < kHelpMax; ++i) out += entries[i];
  if (entries.size() > kHelpMax) {
    absl::StrAppend(&out, "… and ", entries.size() - kHelpMax, " more that speak of it\n");
  }
  return out;
}

std::vector<std::string> LanguageWords() {
  std::vector<std::string> words;
  for (const std::string_view word : syntax::KeywordWords()) {
    words.push_back(absl::AsciiStrToUpper(std::string(word)));
  }
  for (const std::string_view word : syntax::kContextWords) {
    words.push_back(absl::AsciiStrToUpper(std::string(word)));
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::string FunctionReference() {
  const functions::FunctionRegistry& registry = functions::AllFunctions();
  std::string out =
      "# Functions\n\n"
      "Written by `skein reference functions` from the engine's own table; every example with a "
      "result "
      "runs as a test. Names are found\nwithout regard to case. An argument in brackets may be "
      "left "
      "out; one with `…` may repeat. A null argument gives null unless the text says otherwise.\n";
  size_t next = 0;
  for (size_t i = 0; i < registry.all().size(); ++i) {
    if (next < registry.groups().size() && registry.groups()[next].second == i) {
      absl::StrAppend(&out, "\n## ", std::string(registry.groups()[next].first),
                      "\n\n| function | what it gives | example |\n| --- | --- | --- |\n");
      ++next;
    }
    out += RowOf(*registry.all()[i]);
  }
  return out;
}

std::string ProcedureReference() {
  std::string out =
      "# Procedures\n\n"
      "Written by `skein reference procedures` from the engine's own table. `CALL name(arguments) "
      "YIELD columns`; an argument with `=` may be left out.\n";
  for (const auto& def : procedures::AllProcedures().all()) {
    absl::StrAppend(&out, "\n## ", std::string(def->name), "\n\n", std::string(def->doc),
                    "\n\n    ", procedures::Signature(*def), "\n");
    if (!def->example.empty())
      absl::StrAppend(&out, "\nExample: `", std::string(def->example), "`\n");
  }
  return out;
}

}  // namespace skein
