#include "storage/keys/sorted_keys.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace skein {
namespace {

// The eight bytes from `at` on as a number that orders like them; zeros where the key ends.
uint64_t HeadOf(const SortedKeys::Entry& entry, size_t at) {
  uint64_t head = 0;
  const size_t n = std::min<size_t>(entry.size - at, sizeof head);
  for (size_t i = 0; i < n; ++i) head = head << 8 | static_cast<uint8_t>(entry.begin[at + i]);
  return n == 0 ? 0 : head << 8 * (sizeof head - n);
}

bool Less(const SortedKeys::Entry& a, const SortedKeys::Entry& b) {
  const int order = a.key().compare(b.key());
  if (order != 0) return order < 0;
  return std::tie(a.number, a.extra) < std::tie(b.number, b.extra);
}

}  // namespace

void SortedKeys::Add(std::string_view key, uint64_t number, uint32_t extra) {
  char* const at = arena_.Take(key.size());
  std::memcpy(at, key.data(), key.size());
  entries_.push_back({0, at, static_cast<uint32_t>(key.size()), extra, number});
}

void SortedKeys::Sort() {
  if (entries_.empty()) return;
  // What all begin with says nothing.
  size_t common = entries_[0].size;
  for (const Entry& entry : entries_) {
    common = std::min<size_t>(common, entry.size);
    size_t same = 0;
    while (same < common && entry.begin[same] == entries_[0].begin[same]) ++same;
    common = same;
    if (common == 0) break;
  }
  for (Entry& entry : entries_) entry.head = HeadOf(entry, common);
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.head != b.head ? a.head < b.head : Less(a, b);
  });
}

MergedKeys::MergedKeys(std::vector<const SortedKeys*> parts)
    : parts_(std::move(parts)), at_(parts_.size(), 0) {}

const SortedKeys::Entry* MergedKeys::Next() {
  const SortedKeys::Entry* least = nullptr;
  size_t from = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (at_[i] == parts_[i]->size()) continue;
    const SortedKeys::Entry& entry = (*parts_[i])[at_[i]];
    if (least != nullptr && !Less(entry, *least)) continue;
    least = &entry;
    from = i;
  }
  if (least != nullptr) ++at_[from];
  return least;
}

}  // namespace skein
