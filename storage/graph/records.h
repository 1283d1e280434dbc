// Records: nodes as stored, links and adjacency in the form that readers want. How links are
// stored: link_page.h; adjacency: adjacency_page.h.
//
// Shape     Values begin with a version byte (0). A link's record and its two adjacency entries
//           repeat the policies of both ends, which never change, so that visibility is decided
//           without reading the ends.
// Errors    Decoders give nullopt or false for anything malformed; callers name table and key.
// Source    docs/formats/graph.md
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/graph/reader.h"

namespace skein {

// Since when a record is as it is: the version of the commit that wrote it, or the mark of the bulk
// load that did (GraphCore::VersionOf knows its version), or 0: as long as anybody remembers.
using Stamp = uint64_t;
inline constexpr Stamp LoadStamp(uint64_t chunk) { return uint64_t{1} << 63 | chunk; }
// Of what may have been written at any time.
inline constexpr Stamp kAnyTime = (uint64_t{1} << 63) - 1;
inline constexpr bool IsLoadStamp(Stamp stamp) { return stamp >> 63 != 0; }
// Where a node's record and a page's chunk have the stamp of the commit that writes them.
inline constexpr uint32_t kStampAt = 1;

struct StoredLink {
  LinkRecord record;
  PolicyId from_policy{};
  PolicyId to_policy{};
  Stamp since = 0;

  bool VisibleTo(const Viewer& viewer) const {
    return viewer.Sees(record.policy) && viewer.Sees(from_policy) && viewer.Sees(to_policy);
  }
};

using NodePtr = std::shared_ptr<const NodeRecord>;
using LinkPtr = std::shared_ptr<const StoredLink>;

struct AdjacencyEntry {
  NodeId neighbour{};
  LinkId link{};
  ValidTime valid;
  LinkTypeId type{};
  PolicyId policy{};
  PolicyId neighbour_policy{};
  bool outgoing = false;
  bool gone = false;  // in chunks only: what earlier ones say of the link is void
};

// All links of one node, ascending by (out before in, type, valid-from, link).
struct AdjacencyList {
  PolicyId policy{};  // of the node
  std::vector<AdjacencyEntry> entries;
};

// The link in the list of its beginning (outgoing) or of its end.
AdjacencyEntry EntryOf(const StoredLink& link, bool outgoing);

bool AdjacencyLess(const AdjacencyEntry& a, const AdjacencyEntry& b);

// The stamp lies at kStampAt.
std::string EncodeNode(const NodeRecord& node, Stamp since);
std::optional<NodeRecord> DecodeNode(NodeId id, std::string_view bytes);
// Only the policy: what scans need.
std::optional<PolicyId> DecodeNodePolicy(std::string_view bytes);

// From entries of chunks, in order of writing, to a list: of each (link, direction) the last one
// stays; gone ones are dropped unless kept (then in no order, and beside a present one where it
// replaces what is not among these); the rest ascends by AdjacencyLess.
void MakeAdjacency(std::vector<AdjacencyEntry>* entries, size_t chunks, bool keep_gone);

size_t HeapBytes(const NodeRecord& node);
size_t HeapBytes(const StoredLink& link);

}  // namespace skein
