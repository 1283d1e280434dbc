// tck_runner: the openCypher conformance suite, in process.
//
//   tck_runner [--features DIR] [--filter REGEX] [--off PASS] [--batch N] [--quiet] [--floor
//   PERCENT]
//
// Judges as ../shared/tck/run.mjs does over Bolt: strict (class and detail word of errors). Says
// `skipped` and succeeds where the folder is missing. The last line is
// `N passed, N failed, N skipped`; exit status 1 where less than `floor` percent pass.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "query/engine/elements.h"
#include "query/engine/engine.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"
#include "storage/kv/memory_store.h"
#include "tests/cases/tck_feature.h"
#include "tests/cases/tck_value.h"

namespace skein::tck {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string features = "../shared/tck/open";
  std::string filter;
  std::vector<std::string> off;
  uint32_t batch = 2048;
  bool quiet = false;
  double floor = 0;
};

struct Result {
  absl::Status status;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;        // canonical
  std::vector<std::vector<std::string>> loose_rows;  // lists sorted
};

// What the TCK counts: elements by id, distinct labels, properties by (element, key, value).
struct State {
  std::map<std::string, std::multiset<std::string>> kinds;
};

class World {
 public:
  static absl::StatusOr<std::unique_ptr<World>> Make(const Flags& flags) {
    auto out = std::make_unique<World>();
    out->store_ = MakeMemoryStore();
    SKEIN_ASSIGN_OR_RETURN(out->users_, Graph::Open(*out->store_, {.space = GraphSpace::kUsers}));
    SKEIN_ASSIGN_OR_RETURN(out->system_, Graph::Open(*out->store_, {.space = GraphSpace::kSystem}));
    SKEIN_ASSIGN_OR_RETURN(out->engine_, Engine::Create(*out->users_, *out->system_, {}));
    ConnectionOptions options;
    options.sandbox = true;
    options.rewrites_off = flags.off;
    options.batch_rows = flags.batch;
    options.limits.time = absl::Seconds(20);
    SKEIN_ASSIGN_OR_RETURN(out->connection_, out->engine_->Connect(options));
    return out;
  }

  Result Run(const std::string& query, const ValueMap& parameters) {
    Result out;
    out.status = Collect(query, parameters, &out);
    return out;
  }

  absl::StatusOr<State> Look() {
    State out;
    std::vector<std::vector<Value>> rows;
    for (const char* query : {"MATCH (n) RETURN n", "MATCH ()-[r]->() RETURN r"}) {
      SKEIN_ASSIGN_OR_RETURN(auto cursor, connection_->Run(query, {}));
      for (;;) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
        if (!more) break;
        Elements elements;
        SKEIN_RETURN_IF_ERROR(elements.Load(*cursor, rows));
        for (const auto& row : rows) Note(row[0], elements, &out);
      }
    }
    return out;
  }

 private:
  absl::Status Collect(const std::string& query, const ValueMap& parameters, Result* out) {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, connection_->Run(query, parameters));
    out->columns = cursor->columns();
    std::vector<std::vector<Value>> rows;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
      if (!more) return absl::OkStatus();
      Elements elements;
      SKEIN_RETURN_IF_ERROR(elements.Load(*cursor, rows));
      for (const auto& row : rows) {
        auto& strict = out->rows.emplace_back();
        auto& loose = out->loose_rows.emplace_back();
        for (const Value& v : row) {
          strict.push_back(CanonOf(v, elements, false));
          loose.push_back(CanonOf(v, elements, true));
        }
      }
    }
  }

  static void Note(const Value& v, const Elements& elements, State* out) {
    const bool node = v.kind() == ValueKind::kNode;
    const int64_t id = node ? elements.node(v.node()).id : elements.link(v.link()).id;
    const ValueMap& properties =
        node ? elements.node(v.node()).properties : elements.link(v.link()).properties;
    out->kinds[node ? "nodes" : "relationships"].insert(std::to_string(id));
    if (node) {
      for (const std::string& label : elements.node(v.node()).labels) {
        if (out->kinds["labels"].count(label) == 0) out->kinds["labels"].insert(label);
      }
    }
    for (const auto& [key, value] : properties) {
      out->kinds["properties"].insert((node ? "n" : "r") + std::to_string(id) + "." + key + "=" +
                                      CanonOf(value, elements, false));
    }
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

std::map<std::string, int64_t> Effects(const State& before, const State& after) {
  std::map<std::string, int64_t> out;
  for (const std::string kind : {"nodes", "relationships", "labels", "properties"}) {
    const auto find = [&kind](const State& s) {
      const auto it = s.kinds.find(kind);
      return it == s.kinds.end() ? std::multiset<std::string>() : it->second;
    };
    const auto a = find(before);
    const auto b = find(after);
    std::vector<std::string> plus;
    std::vector<std::string> minus;
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(plus));
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(minus));
    if (!plus.empty()) out["+" + kind] = static_cast<int64_t>(plus.size());
    if (!minus.empty()) out["-" + kind] = static_cast<int64_t>(minus.size());
  }
  return out;
}

std::string EffectText(const std::map<std::string, int64_t>& effects) {
  std::string out;
  for (const auto& [name, n] : effects) out += " " + name + "=" + std::to_string(n);
  return out.empty() ? " none" : out;
}

std::string RowText(const std::vector<std::string>& row) {
  std::string out = "|";
  for (const std::string& cell : row) out += " " + cell + " |";
  return out;
}

bool HasWord(const std::string& text, const std::string& word) {
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto letter = [&text](size_t i) {
      return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0;
    };
    if ((at == 0 || !letter(at - 1)) && !letter(at + word.size())) return true;
  }
  return false;
}

enum class Verdict { kPass, kFail, kSkip };

// One scenario; *why says what is wrong.
class Player {
 public:
  Player(const Flags& flags, const std::map<std::string, std::vector<std::string>>& graphs)
      : flags_(flags), graphs_(graphs) {}

  Verdict Play(const Scenario& scenario, std::string* why) {
    for (const std::string& tag : scenario.tags) {
      if (tag == "@ignore") return Verdict::kSkip;
    }
    for (const Step& step : scenario.steps) {
      if (step.text.starts_with("there exists a procedure")) return Verdict::kSkip;
    }
    auto world = World::Make(flags_);
    if (!world.ok()) {
      *why = std::string(Message(world.status()));
      return Verdict::kFail;
    }
    world_ = *std::move(world);
    parameters_.clear();
    const bool expects_error = std::any_of(
        scenario.steps.begin(), scenario.steps.end(),
        [](const Step& s) { return s.text.find("should be raised at") != std::string::npos; });
    for (const Step& step : scenario.steps) {
      *why = Do(step, expects_error);
      if (!why->empty()) return Verdict::kFail;
    }
    return Verdict::kPass;
  }

 private:
  std::string Do(const Step& step, bool expects_error) {
    const std::string& text = step.text;
    if (text == "an empty graph" || text == "any graph") return "";
    if (text == "having executed:") return Setup(step.doc);
    if (text == "parameters are:") return Parameters(step.table);
    if (text == "executing query:" || text == "executing control query:") {
      if (text == "executing query:") {
        auto before = world_->Look();
        if (!before.ok()) return "look: " + std::string(Message(before.status()));
        before_ = *std::move(before);
      }
      last_ = world_->Run(step.doc, parameters_);
      return "";
    }
    if (text == "the result should be empty") return CheckRows({}, false, false, false);
    if (text.starts_with("the result should be")) {
      return CheckRows(step.table, text.find(", in order") != std::string::npos,
                       text.find("ignoring element order") != std::string::npos, true);
    }
    if (text.find("should be raised at") != std::string::npos) return CheckError(text);
    if (text == "no side effects") return CheckEffects({}, expects_error);
    if (text == "the side effects should be:") {
      std::map<std::string, int64_t> expected;
      for (const Row& row : step.table) expected[row[0]] = std::stoll(row[1]);
      return CheckEffects(expected, expects_error);
    }
    std::smatch match;
    static const std::regex kGraph("the (\\S+) graph");
    if (std::regex_match(text, match, kGraph)) {
      const auto it = graphs_.find(match[1].str());
      if (it == graphs_.end()) return "no graph named " + match[1].str();
      for (const std::string& statement : it->second) {
        if (std::string why = Setup(statement); !why.empty()) return why;
      }
      return "";
    }
    return "unknown step: " + text;
  }

  std::string Setup(const std::string& query) {
    const Result r = world_->Run(query, parameters_);
    return r.status.ok() ? "" : "setup: " + std::string(Message(r.status));
  }

  std::string Parameters(const std::vector<Row>& table) {
    for (const Row& row : table) {
      auto v = ParameterOf(row[1]);
      if (!v.ok()) return "parameter " + row[0] + ": " + std::string(Message(v.status()));
      parameters_.emplace_back(row[0], *std::move(v));
    }
    std::sort(parameters_.begin(), parameters_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return "";
  }

  std::string CheckRows(const std::vector<Row>& table, bool ordered, bool any_list_order,
                        bool columns) {
    if (!last_.status.ok()) return "unexpected error: " + std::string(Message(last_.status));
    std::vector<std::string> want;
    std::vector<std::string> have;
    for (size_t i = 1; i < table.size(); ++i) {
      std::vector<std::string> row;
      for (const std::string& cell : table[i]) {
        auto canon = CanonOfText(cell, any_list_order);
        if (!canon.ok()) return std::string(Message(canon.status()));
        row.push_back(*std::move(canon));
      }
      want.push_back(RowText(row));
    }
    for (const auto& row : any_list_order ? last_.loose_rows : last_.rows) {
      have.push_back(RowText(row));
    }
    if (columns && !table.empty() && table[0] != last_.columns) {
      return "columns are " + RowText(last_.columns) + ", expected " + RowText(table[0]);
    }
    if (!ordered) {
      std::sort(want.begin(), want.end());
      std::sort(have.begin(), have.end());
    }
    if (want == have) return "";
    std::string out = "rows\n  expected:";
    for (const std::string& row : want) out += "\n    " + row;
    out += "\n  got:";
    for (size_t i = 0; i < have.size() && i < 15; ++i) out += "\n    " + have[i];
    return out;
  }

  std::string CheckError(const std::string& text) {
    static const std::regex kError("an? (.+) should be raised at (.+): (.+)");
    std::smatch match;
    if (!std::regex_match(text, match, kError)) return "unknown step: " + text;
    const std::string wanted = match[1].str() + ": " + match[3].str();
    if (last_.status.ok()) {
      return "no error, expected " + wanted + "; " + std::to_string(last_.rows.size()) + " rows";
    }
    const std::string got(Message(last_.status));
    const bool class_right = HasWord(got, match[1].str());
    const bool detail_right = match[3].str() == "*" || HasWord(got, match[3].str());
    if (!class_right || !detail_right) return "expected " + wanted + ", got " + got;
    return CheckEffects({}, true);
  }

  std::string CheckEffects(const std::map<std::string, int64_t>& expected, bool expects_error) {
    if (!last_.status.ok() && !expects_error) {
      return "unexpected error: " + std::string(Message(last_.status));
    }
    auto after = world_->Look();
    if (!after.ok()) return "look: " + std::string(Message(after.status()));
    const auto found = Effects(before_, *after);
    if (found == expected) return "";
    return "side effects are" + EffectText(found) + ", expected" + EffectText(expected);
  }

  const Flags& flags_;
  const std::map<std::string, std::vector<std::string>>& graphs_;
  std::unique_ptr<World> world_;
  ValueMap parameters_;
  State before_;
  Result last_;
};

// Statements of every named graph beside the features.
std::map<std::string, std::vector<std::string>> LoadGraphs(const std::string& features) {
  std::map<std::string, std::vector<std::string>> out;
  std::error_code error;
  for (const auto& dir : fs::directory_iterator(features + "/graphs", error)) {
    if (!dir.is_directory()) continue;
    for (const auto& file : fs::directory_iterator(dir.path())) {
      if (file.path().extension() != ".cypher") continue;
      std::ifstream in(file.path());
      std::stringstream text;
      text << in.rdbuf();
      std::string statement;
      while (std::getline(text, statement, ';')) {
        if (statement.find_first_not_of(" \n\r\t") != std::string::npos) {
          out[dir.path().filename().string()].push_back(statement);
        }
      }
    }
  }
  return out;
}

int Main(const Flags& flags) {
  if (!fs::exists(flags.features)) {
    std::printf("skipped: %s is not there\n", flags.features.c_str());
    return 0;
  }
  auto scenarios = LoadScenarios(flags.features);
  if (!scenarios.ok()) {
    std::fprintf(stderr, "tck_runner: %s\n", std::string(Message(scenarios.status())).c_str());
    return 2;
  }
  const auto graphs = LoadGraphs(flags.features);
  const std::regex filter(flags.filter);
  std::map<std::string, std::array<int, 3>> categories;
  std::array<int, 3> totals{};
  Player player(flags, graphs);
  for (const Scenario& scenario : *scenarios) {
    if (!std::regex_search(scenario.id, filter)) continue;
    std::string why;
    const auto verdict = static_cast<size_t>(player.Play(scenario, &why));
    ++totals[verdict];
    ++categories[scenario.category][verdict];
    if (!flags.quiet && verdict == static_cast<size_t>(Verdict::kFail)) {
      std::printf("FAIL %s\n  %s\n", scenario.id.c_str(), why.c_str());
      std::fflush(stdout);
    }
  }
  for (const auto& [name, n] : categories) {
    std::printf("%-40s %5d pass %5d fail %4d skip\n", name.c_str(), n[0], n[1], n[2]);
  }
  std::printf("%d passed, %d failed, %d skipped\n", totals[0], totals[1], totals[2]);
  const int judged = std::max(1, totals[0] + totals[1]);
  return 100.0 * totals[0] >= flags.floor * judged ? 0 : 1;
}

}  // namespace
}  // namespace skein::tck

int main(int argc, char** argv) {
  skein::tck::Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto next = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (flag == "--features") {
      flags.features = next();
    } else if (flag == "--filter") {
      flags.filter = next();
    } else if (flag == "--off") {
      flags.off.push_back(next());
    } else if (flag == "--batch") {
      flags.batch = static_cast<uint32_t>(std::stoul(next()));
    } else if (flag == "--floor") {
      flags.floor = std::stod(next());
    } else if (flag == "--quiet") {
      flags.quiet = true;
    } else {
      std::fprintf(stderr, "tck_runner: unknown argument %s\n", flag.c_str());
      return 2;
    }
  }
  return skein::tck::Main(flags);
}
