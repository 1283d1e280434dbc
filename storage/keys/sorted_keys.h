// SortedKeys: short byte strings with two numbers each, gathered and then brought into order.
//
// Order     By unsigned bytes, then by number, then by extra. Equal entries stay as often as they
//           were added.
// Threads   One at a time; several objects may be sorted side by side and read with MergedKeys.
// Lifetime  Keys given back live as long as the object.
// Cost      32 bytes an entry and its key; sorting looks at eight bytes of a key where that is
//           enough, those that all keys begin with left out.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/keys/arena.h"

namespace skein {

class SortedKeys {
 public:
  struct Entry {
    uint64_t head = 0;  // of the key, while it is sorted
    const char* begin = nullptr;
    uint32_t size = 0, extra = 0;
    uint64_t number = 0;

    std::string_view key() const { return {begin, size}; }
  };

  void Add(std::string_view key, uint64_t number, uint32_t extra = 0);
  void Sort();

  size_t size() const { return entries_.size(); }
  const Entry& operator[](size_t i) const { return entries_[i]; }
  size_t bytes() const { return entries_.capacity() * sizeof(Entry) + arena_.bytes(); }

 private:
  std::vector<Entry> entries_;
  Arena arena_;
};

// All entries of several sorted ones, in order.
class MergedKeys {
 public:
  explicit MergedKeys(std::vector<const SortedKeys*> parts);
  // nullptr: there are no more.
  const SortedKeys::Entry* Next();

 private:
  std::vector<const SortedKeys*> parts_;
  std::vector<size_t> at_;
};

}  // namespace skein
