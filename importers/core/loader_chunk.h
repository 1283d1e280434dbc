// What a chunk of rows comes to before it is written. Internal to the loader.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "importers/core/loader.h"

namespace skein {

// One entity of a chunk, named by any number of rows.
struct Loader::Slot {
  NodeKey key;
  std::vector<const NodeRule*> rules;  // of definitions; empty: only links name it
  NamedValues properties;
  std::optional<ValidTime> valid;
  uint32_t row = 0;
  uint64_t definitions = 0;
  bool gathered = false;  // its values are written at EndFile

  std::optional<NodeId> id;
  bool imported = false;  // the store knows its identity
  std::optional<NodeRecord> record;
  std::vector<LabelId> missing_labels;
  std::vector<std::pair<KeyId, Value>> changes;
  bool set_valid = false;
  bool created = false;
  uint64_t kept = 0;
};

struct Loader::LinkSlot {
  LinkRow row;
  uint32_t number = 0;
  uint32_t from = 0, to = 0;  // slots
  uint64_t rows = 1;
  std::optional<LinkId> id;
  std::optional<LinkRecord> record;
  std::vector<std::pair<KeyId, Value>> changes;
  bool set_valid = false;
  bool replace = false;  // a keyed link whose ends moved
  bool bulk = false;     // loaded in bulk, unless it is there
  bool loaded = false;   // was loaded in bulk before
  bool existed = false;  // a sighting that was there already
};

struct Loader::Chunk {
  std::vector<Slot> nodes;
  std::vector<LinkSlot> links;
  absl::flat_hash_map<Identity, uint32_t> node_of, link_of;
};

}  // namespace skein
