// The catalogue of one graph space, kept in a Store: Catalog plus what only the graph may do.
//
// Everything is in memory; a change is committed durably before anyone can see it. Two spaces of
// one store have catalogues of their own.
//
// Threads   Safe from any thread; look-ups share a lock that only a change holds alone.
// Lifetime  Borrows the Store and the clock. Names live as long as the catalogue.
// Source    docs/formats/catalog.md
#pragma once

#include <memory>

#include "storage/base/clock.h"
#include "storage/keys/layout.h"
#include "storage/kv/store.h"
#include "storage/schema/catalog.h"

namespace skein {

class StoredCatalog : public Catalog {
 public:
  // DATA_LOSS: a stored row does not decode (its key is named).
  static absl::StatusOr<std::unique_ptr<StoredCatalog>> Open(Store& store, SpaceId space,
                                                             Clock& clock);

  // Registers a run: fills in id and time received. RESOURCE_EXHAUSTED past 2^31 batches.
  virtual absl::StatusOr<BatchId> AddBatch(Batch batch) = 0;
  // NOT_FOUND: no such batch.
  virtual absl::Status FinishBatch(BatchId id, uint64_t rows) = 0;

  // Declares an index (offline); fills in its id. ALREADY_EXISTS, INVALID_ARGUMENT.
  virtual absl::StatusOr<IndexInfo> AddIndex(IndexInfo index) = 0;
  virtual absl::Status SetIndexOnline(uint32_t id) = 0;
  // NOT_FOUND. The entries are the caller's to remove.
  virtual absl::Status RemoveIndex(uint32_t id) = 0;

  // Makes a type's promise, which Graph::DeclareTimeKey has found to hold; no effect where one was
  // made before. BreakTimeKey ends it for ever, durably before it returns.
  virtual absl::Status SetTimeKey(LinkTypeId type, const TimeKey& key) = 0;
  virtual absl::Status BreakTimeKey(LinkTypeId type) = 0;

  // Of an index, without its name and properties; nullopt: there is none.
  struct IndexState {
    IndexKind kind = IndexKind::kRange;
    bool online = false;
    size_t keys = 0;
  };
  virtual std::optional<IndexState> GetIndexState(uint32_t id) const = 0;

  // Changes whenever the set of indexes does; a cheap test for "same as before".
  virtual uint64_t index_epoch() const = 0;
};

}  // namespace skein
