// RowMaker: one record of a file to what the mapping's rules make of it: nodes, links, sightings.
//
// Shape     Pure: no graph, no files. Names are numbers of a NameTable, so that the loader resolves
//           each to a catalogue id once.
// Order     Rules in the order of the mapping, nodes before links.
// Errors    Create: INVALID_ARGUMENT "mapping:line:column: ..." when a rule names a column that the
//           file does not have. Make: a record is taken whole or refused with one reason.
// Threads   one thread. Lifetime: borrows the mapping, its file rule and the name table.
// Cost      one conversion per used column and rule; one hash per key and content identity.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "importers/core/identity.h"
#include "importers/core/mapping.h"
#include "importers/core/record.h"
#include "storage/base/ids.h"

namespace skein {

// Labels, types and property names of one run, numbered in order of first use.
class NameTable {
 public:
  uint32_t Intern(std::string_view name);
  const std::string& Name(uint32_t number) const { return names_[number]; }
  size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;
};

using NamedValues = std::vector<std::pair<uint32_t, Value>>;

// A node by its key.
struct NodeKey {
  Identity identity;  // of (label, key)
  uint32_t label = 0;
  NamedValues key;
  // Of an end `any: [..]`: the labels after the first, with the key's identity under each. The
  // loader chooses (any_ends.h); identities of links are made with the first.
  std::vector<std::pair<uint32_t, Identity>> others;
};

// The identity of the entity of a label and a key.
Identity NodeIdentity(Hasher& hasher, const NameTable& names, uint32_t label,
                      const NamedValues& key);

struct NodeRow {
  const NodeRule* rule = nullptr;
  NodeKey key;
  NamedValues properties;  // without the key; no nulls
  std::optional<ValidTime> valid;
};

struct LinkRow {
  const LinkRule* rule = nullptr;
  uint32_t type = 0;
  NodeKey from, to;
  NamedValues properties;
  std::optional<ValidTime> valid;
  Identity identity;
};

struct Row {
  uint64_t number = 0;
  std::vector<NodeRow> nodes;
  std::vector<LinkRow> links;
  uint64_t nulled = 0;
  size_t bytes = 0;  // of memory, roughly
};

struct Rejection {
  std::string column, value, reason;
};

class RowMaker {
 public:
  // `columns`: the reader's. With `open_columns` (JSONL) a column that is not there is just null.
  static absl::StatusOr<std::unique_ptr<RowMaker>> Create(
      const Mapping& mapping, const FileRule& file, std::string file_name,
      const std::vector<std::string>& columns, bool open_columns, NameTable& names, absl::Time now);
  virtual ~RowMaker() = default;

  // `ordinal`: how many equal records of the file came before (see NeedsOrdinals). False: refused.
  virtual bool Make(const Record& record, uint32_t ordinal, Row* row, Rejection* why) = 0;

  // Whether some link takes its identity from content; then the caller counts equal records by
  // ContentHash.
  virtual bool needs_ordinals() const = 0;
  virtual uint64_t ContentHash(const Record& record) = 0;

  // For each node rule with properties that acts on the record: (hash of the key, hash of the raw
  // texts of its properties). Two records of one key with different texts disagree.
  virtual void KeyHashes(const Record& record, std::vector<std::pair<uint64_t, uint64_t>>* out) = 0;
};

// Columns that rules of `file` name, in order, for ReaderRequest; `lists` those declared as lists.
std::vector<std::string> UsedColumns(const FileRule& file, std::vector<std::string>* lists);
bool UsesOthers(const FileRule& file);

}  // namespace skein
