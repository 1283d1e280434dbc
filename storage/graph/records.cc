#include "storage/graph/records.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/base/status.h"
#include "storage/keys/bytes.h"
#include "storage/keys/layout.h"
#include "storage/keys/value_codec.h"

namespace skein {
namespace {

constexpr char kRecordVersion = 0;

enum ValidFlags : uint8_t { kHasFrom = 1, kHasTo = 2 };

uint8_t ValidBits(const ValidTime& valid) {
  return static_cast<uint8_t>((valid.from != kTimeMin ? kHasFrom : 0) |
                              (valid.to != kTimeMax ? kHasTo : 0));
}

// `to` is written as its distance from `from`: mostly short.
void AppendValid(std::string* out, const ValidTime& valid) {
  if (valid.from != kTimeMin) AppendSigned(out, valid.from);
  if (valid.to == kTimeMax) return;
  AppendDelta(out, static_cast<uint64_t>(valid.to),
              valid.from != kTimeMin ? static_cast<uint64_t>(valid.from) : 0);
}

ValidTime ReadValid(ByteReader* in, uint8_t bits) {
  ValidTime valid;
  if ((bits & kHasFrom) != 0) valid.from = in->Signed();
  if ((bits & kHasTo) != 0) {
    const uint64_t base = (bits & kHasFrom) != 0 ? static_cast<uint64_t>(valid.from) : 0;
    valid.to = static_cast<int64_t>(in->Delta(base));
  }
  return valid;
}

// key << 1 | own source: most properties came with the record itself.
void AppendProperties(std::string* out, const std::vector<PropertyEntry>& properties,
                      const Provenance& source) {
  AppendVarint(out, properties.size());
  for (const PropertyEntry& property : properties) {
    const bool own = property.source != source;
    AppendVarint(out, Raw(property.key) << 1 | (own ? 1 : 0));
    if (own) {
      AppendVarint(out, Raw(property.source.batch));
      AppendVarint(out, property.source.row);
    }
    // Checked when the value was set; a failure here is a bug.
    SKEIN_CHECK(AppendValue(property.value, out).ok());
  }
}

bool ReadProperties(ByteReader* in, const Provenance& source,
                    std::vector<PropertyEntry>* properties) {
  const uint64_t n = in->Varint();
  if (n > in->left()) return false;
  properties->reserve(n);
  for (uint64_t i = 0; i < n; ++i) {
    const uint64_t key = in->Varint();
    if (key >> 1 > UINT32_MAX) return false;
    PropertyEntry property{KeyId{static_cast<uint32_t>(key >> 1)}, {}, source};
    if ((key & 1) != 0) {
      property.source.batch = BatchId{in->Varint32()};
      property.source.row = in->Varint32();
    }
    std::optional<Value> value = ReadValue(in);
    if (!value) return false;
    property.value = *std::move(value);
    properties->push_back(std::move(property));
  }
  return in->ok();
}

size_t PropertyBytes(const std::vector<PropertyEntry>& properties) {
  size_t bytes = properties.capacity() * sizeof(PropertyEntry);
  for (const PropertyEntry& property : properties) bytes += property.value.HeapBytes();
  return bytes;
}

enum LinkFlags : uint8_t {
  // 1 and 2 are ValidFlags
  kGone = 4,
  kHasPolicies = 8,
  kForeignBatch = 16,  // provenance names another batch than the id does
};

void AppendLink(std::string* out, LinkId id, const StoredLink* stored) {
  out->push_back(static_cast<char>(Raw(id) % kLinksPerPage));
  if (stored == nullptr) {
    out->push_back(static_cast<char>(kGone));
    return;
  }
  const LinkRecord& link = stored->record;
  const bool policies =
      Raw(link.policy) != 0 || Raw(stored->from_policy) != 0 || Raw(stored->to_policy) != 0;
  const bool foreign = Raw(link.source.batch) != Raw(id) >> 32;
  out->push_back(static_cast<char>(ValidBits(link.valid) | (policies ? kHasPolicies : 0) |
                                   (foreign ? kForeignBatch : 0)));
  AppendVarint(out, Raw(link.type));
  AppendVarint(out, Raw(link.from));
  AppendDelta(out, Raw(link.to), Raw(link.from));
  if (policies) {
    AppendVarint(out, Raw(link.policy));
    AppendVarint(out, Raw(stored->from_policy));
    AppendVarint(out, Raw(stored->to_policy));
  }
  if (foreign) AppendVarint(out, Raw(link.source.batch));
  AppendVarint(out, link.source.row);
  AppendValid(out, link.valid);
  AppendProperties(out, link.properties, link.source);
}

// False: malformed. A deleted link has record.type untouched and *gone set.
bool ReadLink(ByteReader* in, uint64_t page, StoredLink* stored, bool* gone) {
  const uint8_t row = in->Byte();
  const uint8_t flags = in->Byte();
  if (row >= kLinksPerPage) return false;
  LinkRecord& link = stored->record;
  link.id = LinkId{page * kLinksPerPage + row};
  *gone = (flags & kGone) != 0;
  if (*gone) return in->ok();
  link.type = LinkTypeId{in->Varint32()};
  link.from = NodeId{in->Varint()};
  link.to = NodeId{in->Delta(Raw(link.from))};
  if ((flags & kHasPolicies) != 0) {
    link.policy = PolicyId{in->Varint32()};
    stored->from_policy = PolicyId{in->Varint32()};
    stored->to_policy = PolicyId{in->Varint32()};
  }
  link.source.batch = (flags & kForeignBatch) != 0
                          ? BatchId{in->Varint32()}
                          : BatchId{static_cast<uint32_t>(Raw(link.id) >> 32)};
  link.source.row = in->Varint32();
  link.valid = ReadValid(in, flags);
  return ReadProperties(in, link.source, &link.properties);
}

}  // namespace

bool AdjacencyLess(const AdjacencyEntry& a, const AdjacencyEntry& b) {
  if (a.outgoing != b.outgoing) return a.outgoing;
  return std::tie(a.type, a.valid.from, a.link) < std::tie(b.type, b.valid.from, b.link);
}

std::string EncodeNode(const NodeRecord& node) {
  std::string out(1, kRecordVersion);
  AppendVarint(&out, Raw(node.policy));
  out.push_back(static_cast<char>(ValidBits(node.valid)));
  AppendVarint(&out, Raw(node.source.batch));
  AppendVarint(&out, node.source.row);
  AppendValid(&out, node.valid);
  AppendVarint(&out, node.labels.size());
  for (const LabelId label : node.labels) AppendVarint(&out, Raw(label));
  AppendProperties(&out, node.properties, node.source);
  return out;
}

std::optional<NodeRecord> DecodeNode(NodeId id, std::string_view bytes) {
  ByteReader in(bytes);
  NodeRecord node;
  node.id = id;
  if (in.Byte() != kRecordVersion) return std::nullopt;
  node.policy = PolicyId{in.Varint32()};
  const uint8_t valid = in.Byte();
  node.source.batch = BatchId{in.Varint32()};
  node.source.row = in.Varint32();
  node.valid = ReadValid(&in, valid);
  const uint64_t labels = in.Varint();
  if (labels > in.left()) return std::nullopt;
  for (uint64_t i = 0; i < labels; ++i) node.labels.push_back(LabelId{in.Varint32()});
  if (!ReadProperties(&in, node.source, &node.properties) || !in.done()) return std::nullopt;
  return node;
}

std::optional<PolicyId> DecodeNodePolicy(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.Byte();
  const PolicyId policy{in.Varint32()};
  if (!in.ok() || version != kRecordVersion) return std::nullopt;
  return policy;
}

std::string EncodeLinkChunk(uint64_t page,
                            const std::vector<std::pair<LinkId, const StoredLink*>>& links) {
  std::string out(1, kRecordVersion);
  for (const auto& [id, link] : links) {
    SKEIN_CHECK(LinkPage(id) == page);
    AppendLink(&out, id, link);
  }
  return out;
}

bool ApplyLinkChunk(uint64_t page, std::string_view bytes, LinkPageRecords* links) {
  ByteReader in(bytes);
  if (in.Byte() != kRecordVersion) return false;
  while (in.ok() && !in.done()) {
    StoredLink link;
    bool gone = false;
    if (!ReadLink(&in, page, &link, &gone)) return false;
    const LinkId id = link.record.id;
    auto& rows = links->links;
    auto at = rows.end();
    if (!rows.empty() && rows.back().record.id >= id) {
      at = std::lower_bound(rows.begin(), rows.end(), id,
                            [](const StoredLink& a, LinkId b) { return a.record.id < b; });
    }
    const bool there = at != rows.end() && at->record.id == id;
    if (gone) {
      if (there) rows.erase(at);
    } else if (there) {
      *at = std::move(link);
    } else {
      rows.insert(at, std::move(link));
    }
  }
  return in.ok();
}

void MakeAdjacency(std::vector<AdjacencyEntry>* entries, size_t chunks, bool keep_gone) {
  if (chunks > 1) {
    std::stable_sort(entries->begin(), entries->end(),
                     [](const AdjacencyEntry& a, const AdjacencyEntry& b) {
                       return std::tie(a.link, a.outgoing) < std::tie(b.link, b.outgoing);
                     });
    size_t kept = 0;
    for (size_t i = 0; i < entries->size(); ++i) {
      const AdjacencyEntry& entry = (*entries)[i];
      const bool replaced = i + 1 < entries->size() && (*entries)[i + 1].link == entry.link &&
                            (*entries)[i + 1].outgoing == entry.outgoing;
      if (!replaced) (*entries)[kept++] = entry;
    }
    entries->resize(kept);
  }
  if (!keep_gone) {
    std::erase_if(*entries, [](const AdjacencyEntry& entry) { return entry.gone; });
  }
  if (!std::is_sorted(entries->begin(), entries->end(), AdjacencyLess)) {
    std::sort(entries->begin(), entries->end(), AdjacencyLess);
  }
}

size_t HeapBytes(const NodeRecord& node) {
  return sizeof(node) + node.labels.capacity() * sizeof(LabelId) + PropertyBytes(node.properties);
}

size_t HeapBytes(const StoredLink& link) {
  return sizeof(link) + PropertyBytes(link.record.properties);
}

}  // namespace skein
