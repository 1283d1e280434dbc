#include "tests/cases/case_file.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

#include "query/engine/literal.h"
#include "storage/base/status.h"

namespace skein::cases {
namespace {

constexpr size_t kIndent = 7;  // "query  "

absl::StatusOr<std::vector<std::string>> Lines(const std::string& path) {
  std::ifstream in(path);
  if (!in) return NotFound("cannot read ", path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The keyword at the start of a line, if it is one of ours; rows never begin with one and two
// blanks.
std::string_view Keyword(std::string_view line) {
  for (std::string_view word :
       {"about", "graph", "modes", "param", "query", "rows", "names", "error", "plan", "writes"}) {
    if (line.starts_with(word) && (line.size() == word.size() || line[word.size()] == ' ')) {
      return word;
    }
  }
  return {};
}

std::string Rest(std::string_view line, std::string_view word) {
  std::string_view rest = line.substr(word.size());
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  while (!rest.empty() && rest.back() == ' ') rest.remove_suffix(1);
  return std::string(rest);
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

class CaseReader {
 public:
  explicit CaseReader(const std::string& path) : path_(path) {}

  absl::StatusOr<std::vector<Case>> Read() {
    SKEIN_ASSIGN_OR_RETURN(lines_, Lines(path_));
    for (at_ = 0; at_ < lines_.size(); ++at_) {
      const std::string& line = lines_[at_];
      if (line.empty() || line.starts_with('#')) continue;
      const std::string_view word = Keyword(line);
      if (word.empty()) return Bad("not a keyword: '", line, "'");
      SKEIN_RETURN_IF_ERROR(word == "about" || word == "graph" || word == "modes"
                                ? Head(word, Rest(line, word))
                                : Body(word, Rest(line, word)));
    }
    return std::move(cases_);
  }

 private:
  template <typename... Parts>
  absl::Status Bad(const Parts&... parts) const {
    return InvalidArgument(path_, ":", at_ + 1, ": ", parts...);
  }

  absl::Status Head(std::string_view word, std::string rest) {
    if (word == "about") {
      Case c;
      c.file = path_;
      c.line = static_cast<int>(at_) + 1;
      c.about = std::move(rest);
      cases_.push_back(std::move(c));
      return absl::OkStatus();
    }
    if (cases_.empty() || !cases_.back().steps.empty()) return Bad(word, " belongs after about");
    if (word == "graph") cases_.back().graph = rest;
    if (word == "modes") cases_.back().modes = Words(rest);
    return absl::OkStatus();
  }

  absl::Status Body(std::string_view word, std::string rest) {
    if (cases_.empty()) return Bad("a case begins with about");
    std::vector<Step>& steps = cases_.back().steps;
    if (word == "param") {
      const size_t equals = rest.find('=');
      if (equals == std::string::npos) return Bad("param NAME = LITERAL");
      absl::StatusOr<Value> value = ParseLiteral(rest.substr(equals + 1));
      if (!value.ok()) return Bad("param: ", Message(value.status()));
      parameters_.emplace_back(Rest(rest.substr(0, equals), ""), *value);
      return absl::OkStatus();
    }
    if (word == "query") {
      Step step;
      step.line = static_cast<int>(at_) + 1;
      step.query = std::move(rest);
      step.parameters = std::exchange(parameters_, {});
      while (at_ + 1 < lines_.size() && lines_[at_ + 1].starts_with(std::string(kIndent, ' '))) {
        step.query += "\n" + lines_[++at_].substr(kIndent);
      }
      steps.push_back(std::move(step));
      return absl::OkStatus();
    }
    if (steps.empty()) return Bad(word, " belongs after query");
    return Expect(word, std::move(rest), &steps.back());
  }

  absl::Status Expect(std::string_view word, std::string rest, Step* step) {
    if (word == "names") step->names = rest;
    if (word == "error") step->error = rest;
    if (word == "plan") step->plan.push_back(rest);
    if (word == "rows") {
      step->has_rows = true;
      step->ordered = rest == "ordered";
      if (!rest.empty() && rest != "ordered" && rest != "unordered") return Bad("rows ", rest, "?");
      while (at_ + 1 < lines_.size() && !lines_[at_ + 1].empty() &&
             Keyword(lines_[at_ + 1]).empty() && !lines_[at_ + 1].starts_with('#')) {
        step->rows.push_back(lines_[++at_]);
      }
    }
    if (word == "writes") {
      step->has_writes = true;
      for (const std::string& entry : Words(rest)) {
        const size_t equals = entry.find('=');
        if (equals == std::string::npos) return Bad("writes NAME=NUMBER ...");
        step->writes[entry.substr(0, equals)] = std::stoull(entry.substr(equals + 1));
      }
    }
    return absl::OkStatus();
  }

  const std::string path_;
  std::vector<std::string> lines_;
  size_t at_ = 0;
  std::vector<Case> cases_;
  ValueMap parameters_;
};

}  // namespace

absl::StatusOr<std::vector<Case>> ReadCases(const std::string& path) {
  return CaseReader(path).Read();
}

absl::Status AcceptCases(const std::string& path, const std::map<int, Actual>& actual) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<std::string> lines, Lines(path));
  std::string out;
  for (size_t at = 0; at < lines.size(); ++at) {
    out += lines[at] + "\n";
    const auto found = actual.find(static_cast<int>(at) + 1);
    if (found == actual.end()) continue;
    while (at + 1 < lines.size() && lines[at + 1].starts_with(std::string(kIndent, ' '))) {
      out += lines[++at] + "\n";
    }
    std::string how = "unordered";
    std::string others;
    // Old expectations go, what is no expectation stays.
    while (at + 1 < lines.size() && !lines[at + 1].empty()) {
      const std::string_view word = Keyword(lines[at + 1]);
      if (word == "query" || word == "about" || word == "param") break;
      ++at;
      if (word == "rows" && Rest(lines[at], word) == "ordered") how = "ordered";
      if (word == "names" || word == "plan" || word == "writes") others += lines[at] + "\n";
    }
    if (!found->second.error.empty()) {
      out += "error  " + found->second.error + "\n";
    } else {
      out += others;
      if (!found->second.rows.empty()) out += "rows   " + how + "\n";
      for (const std::string& row : found->second.rows) out += row + "\n";
    }
  }
  std::ofstream(path) << out;
  return absl::OkStatus();
}

}  // namespace skein::cases
