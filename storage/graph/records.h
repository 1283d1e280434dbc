// Records as stored and as cached: nodes and links. Adjacency is in adjacency_page.h.
//
// Shape     Values begin with a version byte (0). A link's record and its two adjacency entries
//           repeat the policies of both ends, which never change, so that visibility is decided
//           without reading the ends.
// Chunks    A page of links is a list of chunks in order of writing; what a later chunk says of a
//           link replaces what an earlier one said. So links are written blindly: a hub's links
//           never conflict. Folding makes one chunk of a list.
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

struct StoredLink {
  LinkRecord record;
  PolicyId from_policy{};
  PolicyId to_policy{};

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
  bool gone = false;  // in chunks only: the link is no more
};

// All links of one node, ascending by (out before in, type, valid-from, link).
struct AdjacencyList {
  PolicyId policy{};  // of the node
  std::vector<AdjacencyEntry> entries;
};

bool AdjacencyLess(const AdjacencyEntry& a, const AdjacencyEntry& b);

// Links of one page, ascending by id.
struct LinkPageRecords {
  std::vector<StoredLink> links;
  size_t bytes = 0;
};

std::string EncodeNode(const NodeRecord& node);
std::optional<NodeRecord> DecodeNode(NodeId id, std::string_view bytes);
// Only the policy: what scans need.
std::optional<PolicyId> DecodeNodePolicy(std::string_view bytes);

// A chunk of a page: links (nullptr: deleted), all of page `page`, ascending.
std::string EncodeLinkChunk(uint64_t page,
                            const std::vector<std::pair<LinkId, const StoredLink*>>& links);
// Applies a chunk on top of earlier ones. `links` stays ascending.
bool ApplyLinkChunk(uint64_t page, std::string_view bytes, LinkPageRecords* links);

// From entries of chunks, in order of writing, to a list: of each (link, direction) the last one
// stays; gone ones are dropped unless kept (then in no order); the rest ascends by AdjacencyLess.
void MakeAdjacency(std::vector<AdjacencyEntry>* entries, size_t chunks, bool keep_gone);

size_t HeapBytes(const NodeRecord& node);
size_t HeapBytes(const StoredLink& link);

}  // namespace skein
