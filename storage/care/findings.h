// Findings: what a check of a store found wrong, of which kind, and where.
//
// Shape     Damage of *derived* data (adjacency, labels, indexes, text, counters, marks) can be
//           rebuilt from the records; damage of *records* cannot, and asks for a backup. A *note*
//           is no damage: leftovers that a crash or a change may leave and that mislead nobody.
// Bounds    At most `lines_max` findings are handed to `show`; all are counted.
// Threads   One.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "storage/keys/layout.h"
#include "storage/kv/store.h"

namespace skein {

enum class FindingKind : uint8_t {
  kBytes,       // a checksum, or a file that cannot be read
  kCatalog,     // a row of the catalogue, or a number that the catalogue does not have
  kNode,        // a node's record
  kLink,        // a link's record
  kLinkEnd,     // a link whose end is missing, or has another policy than the link says
  kIdentity,    // identities of imported rows
  kFusion,      // assertions that nodes are the same
  kHistory,     // logs
  kConstraint,  // two nodes where a unique index allows one
  kTimeKey,     // a link that breaks its type's promise
  kVersion,     // what is remembered of the past, and stamps of the present
  kKey,         // a key of no known shape in a table of records
  kAdjacency,   // derived from here on
  kLabel,
  kIndex,
  kText,
  kCounter,
  kMark,           // a counter of ids behind the ids in use
  kStalePosting,   // notes from here on
  kLeftover,       // entries of an index that is no more
  kSightingTwice,  // sightings of equal content
};
inline constexpr size_t kFindingKinds = 21;
std::string_view FindingName(FindingKind kind);
inline bool IsRecordDamage(FindingKind kind) { return kind < FindingKind::kAdjacency; }
inline bool IsNote(FindingKind kind) { return kind >= FindingKind::kStalePosting; }

struct Finding {
  FindingKind kind{};
  SpaceId space{};
  Table table{};
  std::string place;  // the key, spelled: "page 12, node 790"
  std::string what;
};

// One line: "users/adjacency, page 12, node 790: …".
std::string FindingText(const Finding& finding);

class Findings {
 public:
  Findings(uint64_t lines_max, std::function<void(const Finding&)> show)
      : lines_max_(lines_max), show_(std::move(show)) {}

  void Add(Finding finding);
  // Found, but without a line of its own.
  void Count(FindingKind kind, uint64_t n = 1) { counts_[static_cast<size_t>(kind)] += n; }

  // More lines will be shown.
  bool wants_lines() const { return show_ != nullptr && shown_ < lines_max_; }
  uint64_t shown() const { return shown_; }
  uint64_t count(FindingKind kind) const { return counts_[static_cast<size_t>(kind)]; }
  uint64_t record_damage() const { return Sum(IsRecordDamage); }
  uint64_t damage() const {
    return Sum([](FindingKind kind) { return !IsNote(kind); });
  }

 private:
  uint64_t Sum(const std::function<bool(FindingKind)>& of) const;

  uint64_t lines_max_;
  std::function<void(const Finding&)> show_;
  uint64_t shown_ = 0;
  std::array<uint64_t, kFindingKinds> counts_{};
};

}  // namespace skein
