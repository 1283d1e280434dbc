// The nearest of some names to one that is not among them: for messages.
#pragma once

#include <string>
#include <string_view>

namespace skein::bind {

// Feed names, then ask. Distance is that of Damerau and Levenshtein without regard to ASCII case;
// at most a third of the letters may differ. Of equally near names the alphabetically first is
// taken, so that the answer does not depend on the order of feeding. Cost     O(length²) a name;
// longer names than 64 bytes are not compared.
class Suggestion {
 public:
  explicit Suggestion(std::string_view wanted) : wanted_(wanted) {}
  void Consider(std::string_view name);
  // "" or "; did you mean `name`?"
  std::string Text() const;

 private:
  std::string wanted_;
  std::string best_;
  size_t best_distance_ = SIZE_MAX;
};

}  // namespace skein::bind
