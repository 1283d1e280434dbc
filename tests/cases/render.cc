#include "tests/cases/render.h"

#include <algorithm>

namespace skein::cases {
namespace {

std::string Properties(const ValueMap& map, const Elements& elements) {
  std::string out = "{";
  for (const auto& [key, item] : map) {
    out += (out.size() > 1 ? ", " : "") + key + ": " + Render(item, elements);
  }
  return out + "}";
}

std::string Node(const NodeView& node, const Elements& elements) {
  std::vector<std::string> labels = node.labels;
  std::sort(labels.begin(), labels.end());
  std::string out = "(";
  for (const std::string& label : labels) out += ":" + label;
  if (!node.properties.empty()) {
    out += (labels.empty() ? "" : " ") + Properties(node.properties, elements);
  }
  return out + ")";
}

std::string Link(const LinkView& link, const Elements& elements) {
  std::string out = "[:" + link.type;
  if (!link.properties.empty()) out += " " + Properties(link.properties, elements);
  return out + "]";
}

std::string Path(const PathValue& path, const Elements& elements) {
  std::string out = "<" + Node(elements.node(path.nodes[0]), elements);
  for (size_t i = 0; i < path.links.size(); ++i) {
    const LinkView& link = elements.link(path.links[i]);
    const bool forward = link.from == elements.node(path.nodes[i]).id;
    out += (forward ? "-" : "<-") + Link(link, elements) + (forward ? "->" : "-");
    out += Node(elements.node(path.nodes[i + 1]), elements);
  }
  return out + ">";
}

}  // namespace

std::string Render(const Value& value, const Elements& elements) {
  switch (value.kind()) {
    case ValueKind::kNode:
      return Node(elements.node(value.node()), elements);
    case ValueKind::kLink:
      return Link(elements.link(value.link()), elements);
    case ValueKind::kPath:
      return Path(value.path(), elements);
    case ValueKind::kMap:
      return Properties(value.map(), elements);
    case ValueKind::kList: {
      std::string out = "[";
      for (const Value& item : value.list()) {
        out += (out.size() > 1 ? ", " : "") + Render(item, elements);
      }
      return out + "]";
    }
    default:
      return ToLiteral(value);
  }
}

}  // namespace skein::cases
