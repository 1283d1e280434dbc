// LineEditor: one line from a person at a terminal, with history and completion; from a pipe, the
// plain next line.
//
// libedit (readline is GPL) behind this header alone.
// Threads   One editor a process: libedit's completion has no context of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

class LineEditor {
 public:
  // `complete` gives the candidates for the word before the cursor. `history_file` is read now and
  // written at the end; empty: none is kept.
  using Complete = std::function<std::vector<std::string>(std::string_view word)>;
  static std::unique_ptr<LineEditor> Make(std::string history_file, Complete complete);
  virtual ~LineEditor() = default;

  // nullopt at the end of the input (Ctrl-D).
  virtual std::optional<std::string> Read(const std::string& prompt) = 0;
  // Adds a whole statement to the history.
  virtual void Remember(const std::string& statement) = 0;
  virtual bool interactive() const = 0;
};

}  // namespace skein
