// The openCypher TCK's scenarios that need no graph, read from ../shared/tck: queries of UNWIND,
// WITH and RETURN over functions and operators. Skipped where the folder is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "tests/support/expression_evaluator.h"

namespace skein::functions {
namespace {

const char* const kFolder = "../shared/tck/open/expressions";

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

using Row = std::vector<std::string>;

// "| a | b |" to its cells; a backslash stands before a bar or another backslash.
Row Cells(const std::string& line) {
  Row out;
  std::string cell;
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == '|' || line[i + 1] == '\\')) {
      cell += line[++i];
    } else if (line[i] == '|') {
      out.push_back(Trim(cell));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return out;
}

struct Scenario {
  std::string name;
  std::string query;
  std::vector<Row> parameters;
  std::vector<Row> expected;
  std::vector<Row> examples;
  std::string error;  // detail word of the step "a TypeError should be raised ..."
  bool needs_graph = false;
  bool any_list_order = false;
};

// The suite uses a small part of Gherkin: steps, doc strings, tables.
std::vector<Scenario> ReadFeature(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Scenario> out;
  std::vector<Row>* table = nullptr;
  std::string* doc = nullptr;
  bool in_doc = false;
  std::string discarded;
  for (std::string raw; std::getline(in, raw);) {
    const std::string line = Trim(raw);
    if (line == "\"\"\"") {
      in_doc = !in_doc;
      continue;
    }
    if (in_doc) {
      *doc += line + "\n";
      continue;
    }
    if (line.starts_with("Scenario")) {
      out.emplace_back().name = path.stem().string() + " " + line;
      table = nullptr;
      continue;
    }
    if (out.empty() || line.empty() || line[0] == '#') continue;
    Scenario& scenario = out.back();
    if (line[0] == '|') {
      if (table != nullptr) table->push_back(Cells(line));
      continue;
    }
    table = nullptr;
    doc = &discarded;
    if (line.find("executing query") != std::string::npos) doc = &scenario.query;
    if (line.find("having executed") != std::string::npos) scenario.needs_graph = true;
    if (line.find("parameters are") != std::string::npos) table = &scenario.parameters;
    if (line.find("result should be") != std::string::npos) table = &scenario.expected;
    if (line.find("ignoring element order") != std::string::npos) scenario.any_list_order = true;
    if (line.starts_with("Examples")) table = &scenario.examples;
    if (const size_t at = line.rfind(": "); line.find("should be raised") != std::string::npos) {
      scenario.error = line.substr(at + 2);
    }
  }
  return out;
}

std::string Substitute(std::string text, const Row& names, const Row& values) {
  for (size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
    const std::string hole = "<" + names[i] + ">";
    for (size_t at = 0; (at = text.find(hole, at)) != std::string::npos; at += values[i].size()) {
      text.replace(at, hole.size(), values[i]);
    }
  }
  return text;
}

// Temporal values print as their text, wherever they are; NaN has no literal.
std::string Normal(const Value& v, bool any_list_order) {
  if (v.kind() == ValueKind::kList) {
    std::vector<std::string> items;
    for (const Value& item : v.list()) items.push_back(Normal(item, any_list_order));
    if (any_list_order) std::sort(items.begin(), items.end());
    std::string out = "[";
    for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + item;
    return out + "]";
  }
  if (v.kind() == ValueKind::kMap) {
    std::string out = "{";
    for (const auto& [key, item] : v.map()) {
      out += (out.size() > 1 ? ", " : "") + key + ": " + Normal(item, any_list_order);
    }
    return out + "}";
  }
  const std::string text = TemporalText(v);
  if (!text.empty()) return ToLiteral(Value::String(text));
  if (v.kind() == ValueKind::kFloat && v.real() == 0) return "0.0";
  return ToLiteral(v);
}

// An expected cell in the same spelling.
std::string NormalCell(const std::string& cell, bool any_list_order, EvalContext& context) {
  if (cell == "NaN") return "NaN";
  const auto value = Evaluate(cell, context);
  return value.ok() ? Normal(*value, any_list_order) : cell;
}

struct Tally {
  int passed = 0;
  int skipped = 0;
};

void RunOne(const Scenario& scenario, const Row& names, const Row& values, Tally* tally) {
  TestContext context;
  Variables parameters;
  for (const Row& row : scenario.parameters) {
    const auto value = Evaluate(Substitute(row[1], names, values), context);
    if (!value.ok()) {
      ++tally->skipped;
      return;
    }
    parameters["$" + row[0]] = *value;
  }
  const std::string query = Substitute(scenario.query, names, values);
  const auto result = RunQuery(query, parameters, context);
  if (result.status().code() == absl::StatusCode::kUnimplemented) {
    ++tally->skipped;
    return;
  }
  ++tally->passed;
  if (!scenario.error.empty()) {
    EXPECT_FALSE(result.ok()) << scenario.name << "\n" << query;
    return;
  }
  ASSERT_TRUE(result.ok()) << scenario.name << "\n" << query << result.status();
  std::vector<std::string> got, wanted;
  for (const auto& row : result->rows) {
    std::string line;
    for (const Value& v : row) line += Normal(v, scenario.any_list_order) + " | ";
    got.push_back(line);
  }
  for (size_t i = 1; i < scenario.expected.size(); ++i) {
    std::string line;
    for (const std::string& cell : scenario.expected[i]) {
      line += NormalCell(Substitute(cell, names, values), scenario.any_list_order, context) + " | ";
    }
    wanted.push_back(line);
  }
  std::sort(got.begin(), got.end());
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(got, wanted) << scenario.name << "\n" << query;
}

TEST(TckTest, ScenariosWithoutAGraph) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "skipped: no " << kFolder;
  Tally tally;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() == ".feature") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    for (const Scenario& scenario : ReadFeature(file)) {
      if (scenario.needs_graph || scenario.query.empty()) continue;
      if (scenario.examples.empty()) {
        RunOne(scenario, {}, {}, &tally);
        continue;
      }
      for (size_t i = 1; i < scenario.examples.size(); ++i) {
        RunOne(scenario, scenario.examples[0], scenario.examples[i], &tally);
      }
    }
  }
  std::cout << tally.passed << " scenarios judged, " << tally.skipped
            << " need more than functions\n";
  EXPECT_GT(tally.passed, 1'200);
}

}  // namespace
}  // namespace skein::functions
