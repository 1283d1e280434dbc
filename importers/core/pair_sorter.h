// PairSorter: finds repeated first halves among very many pairs of hashes, in bounded memory.
//
// Used to find, before a file is loaded, the few records that are equal to another one (their
// ordinal is part of their identity) and the few keys whose records disagree.
//
// Order     Add all pairs, then Finish once.
// Errors    RESOURCE_EXHAUSTED  the temporary file cannot be written (disk full)
// Threads   one thread.
// Cost      16 bytes a pair up to `pairs_in_memory` (4 Mi: 64 MiB); beyond, sorted runs in an
//           unlinked temporary file, merged by Finish.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace skein {

class PairSorter {
 public:
  using Pair = std::pair<uint64_t, uint64_t>;

  explicit PairSorter(size_t pairs_in_memory = size_t{4} << 20) : most_(pairs_in_memory) {}

  absl::Status Add(Pair pair);

  // Calls `group` for every first half that occurs more than once: how often, and whether its
  // second halves differ. In ascending order of the first half.
  absl::Status Finish(
      const std::function<void(uint64_t first, uint64_t count, bool differ)>& group);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  absl::Status Spill();

  size_t most_;
  std::vector<Pair> pairs_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<size_t> runs_;  // lengths, in pairs
};

}  // namespace skein
