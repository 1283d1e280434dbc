#include "importers/core/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace skein {

Place YamlReader::PlaceOf(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line + 1, mark.column + 1};
}

bool YamlReader::AnyMap(const YAML::Node& node, std::string_view what) {
  if (!node.IsMap()) {
    Fail(node, what, " must be a map (key: value)");
    return false;
  }
  // `null: [..]` is meant as a name, and YAML reads that key as its null: spelt out here once.
  for (const auto& entry : node) {
    if (!entry.first.IsNull()) continue;
    YAML::Node same = node;  // a handle: changes show through `node`
    const YAML::Node key = entry.first;
    const YAML::Node value = entry.second;
    same.remove(key);
    same.force_insert("null", value);
    break;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      Fail(entry.first, "a key of ", what, " must be plain text");
      return false;
    }
    if (!seen.insert(entry.first.Scalar()).second) {
      Fail(entry.first, "key '", entry.first.Scalar(), "' is there twice");
      return false;
    }
  }
  return true;
}

bool YamlReader::Map(const YAML::Node& node, std::string_view what,
                     std::initializer_list<std::string_view> allowed) {
  if (!AnyMap(node, what)) return false;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    std::string names;
    for (const std::string_view name : allowed) {
      if (!names.empty()) names += ", ";
      names += name;
    }
    Fail(entry.first, "unknown key '", key, "' in ", what, "; known: ", names);
    return false;
  }
  return true;
}

bool YamlReader::List(const YAML::Node& node, std::string_view what) {
  if (node.IsSequence()) return true;
  Fail(node, what, " must be a list");
  return false;
}

std::string YamlReader::Scalar(const YAML::Node& node, std::string_view what) {
  if (node.IsScalar()) return node.Scalar();
  if (node.IsNull()) {
    Fail(node, what, " is empty (YAML's null); put quotes around text like \"NULL\" or \"\"");
  } else {
    Fail(node, what, " must be one text or number");
  }
  return "";
}

std::string YamlReader::Name(const YAML::Node& node, std::string_view what) {
  std::string name = Scalar(node, what);
  if (ok() && (name.empty() || name.size() > 255)) {
    Fail(node, what, " must have 1 to 255 bytes, has ", name.size());
  }
  return name;
}

std::optional<std::string> YamlReader::Text(const YAML::Node& map, const char* key) {
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return std::nullopt;
  return Scalar(node, "'" + std::string(key) + "'");
}

std::optional<bool> YamlReader::Flag(const YAML::Node& map, const char* key) {
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return std::nullopt;
  if (node.IsScalar() && node.Scalar() == "true") return true;
  if (node.IsScalar() && node.Scalar() == "false") return false;
  Fail(node, "'", key, "' must be true or false");
  return false;
}

std::optional<int64_t> YamlReader::Integer(const YAML::Node& map, const char* key, int64_t least,
                                           int64_t most) {
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return std::nullopt;
  const std::string text = Scalar(node, "'" + std::string(key) + "'");
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    Fail(node, "'", key, "' must be an integer from ", least, " to ", most);
    return least;
  }
  return value;
}

std::optional<double> YamlReader::Number(const YAML::Node& map, const char* key) {
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return std::nullopt;
  const std::string text = Scalar(node, "'" + std::string(key) + "'");
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    Fail(node, "'", key, "' must be a number");
  }
  return value;
}

std::optional<std::vector<std::string>> YamlReader::Texts(const YAML::Node& map, const char* key) {
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return std::nullopt;
  std::vector<std::string> texts;
  if (!node.IsSequence()) {
    texts.push_back(Scalar(node, "'" + std::string(key) + "'"));
    return texts;
  }
  for (const YAML::Node& element : node) {
    texts.push_back(Scalar(element, "an element of '" + std::string(key) + "'"));
  }
  return texts;
}

}  // namespace skein
