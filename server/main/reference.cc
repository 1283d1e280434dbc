#include "server/main/reference.h"

#include <cstdio>
#include <string>

#include "query/engine/reference.h"

namespace skein {
namespace {

int Print(const std::string& page) {
  const bool whole = std::fwrite(page.data(), 1, page.size(), stdout) == page.size();
  if (whole && std::fflush(stdout) == 0) return 0;
  std::fputs("skein reference: standard output cannot be written\n", stderr);
  return 1;
}

}  // namespace

void AddReferenceCommand(CLI::App& app, int* exit_code) {
  CLI::App* reference =
      app.add_subcommand("reference", "Print a reference page of the query language (Markdown)");
  reference->require_subcommand(1);
  reference->add_subcommand("language", "Clauses, patterns, operators, with examples")
      ->callback([exit_code] { *exit_code = Print(LanguageReference()); });
  reference->add_subcommand("functions", "All functions, with examples")->callback([exit_code] {
    *exit_code = Print(FunctionReference());
  });
  reference->add_subcommand("procedures", "All procedures that CALL knows")->callback([exit_code] {
    *exit_code = Print(ProcedureReference());
  });
}

}  // namespace skein
