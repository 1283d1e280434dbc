// Opening a store in a directory: format mark, profile, lock, and the files themselves.
//
// Shape     DIR/SKEIN   text: "skein store", "format 1", "profile sandbox|governed"; written once,
//                       at creation, and never changed
//           DIR/LOCK    held (flock) while open; contains the holder's process id
//           DIR/db/     the RocksDB database
//           DIR/log/    our log: what the database's files do not hold yet
//           DIR/BALLAST 16 MiB of nothing, given up when a full disk would keep the store shut
// Errors    NOT_FOUND            no store there, and `create` is off
//           FAILED_PRECONDITION  another format (named), or a directory that holds something else
//           UNAVAILABLE          another process holds it (its id is named), or the disk fails
//           DATA_LOSS            stored bytes are damaged, or log and database disagree
// Source    docs/formats/store.md
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/kv/rocks_store.h"
#include "storage/kv/store.h"

namespace skein {

inline constexpr uint32_t kStoreFormat = 1;

struct StoreProfile {
  uint32_t format = kStoreFormat;
  // Sandbox: no purpose asked, no units; for trying out and tests. Governed: the rules of a real
  // deployment. Decided once, when the store is made, and for ever.
  bool sandbox = false;
};

struct OpenStoreOptions {
  bool create = false;   // make it where there is none
  bool sandbox = false;  // profile of a store that is made; an existing one keeps its own
  RocksStoreOptions rocks;
};

struct OpenedStore {
  std::unique_ptr<Store> store;  // holds the lock too
  StoreProfile profile;
  // What opening repaired or cut off, a line each; nothing of it was acknowledged and is missing.
  std::vector<std::string> notes;
};

absl::StatusOr<OpenedStore> OpenStore(const std::string& dir, const OpenStoreOptions& options);

}  // namespace skein
