#include "server/main/query.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "query/engine/engine.h"
#include "query/engine/literal.h"
#include "query/syntax/error.h"
#include "server/main/local_store.h"
#include "server/main/query_source.h"
#include "server/main/result_writer.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kTextBytesMax = size_t{16} << 20;

struct Flags {
  SourceFlags source;
  std::string text;
  std::string format = "table";
  std::vector<std::string> parameters;
  double timeout_s = 600;
};

// "-" stands for standard input.
absl::StatusOr<std::string> ReadText(const std::string& given) {
  if (given != "-") return given;
  std::string text;
  char buffer[1 << 16];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, stdin)) {
    text.append(buffer, n);
    if (text.size() > kTextBytesMax) {
      return InvalidArgument("the query is longer than ", kTextBytesMax, " bytes");
    }
  }
  return text;
}

absl::Status Run(const Flags& flags, const std::string& text) {
  ValueMap parameters;
  for (const std::string& given : flags.parameters) {
    SKEIN_ASSIGN_OR_RETURN(auto parameter, ParseParameter(given));
    parameters.push_back(std::move(parameter));
  }
  SKEIN_ASSIGN_OR_RETURN(auto writer, ResultWriter::Make(flags.format, stdout));
  SKEIN_ASSIGN_OR_RETURN(const auto source, QuerySource::Open(flags.source));
  SKEIN_RETURN_IF_ERROR(source->Log("query", text, parameters));
  SKEIN_ASSIGN_OR_RETURN(auto connection, source->Connect());
  SKEIN_ASSIGN_OR_RETURN(auto cursor, connection->Run(text, parameters));
  SKEIN_RETURN_IF_ERROR(WriteAll(*cursor, *writer));
  const QuerySummary& summary = cursor->summary();
  if (!summary.plan.empty()) std::fprintf(stdout, "%s\n", summary.plan.c_str());
  for (const Notice& notice : summary.notices) {
    std::fprintf(stderr, "skein query: note: %s (line %u, column %u)\n", notice.text.c_str(),
                 notice.line, notice.column);
  }
  if (!summary.partial.empty()) {
    std::fprintf(stderr, "skein query: partial answer: %s\n", summary.partial.c_str());
  }
  return absl::OkStatus();
}

int RunQuery(const Flags& flags) {
  absl::StatusOr<std::string> text = ReadText(flags.text);
  if (!text.ok()) return Report("query", text.status());
  const absl::Status status = Run(flags, *text);
  const std::optional<QueryError> error = QueryErrorOf(status);
  if (!error) return Report("query", status);
  std::fprintf(stderr, "%s\n", RenderError(*error, *text).c_str());
  return 1;
}

}  // namespace

absl::StatusOr<std::pair<std::string, Value>> ParseParameter(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return InvalidArgument("--param '", text, "' is not name=value");
  }
  const std::string_view given = text.substr(equals + 1);
  absl::StatusOr<Value> value = ParseLiteral(given);
  return std::pair(std::string(text.substr(0, equals)),
                   value.ok() ? *std::move(value) : Value::String(std::string(given)));
}

void AddQueryCommand(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "query", "Run one query: on a store that no process holds, or at a server");
  flags->source.AddTo(*command);
  command->add_option("--format", flags->format, "table, csv, json or jsonl")
      ->capture_default_str();
  command
      ->add_option("--param", flags->parameters,
                   "name=value, repeatable; the value is a literal of the language, else a string")
      ->allow_extra_args(false);
  command->add_option("--timeout", flags->timeout_s, "Seconds the query may take")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("query", flags->text, "The query's text; - reads it from standard input")
      ->required();
  command->callback([flags, exit_code] {
    flags->source.time = absl::Seconds(flags->timeout_s);
    *exit_code = RunQuery(*flags);
  });
}

}  // namespace skein
