// Compiled patterns of `=~`; internal to query/functions.
//
// Cost      RE2 matches in time linear in the text, whatever the pattern. One pattern may use 1
// MiB; the
//           cache keeps the last kPatternsMax patterns, so a pattern per row compiles per row.
// Threads   One cache serves one thread, as its EvalContext.
#pragma once

#include <re2/re2.h>

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace skein::functions {

class RegexCache {
 public:
  // The pattern, compiled; valid until the next call.
  absl::StatusOr<const RE2*> Find(std::string_view pattern);

 private:
  static constexpr size_t kPatternsMax = 16;
  static constexpr int64_t kPatternBytesMax = int64_t{1} << 20;

  // Most recently used first; so few that a list is the quickest index.
  std::list<std::unique_ptr<RE2>> patterns_;
};

}  // namespace skein::functions
