// skein_cases: runs the text cases of tests/cases in one mode.
//
//   skein_cases [--mode default|no-rewrites|batch-of-1|morsels|reopen|fused] [--accept] [PATH ...]
//
// PATH: case files or folders; default tests/cases. --accept rewrites the expectations of the files
// from what the engine gives (read the diff as code). The last line is `N passed, N failed`.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "query/engine/elements.h"
#include "query/engine/engine.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/open.h"
#include "tests/cases/case_file.h"
#include "tests/cases/render.h"

namespace skein::cases {
namespace {

namespace fs = std::filesystem;

// One graph in one mode; `reopen` closes and opens the store between statements.
class Bench {
 public:
  explicit Bench(std::string mode) : mode_(std::move(mode)) {}
  ~Bench() {
    Close();
    if (!dir_.empty()) fs::remove_all(dir_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  absl::Status Open() {
    if (mode_ == "reopen") {
      if (dir_.empty()) {
        std::string pattern = (fs::temp_directory_path() / "skein-cases-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) return Unavailable("no temporary folder");
        dir_ = pattern;
      }
      OpenStoreOptions options;
      options.create = true;
      options.sandbox = true;
      SKEIN_ASSIGN_OR_RETURN(OpenedStore opened, OpenStore(dir_ + "/store", options));
      store_ = std::move(opened.store);
    } else {
      store_ = MakeMemoryStore();
    }
    SKEIN_ASSIGN_OR_RETURN(users_, Graph::Open(*store_, {.space = GraphSpace::kUsers}));
    SKEIN_ASSIGN_OR_RETURN(system_, Graph::Open(*store_, {.space = GraphSpace::kSystem}));
    SKEIN_ASSIGN_OR_RETURN(engine_, Engine::Create(*users_, *system_, {}));
    ConnectionOptions options;
    options.sandbox = true;
    if (mode_ == "no-rewrites") options.rewrites_off = {"*"};
    if (mode_ == "fused") options.fused = true;
    if (mode_ == "batch-of-1") options.batch_rows = 1;
    if (mode_ == "morsels") {
      options.parallel_from = 0;
      options.batch_rows = 1;
    }
    SKEIN_ASSIGN_OR_RETURN(connection_, engine_->Connect(options));
    return absl::OkStatus();
  }
  void Close() {
    connection_.reset();
    engine_.reset();
    system_.reset();
    users_.reset();
    store_.reset();
  }
  absl::Status Between() {
    if (mode_ != "reopen") return absl::OkStatus();
    Close();
    return Open();
  }

  absl::Status Run(const std::string& query, const ValueMap& parameters,
                   std::vector<std::string>* columns, std::vector<std::string>* rows,
                   QuerySummary* summary) {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, connection_->Run(query, parameters));
    *columns = cursor->columns();
    std::vector<std::vector<Value>> batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(bool more, cursor->Next(100, &batch));
      if (!more) break;
      Elements elements;
      SKEIN_RETURN_IF_ERROR(elements.Load(*cursor, batch));
      for (const auto& row : batch) {
        std::string text;
        for (const Value& v : row) text += (text.empty() ? "" : " | ") + Render(v, elements);
        rows->push_back(std::move(text));
      }
    }
    *summary = cursor->summary();
    return absl::OkStatus();
  }

 private:
  const std::string mode_;
  std::string dir_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

std::string ErrorText(const absl::Status& status) {
  std::string out(absl::StatusCodeToString(status.code()));
  if (const std::optional<QueryError> error = QueryErrorOf(status)) {
    out += " " + std::string(ErrorDetailName(error->detail));
    if (error->position.known()) {
      out += " at " + std::to_string(error->position.line) + ":" +
             std::to_string(error->position.column);
    }
  }
  return out;
}

// Every word of the expectation stands in the actual text, in order; so a case may state the code
// alone, or code, detail and place.
bool ErrorMatches(const std::string& expected, const std::string& actual) {
  std::istringstream want(expected);
  std::istringstream have(actual);
  std::string wanted;
  std::string word;
  while (want >> wanted) {
    do {
      if (!(have >> word)) return false;
    } while (word != wanted);
  }
  return true;
}

std::map<std::string, uint64_t> Counters(const QuerySummary& s) {
  std::map<std::string, uint64_t> all = {
      {"nodes_created", s.nodes_created},    {"nodes_deleted", s.nodes_deleted},
      {"links_created", s.links_created},    {"links_deleted", s.links_deleted},
      {"properties_set", s.properties_set},  {"labels_added", s.labels_added},
      {"labels_removed", s.labels_removed},  {"indexes_added", s.indexes_added},
      {"indexes_removed", s.indexes_removed}};
  std::erase_if(all, [](const auto& entry) { return entry.second == 0; });
  return all;
}

std::string Joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

// What differs, empty when the step holds.
std::string Check(const Step& step, const absl::Status& status, const Actual& actual,
                  const std::vector<std::string>& columns, const QuerySummary& summary) {
  if (!step.error.empty()) {
    if (status.ok()) return "expected error " + step.error + ", got rows";
    return ErrorMatches(step.error, actual.error) ? "" : "error is " + actual.error;
  }
  if (!status.ok()) return std::string(Message(status));
  std::vector<std::string> want = step.rows;
  std::vector<std::string> have = actual.rows;
  if (!step.ordered) {
    std::sort(want.begin(), want.end());
    std::sort(have.begin(), have.end());
  }
  if (want != have) {
    return "rows are\n    " + Joined(have, "\n    ") + "\n  expected\n    " +
           Joined(want, "\n    ");
  }
  if (!step.names.empty() && Joined(columns, " | ") != step.names) {
    return "columns are " + Joined(columns, " | ");
  }
  if (step.has_writes && Counters(summary) != step.writes) {
    std::string text = "writes are";
    for (const auto& [name, n] : Counters(summary)) text += " " + name + "=" + std::to_string(n);
    return text;
  }
  return "";
}

// `plan WORD` and `plan not WORD`; of the plan of the query alone, in the default mode.
std::string CheckPlan(Bench& bench, const Step& step) {
  if (step.plan.empty()) return "";
  std::vector<std::string> columns;
  std::vector<std::string> rows;
  QuerySummary summary;
  const absl::Status status =
      bench.Run("EXPLAIN " + step.query, step.parameters, &columns, &rows, &summary);
  if (!status.ok()) return std::string(Message(status));
  for (const std::string& wanted : step.plan) {
    const bool absent = wanted.starts_with("not ");
    const std::string word = absent ? wanted.substr(4) : wanted;
    if ((summary.plan.find(word) != std::string::npos) == absent) {
      return "plan: " + wanted + " does not hold of\n" + summary.plan;
    }
  }
  return "";
}

absl::Status LoadGraph(Bench& bench, const std::string& name, const fs::path& root) {
  if (name == "empty") return absl::OkStatus();
  std::ifstream in(root / "graphs" / (name + ".cypher"));
  if (!in) return NotFound("no graph '", name, "'");
  std::stringstream text;
  text << in.rdbuf();
  std::string statement;
  while (std::getline(text, statement, ';')) {
    if (statement.find_first_not_of(" \n\t") == std::string::npos) continue;
    std::vector<std::string> columns;
    std::vector<std::string> rows;
    QuerySummary summary;
    SKEIN_RETURN_IF_ERROR(bench.Run(statement, {}, &columns, &rows, &summary));
  }
  return absl::OkStatus();
}

// Runs one case; reports and returns whether it held.
bool RunCase(const Case& c, const std::string& mode, const fs::path& root,
             std::map<int, Actual>* actuals) {
  Bench bench(mode);
  absl::Status status = bench.Open();
  if (status.ok()) status = LoadGraph(bench, c.graph, root);
  if (!status.ok()) {
    std::cout << c.file << ":" << c.line << ": " << Message(status) << "\n";
    return false;
  }
  bool held = true;
  for (const Step& step : c.steps) {
    Actual actual;
    std::vector<std::string> columns;
    QuerySummary summary;
    status = bench.Between();
    if (status.ok()) {
      status = bench.Run(step.query, step.parameters, &columns, &actual.rows, &summary);
    }
    if (!status.ok()) actual.error = ErrorText(status);
    std::string wrong = Check(step, status, actual, columns, summary);
    if (wrong.empty() && mode == "default") wrong = CheckPlan(bench, step);
    if (!wrong.empty()) {
      held = false;
      (*actuals)[step.line] = actual;
      std::cout << c.file << ":" << step.line << ": [" << mode << "] " << c.about << "\n  "
                << step.query << "\n  " << wrong << "\n";
    }
  }
  return held;
}

std::vector<std::string> CaseFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".case") files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

int Main(int argc, char** argv) {
  std::string mode = "default";
  bool accept = false;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--mode" && i + 1 < argc) {
      mode = argv[++i];
    } else if (argument == "--accept") {
      accept = true;
    } else {
      paths.push_back(argument);
    }
  }
  const fs::path root = SKEIN_CASES_DIR;
  if (paths.empty()) paths = {root.string()};
  int passed = 0;
  int failed = 0;
  for (const std::string& file : CaseFiles(paths)) {
    absl::StatusOr<std::vector<Case>> cases = ReadCases(file);
    if (!cases.ok()) {
      std::cout << Message(cases.status()) << "\n";
      ++failed;
      continue;
    }
    std::map<int, Actual> actuals;
    for (const Case& c : *cases) {
      if (!c.modes.empty() && std::find(c.modes.begin(), c.modes.end(), mode) == c.modes.end()) {
        continue;
      }
      RunCase(c, mode, root, &actuals) ? ++passed : ++failed;
    }
    if (accept && !actuals.empty()) {
      SKEIN_IGNORE_ERROR(AcceptCases(file, actuals), "the file was readable a moment ago");
    }
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace skein::cases

int main(int argc, char** argv) { return skein::cases::Main(argc, argv); }
