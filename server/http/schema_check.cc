#include "server/http/schema_check.h"

#include <algorithm>

#include "server/api/openapi.h"

namespace skein::http {
namespace {

const Json& Document() {
  static const Json& document = *new Json(*Json::Parse(OpenApiJson()));
  return document;
}

const Json* Resolve(const Json* schema) {
  while (const Json* ref = schema->Find("$ref")) {
    const Json* target = &Document();
    std::string_view path = ref->string();
    for (path.remove_prefix(2); !path.empty();) {
      const size_t slash = std::min(path.find('/'), path.size());
      target = target->Find(path.substr(0, slash));
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    schema = target;
  }
  return schema;
}

bool IsType(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return type == "null" && value.is_null();
}

std::string Check(const Json* schema, const Json& value, const std::string& at);

std::string CheckObject(const Json& schema, const Json& value, const std::string& at) {
  if (const Json* required = schema.Find("required")) {
    for (const Json& name : required->array()) {
      if (value.Find(name.string()) == nullptr) return at + "." + name.string() + " is missing";
    }
  }
  const Json* properties = schema.Find("properties");
  const Json* additional = schema.Find("additionalProperties");
  if (properties == nullptr && additional == nullptr) return {};
  for (const auto& [name, member] : value.object()) {
    const Json* known = properties == nullptr ? nullptr : properties->Find(name);
    if (known == nullptr) known = additional;
    if (known == nullptr) return at + "." + name + " is not in the document";
    if (std::string wrong = Check(known, member, at + "." + name); !wrong.empty()) return wrong;
  }
  return {};
}

std::string Check(const Json* schema, const Json& value, const std::string& at) {
  schema = Resolve(schema);
  if (const Json* choices = schema->Find("oneOf")) {
    for (const Json& choice : choices->array()) {
      if (Check(&choice, value, at).empty()) return {};
    }
    return at + " fits none of the choices";
  }
  if (const Json* type = schema->Find("type")) {
    bool fits = false;
    if (type->is_array()) {
      for (const Json& t : type->array()) fits = fits || IsType(value, t.string());
    } else {
      fits = IsType(value, type->string());
    }
    if (!fits) return at + " is of the wrong type";
  }
  if (const Json* allowed = schema->Find("enum")) {
    const bool listed = std::any_of(allowed->array().begin(), allowed->array().end(),
                                    [&](const Json& a) { return a.string() == value.string(); });
    if (!listed) return at + " is not one of the listed values";
  }
  if (value.is_object()) return CheckObject(*schema, value, at);
  const Json* items = schema->Find("items");
  if (value.is_array() && items != nullptr) {
    for (size_t i = 0; i < value.array().size(); ++i) {
      std::string wrong = Check(items, value.array()[i], at + "[" + std::to_string(i) + "]");
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

}  // namespace

std::string CheckResponse(const std::string& method, const std::string& path, int status,
                          const std::string& body) {
  std::string verb = method;
  std::transform(verb.begin(), verb.end(), verb.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const Json* item = Document().Find("paths")->Find(path);
  const Json* operation = item == nullptr ? nullptr : item->Find(verb);
  if (operation == nullptr) return method + " " + path + " is not in the document";
  const Json* responses = operation->Find("responses");
  const Json* response = responses->Find(std::to_string(status));
  if (response == nullptr && status >= 400) response = responses->Find("default");
  if (response == nullptr) return "status " + std::to_string(status) + " is not in the document";
  response = Resolve(response);
  const Json* content = response->Find("content");
  if (content == nullptr) return body.empty() ? "" : "a body that is not in the document";
  if (content->Find("application/json") == nullptr) return {};  // a file
  const auto json = Json::Parse(body);
  if (!json.ok()) return "the body is no JSON: " + body.substr(0, 200);
  return Check(content->Find("application/json")->Find("schema"), *json, "body");
}

}  // namespace skein::http
