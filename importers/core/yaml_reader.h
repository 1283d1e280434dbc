// YamlReader: strict reading of one YAML tree: unknown keys, duplicate keys and wrong types are
// errors with their place.
//
// Errors    The first one found is kept (`status()`); reading goes on with harmless values, so that
//           callers need no check after every key.
// Threads   one thread. Lifetime: borrows the path.
// Source    YAML 1.2 as yaml-cpp 0.7 reads it; merge keys (`<<`) are refused as unknown keys.
#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "importers/core/mapping.h"
#include "storage/base/status.h"

namespace skein {

class YamlReader {
 public:
  explicit YamlReader(std::string path) : path_(std::move(path)) {}

  const absl::Status& status() const { return status_; }
  bool ok() const { return status_.ok(); }
  const std::string& path() const { return path_; }

  static Place PlaceOf(const YAML::Node& node);

  template <typename... Parts>
  void Fail(const YAML::Node& at, const Parts&... parts) {
    FailAt(PlaceOf(at), parts...);
  }
  template <typename... Parts>
  void FailAt(Place place, const Parts&... parts) {
    if (!status_.ok()) return;
    status_ = InvalidArgument(path_, ":", place.line, ":", place.column, ": ", parts...);
  }

  // `node` must be a map with keys from `allowed` only, none twice.
  bool Map(const YAML::Node& node, std::string_view what,
           std::initializer_list<std::string_view> allowed);
  // `node` must be a map; any keys, none twice.
  bool AnyMap(const YAML::Node& node, std::string_view what);
  bool List(const YAML::Node& node, std::string_view what);

  // The scalar under `key`, or nullopt where the key is missing. Wrong kinds are errors.
  std::optional<std::string> Text(const YAML::Node& map, const char* key);
  std::optional<bool> Flag(const YAML::Node& map, const char* key);
  std::optional<int64_t> Integer(const YAML::Node& map, const char* key, int64_t least,
                                 int64_t most);
  std::optional<double> Number(const YAML::Node& map, const char* key);
  // A scalar or a list of scalars.
  std::optional<std::vector<std::string>> Texts(const YAML::Node& map, const char* key);

  std::string Scalar(const YAML::Node& node, std::string_view what);
  // A label, type or property name: 1 … 255 bytes.
  std::string Name(const YAML::Node& node, std::string_view what);

 private:
  std::string path_;
  absl::Status status_;
};

}  // namespace skein
