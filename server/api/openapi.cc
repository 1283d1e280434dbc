#include "server/api/openapi.h"

#include <yaml-cpp/yaml.h>

#include "server/api/json.h"

namespace skein {
namespace {

// A plain YAML scalar as JSON; quoted ones (tag "!") are strings whatever they look like.
void WriteScalar(const YAML::Node& node, JsonWriter* out) {
  const std::string& text = node.Scalar();
  if (node.Tag() != "!") {
    if (text == "true" || text == "false") {
      out->Boolean(text == "true");
      return;
    }
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) {
      out->Raw(text);
      return;
    }
  }
  out->String(text);
}

// The document is ours and shallow, so this recursion is bounded by it.
void Write(const YAML::Node& node, JsonWriter* out) {
  if (node.IsMap()) {
    out->BeginObject();
    for (const auto& member : node) {
      out->Key(member.first.Scalar());
      Write(member.second, out);
    }
    out->EndObject();
  } else if (node.IsSequence()) {
    out->BeginArray();
    for (const auto& item : node) Write(item, out);
    out->EndArray();
  } else if (node.IsScalar()) {
    WriteScalar(node, out);
  } else {
    out->Null();
  }
}

std::string Convert() {
  JsonWriter out;
  Write(YAML::Load(std::string(OpenApiYaml())), &out);
  return out.Take();
}

}  // namespace

const std::string& OpenApiJson() {
  static const std::string& json = *new std::string(Convert());
  return json;
}

}  // namespace skein
