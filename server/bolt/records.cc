#include "server/bolt/records.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/engine/elements.h"
#include "server/bolt/packstream.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

constexpr uint8_t kRecord = 0x71;
constexpr uint8_t kNode = 0x4E;
constexpr uint8_t kRelationship = 0x52;
constexpr uint8_t kUnboundRelationship = 0x72;
constexpr uint8_t kPath = 0x50;

class Encoder {
 public:
  Encoder(Cursor& cursor, const RecordFormat& format) : cursor_(cursor), format_(format) {}

  absl::Status Load(std::span<const std::vector<Value>> rows) {
    return elements_.Load(cursor_, rows);
  }

  absl::Status Row(const std::vector<Value>& row, PackWriter& w) {
    w.StructHeader(kRecord, 1);
    w.ListHeader(row.size());
    for (const Value& v : row) SKEIN_RETURN_IF_ERROR(Item(v, w));
    return absl::OkStatus();
  }

 private:
  absl::Status Item(const Value& v, PackWriter& w) {
    switch (v.kind()) {
      case ValueKind::kNull:
        w.Null();
        break;
      case ValueKind::kBoolean:
        w.Boolean(v.boolean());
        break;
      case ValueKind::kInteger:
        w.Integer(v.integer());
        break;
      case ValueKind::kFloat:
        w.Float(v.real());
        break;
      case ValueKind::kString:
        w.String(v.string());
        break;
      case ValueKind::kBytes:
        w.Bytes(v.bytes());
        break;
      case ValueKind::kList:
        w.ListHeader(v.list().size());
        for (const Value& item : v.list()) SKEIN_RETURN_IF_ERROR(Item(item, w));
        break;
      case ValueKind::kMap:
        return Properties(v.map(), w);
      case ValueKind::kNode:
        return Node(elements_.node(v.node()), w);
      case ValueKind::kLink:
        return Relationship(elements_.link(v.link()), w);
      case ValueKind::kPath:
        return Path(v.path(), w);
      default:
        w.Structure(v);
        break;
    }
    return absl::OkStatus();
  }

  absl::Status Properties(const ValueMap& map, PackWriter& w) {
    w.MapHeader(map.size());
    for (const auto& [key, item] : map) {
      w.String(key);
      SKEIN_RETURN_IF_ERROR(Item(item, w));
    }
    return absl::OkStatus();
  }

  absl::Status Node(const NodeView& n, PackWriter& w) {
    w.StructHeader(kNode, format_.element_ids ? 4 : 3);
    w.Integer(n.id);
    w.ListHeader(n.labels.size());
    for (const std::string& label : n.labels) w.String(label);
    SKEIN_RETURN_IF_ERROR(Properties(n.properties, w));
    if (format_.element_ids) w.String(ElementId('n', n.id));
    return absl::OkStatus();
  }

  absl::Status Relationship(const LinkView& l, PackWriter& w) {
    w.StructHeader(kRelationship, format_.element_ids ? 8 : 5);
    w.Integer(l.id);
    w.Integer(l.from);
    w.Integer(l.to);
    w.String(l.type);
    SKEIN_RETURN_IF_ERROR(Properties(l.properties, w));
    if (format_.element_ids) {
      w.String(ElementId('l', l.id));
      w.String(ElementId('n', l.from));
      w.String(ElementId('n', l.to));
    }
    return absl::OkStatus();
  }

  absl::Status Unbound(const LinkView& l, PackWriter& w) {
    w.StructHeader(kUnboundRelationship, format_.element_ids ? 4 : 3);
    w.Integer(l.id);
    w.String(l.type);
    SKEIN_RETURN_IF_ERROR(Properties(l.properties, w));
    if (format_.element_ids) w.String(ElementId('l', l.id));
    return absl::OkStatus();
  }

  // Distinct nodes, distinct links, and the walk as index pairs: link (1-based, negative against
  // its direction), then node (0-based).
  absl::Status Path(const PathValue& path, PackWriter& w) {
    std::vector<NodeId> nodes;
    std::vector<LinkId> links;
    absl::flat_hash_map<NodeId, int64_t> node_at;
    absl::flat_hash_map<LinkId, int64_t> link_at;
    for (NodeId n : path.nodes) {
      if (node_at.try_emplace(n, static_cast<int64_t>(nodes.size())).second) nodes.push_back(n);
    }
    for (LinkId l : path.links) {
      if (link_at.try_emplace(l, static_cast<int64_t>(links.size())).second) links.push_back(l);
    }
    w.StructHeader(kPath, 3);
    w.ListHeader(nodes.size());
    for (NodeId n : nodes) SKEIN_RETURN_IF_ERROR(Node(elements_.node(n), w));
    w.ListHeader(links.size());
    for (LinkId l : links) SKEIN_RETURN_IF_ERROR(Unbound(elements_.link(l), w));
    w.ListHeader(2 * path.links.size());
    for (size_t i = 0; i < path.links.size(); ++i) {
      const LinkView& link = elements_.link(path.links[i]);
      const int64_t from = elements_.node(path.nodes[i]).id;
      const int64_t to = elements_.node(path.nodes[i + 1]).id;
      const bool forward = link.from == from && link.to == to;
      if (!forward && !(link.from == to && link.to == from)) {
        return Internal("a path's link does not join its nodes");
      }
      w.Integer((link_at.at(path.links[i]) + 1) * (forward ? 1 : -1));
      w.Integer(node_at.at(path.nodes[i + 1]));
    }
    return absl::OkStatus();
  }

  static std::string ElementId(char kind, int64_t id) { return kind + std::to_string(id); }

  Cursor& cursor_;
  const RecordFormat format_;
  Elements elements_;
};

}  // namespace

absl::Status AppendRecords(Cursor& cursor, std::span<const std::vector<Value>> rows,
                           const RecordFormat& format, std::string* out) {
  Encoder encoder(cursor, format);
  SKEIN_RETURN_IF_ERROR(encoder.Load(rows));
  std::string message;
  for (const auto& row : rows) {
    message.clear();
    PackWriter writer(&message, format.utc);
    SKEIN_RETURN_IF_ERROR(encoder.Row(row, writer));
    AppendChunked(message, out);
  }
  return absl::OkStatus();
}

}  // namespace skein::bolt
