// Field options of a mapping to a FieldSpec.
//
// Errors    through the YamlReader: bad patterns, regular expressions, zones, checks, and options
//           that the type cannot use.
// Source    docs/reference/mapping.md, "Field descriptions"
#pragma once

#include <map>
#include <string>

#include "importers/core/field.h"
#include "importers/core/yaml_reader.h"

namespace skein {

using TypeTable = std::map<std::string, FieldSpec>;

// True for keys that describe a field ("type", "trim", ...).
bool IsFieldOption(std::string_view key);

// A type name (built in or from `types`), or a map of options over `base`. `extra` keys of the map
// (such as "column") are the caller's and skipped here.
FieldSpec ParseField(YamlReader& in, const YAML::Node& node, const FieldSpec& base,
                     const TypeTable& types, std::initializer_list<std::string_view> extra = {});

// Only the options in `node` that describe fields, over `base`; other keys are the caller's.
FieldSpec ParseFieldDefaults(YamlReader& in, const YAML::Node& node, const FieldSpec& base);

}  // namespace skein
