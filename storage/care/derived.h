// DerivedRows: what the records say should be derived from them, against what is stored.
//
// Idea      Both sides are streamed in their own order, and each row adds its hash to (or takes it
//           from) the sum of its page of 64 nodes: where sums are zero the sets are equal, but for
//           a chance of 2^-64. So a whole store is compared in two sequential reads with 12 bytes
//           a page, and only pages that differ are held row by row, in a second go.
// Bounds    The window of pages it was made for; rows outside are left to the next window, whose
//           beginning next_page() tells. When gathering: the pages asked for.
// Threads   One. Internal to storage/care.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storage/graph/records.h"

namespace skein {

enum class Derived : uint8_t { kAdjacency, kLabel, kIndex };
inline constexpr size_t kDerivedKinds = 3;

// One link as seen from one of its ends, whole.
struct HalfLink {
  NodeId vertex{};
  PolicyId policy{};  // of the vertex
  AdjacencyEntry entry;
};
std::string HalfLinkRow(const HalfLink& half);
HalfLink ParseHalfLink(std::string_view row);
// Both ends of a link; a loop has two as well.
std::array<HalfLink, 2> HalvesOf(const StoredLink& link);

// A row of a table of keys and values.
std::string KeyedRow(std::string_view key, std::string_view value);
std::pair<std::string, std::string> ParseKeyedRow(std::string_view row);

// How often a row should be there, and how often it is.
struct RowCounts {
  uint32_t expected = 0, found = 0;
};

class DerivedRows {
 public:
  struct Page {
    Derived kind{};
    uint64_t page = 0;
    uint64_t rows = 0;  // expected
    bool operator==(const Page&) const = default;
  };
  using Rows = std::map<std::string, RowCounts>;

  // Compares the pages [first, last) by sums.
  DerivedRows(uint64_t first, uint64_t last) : first_(first), last_(last) {}
  // Holds the rows of these pages.
  explicit DerivedRows(const std::vector<Page>& pages);

  void Expect(Derived kind, uint64_t page, std::string_view row) { Count(kind, page, row, 1); }
  void Found(Derived kind, uint64_t page, std::string_view row) { Count(kind, page, row, -1); }
  // The page is wrong whatever its rows say (a chunk of it does not decode).
  void SetWrong(Derived kind, uint64_t page);
  // Sees to it that the page is in some window, without a row of it.
  void Name(uint64_t page) {
    if (!gathering_ && page >= last_ && page < next_page_) next_page_ = page;
  }
  bool gathering() const { return gathering_; }
  // Whether rows of this page are looked at at all.
  bool Wants(Derived kind, uint64_t page) const;

  // Pages whose two sides differ, in order.
  std::vector<Page> Differing() const;
  // When gathering: the rows of a page.
  const Rows& RowsOf(Derived kind, uint64_t page) const;
  // The first page at or after `last` that was named; UINT64_MAX: none.
  uint64_t next_page() const { return next_page_; }

 private:
  struct Sum {
    uint64_t hash = 0;
    uint32_t expected = 0;
  };
  void Count(Derived kind, uint64_t page, std::string_view row, int sign);

  const uint64_t first_ = 0, last_ = 0;
  bool gathering_ = false;
  uint64_t next_page_ = UINT64_MAX;
  std::array<std::vector<Sum>, kDerivedKinds> sums_;  // by page - first_, grown on demand
  std::array<absl::flat_hash_set<uint64_t>, kDerivedKinds> wrong_;
  std::array<std::map<uint64_t, Rows>, kDerivedKinds> rows_;
};

}  // namespace skein
