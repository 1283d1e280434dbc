// Arena: room for many small strings that go together, at a pointer's cost each.
//
// Lifetime  What Take gave stays where it is until Clear or the arena goes.
// Threads   One at a time.
// Cost      One allocation every kBlock bytes; the rest of a block that a string does not fit is
// lost.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace skein {

class Arena {
 public:
  // n bytes, not initialised.
  char* Take(size_t n) {
    if (left_ < n || blocks_.empty()) {  // empty too when it was moved from
      const size_t block = std::max(kBlock, n);
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
      at_ = blocks_.back().get();
      left_ = block;
      bytes_ += block;
    }
    char* const taken = at_;
    at_ += n;
    left_ -= n;
    return taken;
  }
  void Clear() { *this = Arena(); }
  size_t bytes() const { return bytes_; }  // of all blocks

 private:
  static constexpr size_t kBlock = size_t{1} << 20;

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  size_t left_ = 0, bytes_ = 0;
};

}  // namespace skein
