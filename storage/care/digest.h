// Digests: whether two stores say the same.
//
// Cost      One sequential read of the store.
// Errors    As Store::MultiScan.
// Threads   Safe from any thread.
#pragma once

#include <string>

#include "storage/kv/store.h"

namespace skein {

// SHA-256, in hex, of every row of every table: equal for a store and its copy.
absl::StatusOr<std::string> StoreDigest(Store& store);
// The same of what the users' graph says: every node, link and list of links, whatever the chunks
// they are stored in.
absl::StatusOr<std::string> GraphDigest(Store& store);

}  // namespace skein
