#include "server/main/shell.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "query/engine/engine.h"
#include "query/engine/reference.h"
#include "query/syntax/error.h"
#include "server/main/line_editor.h"
#include "server/main/local_store.h"
#include "server/main/query.h"
#include "server/main/query_source.h"
#include "server/main/result_writer.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr std::string_view kHelp =
    R"(A statement ends with a semicolon and may take several lines. Tab completes names.
  :help              this text;  :help WORDS  of a clause, a function, a procedure
  :param             shows the parameters; :param name=value sets one, :param clear forgets all
  :format NAME       table, csv, json or jsonl
  :explain QUERY     the plan, without running it;  :profile QUERY  with what it did
  :schema            labels, link types and property keys
  :timing on|off     time of each statement
  :begin :commit :rollback   an explicit transaction
  :quit              or Ctrl-D
Ctrl-C gives up the running statement or the one being typed.
)";

// What Ctrl-C cancels; set around each statement.
std::atomic<Cursor*> g_running{nullptr};
std::atomic<QuerySource*> g_source{nullptr};

void OnInterrupt(int) {
  if (QuerySource* source = g_source.load(); source != nullptr) source->Interrupt();
  if (Cursor* cursor = g_running.load(); cursor != nullptr) cursor->Cancel();
}

class Shell {
 public:
  explicit Shell(QuerySource& source) : source_(source) {}

  absl::Status Start() {
    SKEIN_ASSIGN_OR_RETURN(connection_, source_.Connect());
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before any thread
    // What is typed on a governed store stays in its audit log and goes nowhere else.
    const bool keep = home != nullptr && source_.sandbox();
    std::string history = keep ? std::string(home) + "/.skein_history" : "";
    editor_ = LineEditor::Make(std::move(history),
                               [this](std::string_view word) { return Candidates(word); });
    return absl::OkStatus();
  }

  // The exit status: of a pipe, 1 as soon as a statement failed.
  int Loop() {
    if (editor_->interactive()) std::printf("skein shell — :help for help, :quit to leave\n");
    std::string statement;
    while (!done_) {
      const bool fresh = statement.empty();
      std::optional<std::string> line = editor_->Read(!fresh                          ? "  ...> "
                                                      : connection_->in_transaction() ? "skein*> "
                                                                                      : "skein> ");
      if (!line) break;
      if (fresh && line->starts_with(':')) {
        editor_->Remember(*line);
        Ran(Command(*line));
        continue;
      }
      if (fresh && line->find_first_not_of(" \t") == std::string::npos) continue;
      statement += (fresh ? "" : "\n") + *line;
      if (!Ended(statement)) continue;
      editor_->Remember(statement);
      Ran(Statement(std::exchange(statement, {})));
    }
    if (statement.find_first_not_of(" \t\r\n") != std::string::npos && !done_) {
      Ran(Statement(statement));  // the last one of a pipe may lack its semicolon
    }
    return failed_ && !editor_->interactive() ? 1 : 0;
  }

 private:
  // A semicolon outside quotes and comments ends a statement.
  static bool Ended(std::string_view text) {
    char quote = 0;
    char last = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quote != 0) {
        if (c == '\\' && quote != '`')
          ++i;
        else if (c == quote)
          quote = 0;
        last = c;
      } else if (text.substr(i, 2) == "//") {
        i = std::min(text.find('\n', i), text.size());
      } else if (text.substr(i, 2) == "/*") {
        const size_t end = text.find("*/", i + 2);
        if (end == std::string_view::npos) return false;
        i = end + 1;
      } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
        if (c == '\'' || c == '"' || c == '`') quote = c;
        last = c;
      }
    }
    return quote == 0 && last == ';';
  }

  void Ran(const absl::Status& status) {
    if (status.ok()) return;
    failed_ = true;
    std::fprintf(stderr, "%s\n", std::string(Message(status)).c_str());
  }

  absl::Status Statement(const std::string& text) {
    const absl::Status status = Execute(text);
    const std::optional<QueryError> error = QueryErrorOf(status);
    if (!error) return status;
    failed_ = true;
    std::fprintf(stderr, "%s\n", RenderError(*error, text).c_str());
    return absl::OkStatus();
  }

  // What is known before the first row: names that nothing has, and a long way to go.
  static void Foretell(const QuerySummary& summary) {
    constexpr double kLongWork = 1e8;
    for (const Notice& notice : summary.notices) {
      std::fprintf(stderr, "note: %s (line %u, column %u)\n", notice.text.c_str(), notice.line,
                   notice.column);
    }
    if (summary.estimated_work >= kLongWork) {
      std::fprintf(stderr, "note: about %.1g rows to handle; Ctrl-C ends the query\n",
                   summary.estimated_work);
    }
  }

  absl::Status Execute(const std::string& text) {
    SKEIN_RETURN_IF_ERROR(source_.Log("shell", text, parameters_));
    SKEIN_ASSIGN_OR_RETURN(auto writer, ResultWriter::Make(format_, stdout));
    g_source = &source_;
    auto answer = connection_->Run(text, parameters_);
    g_source = nullptr;
    SKEIN_ASSIGN_OR_RETURN(auto cursor, std::move(answer));
    Foretell(cursor->summary());
    g_running = cursor.get();
    const absl::Status written = WriteAll(*cursor, *writer);
    g_running = nullptr;
    SKEIN_RETURN_IF_ERROR(written);
    const QuerySummary& s = cursor->summary();
    if (!s.plan.empty()) std::printf("%s\n", s.plan.c_str());
    if (!s.partial.empty()) std::printf("partial answer: %s\n", s.partial.c_str());
    const auto tell = [](uint64_t n, const char* what) {
      if (n > 0) std::printf("%llu %s\n", static_cast<unsigned long long>(n), what);
    };
    if (format_ == "table") {
      tell(s.nodes_created, "nodes created");
      tell(s.nodes_deleted, "nodes deleted");
      tell(s.links_created, "links created");
      tell(s.links_deleted, "links deleted");
      tell(s.properties_set, "properties set");
    }
    if (timing_) std::printf("%.1f ms\n", absl::ToDoubleMilliseconds(s.time));
    return absl::OkStatus();
  }

  absl::Status Command(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string name = line.substr(1, space == std::string::npos ? space : space - 1);
    std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    while (!rest.empty() && rest.back() == ' ') rest.pop_back();
    if (name == "quit" || name == "exit" || name == "q") {
      done_ = true;
      return absl::OkStatus();
    }
    if (name == "help" || name == "h") return Help(rest);
    if (name == "param" || name == "params") return Parameter(rest);
    if (name == "format") {
      SKEIN_RETURN_IF_ERROR(ResultWriter::Make(rest, stdout).status());
      format_ = rest;
      return absl::OkStatus();
    }
    if (name == "explain") return Statement("EXPLAIN " + rest);
    if (name == "profile") return Statement("PROFILE " + rest);
    if (name == "schema") return Schema();
    if (name == "timing") return timing_ = rest != "off", absl::OkStatus();
    if (name == "begin") return connection_->Begin();
    if (name == "commit") return connection_->Commit();
    if (name == "rollback") return connection_->Rollback();
    return InvalidArgument("unknown command :", name, "; :help lists them");
  }

  static absl::Status Help(const std::string& words) {
    const std::string text = words.empty() ? std::string(kHelp) : HelpOn(words);
    if (text.empty()) return NotFound("nothing is known of '", words, "'; :help lists commands");
    std::printf("%s", text.c_str());
    return absl::OkStatus();
  }

  absl::Status Parameter(const std::string& rest) {
    if (rest == "clear") {
      parameters_.clear();
      return absl::OkStatus();
    }
    if (!rest.empty()) {
      SKEIN_ASSIGN_OR_RETURN(auto given, ParseParameter(rest));
      std::erase_if(parameters_, [&](const auto& p) { return p.first == given.first; });
      parameters_.push_back(std::move(given));
    }
    for (const auto& [name, value] : parameters_) {
      std::printf("%s = %s\n", name.c_str(), ToLiteral(value).c_str());
    }
    return absl::OkStatus();
  }

  absl::Status Schema() {
    SKEIN_ASSIGN_OR_RETURN(Engine::Names names, source_.Names());
    const auto print = [](const char* title, const std::vector<std::string>& list) {
      std::printf("%s:", title);
      for (const std::string& name : list) std::printf(" %s", name.c_str());
      std::printf("\n");
    };
    print("labels", names.labels);
    print("link types", names.link_types);
    print("property keys", names.keys);
    return absl::OkStatus();
  }

  // Names that begin as the word does; after a colon only labels and link types.
  std::vector<std::string> Candidates(std::string_view word) {
    std::vector<std::string> found;
    absl::StatusOr<Engine::Names> names = source_.Names();
    if (!names.ok()) return found;
    const size_t colon = word.rfind(':');
    const std::string head(colon == std::string_view::npos ? "" : word.substr(0, colon + 1));
    const std::string_view tail = word.substr(head.size());
    const auto add = [&](std::string_view name) {
      const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
      };
      if (name.size() >= tail.size() && std::equal(tail.begin(), tail.end(), name.begin(), same)) {
        found.push_back(head + std::string(name));
      }
    };
    for (const std::string& name : names->labels) add(name);
    for (const std::string& name : names->link_types) add(name);
    if (head.empty()) {
      for (const std::string& name : LanguageWords()) add(name);
      for (const std::string& name : names->keys) add(name);
      for (const std::string& name : names->functions) add(name + "(");
      for (const std::string& name : names->procedures) add(name);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  QuerySource& source_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<LineEditor> editor_;
  ValueMap parameters_;
  std::string format_ = "table";
  bool timing_ = true;
  bool done_ = false;
  bool failed_ = false;
};

absl::StatusOr<int> RunShell(const SourceFlags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const auto source, QuerySource::Open(flags));
  Shell shell(*source);
  SKEIN_RETURN_IF_ERROR(shell.Start());
  struct sigaction action = {};
  action.sa_handler = &OnInterrupt;
  sigaction(SIGINT, &action, nullptr);
  return shell.Loop();
}

}  // namespace

void AddShellCommand(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<SourceFlags>();
  CLI::App* command =
      app.add_subcommand("shell", "Query by hand: a store that no process holds, or a server");
  flags->AddTo(*command);
  command->add_flag("--create", flags->create, "Make the store where there is none");
  command->add_flag("--sandbox", flags->sandbox, "Mark a new store a sandbox, for ever");
  command->callback([flags, exit_code] {
    absl::StatusOr<int> status = RunShell(*flags);  // no time limit: Ctrl-C is at hand
    *exit_code = status.ok() ? *status : Report("shell", status.status());
  });
}

}  // namespace skein
