#include "query/bind/suggest.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace skein::bind {

namespace {

constexpr size_t kLengthMax = 64;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment: insertions, deletions, changes, and swaps of neighbours.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
          Lower(a[i - 2]) == Lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

void Suggestion::Consider(std::string_view name) {
  if (name.empty() || name.size() > kLengthMax || wanted_.size() > kLengthMax) return;
  if (name == wanted_) return;
  const size_t allowed = std::max<size_t>(1, wanted_.size() / 3);
  const size_t apart =
      name.size() > wanted_.size() ? name.size() - wanted_.size() : wanted_.size() - name.size();
  if (apart > allowed) return;
  const size_t distance = Distance(wanted_, name);
  // One letter for another is another name, not a slip.
  if (distance > allowed || (wanted_.size() <= 2 && distance > 0)) return;
  if (distance < best_distance_ || (distance == best_distance_ && name < best_)) {
    best_distance_ = distance;
    best_ = std::string(name);
  }
}

std::string Suggestion::Text() const {
  return best_.empty() ? "" : "; did you mean `" + best_ + "`?";
}

}  // namespace skein::bind
