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

// Version 0 had no stamp.
constexpr uint8_t kUnstamped = 0, kRecordVersion = 1;

// Past the version and the stamp.
bool ReadHead(ByteReader* in, Stamp* since) {
  const uint8_t version = in->Byte();
  *since = version == kUnstamped ? 0 : in->Be64();
  return in->ok() && version <= kRecordVersion;
}

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

}  // namespace

AdjacencyEntry EntryOf(const StoredLink& link, bool outgoing) {
  AdjacencyEntry entry;
  entry.neighbour = outgoing ? link.record.to : link.record.from;
  entry.neighbour_policy = outgoing ? link.to_policy : link.from_policy;
  entry.link = link.record.id;
  entry.valid = link.record.valid;
  entry.type = link.record.type;
  entry.policy = link.record.policy;
  entry.outgoing = outgoing;
  return entry;
}

bool AdjacencyLess(const AdjacencyEntry& a, const AdjacencyEntry& b) {
  if (a.outgoing != b.outgoing) return a.outgoing;
  return std::tie(a.type, a.valid.from, a.link) < std::tie(b.type, b.valid.from, b.link);
}

std::string EncodeNode(const NodeRecord& node, Stamp since) {
  std::string out(1, static_cast<char>(kRecordVersion));
  AppendBe64(&out, since);
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
  if (!ReadHead(&in, &node.since)) return std::nullopt;
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
  Stamp since = 0;
  if (!ReadHead(&in, &since)) return std::nullopt;
  const PolicyId policy{in.Varint32()};
  if (!in.ok()) return std::nullopt;
  return policy;
}

void MakeAdjacency(std::vector<AdjacencyEntry>* entries, size_t chunks, bool keep_gone) {
  if (chunks > 1) {
    std::stable_sort(entries->begin(), entries->end(),
                     [](const AdjacencyEntry& a, const AdjacencyEntry& b) {
                       return std::tie(a.link, a.outgoing) < std::tie(b.link, b.outgoing);
                     });
    size_t kept = 0;
    bool gone = false;  // of the entries of one link and direction: any
    for (size_t i = 0; i < entries->size(); ++i) {
      const AdjacencyEntry entry = (*entries)[i];
      gone = gone || entry.gone;
      const bool replaced = i + 1 < entries->size() && (*entries)[i + 1].link == entry.link &&
                            (*entries)[i + 1].outgoing == entry.outgoing;
      if (replaced) continue;
      if (keep_gone && gone && !entry.gone) {
        AdjacencyEntry& mark = (*entries)[kept++];  // of a former one of them
        mark = {};
        mark.link = entry.link;
        mark.outgoing = entry.outgoing;
        mark.gone = true;
      }
      (*entries)[kept++] = entry;
      gone = false;
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
