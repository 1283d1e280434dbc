#include "query/engine/reference.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "query/functions/function.h"
#include "query/procedures/procedure.h"

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

}  // namespace

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
