// Catalog: the interned names of one graph space and what is declared about them.
//
// Names     Labels, link types and property keys are case-sensitive UTF-8, ≤ 255 bytes, not empty.
// Ids       Dense, in order of first use, never reused. Interning is durable before the id is used
//           in a commit that depends on it; an unused name may remain after a crash, harmlessly.
// Errors    INVALID_ARGUMENT    bad name; a property key on the refused list
//           ALREADY_EXISTS      an index or constraint is declared twice
//           RESOURCE_EXHAUSTED  more than 65,535 labels or types, 1 M keys
// Threads   Safe from any thread; look-ups share a lock that only a new name takes alone, briefly.
// Lifetime  Lives as long as the Graph that owns it; names returned live as long.
// Source    docs/formats/catalog.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/ids.h"

namespace skein {

// Who owns an element and who else may see it; interned to a PolicyId.
struct Policy {
  std::string owner_unit;     // unit key, empty for open data
  std::string compartment;    // empty: none
  std::string handling_code;  // empty: none
  bool operator==(const Policy&) const = default;
};

// One import run, or the origin of facts written by people. Links, nodes and properties carry
// (batch, row): source, file and record follow from it.
struct Batch {
  BatchId id{};
  std::string source;       // the source's name in its mapping, or "workbench", "bolt", "shell"
  std::string file;         // file name; empty for facts written by people
  std::string file_sha256;  // hex; empty for facts written by people
  std::string mapping;      // mapping file's name and version
  std::string person;       // who ran it
  std::string case_number;  // purpose it ran under; empty in a sandbox
  int64_t received_us = 0;
  uint64_t rows = 0;       // rows accepted so far
  bool published = false;  // the whole batch has been written
};

// kRange answers equality and ranges; kUnique too, and forbids two nodes of one owner unit to agree
// in all its properties; kText is a declaration only: every text is searchable anyway; kPoint finds
// nodes by where they are (its first property) and when (its second, if it has one).
enum class IndexKind : uint8_t { kRange, kUnique, kText, kPoint };
std::string_view IndexKindName(IndexKind kind);  // RANGE, UNIQUE, TEXT, POINT

// Declared on (label, properties). A unique index is also a constraint.
struct IndexInfo {
  uint32_t id = 0;
  std::string name;
  IndexKind kind = IndexKind::kRange;
  LabelId label{};
  std::vector<KeyId> keys;
  bool online = false;  // false while it is being built
};

// How a property spells the moment from which its link is valid.
enum class TimeUnit : uint8_t {
  kSeconds = 0,        // INTEGER since 1970 UTC
  kMillis = 1,         // INTEGER
  kMicros = 2,         // INTEGER
  kLocalDateTime = 3,  // LOCAL DATETIME, read as UTC
  kDateTime = 4,       // DATETIME of any zone
};

// A promise about every link of one type, in every version from `since` on: its property `key` says
// its valid-from, exactly; where the property is missing, valid-from is kTimeMin. So a range of the
// property is a range of valid time, and an expansion may take it as its window
// (ExpandOptions::by_start). Whatever writes links, bulk loads included, asks for each whether it
// keeps the promise (FitsTimeKey, storage/graph/time_key.h), and ends it before the first that does
// not becomes visible.
struct TimeKey {
  KeyId key{};
  TimeUnit unit = TimeUnit::kSeconds;
  Version since{};
  bool operator==(const TimeKey&) const = default;
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  // Look-ups never create. nullopt: no such name has been used in this space.
  virtual std::optional<LabelId> FindLabel(std::string_view name) const = 0;
  virtual std::optional<LinkTypeId> FindLinkType(std::string_view name) const = 0;
  virtual std::optional<KeyId> FindKey(std::string_view name) const = 0;

  // Find or create. A new name waits for the disk once; INVALID_ARGUMENT and RESOURCE_EXHAUSTED as
  // above, else as Store::Commit. A policy that is all empty is open data, id 0.
  virtual absl::StatusOr<LabelId> InternLabel(std::string_view name) = 0;
  virtual absl::StatusOr<LinkTypeId> InternLinkType(std::string_view name) = 0;
  virtual absl::StatusOr<KeyId> InternKey(std::string_view name) = 0;
  virtual absl::StatusOr<PolicyId> InternPolicy(const Policy& policy) = 0;

  // A sighting type's links form sets (equal content is one), carry a time, and answer
  // trajectories.
  virtual absl::Status DeclareSightingType(LinkTypeId type) = 0;
  virtual bool IsSightingType(LinkTypeId type) const = 0;

  // nullopt: no promise is made, or a write has broken it (then none is made ever again).
  virtual std::optional<TimeKey> GetTimeKey(LinkTypeId type) const = 0;
  // Changes whenever GetTimeKey may answer differently: plans rest on it.
  virtual uint64_t time_key_epoch() const = 0;

  // Ids must come from this catalogue (checked: a foreign id stops the program). The views live as
  // long as the catalogue.
  virtual std::string_view Name(LabelId id) const = 0;
  virtual std::string_view Name(LinkTypeId id) const = 0;
  virtual std::string_view Name(KeyId id) const = 0;
  virtual Policy GetPolicy(PolicyId id) const = 0;

  virtual uint32_t label_count() const = 0;
  virtual uint32_t link_type_count() const = 0;
  virtual uint32_t key_count() const = 0;
  virtual uint32_t policy_count() const = 0;

  // Batches, oldest first. GetBatch: NOT_FOUND.
  virtual absl::StatusOr<Batch> GetBatch(BatchId id) const = 0;
  virtual std::vector<Batch> Batches() const = 0;

  // Indexes and constraints, by id, those being built included. FindIndex matches properties in
  // order; nullopt: none is declared like that.
  virtual std::vector<IndexInfo> Indexes() const = 0;
  virtual std::optional<IndexInfo> FindIndex(LabelId label, const std::vector<KeyId>& keys,
                                             IndexKind kind) const = 0;
};

}  // namespace skein
