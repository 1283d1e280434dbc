// Time keys: the promise that a property of a link type spells its valid-from (schema/catalog.h).
//
// Keeping   A commit holds every link that it writes against its type's promise, under index_mu,
//           and breaks the promise durably before the first link that does not fit is visible.
//           Declaring takes index_mu alone: a commit either fits the new promise or is over before
//           it is made. A transaction's own writes are held against nothing until then.
//           Internal to storage/graph.
#pragma once

#include <memory>

#include "storage/graph/core.h"
#include "storage/graph/overlay.h"

namespace skein {

// Whether the link keeps the promise.
bool FitsTimeKey(const TimeKey& key, const LinkRecord& link);
// `value`: of the property; nullptr: the link has none.
bool FitsTimeKey(const TimeKey& key, const Value* value, TimeUs from);

absl::Status DeclareTimeKey(const std::shared_ptr<GraphCore>& core, LinkTypeId type, TimeKey key);
// Of all links that a transaction writes; core.index_mu is held shared.
absl::Status KeepTimeKeys(GraphCore& core, const Overlay::LinkChanges& links);

}  // namespace skein
