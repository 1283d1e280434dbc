// FusedReader: a graph in which every cluster is one node, for one viewer.
//
// A Reader over a Reader: the query layer asks it as it asks any other, and so sees entities in
// matching, properties, expansion, paths and counts. Nothing is stored: another viewer, or another
// assertion, and it is another graph.
//
// Entity    Its id is its first member's; any member's id means it. Labels: those of all members.
//           A property: of the members that have it, the value that a person wrote before those of
//           files, then the one received last, then the lowest member's.
// Links     Of an entity: those of all members. A link between two members is a loop.
// Values    A match on an index finds an entity by any member's value.
// Counts    Of entities; of links as they are.
// Order     As Reader's, by entity; within one the links come member by member.
// Viewer    The viewer given to calls must be the one it was made for.
// Threads   As the reader below. Lifetime: shares the reader below.
// Cost      Where nobody asserted anything, one test of a flag a call.
#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/graph/reader.h"
#include "storage/schema/catalog.h"

namespace skein {

std::shared_ptr<const Reader> MakeFusedReader(std::shared_ptr<const Reader> below, Viewer viewer);

// A Reader over another: a fused view, or one that counts what is asked of a view.
class ReaderView {
 public:
  virtual ~ReaderView() = default;
  virtual const Reader& below() const = 0;
};

// The reader at the bottom of such views, in which every node stands for itself; any other reader
// itself.
const Reader& Unfused(const Reader& reader);

// Which of two statements of one property an entity shows; see above.
class PropertyPreference {
 public:
  explicit PropertyPreference(const Catalog& catalog) : catalog_(catalog) {}
  bool Prefers(const Provenance& a, const Provenance& b);

 private:
  int64_t Received(BatchId id);
  const Catalog& catalog_;
  absl::flat_hash_map<BatchId, int64_t> received_;
};

// The nodes that are one entity with `node`, itself included, ascending; `reader` fused or not.
absl::Status MembersOf(const Reader& reader, const Viewer& viewer, NodeId node,
                       std::vector<NodeId>* out);

}  // namespace skein
