#include "server/main/line_editor.h"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>

namespace skein {
namespace {

constexpr int kHistoryMax = 2000;
constexpr size_t kCandidatesShown = 40;

class PipeEditor final : public LineEditor {
 public:
  std::optional<std::string> Read(const std::string&) override {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }
  void Remember(const std::string&) override {}
  bool interactive() const override { return false; }
};

class EditEditor final : public LineEditor {
 public:
  EditEditor(std::string file, Complete complete)
      : file_(std::move(file)), complete_(std::move(complete)) {
    edit_ = el_init("skein", stdin, stdout, stderr);
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryMax);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!file_.empty()) history(history_, &event, H_LOAD, file_.c_str());
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &EditEditor::Prompt);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_SIGNAL, 1);
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_ADDFN, "complete", "Complete a name", &EditEditor::OnTab);
    el_set(edit_, EL_BIND, "^I", "complete", nullptr);
    el_source(edit_, nullptr);
  }
  ~EditEditor() override {
    HistEvent event;
    if (!file_.empty()) history(history_, &event, H_SAVE, file_.c_str());
    history_end(history_);
    el_end(edit_);
  }
  EditEditor(const EditEditor&) = delete;
  EditEditor& operator=(const EditEditor&) = delete;

  std::optional<std::string> Read(const std::string& prompt) override {
    prompt_ = prompt;
    int count = 0;
    const char* line = el_gets(edit_, &count);
    if (line == nullptr || count <= 0) return std::nullopt;
    std::string text(line, static_cast<size_t>(count));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
  }
  void Remember(const std::string& statement) override {
    HistEvent event;
    history(history_, &event, H_ENTER, statement.c_str());
  }
  bool interactive() const override { return true; }

 private:
  static EditEditor& Self(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return *static_cast<EditEditor*>(self);
  }
  static char* Prompt(EditLine* edit) { return Self(edit).prompt_.data(); }

  static unsigned char OnTab(EditLine* edit, int) {
    const LineInfo* info = el_line(edit);
    const char* begin = info->cursor;
    const auto of_word = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == ':' ||
             static_cast<unsigned char>(c) >= 0x80;
    };
    while (begin > info->buffer && of_word(begin[-1])) --begin;
    const std::string_view word(begin, static_cast<size_t>(info->cursor - begin));
    const std::vector<std::string> found = Self(edit).complete_(word);
    if (found.empty()) return CC_REFRESH_BEEP;
    std::string common = found.front();
    for (const std::string& candidate : found) {
      const auto differ =
          std::mismatch(common.begin(), common.end(), candidate.begin(), candidate.end());
      common.erase(differ.first, common.end());
    }
    if (common.size() > word.size()) {
      return el_insertstr(edit, common.c_str() + word.size()) == 0 ? CC_REFRESH : CC_ERROR;
    }
    if (found.size() == 1) return CC_REFRESH;
    std::string shown = "\n";
    for (size_t i = 0; i < found.size() && i < kCandidatesShown; ++i) shown += found[i] + "  ";
    if (found.size() > kCandidatesShown) {
      shown += "… " + std::to_string(found.size() - kCandidatesShown) + " more";
    }
    std::printf("%s\n", shown.c_str());
    return CC_REDISPLAY;
  }

  const std::string file_;
  const Complete complete_;
  std::string prompt_;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
};

}  // namespace

std::unique_ptr<LineEditor> LineEditor::Make(std::string history_file, Complete complete) {
  if (isatty(STDIN_FILENO) == 0) return std::make_unique<PipeEditor>();
  return std::make_unique<EditEditor>(std::move(history_file), std::move(complete));
}

}  // namespace skein
