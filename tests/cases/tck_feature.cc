#include "tests/cases/tck_feature.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "storage/base/status.h"

namespace skein::tck {
namespace {

namespace fs = std::filesystem;

std::string Trim(const std::string& s) {
  const size_t from = s.find_first_not_of(" \t\r");
  if (from == std::string::npos) return "";
  return s.substr(from, s.find_last_not_of(" \t\r") - from + 1);
}

bool Starts(const std::string& line, std::string_view word) { return line.starts_with(word); }

// `| a | b\|c |`: Gherkin's escapes are \|, \\ and \n.
Row ParseCells(const std::string& line) {
  Row cells;
  std::string cell;
  for (size_t i = 1; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size() && (line[i + 1] == '|' || line[i + 1] == '\\')) {
      cell += line[++i];
    } else if (c == '\\' && i + 1 < line.size() && line[i + 1] == 'n') {
      cell += '\n';
      ++i;
    } else if (c == '|') {
      cells.push_back(Trim(cell));
      cell.clear();
    } else {
      cell += c;
    }
  }
  return cells;
}

void ReplaceAll(std::string* text, const std::string& from, const std::string& to) {
  for (size_t at = text->find(from); at != std::string::npos;
       at = text->find(from, at + to.size())) {
    text->replace(at, from.size(), to);
  }
}

class FeatureReader {
 public:
  FeatureReader(std::string feature, std::string category, std::vector<Scenario>* out)
      : feature_(std::move(feature)), category_(std::move(category)), out_(out) {}

  void Line(const std::string& raw) {
    const std::string line = Trim(raw);
    if (in_doc_) {
      if (line == "\"\"\"") {
        in_doc_ = false;
        return;
      }
      const size_t blanks = std::min(raw.find_first_not_of(' '), doc_indent_);
      std::string text = raw.substr(std::min(blanks, raw.size()));
      if (!steps_->back().doc.empty() || doc_lines_ > 0) steps_->back().doc += "\n";
      steps_->back().doc += text;
      ++doc_lines_;
      return;
    }
    if (line.empty() || line[0] == '#') return;
    if (line == "\"\"\"") {
      in_doc_ = true;
      doc_lines_ = 0;
      doc_indent_ = raw.find('"');
      return;
    }
    if (line[0] == '@') return Tags(line);
    if (line[0] == '|') return Table(line);
    if (Starts(line, "Background:")) {
      Finish();
      steps_ = &background_;
      return;
    }
    if (Starts(line, "Scenario:") || Starts(line, "Scenario Outline:")) {
      Finish();
      outline_ = Starts(line, "Scenario Outline:");
      name_ = Trim(line.substr(line.find(':') + 1));
      if (outline_) name_ = name_.substr(0, name_.find(" #Example:"));
      own_.clear();
      steps_ = &own_;
      open_ = true;
      scenario_tags_ = tags_;
      tags_.clear();
      return;
    }
    if (Starts(line, "Examples:")) {
      in_examples_ = true;
      examples_header_ = true;
      tags_.clear();
      return;
    }
    for (const std::string_view word : {"Given ", "When ", "Then ", "And ", "But "}) {
      if (!Starts(line, word) || steps_ == nullptr) continue;
      steps_->push_back({Trim(line.substr(word.size())), "", {}});
      return;
    }
  }

  void Finish() {
    in_examples_ = false;
    if (!open_) return;
    open_ = false;
    if (!outline_) {
      Emit(own_, name_);
    } else {
      int n = 0;
      for (const std::map<std::string, std::string>& example : examples_) {
        std::vector<Step> steps = own_;
        std::string name = name_;
        for (const auto& [key, value] : example) {
          const std::string hole = "<" + key + ">";
          ReplaceAll(&name, hole, value);
          for (Step& step : steps) {
            ReplaceAll(&step.text, hole, value);
            ReplaceAll(&step.doc, hole, value);
            for (Row& row : step.table) {
              for (std::string& cell : row) ReplaceAll(&cell, hole, value);
            }
          }
        }
        Emit(steps, name + " #" + std::to_string(++n));
      }
    }
    examples_.clear();
  }

 private:
  void Tags(const std::string& line) {
    std::istringstream in(line);
    std::string tag;
    while (in >> tag) tags_.push_back(tag);
  }

  void Table(const std::string& line) {
    Row cells = ParseCells(line);
    if (!in_examples_) {
      if (steps_ != nullptr && !steps_->empty()) steps_->back().table.push_back(std::move(cells));
      return;
    }
    if (examples_header_) {
      header_ = std::move(cells);
      examples_header_ = false;
      return;
    }
    std::map<std::string, std::string> example;
    for (size_t i = 0; i < header_.size() && i < cells.size(); ++i) example[header_[i]] = cells[i];
    examples_.push_back(std::move(example));
  }

  void Emit(const std::vector<Step>& own, const std::string& name) {
    Scenario s;
    s.id = feature_ + " " + name;
    s.category = category_;
    s.tags = scenario_tags_;
    s.steps = background_;
    s.steps.insert(s.steps.end(), own.begin(), own.end());
    out_->push_back(std::move(s));
  }

  std::string feature_, category_, name_;
  std::vector<Scenario>* out_;
  std::vector<Step> background_, own_;
  std::vector<Step>* steps_ = nullptr;
  std::vector<std::string> tags_, scenario_tags_;
  bool open_ = false, outline_ = false, in_doc_ = false;
  size_t doc_indent_ = 0, doc_lines_ = 0;
  bool in_examples_ = false, examples_header_ = false;
  Row header_;
  std::vector<std::map<std::string, std::string>> examples_;
};

}  // namespace

absl::StatusOr<std::vector<Scenario>> LoadScenarios(const std::string& dir) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(dir, error)) {
    if (entry.path().extension() == ".feature") files.push_back(entry.path().string());
  }
  if (error) return NotFound(dir, ": ", error.message());
  std::sort(files.begin(), files.end());
  std::vector<Scenario> out;
  for (const std::string& file : files) {
    const fs::path relative = fs::relative(file, dir).replace_extension();
    FeatureReader reader(relative.string(), relative.parent_path().string(), &out);
    std::ifstream in(file);
    if (!in) return NotFound(file, ": cannot be read");
    for (std::string line; std::getline(in, line);) reader.Line(line);
    reader.Finish();
  }
  return out;
}

}  // namespace skein::tck
