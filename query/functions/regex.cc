#include "query/functions/regex.h"

#include "query/functions/errors.h"

namespace skein::functions {

absl::StatusOr<const RE2*> RegexCache::Find(std::string_view pattern) {
  for (auto it = patterns_.begin(); it != patterns_.end(); ++it) {
    if ((*it)->pattern() == pattern) {
      patterns_.splice(patterns_.begin(), patterns_, it);
      return patterns_.front().get();
    }
  }
  RE2::Options options;
  options.set_max_mem(kPatternBytesMax);
  options.set_log_errors(false);
  auto compiled = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    return BadValue("'", pattern.substr(0, 100), "' is no pattern: ", compiled->error());
  }
  if (patterns_.size() == kPatternsMax) patterns_.pop_back();
  patterns_.push_front(std::move(compiled));
  return patterns_.front().get();
}

}  // namespace skein::functions
