// Where everything lies: the keys of every table, in one place.
//
// Shape     Every key begins with the space: 0 the store itself, 1 users, 2 system; so two graphs
//           in one store never meet, and ids follow big-endian, so that partitions (kv/store.h)
//           are ranges of neighbouring ids.
// Order     Scans of a prefix run by id, then by chunk: later chunks supersede earlier ones.
// Source    docs/formats/graph.md
#pragma once

#include <string>
#include <string_view>

#include "storage/base/ids.h"
#include "storage/keys/bytes.h"

namespace skein {

// Numbers are for life.
enum class SpaceId : uint8_t { kStore = 0, kUsers = 1, kSystem = 2 };

inline constexpr uint64_t kLinksPerPage = 256;  // link records are packed by id >> 8
inline constexpr uint64_t LinkPage(LinkId id) { return Raw(id) / kLinksPerPage; }

class Layout {
 public:
  explicit Layout(SpaceId space) : space_(static_cast<char>(space)) {}

  std::string Space() const { return std::string(1, space_); }

  // kMeta: named counters and secrets.
  std::string Meta(std::string_view name) const { return Space().append(name); }

  // kCatalog: 'L' label, 'T' type, 'K' key, 'P' policy, 'B' batch, 'I' index, 'S' sighting type,
  // 'W' time key of a link type.
  std::string Catalog(char kind) const { return Space() + kind; }
  std::string Catalog(char kind, uint32_t id) const { return With32(Catalog(kind), id); }

  // kNodes
  std::string Node(NodeId id) const { return With64(Space(), skein::Raw(id)); }

  // kLabels: value is the node's policy as a varint.
  std::string Label(LabelId label) const { return With32(Space(), U32(label)); }
  std::string Label(LabelId label, NodeId id) const { return With64(Label(label), skein::Raw(id)); }

  // kLinks: pages of 256 link ids, each a list of chunks.
  std::string Page(uint64_t page) const { return With64(Space(), page); }
  std::string Page(uint64_t page, uint64_t chunk) const { return With64(Page(page), chunk); }

  // kAdjacency: pages of 64 vertices, each a list of chunks.
  std::string Adjacency(uint64_t page) const { return With64(Space(), page); }
  std::string Adjacency(uint64_t page, uint64_t chunk) const {
    return With64(Adjacency(page), chunk);
  }

  // kAdjacency, after all pages: what a commit said of links, by chunk number, until it is in
  // pages; and how far the folding of some of these has come.
  std::string Runs() const { return Adjacency(UINT64_MAX); }
  std::string Run(uint64_t chunk) const { return Adjacency(UINT64_MAX, chunk); }
  std::string RunsFolded() const { return Run(UINT64_MAX); }

  // kIndex: values in key order (keys/value_key.h), then the node; value is the node's policy.
  std::string Index(uint32_t index) const { return With32(Space(), index); }

  // kText: 'c' whole, compacted; 'w' word or pair of Chinese characters; 'p' pinyin.
  std::string Text(char kind, std::string_view token_prefix) const {
    return (Space() + kind).append(token_prefix);
  }
  std::string Text(char kind, std::string_view token, uint64_t chunk) const {
    return With64(Text(kind, token) + '\0', chunk);
  }

  // kImports: 'i' identity of an imported row, value is the id; 'h' identities of rows loaded in
  // bulk, by their first two bytes.
  std::string Import(std::string_view identity) const { return (Space() + 'i').append(identity); }
  std::string BulkIdentities() const { return Space() + 'h'; }
  std::string BulkIdentities(uint16_t bucket) const {
    std::string key = BulkIdentities();
    key.push_back(static_cast<char>(bucket >> 8));
    key.push_back(static_cast<char>(bucket & 0xff));
    return key;
  }
  std::string BulkIdentities(uint16_t bucket, uint64_t chunk) const {
    return With64(BulkIdentities(bucket), chunk);
  }

  // kStats: counters.
  std::string NodeCount(uint32_t label) const { return With32(Space() + 'n', label); }
  std::string NodeCount(uint32_t label, PolicyId policy) const {
    return With32(NodeCount(label), U32(policy));
  }
  std::string LinkCount(uint32_t type) const { return With32(Space() + 'l', type); }
  std::string LinkCount(uint32_t type, PolicyId link, PolicyId from, PolicyId to) const {
    return With32(With32(With32(LinkCount(type), U32(link)), U32(from)), U32(to));
  }
  std::string PropertyCount() const { return Space() + 'p'; }

  // kFusion: each assertion once at each of its two nodes. kMeta "fusion_token": a value that no
  // other state of the space's assertions has.
  std::string Fusion(NodeId node) const { return With64(Space(), skein::Raw(node)); }
  std::string Fusion(NodeId node, NodeId other, uint64_t id) const {
    return With64(With64(Fusion(node), skein::Raw(other)), id);
  }
  std::string FusionToken() const { return Meta("fusion_token"); }

  // kVersions: what was before the commit of the version that ends the key. 'n' node record, 'l'
  // link record (a chunk of a link page), 'a' a link that a node has no more, 'd' a row of labels
  // or indexes that is no more; 'f' fusion row as of the version. 'i' an index: the version from
  // which on it is complete. kMeta "load": the version of each bulk load, by its chunk number.
  std::string Was(char kind) const { return Space() + kind; }
  std::string Was(char kind, uint64_t id) const { return With64(Was(kind), id); }
  std::string WasLinked(NodeId node) const { return Was('a', skein::Raw(node)); }
  std::string WasLinked(NodeId node, LinkId link) const {
    return With64(WasLinked(node), skein::Raw(link));
  }
  std::string WasRow(char table, std::string_view key) const {
    return (Was('d') + table).append(key);
  }
  std::string WasFusion(std::string_view key) const { return Was('f').append(key); }
  std::string IndexBuilt(uint32_t index) const { return With32(Was('i'), index); }
  std::string Horizon() const { return Meta("horizon"); }
  std::string Loads() const { return Meta("load"); }
  std::string Load(uint64_t chunk) const { return With64(Loads(), chunk); }

  // kLocks: 'e' a link is changed, 'k' a key is taken, 's' a sighting of this content is made.
  std::string Lock(char kind, uint64_t id) const { return With64(Space() + kind, id); }
  std::string Lock(char kind, std::string_view key) const { return (Space() + kind).append(key); }

 private:
  template <typename Id>
  static uint32_t U32(Id id) {
    return static_cast<uint32_t>(id);
  }
  static std::string With32(std::string key, uint32_t v) {
    AppendBe32(&key, v);
    return key;
  }
  static std::string With64(std::string key, uint64_t v) {
    AppendBe64(&key, v);
    return key;
  }

  char space_;
};

// Label (type) id under which the totals over all labels (types) are counted.
inline constexpr uint32_t kAllNames = UINT32_MAX;

// The last eight bytes of a key as a number: the id, or the chunk, with which most keys end.
inline uint64_t TrailingId(std::string_view key) {
  return key.size() < 8 ? 0 : ByteReader(key.substr(key.size() - 8)).Be64();
}

}  // namespace skein
