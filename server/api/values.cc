#include "server/api/values.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/escaping.h"
#include "storage/base/status.h"

namespace skein {
namespace {

void Typed(std::string_view type, std::string_view text, JsonWriter* out) {
  out->BeginObject().Member("$type", type).Member("value", text).EndObject();
}

std::string_view TemporalType(ValueKind kind) {
  switch (kind) {
    case ValueKind::kDate:
      return "date";
    case ValueKind::kLocalTime:
      return "localtime";
    case ValueKind::kTime:
      return "time";
    case ValueKind::kLocalDateTime:
      return "localdatetime";
    case ValueKind::kDateTime:
      return "datetime";
    default:
      return "duration";
  }
}

void WriteFloat(double v, JsonWriter* out) {
  if (std::isfinite(v)) {
    out->Float(v);
  } else {
    Typed("float", std::isnan(v) ? "NaN" : (v > 0 ? "Infinity" : "-Infinity"), out);
  }
}

void WritePath(const PathValue& path, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject().Member("$type", "path").Key("nodes").BeginArray();
  for (const NodeId id : path.nodes) out->String(ids.Text(id));
  out->EndArray().Key("links").BeginArray();
  for (const LinkId id : path.links) out->String(ids.Text(id));
  out->EndArray().EndObject();
}

void WritePoint(const Point& p, JsonWriter* out) {
  const bool height = p.srid == 4979 || p.srid == 9157;
  out->BeginObject().Member("$type", "point").Member("srid", int64_t{p.srid});
  WriteFloat(p.x, &out->Key("x"));
  WriteFloat(p.y, &out->Key("y"));
  if (height) WriteFloat(p.z, &out->Key("z"));
  out->EndObject();
}

bool Write(const Value& v, const ElementIds& ids, size_t depth, JsonWriter* out);

bool WriteMap(const ValueMap& map, const ElementIds& ids, size_t depth, JsonWriter* out) {
  bool escape = false;
  for (const auto& [key, value] : map) escape = escape || key == "$type";
  if (escape) out->BeginObject().Member("$type", "map").Key("value");
  bool whole = true;
  out->BeginObject();
  for (const auto& [key, value] : map) {
    out->Key(key);
    whole = Write(value, ids, depth + 1, out) && whole;
  }
  out->EndObject();
  if (escape) out->EndObject();
  return whole;
}

bool Write(const Value& v, const ElementIds& ids, size_t depth, JsonWriter* out) {
  if (depth > kValueDepthMax) {
    out->Null();
    return false;
  }
  switch (v.kind()) {
    case ValueKind::kNull:
      out->Null();
      return true;
    case ValueKind::kBoolean:
      out->Boolean(v.boolean());
      return true;
    case ValueKind::kInteger:
      if (v.integer() > kJsonIntegerMax || v.integer() < -kJsonIntegerMax) {
        Typed("integer", std::to_string(v.integer()), out);
      } else {
        out->Integer(v.integer());
      }
      return true;
    case ValueKind::kFloat:
      WriteFloat(v.real(), out);
      return true;
    case ValueKind::kString:
      out->String(v.string());
      return true;
    case ValueKind::kBytes:
      Typed("bytes", absl::Base64Escape(ToAbsl(v.bytes())), out);
      return true;
    case ValueKind::kList: {
      bool whole = true;
      out->BeginArray();
      for (const Value& item : v.list()) whole = Write(item, ids, depth + 1, out) && whole;
      out->EndArray();
      return whole;
    }
    case ValueKind::kMap:
      return WriteMap(v.map(), ids, depth, out);
    case ValueKind::kPoint:
      WritePoint(v.point(), out);
      return true;
    case ValueKind::kNode:
      out->BeginObject().Member("$type", "node").Member("id", ids.Text(v.node())).EndObject();
      return true;
    case ValueKind::kLink:
      out->BeginObject().Member("$type", "link").Member("id", ids.Text(v.link())).EndObject();
      return true;
    case ValueKind::kPath:
      WritePath(v.path(), ids, out);
      return true;
    default:
      Typed(TemporalType(v.kind()), TemporalText(v), out);
      return true;
  }
}

absl::Status BadValue(std::string_view type, std::string_view text) {
  return InvalidArgument("not a ", type, ": \"", text.substr(0, 64), "\"");
}

absl::StatusOr<Value> ReadPoint(const Json& json) {
  const Json* srid = json.Find("srid");
  const Json* x = json.Find("x");
  const Json* y = json.Find("y");
  const Json* z = json.Find("z");
  if (x == nullptr || y == nullptr || !x->is_number() || !y->is_number()) {
    return InvalidArgument("a point needs numbers x and y");
  }
  Point point;
  if (srid != nullptr && srid->is_integer()) point.srid = static_cast<uint32_t>(srid->integer());
  point.x = x->number();
  point.y = y->number();
  if (z != nullptr && z->is_number()) point.z = z->number();
  const bool height = point.srid == 4979 || point.srid == 9157;
  if (!height && point.srid != 4326 && point.srid != 7203) {
    return InvalidArgument("a point's srid is 4326, 4979, 7203 or 9157, not ", point.srid);
  }
  return Value::Of(point);
}

absl::StatusOr<Value> ReadScalar(std::string_view type, std::string_view text) {
  if (type == "integer") {
    int64_t v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size()) return BadValue(type, text);
    return Value::Integer(v);
  }
  if (type == "float") {
    if (text == "NaN") return Value::Float(std::numeric_limits<double>::quiet_NaN());
    if (text == "Infinity") return Value::Float(std::numeric_limits<double>::infinity());
    if (text == "-Infinity") return Value::Float(-std::numeric_limits<double>::infinity());
    double v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size()) return BadValue(type, text);
    return Value::Float(v);
  }
  if (type == "bytes") {
    std::string bytes;
    if (!absl::Base64Unescape(ToAbsl(text), &bytes)) return BadValue(type, text);
    return Value::Bytes(std::move(bytes));
  }
  return ParseTemporal(type, text);
}

absl::StatusOr<Value> ReadPath(const Json& json, const ElementIds& ids) {
  const Json* nodes = json.Find("nodes");
  const Json* links = json.Find("links");
  if (nodes == nullptr || links == nullptr || !nodes->is_array() || !links->is_array() ||
      nodes->array().size() != links->array().size() + 1) {
    return InvalidArgument("a path needs lists of nodes and links, one node more than links");
  }
  PathValue path;
  for (const Json& id : nodes->array()) {
    if (!id.is_string()) return InvalidArgument("a path's nodes are ids");
    SKEIN_ASSIGN_OR_RETURN(const NodeId node, ParseNodeId(id.string(), ids));
    path.nodes.push_back(node);
  }
  for (const Json& id : links->array()) {
    if (!id.is_string()) return InvalidArgument("a path's links are ids");
    SKEIN_ASSIGN_OR_RETURN(const LinkId link, ParseLinkId(id.string(), ids));
    path.links.push_back(link);
  }
  return Value::Path(std::move(path));
}

absl::StatusOr<Value> ReadMap(const Json& json, const ElementIds& ids) {
  ValueMap map;
  for (const auto& [key, member] : json.object()) {
    SKEIN_ASSIGN_OR_RETURN(Value value, ReadValue(member, ids));
    map.emplace_back(key, std::move(value));
  }
  return Value::Map(std::move(map));
}

absl::StatusOr<Value> ReadTyped(const std::string& type, const Json& json, const ElementIds& ids) {
  if (type == "point") return ReadPoint(json);
  if (type == "path") return ReadPath(json, ids);
  if (type == "node" || type == "link") {
    const Json* id = json.Find("id");
    if (id == nullptr || !id->is_string()) return InvalidArgument("a ", type, " needs an id");
    if (type == "node") {
      SKEIN_ASSIGN_OR_RETURN(const NodeId node, ParseNodeId(id->string(), ids));
      return Value::Node(node);
    }
    SKEIN_ASSIGN_OR_RETURN(const LinkId link, ParseLinkId(id->string(), ids));
    return Value::Link(link);
  }
  const Json* value = json.Find("value");
  if (value == nullptr) return InvalidArgument("a value of type ", type, " needs `value`");
  if (type == "map") {
    if (!value->is_object()) return InvalidArgument("the value of a map is an object");
    return ReadMap(*value, ids);
  }
  if (type == "float" && value->is_number()) return Value::Float(value->number());
  if (!value->is_string()) return InvalidArgument("the value of a ", type, " is a string");
  return ReadScalar(type, value->string());
}

}  // namespace

absl::StatusOr<ElementIdText> ParseElementId(std::string_view text) {
  ElementIdText out;
  if (text.size() < 2 || text.size() > 20 || (text[0] != 'n' && text[0] != 'l')) {
    return BadValue("element id", text);
  }
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), out.number);
  if (error != std::errc() || end != text.data() + text.size() || out.number < 0 ||
      text[1] == '-') {
    return BadValue("element id", text);
  }
  out.kind = text[0];
  return out;
}

absl::StatusOr<NodeId> ParseNodeId(std::string_view text, const ElementIds& ids) {
  SKEIN_ASSIGN_OR_RETURN(const ElementIdText id, ParseElementId(text));
  if (id.kind != 'n') return BadValue("node id", text);
  return ids.decode_node(id.number);
}

absl::StatusOr<LinkId> ParseLinkId(std::string_view text, const ElementIds& ids) {
  SKEIN_ASSIGN_OR_RETURN(const ElementIdText id, ParseElementId(text));
  if (id.kind != 'l') return BadValue("link id", text);
  return ids.decode_link(id.number);
}

bool WriteValue(const Value& value, const ElementIds& ids, JsonWriter* out) {
  return Write(value, ids, 0, out);
}

absl::StatusOr<Value> ReadValue(const Json& json, const ElementIds& ids) {
  switch (json.kind()) {
    case Json::Kind::kNull:
      return Value::Null();
    case Json::Kind::kBoolean:
      return Value::Boolean(json.boolean());
    case Json::Kind::kInteger:
      return Value::Integer(json.integer());
    case Json::Kind::kFloat:
      return Value::Float(json.number());
    case Json::Kind::kString:
      return Value::String(json.string());
    case Json::Kind::kArray: {
      ValueList list;
      for (const Json& item : json.array()) {
        SKEIN_ASSIGN_OR_RETURN(Value value, ReadValue(item, ids));
        list.push_back(std::move(value));
      }
      return Value::List(std::move(list));
    }
    case Json::Kind::kObject:
      if (const Json* type = json.Find("$type"); type != nullptr) {
        if (!type->is_string()) return InvalidArgument("$type is a string");
        return ReadTyped(type->string(), json, ids);
      }
      return ReadMap(json, ids);
  }
  return Value::Null();
}

absl::StatusOr<ValueMap> ReadParameters(const Json* json, const ElementIds& ids) {
  if (json == nullptr || json->is_null()) return ValueMap{};
  if (!json->is_object()) return InvalidArgument("parameters are an object");
  SKEIN_ASSIGN_OR_RETURN(const Value map, ReadMap(*json, ids));
  return map.map();
}

}  // namespace skein
